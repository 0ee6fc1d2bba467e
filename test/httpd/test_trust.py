# SPDX-License-Identifier: Apache-2.0
"""Unusual certificates: as proofs, and as client certificates."""
import datetime
import subprocess

import pytest

from client import CLOUDFLARE, get
from pki import CA, LEAF, Certificate, openssl
from server import vhost


def start(httpd, *proofs, extra="", more=""):
    return httpd(server=f"CFOriginPullRanges 127.0.0.0/9\n{extra}\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {' '.join(map(str, proofs))}\n{more}"))


def status(server, cert, path="/"):
    return get(server.port, path, CLOUDFLARE, sni="a.test", cert=cert).status


@pytest.fixture(scope="module")
def nobody(pki):
    """A CA with an empty subject, a leaf of it, a leaf with an empty subject, and a self-signed one."""
    ca = pki.nameless("nobody-ca", extensions=CA + "subjectKeyIdentifier=hash\n")
    return ca, pki.issue("of-nobody", ca), pki.nameless("nobody", pki.zone_a), pki.nameless("nobody-itself")


def test_certificates_without_a_subject_can_be_proofs(httpd, pki, nobody):
    ca, leaf, pinned, own = nobody
    server = start(httpd, ca.crt, pinned.crt, own.crt, more="<Location /status>\nSetHandler cf-origin-status\n</Location>")
    code, output = server.check()
    assert code == 0, output
    dump = subprocess.run(server.command("-t", "-DDUMP_CF_ORIGIN"), capture_output=True, text=True, timeout=60)
    assert dump.returncode == 0 and ca.sha256 in dump.stdout, dump
    for _ in range(2):
        assert [status(server, x) for x in (leaf, pinned, own, pki.leaf_a)] == [200, 200, 200, 403]
        for form in ("", "?json", "?metrics"):
            page = get(server.port, f"/status{form}", CLOUDFLARE, sni="a.test", cert=leaf)
            assert page.status == 200 and (not form or ca.sha256 in page.text), form
        server.graceful()


def test_a_client_certificate_without_a_subject_is_refused_if_unknown(httpd, pki, nobody):
    server = start(httpd, pki.zone_b.crt)
    assert [status(server, x, f"/{i}") for i, x in enumerate(nobody)] == [403] * 4
    server.wait_event(uri="/3")
    assert [x["cert_subject"] for x in server.events("CFO0001")] == ["", "CN=of-nobody", "", ""]


def test_a_changed_file_with_a_certificate_without_a_subject_is_loaded(httpd, pki, nobody, scratch):
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


# Proofs that cannot prove anything.

UNKNOWN = "1.3.6.1.4.1.99999.1=critical,DER:05:00\n"


@pytest.fixture(scope="module")
def useless(pki):
    """name: (certificate, words of the finding)"""
    return {
        "expired": (pki.ca("useless-expired", start=-9 * 86400, end=-86400), "it has expired"),
        "future": (pki.ca("useless-future", start=86400), "it is not valid yet"),
        "weak": (pki.ca("useless-weak", kind="rsa1024"), "its key is too weak"),
        "server-only": (pki.ca("useless-server-only", extensions=CA + "extendedKeyUsage=serverAuth\n"), "it is not for TLS clients"),
        "critical": (pki.ca("useless-critical", extensions=CA + UNKNOWN), "a critical extension that OpenSSL does not know"),
        "leaf-expired": (pki.issue("useless-leaf", start=-9 * 86400, end=-86400), "it has expired"),
        "leaf-weak": (pki.issue("useless-weak-leaf", kind="rsa1024"), "its key is too weak"),
        "leaf-server-only": (pki.server_only_a, "it is not for TLS clients"),
        "leaf-critical": (pki.issue("useless-critical-leaf", extensions=LEAF + UNKNOWN), "a critical extension"),
        "leaf-usage": (pki.issue("useless-usage", extensions=LEAF + "keyUsage=keyEncipherment\n"), "it is not for TLS clients"),
    }


UNFIT = ["weak", "server-only", "critical", "leaf-weak", "leaf-server-only", "leaf-critical", "leaf-usage"]


def found(text, code):
    return [line for line in text.splitlines() if f" {code} " in line]


@pytest.mark.parametrize("name", UNFIT)
def test_a_proof_that_can_never_prove_anything_is_found(configuration, useless, name):
    certificate, words = useless[name]
    code, output = configuration(vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {certificate.crt}\n"))
    line, = found(output, "CFO0229")
    assert code == 0 and "[cf_origin:warn]" in line and f"at={certificate.crt} " in line and words in line
    assert ("CFO0005" if name.startswith("leaf") else "cert-unsuitable") in line and '"a.test"' in line


def test_a_start_reports_each_such_file_once(httpd, pki, useless, scratch):
    files = [useless[x][0].crt for x in UNFIT]
    folder = scratch / "useless-zones"
    folder.mkdir()
    (folder / "b.test.pem").write_text(useless["weak"][0].pem)
    server = start(httpd, *files, pki.zone_a.crt, more=f"CFOriginPullZoneDir {folder}")
    lines = found(server.log(), "CFO0229")
    assert [f"at={x} " in line for x, line in zip(files + [folder / "b.test.pem"], lines)] == [True] * (len(files) + 1)
    assert status(server, pki.leaf_a) == 200


def test_good_proofs_have_no_findings(configuration, pki):
    odd = [pki.ca("both-uses", extensions=CA + "extendedKeyUsage=serverAuth,clientAuth\n"), pki.ca("old-digest", md="sha1"),
           pki.issue("agreement", extensions=LEAF + "keyUsage=keyAgreement\n"), pki.leaf_a, pki.self_signed, pki.intermediate_a]
    proofs = " ".join(str(x.crt) for x in odd) + f" sha256:{pki.leaf_a.sha256} spki-sha256:{pki.leaf_a.spki_sha256}"
    code, output = configuration(vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proofs}\n"))
    assert code == 0 and "CFO02" not in output and "CFO014" not in output, output


@pytest.mark.parametrize("name", ["weak", "server-only", "critical"])
def test_certificates_of_an_unsuitable_anchor_are_refused(httpd, pki, useless, name):
    ca, _ = useless[name]
    server = start(httpd, ca.crt)
    assert status(server, pki.issue(f"of-{name}", ca)) == 403
    assert server.wait_event(code="CFO0001")["reason"] == "cert-unsuitable"


@pytest.mark.W3
@pytest.mark.parametrize("name", ["leaf-weak", "leaf-server-only", "leaf-critical", "leaf-usage"])
def test_mod_ssl_ends_the_handshake_with_an_unsuitable_leaf(httpd, useless, name):
    leaf, _ = useless[name]
    server = start(httpd, leaf.crt)
    with pytest.raises(OSError):
        status(server, leaf)


def test_a_changed_file_without_a_suitable_certificate_does_not_replace_a_good_one(httpd, pki, useless, scratch):
    proof = scratch / "useless-live.pem"
    proof.write_text(pki.zone_a.pem)
    server = start(httpd, proof, extra="CFOriginPullReload 1")
    for i, (certificate, words) in enumerate(useless.values()):
        new = scratch / "useless-live.new"
        new.write_text(certificate.pem)
        new.rename(proof)
        lines = server.wait_for(lambda: found(server.log(), "CFO0131")[i:], "a rejection")
        assert words in lines[0] and "no certificate in it can prove the zone" in lines[0]
        assert status(server, pki.leaf_a) == 200
    proof.write_text(useless["expired"][0].pem + pki.zone_b.pem)
    server.wait_for(lambda: status(server, pki.leaf_b) == 200, "the new file")
    assert len(found(server.log(), "CFO0131")) == len(useless)


# CA certificates without CA extensions.

@pytest.fixture(scope="module")
def old_ca(pki):
    """A self-signed X.509 version 1 certificate, and one that it signed."""
    key = pki.key("old-ca")
    csr, crt = pki.dir / "old-ca.csr", pki.dir / "old-ca.pem"
    openssl("req", "-new", "-key", key, "-subj", "/CN=old-ca", "-out", csr, "-config", pki.config)
    if "-x509v1" in subprocess.run(["openssl", "req", "-help"], capture_output=True, text=True).stderr:  # OpenSSL 3.4
        openssl("req", "-x509", "-x509v1", "-in", csr, "-key", key, "-days", "60", "-out", crt, "-config", pki.config)
    else:
        openssl("x509", "-req", "-in", csr, "-signkey", key, "-days", "60", "-out", crt)
    ca = Certificate(crt, key)
    return ca, pki.issue("of-old-ca", ca)


def test_a_ca_without_ca_extensions_is_treated_as_a_leaf_and_reported(httpd, pki, old_ca):
    ca, leaf = old_ca
    usage = pki.ca("usage-alone", extensions="keyUsage=critical,keyCertSign\n")
    server = start(httpd, ca.crt, usage.crt)
    code, output = server.check()
    for text in (output, server.log()):
        assert [f"at={x.crt} " in line for x, line in zip((ca, usage), found(text, "CFO0230"))] == [True, True]
        assert "[cf_origin:notice]" in found(text, "CFO0230")[0] and '"CN=old-ca"' in found(text, "CFO0230")[0]
    assert status(server, ca) == 200 and status(server, leaf, "/leaf") == 403
    hint = server.wait_event(uri="/leaf")["hint"]
    assert str(ca.crt) in hint and "treated as a pinned leaf" in hint
    assert status(server, pki.leaf_b, "/other") == 403
    assert f"nor a pin of it is among the zone's proofs (its files: {ca.crt}, {usage.crt})" in server.wait_event(uri="/other")["hint"]


def test_dates_before_1970_and_in_the_year_9999_work(httpd, pki):
    until = int((datetime.datetime(9999, 12, 31, tzinfo=datetime.timezone.utc) - datetime.datetime.now(datetime.timezone.utc)).total_seconds())
    ca = pki.ca("ancient-ca", start=-90 * 365 * 86400, end=until)
    leaf, pinned = (pki.issue(f"ancient-{x}", y, start=-70 * 365 * 86400, end=until) for x, y in (("leaf", ca), ("pinned", pki.rogue_ca)))
    server = start(httpd, ca.crt, pinned.crt)
    assert [status(server, x) for x in (leaf, pinned)] == [200, 200]
    code, output = server.check()
    assert code == 0 and "CFO0" not in output, output


def test_comments_of_a_proof_file_may_contain_pem_markers(httpd, pki, scratch):
    proof = scratch / "commented.pem"
    bag = "Bag Attributes\n    friendlyName: -----BEGIN CERTIFICATE-----\nsubject=CN = x\n"
    proof.write_text(f"# -----BEGIN CERTIFICATE----- of zone A\n{bag}{pki.zone_a.pem}# -----END of it\n{pki.zone_b.pem}")
    server = start(httpd, proof, extra="CFOriginPullReload 1")
    assert [status(server, x) for x in (pki.leaf_a, pki.leaf_b)] == [200, 200]
    whole = proof.read_text()
    proof.write_text(whole[:-30])
    server.wait_for(lambda: "CFO0131" in server.log(), "a rejection")
    assert "block 2 of 2 is damaged or incomplete" in server.log() and status(server, pki.leaf_b) == 200
