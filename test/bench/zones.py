#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what zones cost, with a real httpd on loopback; prints numbers, asserts nothing.

    test/bench/zones.py [ZONES ...]        default: 1000 10000; 100000 takes some minutes

For each number of zones (a folder with a file for each, a CA certificate of P-256 each, all different): CPU time to start and
to check the configuration, memory a zone, what a child has for itself after one change, and CPU time for a changed file, beyond
the look at all files each second. Build the module first.
"""
import base64
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("CF_ORIGIN_PATIENCE", "20")

from process import cpu, folder_with_pki, kib, wait_until_steady  # noqa: E402
from server import Httpd, vhost  # noqa: E402

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
CHANGES, TIME = 9, 4


def point(number):
    """A public key: any point on the curve."""
    x = random.Random(number).getrandbits(255)
    while True:
        square = (x**3 - 3 * x + B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return x.to_bytes(32, "big") + y.to_bytes(32, "big")
        x += 1


class Authorities:
    """CA certificates without end: a real one, with another name and another key. Their own signatures do not fit; nothing
    looks at that of an anchor."""

    def __init__(self, pki):
        self.der = pki.ca("zone", subject="/CN=zone-0000000").der
        self.key = re.search(rb"\x03\x42\x00\x04(.{64})", self.der, re.S)[1]
        self.identifier = re.search(rb"\x55\x1d\x0e\x04\x16\x04\x14(.{20})", self.der, re.S)

    def pem(self, number):
        der = self.der.replace(b"zone-0000000", b"zone-%07d" % number).replace(self.key, point(number))
        if self.identifier:
            der = der.replace(self.identifier[1], random.Random(-number).randbytes(20))
        text = base64.encodebytes(der).decode()
        return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def make(directory, pki, zones):
    return Httpd(tempfile.mkdtemp(dir=directory), pki, server="StartServers 2\nCFOriginPullRanges 127.0.0.0/9\n"
                 "CFOriginPullReload 1\n" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {zones}\nServerAlias *"))


def test(server):
    """CPU seconds of `httpd -t`."""
    server.write_config()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(server.command("-t"), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wait(server, code, count):
    end = time.monotonic() + 120
    while server.log().count(code) < count and time.monotonic() < end:
        time.sleep(0.02)
    return server.log().count(code) >= count


def spend(server, change=None):
    """CPU milliseconds of each child in the time in which one change is loaded."""
    pids = server.children()
    before = [cpu(pid) for pid in pids]
    if change:
        change()
    time.sleep(TIME)
    return [1000 * (cpu(pid) - was) for pid, was in zip(pids, before)]


def change_files(server, folder, authorities, zones, how, base):
    """Returns CPU milliseconds of each child for a changed file."""
    def change(i):
        path = folder / f"z{(base + i) * 37 % zones}.test.pem"
        path.with_suffix(".new").write_text(authorities.pem(zones + base + i))
        if how == "renamed":
            path.with_suffix(".new").rename(path)
        else:
            path.write_text(path.with_suffix(".new").read_text())

    if how == "written":  # so that the folder does not change
        for i in range(CHANGES):
            (folder / f"z{(base + i) * 37 % zones}.test.new").touch()
        wait_until_steady(server.children())
    count = server.log().count("CFO0130")
    idle, busy = [], []
    for i in range(CHANGES):  # in turn: the machine may do other things, too
        idle.append(spend(server))
        busy.append(spend(server, lambda: change(i)))
    if not wait(server, "CFO0130", count + CHANGES):
        print(f"  only {server.log().count('CFO0130') - count} of {CHANGES} files were loaded")
    idle, busy = ([statistics.median(column) for column in zip(*rows)] for rows in (idle, busy))
    return [b - i for b, i in zip(busy, idle)], sum(idle) / TIME


def measure(directory, pki, authorities, zones, empty):
    folder = directory / f"zones-{zones}"
    folder.mkdir()
    folder.chmod(0o755)
    for i in range(max(zones, 1)):
        (folder / f"z{i}.test.pem").write_text(authorities.pem(i))
    server = make(directory, pki, folder)
    checked = test(server)
    server.start()
    started = cpu(server.process.pid)
    wait_until_steady(server.children())  # the first check, which also tests whether each file is readable
    rss = kib(server.process.pid, "Rss")
    result = {"start": started, "test": checked, "rss": rss, "own": max(kib(pid, "Private_Dirty") for pid in server.children())}
    if empty:
        print(f"{zones} zones:")
        print(f"  httpd -t {checked - empty['test']:.2f} s CPU, start {started - empty['start']:.2f} s (each beyond that of one zone)")
        print(f"  memory {(rss - empty['rss']) / zones:.2f} KiB a zone, shared by all children")
        print(f"  a child's own memory at first: {(result['own'] - empty['own']) / 1024:.1f} MiB more than with one zone")
        path = folder / "z5.test.pem"
        path.write_text(authorities.pem(2 * zones))
        wait(server, "CFO0130", 1)
        wait_until_steady(server.children())
        own = [kib(pid, "Private_Dirty") for pid in server.children()]
        print("  after one changed file: " + " and ".join(f"{(each - empty['own']) / 1024:.1f} MiB" for each in own))
        for base, how in ((10, "written"), (10 + CHANGES, "renamed")):
            spent, idle = change_files(server, folder, authorities, zones, how, base)
            print(f"  a file {how}: {sum(spent):.1f} ms CPU in all, in each child: "
                  + " and ".join(f"{each:.1f}" for each in spent) + f"; idle {idle:.1f} ms a second")
    server.stop()
    return result


def main():
    numbers = [int(word) for word in sys.argv[1:]] or [1000, 10000]
    with folder_with_pki() as (directory, pki):
        authorities = Authorities(pki)
        empty = measure(directory, pki, authorities, 1, None)
        for zones in numbers:
            measure(directory, pki, authorities, zones, empty)


main()
