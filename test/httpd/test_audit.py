# SPDX-License-Identifier: Apache-2.0
"""Audit changes nothing in a request, as long as no line says so: everything that reads requests sees the same as with
the module Off, apart from the variables CF_*. And what lines about it, and a directory that is On, change all the same."""
import re
import subprocess

import pytest

from apps import CGI, CGI_MODULES, add_scripts, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, get
from examples import examples
from server import ROOT, vhost
from test_headers import SENT

TUNNEL, EXEMPT = "127.202.0.1", "127.201.0.1"
INVALID = "127.1, 203.0.113.77"

# Everything that can read a request, or act on its address.
OBSERVERS = """
TraceEnable On
SetEnvIf CF-Connecting-IP "(.+)" SEEN_BY_NAME=$1
SetEnvIf "(?i)^cf[^a-z]" "(.+)" SEEN_BY_PREFIX=$1
SetEnvIf Remote_Addr "(.+)" SEEN_ADDRESS=$1
RequestHeader set X-Seen-Early "expr=%{req:CF-Connecting-IP} %{REMOTE_ADDR}" early
RequestHeader set X-Seen-Late "expr=%{req:CF-IPCountry} %{REMOTE_ADDR} %{HTTPS} %{REQUEST_SCHEME}"
Header always set X-Seen "expr=%{req:CF_Ray} %{REMOTE_ADDR} %{CONN_REMOTE_ADDR}"
RewriteEngine On
RewriteCond %{HTTP:CF-IPCountry} ^$
RewriteRule ^/gate - [F]
RewriteRule ^/rewrite http://elsewhere.test/%{HTTP:CF-Connecting-IP}/%{REMOTE_ADDR}/%{HTTP:CF.Ray} [R=302,L]
Redirect /redirect /there
ProxyPass /proxy http://127.0.0.1:BACKEND/
ErrorDocument 404 /cgi/env.cgi
<Location /ip>
    Require ip 203.0.113.0/24
    ErrorDocument 403 "not by ip"
</Location>
<If "%{REMOTE_ADDR} == '203.0.113.77'">
    Header always set X-Visitor yes
</If>
"""
PATHS = ["/cgi/env.cgi", "/proxy", "/gate", "/rewrite", "/redirect", "/ip", "/missing", "/exempt/missing", "/cgi"]
HEADERS = {
    "none": [], "cloudflare": list(CLOUDFLARE.items()), "everything": SENT,
    "invalid": [("CF-Connecting-IP", INVALID), ("CF-Ray", "x"), ("X-Forwarded-For", VISITOR)],
    "twice": [("CF-Connecting-IP", VISITOR), ("X-A", "1"), ("cf-connecting-ip", "198.51.100.9"), ("CF_Ray", "z"), ("X-B", "2")],
    "forwarded": [("X-Forwarded-For", VISITOR), ("CF-IPCountry", "DE")],
    "pseudo": [("CF-Connecting-IP", "240.0.0.9"), ("CF-Connecting-IPv6", "2001:db8::7")],
}
WHO = {"proved": ("leaf_a", EDGE), "unproven": (None, EDGE), "rogue": ("rogue", EDGE), "stranger": (None, STRANGER),
       "proved stranger": ("leaf_a", STRANGER), "tunnel": (None, TUNNEL), "exempt": (None, EXEMPT)}
REMOTEIP = {
    "alone": None, "mod_remoteip": "",
    "RemoteIPHeader": "RemoteIPHeader CF-Connecting-IP\n",
    "trusted": f"RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy {EDGE} 192.0.2.0/24\n",
    "forwarded": "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.0/8\n",
    "true client": "RemoteIPHeader True-Client-IP\n",
    "PROXY": "RemoteIPProxyProtocol On\nRemoteIPHeader CF-Connecting-IP\n",
    "PROXY, listed": "RemoteIPProxyProtocol On\nCFOriginPullProxyProtocol 127.0.0.0/8\n",
}


@pytest.fixture(scope="module", params=REMOTEIP)
def pair(request, httpd, pki, backend):
    """Off at the first port, Audit at the second."""
    observers = OBSERVERS.replace("BACKEND", str(backend.port))
    lines = f"CFOriginPullTunnel {TUNNEL}\nCFOriginPullExemptFrom {EXEMPT}\nCFOriginPullExemptPath /exempt\n"
    log = "%h %a %{c}a %l %u %>s %p %{CF-Connecting-IP}i %{CF_Ray}i %{True-Client-IP}i %{Host}i %U %q"
    remoteip = REMOTEIP[request.param]
    modules = ["headers", "rewrite", "setenvif", "proxy", "proxy_http", "cache", "cache_socache"]
    server = httpd(
        modules=CGI_MODULES + modules + ([] if remoteip is None else ["remoteip"]),
        server=CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n" + lines + (remoteip or "")
        + "ErrorLogFormat \"[%{u}t] [%-m:%l] [client %a] %M\"\n"
        + vhost("shop.a.test", "CFOriginPull Off\n" + f'LogFormat "{log}" off\nCustomLog "{{dir}}/off.log" off\n' + observers)
        + vhost("shop.a.test", "CFOriginPull Audit\n" + f'LogFormat "{log}" audit\nCustomLog "{{dir}}/audit.log" audit\n'
                + observers, port="{port2}"))
    server.proxies = request.param.startswith("PROXY")
    return add_scripts(server)


def without_ours(body):
    """Without the variables of the module, and what differs from connection to connection."""
    return [line for line in body.splitlines()
            if not re.match(r"(REDIRECT_)?(CF_ORIGIN\w*|CF_RAY|CF_COLO|REMOTE_PORT|H2_STREAM_TAG)=", line)]


def visit(server, pki, port, who, version):
    """All that the requests of one client lead to, line by line."""
    cert, source = WHO[who]
    cert = getattr(pki, cert) if cert else None
    options = {"prefix": b"PROXY TCP4 203.0.113.99 192.0.2.1 4711 443\r\n"} if server.proxies else {}
    seen = []
    with (Connection if version == 1 else H2Connection)(port, cert, sni="shop.a.test", source=source, **options) as connection:
        for headers in HEADERS.values():
            for path in PATHS:
                for method in ("GET", "TRACE") if path == "/proxy" and version == 1 else ("GET",):
                    response = connection.get(path, headers, method=method)
                    kept = {k: v for k, v in response.headers.items() if k not in ("date", "content-length", "transfer-encoding")}
                    seen.append((method, path, response.status, kept, without_ours(response.text.replace(str(port), "PORT"))))
    return seen


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("who", WHO)
def test_nobody_can_tell_audit_from_off(pair, pki, who, version):
    logs = [pair.dir / "off.log", pair.dir / "audit.log"]
    before = [log.read_text() for log in logs]
    off, audit = (visit(pair, pki, port, who, version) for port in pair.ports[:2])
    for one, other in zip(off, audit):
        assert one == other
    assert len(off) == len(audit)
    wanted = len(off)

    def lines(i):
        text = logs[i].read_text()[len(before[i]):]
        found = text.replace(str(pair.ports[i]), "PORT").splitlines()
        return found if len(found) == wanted else None

    logged = [pair.wait_for(lambda i=i: lines(i), "the access log") for i in range(2)]
    assert sorted(logged[0]) == sorted(logged[1])  # the streams of HTTP/2 are logged in any order


def test_the_observers_observe(pair, pki):
    """That the test above could fail: what it compares does depend on headers and address."""
    seen = visit(pair, pki, pair.port, "proved", 1)
    text = repr(seen)
    assert f"HTTP_CF_CONNECTING_IP={VISITOR}" in text or "RemoteIPHeader" in pair.config.read_text()
    assert "HTTP_CF_IPCOUNTRY=DE" in text and "CF_Connecting_IP" in text and "/there" in text
    statuses = {(path, status) for _, path, status, _, _ in seen}
    assert {("/gate", 403), ("/gate", 404), ("/rewrite", 302), ("/redirect", 302), ("/missing", 404)} <= statuses


def test_audit_still_judges_and_logs(pair, pki):
    visit(pair, pki, pair.ports[1], "proved", 1)
    visit(pair, pki, pair.ports[1], "stranger", 1)
    if "CFOriginPullProxyProtocol" not in pair.config.read_text():  # otherwise the edge is no address of Cloudflare's
        pair.wait_event(code="CFO0003", client_ip="off", ray=RAY)
    event = pair.wait_event(code="CFO0002", claimed_ray=RAY)
    assert event["reason"] in ("cert-missing", "edge-unknown")
    assert "CFO0110" not in pair.log()


# Lines, directories, inheritance.

VERIFIED, SCRUB = "CFOriginPullClientIP verified\n", "CFOriginPullScrub On\n"
D_ON = "<Location /cgi>\nCFOriginPull On\n</Location>\n"
D_AUDIT = D_ON.replace("On", "Audit")
D_FOLDER = "<Directory {docroot}/cgi>\nCFOriginPull On\n</Directory>\n"
D_IF = "<If \"%{REQUEST_URI} =~ m#^/cgi#\">\nCFOriginPull On\n</If>\n"
NOTHING, EVERYTHING, ADDRESS, HEADERS_ONLY = "nothing", "everything", "address", "headers"
COMBINATIONS = [
    # of the main server, of the virtual host; what is changed in /cgi
    ("", "CFOriginPull Audit\n", NOTHING),
    ("", "CFOriginPull On\n", EVERYTHING),
    ("CFOriginPull Audit\n", "", NOTHING),
    ("CFOriginPull On\n", "", EVERYTHING),
    ("CFOriginPull On\n", "CFOriginPull Audit\n", NOTHING),
    ("CFOriginPull Audit\n", "CFOriginPull On\n", EVERYTHING),
    ("", "CFOriginPull Audit\n" + VERIFIED, ADDRESS),
    ("", VERIFIED + "CFOriginPull Audit\n", ADDRESS),
    ("", "CFOriginPull Audit\n" + SCRUB, HEADERS_ONLY),
    ("", "CFOriginPull Audit\n" + SCRUB + VERIFIED, EVERYTHING),
    ("", "CFOriginPull Audit\nCFOriginPullClientIP off\nCFOriginPullScrub Off\n", NOTHING),
    (VERIFIED, "CFOriginPull Audit\n", ADDRESS),
    (SCRUB, "CFOriginPull Audit\n", HEADERS_ONLY),
    (VERIFIED + SCRUB, "CFOriginPull Audit\n", EVERYTHING),
    (VERIFIED + SCRUB, "CFOriginPull Audit\nCFOriginPullScrub Off\nCFOriginPullClientIP off\n", NOTHING),
    ("CFOriginPull On\n" + VERIFIED, "CFOriginPull Audit\n", ADDRESS),
    ("CFOriginPullClientIP off\nCFOriginPullScrub Off\n", "CFOriginPull Audit\n" + VERIFIED + SCRUB, EVERYTHING),
    ("", "CFOriginPull Audit\n" + D_ON, EVERYTHING),
    ("", "CFOriginPull Audit\n" + D_FOLDER, EVERYTHING),
    ("", "CFOriginPull Audit\n" + D_IF, EVERYTHING),
    ("CFOriginPull Audit\n", D_ON, EVERYTHING),
    ("CFOriginPull Audit\n" + D_ON, "", EVERYTHING),
    ("", "CFOriginPull Audit\n" + VERIFIED + D_ON, EVERYTHING),
    ("", "CFOriginPull Audit\nCFOriginPullScrub Off\n" + D_ON, ADDRESS),
    ("", "CFOriginPull Audit\nCFOriginPullClientIP off\n" + D_ON, HEADERS_ONLY),
    ("", "CFOriginPull Audit\n" + D_AUDIT, NOTHING),
    ("", D_AUDIT, NOTHING),
    ("", D_ON, EVERYTHING),
    ("", VERIFIED + D_AUDIT, ADDRESS),
    ("", SCRUB + D_AUDIT, HEADERS_ONLY),
    ("", "CFOriginPullScrub Off\n" + D_ON, ADDRESS),
    ("", "CFOriginPull On\n" + D_AUDIT, EVERYTHING),
    ("", "AccessFileName .on\n<Directory {docroot}/cgi>\nAllowOverride AuthConfig\n</Directory>\nCFOriginPull Audit\n", EVERYTHING),
    ("", "AccessFileName .audit\n<Directory {docroot}/cgi>\nAllowOverride AuthConfig\n</Directory>\n", NOTHING),
    ("", "", None),
]
# (REMOTE_ADDR, CF-Connecting-IP, CF_Ray at the application, CF_ORIGIN_CLIENT_IP) of a proved and of an exempt request.
CHANGES = {
    NOTHING: ((EDGE, VISITOR, "off"), (EXEMPT, VISITOR, None)),
    ADDRESS: ((VISITOR, VISITOR, "rewritten"), (EXEMPT, VISITOR, None)),
    HEADERS_ONLY: ((EDGE, VISITOR, "off"), (EXEMPT, None, None)),
    EVERYTHING: ((VISITOR, VISITOR, "rewritten"), (EXEMPT, None, None)),
    None: ((EDGE, VISITOR, None), (EXEMPT, VISITOR, None)),
}


def main_server(main):
    return re.sub(r"\W+", "", main) or "none"


@pytest.fixture(scope="module", params=["alone", "mod_remoteip"])
def combined(request, httpd, pki):
    """One httpd for each configuration of the main server; the virtual hosts are n0.a.test and so on."""
    servers = {}
    for main in dict.fromkeys(main for main, _, _ in COMBINATIONS):
        text = CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullExemptFrom {EXEMPT}\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        for i, (of_main, lines, _) in enumerate(COMBINATIONS):
            if of_main == main:
                text += vhost(f"n{i}.a.test", lines)
        server = add_scripts(httpd(modules=CGI_MODULES + (["remoteip"] if request.param != "alone" else []), server=main + text))
        (server.docroot / "cgi" / ".on").write_text("CFOriginPull On\n")
        (server.docroot / "cgi" / ".audit").write_text("CFOriginPull Audit\n")
        servers[main] = server
    return servers


def seen_by_script(server, path, host, version=1, **options):
    with (Connection if version == 1 else H2Connection)(server.port, sni=host, **options) as connection:
        seen = variables(connection.get(path, {**CLOUDFLARE, "CF_Ray": "x"}))
    return seen["REMOTE_ADDR"], seen.get("HTTP_CF_CONNECTING_IP"), seen.get("CF_ORIGIN_CLIENT_IP")


@pytest.mark.parametrize("i", range(len(COMBINATIONS)), ids=[
    f"{i}-{re.sub(r'[^A-Za-z]+', '.', main + '-' + lines)[:60]}" for i, (main, lines, _) in enumerate(COMBINATIONS)])
@pytest.mark.parametrize("version", [1, 2])
def test_lines_and_directories_decide_what_is_changed(combined, pki, i, version):
    main, _, what = COMBINATIONS[i]
    proved, exempt = CHANGES[what]
    server, host = combined[main], f"n{i}.a.test"
    assert seen_by_script(server, f"/cgi/env.cgi?{i}", host, version, cert=pki.leaf_a) == proved
    assert seen_by_script(server, f"/cgi/env.cgi?{i}", host, version, source=EXEMPT) == exempt


def test_edge_under_audit_believes_cloudflares_addresses(httpd, pki):
    server = add_scripts(httpd(modules=CGI_MODULES, server=CGI + "CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "shop.a.test", f"CFOriginPull Audit\nCFOriginPullClientIP edge\nCFOriginPullZone a.test {pki.zone_a.crt}\n")))
    assert seen_by_script(server, "/cgi/env.cgi", "shop.a.test") == (VISITOR, VISITOR, "rewritten")
    assert seen_by_script(server, "/cgi/env.cgi", "shop.a.test", source=STRANGER) == (STRANGER, VISITOR, None)


# A directory that is On below Audit: parts of requests.

@pytest.fixture(scope="module", params=["", "RemoteIPHeader CF-Connecting-IP\n", "RemoteIPHeader True-Client-IP\n"],
                ids=["alone", "RemoteIPHeader", "True-Client-IP"])
def raised(request, httpd, pki):
    server = add_scripts(httpd(
        modules=CGI_MODULES + ["remoteip", "include", "rewrite", "alias"],
        server=CGI + request.param + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", f"""CFOriginPull Audit
            CFOriginPullExemptFrom {EXEMPT}
            Alias /on/ "{{docroot}}/cgi/"
            Alias /open/ "{{docroot}}/cgi/"
            <Location /on>
                CFOriginPull On
                ErrorDocument 404 /open/env.cgi
            </Location>
            <Location /back>
                RewriteEngine On
                RewriteRule . /on/env.cgi?hop
            </Location>
            <Location /ssi>
                Options +Includes
                AddOutputFilter INCLUDES .shtml
            </Location>
            ErrorDocument 404 /on/env.cgi
        """)))
    folder = server.docroot / "ssi"
    folder.mkdir()
    (folder / "page.shtml").write_text('<!--#include virtual="/on/env.cgi" -->\n--\n<!--#include virtual="/open/env.cgi" -->\n')
    (folder / "back.shtml").write_text("x")
    server.has_header = bool(request.param)
    return server


def seen_at(server, path, status=200, **options):
    seen = variables(get(server.port, path, {**CLOUDFLARE, "CF-IPCountry": "DE", "True-Client-IP": VISITOR}, sni="shop.a.test", **options), status)
    return seen["REMOTE_ADDR"], seen.get("HTTP_CF_IPCOUNTRY"), seen.get("CF_ORIGIN_CLIENT_IP")


def test_at_the_directory_the_request_becomes_what_it_is_under_on(raised, pki):
    assert seen_at(raised, "/on/env.cgi", cert=pki.leaf_a) == (VISITOR, "DE", "rewritten")
    # mod_remoteip has believed the header of a client that is not believed.
    assert seen_at(raised, "/on/env.cgi", source=EXEMPT) == (EXEMPT, None, None)
    assert get(raised.port, "/on/env.cgi", CLOUDFLARE, sni="shop.a.test").status == 403


def test_an_address_that_mod_remoteip_has_taken_out_of_a_list_does_not_stay(raised):
    """It leaves the rest of the list in the header, before a private address."""
    for name in ("CF-Connecting-IP", "True-Client-IP"):
        seen = variables(get(raised.port, "/on/env.cgi", {name: f"10.1.1.1, {VISITOR}"}, sni="shop.a.test", source=EXEMPT))
        assert seen["REMOTE_ADDR"] == EXEMPT


def test_outside_of_the_directory_nothing_is_changed(raised, pki):
    as_off = VISITOR if raised.has_header else EDGE
    assert seen_at(raised, "/open/env.cgi", cert=pki.leaf_a) == (as_off, "DE", "off")
    assert seen_at(raised, "/open/env.cgi") == (as_off, "DE", None)


def test_an_internal_redirect_into_the_directory_changes_the_request(raised, pki):
    assert seen_at(raised, "/missing", 404, cert=pki.leaf_a) == (VISITOR, "DE", "rewritten")
    assert seen_at(raised, "/missing", 404, source=EXEMPT) == (EXEMPT, None, None)


def test_an_internal_redirect_out_of_the_directory_keeps_the_changes(raised, pki):
    assert seen_at(raised, "/on/missing", 404, cert=pki.leaf_a) == (VISITOR, "DE", "rewritten")
    assert seen_at(raised, "/on/missing", 404, source=EXEMPT) == (EXEMPT, None, None)


def test_a_subrequest_into_the_directory_is_changed_alone(raised, pki):
    response = get(raised.port, "/ssi/page.shtml", {**CLOUDFLARE, "CF-IPCountry": "DE", "True-Client-IP": VISITOR}, sni="shop.a.test", source=EXEMPT)
    inside, outside = response.text.split("\n--\n")
    assert "HTTP_CF_" not in inside and "HTTP_CF_IPCOUNTRY=DE" in outside  # also not by the variables of the page
    assert f"REMOTE_ADDR={EXEMPT}\n" in inside
    assert f"REMOTE_ADDR={VISITOR if raised.has_header else EXEMPT}\n" in outside


# From the field.

def test_a_gate_on_a_header_goes_on_under_audit(httpd, pki):
    """As published: requests without a header of Cloudflare's are refused."""
    server = httpd(modules=["rewrite"], server="CFOriginPullRanges builtin 127.0.0.0/9\n" + vhost(
        "shop.a.test", f"CFOriginPull Audit\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        "RewriteEngine On\nRewriteCond %{HTTP:CF-IPCountry} ^$\nRewriteRule ^ - [F]\n"))
    assert get(server.port, headers={**CLOUDFLARE, "CF-IPCountry": "DE"}).status == 200
    assert get(server.port, headers=CLOUDFLARE).status == 403


def test_mod_remoteip_goes_on_under_audit(httpd, pki):
    server = add_scripts(httpd(modules=CGI_MODULES + ["remoteip"], server=CGI + "CFOriginPullRanges builtin 127.0.0.0/9\n"
                               f"RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 173.245.48.0/20 {EDGE}\n"
                               + vhost("shop.a.test", f"CFOriginPull Audit\nCFOriginPullZone a.test {pki.zone_a.crt}\n")
                               + vhost("notyet.b.test")))
    for host in ("shop.a.test", "notyet.b.test"):
        for cert in (None, pki.leaf_a):
            seen = variables(get(server.port, "/cgi/env.cgi", CLOUDFLARE, sni=host, cert=cert))
            assert seen["REMOTE_ADDR"] == VISITOR and "HTTP_CF_CONNECTING_IP" not in seen


@pytest.mark.parametrize("trusts", ["", "RemoteIPTrustedProxy 127.0.0.0/9\n"])
@pytest.mark.parametrize("version", [1, 2])
def test_scrub_alone_leaves_the_address_to_mod_remoteip(httpd, pki, trusts, version):
    """Of proved requests: the headers of others are gone before mod_remoteip reads them."""
    server = add_scripts(httpd(modules=CGI_MODULES + ["remoteip"], server=CGI + "CFOriginPullRanges 127.0.0.0/9\n"
                               f"RemoteIPHeader CF-Connecting-IP\n{trusts}CFOriginPullExemptFrom {EXEMPT}\n"
                               + vhost("shop.a.test", f"CFOriginPull Audit\nCFOriginPullScrub On\nCFOriginPullZone a.test {pki.zone_a.crt}\n")
                               + vhost("below.a.test", f"CFOriginPull Audit\nCFOriginPullScrub On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                                       + D_ON)))
    def seen(host, **options):
        return seen_by_script(server, "/cgi/env.cgi", host, version, **options)
    assert seen("shop.a.test", cert=pki.leaf_a) == (VISITOR, None, "off")
    assert seen("shop.a.test") == (EDGE, None, None)
    assert seen("shop.a.test", source=STRANGER) == (STRANGER, None, None)
    assert seen("shop.a.test", source=EXEMPT) == (EXEMPT, None, None)
    assert seen("below.a.test", cert=pki.leaf_a)[::2] == (VISITOR, "rewritten")
    assert seen("below.a.test", source=EXEMPT) == (EXEMPT, None, None)


# The manual.

def ranges():
    text = (ROOT / "conf" / "cloudflare-ranges.txt").read_text()
    return re.findall(r"^([0-9a-f]\S+)/", text, re.M)


def look_for(tmp_path, line):
    """Whether the grep of docs/moving-in.md finds a line in a .htaccess file."""
    command = next(x.text for x in examples("docs/moving-in.md") if x.text.startswith("grep ")).removesuffix(" /var/www\n")
    folder = tmp_path / "site" / "admin"
    folder.mkdir(parents=True)
    (folder / ".htaccess").write_text(line + "\n")
    done = subprocess.run(["sh", "-c", f"{command} {tmp_path}"], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return line in done.stdout


@pytest.mark.parametrize("line", [
    *[f"{word} {network}/{i + 20}" for i, network in enumerate(ranges()[:3]) for word in ("Require ip", "Allow from")],
    "Require ip " + " ".join(ranges()), *[f"  allow from {network}" for network in ranges()],
    "RewriteCond %{REMOTE_ADDR} !^173\\.245\\.(4[89]|5[0-9]|6[0-3])\\.", "SetEnvIf Remote_Addr \"^104\\.1[6-9]\\.\" cf",
    "Allow from 173.245", "Require ip 2606:4700::/32", "RewriteCond %{HTTP:CF-Connecting-IP} !^198", "RewriteCond %{HTTP:CF-IPCountry} ^$",
    "SetEnvIf CF-Visitor https HTTPS=on", 'RewriteCond %{HTTP:CF-Visitor} \'"scheme":"http"\'', "Require expr %{HTTP:cf-ray} != ''",
    "Require ssl-verify-client", "SSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"", "RewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$",
    "SetEnvIf X-Forwarded-For .* x\nRequire env CF_OK", "RewriteCond %{ENV:HTTP_CF_CONNECTING_IP} .", "SetEnvIf True-Client-IP .+ seen",
])
def test_the_grep_of_the_manual_finds_rules_that_know_cloudflare(tmp_path, line):
    assert look_for(tmp_path, line.splitlines()[-1])


@pytest.mark.parametrize("line", [
    "RewriteRule ^index\\.php$ - [L]", "RewriteCond %{REQUEST_FILENAME} !-f", "Require ip 192.0.2.0/24", "Require ip 10.0.0.0/8",
    "Require all denied", "php_value upload_max_filesize 104M", "ExpiresByType image/gif \"access plus 172 days\"", "Allow from 172.16.0.0/12",
    "Allow from 104.28.9.1 162.1.5.8", "Header set X-scf on", "SSLRequireSSL", "Require ssl",
])
def test_the_grep_of_the_manual_finds_nothing_else(tmp_path, line):
    assert not look_for(tmp_path, line)
