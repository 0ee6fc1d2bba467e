# SPDX-License-Identifier: Apache-2.0
"""test/mutation tells the mutants that tests notice from those that make no difference."""
import json
import subprocess
import sys

import pytest
from tools import ROOT

sys.path.insert(0, str(ROOT / "test/mutation"))

from mutants import mutants  # noqa: E402
from mutate import EXPLAINED, read_explained, sources  # noqa: E402

SOURCE = """
static const char *const known[] = { "a", NULL };

/* if (x < 1) is a comment */
static int may_pass(const request_rec *r, int count)
{
    int most = 4;

#if MOST < 4
    most = 3;
#endif
    if (!r || count >= most)
        return DECLINED;
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "if (a && b)");
    return count ? OK : most;
}

static void register_hooks(apr_pool_t *p)
{
    ap_hook_handler(may_pass, known, NULL, APR_HOOK_FIRST);
}
"""


def changes(source=SOURCE):
    return {(mutant.function, mutant.after) for mutant in mutants("x.c", source)}


@pytest.mark.parametrize("function, after", [
    ("may_pass", "if (!(!r || count >= most))"),
    ("may_pass", "if (0 && (!r || count >= most))"),
    ("may_pass", "if (!r && count >= most)"),
    ("may_pass", "if (r || count >= most)"),
    ("may_pass", "if (!r || 0)"),
    ("may_pass", "if (!r || count > most)"),
    ("may_pass", "return OK;"),
    ("may_pass", "return count ? most : OK;"),
    ("may_pass", "int most = 5;"),
    ("may_pass", "int most = 3;"),
    ("may_pass", ";"),
    ("register_hooks", "ap_hook_handler(may_pass, NULL, NULL, APR_HOOK_FIRST);"),
    ("register_hooks", "ap_hook_handler(may_pass, known, NULL, APR_HOOK_LAST);"),
    ("register_hooks", ";"),
])
def test_conditions_values_statements_and_hooks_change(function, after):
    assert (function, after) in changes()


def test_comments_texts_and_the_preprocessor_stay():
    for mutant in mutants("x.c", SOURCE):
        assert mutant.apply(SOURCE).count("\n") == SOURCE.count("\n")
        for line in ('/* if (x < 1) is a comment */', "#if MOST < 4", "#endif"):
            assert line in mutant.apply(SOURCE)
        assert '"if (a && b)"' in mutant.apply(SOURCE) or mutant.operator == "drop statement"


def test_a_name_says_what_changes_not_in_which_line():
    moved = [mutant.id for mutant in mutants("x.c", "\n/* more */\n" + SOURCE)]
    assert moved == [mutant.id for mutant in mutants("x.c", SOURCE)]
    assert len(set(moved)) == len(moved)


def run(tmp_path, *arguments):
    """Exit code, and results by the line that came of it."""
    if not (ROOT / "test/unit/build/flags").exists():
        subprocess.run(["make", "-s", "-C", ROOT, "check", "TEST=verdict/verdict"], capture_output=True, check=True)
    results = tmp_path / "results.jsonl"
    done = subprocess.run([sys.executable, ROOT / "test/mutation/mutate.py", "--unit-only", "--count=0", "--results", results,
                           "--file=core/verdict/verdict.c", *arguments], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {row["after"]: (row["outcome"], row["by"])
                             for row in map(json.loads, results.read_text().splitlines())}


def test_a_unit_test_kills_a_known_mutant(tmp_path):
    assert run(tmp_path, "--match=if (0 && (policy->require_tunnel))") == (
        0, {"if (0 && (policy->require_tunnel))": ("killed", "unit verdict/verdict")})


def test_equal_object_code_does_not_count(tmp_path):
    assert run(tmp_path, "--operator=drop break") == (0, {";": ("equal", "object code")})


def test_what_explains_survivors_fits_the_sources():
    known = {(mutant.file, mutant.function, mutant.before, mutant.after)
             for name in sources("") for mutant in mutants(name, (ROOT / name).read_text())}
    assert not set(read_explained(EXPLAINED)) - known
