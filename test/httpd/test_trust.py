# SPDX-License-Identifier: Apache-2.0
"""Certificates of odd kinds: as proofs, and as what clients present."""
import pytest

from client import CLOUDFLARE, get
from pki import CA
from server import vhost


def start(httpd, *proofs, extra="", more=""):
    return httpd(server=f"CFOriginPullRanges 127.0.0.0/9\n{extra}\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {' '.join(map(str, proofs))}\n{more}"))


def status(server, cert, path="/"):
    return get(server.port, path, CLOUDFLARE, sni="a.test", cert=cert).status


@pytest.fixture(scope="module")
def nobody(pki):
    """A CA without a name, a leaf of it, a leaf that has none either, and one whose issuer has none as well."""
    ca = pki.nameless("nobody-ca", extensions=CA + "subjectKeyIdentifier=hash\n")
    return ca, pki.issue("of-nobody", ca), pki.nameless("nobody", pki.zone_a), pki.nameless("nobody-itself")


def test_certificates_without_a_name_are_proofs_as_others_are(httpd, pki, nobody):
    ca, leaf, pinned, own = nobody
    server = start(httpd, ca.crt, pinned.crt, own.crt)
    code, said = server.check()
    assert code == 0, said
    for _ in range(2):
        assert [status(server, x) for x in (leaf, pinned, own, pki.leaf_a)] == [200, 200, 200, 403]
        server.graceful()


def test_a_stranger_without_a_name_is_refused(httpd, pki, nobody):
    server = start(httpd, pki.zone_b.crt)
    assert [status(server, x, f"/{i}") for i, x in enumerate(nobody)] == [403] * 4
    server.wait_event(uri="/3")
    assert [x["cert_subject"] for x in server.events("CFO0001")] == ["", "CN=of-nobody", "", ""]


def test_a_file_with_a_certificate_without_a_name_is_taken_live(httpd, pki, nobody, scratch):
    ca, leaf, _, own = nobody
    proof = scratch / "nobody.pem"
    proof.write_text(pki.zone_a.pem)
    server = start(httpd, proof, extra="CFOriginPullReload 1")
    assert status(server, pki.leaf_a) == 200
    proof.write_text(ca.pem)
    server.wait_for(lambda: status(server, leaf) == 200, "the new file")
    proof.write_text(own.pem)
    server.wait_for(lambda: status(server, own) == 200, "the new file")
    assert "CFO0131" not in server.log() and "exit signal" not in server.log()
