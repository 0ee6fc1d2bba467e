#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what a large list of ranges costs a real httpd on loopback; prints numbers, asserts nothing.

    test/bench/ranges.py [RANGES] [RELOADS] [IPv4|IPv6]    by default 1000000, 5 and both

For prefixes of IPv4 and of IPv6 as many as a file may have (16 MiB), sorted and shuffled, next to the same
with 20 prefixes: CPU time of httpd -t and of a start; memory of a child at the start, and what it has for itself
alone after one reload and after several; the most that it ever had. Build the module first.
"""
import ipaddress
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process import cpu, folder_with_pki, kib, wait_until_steady
from server import HTTPD, Httpd, vhost

LARGEST = 16 << 20
MIB = 1 << 10  # of KiB
FEW = 20


def prefixes(kind, count):
    """Two lists in order, most of their prefixes with gaps between; they differ in a tenth."""
    chance = random.Random(1)
    if kind == "IPv4":
        numbers = chance.sample(range(1 << 16, 223 << 16), count + count // 10)
    else:
        numbers = chance.sample(range(1 << 29), count + count // 10)
    lists = sorted(numbers[:count]), sorted(numbers[count // 10:])
    if kind == "IPv4":
        return [[f"{n >> 16}.{n >> 8 & 255}.{n & 255}.0/24" for n in numbers] for numbers in lists]
    return [[f"{ipaddress.IPv6Address((1 << 125) + (n << 80))}/48" for n in numbers] for numbers in lists]


def write(path, lines):
    text = "\n".join(lines) + "\n"
    if len(text) > LARGEST:
        lines = lines[:int(len(lines) * LARGEST / len(text))]
        text = "\n".join(lines)[:LARGEST].rpartition("\n")[0] + "\n"
    new = path.with_suffix(".new")
    new.write_text(text)
    past = time.time() - 5  # no child waits for the change to be complete
    os.utime(new, (past, past))
    new.rename(path)
    return text.count("\n")


def highest(pid):
    return int(re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def test_cpu(server):
    """CPU seconds of httpd -t."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([HTTPD, "-t", "-f", server.dir / "httpd.conf"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make(directory, pki, path):
    return Httpd(tempfile.mkdtemp(dir=directory), pki,
                 server="StartServers 2\nServerLimit 2\nMinSpareThreads 1\nMaxSpareThreads 64\n"
                 f"CFOriginPullRanges 127.0.0.0/9 {path}\nCFOriginPullReload 1\n" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {directory}/zone.pem\n"))


def settle(server, loaded):
    server.wait_for(lambda: server.log().count("CFO0130") >= loaded, "a reload", 120)
    wait_until_steady(server.children())  # the other child looks once a second, and both free what was replaced


def show(name, cost, count, base):
    print(f"{name:32} -t {cost['test'] - base.get('test', 0):6.2f} s CPU, start {cost['start'] - base.get('start', 0):6.2f} s; "
          f"child at start {cost['rss'] / MIB:6.1f} MiB", end="")
    if base:
        print(f", {1024 * (cost['anonymous'] - base['anonymous']) / count:.1f} B a prefix", end="")
    for number, dirty in cost["dirty"]:
        print(f"; after {number} reloads {' and '.join(f'{kib / MIB:.1f}' for kib in dirty)} MiB private", end="")
    print(f"; most {max(cost['peak']) / MIB:.1f} MiB; a reload {cost['reload']:.2f} s CPU in all children", flush=True)


def measure(directory, pki, kind, count, order, reloads):
    lists = prefixes(kind, count)
    for lines in lists:
        if order == "shuffled":
            random.Random(3).shuffle(lines)
    path = directory / f"{kind}-{order}-{count}.txt"
    count = write(path, lists[0])
    server = make(directory, pki, path)
    server.start()
    cost = {"test": min(test_cpu(server) for _ in range(3)), "start": cpu(server.process.pid)}
    pids = server.children()
    wait_until_steady(pids)
    cost["rss"] = max(kib(pid, "Rss") for pid in pids)
    cost["anonymous"] = max(kib(pid, "Anonymous") for pid in pids)
    cost["dirty"], spent = [(0, [kib(pid, "Private_Dirty") for pid in pids])], sum(cpu(pid) for pid in pids)
    for number in range(1, reloads + 1):
        write(path, lists[number % 2])
        settle(server, number)
        if number in (1, reloads):
            cost["dirty"].append((number, [kib(pid, "Private_Dirty") for pid in pids]))
    cost["reload"] = (sum(cpu(pid) for pid in pids) - spent) / reloads
    cost["peak"] = [highest(pid) for pid in pids]
    server.stop()
    return count, cost


def main():
    count, reloads = (int(sys.argv[i]) if len(sys.argv) > i else most for i, most in ((1, 1000000), (2, 5)))
    with folder_with_pki() as (directory, pki):
        (directory / "zone.pem").write_text(pki.zone_a.pem)
        _, base = measure(directory, pki, "IPv4", FEW, "sorted", 1)
        show(f"{FEW} prefixes", base, FEW, {})
        for kind in sys.argv[3:4] or ("IPv4", "IPv6"):
            for order in ("sorted", "shuffled"):
                number, cost = measure(directory, pki, kind, count, order, reloads)
                show(f"{number} of {kind}, {order}", cost, number, base)
        print(f"(CPU times and bytes a prefix: without those of {FEW} prefixes)")


main()
