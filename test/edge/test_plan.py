# SPDX-License-Identifier: Apache-2.0
"""What cf-originctl edge does next, in every situation that can be told apart: support/ctl/change/plan.c alone, which
decides from what was seen, compiled as a library."""
import ctypes
import itertools
import os
import re
import subprocess
from types import SimpleNamespace

import pytest

from server import ROOT

HEADER = ROOT / "support/ctl/change/plan.h"
# What is a text in the header is either there or not.
REASON = b"a reason"


def enums(text):
    for body in re.findall(r"typedef enum \{(.*?)\}", text, re.S):
        body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
        yield from ((name, number) for number, name in enumerate(re.findall(r"CFO_(\w+)", body)))


def structure(text, name):
    body = re.search(r"typedef struct \{((?:(?!typedef).)*?)\} %s;" % name, text, re.S)[1]
    fields = re.findall(r"(?m)^ *(int|const char \*|cfo_\w+_t) ?(\w+);", body)
    kinds = {field: (ctypes.c_char_p if kind.startswith("const") else ctypes.c_int) for kind, field in fields}
    return type(name, (ctypes.Structure,), {"_fields_": list(kinds.items())}), kinds


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    library = tmp_path_factory.mktemp("plan") / "plan.so"
    subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", f"-I{ROOT}/support", f"-I{ROOT}/src", "-o", library,
                    HEADER.with_suffix(".c")], check=True)
    code, text = ctypes.CDLL(str(library)), HEADER.read_text()
    names = dict(enums(text))
    steps = {number: name for name, number in names.items() if name.startswith("STEP_") and name != "STEP_COUNT"}
    seen, kinds = structure(text, "cfo_seen_t")
    proof, _ = structure(text, "cfo_seen_proof_t")

    def decide(function):
        def call(situation):
            why = ctypes.c_char_p()
            step = steps[getattr(code, function)(ctypes.byref(situation), ctypes.byref(why))]
            assert (step == "STEP_STOP") == (why.value is not None)
            return step
        return call
    return SimpleNamespace(names=names, seen=seen, kinds=kinds, proof=proof, forward=decide("cfo_plan_forward"), back=decide("cfo_plan_back"),
                           suppose=lambda s, step: code.cfo_plan_suppose(ctypes.byref(s), names[step]),
                           fate=lambda s: {n: x for x, n in names.items() if x.startswith("PROOF_")}[code.cfo_plan_proof(ctypes.byref(s))])


def situations(plan, **fixed):
    """All values of all members, but of those that are given."""
    many = {"trust": range(3), "leaf": range(5), "use": range(3)}
    wanted = [name for name in plan.kinds if name not in fixed]
    choices = [many.get(name) or ((None, REASON) if plan.kinds[name] is ctypes.c_char_p else (0, 1)) for name in wanted]
    for values in itertools.product(*choices):
        yield plan.seen(**fixed, **dict(zip(wanted, values)))


NO_WAY_BACK = dict(is_switched=0, must_not_switch=None, ours=0, ours_deploying=0, ours_leaving=0, must_not_delete=None)


def copy(plan, situation):
    return plan.seen.from_buffer_copy(situation)


def test_no_step_is_taken_that_could_lose_a_request(plan):
    n, steps = plan.names, set()
    for s in situations(plan, **NO_WAY_BACK):
        step = plan.forward(s)
        steps.add(step)
        if s.stop:
            assert step == "STEP_STOP"
        if step == "STEP_UPLOAD":
            assert s.is_open and s.has_key and s.trust == n["TRUST_IN_FORCE"] and s.leaf == n["LEAF_ABSENT"] and not s.has_failed
        if step == "STEP_SWITCH":
            assert s.is_open and s.trust == n["TRUST_IN_FORCE"] and s.leaf == n["LEAF_ACTIVE"]
            assert not s.must_not_on and not s.overtaken
        if step in ("STEP_DELETE", "STEP_AWAIT_DELETION", "STEP_CLOSE"):
            assert s.is_open and s.trust == n["TRUST_IN_FORCE"] and s.leaf == n["LEAF_ACTIVE"]
            assert s.use == n["USE_ON"] and s.is_used and not s.overtaken
        if step == "STEP_CLOSE":
            assert not s.olds and not s.leaving
        if step == "STEP_DISCARD":
            assert s.leaf == n["LEAF_FAILED"]
        if step == "STEP_BEGIN":
            assert s.is_due and not s.is_open
        if not s.is_open and not s.is_due and not s.stop:
            assert step == "STEP_NOTHING"
    back = {"STEP_SWITCH_BACK", "STEP_DELETE_OURS", "STEP_CLOSE_BACK"}
    assert steps == {x for x in n if x.startswith("STEP_") and x != "STEP_COUNT"} - back


def test_what_was_lost_in_between_is_put_right_first(plan):
    """A leaf at Cloudflare that an origin does not accept any more: the proof comes before all else."""
    n = plan.names
    for s in situations(plan, is_open=1, stop=None, trust=n["TRUST_NONE"], **NO_WAY_BACK):
        if s.leaf in (n["LEAF_DEPLOYING"], n["LEAF_ACTIVE"]):
            assert plan.forward(s) == "STEP_TRUST"


def test_from_everywhere_it_comes_to_an_end(plan):
    for s in situations(plan, **NO_WAY_BACK):
        s, taken = copy(plan, s), []
        while (step := plan.forward(s)) not in ("STEP_NOTHING", "STEP_STOP"):
            taken.append(step)
            assert len(taken) == len(set(taken)) or "STEP_DISCARD" in taken and len(taken) < 20, taken
            plan.suppose(s, step)


def test_nothing_is_taken_back_that_is_needed(plan):
    n, steps = plan.names, set()
    away = dict(has_key=0, is_due=0, has_failed=0, overtaken=None, must_not_on=None, is_used=0, olds=0, leaving=0)
    for s in situations(plan, **away):
        step = plan.back(s)
        steps.add(step)
        if step == "STEP_SWITCH_BACK":
            assert s.is_open and s.is_switched and not s.must_not_switch and not s.stop
        if step == "STEP_DELETE_OURS":
            assert s.is_open and not s.is_switched and not s.must_not_delete and not s.ours_deploying and not s.stop
        if step == "STEP_CLOSE_BACK":
            assert not s.is_switched and not s.ours and not s.ours_leaving and s.leaf != n["LEAF_UNSURE"] and not s.stop
    assert steps == {f"STEP_{x}" for x in ("STOP", "NOTHING", "SWITCH_BACK", "AWAIT_LISTED", "AWAIT_ACTIVE", "DELETE_OURS", "AWAIT_DELETION",
                                           "CLOSE_BACK")}


def test_a_proof_goes_when_nothing_needs_it_and_it_is_quiet(plan):
    fates = {}
    for unknown, needed, quiet, there in itertools.product((None, REASON), (None, REASON), (0, 1), (0, 1)):
        fate = plan.fate(plan.proof(unknown, needed, quiet, there))
        fates[bool(unknown), bool(needed), quiet, there] = fate
    assert [key for key, fate in fates.items() if fate == "PROOF_REMOVE"] == [(False, False, 1, 1)]
    assert {fate for key, fate in fates.items() if not key[3]} == {"PROOF_GONE"}
    assert {fate for key, fate in fates.items() if key[0] and key[3]} == {"PROOF_LATER"}
    assert {fate for key, fate in fates.items() if key[:2] == (False, True) and key[3]} == {"PROOF_STAYS"}
