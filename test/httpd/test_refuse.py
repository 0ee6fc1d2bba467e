# SPDX-License-Identifier: Apache-2.0
"""How requests are refused: with a status, without an answer, or before the handshake. And what the server
survives."""
import json
import socket
import ssl

import pytest

from client import CLOUDFLARE, EDGE, STRANGER, Connection, H2Connection, first_byte, get, hello
from scripts import CGI, CGI_MODULES, Backend, Scripts
from server import vhost

STATUSES = [400, 401, 402, 403, 404, 405, 408, 410, 413, 421, 429, 451, 500, 502, 503, 504, 511]
CLOSING = {400, 408, 413, 500, 503}  # httpd itself closes an HTTP/1.1 connection after these


@pytest.fixture(scope="module")
def origin(httpd, pki):
    zone = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
    documents = "\n".join(f"ErrorDocument {s} /cgi/error" for s in STATUSES)
    parts = ("<Directory {docroot}>\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>\n"
             "CFOriginPullRefuse drop\n<Location /protected>\nCFOriginPull On\n</Location>\n")
    server = httpd(modules=[*CGI_MODULES, "include"], server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("drop.a.test", f"{zone}CFOriginPullRefuse drop\n{CGI}ErrorDocument 403 /cgi/error")
                   + "".join(vhost(f"s{s}.a.test", f"{zone}CFOriginPullRefuse {s}\n{CGI}{documents}") for s in STATUSES)
                   + vhost("plain.a.test", f"{zone}CFOriginPullRefuse drop\nProtocols h2c http/1.1", port="{port2}", tls=False)
                   + vhost("parts.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n{parts}"))
    server.scripts = Scripts(server).add("error")
    (server.docroot / "ssi.shtml").write_text('before <!--#include virtual="/protected/x.html" --> after\n')
    (server.docroot / "protected").mkdir()
    (server.docroot / "protected" / "x.html").write_text("the secret\n")
    (server.docroot / "protected" / "index.html").write_text("the secret\n")
    return server


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_has_the_configured_status_and_httpds_own_page(origin, pki, status):
    host = f"s{status}.a.test"
    for method in ("GET", "POST", "HEAD", "OPTIONS", "TRACE", "DELETE"):
        for path in ("/", "/none-such", "/cgi/error"):
            response = get(origin.port, path, CLOUDFLARE, method=method, sni=host)
            assert response.status == status and "the script" not in response.text and "location" not in response.headers
            assert response.headers["cache-control"] == "no-store"
    with H2Connection(origin.port, sni=host) as connection:
        for _ in range(2):
            assert connection.get().status == status
    assert get(origin.port, cert=pki.leaf_a, sni=host).status == 200
    assert origin.scripts.runs("error") == []


@pytest.mark.parametrize("status", [s for s in STATUSES if s not in CLOSING])
def test_a_refused_request_keeps_its_connection(origin, status):
    with Connection(origin.port, sni=f"s{status}.a.test") as connection:
        for _ in range(3):
            assert connection.get(method="POST", body=b"x" * 10000).status == status
        assert connection.get(method="HEAD").status == status
        assert connection.get().status == status


def answer_to(connection, data):
    """Every byte that comes back until the connection ends."""
    connection.sock.sendall(data)
    received = b""
    try:
        while True:
            more = connection.sock.recv(65536)
            if not more:
                return received
            received += more
    except (ConnectionError, ssl.SSLError):
        return received


GET = b"GET / HTTP/1.1\r\nHost: drop.a.test\r\n\r\n"


@pytest.mark.parametrize("data", [
    GET, GET * 5, b"HEAD" + GET[3:], b"TRACE" + GET[3:], b"OPTIONS * HTTP/1.1\r\nHost: drop.a.test\r\n\r\n",
    b"GET /none-such HTTP/1.0\r\nHost: drop.a.test\r\nConnection: keep-alive\r\n\r\n",
    b"GET /cgi/error HTTP/1.1\r\nHost: drop.a.test\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: drop.a.test\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: drop.a.test\r\nContent-Length: 9\r\n\r\n123456789",
    b"POST / HTTP/1.1\r\nHost: drop.a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n" + GET,
], ids=range(10))
@pytest.mark.parametrize("tls", ["1.2", "1.3", None])
def test_a_dropped_request_gets_not_a_single_byte(origin, pki, data, tls):
    with Connection(origin.port if tls else origin.ports[1], sni="drop.a.test", tls=tls, plain=not tls) as connection:
        assert answer_to(connection, data) == b""
    assert origin.scripts.runs("error") == []


def test_a_drop_has_a_line_in_each_log(origin):
    with Connection(origin.port, sni="drop.a.test") as connection:
        assert answer_to(connection, GET.replace(b" / ", b" /dropped ")) == b""
    assert origin.wait_event(uri="/dropped")["code"] == "CFO0001"
    assert " 403 " in origin.wait_access("GET /dropped")


def test_a_drop_closes_a_connection_with_admitted_requests_before(origin, pki):
    with Connection(origin.port, pki.leaf_a, sni="drop.a.test") as connection:
        assert connection.get().status == connection.get(host="s404.a.test").status == 200
        assert answer_to(connection, GET.replace(b"drop.a.test", b"elsewhere.b.test") + GET) == b""


def test_a_dropped_stream_is_reset_and_the_others_continue(origin, pki):
    with H2Connection(origin.port, pki.leaf_a, sni="s404.a.test") as connection:
        mixed = [connection.request(authority=["s404.a.test", "drop.a.test", "parts.a.test"][i % 3]) for i in range(30)]
        answers = connection.finish()
        assert {answers[s].status for s in mixed} == {200} and not connection.goaway
    with H2Connection(origin.port, sni="parts.a.test") as connection:
        streams = [connection.request(["/", "/protected/x.html"][i % 2]) for i in range(30)]
        answers = connection.finish()
        assert [answers[s].status for s in streams] == [200, "reset"] * 15
        assert all(answers[s].body == b"" and not answers[s].headers for s in streams[1::2])
        assert connection.get().status == 200 and not connection.goaway  # the connection still works
    with H2Connection(origin.ports[1], sni="plain.a.test", plain=True) as connection:
        assert [connection.get().status for _ in range(3)] == ["reset"] * 3


def test_a_stream_with_a_body_is_dropped_too(origin):
    with H2Connection(origin.port, sni="drop.a.test") as connection:
        assert [connection.get(method=m).status for m in ("POST", "OPTIONS", "TRACE", "HEAD")] == ["reset"] * 4


def test_a_dropped_part_of_a_page_is_only_missing(origin, pki):
    with Connection(origin.port, sni="parts.a.test") as connection:
        for _ in range(2):
            response = connection.get("/ssi.shtml")
            assert response.status == 200 and "the secret" not in response.text and "after" in response.text
    with H2Connection(origin.port, sni="parts.a.test") as connection:
        assert "after" in connection.get("/ssi.shtml").text
    assert "the secret" in get(origin.port, "/ssi.shtml", sni="parts.a.test", cert=pki.leaf_a).text


@pytest.fixture(scope="module")
def backend():
    backend = Backend("127.206.0.1")  # an unknown address
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def early(httpd, pki, backend):
    """Port 1 On, port 2 Audit, port 3 with a proxy to itself and others, port 4 Off."""
    text = f"""CFOriginPullZone a.test {pki.zone_a.crt}
        CFOriginPullEarlyDrop On
        CFOriginPullTunnel 127.201.0.1
        CFOriginPullExemptFrom 127.202.0.1
        CFOriginPullProxyProtocol 127.203.0.1
        """
    return httpd(modules=["proxy", "proxy_http"], ports=4, server="CFOriginPullRanges 127.0.0.0/9\n"
                 + vhost("early.a.test", "CFOriginPull On\n" + text)
                 + vhost("late.a.test", "CFOriginPull On\nCFOriginPullExemptFrom 127.204.0.1\nCFOriginPullRequire ip")
                 + vhost("audit.a.test", "CFOriginPull Audit\n" + text, port="{port2}")
                 + vhost("proxy.a.test", f"""CFOriginPull On
                         CFOriginPullRequire ip
                         CFOriginPullEarlyDrop On
                         SSLProxyEngine on
                         SSLProxyVerify none
                         SSLProxyCheckPeerName off
                         ProxyPass /itself http://127.0.0.1:{{port3}}/
                         ProxyPass /tls https://127.0.0.1:{{port}}/
                         ProxyPass /far http://127.206.0.1:{backend.port}/
                         """, port="{port3}", tls=False)
                 + vhost("off.a.test", "CFOriginPullEarlyDrop On\n<Location /counts>\nSetHandler cf-origin-status\nRequire local\n</Location>\n", port="{port4}",
                         tls=False))


@pytest.mark.parametrize("source, known", [(EDGE, True), ("127.201.0.1", True), ("127.202.0.1", True), ("127.203.0.1", True),
                                           (STRANGER, False), ("127.204.0.1", True)])
def test_early_drop_closes_connections_of_unknown_addresses_before_tls(early, source, known):
    """No byte of TLS or HTTP is sent; the address decides, whatever name the client asks for: the lists of all virtual hosts count."""
    for data in (hello(), hello("late.a.test"), b"GET / HTTP/1.1\r\nHost: early.a.test\r\n\r\n"):
        assert (first_byte(early.port, source, data) != b"") == known
    if not known:
        line = early.wait_for(lambda: [x for x in early.log().splitlines() if "CFO0120" in x and f"edge={source}" in x], "a line")
        assert "vhost=early.a.test" in line[0]


@pytest.mark.W12
def test_connections_that_are_not_dropped_still_need_proof(early, pki):
    assert get(early.port, sni="early.a.test").status == 403
    assert get(early.port, sni="early.a.test", cert=pki.leaf_a).status == 200
    assert get(early.port, sni="early.a.test", source="127.201.0.1").status == 200
    assert get(early.port, sni="early.a.test", source="127.202.0.1").status == 200
    assert get(early.port, sni="early.a.test", source="127.203.0.1").status == 403
    with H2Connection(early.port, pki.leaf_a, sni="early.a.test") as connection:
        assert [connection.get().status for _ in range(3)] == [200] * 3


def test_audit_only_logs_what_it_would_drop(early, pki):
    assert get(early.ports[1], sni="audit.a.test", source="127.205.0.1").status == 200
    early.wait_for(lambda: "edge=127.205.0.1" in early.log(), "a line")


def test_what_is_dropped_is_counted_and_nothing_else(early):
    def count():
        return json.loads(get(early.ports[3], "/counts?json", sni="off.a.test", plain=True).text)["early_drops"]

    before = count()
    for _ in range(2):
        assert first_byte(early.port, STRANGER, hello()) == b""
        assert first_byte(early.port, EDGE, hello()) != b""
    assert get(early.ports[1], sni="audit.a.test", source="127.205.0.1").status == 200
    early.wait_for(lambda: count() >= before + 2, "both")
    assert count() == before + 2


def test_nothing_is_dropped_where_the_mode_is_off(early):
    assert get(early.ports[3], sni="off.a.test", plain=True, source="127.207.0.1").status == 200
    assert "edge=127.207.0.1" not in early.log()


@pytest.mark.W12
def test_connections_that_httpd_opens_itself_are_not_dropped(early, backend):
    """To itself, and to a back end with an unknown address."""
    def fetch(path):
        return get(early.ports[2], path, sni="proxy.a.test", plain=True)
    assert fetch("/itself/").text == "the page\n"
    assert fetch("/tls/").status == 403  # a host that no zone covers, but no dropped connection
    assert fetch("/far/x").text.startswith("back end: GET ")
    assert first_byte(early.ports[2], STRANGER, b"GET /itself/ HTTP/1.1\r\nHost: proxy.a.test\r\n\r\n") == b""


@pytest.mark.A31
def test_the_server_survives_misbehaving_clients(origin, pki):
    """Handshakes that fail in each way, plain HTTP on the TLS port, aborted downloads and uploads."""
    (origin.docroot / "big").write_bytes(b"x" * 20_000_000)
    for _ in range(12):
        get(origin.port, plain=True, sni="s403.a.test")
        for cert in (pki.expired_a, pki.future_a, pki.server_only_a):
            with pytest.raises((OSError, EOFError)):
                get(origin.port, cert=cert, sni="s403.a.test")
        for data in (b"", hello()[:50], hello(), b"\x16\x03\x01\x00\x05aaaaa", b"\x00" * 100):
            with socket.create_connection(("127.0.0.1", origin.port)) as sock:
                sock.sendall(data)
        for cert in (pki.leaf_a, None):
            with Connection(origin.port, cert, sni="s404.a.test") as connection:
                connection.sock.sendall(b"GET /big HTTP/1.1\r\nHost: s404.a.test\r\n\r\n")
                connection.sock.recv(1000)
            with Connection(origin.port, cert, sni="s404.a.test") as connection:
                connection.sock.sendall(b"POST / HTTP/1.1\r\nHost: s404.a.test\r\nContent-Length: 900000\r\n\r\nabc")
            with H2Connection(origin.port, cert, sni="drop.a.test") as connection:
                for _ in range(10):
                    connection.request("/big")
    assert get(origin.port, sni="s404.a.test", cert=pki.leaf_a).status == 200


@pytest.mark.A38
def test_without_mod_ssl_a_certificate_cannot_be_required(configuration, httpd, pki):
    zone = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
    for text in (zone, zone + "CFOriginPullRequire cert\n", zone + "CFOriginPullRequire cert ip\n", zone.replace("On", "Audit")):
        code, said = configuration(vhost("shop.a.test", text, tls=False), tls=False)
        assert code and "CFO0100" in said and "mod_ssl" in said
        with pytest.raises(AssertionError, match="did not start"):
            httpd(server=vhost("shop.a.test", text, tls=False), tls=False)
    code, said = configuration(vhost("shop.a.test", f"{zone}CFOriginPull Off\n<Location /x>\nCFOriginPull On\n</Location>", tls=False),
                               tls=False)
    assert code and "CFO0100" in said


def test_without_mod_ssl_the_address_alone_can_be_required(httpd):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("shop.a.test", "CFOriginPull On\nCFOriginPullRequire ip",
                                                                     tls=False), tls=False)
    assert get(server.port, plain=True).status == 200
    assert get(server.port, plain=True, source=STRANGER).status == 403


@pytest.mark.A38
def test_the_order_of_modules_makes_no_difference(httpd, pki):
    server = httpd(load_first=True, modules=["include"], server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}") + vhost("off.a.test")
                   + vhost("part.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n<Location /part>\nCFOriginPull On\n</Location>\n"
                           "<Directory {docroot}>\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>\n"))
    (server.docroot / "page.shtml").write_text('<!--#include virtual="/part" -->\n')
    for client in (Connection, H2Connection):
        for cert, status in ((pki.leaf_a, 200), (pki.leaf_b, 403), (pki.self_signed, 403), (None, 403)):
            with client(server.port, cert) as connection:
                assert connection.get(headers=CLOUDFLARE).status == status
    line = server.wait_access("reason=verified")
    assert line.startswith("203.0.113.77 ") and pki.leaf_a.sha256 in line
    for name, path in (("off", "/?off"), ("part", "/?beside"), ("part", "/part"), ("part", "/page.shtml")):
        get(server.port, path, sni=f"{name}.a.test")
        server.wait_access(path)


@pytest.mark.A31
def test_nothing_crashed(origin, early):
    for server in (origin, early):
        assert "exit signal" not in server.log() and "AH00051" not in server.log()
