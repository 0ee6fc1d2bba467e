# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge enable and rotate: files that others have put in the way."""
import fcntl
import os
import signal

import pytest

from test_change import ZONE
from waiting import until
from world import Visitors


@pytest.mark.parametrize("trap", [os.link, os.symlink, lambda _, path: os.mkfifo(path)])
def test_a_draft_of_the_ca_that_is_something_else(world, trap):
    """Another name of a file, or a pipe at which the command would wait for ever."""
    w = world()
    victim = w.state.parent / "victim"
    victim.write_text("precious\n")
    trap(victim, w.ca.with_name(w.ca.name + ".new"))
    with Visitors(w.edge):
        result = w.ctl("rotate", ZONE, "--force", "--ca", w.ca, "--ca-key", w.ca_key)
    assert result.code == 0 and victim.read_text() == "precious\n", result
    assert "BEGIN CERTIFICATE" in w.ca.read_text() and not w.ca.is_symlink() and w.ca.stat().st_nlink == 1


def test_a_signal_while_it_waits_for_the_lock_of_the_proofs(world):
    w = world()
    w.state.mkdir(mode=0o700)
    with open(w.state / "~proofs.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = w.start_ctl("rotate", ZONE, "--force")
        begun = w.state / f"{ZONE}.json"
        until(lambda: begun.exists() and w.in_file() == 2)
        until(lambda: waits_for(process.pid, lock))
        process.send_signal(signal.SIGTERM)
        result = w.finish_ctl(process, timeout=20)
    assert result.code == 1 and "by a signal" in result.err and not w.api.called("POST .*/origin_tls_client_auth$"), result


def waits_for(pid, lock):
    """Whether it has the file open."""
    wanted = os.fstat(lock.fileno())
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found = os.stat(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False
