# SPDX-License-Identifier: Apache-2.0
"""Ways around the gate. Each is tried from the edge, which shows that the way works at all, and without proof, which
must be refused."""
import pytest

from client import CLOUDFLARE, EDGE, STRANGER, Connection, H2Connection, get
from scripts import CGI, CGI_MODULES, Backend, Scripts
from server import vhost

MODULES = [*CGI_MODULES, "rewrite", "cache", "cache_disk", "include", "proxy", "proxy_http", "proxy_connect",
           "proxy_wstunnel", "lua", "status", "info", "access_compat", "actions", "env", "headers", "negotiation"]

SITE = CGI + """
CacheQuickHandler on
CacheIgnoreNoLastMod on
CacheHeader on
CacheDetailHeader on
CacheEnable disk /cached.html
CacheRoot {dir}/cache

<Directory {docroot}>
    Options +Includes +MultiViews
    AllowOverride All
    AddOutputFilter INCLUDES .shtml
    AddHandler lua-script .lua
</Directory>
<Files cached.html>
    Header set Cache-Control max-age=600
</Files>
<Directory {docroot}/denied>
    Require all denied
</Directory>

Redirect /redirect http://elsewhere.test/
RewriteEngine on
RewriteRule ^/rewrite-redirect http://elsewhere.test/ [R=301,L]
RewriteRule ^/rewrite-gone - [G]
RewriteRule ^/rewrite-forbidden - [F]
RewriteRule ^/rewrite-proxy http://127.0.0.1:BACKEND/rewritten [P]
RewriteRule ^/rewrite-pass /index.html [PT]
RewriteRule ^/rewrite-405 - [R=405]

ProxyPass /proxied http://127.0.0.1:BACKEND/proxied
ProxyPass /socket ws://127.0.0.1:BACKEND/socket
ProxyRequests On
AllowCONNECT BACKEND

<Location /status>
    SetHandler server-status
</Location>
<Location /info>
    SetHandler server-info
</Location>
<Location /granted>
    Require all granted
</Location>
<Location /satisfy>
    Satisfy Any
    Order allow,deny
    Allow from all
</Location>
Action through-a-script /cgi/action virtual
<Location /action>
    SetHandler through-a-script
</Location>
FallbackResource /index.html
TraceEnable On
LuaQuickHandler {docroot}/../quick.lua handle
"""

ERROR_DOCUMENTS = "\n".join(f"ErrorDocument {status} /cgi/error" for status in (400, 403, 404, 421, 500))

LUA = """require "apache2"
function handle(r)
    if r.uri ~= "/lua-quick" then return apache2.DECLINED end
    r:puts("lua\\n")
    return apache2.OK
end
"""


CUSTOM = """require "apache2"
function handle(r)
    r:custom_response(403, "/cgi/error")
    return apache2.DECLINED
end
"""


@pytest.fixture(scope="module")
def backend():
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def origin(httpd, pki, backend):
    protected = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    site = SITE.replace("BACKEND", str(backend.port))
    server = httpd(modules=MODULES, ports=4, server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("shop.a.test", protected + site + ERROR_DOCUMENTS, aliases="a.test b.test")
                   + vhost("plain.a.test", protected + site + "Protocols h2c http/1.1", port="{port2}", tls=False)
                   + vhost("open.a.test", f"Protocols h2c http/1.1\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                           "<Location /protected>\nCFOriginPull On\n</Location>", port="{port3}", tls=False)
                   + vhost("custom.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n{CGI}LuaHookTranslateName {{dir}}/custom.lua handle early\n"
                           "<Location /protected>\nCFOriginPull On\n</Location>\n<Location /denied>\nRequire all denied\n</Location>\n"
                           "<Directory {docroot}>\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>", port="{port4}")
                   + vhost("doc-text.a.test", protected + 'ErrorDocument 403 "the text"', port="{port4}")
                   + vhost("doc-url.a.test", protected + "ErrorDocument 403 https://elsewhere.test/", port="{port4}")
                   + vhost("doc-expr.a.test", protected + 'ErrorDocument 403 "from %{REMOTE_ADDR}"', port="{port4}")
                   + vhost("doc-page.a.test", protected + "ErrorDocument 403 /index.html", port="{port4}"))
    scripts = Scripts(server)
    scripts.add("hello").add("error").add("action").add("fragment")
    scripts.add("go", "Location: /index.html\n\n")
    server.scripts = scripts
    (server.dir / "cache").mkdir()
    (server.dir / "cache").chmod(0o777)
    (server.dir / "quick.lua").write_text(LUA)
    (server.dir / "custom.lua").write_text(CUSTOM)
    root = server.docroot
    (root / "cached.html").write_text("worth caching\n")
    (root / "granted.html").write_text("granted\n")
    (root / "page.shtml").write_text('<!--#include virtual="/cgi/fragment" --> and <!--#include virtual="/index.html" -->\n')
    (root / "part.shtml").write_text('before <!--#include virtual="/protected/" --> after\n')
    (root / "script.lua").write_text('function handle(r) r:puts("lua\\n") return 0 end\n')
    for name, htaccess in {
        "satisfy": "Satisfy Any\nOrder allow,deny\nAllow from all\n",
        "granted": "Require all granted\n",
        "front": "RewriteEngine on\nRewriteRule . /index.html\n",
        "moved": "Redirect 302 /moved http://elsewhere.test/\n",
        "off": "",
    }.items():
        (root / name).mkdir()
        (root / name / "index.html").write_text(f"in {name}\n")
        (root / name / ".htaccess").write_text(htaccess)
    (root / "denied").mkdir()
    (root / "index.html.en").write_text("negotiated\n")
    return server


WAYS = [  # method, path, headers, and what the edge gets
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("GET", "/cached.html", {}, 200),
    ("GET", "/granted/", {}, 200),
    ("GET", "/satisfy/", {}, 200),
    ("GET", "/denied/", {}, 403),
    ("GET", "/redirect", {}, 302),
    ("GET", "/moved/", {}, 302),
    ("GET", "/moved", {}, 302),
    ("GET", "/granted", {}, 301),
    ("GET", "/rewrite-redirect", {}, 301),
    ("GET", "/rewrite-gone", {}, 410),
    ("GET", "/rewrite-forbidden", {}, 403),
    ("GET", "/rewrite-proxy", {}, 200),
    ("GET", "/rewrite-pass", {}, 200),
    ("GET", "/rewrite-405", {}, 405),
    ("GET", "/front/anything", {}, 200),
    ("GET", "/no-such-file", {}, 200),
    ("GET", "/action", {}, 200),
    ("GET", "/cgi/hello", {}, 200),
    ("GET", "/cgi/go", {}, 200),
    ("GET", "/cgi/none", {}, 404),
    ("GET", "/page.shtml", {}, 200),
    ("GET", "/script.lua", {}, 200),
    ("GET", "/lua-quick", {}, 200),
    ("GET", "/status", {}, 200),
    ("GET", "/status?auto", {}, 200),
    ("GET", "/info", {}, 200),
    ("GET", "/proxied/x", {}, 200),
    ("POST", "/proxied/x", {"Content-Length": "0"}, 200),
    ("OPTIONS", "*", {}, 200),
    ("OPTIONS", "/", {}, 200),
    ("TRACE", "/", {}, 200),
    ("DELETE", "/", {}, 405),
    ("BREW", "/", {}, 501),
    ("GET", "/%zz", {}, 400),
    ("GET", "/../../etc/passwd", {}, 400),
    ("GET", "/%2f", {}, 404),
    ("GET", "/x%00", {}, 404),
    ("GET", "/?" + "q" * 6000, {}, 200),
    ("GET", "/", {"If-None-Match": "*"}, 304),
    ("GET", "/", {"If-Match": '"none"'}, 412),
    ("GET", "/index.html", {"Range": "bytes=0-2"}, 206),
    ("GET", "/index.html", {"Range": "bytes=900-"}, 416),
    ("GET", "/", {"X-HTTP-Method-Override": "TRACE"}, 200),
]


def name_of(value):
    return str(value)[:30]


@pytest.mark.A1
@pytest.mark.A5
@pytest.mark.A14
@pytest.mark.A15
@pytest.mark.A16
@pytest.mark.parametrize("method, path, headers, admitted", WAYS, ids=name_of)
def test_no_way_leads_past_the_gate(origin, pki, backend, method, path, headers, admitted):
    scripts = sum(len(origin.scripts.runs(x)) for x in ("hello", "action", "fragment", "go"))
    assert get(origin.port, path, headers, method=method, cert=pki.leaf_a).status == admitted
    ran = sum(len(origin.scripts.runs(x)) for x in ("hello", "action", "fragment", "go"))
    reached = len(backend.seen)
    strangers = [dict(), dict(cert=pki.self_signed), dict(cert=pki.leaf_b), dict(cert=pki.leaf_a, source=STRANGER)]
    for stranger in strangers:
        with Connection(origin.port, **stranger) as connection:
            response = connection.get(path, {**CLOUDFLARE, **headers}, method=method)
            assert response.status == 403 and refused_page(response, method)
            assert response.headers["cache-control"] == "no-store"
            assert connection.get("/still-there").status == 403  # and the connection stays open
    assert len(backend.seen) == reached
    assert sum(len(origin.scripts.runs(x)) for x in ("hello", "action", "fragment", "go")) == ran >= scripts
    assert all("error" not in uri for uri in origin.scripts.runs("error"))


def refused_page(response, method="GET"):
    """httpd's own page for 403, which shows nothing of the site."""
    return method == "HEAD" or (b"You don't have permission" in response.body and b"the page" not in response.body)


H2_WAYS = [way for way in WAYS if way[0] not in ("HEAD",) and way[1] != "*" and "Expect" not in way[2]]


@pytest.mark.A1
@pytest.mark.A5
@pytest.mark.A14
@pytest.mark.A15
@pytest.mark.A16
def test_no_way_leads_past_the_gate_over_http2(origin, pki, backend):
    with H2Connection(origin.port, pki.leaf_a) as connection:
        streams = {connection.request(path, headers, method=method): admitted
                   for method, path, headers, admitted in H2_WAYS if admitted == 200}
        answers = connection.finish()
        assert {s: answers[s].status for s in streams} == streams
    reached = len(backend.seen)
    for cert in (None, pki.self_signed, pki.leaf_b):
        with H2Connection(origin.port, cert) as connection:
            streams = [connection.request(path, {**CLOUDFLARE, **headers}, method=method)
                       for method, path, headers, _ in H2_WAYS]
            answers = connection.finish()
            assert len(answers) == len(H2_WAYS) and not connection.goaway
            assert all(answers[s].status == 403 and refused_page(answers[s]) for s in streams)
    assert len(backend.seen) == reached


@pytest.mark.A14
def test_a_cached_response_is_not_served_without_proof(origin, pki):
    for _ in range(2):
        primed = get(origin.port, "/cached.html", cert=pki.leaf_a)
    assert primed.headers["x-cache"].startswith("HIT")
    assert get(origin.port, "/cached.html").status == 403
    assert get(origin.port, "/cached.html", {"If-None-Match": primed.headers["etag"]}).status == 403
    assert get(origin.port, "/cached.html", method="HEAD").status == 403
    with H2Connection(origin.port) as connection:
        assert connection.get("/cached.html").status == 403


@pytest.mark.A14
def test_a_refusal_is_not_cached(origin, pki):
    for _ in range(2):
        assert get(origin.port, "/cached.html?fresh").status == 403
    assert get(origin.port, "/cached.html?fresh", cert=pki.leaf_a).status == 200


@pytest.mark.A16
def test_connect_is_behind_the_gate(origin, pki, backend):
    target = f"127.0.0.1:{backend.port}"
    for host in (target, "shop.a.test"):
        with Connection(origin.port, pki.leaf_a) as connection:
            assert connection.get(target, method="CONNECT", host=host).status == 403
    before = backend.connections
    for cert in (None, pki.leaf_b, pki.self_signed):
        with Connection(origin.port, cert) as connection:
            assert connection.get(target, method="CONNECT", host="shop.a.test").status == 403
    assert backend.connections == before


@pytest.mark.A16
def test_the_forward_proxy_is_behind_the_gate(origin, pki, backend):
    url = f"http://127.0.0.1:{backend.port}/forward"
    assert get(origin.port, url, cert=pki.leaf_a).status == 200
    before = backend.connections
    for cert in (None, pki.leaf_b, pki.self_signed):
        assert get(origin.port, url, cert=cert).status == 403
    assert backend.connections == before


@pytest.mark.A16
def test_a_websocket_is_behind_the_gate(origin, pki, backend):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert get(origin.port, "/socket", upgrade, cert=pki.leaf_a).status == 101
    before = backend.connections
    for cert in (None, pki.leaf_b, pki.self_signed):
        assert get(origin.port, "/socket", upgrade, cert=cert).status == 403
    assert backend.connections == before


@pytest.mark.A17
@pytest.mark.parametrize("host", ["doc-text.a.test", "doc-url.a.test", "doc-expr.a.test", "doc-page.a.test"])
def test_no_error_document_answers_a_refused_request(origin, pki, host):
    (origin.docroot / "denied").mkdir(exist_ok=True)
    (origin.docroot / "denied" / ".htaccess").write_text("")
    response = get(origin.ports[3], "/", sni=host)
    assert response.status == 403 and refused_page(response) and "location" not in response.headers
    with H2Connection(origin.ports[3], sni=host) as connection:
        response = connection.get("/")
        assert response.status == 403 and refused_page(response) and "location" not in response.headers


@pytest.mark.A17
def test_an_error_document_script_runs_only_for_admitted_requests(origin, pki):
    assert get(origin.port, "/denied/?edge", cert=pki.leaf_a).text == "the script\n"
    assert "/denied/?edge" in origin.scripts.runs("error")
    for cert in (None, pki.leaf_b, pki.self_signed):
        for path in ("/denied/?stranger", "/cgi/none?stranger", "/?stranger"):
            assert refused_page(get(origin.port, path, cert=cert))
    assert not any("stranger" in uri for uri in origin.scripts.runs("error"))


MALFORMED = [
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nHost: b.test\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test..\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nBad Header: x\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nContent-Length: x\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nTransfer-Encoding: odd\r\n\r\n",
    b"GET /malformed extra HTTP/1.1\r\nHost: shop.a.test\r\n\r\n",
    b"GET malformed HTTP/1.1\r\nHost: shop.a.test\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
    b"GET /malformed HTTP/1.1\r\nHost: shop.a.test\r\nExpect: magic\r\n\r\n",
    b"GET /malformed" + b"x" * 9000 + b" HTTP/1.1\r\nHost: shop.a.test\r\n\r\n",
    b"GET /malformed HTTP/1.0\r\n\r\n",
    b"\x16\x03\x01\r\n\r\n",
]


@pytest.mark.A17
def test_no_error_page_that_a_module_chose_answers_a_refused_request(origin, pki):
    """In a protected directory, which httpd finds after that module has run."""
    port, before = origin.ports[3], len(origin.scripts.runs("error"))
    assert get(port, "/denied/", sni="custom.a.test").text == "the script\n"
    assert len(origin.scripts.runs("error")) == before + 1
    for cert in (None, pki.leaf_b):
        for path in ("/protected/", "/protected/none"):
            assert refused_page(get(port, path, sni="custom.a.test", cert=cert))
            with H2Connection(port, cert, sni="custom.a.test") as connection:
                assert refused_page(connection.get(path))
        part = get(port, "/part.shtml", sni="custom.a.test", cert=cert)
        assert part.status == 200 and "before" in part.text and "the script" not in part.text
    assert len(origin.scripts.runs("error")) == before + 1


@pytest.mark.A17
@pytest.mark.A18
@pytest.mark.parametrize("request_bytes", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("sni", ["shop.a.test", None])
def test_a_malformed_request_runs_no_script(origin, pki, request_bytes, sni):
    """httpd answers these before any module can judge; the ErrorDocument reaches the gate without a verdict."""
    before = len(origin.scripts.runs("error"))
    for cert in (None, pki.leaf_a):
        with Connection(origin.port, cert, sni=sni) as connection:
            response = connection.raw(request_bytes)
            assert response.status >= 400 and b"the script" not in response.body
    assert len(origin.scripts.runs("error")) == before


@pytest.mark.A2
@pytest.mark.A17
@pytest.mark.A18
@pytest.mark.A31
def test_plain_http_on_the_tls_port_runs_no_script(origin):
    before = len(origin.scripts.runs("error"))
    for path in ("/", "/cached.html", "/granted/", "/rewrite-redirect"):
        response = get(origin.port, path, plain=True)
        assert response.status == 400 and b"the script" not in response.body and "location" not in response.headers
    assert len(origin.scripts.runs("error")) == before


@pytest.mark.A2
@pytest.mark.A18
def test_http_0_9_gets_no_page(origin):
    for plain in (False, True):
        with Connection(origin.ports[1] if plain else origin.port, sni=None, plain=plain) as connection:
            connection.sock.sendall(b"GET /\r\n")
            try:
                while True:
                    connection.fill()
            except EOFError:
                pass
            assert connection.buffer and b"the page" not in connection.buffer


@pytest.mark.A1
@pytest.mark.A2
@pytest.mark.parametrize("line, headers, port", [
    (b"GET / HTTP/1.0", b"Host: shop.a.test\r\n", 0),
    (b"GET https://shop.a.test/ HTTP/1.1", b"Host: other.test\r\n", 0),
    (b"GET http://shop.a.test/ HTTP/1.1", b"Host: shop.a.test\r\n", 0),
    (b"GET https://open.a.test/ HTTP/1.1", b"Host: open.a.test\r\n", 0),
    (b"GET / HTTP/1.1", b"Host: shop.a.test\r\nX-Forwarded-Host: open.a.test\r\n", 0),
    (b"GET / HTTP/1.1", b"Host: shop.a.test\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n", 0),
    (b"GET / HTTP/1.1", b"Host: shop.a.test\r\nSSL_CLIENT_VERIFY: SUCCESS\r\nSSL-Client-Cert: x\r\n", 0),
    (b"GET / HTTP/1.1", b"Host: shop.a.test\r\nCF-Origin: verified\r\nCF_ORIGIN: verified\r\n", 0),
    (b"GET / HTTP/1.1", b"Host: plain.a.test\r\nX-Forwarded-Proto: https\r\n", 1),
    (b"GET https://plain.a.test/ HTTP/1.1", b"Host: plain.a.test\r\n", 1),
    (b"GET / HTTP/1.1", b"Host: plain.a.test\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n", 1),
    (b"GET / HTTP/1.1", b"Host: plain.a.test\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n", 1),
    (b"POST / HTTP/1.1", b"Host: plain.a.test\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                         b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: 0\r\n", 1),
])
def test_no_request_line_or_header_opens_the_gate(origin, line, headers, port):
    with Connection(origin.ports[port], sni="shop.a.test", plain=port == 1) as connection:
        response = connection.raw(line + b"\r\n" + headers + b"\r\n")
        assert response.status == 403 and refused_page(response)


@pytest.mark.A2
def test_h2c_with_prior_knowledge_is_not_tls(origin):
    with H2Connection(origin.ports[1], sni="plain.a.test", plain=True) as connection:
        streams = [connection.request(f"/h2c{i}") for i in range(10)]
        answers = connection.finish()
        assert [answers[s].status for s in streams] == [403] * 10
    assert origin.wait_event(uri="/h2c9")["reason"] == "not-tls"


@pytest.mark.A2
def test_each_path_of_an_http2_connection_without_tls_is_judged(origin):
    """In a virtual host where only a directory is protected."""
    with H2Connection(origin.ports[2], sni="open.a.test", plain=True) as connection:
        streams = [connection.request(["/", "/protected"][i % 2]) for i in range(6)]
        answers = connection.finish()
        assert [answers[s].status for s in streams] == [200, 403] * 3
    upgrade = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA"}
    assert get(origin.ports[2], "/protected", upgrade, sni="open.a.test", plain=True).status == 403


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.a.test\r\n\r\n"


@pytest.mark.A26
def test_the_body_of_a_refused_request_is_not_read_as_a_request(origin, pki):
    for cert in (None, pki.leaf_b):
        with Connection(origin.port, cert) as connection:
            assert connection.get(method="POST", body=SMUGGLED).status == 403
            chunk = b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n"
            head = b"POST /chunked HTTP/1.1\r\nHost: shop.a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
            assert connection.raw(head + chunk).status == 403
            assert connection.get("/after", method="POST", body=b"x" * 300000).status == 403
            assert connection.get("/after-all").status == 403
            assert not connection.buffer
    origin.wait_event(uri="/after-all", cert=pki.leaf_b.sha256)
    assert not any(event["uri"] == "/smuggled" for event in origin.events())


def test_each_of_many_pipelined_requests_is_refused(origin):
    with Connection(origin.port) as connection:
        connection.sock.sendall(b"".join(b"GET /pipelined%d HTTP/1.1\r\nHost: shop.a.test\r\n\r\n" % i
                                         for i in range(20)))
        assert [connection.read_response().status for _ in range(20)] == [403] * 20
    origin.wait_event(uri="/pipelined19")
    assert len([e for e in origin.events() if e["uri"].startswith("/pipelined")]) == 20


@pytest.mark.A26
def test_a_body_with_two_lengths_ends_the_connection(origin, pki):
    """After Transfer-Encoding together with Content-Length, nothing more is answered."""
    for cert, status in ((pki.leaf_a, 200), (None, 403)):
        with Connection(origin.port, cert) as connection:
            response = connection.raw(b"POST /proxied/both HTTP/1.1\r\nHost: shop.a.test\r\nContent-Length: 5\r\n"
                                      b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED)
            assert response.status == status
            with pytest.raises((EOFError, ConnectionError)):
                connection.read_response()
    assert not any(event["uri"] == "/smuggled" for event in origin.events())


def test_a_refused_request_gets_no_100_continue(origin):
    with Connection(origin.port) as connection:
        connection.sock.sendall(b"POST / HTTP/1.1\r\nHost: shop.a.test\r\nContent-Length: 50\r\n"
                                b"Expect: 100-continue\r\n\r\n")
        connection.fill()
        assert connection.buffer.startswith(b"HTTP/1.1 403")
        # The client cannot know whether httpd waits for the body, so httpd closes.
        assert connection.read_response().headers["connection"] == "close"


@pytest.mark.A3
@pytest.mark.A32
def test_each_of_many_streams_has_its_own_verdict(origin, pki):
    """One connection, three hosts, and another visitor in each stream."""
    hosts = {"shop.a.test": (200, "verified"), "a.test": (200, "verified"), "b.test": (403, "cert-other-zone"),
             "elsewhere.test": (403, "zone-unknown")}
    with H2Connection(origin.port, pki.leaf_a) as connection:
        streams = {}
        for i in range(96):
            host = list(hosts)[i % 4]
            streams[connection.request(f"/index.html?crowd{i}.", {"CF-Connecting-IP": f"198.51.100.{i}"}, host)] = host
        answers = connection.finish()
        assert len(streams) == 96 and not connection.goaway
        for stream, host in streams.items():
            assert answers[stream].status == hosts[host][0], host
    for i in range(96):
        status, reason = list(hosts.values())[i % 4]
        visitor = f"198.51.100.{i}" if status == 200 else EDGE
        line = origin.wait_access(f"crowd{i}. ")
        assert line.startswith(f"{visitor} {EDGE} {status} ") and f"reason={reason} " in line


@pytest.mark.A4
def test_a_pin_refuses_the_shared_certificate_of_another_tenant(httpd, pki):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("leaf.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.shared_leaf.crt}")
                   + vhost("digest.a.test", f"CFOriginPull On\nCFOriginPullZone a.test sha256:{pki.shared_leaf.sha256}")
                   + vhost("key.a.test", f"CFOriginPull On\nCFOriginPullZone a.test spki-sha256:{pki.shared_leaf.spki_sha256}")
                   + vhost("chain.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.bundle(pki.shared_leaf, pki.shared_ca)}")
                   + vhost("ca.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.shared_ca.crt}"))
    for host in ("leaf.a.test", "digest.a.test", "key.a.test", "chain.a.test"):
        assert get(server.port, cert=pki.shared_leaf, sni=host).status == 200
        assert get(server.port, cert=pki.shared_leaf_2, sni=host, tls="1.2").status == 403
        assert get(server.port, cert=pki.shared_leaf_2, sni=host, tls="1.3").status == 403
        assert get(server.port, cert=pki.shared_ca, sni=host).status == 403
        with H2Connection(server.port, pki.shared_leaf_2, sni="attackers.test") as connection:
            assert [connection.get(authority=host).status for _ in range(2)] == [403] * 2
    assert get(server.port, cert=pki.shared_leaf_2, sni="ca.a.test").status == 200


@pytest.mark.A31
def test_nothing_crashed(origin):
    assert "exit signal" not in origin.log() and "AH00051" not in origin.log()
