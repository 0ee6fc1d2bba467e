# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge status: what is not known, refused for another reason than its certificate, or not judged at all is
never said to be accepted."""
import pytest

from server import vhost
from test_ctl_edge_status import CRITICAL, OK, UNKNOWN, WARNING, World, dumps, folder, locked, world  # noqa: F401
from world import Origin

HOSTS = ["www.example.com", "api.example.com"]


@pytest.fixture
def behind(standin, scratch, folder, pki):  # noqa: F811
    """behind(virtual hosts): the zone is locked, at an origin with this configuration."""
    def make(text):
        (folder / "example.com.pem").write_text(pki.zone_a.pem)
        origin = Origin(scratch, pki, [], [])
        origin.server.server = text
        origin.server.write_config()
        done = origin.server.run("-t", "-D", "DUMP_CF_ORIGIN")
        assert done.returncode == 0, done.stderr
        (folder / "behind.dump").write_text(done.stdout)
        made = World(standin(), folder, pki, folder / "behind.dump")
        made.zone.own_on = True
        made.place(pki.leaf_a)
        return made
    return make


def lines(folder, zone="example.com", policy="On"):  # noqa: F811
    return f"CFOriginPull {policy}\nCFOriginPullZone {zone} {folder}/example.com.pem\n"


@pytest.mark.parametrize("mode, code", [("strict", OK), ("origin_pull", OK), ("future_mode", UNKNOWN), ("", UNKNOWN)])
def test_an_ssl_mode_that_is_not_known(locked, mode, code):  # noqa: F811
    made = locked()
    made.zone.ssl = mode
    answer = made.status()
    assert answer.code == code and answer.judgement("www.example.com")["accepted"] is (None if code else True)
    assert answer.sample("cf_origin_edge_presents", zone="example.com") == (None if code else 1)


@pytest.mark.parametrize("state", ["active_renewing", "pending_deletion", "deletion_timed_out"])
def test_a_certificate_that_may_be_presented_still(locked, pki, state):  # noqa: F811
    made = locked()
    made.place(pki.leaf_b, state=state)
    answer = made.status()
    assert answer.code == WARNING and state in answer.the("refused-soon")["text"]
    made.proofs(pki.zone_a, pki.zone_b)
    assert not made.status().of("refused-soon")


def test_one_certificate_in_a_state_that_is_not_known(locked):  # noqa: F811
    made = locked()
    made.certificate.fixed = "active_renewing"
    answer = made.status()
    assert answer.code == UNKNOWN and answer.judgement("www.example.com")["judgement"] == "unknown"
    made.certificate.fixed = "pending_deletion"
    assert made.status().code == CRITICAL


@pytest.mark.parametrize("state", ["active_renewing", "pending_deletion", "deletion_timed_out"])
def test_a_certificate_of_a_host_that_may_be_presented_still(locked, pki, state):  # noqa: F811
    made = locked()
    own = made.place(pki.leaf_b, level="hosts")
    made.associate("www.example.com", own)
    own.fixed = state
    answer = made.status()
    group = answer.judgement("www.example.com")
    assert answer.code == CRITICAL and group["refused"] == pki.leaf_b.sha256
    assert group["sha256"] == [pki.leaf_b.sha256, pki.leaf_a.sha256]


def test_until_an_association_is_deployed_nothing_may_be_presented(locked, pki):  # noqa: F811
    made = locked()
    made.zone.own_on = False
    own = made.place(pki.leaf_a, level="hosts")
    made.api.account.deploy = 999
    made.api.account.associate(made.zone, [{"hostname": host, "cert_id": own.id, "enabled": True} for host in HOSTS])
    answer = made.status()
    assert answer.code == CRITICAL and answer.the("nothing-presented")["count"] == 2


def test_a_zone_file_that_is_gone_from_the_folder(locked, tmp_path, pki):  # noqa: F811
    made = locked()
    (tmp_path / "other.test.pem").write_text(pki.zone_a.pem)
    answer = made.status("example.com", origin=["--folder", tmp_path])
    assert answer.code == UNKNOWN and answer.the("not-at-origin")["level"] == "unknown"


def test_a_zone_without_host_names(world, pki):  # noqa: F811
    made = world(None)
    made.zone.own_on = True
    made.place(pki.leaf_a)
    made.zone.records.clear()
    answer = made.status()
    assert answer.code == OK and answer.the("no-hosts")["level"] == "note"


def test_a_virtual_host_of_another_port_is_not_asked(behind, folder):  # noqa: F811
    """It is there for others."""
    admin = vhost("admin.example.net", lines(folder, "example.net"))
    made = behind(vhost("www.example.com", lines(folder)) + admin.replace("{port}", "{port2}"))
    assert made.status("example.com").code == OK
    made.proofs()
    answer = made.status("example.com")
    assert answer.code == CRITICAL and answer.judgement("www.example.com")["judgement"] == "refused"


@pytest.mark.parametrize("policy, code", [("On", CRITICAL), ("Audit", WARNING)])
def test_a_virtual_host_that_never_asks_for_a_certificate(behind, folder, policy, code):  # noqa: F811
    answer = behind(vhost("www.example.com", lines(folder, policy=policy), verify="")).status()
    group = answer.judgement("www.example.com")
    assert answer.code == code and (group["judgement"], group["reason"]) == ("refused", "cert-missing")
    assert "never asks" in answer.the("refused")["text"]


def test_one_of_two_virtual_hosts_of_a_zone_never_asks(behind, folder):  # noqa: F811
    """What is equal in all else is not judged as one."""
    made = behind(vhost("api.example.com", lines(folder)) + vhost("www.example.com", lines(folder), verify=""))
    answer = made.status()
    assert answer.code == CRITICAL and answer.judgement("api.example.com")["accepted"]
    assert answer.judgement("www.example.com")["reason"] == "cert-missing"


def test_a_virtual_host_without_tls(behind, folder):  # noqa: F811
    made = behind(vhost("www.example.com", lines(folder), tls=False, verify=""))
    answer = made.status()
    assert answer.code == CRITICAL and answer.judgement("www.example.com")["reason"] == "not-tls"


def test_a_ca_file_that_ends_the_handshakes(behind, folder):  # noqa: F811
    answer = behind(vhost("www.example.com", lines(folder), verify="optional", ca="{pki}/server.pem")).status()
    assert answer.code == WARNING and "CFO0205" in answer.the("origin-tls")["text"]
