#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of an admitted request, with this module and with what one may choose instead.

    test/bench/instructions.py [REQUESTS [VARIANT...]]

User-space instructions of one process (MPM prefork), by callgrind, as the difference of two loads on one connection of
TLS 1.3 that stays open: what starts, handshakes and the end of httpd need is in both.
"""
import sys

import kit
import variants
from variants import VARIANTS

FEW = 50
# What each is compared with, where that is not the same httpd without a module.
BASE = {"module+log": "mtls+log"}
ROWS = ["mtls", "again", "remoteip", "module", "readme", "module+remoteip", "module+info", "mtls+log", "module+log", "lean", "dn",
        "fingerprint", "nginx"]


def measure(bench, name, requests):
    """Instructions of a request; and those of them that the module needs, with all that it calls."""
    def load(count):
        return lambda server: kit.run_load(server.port, bench.parties.zone.both, "-P", "/small.txt", "-w", FEW, "-r", count)

    few, many = (bench.count(name, load(count)) for count in (1, 1 + requests))
    own = sum(cost for _, cost in many.entries("mod_cf_origin.so").values()) - sum(
        cost for _, cost in few.entries("mod_cf_origin.so").values())
    return (many.total - few.total) / requests, own / requests


def main(requests=500, *names):
    kit.program("valgrind")
    names = variants.available(names or ROWS)
    with kit.scratch() as folder:
        bench = variants.Bench(folder)
        bench.prove(names)
        found = {name: measure(bench, name, int(requests)) for name in names}
    kit.title("Instructions of an admitted request", "A file of 780 bytes, HTTP/1.1, TLS 1.3 kept alive, prefork.")
    rows = []
    for name, (total, own) in found.items():
        base = found.get(BASE.get(name, "mtls"), (0, 0))[0]
        more = "" if not base or name == "mtls" else f"{total - base:+,.0f}"
        rows.append((VARIANTS[name].what, f"{total:,.0f}", more, f"{100 * (total / base - 1):+.1f} %" if more else "",
                     f"{own:,.0f}" if own else ""))
    kit.table(("what", "instructions", "more", "", "the module's own, with what it calls"), *rows)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except kit.NotMeasured as missing:
        print(f"not measured: {missing}")
