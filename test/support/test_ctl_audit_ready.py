# SPDX-License-Identifier: Apache-2.0
"""cf-originctl audit --ready: whether Audit can become On, and why not."""
import datetime

import pytest

from logs import CERT, NOON, admitted, foreign, handshake, held_back, line, message, utc
from originctl import NO, OK, ctl, ctl_json


def ready(*args):
    """The answer, and all that keeps it from being yes."""
    answer, written = ctl_json("audit", "--ready", *args)
    readiness = written["readiness"]
    assert answer.code == (OK if readiness["answer"] == "yes" else NO)
    assert (readiness["why"] == []) == (readiness["answer"] == "yes")
    return readiness["answer"], " | ".join(readiness["why"])


def test_it_is_ready_if_only_other_clients_would_be_refused(log):
    path = log(*[admitted()] * 1200, *[line()] * 3112, line(edge="172.68.1.2", edge_known="yes"))
    assert ready(path) == ("yes", "")
    output = " ".join(ctl("audit", "--ready", path).out.split())
    assert output.startswith(f"ready: yes from {utc(NOON)} to {utc(NOON)}, 0 of 1,200 requests that came with a valid "
                           "certificate of their zone would have been refused, and of others 3,112 that bypassed "
                           "Cloudflare and 1 that came from Cloudflare's addresses")
    assert "by reason" not in output and "by reason" in ctl("audit", path).out


@pytest.mark.parametrize("values, said", [
    ({"reason": "edge-unknown", "cert": CERT, "cert_zone": "a.test"}, "1 request with a valid certificate of the zone "
     "would have been refused: 1 edge-unknown"),
    ({"reason": "worker-foreign", "cert": CERT, "cert_zone": "a.test", "edge_known": "yes"}, "1 worker-foreign"),
    ({"reason": "worker-foreign", "cert": CERT, "cert_zone": "a.test", "code": "CFO0001 refused"}, "were refused"),
    ({"reason": "cert-expired", "cert": CERT}, "is not valid would have been refused: 1 cert-expired"),
    ({"reason": "cert-not-yet-valid", "cert": CERT}, "1 cert-not-yet-valid"),
    ({"reason": "cert-unsuitable", "cert": CERT}, "1 cert-unsuitable"),
])
def test_it_is_not_ready_if_cloudflare_would_be_refused(log, values, said):
    answer, why = ready(log(*[admitted()] * 50, line(**values)))
    assert answer == "no" and said in why and "|" not in why


@pytest.mark.parametrize("values", [
    {"reason": "cert-other-zone", "cert": CERT, "cert_zone": "b.test"}, {"reason": "cert-unknown", "cert": CERT},
    {"reason": "edge-unknown"}, {"reason": "zone-unknown", "zone": "-"}, {"reason": "not-tls"},
])
def test_other_reasons_do_not_prevent_readiness(log, values):
    assert ready(log(admitted(), line(**values))) == ("yes", "")


def test_failed_handshakes_from_cloudflare_make_it_not_ready(log):
    answer, why = ready(log(admitted(), handshake(), handshake(edge="192.0.2.1")))
    assert answer == "no" and "1 handshake with Cloudflare's addresses failed" in why
    assert ready(log(admitted(), handshake(edge="192.0.2.1"))) == ("yes", "")
    earlier, later, own = (NOON + datetime.timedelta(seconds=seconds) for seconds in (60, 120, 180))
    _, why = ready(log(admitted(), handshake(at=later), handshake(at=earlier), handshake(edge="192.0.2.1", at=own)))
    assert f", the last one at {utc(later)} (if the cause has been fixed since, use --since)" in why


@pytest.mark.parametrize("requests, span, note", [
    (1, 0, "the log covers 0 s and 1 proved request: "), (99, 90000, "the log covers 25 h and 99 proved requests: "),
    (100, 86399, "the log covers 23 h and 100 proved requests: "), (100, 600, "the log covers 10 min and"),
    (5, 5 * 86400, "the log covers 5 days and 5 proved requests: "), (100, 86400, None),
])
def test_a_yes_from_little_has_a_note(log, requests, span, note):
    path = log(*[admitted()] * (requests - 1), admitted(at=NOON + datetime.timedelta(seconds=span)))
    _, written = ctl_json("audit", "--ready", path)
    assert written["readiness"]["answer"] == "yes"
    assert [text.startswith(note) for text in written["readiness"]["notes"]] == [True] if note else not written["readiness"]["notes"]
    if note:
        assert f"note: {note}" in " ".join(ctl("audit", "--ready", path).out.split())


def test_a_no_has_no_note_about_the_amount(log):
    _, written = ctl_json("audit", "--ready", log(admitted(), handshake()))
    assert written["readiness"]["notes"] == []


def test_a_site_to_which_cloudflare_never_came_with_the_certificate_is_not_ready(log):
    bare = line(vhost="shop.b.test:443", zone="b.test", edge="172.68.1.2", edge_known="yes")
    exempt = admitted(vhost="shop.b.test:443", zone="b.test", reason="exempt-path", cert_zone="-")
    answer, why = ready(log(admitted(), bare, bare, exempt))
    assert answer == "no" and "shop.b.test:443 b.test" in why and "2 requests came from Cloudflare's addresses" in why
    many = [line(vhost=f"v{i}", edge_known="yes") for i in range(8)]
    assert "the same goes for 3 more sites" in ready(log(admitted(), *many))[1]
    tunnel = admitted(vhost="shop.b.test:443", zone="b.test", reason="tunnel", cert_zone="-")
    assert ready(log(admitted(), bare, tunnel)) == ("yes", "")


def test_a_virtual_host_with_requests_from_strangers_only_is_reported_as_unknown(log):
    _, written = ctl_json("audit", "--ready", log(admitted(), line(vhost="quiet.test:443")))
    assert written["readiness"]["answer"] == "yes"
    assert "nothing is known of 1 site (a virtual host and a zone)" in written["readiness"]["notes"][0]


def test_with_more_virtual_hosts_than_can_be_counted_readiness_is_unknown(log):
    answer, why = ready(log(*[admitted(vhost=f"v{i}.test:443") for i in range(4097)]))
    assert answer == "unknown" and "check them one by one with --vhost" in why
    assert ready(log(*[admitted(vhost=f"v{i}.test:443") for i in range(4096)])) == ("yes", "")


def test_without_lines_of_admitted_requests_readiness_is_unknown(log):
    answer, why = ready(log(line(), line()))
    assert answer == "unknown" and "LogLevel warn cf_origin:info" in why
    answer, why = ready(log(foreign()))
    assert answer == "unknown" and "no line about a request" in why


def test_without_a_certificate_readiness_is_unknown_except_for_a_tunnel(log):
    answer, why = ready(log(line(), admitted(reason="exempt-address", cert_zone="-", cert="-")))
    assert answer == "unknown" and "no request came with a valid certificate" in why
    assert ready(log(line(), admitted(reason="tunnel", cert_zone="-", cert="-"))) == ("yes", "")


@pytest.mark.A53
@pytest.mark.parametrize("args, gap, expected", [
    ([], held_back(60), "60 lines held back"), ([], line()[:-9], "1 line of the module cut"),
    (["--since", "2020-01-01"], message(), "1 line left out"),
], ids=["held back", "cut", "without a time"])
def test_with_missing_lines_readiness_is_unknown(log, args, gap, expected):
    answer, why = ready(log(admitted(), gap), *args)
    assert answer == "unknown" and expected in why
    answer, why = ready(log(admitted(), gap, line(reason="edge-unknown", cert_zone="a.test")), *args)
    assert answer == "no" and expected in why
