# SPDX-License-Identifier: Apache-2.0
"""The client of Cloudflare's API: its calls, what it does when they fail, and what it says then."""
import datetime
import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from account import FULL, READ, Account
from api_client import INVALID, USAGE, Client, built
from pki import Pki
from server import ROOT
from standin import CUT, HALF, PROXIED, Answer, Proxy, StandIn, envelope, failure, page

ZONES = "GET /zones$"


@pytest.fixture(scope="session")
def program():
    return built()


@pytest.fixture(scope="session")
def papers(tmp_path_factory):
    """Certificates to upload."""
    pki = Pki(tmp_path_factory.mktemp("papers"))
    pki.zone_ca = pki.ca("zone-ca")
    pki.leaf = pki.issue("leaf", pki.zone_ca)
    pki.other = pki.issue("other", pki.zone_ca)
    return pki


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with StandIn(tmp_path_factory.mktemp("api") / "api") as api:
        yield api


@pytest.fixture
def api(server):
    """One server for all, which knows nothing when a test begins."""
    server.account = Account(deploy=0, delete=0)
    server.faults, server.calls, server.per_page = [], [], 50
    server.zone = server.account.zone("example.com")
    return server


@pytest.fixture
def client(program, api):
    return Client(program, api, api.account.token())


def place(api, certificate, level="zone", **options):
    return api.account.place(api.zone, certificate.pem, certificate.key.read_text(), level, **options)


def answer(api, result, pattern=ZONES, **more):
    """The next answer, whatever its result is."""
    return api.fault(pattern, Answer(200, json.dumps(envelope(result, **more)).encode()), times=-1)


def at_once(call, cases):
    """The results of what mostly waits."""
    with ThreadPoolExecutor(len(cases)) as pool:
        return list(pool.map(call, cases))


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


JSON = [b"", b" ", b"{", b"[]", b"null", b"true", b"7", b'"x"', b"{}", b'{"success":"true"}', b'{"success":1,"result":[]}',
        b'{"success":null}', b'{"success":true}', b'{"success":true,"success":true,"result":[]}', b"\xff\xfe", b"{\0}",
        b'{"success":true,"result":[]}x', b'{"success":true,"result":"\\u0000"}', b'{"success":true,"result":"\xc3\x28"}',
        b'{"success":true,"result":[],"a":1e999}', b'{"success":true,"result":[],"a":99999999999999999999999}',
        b"[" * 100_000, b'{"a":' * 100_000, b'{"success":true,"result":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"success":true,"result":[],}', b"\xef\xbb\xbf{}", b'{"success":true,"result":"\\ud800"}', b"NaN"]


# ----------------------------------------------------------------- failures that may pass

@pytest.mark.parametrize("what", [CUT, HALF, failure(500), page(502), page(503), failure(504)], ids=range(6))
def test_a_failure_that_passes_is_not_noticed(client, api, what):
    api.fault("GET", what, times=1)
    assert client("ssl", api.zone.id).lines == ["full"]
    assert len(api.called()) == 2


@pytest.mark.parametrize("body", [None, JSON[5], JSON[11]], ids=range(3))
def test_a_failure_that_stays_is_tried_a_few_times(client, api, body):
    api.fault("", failure(500) if body is None else Answer(500, body), times=-1)
    calls = [("switch", api.zone.id, "zone", "on"), ("switch", api.zone.id, "global", "on"), ("ssl", api.zone.id)]
    for answer in at_once(lambda call: client(*call), calls):
        assert answer.failure == "BROKEN" and answer.http == 500 and "cloudflarestatus" in answer.remedy
        assert body is not None or '"Internal server error"' in answer.reason
    assert len(api.called()) == 4 * len(calls)


@pytest.mark.parametrize("what, name", [(CUT, "UNREACHABLE"), (HALF, "UNREACHABLE"), (page(502), "BROKEN"),
                                        (failure(500), "BROKEN"), (page(), "BROKEN")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_upload_is_sent_once(client, api, papers, what, name, when):
    # Over a connection that is used again, libcurl would send it again by itself.
    api.fault("POST", what, when=when, times=-1)
    assert client("upload-later", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key).failure == name
    assert len(api.called("POST")) == 1
    assert len(api.account.known(api.zone)) == (when == "after")


def test_a_deletion_that_was_done_unnoticed_is_a_success(client, api, papers):
    certificate = place(api, papers.leaf)
    api.fault("DELETE", CUT, when="after")
    assert client("delete", api.zone.id, "zone", certificate.id).code == 0
    assert len(api.called("DELETE")) == 2 and not api.account.known(api.zone)


@pytest.mark.parametrize("delay", ["1", None, "date"])
def test_429_is_waited_for(client, api, papers, delay):
    if delay == "date":
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        delay = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    api.fault("POST", failure(429, 971, "slowly", headers={"Retry-After": delay} if delay else {}))
    assert client("upload", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key).code == 0
    assert len(api.called("POST")) == 2


@pytest.mark.parametrize("delay", ["3600", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_429_is_not_waited_for_too_long(client, api, delay):
    api.fault(ZONES, failure(429, 971, "slowly", headers={"Retry-After": delay}), times=-1)
    answer = client("zone", "example.com")
    assert (answer.failure, answer.http) == ("LIMITED", 429) and "--wait" in answer.remedy
    assert len(api.called()) == 1


@pytest.mark.parametrize("delay", ["99999999999999999999", "-1", "soon", "0"])
def test_429_that_stays_is_given_up(client, api, delay):
    client.wait = 1
    api.fault(ZONES, failure(429, 971, "slowly", headers={"Retry-After": delay}), times=-1)
    assert client("zone", "example.com").failure == "LIMITED"
    assert len(api.called()) < 3


def test_429_stops_all_threads(client, api):
    names = [f"zone{i}.test" for i in range(6)]
    for name in names:
        api.account.zone(name)
    # One call more, and the API would refuse for 300 seconds.
    api.account.limit, api.account.window = 12, 3
    answer = client("--jobs", 4, "look", *names)
    assert [line for line in answer.lines if line.startswith("ended")] == [f"ended {name} 0" for name in names]
    assert len([c for c in api.calls if c["status"] == 200]) == 30
    # Each of four threads may have had one in flight, each time.
    assert len([c for c in api.calls if c["status"] == 429]) <= 4 * 4
    assert answer.lines[-1] == f"requests {len(api.calls)}"


@pytest.mark.parametrize("number, wanted", [(1100, 3000), (10, 40), (3, 9), (1, 4)])
def test_no_period_has_more_requests_than_the_limit(client, number, wanted):
    period = 300_000_000
    due = [int(x) for x in client("limit", number, period, wanted).lines]
    assert due == sorted(due) and due[:max(1, number // 2)] == [0] * max(1, number // 2)
    assert all(due[i + number] - due[i] > period for i in range(wanted - number))
    # Nor are they much rarer.
    assert all(due[i + 2 * number] - due[i] <= 4 * period + wanted for i in range(max(0, wanted - 2 * number)))


# ----------------------------------------------------------------- no answer

def test_a_server_that_is_not_trusted_gets_no_token(client, api, papers):
    answer = client("--api-ca", papers.zone_ca.crt, "token")
    assert answer.failure == "UNREACHABLE" and "--api-ca" in answer.remedy and "clock" in answer.remedy
    assert not api.called()


def test_a_certificate_of_another_name_is_not_trusted(client, api):
    with Proxy({"other.stand-in.test": api.port}) as proxy:
        answer = client("--api", "https://other.stand-in.test/client/v4", "token", env={"https_proxy": proxy.url})
    assert answer.failure == "UNREACHABLE" and "clock" in answer.remedy
    assert len(proxy.asked) == 1 and not api.called()


class Listener:
    """Speaks something else than the API, as `speak(connection)` says."""

    def __init__(self, speak, context=None):
        self.server, self.speak, self.context = socket.create_server(("127.0.0.1", 0)), speak, context
        self.url = f"https://127.0.0.1:{self.server.getsockname()[1]}"
        self.accepted = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                with connection:
                    connection.settimeout(10)
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    self.speak(connection)
                    connection.close()
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


@pytest.fixture
def tls(api):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = api.folder / "pki"
    context.load_cert_chain(next(folder.glob("api-*.crt")), next(folder.glob("api-*.key")))
    return context


def test_no_connection_no_tls_and_old_tls(client, tls):
    tls.minimum_version, tls.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    served = []

    def speak(connection):
        served.append(connection.recv(1000))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with socket.socket() as closed, Listener(speak) as plain, Listener(speak, tls) as old:
        closed.bind(("127.0.0.1", 0))
        # A label of 64 characters: nobody is asked for it.
        cases = {f"https://127.0.0.1:{closed.getsockname()[1]}/": "https_proxy", f"https://{'a' * 64}.test/client/v4": "resolver",
                 plain.url: "TLS", old.url: "TLS 1.2"}
        for (url, says), answer in zip(cases.items(), at_once(lambda url: client("--api", url, "token"), list(cases))):
            assert (answer.failure, answer.http) == ("UNREACHABLE", 0), url
            assert says in answer.remedy, url
    assert not any(b"Bearer" in data for data in served)


def raw(*parts):
    """Sends these after the request."""
    def speak(connection):
        connection.recv(10000)
        for part in parts:
            connection.sendall(part)
    return speak


def test_the_head_of_a_request(client, tls):
    heads = []

    def speak(connection):
        heads.append(connection.recv(10000).decode())
        body = '{"success":true,"result":{"id":"1","status":"\u00e9ctive"}}'.encode()
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Listener(speak, tls) as listener:
        answer = client("--api", listener.url + "/v4", "token")
    assert answer.lines == ['"\\xC3\\xA9ctive"']
    first, *fields = heads[0].rstrip().split("\r\n")
    version = re.search('"(.*)"', (ROOT / "src" / "version.h").read_text())[1]
    assert first == "GET /v4/user/tokens/verify HTTP/1.1"
    assert {f"Authorization: Bearer {client.token.value}", f"User-Agent: cf-originctl/{version}"} < set(fields)
    assert not [f for f in fields if f.startswith(("Expect", "Cookie", "Accept-Encoding", "Proxy"))]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


NOT_HTTP = [
    (b"\0\1\2\3" * 1000,), (b"HTTP/1.1\r\n\r\n",), (b"HTTP/9.9 200 OK\r\n\r\n",), (b"HTTP/1.1 999999 OK\r\n\r\n",),
    (HEAD + b"Content-Length: -1\r\n\r\n",), (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"), (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\n{}"),
    (HEAD + b"X: " + b"a" * 300_000,), (HEAD + b"Content-Length: 100\r\n\r\n{}",), (b"",),
    (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",), (HEAD + b"Content-Type: a\0b\r\n\r\n{}",),
]


def test_what_is_not_http(client, tls):
    def call(parts):
        with Listener(raw(*parts), tls) as listener:
            return client("--api", listener.url, "zone", "example.com"), listener.accepted

    for answer, accepted in at_once(call, NOT_HTTP):
        assert answer.failure in ("UNREACHABLE", "BROKEN")
        assert 1 <= accepted <= 4


def test_a_server_that_hangs_up_while_it_is_sent_to(client, api, tls, papers, tmp_path):
    (tmp_path / "large").write_text("x" * 900_000)
    for speak in lambda connection: None, lambda connection: connection.recv(1):
        with Listener(speak, tls) as listener:
            answer = client("--api", listener.url, "upload", api.zone.id, "zone", tmp_path / "large", papers.leaf.key)
        assert answer.failure == "UNREACHABLE" and listener.accepted == 1


@pytest.mark.parametrize("chunked", [True, False])
def test_an_answer_without_end_is_cut(client, tls, chunked):
    """Endless; its end is here, so that a client that takes it all does not hang."""
    size = 64 * 1024
    head = HEAD + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n") + (b"" if chunked else b"[")
    block = (b"%x\r\n" % size if chunked else b"") + b"0," * (size // 2) + (b"\r\n" if chunked else b"")
    sent = []

    def speak(connection):
        connection.recv(10000)
        connection.sendall(head)
        while len(sent) < 4096:
            connection.sendall(block)
            sent.append(size)

    with Listener(speak, tls) as listener:
        answer = client("--api", listener.url, "zone", "example.com")
    assert answer.failure == "BROKEN" and "larger" in answer.reason
    assert sum(sent) < 32 * 1024 * 1024 and listener.accepted == 1


def test_a_redirection_is_not_followed(client, api, standin):
    other = standin()
    for status in 301, 302, 307, 308:
        api.fault(ZONES, Answer(status, b"", headers={"Location": f"{other.url}/zones\x1b"}))
        answer = client("zone", "example.com")
        assert answer.failure == "BROKEN" and "redirection" in answer.reason and "not followed" in answer.reason
        assert "\x1b" not in answer.out
    assert not other.calls and len(api.calls) == 4


# ----------------------------------------------------------------- proxies

def test_a_proxy_is_used_and_never_sees_the_token(client, api):
    with Proxy({PROXIED: api.port}) as proxy:
        answer = client("--api", f"https://{PROXIED}/client/v4", "token", env={"https_proxy": proxy.url})
    assert answer.lines == ["active"] and proxy.asked == [f"{PROXIED}:443"]


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_named(client, api, status):
    with Proxy({}, refuse=status) as proxy:
        answer = client("--api", f"https://{PROXIED}/client/v4", "token", env={"https_proxy": proxy.url})
    assert answer.failure == "UNREACHABLE" and str(status) in answer.reason and "proxy" in answer.remedy
    assert len(proxy.asked) == 1


def test_a_page_of_html_is_said_to_be_one(client, api):
    api.fault(ZONES, page(200))
    answer = client("zone", "example.com")
    assert answer.failure == "BROKEN" and "HTML" in answer.reason and "proxy" in answer.remedy
    api.fault(ZONES, page(403))
    assert client("zone", "example.com").failure == "BROKEN"
    api.fault(ZONES, page(404))
    assert client("zone", "example.com").failure == "BROKEN"


# ----------------------------------------------------------------- answers that are wrong

@pytest.mark.parametrize("body", JSON, ids=range(len(JSON)))
@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_not_an_envelope(client, api, body, status):
    api.fault(ZONES, Answer(status, body))
    answer = client("zone", "example.com")
    assert answer.failure == "BROKEN", answer
    assert answer.remedy != "-" and len(api.calls) == 1


WRONG = [None, True, 7, 1e300, -1, "", "x", [], [[]], [None], [7], {}, {"id": None}, {"id": ""}, {"id": "a/b"}, {"id": {"id": "1"}},
         [{"id": "a" * 65}], [{"id": "1"}], {"id": "1", "value": 7}, {"enabled": "true", "value": True}, {"value": []},
         {"status": 7}, {"success": True}]


@pytest.mark.parametrize("result", WRONG, ids=range(len(WRONG)))
def test_results_of_a_wrong_kind(client, api, papers, result):
    answer(api, result, "")
    zone, calls = api.zone.id, 0
    for call in [("token",), ("zone", "example.com"), ("ssl", zone), ("switch", zone, "global"), ("switch", zone, "zone"),
                 ("certificates", zone, "zone"), ("certificate", zone, "zone", "1"), ("records", zone),
                 ("upload", zone, "hosts", papers.leaf.crt, papers.leaf.key), ("association", zone, "www.example.com")]:
        said = client(*call)
        assert said.failure in (None, "BROKEN", "ABSENT"), said
        calls += 1
        if said.failure == "ABSENT":
            assert call[0] == "zone" and result in (None, [])
        if said.failure is None and call[0] not in ("certificates", "certificate", "upload", "association", "records"):
            assert False, said
        # Nothing is repeated, and no list goes on for ever.
        assert len(api.calls) == calls


@pytest.mark.parametrize("errors", [None, True, [], [None], [7], ["x"], [{}], [{"code": "7"}], [{"code": 1e300}], {}, "x",
                                    [{"code": -5, "message": 7}], [{"code": 2**62, "message": None}], [{"message": "x" * 5000}]])
def test_errors_of_a_wrong_kind(client, api, errors):
    body = json.dumps({"success": False, "errors": errors}).encode()
    for status, name in (200, "REFUSED"), (400, "REFUSED"), (403, "DENIED"), (404, "ABSENT"), (401, "TOKEN"):
        api.fault(ZONES, Answer(status, body))
        answer = client("zone", "example.com")
        assert (answer.failure, answer.number) == (name, 0)
        assert len(answer.reason) < 600


def pages(api, *infos, entries=1, pattern="GET"):
    """Page after page with these, the last one again and again."""
    for i, info in enumerate(infos):
        rows = [{"id": f"{i}-{j}", "status": "active", "name": "n", "type": "A"} for j in range(entries)]
        api.fault(pattern, Answer(200, json.dumps(envelope(rows, result_info=info)).encode()),
                  times=1 if i + 1 < len(infos) else -1)


@pytest.mark.parametrize("info", [None, 7, [], {}, {"page": 1}, {"total_pages": None}, {"total_pages": "9"},
                                  {"total_pages": -1}, {"total_pages": 1e300}, {"total_pages": 0}, {"total_count": "9"},
                                  {"total_count": 2**62}, {"total_count": 1, "total_pages": 1}, {"count": 9, "per_page": 1}])
def test_a_list_without_a_sound_end_is_one_page(client, api, info):
    pages(api, info)
    assert len(client("certificates", api.zone.id, "zone").lines) == 1
    assert len(api.calls) == 1


@pytest.mark.parametrize("infos, reads", [
    ([{"total_pages": 1, "total_count": 5}], 1),      # fewer than there are
    ([{"total_pages": 0, "total_count": 5}], 1),
    ([{"total_pages": 9}], 2),                        # the same page again
    ([{"total_count": 9}], 2),
    ([{"total_pages": 3}, {"total_pages": 2, "total_count": 7}], 2),
])
def test_a_list_that_is_not_whole_is_an_error(client, api, infos, reads):
    pages(api, *infos)
    for command in ("certificates", api.zone.id, "zone"), ("records", api.zone.id):
        api.calls.clear()
        assert client(*command).failure == "BROKEN"
        assert len(api.calls) <= reads


def test_a_list_without_end_is_given_up(client, api):
    numbers = iter(range(10**6))

    class Endless(Answer):
        @property
        def body(self):
            return json.dumps(envelope([{"id": str(next(numbers))}], result_info={"total_pages": 10**6})).encode()

        @body.setter
        def body(self, _):
            pass

    # More than the burst of the limit would take minutes.
    api.fault("GET", Endless(200), times=400)
    api.fault("GET", Answer(200, json.dumps(envelope([], result_info={"total_pages": 10**6})).encode()), times=-1)
    answer = client("certificates", api.zone.id, "zone")
    assert answer.failure == "BROKEN" and "nothing new" in answer.reason


def test_an_entry_that_comes_twice_is_one(client, api):
    rows = [{"id": "1", "status": "active"}, {"id": "2", "status": "active"}]
    api.fault("GET", Answer(200, json.dumps(envelope(rows, result_info={"total_pages": 2})).encode()))
    api.fault("GET", Answer(200, json.dumps(envelope([rows[1], {"id": "3"}], result_info={"total_pages": 2})).encode()))
    assert sorted(line.split()[0] for line in client("certificates", api.zone.id, "zone").lines) == ["1", "2", "3"]


# ----------------------------------------------------------------- options and the token file

@pytest.mark.parametrize("options, says", [
    (["--wait", "0"], "--wait"), (["--wait", "x"], "--wait"), (["--wait", "999999"], "--wait"), (["--jobs", "0"], "--jobs"),
    (["--jobs", "-1"], "--jobs"), (["--jobs", "33"], "--jobs"), (["--origin-status", "/status"], "--origin-status"),
    (["--origin-status", "file:///etc/passwd"], "--origin-status"), (["--dump", "x", "--folder", "y"], "--folder"),
])
def test_options_that_are_wrong(client, api, options, says):
    answer = client(*options, "token")
    assert answer.code == USAGE and says in answer.err and len(answer.err.splitlines()) == 1
    assert not api.calls


@pytest.mark.parametrize("url", ["http://127.0.0.1/client/v4", "ftp://127.0.0.1", "127.0.0.1", "https://", "https://user@127.0.0.1/",
                                 "https://a:b@127.0.0.1", "https://127.0.0.1/?a=b", "https://127.0.0.1/#x", "https://127.0.0.1/a b",
                                 "https://127.0.0.1/\n", "HTTPS://127.0.0.1", "file:///etc/passwd", "", "https://127.0.0.1\\x"])
def test_an_address_that_is_not_the_apis(client, api, url):
    for options, env in (["--api", url], {}), ([], {"CLOUDFLARE_BASE_URL": url}):
        if not url and env:
            continue  # as if it were not set
        answer = client(*options, "token", env=env)
        assert answer.code == INVALID and len(answer.err.splitlines()) == 1 and "address" in answer.err
    assert not api.calls


def test_the_address_may_end_with_slashes(client, api):
    assert client("--api", api.url + "//", "token").lines == ["active"]


def test_the_ca_file_must_have_certificates(client, api, tmp_path):
    (tmp_path / "empty").touch()
    for path in tmp_path / "empty", tmp_path / "missing", tmp_path:
        for options, env in (["--api-ca", path], {}), ([], {"SSL_CERT_FILE": str(path)}):
            answer = client(*options, "token", env=env)
            assert answer.code == INVALID and path.name in answer.err


def test_the_option_comes_before_the_variable(client, api):
    env = {"CLOUDFLARE_BASE_URL": "https://127.0.0.1:1/", "SSL_CERT_FILE": "/dev/null"}
    assert client("--api", api.url, "--api-ca", api.ca.crt, "token", env=env).lines == ["active"]


@pytest.fixture
def token_file(client, tmp_path):
    """token_file(text, mode): its path."""
    def write(text=None, mode=0o600):
        path = tmp_path / "token"
        path.write_bytes(text if isinstance(text, bytes) else (text or client.token.value + "\n").encode())
        path.chmod(mode)
        return path
    return write


NO_TOKEN = {"CLOUDFLARE_API_TOKEN": ""}


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o700])
def test_a_token_file_that_is_its_owners(client, token_file, mode):
    # 0440, root and its group: as systemd shows a credential that it gives to a unit's user.
    assert client("--token-file", token_file(mode=mode), "token", env=NO_TOKEN).lines == ["active"]


@pytest.mark.parametrize("mode", [0o644, 0o640 | 0o020, 0o604, 0o622, 0o450, 0o444, 0o666])
def test_a_token_file_of_others_is_refused(client, token_file, mode):
    path = token_file(mode=mode)
    answer = client("--token-file", path, "token")
    assert answer.code == INVALID and f"chmod 600 {path}" in answer.err


def test_of_a_link_the_target_counts(client, token_file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(token_file())
    assert client("--token-file", link, "token").lines == ["active"]
    token_file(mode=0o644)
    assert client("--token-file", link, "token").code == INVALID


@pytest.mark.parametrize("owner, group, mode", [(65534, 0, 0o600), (0, 65534, 0o440)])
def test_a_token_file_of_another_user_is_refused(client, token_file, owner, group, mode):
    path = token_file(mode=mode)
    os.chown(path, owner, group)
    answer = client("--token-file", path, "token")
    assert answer.code == INVALID and ("chown" in answer.err or "chmod 600" in answer.err)


@pytest.mark.parametrize("text, says", [
    (b"\n", "empty"), (b" \t\r\n ", "empty"), (b"a b", "several words"), (b"Bearer abc", "without \"Bearer\""),
    (b"abc\ndef\n", "several lines"), (b"abc\r\ndef", "several lines"), (b"abc\0def", "characters"), (b"\xc3\xa9abc", "characters"),
    (b"a" * 1025, "too large"), (b"0123456789abcdef0123456789abcdef01234", "Global API Key"), (b"# x\nabc", "several"),
], ids=range(11))
def test_what_is_no_token(client, api, token_file, text, says):
    answer = client("--token-file", token_file(text), "token")
    assert answer.code == INVALID and says in answer.err and len(answer.err.splitlines()) == 1
    assert "abc" not in answer.err
    if b"\0" not in text:
        answer = client("token", env={"CLOUDFLARE_API_TOKEN": os.fsdecode(text)})
        assert answer.code == INVALID and says in answer.err and "abc" not in answer.err
    assert not api.calls


def test_white_space_around_a_token_is_none_of_it(client, token_file):
    assert client("--token-file", token_file(f"\r\n \t{client.token.value} \r\n\r\n"), "token").lines == ["active"]
    assert client("token", env={"CLOUDFLARE_API_TOKEN": f" {client.token.value}\n"}).lines == ["active"]


def test_files_that_are_none(client, tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in "pipe", "missing", "":
        assert client("--token-file", tmp_path / name, "token").code == INVALID
    assert client("--token-file", "/dev/null", "token").code == INVALID


def test_a_token_from_a_command(client, program, api):
    done = subprocess.run(["bash", "-c", f'"$0" --token-file <(sleep 0.2; echo {client.token.value}) token', program],
                          env={**client.environment, **NO_TOKEN}, capture_output=True, timeout=60)
    assert done.stdout == b"active\n", done


@pytest.mark.parametrize("env", [{"CLOUDFLARE_API_TOKEN": ""}, {}])
def test_without_a_token(program, api, env):
    answer = Client(program, api)("token", env=env)
    assert answer.code == INVALID and "--token-file" in answer.err and "CLOUDFLARE_API_TOKEN" in answer.err


def test_the_token_is_nowhere_to_be_read(client, tmp_path):
    """While it works: not in its environment, command line or a core; nor are the keys of its connections."""
    keys = tmp_path / "keys"
    client.environment["SSLKEYLOGFILE"] = str(keys)
    waiting = client.start("wait", "a", "b")
    try:
        assert waiting.stdout.readline()
        process = Path(f"/proc/{waiting.pid}")
        for name in "environ", "cmdline":
            assert client.token.value.encode() not in (process / name).read_bytes()
        limits = (process / "limits").read_text()
        assert "Max core file size        0" in limits
        # Not dumpable: its files belong to root.
        assert (process / "environ").stat().st_uid == 0
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)
    client.environment.update(SSLKEYLOGFILE=str(keys))
    assert client("token").lines == ["active"] and not keys.exists()


# ----------------------------------------------------------------- several zones at a time

def searched(process, text):
    """How often it is in the memory of a process."""
    found = 0
    with open(process / "mem", "rb", 0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(x, 16) for x in span.split("-"))
                memory.seek(start)
                try:
                    found += memory.read(end - start).count(text)
                except OSError:
                    pass
    return found


@pytest.mark.parametrize("status", [200, 500])
def test_a_key_is_nowhere_after_its_upload(client, api, papers, status):
    if status == 500:
        api.fault("POST", failure(500))
    secret = papers.leaf.key.read_text().splitlines()[2].encode()
    waiting = client.start("upload-erase", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key)
    try:
        while waiting.stdout.readline() not in (b"waits\n", b""):
            pass
        assert len(api.called("POST")) == 1
        process = Path(f"/proc/{waiting.pid}")
        assert searched(process, b"example.com") or searched(process, client.token.value.encode())
        assert not searched(process, secret)
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)


def test_a_closed_connection_or_pipe_is_no_signal(client):
    waiting = client.start("wait", "a")
    try:
        assert waiting.stdout.readline()
        status = Path(f"/proc/{waiting.pid}/status").read_text()
        ignored = int(next(x for x in status.splitlines() if x.startswith("SigIgn")).split()[1], 16)
        assert ignored & 1 << signal.SIGPIPE - 1
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)


def test_many_zones(client, api):
    names = [f"zone{i}.test" for i in range(20)]
    for name in names:
        api.account.zone(name)
    missing = ["no1.test", "no2.test"]
    order = [missing[1], *names[:10], missing[0], *names[10:]]
    answer = client("--jobs", 8, "look", *order)
    said = sorted(line for line in answer.lines if "full" in line)
    assert said == sorted(f"{name}: full, 0 records" for name in names)
    assert [line for line in answer.lines if line.startswith("ended")] == [
        f"ended {name} {3 if name in missing else 0}" for name in order]
    # In the order of the names, whoever ended first.
    assert [line for line in answer.lines if line.startswith("problem")] == [
        f"problem {name}: the token sees no zone {name}" for name in order if name in missing]
    assert len(answer.err.splitlines()) == 2
    assert answer.lines[-1] == f"requests {len(api.calls)}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_signal_ends_the_jobs_between_their_steps(client, api, number, jobs):
    waiting = client.start("--jobs", str(jobs), "wait", *"abcde", stderr=-1)
    for _ in range(jobs):
        assert b"waits" in waiting.stdout.readline()
    waiting.send_signal(number)
    out, err = (x.decode() for x in waiting.communicate(timeout=60))
    assert waiting.returncode == 0
    assert [line for line in out.splitlines() if line.startswith("ended")] == [
        f"ended {name} {0 if i < jobs else 1}" for i, name in enumerate("abcde")]
    assert len([line for line in err.splitlines() if "left out" in line]) == 5 - jobs
    assert not api.calls


def test_a_second_signal_ends_the_process(client, api):
    waiting = client.start("look", "a.test", stderr=-1)
    api.fault("", 5.0, times=-1)
    try:
        for _ in range(600):
            if api.calls:
                break
            time.sleep(0.05)
        assert api.calls
        waiting.send_signal(signal.SIGTERM)
        # The first one is noted, and the call goes on.
        for _ in range(600):
            caught = int(next(x for x in Path(f"/proc/{waiting.pid}/status").read_text().splitlines()
                              if x.startswith("SigCgt")).split()[1], 16)
            if not caught & 1 << signal.SIGTERM - 1:
                break
            time.sleep(0.05)
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)
    finally:
        if waiting.poll() is None:
            waiting.kill()
    assert waiting.returncode == -signal.SIGTERM


def test_progress_is_shown_on_a_terminal_only(client, api):
    names = [f"zone{i}.test" for i in range(3)]
    for name in names:
        api.account.zone(name)
    for args, shown in (names, True), (names[:1], False):
        ours, theirs = pty.openpty()
        done = subprocess.Popen([client.program, "look", *args, "missing.test"][:len(args) + 2 + shown],
                                env=client.environment, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        out = done.communicate(timeout=60)[0].decode()
        text = b""
        try:
            while data := os.read(ours, 4096):
                text += data
        except OSError:
            pass
        os.close(ours)
        assert ("of 4 done".encode() in text) == shown and "\r" not in out
        # The last one is taken away.
        assert text.endswith(b"\r\x1b[K") or not shown
