# SPDX-License-Identifier: Apache-2.0
"""Starts servers, each in a session of its own: prefork signals its whole process group at a stop, and
a Ctrl-C in a terminal must reach only the tests. The servers end with the tests, even if these are
killed."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

SETPRIV = shutil.which("setpriv")
# How many times longer than otherwise everything may take, where httpd runs under valgrind.
PATIENCE = int(os.environ.get("CF_ORIGIN_PATIENCE", 1))
TIMEOUT = 20 * PATIENCE


def start(command, **options):
    """Runs `command`; the kernel stops it when the calling thread ends."""
    leash = [SETPRIV, "--pdeathsig", "TERM"] if SETPRIV else []
    return subprocess.Popen([*leash, *map(str, command)], start_new_session=True, **options)


def members(session):
    """The living processes of a session: command lines by process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, owner = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(owner) == session and state not in "ZX":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                pass  # it has just ended
    return found


def connections(ports):
    """How many TCP connections of these local ports are not closed yet. The state TIME_WAIT (06) is closed, and 0A
    listens."""
    rows = [line.split() for name in ("tcp", "tcp6") if (table := Path("/proc/net") / name).exists()
            for line in table.read_text().splitlines()[1:]]
    return sum(int(row[1].rpartition(":")[2], 16) in ports and row[3] not in ("06", "0A") for row in rows)


def end(session, timeout):
    """Waits until all processes of a session have ended, after they were signalled. Kills those that are
    left, and returns them."""
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
    """Stops a process of start() and all that it started."""
    process.terminate()
    try:
        process.wait(timeout)
    finally:
        left = end(process.pid, timeout)
    assert not left, f"still alive after the stop: {left}"
