#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says which lines of the module the tests executed, and compares the rooms that decide with the list of what
they do not: every line and every branch there is executed, or listed with the reason.

    support/coverage.py FOLDER [LIST]     FOLDER: with gcc's .gcno and .gcda files of the module
    support/coverage.py --new FOLDER      prints what the list lacks, as its lines

A paragraph of the list is a reason ("# ...") and the places that it holds for. That nobody has tried is no reason. If it
begins with "Sometimes", they may also be executed. Branches inside httpd's macros for log levels are not looked at.

    src/core/trust/pem.c: cfo_pem_read: line: return "cannot be read";
    src/core/trust/pem.c: cfo_pem_read: 1 of 4: if (!bio || !text)

file, function, "line" (never executed) or how many of its branches were not, and the line itself, so that a list
stays valid while code moves."""
import collections
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "test/coverage.list"
EXCUSE = re.compile(r"\b(no test|not tested|untested|nobody has|yet)\b", re.I)
LEVELS = re.compile(r"\bap_log_\w*error\(|\bAPLOG_\w+_IS_LEVEL\(")
ROOMS = ("src/core/verdict/", "src/core/trust/", "src/httpd/request/")


def measure(folder):
    """{file: {line number: (function, times, [times of each branch])}} of all objects."""
    notes = sorted(folder.rglob("*.gcno"))
    for empty in folder.rglob("*.gcda"):
        if not empty.stat().st_size:
            empty.unlink()  # of an object of which nothing ran
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *map(str, notes)],
                          capture_output=True, text=True, cwd=folder, check=True)
    files = {}
    for text in done.stdout.splitlines():
        unit = json.loads(text)
        for found in unit["files"]:
            path = (Path(unit["current_working_directory"]) / found["file"]).resolve()
            if path.is_relative_to(ROOT) and path.suffix == ".c":
                files[str(path.relative_to(ROOT))] = read_lines(found["lines"], path.read_text().splitlines())
    return files


def read_lines(lines, text):
    read = {}
    for line in lines:
        function, times, branches = read.get(line["line_number"], (line.get("function_name", "-"), 0, []))
        is_logged = LEVELS.search(text[line["line_number"] - 1])
        taken = [branch["count"] for branch in line["branches"] if not is_logged]
        read[line["line_number"]] = (function, times + line["count"], branches + taken)
    return read


def places(name, lines):
    """How the list names the lines that were not executed, and those whose branches were not."""
    text = (ROOT / name).read_text().splitlines()
    for number, (function, times, branches) in sorted(lines.items()):
        left = branches.count(0)
        if not times:
            kind = "line"
        elif left:
            kind = f"{left} of {len(branches)}"
        else:
            continue
        yield f"{name}: {function}: {kind}: {text[number - 1].strip()}"


def read_list(path):
    """The places, each as often as it is there; those that may also be executed; the lines that are none of these."""
    listed, sometimes, wrong, reason = collections.Counter(), set(), [], ""
    for line in path.read_text().splitlines():
        if not line.strip():
            reason = ""
        elif line.startswith("#"):
            reason += line
        elif not reason or EXCUSE.search(reason) or not re.fullmatch(r"src/\S+\.c: \w+: (line|\d+ of \d+): .+", line):
            wrong.append(line)
        else:
            listed[line] += 1
            if reason.startswith("# Sometimes"):
                sometimes.add(line)
    return listed, sometimes, wrong


def count(lines):
    """How many lines were executed, of how many; the same of branches."""
    run = sum(1 for _, times, _ in lines.values() if times)
    branches = [times for _, _, all_of_it in lines.values() for times in all_of_it]
    return run, len(lines), len(branches) - branches.count(0), len(branches)


def print_table(files):
    """The least covered first; then the rooms that must be covered, and the sum."""
    rows = [(name, *count(lines)) for name, lines in files.items()]
    rows.sort(key=lambda row: row[1] / (row[2] or 1))
    sums = [(name, *(sum(row[i] for row in rows if row[0].startswith(name)) for i in range(1, 5))) for name in (*ROOMS, "")]
    for name, run, lines, taken, branches in [*rows, *sums]:
        print(f"{100 * run / (lines or 1):6.2f}% of {lines:5} lines  {100 * taken / (branches or 1):6.2f}% of {branches:5} branches  {name or 'all'}")


def main(args):
    new = "--new" in args
    args = [arg for arg in args if arg != "--new"]
    files = measure(Path(args[0]).resolve())
    found = collections.Counter(place for name in sorted(files) if name.startswith(ROOMS) for place in places(name, files[name]))
    missing = [room for room in ROOMS if not any(name.startswith(room) for name in files)]
    path = Path(args[1]) if len(args) > 1 else LIST
    listed, sometimes, wrong = read_list(path) if path.exists() else (collections.Counter(), set(), [])
    if new:
        print("\n".join((found - listed).elements()))
        return 0
    print_table(files)
    problems = [f"nothing was measured in {room}" for room in missing]
    problems += [f"{path}: no reason, or not a place: {line}" for line in wrong]
    problems += [f"not executed, and not listed: {place}" for place in (found - listed).elements()]
    problems += [f"listed, but executed or gone: {place}" for place in (listed - found).elements() if place not in sometimes]
    print("\n".join(problems) or f"{sum(found.values())} lines and branches are not executed, all of them listed in {path.name}")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
