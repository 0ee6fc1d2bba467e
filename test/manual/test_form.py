# SPDX-License-Identifier: Apache-2.0
"""Every example is a fenced block with a language that the tests of this folder know."""
import re

import pytest

from examples import FENCE, MARKER, OTHER_PAGES, PAGES, examples
from server import ROOT

# Languages, and whether a test tries their blocks.
TRIED = {"apache", "sh", "json", "yaml", "nginx", "haproxy", "dockerfile"}
NOT_TRIED = {"text", "ini", "promql"}


def pages(*more):
    return pytest.mark.parametrize("page", [str(x.relative_to(ROOT)) for x in [*PAGES, *more]])


def outside(page):
    """(number, line) of what is in no block."""
    inside = None
    for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
        fence = FENCE.fullmatch(line)
        if fence and inside in (None, fence[2]):
            inside = None if inside else fence[2]
        elif not inside:
            yield number, line


def indented(page):
    """Where a block begins that only its indentation marks: four spaces more than the text of the list item that it is
    in. Below a paragraph such a line is part of the paragraph."""
    found, depth, before = [], 0, ""
    for number, line in outside(page):
        if line.strip():
            indent = len(line) - len(line.lstrip())
            item = re.match(r" *(?:[-*+]|\d+[.)]) +", line)
            if not before.strip() and indent >= depth + 4:
                found.append(f"{page}:{number}: {line.strip()}")
            elif item and indent < depth + 4:
                depth = len(item[0])
            elif not before.strip():
                depth = min(depth, indent)
        before = line
    return found


@pages(*OTHER_PAGES)
def test_every_block_is_fenced_and_has_a_language(page):
    assert not indented(page), "fence this block, and name its language"
    for example in examples(page):
        assert example.language in TRIED | NOT_TRIED, (
            f"{example.place}: {example.language or 'no language'}: name one of {', '.join(sorted(TRIED | NOT_TRIED))}")


@pages(*OTHER_PAGES)
def test_every_marker_stands_above_a_block(page):
    lines = (ROOT / page).read_text().splitlines()
    for number, line in outside(page):
        if "<!--" in re.sub(r"`[^`]*`", "", line) and "example" in line:
            assert MARKER.fullmatch(line), f"{page}:{number}: {line}: the marker is alone in its line"
            assert number < len(lines) and FENCE.fullmatch(lines[number]), f"{page}:{number}: no block below this marker"


# What is wrong in these is found.

@pytest.mark.parametrize("text", [
    "Text:\n\n    apachectl -t\n", "1. One:\n\n       apachectl -t\n", "- One.\n\n  Two:\n\n      apachectl -t\n",
    "1. One\n   - Two:\n\n         apachectl -t\n", "- One\n\nText.\n\n    apachectl -t\n"])
def test_an_indented_block_is_found(tmp_path, text):
    (tmp_path / "page.md").write_text(text)
    assert len(indented(tmp_path / "page.md")) == 1


@pytest.mark.parametrize("text", [
    "Text\n    that goes on\n", "1. One:\n\n   ```sh\n   if x; then\n\n       apachectl -t\n   fi\n   ```\n",
    "- One\n\n  Two\n    goes on\n", "- One\n  - Two\n    - Three\n\n      Four\n"])
def test_other_text_is_not_an_indented_block(tmp_path, text):
    (tmp_path / "page.md").write_text(text)
    assert not indented(tmp_path / "page.md")
