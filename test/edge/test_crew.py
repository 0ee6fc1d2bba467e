# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge: several zones at a time, and signals."""
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest


def test_a_closed_connection_or_pipe_is_no_signal(client):
    waiting = client.start("wait", "a")
    try:
        assert waiting.stdout.readline()
        status = Path(f"/proc/{waiting.pid}/status").read_text()
        ignored = int(next(x for x in status.splitlines() if x.startswith("SigIgn")).split()[1], 16)
        assert ignored & 1 << signal.SIGPIPE - 1
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)


def test_many_zones(client, api):
    names = [f"zone{i}.test" for i in range(20)]
    for name in names:
        api.account.zone(name)
    missing = ["no1.test", "no2.test"]
    order = [missing[1], *names[:10], missing[0], *names[10:]]
    answer = client("--jobs", 8, "look", *order)
    said = sorted(line for line in answer.lines if "full" in line)
    assert said == sorted(f"{name}: full, 0 records" for name in names)
    assert [line for line in answer.lines if line.startswith("ended")] == [
        f"ended {name} {3 if name in missing else 0}" for name in order]
    # In the order of the names, whoever ended first.
    assert [line for line in answer.lines if line.startswith("problem")] == [
        f"problem {name}: the token sees no zone {name}" for name in order if name in missing]
    assert len(answer.err.splitlines()) == 2
    assert answer.lines[-1] == f"requests {len(api.calls)}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_signal_ends_the_jobs_between_their_steps(client, api, number, jobs):
    waiting = client.start("--jobs", str(jobs), "wait", *"abcde", stderr=-1)
    for _ in range(jobs):
        assert b"waits" in waiting.stdout.readline()
    waiting.send_signal(number)
    out, err = (x.decode() for x in waiting.communicate(timeout=60))
    assert waiting.returncode == 0
    assert [line for line in out.splitlines() if line.startswith("ended")] == [
        f"ended {name} {0 if i < jobs else 1}" for i, name in enumerate("abcde")]
    assert len([line for line in err.splitlines() if "left out" in line]) == 5 - jobs
    assert not api.calls


def test_a_second_signal_ends_the_process(client, api):
    waiting = client.start("look", "a.test", stderr=-1)
    api.fault("", 5.0, times=-1)
    try:
        for _ in range(600):
            if api.calls:
                break
            time.sleep(0.05)
        assert api.calls
        waiting.send_signal(signal.SIGTERM)
        # The first one is noted, and the call goes on.
        for _ in range(600):
            caught = int(next(x for x in Path(f"/proc/{waiting.pid}/status").read_text().splitlines()
                              if x.startswith("SigCgt")).split()[1], 16)
            if not caught & 1 << signal.SIGTERM - 1:
                break
            time.sleep(0.05)
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)
    finally:
        if waiting.poll() is None:
            waiting.kill()
    assert waiting.returncode == -signal.SIGTERM


def test_progress_is_shown_on_a_terminal_only(client, api):
    names = [f"zone{i}.test" for i in range(3)]
    for name in names:
        api.account.zone(name)
    for args, shown in (names, True), (names[:1], False):
        ours, theirs = pty.openpty()
        done = subprocess.Popen([client.program, "look", *args, "missing.test"][:len(args) + 2 + shown],
                                env=client.environment, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        out = done.communicate(timeout=60)[0].decode()
        text = b""
        try:
            while data := os.read(ours, 4096):
                text += data
        except OSError:
            pass
        os.close(ours)
        assert ("of 4 done".encode() in text) == shown and "\r" not in out
        # The last one is taken away.
        assert text.endswith(b"\r\x1b[K") or not shown
