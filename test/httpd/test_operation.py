# SPDX-License-Identifier: Apache-2.0
"""What the pages on operation claim: behind balancers (docs/load-balancers.md), with products of Cloudflare
(docs/cloudflare-products.md), on shared hosts (docs/hosting.md), and in an emergency (docs/troubleshooting.md)."""
import pytest

from apps import CGI, CGI_MODULES, add_scripts, variables
from client import CLOUDFLARE, EDGE, STRANGER, VISITOR, get
from server import vhost
from test_frontends import v1, v2

BALANCER, MONITOR = "127.200.0.2", "127.200.0.3"
RANGES = "CFOriginPullRanges builtin 127.0.0.0/9\n"


def closed(server, path, **options):
    """Whether the client got no answer, in whatever way the connection ended."""
    try:
        get(server.port, path, CLOUDFLARE, **options)
    except OSError:
        return True
    return False


# Load balancers.

@pytest.fixture(scope="module")
def balanced(httpd, pki):
    return httpd(modules=["remoteip"], server=RANGES + f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost("shop.a.test", (
        f"RemoteIPProxyProtocol On\nRemoteIPProxyProtocolExceptions {MONITOR}\nCFOriginPull On\n"
        f"CFOriginPullProxyProtocol {BALANCER}\nCFOriginPullExemptFrom {BALANCER} {MONITOR}\n")))


@pytest.mark.A21
@pytest.mark.W12
def test_an_exempt_balancer_exempts_its_own_checks_only(balanced):
    assert get(balanced.port, source=BALANCER, prefix=v2()).status == 200
    assert get(balanced.port, source=BALANCER, prefix=v2("198.51.100.7")).status == 403


@pytest.mark.W12
def test_an_exception_lets_a_monitor_connect_without_a_header(balanced):
    assert get(balanced.port, source=MONITOR).status == 200
    assert closed(balanced, "/without", source=STRANGER)


@pytest.mark.W11
def test_a_header_that_nothing_reads_ends_the_handshake_without_a_line(httpd, pki):
    server = httpd(modules=["remoteip"], server=f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost(
        "shop.a.test", f"CFOriginPull On\nCFOriginPullProxyProtocol {BALANCER}\n"))
    before = server.log()
    for header in (v1, v2):
        assert closed(server, "/", source=BALANCER, prefix=header("173.245.48.1"), cert=pki.leaf_a)
    get(server.port, "/last", sni="shop.a.test")
    assert server.wait_event(uri="/last") and len(server.log()[len(before):].splitlines()) == 1


# Spectrum: the PROXY header is Cloudflare's, and names the visitor.

@pytest.fixture(scope="module")
def spectrum(httpd, pki):
    proxy = "RemoteIPProxyProtocol On\n"
    return add_scripts(httpd(modules=["remoteip", *CGI_MODULES], server=(
        CGI + RANGES + f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", proxy + "CFOriginPull On\nCFOriginPullRequire ip\nCFOriginPullProxyProtocol 127.0.0.0/9\n")
        + vhost("shop.a.test", proxy + "CFOriginPull Off\n<Location />\n"
                "Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '127.0.0.0/9'\"\n</Location>\n", port="{port2}"))))


@pytest.mark.W12
def test_behind_spectrum_the_proxy_header_is_not_that_of_a_balancer(spectrum):
    assert get(spectrum.port, "/spectrum", sni="shop.a.test", prefix=v2(VISITOR)).status == 403
    assert spectrum.wait_event(uri="/spectrum")["reason"] == "edge-unknown"


@pytest.mark.W12
def test_behind_spectrum_mod_remoteip_finds_the_visitor_and_a_rule_keeps_strangers_out(spectrum):
    answer = get(spectrum.ports[1], "/cgi/env.cgi", sni="shop.a.test", prefix=v2(VISITOR))
    assert variables(answer)["REMOTE_ADDR"] == VISITOR
    assert get(spectrum.ports[1], "/cgi/env.cgi", sni="shop.a.test", prefix=v2(VISITOR), source=STRANGER).status == 403


# Shared hosts.

LIST = "AuthConfig Limit Indexes\nAllowOverrideList CFOriginPull ErrorDocument"


@pytest.fixture(scope="module")
def shared(httpd, pki):
    """The main server has SSLVerifyClient and the zone for all."""
    folder = '<Directory "{docroot}">\nAllowOverride %s\n</Directory>\n'
    server = httpd(modules=["access_compat", "rewrite"], server=(
        RANGES + f"SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("off.a.test", folder % LIST, verify=None)
        + vhost("on.a.test", "CFOriginPull On\n" + folder % "All", verify=None)
        + vhost("none.a.test", "SSLVerifyClient none\nCFOriginPull On\nSSLVerifyClient optional_no_ca\n", verify=None)))
    for name, text in HTACCESS.items():
        (server.docroot / name).mkdir()
        (server.docroot / name / ".htaccess").write_text(text + "\n")
        (server.docroot / name / "index.html").write_text("the page\n")
    return server


HTACCESS = {"on": "CFOriginPull On", "off": "CFOriginPull Off", "zone": "CFOriginPullZone b.test /dev/null",
            "status": "SetHandler cf-origin-status", "satisfy": "Satisfy Any\nAllow from all", "granted": "Require all granted",
            "document": "ErrorDocument 403 /index.html", "rewrite": "RewriteEngine On\nRewriteRule ^ - [H=cf-origin-status]"}


@pytest.mark.parametrize("name, status", [("on", 403), ("off", 500), ("zone", 500), ("status", 500), ("rewrite", 500), ("document", 200)])
def test_a_tenant_can_raise_the_mode_and_nothing_else(shared, name, status):
    assert get(shared.port, f"/{name}/", sni="off.a.test").status == status


@pytest.mark.parametrize("name", HTACCESS)
def test_nothing_in_htaccess_opens_a_site_that_is_on(shared, name):
    answer = get(shared.port, f"/{name}/", CLOUDFLARE, sni="on.a.test")
    assert answer.status == 403 and answer.headers["cache-control"] == "no-store"


@pytest.mark.A28
@pytest.mark.parametrize("host", ["on", "none"])
def test_virtual_hosts_inherit_what_asks_for_a_certificate(shared, pki, host):
    assert get(shared.port, "/index.html", CLOUDFLARE, sni=f"{host}.a.test", cert=pki.leaf_a).status == 200


# An emergency: the certificate at Cloudflare has expired.

@pytest.mark.W3
def test_the_last_resort_for_an_expired_certificate_admits_the_edge_only(httpd, pki):
    server = httpd(server=RANGES + vhost("shop.a.test", "CFOriginPull On\nCFOriginPullRequire ip\n", verify="none"))
    assert get(server.port, headers=CLOUDFLARE, cert=pki.expired_a, source=EDGE).status == 200
    assert get(server.port, headers=CLOUDFLARE, cert=pki.expired_a, source=STRANGER).status == 403
