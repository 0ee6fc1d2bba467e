# SPDX-License-Identifier: Apache-2.0
"""Protected parts of an open virtual host, and open (exempt) parts of a protected one."""
import pytest

from client import CLOUDFLARE, EDGE, RAY, VISITOR, Connection, H2Connection, get
from scripts import CGI, CGI_MODULES, Backend, Scripts
from server import vhost

MODULES = [*CGI_MODULES, "include", "rewrite", "access_compat", "negotiation", "autoindex",
           "auth_basic", "authn_core", "authn_file", "authz_user"]

ECHO = """#!/bin/sh
echo "$REQUEST_URI" >> "$TRACE"
printf 'Content-Type: text/plain\\n\\n'
echo "addr=$REMOTE_ADDR origin=$CF_ORIGIN ray=$CF_RAY client=$HTTP_CF_CONNECTING_IP/$HTTP_CF_RAY/$HTTP_CF_VISITOR path=$PATH_INFO"
"""


class Site:
    """One httpd and its scripts, which print what they see and write that they ran."""

    def __init__(self, httpd, **options):
        self.httpd = httpd(modules=MODULES, **options)
        self.port, self.docroot = self.httpd.port, self.httpd.docroot
        self.scripts = Scripts(self.httpd)
        for name in ("echo", "error", "front"):
            self.script(self.scripts.folder / name, name)

    def script(self, path, name):
        path.write_text(ECHO.replace("$TRACE", str(self.scripts.traces / name)))
        path.chmod(0o755)

    def write(self, path, text):
        path = self.docroot / path
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def site(httpd, pki):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    options = ("<Directory {docroot}>\nOptions +Includes +Indexes\nAllowOverride All\nAddOutputFilter INCLUDES .shtml\n"
               "</Directory>\n")
    site = Site(httpd, ports=4, server="CFOriginPullRanges 127.0.0.0/9\n"
                + vhost("off.a.test", zone + CGI + options + """
                        <Directory {docroot}/on>
                            CFOriginPull On
                        </Directory>
                        <Location /location>
                            CFOriginPull On
                        </Location>
                        <Location /audit>
                            CFOriginPull Audit
                        </Location>
                        <Files secret*>
                            CFOriginPull On
                        </Files>
                        <Location /cgi/echo>
                            CFOriginPull On
                        </Location>
                        <If "%{QUERY_STRING} == 'if'">
                            CFOriginPull On
                        </If>
                        CFOriginPullExemptPath /location/open
                        RewriteEngine on
                        RewriteRule ^/rewritten /location/rewritten [PT]
                        ErrorDocument 403 /cgi/error
                        ErrorDocument 404 /on/404.html
                        """)
                + vhost("audit.a.test", "CFOriginPull Audit\n" + zone + CGI + options + """
                        <Directory {docroot}/on>
                            CFOriginPull On
                        </Directory>
                        <Location /audit>
                            CFOriginPull Audit
                        </Location>
                        """)
                + vhost("hidden.a.test", "CFOriginPullRefuse 404\n" + zone + options + """
                        <Files secret*>
                            CFOriginPull On
                        </Files>
                        """)
                + vhost("malformed.a.test", zone + """
                        <Location /on>
                            CFOriginPull On
                        </Location>
                        CFOriginPullExemptPath /on/exempt
                        """ + "\n".join(f"ErrorDocument {s} /on/index.html" for s in (400, 408, 414, 417, 431, 501, 505)),
                        port="{port2}")
                + vhost("on.a.test", "CFOriginPull On\n" + zone + CGI + options + """
                        <Location /audit>
                            CFOriginPull Audit
                        </Location>
                        """))
    for folder in ("on", "on/below", "location", "location/open", "audit", "htaccess", "open", "lowers", "index", "satisfy",
                   "password", "lookup", "listed"):
        site.write(f"{folder}/index.html", f"in {folder}\n")
    (site.httpd.docroot / "listed" / "index.html").unlink()
    site.write("htaccess/.htaccess", "CFOriginPull On\n")
    site.write("satisfy/.htaccess", "CFOriginPull On\nSatisfy Any\nOrder allow,deny\nAllow from all\n")
    site.write("password/.htaccess", "CFOriginPull On\nSatisfy Any\nOrder allow,deny\nDeny from all\nAuthType Basic\nAuthName x\n"
               "AuthBasicProvider file\nAuthUserFile /dev/null\nRequire valid-user\n")
    site.write("open/.htaccess", "RewriteEngine on\nRewriteRule ^jump /on/index.html\nRewriteRule ^hop /audit/index.html\n"
               "RewriteRule ^inward /location/open/page.html\n")
    site.write("location/open/.htaccess", "RewriteEngine on\nRewriteRule ^away /location/index.html\n")
    site.write("location/open/page.html", "in location/open\n")
    site.write("lowers/.htaccess", "CFOriginPull Off\n")
    site.write("index/.htaccess", "DirectoryIndex secret.html\n")
    site.write("index/secret.html", "the secret\n")
    site.write("secret.html", "the secret\n")
    site.write("listed/secret.html", "the secret\n")
    site.write("listed/open.html", "open\n")
    site.write("lookup/.htaccess", "DirectoryIndex secret.html /cgi/front\n")
    site.write("lookup/secret.html", "the secret\n")
    site.write("on/404.html", "no such file\n")
    site.write("open/ssi.shtml", 'before <!--#include virtual="/on/index.html" --> after <!--#include virtual="/cgi/echo" -->\n')
    site.write("open/audit.shtml", 'before <!--#include virtual="/audit/index.html" --> after\n')
    site.write("on/ssi.shtml", '<!--#include virtual="/open/index.html" --> and <!--#include virtual="/cgi/echo" -->\n')
    return site


def status(site, path, host, cert=None, **options):
    return get(site.port, path, CLOUDFLARE, sni=host, cert=cert, **options).status


PROTECTED = ["/on/", "/on/index.html", "/on/below/", "/ON/../on/", "/location", "/location/", "/location/x?y",
             "/location/open/away", "/htaccess/", "/satisfy/", "/secret.html", "/index/secret.html", "/cgi/echo",
             "/cgi/echo/info", "/?if", "/rewritten"]
OPEN = ["/", "/open/", "/audit/", "/location/open/"]


@pytest.mark.A15
@pytest.mark.parametrize("path", PROTECTED)
def test_a_directory_raises_off_to_on(site, pki, path):
    assert status(site, path, "off.a.test") == 403
    assert status(site, path, "off.a.test", pki.self_signed) == 403
    assert status(site, path, "off.a.test", pki.leaf_a) in (200, 404, 301)
    with H2Connection(site.port, sni="off.a.test") as connection:
        assert connection.get(path).status == 403


@pytest.mark.parametrize("path", OPEN)
def test_the_rest_stays_open(site, path):
    assert status(site, path, "off.a.test") == 200


def test_a_directory_raises_audit_to_on(site, pki):
    assert [status(site, path, "audit.a.test") for path in ("/", "/on/", "/htaccess/", "/audit/", "/open/jump")] == [
        200, 403, 403, 200, 403]
    assert [status(site, path, "audit.a.test", pki.leaf_a) for path in ("/", "/on/", "/htaccess/", "/open/jump")] == [200] * 4


@pytest.mark.A15
def test_an_unproven_request_is_refused_before_a_password_is_asked_for(site, pki):
    assert status(site, "/password/", "off.a.test", pki.leaf_a) == 401
    assert status(site, "/password/", "off.a.test") == 403


def test_a_directory_cannot_lower_the_mode(site, pki):
    assert status(site, "/audit/", "on.a.test") == 403
    for host in ("on.a.test", "off.a.test"):
        assert status(site, "/lowers/", host, pki.leaf_a) == 500
    assert "CFOriginPullExemptPath" in site.httpd.log()
    assert status(site, "/lowers/", "on.a.test") == 403


def test_off_in_a_directory_is_a_configuration_error(configuration, pki):
    for section in ("<Directory {docroot}>", "<Location />", "<Files x>", '<If "true">'):
        end = section[1:].split()[0].rstrip(">")
        code, text = configuration(vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                                         f"{section}\nCFOriginPull Off\n</{end}>"))
        assert code and "CFOriginPullExemptPath" in text


def test_htaccess_needs_allowoverride_authconfig(httpd, pki):
    """CFOriginPull in .htaccess needs AllowOverride AuthConfig; other overrides are not enough."""
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "shop.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n<Directory {{docroot}}/auth>\nAllowOverride AuthConfig\n</Directory>\n"
        "<Directory {docroot}/other>\nAllowOverride FileInfo Indexes Limit Options\n</Directory>"))
    for folder in ("auth", "other"):
        (server.docroot / folder).mkdir()
        (server.docroot / folder / "index.html").write_text("x")
        (server.docroot / folder / ".htaccess").write_text("CFOriginPull On\n")
    assert [get(server.port, f"/{x}/").status for x in ("auth", "other")] == [403, 500]
    assert get(server.port, "/auth/", cert=pki.leaf_a).status == 200


def lines_of(site, uri, count):
    site.httpd.wait_for(lambda: sum(e["uri"] == uri for e in site.httpd.events()) >= count, f"{count} lines of {uri}")
    assert status(site, "/on/?sentinel", "off.a.test") == 403  # its line is written last, so all others are there
    return [(e["code"], e["reason"]) for e in site.httpd.events() if e["uri"] == uri]


@pytest.mark.parametrize("path, host, proved, expected", [
    ("/on/?l1", "off.a.test", False, [("CFO0001", "cert-missing")]),
    ("/on/?l2", "off.a.test", True, [("CFO0003", "verified")]),
    ("/audit/?l3", "off.a.test", False, [("CFO0002", "cert-missing")]),
    ("/audit/?l4", "off.a.test", True, [("CFO0003", "verified")]),
    ("/open/jump?l5", "off.a.test", False, [("CFO0001", "cert-missing")]),
    ("/open/hop?l6", "off.a.test", False, [("CFO0002", "cert-missing")]),
    ("/open/ssi.shtml?l7", "off.a.test", False, []),
    ("/open/ssi.shtml?l8", "off.a.test", True, []),
    ("/open/audit.shtml?l9", "off.a.test", False, []),
    ("/index/?l10", "off.a.test", False, [("CFO0001", "cert-missing")]),
    ("/index/?l11", "off.a.test", True, [("CFO0003", "verified")]),
    ("/on/?l12", "audit.a.test", False, [("CFO0001", "cert-missing")]),
    ("/open/ssi.shtml?l13", "audit.a.test", False, [("CFO0002", "cert-missing")]),
    ("/open/jump?l14", "audit.a.test", False, [("CFO0001", "cert-missing")]),
    ("/location/open/?l15", "off.a.test", False, [("CFO0003", "exempt-path")]),
    ("/on/ssi.shtml?l16", "on.a.test", True, [("CFO0003", "verified")]),
    ("/on/ssi.shtml?l17", "on.a.test", False, [("CFO0001", "cert-missing")]),
])
def test_each_request_has_one_line(site, pki, path, host, proved, expected):
    """About its final result: a page that only lacks a part was not refused."""
    status(site, path, host, pki.leaf_a if proved else None)
    assert lines_of(site, path, len(expected)) == expected


@pytest.mark.parametrize("path, code", [("/open/ssi.shtml?part-on", "CFO0111 part-refused"),
                                        ("/open/audit.shtml?part-audit", "CFO0112 part-would-refuse"),
                                        ("/index/?part-index", "CFO0111 part-refused")])
def test_a_refused_part_has_one_line_of_its_own_code(site, pki, path, code):
    status(site, path, "off.a.test")
    lines_of(site, path, 0)
    lines = [x for x in site.httpd.log().splitlines() if f'uri="{path}"' in x and "CFO011" in x]
    assert len(lines) == 1 + ("ssi" in path) and all(f"{code} reason=cert-missing" in x for x in lines)


@pytest.mark.parametrize("path, count", [("/open/ssi.shtml?inherited-on", 1), ("/open/audit.shtml?inherited-audit", 0)])
def test_a_part_with_the_verdict_of_the_whole_request_has_a_line_if_it_is_refused(site, path, count):
    """In a virtual host under Audit, where the request has a CFO0002 already."""
    status(site, path, "audit.a.test")
    assert lines_of(site, path, 1) == [("CFO0002", "cert-missing")]
    lines = [x for x in site.httpd.log().splitlines() if f'uri="{path}"' in x and "CFO011" in x]
    assert len(lines) == count and all("CFO0111 part-refused reason=cert-missing" in x for x in lines)


def test_a_listing_without_its_protected_entries_is_served_normally(site, pki):
    response = get(site.port, "/listed/?listing", CLOUDFLARE, sni="off.a.test")
    assert response.status == 200 and "open.html" in response.text and "secret.html" not in response.text
    assert lines_of(site, "/listed/?listing", 0) == []


def test_a_refused_subrequest_does_not_change_an_open_request(site, pki):
    """DirectoryIndex secret.html ... tries a protected file first, then a script that is open."""
    seen = get(site.port, "/lookup/", {**CLOUDFLARE, "CF-Visitor": "x"}, sni="off.a.test")
    assert seen.text == f"addr={EDGE} origin= ray= client={VISITOR}/{RAY}/x path=\n"


def test_the_path_of_the_protected_part_decides_the_exemption(site, pki):
    """The request itself began where nothing is protected."""
    assert status(site, "/location/open/page.html", "off.a.test") == 200
    assert status(site, "/open/inward", "off.a.test") == 200
    assert lines_of(site, "/open/inward", 1) == [("CFO0003", "exempt-path")]


def test_an_open_request_has_no_line(site, pki):
    for cert in (None, pki.leaf_a):
        assert status(site, "/open/?silent", "off.a.test", cert) == 200
    assert status(site, "/on/?sentinel-2", "off.a.test") == 403
    site.httpd.wait_event(uri="/on/?sentinel-2")
    assert not any("silent" in e["uri"] for e in site.httpd.events())


def test_a_script_sees_the_result_of_the_verdict(site, pki):
    proved = get(site.port, "/cgi/echo", {**CLOUDFLARE, "CF-Visitor": "x"}, sni="off.a.test", cert=pki.leaf_a).text
    assert proved == f"addr={VISITOR} origin=verified ray={RAY} client={VISITOR}/{RAY}/x path=\n"
    audited = get(site.port, "/cgi/echo", {**CLOUDFLARE, "CF-Visitor": "x"}, sni="audit.a.test").text
    assert audited == f"addr={EDGE} origin=unproven ray= client={VISITOR}/{RAY}/x path=\n"  # Audit changes nothing
    unproven = get(site.port, "/cgi/front", CLOUDFLARE, sni="off.a.test").text
    assert unproven == f"addr={EDGE} origin= ray= client={VISITOR}/{RAY}/ path=\n"  # Off: nothing is changed


@pytest.mark.A18
@pytest.mark.W14
def test_the_parts_of_a_page_are_judged_like_the_page(site, pki):
    refused = get(site.port, "/open/ssi.shtml", CLOUDFLARE, sni="off.a.test").text
    assert "in on" not in refused and "addr=" not in refused and "before" in refused
    admitted = get(site.port, "/open/ssi.shtml", CLOUDFLARE, sni="off.a.test", cert=pki.leaf_a).text
    assert "in on" in admitted and f"addr={VISITOR} origin=verified ray={RAY} client={VISITOR}/{RAY}/" in admitted
    nested = get(site.port, "/on/ssi.shtml", CLOUDFLARE, sni="on.a.test", cert=pki.leaf_a).text
    assert "in open" in nested and f"addr={VISITOR} origin=verified ray={RAY} client={VISITOR}/{RAY}/" in nested


@pytest.mark.A18
@pytest.mark.W14
def test_an_internal_redirect_keeps_the_verdict(site, pki):
    for path in ("/open/jump?taken", "/index/?taken"):
        response = get(site.port, path, CLOUDFLARE, sni="off.a.test")
        assert response.status == 403 and "in on" not in response.text and "the secret" not in response.text
        assert get(site.port, path + "-along", CLOUDFLARE, sni="off.a.test", cert=pki.leaf_a).status == 200
        line = site.httpd.wait_access(path + "-along")
        assert line.startswith(f"{VISITOR} {EDGE} 200") and f"ray={RAY}" in line


@pytest.mark.A17
def test_no_error_document_runs_for_a_request_that_a_directory_refuses(site, pki):
    runs = len(site.scripts.runs("error"))
    paths = PROTECTED + ["/open/jump", "/index/", "/open/ssi.shtml"]
    assert [x for x in paths if "addr=" in get(site.port, x, CLOUDFLARE, sni="off.a.test").text] == []
    assert len(site.scripts.runs("error")) == runs


@pytest.mark.A18
def test_a_refused_index_is_not_replaced_by_a_listing(site, pki):
    """Not even if CFOriginPullRefuse is 404."""
    for host in ("off.a.test", "hidden.a.test"):
        assert get(site.port, "/index/", sni=host, cert=pki.leaf_a).text == "the secret\n"
        response = get(site.port, "/index/", sni=host)
        assert response.status in (403, 404) and "Index of" not in response.text and "secret" not in response.text
    assert status(site, "/secret.html", "hidden.a.test") == 404


@pytest.mark.A17
@pytest.mark.A18
@pytest.mark.parametrize("sni", ["malformed.a.test", None])
@pytest.mark.parametrize("request_bytes", [
    b"GET /malformed HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", b"GET /malformed HTTP/1.1\r\n\r\n",
    b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a.test\r\n\r\n", b"\r\n\r\n\x16\x03\x01\r\n\r\n", b"x\r\n\r\n",
    b"GET  HTTP/1.1\r\n\r\n", b"GET malformed HTTP/1.1\r\nHost: a.test\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/9.9\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a.test\r\nExpect: magic\r\n\r\n",
    b"CONNECT / HTTP/1.1\r\nHost: a.test:\r\n\r\n", b"GET /%00 HTTP/1.0\r\nContent-Length: x\r\n\r\n",
], ids=range(12))
def test_the_error_page_of_a_malformed_request_is_protected(site, pki, request_bytes, sni):
    """It is judged when its directory is known, though almost nothing is known of the request."""
    with Connection(site.httpd.ports[1], sni=sni) as connection:
        response = connection.raw(request_bytes)
        assert response.status >= 400 and "in on" not in response.text


@pytest.mark.A17
@pytest.mark.A18
def test_an_error_page_in_a_protected_directory_is_protected(site, pki):
    assert "no such file" not in get(site.port, "/none-such", CLOUDFLARE, sni="off.a.test").text
    proved = get(site.port, "/none-such", CLOUDFLARE, sni="off.a.test", cert=pki.leaf_a)
    assert proved.status == 404 and proved.text == "no such file\n"


@pytest.fixture(scope="module")
def exempt(httpd, pki):
    """A protected virtual host with exempt paths; %s is what some hosts add."""
    base = f"""CFOriginPull On
        CFOriginPullZone a.test {pki.zone_a.crt}
        Redirect /moved http://elsewhere.test/
        <Location /audited>
            CFOriginPull Audit
        </Location>
        CFOriginPullExemptPath /health /.well-known/acme-challenge/ /exempt
        """ + CGI + """
        <Directory {docroot}>
            Options +Indexes +Includes
            AllowOverride All
            AddOutputFilter INCLUDES .shtml
        </Directory>
        """
    hosts = {
        "plain.a.test": "",
        "slashes.a.test": "AllowEncodedSlashes On",
        "nodecode.a.test": "AllowEncodedSlashes NoDecode",
        "unmerged.a.test": "MergeSlashes Off",
        "script.a.test": "ScriptAliasMatch ^/ {dir}/cgi/echo",
        "error.a.test": "ErrorDocument 404 /cgi/error\nErrorDocument 403 /cgi/error\nCFOriginPullRefuse 410",
        "fallback.a.test": "FallbackResource /cgi/front",
        "server-rewrite.a.test": "RewriteEngine on\nRewriteRule ^/exempt/rewritten /protected/index.html [PT]",
        "audit.a.test": "CFOriginPull Audit",
    }
    site = Site(httpd, server="CFOriginPullRanges 127.0.0.0/9\n"
                + "".join(vhost(name, base + text) for name, text in hosts.items()))
    for path in ("health/index.html", "health/x/y.html", "healthy/index.html", ".well-known/acme-challenge/token",
                 "exempt/index.html", "exempt/page.html", "protected/index.html", "admin", "Health/index.html"):
        site.write(path, f"in {path}\n")
    site.write("exempt/to-index/.htaccess", "DirectoryIndex /protected/index.html\n")
    site.write("exempt/to-front/.htaccess", "RewriteEngine on\nRewriteRule . /cgi/front\n")
    site.write("exempt/to-moved/.htaccess", "RewriteEngine on\nRewriteRule . /moved\n")
    site.write("exempt/to-audited/.htaccess", "DirectoryIndex /audited/index.html\n")
    site.write("audited/index.html", "in audited\n")
    site.write("exempt/inside/.htaccess", "RewriteEngine on\nRewriteRule ^from /exempt/page.html\nDirectoryIndex ../page.html\n")
    site.write("exempt/to-protected/.htaccess", "RewriteEngine on\nRewriteRule . /protected/index.html\n")
    site.write("exempt/hop.shtml", '<!--#include virtual="/exempt/inside/from" --> <!--#include virtual="/exempt/to-protected/x" -->\n')
    site.write("exempt/include.shtml", '<!--#include virtual="/protected/index.html" -->\n')
    return site


ADMITTED = ["/health", "/health/", "/health/index.html", "/health?x=/../admin", "/health//x/y.html", "/%68ealth/",
            "/h%65alth/index%2ehtml", "/health/%78/y.html", "/.well-known/acme-challenge/token",
            "/%2ewell-known/acme-challenge/token", "/exempt/page.html", "/.well-known//acme-challenge/token",
            "/health/a..b/...;/..x", "/health/caf%C3%A9", "/health/a%20b", "http://plain.a.test/health/"]

REFUSED = ["/", "/admin", "/healthy/", "/health/../admin", "/health/%2e%2e/admin", "/health/.%2E/admin", "/health/%2E./admin",
           "/health/x/../../admin", "/health/..//admin", "//health/..//admin", "/health/./../admin", "/HEALTH/", "/Health/",
           "/%48ealth/", "/health%2fx/y.html", "/health%2f..%2fadmin", "/health/..%2fadmin", "/health/%2e%2e%2fadmin",
           "/health/%2e%2e%2Fadmin", "/health/x%2f..%2f..%2fadmin", "/health%5c..%5cadmin", "/health/..%5cadmin",
           "/health/..\\admin", "/health\\..\\admin", "/health/..;/admin", "/health/..;x=y/admin", "/health/%2e%2e;/admin",
           "/health/..%3b/admin", "/health;/../admin", "/health;x/", "/health%3b/", "/health%00/../admin", "/health%00",
           "/health/%252e%252e/admin", "/health/%252e%252e%252fadmin", "/%2568ealth/", "/health%20/", "/health%23/",
           "/health%3f/", "/.well-known/acme-challenge", "/.well-known/", "/well-known/acme-challenge/token",
           "/.well-known/acme-challenge%2ftoken", "/health/%c0%ae%c0%ae/admin/../../../admin", "/x/../admin?/health/",
           "/admin#/health", "/health/../../admin", "/%68ealth/%2e./admin", "/%%36%38ealth/",
           "/health/%zz", "/protected/../exempt/../admin", "*", "/exempt/..;/..;/admin", "/health/x/..%2f../..%2fadmin",
           # Where these lead depends on the software: if it first drops ;x or merges slashes, it gets /admin.
           "/health/;/../admin", "/health/%3b/../admin", "/health/;a=1/%2e%2e/admin", "/health//../admin", "/health/x;y/../../admin",
           # httpd sees an exempt path, but software that reads the path as it came can be led anywhere.
           "/./health/", "/admin/../health/", "/admin/%2e%2e/health/", "/admin/.%2E/health", "/admin/%2e./health", "/admin/x/../../health",
           "/health/./index.html", "/health/%2e/index.html", "/health/x/../index.html", "/health/x/%2e%2E/index.html", "/health/.",
           "/health/x/..", "/health/x/%2E%2e", "/health/x/../../health/index.html", "/.well-known/./acme-challenge/token",
           "/admin/%252e%252e/health", "/health/..%20/x", "/health/..%3fx", "/health/..%23x", "/health/.%09./x",
           "/health/%c0%ae%c0%ae/x", "/health/%e0%80%ae%e0%80%ae/x", "/health/%0a", "/health/%ff",
           "http://plain.a.test/admin/../health/", "http://plain.a.test/admin/%2e%2e/health/", "http://plain.a.test//health/admin",
           # To some software this is a reference to a host: server health, path /admin.
           "//health/", "//health/admin", "///health/admin", "/%2f/health/", "//./health", "/.//health", "/\\health"]


def raw_get(site, path, host, cert=None):
    with Connection(site.port, cert, sni=host) as connection:
        return connection.get(path, CLOUDFLARE, method="OPTIONS" if path == "*" else "GET")


@pytest.mark.W12
@pytest.mark.parametrize("host", ["plain.a.test", "slashes.a.test", "nodecode.a.test"])
@pytest.mark.parametrize("path", ADMITTED)
def test_an_exempt_path_is_exempt_in_each_harmless_spelling(exempt, path, host):
    response = raw_get(exempt, path, host)
    assert response.status in (200, 301, 404) and "in admin" not in response.text


@pytest.mark.A29
@pytest.mark.parametrize("host", ["plain.a.test", "slashes.a.test", "nodecode.a.test", "unmerged.a.test", "script.a.test"])
def test_no_spelling_makes_another_path_exempt(exempt, host):
    """script.a.test passes every path to a script."""
    seen = {}
    for path in REFUSED:
        response = raw_get(exempt, path, host)
        if response.status not in (400, 403, 404, 421) or "in admin" in response.text or "addr=" in response.text:
            seen[path] = response
    assert not seen


@pytest.mark.A16
@pytest.mark.A29
@pytest.mark.parametrize("path", REFUSED)
def test_a_path_that_is_not_exempt_is_refused_before_it_is_looked_up(exempt, path):
    """The answer does not show whether the path exists or is malformed."""
    assert raw_get(exempt, path, "plain.a.test").status == (400 if "#" in path else 403)


@pytest.mark.A29
def test_exempt_paths_are_the_same_over_http2(exempt):
    for host in ("plain.a.test", "slashes.a.test"):
        with H2Connection(exempt.port, sni=host) as connection:
            paths = [p for p in REFUSED if p != "*"]
            streams = {connection.request(p): p for p in paths}
            answers = connection.finish()
            assert {p: answers[s].status for s, p in streams.items() if answers[s].status not in (400, 403, "reset")} == {}
            assert connection.get("/health/index.html").status == 200


@pytest.mark.A24
def test_an_exempt_request_is_not_believed(exempt, pki):
    text = get(exempt.port, "/health/x", {**CLOUDFLARE, "CF-Visitor": "v"}, sni="script.a.test").text
    assert text.startswith(f"addr={EDGE} origin=exempt ray= client=// ")
    proved = get(exempt.port, "/health/x", CLOUDFLARE, sni="script.a.test", cert=pki.leaf_a).text
    assert proved.startswith(f"addr={VISITOR} origin=verified ray={RAY} ")
    assert exempt.httpd.wait_event(uri="/health/x", code="CFO0003", reason="exempt-path")["ray"] == "-"


OUT = [  # host, path, and what is behind it
    ("plain.a.test", "/exempt/to-index/", "in protected"),
    ("plain.a.test", "/exempt/to-front/anything", "addr="),
    ("plain.a.test", "/exempt/to-moved/anything", "elsewhere"),  # an answer by the configuration of the server
    ("plain.a.test", "/exempt/to-audited/", "in audited"),
    ("error.a.test", "/exempt/none-such", "addr="),
    ("error.a.test", "/exempt/to-index/", "in protected"),
    ("fallback.a.test", "/exempt/none-such", "addr="),
    ("fallback.a.test", "/exempt/below/none-such", "addr="),
    ("fallback.a.test", "/health/none-such?x", "addr="),
]


@pytest.mark.A29
@pytest.mark.parametrize("host, path, behind", OUT)
def test_the_exemption_ends_where_a_path_leaves_the_prefix(exempt, pki, host, path, behind):
    assert behind in get(exempt.port, path, sni=host, cert=pki.leaf_a).text
    runs = {name: len(exempt.scripts.runs(name)) for name in ("front", "error")}
    for cert in (None, pki.self_signed):
        response = get(exempt.port, path, sni=host, cert=cert)
        assert response.status >= 400 and behind not in response.text
    with H2Connection(exempt.port, sni=host) as connection:
        response = connection.get(path)
        assert response.status >= 400 and behind not in response.text
    assert {name: len(exempt.scripts.runs(name)) for name in ("front", "error")} == runs


@pytest.mark.parametrize("host, path, code, reason", [
    ("plain.a.test", "/exempt/to-index/?line", "CFO0001", "cert-missing"),
    ("plain.a.test", "/exempt/to-front/x?line", "CFO0001", "cert-missing"),
    ("error.a.test", "/exempt/none-such?line", "CFO0003", "exempt-path"),
    ("audit.a.test", "/exempt/to-index/?line", "CFO0002", "cert-missing"),
    ("audit.a.test", "/exempt/to-front/x?line", "CFO0002", "cert-missing"),
    ("audit.a.test", "/exempt/page.html?line", "CFO0003", "exempt-path"),
    ("plain.a.test", "/exempt/page.html?line", "CFO0003", "exempt-path"),
    ("plain.a.test", "/exempt/inside/from?line", "CFO0003", "exempt-path"),
])
def test_a_request_that_leaves_an_exempt_path_has_one_line(exempt, host, path, code, reason):
    before = len(exempt.httpd.events())
    get(exempt.port, path, sni=host)
    exempt.httpd.wait_for(lambda: any(e["uri"] == path for e in exempt.httpd.events()[before:]), "a line")
    get(exempt.port, "/sentinel", sni="plain.a.test")
    exempt.httpd.wait_for(lambda: any(e["uri"] == "/sentinel" for e in exempt.httpd.events()[before:]), "the sentinel")
    assert [(e["code"], e["reason"]) for e in exempt.httpd.events()[before:] if e["uri"] == path] == [(code, reason)]


@pytest.mark.A29
@pytest.mark.parametrize("path", [
    "/health/.;/../admin", "/health/..;/../admin", "/health/x/..;/../admin", "/health/..;x/../admin", "/health/%2e%2e;/../admin",
    "/health/.%3b/../admin", "/health/%5c../../health/x", "/health/x%5c..%5c../../health/x", "/health/x%2f../../health/x", "/health/%2f../../health/x", "/health/..\\../health",
])
def test_a_path_that_a_back_end_may_resolve_otherwise_is_not_exempt(exempt, path):
    """To some back ends ; begins a parameter, to others a backslash is a slash. With nocanon they get the path as it came,
    from which httpd itself has removed such a segment together with the .. after it."""
    assert raw_get(exempt, path, "plain.a.test").status in (400, 403)
    assert "addr=" not in raw_get(exempt, path, "script.a.test").text


RAW = ["/admin/../health", "/admin/%2e%2e/health", "/admin/.%2E/health/x", "/admin/%2E./health", "/health/../admin", "/./health",
       "/health/x/../..//health", "//health/admin", "///health/admin", "/health/..;/admin", "/health/%5c..%5cadmin", "/health/..%2fadmin",
       "/admin/%252e%252e/health", "/health/%c0%ae%c0%ae/admin", "/health/.", "/health/..", "/health/%2e", "http://HOST/admin/../health",
       "http://HOST//health/admin", "https://HOST/admin/%2e%2e/health", "/health/.%00./admin", "/health/..%20/admin"]


@pytest.fixture(scope="module")
def raw(httpd, pki):
    """Admitted requests are passed on as they came: to a back end (nocanon), protected in a virtual host; or to a script
    that reads REQUEST_URI, protected in a virtual host or a directory."""
    backend = Backend()
    base = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullExemptPath /health /.well-known/acme-challenge/\n"
    everywhere = "<Location />\nCFOriginPull On\n</Location>\n"
    proxy = f"ProxyPass / http://127.0.0.1:{backend.port}/ nocanon\n"
    script = CGI + "ScriptAliasMatch ^/ {dir}/cgi/echo\n"
    server = httpd(modules=[*MODULES, "proxy", "proxy_http"], server="CFOriginPullRanges 127.0.0.0/9\n"
                   + "".join(vhost(f"{name}.a.test", base + text) for name, text in {
                       "proxy": "CFOriginPull On\n" + proxy, "script": "CFOriginPull On\n" + script,
                       "late-proxy": everywhere + proxy, "late-script": everywhere + script,
                       "slashes": "CFOriginPull On\nAllowEncodedSlashes NoDecode\n" + proxy,
                       "audit": "CFOriginPull Audit\n" + everywhere + proxy}.items()))
    Scripts(server).add("echo")
    server.backend = backend
    yield server
    backend.close()


@pytest.mark.A29
@pytest.mark.parametrize("host", ["proxy", "script", "late-proxy", "late-script", "slashes", "audit"])
def test_a_path_that_is_passed_on_as_it_came_is_exempt_only_if_all_software_reads_it_the_same_way(raw, pki, host):
    name, seen = f"{host}.a.test", len(raw.backend.seen)
    for path in RAW:
        with Connection(raw.port, sni=name) as connection:
            response = connection.get(path.replace("HOST", name))
            assert response.status in (400, 403, 404) and "back end" not in response.text and "the script" not in response.text
        if "HOST" not in path:
            with H2Connection(raw.port, sni=name) as connection:
                assert connection.get(path).status in (400, 403, 404, "reset")
    assert len(raw.backend.seen) == seen
    for path in ("/health", "/health/a..b/...", "/.well-known/acme-challenge/T.o-k_e.n", "/health//x", f"http://{name}/health/x?y=/../z"):
        with Connection(raw.port, sni=name) as connection:
            assert connection.get(path).status == 200
    assert get(raw.port, "/admin/x", sni=name, cert=pki.leaf_a).status == 200


@pytest.mark.A29
@pytest.mark.parametrize("host", ["proxy", "late-proxy"])
def test_in_a_forward_proxy_no_path_is_exempt(httpd, pki, host):
    backend = Backend()
    text = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullExemptPath /health\nProxyRequests On\n"
    text += "CFOriginPull On\n" if host == "proxy" else "<Location />\nCFOriginPull On\n</Location>\n<Proxy *>\nCFOriginPull On\n</Proxy>\n"
    server = httpd(modules=["proxy", "proxy_http"], server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone * "
                   f"{pki.zone_a.crt}\n" + vhost("a.test", text, aliases="127.0.0.1"))
    url = f"http://127.0.0.1:{backend.port}/health"
    try:
        assert get(server.port, url, sni="a.test", cert=pki.leaf_a).status == 200
        assert get(server.port, url, sni="a.test").status == 403 and len(backend.seen) == 1
        assert get(server.port, "/health", sni="a.test").status == 404
    finally:
        backend.close()


@pytest.mark.W14
def test_a_redirect_within_the_prefix_stays_exempt(exempt):
    for path in ("/exempt/inside/from", "/exempt/inside/", "/exempt/"):
        assert get(exempt.port, path, sni="plain.a.test").status == 200


def test_includes_and_rewrites_by_the_configuration_keep_the_exemption(exempt):
    assert "in protected" in get(exempt.port, "/exempt/include.shtml", sni="plain.a.test").text
    assert "in protected" in get(exempt.port, "/exempt/rewritten", sni="server-rewrite.a.test").text


@pytest.mark.A29
def test_an_include_that_is_redirected_within_httpd_is_exempt_only_below_the_prefix(exempt, pki):
    text = get(exempt.port, "/exempt/hop.shtml", sni="plain.a.test", cert=pki.leaf_a).text
    assert "in protected" in text and "in exempt/page.html" in text
    text = get(exempt.port, "/exempt/hop.shtml", sni="plain.a.test").text
    assert "in protected" not in text and "in exempt/page.html" in text


def test_nothing_crashed(site, exempt):
    for server in (site.httpd, exempt.httpd):
        assert "exit signal" not in server.log() and "AH00051" not in server.log()
