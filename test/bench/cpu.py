#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of a request, with this module and with what one may choose instead; and of one that is refused.

    test/bench/cpu.py [SLICES [REQUESTS]]

Of all of httpd (MPM event, 2 children), with 4 connections that stay open, in slices of so many requests, in turn. It shows
what instructions do not: system calls, and threads that wait for each other. The variant that is there twice shows how far the
machine can be trusted.
"""
import sys

import kit
import variants
from variants import VARIANTS

NAMES = ["mtls", "again", "remoteip", "module", "lean", "dn", "fingerprint", "nginx"]
DENIED = variants.Variant("`Require all denied`, no module", variants.MTLS + variants.require("Require all denied"))


def compare(bench, names, who, status, slices, requests, **others):
    """Slices of requests of `who`, all of which get this status."""
    servers = {name: bench.start(name, variant=others.get(name)) for name in names}

    def measure(name):
        spent, _ = kit.timed_load(servers[name], who.both, "-P", "/small.txt", "-t", 4, "-w", 10, "-r", requests // 4, status=status)
        return spent / (requests // 4 * 4)

    try:
        return kit.Slices(names, slices).run(measure)
    finally:
        for server in servers.values():
            server.stop()


def rows(found, whats):
    return [(whats[name], f"{1e6 * found.median(name):.0f} µs", found.ratio(name) if name != found.names[0] else "1") for name in found.names]


def main(slices=48, requests=800):
    slices, requests = int(slices), int(requests)
    names = variants.available(NAMES)
    with kit.scratch() as folder:
        bench = variants.Bench(folder)
        bench.prove(names)
        found = compare(bench, names, bench.parties.zone, 200, slices, requests)
        kit.title("CPU time of an admitted request", "Median, and the ratio of paired slices with its 95 % interval.")
        kit.table(("what", "CPU time", "ratio"), *rows(found, {name: VARIANTS[name].what for name in names}))
        found = compare(bench, ["denied", "module"], bench.parties.other, 403, slices, requests, denied=DENIED)
        kit.title("CPU time of a refused request", "Another customer's certificate, on connections that stay open.")
        kit.table(("what", "CPU time", "ratio"), *rows(found, {"denied": DENIED.what, "module": VARIANTS["module"].what}))


if __name__ == "__main__":
    main(*sys.argv[1:])
