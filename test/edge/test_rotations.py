# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge enable, rotate, disable and hostname, under constant traffic from the visitor through the edge to the
origin: no request is refused."""
import re
import shutil
import threading
import time

from standin import CUT, failure
from waiting import until
from world import Visitors

ZONE, WWW, SHOP = "example.com", "www.example.com", "shop.example.com"


def signer(world):
    """The CA of the certificate that is presented, and its key."""
    return "--ca", world.first_ca.crt, "--ca-key", world.first_ca.key


def settle(world, *args, calls=20):
    """Calls until nothing is left to be done; a timer would."""
    for _ in range(calls):
        result = world.ctl(*args)
        assert result.code == 0, result
        if not world.unfinished():
            return result
        time.sleep(0.5)
    raise AssertionError(f"{result}\nstill open: {world.unfinished()}")


def test_from_nothing_to_a_locked_zone(world):
    w = world(locked=False, policy="Audit")
    enable = ("enable", ZONE, "--proof", w.origin.proofs[ZONE])
    with Visitors(w.edge) as visitors:
        planned = w.ctl(*enable, "--dry-run")
        assert planned.code == 0 and planned.out and not w.active() and not w.origin.proofs[ZONE].exists(), planned
        assert not w.api.called("POST|PUT|DELETE|PATCH") and not w.unfinished()
        missing = w.ctl(*enable, "--wait", "4")
        # The file is there, and what httpd's configuration lacks is said.
        assert missing.code == 1 and w.in_file() == 1 and not w.active() and not w.zone.own_on, missing
        assert re.search(rf"CFOriginPullZone +{ZONE} +{w.origin.proofs[ZONE]}\n", missing.out + missing.err), missing
        w.origin.server.server = w.origin.configuration()
        w.origin.server.graceful()
        done = w.ctl(*enable)
        assert done.code == 0 and w.zone.own_on and not w.unfinished(), done
        active, = w.active()
        assert w.in_file() == 1 and active in w.origin.presented()
        assert w.ctl(*enable).code == 0 and w.active() == [active] and w.in_file() == 1
        w.origin.policy = "On"
        w.origin.server.server = w.origin.configuration()
        w.origin.server.replace_children()
        visitors.some()
        assert w.ctl("status", ZONE).code == 0, w.ctl("status", ZONE)
    assert not visitors.lost
    w.assert_no_secrets(*(x for r in (planned, missing, done) for x in (r.out, r.err)))


def test_a_rotation_with_the_same_ca(world):
    w = world()
    before = w.origin.proof_text(ZONE)
    with Visitors(w.edge) as visitors:
        visitors.some()
        unasked = w.ctl("rotate", ZONE, *signer(w))
        assert unasked.code == 0 and w.active() == [w.first.sha256] and not w.api.called("POST|PUT|DELETE"), unasked
        done = w.ctl("rotate", ZONE, "--force", *signer(w))
        assert done.code == 0 and not w.unfinished(), done
        visitors.some()
    assert not visitors.lost
    new, = w.active()
    assert new != w.first.sha256 and w.origin.proof_text(ZONE) == before and new in w.origin.presented()
    w.assert_no_secrets(done.out, done.err)


def test_a_rotation_that_is_due(world):
    """With a leaf that expires soon; and once only."""
    w = world(days=20)
    with Visitors(w.edge) as visitors:
        assert w.ctl("rotate", ZONE, "--renew-before", "10", *signer(w)).code == 0 and w.active() == [w.first.sha256]
        assert w.ctl("rotate", ZONE, *signer(w)).code == 0
        new, = w.active()
        assert new != w.first.sha256
        assert w.ctl("rotate", ZONE, *signer(w)).code == 0 and w.active() == [new]
        visitors.some()
    assert not visitors.lost


def test_a_rotation_with_a_new_ca(world):
    w = world()
    with Visitors(w.edge) as visitors:
        visitors.some()
        done = w.ctl("rotate", ZONE, "--force", "--quiet", "1")
        assert done.code == 0 and w.active() != [w.first.sha256], done
        settle(w, "rotate", ZONE, "--quiet", "1")
        visitors.some()
    assert not visitors.lost
    assert len(w.active()) == 1 and w.in_file() == 1 and w.first_ca.pem not in w.origin.proof_text(ZONE)


def test_a_certificate_for_a_host_name(world):
    w = world(hosts=[WWW, SHOP])
    with Visitors(w.edge) as visitors:
        visitors.some()
        done = w.ctl("hostname", "enable", SHOP, *signer(w))
        assert done.code == 0, done
        first, = w.active("hosts")
        listed = w.ctl("hostname", "list", ZONE)
        assert listed.code == 0 and SHOP in listed.out, listed
        done = w.ctl("rotate", SHOP, "--force", *signer(w))
        assert done.code == 0, done
        second, = w.active("hosts")
        assert second != first and w.active() == [w.first.sha256]
        assert w.account.association(w.zone, SHOP)["cert_id"] == w.account.known(w.zone, "hosts")[0].id
        visitors.some()
        assert {second, w.first.sha256} <= w.origin.presented()
        back = w.ctl("hostname", "disable", SHOP)
        assert back.code == 0 and w.account.association(w.zone, SHOP)["enabled"] is None, back
        visitors.some()
    assert not visitors.lost


def test_a_deployment_that_times_out_is_taken_away_and_the_old_certificate_goes_on(world):
    w = world()
    w.account.outcomes = ["deployment_timed_out"]
    with Visitors(w.edge) as visitors:
        failed = w.ctl("rotate", ZONE, "--force", *signer(w))
        assert failed.code == 1, failed
        until(lambda: [c.state(w.account.now()) for c in w.zone.certificates["zone"]], ["active", "deleted"])
        assert w.active() == [w.first.sha256]
        done = w.ctl("rotate", ZONE, *signer(w))
        assert done.code == 0 and not w.unfinished() and w.active() != [w.first.sha256] and len(w.active()) == 1, done
        visitors.some()
    assert not visitors.lost


def test_an_upload_without_an_answer_is_not_made_twice(world):
    w = world()
    for when in ("before", "after"):
        w.api.fault(f"POST .*/origin_tls_client_auth$", CUT, when=when)
        uploads = len(w.api.called("POST"))
        with Visitors(w.edge) as visitors:
            for _ in range(3):
                done = w.ctl("rotate", ZONE, *(["--force"] if not w.unfinished() else []), *signer(w))
                if done.code == 0:
                    break
            assert done.code == 0 and len(w.active()) == 1, done
        assert not visitors.lost
        assert len(w.api.called("POST")) - uploads == (2 if when == "before" else 1)


def test_the_rate_limit_is_waited_for(world):
    w = world()
    for pattern in ("GET /zones", "POST ", "GET .*/origin_tls_client_auth", "DELETE "):
        w.api.fault(pattern, failure(429, 971, "Please wait", headers={"Retry-After": "1"}))
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", *signer(w))
        assert done.code == 0 and not w.unfinished() and len(w.active()) == 1, done
    assert not visitors.lost
    refused = [n for n, c in enumerate(w.api.calls) if c["status"] == 429]
    assert len(refused) == 4
    # The next call comes when the time is over.
    assert not [n for n in refused if w.api.calls[n + 1]["at"] - w.api.calls[n]["at"] < 1]


def test_errors_of_the_api_that_pass(world):
    w = world()
    for pattern in ("GET .*/origin_tls_client_auth$", "DELETE ", "GET .*/zones"):
        w.api.fault(pattern, failure(503), times=2)
        w.api.fault(pattern, CUT, when="after")
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", *signer(w))
        assert done.code == 0 and not w.unfinished() and len(w.active()) == 1, done
    assert not visitors.lost


def test_a_fleet_of_which_one_origin_lags(world):
    """The new CA is presented when the second origin has its file too, and removed when both are done."""
    w = world(origins=2)
    first, second = w.origins
    copied = threading.Event()

    def copy():
        until(lambda: w.in_file(first), 2, timeout=60)
        time.sleep(2)
        copied.not_yet = not w.api.called("POST")
        shutil.copy(first.proofs[ZONE], second.proofs[ZONE].with_suffix(".new"))
        second.proofs[ZONE].with_suffix(".new").rename(second.proofs[ZONE])
        copied.set()

    copying = threading.Thread(target=copy, daemon=True)
    copying.start()
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--new-ca", "--force", "--quiet", "1", "--wait", "20")
        copying.join(60)
        assert copied.is_set() and copied.not_yet, done
        assert done.code == 0 and len(w.active()) == 1, done
        assert w.active()[0] in first.presented() & second.presented()
    assert not visitors.lost


def test_a_zone_is_not_switched_off_where_its_origin_is_on(world):
    w = world()
    with Visitors(w.edge) as visitors:
        refused = w.ctl("disable", ZONE)
        assert refused.code != 0 and w.zone.own_on and not w.api.called("PUT|DELETE|PATCH"), refused
        visitors.some()
    assert not visitors.lost


def test_a_zone_is_switched_off_where_its_origin_only_audits(world):
    w = world(policy="Audit")
    planned = w.ctl("disable", ZONE, "--dry-run")
    assert planned.code == 0 and w.zone.own_on and not w.api.called("PUT|DELETE|PATCH"), planned
    done = w.ctl("disable", ZONE)
    assert done.code == 0 and not w.zone.own_on and w.active() == [w.first.sha256], done
    done = w.ctl("disable", ZONE, "--delete")
    assert done.code == 0 and not w.active(), done


def test_what_was_begun_is_taken_back(world):
    """After the upload, when the new certificate is not used yet."""
    w = world()
    before = w.origin.proof_text(ZONE)
    w.api.fault("DELETE ", failure(400, 1500, "no"), times=100)
    with Visitors(w.edge) as visitors:
        w.account.deploy = 60
        stopped = w.ctl_until(lambda: len(w.active()) == 2, "rotate", ZONE, "--force")
        assert stopped.code == 1 and w.unfinished(), stopped
        w.api.faults.clear()
        for certificate in w.zone.certificates["zone"]:
            certificate.deploys = 0
        back = w.ctl("rotate", ZONE, "--take-back")
        assert back.code == 0 and w.active() == [w.first.sha256], back
        settle(w, "rotate", ZONE, "--quiet", "1")
        assert w.origin.proof_text(ZONE) == before
        visitors.some()
    assert not visitors.lost
