# SPDX-License-Identifier: Apache-2.0
"""Cloudflare's API cannot be reached, fails, or asks to wait; and what may stand in between."""
import datetime
import re
import socket
import ssl

import pytest

from api_fixtures import HEAD, ZONES, Listener, at_once, place, raw
from server import ROOT
from standin import CUT, HALF, PROXIED, Answer, Proxy, failure, page


@pytest.mark.parametrize("what", [CUT, HALF, failure(500), page(502), page(503), failure(504)], ids=range(6))
def test_a_failure_that_passes_is_not_noticed(client, api, what):
    api.fault("GET", what, times=1)
    assert client("ssl", api.zone.id).lines == ["full"]
    assert len(api.called()) == 2


@pytest.mark.parametrize("body", [None, b"true", b"[" * 100_000], ids=range(3))
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


def test_nobody_sends_what_would_be_refused(client, api):
    names = [f"zone{i}.test" for i in range(8)]
    api.fault("", failure(429, 971, "slowly", headers={"Retry-After": "3600"}), times=-1)
    answer = client("--jobs", 2, "look", *names)
    assert [line for line in answer.lines if line.startswith("ended")] == [f"ended {name} 3" for name in names]
    assert len(api.calls) <= 2 and answer.lines[-1] == f"requests {len(api.calls)}"
    assert answer.out.count("not sent: the API has asked to wait 3") == 8 - len(api.calls)


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


def test_the_head_of_a_request(client, tls):
    heads = []

    def speak(connection):
        heads.append(connection.recv(10000).decode())
        body = '{"success":true,"result":{"id":"1","status":"\u00e9ctive"}}'.encode()
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with Listener(speak, tls) as listener:
        answer = client("--api", listener.url + "/v4", "token")
    assert answer.lines == ['"\\xc3\\xa9ctive"']
    first, *fields = heads[0].rstrip().split("\r\n")
    version = re.search('"(.*)"', (ROOT / "src" / "version.h").read_text())[1]
    assert first == "GET /v4/user/tokens/verify HTTP/1.1"
    assert {f"Authorization: Bearer {client.token.value}", f"User-Agent: cf-originctl/{version}"} < set(fields)
    assert not [f for f in fields if f.startswith(("Expect", "Cookie", "Accept-Encoding", "Proxy"))]


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
