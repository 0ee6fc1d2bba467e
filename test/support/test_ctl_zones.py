# SPDX-License-Identifier: Apache-2.0
"""cf-originctl zones: what is in proof files and zone folders, and when it expires."""
import datetime
import os
import subprocess

import pytest

from originctl import CTL, INVALID, NO, OK, USAGE, ctl, ctl_json
from pki import CA, LEAF
from shared_ca import make_shared_ca

DAY = 86400


@pytest.fixture
def folder(tmp_path, pki):
    """fill(name=proof, ...): a zone folder; __ in a name stands for a dot."""
    def fill(**files):
        for name, content in files.items():
            text = content if isinstance(content, str) else content.pem
            (tmp_path / f"{name.replace('__', '.')}.pem").write_text(text)
        return tmp_path
    return fill


def rows(written, *keys):
    return [tuple(certificate[key] for key in keys) for certificate in written["certificates"]]


def test_a_folder_is_read_as_the_module_reads_it(folder, pki):
    path = folder(b__test=pki.leaf_b, A__test=pki.zone_a)
    (path / ".hidden.pem").write_text("x")
    (path / "notes.txt").write_text("x")
    answer, written = ctl_json("zones", path)
    assert (answer.code, rows(written, "zone", "kind", "file")) == (OK, [
        ("a.test", "anchor", f"{path}/A.test.pem"), ("b.test", "leaf", f"{path}/b.test.pem")])


def test_each_certificate_is_shown_with_its_identifiers(pki):
    answer, written = ctl_json("zones", pki.leaf_a.crt)
    (certificate,) = written["certificates"]
    not_after = datetime.datetime.fromisoformat(certificate["not_after"].replace("Z", "+00:00"))
    left = not_after - datetime.datetime.now(datetime.timezone.utc)
    assert abs(certificate["days_left"] - left.days) <= 1
    assert certificate["zone"] is None and certificate["subject"] == "CN=leaf-a"
    assert certificate["sha256"] == pki.leaf_a.sha256 and certificate["spki_sha256"] == pki.leaf_a.spki_sha256
    words = ctl("zones", pki.leaf_a.crt).out
    for part in ("leaf CN=leaf-a", certificate["not_after"], " days left",
                 f"sha256:{pki.leaf_a.sha256}", f"spki-sha256:{pki.leaf_a.spki_sha256}"):
        assert part in words


def test_a_ca_next_to_a_leaf_is_shown_as_ignored(pki):
    _, written = ctl_json("zones", pki.bundle(pki.leaf_a, pki.zone_a), pki.bundle(pki.zone_a, pki.zone_b))
    assert rows(written, "kind", "subject") == [
        ("leaf", "CN=leaf-a"), ("ignored", "CN=zone-a"), ("anchor", "CN=zone-a"), ("anchor", "CN=zone-b")]
    assert "not an anchor, it admits nothing" in ctl("zones", pki.bundle(pki.leaf_a, pki.zone_a)).out


def test_the_shared_ca_is_recognised_by_its_key(pki, tmp_path):
    shared = make_shared_ca(pki, tmp_path)
    assert shared.spki_sha256.startswith("e2ef9fe8")
    _, written = ctl_json("zones", shared.crt, pki.zone_a.crt)
    assert rows(written, "shared_ca") == [(True,), (False,)]
    assert "Cloudflare's shared CA" in ctl("zones", shared.crt).out
    assert "shared CA" not in ctl("zones", pki.zone_a.crt).out


@pytest.mark.parametrize("end, warn, code", [
    (40 * DAY, [], OK), (20 * DAY, [], NO), (20 * DAY, ["--warn", "19"], OK), (40 * DAY, ["--warn", "41"], NO),
    (-DAY, ["--warn", "0"], NO), (DAY, ["--warn", "0"], OK),
])
def test_a_certificate_that_expires_soon_is_exit_1(pki, end, warn, code):
    leaf = pki.issue("short", pki.zone_a, start=-2 * DAY, end=end)
    answer, written = ctl_json("zones", pki.leaf_a.crt, leaf.crt, *warn)
    assert answer.code == code
    assert rows(written, "expiring") == [(False,), (code == NO,)]
    assert ("renew it" in ctl("zones", leaf.crt, *warn).out) == (code == NO and end > 0)


@pytest.mark.parametrize("end, days", [(10 * DAY + 3600, 10), (3600, 0), (-3600, -1), (-DAY - 3600, -2)])
def test_days_left_are_whole_and_negative_once_it_has_expired(pki, end, days):
    _, written = ctl_json("zones", pki.issue("short", pki.zone_a, start=-3 * DAY, end=end).crt)
    assert rows(written, "days_left") == [(days,)]


def test_an_expired_certificate_says_so(pki):
    answer = ctl("zones", pki.issue("old", pki.zone_a, start=-3 * DAY, end=-DAY - 3600).crt)
    assert answer.code == NO and "-2 days left: EXPIRED" in answer.out


def test_a_certificate_that_is_not_valid_yet_is_shown_as_such(pki):
    answer = ctl("zones", "--warn", "0", pki.future_a.crt)
    assert answer.code == OK and "NOT YET VALID: not before 2" in answer.out
    assert "NOT YET VALID" not in ctl("zones", pki.leaf_a.crt).out


def test_an_ignored_ca_may_expire(pki):
    old = pki.ca("old", start=-2 * DAY, end=-DAY)
    assert ctl("zones", old.crt).code == NO
    assert ctl("zones", pki.bundle(pki.issue("of-old", old), old)).code == OK


@pytest.mark.parametrize("names, mistakes", [
    (["leaf_a", "zone_a"], []), (["leaf_sub", "intermediate_a", "zone_a"], []), (["leaf_a", "leaf_b", "zone_b", "zone_a"], []),
    (["zone_a", "leaf_a"], ["zone_a"]), (["zone_a", "leaf_b"], ["zone_a"]), (["leaf_b", "zone_a"], ["zone_a"]),
    (["leaf_b", "zone_b", "zone_a"], ["zone_a"]), (["zone_a", "zone_b", "leaf_b"], ["zone_a", "zone_b"]), (["leaf_a"], []),
])
def test_a_leaf_that_was_added_to_cas_is_exit_1_and_a_chain_is_not(pki, names, mistakes):
    """A chain begins with its leaf; otherwise the CAs of the file are shut out by the leaf."""
    pki.leaf_sub = pki.issue("leaf-sub", pki.intermediate_a)
    answer, written = ctl_json("zones", pki.bundle(*(getattr(pki, name) for name in names)))
    found = [row["subject"] for row in written["certificates"] if "every other certificate that this CA issued is refused" in (row["note"] or "")]
    assert answer.code == (NO if mistakes else OK)
    assert found == [f"CN={name.replace('_', '-')}" for name in mistakes]


def test_files_that_do_not_load_are_reported_and_the_others_listed(folder, pki):
    path = folder(a__test=pki.zone_a, b__test="words", c__test=pki.leaf_a.pem + pki.leaf_a.key.read_text(),
                  d__test=pki.expired_a)
    (path / "10.0.0.1.pem").write_text(pki.zone_a.pem)
    (path / "A.Test.pem").write_text(pki.zone_a.pem)
    answer, written = ctl_json("zones", path)
    assert answer.code == INVALID
    assert rows(written, "zone") == [("a.test",), ("d.test",)]
    output = {problem["file"].rsplit("/")[-1]: problem["reason"] for problem in written["problems"]}
    assert "it contains no certificate" in output["b.test.pem"] and output["b.test.pem"].endswith("; a start or reload of httpd shuts its zone")
    assert "private key" in output["c.test.pem"]
    assert "an address or a number" in output["10.0.0.1.pem"] and "skipped" in output["10.0.0.1.pem"]
    assert "the zone already has another file" in output["A.Test.pem"] and len(output) == 4


def test_a_file_that_does_not_load_is_exit_3(pki, tmp_path):
    answer, written = ctl_json("zones", tmp_path / "none.pem", pki.leaf_a.crt)
    assert answer.code == INVALID and len(written["certificates"]) == 1
    assert "No such file" in answer.err


def test_a_folder_without_zone_files_is_noted_and_not_an_error(tmp_path):
    answer = ctl("zones", tmp_path)
    assert (answer.code, answer.out) == (OK, f"{tmp_path}: it has no file NAME.pem, so no zone\n")


@pytest.mark.parametrize("days", ["x", "-1", "36501", ""])
def test_days_that_are_not_a_number_are_a_usage_error(pki, days):
    answer = ctl("zones", "--warn", days, pki.leaf_a.crt)
    assert (answer.code, answer.out) == (USAGE, "") and "--warn takes" in answer.err


UNKNOWN = "1.3.6.1.4.1.99999.1=critical,DER:05:00\n"


@pytest.mark.parametrize("make, words", [
    (lambda pki: pki.ca("weak", kind="rsa1024"), "its key is too weak (RSA needs 2048 bits, EC 224): every certificate that it issued is refused"),
    (lambda pki: pki.ca("server", extensions=CA + "extendedKeyUsage=serverAuth\n"), "it is not for TLS clients"),
    (lambda pki: pki.ca("critical", extensions=CA + UNKNOWN), "a critical extension that OpenSSL does not know"),
    (lambda pki: pki.server_only_a, "it is not for TLS clients (keyUsage, extendedKeyUsage or nsCertType): mod_ssl ends"),
    (lambda pki: pki.issue("weak-leaf", kind="rsa1024"), "mod_ssl ends every handshake with it"),
])
def test_a_certificate_that_can_never_prove_anything_is_reported_and_fails(pki, make, words):
    certificate = make(pki)
    for verb, code in (("zones", NO), ("pin", OK)):
        answer, written = ctl_json(verb, certificate.crt)
        if verb == "zones" or "mod_ssl" in words:
            assert answer.code == code and words in written["certificates"][0]["note"]
            assert words in ctl(verb, certificate.crt).out


def test_a_ca_that_is_treated_as_a_leaf_is_noted(pki):
    ca = pki.ca("no-constraints", extensions="keyUsage=keyCertSign,digitalSignature\n")
    answer, written = ctl_json("zones", ca.crt)
    assert answer.code == OK and written["certificates"][0]["kind"] == "leaf"
    assert "not an anchor: certificates that it issued are refused" in written["certificates"][0]["note"]
    answer, written = ctl_json("match", "--zone", ca.crt, pki.issue("of-it", ca).crt)
    assert answer.code == NO and written["reason"] == "cert-unknown"
    assert "which signed it, is not a CA certificate" in written["why"] and "reissue that CA" in written["advice"]


def test_an_unsuitable_anchor_is_reported_as_the_cause(pki):
    ca = pki.ca("server-ca", extensions=CA + "extendedKeyUsage=serverAuth\n")
    answer, written = ctl_json("match", "--zone", ca.crt, pki.issue("of-server-ca", ca).crt)
    assert answer.code == NO and written["reason"] == "cert-unsuitable"
    assert "CN=server-ca" in written["why"] and "it is not for TLS clients" in written["why"] and "another CA" in written["advice"]


@pytest.fixture(scope="module")
def strangers(pki):
    """Certificates that are often taken for the CA of the zone."""
    origin = pki.ca("origin-ca", subject="/O=CloudFlare, Inc./OU=CloudFlare Origin SSL Certificate Authority/CN=x")
    public = pki.ca("public-root")
    return {"origin": origin, "origin leaf": pki.issue("origin-leaf", origin), "public": public,
            "public intermediate": pki.ca("public-between", public),
            "public leaf": pki.issue("public-leaf", public, extensions=LEAF + "1.3.6.1.4.1.11129.2.4.2=ASN1:OCTETSTRING:x\n")}


@pytest.fixture
def public_cas(monkeypatch, strangers):
    """The only public CA of the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(strangers["public"].crt))


@pytest.mark.parametrize("name, code, flags, words", [
    ("origin", NO, (True, False), "every customer of Cloudflare can get a certificate of it"),
    ("public", NO, (False, True), "a public CA (CN=public-root), which issues certificates to anybody"),
    ("public intermediate", NO, (False, True), "a public CA (CN=public-root)"),
    ("origin leaf", OK, (False, False), "issued by Cloudflare's Origin CA, for an origin server"),
    ("public leaf", OK, (False, False), "issued by a public CA, for a server"),
])
def test_a_certificate_of_strangers_is_reported(public_cas, strangers, name, code, flags, words):
    path = strangers[name].crt
    answer, written = ctl_json("zones", path)
    entry, = written["certificates"]
    assert (answer.code, entry["origin_ca"], entry["public_ca"]) == (code, *flags) and words in entry["note"]
    assert f"note: {entry['note']}\n" in ctl("zones", path).out


@pytest.mark.parametrize("name", ["origin", "public"])
def test_match_reports_a_proof_that_admits_strangers(public_cas, pki, strangers, name):
    """It is accepted: a request would be admitted."""
    leaf = pki.issue("of-a-stranger", strangers[name])
    answer, written = ctl_json("match", "--zone", strangers[name].crt, "--zone", pki.zone_a.crt, leaf.crt)
    assert (answer.code, written["accepted"]) == (OK, True)
    assert [(p["origin_ca"], p["public_ca"]) for p in written["proofs"]] == [(name == "origin", name == "public"),
                                                                           (False, False)]
    assert f"note: {written['proofs'][0]['note']}\n" in ctl("match", "--zone", strangers[name].crt, leaf.crt).out


def test_a_private_ca_is_not_public(public_cas, pki):
    _, written = ctl_json("zones", pki.zone_a.crt, pki.intermediate_a.crt, pki.leaf_a.crt)
    assert [(e["origin_ca"], e["public_ca"], e["note"]) for e in written["certificates"]] == [(False, False, None)] * 3


@pytest.mark.parametrize("end, called", [("-ca", "com-ca"), ("_ca", "com_ca"), ("-2025", "com-2025"), (".bak", "bak"), (".old", "old"),
                                         (".crt", "crt"), (".pem", "pem"), (".disabled", "disabled")])
def test_a_file_whose_name_is_no_host_name_is_reported(tmp_path, pki, end, called):
    for name in ("example.com", f"example.com{end}"):
        (tmp_path / f"{name}.pem").write_text(pki.zone_a.pem)
    answer, written = ctl_json("zones", tmp_path)
    assert answer.code == NO and len(written["certificates"]) == 2
    problem, = written["problems"]
    assert problem["file"].endswith(f"/example.com{end}.pem") and f"no top-level domain is called {called}," in problem["reason"]
    (tmp_path / f"example.com{end}.pem").unlink()
    assert ctl("zones", tmp_path).code == OK


@pytest.mark.parametrize("verb", [["zones", "-"], ["zones", "/dev/stdin"], ["pin", "-"], ["match", "--zone", "{zone}", "-"]])
def test_a_certificate_can_come_through_a_pipe(pki, verb):
    """As openssl s_client prints it, with text around it."""
    command = [CTL, *(word.format(zone=pki.zone_a.crt) for word in verb)]
    text = f"CONNECTED(00000003)\n---\nCertificate chain\n{pki.leaf_a.pem}---\n"
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (OK, b"") and pki.leaf_a.sha256.encode() in done.stdout
    shell = "exec " + " ".join(map(str, command[:-1])) + f" <(cat {pki.leaf_a.crt})"
    assert subprocess.run(["bash", "-c", shell], capture_output=True, timeout=30).returncode == OK


def test_a_fifo_in_a_folder_is_no_zone_file(pki, tmp_path):
    os.mkfifo(tmp_path / "a.test.pem")
    assert "not a regular file" in ctl("zones", tmp_path).err
