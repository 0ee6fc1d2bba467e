# SPDX-License-Identifier: Apache-2.0
"""support/coverage.py fails for what is not executed and has no reason, and for a reason that holds no more."""
import importlib.util
import shutil
import subprocess

import pytest
from server import ROOT

# Asked for 0 and 1, it executes all but the line for 2, and one branch; and one of a macro for log levels.
SOURCE = """#include <stdio.h>
#define ap_log_rerror(i) do { if (i > 9) puts("more"); } while (0)
int %s(int i)
{
    if (i == 2)
        return 7;
    ap_log_rerror(i);
    return i;
}
"""
MAIN = """int first(int i);
int second(int i);
int third(int i);
int main(void)
{
    return first(0) + first(1) + second(0) + second(1) + third(0) + third(1) == 3 ? 0 : 1;
}
"""
NAMES = {"first": "src/core/verdict/first.c", "second": "src/core/trust/second.c", "third": "src/httpd/request/third.c"}
LIST = "# Two is not asked for.\n" + "".join(
    f"{path}: {name}: 1 of 2: if (i == 2)\n{path}: {name}: line: return 7;\n" for name, path in NAMES.items())


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with a source in each room, which was compiled and run."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "support").mkdir()
    shutil.copy(ROOT / "support/coverage.py", tree / "support")
    (tree / "build").mkdir()
    (tree / "build/main.c").write_text(MAIN)
    for name, path in NAMES.items():
        (tree / path).parent.mkdir(parents=True)
        (tree / path).write_text(SOURCE % name)
    subprocess.run(["gcc", "-O0", "--coverage", "-o", "program", "main.c", *(f"../{path}" for path in NAMES.values())],
                   check=True, cwd=tree / "build")
    subprocess.run(["./program"], check=True, cwd=tree / "build")
    return tree


def compare(tree, text, *options, folder="build"):
    (tree / "list").write_text(text)
    done = subprocess.run(["/usr/bin/python3", "support/coverage.py", *options, folder, "list"], capture_output=True, text=True,
                          cwd=tree, timeout=60)
    return done.returncode, done.stdout


def test_a_list_of_all_that_is_not_executed_passes(tree):
    status, output = compare(tree, LIST)
    assert status == 0 and "6 lines and branches are not executed, all of them listed in list" in output
    assert " 80.00% of     5 lines   50.00% of     2 branches  src/core/trust/second.c\n" in output
    assert " 80.00% of     5 lines   50.00% of     2 branches  src/core/trust/\n" in output


@pytest.mark.parametrize("place", LIST.splitlines()[1:])
def test_what_is_not_executed_and_not_listed_fails(tree, place):
    status, output = compare(tree, LIST.replace(place + "\n", ""))
    assert status == 1 and f"not executed, and not listed: {place}\n" in output
    assert compare(tree, LIST.replace(place + "\n", ""), "--new") == (0, place + "\n")


@pytest.mark.parametrize("entry", [
    "src/core/trust/second.c: second: line: return i;", "src/core/trust/second.c: second: 1 of 2: return i;",
    "src/core/trust/second.c: second: line: return 8;", "src/core/trust/gone.c: second: line: return 7;",
    "src/core/trust/second.c: second: line: return 7;", "src/core/trust/second.c: second: 2 of 2: if (i == 2)",
])
def test_an_entry_for_what_is_executed_or_gone_fails(tree, entry):
    """Or that is there twice."""
    status, output = compare(tree, LIST + entry + "\n")
    assert status == 1 and f"listed, but executed or gone: {entry}\n" in output
    assert compare(tree, f"{LIST}\n# Sometimes: a race.\n{entry}\n")[0] == 0


@pytest.mark.parametrize("reason", ["", "# No test tries it yet.\n", "# Nobody has looked at it.\n"])
def test_an_entry_without_a_reason_fails(tree, reason):
    """That nobody has tried is none."""
    status, output = compare(tree, reason + LIST.partition("\n")[2])
    assert status == 1 and "no reason, or not a place: src/core/trust/second.c: second: line: return 7;\n" in output


def test_a_room_that_was_not_measured_fails(tree):
    (tree / "part").mkdir()
    for file in (tree / "build").glob("*-first.gc*"):
        shutil.copy(file, tree / "part")
    status, output = compare(tree, LIST, folder="part")
    assert status == 1 and "nothing was measured in src/core/trust/\n" in output


def test_the_list_of_the_module_has_a_reason_for_each_place_and_all_are_there():
    """A changed line is noticed here, long before everything is measured again."""
    spec = importlib.util.spec_from_file_location("support_coverage", ROOT / "support/coverage.py")
    support = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(support)
    listed, _, wrong = support.read_list(support.LIST)
    assert listed and not wrong
    for place in listed:
        name, _, _, line = place.split(": ", 3)
        assert line in [text.strip() for text in (ROOT / name).read_text().splitlines()], place
