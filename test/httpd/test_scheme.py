# SPDX-License-Identifier: Apache-2.0
"""CFOriginPullScheme visitor: https for httpd and the application where TLS ends at Cloudflare or cloudflared."""
import re
import socketserver
import stat
import struct
import threading

import pytest

from apps import CGI, CGI_MODULES, add_scripts, pairs, variables
from client import CLOUDFLARE, EDGE, STRANGER, VISITOR, Connection, get
from server import vhost

TUNNEL, EXEMPT = "127.202.0.1", "127.201.0.1"
HTTPS = {**CLOUDFLARE, "CF-Visitor": '{"scheme":"https"}'}
HTTP = {**CLOUDFLARE, "CF-Visitor": '{"scheme":"http"}'}

REDIRECTS = """
RewriteEngine On
RewriteCond %{HTTPS} off
RewriteRule ^/loop https://%{HTTP_HOST}/loop [R=301,L]
RewriteCond %{REQUEST_SCHEME} =http
RewriteRule ^/by-scheme https://%{HTTP_HOST}/by-scheme [R=301,L]
RewriteCond %{SERVER_PORT} !=443
RewriteRule ^/by-port https://%{HTTP_HOST}/by-port [R=301,L]
RewriteRule ^/relative /there [R=302,L]
RewriteRule ^/(loop|by-scheme|by-port) /index.html [PT]
RewriteRule ^/back /cgi/env.cgi [PT]
Redirect /moved /there
RedirectMatch ^/matched/(.*)$ /there/$1
<If "%{HTTPS} == 'on'">
    Header always set X-If on
</If>
<If "%{REQUEST_SCHEME} == 'https' && %{SERVER_PORT} == '443'">
    Header always set X-Scheme https
</If>
RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"
RequestHeader set X-Https "expr=%{HTTPS}"
ProxyPass /proxy http://127.0.0.1:BACKEND/
ProxyPass /app http://127.0.0.1:{port3}
ProxyPassReverse /app http://127.0.0.1:{port3}
ErrorDocument 404 /cgi/env.cgi
DirectorySlash On
CheckSpelling On
"""


class FastCgi(socketserver.StreamRequestHandler):
    """Answers each request with its parameters, as lines NAME=VALUE."""

    def length(self, data):
        if data[0] < 128:
            return data[0], data[1:]
        return int.from_bytes(data[:4], "big") & 0x7FFFFFFF, data[4:]

    def handle(self):
        params, kind = b"", 0
        while kind != 5:  # FCGI_STDIN
            head = self.rfile.read(8)
            kind, content = head[1], self.rfile.read(int.from_bytes(head[4:6], "big") + head[6])
            params += content[:len(content) - head[6]] if kind == 4 else b""
        lines = []
        while params:
            name, params = self.length(params)
            value, params = self.length(params)
            lines.append(params[:name] + b"=" + params[name:name + value])
            params = params[name + value:]
        body = b"Content-Type: text/plain\r\n\r\n" + b"\n".join(lines)
        for kind, content in ((6, body), (6, b""), (3, bytes(8))):
            self.wfile.write(struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content)


@pytest.fixture(scope="module")
def fcgi():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), FastCgi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def add_location(server):
    """A script that redirects by a Location without a host, which is an internal redirect, and one with."""
    for name, location in (("local.cgi", "/cgi/env.cgi?local"), ("far.cgi", "https://elsewhere.test/")):
        path = server.docroot / "cgi" / name
        path.write_text(f"#!/bin/sh\nprintf 'Location: {location}\\r\\n\\r\\n'\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    (server.docroot / "folder").mkdir()
    (server.docroot / "folder" / "index.html").write_text("in the folder\n")
    return server


@pytest.fixture(scope="module", params=["alone", "mod_remoteip"])
def origin(request, httpd, pki, backend):
    """Plain HTTP, by name; TLS at the second port."""
    redirects = REDIRECTS.replace("BACKEND", str(backend.port))
    tunnel = f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\nCFOriginPullExemptFrom {EXEMPT}\nCFOriginPullExemptPath /exempt\n"
    visitor = "CFOriginPullScheme visitor\n"
    hosts = {
        "shop": "CFOriginPull On\n" + tunnel + visitor,
        "default": "CFOriginPull On\n" + tunnel,
        "connection": "CFOriginPull On\n" + tunnel + "CFOriginPullScheme Connection\n",
        "audit": "CFOriginPull Audit\n" + tunnel + visitor,
        "plain-audit": "CFOriginPull Audit\n" + tunnel,
        "flexible": "CFOriginPull On\nCFOriginPullRequire ip\n" + visitor,
        "edge": "CFOriginPull Audit\nCFOriginPullClientIP edge\n" + tunnel + visitor,
        "off": visitor, "located": "<Location /cgi>\nCFOriginPull On\n</Location>\n" + tunnel + visitor,
        "canonical": "UseCanonicalName On\nCFOriginPull On\n" + tunnel + visitor,
        "physical": "UseCanonicalPhysicalPort On\nCFOriginPull On\n" + tunnel + visitor,
        "both": "UseCanonicalName On\nUseCanonicalPhysicalPort On\nCFOriginPull On\n" + tunnel + visitor,
        "scrubbed": "CFOriginPull On\nCFOriginPullScrub Off\nCFOriginPullClientIP off\n" + tunnel + visitor,
    }
    text = CGI + "CFOriginPullRanges 127.0.0.0/9\n" + f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    for name, lines in hosts.items():
        text += vhost(f"{name}.a.test", lines + redirects, tls=False)
    for name in ("http://named.a.test:80", "https://scheme.a.test:8443"):
        text += vhost(name, "UseCanonicalName On\nCFOriginPull On\n" + tunnel + visitor + redirects, tls=False)
    text += vhost("tls.a.test", "CFOriginPull On\nCFOriginPullRequire ip\n" + visitor + redirects, port="{port2}")
    text += vhost("protected.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n" + visitor + redirects, port="{port2}")
    modules = ["rewrite", "headers", "proxy", "proxy_http", "speling"] + (["remoteip"] if request.param != "alone" else [])
    return add_location(add_scripts(httpd(modules=CGI_MODULES + modules, server=text)))


def ask(server, path, headers=None, name="shop", source=TUNNEL, host=None):
    return get(server.port, path, HTTPS if headers is None else headers, sni=f"{name}.a.test", plain=True, source=source, host=host)


def scheme_of(response, status=200):
    """HTTPS, REQUEST_SCHEME and, if that is https, SERVER_PORT."""
    seen = variables(response, status)
    return seen.get("HTTPS"), seen["REQUEST_SCHEME"], seen["SERVER_PORT"] if seen["REQUEST_SCHEME"] == "https" else None


ON, PLAIN = ("on", "https", "443"), (None, "http", None)


@pytest.mark.parametrize("path, location", [
    ("/folder", "/folder/"), ("/folder?a=b", "/folder/?a=b"), ("/moved", "/there"), ("/moved/x?y", "/there/x?y"), ("/matched/x", "/there/x"),
    ("/relative", "/there"), ("/app/folder", "/app/folder/"), ("/indx.html", "/index.html"),
])
@pytest.mark.parametrize("name", ["shop", "flexible", "audit", "canonical", "physical", "both", "scrubbed"])
def test_redirects_of_httpd_are_https_without_a_port(origin, name, path, location):
    response = ask(origin, path, name=name, source=EDGE if name == "flexible" else TUNNEL)
    assert response.status in (301, 302) and response.headers["location"] == f"https://{name}.a.test{location}"
    # A visitor by http stays with it.
    plain = ask(origin, path, HTTP, name=name, source=EDGE if name == "flexible" else TUNNEL).headers["location"]
    assert re.fullmatch(rf"http://{name}\.a\.test(:{origin.port})?{re.escape(location)}", plain)


@pytest.mark.parametrize("port, shown", [("443", ""), ("8443", ":8443"), ("2053", ":2053"), ("2083", ":2083"), ("2087", ":2087"),
                                         ("2096", ":2096"), ("80", ""), ("18080", ""), ("8080", ""), ("65979", "")])
def test_only_cloudflares_ports_appear_in_urls(origin, port, shown):
    for path, location in (("/folder", "/folder/"), ("/moved", "/there"), ("/relative", "/there")):
        response = ask(origin, path, host=f"shop.a.test:{port}")
        if port == "65979":
            assert response.status == 400
        else:
            assert response.headers["location"] == f"https://shop.a.test{shown}{location}"
    if port != "65979":
        assert scheme_of(ask(origin, "/cgi/env.cgi", host=f"shop.a.test:{port}")) == ("on", "https", shown[1:] or "443")


@pytest.mark.parametrize("host, location", [
    ("[::1]", "https://[::1]/there"), ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/there"), ("[2001:db8::1]:8080", "https://[2001:db8::1]/there"),
    ("192.0.2.1:80", "https://192.0.2.1/there"), ("SHOP.a.test.:18080", "https://shop.a.test/there"),
])
def test_the_host_of_urls_may_be_written_in_any_way(origin, host, location):
    assert ask(origin, "/moved", host=host).headers["location"] == location


@pytest.mark.parametrize("host, location", [("named", "https://named.a.test/there"), ("scheme", "https://scheme.a.test:8443/there")])
def test_a_canonical_name_keeps_its_port_if_it_is_one_of_cloudflares(origin, host, location):
    for path in ("/moved", "/relative"):
        assert ask(origin, path, name=host).headers["location"] == location
    if host == "scheme":
        assert scheme_of(ask(origin, "/cgi/env.cgi", name=host)) == ("on", "https", "8443")


@pytest.mark.parametrize("path", ["/loop", "/by-scheme", "/by-port"])
def test_the_classic_redirect_loop_ends(origin, path):
    assert ask(origin, path).status == 200
    assert ask(origin, path, HTTP).headers["location"] == f"https://shop.a.test{path}"
    assert ask(origin, path, name="default").status == 301


def test_php_fpm_is_told(httpd, fcgi):
    """That is, any application behind mod_proxy_fcgi."""
    server = httpd(modules=["proxy", "proxy_fcgi"], server=f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\n"
                   + vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullScheme visitor\nProxyPass / fcgi://127.0.0.1:{fcgi}/srv/\n", tls=False))
    assert scheme_of(ask(server, "/index.php")) == ON
    assert scheme_of(ask(server, "/index.php", HTTP)) == PLAIN


LOOPS = {
    "https": "RewriteCond %{HTTPS} off", "not on": "RewriteCond %{HTTPS} !=on", "pattern": "RewriteCond %{HTTPS} !^on$ [NC]",
    "environment": "RewriteCond %{ENV:HTTPS} !on", "port": "RewriteCond %{SERVER_PORT} !^443$", "scheme": "RewriteCond %{REQUEST_SCHEME} !https",
    "expression": 'RewriteCond expr "%{HTTPS} != \'on\'"',
}


@pytest.fixture(scope="module")
def loops(httpd):
    """One folder with a .htaccess file for each, as published."""
    server = httpd(modules=["rewrite", "headers"], server=f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\n"
                   "CFOriginPullScheme visitor\n<Directory {docroot}>\nAllowOverride All\n</Directory>\n"
                   + vhost("shop.a.test", "CFOriginPull On\nHeader always set Strict-Transport-Security max-age=9 env=HTTPS", tls=False))
    for name, condition in LOOPS.items():
        folder = server.docroot / name.replace(" ", "-")
        folder.mkdir()
        (folder / "index.html").write_text("no loop\n")
        (folder / ".htaccess").write_text(
            f"RewriteEngine On\n{condition}\nRewriteRule ^(.*)$ https://%{{HTTP_HOST}}%{{REQUEST_URI}} [L,R=301]\n")
    return server


@pytest.mark.parametrize("name", LOOPS)
def test_a_redirect_loop_in_a_htaccess_file_ends(loops, name):
    path = f"/{name.replace(' ', '-')}/"
    response = ask(loops, path)
    assert (response.status, response.headers.get("strict-transport-security")) == (200, "max-age=9")
    response = ask(loops, path, HTTP)
    assert response.status == 301 and "strict-transport-security" not in response.headers


@pytest.mark.parametrize("path, status", [("/cgi/env.cgi", 200), ("/back", 200), ("/missing", 404), ("/cgi/local.cgi", 200)])
@pytest.mark.parametrize("name", ["shop", "audit", "flexible", "scrubbed"])
def test_a_script_sees_https(origin, path, status, name):
    """Also after an internal redirect, and as an error page."""
    source = EDGE if name == "flexible" else TUNNEL
    assert scheme_of(ask(origin, path, name=name, source=source), status) == ON
    assert scheme_of(ask(origin, path, HTTP, name=name, source=source), status) == PLAIN
    assert scheme_of(ask(origin, path, CLOUDFLARE, name=name, source=source), status) == PLAIN


def test_a_location_of_a_script_is_left_alone(origin):
    assert ask(origin, "/cgi/far.cgi").headers["location"] == "https://elsewhere.test/"


def test_expressions_see_https(origin):
    response = ask(origin, "/")
    assert (response.headers.get("x-if"), response.headers.get("x-scheme")) == ("on", "https")
    response = ask(origin, "/", HTTP)
    assert "x-if" not in response.headers and "x-scheme" not in response.headers


def test_a_proxied_application_is_told(origin):
    seen = dict(pairs(ask(origin, "/proxy").text))
    assert (seen["X-Forwarded-Proto"], seen["X-Https"], seen["CF-Visitor"]) == ("https", "on", '{"scheme":"https"}')
    seen = dict(pairs(ask(origin, "/proxy", HTTP).text))
    assert (seen["X-Forwarded-Proto"], seen["X-Https"]) == ("http", "off")


def test_the_directory_of_an_open_virtual_host(origin):
    assert scheme_of(ask(origin, "/cgi/env.cgi", name="located")) == ON
    assert scheme_of(ask(origin, "/missing", name="located"), 404) == ON  # the error page is in it
    assert ask(origin, "/folder", name="located").headers["location"].startswith("http://")


# Where nothing may change.

@pytest.mark.parametrize("name, source, headers", [
    ("default", TUNNEL, HTTPS), ("connection", TUNNEL, HTTPS), ("plain-audit", TUNNEL, HTTPS), ("off", TUNNEL, HTTPS),
    ("shop", EXEMPT, HTTPS), ("audit", EXEMPT, HTTPS), ("audit", STRANGER, HTTPS), ("audit", EDGE, HTTPS), ("edge", EDGE, HTTPS),
    *[("shop", TUNNEL, {**CLOUDFLARE, "CF-Visitor": value}) for value in (
        "https", '{"scheme":"HTTPS"}', '{"scheme":"https"', '{"scheme":"https"}, {"scheme":"http"}', '{"scheme":"http","scheme":"https"}', "")],
    ("shop", TUNNEL, [("CF-Visitor", '{"scheme":"https"}'), ("cf-visitor", '{"scheme":"https"}')]),
    ("shop", TUNNEL, {**CLOUDFLARE, "CF_Visitor": '{"scheme":"https"}'}),
    ("shop", TUNNEL, {**CLOUDFLARE, "X-Forwarded-Proto": "https"}),
])
def test_a_forged_or_unclear_visitor_changes_nothing(origin, name, source, headers):
    assert scheme_of(ask(origin, "/cgi/env.cgi", headers, name, source)) == PLAIN
    assert scheme_of(ask(origin, "/missing", headers, name, source), 404) == PLAIN
    assert ask(origin, "/moved", headers, name, source).headers["location"].startswith("http://")
    assert ask(origin, "/loop", headers, name, source).status == 301
    assert "x-if" not in ask(origin, "/", headers, name, source).headers


@pytest.mark.parametrize("value", ['{ "scheme" : "https" }', '\t{"scheme":\t"https"}'])
def test_white_space_of_json_is_allowed(origin, value):
    assert scheme_of(ask(origin, "/cgi/env.cgi", {"CF-Visitor": value})) == ON


def test_an_exempt_path_does_not_believe_it(origin):
    assert ask(origin, "/exempt", source=STRANGER).status == 404
    response = ask(origin, "/exempt/folder", source=STRANGER)
    assert "x-if" not in response.headers


def test_each_request_of_a_connection_is_by_itself(origin):
    with Connection(origin.port, sni="shop.a.test", plain=True, source=TUNNEL) as connection:
        for headers, expected in [(HTTPS, ON), (HTTP, None), (HTTPS, ON), (CLOUDFLARE, None), (HTTPS, ON)]:
            assert scheme_of(connection.get("/cgi/env.cgi", headers)) == (expected or PLAIN)
            assert connection.get("/loop", headers).status == (200 if expected else 301)
        # Other virtual hosts of the connection: Off, and without the line.
        for host in ("off.a.test", "default.a.test"):
            assert connection.get("/loop", HTTPS).status == 200
            assert connection.get("/loop", HTTPS, host=host).status == 301


def test_pipelined_requests_do_not_share_it(origin):
    """The first may not be over when the second is answered, in whichever virtual host."""
    def request(headers, host):
        lines = [f"GET /loop?{host} HTTP/1.1", f"Host: {host}"] + [f"{k}: {v}" for k, v in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    sent = [(HTTPS, "shop.a.test", 200), (HTTP, "shop.a.test", 301), (HTTPS, "shop.a.test", 200), (HTTPS, "off.a.test", 301),
            (HTTPS, "shop.a.test", 200), (HTTPS, "default.a.test", 301), (HTTPS, "shop.a.test", 200)] * 5
    with Connection(origin.port, sni="shop.a.test", plain=True, source=TUNNEL) as connection:
        connection.sock.sendall(b"".join(request(headers, host) for headers, host, _ in sent))
        assert [connection.read_response().status for _ in sent] == [status for _, _, status in sent]


def test_tls_connections_are_as_they_are(origin, pki):
    for host, cert in (("tls", None), ("protected", pki.leaf_a)):
        name = f"{host}.a.test:{origin.ports[1]}"
        for headers in (HTTPS, HTTP, CLOUDFLARE):
            with Connection(origin.ports[1], cert, sni=f"{host}.a.test") as connection:
                seen = variables(connection.get("/cgi/env.cgi", headers, host=name))
                assert (seen["REQUEST_SCHEME"], seen["SERVER_PORT"]) == ("https", str(origin.ports[1]))
                assert connection.get("/moved", headers, host=name).headers["location"] == f"https://{name}/there"


def test_a_tls_connection_after_a_plain_one_reads_no_mark(origin, pki):
    assert get(origin.ports[1], sni="protected.a.test").status == 403


# What mod_ssl itself decides stays: docs/directives.md says so.

def test_rules_of_mod_ssl_are_about_the_connection(httpd):
    server = httpd(server=f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\nCFOriginPullScheme visitor\n" + vhost("shop.a.test", """
        CFOriginPull On
        <Location /require>
            Require ssl
        </Location>
        <Location /sslrequiressl>
            SSLRequireSSL
        </Location>
        <Location /expr>
            Require expr "%{HTTPS} == 'on'"
        </Location>""", tls=False))
    for name in ("require", "sslrequiressl", "expr"):
        (server.docroot / name).write_text("x")
    assert [ask(server, f"/{name}").status for name in ("require", "sslrequiressl", "expr")] == [403, 403, 200]


def test_an_upgrade_to_http2_is_declined_for_such_a_request(httpd):
    server = httpd(server=f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\nCFOriginPullScheme visitor\nProtocols h2c http/1.1\n"
                   + vhost("shop.a.test", "CFOriginPull On", tls=False))
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA"}
    assert ask(server, "/", {**HTTPS, **upgrade}).status == 200


def test_http2_without_tls_has_it_stream_by_stream(httpd):
    """cloudflared does not do that, but nothing may be shared between streams."""
    from client import H2Connection
    server = add_scripts(httpd(modules=CGI_MODULES, server=CGI + f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\n"
                               "CFOriginPullScheme visitor\nProtocols h2c http/1.1\n" + vhost("shop.a.test", "CFOriginPull On", tls=False)))
    with H2Connection(server.port, sni="shop.a.test", plain=True, source=TUNNEL) as connection:
        streams = [(connection.request("/cgi/env.cgi", headers), headers) for headers in [HTTPS, HTTP, CLOUDFLARE] * 8]
        results = connection.finish()
        for stream, headers in streams:
            seen = variables(results[stream])
            assert seen.get("HTTPS") == ("on" if headers is HTTPS else None)
            assert seen["REQUEST_SCHEME"] == ("https" if headers is HTTPS else "http")


@pytest.mark.parametrize("words", ["https", "on", "visitor connection", "CF-Visitor"])
def test_other_words_stop_the_start(httpd, pki, scratch, words):
    from test_check import make
    code, output = make(scratch, pki, f"CFOriginPullScheme {words}\n").check()
    assert code == 1 and "CFOriginPullScheme" in output
