#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the structure of the sources; run by "make check" and "make lint".

- Every include of a file of ours is spelled from src/ or support/ on; in test, a file of the same
  folder (of test/unit as well) by its name.
- A room includes only rooms before it in modules.mk, where core_rooms, httpd_rooms and ctl_rooms are in order.
- No circle of files: the .c and the .h of a name are one.
- The core and cf-originctl include nothing of httpd, and libcurl and jansson only in the rooms of ctl_edge_rooms, which a
  build without them leaves out.
- Every .c file is in modules.mk, and every core file has its test in test/unit.
- References in sources and manual exist: paths below docs/, anchors, sections of internals.md.

Prints what is wrong and where, then exits with 1. With --arrows, prints the includes between rooms.
"""
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE_MAY_INCLUDE = re.compile(r"<(?!httpd|http_|ap_|mod_|util_)|\"ap[ru](_\w+)?\.h\"$")
OPTIONAL = re.compile(r"[<\"](curl/|jansson)")
problems = []


def problem(path, text, line=None):
    problems.append(f"{path.relative_to(ROOT)}{f':{line}' if line else ''}: {text}")


def files(*patterns):
    found = (path for pattern in patterns for path in ROOT.glob(pattern))
    return sorted(path for path in found if "build" not in path.relative_to(ROOT).parts)  # headers of an APR, too


def modules_mk():
    """The variables of modules.mk as lists of words."""
    text = (ROOT / "modules.mk").read_text().replace("\\\n", " ")
    lists = {}
    for name, words in re.findall(r"^(\w+) =(?: (.*))?$", text, re.M):
        words = re.sub(r"\$\((\w+)\)", lambda other: " ".join(lists.get(other[1], [other[0]])), words)
        lists[name] = words.split()
    return lists


def room_of(path):
    """core/trust, httpd/request, ctl/audit ...; src for what lies in no room."""
    return str(path.parent.relative_to(ROOT)).removeprefix("src/").removeprefix("support/")


def includes(path):
    """(line, what is included as written, the file of ours or None)"""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+([<"]([^>"]+)[>"])', line)
        if found:
            yield number, found[1], ours(path, found[2])


def ours(path, name):
    folders = [ROOT / "src"]
    if ROOT / "support" in path.parents:
        folders += [ROOT / "support"]
    elif ROOT / "test" in path.parents:
        folders += [path.parent, ROOT / "test/unit"]
        folders += [ROOT / "support"] if path.parent in (ROOT / "test/fuzz", ROOT / "test/edge") else []
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def check_spelling(path, number, written, target, names):
    if ".." in written or target is None and written[0] == '"' and written[1:-1].split("/")[-1] in names:
        problem(path, f"{written}: spell it from src/ or support/ on", number)
    elif target is not None and written[0] == "<":
        problem(path, f"{written}: use quotes", number)


def check_foreign(path, number, written, target, edge_rooms):
    room = room_of(path)
    if room.startswith("core/") or room.startswith("ctl/"):
        if room_of(target).startswith("httpd/") if target else not CORE_MAY_INCLUDE.match(written):
            problem(path, f"{written}: only APR, OpenSSL and the C library may be included here", number)
    if OPTIONAL.match(written) and room not in edge_rooms:
        problem(path, f"{written}: only the rooms of ctl_edge_rooms may include it", number)


def check_room(path, number, target, order):
    room, other = room_of(path), room_of(target)
    if room in order and other in order and order.index(other) > order.index(room):
        problem(path, f"{room} includes {other}, which comes after it in modules.mk", number)


def circles(arrows):
    """The groups of names that reach each other (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in arrows.get(name, ()):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            group = stack[stack.index(name):]
            del stack[stack.index(name):]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(arrows):
        if name not in index:
            visit(name)
    return found


def check_includes(lists):
    order = [f"{part}/{room}" for part in ("core", "httpd", "ctl") for room in lists[f"{part}_rooms"]]
    edge_rooms = [f"ctl/{room}" for room in lists["ctl_edge_rooms"]]
    sources = files("mod_cf_origin.c", "src/*.h", "src/*/*/*.[ch]", "support/ctl/*/*.[ch]")
    names = {path.name for path in files("src/**/*.h", "support/ctl/*/*.h")}
    arrows, rooms = {}, Counter()
    for path in sources + files("test/**/*.[ch]"):
        for number, written, target in includes(path):
            check_spelling(path, number, written, target, names)
            if path not in sources:
                continue
            check_foreign(path, number, written, target, edge_rooms)
            if target:
                check_room(path, number, target, order)
                arrows.setdefault(path.with_suffix(""), set()).add(target.with_suffix(""))
                rooms[room_of(path), room_of(target)] += 1
    for group in circles({name: others - {name} for name, others in arrows.items()}):
        problem(ROOT / "src", "circle of " + ", ".join(str(name.relative_to(ROOT)) for name in group))
    return rooms


def check_lists(lists):
    listed = {ROOT / f"src/{part}/{room}/{name}.c" for part in ("core", "httpd")
              for room in lists[f"{part}_rooms"] for name in lists[f"{part}_{room}"]}
    listed |= {ROOT / f"support/ctl/{room}/{name}.c" for room in lists["ctl_rooms"] for name in lists[f"ctl_{room}"]}
    for path in sorted(set(files("src/**/*.c", "support/ctl/*/*.c")) ^ listed):
        problem(path, "not in modules.mk" if path.exists() else "in modules.mk, but not there")
    core = {str(path.relative_to(ROOT / "src/core"))[:-2] for path in files("src/core/*/*.c")}
    tested = {str(path.relative_to(ROOT / "test/unit"))[:-7] for path in files("test/unit/*/*_test.c")}
    for name in sorted(core - tested):
        problem(ROOT / f"src/core/{name}.c", f"test/unit/{name}_test.c is missing")
    for name in sorted(tested - core):
        problem(ROOT / f"test/unit/{name}_test.c", "tests no core file")


def anchors(page):
    """As the forges make them of headings."""
    for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def check_link(path, line, page, anchor):
    if not page.exists():
        problem(path, f"{page.name}: no such page", line)
    elif anchor and anchor not in anchors(page):
        problem(path, f"{page.name} has no heading for #{anchor}", line)


def check_references():
    page = ROOT / "docs/internals.md"
    sections = set(re.findall(r"^(?:#+|- \*\*) ?(\d+(?:\.\d+)*)[.* ]", page.read_text(), re.M)) if page.exists() else set()
    texts = files("mod_cf_origin.c", "modules.mk", "*.in", "*.ac", "*.md", "CHANGES", "docs/*.md", "src/**/*.[ch]", "support/ctl/*/*",
                  "support/*", "conf/**/*", "test/**/*.py", "test/**/*.[ch]", "test/**/Makefile", ".clang-tidy", ".ci/*")
    for path in texts:
        if not path.is_file() or path.stem in ("check-rooms", "test_rooms", "test_links") or path.suffix in (".o", ".d") or "build" in path.parts:
            continue
        text = path.read_bytes().decode(errors="replace")

        def found(pattern):
            for match in re.finditer(pattern, text):
                yield text.count("\n", 0, match.start()) + 1, match

        for line, match in found(r"(?:\b(docs/)|\]\()([\w-]+\.md)(?:#([\w-]+))?"):
            check_link(path, line, (ROOT / "docs" if match[1] else path.parent) / match[2], match[3])
        for line, match in found(r"\]\(#([\w-]+)\)"):
            check_link(path, line, path, match[1])
        for line, match in found(r"\binternals(?:\.md)?[\s*#]+(?:section[\s*#]+)?(\d+(?:\.\d+)*)"):
            if match[1] not in sections:
                problem(path, f"docs/internals.md has no section {match[1]}", line)
        for line, match in found(r"\b(?:facts[\s*#]+\d+|design(?:\.md)?[\s*#]+section)"):
            problem(path, f"cites what is not in the repository: {' '.join(match[0].split())}", line)


def main():
    lists = modules_mk()
    rooms = check_includes(lists)
    check_lists(lists)
    check_references()
    if "--arrows" in sys.argv:
        for (room, other), number in sorted(rooms.items()):
            if room != other:
                print(f"{room} -> {other} {number}")
    print("\n".join(f"check-rooms: {text}" for text in problems) or
          "check-rooms: rooms, includes, lists, tests and references are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
