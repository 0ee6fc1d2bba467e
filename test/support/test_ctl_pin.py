# SPDX-License-Identifier: Apache-2.0
"""cf-originctl pin: from a certificate to what CFOriginPullZone takes."""
import json
import os
import subprocess

import pytest

from originctl import CTL, INVALID, NO, OK, ctl, ctl_json
from pki import CA
from server import vhost


def pins(certificate):
    return [f"sha256:{certificate.sha256}", f"spki-sha256:{certificate.spki_sha256}"]


def test_both_pins_of_each_certificate_are_printed(pki):
    answer = ctl("pin", pki.bundle(pki.leaf_a, pki.leaf_b))
    assert (answer.code, answer.lines) == (OK, pins(pki.leaf_a) + pins(pki.leaf_b))
    assert [line for line in answer.out.splitlines() if line.startswith("#")] == ["# CN=leaf-a", "# CN=leaf-b"]


def test_the_module_accepts_the_printed_pins(pki, configuration):
    proofs = " ".join(ctl("pin", pki.leaf_a.crt).lines)
    code, said = configuration(vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proofs}\n"))
    assert code == 0, said


def test_a_ca_certificate_is_noted_as_an_anchor(pki):
    answer, written = ctl_json("pin", pki.zone_a.crt, pki.leaf_a.crt)
    note = written["certificates"][0]["note"]
    assert "anchor" in note and "accepts only the CA certificate itself" in note
    assert written["certificates"][1]["note"] is None
    assert "# note: a CA certificate: a file with it is an anchor" in ctl("pin", pki.zone_a.crt).out
    assert "note" not in ctl("pin", pki.leaf_a.crt).out


def test_the_json_has_the_same_pins(pki):
    _, written = ctl_json("pin", pki.leaf_a.crt)
    (certificate,) = written["certificates"]
    assert certificate["pins"] == pins(pki.leaf_a)
    assert (certificate["subject"], certificate["issuer"]) == ("CN=leaf-a", "CN=zone-a")
    assert certificate["sha256"] == pki.leaf_a.sha256 and certificate["spki_sha256"] == pki.leaf_a.spki_sha256
    assert certificate["file"] == str(pki.leaf_a.crt)


@pytest.mark.parametrize("make, expected", [
    (lambda pki: pki.leaf_a.pem + pki.leaf_a.key.read_text(), "block 2 of 2 is a private key"),
    (lambda pki: pki.leaf_a.key.read_text(), "a private key"),
    (lambda pki: "", "empty"),
    (lambda pki: "words\n", "it contains no certificate"),
    (lambda pki: pki.leaf_a.pem[:300], "damaged or incomplete"),
    (lambda pki: pki.leaf_a.der, "DER, not PEM"),
])
def test_a_file_that_is_not_a_certificate_is_rejected_without_a_pin(pki, tmp_path, make, expected):
    path, content = tmp_path / "x.pem", make(pki)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = ctl("pin", path)
    assert (answer.code, answer.out) == (INVALID, "")
    assert answer.err.startswith(f"cf-originctl: {path}: ") and expected in answer.err


def test_one_bad_file_does_not_hide_the_others(pki, tmp_path):
    answer, written = ctl_json("pin", tmp_path / "none", pki.leaf_a.crt)
    assert answer.code == INVALID and len(written["certificates"]) == 1
    assert written["problems"] == [{"file": str(tmp_path / "none"), "reason": "No such file or directory"}]


def test_a_hostile_subject_harms_neither_terminal_nor_json(pki):
    subject = '/CN=a "b" \x1b[31m'
    leaf = pki.issue("odd", pki.zone_a, subject=subject)
    _, written = ctl_json("pin", leaf.crt)
    assert written["certificates"][0]["subject"] == 'CN=a \\"b\\" \\1B[31m'
    assert "\x1b" not in ctl("pin", leaf.crt).out


@pytest.mark.parametrize("name, read", [
    ("zürich-\U0001f512.pem".encode(), "zürich-\U0001f512.pem"),
    (b'a\\b"\n\x7f.pem', 'a\\b"\n\x7f.pem'),
    (b"\xc3\x28 \xff \xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80 \xe0\x80\x80 \xe2\x82.pem",
     "\ufffd( \ufffd \ufffd\ufffd \ufffd\ufffd\ufffd \ufffd\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd \ufffd\ufffd.pem"),
])
def test_the_json_is_utf_8_for_every_file_name(pki, tmp_path, name, read):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "w") as file:
        file.write(pki.leaf_a.pem)
    done = subprocess.run([CTL, "pin", "--json", path], capture_output=True, timeout=60)
    assert json.loads(done.stdout.decode())["certificates"][0]["file"] == f"{tmp_path}/{read}"


@pytest.mark.parametrize("verb", ["pin", "zones", "match"])
def test_a_certificate_without_names_is_a_certificate(pki, tmp_path, verb):
    ca = pki.nameless(f"{verb}-nobody", extensions=CA)
    leaf = pki.nameless(f"{verb}-nobody-either", pki.issue("somebody", ca, extensions=CA))
    for certificate in (ca, leaf):
        args = ["--zone", ca.crt, certificate.crt] if verb == "match" else [certificate.crt]
        answer, written = ctl_json(verb, *args)
        assert answer.code in (OK, NO), answer
        shown = written["leaf"] if verb == "match" else written["certificates"][0]
        assert shown["subject"] == "" and shown["sha256"] == certificate.sha256
        assert ctl(verb, *args).code == answer.code
