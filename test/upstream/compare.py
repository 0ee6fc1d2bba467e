#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the results of httpd's own tests without and with this module.

    compare.py FOLDER SUITE...           a table; status 1 if a test that passes without the module fails with it
    compare.py --lost FOLDER SUITE MODE  such tests of a mode, a line each, to be run again

FOLDER has MODE-SUITE.xml, pytest's reports, and MODE-SUITE-again-N.xml of tests that were run again.
"""
import collections
import re
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

MODES = ["none", "off", "audit", "on"]


def read(path):
    """What came of each test, by its id for pytest. One that also failed when it was cleaned up has failed."""
    found = {}
    for case in tree.parse(path).getroot().iter("testcase"):
        parts = case.get("classname", "").split(".")
        depth = next((i for i, part in enumerate(parts) if re.match(r"test_", part)), len(parts) - 1)
        name = "::".join(["/".join(parts[:depth + 1]) + ".py", *parts[depth + 1:], case.get("name")])
        kinds = {child.tag for child in case}
        result = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found[name] = "failed" if "failed" in (found.get(name), result) else result
    return found


def results(folder, mode, suite):
    """The first results, and with each test that was run again its best."""
    first = read(folder / f"{mode}-{suite}.xml")
    best = dict(first)
    for path in folder.glob(f"{mode}-{suite}-again-*.xml"):
        best.update({name: result for name, result in read(path).items() if result == "passed"})
    return first, best


def lost(before, now):
    return sorted(name for name, result in before.items() if result == "passed" and now.get(name) != "passed")


def table(folder, suites):
    bad = 0
    print(f"{'suite':8} {'module':8} {'passed':>7} {'failed':>7} {'skipped':>8}   passes without the module only")
    for suite in suites:
        before = results(folder, "none", suite)[0]
        for mode in MODES:
            if not (folder / f"{mode}-{suite}.xml").exists():
                continue
            first, best = results(folder, mode, suite)
            count, missing = collections.Counter(first.values()), lost(before, best)
            bad += len(missing)
            print(f"{suite:8} {mode:8} {count['passed']:7} {count['failed']:7} {count['skipped']:8}   {len(missing)}")
            for name in missing:
                print(f"    {name}: {best.get(name, 'not run')}")
            for name in sorted(set(lost(before, first)) - set(missing)):
                print(f"    {name}: passed when it was run again")
        if not any(result == "passed" for result in before.values()):
            print(f"    nothing of {suite} passes, so nothing is compared")
            bad += 1
    return bad


def main():
    if sys.argv[1:2] == ["--lost"]:
        folder, suite, mode = Path(sys.argv[2]), *sys.argv[3:]
        print("\n".join(lost(results(folder, "none", suite)[0], results(folder, mode, suite)[1])))
    elif len(sys.argv) > 2:
        sys.exit(1 if table(Path(sys.argv[1]), sys.argv[2:]) else 0)
    else:
        sys.exit(__doc__)


main()
