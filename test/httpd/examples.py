# SPDX-License-Identifier: Apache-2.0
"""The examples of README.md and docs/*.md: fenced blocks, each with a language, and some with a marker in the line
above. docs/development.md (Examples in the manual) describes them."""
import re
import shlex
from dataclasses import dataclass, field

from server import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OTHER_PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
MARKER = re.compile(r" *<!-- *example: *(.*?) *-->")


class Wrong(Exception):
    """A page has something that no reader and no test can use."""


@dataclass(frozen=True)
class Example:
    page: str       # docs/tunnel.md
    line: int       # that of its first line of text
    language: str
    text: str       # without the indentation that the block has in a list
    heading: str
    not_run: str    # the reason, or ""
    marker: dict = field(hash=False, default_factory=dict)

    @property
    def place(self):
        return f"{self.page}:{self.line}"


def read_marker(line, place):
    """(reason why it is not run, {key: value})"""
    found = MARKER.fullmatch(line)
    if not found:
        return "", {}
    if found[1].startswith("not run"):
        reason = re.fullmatch(r"not run, because (.+)", found[1])
        if not reason:
            raise Wrong(f"{place}: write <!-- example: not run, because REASON -->")
        return reason[1], {}
    words = [word.partition("=") for word in shlex.split(found[1])]
    if not words or not all(key and sign for key, sign, _ in words):
        raise Wrong(f"{place}: write <!-- example: KEY=VALUE ... -->, not {found[1]!r}")
    return "", {key: value for key, _, value in words}


def examples(page):
    """Those of a page, by its name ("docs/tunnel.md"), in order."""
    lines = (ROOT / page).read_text().splitlines()
    found, heading, start = [], "", None
    for number, line in enumerate(lines, 1):
        fence = FENCE.fullmatch(line)
        if start is None and fence:
            start, indent, mark, language = number, fence[1], fence[2], fence[3].strip()
        elif start is not None and fence and fence[2] == mark and not fence[3]:
            text = "".join(f"{x.removeprefix(indent)}\n" for x in lines[start:number - 1])
            above = lines[start - 2] if start > 1 else ""
            not_run, marker = read_marker(above, f"{page}:{start - 1}")
            found.append(Example(str(page), start + 1, language, text, heading, not_run, marker))
            start = None
        elif start is None and line.startswith("#"):
            heading = line.lstrip("# ")
    if start is not None:
        raise Wrong(f"{page}:{start}: this block has no end")
    return found


def configurations(page, heading=None):
    """The `apache` blocks of a page, or of a section of it."""
    return [x.text for x in examples(page) if x.language == "apache" and heading in (None, x.heading)]


def every_example(*languages):
    return [x for page in PAGES for x in examples(page.relative_to(ROOT)) if not languages or x.language in languages]
