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
import random
import signal
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

from builds import HERE, ROOT, UNIT, Broken, Sources, Worker, stop, stopping
from executed import Coverage
from mutants import mutants, squeeze

ROOMS = ["src/core/verdict", "src/core/trust", "src/core/net", "src/core/live", "src/httpd/request", "src/httpd/tls",
         "src/httpd/config", "src/httpd/run"]
EXPLAINED = HERE / "explained.txt"
# Which tests of httpd are the most likely to notice; then those that ever did, then what else executes the line.
LIKELY = {
    "mod_cf_origin.c": "gate headers visitor audit scheme refuse handshake sessions",
    "src/httpd/request/connection.c": "refuse sessions trust frontends",
    "src/httpd/request/facts.c": "reasons frontends hosts directory tunnel",
    "src/httpd/request/gate.c": "gate parts directory refuse audit",
    "src/httpd/request/headers.c": "headers audit visitor",
    "src/httpd/request/hint.c": "hints hosts",
    "src/httpd/request/parts.c": "parts gate directory",
    "src/httpd/request/request.c": "gate parts reasons directory audit sessions headers",
    "src/httpd/request/request_log.c": "visitor parts log_limit reasons directory hints",
    "src/httpd/request/request_path.c": "directory gate",
    "src/httpd/request/scheme.c": "scheme audit",
    "src/httpd/request/visitor_address.c": "visitor scheme",
    "src/httpd/tls": "handshake mixed_tls leftovers check wrong_proofs",
    "src/httpd/config": "configuration dump check directory audit messages",
    "src/httpd/run": "reload rotation messages configuration ends unreadable operation",
    "src/core/verdict": "reasons headers visitor directory",
    "src/core/trust": "trust wrong_proofs messages handshake tenants",
    "src/core/net": "configuration frontends visitor messages",
    "src/core/live": "reload rotation messages unreadable ends",
}
# They need a browser, or are about the tests themselves.
LEFT_OUT = {"status_browser", "server"}
lock = threading.Lock()


def httpd_tests():
    names = (path.stem.removeprefix("test_") for path in (ROOT / "test/httpd").glob("test_*.py"))
    return sorted(set(names) - LEFT_OUT)


def sources(only):
    files = ["mod_cf_origin.c", *(str(path.relative_to(ROOT)) for room in ROOMS for path in sorted((ROOT / room).glob("*.c")))]
    return [name for name in files if not only or any(part in name for part in only.split(","))]


def read_explained(path):
    """The changes that make no difference, as (file, function, before, after)."""
    known, head, pairs = {}, None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = squeeze(line[2:])
        if line.startswith("- "):
            pairs.append([text, None])
        elif line.startswith("+ ") and pairs:
            known[(*head, pairs[-1][0], text)] = number
        elif line and not line[0].isspace() and line[0] != "#":
            head = tuple(line.split()) if len(line.split()) == 2 else (line.split()[0], "")
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


class Judge:
    """Tries mutants with one worker."""

    # What each file's mutants were noticed by, the latest last; objects that were there before; tests of httpd
    # that pass without a change. All workers' together.
    killers, objects, sound = {}, {}, {}

    def __init__(self, known, coverage, options):
        self.known, self.coverage, self.options = known, coverage, options
        self.worker = Worker(known)

    def judge(self, mutant):
        """(outcome, what noticed it)"""
        text = mutant.apply((ROOT / mutant.file).read_text())
        built = self.worker.compile(mutant.file, text, "changed.o")
        if built is None:
            return "invalid", ""
        if self.is_known_object(mutant, built):
            return "equal", "object code"
        changed = self.worker.folder / "changed.o"
        if mutant.file.startswith("src/core/"):
            outcome = self.unit(mutant.file, changed)
            if outcome[0] != "survived":
                return outcome
        if self.options.unit_only:
            return "survived", "unit tests"
        return self.httpd(mutant, changed)

    def is_known_object(self, mutant, built):
        digest = hashlib.sha256(built).hexdigest()
        if digest == self.worker.base(mutant.file):
            # What was written last is the base.
            return True
        self.worker.write(mutant.file, mutant.apply((ROOT / mutant.file).read_text()))
        with lock:
            first = self.objects.setdefault((mutant.file, digest), mutant.id)
        return first != mutant.id

    # ---------------------------------------------------------------- unit tests

    def unit(self, source, changed):
        name = source[len("src/core/"):-2]
        tests = self.known.tests_for(name)
        tests.sort(key=lambda test: test != name and test not in self.killers.get(source, ()))
        first, others = tests[:1], tests[1:]
        return (self.unit_tests(first, "plain", source, changed)
                or self.unit_tests((test for test in others if self.worker.links(test, source)), "plain", source, changed)
                or self.unit_under_asan(name, source)
                or ("survived", "unit tests"))

    def unit_tests(self, tests, kind, source, changed):
        for test in tests:
            result = self.worker.run_unit(test, kind, source, changed)
            if result != "passed":
                with lock:
                    self.killers.setdefault(source, []).append(test)
                return "killed" if result == "failed" else "time-out", f"unit {test}{' (asan)' * (kind == 'asan')}"
        return None

    def unit_under_asan(self, name, source):
        if not (UNIT / "build/core/base/text.o").exists():
            return None
        changed = self.worker.compile_asan(source)
        return changed and self.unit_tests([name], "asan", source, changed)

    # ---------------------------------------------------------------- tests of httpd

    def httpd(self, mutant, changed):
        self.worker.link_module(mutant.file, changed)
        key = (mutant.file, mutant.function)
        with lock:
            nodes = list(dict.fromkeys(self.killers.get(key, [])[::-1] + self.killers.get(mutant.file + "::", [])[::-1]))[:4]
        if nodes:
            found = self.failing(nodes, 300, changed, mutant)
            if found:
                return self.noticed(mutant, found)
        covering = self.coverage.tests(mutant.file, mutant.line) or httpd_tests()
        likely = self.likely(mutant.file)
        order = sorted(covering, key=lambda name: (name not in likely, self.coverage.seconds(name)))
        chosen = [name for name, cost in zip(order, accumulate(map(self.coverage.seconds, order)))
                  if self.options.all or cost <= self.options.budget]
        for name in chosen:
            found = self.failing([f"test/httpd/test_{name}.py"], 180 + 5 * self.coverage.seconds(name), changed, mutant)
            if found:
                return self.noticed(mutant, found)
        if len(chosen) < len(covering):
            return "unsure", f"{len(chosen)} of {len(covering)} tests of httpd that execute the line"
        return "survived", f"{len(covering)} tests of httpd that execute the line"

    @staticmethod
    def likely(source):
        return (LIKELY.get(source) or LIKELY.get(str(Path(source).parent)) or "").split()

    def noticed(self, mutant, found):
        outcome, name = found
        if outcome == "killed":
            with lock:
                for key in ((mutant.file, mutant.function), mutant.file + "::"):
                    names = self.killers.setdefault(key, [])
                    if name in names:
                        names.remove(name)
                    names.append(name)
        return outcome, f"httpd {name}"

    def failing(self, tests, seconds, changed, mutant):
        """The test that fails with the mutant, twice, and passes without."""
        name, otherwise = self.worker.run_httpd(tests, seconds)
        if otherwise == "passed":
            return None
        if name is None:
            if otherwise.startswith("too long"):
                return "time-out", tests[0]
            raise Broken(f"{mutant.file}:{mutant.line}: {tests}: {otherwise}")
        if name not in self.sound:
            self.worker.link_module()
            sound = self.worker.run_httpd([name], 300)[1] == "passed"
            self.worker.link_module(mutant.file, changed)
            if not sound:
                print(f"{name} fails without a change", file=sys.stderr)
                return None
            self.sound[name] = True
        again = self.worker.run_httpd([name], 300)[0]
        return ("killed", name) if again else None


def choose(options):
    found = [mutant for name in sources(options.file) for mutant in mutants(name, (ROOT / name).read_text())]
    random.Random(options.seed).shuffle(found)
    found = [mutant for mutant in found if options.operator in mutant.operator and squeeze(options.match) in mutant.after]
    if options.count:
        found = found[:options.count]
    return found


def is_explained(mutant, explained):
    return (mutant.file, mutant.function, mutant.before, mutant.after) in explained


def summary(rows):
    counts = Counter(row["outcome"] for row in rows)
    by = Counter(row["by"].split()[0] for row in rows if row["outcome"] == "killed")
    print(f"{len(rows)} mutants: {counts['invalid']} are no C, {counts['equal']} have the object code of the source or of"
          f" another mutant, {counts['killed']} killed ({by['unit']} by unit tests, {by['httpd']} by tests of httpd),"
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
    parser.add_argument("--again", default="", help="try those with these outcomes again (survived,unsure)")
    parser.add_argument("--budget", type=int, default=60, help="seconds of httpd's tests for a mutant; then it is unsure; 60")
    parser.add_argument("--all", action="store_true", help="all that execute the line")
    parser.add_argument("--unit-only", action="store_true", help="unit tests alone")
    parser.add_argument("--coverage", action="store_true", help="find out first which tests execute which lines")
    parser.add_argument("--list", action="store_true", help="only show them")
    parser.add_argument("--report", action="store_true", help="only show what the results say")
    parser.add_argument("--verbose", action="store_true", help="show each")
    options = parser.parse_args()
    explained, results = read_explained(EXPLAINED), Results(options.results)
    chosen = choose(options)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.file}:{mutant.line} {mutant.function} [{mutant.operator}]\n    - {mutant.before}\n    + {mutant.after}")
        return 0
    if options.report:
        rows = list(results.rows.values())
        for row in rows:
            if row["outcome"] in ("survived", "unsure", "broken"):
                show(row)
        summary(rows)
        return 0
    coverage = Coverage(HERE / "build/coverage.json")
    if options.coverage:
        coverage.measure(Sources().all(), httpd_tests())
    again = set(filter(None, options.again.split(",")))
    todo = [mutant for mutant in chosen
            if mutant.id not in results.rows or results.rows[mutant.id]["outcome"] in again]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    work(options, todo, explained, results, coverage)
    rows = [results.rows[mutant.id] for mutant in chosen if mutant.id in results.rows]
    for row in rows:
        if row["outcome"] == "survived" and not options.verbose:
            show(row)
    summary(rows)
    return 1 if any(row["outcome"] in ("survived", "broken") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
