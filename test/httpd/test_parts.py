# SPDX-License-Identifier: Apache-2.0
"""Subrequests that are destroyed before the request is logged, an index or a variant that is refused, and a second path
that the client chooses."""
import pytest

from apps import add_pages
from client import CLOUDFLARE, RAY, VISITOR, Connection, H2Connection, get
from scripts import CGI, CGI_MODULES, Scripts
from server import BASE, parse_event, vhost

MODULES = [*CGI_MODULES, "include", "rewrite", "negotiation", "autoindex", "dav", "dav_fs", "headers"]
PREFORK = ["mpm_prefork", *BASE[1:]]
LONG = {"User-Agent": "x" * 6000}

# Pools return freed memory to the system at once, so that a later read of it cannot find the old content.
SETTINGS = """MaxMemFree 1
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog "{dir}/combined.log" combined
CFOriginPullRanges 127.0.0.0/9
DavLockDB {dir}/locks/db
"""
DIRECTORY = """
<Directory {docroot}>
    Options +Includes +Indexes +MultiViews
    AllowOverride All
    AddOutputFilter INCLUDES .shtml
    AddLanguage en .en
    AddLanguage de .de
    AddType text/html .html .php
</Directory>
<FilesMatch "\\.php$">
    CFOriginPull On
</FilesMatch>
<Directory {docroot}/secret>
    CFOriginPull On
</Directory>
<Directory {docroot}/dav>
    Dav On
</Directory>
"""
REFUSALS = ["403", "404", "410", "503", "drop"]


def site_of(httpd, pki, base=None):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n{CGI}{DIRECTORY}"
    hosts = "".join(vhost(f"{mode}-{how}.a.test", f"CFOriginPull {mode}\nCFOriginPullRefuse {how}\n{zone}"
                          "ErrorDocument 403 /cgi/error\nErrorDocument 404 /cgi/error\nErrorDocument 410 /cgi/error\n")
                    for mode in ("off", "audit") for how in REFUSALS)
    rules = """<Location /denied>
        Require all denied
        ErrorDocument 403 /denied.shtml
        </Location>
        <Location /denied.shtml>
        Require all granted
        </Location>
        RewriteEngine on
        RewriteCond %{LA-U:REMOTE_USER}x none
        RewriteRule ^/look-ahead - [F]
        RewriteCond /secret/index.html -U
        RewriteRule ^/asked - [F]
        """
    exempt = f"""CFOriginPull On
        CFOriginPullZone a.test {pki.zone_a.crt}
        CFOriginPullExemptPath /exempt /dav/open /page
        """
    server = httpd(modules=MODULES, base=base, server=SETTINGS + hosts + vhost("rules.a.test", zone + rules)
                   + vhost("exempt.a.test", exempt + DIRECTORY)
                   + vhost("audited.a.test", exempt.replace("CFOriginPull On", "CFOriginPull Audit") + DIRECTORY))
    (server.dir / "locks").mkdir()
    (server.dir / "locks").chmod(0o777)
    server.scripts = Scripts(server).add("error")
    add_pages(server, {
        "index/index.php": "the secret\n", "index/.htaccess": "DirectoryIndex index.php\n",
        "two/index.php": "the secret\n", "two/open.html": "the open one\n", "two/.htaccess": "DirectoryIndex index.php open.html\n",
        "two/other.php": "the secret\n", "both/.htaccess": "DirectoryIndex index.php denied.html\n", "both/index.php": "the secret\n",
        "both/denied.html": "denied\n",
        "fallback/.htaccess": "FallbackResource /fallback/front.php\n", "fallback/front.php": "the secret\n",
        "fallback/sub/a.html": "open\n", "fallback/php/.htaccess": "DirectoryIndex index.php\n",
        "variants/page.php": "the secret\n", "variants/mixed.php": "the secret\n", "variants/mixed.html.en": "the open one\n",
        "variants/index.php": "the secret\n", "variants/.htaccess": "DirectoryIndex index\n",
        "ahead/index.html": "ahead\n", "ahead/.htaccess": "RewriteEngine on\nRewriteCond /secret/index.html -U\nRewriteRule . /nowhere\n",
        "secret/index.html": "the secret\n", "secret/a.html": "the secret\n",
        "bare/a.html": "open\n", "bare/.htaccess": "DirectoryIndex index.php none.html\n", "manifold/.htaccess": "DirectoryIndex page\n",
        "manifold/page.php": "the secret\n",
        "listed/a.php": "the secret\n", "listed/b.html": "open\n", "plain.html": "plain\n",
        "page.shtml": 'before <!--#include virtual="/index/" --> <!--#include virtual="/secret/index.html" --> after\n',
        "nested.shtml": 'outer <!--#include virtual="/page.shtml" --> outer\n',
        "denied.shtml": 'denied <!--#include virtual="/secret/index.html" --> after\n',
        "maps/choice.var": "URI: choice\n\nURI: choice.php\nContent-Type: text/html\n", "maps/choice.php": "the secret\n",
        "shown/.htaccess": "IndexOptions +ShowForbidden\n", "shown/a.php": "the secret\n", "shown/b.html": "open\n",
        "hop.shtml": 'before <!--#include virtual="/hop/x" --> after\n', "hop/.htaccess": "RewriteEngine on\nRewriteRule . /secret/index.html\n",
        "maps/.htaccess": "AddHandler type-map .var\n",
        "exempt/page.html.en": "exempt\n", "exempt/index.html": "exempt\n", "page.html.en": "the variant\n", "page.html.de": "die Variante\n",
        "dav/open/a.txt": "mine\n", "dav/closed/b.txt": "theirs\n",
    })
    (server.docroot / "both/.htaccess").write_text("DirectoryIndex index.php denied.html\n<Files denied.html>\nRequire all denied\n</Files>\n")
    for path in (server.docroot / "dav").rglob("*"):
        path.chmod(0o777)
    (server.docroot / "dav").chmod(0o777)
    return server


@pytest.fixture(scope="module", params=["event", "prefork"])
def origin(request, httpd, pki):
    return site_of(httpd, pki, PREFORK if request.param == "prefork" else None)


def h2(port, path, host, cert=None, headers=None, method="GET"):
    with H2Connection(port, cert, sni=host) as connection:
        return connection.get(path, headers, method=method)


def http1(port, path, host, cert=None, headers=None, method="GET"):
    try:
        return get(port, path, headers, sni=host, cert=cert, method=method)
    except (EOFError, ConnectionError):
        return None


def is_refused(response, how):
    """In the way that CFOriginPullRefuse sets."""
    if how == "drop":
        return response is None or response.status == "reset"
    return response is not None and response.status == int(how) and response.headers["cache-control"] == "no-store"


def clients(origin):
    return [http1] if "mpm_prefork" in origin.modules else [http1, h2]


def lines(origin, uri, *codes):
    """Waits for a later line first."""
    get(origin.port, f"/secret/?after{len(origin.log())}", sni="off-403.a.test")
    last = "/secret/?after"
    origin.wait_for(lambda: any(e["uri"].startswith(last) for e in origin.events("CFO0001")[-1:]), "the later line")
    return [(e["code"], e["reason"]) for e in origin.events() if e["uri"] == uri and e["code"] in (codes or ("CFO0001", "CFO0002", "CFO0003"))]


WHOLE = ["/index/", "/variants/page", "/variants/", "/fallback/none-such", "/fallback/sub/", "/fallback/php/", "/manifold/", "/index/index.php", "/variants/page?x=/y"]


@pytest.mark.A17
@pytest.mark.A18
@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("mode", ["off", "audit"])
def test_an_index_and_a_variant_are_refused_as_configured(origin, pki, mode, how):
    host = f"{mode}-{how}.a.test"
    for path in WHOLE:
        for client in clients(origin):
            uri = f"{path}{'&' if '?' in path else '?'}{mode}-{how}-{client.__name__}"
            assert "the secret" in client(origin.port, uri, host, pki.leaf_a, CLOUDFLARE).text
            response = client(origin.port, uri, host, headers={**CLOUDFLARE, **LONG})
            assert is_refused(response, how), (uri, response)
            assert lines(origin, uri, "CFO0001", "CFO0002") == [("CFO0001", "cert-missing")]
    assert not any(f"{mode}-{how}" in uri for uri in origin.scripts.runs("error"))


@pytest.mark.A18
def test_another_index_or_variant_that_is_not_refused_is_served(origin, pki):
    for client in clients(origin):
        for path in ("/two/", "/variants/mixed"):
            response = client(origin.port, path, "off-403.a.test", headers={"Accept-Language": "en", "Accept": "text/html;level=3"})
            assert response.status in (200, 403) and "the secret" not in response.text
        assert client(origin.port, "/two/", "off-404.a.test").text == "the open one\n"
        response = client(origin.port, "/listed/", "off-404.a.test")
        assert response.status == 200 and "b.html" in response.text and "a.php" not in response.text
        assert client(origin.port, "/ahead/", "off-404.a.test").text == "ahead\n"


def test_a_listing_shows_forbidden_names_if_it_is_to(origin):
    """IndexOptions ShowForbidden. DirectoryIndex has looked for index.html before."""
    for client in clients(origin):
        for mode in ("off", "audit"):
            response = client(origin.port, "/shown/", f"{mode}-404.a.test")
            assert response.status == 200 and "b.html" in response.text and "a.php" in response.text


def test_an_index_that_is_not_there_is_not_refused(origin):
    """DirectoryIndex index.php, with each .php protected: a directory without one is listed as before."""
    for client in clients(origin):
        for mode in ("off", "audit"):
            response = client(origin.port, f"/bare/?{client.__name__}", f"{mode}-404.a.test")
            assert response.status == 200 and "a.html" in response.text
            assert client(origin.port, "/manifold/", f"{mode}-410.a.test").status == 410  # a variant of it is there
        assert lines(origin, f"/bare/?{client.__name__}", "CFO0001") == []
    assert not any("CFO0111" in line and "/bare/" in line for line in origin.log().splitlines())


def test_a_lookup_that_is_refused_leaves_the_request_its_error_page(origin):
    for client in clients(origin):
        response = client(origin.port, "/ahead/none", "off-404.a.test")
        assert response.status == 404 and response.text == "the script\n"
    assert client(origin.port, "/index/", "off-404.a.test").text != "the script\n"


@pytest.mark.A18
def test_the_403_of_another_module_is_not_reported_as_a_refusal(origin):
    """Of Require, even if a part of its error page or an earlier subrequest is refused."""
    for client in clients(origin):
        for path in ("/denied", "/denied/x", "/asked", "/both/"):
            uri = f"{path}?{client.__name__}"
            response = client(origin.port, uri, "rules.a.test")
            assert (response.status if path != "/asked" else 403) == 403 and "the secret" not in response.text
            assert lines(origin, uri) == []


@pytest.mark.A18
def test_no_script_runs_for_a_request_that_ends_with_the_403_of_a_part(origin, pki):
    """mod_negotiation answers with the status of the variant that a type map has."""
    for client in clients(origin):
        uri = f"/maps/choice.var?{client.__name__}"
        assert client(origin.port, uri, "off-404.a.test", pki.leaf_a).text == "the secret\n"
        response = client(origin.port, uri, "off-404.a.test")
        assert response.status == 403 and response.text != "the script\n"
        assert client(origin.port, "/maps/none", "off-404.a.test").text == "the script\n"


@pytest.mark.A18
def test_no_script_runs_in_the_place_of_a_part_that_leads_to_a_refused_one(origin, pki):
    """By an internal redirect, which httpd answers with its ErrorDocument, even within a page."""
    for client in clients(origin):
        for host in ("off-403.a.test", "audit-404.a.test"):
            assert "the secret" in client(origin.port, "/hop.shtml", host, pki.leaf_a).text
            response = client(origin.port, "/hop.shtml", host)
            assert response.status == 200 and "before" in response.text
            assert "the secret" not in response.text and "the script" not in response.text


@pytest.mark.A31
def test_a_long_header_is_not_read_from_freed_memory(origin):
    """The index is looked up by a subrequest that is destroyed before the request is logged."""
    for host in ("off-403.a.test", "off-404.a.test", "audit-410.a.test"):
        with Connection(origin.port, sni=host) as connection:
            for _ in range(15):
                for path in ("/index/", "/two/", "/variants/page", "/page.shtml", "/listed/", "/nested.shtml", "/ahead/", "/fallback/x"):
                    connection.get(path, {**CLOUDFLARE, **LONG, "Referer": "http://x.test/" + "y" * 7000})
    if "mpm_prefork" not in origin.modules:
        with H2Connection(origin.port, sni="off-403.a.test") as connection:
            for path in ("/index/", "/two/", "/variants/page", "/page.shtml", "/listed/", "/nested.shtml") * 10:
                connection.request(path, {**CLOUDFLARE, **LONG})
            connection.finish()
    assert_nothing_crashed(origin)


@pytest.mark.W14
def test_what_a_subrequest_learns_is_kept_for_the_request(origin, pki):
    """The client address and ray of a proved request whose index was looked up by a subrequest."""
    for path in ("/index/?outlives", "/page.shtml?outlives", "/variants/page?outlives"):
        assert "the secret" in get(origin.port, path, {**CLOUDFLARE, **LONG}, sni="off-403.a.test", cert=pki.leaf_a).text
    line = origin.wait_access("GET /index/?outlives")
    assert line.startswith(VISITOR) and f"ray={RAY}" in line and "reason=verified" in line
    assert lines(origin, "/index/?outlives") == [("CFO0003", "verified")]


def test_the_first_use_of_a_proof_by_parts_of_a_page_has_its_line(httpd, pki):
    """All parts share what is known of the request."""
    server = httpd(modules=["include"], server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("shop.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n{DIRECTORY.replace('Dav On', '')}"))
    (server.docroot / "secret").mkdir()
    (server.docroot / "secret/a.html").write_text("the secret\n")
    (server.docroot / "two.shtml").write_text('<!--#include virtual="/secret/a.html" --><!--#include virtual="/secret/a.html" -->\n')
    assert get(server.port, "/two.shtml", sni="shop.a.test", cert=pki.leaf_a).text.count("the secret") == 2
    server.wait_for(lambda: server.log().count("CFO0137 proof-first-used zone=a.test") == 1, "its line")


@pytest.mark.W14
@pytest.mark.parametrize("language, text", [("en", "the variant\n"), ("de", "die Variante\n")])
def test_content_negotiation_keeps_an_exemption(origin, language, text):
    for client in clients(origin):
        assert client(origin.port, "/page", "exempt.a.test", headers={"Accept-Language": language}).text == text
        assert client(origin.port, "/exempt/page", "exempt.a.test").text == "exempt\n"
        assert client(origin.port, "/plain", "exempt.a.test").status == 403


def test_a_file_that_is_named_like_a_variant_is_not_included(httpd, pki):
    """A look-up lets it pass, as if mod_negotiation were choosing among variants, for the page that includes it has no
    file either: a script makes it."""
    server = httpd(modules=["lua", "include", "rewrite"], server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("a.test", f"""
        CFOriginPullZone a.test {pki.zone_a.crt}
        LuaMapHandler ^/made$ {{dir}}/made.lua
        <Directory {{docroot}}>
            Options +Includes +MultiViews
            SetOutputFilter INCLUDES
            RewriteEngine on
            RewriteCond /asked.d/a.secret -U
            RewriteRule ^asked$ - [F]
        </Directory>
        <FilesMatch "\\.secret$">
            CFOriginPull On
        </FilesMatch>"""))
    (server.dir / "made.lua").write_text("""function handle(r)
        r.content_type = "text/html"
        r:puts('before <!--#include virtual="/made.secret" --> after')
        return apache2.OK
    end""")
    (server.docroot / "made.secret").write_text("the secret\n")
    assert "before the secret\n after" in get(server.port, "/made", sni="a.test", cert=pki.leaf_a).text
    response = get(server.port, "/made", sni="a.test")
    assert response.status == 200 and "before" in response.text and "the secret" not in response.text
    assert get(server.port, "/made.secret", sni="a.test").status == 403
    # One in a folder that is named like that is no variant: a look-up is told so.
    (server.docroot / "asked.d").mkdir()
    (server.docroot / "asked.d/a.secret").write_text("the secret\n")
    assert get(server.port, "/asked", sni="a.test").status == 404
    assert get(server.port, "/asked", sni="a.test", cert=pki.leaf_a).status == 403


def destination(path, host="exempt.a.test"):
    return {"Destination": f"https://{host}{path}", "Overwrite": "T"}


@pytest.mark.A29
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
@pytest.mark.parametrize("path", ["/dav/closed/b.txt", "/dav/closed/new.txt", "/dav/open/../closed/new.txt", "/dav/closed/", "/dav/open/new.txt"])
def test_a_destination_is_not_exempt(origin, pki, method, path):
    before = {x: x.read_bytes() for x in (origin.docroot / "dav").rglob("*") if x.is_file()}
    for client in clients(origin):
        uri = f"/dav/open/a.txt?{method}-{path}-{client.__name__}"
        response = client(origin.port, uri, "exempt.a.test", headers=destination(path), method=method)
        assert response.status in (400, 403)
        assert lines(origin, uri) == [("CFO0001", "cert-missing")]
    assert {x: x.read_bytes() for x in (origin.docroot / "dav").rglob("*") if x.is_file()} == before
    assert client(origin.port, "/dav/open/a.txt", "exempt.a.test").text == "mine\n"


def test_a_destination_is_refused_as_configured(origin, pki):
    """From an open directory into a protected one; a proved request may write there."""
    (origin.docroot / "dav/.htaccess").write_text("")
    (origin.docroot / "dav/closed/.htaccess").write_text("CFOriginPull On\n")
    try:
        for how in REFUSALS:
            host = f"off-{how}.a.test"
            for client in clients(origin):
                uri = f"/dav/open/a.txt?{how}-{client.__name__}"
                response = client(origin.port, uri, host, headers=destination("/dav/closed/new.txt", host), method="COPY")
                assert is_refused(response, how), (how, client, response)
                assert lines(origin, uri) == [("CFO0001", "cert-missing")]
        assert not (origin.docroot / "dav/closed/new.txt").exists()
        host = "off-403.a.test"
        done = get(origin.port, "/dav/open/a.txt", destination("/dav/closed/new.txt", host), method="COPY", sni=host, cert=pki.leaf_a)
        assert done.status == 201
    finally:
        (origin.docroot / "dav/closed/.htaccess").unlink()
        (origin.docroot / "dav/closed/new.txt").unlink(missing_ok=True)


def test_audit_logs_that_a_destination_would_be_refused(origin):
    uri = "/dav/open/a.txt?would"
    response = get(origin.port, uri, destination("/dav/closed/copied.txt", "audited.a.test"), method="COPY", sni="audited.a.test")
    assert response.status == 201
    (origin.docroot / "dav/closed/copied.txt").unlink()
    assert lines(origin, uri) == [("CFO0002", "cert-missing")]


def assert_nothing_crashed(server):
    assert "exit signal" not in server.log() and "AH00051" not in server.log()


def test_nothing_crashed(origin):
    assert_nothing_crashed(origin)
