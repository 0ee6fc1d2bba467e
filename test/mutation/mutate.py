#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the decision code in small ways, and shows that the tests notice.

  make mutation                          300 of all mutants
  make mutation COUNT=50 FILE=gate SEED=7
  test/mutation/mutate.py --help

The tree has to be built (make; make check TEST=verdict/verdict), and left alone meanwhile. Results are lines of JSON,
one a mutant; what is there already is not tried again. Survivors that change no behaviour are in explained.txt.
"""
import argparse
import datetime
import hashlib
import json
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builds import HERE, ROOT, Broken, Sources, stop, stopping
from executed import Coverage
from judge import Judge, httpd_tests, lock
from mutants import mutants, squeeze

ROOMS = ["src/core/verdict", "src/core/trust", "src/core/net", "src/core/live", "src/httpd/request", "src/httpd/tls",
         "src/httpd/config", "src/httpd/run", "src/httpd/stranger"]
EXPLAINED = HERE / "explained.txt"


def sources(only):
    paths = (path for room in ROOMS for path in sorted((ROOT / room).glob("*.c")))
    files = ["mod_cf_origin.c", *(str(path.relative_to(ROOT)) for path in paths)]
    return [name for name in files if not only or any(part in name for part in only.split(","))]


def read_explained(path):
    """The changes that make no difference, as (file, function, before, after)."""
    known, place, before = set(), None, None
    for line in path.read_text().splitlines():
        if line.startswith("- "):
            before = squeeze(line[2:])
        elif line.startswith("+ "):
            known.add((*place, before, squeeze(line[2:])))
        elif line and not line[0].isspace() and line[0] != "#":
            file, _, function = line.partition(" ")
            place = (file, function)
    return known


class Results:
    def __init__(self, path):
        self.path, self.rows = path, {}
        if path.exists():
            for line in path.read_text().splitlines():
                row = json.loads(line)
                self.rows[row["id"]] = row
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, row):
        with lock:
            self.rows[row["id"]] = row
            with self.path.open("a") as out:
                out.write(json.dumps(row) + "\n")


def choose(options):
    found = [mutant for name in sources(options.file) for mutant in mutants(name, (ROOT / name).read_text())]
    # By chance, and yet the same ones when others come or go.
    found.sort(key=lambda mutant: hashlib.sha256(f"{options.seed} {mutant.id}".encode()).digest())
    found = [mutant for mutant in found
             if options.operator in mutant.operator and squeeze(options.match) in mutant.after]
    if options.count:
        found = found[:options.count]
    return found


def is_explained(mutant, explained):
    return (mutant.file, mutant.function, mutant.before, mutant.after) in explained


def rows_of(chosen, explained, results):
    """What is known of the chosen; some survivors were explained later."""
    rows = []
    for mutant in chosen:
        row = results.rows.get(mutant.id)
        if row and row["outcome"] in ("survived", "unsure") and is_explained(mutant, explained):
            row = {**row, "outcome": "explained"}
        rows += [row] if row else []
    return rows


def summary(rows):
    counts = Counter(row["outcome"] for row in rows)
    by = Counter(row["by"].split()[0] for row in rows if row["outcome"] == "killed")
    print(f"{len(rows)} mutants: {counts['invalid']} are no C, {counts['equal']} have the object code of the source or"
          f" of another mutant, {counts['killed']} killed ({by['unit']} by unit tests, {by['httpd']} by httpd's),"
          f" {counts['time-out']} timed out, {counts['explained']} explained,"
          f" {counts['survived']} survived, {counts['unsure']} unsure, {counts['broken']} broken")


def show(row):
    print(f"{row['outcome']:9} {row['file']}:{row['line']} {row['function']} [{row['operator']}] {row['by']}\n"
          f"    - {row['before']}\n    + {row['after']}", flush=True)


def work(options, chosen, explained, results, coverage):
    known = Sources()
    queue, end = iter(chosen), time.time() + options.minutes * 60 if options.minutes else None

    def loop():
        judge = Judge(known, coverage, options)
        try:
            while not stopping.is_set() and (not end or time.time() < end):
                with lock:
                    mutant = next(queue, None)
                if mutant is None:
                    return
                began = time.time()
                try:
                    outcome, by = ("explained", "") if is_explained(mutant, explained) else judge.judge(mutant)
                except Broken as error:
                    if stopping.is_set():
                        return
                    outcome, by = "broken", str(error)[-500:]
                row = {"id": mutant.id, "file": mutant.file, "line": mutant.line, "function": mutant.function,
                       "operator": mutant.operator, "before": mutant.before, "after": mutant.after,
                       "outcome": outcome, "by": by, "seconds": round(time.time() - began, 1),
                       "at": datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M:%S")}
                results.add(row)
                if outcome in ("survived", "unsure", "broken") or options.verbose:
                    show(row)
        finally:
            judge.worker.close()

    with ThreadPoolExecutor(options.jobs) as pool:
        for future in [pool.submit(loop) for _ in range(options.jobs)]:
            future.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="how many (0: all); 300")
    parser.add_argument("--file", default="", help="only of files whose path contains one of these words (a,b)")
    parser.add_argument("--operator", default="", help="only changes of a kind (hook, drop, comparison ...)")
    parser.add_argument("--match", default="", help="only changes whose new line contains this text")
    parser.add_argument("--seed", type=int, default=1, help="chooses which; 1")
    parser.add_argument("--jobs", type=int, default=1, help="at the same time; 1")
    parser.add_argument("--minutes", type=float, default=0, help="then stop; the next run goes on")
    parser.add_argument("--results", type=Path, default=HERE / "build/results.jsonl")
    parser.add_argument("--again", default="", help="try only those with these outcomes again (survived,unsure)")
    parser.add_argument("--budget", type=int, default=60,
                        help="seconds of httpd's tests for a mutant; then it is unsure; 60")
    parser.add_argument("--all", action="store_true", help="all unit tests, and all of httpd that execute the line")
    parser.add_argument("--unit-only", action="store_true", help="unit tests alone")
    parser.add_argument("--coverage", action="store_true", help="find out first which tests execute which lines")
    parser.add_argument("--list", action="store_true", help="only show them")
    parser.add_argument("--report", action="store_true", help="only show what the results say")
    parser.add_argument("--verbose", action="store_true", help="show each")
    options = parser.parse_args()
    explained, results = read_explained(EXPLAINED), Results(options.results)
    if options.report:
        options.count = 0
    chosen = choose(options)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.file}:{mutant.line} {mutant.function} [{mutant.operator}]\n"
                  f"    - {mutant.before}\n    + {mutant.after}")
        return 0
    if options.report:
        rows = rows_of(chosen, explained, results)
        for row in rows:
            if row["outcome"] in ("survived", "unsure", "broken"):
                show(row)
        summary(rows)
        return 0
    coverage = Coverage(HERE / "build/coverage.json")
    if options.coverage:
        coverage.measure(Sources().all(), httpd_tests())
    again = set(filter(None, options.again.split(",")))
    outcomes = {name: row["outcome"] for name, row in results.rows.items()}
    todo = [mutant for mutant in chosen if (outcomes.get(mutant.id) in again if again else mutant.id not in outcomes)]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    for row in results.rows.values():
        if row["outcome"] == "killed":
            Judge.remember(row["file"], row["function"], row["by"])
    work(options, todo, explained, results, coverage)
    rows = rows_of(chosen, explained, results)
    for row in rows:
        if row["outcome"] == "survived" and not options.verbose:
            show(row)
    summary(rows)
    return 1 if any(row["outcome"] in ("survived", "broken") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
