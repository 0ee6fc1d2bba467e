#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the cost of reloading files with a real httpd on loopback; prints numbers, asserts nothing.

    test/bench/reload.py idle [ZONES [LOOKS]]  CPU time of one check of so many zone files, memory for each
    test/bench/reload.py effect [CHANGES]      time from a change of a file to the first request judged by it
    test/bench/reload.py load [ROUNDS]         reloads under load: requests lost, and wrongly admitted

Costs are CPU times of httpd's children. Build the module first.
"""
import statistics
import sys
import tempfile
import threading
import time

from process import cpu, folder_with_pki, kib, wait_until_steady  # first: it knows where the others are
from client import CLOUDFLARE, Connection, H2Connection, get
from server import Httpd, vhost


def start(directory, pki, zones, extra="", before="", seconds=1):
    return Httpd(tempfile.mkdtemp(dir=directory), pki, server=f"StartServers 2\nCFOriginPullRanges 127.0.0.0/9\n"
                 f"CFOriginPullReload {seconds}\n{before}" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {zones}\n{extra}")).start()


def idle(directory, pki, count=10000, looks=60):
    pss = {}
    for zones in (0, count):
        folder = directory / f"zones-{zones}"
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "a.test.pem").write_text(pki.zone_a.pem)
        for i in range(zones):
            (folder / f"z{i}.test.pem").write_text(pki.zone_a.pem)
        server = start(directory, pki, folder)
        wait_until_steady(server.children())  # the first check, which also tests whether each file is readable
        before = {pid: cpu(pid) for pid in server.children()}
        time.sleep(looks)
        spent = sum(cpu(pid) - before[pid] for pid in before)
        pids = server.children()
        pss[zones] = statistics.median(kib(pid, "Rss") for pid in pids)
        private = statistics.median(kib(pid, "Private_Dirty") for pid in pids)
        print(f"{zones} zones: {1000 * spent / looks:.2f} ms CPU a second in all {len(pids)} children, which look once a second; "
              f"child RSS {pss[zones]} KiB, of it {private} KiB its own")
        server.stop()
    print(f"memory: {(pss[count] - pss[0]) / count:.1f} KiB a zone (one CA certificate of P-256 each), shared by the children")


def effect(directory, pki, changes=20):
    folder = directory / "zones"
    folder.mkdir()
    folder.chmod(0o755)
    path = folder / "a.test.pem"
    path.write_text(pki.zone_a.pem)
    server = start(directory, pki, folder)
    times = []
    for i in range(changes):
        time.sleep(0.37 * (i % 4))
        new, leaf = ((pki.zone_b, pki.leaf_b), (pki.zone_a, pki.leaf_a))[i % 2]
        path.with_suffix(".new").write_text(new.pem)
        path.with_suffix(".new").rename(path)
        begun = time.monotonic()
        row = 0
        while row < 12:  # in both children
            row = row + 1 if get(server.port, "/", CLOUDFLARE, sni="a.test", cert=leaf).status == 200 else 0
        times.append(time.monotonic() - begun)
    server.stop()
    print(f"CFOriginPullReload 1: {min(times):.1f} to {max(times):.1f} s, median {statistics.median(times):.1f} s, {changes} changes")


def load(directory, pki, rounds=250, files=4):
    folder = directory / "zones"
    folder.mkdir()
    folder.chmod(0o755)
    texts = [pki.zone_a.pem + pki.shared_ca.pem, pki.zone_a.pem + pki.evil_twin_ca.pem]
    names = [f"{c}.a.test" for c in "wxyz"[:files]]
    for name in names:
        (folder / f"{name}.pem").write_text(texts[0])
    server = start(directory, pki, folder, extra="ServerAlias *.a.test")
    counts, lock, running = {}, threading.Lock(), [True]

    def count(kind, status):
        with lock:
            counts[(kind, status)] = counts.get((kind, status), 0) + 1

    def visitor(kind, cert, protocol):
        while running[0]:
            for name in names:
                try:
                    connection = (H2Connection if protocol == 2 else Connection)(server.port, cert, sni=name)
                    with connection:
                        for _ in range(40):
                            count(kind, connection.get("/", CLOUDFLARE).status)
                except OSError as error:
                    count(kind, type(error).__name__)

    threads = [threading.Thread(target=visitor, args=args) for args in
               (("right", pki.leaf_a, 1), ("right", pki.leaf_a, 2), ("wrong", pki.leaf_b, 1), ("wrong", pki.rogue, 2))]
    rss = {pid: kib(pid, "Rss") for pid in server.children()}
    for thread in threads:
        thread.start()
    for i in range(1, rounds + 1):
        for name in names:
            new = folder / f"{name}.new"
            new.write_text(texts[i % 2])
            new.rename(folder / f"{name}.pem")
        wanted = i * files
        end = time.monotonic() + 20
        while server.log().count("CFO0130") < wanted and time.monotonic() < end:
            time.sleep(0.05)
    running[0] = False
    for thread in threads:
        thread.join()
    loaded = server.log().count("CFO0130")
    grown = [kib(pid, "Rss") - rss[pid] for pid in server.children() if pid in rss]
    server.stop()
    lost = sum(n for (kind, status), n in counts.items() if kind == "right" and status != 200)
    admitted = sum(n for (kind, status), n in counts.items() if kind == "wrong" and status == 200)
    print(f"{loaded} files loaded in {rounds} rounds; answers: {counts}; lost {lost}, wrongly admitted {admitted}; "
          f"children grew by {grown} KiB")


def main():
    what = {"idle": idle, "effect": effect, "load": load}.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if not what:
        sys.exit(__doc__)
    with folder_with_pki() as (directory, pki):
        what(directory, pki, *map(int, sys.argv[2:4]))


main()
