# SPDX-License-Identifier: Apache-2.0
"""Every command of the manual does what it should: the blocks of a page run in order, as root, in a private copy of the
system, in which Debian's apache2 is installed, and the module too unless the page installs it."""
import os
import re

import pytest

from examples import PAGES, every_example, examples
from server import ROOT

PAGES_WITH_COMMANDS = [page for page in (str(x.relative_to(ROOT)) for x in PAGES)
                       if any(x.language == "sh" and not x.not_run for x in examples(page))]
# Values that differ from day to day and from host to host.
VALUE = re.compile(r"[0-9a-f]*\\\.\\\.\\\.|\d[\d\\,.:TZ-]*\d|\d|\b[0-9a-f]{8,}\b")
# support/run-tests.sh sets it: with the examples that take a minute.
THOROUGH = os.environ.get("THOROUGH")
BEFORE = 4  # lines of run.sh above each block


def name_of(example):
    return f"{example.page.replace('/', '-')}-{example.line}"


@pytest.fixture
def ran(copy, request):
    """The page, whose blocks have run."""
    blocks = [x for x in examples(request.param) if x.language == "sh" and not x.not_run
              and (THOROUGH or "thorough" not in x.marker)]
    for block in blocks:
        (copy.exchange / name_of(block)).write_text(block.text)
    installs = any(re.search(r"make install|apxs -c -i|dpkg -i", block.text) for block in blocks)
    copy.run("page", not installs, "run.sh", request.param.replace("/", "-").removesuffix(".md"), *map(name_of, blocks))
    return blocks


def wrong(copy, block):
    """What is wrong with how a block ended, or None."""
    unknown = set(block.marker) - {"status", "thorough"}
    if unknown:
        return f"{block.place}: unknown in the marker: {unknown}"
    status, output, failed = copy.result(name_of(block))
    expected = int(block.marker.get("status", 0))
    if status == expected:
        return None
    line, _, command = failed.partition(" ")
    place = f"{block.page}:{block.line + int(line) - BEFORE - 1}" if line else block.place
    return f"{place}: ended with {status}, not {expected}: {(command or block.text).strip()}\n{output[-3000:]}"


def shape(line):
    """A pattern for a line of output: with other numbers, times, digests and line breaks, and anything for "..."."""
    parts, end = [], 0
    escaped = re.escape(" ".join(line.split())).replace("\\ ", " ")
    for value in VALUE.finditer(escaped):
        parts += [escaped[end:value.start()], ".*?" if value[0].endswith(r"\.\.\.") else "[0-9a-fTZ,.:-]+"]
        end = value.end()
    return re.compile("".join(parts) + escaped[end:])


def missing_lines(shown, output):
    """Lines of the manual that the output does not have, in this order."""
    text, missing = " ".join(output.split()), []
    for line in shown.splitlines():
        found = shape(line).search(text)
        if not found:
            missing.append(line)
        elif line.strip(" ."):
            text = text[found.end():]
    return missing


def output_below(block):
    """The `text` block right below, which shows the output."""
    lines = (ROOT / block.page).read_text().splitlines()
    for other in examples(block.page):
        end = block.line + block.text.count("\n")  # the number of the closing fence
        if other.language == "text" and other.line > end and not "".join(lines[end:other.line - 2]).strip():
            return other
    return None


@pytest.mark.parametrize("ran", PAGES_WITH_COMMANDS, indirect=True)
def test_the_commands_of_the_page_work_in_this_order(copy, ran):
    problems = [problem for block in ran if (problem := wrong(copy, block))]
    for block in ran:
        shown = output_below(block)
        output = copy.result(name_of(block))[1]
        missing = missing_lines(shown.text, output) if shown and not problems else []
        if missing:
            problems.append(f"{shown.place}: the output of the command above has no line like\n" + "\n".join(missing)
                            + f"\nit is\n{output[-6000:]}")
    assert not problems, "\n".join(problems)


def test_no_command_is_without_a_reason_if_it_is_not_run():
    """And not many have one."""
    commands = every_example("sh")
    left_out = [x for x in commands if x.not_run]
    assert len(left_out) < len(commands) / 2, [f"{x.place}: {x.not_run}" for x in left_out]


@pytest.mark.parametrize("shown, output, fits", [
    ("1,207 lines: 3 refused", "12 lines: 3 refused", True), ("12 lines: 3 refused", "12 lines: 3 admitted", False),
    ("sha256:9a1f...", "sha256:0000aaaa", True), ("a ... z", "a b c z", True), ("a ... z", "a b c", False),
    ("not after 2029-11-01T17:00:00Z, 10 days left", "not after 2030-01-01T00:00:00Z, 9 days left", True),
    ('anchor "CN=example.com origin pull CA"', 'anchor "CN=example.org origin pull CA"', False)])
def test_output_fits_if_it_differs_in_values_only(shown, output, fits):
    assert (not missing_lines(shown, output)) is fits
