# SPDX-License-Identifier: Apache-2.0
"""The attacks and the wrongful refusals of docs/security.md, which the marks of tests name."""
import re
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "security.md"
ROW = re.compile(r"\| ([AW])(\d+) \| (.*?) \| (.*?) ?\| (.*?) ?\|")
MARK = re.compile(r"pytest\.mark\.([AW]\d+)\b")


class Item(NamedTuple):
    letter: str
    number: int
    what: str
    tests: set
    uncovered: str

    @property
    def name(self):
        return f"{self.letter}{self.number}"


def items():
    rows = (ROW.fullmatch(line) for line in PAGE.read_text().splitlines())
    return [Item(row[1], int(row[2]), row[3], {name for name in row[4].split(", ") if name}, row[5]) for row in rows if row]


def marked():
    """The files without their suffix that have tests with this mark, by its name."""
    found = {}
    for path in sorted(TESTS.glob("*/test_*.py")):
        for name in MARK.findall(path.read_text()):
            found.setdefault(name, set()).add(path.stem)
    return found
