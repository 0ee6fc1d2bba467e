# SPDX-License-Identifier: Apache-2.0
"""The hint of a refusal tells why a client has no certificate: this host never asks, Cloudflare presents none, the peer
is this host or a proxy, or it comes past Cloudflare."""
import ipaddress
import socket

import pytest

from client import CLOUDFLARE, EDGE, STRANGER, Connection, get
from server import vhost

NEVER_ASKS, OFF_AT_CLOUDFLARE = "never asks for a certificate", "Authenticated Origin Pulls is off"
PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"]
THIS_HOST, PRIVATE, PAST = "the peer is this host itself", "private address", "it comes past Cloudflare"


@pytest.fixture(scope="module")
def origin(httpd, pki):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    server = httpd(modules=["remoteip"], server="CFOriginPullRanges builtin 127.0.0.0/9\n" + zone
                   + vhost("shop.a.test", "CFOriginPull On\n") + vhost("audit.a.test", "CFOriginPull Audit\n")
                   + vhost("never.a.test", "CFOriginPull On\n", verify=None, address="127.0.0.2")
                   + vhost("htaccess.a.test", "<Directory {docroot}>\nAllowOverride AuthConfig\n</Directory>\nAccessFileName .on\n",
                           verify=None, address="127.0.0.2")
                   + vhost("nginx.a.test", "CFOriginPull On\nRemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.200.0.0/16\n")
                   + vhost("plain.a.test", "CFOriginPull On\n", port="{port2}", tls=False),
                   listen=["127.0.0.1:{port}", "127.0.0.2:{port}", "127.0.0.1:{port2}", "127.0.0.1:{port3}"])
    (server.docroot / ".on").write_text("CFOriginPull On\n")
    return server


def hint(origin, host, source=EDGE, port=None, **options):
    path = f"/?{host}-{source}-{len(options)}-{'cert' in options}"
    get(port or origin.port, path, CLOUDFLARE, sni=f"{host}.a.test", source=source, **options)
    event = origin.wait_event(uri=path)
    return event["reason"], event.get("hint", "")


@pytest.mark.parametrize("host, source, text", [
    ("shop", EDGE, OFF_AT_CLOUDFLARE), ("audit", EDGE, OFF_AT_CLOUDFLARE), ("nginx", EDGE, OFF_AT_CLOUDFLARE),
    ("shop", STRANGER, THIS_HOST), ("audit", STRANGER, THIS_HOST), ("nginx", STRANGER, THIS_HOST),
])
def test_a_missing_certificate_has_its_cause(origin, host, source, text):
    reason, found = hint(origin, host, source)
    assert reason == "cert-missing" and text in found
    assert NEVER_ASKS not in found and "SSLVerifyClient" not in found


@pytest.mark.parametrize("host", ["never", "htaccess"])
@pytest.mark.parametrize("source", [EDGE, STRANGER])
def test_a_virtual_host_that_never_asks_says_so(origin, pki, host, source):
    """Also to a client that has a certificate; also with CFOriginPull in .htaccess, which the check does not see."""
    reason, found = hint(origin, host, source, address="127.0.0.2", cert=pki.leaf_a)
    assert reason == "cert-missing" and NEVER_ASKS in found and "SSLVerifyClient optional_no_ca" in found


@pytest.mark.parametrize("source, text", [(EDGE, "SSL mode of the zone is Off or Flexible"), (STRANGER, THIS_HOST)])
def test_no_tls_has_its_cause(origin, source, text):
    reason, found = hint(origin, "plain", source, port=origin.ports[1], plain=True)
    assert reason == "not-tls" and text in found


def test_an_admitted_request_has_no_hint(origin, pki):
    assert hint(origin, "shop", cert=pki.leaf_a) == ("verified", "")


def own_address():
    """An address of this host other than loopback; None: there is none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return sock.getsockname()[0]


def test_a_private_peer_and_the_own_address_are_told_apart(origin, httpd, pki):
    """Where there is only loopback, both are this host."""
    address = own_address() or STRANGER
    is_loopback = ipaddress.ip_address(address).is_loopback
    is_private = any(ipaddress.ip_address(address) in ipaddress.ip_network(x) for x in PRIVATE_NETWORKS)
    reason, found = hint(origin, "shop", source=address)
    assert reason == "cert-missing" and (THIS_HOST if is_loopback else PRIVATE if is_private else PAST) in found
    server = httpd(listen=["{port}"], ports=1, server=f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost(
        "shop.a.test", "CFOriginPull On\n", address="*"))
    with Connection(server.port, sni="shop.a.test", address=address, source=address) as connection:
        assert connection.get("/?own").status == 403
    assert THIS_HOST in server.wait_event(uri="/?own")["hint"]


# Peers that a load balancer names.

@pytest.fixture(scope="module")
def balanced(httpd, pki):
    proxy = "RemoteIPProxyProtocol On\nCFOriginPull On\n"
    return httpd(modules=["remoteip"], server=f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullProxyProtocol 127.0.0.0/8\n"
                 + vhost("shop.a.test", proxy) + vhost("plain.a.test", proxy, port="{port2}", tls=False)
                 + vhost("tunnel.a.test", proxy + "CFOriginPullRequire tunnel\nCFOriginPullTunnel 172.18.0.0/16\n", port="{port2}", tls=False))


TUNNEL_ONLY = "CFOriginPullRequire tunnel admits only the addresses of CFOriginPullTunnel"
UNNAMED = "the load balancer (CFOriginPullProxyProtocol) named no edge address"


@pytest.mark.parametrize("peer, missing, no_tls, tunnel", [
    ("198.51.100.9", PAST, PAST, TUNNEL_ONLY), ("2001:db8::9", PAST, PAST, TUNNEL_ONLY),
    ("173.245.48.9", OFF_AT_CLOUDFLARE, "Off or Flexible", TUNNEL_ONLY + ": this comes through Cloudflare, but not through the tunnel"),
    ("2400:cb00::9", OFF_AT_CLOUDFLARE, "Off or Flexible", TUNNEL_ONLY + ": this comes through Cloudflare, but not through the tunnel"),
    ("10.1.2.3", PRIVATE, PRIVATE, TUNNEL_ONLY + ": if cloudflared connects from this address, add it"),
    ("172.18.0.9", PRIVATE, PRIVATE, None), ("fd00::9", PRIVATE, PRIVATE, TUNNEL_ONLY + ": if cloudflared"),
    ("::1", THIS_HOST, THIS_HOST, TUNNEL_ONLY + ": if cloudflared"), ("127.0.0.1", UNNAMED, UNNAMED, UNNAMED),
])
def test_the_peer_that_a_load_balancer_names_decides(balanced, peer, missing, no_tls, tunnel):
    version = "6" if ":" in peer else "4"
    prefix = f"PROXY TCP{version} {peer} {'::2' if version == '6' else '192.0.2.1'} 4711 443\r\n".encode()
    for host, port, expected in (("shop", 0, missing), ("plain", 1, no_tls), ("tunnel", 1, tunnel)):
        path = f"/?{host}-{peer}"
        response = get(balanced.ports[port], path, CLOUDFLARE, sni=f"{host}.a.test", plain=port == 1, prefix=prefix)
        assert response.status == (403 if expected else 200)
        if expected:
            found = balanced.wait_event(uri=path)["hint"]
            assert expected in found and (expected not in (PAST, TUNNEL_ONLY) or found == expected)
