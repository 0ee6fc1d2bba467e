# SPDX-License-Identifier: Apache-2.0
"""Counters survive a graceful restart, also if virtual hosts are added."""
import pytest

from client import get
from server import parse_event, vhost


def hosts(count):
    return "CFOriginPullRanges 127.0.0.0/9\nCFOriginPull On\nCFOriginPullRequire ip\n" + "".join(vhost(f"h{i}.test", tls=False) for i in range(count))


def lines(server, code):
    return [x for x in server.log().splitlines() if f" {code} " in x]


@pytest.mark.W17
def test_virtual_hosts_without_counters_are_reported_in_one_line_and_served(httpd):
    server = httpd(server=hosts(1))
    server.server = hosts(100)
    server.graceful()
    server.wait_for(lambda: get(server.port, plain=True, sni="h99.test").status == 200, "the new configuration")
    assert len(lines(server, "CFO0152")) == 1
    assert parse_event(lines(server, "CFO0152")[0])["vhosts"] == "37"  # of 101, the main server included
    assert get(server.port, plain=True, sni="h99.test", source="127.200.0.1").status == 403


def test_a_start_reserves_counters_for_twice_as_many_virtual_hosts(httpd):
    server = httpd(server=hosts(60))
    server.server = hosts(121)
    server.graceful()
    assert lines(server, "CFO0152") == [] and lines(server, "CFO0151") == []
    server.server = hosts(122)
    server.graceful()
    assert parse_event(lines(server, "CFO0152")[0])["vhosts"] == "1"
