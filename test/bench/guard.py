#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the instructions of what each request needs with instructions.limits.

    test/bench/guard.py            the table, and what is over its limit; exits with 1 if anything is
    test/bench/guard.py --write    writes what was counted into instructions.limits

They are counted by callgrind: of the core's look-ups in a program (lookups.c), and of a request and a connection in a
real httpd, where what the module calls counts, too. They repeat to one in a thousand, but depend on compiler and
libraries: the limits are those of Debian 12 on x86-64 with httpd's flags, where 5 % more is too much. Elsewhere a quarter
more is allowed, which still shows a search in place of a look-up.
"""
import platform
import re
import subprocess
import sys
from pathlib import Path

import kit
import variants
from server import ROOT

LIMITS = kit.HERE / "instructions.limits"
LOOKUPS = kit.HERE / "build" / "lookups"
# Counted in httpd, and not a call of the core.
REQUESTS = ("request_admitted", "request_refused", "connection")
# Requests, and connections, that are the difference of two runs.
MORE, FEW = 100, 10


def is_reference():
    return "VERSION_CODENAME=bookworm" in Path("/etc/os-release").read_text() and platform.machine() == "x86_64"


def why_impossible():
    """Why nothing can be compared here; None: it can."""
    if platform.machine() != "x86_64":
        return "the limits are those of x86-64"
    if " -O2" not in (ROOT / ".built-with").read_text().partition("\n")[0]:
        return "the module is not built with -O2"
    return None


def margin():
    return 1.05 if is_reference() else 1.25


def count_lookups(folder, program=LOOKUPS):
    """{name: instructions of a call}"""
    wrapper, out = kit.callgrind(folder)
    subprocess.run([*wrapper, program], check=True)
    found = kit.Count(out).inclusive(r"measure_\w+")
    return {name.removeprefix("measure_"): cost / calls for name, (calls, cost) in found.items()}


def own(few, many):
    """What the module needed more, in functions that httpd called more often. (The start is never quite the same.)"""
    few, many = (count.entries("mod_cf_origin.so", but_for="mod_watchdog.so") for count in (few, many))
    return sum(cost - few.get(name, (0, 0))[1] for name, (calls, cost) in many.items() if calls != few.get(name, (0, 0))[0])


def count_requests(folder):
    """{name: instructions}"""
    bench = variants.Bench(folder)
    bench.prove(["readme"])
    zone, other = bench.parties.zone, bench.parties.other

    def run(who, status, requests=1, connections=0):
        def load(server):
            for options in [("-w", 1, "-r", requests)] + [("-n", connections)] * bool(connections):
                kit.run_load(server.port, who.both, "-P", "/small.txt", *options, status=status)
        return bench.count("readme", load, text="CFOriginPullLogLimit Off\n")

    admitted, refused = run(zone, 200), run(other, 403)
    request = own(admitted, run(zone, 200, 1 + MORE)) / MORE
    return {"request_admitted": request, "request_refused": own(refused, run(other, 403, 1 + MORE)) / MORE,
            "connection": own(admitted, run(zone, 200, connections=FEW)) / FEW - request}


def read_limits():
    """{name: instructions}"""
    return {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", LIMITS.read_text(), re.M)}


def complaints(counted, limits, factor):
    """What is to be said of these counts."""
    said = []
    for name, cost in counted.items():
        if name not in limits:
            said.append(f"{name}: {cost:.0f} instructions, and no limit. Add it to test/bench/instructions.limits.")
        elif cost > limits[name] * factor:
            said.append(f"{name}: {cost:.0f} instructions, at most {limits[name] * factor:.0f} expected ({limits[name]} and "
                        f"{100 * (factor - 1):.0f} %). If the change is worth it, put the new number into "
                        "test/bench/instructions.limits (test/bench/guard.py --write, on Debian 12). If not: callgrind_annotate "
                        "shows which function grew (docs/performance.md).")
    return said + [f"{name}: has a limit, and was not counted. Remove it from test/bench/instructions.limits."
                   for name in limits if name not in counted]


def write(counted):
    head = LIMITS.read_text().partition("\n\n")[0] if LIMITS.exists() else "#"
    width = max(map(len, counted))
    LIMITS.write_text(head + "\n\n" + "".join(f"{name:{width}} {cost:6.0f}\n" for name, cost in counted.items()))


def main(arguments):
    if reason := why_impossible():
        print(f"not measured: {reason}")
        return
    try:
        kit.program("valgrind")
    except kit.NotMeasured as missing:
        print(f"not measured: {missing}")
        return
    with kit.scratch() as folder:
        counted = {**count_lookups(folder), **count_requests(folder)}
    if arguments == ["--write"]:
        write(counted)
    limits = read_limits()
    kit.title("Instructions of what each request needs")
    kit.table(("what", "instructions", "limit"), *((name, f"{cost:,.0f}", limits.get(name, "")) for name, cost in counted.items()))
    sys.exit("\n".join(complaints(counted, limits, margin())) or 0)


if __name__ == "__main__":
    main(sys.argv[1:])
