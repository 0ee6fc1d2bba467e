#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the tables of a run into docs/performance.md: each replaces the one that has the same title.

    make bench >/tmp/bench.txt; test/bench/page.py /tmp/bench.txt
"""
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
TABLE = re.compile(r"^### ([^\n]+)\n(?:(?!#)[^|\n][^\n]*\n|\n)*((?:\|[^\n]*\n)+)", re.M)


def tables(text):
    """{title: table}"""
    return {match[1]: match[2] for match in TABLE.finditer(text)}


def replace(page, found):
    def one(match):
        return match[0][:match.start(2) - match.start()] + found.get(match[1], match[2])
    return TABLE.sub(one, page)


def main(path):
    found, page = tables(Path(path).read_text()), PAGE.read_text()
    PAGE.write_text(replace(page, found))
    here = tables(page)
    for title in here:
        print(f"{title}: {'replaced' if title in found else 'not measured'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
