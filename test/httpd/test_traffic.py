# SPDX-License-Identifier: Apache-2.0
"""Uncommon requests that Cloudflare sends nevertheless: every one that is proved is admitted. And what becomes of a
connection that is older than the certificate that Cloudflare presents now."""
import time

import pytest

from apps import CGI, CGI_MODULES, add_scripts, pairs, variables
from client import CLOUDFLARE, RAY, VISITOR, Connection, H2Connection, get
from server import vhost


@pytest.fixture(scope="module")
def origin(httpd, pki, backend):
    return add_scripts(httpd(modules=[*CGI_MODULES, "proxy", "proxy_http"], server=(
        CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullWorkers same-zone\n"
        f"ProxyPass /proxy http://127.0.0.1:{backend.port}/\n"
        + vhost("shop.a.test", "CFOriginPull On", aliases="xn--bcher-kva.a.test"))))


def raw(line, *headers, body=b"", host="shop.a.test"):
    lines = [line, f"Host: {host}", f"CF-Connecting-IP: {VISITOR}", f"CF-Ray: {RAY}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


CHUNKED = b"5;name=value\r\nhello\r\n0\r\nX-Checksum: 1\r\nCF-Ray: x\r\n\r\n"
# What is sent, and the status; the path of each is different.
UNCOMMON = {
    "head": (raw("HEAD /index.html?head HTTP/1.1"), 200),
    "options": (raw("OPTIONS /index.html?options HTTP/1.1", "Origin: https://a.test"), 200),
    "options of the server": (raw("OPTIONS * HTTP/1.1"), 200),
    "delete": (raw("DELETE /index.html?delete HTTP/1.1"), 405),
    "patch": (raw("PATCH /index.html?patch HTTP/1.1", "Content-Length: 2", body=b"{}"), 405),
    "unknown method": (raw("PURGE /index.html?purge HTTP/1.1"), 501),
    "expect": (raw("POST /cgi/read.cgi?expect HTTP/1.1", "Expect: 100-continue", "Content-Length: 5", body=b"hello"), 200),
    "chunks": (raw("POST /cgi/read.cgi?chunks HTTP/1.1", "Transfer-Encoding: chunked", "Trailer: X-Checksum", body=CHUNKED), 200),
    "no body": (raw("POST /cgi/read.cgi?empty HTTP/1.1", "Content-Length: 0"), 200),
    "http/1.0": (raw("GET /index.html?1.0 HTTP/1.0", "Connection: keep-alive"), 200),
    "cookie of 7 KB": (raw("GET /index.html?cookie HTTP/1.1", "Cookie: " + "c=" + "x" * 7000), 200),
    "ninety headers": (raw("GET /index.html?many HTTP/1.1", *(f"X-{i}: {i}" for i in range(90))), 200),
    "long path": (raw(f"GET /index.html?{'x' * 7000} HTTP/1.1"), 200),
    "utf-8": (raw("GET /caf%C3%A9?%E2%82%AC=%F0%9F%98%80 HTTP/1.1"), 404),
    "absolute": (raw("GET https://shop.a.test/index.html?absolute HTTP/1.1"), 200),
    "another port": (raw("GET /index.html?port HTTP/1.1", host="shop.a.test:8443"), 200),
    "idn": (raw("GET /index.html?idn HTTP/1.1", host="xn--bcher-kva.a.test"), 200),
    "range": (raw("GET /index.html?range HTTP/1.1", "Range: bytes=0-2"), 206),
    "empty header": (raw("GET /index.html?empty HTTP/1.1", "X-Empty:", "Accept-Encoding: gzip, br"), 200),
    "loop detection": (raw("GET /index.html?loop HTTP/1.1", "CDN-Loop: cloudflare; loops=1", "CF-EW-Via: 15"), 200),
    "orange to orange": (raw("GET /index.html?o2o HTTP/1.1", "cf-connecting-o2o: 1"), 200),
    "worker": (raw("GET /index.html?worker HTTP/1.1", "CF-Worker: a.test"), 200),
    "health check": (raw("GET /index.html?health HTTP/1.1", "User-Agent: Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; "
                         "+https://www.cloudflare.com/traffic-manager/; pool-id: 0123456789abcdef)"), 200),
}


@pytest.mark.W24
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_an_uncommon_request_is_admitted(origin, pki, tls):
    before, statuses = len(origin.events()), {}
    for name, (data, _) in UNCOMMON.items():
        with Connection(origin.port, pki.leaf_a, tls=tls) as connection:
            statuses[name] = connection.raw(data, data.startswith(b"HEAD")).status
    assert statuses == {name: status for name, (_, status) in UNCOMMON.items()}
    events = origin.wait_for(lambda: origin.events()[before:][len(UNCOMMON) - 1:] and origin.events()[before:], "all lines")
    assert {(event["code"], event["reason"], event["client_ip"]) for event in events} == {("CFO0003", "verified", "rewritten")}


@pytest.mark.W24
def test_clients_that_go_away_harm_no_other_request(origin, pki):
    """In the middle of a head, of a body, of an answer, and of streams."""
    (origin.docroot / "big").write_bytes(b"x" * 5_000_000)
    for data in (b"GET / HTTP/1.1\r\nHo", raw("POST /cgi/read.cgi HTTP/1.1", "Content-Length: 900000", body=b"abc"),
                 raw("POST /cgi/read.cgi HTTP/1.1", "Transfer-Encoding: chunked", body=b"5\r\nhel"), raw("GET /big HTTP/1.1")):
        with Connection(origin.port, pki.leaf_a) as connection:
            connection.sock.sendall(data)
        assert get(origin.port, "/", CLOUDFLARE, cert=pki.leaf_a).status == 200
    with H2Connection(origin.port, pki.leaf_a) as connection:
        for i in range(40):
            is_reset = i % 8 == 1  # httpd ends a connection with more than H2MaxStreamErrors, 8
            stream = connection.request(f"/big?{i}" if is_reset else f"/?{i}", CLOUDFLARE)
            if is_reset:
                connection.h2.reset_stream(stream, 8)
                del connection.results[stream]
                connection.flush()
        # httpd may end the connection if a stream is reset while its answer begins (AH10509), also without the module.
        assert {answer.status for answer in connection.finish().values()} <= {200, 0}
    assert get(origin.port, "/", CLOUDFLARE, cert=pki.leaf_a).status == 200
    assert not [event for event in origin.events() if event["code"] != "CFO0003"]


@pytest.mark.W24
def test_grpc_is_admitted(origin, pki):
    """A POST with te, a body, and trailers after it; several at once."""
    with H2Connection(origin.port, pki.leaf_a) as connection:
        for i in range(8):
            stream = connection.h2.get_next_available_stream_id()
            connection.h2.send_headers(stream, [
                (":method", "POST"), (":scheme", "https"), (":path", f"/cgi/read.cgi?{i}"), (":authority", "shop.a.test"),
                ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", "1S"),
                *((name.lower(), value) for name, value in CLOUDFLARE.items())])
            connection.results[stream] = type("Answer", (), {"status": 0, "headers": {}, "body": b""})()
            connection.h2.send_data(stream, b"\0\0\0\0\0")
            connection.h2.send_headers(stream, [("grpc-status", "0"), ("cf-connecting-ip", "192.0.2.66")], end_stream=True)
            connection.flush()
        for answer in connection.finish().values():
            assert answer.status == 200
            text = answer.body.decode()
            assert "CF_ORIGIN=verified\n" in text and f"REMOTE_ADDR={VISITOR}\n" in text and "192.0.2.66" not in text


@pytest.mark.W24
def test_a_proxied_application_gets_the_request_as_it_came(origin, pki):
    sent = {**CLOUDFLARE, "CF-IPCountry": "DE", "cf-connecting-o2o": "1", "CDN-Loop": "cloudflare", "Authorization": "Bearer x"}
    for version in (Connection, H2Connection):
        with version(origin.port, pki.leaf_a) as connection:
            got = {name.lower(): value for name, value in pairs(connection.get("/proxy", sent).text)}
        assert {name.lower(): value for name, value in sent.items()}.items() <= got.items()


@pytest.mark.W25
def test_a_connection_that_is_older_than_the_certificate_ends_with_a_graceful_restart(httpd, pki):
    """Cloudflare has a new certificate, but uses the old connection, until the old one expires."""
    server = add_scripts(httpd(modules=CGI_MODULES, server=(
        CGI + f"KeepAliveTimeout 300\nCFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", "CFOriginPull On"))))
    lifetime, end, kept = 3, 0, []
    while time.time() >= end - 1:  # a slow machine
        old = pki.issue("old", pki.zone_a, end=lifetime)
        end, lifetime = time.time() + lifetime, lifetime * 2
        kept = [Connection(server.port, old), H2Connection(server.port, old)]
        assert [connection.get("/", CLOUDFLARE).status for connection in kept] == [200, 200]
    server.wait_for(lambda: time.time() > end + 1, "the end of the certificate", timeout=300)
    for i, connection in enumerate(kept):
        assert connection.get(f"/?old{i}", CLOUDFLARE).status == 403
        event = server.wait_event(uri=f"/?old{i}")
        assert event["reason"] == "cert-expired" and "apachectl graceful" in event["hint"]
        assert variables(get(server.port, "/cgi/env.cgi", CLOUDFLARE, cert=pki.leaf_a))["REMOTE_ADDR"] == VISITOR
    server.graceful()
    with kept[0], pytest.raises((OSError, EOFError)):
        for _ in range(100):
            kept[0].get("/", CLOUDFLARE)
    with kept[1]:
        while not kept[1].goaway and (data := kept[1].under.sock.recv(65536)):
            for event in kept[1].h2.receive_data(data):
                kept[1].handle(event)
    for version in (Connection, H2Connection):
        with version(server.port, pki.leaf_a) as connection:
            assert connection.get("/", CLOUDFLARE).status == 200
