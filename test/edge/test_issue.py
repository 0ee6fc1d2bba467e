# SPDX-License-Identifier: Apache-2.0
"""The CAs and leaves that are made for Authenticated Origin Pulls."""
import datetime
import os
import re
import shutil
import stat
import subprocess

import pytest

from client import get
from parts import ask
from pki import Certificate, openssl
from server import vhost

TYPES = ["rsa4096", "rsa2048", "p256"]


def issue(folder, name="example.com", kind="p256", ca_days=1826, leaf_days=730, ca=None):
    folder.mkdir(exist_ok=True)
    given = [ca.crt, ca.key] if ca else []
    answer = ask("issue", folder, name, kind, ca_days, leaf_days, *given)
    if answer["error"]:
        return answer["error"]
    return answer, Certificate(folder / "ca.pem", folder / "ca.key"), Certificate(folder / "leaf.pem", folder / "leaf.key")


def text(certificate):
    return openssl("x509", "-in", certificate.crt, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus").decode()


def dates(certificate):
    lines = openssl("x509", "-in", certificate.crt, "-noout", "-dates").decode().splitlines()
    return [datetime.datetime.strptime(x.split("=")[1], "%b %d %H:%M:%S %Y GMT") for x in lines]


@pytest.mark.parametrize("kind", TYPES)
def test_openssl_verifies_what_is_made(tmp_path, kind):
    _, ca, leaf = issue(tmp_path, kind=kind)
    assert openssl("verify", "-x509_strict", "-purpose", "sslclient", "-auth_level", "2", "-CAfile", ca.crt, leaf.crt).endswith(b": OK\n")
    bits = {"rsa4096": "(4096 bit)", "rsa2048": "(2048 bit)", "p256": "prime256v1"}[kind]
    assert bits in text(ca) and bits in text(leaf)
    for one in ca, leaf:
        assert stat.S_IMODE(one.key.stat().st_mode) == 0o600 and one.key.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        assert openssl("pkey", "-in", one.key, "-pubout") == openssl("x509", "-in", one.crt, "-noout", "-pubkey")


def test_extensions_and_dates(tmp_path):
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    _, ca, leaf = issue(tmp_path)
    of_ca, of_leaf = text(ca), text(leaf)
    for part in (r"Basic Constraints: critical\s+CA:TRUE, pathlen:0", r"Key Usage: critical\s+Certificate Sign, CRL Sign", "Subject Key Identifier"):
        assert re.search(part, of_ca), part
    assert re.search(r"Basic Constraints:\s+CA:FALSE", of_leaf) and "Extended Key Usage" not in of_leaf
    key_id = re.search(r"Subject Key Identifier:\s+([0-9A-F:]+)", of_ca)[1]
    assert re.search(rf"Authority Key Identifier:\s+(keyid:)?{key_id}", of_leaf)
    for one, days in ((ca, 1826), (leaf, 730)):
        begin, end = dates(one)
        assert abs((now - begin).total_seconds() - 90 * 86400) < 120 and abs((end - now).total_seconds() - days * 86400) < 120


@pytest.mark.parametrize("kind", ["ed25519", "ed448", "pss", "p384"])
def test_a_given_ca_may_have_another_key(tmp_path, pki, kind):
    given = pki.ca(f"given-{kind}", kind=kind)
    key = tmp_path / "given.key"
    shutil.copy(given.key, key)
    key.chmod(0o600)
    leaf = issue(tmp_path, ca=Certificate(given.crt, key))[2]
    assert openssl("verify", "-purpose", "sslclient", "-CAfile", given.crt, leaf.crt).endswith(b": OK\n")


def test_two_of_a_name_differ(tmp_path):
    one, other = issue(tmp_path / "1"), issue(tmp_path / "2")
    serials = {openssl("x509", "-in", x.crt, "-noout", "-serial") for x in (*one[1:], *other[1:])}
    assert len(serials) == 4 and all(len(x) == len("serial=\n") + 32 for x in serials)
    assert one[0]["ca"] != other[0]["ca"] and one[0]["leaf"] != other[0]["leaf"]


def test_a_leaf_does_not_outlive_its_ca(tmp_path):
    _, ca, leaf = issue(tmp_path, ca_days=10)
    assert dates(leaf) == dates(ca)
    old = issue(tmp_path / "given", leaf_days=9000, ca=ca)
    assert dates(old[2])[1] == dates(ca)[1]


def test_a_long_name_is_cut(tmp_path):
    host = ".".join(["a" * 60, "b" * 60, "c" * 60, "example.com"])
    answer, ca, leaf = issue(tmp_path, name=host)
    for subject in answer["ca"], answer["leaf"]:
        assert len(subject) - len("CN=") == 64 and "example.com origin pull" in subject
    assert openssl("verify", "-CAfile", ca.crt, leaf.crt)


@pytest.mark.parametrize("ca_days, leaf_days", [(0, 1), (1, 0), (1, -1), (99999, 1)])
def test_what_is_never_valid_is_not_made(tmp_path, ca_days, leaf_days):
    assert "days" in issue(tmp_path, ca_days=ca_days, leaf_days=leaf_days)
    assert not (tmp_path / "leaf.pem").exists()


def test_an_unknown_type_of_key(tmp_path):
    assert "rsa4096, rsa2048 or p256" in issue(tmp_path, kind="rsa1024")


def test_what_is_not_a_ca_signs_nothing(tmp_path, pki):
    key = tmp_path / "key"
    for certificate, says in ((pki.leaf_a, "is none"), (pki.ca("old-issue", start=-2 * 86400, end=-86400), "has expired")):
        shutil.copy(certificate.key, key)
        key.chmod(0o600)
        assert says in issue(tmp_path, ca=Certificate(certificate.crt, key))


@pytest.fixture
def own(tmp_path, pki):
    key = tmp_path / "own.key"
    shutil.copy(pki.zone_a.key, key)
    key.chmod(0o600)
    return key


def test_a_key_file_is_for_its_owner_only(tmp_path, pki, own):
    assert ask("issued", pki.zone_a.crt, own)["error"] is None
    for mode in 0o640, 0o604, 0o620, 0o644:
        own.chmod(mode)
        assert "chmod 600" in ask("issued", pki.zone_a.crt, own)["error"], oct(mode)
    own.chmod(0o600)
    if os.getuid() == 0:
        os.chown(own, 65534, 65534)
        assert "somebody else" in ask("issued", pki.zone_a.crt, own)["error"]


def test_key_files_that_are_none(tmp_path, pki, own):
    for file, says in ((tmp_path / "none", "No such file"), (tmp_path, "regular file"), ("/dev/null", "regular file"), ("/dev/zero", "regular file")):
        assert says in ask("issued", pki.zone_a.crt, file)["error"]
    for content, says in (("", "no private key"), ("garbage", "no private key"), (pki.zone_b.key.read_text(), "is not the key"), ("x" * 70000, "too large")):
        own.write_text(content)
        assert says in ask("issued", pki.zone_a.crt, own)["error"]
    assert "No such file" in ask("issued", tmp_path / "none.pem", own)["error"]


def test_a_pass_phrase_is_not_asked_for(tmp_path, pki):
    for number, args in enumerate((["-traditional"], [])):
        locked = tmp_path / f"locked{number}.key"
        openssl("pkey", "-in", pki.zone_a.key, *args, "-aes256", "-passout", "pass:secret", "-out", locked)
        locked.chmod(0o600)
        assert "pass phrase" in ask("issued", pki.zone_a.crt, locked)["error"]


def test_a_key_is_never_written_over_a_file(tmp_path):
    (tmp_path / "ca.key").write_text("precious")
    assert "exists" in issue(tmp_path)
    (tmp_path / "ca.key").unlink()
    (tmp_path / "ca.key").symlink_to("elsewhere")
    assert "exists" in issue(tmp_path) and not (tmp_path / "elsewhere").exists()


def test_a_key_is_not_in_the_way_of_umask(tmp_path):
    before = os.umask(0)
    try:
        issue(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "leaf.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", TYPES[1:])
def test_httpd_accepts_a_leaf(scratch, httpd, tmp_path, kind):
    """By the module with optional_no_ca, and by mod_ssl alone with require."""
    _, ca, leaf = issue(tmp_path, kind=kind)
    stranger = issue(tmp_path / "other", kind="p256")[2]
    crt = scratch / f"issued-{kind}.pem"
    shutil.copy(ca.crt, crt)
    proved = vhost("www.example.com", f"CFOriginPull On\nCFOriginPullZone example.com {crt}")
    required = vhost("www.example.com", f"SSLVerifyClient require\nSSLVerifyDepth 1\nSSLCACertificateFile {crt}", port="{port2}")
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + proved + required)
    for port in server.ports[:2]:
        assert get(port, "/", sni="www.example.com", cert=leaf).status == 200
    assert get(server.port, "/", sni="www.example.com", cert=stranger).status == 403


def test_match_accepts_a_leaf(tmp_path):
    from originctl import ctl
    _, ca, leaf = issue(tmp_path)
    assert ctl("match", "--zone", ca.crt, leaf.crt).code == 0
    assert subprocess.run(["openssl", "x509", "-in", leaf.crt, "-noout", "-checkend", str(729 * 86400)], capture_output=True).returncode == 0
