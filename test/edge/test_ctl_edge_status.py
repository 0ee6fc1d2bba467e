# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge status: what it finds on both sides, in each of its forms; it changes nothing."""
import configparser
import json
import os
import re
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from originctl import CTL, ctl_json
from server import ROOT, vhost
from shared_ca import make_shared_ca
from standin import CUT, page
from waiting import until
from world import Origin

OK, WARNING, CRITICAL, UNKNOWN = range(4)
WORDS = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
LEVELS = ["critical", "warning", "unknown"]
DAY = 86400
READ = {"zone": "read", "ssl": "read", "settings": "read", "dns": "read"}


@pytest.fixture(scope="module")
def folder(scratch):
    path = Path(tempfile.mkdtemp(prefix="proofs-", dir=scratch))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def dumps(scratch, pki, folder):
    """dumps(policy): the dump of an httpd with the virtual hosts www and api of example.com, and its main server. Their
    zone's file is example.com.pem in `folder`."""
    made = {}

    def dump(policy, extra="", zone="example.com"):
        if (policy, extra, zone) not in made:
            proof = folder / "example.com.pem"
            proof.write_text(pki.zone_a.pem)
            lines = f"CFOriginPull {policy}\nCFOriginPullZone {zone} {proof}\n"
            origin = Origin(scratch, pki, [], [])
            origin.server.server = "".join(vhost(f"{name}.example.com", lines) for name in ("www", "api")) + extra
            origin.server.write_config()
            done = origin.server.run("-t", "-D", "DUMP_CF_ORIGIN")
            assert done.returncode == 0, done.stderr
            made[policy, extra, zone] = folder / f"{len(made)}.dump"
            made[policy, extra, zone].write_text(done.stdout)
        return made[policy, extra, zone]
    return dump


class Answer:
    def __init__(self, done, written, metrics):
        self.code, self.out, self.err, self.json, self.metrics = done.returncode, done.stdout, done.stderr, written, metrics
        self.findings = written["findings"]
        self.zones = {zone["name"]: zone for zone in written["zones"]}

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"

    @property
    def flat(self):
        return re.sub(r"\s+", " ", self.out)

    def of(self, code):
        return [finding for finding in self.findings if finding["code"] == code]

    def the(self, code):
        finding, = self.of(code)
        return finding

    def codes(self, *levels):
        return {f["code"] for f in self.findings if not levels or f["level"] in levels}

    def judgement(self, host, zone="example.com"):
        group, = (g for g in self.zones[zone]["hosts"] if host in g["hosts"])
        return group

    def sample(self, name, **labels):
        found = [s.value for family in self.metrics for s in family.samples if s.name == name and s.labels == labels]
        assert len(found) <= 1
        return found[0] if found else None


class World:
    """A zone at the stand-in, and the origin as a dump, or as a folder if `dump` is None."""

    def __init__(self, api, folder, pki, dump):
        self.api, self.folder, self.pki, self.dump = api, folder, pki, dump
        self.token = api.account.token(READ)
        self.proofs(pki.zone_a)
        self.zone = api.account.zone("example.com")
        self.zone.record("www.example.com", "192.0.2.1")

    def proofs(self, *certificates, name="example.com.pem"):
        (self.folder / name).write_text("".join(c.pem for c in certificates))

    def place(self, certificate, zone=None, **options):
        return self.api.account.place(zone or self.zone, certificate.pem, certificate.key.read_text(), **options)

    def associate(self, host, certificate, enabled=True):
        self.api.account.deploy = 0
        self.api.account.associate(self.zone, [{"hostname": host, "cert_id": certificate.id, "enabled": enabled}])

    def run(self, *args, token=None, environment=None, origin=None):
        if origin is None:
            origin = ["--dump", self.dump] if self.dump else ["--folder", self.folder]
        environment = environment or self.api.environment(token or self.token)
        return subprocess.run([CTL, "edge", "status", *map(str, origin), *map(str, args)], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)

    def status(self, *args, **options):
        """All three forms, which must agree; and the API was only read."""
        metrics = self.folder / "edge.prom"
        metrics.unlink(missing_ok=True)
        text = self.run(*args, "--metrics", metrics, **options)
        as_json = self.run(*args, "--json", **options)
        assert self.api.called("") == self.api.called("^GET ")
        answer = Answer(text, json.loads(as_json.stdout), list(text_string_to_metric_families(metrics.read_text())))
        self.check(answer, as_json.returncode, metrics)
        return answer

    @staticmethod
    def check(answer, code, metrics):
        assert answer.code == code == answer.json["exit"]
        assert answer.out.startswith(f"{WORDS[answer.code]}: ") and answer.json["level"] == WORDS[answer.code]
        first = answer.out.splitlines()[0]
        assert first.count("|") == 1
        for level in LEVELS:
            count = sum(f["level"] == level for f in answer.findings)
            assert f" {level}={count}" in first.split("|")[1]
        assert stat.S_IMODE(metrics.stat().st_mode) == 0o644
        assert [p.name for p in metrics.parent.iterdir() if "prom" in p.name] == [metrics.name]
        for name, zone in answer.zones.items():
            assert answer.sample("cf_origin_edge_up", zone=name) == zone["up"]
            for level in ("critical", "warning", "unknown", "note"):
                assert answer.sample("cf_origin_edge_findings", zone=name, level=level) == sum(
                    f["level"] == level and f["zone"] == name for f in answer.findings)
        assert not re.search(r"[^ -~\n]", answer.out)


@pytest.fixture
def world(standin, folder, pki, dumps):
    def make(policy="On", **options):
        return World(standin(**options), folder, pki, dumps(policy) if policy else None)
    return make


@pytest.fixture
def locked(world, pki):
    """locked(policy): nothing is wrong."""
    def make(policy="On", **options):
        made = world(policy, **options)
        made.zone.own_on = True
        made.certificate = made.place(pki.leaf_a)
        return made
    return make


STAKES = pytest.mark.parametrize("policy, level", [("On", CRITICAL), ("Audit", WARNING), ("Off", OK), (None, CRITICAL)])


def test_a_locked_zone_is_ok(locked, pki):
    answer = locked().status()
    assert (answer.code, answer.err, answer.findings) == (OK, "", [])
    assert answer.out.startswith("OK: 1 zone, 2 host names accepted | zones=1 critical=0 unknown=0 warning=0 days_left=")
    group = answer.judgement("www.example.com")
    assert (group["judgement"], group["presents"], group["policy"], group["origin_zone"]) == ("accepted", "own", "On", "example.com")
    assert group["hosts"] == ["api.example.com", "www.example.com"] and group["sha256"] == [pki.leaf_a.sha256]
    zone = answer.zones["example.com"]
    assert (zone["ssl_mode"], zone["zone_level"], zone["global"], zone["up"], zone["dns_only"]) == ("full", True, False, True, [])
    certificate, = zone["certificates"]
    assert certificate["presented"] and certificate["subject"] == "CN=leaf-a" and certificate["days_left"] in (89, 90)
    assert re.search(rf"^  zone +active +\d{{4}}-\d\d-\d\d +(89|90)  {pki.leaf_a.sha256}  presented$", answer.out, re.M)
    assert answer.sample("cf_origin_edge_accepted", zone="example.com", host="www.example.com") == 1
    assert answer.sample("cf_origin_edge_switch", zone="example.com", level="zone") == 1
    assert answer.sample("cf_origin_edge_switch", zone="example.com", level="global") == 0
    assert answer.sample("cf_origin_edge_presents", zone="example.com") == 1
    assert answer.sample("cf_origin_edge_dns_only_records", zone="example.com") == 0
    expiry = answer.sample("cf_origin_edge_certificate_expiry_timestamp_seconds", zone="example.com", state="presented",
                           sha256=pki.leaf_a.sha256, **{"for": "zone"})
    assert abs(expiry - time.time() - 90 * DAY) < DAY
    assert abs(answer.sample("cf_origin_edge_timestamp_seconds") - time.time()) < 60


def agrees(world, certificate, policy_level, reason):
    """The same reason, the same words and the same advice as `match`."""
    answer = world.status()
    _, match = ctl_json("match", "--zone", world.folder / "example.com.pem", certificate.crt)
    group = answer.judgement("www.example.com")
    assert answer.code == policy_level and group["judgement"] == "refused" and match["reason"] == reason
    assert (group["reason"], group["why"], group["advice"]) == (match["reason"], match["why"], match["advice"])
    assert group["refused"] == certificate.sha256
    finding = answer.the("refused")
    assert match["why"] in finding["text"] and finding["remedy"] == match["advice"] and finding["count"] == 2
    assert answer.sample("cf_origin_edge_accepted", zone="example.com", host="www.example.com") == 0
    return answer


@STAKES
def test_what_the_origin_refuses_is_as_bad_as_its_policy(world, pki, policy, level):
    made = world(policy)
    made.zone.record("api.example.com", "192.0.2.1")
    made.zone.own_on = True
    made.place(pki.leaf_b)
    agrees(made, pki.leaf_b, level, "cert-unknown")


@pytest.mark.parametrize("make, reason", [
    (lambda pki: pki.expired_a, "cert-expired"),
    (lambda pki: pki.future_a, "cert-not-yet-valid"),
    (lambda pki: pki.server_only_a, "cert-unsuitable"),
    (lambda pki: pki.self_signed, "cert-unknown"),
])
def test_each_reason_is_that_of_match(locked, pki, make, reason):
    made = locked()
    made.zone.certificates["zone"].clear()
    made.place(make(pki))
    agrees(made, make(pki), CRITICAL, reason)


@STAKES
@pytest.mark.parametrize("change, why", [
    (lambda zone: setattr(zone, "own_on", False), "Authenticated Origin Pulls is off for the zone"),
    (lambda zone: setattr(zone, "ssl", "flexible"), "the SSL mode is flexible"),
    (lambda zone: setattr(zone, "ssl", "off"), "the SSL mode is off"),
    (lambda zone: zone.certificates["zone"].clear(), "no certificate of the zone is active"),
])
def test_nothing_presented_is_as_bad_as_the_policy(locked, policy, level, change, why):
    made = locked(policy)
    change(made.zone)
    answer = made.status()
    finding = answer.the("nothing-presented")
    assert answer.code == level and why in finding["text"] and finding["remedy"]
    assert answer.judgement("www.example.com")["accepted"] is False
    assert why in answer.flat and finding["remedy"] in answer.flat
    if "SSL" in why:
        assert answer.sample("cf_origin_edge_presents", zone="example.com") == 0


@STAKES
def test_the_shared_certificate_must_be_accepted_too(world, pki, tmp_path, policy, level):
    made = world(policy)
    made.zone.shared_on = True
    answer = made.status()
    assert answer.code == level and "Cloudflare's shared certificate" in answer.the("refused")["text"]
    made.proofs(pki.zone_a, make_shared_ca(pki, tmp_path))
    answer = made.status()
    assert answer.code == OK and answer.judgement("www.example.com")["presents"] == "shared"
    assert answer.the("shared-certificate")["level"] == "note"


def test_each_of_several_active_certificates_must_be_accepted(locked, pki):
    """The newest one is, an older one may be presented still."""
    made = locked()
    made.place(pki.leaf_b, age=9 * DAY)
    answer = made.status()
    assert answer.code == CRITICAL and answer.judgement("www.example.com")["refused"] == pki.leaf_b.sha256
    assert answer.judgement("www.example.com")["sha256"] == [pki.leaf_a.sha256, pki.leaf_b.sha256]
    made.proofs(pki.zone_a, pki.zone_b)
    answer = made.status()
    assert answer.code == OK and answer.the("several-active")["level"] == "note" and "rotation" in answer.flat
    assert f"{pki.leaf_b.sha256}  old" in answer.out


def test_old_certificates_that_nobody_removes_are_a_warning(locked, pki):
    made = locked()
    made.zone.certificates["zone"].clear()
    for age in (3 * DAY, 9 * DAY):
        made.place(pki.leaf_a, age=age)
    answer = made.status()
    assert (answer.code, answer.codes("warning")) == (WARNING, {"several-active"})


@pytest.mark.parametrize("days, args, code, level", [
    (90.5, [], None, OK), (29.5, [], "expires", WARNING), (6.5, [], "expires", CRITICAL), (-1.5, [], "expired", CRITICAL),
    (29.5, ["--warn", 29], None, OK), (29.5, ["--critical", 30], "expires", CRITICAL), (6.5, ["--critical", 6], "expires", WARNING),
    (90.5, ["--warn", 91], "expires", WARNING), (6.5, ["--warn", 0, "--critical", 0], None, OK),
])
def test_a_certificate_that_expires(locked, pki, days, args, code, level):
    made = locked()
    made.proofs(pki.ca("zone-a", key=pki.zone_a.key, end=999 * DAY))
    made.zone.certificates["zone"].clear()
    made.place(pki.issue("soon", pki.zone_a, start=-9 * DAY, end=int(days * DAY)))
    answer = made.status(*args)
    assert answer.code == level
    assert answer.codes() == ({code} if code else set()) | ({"refused"} if days < 0 else set())
    if code:
        assert "edge rotate" in answer.the(code)["remedy"]
    assert f" days_left={int(days // 1)};" in answer.out.splitlines()[0]


@pytest.mark.parametrize("policy, level", [("Audit", WARNING), ("Off", OK)])
def test_what_expires_costs_less_where_less_is_at_stake(locked, pki, policy, level):
    made = locked(policy)
    made.zone.certificates["zone"].clear()
    made.place(pki.issue("soon", pki.zone_a, end=2 * DAY))
    answer = made.status()
    assert answer.code == level and answer.the("expires")


@pytest.mark.parametrize("days, level", [(5, CRITICAL), (20, WARNING), (60, OK)])
def test_a_ca_of_the_origin_that_expires_before_the_leaf(locked, pki, days, level):
    made = locked()
    made.proofs(pki.ca("zone-a", key=pki.zone_a.key, end=days * DAY))
    answer = made.status()
    assert answer.code == level and len(answer.of("proof-expires")) == (level != OK)


@pytest.mark.parametrize("state", ["deployment_timed_out", "deletion_timed_out"])
def test_a_certificate_that_timed_out(locked, pki, state):
    made = locked()
    made.place(pki.leaf_b, state=state)
    answer = made.status()
    finding = answer.the("timed-out")
    assert answer.code == WARNING and state in finding["text"] and finding["subject"] == pki.leaf_b.sha256
    assert answer.judgement("www.example.com")["accepted"]
    assert re.search(rf"{state} .* {pki.leaf_b.sha256}  not presented", answer.out)


def test_a_certificate_that_will_be_refused_when_it_is_deployed(locked, pki):
    made = locked()
    made.place(pki.leaf_b, state="pending_deployment")
    answer = made.status()
    assert answer.code == WARNING and pki.leaf_b.sha256 in answer.the("refused-soon")["text"]
    assert answer.judgement("www.example.com")["accepted"]
    made.proofs(pki.zone_a, pki.zone_b)
    assert made.status().code == OK


def test_a_certificate_that_makes_no_sense(locked):
    made = locked()
    made.certificate.pem = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"
    answer = made.status()
    assert answer.code == UNKNOWN and answer.the("certificate-unreadable")["subject"] == made.certificate.id
    assert answer.judgement("www.example.com")["accepted"] is None and answer.of("not-judged")


def test_certificates_that_nothing_presents_and_proofs_that_nothing_needs(locked, pki):
    made = locked("Off")
    made.zone.own_on = False
    made.place(pki.rogue, level="hosts")
    made.proofs(pki.zone_a, pki.zone_b)
    answer = made.status()
    assert answer.code == OK and {f["level"] for f in answer.findings} == {"note"}
    assert {f["subject"] for f in answer.of("not-presented")} == {pki.leaf_a.sha256, pki.rogue.sha256}
    assert "CN=zone-b" in answer.the("proof-unneeded")["text"] and pki.zone_b.sha256 in answer.flat


def test_a_proof_that_another_zone_of_the_same_file_needs_is_no_finding(standin, folder, pki, dumps):
    shared = folder / "example.com.pem"
    extra = vhost("b.test", f"CFOriginPull On\nCFOriginPullZone b.test {shared}")
    made = World(standin(), folder, pki, dumps("On", extra))
    made.proofs(pki.zone_a, pki.zone_b)
    made.zone.own_on = True
    made.place(pki.leaf_a)
    other = made.api.account.zone("b.test")
    other.own_on = True
    made.place(pki.leaf_b, zone=other)
    assert made.status().findings == []
    # Without a look at the other zone nobody knows.
    assert made.status("example.com").findings == []
    other.certificates["zone"].clear()
    made.place(pki.leaf_a, zone=other)
    answer = made.status()
    assert answer.codes() == {"proof-unneeded"} and "CN=zone-b" in answer.the("proof-unneeded")["text"]


# ----------------------------------------------------------------- host names

def test_a_host_name_with_a_certificate_of_its_own(locked, pki):
    made = locked()
    own = made.place(pki.leaf_b, level="hosts")
    made.associate("www.example.com", own)
    answer = made.status()
    assert answer.code == CRITICAL and answer.the("refused")["subject"] == "www.example.com"
    assert answer.judgement("www.example.com")["sha256"] == [pki.leaf_b.sha256]
    assert answer.judgement("api.example.com")["accepted"]
    made.proofs(pki.zone_a, pki.zone_b)
    answer = made.status()
    assert (answer.code, answer.findings) == (OK, [])
    assert "presented: a certificate of its own (www.example.com)" in answer.flat


@pytest.mark.parametrize("policy, level", [("On", CRITICAL), ("Audit", WARNING), ("Off", WARNING)])
def test_a_host_name_that_is_switched_off(locked, pki, policy, level):
    made = locked(policy)
    own = made.place(pki.leaf_a, level="hosts")
    made.associate("www.example.com", own, enabled=False)
    answer = made.status()
    assert answer.code == level and answer.the("host-off")["subject"] == "www.example.com"
    assert answer.judgement("www.example.com")["presents"] == "nothing"


def test_a_voided_association_is_none_and_without_certificates_nobody_asks(locked, pki):
    made = locked()
    assert made.status().code == OK and not made.api.called("hostnames/w")
    own = made.place(pki.leaf_b, level="hosts")
    made.associate("www.example.com", own, enabled=None)
    answer = made.status()
    assert answer.code == OK and answer.judgement("www.example.com")["sha256"] == [pki.leaf_a.sha256]
    assert made.api.called("hostnames/www.example.com$")


def test_a_certificate_of_a_host_that_is_not_active_is_not_presented(locked, pki):
    made = locked()
    own = made.place(pki.leaf_b, level="hosts")
    made.associate("www.example.com", own)
    own.fixed = "deployment_timed_out"
    answer = made.status()
    assert answer.judgement("www.example.com")["sha256"] == [pki.leaf_a.sha256] and answer.codes("warning") == {"timed-out"}


def test_ten_thousand_names_with_one_answer_are_few_lines(locked, pki):
    made = locked()
    for number in range(10000):
        made.zone.record(f"h{number}.example.com", "192.0.2.1")
    answer = made.status()
    assert answer.code == OK and "10,002 host names: accepted, On;" in answer.flat and "and 9,998 more" in answer.flat
    assert len(answer.out.splitlines()) < 20
    assert len(answer.judgement("www.example.com")["hosts"]) == 10002


def test_names_that_cannot_all_be_asked_for_are_not_said_to_be_accepted(locked, pki):
    made = locked()
    made.place(pki.leaf_a, level="hosts")
    for number in range(600):
        made.zone.record(f"h{number}.example.com", "192.0.2.1")
    answer = made.status()
    assert answer.code == UNKNOWN and answer.the("not-judged")["count"] == 102
    assert answer.judgement("www.example.com")["accepted"] and "not-presented" not in answer.codes()
    assert len(made.api.called("hostnames/[hw]")) == 2 * 499


def test_wildcards_and_names_that_the_origin_does_not_serve(locked):
    made = locked()
    made.zone.record("*.example.com", "192.0.2.1")
    made.zone.record("WWW.Example.com", "192.0.2.1")
    answer = made.status()
    assert answer.code == OK and answer.judgement("*.example.com")["accepted"]
    assert answer.judgement("www.example.com")["hosts"] == ["*.example.com", "api.example.com", "www.example.com"]


def test_a_zone_that_this_origin_does_not_have(locked):
    made = locked()
    other = made.api.account.zone("other.test")
    other.record("www.other.test", "192.0.2.7")
    answer = made.status("other.test")
    assert answer.judgement("www.other.test", "other.test")["judgement"] == "not at this origin"
    # Nothing was seen to be right.
    assert answer.code == UNKNOWN and answer.the("not-at-origin")["zone"] == "other.test"
    assert answer.sample("cf_origin_edge_accepted", zone="other.test", host="www.other.test") is None


def test_while_an_association_is_deployed_either_certificate_may_be_presented(locked, pki):
    made = locked()
    own = made.place(pki.leaf_b, level="hosts")
    made.api.account.deploy = 999
    made.api.account.associate(made.zone, [{"hostname": "www.example.com", "cert_id": own.id, "enabled": True}])
    answer = made.status()
    assert answer.judgement("www.example.com")["sha256"] == [pki.leaf_b.sha256, pki.leaf_a.sha256]
    assert answer.code == CRITICAL and answer.judgement("www.example.com")["refused"] == pki.leaf_b.sha256
    made.proofs(pki.zone_b)
    answer = made.status()
    assert answer.code == CRITICAL and answer.judgement("www.example.com")["refused"] == pki.leaf_a.sha256


def test_a_virtual_host_without_a_zone(standin, folder, pki, dumps):
    made = World(standin(), folder, pki, dumps("On", zone="app.example.com"))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    answer = made.status()
    finding = answer.the("no-zone")
    assert answer.code == CRITICAL and finding["count"] == 2 and "add CFOriginPullZone" in finding["remedy"]


def test_associations_that_cannot_be_read_are_not_asked_for_again_and_again(locked, pki):
    made = locked()
    made.place(pki.leaf_a, level="hosts")
    for number in range(20):
        made.zone.record(f"h{number}.example.com", "192.0.2.1")
    made.api.fault("hostnames/[a-z0-9]+[.]", page(502), times=999)
    answer = made.status("--wait", 1)
    assert answer.code == UNKNOWN and answer.the("not-judged")["count"] == 22
    assert set(made.api.called("hostnames/[a-z0-9]+[.]")) == {call for call in made.api.called("hostnames/(api|www)[.]")}


# ----------------------------------------------------------------- DNS

def test_records_that_are_not_proxied(locked):
    made = locked()
    made.zone.record("mail.example.com", "192.0.2.1", proxied=False)
    made.zone.record("vpn.example.com", "192.0.2.77", proxied=False)
    answer = made.status()
    assert answer.code == WARNING and answer.the("dns-only-address")["subject"] == "mail.example.com"
    assert answer.the("dns-only")["subject"] == "vpn.example.com" and answer.the("dns-only")["level"] == "note"
    assert [r["content"] for r in answer.zones["example.com"]["dns_only"]] == ["192.0.2.1", "192.0.2.77"]
    assert answer.sample("cf_origin_edge_dns_only_records", zone="example.com") == 2 and "DNS-only records: 2" in answer.out


def test_a_proxied_alias_of_a_name_that_shows_the_address(locked):
    made = locked()
    made.zone.record("shop.example.com", "alias.example.com", kind="CNAME")
    made.zone.record("alias.example.com", "host.example.com", kind="CNAME", proxied=False)
    made.zone.record("host.example.com", "2001:DB8:0::5", kind="AAAA", proxied=False)
    made.zone.record("loop.example.com", "loop.example.com", kind="CNAME")
    made.zone.record("six.example.com", "2001:db8::5", kind="AAAA", proxied=False)
    finding = made.status().the("dns-only-address")
    assert finding["count"] == 2 and finding["text"].startswith("host.example.com, six.example.com: ")


def test_a_virtual_host_whose_record_went_grey(locked):
    made = locked()
    made.zone.record("api.example.com", "192.0.2.9", proxied=False)
    answer = made.status()
    assert answer.code == WARNING and answer.the("dns-only-host")["subject"] == "api.example.com"
    assert not any("api.example.com" in g["hosts"] for g in answer.zones["example.com"]["hosts"])


# ----------------------------------------------------------------- zones

def test_zones_of_the_origin_are_looked_for_at_cloudflare(standin, folder, pki, dumps):
    """A zone of the origin may be a host name of one at Cloudflare."""
    extra = vhost("app.b.test", f"CFOriginPull On\nCFOriginPullZone app.b.test {folder}/example.com.pem\n"
                  f"CFOriginPullZone new.b.test {folder}/example.com.pem")
    made = World(standin(), folder, pki, dumps("On", extra))
    for zone in (made.zone, made.api.account.zone("b.test")):
        zone.own_on = True
        made.place(pki.leaf_a, zone=zone)
    answer = made.status()
    assert answer.code == OK and list(answer.zones) == ["b.test", "example.com"]
    assert answer.judgement("app.b.test", "b.test")["accepted"]


def test_a_zone_that_cloudflare_does_not_have(locked):
    made = locked()
    made.api.account.zones.clear()
    answer = made.status()
    assert answer.code == UNKNOWN and not answer.zones["example.com"]["up"]
    assert answer.sample("cf_origin_edge_up", zone="example.com") == 0
    answer = made.status("www.example.com", "b.test")
    assert answer.code == UNKNOWN and list(answer.zones) == ["b.test", "www.example.com"]


def test_a_zone_that_is_not_active_yet(locked):
    made = locked()
    made.zone.status = "pending"
    answer = made.status()
    assert answer.code == WARNING and "pending" in answer.the("zone-inactive")["text"]


def test_an_origin_without_zones(locked, tmp_path):
    answer = locked().status(origin=["--folder", tmp_path])
    assert answer.code == UNKNOWN and "name the zones" in answer.the("no-zones")["remedy"]


def test_any_zone_needs_operands(standin, folder, pki, dumps):
    made = World(standin(), folder, pki, None)
    (made.folder / "only").mkdir(exist_ok=True)
    (made.folder / "any.dump").write_text(dumps("On").read_text().replace("zone example.com", "zone *"))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    answer = made.status(origin=["--dump", folder / "any.dump"])
    assert answer.code == UNKNOWN and "name the zones" in answer.the("zone-any")["remedy"]
    assert made.status("example.com", origin=["--dump", folder / "any.dump"]).code == OK


def test_one_bad_zone_does_not_stop_the_others(standin, tmp_path, pki):
    made = World(standin(), tmp_path, pki, None)
    made.zone.own_on = True
    made.place(pki.leaf_a)
    names = [f"z{number}.test" for number in range(12)]
    for name in names:
        zone = made.api.account.zone(name)
        zone.own_on = True
        zone.record(f"www.{name}", "192.0.2.1")
        made.place(pki.leaf_a, zone=zone)
        made.proofs(pki.zone_a, name=f"{name}.pem")
    bad = made.api.account.zones[5]
    made.api.fault(f"GET /zones/{bad.id}/", page(502), times=999)
    answer = made.status("example.com", *names, "--jobs", 6, "--wait", 1)
    assert answer.code == UNKNOWN and list(answer.zones) == sorted(["example.com", *names])
    assert [name for name, zone in answer.zones.items() if not zone["up"]] == [bad.name]
    assert {(f["zone"], f["code"]) for f in answer.findings if f["code"] != "not-judged"} == {(bad.name, "unreadable")}
    # After two calls that failed, whatever else is asked would fail too.
    assert not made.api.called(f"{bad.id}/dns_records")
    # Zones where nothing is wrong have a line each, and what can be read of the bad one stands there.
    assert len(re.findall(r"^z\d+.test: OK$", answer.out, re.M)) == 11


def test_pages_are_read_to_the_last(locked, pki):
    made = locked(per_page=2)
    for number in range(7):
        made.zone.record(f"h{number}.example.com", "192.0.2.1")
        made.place(pki.rogue, level="hosts", state="deployment_timed_out")
    answer = made.status()
    assert len(answer.judgement("www.example.com")["hosts"]) == 9
    assert len(answer.of("timed-out")) == 7
    # The same certificate several times is one series.
    assert answer.sample("cf_origin_edge_certificate_expiry_timestamp_seconds", zone="example.com", sha256=pki.rogue.sha256,
                         state="deployment_timed_out", **{"for": "hosts"})


# ----------------------------------------------------------------- token and permissions

@pytest.mark.parametrize("area, permission, level, up", [
    ("dns", "DNS Read", WARNING, True), ("settings", "Zone Settings Read", WARNING, False),
    ("ssl", "SSL and Certificates Read", UNKNOWN, False),
])
def test_a_missing_permission_is_named_and_the_rest_is_shown(locked, pki, area, permission, level, up):
    made = locked()
    made.proofs(pki.zone_a, pki.zone_b)
    token = made.api.account.token({k: v for k, v in READ.items() if k != area})
    answer = made.status(token=token)
    assert answer.code == level and answer.zones["example.com"]["up"] == up
    assert all(permission in f["text"] and permission in f["remedy"] for f in answer.of("permission"))
    assert answer.of("permission") and answer.json["token"]["permissions"][permission] is False
    assert [k for k, v in answer.json["token"]["permissions"].items() if not v] == [permission]
    # What could need a proof is not known.
    assert area == "dns" or not answer.of("proof-unneeded")
    assert f"lacks {permission};" in answer.flat and "cannot be seen by reading" in answer.flat
    if area != "ssl":
        assert answer.judgement("www.example.com")["accepted"]
    if area == "dns":
        assert answer.zones["example.com"]["dns_only"] is None


def test_a_token_that_expired_is_unknown_at_once(locked):
    made = locked()
    for status in ("expired", "disabled"):
        answer = made.status(token=made.api.account.token(READ, status=status))
        assert answer.code == UNKNOWN and status in answer.the("token")["text"], answer
        assert answer.sample("cf_origin_edge_up", zone="example.com") == 0
        assert answer.sample("cf_origin_edge_findings", zone="", level="unknown") == 1


def test_an_invalid_token_is_unknown(locked):
    made = locked()
    stranger = made.api.account.token(READ)
    made.api.account.tokens.remove(stranger)
    answer = made.status("example.com", token=stranger)
    assert answer.code == UNKNOWN and stranger.value not in answer.out + answer.err + json.dumps(answer.json)
    assert answer.sample("cf_origin_edge_up", zone="example.com") == 0


def test_a_token_of_an_account_is_no_error(locked):
    made = locked()
    answer = made.status(token=made.api.account.token(READ, of_account=True))
    assert (answer.code, answer.findings) == (OK, [])


def test_without_a_token_the_metrics_say_so(locked):
    made = locked()
    environment = made.api.environment()
    metrics = made.folder / "edge.prom"
    done = made.run("example.com", "--metrics", metrics, environment=environment)
    assert done.returncode == UNKNOWN and done.stdout.startswith("UNKNOWN: ") and "CLOUDFLARE_API_TOKEN" in done.stdout
    assert 'cf_origin_edge_up{zone="example.com"} 0\n' in metrics.read_text()
    assert 'cf_origin_edge_findings{zone="",level="unknown"} 1\n' in metrics.read_text()
    written = json.loads(made.run("--json", environment=environment).stdout)
    assert [(f["level"], f["code"]) for f in written["findings"]] == [("unknown", "start")] and written["exit"] == UNKNOWN


def test_an_api_that_is_not_there(locked):
    made = locked()
    made.api.fault("GET", CUT, times=999)
    answer = made.status("example.com", "--wait", 1)
    assert answer.code == UNKNOWN and answer.sample("cf_origin_edge_up", zone="example.com") == 0
    assert not made.api.called("dns_records")


# ----------------------------------------------------------------- the origin

def test_an_origin_that_cannot_be_read_is_unknown_but_cloudflares_side_is_shown(locked, pki):
    made = locked()
    answer = made.status("example.com", origin=["--dump", "/nonexistent"])
    assert answer.code == UNKNOWN and answer.codes() == {"origin-unreadable"} and answer.json["origin"]["error"]
    assert answer.zones["example.com"]["up"] and pki.leaf_a.sha256 in answer.out
    assert answer.judgement("www.example.com")["accepted"] is None
    answer = made.status(origin=["--httpd", "/bin/false"])
    assert answer.code == UNKNOWN and answer.zones == {}
    made.zone.own_on = False
    answer = made.status("example.com", origin=["--dump", "/nonexistent"])
    assert answer.code == UNKNOWN and answer.the("nothing-presented")["level"] == "unknown"


def test_a_running_origin_that_has_not_loaded_the_file(standin, scratch, pki, folder):
    origin = Origin(scratch, pki, ["example.com"], ["www.example.com"])
    origin.proofs["example.com"].write_text(pki.zone_a.pem)
    origin.start()
    try:
        made = World(standin(), folder, pki, None)
        made.zone.own_on = True
        made.place(pki.leaf_a)
        source = ["--httpd", origin.httpd(), "--origin-status", origin.status_url]
        answer = made.status(origin=source)
        assert (answer.code, answer.findings) == (OK, []), answer
        assert answer.json["origin"]["running"] == [{"url": origin.status_url, "error": None, "in_trouble": []}]
        other = folder / "other.dump"
        done = origin.server.run("-t", "-D", "DUMP_CF_ORIGIN")
        made.proofs(pki.zone_b, name="copy.pem")
        other.write_text(done.stdout.replace(str(origin.proofs["example.com"]), str(folder / "copy.pem")))
        answer = made.status(origin=["--dump", other, "--origin-status", origin.status_url])
        assert pki.zone_b.sha256 in answer.the("not-in-force")["text"]
        assert pki.zone_a.sha256 in answer.the("still-in-force")["text"]
        origin.proofs["example.com"].write_text("nonsense")
        # One child finds it, and any child may answer: the others follow a second later.
        origin.server.wait_for(lambda: origin.status()["files_in_trouble"], "the file to be noticed")
        time.sleep(3)
        made.proofs(pki.zone_a, name="copy.pem")
        answer = made.status(origin=["--dump", other, "--origin-status", origin.status_url, "--origin-status",
                                     "http://127.0.0.1:1/"])
        assert answer.code == UNKNOWN and answer.the("origin-status")["subject"] == "http://127.0.0.1:1/"
        assert str(origin.proofs["example.com"]) in answer.the("origin-file")["text"]
        assert [len(running["in_trouble"]) for running in answer.json["origin"]["running"]] == [1, 0]
    finally:
        origin.server.stop()


# ----------------------------------------------------------------- forms

def members(value):
    if isinstance(value, dict):
        return set(value).union(*map(members, value.values()))
    return set().union(*map(members, value)) if isinstance(value, list) else set()


def test_the_manual_has_each_member_of_the_json(locked, pki):
    made = locked()
    made.zone.record("mail.example.com", "192.0.2.1", proxied=False)
    table = (ROOT / "docs" / "edge-status.md").read_text().partition("## JSON")[2].partition("## Metrics")[0]
    assert members(made.status().json) - {"file", "reason"} <= set(re.findall(r"`([\w ]+)`", table))


def test_foreign_text_is_printed_safely(locked, pki):
    made = locked()
    made.zone.record('a"\x1b[2J|\nb.example.com', "192.0.2.9", proxied=False)
    made.zone.record("c|d.example.com", "192.0.2.1", proxied=False)
    made.zone.record('e"\\\nf.example.com', "192.0.2.1")
    made.zone.ssl = "\x1b]0;x"
    made.place(pki.issue("evil", subject="/CN=\x1b[31mred"), state="deployment_timed_out")
    answer = made.status()
    assert "\x1b" not in answer.out and answer.code == UNKNOWN
    made.zone.ssl = "strict"
    answer = made.status()
    assert "\x1b" not in answer.out and answer.code == WARNING
    # Nobody can ask for such a name.
    strange, = (group for group in answer.zones["example.com"]["hosts"] if "f.example.com" in group["hosts"][0])
    assert strange["judgement"] == "not at this origin" and not re.search(r"[^ -~]", strange["hosts"][0])


def test_metrics_that_cannot_be_written_are_unknown(locked):
    made = locked()
    done = made.run("--metrics", "/nonexistent/edge.prom")
    assert done.returncode == UNKNOWN and "/nonexistent/edge.prom cannot be written: No such file" in done.stderr


def test_metrics_do_not_replace_a_device(locked, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = locked().run("--metrics", tmp_path / "pipe")
    assert done.returncode == UNKNOWN and "is not a file" in done.stderr and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_metrics_replace_the_old_file_as_a_whole(locked):
    made = locked()
    metrics = made.folder / "edge.prom"
    metrics.write_text("old\n")
    old = metrics.stat().st_ino
    made.status()
    assert made.run("--metrics", metrics).returncode == OK
    assert metrics.stat().st_ino != old and "old\n" not in metrics.read_text()


@pytest.mark.parametrize("args, expected", [
    (["--warn", "x"], "--warn takes a number of days"), (["--critical", "-1"], "--critical takes"),
    (["--warn", "5", "--critical", "6"], "--warn must not be less"), (["--metrics", ""], "--metrics takes"),
    (["a b"], "is not the name of a zone"), (["*"], "is not the name of a zone"), (["192.0.2.1"], "is not the name of a zone"),
    (["--frob"], "invalid option"), (["--jobs", "0"], "--jobs takes"),
])
def test_a_wrong_command_line_is_unknown_to_a_monitoring_system(locked, args, expected):
    done = locked().run(*args)
    assert (done.returncode, done.stdout) == (UNKNOWN, "") and expected in done.stderr


def test_after_a_signal_the_rest_is_unknown(locked):
    made = locked()
    made.api.fault("settings/ssl", 2)
    process = subprocess.Popen([CTL, "edge", "status", "--dump", made.dump], env=made.api.environment(made.token), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        until(lambda: bool(made.api.called("settings/ssl")), timeout=30)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == UNKNOWN and out.startswith("UNKNOWN: ") and "signal" in out
    assert not made.api.called("dns_records")


def test_each_finding_of_the_manual_is_found_by_a_test():
    table = (ROOT / "docs" / "edge-status.md").read_text().partition("## Findings")[2].partition("##")[0]
    codes = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`[^|]*) \|", table, re.M))))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*status*.py"))
    assert len(codes) > 25 and {code for code in codes if f'"{code}"' not in tests} == set()


@pytest.mark.parametrize("name", ["status", "rotate"])
def test_the_units_call_what_there_is_and_may_write_what_is_written(name):
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(ROOT / "conf" / f"cf-origin-edge-{name}.service")
    service = unit["Service"]
    program, *args = service["ExecStart"].split()
    assert (Path(program).name, args[:2]) == ("cf-originctl", ["edge", name])
    usage = subprocess.run([CTL, "edge", name, "--help"], capture_output=True, text=True, check=True).stdout
    options = [arg for arg in args if arg.startswith("--")]
    assert options and all(re.search(rf"^  {option} ", usage, re.M) for option in options)
    # The token is one that systemd shows to this unit alone.
    assert args[args.index("--token-file") + 1] == "%d/" + service["LoadCredential"].partition(":")[0]
    if name == "status":
        assert str(Path(args[args.index("--metrics") + 1]).parent) == service["ReadWritePaths"]
        assert service["SuccessExitStatus"] == f"{WARNING} {CRITICAL}"
    else:
        assert f"(/var/lib/{service['StateDirectory']})" in usage
    assert f"OnCalendar={'hourly' if name == 'status' else '*'}" in (ROOT / "conf" / f"cf-origin-edge-{name}.timer").read_text()
