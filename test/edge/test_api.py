# SPDX-License-Identifier: Apache-2.0
"""The calls of Cloudflare's API, what they need, and what is said when the API refuses."""
import datetime

import pytest

from account import FULL, READ
from api_client import Client
from api_fixtures import ZONES, answer, place
from standin import failure


# ----------------------------------------------------------------- calls

def test_a_zone_is_found_by_its_name(client, api):
    api.account.zone("example.com.test")
    assert client("zone", "EXAMPLE.com").lines == [f"{api.zone.id} example.com active"]
    assert client("zone", "example.org").failure == "ABSENT"


def test_of_zones_of_one_name_the_active_one_is_meant(client, api):
    api.zone.status = "moved"
    active = api.account.zone("example.com")
    api.account.zone("example.com").status = "pending"
    assert client("zone", "example.com").out.split()[0] == active.id


@pytest.mark.parametrize("host", ["example.com", "a.b.example.com", "*.example.com", "a.b.example.com."])
def test_a_host_belongs_to_its_closest_zone(client, api, host):
    inner = api.account.zone("b.example.com")
    expected = inner.id if "b." in host else api.zone.id
    assert client("host", host).out.split()[0] == expected
    assert client("host", "example.org").failure == "ABSENT"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.example.com", "a?b", "a b", "é.example.com", "a" * 300 + ".com"])
def test_what_is_no_name_is_not_asked_for(client, api, name):
    for command in ("zone", "host"):
        assert client(command, name).failure == "REFUSED"
    assert not api.called()


@pytest.mark.parametrize("identifier", ["", "..", "a/../b", "a?b", "%2e", "x" * 65])
def test_what_is_no_identifier_is_not_put_into_a_path(client, api, papers, identifier):
    calls = [("ssl",), ("switch", "global"), ("switch", "zone"), ("switch", "zone", "on"), ("certificates", "zone"),
             ("certificate", "zone", "1"), ("upload", "zone", papers.leaf.crt, papers.leaf.key), ("delete", "zone", "1"),
             ("association", "example.com"), ("associate", "example.com", "1", "true"), ("records",)]
    for command, *rest in calls:
        assert client(command, identifier, *rest).failure == "REFUSED"
    for command in "certificate", "delete":
        assert client(command, api.zone.id, "zone", identifier).failure == "REFUSED"
    for host in "", "..":
        assert client("association", api.zone.id, host).failure == "REFUSED"
    assert not api.called()


@pytest.mark.parametrize("mode", ["off", "flexible", "full", "strict", "origin_pull"])
def test_ssl_mode(client, api, mode):
    api.zone.ssl = mode
    assert client("ssl", api.zone.id).lines == [mode]


@pytest.mark.parametrize("which, field", [("global", "shared_on"), ("zone", "own_on")])
def test_switches(client, api, which, field):
    for state in "on", "off", "on":
        assert client("switch", api.zone.id, which, state).code == 0
        assert client("switch", api.zone.id, which).lines == [state]
        assert getattr(api.zone, field) == (state == "on")


@pytest.mark.parametrize("level", ["zone", "hosts"])
def test_a_certificate_is_uploaded_found_and_deleted(client, api, papers, level):
    uploaded = client("upload", api.zone.id, level, papers.leaf.crt, papers.leaf.key)
    [known] = api.account.known(api.zone, level)
    assert known.key == papers.leaf.key.read_text()
    *state, uploaded_on, sha256 = uploaded.out.split()
    assert (state, sha256) == ([known.id, "active", "active"], papers.leaf.sha256)
    assert abs(int(uploaded_on) - known.uploaded * 1e6) <= 1
    assert client("certificates", api.zone.id, level).out == uploaded.out
    assert client("certificate", api.zone.id, level, known.id).out == uploaded.out
    assert client("delete", api.zone.id, level, known.id).code == 0
    assert client("certificates", api.zone.id, level).out == ""
    # It is gone: that is what was asked for.
    assert client("delete", api.zone.id, level, known.id).code == 0
    assert client("delete", api.zone.id, level, "0" * 32).code == 0


def test_the_certificate_that_was_uploaded_last_is_the_first(client, api, papers):
    api.per_page = 2
    ages = [50, 10, 40, 20, 30]
    ids = {age: place(api, papers.leaf, age=age).id for age in ages}
    assert [line.split()[0] for line in client("certificates", api.zone.id, "zone").lines] == [ids[a] for a in sorted(ages)]
    assert len(api.called("GET")) == 3


def test_states_are_read_and_unknown_ones_are_shown(client, api, papers):
    states = ["initializing", "pending_deployment", "active", "pending_deletion", "deployment_timed_out",
              "deletion_timed_out"]
    for state in states:
        place(api, papers.leaf, state=state)
    place(api, papers.leaf, state="deleted")
    place(api, papers.leaf, state="on holiday\x1b[1m")
    lines = client("certificates", api.zone.id, "zone").lines
    assert sorted(line.split()[1] for line in lines) == sorted([*states, "unknown"])
    assert any('"on holiday\\x1b[1m"' in line for line in lines)


@pytest.mark.parametrize("written, seconds", [("2026-01-02T03:04:05Z", 0), ("2026-01-02T03:04:05.25Z", 0.25),
                                              ("2026-01-02T03:04:05.123456789Z", 0.123456), ("2026-01-02T05:04:05+02:00", 0),
                                              ("2026-01-01T21:34:05-05:30", 0), ("yesterday", None), ("", None), (5, None),
                                              (None, None), ("2026-01-02T03:04:05", None), ("2026-01-02T03:04:05+2", None)])
def test_times(client, api, written, seconds):
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc).timestamp()
    answer(api, [{"id": "1", "status": "active", "uploaded_on": written, "certificate": "x"}], "GET")
    expected = 0 if seconds is None else int((moment + seconds) * 1e6)
    assert int(client("certificates", api.zone.id, "zone").out.split()[3]) == expected


def test_a_certificate_that_cannot_be_read_is_listed_with_the_reason(client, api, papers):
    rows = [{"id": "1", "status": "active"}, {"id": "2", "status": "active", "certificate": 7},
            {"id": "3", "status": "active", "certificate": papers.leaf.pem[:200]},
            {"id": "4", "status": "active", "certificate": papers.leaf.pem + papers.other.pem}]
    answer(api, rows, "GET")
    lines = client("certificates", api.zone.id, "zone").lines
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4"]
    assert all("no certificate" in line for line in lines[:2])
    assert lines[3].endswith(papers.leaf.sha256)


def test_host_names_use_certificates(client, api, papers):
    host, certificate = "www.example.com", place(api, papers.leaf, "hosts")
    nothing = f"{host} - null unknown unknown -"
    assert client("association", api.zone.id, host).lines == [nothing]
    # There is nothing to void.
    assert client("associate", api.zone.id, host, "-", "null").code == 0
    assert not api.called("PUT")
    for use, state in ("true", "active"), ("false", "active"), ("null", "deleted"):
        # Only the first has to name it.
        chosen = certificate.id if use == "true" else "-"
        assert client("associate", api.zone.id, host, chosen, use).code == 0
        assert client("association", api.zone.id, host).lines == [
            f"{host} {certificate.id} {use} {state} active {papers.leaf.sha256}"]


def test_an_association_without_enabled_is_void(client, api):
    answer(api, {"hostname": "www.example.com"}, "GET")
    assert client("association", api.zone.id, "www.example.com").lines == ["www.example.com - null unknown unknown -"]


def test_records_are_read_to_the_last_page(client, api):
    for i in range(250):
        api.zone.record(f"h{i}.example.com", f"192.0.2.{i}", proxied=i % 2 == 0)
    api.zone.record("example.com", "hello", kind="TXT")
    api.zone.record("www.example.com", "example.com", kind="CNAME")
    lines = client("records", api.zone.id).lines
    assert len(lines) == 251 and lines[1] == "h1.example.com A 192.0.2.1 dns-only"
    assert lines[-1] == "www.example.com CNAME example.com proxied"
    assert len(api.called("dns_records")) == 6


def test_names_of_records_cannot_mislead_a_terminal(client, api):
    api.zone.record("\x1b[2J.example.com", "192.0.2.1\r\n")
    assert client("records", api.zone.id).lines == [r'"\x1b[2J.example.com" A "192.0.2.1\x0d\x0a" proxied']


# ----------------------------------------------------------------- tokens and permissions

@pytest.mark.parametrize("status", ["active", "disabled", "expired"])
def test_the_token_has_a_status(program, api, status):
    assert Client(program, api, api.account.token(status=status))("token").lines == [status]


def test_a_token_of_an_account_is_active_if_it_sees_zones(program, api):
    assert Client(program, api, api.account.token(of_account=True))("token").lines == ["active"]
    answer = Client(program, api, api.account.token(of_account=True, status="disabled"))("token")
    assert answer.failure == "TOKEN" and answer.number == 1000 and "Global API Key" in answer.remedy


def test_a_token_that_is_none_is_told_from_a_permission_that_is_missing(client, api, papers):
    strange = {"CLOUDFLARE_API_TOKEN": "A" * 40}
    for command in ("token",), ("zone", "example.com"), ("ssl", api.zone.id):
        answer = client(*command, env=strange)
        assert answer.failure == "TOKEN" and "the token is active" in answer.remedy
    assert client("token", env={"CLOUDFLARE_API_TOKEN": "A!B"}).number == 6003


@pytest.mark.parametrize("call, lacks, named", [
    (("ssl",), {"settings": None}, "Zone > Zone Settings > Read"),
    (("switch", "global"), {"settings": None}, "Zone > Zone Settings > Read"),
    (("switch", "global", "on"), {"settings": "read"}, "Zone > Zone Settings > Edit"),
    (("switch", "zone"), {"ssl": None}, "Zone > SSL and Certificates > Read"),
    (("switch", "zone", "on"), {"ssl": "read"}, "Zone > SSL and Certificates > Edit"),
    (("certificates", "hosts"), {"ssl": None}, "Zone > SSL and Certificates > Read"),
    (("delete", "zone", "1"), {"ssl": "read"}, "Zone > SSL and Certificates > Edit"),
    (("upload", "zone"), {"ssl": "read"}, "Zone > SSL and Certificates > Edit"),
    (("associate", "www.example.com", "1", "true"), {"ssl": "read"}, "Zone > SSL and Certificates > Edit"),
    (("association", "www.example.com"), {"ssl": None}, "Zone > SSL and Certificates > Read"),
    (("records",), {"dns": None}, "Zone > DNS > Read"),
])
def test_the_permission_that_is_missing_is_named(program, api, papers, call, lacks, named):
    client = Client(program, api, api.account.token({**FULL, **lacks}))
    files = (papers.leaf.crt, papers.leaf.key) if call[0] == "upload" else ()
    answer = client(call[0], api.zone.id, *call[1:], *files)
    assert (answer.failure, answer.http, answer.number) == ("DENIED", 403, 10000)
    assert f"permission {named} " in answer.remedy
    assert answer.reason.startswith(("GET", "PUT", "PATCH", "POST", "DELETE")) and '"Authentication error"' in answer.reason
    assert len(api.called()) == 1


def test_a_token_that_may_not_be_used_from_here(client, api):
    api.fault(ZONES, failure(403, 9109, "Cannot use the access token from location: 192.0.2.1"))
    answer = client("zone", "example.com")
    assert answer.failure == "DENIED" and "address filter" in answer.remedy


def test_reading_permissions_are_enough_to_read(program, api):
    client = Client(program, api, api.account.token(READ))
    for call in ("zone", "example.com"), ("ssl", api.zone.id), ("records", api.zone.id), ("certificates", api.zone.id, "zone"):
        assert client(*call).code == 0


# ----------------------------------------------------------------- refusals

def test_what_the_api_refuses_is_said_in_its_words(client, api, papers):
    answer = client("upload", api.zone.id, "zone", papers.zone_ca.crt, papers.zone_ca.key)
    assert answer.failure == "REFUSED" and "missing leaf certificate" in answer.reason
    place(api, papers.leaf)
    answer = client("upload", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key)
    assert answer.number == 1406 and "wait" in answer.remedy


def test_what_is_being_deployed_cannot_be_deleted_yet(client, api, papers):
    api.account.deploy = 60
    client("upload", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key)
    [known] = api.account.known(api.zone)
    answer = client("delete", api.zone.id, "zone", known.id)
    assert (answer.failure, answer.number) == ("REFUSED", 1434) and "wait" in answer.remedy


def test_a_conflict_with_another_change_is_waited_for(client, api, papers):
    conflict = failure(409, 1400, "Another change of this zone's certificates is in progress.")
    api.fault("POST", conflict, times=2)
    assert client("upload", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key).code == 0
    assert len(api.called("POST")) == 3


def test_foreign_text_cannot_mislead_a_terminal(client, api):
    api.fault(ZONES, failure(400, 1, 'no\x1b[2J\r\n"yes" é'))
    answer = client("zone", "example.com")
    assert answer.failure == "REFUSED" and len(answer.lines) == 3
    assert all(" " <= c < "\x7f" for line in answer.lines for c in line)
