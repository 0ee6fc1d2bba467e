# SPDX-License-Identifier: Apache-2.0
"""One origin with the modules that sites use, all of them loaded and at work, in each MPM. Each way in which it serves
anything is tried with proof, which shows that it works, and without: over HTTP/1.1 and HTTP/2, TLS 1.2 and 1.3, with a
full handshake and with a resumed session."""
import re

import pytest

from apps import add_pages
from client import CLOUDFLARE, EDGE, STRANGER, VISITOR, Connection, H2Connection
from scripts import CGI, CGI_MODULES, Backend, Scripts
from server import BASE, parse_event, vhost

MODULES = [*CGI_MODULES, "remoteip", "unique_id", "security2", "cache", "cache_disk", "rewrite", "proxy", "proxy_http",
           "proxy_http2", "include", "setenvif", "headers", "dav", "dav_fs", "negotiation", "md"]

SITE = """
RemoteIPHeader X-Forwarded-For
SecRuleEngine On
SecRule ARGS:attack "@streq yes" "id:1,phase:2,deny,status:406"
SetEnvIf X-Open yes open
RequestHeader set X-Early yes early
CacheQuickHandler on
CacheHeader on
CacheEnable disk /cached.html
CacheRoot {dir}/cache
TraceEnable On
ErrorDocument 403 /cgi/error
ErrorDocument 404 /cgi/error

RewriteEngine on
RewriteRule ^/rewrite-redirect http://elsewhere.test/ [R=301,L]
RewriteRule ^/rewrite-gone - [G]
RewriteRule ^/rewrite-proxy http://127.0.0.1:BACKEND/rewritten [P]
Redirect /redirect http://elsewhere.test/
ProxyPass /proxied http://127.0.0.1:BACKEND/proxied
ProxyPass /proxied-http2 h2c://127.0.0.1:{port2}

<Directory {docroot}>
    Options +Includes +MultiViews
    AddOutputFilter INCLUDES .shtml
    AddLanguage en .en
    AddType text/html .html
</Directory>
<Directory {docroot}/dav>
    Dav On
</Directory>
<Directory {docroot}/denied>
    Require all denied
</Directory>
<Files cached.html>
    Header set Cache-Control max-age=600
</Files>
<Files index.html>
    Header set X-Site yes
</Files>
<Location /open>
    Require env open
</Location>
<Location /early>
    Require expr "%{HTTP:X-Early} == 'yes'"
</Location>
<Location /visitor>
    Require ip 203.0.113.77
</Location>
"""

# mod_md renews nothing by itself, and reaches no one.
MANAGED = """
MDStoreDir {dir}/md
MDCertificateAuthority https://127.0.0.1:1/
<MDomainSet shop.a.test>
    MDMembers manual
    MDRenewMode manual
    MDRequireHttps off
    MDCertificateFile {pki}/server.pem
    MDCertificateKeyFile {pki}/server.pem
</MDomainSet>
"""

LOCK = b"""<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype></lockinfo>"""
TO = {"Destination": "https://shop.a.test/dav/copy.txt", "Overwrite": "T"}
ANSWER = "/.well-known/acme-challenge/"

WAYS = {  # method, path, headers, body; statuses with proof, and what the answer has then
    "file": ("GET", "/", {}, None, [200], "the page"),
    "head": ("HEAD", "/", {}, None, [200], ""),
    "part": ("GET", "/index.html", {"Range": "bytes=4-7"}, None, [206], "page"),
    "unchanged": ("GET", "/index.html", {"If-None-Match": "*"}, None, [304], ""),
    "proxy": ("GET", "/proxied/x", {}, None, [200], "back end: GET /proxied/x"),
    "proxy with a body": ("POST", "/proxied/x", {}, b"body", [200], "back end: POST /proxied/x"),
    "proxy over http2": ("GET", "/proxied-http2/plain.html", {}, None, [200], "plain"),
    "script": ("GET", "/cgi/hello", {}, None, [200], "the script"),
    "includes": ("GET", "/page.shtml", {}, None, [200], "included the script\n the page"),
    "cached": ("GET", "/cached.html", {}, None, [200], "worth caching"),
    "rewritten to a redirect": ("GET", "/rewrite-redirect", {}, None, [301], "elsewhere.test"),
    "rewritten to gone": ("GET", "/rewrite-gone", {}, None, [410], ""),
    "rewritten to a back end": ("GET", "/rewrite-proxy", {}, None, [200], "back end: GET /rewritten"),
    "redirect": ("GET", "/redirect", {}, None, [302], "elsewhere.test"),
    "negotiated": ("GET", "/variant", {"Accept-Language": "en"}, None, [200], "negotiated"),
    "error document": ("GET", "/missing", {}, None, [404], "the script"),
    "error document of a denial": ("GET", "/denied/", {}, None, [403], "the script"),
    "variable": ("GET", "/open/", {"X-Open": "yes"}, None, [200], "opened"),
    "early header": ("GET", "/early/", {}, None, [200], "early"),
    "visitor": ("GET", "/visitor/", {}, None, [200], "for the visitor"),
    "security rule": ("GET", "/?attack=yes", {}, None, [406], ""),
    "trace": ("TRACE", "/", {}, None, [200], ""),
    "options": ("OPTIONS", "/dav/", {}, None, [200], ""),
    "properties": ("PROPFIND", "/dav/a.txt", {"Depth": "0"}, None, [207], "multistatus"),
    "upload": ("PUT", "/dav/new.txt", {}, b"new", [201, 204], ""),
    "collection": ("MKCOL", "/dav/folder", {}, None, [201, 301, 405], ""),
    "copy": ("COPY", "/dav/a.txt", TO, None, [201, 204], ""),
    "lock": ("LOCK", "/dav/locked.txt", {"Timeout": "Second-1"}, LOCK, [200, 201], "lockdiscovery"),
    "delete": ("DELETE", "/dav/none.txt", {}, None, [404], ""),
    "another challenge": ("GET", ANSWER + "none/x", {}, None, [404], "the script"),
    "every method": ("BREW", "/", {}, None, [501], ""),
}
ONLY_HTTP2 = ["proxy over http2"]

LINE = re.compile(" CFO0001 ")
FILES = {"page.shtml": 'included <!--#include virtual="/cgi/hello" --> <!--#include virtual="/index.html" -->\n',
         "cached.html": "worth caching\n", "plain.html": "plain\n", "variant.html.en": "negotiated\n", "open/index.html": "opened\n",
         "early/index.html": "early\n", "visitor/index.html": "for the visitor\n", "denied/index.html": "denied\n",
         "dav/a.txt": "a\n"}


class Origin:
    def __init__(self, httpd, pki, mpm, backend):
        self.mpm, self.backend, self.pki = mpm, backend, pki
        zones = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
        site = CGI + SITE.replace("BACKEND", str(backend.port))
        if mpm == "prefork":
            site = site.replace("h2c://", "http://")
        self.httpd = httpd(modules=MODULES, base=[f"mpm_{mpm}", *BASE[1:]], server="CFOriginPullRanges 127.0.0.0/9\nDavLockDB {dir}/locks/db\n"
                           + MANAGED + vhost("shop.a.test", "CFOriginPull On\n" + zones + site, aliases="b.test")
                           + vhost("back.test", "CFOriginPull Off\nProtocols h2c http/1.1\n", port="{port2}", tls=False))
        self.port, self.docroot = self.httpd.port, self.httpd.docroot
        self.scripts = Scripts(self.httpd).add("hello").add("error")
        add_pages(self.httpd, FILES)
        for name in (self.httpd.dir / "locks", self.httpd.dir / "cache", self.docroot / "dav"):
            name.mkdir(exist_ok=True)
            name.chmod(0o777)
        challenge = self.httpd.dir / "md" / "challenges" / "shop.a.test"
        challenge.mkdir(parents=True, exist_ok=True)
        (challenge / "acme-http-01.txt").write_text("token.thumbprint")

    def traces(self):
        """What a request that got through would leave behind."""
        stored = sorted((str(path), path.stat().st_mtime_ns) for path in (self.docroot / "dav").rglob("*"))
        return [self.scripts.runs(name) for name in ("hello", "error")], len(self.backend.seen), stored

    def refusals(self, start):
        """Reason and edge of each line that was logged since the log was that long."""
        whole = self.httpd.log()[start:].rpartition("\n")[0]
        return [(event["reason"], event["edge"]) for event in map(parse_event, filter(LINE.search, whole.splitlines()))]

    def ways(self):
        return {name: way for name, way in WAYS.items() if self.mpm != "prefork" or name not in ONLY_HTTP2}


@pytest.fixture(scope="module")
def backend():
    backend = Backend()
    yield backend
    backend.close()


# mod_http2 does not work with prefork.
SERVERS = [("event", 1), ("event", 2), ("worker", 1), ("worker", 2), ("prefork", 1)]


@pytest.fixture(scope="module", params=SERVERS, ids=lambda x: f"{x[0]}-http{x[1]}")
def served(request, origins):
    """An origin, and the version of HTTP to use."""
    mpm, version = request.param
    return origins(mpm), version


@pytest.fixture(scope="module")
def origins(httpd, pki, backend):
    made = {}

    def find(mpm):
        if mpm not in made:
            made[mpm] = Origin(httpd, pki, mpm, backend)
        return made[mpm]
    return find


def ask_http1(connect, ways, headers):
    """The answer to each of the ways, on as few connections as httpd lets a client have."""
    answers, connection = {}, connect()
    for name, (method, path, more, body, _, _) in ways.items():
        answers[name] = connection.get(path, {**headers, **more}, method=method, body=body)
        if answers[name].headers.get("connection") == "close":
            connection.close()
            connection = connect()
    connection.close()
    return answers


def ask_http2(connect, ways, headers):
    """The same, in streams of one connection."""
    with connect() as connection:
        streams = {name: connection.request(path, {**headers, **more}, method=method, body=body)
                   for name, (method, path, more, body, _, _) in ways.items()}
        answers = connection.finish()
        assert not connection.goaway
        return {name: answers[stream] for name, stream in streams.items()}


def visit(served, ways, headers, tls, resumed, **options):
    """With the session of an earlier connection of the same client, or with none."""
    origin, version = served
    ask, client = (ask_http2, H2Connection) if version == 2 else (ask_http1, Connection)
    if not resumed:
        return ask(lambda: client(origin.port, tls=tls, **options), ways, headers)
    with client(origin.port, tls=tls, **options) as first:
        first.get()
        kept = first.under if version == 2 else first

        def connect():
            connection = client(origin.port, ctx=kept.ctx, session=kept.session, **options)
            assert (connection.under if version == 2 else connection).resumed
            return connection
        return ask(connect, ways, headers)


each_handshake = pytest.mark.parametrize("resumed", [False, True], ids=["full", "resumed"])
each_tls = pytest.mark.parametrize("tls", ["1.2", "1.3"])

STRANGERS = [  # certificate, source; and why they are refused
    pytest.param(None, EDGE, "cert-missing", marks=[pytest.mark.A1, pytest.mark.A5], id="nobody"),
    pytest.param("evil_twin", EDGE, "cert-unknown", marks=[pytest.mark.A6, pytest.mark.A8], id="forger"),
    pytest.param("leaf_b", EDGE, "cert-other-zone", marks=pytest.mark.A3, id="tenant"),
    pytest.param("leaf_a", STRANGER, "edge-unknown", marks=pytest.mark.A19, id="thief"),
]
# An address of the edge, an address for `Require ip`, and one of this host.
FORGED = {**CLOUDFLARE, "X-Forwarded-For": EDGE, "CF_Connecting_IP": VISITOR, "X-Real-IP": VISITOR, "Forwarded": f"for={VISITOR}"}


@each_handshake
@each_tls
def test_a_proved_request_gets_everything(served, tls, resumed):
    origin, _ = served
    answers = visit(served, origin.ways(), CLOUDFLARE, tls, resumed, cert=origin.pki.leaf_a)
    wrong = {name: answers[name] for name, (_, _, _, _, statuses, words) in origin.ways().items()
             if answers[name].status not in statuses or words not in answers[name].text}
    assert not wrong
    assert answers["file"].headers["x-site"] == "yes"
    assert answers["redirect"].headers["location"] == "http://elsewhere.test/"


def test_the_cache_answers(served):
    origin, _ = served
    for _ in range(2):
        answer, = visit(served, {"cached": WAYS["cached"]}, CLOUDFLARE, "1.3", False, cert=origin.pki.leaf_a).values()
    assert answer.headers["x-cache"].startswith("HIT")


def is_refused(answer, method):
    """httpd's own page, which shows nothing of the site."""
    names = set(answer.headers) - {":status"}
    return (answer.status == 403 and names <= {"date", "server", "cache-control", "content-length", "content-type"}
            and answer.headers["cache-control"] == "no-store"
            and (method == "HEAD" or b"You don't have permission to access this resource." in answer.body))


@pytest.mark.A14
@pytest.mark.A16
@pytest.mark.A17
@pytest.mark.A18
@pytest.mark.parametrize("cert, source, reason", STRANGERS)
@each_handshake
@each_tls
def test_a_request_without_proof_gets_nothing(served, tls, resumed, cert, source, reason):
    origin, _ = served
    before, start, before_access = origin.traces(), len(origin.httpd.log()), len(origin.httpd.access_log())
    answers = visit(served, origin.ways(), FORGED, tls, resumed, cert=getattr(origin.pki, cert) if cert else None,
                    source=source)
    assert not {way: answer for way, answer in answers.items() if not is_refused(answer, WAYS[way][0])}
    assert origin.traces() == before
    count = len(answers) + resumed
    origin.httpd.wait_for(lambda: len(origin.refusals(start)) >= count, "the lines")
    assert origin.refusals(start) == [(reason, source)] * count
    lines = origin.httpd.wait_for(lambda: origin.httpd.access_log()[before_access + count - 1:] and origin.httpd.access_log()[before_access:],
                                  "the lines of the access log")
    assert not [line for line in lines if not line.startswith(f"{source} {source} 403 ") or " client_ip=- ray=- colo=-" not in line]


def test_mod_md_answers_its_challenges_and_nothing_else(served):
    """Whoever signs a certificate comes without one."""
    ways = {name: ("GET", ANSWER + name, {}, None, None, None) for name in ("other/x", "../index.html", "%2e%2e/index.html", "token")}
    origin, _ = served
    answers = visit(served, ways, FORGED, "1.3", False)
    assert answers.pop("token").text == "token.thumbprint"
    assert all(is_refused(answer, "GET") for answer in answers.values())


def test_every_module_is_loaded(served):
    origin, _ = served
    loaded = origin.httpd.run("-M").stdout
    assert [name for name in MODULES if f" {name}_module " not in loaded] == [] and f"mpm_{origin.mpm}_module" in loaded


def test_nothing_crashed(served):
    assert "exit signal" not in served[0].httpd.log()
