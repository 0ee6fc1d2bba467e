#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzzers that "make fuzzers" built, one after another, and prints a table: target, seconds,
executions, edges, crashes. Exits with 1 if anything crashed. What is found goes to test/fuzz/found:

    TARGET.corpus/    inputs that reach something new; the next run begins with them
    TARGET-crash-*    inputs that crash
    TARGET.log        what the last run printed

    test/fuzz/run.py                              a minute each
    test/fuzz/run.py --seconds 600 requests pem   ten minutes each of two
    test/fuzz/run.py --goal 3600 --slice 300 --until 16:40
                                                  in turns, until each has an hour, or the time (UTC) is over;
                                                  the same command goes on where it stopped
    test/fuzz/run.py --merge                      replaces found/TARGET.corpus by the smallest that reaches as much
    test/fuzz/run.py --keep                       adds to corpus/TARGET, which the tests replay, the few inputs of
                                                  found/TARGET.corpus that reach code that nothing there reaches
"""
import argparse
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
UNIT = FUZZ.parent / "unit" / "build" / "fuzz"
WHOLE = FUZZ / "whole"
FOUND = FUZZ / "found"
KEPT = FUZZ / "corpus"
STATE = FOUND / "state.json"
CLIENTS = ["certificates", "requests"]  # of a real httpd


def targets():
    """Name and program, those with httpd first."""
    found = {path.stem: path for path in sorted((WHOLE / "build").glob("*.fuzzer"))}
    found.update((path.stem, path) for path in sorted(UNIT.glob("*.fuzzer")))
    return found


def apxs(name):
    program = shutil.which("apxs") or shutil.which("apxs2") or "/usr/bin/apxs"
    return subprocess.run([program, "-q", name], capture_output=True, text=True, check=True).stdout.strip()


def environment():
    """Where a fuzzer finds httpd, and the module with its sanitizer."""
    runtime = next(path for name in (f"libclang_rt.asan-{os.uname().machine}.so", "libclang_rt.asan.so")
                   if "/" in (path := subprocess.run(["clang", f"-print-file-name={name}"], capture_output=True, text=True,
                                                     check=True).stdout.strip()))
    return {**os.environ, "LC_ALL": "C",
            "CFO_FUZZ_HTTPD": f"{apxs('sbindir')}/{apxs('progname')}",
            "CFO_FUZZ_MODULES": apxs("libexecdir"),
            "CFO_FUZZ_MODULE": str(WHOLE / "build/module/mod_cf_origin.so"),
            "CFO_FUZZ_CONF": str(WHOLE),
            "CFO_FUZZ_PRELOAD": f"{WHOLE / 'build/pool_memory.so'}:{runtime}"}


class Target:
    def __init__(self, name, program):
        self.name, self.program = name, program
        self.is_in_httpd = WHOLE in program.parents
        self.is_whole = name in CLIENTS
        self.corpus, self.log = FOUND / f"{name}.corpus", FOUND / f"{name}.log"
        self.seeds = FUZZ / "seeds" / name
        self.corpus.mkdir(parents=True, exist_ok=True)

    def options(self):
        options = ["-print_final_stats=1", f"-artifact_prefix={FOUND}/{self.name}-", "-timeout=60", "-max_len=16384"]
        words = FUZZ / "dictionaries" / f"{self.name}.dict"
        if words.exists():
            options.append(f"-dict={words}")
        # What httpd loses, pools hide; and it is another process for its clients.
        return options + ["-detect_leaks=0", "-rss_limit_mb=0"] if self.is_in_httpd else options

    def run(self, *arguments):
        with open(self.log, "wb") as log:
            return subprocess.run([self.program, *arguments], stdout=log, stderr=log, env=environment(), cwd=FOUND,
                                  check=False).returncode

    def fuzz(self, seconds):
        """What it did: seconds, executions, edges, crashes."""
        before, start = self.crashes(), time.monotonic()
        status = self.run(*self.options(), f"-max_total_time={seconds}", self.corpus, self.seeds)
        text = self.log.read_text(errors="replace")
        if status:
            shutil.copy(self.log, FOUND / f"{self.name}-failed-{int(time.time())}.log")
        edges = re.findall(r"^module edges: (\d+)", text, re.M) or re.findall(r" cov: (\d+) ", text)
        executions = re.findall(r"executed_units: *(\d+)|^#(\d+)\t", text, re.M)
        return {"seconds": round(time.monotonic() - start), "edges": int(edges[-1]) if edges else 0,
                "executions": max((int(a or b) for a, b in executions), default=0),
                "crashes": max(self.crashes() - before, int(bool(status)))}

    def crashes(self):
        return sum(1 for kind in ("crash", "timeout", "oom", "leak") for _ in FOUND.glob(f"{self.name}-{kind}-*"))

    def merge(self):
        smallest = self.corpus.with_suffix(".merged")
        shutil.rmtree(smallest, ignore_errors=True)
        smallest.mkdir()
        status = self.run(*self.options(), "-merge=1", smallest, self.seeds, self.corpus)
        if not status:
            shutil.rmtree(self.corpus)
            smallest.rename(self.corpus)
        return status


    def keep(self):
        """Counts edges only, not how often each is taken: that needs a tenth of the inputs."""
        kept = KEPT / self.name
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            reached = Path(name)
            known = {Path(shutil.copy(path, reached)).name for path in (*self.seeds.iterdir(), *kept.iterdir())}
            status = self.run(*self.options(), "-use_counters=0", "-set_cover_merge=1", reached, self.corpus)
            for path in reached.iterdir():
                if path.name not in known:
                    shutil.copy(path, kept)
        return status


def load_state():
    return json.loads(STATE.read_text()) if STATE.exists() else {}


def add(state, name, figures):
    total = state.setdefault(name, {"seconds": 0, "executions": 0, "edges": 0, "crashes": 0})
    for key in ("seconds", "executions", "crashes"):
        total[key] += figures[key]
    total["edges"] = max(total["edges"], figures["edges"])
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps(state, indent=1))
    draft.replace(STATE)


def table(figures):
    lines = [f"{'target':20} {'seconds':>8} {'executions':>12} {'edges':>7} {'crashes':>8}"]
    lines += [f"{name:20} {row['seconds']:8} {row['executions']:12} {row['edges']:7} {row['crashes']:8}"
              for name, row in figures.items()]
    return "\n".join(lines)


def seconds_until(text):
    now = datetime.datetime.now(datetime.timezone.utc)
    hour, minute = map(int, text.split(":"))
    return (now.replace(hour=hour, minute=minute, second=0) - now).total_seconds()


def choose(options):
    return [Target(name, path) for name, path in targets().items() if name in (options.target or [name])]


def in_turns(options):
    """The one that lacks most of the goal is next; those of a real httpd first. Targets may be built meanwhile."""
    state = load_state()
    while True:
        chosen = choose(options)
        left = seconds_until(options.until) - 30 if options.until else options.slice
        lacking = [t for t in chosen if state.get(t.name, {}).get("seconds", 0) < options.goal]
        if not lacking or left < 20:
            return state
        target = min(lacking, key=lambda t: (not t.is_whole, state.get(t.name, {}).get("seconds", 0)))
        add(state, target.name, target.fuzz(int(min(options.slice, left))))
        if options.figures:
            Path(options.figures).write_text(table(state) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--goal", type=int, help="seconds that each target is to have in all runs together")
    parser.add_argument("--slice", type=int, default=300, help="with --goal: seconds of one run")
    parser.add_argument("--until", help="with --goal: HH:MM, UTC, of today")
    parser.add_argument("--figures", help="with --goal: a file for the table, written after each run")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("target", nargs="*")
    return parser.parse_args()


def main():
    options, built = parse(), targets()
    unknown = set(options.target) - set(built)
    if unknown or not built:
        sys.exit(f"not built: {' '.join(sorted(unknown)) or 'any'}. Targets: {' '.join(built)}; make fuzzers")
    chosen = choose(options)
    if options.merge or options.keep:
        sys.exit(max(target.merge() if options.merge else target.keep() for target in chosen))
    if options.goal:
        figures = in_turns(options)
    else:
        figures = {}
        for target in chosen:
            print(f"{target.name} ...", file=sys.stderr, flush=True)
            figures[target.name] = target.fuzz(options.seconds)
    print(table(figures))
    sys.exit(any(row["crashes"] for row in figures.values()))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
