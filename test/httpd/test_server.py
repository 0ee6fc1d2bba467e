# SPDX-License-Identifier: Apache-2.0
"""The tests notice when a server crashes or leaves processes behind."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import session
from client import get
from fixtures import make_httpd
from server import Unsound, vhost

IGNORES_ITS_END = """#!/bin/sh
trap '' TERM
while :; do sleep 1; done
"""

STARTS_A_SERVER = """
import pathlib, sys, time
from pki import StandardPki
from server import Httpd
folder = pathlib.Path(sys.argv[1])
pki = StandardPki(folder)
(folder / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
print(Httpd(folder / "server", pki).start().process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(scratch, pki):
    return make_httpd(scratch, pki, server=vhost("a.test"), modules=["log_config"])


def a_child(server):
    return server.wait_for(lambda: [pid for pid in session.members(server.process.pid) if pid != server.process.pid],
                           "a child")[0]


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crashed_child_is_noticed_at_once_and_reported_once(server, number):
    server.start()
    os.kill(a_child(server), number)
    server.wait_for(lambda: "exit signal" in server.log(), "the end of the child")
    with pytest.raises(Unsound, match="exit signal"):
        server.assert_sound()
    server.stop()


def test_a_crashed_child_is_noticed_at_the_stop_at_every_log_level(server):
    server.log_level = "emerg"
    server.start()
    os.kill(a_child(server), signal.SIGSEGV)
    server.wait_for(lambda: "exit signal" in server.log(), "the end of the child")
    with pytest.raises(Unsound, match="exit signal"):
        server.stop()


def test_a_crashed_server_is_noticed(server, monkeypatch):
    monkeypatch.setattr(session, "TIMEOUT", 1)
    server.start()
    os.kill(server.process.pid, signal.SIGSEGV)
    server.process.wait(20)
    with pytest.raises(Unsound):
        server.stop()


def test_processes_that_outlive_the_server_are_noticed_and_killed(server, monkeypatch):
    logger = server.dir / "logger"
    logger.write_text(IGNORES_ITS_END)
    logger.chmod(0o755)
    server.server += 'CustomLog "|{dir}/logger" test\n'
    server.start()
    group = server.process.pid
    assert any("logger" in command for command in session.members(group).values())
    monkeypatch.setattr(session, "TIMEOUT", 1)
    with pytest.raises(Unsound, match="logger"):
        server.stop()
    assert session.end(group, 20) == {}


def test_a_server_has_a_process_group_of_its_own(server):
    server.start()
    assert os.getpgid(server.process.pid) == server.process.pid != os.getpgrp()
    assert get(server.port, sni="a.test").status == 200
    server.stop()


def test_a_server_ends_with_the_tests_even_if_they_are_killed(tmp_path):
    tmp_path.chmod(0o755)
    tests = subprocess.Popen([sys.executable, "-c", STARTS_A_SERVER, tmp_path], stdout=subprocess.PIPE,
                             env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
    group = int(tests.stdout.readline())
    assert session.members(group)
    tests.kill()
    tests.communicate(timeout=20)
    assert session.end(group, 20) == {}
