# SPDX-License-Identifier: Apache-2.0
"""Requests within a connection that was proved: smuggled behind another one, in its header, or as a WebSocket of
HTTP/2. Each is a request by itself, and is judged as one."""
import socket

import pytest

from client import CLOUDFLARE, VISITOR, Connection, H2Connection, Response
from server import MODULES, vhost

WEBSOCKETS = b"H2WebSockets" in (MODULES / "mod_http2.so").read_bytes()


@pytest.fixture(scope="module", params=["Strict", "Unsafe"])
def origin(request, httpd, pki, backend):
    """Port 1 admits those who prove a.test or b.test, each for its hosts."""
    zones = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    proxy = f"ProxyPass /proxy http://127.0.0.1:{backend.port}/\n"
    sockets = f"ProxyPass /ws http://127.0.0.1:{backend.port}/ upgrade=websocket\n"
    if WEBSOCKETS:
        sockets += "H2WebSockets on\n"
    server = httpd(modules=["proxy", "proxy_http"], server=(
        f"HttpProtocolOptions {request.param}\nMergeTrailers On\nCFOriginPullRanges 127.0.0.0/9\n{zones}{sockets}{proxy}"
        + vhost("shop.a.test") + vhost("shop.b.test")))
    server.mode = request.param
    (server.docroot / "secret.html").write_text("the secret\n")
    return server


HIDDEN = b"GET /secret.html?hidden HTTP/1.1\r\nHost: shop.b.test\r\nX: "
NEXT = b"GET /index.html HTTP/1.1\r\nHost: shop.a.test\r\n\r\n"
HEAD = b"POST /index.html HTTP/1.1\r\nHost: shop.a.test\r\n"
SMUGGLED = {
    "two lengths": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two content lengths": HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "list of lengths": HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "signed length": HEAD + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "space before the colon": HEAD + b"Content-Length : %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "other coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two codings": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + HIDDEN,
    "line feeds": b"GET /index.html HTTP/1.1\nHost: shop.a.test\n\n" + HIDDEN,
    "line feed in a header": b"GET /index.html HTTP/1.1\r\nHost: shop.a.test\r\nA: b\n\n" + HIDDEN,
    "carriage return": b"GET /index.html HTTP/1.1\r\nHost: shop.a.test\r\nA: b\r\r\n" + HIDDEN,
    "chunk extension": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0;\nX\r\n\r\n" + HIDDEN,
    "large chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + HIDDEN,
    "body of a GET": b"GET /index.html HTTP/1.1\r\nHost: shop.a.test\r\nContent-Length: 5\r\n\r\n" + HIDDEN,
    "nothing": b"GET /index.html HTTP/1.1\r\nHost: shop.a.test\r\n\r\n" + HIDDEN,
}


def answers(connection):
    """All of them: the server reads to the end of the connection, answers, and closes it."""
    found = []
    socket.socket.shutdown(connection.sock, socket.SHUT_WR)  # that of SSLSocket would end reading, too
    try:
        while True:
            found.append(connection.read_response())
    except (OSError, EOFError):
        return found


@pytest.mark.A26
@pytest.mark.parametrize("how", SMUGGLED)
@pytest.mark.parametrize("cert", ["leaf_a", None])
def test_a_request_that_is_hidden_in_another_is_judged_by_itself(origin, pki, how, cert):
    """The one behind is for a host whose zone the connection does not prove."""
    before = len(origin.events())
    with Connection(origin.port, getattr(pki, cert) if cert else None) as connection:
        connection.sock.sendall(SMUGGLED[how] + b"\r\n\r\n" + NEXT)
        found = answers(connection)
    assert found and not any("the secret" in answer.text for answer in found)
    if not cert:
        assert not any(answer.status < 300 for answer in found)
    for event in origin.events()[before:]:
        if "hidden" in event["uri"]:
            assert (event["code"], event["host"]) == ("CFO0001", "shop.b.test")


@pytest.mark.A26
@pytest.mark.parametrize("name, value", [
    ("x-a", "b\r\nCF-Connecting-IP: 192.0.2.66"), ("x-a", "b\r\n\r\nGET /secret.html HTTP/1.1\r\nHost: shop.b.test\r\n\r\n"),
    ("x-a\r\nCF-Connecting-IP: 192.0.2.66", "b"), ("x-a: b\r\nx", "c"), ("x a", "b"), ("transfer-encoding", "chunked"), ("x-a", "b\0c"),
    ("content-length", "0\r\nx-b: c"), ("cookie", "a\nb"),
])
def test_a_header_of_http2_holds_no_other_header_or_request(origin, pki, name, value):
    """Also towards a back end, to which it goes as HTTP/1.1."""
    with H2Connection(origin.port, pki.leaf_a) as connection:
        response = connection.get("/proxy", {"CF-Connecting-IP": VISITOR, name: value})
        assert "192.0.2.66" not in response.text and "shop.b.test" not in response.text
        assert response.status in (200, 400, 0, "reset")
        if response.status == 200:
            assert response.text.lower().count("\r\ncf-connecting-ip: ") == 1
    with H2Connection(origin.port, pki.leaf_a) as connection:
        assert connection.get("/index.html", CLOUDFLARE).status == 200


@pytest.mark.A26
@pytest.mark.A27
@pytest.mark.parametrize("authority, host, status", [("shop.a.test", "shop.b.test", 200), ("shop.b.test", "shop.a.test", 403)])
def test_the_authority_of_a_stream_counts_and_not_its_host_header(origin, pki, authority, host, status):
    with H2Connection(origin.port, pki.leaf_a) as connection:
        answer = connection.get("/index.html", {"host": host}, authority)
        assert answer.status in (status, 400, "reset") and (status == 200 or answer.status != 200)


@pytest.mark.A24
@pytest.mark.parametrize("headers", [b"", b"CF-Connecting-IP: 203.0.113.77\r\n"])
def test_a_trailer_is_no_header_even_if_httpd_merges_them(origin, pki, headers):
    with Connection(origin.port, pki.leaf_a) as connection:
        answer = connection.raw(b"POST /proxy HTTP/1.1\r\nHost: shop.a.test\r\nTransfer-Encoding: chunked\r\n" + headers
                                + b"\r\n1\r\nx\r\n0\r\nCF-Connecting-IP: 192.0.2.66\r\nCF_Ray: 192.0.2.66\r\n\r\n")
        assert answer.status == 200 and "192.0.2.66" not in answer.text
        assert ("X-Forwarded-For: 203.0.113.77\r\n" in answer.text) == bool(headers)


class Socket(H2Connection):
    """A connection that opens a WebSocket by an extended CONNECT (RFC 8441)."""

    def open(self, path, headers, authority="shop.a.test", protocol="websocket"):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "https"), (":path", path),
                                      (":authority", authority), ("sec-websocket-version", "13"),
                                      *((name.lower(), value) for name, value in headers.items())])
        self.results[stream] = Response(0, {}, b"")
        self.flush()
        while not self.results[stream].status and not self.goaway:
            data = self.under.sock.recv(65536)
            if not data:
                break
            for event in self.h2.receive_data(data):
                self.handle(event)
            self.flush()
        return self.results[stream].status


@pytest.mark.A40
@pytest.mark.skipif(not WEBSOCKETS, reason="H2WebSockets came with httpd 2.4.58")
@pytest.mark.parametrize("cert, authority", [(None, "shop.a.test"), ("rogue", "shop.a.test"), ("leaf_b", "shop.a.test"),
                                             ("leaf_a", "shop.b.test"), ("leaf_a", "elsewhere.test")])
@pytest.mark.parametrize("path", ["/ws", "/secret.html", "/none"])
def test_a_websocket_of_http2_is_behind_the_gate(origin, pki, backend, cert, authority, path):
    with Socket(origin.port, getattr(pki, cert) if cert else None) as connection:
        assert connection.open(f"{path}?{cert}-{authority}", CLOUDFLARE, authority) in (403, "reset")
    assert origin.wait_event(uri=f"{path}?{cert}-{authority}")["code"] == "CFO0001"


@pytest.mark.W22
@pytest.mark.skipif(not WEBSOCKETS, reason="H2WebSockets came with httpd 2.4.58")
def test_a_websocket_of_http2_works_both_ways_if_it_is_proved(origin, pki):
    with Socket(origin.port, pki.leaf_a) as connection:
        for said in (b"there", b"and back"):
            assert connection.open("/ws?proved", CLOUDFLARE) == 200
            stream = max(connection.results)
            connection.h2.send_data(stream, said)
            connection.flush()
            while len(connection.results[stream].body) < len(said):
                for event in connection.h2.receive_data(connection.under.sock.recv(65536)):
                    connection.handle(event)
                connection.flush()
            assert connection.results[stream].body == said
