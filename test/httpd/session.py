# SPDX-License-Identifier: Apache-2.0
"""Servers that tests start: each in a session of its own, for prefork's stop signals the whole
process group, and a Ctrl-C in a terminal is meant for the tests alone. What ends the tests, SIGKILL
included, ends them too."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

SETPRIV = shutil.which("setpriv")
TIMEOUT = 20


def start(command, **options):
    """`command`, which the kernel stops as soon as the thread that called this is gone."""
    leash = [SETPRIV, "--pdeathsig", "TERM"] if SETPRIV else []
    return subprocess.Popen([*leash, *map(str, command)], start_new_session=True, **options)


def members(session):
    """What is alive in a session: command lines by process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, owner = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(owner) == session and state not in "ZX":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                pass  # it has ended meanwhile
    return found


def end(session, timeout):
    """Waits until all of a session have ended, which they were told already. Kills those that have
    not by then, and returns them."""
    limit = time.monotonic() + timeout
    while (left := members(session)) and time.monotonic() < limit:
        time.sleep(0.02)
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return left


def stop(process, timeout=TIMEOUT):
    """Stops what start() gave, and all that it started."""
    process.terminate()
    try:
        process.wait(timeout)
    finally:
        left = end(process.pid, timeout)
    assert not left, f"still alive after the stop: {left}"
