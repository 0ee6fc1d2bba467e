# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge, killed at one point after the other. The next call goes on from there: everything comes to the same end,
and meanwhile no request is refused. In the suite a few points, the same each time; make edge-soak: all of them."""
import signal

import pytest

from interrupt import AtCall, chosen, rehearse
from test_rotations import SHOP, WWW, ZONE, settle, signer
from world import Visitors


class Interrupted:
    """A command under traffic. `go_on` is the call that has to finish what an interrupted one began, `back` one that is
    tried before that, `reset` brings the world back to where it begins."""

    def __init__(self, world, begin, go_on, check, reset=(), back=None):
        self.world, self.begin, self.go_on, self.check, self.reset, self.back = world, begin, go_on, check, reset, back
        self.taken_back = 0

    def run(self, name):
        killed = 0
        with Visitors(self.world.edge, pause=0.03) as visitors:
            visitors.some()
            result, points = rehearse(self.world, *self.begin)
            assert result.code == 0, result
            self.finish("the rehearsal", visitors)
            print(f"{name}: {len(points)} points", flush=True)
            assert len([x for x in points if isinstance(x, AtCall)]) > 8 and len(points) > 20, points
            for point in chosen(points, name):
                result = point.run(self.world, *self.begin)
                assert result.code in (0, -signal.SIGKILL), f"{point}: {result}"
                killed += result.code != 0
                print(f"{name}: {point}: {'killed' if result.code else 'was over before'}", flush=True)
                self.finish(point, visitors, result)
        assert self.taken_back or not self.back
        # Waiting for a deployment takes another number of calls each time.
        assert killed >= len(chosen(points, name)) // 2

    def finish(self, point, visitors, result=None):
        if self.back and self.world.unfinished():
            # It refuses where it is too late.
            self.taken_back += self.world.ctl(*self.back).code == 0
        done = settle(self.world, *self.go_on)
        visitors.some(3)
        told = f"{point}: {result}\nthen {done}"
        assert not visitors.lost, f"{visitors.lost[:5]}\n{told}"
        assert self.check(), f"{told}\n{self.states()}"
        self.world.assert_no_secrets(done.out, done.err, *([result.out, result.err] if result else []))
        for command in self.reset:
            again = settle(self.world, *command)
            assert not visitors.lost, f"{visitors.lost[:5]}\n{told}\n{again}"

    def states(self):
        w = self.world
        return {level: [(c.sha256[:8], c.state(w.account.now())) for c in some] for level, some in w.zone.certificates.items()}


@pytest.fixture
def quick(world):
    def make(**options):
        w = world(deploy=0.2, delete=0.2, **options)
        w.account.limit = 100000
        return w
    return make


def test_a_rotation_with_the_same_ca(quick):
    w = quick()
    before = w.origin.proof_text(ZONE)
    Interrupted(w, ("rotate", ZONE, "--force", *signer(w)), ("rotate", ZONE, *signer(w)),
                lambda: len(w.active()) == 1 and w.zone.own_on and w.origin.proof_text(ZONE) == before).run("same-ca")


def test_a_rotation_with_a_new_ca(quick):
    w = quick()
    Interrupted(w, ("rotate", ZONE, "--force", "--quiet", "1"), ("rotate", ZONE, "--quiet", "1"),
                lambda: len(w.active()) == 1 and w.zone.own_on and w.in_file() == 1).run("new-ca")


def test_a_rotation_of_a_host_name(quick):
    w = quick(hosts=[WWW, SHOP])
    with Visitors(w.edge) as visitors:
        done = w.ctl("hostname", "enable", SHOP, *signer(w))
        assert done.code == 0 and not visitors.lost, done
    Interrupted(w, ("rotate", SHOP, "--force", *signer(w)), ("rotate", SHOP, *signer(w)),
                lambda: len(w.active("hosts")) == 1 and len(w.active()) == 1
                and w.account.association(w.zone, SHOP)["cert_id"] == w.account.known(w.zone, "hosts")[0].id).run("host")


def test_a_zone_that_is_switched_on(quick):
    w = quick(policy="Audit")
    enable = ("enable", ZONE, *signer(w))
    w.zone.own_on, w.zone.certificates["zone"] = False, []
    Interrupted(w, enable, enable, lambda: len(w.active()) == 1 and w.zone.own_on and w.in_file() == 1,
                reset=[("disable", ZONE, "--delete")]).run("enable")


def test_a_rotation_that_is_taken_back(quick):
    w = quick()
    Interrupted(w, ("rotate", ZONE, "--force", "--quiet", "1"), ("rotate", ZONE, "--quiet", "1"),
                lambda: len(w.active()) == 1 and w.zone.own_on and w.in_file() == 1,
                back=("rotate", ZONE, "--take-back", "--quiet", "1")).run("back")


def test_a_zone_that_is_switched_off(quick):
    w = quick(policy="Audit")
    disable = ("disable", ZONE, "--delete")
    Interrupted(w, disable, disable, lambda: not w.active() and not w.zone.own_on, reset=[("enable", ZONE, *signer(w))]).run("off")
