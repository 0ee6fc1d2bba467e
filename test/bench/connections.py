#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a connection with one request costs more with this module: full handshakes, and resumed sessions.

    test/bench/connections.py [CONNECTIONS [SLICES]]

Instructions by callgrind (MPM prefork, the difference of two loads), and CPU time of httpd with MPM event and prefork, in
slices of so many connections in turn. Without valgrind, or with 0 CONNECTIONS, only CPU time.
"""
import sys

import kit
import variants
from variants import VARIANTS

KINDS = {"full, TLS 1.3": ("-T", "1.3"), "resumed, TLS 1.3": ("-T", "1.3", "-R"),
         "full, TLS 1.2": ("-T", "1.2"), "resumed, TLS 1.2": ("-T", "1.2", "-R")}
NAMES = ["mtls", "module", "readme"]


def load(bench, options, count):
    def run(server):
        values = kit.run_load(server.port, bench.parties.zone.both, "-P", "/small.txt", "-n", count, *options)
        resumed = int(values["resumed"])
        if resumed != ("-R" in options) * count:
            raise kit.Failed(f"{resumed} of {count} connections were resumed: {options}")
    return run


def instructions(bench, count):
    kit.program("valgrind")
    rows = []
    for kind, options in KINDS.items():
        found = {}
        for name in NAMES:
            few, many = (bench.count(name, load(bench, options, number)).total for number in (1, 1 + count))
            found[name] = (many - few) / count
        base = found["mtls"]
        rows.append((kind, f"{base:,.0f}", *(f"{100 * (found[name] / base - 1):+.2f} % ({found[name] - base:+,.0f})" for name in NAMES[1:])))
    kit.title("Instructions of a connection", "Prefork; one request on each connection.")
    kit.table(("connection", VARIANTS["mtls"].what, *(VARIANTS[name].what for name in NAMES[1:])), *rows)


def times(bench, mpm, slices, count):
    names = ["mtls", "again", "module", "readme"]
    servers = {name: bench.start(name, mpm=mpm, children=4 if mpm == "prefork" else 2) for name in names}
    rows = []
    try:
        for kind, options in KINDS.items():
            def measure(name):
                spent, _ = kit.timed_load(servers[name], bench.parties.zone.both, "-P", "/small.txt", "-t", 2, "-n", count, *options)
                return spent / count
            found = kit.Slices(names, slices).run(measure)
            rows.append((kind, f"{1e6 * found.median('mtls'):.0f} µs", *(found.ratio(name) for name in names[1:])))
    finally:
        for server in servers.values():
            server.stop()
    kit.title(f"CPU time of a connection, {mpm}", "Median of the ratios of paired slices, and its 95 % interval.")
    kit.table(("connection", VARIANTS["mtls"].what, *(VARIANTS[name].what for name in names[1:])), *rows)


def main(count=20, slices=24):
    count, slices = int(count), int(slices)
    with kit.scratch() as folder:
        bench = variants.Bench(folder)
        bench.prove(["mtls", "again", "module", "readme"])
        try:
            if count:
                instructions(bench, count)
        except kit.NotMeasured as missing:
            print(f"not measured: {missing}\n")
        for mpm in ("event", "prefork"):
            times(bench, mpm, slices, max(count // 2 * 2, 2))


if __name__ == "__main__":
    main(*sys.argv[1:])
