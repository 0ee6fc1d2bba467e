# SPDX-License-Identifier: Apache-2.0
"""cf-originctl match: whether the module would accept a certificate, and if not, what to do."""
import datetime
import re

import pytest

from originctl import INVALID, NO, OK, USAGE, ctl, ctl_json
from pki import LEAF
from shared_ca import make_shared_ca

DAY = 86400


def day(offset):
    """A day that is `offset` days from now, in UTC."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=offset)
    return moment.strftime("%Y-%m-%d")


def refused(reason, leaf, *args):
    """Why, and what to do; the words for people have the same."""
    answer, written = ctl_json("match", *args, leaf)
    assert (answer.code, written["accepted"], written["reason"]) == (NO, False, reason)
    words = ctl("match", *args, leaf)
    assert words.code == NO and words.out.startswith(f"refused ({reason}): ")
    assert words.out.endswith(f"why: {written['why']}\ndo: {written['advice']}\n")
    return written["why"], written["advice"]


def accepted(leaf, *args):
    answer, written = ctl_json("match", *args, leaf)
    assert (answer.code, written["accepted"], written["reason"]) == (OK, True, "verified")
    return written


@pytest.mark.parametrize("proof", [
    lambda pki: pki.zone_a.crt,
    lambda pki: pki.leaf_a.crt,
    lambda pki: pki.bundle(pki.leaf_b, pki.leaf_a, pki.zone_b),
    lambda pki: f"sha256:{pki.leaf_a.sha256}",
    lambda pki: f"spki-sha256:{pki.leaf_a.spki_sha256}",
])
def test_each_kind_of_proof_is_accepted(pki, proof):
    written = accepted(pki.leaf_a.crt, "--zone", proof(pki))
    until = datetime.datetime.fromisoformat(re.search(r"until (\S+)Z", written["why"])[1])
    end = datetime.datetime.fromisoformat(written["leaf"]["not_after"].removesuffix("Z"))
    assert written["advice"] is None and abs(end - until) < datetime.timedelta(minutes=5)  # its own end, or that of its anchor
    words = ctl("match", "--zone", proof(pki), pki.leaf_a.crt).out
    assert words.startswith("accepted (verified): CN=leaf-a\n") and "\ndo:" not in words


def test_several_proofs_are_alternatives(pki):
    written = accepted(pki.leaf_a.crt, "--zone", pki.zone_b.crt, f"--zone=sha256:{pki.leaf_b.sha256}",
                       "--zone", pki.zone_a.crt)
    assert [(p["kind"], p["subject"], p["result"]) for p in written["proofs"]] == [
        ("anchor", "CN=zone-b", "other"), ("sha256", None, "other"), ("anchor", "CN=zone-a", "holds")]


def test_the_issuer_that_is_missing_is_named(pki):
    why, advice = refused("cert-unknown", pki.rogue.crt, "--zone", pki.zone_a.crt)
    assert why == "its issuer CN=rogue-ca is not among the anchors, and it is not pinned"
    assert "put the certificate of CN=rogue-ca into a proof file" in advice and f"sha256:{pki.rogue.sha256}" in advice


@pytest.mark.parametrize("chain_in_leaf", [False, True])
def test_the_ca_from_the_chain_has_to_go_into_the_proof(pki, chain_in_leaf):
    chain = [] if chain_in_leaf else ["--chain", pki.bundle(pki.intermediate_a, pki.zone_a)]
    leaf = pki.bundle(pki.deep_a, pki.intermediate_a) if chain_in_leaf else pki.deep_a.crt
    why, advice = refused("cert-unknown", leaf, "--zone", pki.zone_a.crt, *chain)
    assert "issuer CN=intermediate-a is not among the anchors" in why and "never used" in why
    assert advice == (f"put the certificate of CN=intermediate-a (sha256:{pki.intermediate_a.sha256}) from the "
                      "chain into the proof file")
    accepted(leaf, "--zone", pki.intermediate_a.crt)


def test_the_chain_proves_nothing(pki):
    refused("cert-unknown", pki.rogue.crt, "--zone", pki.zone_a.crt, "--chain", pki.rogue_ca.crt)


def test_an_anchor_with_the_right_name_and_another_key_is_reported(pki):
    why, _ = refused("cert-unknown", pki.evil_twin.crt, "--zone", pki.zone_b.crt, "--zone", pki.zone_a.crt)
    assert why == f"its issuer has the same name as the anchor in {pki.zone_a.crt}, CN=zone-a, but another key"


def test_a_ca_in_the_chain_that_has_only_the_name_of_the_issuer_is_not_the_issuer(pki):
    leaf = pki.issue("x", pki.evil_twin_ca, extensions=LEAF + "authorityKeyIdentifier=none\n")
    why, _ = refused("cert-unknown", leaf.crt, "--zone", pki.zone_b.crt, "--chain", pki.zone_a.crt)
    assert why == "its issuer CN=zone-a is not among the anchors, and it is not pinned"


def test_a_ca_that_is_ignored_next_to_a_leaf_is_reported(pki):
    fullchain, sibling = pki.bundle(pki.leaf_a, pki.zone_a), pki.issue("sibling", pki.zone_a)
    why, advice = refused("cert-unknown", sibling.crt, "--zone", fullchain)
    assert why == f"its issuer CN=zone-a is in {fullchain}, but next to a leaf, so it is not an anchor"
    assert "into a file of its own" in advice


def test_a_pinned_leaf_that_was_reissued_is_reported(pki):
    new = pki.issue("leaf-a", pki.zone_a, key=pki.leaf_a.key)
    why, advice = refused("cert-unknown", new.crt, "--zone", pki.leaf_a.crt)
    assert "another certificate for the same key" in why and f"spki-sha256:{new.spki_sha256}" in advice
    accepted(new.crt, "--zone", f"spki-sha256:{new.spki_sha256}")


def test_a_pin_of_the_wrong_kind_is_reported(pki):
    leaf = pki.leaf_a
    why, advice = refused("cert-unknown", leaf.crt, "--zone", f"sha256:{leaf.spki_sha256}")
    assert "digest of the public key" in why and advice == f"write spki-sha256:{leaf.spki_sha256}"
    why, advice = refused("cert-unknown", leaf.crt, "--zone", f"spki-sha256:{leaf.sha256}")
    assert "digest of the whole certificate" in why and advice == f"write sha256:{leaf.sha256}"


@pytest.mark.parametrize("pin", ["sha256", "spki_sha256"])
def test_a_pin_of_the_ca_is_reported(pki, pin):
    proof = f"{pin.replace('_', '-')}:{getattr(pki.zone_a, pin)}"
    why, advice = refused("cert-unknown", pki.leaf_a.crt, "--zone", proof, "--chain", pki.zone_a.crt)
    assert "the pin is that of the CA that issued it" in why and "CN=zone-a" in advice


def test_a_self_signed_certificate_can_be_pinned(pki):
    why, advice = refused("cert-unknown", pki.self_signed.crt, "--zone", pki.zone_a.crt)
    assert "self-signed" in why
    accepted(pki.self_signed.crt, "--zone", advice.split()[-1])


@pytest.mark.parametrize("make, why, advice", [
    (lambda pki: pki.server_only_a, "purpose", "extendedKeyUsage=clientAuth"),
    (lambda pki: pki.sub_ca_a, "it is a CA certificate", "CA:FALSE"),
    (lambda pki: pki.zone_a, "the CA certificate of the zone itself", "CA:FALSE"),
    (lambda pki: pki.issue("weak", pki.zone_a, kind="rsa1024"), "key too weak", "2048 bits"),
    (lambda pki: pki.issue("old", pki.zone_a, md="sha1"), "too weak", "signature"),
])
def test_a_certificate_of_the_wrong_kind_is_reported_with_its_kind(pki, make, why, advice):
    reason, do = refused("cert-unsuitable", make(pki).crt, "--zone", pki.zone_a.crt)
    assert why in reason and advice in do


def test_the_dates_of_the_leaf_are_reported(pki):
    for leaf, reason, words in ((pki.expired_a, "cert-expired", "the certificate itself expired at 2"),
                                (pki.future_a, "cert-not-yet-valid", "the certificate itself is not valid before 2")):
        for proof in (pki.zone_a.crt, leaf.crt):
            assert words in refused(reason, leaf.crt, "--zone", proof)[0]


def test_the_dates_of_the_anchor_are_reported(pki):
    for start, end, reason, words in ((-2 * DAY, -DAY, "cert-expired", "expired at"),
                                      (DAY, 2 * DAY, "cert-not-yet-valid", "is not valid before")):
        ca = pki.ca("dated-ca", start=start, end=end)
        leaf = pki.issue("leaf", ca, start=-3 * DAY, end=3 * DAY)
        why, _ = refused(reason, leaf.crt, "--zone", ca.crt)
        assert why.startswith(f"its anchor CN=dated-ca in {ca.crt} {words}")


def test_another_time_can_be_asked_for(pki):
    expired = pki.issue("expired", pki.zone_a, start=-4 * DAY, end=-2 * DAY)
    ca = ("--zone", pki.ca("zone-a", start=-9 * DAY, key=pki.zone_a.key).crt)
    accepted(expired.crt, *ca, "--at", day(-3))
    accepted(expired.crt, *ca, "--at", f"{day(-3)}T23:59:59Z")
    refused("cert-not-yet-valid", expired.crt, *ca, "--at", day(-5))
    refused("cert-expired", pki.leaf_a.crt, *ca, "--at", day(91))
    assert ctl_json("match", *ca, "--at", day(-3), expired.crt)[1]["at"] == f"{day(-3)}T00:00:00Z"


def test_validity_ends_with_its_last_second(pki):
    leaf, ca = pki.leaf_a.crt, pki.ca("zone-a", end=999 * DAY, key=pki.zone_a.key).crt
    end = accepted(leaf, "--zone", ca)["leaf"]["not_after"]
    accepted(leaf, "--zone", ca, "--at", end)
    later = datetime.datetime.strptime(end, "%Y-%m-%dT%H:%M:%SZ") + datetime.timedelta(seconds=1)
    refused("cert-expired", leaf, "--zone", ca, "--at", later.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_the_shared_ca_is_reported_as_no_proof_of_a_zone(pki, tmp_path):
    shared = make_shared_ca(pki, tmp_path)
    _, written = ctl_json("match", "--zone", shared.crt, "--zone", pki.zone_a.crt, pki.leaf_a.crt)
    assert [p["shared_ca"] for p in written["proofs"]] == [True, False]
    assert "note: Cloudflare's shared CA" in ctl("match", "--zone", shared.crt, pki.leaf_a.crt).out


@pytest.mark.parametrize("args", [
    ["--zone", "sha256:12"],
    ["--zone", "spki-sha256:"],
    ["--zone", "a.pem", "--at", "yesterday"],
    ["--zone", "a.pem", "--at", "2026-02-30"],
    ["--zone", "a.pem", "--at", "2026-01-31T12:00:00"],
    ["--zone", "a.pem", "--at", ""],
])
def test_an_invalid_pin_or_time_is_a_usage_error(pki, args):
    answer = ctl("match", *args, pki.leaf_a.crt)
    assert (answer.code, answer.out) == (USAGE, "") and args[-2] in answer.err


def test_a_file_that_does_not_load_is_exit_3(pki, tmp_path):
    bad, leaf, ca = tmp_path / "bad.pem", pki.leaf_a.crt, pki.zone_a.crt
    bad.write_text(pki.leaf_a.pem + pki.leaf_a.key.read_text())
    for args in (["--zone", bad, leaf], ["--zone", bad, "--zone", ca, leaf], ["--zone", ca, "--chain", bad, leaf],
                 ["--zone", ca, bad]):
        answer, written = ctl_json("match", *args)
        assert answer.code == INVALID and f"{bad}: line " in answer.err and "block 2 of 2 is a private key" in answer.err
        assert "accepted" not in written
    assert len(ctl_json("match", "--zone", bad, "--zone", bad, "--chain", bad, bad)[1]["problems"]) == 4


def test_the_json_describes_the_leaf(pki):
    leaf = accepted(pki.leaf_a.crt, "--zone", pki.zone_a.crt)["leaf"]
    assert leaf["sha256"] == pki.leaf_a.sha256 and leaf["issuer"] == "CN=zone-a" and leaf["days_left"] in (89, 90)


def test_an_unsuitable_leaf_says_why_for_each_anchor(pki):
    leaf = pki.issue("code", pki.zone_a, extensions=LEAF + "extendedKeyUsage=codeSigning\n")
    _, written = ctl_json("match", "--zone", pki.zone_b.crt, "--zone", pki.zone_a.crt, leaf.crt)
    assert [(p["result"], p["why"] is not None) for p in written["proofs"]] == [
        ("other", False), ("unsuitable", True)]
