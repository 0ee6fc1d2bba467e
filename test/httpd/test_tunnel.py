# SPDX-License-Identifier: Apache-2.0
"""Origins that are reached through Cloudflare Tunnel: CFOriginPullRequire tunnel, the configurations of docs/tunnel.md,
and what is found in them."""
import json
import re

import pytest

from apps import CGI, CGI_MODULES, add_scripts, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, H2Connection, get
from examples import examples
from server import vhost
from test_check import findings, make, place

TUNNEL, EXEMPT = "127.202.0.1", "127.201.0.1"
ONLY = f"CFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\n"


def plain(name, directives, **options):
    return vhost(name, directives, tls=False, **options)


@pytest.fixture
def look(scratch, pki):
    """Exit code, findings and output of apachectl -t. `pki` has a zone's CA in zone-ca.pem."""
    (pki.dir / "zone-ca.pem").write_text(pki.zone_a.pem)

    def run(server, **options):
        httpd = make(scratch, pki, server, **options)
        code, output = httpd.check()
        run.httpd = httpd
        return code, [f.code for f in findings(output)], output
    return run


# Requests.

@pytest.fixture(scope="module", params=[True, False], ids=["mod_ssl", "no mod_ssl"])
def origin(request, httpd, pki):
    """Plain HTTP at the first port, TLS at the second (without mod_ssl plain HTTP too)."""
    text = CGI + "CFOriginPullRanges 127.0.0.0/9\nCFOriginPull On\n" + ONLY
    server = httpd(modules=CGI_MODULES, tls=request.param, server=text + plain("tunnel.a.test", "") + plain(
        "exempt.a.test", f"CFOriginPullExemptFrom {EXEMPT}\nCFOriginPullExemptPath /health\n") + plain(
        "audit.a.test", "CFOriginPull Audit\n") + plain("cert.a.test", "CFOriginPullClientIP edge\n") + vhost(
        "tunnel.a.test", "", port="{port2}", tls=request.param, verify="optional_no_ca" if request.param else None))
    (server.docroot / "health").write_text("well\n")
    return add_scripts(server)


def ask(server, host="tunnel", path="/cgi/env.cgi", headers=None, **options):
    return get(server.port, path, CLOUDFLARE if headers is None else headers, sni=f"{host}.a.test", plain=True, **options)


@pytest.mark.W12
def test_a_tunnel_is_admitted_and_names_the_visitor(origin):
    seen = variables(ask(origin, source=TUNNEL))
    assert (seen["CF_ORIGIN"], seen["CF_ORIGIN_REASON"], seen["REMOTE_ADDR"]) == ("tunnel", "tunnel", VISITOR)
    assert (seen["CF_RAY"], seen["CF_ORIGIN_EDGE"]) == (RAY, TUNNEL)


@pytest.mark.A36
@pytest.mark.parametrize("source", [EDGE, STRANGER, "127.202.0.2", EXEMPT])
@pytest.mark.parametrize("host", ["tunnel", "cert"])
def test_everybody_else_is_edge_unknown(origin, host, source):
    """Also an address of Cloudflare's."""
    assert ask(origin, host, f"/?{host}-{source}", source=source).status == 403
    event = origin.wait_event(uri=f"/?{host}-{source}")
    assert (event["reason"], event["edge_known"]) == ("edge-unknown", "yes" if source == EDGE else "no")
    assert "CFOriginPullTunnel" in event["hint"] and "out of date" not in event["hint"]


@pytest.mark.parametrize("cert", [None, "leaf_a"])
@pytest.mark.parametrize("origin", [True], indirect=True, ids=["mod_ssl"])
def test_a_certificate_admits_nobody(origin, pki, cert):
    options = {"sni": "tunnel.a.test", "cert": getattr(pki, cert) if cert else None}
    assert get(origin.ports[1], "/?cert", source=EDGE, **options).status == 403
    assert get(origin.ports[1], source=TUNNEL, **options).status == 200
    with H2Connection(origin.ports[1], options["cert"], options["sni"], source=EDGE) as connection:
        assert connection.get("/").status == 403


@pytest.mark.W12
def test_exemptions_hold(origin):
    assert ask(origin, "exempt", "/", source=EXEMPT).status == 200
    assert ask(origin, "exempt", "/health", source=STRANGER).status == 200
    assert ask(origin, "exempt", "/", source=STRANGER).status == 403
    seen = variables(ask(origin, "exempt", source=EXEMPT))
    assert (seen["CF_ORIGIN"], seen["REMOTE_ADDR"]) == ("exempt", EXEMPT) and "HTTP_CF_RAY" not in seen


def test_audit_serves_everybody_and_says_whom_on_would_refuse(origin):
    assert ask(origin, "audit", "/?served", source=EDGE).status == 200
    assert origin.wait_event(uri="/?served", code="CFO0002")["reason"] == "edge-unknown"
    assert ask(origin, "audit", "/?tunnel", source=TUNNEL).status == 200
    assert origin.wait_event(uri="/?tunnel", code="CFO0003")["reason"] == "tunnel"


def test_the_status_page_names_the_policy(httpd):
    server = httpd(tls=False, server="CFOriginPullRanges none\n" + plain(
        "shop.a.test", "CFOriginPull On\n" + ONLY + "<Location /status>\nSetHandler cf-origin-status\nRequire local\n</Location>\n"
        f"CFOriginPullExemptFrom {EDGE}\n") + plain("b.test", "CFOriginPull Audit\n" + ONLY, port="{port2}"))
    report = json.loads(get(server.port, "/status?json", sni="shop.a.test", plain=True).text)
    found = {x["name"].split(":")[0]: x for x in report["vhosts"]}
    assert [found["shop.a.test"][key] for key in ("policy", "require", "client_ip", "scrub")] == ["On", "tunnel", "verified", "On"]
    assert [found["b.test"][key] for key in ("policy", "require", "client_ip", "scrub")] == ["Audit", "tunnel", "off", "Off"]
    page = get(server.port, "/status", sni="shop.a.test", plain=True).text
    assert "<small>tunnel only</small>" in page


# Starts and findings.

ZONE = "CFOriginPullZone example.com {pki}/zone-ca.pem\n"
ADMITS = ["CFOriginPullTunnel 172.18.0.0/16\n", "CFOriginPullTunnel 127.0.0.1 ::1\n", "CFOriginPullTunnel fd00:1::/64\n",
          "CFOriginPullExemptFrom 192.0.2.1\n", "CFOriginPullExemptPath /health\n"]


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("admits", ADMITS)
@pytest.mark.parametrize("require", ["", "CFOriginPullRequire tunnel\n", "CFOriginPullRequire cert\n"])
@pytest.mark.parametrize("mode", ["On", "Audit"])
def test_a_server_starts_where_a_tunnel_or_an_exemption_admits_somebody(look, tls, admits, require, mode):
    """Without zone, certificate and TLS."""
    code, found, output = look(plain("example.com", f"CFOriginPull {mode}\n" + require + admits), tls=tls, modules=[])
    assert code == 0 and "CFO01" not in output
    assert found == []


@pytest.mark.parametrize("text", [
    plain("example.com", "CFOriginPull On\nCFOriginPullRequire tunnel\n"),
    plain("example.com", "CFOriginPull Audit\nCFOriginPullRequire Tunnel\n" + ZONE),
    "CFOriginPull On\nCFOriginPullTunnel 127.0.0.1\nCFOriginPullRequire tunnel\n"
    + plain("example.com", "CFOriginPullTunnel none\n"),
    "CFOriginPullRequire tunnel\n" + plain("example.com", "<Location /x>\nCFOriginPull On\n</Location>\n"),
    "CFOriginPull On\nCFOriginPullRequire tunnel\n",
])
def test_require_tunnel_without_anybody_to_admit_stops_the_start(look, text):
    code, _, output = look(text)
    assert code == 1 and "CFO0108 no-tunnel" in output and "CFOriginPullTunnel" in output
    assert "Require ip" not in output


def test_the_main_server_needs_no_tunnel_if_there_are_virtual_hosts(look):
    code, found, _ = look("CFOriginPull On\nCFOriginPullRequire tunnel\n" + plain("example.com", "CFOriginPullTunnel 127.0.0.9\n", address="*", port="*"))
    assert code == 0 and found == []


@pytest.mark.parametrize("words", ["cert tunnel", "tunnel cert", "ip tunnel", "tunnel ip", "TUNNEL CERT", "tunnel tunnel",
                                   "cert ip tunnel", "tunnel,cert", "cert+tunnel", "tunnels", "cloudflared", "none"])
def test_tunnel_is_never_combined(look, words):
    code, _, output = look(plain("example.com", f"CFOriginPull On\nCFOriginPullTunnel 127.0.0.1\nCFOriginPullRequire {words}\n"))
    assert code == 1
    assert "CFOriginPullRequire" in output and "cert, ip or both; or tunnel alone" in output


@pytest.mark.parametrize("lines", [
    "CFOriginPullTunnel 172.18.0.0/16\n",
    ZONE + "CFOriginPullTunnel 127.0.8.1\n",
    "CFOriginPullTunnel 127.0.8.1\nCFOriginPullRequire tunnel\n",
    ZONE + "CFOriginPullTunnel 127.0.8.1\nCFOriginPullRequire tunnel\n",
    "CFOriginPullTunnel 127.0.8.1\nCFOriginPullRequire tunnel\nCFOriginPullScheme visitor\n",
    "CFOriginPullTunnel 127.0.8.1\nCFOriginPullRequire tunnel\nCFOriginPullEarlyDrop On\n",
    "CFOriginPullTunnel 127.0.8.1\nCFOriginPullRequire tunnel\nCFOriginPullExemptFrom 192.0.2.7\n",
    ZONE + "CFOriginPullTunnel 127.0.8.1\nCFOriginPullExemptPath /.well-known/acme-challenge/\n",
])
@pytest.mark.parametrize("main", ["", "CFOriginPullRanges none\n"])
@pytest.mark.parametrize("tls", ["plain", "tls without a question", "tls"])
def test_there_is_no_finding_about_a_tunnel(look, lines, main, tls):
    on = "CFOriginPull On\n" + lines
    site = plain("example.com", on) if tls == "plain" else vhost(
        "example.com", on, verify="optional_no_ca" if tls == "tls" else None)
    code, found, output = look(main + site, modules=[])
    assert (code, found) == (0, []), output


@pytest.mark.parametrize("lines, word", [("CFOriginPullTunnel 127.0.8.1\n", True), ("", False)])
def test_ip_alone_names_the_way_of_a_tunnel(look, lines, word):
    """It must not stay, since every customer of Cloudflare's is then verified."""
    code, found, output = look("CFOriginPullRanges builtin 127.0.9.0/24\n" + plain("example.com", "CFOriginPull On\nCFOriginPullRequire ip\n" + lines))
    assert (code, found) == (0, ["CFO0218"])
    assert ("CFOriginPullRequire tunnel" in output) == word and "CFOriginPullRequire cert ip" in output


CERT = "CFOriginPull On\n" + ZONE


@pytest.mark.parametrize("main, site, expected", [
    ("", vhost("example.com", CERT), "Remove the line; or to require the certificate alone, set CFOriginPullRequire cert"),
    ("", vhost("example.com", CERT.replace("On", "Audit")), "every request is refused"),
    ("CFOriginPull On\n" + ZONE, vhost("example.com", ""), "every request is refused"),
    ("", vhost("example.com", CERT + "CFOriginPullRequire ip cert\nCFOriginPullExemptFrom 192.0.2.1\n"), "every request that is not exempt"),
    ("", vhost("example.com", CERT + "CFOriginPullExemptPath /x\n"), "every request that is not exempt"),
    ("", plain("example.com", "CFOriginPull On\nCFOriginPullRequire ip\n"), "(edge-unknown). Set CFOriginPullRequire cert"),
    ("", vhost("example.com", CERT + "CFOriginPullRequire cert\n"), None),
    ("", vhost("example.com", ZONE), None),
    ("", vhost("example.com", CERT + "CFOriginPullTunnel 127.0.8.1\n"), None),
    ("", plain("example.com", "CFOriginPull On\nCFOriginPullRequire ip\nCFOriginPullTunnel 127.0.8.1\n"), None),
    ("", plain("example.com", "CFOriginPull On\nCFOriginPullRequire tunnel\nCFOriginPullTunnel 127.0.8.1\n")
     + vhost("example.com", CERT, port="{port2}"), None),
])
def test_no_ranges_is_a_finding_without_tunnels_only(look, main, site, expected):
    code, found, output = look("CFOriginPullRanges none\n" + main + site, modules=[])
    assert (code, found) == (0, ["CFO0231"] if expected else []), output
    assert not expected or expected in output
    if "SSLEngine" in site and expected:  # both ways that are advised
        followed = (main + site).replace("CFOriginPullRequire ip cert\n", "")
        assert look("CFOriginPullRanges none\nCFOriginPullRequire cert\n" + followed, modules=[])[:2] == (0, [])
        assert look(main + site, modules=[])[:2] == (0, [])


@pytest.mark.parametrize("ssl, hits", [
    (None, "every request is refused (not-tls)"),
    ("exempt", "every request but those of CFOriginPullExemptPath is refused (not-tls)"),
    ("both", "every request but those of CFOriginPullExemptFrom and CFOriginPullExemptPath is refused (not-tls)"),
])
def test_no_tls_says_what_still_gets_in(look, ssl, hits):
    more = {None: "", "exempt": "CFOriginPullExemptPath /x\n", "both": "CFOriginPullExemptFrom 192.0.2.1\nCFOriginPullExemptPath /x\n"}[ssl]
    code, found, output = look(plain("example.com", "CFOriginPull On\n" + ZONE + more))
    assert (code, found) == (0, ["CFO0201"]) and hits in output and "CFOriginPullRequire tunnel" in output


@pytest.mark.parametrize("zone, more, hits", [
    (ZONE, "", "every request is refused (cert-missing)"),
    (ZONE, "CFOriginPullExemptFrom 192.0.2.1\n", "every request but those of CFOriginPullExemptFrom is refused"),
    (ZONE, "CFOriginPullExemptPath /x\n", "every request but those of CFOriginPullExemptPath is refused"),
    ("", "CFOriginPullExemptPath /x\n", None),
    ("", "CFOriginPullExemptFrom 192.0.2.1\n", None),
    (ZONE, "CFOriginPullTunnel 192.0.2.1\n", None),
])
def test_never_asks_says_what_still_gets_in(look, zone, more, hits):
    code, found, output = look(vhost("example.com", "CFOriginPull On\n" + zone + more, verify=None))
    assert code == 0
    assert ("CFO0202" in found) == bool(hits) and (not hits or hits in output)


def test_a_plain_twin_that_is_shut_is_no_finding(look):
    """As CFO0210 advises, with an exempt path."""
    protected = vhost("example.com", "CFOriginPull On\n" + ZONE, aliases="www.example.com")
    twin = plain("example.com", "CFOriginPull On\n" + ZONE + "CFOriginPullExemptPath /.well-known/acme-challenge/\n", port="{port2}")
    assert look(protected + twin)[:2] == (0, [])
    code, found, output = look(protected.replace("CFOriginPull On", "CFOriginPull Off") + twin)
    assert "CFO0201" in found and "every request but those of CFOriginPullExemptPath" in output
    assert look.httpd and place(look.httpd, "<VirtualHost 127.0.0.1:{port2}>") in output


@pytest.mark.parametrize("more, what", [
    ("CFOriginPull On\nCFOriginPullTunnel 192.0.2.1\n", "set SSLVerifyClient optional_no_ca"),
    ("CFOriginPull Audit\n", "set CFOriginPull On and SSLVerifyClient optional_no_ca in one step"),
])
def test_advice_about_require_never_opens_what_it_shuts(look, more, what):
    site = vhost("example.com", more + ZONE, verify="require", ca="{pki}/zone-ca.pem")
    code, found, output = look(site)
    assert (code, found) == (0, ["CFO0214"]) and what in output
    followed = site.replace("verify", "").replace("SSLVerifyClient require", "SSLVerifyClient optional_no_ca").replace("Audit", "On")
    assert look(followed)[:2] == (0, [])


def test_names_that_only_a_tunnel_serves_need_no_zone(look):
    site = vhost("example.com", "CFOriginPull On\n" + ZONE, aliases="example.org")
    assert look(site)[1] == ["CFO0203"]
    assert look(site.replace("CFOriginPull On", "CFOriginPull On\nCFOriginPullTunnel 127.0.8.1"))[:2] == (0, [])


@pytest.mark.parametrize("first", [
    plain("catch-all.example.net", ""), plain("example.com", "").replace("ServerName example.com\n", ""),
    plain("example.com", "", aliases="old.example.org"), plain("www.example.com", "", aliases="*.example.com"),
])
def test_what_is_shut_as_advised_has_no_finding_whatever_its_name(look, first):
    """A virtual host without TLS next to a protected one, of the same names, of the same folder, or without a name."""
    shut = first.replace("</VirtualHost>", "CFOriginPull On\n</VirtualHost>").replace("{port}", "{port2}")
    protected = vhost("example.com", "CFOriginPull On\n", aliases="www.example.com")
    assert look(ZONE + protected + shut)[:2] == (0, [])


def test_a_folder_without_zones_does_not_shut_a_tunnel_out(look, scratch):
    (scratch / "empty-folder").mkdir(exist_ok=True)
    site = f"CFOriginPull On\nCFOriginPullZoneDir {scratch}/empty-folder\n"
    assert "every request is refused (zone-unknown)" in look(vhost("example.com", site))[2]
    assert "every request that is not exempt is refused" in look(vhost("example.com", site + "CFOriginPullExemptPath /x\n"))[2]
    assert "CFO0107" not in look(vhost("example.com", site + "CFOriginPullTunnel 127.0.8.1\n"))[2]


# The manual.

def recipes():
    return [(x.heading, x.text) for x in examples("docs/tunnel.md")
            if x.language == "apache" and "<VirtualHost" in x.text]


@pytest.mark.W12
@pytest.mark.parametrize("name, text", recipes(), ids=[name for name, _ in recipes()])
def test_each_configuration_of_the_manual_starts_without_a_finding(httpd, pki, name, text):
    (pki.dir / "zone-ca.pem").write_text(pki.zone_a.pem)
    addresses = dict.fromkeys(re.findall(r"(?:Listen|<VirtualHost) (\S+?:\d+)", text))
    assert addresses
    for i, address in enumerate(addresses):
        text = text.replace(f"Listen {address}\n", "").replace(f"<VirtualHost {address}>", "<VirtualHost 127.0.0.1:{port%s}>" % ("" if not i else i + 1))
    text = re.sub(r"(SSLCertificateFile +)\S+", r"\1{pki}/server.pem", text)
    text = re.sub(r"SSLCertificateKeyFile.*\n", "", text)
    text = re.sub(r"cloudflare/\S+\.pem", "{pki}/zone-ca.pem", text)
    text = re.sub(r"DocumentRoot +\S+", 'DocumentRoot "{docroot}"', text)
    server = httpd(modules=["rewrite"], server=text)
    assert not re.search(r"CFO0[12]\d\d", server.log())
    connector = re.search(r"CFOriginPullTunnel +([0-9.]+)", text)[1]
    is_plain = "SSLEngine" not in text.split("</VirtualHost>")[0]
    host = re.search(r"ServerName +(\S+)", text)[1]
    options = {"sni": host, "plain": is_plain}
    assert get(server.port, source=STRANGER, **options).status == 403
    if connector.startswith("127."):
        assert get(server.port, source=connector, **options).status == 200


def test_the_manual_has_the_ways_that_people_run_tunnels():
    assert len(recipes()) >= 5
