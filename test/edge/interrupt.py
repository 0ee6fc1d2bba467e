# SPDX-License-Identifier: Apache-2.0
"""Kills cf-originctl at one point after the other: before and after each call of the API, and at each system call that
changes something."""
import collections
import os
import random
import re
import shutil
import signal

from standin import Cut

# Killed before they take effect. Those of sockets are among them: what is not sent is not done.
SYSCALLS = ("write", "pwrite64", "sendto", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
            "ftruncate", "link", "linkat", "mkdir", "mkdirat", "chmod", "fchmod", "flock")
# How many points of each call are tried; "all" of them: make edge-soak.
POINTS = os.environ.get("EDGE_POINTS", "2")
SEED = os.environ.get("EDGE_SEED", "1")


def strace(*options):
    program = shutil.which("strace")
    assert program, "strace is missing (Debian: strace)"
    # The programs that it runs are left alone.
    return [program, "-f", "-qq", "-b", "execve", "-e", "signal=none", *options]


class AtCall:
    """Kills it at the `number`-th call of the API (from 0), "before" or "after" that takes effect."""

    def __init__(self, number, when):
        self.number, self.when = number, when

    def __repr__(self):
        return f"{self.when} call {self.number} of the API"

    def run(self, world, *args):
        fault = world.api.fault(".", self.kill, when=self.when, skip=self.number)
        self.process = world.start_ctl(*args)
        result = world.finish_ctl(self.process)
        world.api.faults.remove(fault)
        return result

    def kill(self):
        # The test waits for it.
        self.process.send_signal(signal.SIGKILL)
        raise Cut


class AtSystemCall:
    """Kills it where one of its threads makes a system call for the `number`-th time (from 1)."""

    def __init__(self, name, number):
        self.name, self.number = name, number

    def __repr__(self):
        return f"{self.name} {self.number}"

    def run(self, world, *args):
        return world.ctl(*args, before=strace("-o", "/dev/null", "-e", f"trace=?{self.name}", "-e",
                                              f"inject=?{self.name}:signal=KILL:when={self.number}"))


def rehearse(world, *args):
    """Runs it to its end; the result, and the points where it can be interrupted."""
    trace = world.state.parent / "trace"
    before = len(world.api.called())
    result = world.ctl(*args, before=strace("-o", str(trace), "-e", "trace=" + ",".join(f"?{x}" for x in (*SYSCALLS, "openat"))))
    calls = len(world.api.called()) - before
    points = [AtCall(number, when) for number in range(calls) for when in ("before", "after")]
    points += [AtSystemCall(name, number) for name, number in changes(trace.read_text().splitlines())]
    return result, points


def changes(lines):
    """The system calls that change something, as names and numbers: each thread counts its own."""
    made, found = collections.Counter(), set()
    for line in lines:
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if match:
            made[match[1], match[2]] += 1
            if match[2] != "openat" or re.search("O_CREAT|O_TRUNC", match[3]):
                found.add((match[2], made[match[1], match[2]]))
    return sorted(found)


def chosen(points, of):
    """Those that this run tries: the same ones each time."""
    if POINTS == "all":
        return points
    chance = random.Random(f"{SEED} {of}")
    calls = [x for x in points if isinstance(x, AtCall)]
    others = [x for x in points if isinstance(x, AtSystemCall)]
    return [x for some in (calls, others) for x in chance.sample(some, min(int(POINTS), len(some)))]
