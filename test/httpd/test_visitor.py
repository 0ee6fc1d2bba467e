# SPDX-License-Identifier: Apache-2.0
"""The visitor's address: right in every module, set for one request only, and taken only from one valid header of a
believed request. And other text that clients can write into the logs."""
import re

import pytest

from apps import CGI, CGI_MODULES, add_pages, add_scripts, pairs, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, get
from pki import Certificate, openssl
from server import REHEARSED, build_module, parse_event, vhost

OTHER = "198.51.100.200"
MODULES = CGI_MODULES + ["headers", "rewrite", "setenvif", "proxy", "proxy_http", "status", "include"]

# Everything that reads the client address, in each virtual host.
CONSUMERS = """
SetEnvIf Remote_Addr "^(.*)$" SEEN_BY_SETENVIF=$1
RequestHeader set X-Seen-Early "expr=%{REMOTE_ADDR}" early
RequestHeader set X-Seen-Late "expr=%{REMOTE_ADDR}"
Header always set X-Visitor "expr=%{REMOTE_ADDR}"
RewriteEngine On
RewriteRule ^/rewrite$ http://elsewhere.test/%{REMOTE_ADDR} [R=302,L]
ProxyPass /proxy http://127.0.0.1:BACKEND/
<Location /only/visitor>
    Require ip 203.0.113.77
</Location>
<Location /only/edge>
    Require ip 127.0.0.0/8
</Location>
<Location /only/if>
    <If "%{REMOTE_ADDR} == '203.0.113.77'">
        Header always set X-If yes
    </If>
</Location>
<Location /status>
    SetHandler server-status
    Require all granted
</Location>
<Directory "{docroot}">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    DirectoryIndex index.shtml index.html
</Directory>
ErrorDocument 404 /cgi/env.cgi
"""

# mod_security2 reads the client address if mod_remoteip is loaded, else the peer's.
SECURITY_MODULES = ["unique_id", "security2", "remoteip"]
SECURITY_RULES = """
SecRuleEngine On
SecRequestBodyAccess On
SecRule REQUEST_URI "@beginsWith /phase1" "id:1,phase:1,chain,deny,status:406"
    SecRule REMOTE_ADDR "@ipMatch 203.0.113.77"
SecRule REQUEST_URI "@beginsWith /phase2" "id:2,phase:2,chain,deny,status:406"
    SecRule REMOTE_ADDR "@ipMatch 203.0.113.77"
"""

PAGES = {
    "index.html": "<p>the page</p>\n",
    "ssi/index.shtml": '[<!--#echo var="REMOTE_ADDR" --> <!--#echo var="CF_ORIGIN" --> <!--#echo var="CF_RAY" -->]'
                       '<!--#include virtual="/ssi/part.shtml" -->\n<!--#include virtual="/cgi/env.cgi" -->\n',
    "ssi/part.shtml": '[<!--#echo var="REMOTE_ADDR" --> <!--#echo var="CF_ORIGIN" --> <!--#echo var="CF_RAY" -->]',
    "phase1.html": "phase 1\n", "phase2.html": "phase 2\n",
    "only/visitor/index.html": "for the visitor\n", "only/edge/index.html": "for the edge\n",
    "only/if/index.html": "if\n",
}


def short(value):
    return ascii(value)[:40]


@pytest.fixture(scope="module")
def origin(httpd, pki, backend):
    """On at the first port, Audit at the second."""
    consumers = CONSUMERS.replace("BACKEND", str(backend.port))
    names = "*.a.test a.test b.test"
    return add_scripts(add_pages(httpd(modules=MODULES, server=(
        "ErrorLogFormat \"[%{u}t] [%-m:%l] [id=%L] [client %a] %M\"\n" + CGI
        + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nExtendedStatus On\n"
        + 'LogFormat "%a %h %{c}a %U" addresses\nCustomLog "{dir}/addresses.log" addresses\n'
        + vhost("shop.a.test", "CFOriginPull On\n" + consumers, aliases=names)
        + vhost("shop.a.test", REHEARSED + consumers, aliases=names, port="{port2}"))), PAGES))


def ask(origin, pki, path, headers=None, version=1, port=0, cert="leaf_a"):
    """One request with the zone's certificate at On, or without any at Audit."""
    cert = getattr(pki, cert) if cert else None
    headers = CLOUDFLARE if headers is None else headers
    if version == 1:
        return get(origin.ports[port], path, headers, cert=cert)
    with H2Connection(origin.ports[port], cert) as connection:
        return connection.get(path, headers)


def by_cgi(origin, do):
    return variables(do("/cgi/env.cgi"))["REMOTE_ADDR"]


def by_setenvif(origin, do):
    return variables(do("/cgi/env.cgi"))["SEEN_BY_SETENVIF"]


def by_early_headers(origin, do):
    return variables(do("/cgi/env.cgi"))["HTTP_X_SEEN_EARLY"]


def by_expressions(origin, do):
    return variables(do("/cgi/env.cgi"))["HTTP_X_SEEN_LATE"]


def by_rewrite(origin, do):
    return do("/rewrite").headers["location"].rpartition("/")[2]


def by_x_forwarded_for(origin, do):
    return dict(pairs(do("/proxy").text))["X-Forwarded-For"]


def by_answers_filter(origin, do):
    return do("/").headers["x-visitor"]


def by_access_log(origin, do):
    """%a, %h and the peer in one line."""
    path = "/log/" + re.sub(r"\W", "", str(do))
    do(path)
    line = origin.wait_for(lambda: next((x for x in (origin.dir / "addresses.log").read_text().splitlines()
                                         if x.endswith(path)), None), "the line")
    shown, name, peer, _ = line.split()
    assert shown == name and peer == EDGE
    return shown


def by_error_log(origin, do):
    path = "/error/" + re.sub(r"\W", "", str(do))
    do(path)
    return re.search(r"\[client ([^\]]+):\d+\]", origin.wait_event(uri=path)["line"])[1]


CONSUMER = {f.__name__: f for f in (by_cgi, by_setenvif, by_early_headers, by_expressions, by_rewrite,
                                    by_x_forwarded_for, by_answers_filter, by_access_log, by_error_log)}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("consumer", CONSUMER)
def test_every_module_sees_the_visitor_of_a_proved_request(origin, pki, consumer, version):
    assert CONSUMER[consumer](origin, lambda path: ask(origin, pki, path, version=version)) == VISITOR


@pytest.mark.A24
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("consumer", CONSUMER)
def test_an_unproved_request_that_is_served_has_the_address_of_its_peer(origin, pki, consumer, version):
    assert CONSUMER[consumer](origin, lambda path: ask(origin, pki, path, version=version, port=1, cert=None)) == EDGE


@pytest.mark.A24
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("path, headers, cert, port, status", [
    ("/only/visitor/", CLOUDFLARE, "leaf_a", 0, 200),
    ("/only/visitor/", {"CF-Connecting-IP": OTHER}, "leaf_a", 0, 403),
    ("/only/visitor/", CLOUDFLARE, None, 1, 403),
    ("/only/edge/", CLOUDFLARE, "leaf_a", 0, 403),
    ("/only/edge/", CLOUDFLARE, None, 1, 200),
])
def test_require_ip_uses_the_visitor_of_proved_requests_only(
        origin, pki, path, headers, cert, port, status, version):
    assert ask(origin, pki, path, headers, version, port, cert).status == status


@pytest.fixture(scope="module")
def guarded(httpd, pki):
    return add_scripts(add_pages(httpd(modules=SECURITY_MODULES + CGI_MODULES, server=(
        CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", "CFOriginPull On\n" + SECURITY_RULES)
        + vhost("shop.a.test", REHEARSED + SECURITY_RULES, port="{port2}"))), PAGES))


@pytest.mark.A24
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("path, headers, cert, port, status", [
    ("/phase1.html", CLOUDFLARE, "leaf_a", 0, 406),
    ("/phase1.html", {"CF-Connecting-IP": OTHER}, "leaf_a", 0, 200),
    ("/phase1.html", CLOUDFLARE, None, 1, 200),
    ("/phase2.html", CLOUDFLARE, "leaf_a", 0, 406),
    ("/phase2.html", {"CF-Connecting-IP": OTHER}, "leaf_a", 0, 200),
    ("/phase2.html", CLOUDFLARE, None, 1, 200),
])
def test_mod_security_uses_the_visitor_of_proved_requests_only(
        guarded, pki, path, headers, cert, port, status, version):
    assert ask(guarded, pki, path, headers, version, port, cert).status == status


def test_an_if_section_uses_the_visitor(origin, pki):
    assert ask(origin, pki, "/only/if/").headers.get("x-if") == "yes"
    assert "x-if" not in ask(origin, pki, "/only/if/", {"CF-Connecting-IP": OTHER}).headers
    assert "x-if" not in ask(origin, pki, "/only/if/", port=1, cert=None).headers


def test_mod_security_logs_the_visitor(guarded, pki):
    assert ask(guarded, pki, "/phase1.html?said").status == 406
    line = guarded.wait_for(lambda: next((x for x in guarded.log().splitlines()
                                         if "ModSecurity: Access denied" in x and "phase 1" in x), None), "its line")
    assert f"[client {VISITOR}:" in line


def test_mod_status_shows_the_visitor(origin, pki):
    assert f">{VISITOR}<" in ask(origin, pki, "/status").text


def test_the_visitor_belongs_to_the_request_not_to_the_connection(origin, pki):
    """Each keep-alive request has its own, or none."""
    first, second = {"CF-Connecting-IP": VISITOR}, {"CF-Connecting-IP": "2001:db8::7"}
    with Connection(origin.port, pki.leaf_a) as connection:
        for headers, expected in [(first, VISITOR), ({}, EDGE), (second, "2001:db8::7"), ({}, EDGE), (first, VISITOR)]:
            seen = variables(connection.get("/cgi/env.cgi", headers))
            assert seen["REMOTE_ADDR"] == expected
            assert seen["CF_ORIGIN_CLIENT_IP"] == ("rewritten" if headers else "absent")
            assert ("HTTP_CF_CONNECTING_IP" in seen) == bool(headers)


@pytest.mark.A32
@pytest.mark.W16
def test_a_hundred_streams_at_once_have_a_hundred_visitors(origin, pki):
    """For two hosts, one of another zone; each stream has its answer and its log line."""
    wanted = {}
    with H2Connection(origin.port, pki.leaf_a) as connection:
        for i in range(100):
            visitor, ray = f"203.0.{i}.77", f"{i:016x}-AMS"
            host = ["shop.a.test", "www.a.test", "b.test", "a.test"][i % 4]
            headers = {"CF-Connecting-IP": visitor, "CF-Ray": ray} if i % 5 else {"CF-Ray": ray}
            stream = connection.request(f"/?stream={i}", headers, host)
            wanted[stream] = (i, host, EDGE if host == "b.test" or not i % 5 else visitor, ray)
        results = connection.finish()
    for stream, (i, host, address, ray) in wanted.items():
        assert results[stream].headers["x-visitor"] == address
        assert results[stream].status == (403 if host == "b.test" else 200)
    events = origin.wait_for(lambda: (lambda found: found if len(found) == 100 else None)(
        {e["uri"]: e for e in origin.events() if "?stream=" in e["uri"]}), "a hundred lines")
    lines = origin.wait_for(lambda: (lambda found: found if len(found) == 100 else None)(
        {line.split('"')[1].split()[1]: line for line in origin.access_log() if "?stream=" in line}), "as many")
    for i, host, address, ray in wanted.values():
        event, line = events[f"/?stream={i}"], lines[f"/?stream={i}"]
        refused = host == "b.test"
        assert (event["host"], event["reason"]) == (host, "zone-unknown" if refused else "verified")
        assert (event["ray"], event["claimed_ray"]) == (("-", ray) if refused else (ray, "-"))
        assert f"[client {address}:" in event["line"]
        assert line.startswith(f"{address} {EDGE} ") and f"ray={'-' if refused else ray} " in line


# Requests within requests.

@pytest.mark.W14
@pytest.mark.parametrize("version", [1, 2])
def test_all_parts_of_a_page_have_the_same_visitor(origin, pki, version):
    """DirectoryIndex, SSI, an included page, an included script."""
    response = ask(origin, pki, "/ssi/", version=version)
    assert response.text.count(f"[{VISITOR} verified {RAY}]") == 2
    seen = variables(response)
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"], seen["CF_RAY"]) == (VISITOR, "verified", RAY)
    assert seen["HTTP_CF_CONNECTING_IP"] == VISITOR


@pytest.mark.W14
@pytest.mark.parametrize("version", [1, 2])
def test_an_error_document_has_the_visitor_of_its_request(origin, pki, version):
    response = ask(origin, pki, "/missing", version=version)
    assert response.status == 404
    response.status = 200
    seen = variables(response)
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"], seen["CF_ORIGIN_ZONE"]) == (VISITOR, "verified", "a.test")
    assert (seen["CF_RAY"], seen["CF_ORIGIN_CLIENT_IP"]) == (RAY, "rewritten")
    line = origin.wait_access("GET /missing")
    assert line.startswith(VISITOR) and "origin=verified" in line


@pytest.mark.A24
@pytest.mark.parametrize("path", ["/ssi/", "/missing"])
def test_nothing_within_an_unproved_request_sees_another_visitor(origin, pki, path):
    response = ask(origin, pki, path, port=1, cert=None)
    assert VISITOR not in response.text and RAY not in response.text
    response.status = 200
    seen = variables(response)
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"]) == (EDGE, "unproven")


# Values of CF-Connecting-IP.

NOBODYS = [
    "203.0.113.77, 198.51.100.7", "203.0.113.77,203.0.113.77", "203.0.113.77 198.51.100.7", "203.0.113.77,",
    "localhost", "one.one.one.one", "127.1", "203.0.113.077", "0313.0.0113.0115", "0xcb.0.0x71.0x4d", "3405803853",
    "203.0.113", "203.0.113.77:443", "[2001:db8::7]", "2001:db8::7%lo", "fe80::1%lo", "::ffff:10.0.0.1",
    "::ffff:203.0.113.77", "::203.0.113.77", "64:ff9b::203.0.113.77", "203.0.113.77/32", "203.0.113.77\xa0",
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "::1", "fc00::1", "fe80::1", "ff02::1", "4000::1",
    "2002:a00:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "unknown", "-", "", "1" * 46, "2001:db8::7" + " " * 40 + "x",
]
SOMEBODYS = {
    "203.0.113.77": "203.0.113.77", "1.0.0.1": "1.0.0.1", "100.63.255.255": "100.63.255.255",
    "100.128.0.0": "100.128.0.0", "172.15.0.1": "172.15.0.1", "172.32.0.1": "172.32.0.1", "223.255.255.255": "223.255.255.255",
    "2001:db8::7": "2001:db8::7", "2001:0DB8:0000:0000:0000:0000:0000:0007": "2001:db8::7", "2001:DB8::7": "2001:db8::7",
    "2001:db8:0:1:0:0:0:1": "2001:db8:0:1::1", "2001:db8::1:0:0:1": "2001:db8::1:0:0:1", "2001:db8::192.0.2.1": "2001:db8::c000:201",
    "2002:cb00:714d::1": "2002:cb00:714d::1", "3fff:ffff::": "3fff:ffff::", "  203.0.113.77\t": "203.0.113.77",
    "2a06:98c0:3600::104": "2a06:98c0:3600::104",
}


@pytest.fixture(scope="module")
def proved(origin, pki):
    """One connection of the edge for many parametrized tests."""
    with Connection(origin.port, pki.leaf_a) as connection:
        yield connection


@pytest.mark.A22
@pytest.mark.A23
@pytest.mark.parametrize("value", NOBODYS, ids=short)
def test_a_value_that_is_not_one_public_address_is_ignored(origin, proved, value):
    before = origin.log().count("CFO0110")
    seen = variables(proved.get("/cgi/env.cgi?nobody", {"CF-Connecting-IP": value, "CF-Ray": RAY}))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"], seen["CF_ORIGIN"]) == (EDGE, "invalid", "verified")
    assert "HTTP_CF_CONNECTING_IP" not in seen
    assert seen["CF_RAY"] == RAY and seen["SEEN_BY_SETENVIF"] == EDGE
    origin.wait_for(lambda: origin.log().count("CFO0110") == before + 1, "the line")
    line = next(x for x in reversed(origin.log().splitlines()) if "CFO0110" in x)
    assert "[cf_origin:warn]" in line and f"[client {EDGE}:" in line
    event = parse_event(line)
    assert (event["what"], event["edge"]) == ("visitor-invalid", EDGE) and event["vhost"] and "hint" in event
    assert event["connecting_ip"].removesuffix("...") in value


@pytest.mark.A22
@pytest.mark.W13
@pytest.mark.parametrize("version", [1, 2])
def test_two_headers_are_no_address(origin, pki, version):
    twice = [("CF-Connecting-IP", VISITOR), ("cf-connecting-ip", VISITOR)]
    seen = variables(ask(origin, pki, "/cgi/env.cgi", twice, version))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (EDGE, "invalid")
    assert "HTTP_CF_CONNECTING_IP" not in seen


@pytest.mark.A22
def test_a_folded_line_is_no_address(proved):
    seen = variables(proved.raw(b"GET /cgi/env.cgi HTTP/1.1\r\nHost: shop.a.test\r\n"
                                b"CF-Connecting-IP: 203.0.113.77\r\n  198.51.100.7\r\n\r\n"))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (EDGE, "invalid")


@pytest.mark.parametrize("value", SOMEBODYS)
def test_one_public_address_becomes_the_client_address_in_canonical_form(proved, value):
    seen = variables(proved.get("/cgi/env.cgi", {"CF-Connecting-IP": value}))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (SOMEBODYS[value], "rewritten")
    assert seen["HTTP_CF_CONNECTING_IP"] == value.strip()


@pytest.mark.A22
@pytest.mark.W13
@pytest.mark.parametrize("ipv4", ["240.0.0.1", "255.255.255.254"])
@pytest.mark.parametrize("ipv6, address", [
    ("2001:db8::7", "2001:db8::7"), ("2001:DB8:0::7", "2001:db8::7"),
    (None, None), ("fe80::1", None), ("::1", None), ("localhost", None), ("203.0.113.77", None), ("", None),
])
def test_a_class_e_address_is_replaced_by_the_ipv6_address_of_the_visitor(proved, ipv4, ipv6, address):
    headers = {"CF-Connecting-IP": ipv4} | ({} if ipv6 is None else {"CF-Connecting-IPv6": ipv6})
    seen = variables(proved.get("/cgi/env.cgi", headers))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (address or ipv4, "pseudo")


@pytest.mark.A22
def test_the_ipv6_header_is_ignored_next_to_any_other_address(proved):
    seen = variables(proved.get("/cgi/env.cgi", {"CF-Connecting-IP": VISITOR, "CF-Connecting-IPv6": "2001:db8::7"}))
    assert seen["REMOTE_ADDR"] == VISITOR
    seen = variables(proved.get("/cgi/env.cgi", {"CF-Connecting-IPv6": "2001:db8::7"}))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (EDGE, "absent")


@pytest.mark.W13
@pytest.mark.parametrize("headers", [{}, {"CF-Connecting-IP": "2a06:98c0:3600::103"}, {"True-Client-IP": OTHER},
                                     {"X-Forwarded-For": OTHER}, {"X-Real-IP": OTHER}])
def test_a_request_without_a_visitor_is_admitted_without_a_warning(origin, proved, headers):
    before = origin.log().count("CFO0110")
    seen = variables(proved.get("/cgi/env.cgi", headers))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (EDGE, "absent")
    assert origin.log().count("CFO0110") == before


# CFOriginPullClientIP, and mod_remoteip in the same server.

def env_servers(pki, **choices):
    """On, and Audit that rehearses it, for each choice of directives, by host name: mode-choice.a.test."""
    text = ""
    for mode, line in (("on", "CFOriginPull On\n"), ("audit", REHEARSED)):
        for name, directives in choices.items():
            text += vhost(f"{mode}-{name}.a.test", f"{line}{directives}\n")
    return CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n" + text


@pytest.fixture(scope="module", params=["without mod_remoteip", "with mod_remoteip"])
def choices(request, httpd, pki):
    modules = CGI_MODULES + ["setenvif"] + (["remoteip"] if request.param.startswith("with ") else [])
    return add_scripts(httpd(modules=modules, server=env_servers(
        pki, default="", verified="CFOriginPullClientIP verified", edge="CFOriginPullClientIP edge",
        off="CFOriginPullClientIP off")))


@pytest.mark.A24
@pytest.mark.parametrize("host, cert, source, expected", [
    # (status, address, CF_ORIGIN_CLIENT_IP, whether the headers and the ray count)
    ("on-default", "leaf_a", EDGE, (200, VISITOR, "rewritten", True)),
    ("on-verified", "leaf_a", EDGE, (200, VISITOR, "rewritten", True)),
    ("on-edge", "leaf_a", EDGE, (200, VISITOR, "rewritten", True)),
    ("on-off", "leaf_a", EDGE, (200, EDGE, "off", True)),
    ("on-default", "rogue", EDGE, (403, EDGE, None, False)),
    ("on-edge", "rogue", EDGE, (403, VISITOR, "rewritten", True)),
    ("on-edge", "rogue", STRANGER, (403, STRANGER, None, False)),
    ("audit-default", "leaf_a", EDGE, (200, VISITOR, "rewritten", True)),
    ("audit-off", "leaf_a", EDGE, (200, EDGE, "off", True)),
    ("audit-default", "rogue", EDGE, (200, EDGE, None, False)),
    ("audit-verified", "rogue", EDGE, (200, EDGE, None, False)),
    ("audit-verified", "leaf_a", STRANGER, (200, STRANGER, None, False)),
    ("audit-off", "rogue", EDGE, (200, EDGE, None, False)),
    ("audit-edge", "rogue", EDGE, (200, VISITOR, "rewritten", True)),
    ("audit-edge", None, EDGE, (200, VISITOR, "rewritten", True)),
    ("audit-edge", None, STRANGER, (200, STRANGER, None, False)),
    ("audit-edge", "leaf_a", STRANGER, (200, STRANGER, None, False)),
])
def test_client_ip_decides_whose_address_counts(choices, pki, host, cert, source, expected):
    status, address, word, counts = expected
    path = f"/cgi/env.cgi?{host}-{cert}-{source}"
    cert = getattr(pki, cert) if cert else None
    response = get(choices.port, path, CLOUDFLARE, cert=cert, sni=f"{host}.a.test", source=source)
    assert response.status == status
    line = choices.wait_access(path)
    assert line.startswith(f"{address} {source} {status}")
    assert f"client_ip={word or '-'} ray={RAY if counts else '-'} " in line
    event = choices.wait_event(uri=path)
    assert (event["ray"], event["claimed_ray"]) == ((RAY, "-") if counts else ("-", RAY))
    if status == 200:
        seen = variables(response)
        assert seen["REMOTE_ADDR"] == address and seen.get("CF_ORIGIN_CLIENT_IP") == word
        assert seen.get("CF_RAY") == seen.get("HTTP_CF_RAY") == (RAY if counts else None)
        assert seen.get("CF_COLO") == ("SJC" if counts else None)
        assert seen.get("HTTP_CF_CONNECTING_IP") == (VISITOR if counts else None)


@pytest.fixture(scope="module")
def remoteip(httpd, pki):
    return add_scripts(httpd(modules=CGI_MODULES + ["remoteip"], server="RemoteIPHeader CF-Connecting-IP\n"
                             + env_servers(pki, x="", edge="CFOriginPullClientIP edge", off="CFOriginPullClientIP off")))


@pytest.mark.A24
@pytest.mark.parametrize("value", [VISITOR, "localhost", "127.1", "198.51.100.7, 203.0.113.77"])
@pytest.mark.parametrize("cert, source", [("rogue", EDGE), (None, EDGE), (None, STRANGER), ("leaf_a", STRANGER)])
def test_mod_remoteip_never_sees_the_visitor_of_an_unproved_request(remoteip, pki, value, cert, source):
    cert = getattr(pki, cert) if cert else None
    seen = variables(get(remoteip.port, "/cgi/env.cgi", {"CF-Connecting-IP": value}, cert=cert, sni="audit-x.a.test",
                         source=source))
    assert seen["REMOTE_ADDR"] == source
    assert "HTTP_CF_CONNECTING_IP" not in seen


@pytest.mark.A22
@pytest.mark.W13
@pytest.mark.parametrize("value, address, word", [
    (VISITOR, VISITOR, "rewritten"), ("127.1", EDGE, "invalid"), ("localhost", EDGE, "invalid"),
    ("203.0.113.77, 198.51.100.7", EDGE, "invalid"), ("10.0.0.1", EDGE, "invalid"), ("240.0.0.9", "240.0.0.9", "pseudo"),
    ("2a06:98c0:3600::103", EDGE, "absent"), (None, EDGE, "absent"),
])
def test_mod_remoteip_does_not_change_the_visitor_of_a_believed_request(remoteip, pki, value, address, word):
    headers = {"CF-Connecting-IP": value} if value else {}
    seen = variables(get(remoteip.port, "/cgi/env.cgi", headers, cert=pki.leaf_a, sni="on-x.a.test"))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (address, word)
    assert seen.get("HTTP_CF_CONNECTING_IP") == (None if word == "invalid" else value)


def test_client_ip_off_also_holds_for_mod_remoteip(remoteip, pki):
    seen = variables(get(remoteip.port, "/cgi/env.cgi", CLOUDFLARE, cert=pki.leaf_a, sni="on-off.a.test"))
    assert (seen["REMOTE_ADDR"], seen["HTTP_CF_CONNECTING_IP"]) == (EDGE, VISITOR)


# The ray ID.

ODD_RAYS = ["230B030023AE2822-SJC", "230b030023ae282-SJC", "230b030023ae28222-SJC", "230b030023ae2822-sjc",
            "230b030023ae2822-SJCX", "230b030023ae2822-SJ", "230b030023ae2822-", "230b030023ae2822SJC",
            "230b030023ae2822 SJC", "230b030023ae2822-SJC, 230b030023ae2823-SJC", '230b030023ae2822"]x[y-LHR',
            "230b030023ae2822-S%n", "g30b030023ae2822-SJC", "<script>", "ray" * 1000]


@pytest.fixture(scope="module")
def log_id(httpd, pki):
    return add_scripts(httpd(modules=CGI_MODULES, server=(
        "ErrorLogFormat \"[%{u}t] [%-m:%l] [id=%L] [env=%{CF_RAY}e] [client %a] %M\"\n"
        + env_servers(pki, on="CFOriginPullLogID On", off="CFOriginPullLogID Off", default="",
                      edge="CFOriginPullLogID On\nCFOriginPullClientIP edge"))))


@pytest.mark.A34
@pytest.mark.W21
@pytest.mark.parametrize("value", ODD_RAYS, ids=short)
def test_a_request_with_an_invalid_ray_is_admitted_and_the_ray_not_recorded(log_id, pki, value):
    path = "/cgi/env.cgi?" + str(ODD_RAYS.index(value))
    headers = {"CF-Connecting-IP": VISITOR, "CF-Ray": value}
    seen = variables(get(log_id.port, path, headers, cert=pki.leaf_a, sni="on-on.a.test"))
    assert seen["CF_ORIGIN"] == "verified" and seen["HTTP_CF_RAY"] == value
    assert "CF_RAY" not in seen and "CF_COLO" not in seen
    event = log_id.wait_event(uri=path)
    assert (event["ray"], event["claimed_ray"]) == ("-", "-")
    assert log_id.wait_access(path).endswith("ray=- colo=-")
    unproved = get(log_id.port, path + "x", headers, sni="on-on.a.test")
    assert unproved.status == 403
    assert log_id.wait_event(uri=path + "x")["claimed_ray"] == "-"
    for text in (log_id.log(), "\n".join(log_id.access_log())):
        assert value not in text and value.replace('"', '\\x22') not in text


@pytest.mark.W21
def test_a_ray_without_a_colo_is_valid(log_id, pki):
    seen = variables(get(log_id.port, "/cgi/env.cgi?bare", {"CF-Ray": RAY[:16]}, cert=pki.leaf_a, sni="on-on.a.test"))
    assert seen["CF_RAY"] == RAY[:16] and "CF_COLO" not in seen
    assert log_id.wait_event(uri="/cgi/env.cgi?bare")["ray"] == RAY[:16]


@pytest.mark.parametrize("host, cert, used", [
    ("on-on", "leaf_a", True), ("on-off", "leaf_a", False), ("on-default", "leaf_a", False), ("on-on", "rogue", False),
    ("audit-on", "rogue", False), ("audit-on", None, False), ("audit-edge", None, True),
])
@pytest.mark.parametrize("version", [1, 2])
def test_with_log_id_on_the_ray_is_the_log_id_of_believed_requests(log_id, pki, host, cert, used, version):
    path = f"/?{host}-{cert}-{version}"
    cert = getattr(pki, cert) if cert else None
    ray = "00112233445566aa-FRA"
    if version == 1:
        get(log_id.port, path, {"CF-Ray": ray}, cert=cert, sni=f"{host}.a.test")
    else:
        with H2Connection(log_id.port, cert, sni=f"{host}.a.test") as connection:
            connection.get(path, {"CF-Ray": ray})
    line = log_id.wait_event(uri=path)["line"]
    shown = log_id.wait_access(f"GET {path} ").split()[3]
    assert (f"[id={ray}]" in line) == used and (shown == ray) == used


# Text from clients in the log.

@pytest.mark.A34
@pytest.mark.parametrize("uri", [
    '/a"b', "/a%22%0ab", "/a'b]c[d", '/?q="+reason=verified+zone="a.test', "/?\x80\xff\xc3\xbc", "/a\\b\\\\c\\",
    "/?ray=230b030023ae2822-SJC&x==", "/?%s%n%x", "/?" + "x" * 8000, "/?" + '"' * 4000, "/?" + "\xff" * 4000,
], ids=lambda uri: ascii(uri[:40]))
@pytest.mark.parametrize("cert, host", [("leaf_a", "on-on"), (None, "on-on"), (None, "audit-on")])
def test_a_line_parses_back_whatever_the_uri(log_id, pki, uri, cert, host):
    before = len(log_id.events())
    get(log_id.port, uri, CLOUDFLARE, cert=getattr(pki, cert) if cert else None, sni=f"{host}.a.test")
    event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
    if event["uri"] != uri:  # cut, but not shorter than needed
        kept = event["uri"].removesuffix("...")
        assert uri.startswith(kept) and len(kept) >= 120 and len(event["uri"]) == len(kept) + 3
    assert len(event["line"].encode()) < 8192
    assert event["method"] == "GET" and event["host"] == f"{host}.a.test"


@pytest.mark.A34
def test_a_uri_cannot_be_mistaken_for_another_once_it_is_decoded(log_id):
    """A backslash in the URI is not read as an escape of the log."""
    before = len(log_id.events())
    get(log_id.port, "/?a\\x22b", sni="on-on.a.test")
    event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
    assert event["uri"] == "/?a\\x22b"


@pytest.mark.A34
@pytest.mark.parametrize("host, shown", [("b_.test", "b_.test"), ("[::1]:443", "::1"), ("192.0.2.1:443", "192.0.2.1"),
                                         ("x" * 250, "x" * 250), ("-", "-"), ("A.Other.", "a.other")], ids=short)
def test_a_line_parses_back_whatever_the_host(log_id, host, shown):
    before = len(log_id.events())
    with Connection(log_id.port, sni=None) as connection:
        assert connection.get("/?host", host=host).status == 403
    event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
    assert (event["host"], event["uri"]) == (shown, "/?host")


@pytest.mark.A34
@pytest.mark.parametrize("sni", ['x" reason=verified y="', "x]y[z", "a\\b", 'a"b.test', "%s%n", "a=b", "x\ty", "x\ny"])
def test_a_line_parses_back_whatever_the_sni(log_id, sni):
    before = len(log_id.events())
    with Connection(log_id.port, sni=sni) as connection:
        assert connection.get("/?sni", host="on-on.a.test").status == 403
    event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
    assert (event["sni"], event["reason"], event["uri"]) == (sni, "cert-missing", "/?sni")


@pytest.fixture(scope="module")
def odd_subjects(pki):
    """Certificates of no zone whose subjects have every character that a line must not have."""
    subjects = ['quote" reason=verified x="', "line\nfeed", "comma,plus+equals=", "back\\slash\\", "münchen", "\x01\x1f\x7f",
                "%s%n", "]bracket[", "x" * 60]
    made = {}
    for i, subject in enumerate(subjects):
        key = pki.key(f"odd-{i}")
        crt = pki.dir / f"odd-{i}.crt"
        # -subj cannot hold a slash or a newline, so this uses a configuration file.
        config = pki.dir / f"odd-{i}.cnf"
        escaped = re.sub(r'([\\"#$;])', r"\\\1", subject).replace("\n", "\\n")
        config.write_text(f'[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n[dn]\nCN={escaped}\n')
        openssl("req", "-new", "-x509", "-key", key, "-config", config, "-out", crt, "-days", "2")
        made[subject] = Certificate(crt, key)
    return made


@pytest.mark.A34
def test_a_line_parses_back_whatever_the_subject(log_id, odd_subjects):
    for subject, cert in odd_subjects.items():
        before = len(log_id.events())
        assert get(log_id.port, "/?subject", CLOUDFLARE, cert=cert, sni="on-on.a.test").status == 403
        event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
        assert event["reason"] == "cert-unknown" and event["uri"] == "/?subject" and event["cert"] == cert.sha256
        assert event["cert_zone"] == "-"
        shown = event["cert_subject"].encode("latin-1").decode()
        assert shown.startswith("CN=")
        # RFC 2253 adds its own escapes.
        plain = re.sub(r"\\([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), shown[3:])
        assert re.sub(r"\\(.)", r"\1", plain) == subject


@pytest.mark.A34
def test_headers_of_eight_kilobytes_do_not_reach_the_log(log_id, pki):
    for cert in (pki.leaf_a, None):
        before = len(log_id.events())
        headers = {"CF-Ray": "r" * 8000, "CF-IPCountry": '"]\\' * 2000, "User-Agent": '"]\\' * 2000, "CF-Worker": '"' * 4000}
        assert get(log_id.port, "/?long", headers, cert=cert, sni="on-on.a.test").status == (200 if cert else 403)
        event = log_id.wait_for(lambda: log_id.events()[before:], "an event")[0]
        assert event["uri"] == "/?long" and len(event["line"]) < 2000


@pytest.mark.A34
def test_every_log_line_of_these_tests_is_one_event(origin, choices, remoteip, log_id):
    for server in (origin, choices, remoteip, log_id):
        for line in server.log().splitlines():
            if re.search(r"\bCFO000\d ", line):
                assert parse_event(line)["reason"]


# mod_remoteip is waited for only where it has something to do.

LINE = "RemoteIPHeader X-Real-IP\n"
PLACES = {
    "the server": LINE, "another spelling": LINE.lower(), "another virtual host": vhost("other.a.test", LINE),
    "IfModule": f"<IfModule mod_remoteip.c>\n{LINE}</IfModule>\n",
    "Define": f"Define ours\n<IfDefine ours>\n{LINE}</IfDefine>\n",
    "Macro": f"<Macro Place>\n<IfModule mod_remoteip.c>\n{LINE}</IfModule>\n</Macro>\nUse Place\n",
    "Include": "Include {dir}/included.conf\n",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_visitor_is_the_address_wherever_mod_remoteip_is_set_up(httpd, pki, tmp_path, place):
    (tmp_path / "included.conf").write_text(LINE)
    lines = PLACES[place].replace("{dir}", str(tmp_path))
    own = LINE if place == "another virtual host" else ""
    server = add_scripts(httpd(modules=CGI_MODULES + ["remoteip", "macro"], server=(
        lines + CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", "CFOriginPull On\n" + own))))
    seen = variables(get(server.port, "/cgi/env.cgi", {**CLOUDFLARE, "X-Real-IP": OTHER}, cert=pki.leaf_a))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (VISITOR, "rewritten")


# As mod_perl executes the lines of a <Perl> section, which are in no file.
SECTION = """
static int execute(apr_pool_t *p, apr_pool_t *log, apr_pool_t *ptemp, server_rec *s)
{
    ap_directive_t line = { "RemoteIPHeader", "X-Real-IP" };
    cmd_parms parms = { 0 };

    for (; s; s = s->next) {
        parms.pool = p;
        parms.temp_pool = ptemp;
        parms.server = s;
        parms.override = RSRC_CONF;
        if (ap_walk_config(&line, &parms, s->lookup_defaults))
            return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}
"""


def test_the_visitor_is_the_address_where_mod_perl_may_set_up_mod_remoteip(httpd, pki, scratch):
    load = build_module(scratch, "perl", "ap_hook_check_config(execute, NULL, NULL, APR_HOOK_MIDDLE);", "util_cfgtree.h", SECTION)
    server = add_scripts(httpd(modules=CGI_MODULES + ["remoteip"], server=(
        load + CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", "CFOriginPull On\n") + vhost("off.a.test", ""))))
    headers = {**CLOUDFLARE, "X-Real-IP": OTHER}
    assert variables(get(server.port, "/cgi/env.cgi", headers, sni="off.a.test"))["REMOTE_ADDR"] == OTHER
    assert variables(get(server.port, "/cgi/env.cgi", headers, cert=pki.leaf_a))["REMOTE_ADDR"] == VISITOR
