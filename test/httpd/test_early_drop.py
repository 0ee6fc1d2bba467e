# SPDX-License-Identifier: Apache-2.0
"""CFOriginPullEarlyDrop: whose connections are closed, of whichever address, family, balancer and generation; and
that none is closed unseen. test_refuse has the way of one connection."""
import json

import pytest

from client import CLOUDFLARE, EDGE, STRANGER, Connection, H2Connection, first_byte, get, hello
from server import TWO_CHILDREN, parse_event, vhost
from test_frontends import v1, v2

BALANCER, MONITOR, TUNNEL = "127.201.0.1", "127.202.0.1", "127.203.0.1"  # outside of the ranges
RANGES = "CFOriginPullRanges 127.0.0.0/9\n"
DROP = "CFOriginPull On\nCFOriginPullEarlyDrop On\n"
COUNTS = "<Location /counts>\nSetHandler cf-origin-status\n</Location>\n"


def is_dropped(server, number, source, address="127.0.0.1", data=None):
    """At the port of this number; nothing but the address counts."""
    return first_byte(server.ports[number - 1], source, data or hello(), address) == b""


def drops(server, number):
    return json.loads(get(server.ports[number - 1], "/counts?json", plain=True, sni="status.test").text)["early_drops"]


def codes(server, code):
    return [line for line in server.log().splitlines() if f" {code} " in line]


# Addresses and families.

@pytest.fixture(scope="module")
def addresses(httpd, pki):
    """Port 1 drops; 2 does not; 3 is plain HTTP without the module; 4 drops, on IPv6; 5 drops, with both families."""
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    return httpd(ports=5, listen=["127.0.0.1:{port}", "127.0.0.2:{port}", "127.0.0.1:{port2}", "127.0.0.1:{port3}", "[::1]:{port4}",
                                  "[::ffff:127.0.0.1]:{port5}"], server=RANGES + "CFOriginPullTunnel 2001:db8::/32\n"
                 + vhost("drop.a.test", DROP + zone)
                 + vhost("other-address.a.test", "CFOriginPull On\n" + zone, address="127.0.0.2")
                 + vhost("keep.a.test", "CFOriginPull On\n" + zone, port="{port2}")
                 + vhost("open.test", "", port="{port3}", tls=False)
                 + vhost("six.a.test", DROP + zone, address="[::1]", port="{port4}")
                 + vhost("both.a.test", DROP + zone, address="*", port="{port5}"))


@pytest.mark.parametrize("number, address, dropped", [(1, "127.0.0.1", True), (1, "127.0.0.2", False), (2, "127.0.0.1", False)])
def test_each_address_and_port_decides_for_itself(addresses, number, address, dropped):
    assert is_dropped(addresses, number, STRANGER, address) == dropped
    assert not is_dropped(addresses, number, EDGE, address)


def test_a_plain_listener_of_the_same_server_serves_strangers(addresses):
    assert get(addresses.ports[2], sni="open.test", plain=True, source=STRANGER).text == "the page\n"


def test_an_ipv6_peer_is_dropped_unless_it_is_listed(addresses, httpd, pki):
    assert is_dropped(addresses, 4, "::1", "::1")
    addresses.wait_for(lambda: any("edge=::1 " in line for line in codes(addresses, "CFO0120")), "a line")
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    listed = httpd(ports=3, listen=["[::1]:{port}", "[::1]:{port2}", "[::1]:{port3}"], server="CFOriginPullRanges 127.0.0.0/9 ::1\n"
                   + vhost("a.test", DROP + zone, address="[::1]"))
    assert not is_dropped(listed, 1, "::1", "::1")
    exempt = httpd(ports=1, listen=["[::1]:{port}"], server=RANGES + vhost("a.test", DROP + "CFOriginPullExemptFrom ::1\n" + zone, address="[::1]"))
    assert not is_dropped(exempt, 1, "::1", "::1")


@pytest.mark.W10
@pytest.mark.parametrize("source, dropped", [(EDGE, False), ("127.0.0.2", False), ("127.127.255.255", False), (STRANGER, True), ("127.128.0.1", True)])
def test_an_ipv4_peer_of_an_ipv6_socket_is_an_ipv4_peer(addresses, source, dropped):
    assert is_dropped(addresses, 5, source) == dropped
    if dropped:
        addresses.wait_for(lambda: any(f"edge={source} vhost=both.a.test" in line for line in codes(addresses, "CFO0120")), "a line")


def test_the_main_server_may_drop_alone(httpd, pki):
    server = httpd(ports=1, server=RANGES + DROP + f"CFOriginPullZone a.test {pki.zone_a.crt}\nSSLEngine on\n"
                   f"SSLCertificateFile {pki.dir}/server.pem\nSSLVerifyClient optional_no_ca\nCFOriginPullExemptFrom {MONITOR}\n")
    assert [is_dropped(server, 1, source) for source in (EDGE, MONITOR, STRANGER)] == [False, False, True]


# Several virtual hosts of one address.

@pytest.fixture(scope="module")
def siblings(httpd, pki):
    """Port 1: the first drops, the others list somebody; port 2: nobody does; port 3: the first does not drop."""
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    return httpd(modules=["remoteip"], ports=4, server=RANGES
                 + vhost("first.a.test", DROP + zone)
                 + vhost("exempt.a.test", "CFOriginPull On\nCFOriginPullExemptFrom 127.202.0.0/16\n" + zone)
                 + vhost("tunnel.a.test", f"CFOriginPull On\nCFOriginPullRequire tunnel\nCFOriginPullTunnel {TUNNEL}\n")
                 + vhost("balanced.a.test", f"CFOriginPull Audit\nCFOriginPullProxyProtocol {BALANCER}\n" + zone)
                 + vhost("alone.a.test", DROP + zone, port="{port2}")
                 + vhost("late.a.test", "CFOriginPull On\n" + zone, port="{port3}")
                 + vhost("second.a.test", DROP + zone, port="{port3}")
                 + vhost("status.test", COUNTS, port="{port4}", tls=False))


@pytest.mark.W12
@pytest.mark.parametrize("source, dropped", [(EDGE, False), (MONITOR, False), (TUNNEL, False), (BALANCER, False), (STRANGER, True), ("127.204.0.1", True)])
def test_whom_a_sibling_lists_is_not_dropped(siblings, source, dropped):
    """Whatever name the client sends; and on another address these lists do not count."""
    for name in ("first.a.test", "exempt.a.test", "unknown.test"):
        assert is_dropped(siblings, 1, source, data=hello(name)) == dropped
    assert is_dropped(siblings, 2, source) == (source != EDGE)


@pytest.mark.W12
def test_whom_a_sibling_lists_still_needs_proof_elsewhere(siblings, pki):
    def status(name, source, **options):
        return get(siblings.port, sni=f"{name}.a.test", source=source, **options).status

    assert (status("exempt", MONITOR), status("first", MONITOR), status("first", MONITOR, cert=pki.leaf_a)) == (200, 403, 403)
    assert (status("tunnel", TUNNEL), status("first", TUNNEL)) == (200, 403)
    assert status("first", EDGE, cert=pki.leaf_a) == 200


def test_streams_of_whom_a_sibling_lists_are_not_dropped(siblings):
    with H2Connection(siblings.port, sni="exempt.a.test", source=MONITOR) as connection:
        assert [connection.get().status for _ in range(3)] == [200] * 3


def test_only_the_first_virtual_host_of_an_address_decides(siblings):
    assert not is_dropped(siblings, 3, STRANGER, data=hello("second.a.test"))


# Load balancers.

@pytest.fixture(scope="module")
def balanced(httpd, pki):
    """Port 1 drops and reads PROXY headers; so does port 2, by lines of the server; port 3 reads none."""
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    listed = f"CFOriginPullProxyProtocol {BALANCER}\n"
    return httpd(modules=["remoteip"], ports=3, server="CFOriginPullRanges builtin\n"
                 + vhost("a.test", "RemoteIPProxyProtocol On\n" + DROP + zone + listed)
                 + f"RemoteIPProxyProtocolExceptions {MONITOR}\n"
                 + vhost("b.a.test", f"RemoteIPProxyProtocol On\n{DROP}CFOriginPullExemptFrom {MONITOR}\n" + zone + listed, port="{port2}")
                 + vhost("none.a.test", DROP + zone + listed, port="{port3}"))


@pytest.mark.W11
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("header", [v1, v2])
@pytest.mark.parametrize("named, status", [("173.245.48.1", 200), ("2606:4700::1", 200), ("198.51.100.7", 403), ("2001:db8::7", 403), (STRANGER, 403)])
def test_what_a_balancer_brings_is_never_dropped(balanced, pki, number, header, named, status):
    """It is judged instead, by the address in the header."""
    port = balanced.ports[number - 1]
    assert get(port, "/", CLOUDFLARE, prefix=header(named), source=BALANCER, sni="a.test", cert=pki.leaf_a).status == status


@pytest.mark.W11
def test_streams_that_a_balancer_brings_are_not_dropped(balanced, pki):
    for named, status in (("173.245.48.1", 200), (STRANGER, 403)):
        with H2Connection(balanced.port, pki.leaf_a, sni="a.test", prefix=v2(named), source=BALANCER) as connection:
            assert [connection.get().status for _ in range(3)] == [status] * 3


@pytest.mark.W11
def test_the_health_check_of_a_balancer_is_not_dropped(balanced):
    assert get(balanced.port, prefix=v2(), source=BALANCER, sni="a.test").status == 403


@pytest.mark.A20
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("header", [v1, v2])
def test_a_header_does_not_help_a_stranger(balanced, number, header):
    assert is_dropped(balanced, number, STRANGER, data=header("173.245.48.1") + hello())


@pytest.mark.W12
def test_a_peer_that_needs_no_header_is_dropped_unless_it_is_exempt(balanced):
    assert get(balanced.ports[1], sni="b.a.test", source=MONITOR).status == 200
    assert is_dropped(balanced, 1, MONITOR)
    assert not is_dropped(balanced, 3, BALANCER)


# Changes.

def test_a_graceful_restart_changes_who_is_dropped(httpd, pki):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    with_monitor = RANGES + vhost("a.test", DROP + zone + f"CFOriginPullExemptFrom {MONITOR}\n")
    without = RANGES + vhost("a.test", DROP + zone)
    server = httpd(ports=1, server=without)
    assert is_dropped(server, 1, MONITOR)
    for text, dropped in ((with_monitor, False), (without, True), (with_monitor.replace("127.0.0.0/9", "127.203.0.0/16"), False)):
        server.server = text
        with Connection(server.port, pki.leaf_a) as connection:
            connection.get()
            server.graceful()
            server.wait_for(lambda: is_dropped(server, 1, MONITOR) == dropped, "the new children alone")
    assert [is_dropped(server, 1, source) for source in (EDGE, TUNNEL, STRANGER)] == [True, False, True]


def test_a_changed_list_changes_who_is_dropped_without_a_restart(httpd, pki):
    path = pki.dir / "early-ranges.txt"

    def write(*ranges):
        new = path.with_suffix(".new")
        new.write_text("\n".join(ranges) + "\n")
        new.rename(path)

    write("127.0.0.0/9", "192.0.2.0/24", "198.51.100.0/24")
    server = httpd(ports=1, server=f"{TWO_CHILDREN}CFOriginPullReload 1\nCFOriginPullRanges {path}\n"
                   + vhost("a.test", f"{DROP}CFOriginPullZone a.test {pki.zone_a.crt}\n"))
    assert [is_dropped(server, 1, source) for source in (EDGE, STRANGER)] == [False, True]
    for ranges, dropped in ((["127.0.0.0/9", "127.200.0.0/16", "192.0.2.0/24"], [False, False]), (["127.200.0.0/16", "192.0.2.0/24"], [True, False]),
                            (["127.0.0.0/9", "192.0.2.0/24"], [False, True])):
        loaded = len(codes(server, "CFO0130"))
        write(*ranges)
        server.wait_for(lambda: len(codes(server, "CFO0130")) > loaded, "the new list")
        server.wait_for(lambda: all([is_dropped(server, 1, source) for source in (EDGE, STRANGER)] == dropped for _ in range(8)), "both children")


# Nothing is dropped unseen.

@pytest.mark.A53
@pytest.mark.parametrize("mode, code, counted", [("On", "CFO0120", 40), ("Audit", "CFO0121", 0)])
def test_a_flood_is_counted_and_its_lines_are_limited(httpd, pki, mode, code, counted):
    server = httpd(ports=2, log_limit=5, log_level="warn cf_origin:info", server=TWO_CHILDREN + RANGES
                   + vhost("a.test", f"CFOriginPull {mode}\nCFOriginPullEarlyDrop On\nCFOriginPullZone a.test {pki.zone_a.crt}\n")
                   + vhost("status.test", COUNTS, port="{port2}", tls=False))
    for _ in range(40):
        assert is_dropped(server, 1, STRANGER) == (mode == "On")
    server.wait_for(lambda: drops(server, 2) == counted, "all drops")
    server.stop()
    held = [parse_event(line) for line in codes(server, "CFO0004")]
    assert {event["reason"] for event in held} == {"edge-unknown"}
    assert 5 <= len(codes(server, code)) <= 10  # a flood may run into the next minute
    assert len(codes(server, code)) + sum(int(event["lines"]) for event in held) == 40


def test_lines_that_the_log_level_leaves_out_are_not_held_back(httpd, pki):
    server = httpd(ports=2, log_limit=5, log_level="warn", server=RANGES
                   + vhost("a.test", f"{DROP}CFOriginPullZone a.test {pki.zone_a.crt}\n")
                   + vhost("status.test", COUNTS, port="{port2}", tls=False))
    for _ in range(20):
        assert is_dropped(server, 1, STRANGER)
    server.wait_for(lambda: drops(server, 2) == 20, "all drops")
    server.stop()
    assert not codes(server, "CFO0120") and not codes(server, "CFO0004")
