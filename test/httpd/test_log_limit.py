# SPDX-License-Identifier: Apache-2.0
"""A flood of refused requests logs only a few lines; the lines held back are counted exactly, over two children."""
import os
import signal
import threading

import pytest

from client import CLOUDFLARE, STRANGER, Connection, H2Connection, get
from server import TWO_CHILDREN, parse_event, vhost

CONNECTIONS = 8


# Ends at SIGTERM, after it has read what is there.
LOGGER = """
import os, signal, sys
def end(*_):
    os.set_blocking(0, False)
    try:
        while data := os.read(0, 65536):
            os.write(log, data)
    except BlockingIOError:
        pass
    sys.exit()
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
signal.signal(signal.SIGTERM, end)
while data := os.read(0, 65536):
    os.write(log, data)
"""


def start(httpd, pki, mode="On", extra="", limit=5, log="", **options):
    zone = f"CFOriginPull {mode}\nCFOriginPullZone a.test {pki.zone_a.crt}\n{extra}\n"
    return httpd(server=log + f"{TWO_CHILDREN}CFOriginPullRanges 127.0.0.0/9\n"
                 + 'LogFormat "%P" process\nCustomLog "{dir}/processes.log" process\n' + vhost("a.test", zone),
                 log_limit=limit, log_level="warn", **options)


def flood(server, requests, **options):
    """Sends this many requests over several connections at once; returns their statuses."""
    statuses = []

    def work():
        with Connection(server.port, sni="a.test", **options) as connection:
            for _ in range(requests // CONNECTIONS):
                statuses.append(connection.get("/?" + "x" * 50).status)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == requests // CONNECTIONS * CONNECTIONS
    return set(statuses)


def summaries(server, reason):
    return [x for x in (parse_event(line) for line in server.log().splitlines() if " CFO0004 " in line)
            if x["reason"] == reason]


def held_back(server, reason):
    return sum(int(x["lines"]) for x in summaries(server, reason))


def lines(server, reason, code="CFO0001"):
    return [x for x in server.events(code) if x["reason"] == reason]


def processes(server):
    return set((server.dir / "processes.log").read_text().split())


def assert_exact(server, reason, requests, limit=5, code="CFO0001"):
    """A flood may run into the next minute, and then has the limit twice."""
    written = len(lines(server, reason, code))
    assert limit <= written <= 2 * limit
    assert written + held_back(server, reason) == requests
    for event in summaries(server, reason):
        assert event["what"] == "held-back" and 1 <= int(event["seconds"]) <= 60


@pytest.mark.A53
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGWINCH])
def test_after_a_stop_the_sum_is_exact_for_each_reason(httpd, pki, how):
    server = start(httpd, pki)
    assert flood(server, 2000) == {403}
    assert flood(server, 400, cert=pki.leaf_a, source=STRANGER) == {403}
    assert flood(server, 80, cert=pki.leaf_a) == {200}
    assert len(processes(server)) >= 2
    server.stop(how)
    assert_exact(server, "cert-missing", 2000)
    assert_exact(server, "edge-unknown", 400)
    assert len(summaries(server, "verified")) == 0


@pytest.mark.A53
@pytest.mark.parametrize("how", [signal.SIGUSR1, signal.SIGHUP])
def test_a_restart_logs_what_was_held_back_and_continues(httpd, pki, how):
    server = start(httpd, pki)
    flood(server, 800)
    before = server.log().count("resuming normal operations")
    server.process.send_signal(how)
    server.wait_for(lambda: server.log().count("resuming normal operations") > before, "a restart")
    assert_exact(server, "cert-missing", 800)
    flood(server, 800)
    server.stop()
    assert_exact(server, "cert-missing", 1600)
    assert len(summaries(server, "cert-missing")) >= 2


def test_lines_held_back_by_a_child_of_the_old_configuration_are_logged_by_the_new_one(httpd, pki):
    server = start(httpd, pki)
    with Connection(server.port, sni="a.test") as connection:
        flood(server, 80)
        connection.sock.sendall(b"GET / HTTP/1.1\r\n")  # keeps its child busy
        server.graceful()
        reported = held_back(server, "cert-missing")
        assert connection.raw(b"Host: a.test\r\nConnection: close\r\n\r\n").status == 403
    server.stop()
    assert_exact(server, "cert-missing", 81)
    assert held_back(server, "cert-missing") > reported or len(lines(server, "cert-missing")) > 5


@pytest.mark.A53
def test_a_killed_child_loses_no_counts(httpd, pki):
    server = start(httpd, pki)
    flood(server, 800)
    for process in processes(server):
        os.kill(int(process), signal.SIGKILL)
    server.wait_for(lambda: get(server.port, sni="a.test", cert=pki.leaf_a).status == 200, "another child")
    server.stop()
    assert_exact(server, "cert-missing", 800)


def test_after_a_minute_the_count_is_logged_even_without_requests(httpd, pki):
    server = start(httpd, pki)
    flood(server, 800)
    server.wait_for(lambda: len(lines(server, "cert-missing")) + held_back(server, "cert-missing") == 800,
                    "the end of the minute", timeout=90)
    assert_exact(server, "cert-missing", 800)
    assert summaries(server, "cert-missing")[-1]["seconds"] == "60"
    reported = len(summaries(server, "cert-missing"))
    server.stop()
    assert len(summaries(server, "cert-missing")) == reported


@pytest.mark.A53
def test_would_be_refusals_have_the_same_limit_and_admitted_requests_have_none(httpd, pki):
    server = start(httpd, pki, "Audit", "LogLevel cf_origin:info")
    assert flood(server, 800) == {200}
    assert flood(server, 80, cert=pki.leaf_a) == {200}
    server.wait_for(lambda: len(server.events("CFO0003")) == 80, "a line for each admitted request")
    server.stop()
    assert_exact(server, "cert-missing", 800, code="CFO0002")


@pytest.mark.parametrize("extra", ["CFOriginPullRefuse 404", "CFOriginPullRefuse drop"])
def test_refused_streams_are_counted_with_each_kind_of_refusal(httpd, pki, extra):
    server = start(httpd, pki, "On", extra)
    for _ in range(2):
        with H2Connection(server.port, sni="a.test") as connection:
            for _ in range(20):
                connection.request(headers=CLOUDFLARE)
            assert {x.status for x in connection.finish().values()} <= {404, "reset"}
    server.stop()
    assert_exact(server, "cert-missing", 40)


def test_with_off_every_line_is_logged(httpd, pki):
    server = start(httpd, pki, limit="Off")
    flood(server, 400)
    server.stop()
    assert len(lines(server, "cert-missing")) == 400 and " CFO0004 " not in server.log()


def test_the_default_limit_is_60(httpd, pki):
    server = start(httpd, pki, limit=None)
    flood(server, 400)
    server.stop()
    assert_exact(server, "cert-missing", 400, limit=60)


def test_lines_below_the_log_level_are_not_counted_as_held_back(httpd, pki):
    server = start(httpd, pki, "On", "LogLevel cf_origin:error")
    flood(server, 80)
    server.stop()
    assert " CFO0001 " not in server.log() and " CFO0004 " not in server.log()


def test_below_the_limit_nothing_is_reported(httpd, pki):
    server = start(httpd, pki, limit=1000000)
    flood(server, 80)
    server.stop()
    assert len(lines(server, "cert-missing")) == 80 and " CFO0004 " not in server.log()


@pytest.mark.parametrize("value", ["0", "1000001", "-1", "3x", "none", "99999999999999999999"])
def test_an_invalid_limit_is_a_configuration_error(configuration, value):
    code, said = configuration(f"CFOriginPullLogLimit {value}", log_limit=None)
    assert code and f'CFOriginPullLogLimit: "{value}": expected a number from 1 to 1000000, or Off' in said


def test_the_limit_is_set_for_the_whole_server_only(configuration):
    code, said = configuration(vhost("a.test", "CFOriginPullLogLimit 5"))
    assert code and "CFOriginPullLogLimit cannot occur within <VirtualHost> section" in said


def invalid(server):
    return [parse_event(x) for x in server.log().splitlines() if " CFO0110 " in x]


@pytest.mark.A53
def test_lines_about_invalid_visitors_are_limited_and_counted(httpd, pki):
    """Clients that reach the origin through Cloudflare, for example by a Worker, can choose CF-Connecting-IP."""
    server = start(httpd, pki)
    with Connection(server.port, pki.leaf_a, sni="a.test") as connection:
        for i in range(200):
            assert connection.get("/", {"CF-Connecting-IP": f"nobody{i}"}).status == 200
    with H2Connection(server.port, pki.leaf_a, sni="a.test") as connection:
        for i in range(100):
            connection.request("/", {"CF-Connecting-IP": f"nobody{i}"})
        assert {x.status for x in connection.finish().values()} == {200}
    server.stop()
    assert 5 <= len(invalid(server)) <= 10
    assert len(invalid(server)) + held_back(server, "verified") == 300


def test_a_refused_request_has_no_line_for_its_visitor(httpd, pki):
    """With `edge`, the header from an edge address is believed, although the request is refused."""
    server = start(httpd, pki, extra="CFOriginPullClientIP edge")
    for headers in ({"CF-Connecting-IP": "nobody"}, {"CF-Connecting-IP": "nobody", "CF-Ray": "x"}):
        assert get(server.port, sni="a.test", headers=headers).status == 403
    assert get(server.port, sni="a.test", headers={"CF-Connecting-IP": "nobody"}, cert=pki.leaf_a).status == 200
    server.stop()
    assert len(invalid(server)) == 1 and len(lines(server, "cert-missing")) == 2
