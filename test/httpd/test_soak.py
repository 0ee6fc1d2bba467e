# SPDX-License-Identifier: Apache-2.0
"""A short soak (make soak has the long ones), and that a soak notices what it is for."""
import re
import subprocess
import sys
import types

import pytest

from server import MPM, ROOT

sys.path.insert(0, str(ROOT / "test/soak"))

import judgement  # noqa: E402
from meters import growth_of_children, growth_of_parent  # noqa: E402
from tail import ErrorLog  # noqa: E402
from tally import Tally  # noqa: E402
from visits import Clients, Visit  # noqa: E402
from world import NO, OPEN, YES, World, outcome, ray, visitor  # noqa: E402


def test_nothing_goes_wrong_in_a_short_soak():
    done = subprocess.run(["/usr/bin/python3", ROOT / "test/soak/soak.py", "--duration", "20s", "--seed", "3", "--mpm", MPM],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    served, refused, restarts = (int(re.search(rf"(\d+) {what}", done.stdout.splitlines()[-1])[1])
                                 for what in ("legitimate requests served", "hostile ones refused", "graceful restarts"))
    assert served > 100 and refused > 50 and restarts > 0, done.stdout


# What has gone wrong must be noticed.

def line(number, address=None, peer="127.0.0.1", origin="verified", kind="l", mark=None):
    return (f'{address or visitor(number)} {peer} 200 - "GET /?{kind}{number} HTTP/1.1" origin={origin} reason=x zone=a.test cert=x '
            f"edge=127.0.0.1 client_ip=rewritten ray={mark or ray(number)} colo=AMS")


@pytest.fixture
def soak():
    """What the judgement looks at, of a soak in which nothing went wrong."""
    soak = types.SimpleNamespace(tally=Tally(), expected={1: (200, True), 2: (403, False)}, repeated=set(), losses=[], lines=[],
                                 begun=0, seconds=300)
    soak.lines = [line(1), line(2, "127.0.0.1", origin="unproven", kind="h", mark="-")]
    httpd = types.SimpleNamespace(access_log=lambda: soak.lines)
    restarts = [[100, 110, set()]]
    soak.origin = types.SimpleNamespace(httpd=httpd, log=types.SimpleNamespace(refused={}), restarts=restarts,
                                        restarting=lambda begin, end: begin <= 110 and end >= 100)
    return soak


def judged(soak):
    judgement.check_access_log(soak, False)
    judgement.check_error_log(soak)
    judgement.check_losses(soak)
    judgement.check_children(soak)
    return soak.tally.failures


def test_a_soak_without_faults_has_none(soak):
    assert judged(soak) == []


@pytest.mark.parametrize("wrong", [
    line(1, visitor(7)), line(1, "127.0.0.1"), line(1, mark=ray(7)), line(2, kind="h"), line(2, "9.0.0.2", origin="unproven", kind="h"),
    line(1, visitor(7), origin="exempt"), "nonsense"])
def test_a_line_with_the_address_of_another_is_noticed(soak, wrong):
    soak.lines.append(wrong)
    assert len(judged(soak)) == 1


def test_an_answer_without_a_line_is_noticed(soak):
    del soak.lines[0]
    assert len(judged(soak)) == 1


def test_a_refusal_of_a_legitimate_request_is_noticed(soak, tmp_path):
    log = ErrorLog(tmp_path / "error.log", soak.tally)
    for number in (1, 2):
        log.read(f'[x] CFO0001 refused reason=cert-unknown uri="/?l{number}"')
    soak.origin.log = log
    assert len(judged(soak)) == 1 and "/?l1" in soak.tally.failures[0]


@pytest.mark.parametrize("when, count", [(105, 0), (200, 1)])
def test_a_loss_is_httpds_own_only_while_it_restarts(soak, when, count):
    soak.losses.append((when, "a new connection ended without an answer", "GET /"))
    assert len(judged(soak)) == count


def test_children_that_stay_are_noticed(soak):
    soak.origin.restarts[:] = [[10, None, {"1"}], [20, 30, set()], [200, None, {"2"}]]
    assert len(judged(soak)) == 1 and "of 1 generations" in soak.tally.failures[0]


@pytest.mark.parametrize("text", ["child pid 7 exit signal Segmentation fault (11)", "x.c:3: runtime error: overflow"])
def test_a_crash_is_noticed(soak, tmp_path, text):
    ErrorLog(tmp_path / "error.log", soak.tally).read(text)
    assert len(soak.tally.failures) == 1


@pytest.mark.parametrize("facts, status, seen, failures", [
    (YES, 200, "right", 0), (YES, 200, "9.9.9.9", 1), (YES, 403, "127.0.0.1", 1), (NO, 403, "127.0.0.1", 0),
    (NO, 200, "127.0.0.1", 1), (NO, 403, "right", 1), (OPEN, 403, "127.0.0.1", 0), (OPEN, 200, "right", 0)])
def test_an_answer_is_judged_by_what_is_in_force(soak, facts, status, seen, failures):
    soak.world, soak.pki, soak.numbers, soak.answered = World(), None, None, lambda *_: None
    soak.origin.httpd.ports, soak.origin.control = [1, 2], False
    soak.world.set(facts, "leaf0")
    visit = Visit(5, "kind", needs=("leaf0",))
    response = types.SimpleNamespace(status=status, headers={"x-seen": visit.sees if seen == "right" else seen}, body=b"the page\n")
    Clients(soak, 1).judge(visit, response, soak.world.look(("leaf0",)))
    assert len(soak.tally.failures) == failures


def test_a_fact_that_changes_meanwhile_decides_nothing():
    world = World()
    world.set(YES, "leaf0", "b")
    before = world.look(("leaf0", "b"))
    assert outcome(before) is True
    world.set(OPEN, "leaf0")
    assert world.look(("leaf0", "b")) != before and outcome(world.look(("leaf0", "b"))) is None
    world.set(NO, "leaf0")
    assert outcome(world.look(("leaf0", "b"))) is False


def samples(restarts=0, minutes=20, **grows):
    """One every five seconds; `grows`: how much of what comes with each minute."""
    rows = []
    for i in range(minutes * 12):
        more = {name: int(i / 12 * value) for name, value in grows.items()}
        rows.append({"time": i * 5, "restarts": i // 12, "calm": i // 48 % 2 == 0, "descriptors": 8 + more.get("descriptors", 0),
                     "maps": 5 + more.get("maps", 0), "map KiB": 2000, "shm": 0, "sem": 4, "files": 6, "Threads": 1,
                     "RssAnon": 3900 + more.get("parent", 0),
                     "children": {i // 96: {"RssAnon": 9000 + more.get("child", 0), "descriptors": 9 + more.get("files", 0), "Threads": 9}}})
    return rows


@pytest.mark.parametrize("grows", [{}, {"descriptors": 1}, {"maps": 1}, {"parent": 300}, {"child": 1000}, {"files": 5}])
def test_what_grows_is_noticed(soak, grows):
    soak.meters = types.SimpleNamespace(samples=samples(**grows))
    judgement.check_growth(soak, 1200, False)
    assert bool(soak.tally.failures) == bool(grows), soak.tally.failures


def test_growth_is_measured_where_it_is():
    rows = samples(parent=300, child=1000)
    assert 250 < growth_of_parent(rows) < 350
    assert all(900 < period["KiB a minute"] < 1100 for period in growth_of_children(rows))
