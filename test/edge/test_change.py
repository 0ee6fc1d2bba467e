# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge enable, rotate, disable and hostname: what they refuse, what they leave alone, what is taken back."""
import fcntl
import json
import subprocess
import time

import pytest

from standin import failure
from waiting import until
from world import CTL, Visitors

ZONE, WWW, SHOP = "example.com", "www.example.com", "shop.example.com"
CHANGES = "POST|PUT|DELETE|PATCH"


def signer(w):
    return "--ca", w.first_ca.crt, "--ca-key", w.first_ca.key


def everything(w):
    """All that a command could change."""
    a = w.account
    return ([o.proof_text(ZONE) for o in w.origins], sorted(w.state.parent.rglob("*")),
            [(c.sha256, c.state(a.now())) for level in w.zone.certificates.values() for c in level], w.zone.own_on,
            {h: (x.certificate and x.certificate.id, x.enabled) for h, x in w.zone.associations.items()}, len(w.api.called(CHANGES)))


def unchanged(w, *args, code=1, says=""):
    before = everything(w)
    result = w.ctl(*args)
    assert result.code == code and says in result.out + result.err, result
    left = everything(w)
    # The folder of state files and its locks may be there.
    assert before[0] == left[0] and before[2:] == left[2:], result
    assert not w.unfinished() or before[1] == left[1], result
    return result


@pytest.fixture
def stranger(pki):
    """A certificate that no origin of these tests accepts."""
    return pki.issue("stranger", pki.ca("strange-ca"))


def place(w, leaf, **options):
    return w.account.place(w.zone, leaf.pem, leaf.key.read_text(), **options)


def test_a_dry_run_changes_nothing_at_all(world, pki):
    w = world(hosts=[WWW, SHOP], policy="Audit")
    files = "--ca", w.ca, "--ca-key", w.ca_key
    before = everything(w)
    planned = w.ctl("rotate", ZONE, "--force", "--dry-run")
    words = [line.split("would ")[1].split()[0] for line in planned.out.splitlines() if "would " in line]
    assert planned.code == 0 and words == ["write", "make", "add", "wait", "upload", "wait", "wait", "delete", "remove"], planned
    planned = w.ctl("rotate", ZONE, "--force", "--dry-run", *signer(w))
    assert planned.code == 0 and "would add" not in planned.out and "would upload" in planned.out, planned
    for args in (("rotate", ZONE, "--force", *files), ("rotate", "--all", "--force"), ("hostname", "enable", SHOP), ("disable", ZONE),
                 ("disable", ZONE, "--delete"), ("hostname", "disable", SHOP)):
        done = w.ctl(*(args if args[1:2] != ("--all",) else args), "--dry-run")
        assert done.code == 0 and everything(w) == before, (args, done)
    w.zone.own_on = False
    before = everything(w)
    assert w.ctl("enable", ZONE, "--dry-run").code == 0 and everything(w) == before
    assert not w.state.exists()


def test_a_zone_of_many_names_does_not_cost_a_call_each(world, stranger):
    w = world(hosts=[WWW], policy="Audit")
    place(w, stranger, level="hosts")
    for number in range(600):
        w.zone.record(f"h{number}.{ZONE}", "192.0.2.1")
    assert w.ctl("rotate", ZONE, "--dry-run").code == 0
    asked = w.api.called(r"GET .*/hostnames/[^/]+\.com$")
    assert len(asked) == 500 and any(call.endswith("/" + WWW) for call in asked)


def test_what_a_killed_call_was_writing_is_removed(world):
    w = world()
    w.state.mkdir(mode=0o700)
    draft = w.state / f"{ZONE}~.json"
    draft.write_text('{"version"')
    assert w.ctl("rotate", ZONE, "--dry-run").code == 0 and draft.exists()
    assert w.ctl("rotate", ZONE).code == 0 and not draft.exists()


def test_nothing_is_due(world):
    w = world()
    for args in (("rotate", ZONE), ("rotate", "--all"), ("enable", ZONE)):
        done = unchanged(w, *args, code=0, says="nothing to do: ")
        assert len(done.out.splitlines()) == 1 and not done.err, done
    assert "no unfinished call" in unchanged(w, "rotate", ZONE, "--take-back", code=0).out
    told = json.loads(w.ctl("rotate", ZONE, "--json").out)
    target, = [x for x in told["targets"] if x["outcome"]]
    assert told["exit"] == 0 and target["target"] == ZONE and target["outcome"] == "nothing" and target["steps"] == []


def test_a_zone_that_is_on_is_not_enabled_beside_what_it_has(world, stranger):
    w = world()
    unchanged(w, "enable", ZONE, "--cert", stranger.crt, "--key", stranger.key, says="edge rotate")
    place(w, stranger, age=60)
    unchanged(w, "enable", ZONE, says="does not accept")


def test_a_certificate_that_is_refused_is_not_passed_over(world, stranger):
    w = world(policy="Audit")
    place(w, stranger, age=60)
    unchanged(w, "rotate", ZONE, says="the origin does not accept it")
    with Visitors(w.edge):
        done = w.ctl("rotate", ZONE, "--force", *signer(w))
    assert done.code == 0 and len(w.active()) == 1 and len(w.api.called("DELETE")) == 2 and w.in_file() == 1, done


def test_a_certificate_that_the_switch_would_present_stops_it(world, stranger):
    w = world()
    w.zone.own_on = False
    old = place(w, stranger, age=7200)
    unchanged(w, "enable", ZONE, says=old.sha256[:16])
    unchanged(w, "rotate", ZONE, "--force", says="edge enable")


def test_a_certificate_that_is_there_is_used(world):
    """A zone that was switched off for a while."""
    w = world(policy="Audit")
    w.zone.own_on = False
    with Visitors(w.edge):
        done = w.ctl("enable", ZONE)
    assert done.code == 0 and w.zone.own_on and w.active() == [w.first.sha256] and not w.api.called("POST|DELETE"), done


def test_ssl_modes_in_which_nothing_is_presented(world):
    w = world()
    for mode in ("off", "flexible", "a_new_one", ""):
        w.zone.ssl = mode
        unchanged(w, "rotate", ZONE, "--force", says=f"SSL mode of the zone is {mode}")


def test_an_origin_out_of_sight_stops_everything(world):
    w = world(origins=2)
    w.origins[1].server.stop()
    for args in (("rotate", ZONE, "--force"), ("disable", ZONE), ("hostname", "enable", WWW)):
        unchanged(w, *args, code=3, says="cannot be seen")


BAD_STATES = {
    "no JSON": "{", "another version": '{"version": 2}', "no object": "[1]", "members are missing": '{"version": 1, "zone": "example.com"}',
    "a wrong type": '{"version": 1, "zone": 1, "zone_id": "x", "changes": [], "removals": []}',
    "a wrong element": '{"version": 1, "zone": "example.com", "zone_id": "x", "changes": [1], "removals": []}',
    "twice": '{"version": 1, "version": 1}', "null": '{"version": 1, "zone": "example.com", "zone_id": null, "changes": [], "removals": []}',
    "another zone": '{"version": 1, "zone": "example.com", "zone_id": "x", "changes": [], "removals": []}',
}


def test_a_state_file_that_cannot_be_used_is_left_as_it_is(world):
    w = world()
    w.state.mkdir(0o700)
    file = w.state / f"{ZONE}.json"
    for text in BAD_STATES.values():
        file.write_text(text)
        before = everything(w)
        for args in (("rotate", ZONE, "--force"), ("rotate", ZONE, "--take-back")):
            done = w.ctl(*args)
            assert done.code == 3 and str(file) in done.err and file.read_text() == text, done
        assert everything(w)[2:] == before[2:]


def test_a_folder_that_others_can_write_to_is_refused(world):
    w = world()
    w.state.mkdir()
    w.state.chmod(0o777)
    unchanged(w, "rotate", ZONE, "--force", code=3, says="others can write")


def test_one_call_at_a_time(world):
    w = world()
    w.state.mkdir(0o700)
    with (w.state / f"{ZONE}.lock").open("w") as lock:
        lock.write("process 1 since yesterday\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        for args in (("rotate", ZONE), ("disable", ZONE, "--force"), ("hostname", "enable", WWW)):
            unchanged(w, *args, says="process 1 since yesterday")
    assert w.ctl("rotate", ZONE).code == 0


def test_what_somebody_else_uploads_meanwhile_is_left_alone(world, stranger):
    w = world(policy="Audit")
    with Visitors(w.edge):
        call = w.start_ctl("rotate", ZONE, "--force", *signer(w))
        until(lambda: len(w.api.called("POST")), 1, timeout=60)
        foreign = place(w, stranger, age=-1)
        done = w.finish_ctl(call)
        assert done.code == 1 and foreign.sha256[:16] in done.err and "left alone" in done.err, done
        assert {foreign.sha256, w.first.sha256} < set(w.active()) and not w.api.called("DELETE")
        w.account.remove(w.zone, "zone", foreign.id)
        until(lambda: foreign.sha256 in w.active(), False)
        done = w.ctl("rotate", ZONE, *signer(w))
    assert done.code == 0 and len(w.active()) == 1 and w.first.sha256 not in w.active(), done


def test_an_old_certificate_that_somebody_uploads_again_is_left_alone(world, pki):
    """It has its old id."""
    w = world()
    with Visitors(w.edge):
        call = w.start_ctl("rotate", ZONE, "--force", *signer(w))
        until(lambda: len(w.api.called("POST")), 1, timeout=60)
        w.first.uploaded += 100
        w.zone.certificates["zone"].sort(key=lambda c: c.uploaded)
        done = w.finish_ctl(call)
    assert done.code == 0 and "left alone" in done.out and w.first.sha256 in w.active() and not w.api.called("DELETE"), done


def test_aop_that_somebody_switches_off_meanwhile_stays_off(world):
    w = world(policy="Audit", deploy=3)
    with Visitors(w.edge):
        call = w.start_ctl("rotate", ZONE, "--force", *signer(w))
        until(lambda: len(w.api.called("POST")), 1, timeout=60)
        w.zone.own_on = False
        done = w.finish_ctl(call)
    assert done.code == 1 and "switched Authenticated Origin Pulls off" in done.err and not w.zone.own_on and not w.api.called("DELETE"), done


def test_a_ca_that_another_zone_needs_stays(world, pki):
    w = world()
    other = w.account.zone("example.org")
    leaf = pki.issue("other", w.first_ca)
    w.account.place(other, leaf.pem, leaf.key.read_text())
    # The same file for both zones.
    w.origin.server.server = w.origin.configuration().replace("</VirtualHost>", f"CFOriginPullZone example.org {w.origin.proofs[ZONE]}\n</VirtualHost>", 1)
    w.origin.server.graceful()
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", "--quiet", "0")
        assert done.code == 0 and "needs it" in done.out and w.in_file() == 2 and not w.unfinished(), done
        visitors.some()
    assert not visitors.lost


def test_an_old_proof_is_removed_when_it_was_quiet_for_long_enough(world):
    w = world()
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", "--quiet", "5", "--json")
        told = json.loads(done.out)
        target, = [x for x in told["targets"] if x["remains"]]
        assert done.code == 0 and w.in_file() == 2 and w.unfinished() and target["from"] and "is removed from" in target["remains"], done
        again = w.ctl("rotate", ZONE, "--quiet", "999999")
        assert again.code == 0 and w.in_file() == 2, again
        # A timer would call it, too.
        until(lambda: w.ctl("rotate", ZONE, "--quiet", "5").code == 0 and w.in_file(), 1, timeout=40)
        done = w.ctl("rotate", ZONE, "--quiet", "5")
        assert done.code == 0 and w.in_file() == 1 and not w.unfinished(), done
        visitors.some()
    assert not visitors.lost


def test_a_clock_that_was_set_forward_makes_nothing_quiet(world):
    w = world()
    with Visitors(w.edge):
        assert w.ctl("rotate", ZONE, "--force", "--quiet", "1000").code == 0
    file = w.state / f"{ZONE}.json"
    state = json.loads(file.read_text())
    assert state["removals"][0]["boot"]
    # As if it had been an hour ago by the day's clock, but not by the other.
    state["removals"][0]["since"] -= 3600 * 10**6
    state["removals"][0]["leaves"] = []
    file.write_text(json.dumps(state))
    assert w.ctl("rotate", ZONE, "--quiet", "1000").code == 0 and w.in_file() == 2


def test_a_file_of_leaves(world, pki):
    w = world()
    w.origin.proofs[ZONE].write_text(w.account.known(w.zone)[0].pem)
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", "--quiet", "0")
        for _ in range(10):
            if not w.unfinished():
                break
            done = w.ctl("rotate", ZONE, "--quiet", "0")
        new, = w.active()
        assert done.code == 0 and new != w.first.sha256 and w.in_file() == 1, done
        assert subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256"], input=w.origin.proof_text(ZONE), text=True,
                              capture_output=True, check=True).stdout.strip().replace(":", "").lower().endswith(new)
        visitors.some()
    assert not visitors.lost


def test_a_ca_whose_key_is_kept(world):
    w = world()
    files = "--ca", w.ca, "--ca-key", w.ca_key
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force", *files)
        assert done.code == 0 and w.ca_key.stat().st_mode & 0o777 == 0o600 and w.in_file() == 2, done
        assert "PRIVATE KEY" in w.ca_key.read_text() and "PRIVATE KEY" not in w.ca.read_text()
        # One child of httpd says that it is in force; the others have a moment to follow.
        assert "but for a moment only" in done.out, done
        before = w.origin.proof_text(ZONE)
        again = w.ctl("rotate", ZONE, "--force", *files)
        assert again.code == 0 and w.origin.proof_text(ZONE) == before, again
        refused = w.ctl("rotate", ZONE, "--force", "--new-ca", *files)
        assert refused.code == 3 and "do not exist yet" in refused.err, refused
        visitors.some()
    assert not visitors.lost
    w.assert_no_secrets(done.out, done.err, again.out, again.err)


def test_a_given_leaf(world, pki):
    w = world()
    leaf = pki.issue("given", w.first_ca)
    with Visitors(w.edge) as visitors:
        for _ in range(2):
            done = w.ctl("rotate", ZONE, "--force", "--cert", leaf.crt, "--key", leaf.key)
            assert done.code == 0 and w.active()[0] == w.account.known(w.zone)[0].sha256 and len(w.active()) == 1, done
        assert len(w.api.called("POST")) == 1 and w.active() != [w.first.sha256]
        visitors.some()
    assert not visitors.lost


def test_what_was_begun_is_taken_back_before_the_upload(world):
    w = world()
    before = w.origin.proof_text(ZONE)
    w.api.fault("POST ", failure(403, 10000, "Authentication error"), times=100)
    stopped = w.ctl("rotate", ZONE, "--force")
    assert stopped.code == 3 and w.unfinished() and w.in_file() == 2 and "--take-back" in stopped.err, stopped
    unchanged_verb = w.ctl("enable", ZONE)
    assert unchanged_verb.code == 1 and "edge rotate" in unchanged_verb.err, unchanged_verb
    back = w.ctl("rotate", ZONE, "--take-back", "--quiet", "0")
    assert back.code == 0 and w.active() == [w.first.sha256], back
    for _ in range(10):
        if not w.unfinished():
            break
        time.sleep(0.3)
        back = w.ctl("rotate", ZONE, "--take-back", "--quiet", "0")
    assert w.origin.proof_text(ZONE) == before and not w.unfinished(), back


def test_it_is_too_late_to_take_back_when_the_old_certificate_is_deleted(world):
    w = world(delete=300)
    with Visitors(w.edge) as visitors:
        stopped = w.ctl_until(lambda: w.api.called("DELETE"), "rotate", ZONE, "--force", *signer(w))
        assert stopped.code == 1 and w.unfinished(), stopped
        new, = w.active()
        back = w.ctl("rotate", ZONE, "--take-back")
        assert back.code == 1 and "go on instead" in back.err and w.active() == [new], back
        for certificate in w.zone.certificates["zone"]:
            certificate.deletes = certificate.deletes and 0
        done = w.ctl("rotate", ZONE)
        assert done.code == 0 and w.active() == [new] and not w.unfinished(), done
        visitors.some()
    assert not visitors.lost


def test_an_enabling_is_taken_back(world):
    """After the switch, without visitors: nobody has used it yet."""
    w = world(policy="Audit")
    before, w.zone.own_on, w.zone.certificates["zone"] = w.origin.proof_text(ZONE), False, []
    stopped = w.ctl_until(lambda: w.zone.own_on, "enable", ZONE)
    assert stopped.code == 1 and w.zone.own_on and len(w.active()) == 1, stopped
    w.origin.policy = "On"
    w.origin.server.server = w.origin.configuration()
    w.origin.server.graceful()
    refused = w.ctl("enable", ZONE, "--take-back")
    assert refused.code == 1 and "CFOriginPull is On" in refused.err and w.zone.own_on, refused
    w.origin.policy = "Audit"
    w.origin.server.server = w.origin.configuration()
    w.origin.server.graceful()
    back = w.ctl("enable", ZONE, "--take-back", "--quiet", "0")
    assert back.code == 0 and not w.zone.own_on and not w.active() and w.origin.proof_text(ZONE) == before, back


def test_a_host_name_is_taken_back(world):
    w = world(hosts=[WWW, SHOP])
    with Visitors(w.edge) as visitors:
        w.api.fault("DELETE ", failure(400, 1500, "no"), times=100)
        assert w.ctl("hostname", "enable", SHOP, *signer(w)).code == 0
        first, = w.active("hosts")
        stopped = w.ctl("rotate", SHOP, "--force", *signer(w))
        assert stopped.code != 0 and len(w.active("hosts")) == 2, stopped
        w.api.faults.clear()
        back = w.ctl("rotate", SHOP, "--take-back")
        assert back.code == 0 and w.active("hosts") == [first], back
        visitors.some()
    assert not visitors.lost


def test_host_names_that_share_a_certificate_move_together(world):
    w = world(hosts=[WWW, SHOP])
    with Visitors(w.edge) as visitors:
        done = w.ctl("hostname", "enable", SHOP, WWW, *signer(w))
        assert done.code == 0 and len(w.active("hosts")) == 1, done
        before, = w.active("hosts")
        done = w.ctl("rotate", WWW, SHOP, "--force", *signer(w))
        after, = w.active("hosts")
        assert done.code == 0 and after != before and len(w.api.called("POST")) == 2, done
        used = {w.account.association(w.zone, host)["cert_id"] for host in (WWW, SHOP)}
        assert used == {w.account.known(w.zone, "hosts")[0].id}
        visitors.some()
    assert not visitors.lost


def test_a_host_name_keeps_its_certificate_if_the_origin_would_refuse_what_comes_then(world, stranger):
    w = world(hosts=[WWW, SHOP])
    with Visitors(w.edge):
        assert w.ctl("hostname", "enable", SHOP, *signer(w)).code == 0
    for args in (("--no-certificate",), ()):
        if not args:
            place(w, stranger, age=60)
        unchanged(w, "hostname", "disable", SHOP, *args, says="keeps its certificate")
    w.zone.own_on = False
    unchanged(w, "hostname", "disable", SHOP, says="keeps its certificate")
    done = w.ctl("hostname", "disable", SHOP, "--force", "--delete")
    assert done.code == 0 and w.account.association(w.zone, SHOP)["enabled"] is None and not w.active("hosts"), done


def test_a_zone_that_is_on_stays_on(world):
    w = world()
    unchanged(w, "disable", ZONE, says="CFOriginPull is On")
    done = w.ctl("disable", ZONE, "--force")
    assert done.code == 0 and not w.zone.own_on and w.active() == [w.first.sha256], done


def test_files_that_cannot_be_used_begin_nothing(world, stranger):
    w = world()
    for args in (("--cert", stranger.crt, "--key", w.first_ca.key), ("--ca", w.first_ca.crt, "--ca-key", stranger.key),
                 ("--ca", w.first_ca.crt, "--ca-key", w.ca_key), ("--cert", w.ca, "--key", w.ca_key)):
        unchanged(w, "rotate", ZONE, "--force", *args, code=3)
    w.zone.own_on, w.zone.certificates["zone"] = False, []
    w.origin.server.server = w.origin.configuration(zones=[])
    w.origin.server.graceful()
    unchanged(w, "enable", ZONE, code=3, says="--proof FILE")


def test_a_signal_ends_it_between_two_steps(world):
    w = world(policy="Audit")
    call = w.start_ctl("rotate", ZONE, "--force", *signer(w))
    until(lambda: len(w.active()), 2, timeout=60)
    time.sleep(1)
    call.terminate()
    done = w.finish_ctl(call)
    assert done.code == 1 and "--take-back" in done.err and w.unfinished() and len(w.active()) == 2, done
    with Visitors(w.edge):
        done = w.ctl("rotate", ZONE, *signer(w))
    assert done.code == 0 and len(w.active()) == 1 and not w.unfinished(), done


def test_a_record_with_a_name_that_is_none(world):
    w = world(hosts=[WWW, SHOP], policy="Audit")
    for name in ("\x1b[2J.example.com", "a b.example.com", "*.example.com", "a/../b.example.com", "example.com\n.example.com"):
        w.zone.record(name, "192.0.2.1")
    with Visitors(w.edge):
        done = w.ctl("hostname", "enable", SHOP, *signer(w))
    assert done.code == 0 and "\x1b" not in done.out + done.err, done
    listed = w.ctl("hostname", "list", ZONE)
    assert listed.code == 0 and "\x1b" not in listed.out + listed.err and SHOP in listed.out, listed
    # The zone's certificate: the host name that has its own is shown.
    planned = w.ctl("rotate", ZONE, "--force", "--dry-run")
    assert f"{SHOP} is not concerned: it has a certificate of its own" in planned.out, planned
    assert not [c for c in w.api.calls if "%1B" in str(c).upper() or "\\x1b" in str(c)]


def test_one_bad_zone_does_not_stop_the_others(world):
    w = world()
    done = w.ctl("rotate", ZONE, "unknown.example")
    assert done.code == 3 and "nothing to do" in done.out and "unknown.example" in done.err, done


WRONG = {
    "no zone": ["enable"], "no verb": ["hostname", "move", "a.test"], "no name": ["rotate", "a_b..c"], "star": ["enable", "*"],
    "--cert alone": ["rotate", "a.test", "--cert", "x"], "--ca alone": ["rotate", "a.test", "--ca", "x"],
    "both": ["rotate", "a.test", "--cert", "x", "--key", "x", "--ca", "x", "--ca-key", "x"],
    "days": ["rotate", "a.test", "--renew-before", "-1"], "quiet": ["rotate", "a.test", "--quiet", "soon"],
    "key": ["rotate", "a.test", "--key-type", "rsa512"], "all": ["rotate", "--all", "a.test"],
    "try back": ["rotate", "a.test", "--take-back", "--dry-run"],
}


@pytest.mark.parametrize("args", WRONG.values(), ids=WRONG)
def test_a_wrong_command_line(standin, args):
    api = standin()
    done = subprocess.run([CTL, "edge", *args, "--api-ca", api.ca.crt], env=api.environment(api.account.token()), text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and not done.stdout and "Usage: " in done.stderr and not api.called(CHANGES), done
