# SPDX-License-Identifier: Apache-2.0
"""The stand-in of Cloudflare's edge: it loses no request of its own, and notices each step of a rotation that is made too
early."""
import time

from waiting import until
from world import Visitors

ZONE = "example.com"


def write(path, *certificates):
    new = path.with_suffix(".new")
    new.write_text("".join(c.pem for c in certificates))
    new.rename(path)


def loaded(world, *certificates):
    """Every child of the origin has loaded these: no other is asked for the status."""
    wanted = {c.sha256 for c in certificates}
    until(lambda: {p["sha256"] for z in world.origin.status()["zones"] for p in z["proofs"]} == wanted)
    time.sleep(3)


def upload(world, certificate):
    return world.account.upload(world.zone, "zone", certificate.pem, certificate.key.read_text())


def test_a_rotation_step_by_step(world, pki):
    w = world()
    ca = pki.ca("second-ca")
    leaf = pki.issue("second", ca)
    with Visitors(w.edge) as visitors:
        visitors.some()
        write(w.origin.proofs[ZONE], w.first_ca, ca)
        loaded(w, w.first_ca, ca)
        new = upload(w, leaf)
        visitors.some()
        until(lambda: new.state(w.account.now()), "active")
        w.account.remove(w.zone, "zone", w.first.id)
        until(lambda: w.first.state(w.account.now()), "deleted")
        until(lambda: w.account.presents("www.example.com", tardy=True)[0] == leaf.pem)
        time.sleep(2.5)  # connections of the edge with the old certificate
        write(w.origin.proofs[ZONE], ca)
        loaded(w, ca)
        visitors.some()
    assert not visitors.lost and w.edge.changes >= 2 and leaf.sha256 in w.origin.presented()


def test_what_is_presented_before_it_is_trusted_is_lost(world, pki):
    w = world()
    with Visitors(w.edge) as visitors:
        visitors.some()
        assert not visitors.lost
        upload(w, pki.issue("untrusted", pki.rogue_ca))
        until(lambda: bool(visitors.lost))
    assert {status for status, *_ in visitors.lost} == {403} and {center for *_, center, _ in visitors.lost} == {"eager"}


def test_a_proof_that_is_removed_too_early_is_lost(world, pki):
    w = world()
    ca = pki.ca("early-ca")
    with Visitors(w.edge) as visitors:
        write(w.origin.proofs[ZONE], w.first_ca, ca)
        loaded(w, w.first_ca, ca)
        new = upload(w, pki.issue("early", ca))
        until(lambda: new.state(w.account.now()), "active")
        visitors.some()
        assert not visitors.lost
        write(w.origin.proofs[ZONE], ca)
        until(lambda: bool(visitors.lost))
    assert {center for *_, center, _ in visitors.lost} == {"tardy"}


def test_the_edge_itself_loses_nothing(world, pki):
    w = world(deploy=0.1, delete=0.1)
    with Visitors(w.edge, pause=0.002) as visitors:
        visitors.some()
        for number in range(5):
            new = upload(w, pki.issue(f"again{number}", w.first_ca))
            until(lambda: new.state(w.account.now()), "active")
            for old in w.account.known(w.zone)[1:]:
                w.account.remove(w.zone, "zone", old.id)
            before = w.edge.changes
            until(lambda: w.edge.changes > before)
            visitors.some()
    assert not visitors.lost and visitors.count > 200
