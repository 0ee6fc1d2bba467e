# SPDX-License-Identifier: Apache-2.0
"""cf-originctl audit --ready: the administrator's own requests, which On would refuse, and what to exempt."""
import datetime
import itertools
import random
import socket

import pytest

from logs import CERT, NOON, admitted, line
from originctl import NO, OK, USAGE, ctl, ctl_json

SECOND = datetime.timedelta(seconds=1)
MINUTE = 60 * SECOND
WP_CRON = "/wp-cron.php?doing_wp_cron=1700000000.1"
TOKEN = "/.well-known/acme-challenge/Zx0t9aB-_cDeFgHiJkLmNoPqRsTuVwXyZ0123456789"


def own(edge="127.0.0.1", uri=WP_CRON, at=NOON, **values):
    return line(at, **{"edge": edge, "uri": uri, "claimed_ray": "-", **values})


def ready(*args):
    answer, written = ctl_json("audit", "--ready", *args)
    readiness = written["readiness"]
    assert answer.code == (OK if readiness["answer"] == "yes" else NO)
    assert all(any(str(e["requests"]) in why.replace(",", "") for why in readiness["why"]) for e in readiness["exempt"][:5])
    return readiness


def exempt(readiness):
    return [(e["kind"], e["address"], e["requests"], e["directive"], e["alternative"]) for e in readiness["exempt"]]


def host_address():
    """An address of this host that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = sock.getsockname()[0]
    return None if address.startswith("127.") else address


@pytest.mark.parametrize("edge, kind", [
    ("127.0.0.1", "loopback"), ("127.0.1.1", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"),
    ("10.0.0.5", "network"), ("172.16.0.1", "network"), ("172.31.255.254", "network"), ("192.168.1.10", "network"),
    ("100.64.0.9", "network"), ("169.254.3.4", "network"), ("fd00:1:2::3", "network"), ("fe80::1", "network"),
    ("::ffff:10.1.2.3", "network"),
])
@pytest.mark.parametrize("reason", ["cert-missing", "edge-unknown", "not-tls", "host-missing"])
def test_an_own_address_that_would_be_refused_prevents_readiness(log, edge, kind, reason):
    readiness = ready(log(admitted(), own(edge, reason=reason)))
    assert readiness["answer"] == "no"
    assert exempt(readiness) == [(kind, edge, 1, f"CFOriginPullExemptFrom {edge}", "CFOriginPullExemptPath /wp-cron.php")]
    assert readiness["exempt"][0]["paths"] == [{"path": "/wp-cron.php", "vhost": "shop.a.test:443", "requests": 1}]


@pytest.mark.parametrize("edge", ["192.0.2.1", "172.15.0.1", "172.32.0.1", "11.0.0.1", "100.128.0.1", "192.169.0.1",
                                  "2001:db8::1", "fec0::1", "127.200.0.1", "::2"])
def test_a_foreign_address_does_not(log, edge):
    readiness = ready(log(admitted(), own(edge), own(edge)))
    assert (readiness["answer"], readiness["exempt"]) == ("yes", [])


def test_an_address_of_this_host_is_its_own(log):
    address = host_address()
    kind, edge = ("host", address) if address else ("loopback", "127.0.0.1")
    assert exempt(ready(log(admitted(), own(edge))))[0][:2] == (kind, edge)


@pytest.mark.parametrize("given, edge, is_own", [
    ("203.0.113.10", "203.0.113.10", True), ("203.0.113.0/28", "203.0.113.10", True), ("2001:db8:1::/48", "2001:db8:1::9", True),
    ("203.0.113.10", "203.0.113.11", False), ("2001:db8:1::/48", "2001:db8:2::9", False)])
def test_addresses_can_be_listed(log, given, edge, is_own):
    readiness = ready(log(admitted(), own(edge)), "--own", "198.51.100.1", "--own", given)
    assert [e[:2] for e in exempt(readiness)] == ([("listed", edge)] if is_own else [])
    assert readiness["answer"] == ("no" if is_own else "yes")


def test_the_text_names_requests_and_directives_on_one_line(log):
    path = log(admitted(), *[own()] * 12, own(uri="/cron.php"))
    output = ctl("audit", "--ready", path)
    assert output.code == NO and output.out.startswith("ready: no\n")
    flat = " ".join(output.out.split())
    assert ("13 requests of this host itself (127.0.0.1) would have been refused: 12 x /wp-cron.php at shop.a.test:443, 1 x "
            "/cron.php at shop.a.test:443. Add \"CFOriginPullExemptFrom 127.0.0.1\", unless") in flat
    assert '"CFOriginPullExemptFrom 127.0.0.1"' in output.out
    assert '"CFOriginPullExemptPath /wp-cron.php /cron.php"' in output.out
    assert max(map(len, output.out.splitlines())) <= 100


@pytest.mark.parametrize("uri", ["/", "/index.php", "/wp-admin/admin-ajax.php", "/wp-json/x", "/server-status", "/a%20b/health",
                                 "/x/../health", "/shop/"])
def test_no_path_is_exempt_that_opens_more_than_a_path_for_programs(log, uri):
    (found,) = ready(log(admitted(), own(uri=uri)))["exempt"]
    assert (found["directive"], found["alternative"]) == ("CFOriginPullExemptFrom 127.0.0.1", None)


def test_requests_with_which_httpd_wakes_its_processes_do_not_matter(log):
    path = log(admitted(), own(uri="*", reason="host-missing"), own("::1", uri="*", reason="not-tls"))
    assert ready(path)["answer"] == "yes"


def test_already_exempt_and_tunnelled_requests_do_not_matter(log):
    exempt_lines = [admitted(edge="127.0.0.1", reason=reason, cert_zone="-", cert="-", edge_known="no", uri=WP_CRON)
                    for reason in ("exempt-address", "exempt-path", "tunnel")]
    assert ready(log(admitted(), *exempt_lines))["answer"] == "yes"


def test_an_address_that_forwards_visitors_must_not_be_exempt(log):
    forwarded = own("127.0.0.1", uri="/", claimed_ray="230b030023ae2822-SJC")
    readiness = ready(log(admitted(), own(), forwarded))
    assert readiness["answer"] == "no" and exempt(readiness) == [("loopback", "127.0.0.1", 2, None, None)]
    assert "CFOriginPullTunnel" in readiness["why"][0] and "1 of them with a CF-Ray" in readiness["why"][0]


def test_where_proved_requests_come_from_the_same_address_it_is_a_balancer(log):
    readiness = ready(log(admitted(edge="10.0.0.5", edge_known="no"), own("10.0.0.5", uri="/.env")))
    assert readiness["answer"] == "unknown" and exempt(readiness) == [("network", "10.0.0.5", 1, None, None)]
    assert "so it may be a proxy or a balancer, or a place of your tests" in readiness["why"][0]
    assert ready(log(admitted(edge="10.0.0.5", edge_known="no"), own("10.0.0.5")), "--ignore", "10.0.0.5")["answer"] == "yes"


@pytest.mark.parametrize("ignored, answer", [
    ("127.0.0.1", "yes"), ("127.0.0.0/8", "yes"), ("/wp-cron.php", "yes"), ("/", "yes"), ("/wp-cron", "no"), ("10.0.0.0/8", "no"),
])
def test_what_may_be_refused_can_be_ignored(log, ignored, answer):
    assert ready(log(admitted(), own()), "--ignore", "/unused", "--ignore", ignored)["answer"] == answer


@pytest.mark.parametrize("option, value, said", [
    ("--own", "home", "--own takes an address"), ("--own", "10.0.0.1/8", "--own takes an address"),
    ("--ignore", "wp-cron.php", "--ignore takes an address, a range or a /path"), ("--ignore", "", "--ignore takes"),
])
def test_wrong_values_are_rejected(log, option, value, said):
    answer = ctl("audit", option, value, log(admitted()))
    assert answer.code == USAGE and said in answer.err and answer.out == ""


def test_more_addresses_than_are_shown_are_summed_up(log):
    readiness = ready(log(admitted(), *[own(f"10.0.0.{i}") for i in range(1, 9)]))
    assert len(readiness["exempt"]) == 8 and len(readiness["why"]) == 6
    assert "the same goes for 3 requests from other own addresses" in readiness["why"][-1]


def test_a_virtual_host_can_be_selected(log):
    path = log(admitted(), own(vhost="b.test:443"))
    assert ready(path, "--vhost", "shop.a.test")["answer"] == "yes"
    assert ready(path)["answer"] == "no"


def regular(edge, every, count=20, uri="/", jitter=0.1, **values):
    rng = random.Random(1)
    return [line(NOON + i * every + SECOND * rng.uniform(0, jitter) * every.total_seconds(), edge=edge, uri=uri, claimed_ray="-", **values)
            for i in range(count)]


@pytest.mark.parametrize("every, jitter", [(15 * SECOND, .1), (MINUTE, .1), (MINUTE, .2), (5 * MINUTE, .1), (30 * MINUTE, 0), (360 * MINUTE, .1)])
def test_a_monitor_is_known_by_its_regularity(log, every, jitter):
    readiness = ready(log(admitted(), *regular("198.51.100.7", every, jitter=jitter)))
    assert readiness["answer"] == "no"
    assert exempt(readiness) == [("monitor", "198.51.100.7", 20, "CFOriginPullExemptFrom 198.51.100.7", None)]
    assert "at regular times (198.51.100.7) would have been refused: 20 x / at shop.a.test:443" in readiness["why"][0]


@pytest.mark.parametrize("uri, directive", [("/healthz", "CFOriginPullExemptPath /healthz"), ("/shop/", None)])
def test_a_monitor_may_ask_from_several_addresses_in_turn(log, uri, directive):
    rng = random.Random(4)
    checks = [line(NOON + i * MINUTE, edge=f"198.51.100.{rng.randrange(20)}", uri=uri) for i in range(40)]
    readiness = ready(log(admitted(), *checks))
    assert readiness["answer"] == "no" and exempt(readiness) == [("monitor", None, 40, directive, None)]
    assert "from several addresses" in readiness["why"][0]
    assert ready(log(admitted(), *checks), "--ignore", uri)["answer"] == "yes"


@pytest.mark.parametrize("uri, method, is_own", [
    (WP_CRON, "POST", True), ("/blog" + WP_CRON, "POST", True), (WP_CRON, "GET", False), ("/wp-cron.php", "POST", False),
    ("/wp-cron.php?x=1", "POST", False), ("/wp-login.php", "POST", False)])
def test_wordpress_that_calls_itself_from_a_foreign_address_is_known_by_its_request(log, uri, method, is_own):
    readiness = ready(log(admitted(), own("203.0.113.10", uri).replace("method=GET", f"method={method}")))
    path = uri.split("?")[0]
    assert exempt(readiness) == ([("wordpress", "203.0.113.10", 1, "CFOriginPullExemptFrom 203.0.113.10",
                                   f"CFOriginPullExemptPath {path}")] if is_own else [])
    assert readiness["answer"] == ("no" if is_own else "yes")


def test_a_monitor_may_pause_and_check_several_sites_and_logs_may_come_in_any_order(log):
    first, later = regular("198.51.100.7", MINUTE), [line(NOON + 9 * 60 * MINUTE + i * MINUTE, edge="198.51.100.7") for i in range(20)]
    other = regular("198.51.100.7", MINUTE, vhost="b.test:443")
    old = log(*itertools.chain(*zip(first, other)), name="error.log.1")
    new = log(admitted(), *later)
    (found,) = ready(new, old)["exempt"]
    assert found["requests"] == 60 and {(p["vhost"], p["requests"]) for p in found["paths"]} == {("shop.a.test:443", 40), ("b.test:443", 20)}


def flood(count=3000):
    rng = random.Random(2)
    return [line(NOON + SECOND * rng.uniform(0, 3600), edge=f"198.51.100.{rng.randrange(9)}", uri=rng.choice(("/", "/wp-login.php", "/.env")))
            for _ in range(count)]


@pytest.mark.parametrize("lines", [
    flood(), sorted(flood()), [line(edge="198.51.100.7", at=NOON + i * SECOND) for i in range(500)],
    [line(edge="198.51.100.7", at=NOON + i * MINUTE, uri=f"/{i}") for i in range(50)], regular("198.51.100.7", MINUTE, count=10),
    [line(edge="198.51.100.7", at=NOON + 2 ** i * SECOND) for i in range(17)],
], ids=["flood", "flood in order", "every second", "a scan", "few", "slower and slower"])
def test_others_are_no_monitor(log, lines):
    readiness = ready(log(admitted(), *lines))
    assert (readiness["answer"], readiness["exempt"]) == ("yes", [])


@pytest.mark.parametrize("uri, directive", [("/healthz", "CFOriginPullExemptPath /healthz"), ("/health/live.php", None), ("/", None)])
def test_a_health_check_from_cloudflares_addresses_is_exempt_by_its_path_only(log, uri, directive):
    checks = regular("172.68.1.2", MINUTE, uri=uri, edge_known="yes")
    readiness = ready(log(admitted(), *checks))
    assert readiness["answer"] == "no" and exempt(readiness) == [("health-check", None, 20, directive, None)]
    assert "Simulate Zone" in readiness["why"][0] and f"--ignore {uri}" in readiness["why"][0]
    assert ready(log(admitted(), *checks), "--ignore", uri)["answer"] == "yes"


@pytest.mark.parametrize("uri, is_challenge", [
    (TOKEN, True), (TOKEN + "?x=1", True), ("/.well-known/acme-challenge/abcdefghijklmnopqrstuv", True),
    ("/.well-known/acme-challenge/", False), ("/.well-known/acme-challenge/about.php", False),
    ("/.well-known/acme-challenge/short", False), ("/x" + TOKEN, False), (TOKEN + "/x", False), (TOKEN + ".php", False)])
@pytest.mark.parametrize("values", [{}, {"edge_known": "yes", "edge": "172.68.1.2", "reason": "not-tls", "zone": "-"}])
def test_a_challenge_of_a_certificate_authority_is_exempt_by_its_path(log, uri, is_challenge, values):
    readiness = ready(log(admitted(), line(uri=uri, **values)))
    assert [e[:4] for e in exempt(readiness)] == (
        [("acme", None, 1, "CFOriginPullExemptPath /.well-known/acme-challenge/")] if is_challenge else [])
    assert readiness["answer"] == ("no" if is_challenge else "yes")


def test_requests_that_were_refused_are_reported_as_such(log):
    readiness = ready(log(admitted(), own(code="CFO0001 refused")))
    assert "1 request of this host itself (127.0.0.1) were refused: 1 x /wp-cron.php" in readiness["why"][0]


def test_hostile_text_is_quoted(log):
    output = ctl("audit", "--ready", log(admitted(), own(uri="/\\\\x1b[2Jx")))
    assert "\x1b" not in output.out and "/\\x1b[2Jx" in output.out


def test_a_certificate_of_the_zone_from_an_own_address_is_a_request_that_came_through(log):
    readiness = ready(log(admitted(), own(reason="edge-unknown", cert=CERT, cert_zone="a.test")))
    assert readiness["answer"] == "no" and readiness["exempt"] == [] and "1 edge-unknown" in readiness["why"][0]
