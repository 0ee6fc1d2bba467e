# SPDX-License-Identifier: Apache-2.0
"""The configuration check finds certificates that are no proof of a zone: Cloudflare's Origin CA, public CAs, the
certificate of the server itself, leaves that no TLS server accepts; and says nothing about the others."""
import shutil

import pytest

from pki import LEAF
from server import vhost
from test_check import findings

ORIGIN_RSA = "/O=CloudFlare, Inc./OU=CloudFlare Origin SSL Certificate Authority/CN=x"
ORIGIN_ECC = "/O=CloudFlare, Inc./OU=CloudFlare Origin SSL ECC Certificate Authority/CN=x"
RECEIPTS = "1.3.6.1.4.1.11129.2.4.2=ASN1:FORMAT:HEX,OCTETSTRING:0400\n"


@pytest.fixture(scope="module")
def made(pki):
    """The certificates of these tests, by name."""
    origin = pki.ca("origin-rsa", subject=ORIGIN_RSA)
    public = pki.ca("public-root")
    between = pki.ca("public-between", public)
    certificates = {
        "origin": origin, "origin ecc": pki.ca("origin-ecc", subject=ORIGIN_ECC),
        "origin leaf": pki.issue("origin-leaf", origin),
        "public": public, "public intermediate": between,
        "public leaf": pki.issue("public-leaf", between, extensions=LEAF + RECEIPTS),
        "reissued": pki.issue("reissued", key=pki.server.key, extensions=LEAF + "subjectAltName=DNS:a.test\n"),
        "other host": pki.issue("other-host", extensions=LEAF + "subjectAltName=DNS:other.test\n"),
        "server auth": pki.issue("server-auth", extensions=LEAF + "extendedKeyUsage=serverAuth\n"),
        "encipherment": pki.issue("encipherment", extensions=LEAF + "keyUsage=keyEncipherment\n"),
        "weak": pki.issue("weak", kind="rsa1024"),
        "p224": pki.issue("p224", kind="p224"),
    }
    (pki.dir / "other-host.pem").write_text(certificates["other host"].pem + certificates["other host"].key.read_text())
    (pki.dir / "with-chain.pem").write_text((pki.dir / "server.pem").read_text() + pki.rogue_ca.pem)
    return certificates


@pytest.fixture
def look(configuration, monkeypatch, pki, made):
    """What apachectl -t finds for a zone with these proofs; the public CAs of the system are ours."""
    bundle = pki.dir / "public.pem"
    bundle.write_text(made["public"].pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))

    def run(*proofs, mode="On", extra="", server="", **options):
        zone = f"CFOriginPullZone a.test {' '.join(map(str, proofs))}\n" if proofs else ""
        code, output = configuration("CFOriginPullRanges builtin\n" + server
                                     + vhost("shop.a.test", f"CFOriginPull {mode}\n{zone}{extra}"), **options)
        assert code == 0, output
        return findings(output)
    return run


def proof_of(pki, made, name):
    """A name of `made` or of the standard PKI; or KIND of NAME."""
    kind, _, rest = name.partition(" of ")
    certificate = made.get(rest or name) or getattr(pki, (rest or name).replace(" ", "_"), None)
    if kind == "pin":
        return f"sha256:{certificate.sha256}"
    if kind == "key":
        return f"spki-sha256:{certificate.spki_sha256}"
    if kind == "full chain":
        return pki.bundle(certificate, pki.rogue_ca)
    return certificate.crt


# What is used as the proof, the finding.
WRONG = [
    ("origin", "CFO0255", "warning"), ("origin ecc", "CFO0255", "warning"),
    ("public", "CFO0256", "warning"), ("public intermediate", "CFO0256", "warning"),
    ("server", "CFO0257", "warning"), ("pin of server", "CFO0257", "warning"), ("key of server", "CFO0257", "warning"),
    ("full chain of server", "CFO0257", "warning"), ("reissued", "CFO0257", "warning"),
    ("origin leaf", "CFO0258", "notice"), ("public leaf", "CFO0258", "notice"),
    ("server auth", "CFO0229", "warning"), ("encipherment", "CFO0229", "warning"), ("weak", "CFO0229", "warning"),
    ("p224", "CFO0229", "warning"),
]


@pytest.mark.parametrize("mode", ["On", "Audit"])
@pytest.mark.parametrize("proof, code, level", WRONG)
def test_a_wrong_proof_is_found(look, pki, made, proof, code, level, mode):
    found = look(proof_of(pki, made, proof), mode=mode)
    assert [(f.code, f.level) for f in found if f.code not in ("CFO0105",)] == [(code, "warn" if level == "warning" else level)]
    assert found[0].vhost == "shop.a.test:" + found[0].vhost.split(":")[1]


@pytest.mark.parametrize("proof, words", [
    ("origin", ["known by its name", "every customer of Cloudflare can get one", "not for Authenticated Origin Pulls",
                "Set the CA that issued the certificate which you uploaded"]),
    ("public intermediate", ["public-between", 'below "CN=public-root"', "issues certificates to anybody"]),
    ("server", ["server.pem)", "proves the server to Cloudflare, not Cloudflare to the server"]),
    ("reissued", ["has the key of the certificate that this server presents"]),
    ("origin leaf", ["Cloudflare's Origin CA issued it", "nothing is wrong"]),
    ("public leaf", ["a public CA issued it", "nothing is wrong"]),
    ("p224", ["a curve that TLS servers do not offer"]),
])
def test_a_wrong_proof_is_explained(look, pki, made, proof, words):
    text = look(proof_of(pki, made, proof))[0].text
    for word in words:
        assert word in text


@pytest.mark.parametrize("proof", ["zone a", "intermediate a", "leaf a", "self signed", "pin of leaf a", "key of leaf a",
                                   "full chain of leaf a", "rogue ca"])
def test_a_right_proof_is_no_finding(look, pki, made, proof):
    assert look(proof_of(pki, made, proof)) == []


def test_nothing_is_found_where_no_certificate_is_needed(look, pki, made):
    proofs = [proof_of(pki, made, name) for name in ("origin", "public", "server", "origin leaf")]
    assert look(*proofs, mode="Off") == []
    assert [f.code for f in look(*proofs, extra="CFOriginPullRequire ip\n")] == ["CFO0218"]


def test_several_wrong_proofs_are_found_where_they_are_set(look, pki, made):
    """Of a line, of the main server, and of a folder."""
    folder = pki.dir / "wrong-zones"
    folder.mkdir()
    (folder / "a.test.pem").write_text(made["origin"].pem)
    (folder / "shop.a.test.pem").write_text(pki.server.pem)
    found = look(extra=f"CFOriginPullZoneDir {folder}\n")
    assert sorted((f.code, f.at) for f in found) == [("CFO0255", f'{folder}/a.test.pem'),
                                                     ("CFO0257", f'{folder}/shop.a.test.pem')]
    found = look(server=f"CFOriginPullZone a.test {made['origin'].crt} {made['public'].crt}\n")
    assert [f.code for f in found] == ["CFO0255", "CFO0256"] and len({f.at for f in found}) == 1


def test_many_cas_in_a_file_are_a_bundle(look, pki, made):
    cas = [pki.ca(f"many-{number}") for number in range(21)]
    found = look(pki.bundle(*cas))
    assert [f.code for f in found] == ["CFO0256"] and "21 CAs" in found[0].text
    assert look(pki.bundle(*cas[:20])) == []
    found = look(pki.bundle(*cas, made["public"]))
    assert [f.code for f in found] == ["CFO0256"] and "22 CAs" in found[0].text and "public-root" in found[0].text


def test_without_public_cas_nothing_is_said_of_them(look, monkeypatch, pki, made):
    empty = pki.dir / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    assert look(made["public"].crt) == []


def test_the_certificate_of_another_virtual_host_is_found(look, pki, made):
    other = vhost("other.test", "").replace("{pki}/server.pem", "{pki}/other-host.pem")
    assert [f.code for f in look(made["other host"].crt, server=other) if f.code == "CFO0257"] == ["CFO0257"]
    assert [f.code for f in look(made["other host"].crt) if f.code == "CFO0257"] == []


def test_a_certificate_of_the_server_that_is_a_ca_is_found(look, pki):
    """As `openssl req -x509` makes them."""
    made = pki.ca("made-by-req", extensions="basicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:shop.a.test\n")
    again = pki.ca("made-again", key=made.key)
    (pki.dir / "made-by-req.pem").write_text(made.pem + made.key.read_text())
    own = "SSLCertificateFile {pki}/made-by-req.pem\n"
    for proof in (made.crt, f"sha256:{made.sha256}", f"spki-sha256:{made.spki_sha256}", again.crt):
        assert [f.code for f in look(proof, extra=own)] == ["CFO0257"], proof
    assert look(pki.zone_a.crt, extra=own) == []


@pytest.mark.parametrize("line", ["SSLCertificateChainFile {pki}/rogue-chain.pem", "SSLCertificateFile {pki}/with-chain.pem"])
def test_a_ca_of_the_chain_of_the_server_is_worth_a_notice(look, pki, made, line):
    (pki.dir / "rogue-chain.pem").write_text(pki.rogue_ca.pem)
    found = look(pki.rogue_ca.crt, extra=line + "\n")
    assert [(f.code, f.level) for f in found] == [("CFO0258", "notice")]
    assert "in the chain of this server's own certificate" in found[0].text


def test_a_certificate_of_mod_md_is_the_servers(look, pki, made):
    store = pki.dir / "md" / "domains" / "shop.a.test"
    store.mkdir(parents=True)
    shutil.copy(made["other host"].crt, store / "pubcert.pem")
    found = look(made["other host"].crt, server=f"MDStoreDir {pki.dir}/md\n", modules=["md", "watchdog"])
    assert [f.code for f in found] == ["CFO0257"] and "pubcert.pem" in found[0].text


def test_certificate_files_that_cannot_be_read_are_ignored(look, pki, made):
    """mod_ssl reports them."""
    assert look(pki.leaf_a.crt, extra='SSLCertificateFile "pkcs11:token=x"\n') == []
    (pki.dir / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert look(pki.leaf_a.crt, extra="SSLCertificateChainFile {pki}/broken.pem\n") == []


def test_wrong_proofs_are_found_at_start_too_and_once(httpd, pki, made):
    server = httpd(server="CFOriginPullRanges builtin\n" + vhost(
        "shop.a.test", f"CFOriginPull Audit\nCFOriginPullZone a.test {made['origin'].crt} {pki.server.crt}\n"))
    for code in ("CFO0255 origin-ca", "CFO0257 own-certificate"):
        assert server.log().count(code) == 1
