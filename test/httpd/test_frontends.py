# SPDX-License-Identifier: Apache-2.0
"""Which address counts as the edge: behind load balancers, tunnels and exemptions, over IPv6, and if a client
claims another one. And the policies that depend on it."""
import ipaddress
import socket
import struct

import pytest

from apps import CGI, CGI_MODULES, add_scripts, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, get
from server import REHEARSED, ROOT, vhost

BALANCER = "127.0.0.2"  # listed, and within the ranges of the tests
CLOUDFLARES = "173.245.48.1"
SOMEBODYS = "198.51.100.7"

BUILTIN = ["173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18",
           "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13",
           "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22", "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32",
           "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32"]


def v1(address, family=None):
    family = family or ("TCP6" if ":" in address else "TCP4")
    return f"PROXY {family} {address} {'2001:db8::1' if ':' in address else '192.0.2.1'} 40000 443\r\n".encode()


def v2(address=None):
    """None: LOCAL."""
    start = b"\r\n\r\n\0\r\nQUIT\n"
    if address is None:
        return start + b"\x20\0\0\0"
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    data = packed + packed + struct.pack("!HH", 40000, 443)
    return start + (b"\x21\x11" if len(packed) == 4 else b"\x21\x21") + struct.pack("!H", len(data)) + data


@pytest.fixture(scope="module")
def balanced(httpd, pki):
    """PROXY headers are required at all ports. The balancer itself is in the ranges too."""
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    listed = f"CFOriginPullProxyProtocol 192.0.2.99 {BALANCER}\n"
    return add_scripts(httpd(modules=["remoteip"] + CGI_MODULES, server=(
        CGI + "CFOriginPullRanges builtin 127.0.0.0/9\nRemoteIPProxyProtocol On\nErrorDocument 404 /cgi/env.cgi\n" + zone
        + vhost("on.a.test", "CFOriginPull On\n" + listed)
        + vhost("audit.a.test", REHEARSED + listed)
        + vhost("scrubbed.a.test", "CFOriginPull Audit\nCFOriginPullScrub On\n" + listed)
        + vhost("raised.a.test", "CFOriginPull Audit\n<Location />\nCFOriginPull On\n</Location>\n" + listed)
        + vhost("unlisted.a.test", "CFOriginPull On\n")
        + vhost("kept.a.test", "CFOriginPull On\nCFOriginPullScrub Off\n" + listed)
        + vhost("exempt.a.test", "CFOriginPull On\nCFOriginPullExemptFrom 198.51.100.0/24 2001:db8:e::/48\n" + listed)
        + vhost("tunnel.a.test", "CFOriginPull On\nCFOriginPullTunnel 198.51.100.0/24 2001:db8:e::/48\n" + listed)
        + vhost("health.a.test", f"CFOriginPull On\nCFOriginPullExemptFrom {BALANCER}\n" + listed)
        + vhost("located.a.test", "<Location />\nCFOriginPull On\n</Location>\n" + listed))))


def ask(server, pki, path, host="on", source=BALANCER, cert="leaf_a", headers=None, **options):
    """The answer and the log event."""
    response = get(server.port, path, CLOUDFLARE if headers is None else headers, source=source, sni=f"{host}.a.test",
                   cert=getattr(pki, cert) if cert else None, **options)
    return response, server.wait_event(uri=path)


def test_the_list_of_the_tests_is_the_sample_list():
    text = (ROOT / "conf" / "cloudflare-ranges.txt").read_text()
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    assert sorted(line for line in lines if line) == sorted(BUILTIN)


@pytest.mark.parametrize("header", [v1, v2])
@pytest.mark.parametrize("network", BUILTIN)
def test_each_built_in_range_is_known_from_its_first_to_its_last_address(balanced, pki, network, header):
    network = ipaddress.ip_network(network)
    for address in (network[0], network[-1]):
        response, event = ask(balanced, pki, f"/in/{address}/{header.__name__}", prefix=header(str(address)))
        assert (event["edge"], event["edge_known"], event["reason"]) == (str(address), "yes", "verified")
        assert response.status == 404


@pytest.mark.parametrize("network", BUILTIN)
def test_addresses_next_to_a_built_in_range_are_unknown(balanced, pki, network):
    everything = [ipaddress.ip_network(x) for x in BUILTIN]
    network = ipaddress.ip_network(network)
    for address in (network[0] - 1, network[-1] + 1):
        if any(address in other for other in everything):  # two ranges are adjacent
            continue
        response, event = ask(balanced, pki, f"/next-to/{address}", prefix=v1(str(address)))
        assert (event["edge"], event["edge_known"], event["reason"]) == (str(address), "no", "edge-unknown")
        assert response.status == 403


@pytest.mark.parametrize("address", ["104.28.0.1", "199.27.128.1", "8.8.8.8", "127.200.0.1", "::1", "2606:4701::1",
                                     "::104.16.0.1", "2002:6810:1::1", "64:ff9b::104.16.0.1"])
def test_former_or_similar_ranges_of_cloudflare_are_unknown(balanced, pki, address):
    response, event = ask(balanced, pki, f"/former/{address}", prefix=v2(address))
    assert response.status == 403 and event["edge_known"] == "no"


def test_a_mapped_address_in_a_proxy_header_is_the_ipv4_address(balanced, pki):
    response, event = ask(balanced, pki, "/mapped", prefix=v2("::ffff:173.245.48.1"))
    assert (response.status, event["edge_known"]) == (404, "yes")


@pytest.mark.W11
@pytest.mark.parametrize("host", ["on", "audit", "located", "kept", "raised"])
@pytest.mark.parametrize("header", [v1, v2])
def test_a_listed_balancer_names_the_edge_and_the_edge_the_visitor(balanced, pki, host, header):
    path = f"/cgi/env.cgi?{host}-{header.__name__}"
    response, event = ask(balanced, pki, path, host, prefix=header(CLOUDFLARES))
    assert (event["reason"], event["edge"], event["edge_known"]) == ("verified", CLOUDFLARES, "yes")
    seen = variables(response)
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_EDGE"], seen["CF_RAY"]) == (VISITOR, CLOUDFLARES, RAY)
    assert balanced.wait_access(path).startswith(f"{VISITOR} {BALANCER} 200")


@pytest.mark.parametrize("header", [v1, v2])
@pytest.mark.parametrize("named, reason, known", [(CLOUDFLARES, "verified", "yes"), (SOMEBODYS, "edge-unknown", "no")])
def test_a_listed_balancer_names_the_edge_where_audit_only_removes_headers(balanced, pki, named, reason, known, header):
    response, event = ask(balanced, pki, f"/cgi/env.cgi?scrubbed-{named}-{header.__name__}", "scrubbed", prefix=header(named))
    assert (event["reason"], event["edge"], event["edge_known"]) == (reason, named, known)
    assert variables(response)["REMOTE_ADDR"] == named


@pytest.mark.parametrize("host", ["on", "located", "kept", "raised"])
@pytest.mark.parametrize("header", [v1, v2])
def test_an_unknown_address_named_by_a_listed_balancer_is_refused(balanced, pki, host, header):
    """The balancer's own address is in the ranges, but does not count."""
    response, event = ask(balanced, pki, f"/stranger/{host}/{header.__name__}", host, prefix=header(SOMEBODYS))
    assert response.status == 403
    assert (event["reason"], event["edge"], event["edge_known"]) == ("edge-unknown", SOMEBODYS, "no")


@pytest.mark.A20
@pytest.mark.parametrize("host, source, edge_known", [("on", STRANGER, "no"), ("unlisted", STRANGER, "no"), ("located", STRANGER, "no"), ("raised", STRANGER, "no"),
                                                      ("kept", STRANGER, "no"), ("on", EDGE, "yes"), ("unlisted", BALANCER, "yes")])
@pytest.mark.parametrize("named", [CLOUDFLARES, SOMEBODYS, "2606:4700::1"])
@pytest.mark.parametrize("header", [v1, v2])
def test_a_proxy_header_from_an_unlisted_peer_is_ignored(balanced, pki, host, source, edge_known, named, header):
    path = f"/else/{host}/{source}/{named}/{header.__name__}"
    response, event = ask(balanced, pki, path, host, source, prefix=header(named))
    assert (event["edge"], event["edge_known"]) == (source, edge_known)
    assert response.status == (404 if edge_known == "yes" else 403)


@pytest.mark.A20
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("header", [v1, v2])
def test_a_proxy_header_counts_or_not_for_each_stream_of_its_connection(balanced, pki, header, tls):
    for host, source, named, status in (("on", BALANCER, CLOUDFLARES, 404), ("on", BALANCER, SOMEBODYS, 403), ("on", STRANGER, CLOUDFLARES, 403),
                                        ("unlisted", STRANGER, CLOUDFLARES, 403)):
        with H2Connection(balanced.port, pki.leaf_a, sni=f"{host}.a.test", source=source, prefix=header(named), tls=tls) as connection:
            streams = [connection.request(f"/stream/{i}", CLOUDFLARE) for i in range(3)]
            answers = connection.finish()
            assert [answers[stream].status for stream in streams] == [status] * 3


@pytest.mark.A20
@pytest.mark.parametrize("named", [CLOUDFLARES, SOMEBODYS])
def test_a_proxy_header_does_not_change_the_visitor_of_a_proved_request(balanced, pki, named):
    """Also with CFOriginPullScrub Off."""
    for host in ("on", "kept", "unlisted"):
        path = f"/cgi/env.cgi?stands-{host}-{named}"
        response, event = ask(balanced, pki, path, host, EDGE, prefix=v1(named))
        assert (event["reason"], event["edge"]) == ("verified", EDGE)
        assert variables(response)["REMOTE_ADDR"] == VISITOR


@pytest.mark.A20
@pytest.mark.A24
@pytest.mark.parametrize("source", [STRANGER, EDGE])
@pytest.mark.parametrize("host, named", [("audit", "10.1.1.1"), ("audit", SOMEBODYS), ("audit", CLOUDFLARES)])
def test_an_address_named_by_an_unlisted_peer_is_not_the_visitor_either(balanced, pki, source, host, named):
    """mod_remoteip believes every peer, so Require ip 10.0.0.0/8 would too."""
    path = f"/cgi/env.cgi?named-{source}-{named}"
    response, _ = ask(balanced, pki, path, host, source, cert=None, prefix=v1(named))
    assert variables(response)["REMOTE_ADDR"] == source
    assert balanced.wait_access(path).startswith(f"{source} {source} 200")


def test_the_hint_names_the_directive_if_the_balancer_is_not_listed(balanced, pki):
    _, event = ask(balanced, pki, "/not-listed", "unlisted", STRANGER, prefix=v1(CLOUDFLARES))
    assert event["reason"] == "edge-unknown" and "CFOriginPullProxyProtocol" in event["hint"]


@pytest.mark.parametrize("named, hint", [(SOMEBODYS, "it comes past Cloudflare"), ("10.1.1.1", "private address"),
                                         ("2001:db8::1", "it comes past Cloudflare"), ("fd00::1", "private address"),
                                         (CLOUDFLARES, "Authenticated Origin Pulls is off"), ("2606:4700::1", "Authenticated Origin Pulls")])
def test_the_hint_is_about_the_address_that_a_listed_balancer_names(balanced, pki, named, hint):
    _, event = ask(balanced, pki, f"/hint/{named}", "on", cert=None, prefix=v2(named))
    assert event["reason"] == "cert-missing" and hint in event["hint"]


@pytest.mark.parametrize("host, source, prefix, hint", [("on", BALANCER, v2(), "if this is its own health check, exempt the path"),
                                                        ("unlisted", STRANGER, v1(CLOUDFLARES), "not listed in CFOriginPullProxyProtocol")])
def test_the_hint_explains_every_refusal_of_a_balancer(balanced, pki, host, source, prefix, hint):
    for cert, reason in ((None, "cert-missing"), ("leaf_a", "edge-unknown")):
        _, event = ask(balanced, pki, f"/balancer/{host}/{reason}", host, source, cert, prefix=prefix)
        assert event["reason"] == reason and hint in event["hint"]


@pytest.mark.W11
@pytest.mark.parametrize("host", ["on", "audit", "located", "kept", "raised"])
def test_an_internal_redirect_does_not_restore_the_address_of_the_proxy_header(balanced, pki, host):
    """mod_remoteip handles each internal redirect again."""
    path = f"/missing-{host}?not-found"
    response, event = ask(balanced, pki, path, host, prefix=v1(CLOUDFLARES))
    assert event["reason"] == "verified"
    seen = variables(response, status=404)
    assert (seen["REDIRECT_STATUS"], seen["REMOTE_ADDR"]) == ("404", VISITOR)
    assert balanced.wait_access(path).startswith(f"{VISITOR} {BALANCER} 404")


@pytest.mark.A21
@pytest.mark.parametrize("host, reason", [("on", "edge-unknown"), ("kept", "edge-unknown"), ("located", "edge-unknown"),
                                          ("health", "exempt-address")])
@pytest.mark.parametrize("prefix", [v2(), v1(BALANCER), v2(BALANCER)])
def test_a_balancer_that_names_no_address_is_no_edge_but_may_be_exempt(balanced, pki, host, reason, prefix):
    cert = None if host == "health" else "leaf_a"
    path = f"/nobody/{host}/{len(prefix)}"
    response, event = ask(balanced, pki, path, host, cert=cert, prefix=prefix)
    assert (event["reason"], event["edge"], event["edge_known"]) == (reason, BALANCER, "no")
    assert response.status == (404 if host == "health" else 403)


@pytest.mark.A21
@pytest.mark.A30
@pytest.mark.parametrize("header", [v1, v2])
def test_an_address_behind_an_exempt_balancer_is_not_exempt(balanced, pki, header):
    response, event = ask(balanced, pki, f"/not-exempt/{header.__name__}", "health", cert=None, prefix=header(SOMEBODYS))
    assert response.status == 403 and event["edge"] == SOMEBODYS


@pytest.mark.A21
@pytest.mark.parametrize("prefix", [b"PROXY UNKNOWN\r\n", b"", b"PROXY TCP4 localhost 192.0.2.1 1 443\r\n", b"PROXY TCP4 "])
def test_a_proxy_header_without_an_address_admits_no_request(balanced, pki, prefix):
    """mod_remoteip closes some of these connections, which is a refusal too."""
    for host in ("on", "kept"):
        try:
            response = get(balanced.port, "/unknown", CLOUDFLARE, source=BALANCER, sni=f"{host}.a.test", cert=pki.leaf_a,
                           prefix=prefix)
        except OSError:
            continue
        assert response.status == 403


@pytest.mark.W11
@pytest.mark.parametrize("named", [SOMEBODYS, "2001:db8:e::7"])
@pytest.mark.parametrize("host, reason, address", [("exempt", "exempt-address", None), ("tunnel", "tunnel", VISITOR)])
def test_exemption_and_tunnel_use_the_address_behind_the_balancer(balanced, pki, named, host, reason, address):
    path = f"/cgi/env.cgi?{host}-{named}"
    response, event = ask(balanced, pki, path, host, cert=None, prefix=v1(named))
    assert (event["reason"], event["edge"]) == (reason, named)
    assert variables(response)["REMOTE_ADDR"] == (address or named)
    response, event = ask(balanced, pki, path + "-claimed", host, STRANGER, cert=None, prefix=v1(named))
    assert (response.status, event["edge"]) == (403, STRANGER)


# RemoteIPHeader: an address in a request header is not the edge.

@pytest.fixture(scope="module")
def forwarded(httpd, pki):
    """mod_remoteip without a list of proxies believes X-Forwarded-For of every client."""
    zone = f"CFOriginPullRanges builtin 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nRemoteIPHeader X-Forwarded-For\n"
    lists = f"CFOriginPullProxyProtocol {BALANCER}\nCFOriginPullTunnel 198.51.100.8\nCFOriginPullExemptFrom 198.51.100.9\n"
    return add_scripts(httpd(modules=["remoteip"] + CGI_MODULES, server=(
        CGI + zone
        + vhost("on.a.test", "CFOriginPull On\n" + lists)
        + vhost("kept.a.test", "CFOriginPull On\nCFOriginPullScrub Off\n" + lists)
        + vhost("ip.a.test", "CFOriginPull On\nCFOriginPullRequire ip\n" + lists)
        + vhost("located.a.test", "<Location />\nCFOriginPull On\n</Location>\n" + lists))))


@pytest.mark.A19
@pytest.mark.A30
@pytest.mark.parametrize("host", ["on", "kept", "ip", "located"])
@pytest.mark.parametrize("source", [STRANGER, BALANCER])
@pytest.mark.parametrize("claimed", [CLOUDFLARES, "198.51.100.8", "198.51.100.9", "2606:4700::1"])
def test_an_edge_address_in_x_forwarded_for_is_not_the_edge(forwarded, pki, host, source, claimed):
    path = f"/claim/{host}/{source}/{claimed}"
    response, event = ask(forwarded, pki, path, host, source, headers={"X-Forwarded-For": claimed} | CLOUDFLARE)
    assert response.status == 403
    assert (event["reason"], event["edge"], event["edge_known"]) == ("edge-unknown", source, "no")


@pytest.mark.A19
@pytest.mark.parametrize("host", ["on", "kept", "ip", "located"])
def test_x_forwarded_for_does_not_change_the_visitor_of_a_proved_request(forwarded, pki, host):
    path = f"/cgi/env.cgi?{host}"
    response, event = ask(forwarded, pki, path, host, EDGE, headers={"X-Forwarded-For": SOMEBODYS} | CLOUDFLARE)
    assert (event["reason"], event["edge"]) == ("verified", EDGE)
    assert variables(response)["REMOTE_ADDR"] == VISITOR


# Tunnel, exemption, and what is required, by the TCP peer.

@pytest.fixture(scope="module")
def plain(httpd, pki):
    """Without mod_remoteip. Each host has its own policy."""
    def host(name, directives):
        return vhost(f"{name}.a.test", "CFOriginPull On\n" + directives) + vhost(
            f"{name}.a.test", "CFOriginPull On\n" + directives, port="{port2}", tls=False)

    return add_scripts(httpd(modules=CGI_MODULES, server=(
        CGI + f"CFOriginPullRanges 127.0.0.0/9 ::1\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + host("on", "CFOriginPullTunnel 127.203.0.1\nCFOriginPullExemptFrom 127.201.0.0/16 127.203.0.1\n")
        + host("ip", "CFOriginPullRequire ip\n")
        + host("ip-no-zone", "CFOriginPullRequire ip\nCFOriginPullZone none\n")
        + host("cert", "CFOriginPullRequire cert\n")
        + host("both", "CFOriginPullRequire ip cert\n")
        + host("no-ranges-cert", "CFOriginPullRequire cert\nCFOriginPullZone a.test " + str(pki.leaf_b.crt) + "\n"))))


@pytest.mark.A24
@pytest.mark.A36
@pytest.mark.parametrize("plain_text", [False, True])
@pytest.mark.parametrize("source, reason, address, ray", [
    ("127.203.0.1", "tunnel", VISITOR, RAY), ("127.201.0.1", "exempt-address", "127.201.0.1", None),
    ("127.201.255.255", "exempt-address", "127.201.255.255", None),
])
def test_tunnel_is_believed_and_an_exempt_address_is_not(plain, source, reason, address, ray, plain_text):
    """Neither needs a certificate or TLS. An address that is both is a tunnel."""
    path = f"/cgi/env.cgi?{source}-{plain_text}"
    response = get(plain.ports[1 if plain_text else 0], path, CLOUDFLARE, sni="on.a.test", source=source, plain=plain_text)
    seen = variables(response)
    assert (seen["CF_ORIGIN_REASON"], seen["REMOTE_ADDR"], seen.get("CF_RAY")) == (reason, address, ray)
    assert seen.get("HTTP_CF_CONNECTING_IP") == (VISITOR if ray else None)
    assert seen.get("CF_ORIGIN_CLIENT_IP") == ("rewritten" if ray else None)
    event = plain.wait_event(uri=path)
    assert (event["ray"], event["claimed_ray"], event["client_ip"]) == ((RAY, "-", "rewritten") if ray else ("-", RAY, "-"))


@pytest.mark.parametrize("source, reason", [("127.201.0.1", "exempt-address"), ("127.203.0.1", "tunnel")])
def test_tunnel_and_exempt_addresses_are_no_edge_even_with_a_certificate(plain, pki, source, reason):
    get(plain.port, f"/proof/{source}", CLOUDFLARE, sni="on.a.test", source=source, cert=pki.leaf_a)
    event = plain.wait_event(uri=f"/proof/{source}")
    assert (event["reason"], event["edge_known"], event["cert_zone"]) == (reason, "no", "a.test")


@pytest.mark.A30
def test_an_address_next_to_an_exempt_one_is_not_exempt(plain):
    for source in ("127.200.255.255", "127.202.0.0", "127.203.0.2", "127.203.0.0"):
        assert get(plain.port, "/", CLOUDFLARE, sni="on.a.test", source=source).status == 403


@pytest.mark.A2
@pytest.mark.A5
@pytest.mark.parametrize("host, cert, source, plain_text, reason", [
    ("ip", None, EDGE, False, "verified"), ("ip", "rogue", EDGE, False, "verified"), ("ip", None, EDGE, True, "verified"),
    ("ip", "leaf_a", STRANGER, False, "edge-unknown"), ("ip", None, STRANGER, True, "edge-unknown"),
    ("ip-no-zone", None, EDGE, False, "verified"), ("ip-no-zone", None, STRANGER, False, "edge-unknown"),
    ("cert", "leaf_a", EDGE, False, "verified"), ("cert", "leaf_a", STRANGER, False, "verified"),
    ("cert", "leaf_b", EDGE, False, "cert-unknown"), ("cert", None, EDGE, False, "cert-missing"),
    ("cert", None, EDGE, True, "not-tls"),
    ("both", "leaf_a", EDGE, False, "verified"), ("both", "leaf_a", STRANGER, False, "edge-unknown"),
    ("both", None, EDGE, False, "cert-missing"), ("both", "leaf_b", STRANGER, False, "cert-unknown"),
    ("no-ranges-cert", "leaf_b", STRANGER, False, "verified"), ("no-ranges-cert", "leaf_a", EDGE, False, "cert-unknown"),
])
def test_only_the_required_proofs_count(plain, pki, host, cert, source, plain_text, reason):
    path = f"/cgi/env.cgi?{host}-{cert}-{source}-{plain_text}"
    response = get(plain.ports[1 if plain_text else 0], path, CLOUDFLARE, sni=f"{host}.a.test", source=source,
                   plain=plain_text, cert=getattr(pki, cert) if cert and not plain_text else None)
    event = plain.wait_event(uri=path)
    assert event["reason"] == reason
    assert response.status == (200 if reason == "verified" else 403)
    if reason == "verified":
        assert variables(response)["REMOTE_ADDR"] == VISITOR
    assert event["edge_known"] == ("yes" if source == EDGE else "no")


def test_with_require_ip_zone_and_host_do_not_count(plain):
    with Connection(plain.ports[1], plain=True, sni=None) as connection:
        assert connection.get("/?any", host="ip.a.test").status == 200
    event = plain.wait_event(uri="/?any")
    assert (event["zone"], event["cert_zone"]) == ("-", "-")


@pytest.fixture(scope="module")
def addresses_only(httpd):
    """No server needs certificates, and only directories are On."""
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullRequire ip\nCFOriginPullTunnel 127.203.0.1\n"
                   'CFOriginPullExemptFrom 127.201.0.1\n<Directory "{docroot}/open">\nAllowOverride AuthConfig\n</Directory>\n'
                   + vhost("a.test", "<Location /located>\nCFOriginPull On\n</Location>"))
    for name in ("located", "open/below"):
        (server.docroot / name).mkdir(parents=True)
        (server.docroot / name / "index.html").write_text("the page\n")
    (server.docroot / "open" / "below" / ".htaccess").write_text("CFOriginPull On\n")
    return server


@pytest.mark.parametrize("path", ["/located/", "/open/below/"])
@pytest.mark.parametrize("source, status", [(EDGE, 200), ("127.203.0.1", 200), ("127.201.0.1", 200), (STRANGER, 403)])
def test_a_directory_may_require_the_address_only(addresses_only, path, source, status):
    assert get(addresses_only.port, path, CLOUDFLARE, sni="a.test", source=source).status == status


# IPv6, and IPv4-mapped addresses.

@pytest.fixture(scope="module")
def mapped(httpd, pki):
    """A dual-stack socket, whose IPv4 peers are ::ffff:a.b.c.d."""
    directives = "CFOriginPull On\nCFOriginPullTunnel 127.203.0.1\nCFOriginPullExemptFrom 127.201.0.0/16\n"
    return add_scripts(httpd(modules=CGI_MODULES, ports=1, listen=["[::ffff:127.0.0.1]:{port}"], server=(
        CGI + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("a.test", directives, address="*"))))


@pytest.mark.A30
@pytest.mark.W10
@pytest.mark.parametrize("cert, source, reason", [
    ("leaf_a", EDGE, "verified"), ("leaf_a", STRANGER, "edge-unknown"), (None, "127.203.0.1", "tunnel"),
    (None, "127.201.0.1", "exempt-address"), (None, "127.202.0.1", "cert-missing"),
])
def test_an_ipv4_peer_of_an_ipv6_socket_is_an_ipv4_peer(mapped, pki, cert, source, reason):
    path = f"/cgi/env.cgi?{source}"
    response = get(mapped.port, path, CLOUDFLARE, sni="a.test", source=source, cert=getattr(pki, cert) if cert else None)
    event = mapped.wait_event(uri=path)
    assert (event["reason"], event["edge"]) == (reason, source)
    assert response.status == (403 if reason in ("edge-unknown", "cert-missing") else 200)
    if reason in ("verified", "tunnel"):
        assert variables(response)["REMOTE_ADDR"] == VISITOR


@pytest.fixture(scope="module")
def six(httpd, pki):
    """Only IPv6 peers; ::1 has another role in each host."""
    def host(name, directives):
        return vhost(f"{name}.a.test", "CFOriginPull On\n" + directives, address="[::1]")

    return add_scripts(httpd(modules=CGI_MODULES, ports=1, listen=["[::1]:{port}"], server=(
        CGI + f"CFOriginPullRanges builtin 0:0::1/128\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + host("on", "") + host("tunnel", "CFOriginPullTunnel ::1\n") + host("exempt", "CFOriginPullExemptFrom ::/16\n"))))


@pytest.mark.parametrize("host, cert, reason", [
    ("on", "leaf_a", "verified"), ("on", None, "cert-missing"), ("tunnel", None, "tunnel"), ("exempt", None, "exempt-address"),
    ("exempt", "leaf_a", "verified"),
])
def test_an_ipv6_peer_is_compared_with_ipv6_ranges(six, pki, host, cert, reason):
    path = f"/cgi/env.cgi?{host}-{cert}"
    response = get(six.port, path, {"CF-Connecting-IP": "2001:db8::7"}, sni=f"{host}.a.test", address="::1",
                   cert=getattr(pki, cert) if cert else None)
    event = six.wait_event(uri=path)
    assert (event["reason"], event["edge"], event["edge_known"]) == (reason, "::1", "yes")
    if reason in ("verified", "tunnel"):
        assert variables(response)["REMOTE_ADDR"] == "2001:db8::7"


@pytest.fixture(scope="module")
def no_ranges(httpd, pki):
    return httpd(ports=2, server=(
        f"CFOriginPullRanges none\nCFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost("a.test", "CFOriginPull On")
        + vhost("a.test", "CFOriginPull On\nCFOriginPullRequire cert", port="{port2}")))


def test_with_ranges_none_no_address_is_known(no_ranges, pki):
    assert get(no_ranges.port, "/?both", cert=pki.leaf_a, sni="a.test").status == 403
    assert no_ranges.wait_event(uri="/?both")["reason"] == "edge-unknown"
    assert get(no_ranges.ports[1], "/", cert=pki.leaf_a, sni="a.test").status == 200


# Workers.

@pytest.fixture(scope="module")
def workers(httpd, pki):
    server = f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullTunnel 127.203.0.1\n"
    for name, directives in [("default", ""), ("any", "CFOriginPullWorkers any"), ("same", "CFOriginPullWorkers same-zone"),
                             ("none", "CFOriginPullWorkers none"),
                             ("ip", "CFOriginPullWorkers same-zone\nCFOriginPullRequire ip")]:
        server += vhost(f"{name}.shop.a.test", f"CFOriginPull On\n{directives}")
    return httpd(server=server)


SAME = ["HOST", "a.test", "A.TEST", "shop.a.test", "test"]
FOREIGN = ["", "b.test", "evil-a.test", "x.HOST", "a.test.evil.test", ".a.test", "a.test.", "a.test, b.test", "a.test,a.test",
           "op.a.test", "*.a.test", "a.test:443", "https://a.test"]


@pytest.mark.A5
@pytest.mark.A37
@pytest.mark.W13
@pytest.mark.parametrize("value", [None, *SAME, *FOREIGN])
@pytest.mark.parametrize("policy", ["default", "any", "same", "none", "ip"])
def test_workers_are_admitted_as_configured(workers, pki, policy, value):
    host = f"{policy}.shop.a.test"
    headers = dict(CLOUDFLARE) | ({} if value is None else {"CF-Worker": value.replace("HOST", host)})
    path = f"/?{policy}-{[None, *SAME, *FOREIGN].index(value)}"
    cert = None if policy == "ip" else pki.leaf_a
    admitted = value is None or policy in ("default", "any") or (policy in ("same", "ip") and value in SAME)
    assert get(workers.port, path, headers, cert=cert, sni=host).status == (200 if admitted else 403)
    assert workers.wait_event(uri=path)["reason"] == ("verified" if admitted else "worker-foreign")


def test_two_workers_are_foreign(workers, pki):
    headers = [("CF-Worker", "a.test"), ("cf-worker", "a.test")]
    assert get(workers.port, headers=headers, cert=pki.leaf_a, sni="same.shop.a.test").status == 403


@pytest.mark.parametrize("cert, source, reason", [
    (None, EDGE, "cert-missing"), ("leaf_a", STRANGER, "edge-unknown"), (None, "127.203.0.1", "tunnel"),
    ("leaf_a", "127.203.0.1", "tunnel"), ("leaf_a", EDGE, "worker-foreign"),
])
def test_a_foreign_worker_is_the_last_reason_and_never_that_of_a_tunnel(workers, pki, cert, source, reason):
    path = f"/?last-{cert}-{source}"
    get(workers.port, path, {"CF-Worker": "evil.test"}, cert=getattr(pki, cert) if cert else None, source=source,
        sni="none.shop.a.test")
    assert workers.wait_event(uri=path)["reason"] == reason
