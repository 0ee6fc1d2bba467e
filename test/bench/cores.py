#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput with all processors busy: with 1, 2 and 8 children (MPM event), and with HTTP/2 at 100 streams.

    test/bench/cores.py [SLICES [REQUESTS]]

The load runs on the same processors, so that the requests in a second are those of both together. What threads of the module
that wait for each other, or write to the same line of the cache, would cost grows with the number of children and streams; the
ratios would show it.
"""
import os
import sys

import kit
import variants
from variants import VARIANTS

NAMES = ["mtls", "again", "module"]
LOADS = {"HTTP/1.1, 16 connections": ("-t", 16), "HTTP/2, 2 connections of 100 streams": ("-t", 2, "-2", 100)}


def measure_load(servers, bench, options, requests, slices):
    """(requests in a CPU second, requests in a second) of each."""
    threads, per_second = options[1], {name: [] for name in servers}

    def measure(name):
        spent, said = kit.timed_load(servers[name], bench.parties.zone.both, "-P", "/small.txt", "-w", 20, *options,
                                     "-r", requests // threads)
        made = int(said["requests"])
        per_second[name].append(made / float(said["seconds"]))
        return made / spent

    per_cpu = kit.Slices(servers, slices).run(measure)
    seconds = kit.Slices(servers, slices)
    seconds.values = {name: values[-slices:] for name, values in per_second.items()}
    return per_cpu, seconds


def main(slices=24, requests=3200):
    slices, requests = int(slices), int(requests)
    tables = {"CPU second": [], "second": []}
    with kit.scratch() as folder:
        bench = variants.Bench(folder, streams=True)
        bench.prove(NAMES)
        for children in (1, 2, 8):
            servers = {name: bench.start(name, children=children) for name in NAMES}
            try:
                for what, options in LOADS.items():
                    found = measure_load(servers, bench, options, requests, slices)
                    for rows, slices_of in zip(tables.values(), found):
                        rows.append((children, what, f"{slices_of.median('mtls'):,.0f}", *(slices_of.ratio(name) for name in NAMES[1:])))
            finally:
                for server in servers.values():
                    server.stop()
    for unit, rows in tables.items():
        kit.title(f"Requests in a {unit}", f"{os.cpu_count()} processors. Median, and the ratio of paired slices with its 95 % interval; more "
                  "is better.")
        kit.table(("children", "load", VARIANTS["mtls"].what, VARIANTS["again"].what, VARIANTS["module"].what), *rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
