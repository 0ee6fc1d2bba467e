# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge enable, rotate, disable and hostname: names that only wildcards know, origins that differ, and states that
must come to an end."""
import threading

import standin as api_of
from server import vhost
from test_change import SHOP, WWW, ZONE, signer, unchanged
from waiting import until
from world import Visitors


def reconfigure(origin, text):
    origin.server.server = text
    origin.server.graceful()


def add_vhost(origin, *args, **options):
    reconfigure(origin, origin.configuration() + vhost(*args, **options))


def test_names_that_only_a_wildcard_knows_get_the_new_proof(world):
    """Their virtual host has a zone with a file of its own."""
    w = world()
    tenants = w.origin.folder / "tenants.pem"
    tenants.write_text(w.first_ca.pem)
    w.zone.record("*.tenants.example.com", "192.0.2.1")
    add_vhost(w.origin, "unrelated.test", f"CFOriginPull On\nCFOriginPullZone tenants.example.com {tenants}", aliases="*.tenants.example.com")
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, "--force")
    assert done.code == 0 and not visitors.lost and tenants.read_text().count("BEGIN CERTIFICATE") == 2, done


def test_the_zone_stays_on_where_only_a_wildcard_names_what_is_on(world):
    w = world()
    w.zone.records.clear()
    w.zone.record("*.example.com", "192.0.2.1")
    on = w.origin.configuration().replace("ServerName www.example.com", "ServerName unrelated.test\nServerAlias *.example.com")
    reconfigure(w.origin, vhost("first.test", "CFOriginPull Off") + on)
    unchanged(w, "disable", ZONE, says="CFOriginPull is On")


def test_all_leaves_out_zones_of_host_names_without_a_certificate(world):
    w = world()
    shop = w.origin.folder / "shop.pem"
    shop.write_text(w.first_ca.pem)
    add_vhost(w.origin, SHOP, f"CFOriginPull On\nCFOriginPullZone {SHOP} {shop}")
    done = unchanged(w, "rotate", "--all", code=0, says="nothing to do")
    assert SHOP not in done.out + done.err


def test_another_origin_has_a_zone_that_this_one_has_not(world):
    """It has to accept the new certificate there, too, or nothing is presented."""
    w = world(origins=2, hosts=[WWW, SHOP])
    first, second = w.origins
    own = second.folder / "shop.pem"
    own.write_text(w.first_ca.pem)
    reconfigure(second, second.configuration().replace(f"ServerName {SHOP}", f"ServerName {SHOP}\nCFOriginPullZone {SHOP} {own}", 1))

    def copy():
        until(lambda: w.in_file(first), 2, timeout=60)
        second.proofs[ZONE].write_text(first.proof_text(ZONE))

    copying = threading.Thread(target=copy, daemon=True)
    copying.start()
    with Visitors(w.edge) as visitors:
        # The same CA in the next call, whose file is there then.
        kept = "--ca", w.ca, "--ca-key", w.ca_key
        waits = w.ctl("rotate", ZONE, "--force", "--wait", "12", *kept)
        copying.join(60)
        assert waits.code == 1 and SHOP in waits.err and "not in this configuration" in waits.err and not w.api.called("POST"), waits
        own.write_text(first.proof_text(ZONE))
        done = w.ctl("rotate", ZONE, *kept)
        assert done.code == 0 and len(w.active()) == 1 and w.active() != [w.first.sha256], done
    assert not visitors.lost


def test_a_reload_that_is_off_is_named(world):
    w = world()
    reconfigure(w.origin, w.origin.configuration().replace("CFOriginPullReload 1", "CFOriginPullReload Off"))
    # Without --ca-key the next call has another CA.
    waits = w.ctl("rotate", ZONE, "--force", "--wait", "3")
    assert waits.code == 1 and "graceful restart" in waits.err and "longer --wait" in waits.err, waits
    kept = "--ca", w.ca, "--ca-key", w.ca_key
    waits = w.ctl("rotate", ZONE, "--wait", "3", *kept)
    assert waits.code == 1 and "graceful restart" in waits.err and "longer --wait" not in waits.err, waits
    w.origin.server.graceful()
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, *kept)
        assert done.code == 0 and w.active() != [w.first.sha256], done
    assert not visitors.lost


def test_a_file_that_the_configuration_names_keeps_its_last_proof(world):
    """Taken back, there is nothing left to be done."""
    w = world(locked=False, policy="Audit")
    enable = ("enable", ZONE, "--proof", w.origin.proofs[ZONE])
    assert w.ctl(*enable, "--wait", "3").code == 1
    reconfigure(w.origin, w.origin.configuration())
    assert w.ctl_until(lambda: w.zone.own_on, *enable).code == 1
    back = w.ctl(*enable, "--take-back", "--quiet", "0")
    assert back.code == 0 and "no other proof" in back.out and not w.zone.own_on and w.in_file() == 1 and not w.unfinished(), back


def test_a_proof_for_any_host_stays(world):
    w = world()
    add_vhost(w.origin, "any.test", f"CFOriginPull On\nCFOriginPullZone * {w.origin.proofs[ZONE]}")
    with Visitors(w.edge):
        done = w.ctl("rotate", ZONE, "--force", "--quiet", "0")
    assert done.code == 0 and 'the zone "*"' in done.out and w.in_file() == 2 and not w.unfinished(), done


def test_a_proof_that_cannot_be_removed_is_no_success(world):
    w = world()
    with Visitors(w.edge):
        assert w.ctl("rotate", ZONE, "--force", "--quiet", "1000").code == 0
    other = w.origin.folder / "hard-link.pem"
    other.hardlink_to(w.origin.proofs[ZONE])
    for _ in range(20):
        done = w.ctl("rotate", ZONE, "--quiet", "0")
        if done.code:
            break
    assert done.code == 1 and "hard links" in done.err and w.unfinished(), done
    other.unlink()
    done = w.ctl("rotate", ZONE, "--quiet", "0")
    assert done.code == 0 and w.in_file() == 1 and not w.unfinished(), done


def test_a_host_name_without_a_certificate_is_taken_back_to_that(world):
    w = world(hosts=[WWW, SHOP], policy="Audit")
    with Visitors(w.edge):
        assert w.ctl("hostname", "enable", SHOP, *signer(w)).code == 0
    first, = w.active("hosts")
    assert w.ctl("hostname", "disable", SHOP, "--no-certificate").code == 0
    stopped = w.ctl_until(lambda: w.account.association(w.zone, SHOP)["enabled"], "hostname", "enable", SHOP, *signer(w))
    assert stopped.code == 1 and w.account.association(w.zone, SHOP)["enabled"], stopped
    back = w.ctl("hostname", "enable", SHOP, "--take-back")
    assert back.code == 0 and w.account.association(w.zone, SHOP)["enabled"] is False and not w.unfinished(), back
    assert w.active("hosts") == [first]


def test_more_host_names_than_the_call_before(world):
    w = world(hosts=[WWW, SHOP], policy="Audit")
    stopped = w.ctl("hostname", "enable", SHOP, "--wait", "1", *signer(w))
    assert stopped.code == 1 and w.unfinished(), stopped
    with Visitors(w.edge):
        done = w.ctl("hostname", "enable", SHOP, WWW, *signer(w))
    assert done.code == 0 and not w.unfinished(), done
    assert [w.account.association(w.zone, host)["enabled"] for host in (SHOP, WWW)] == [True, True]


def test_a_zone_of_pins_is_told_what_it_needs(world):
    w = world()
    pin = f"CFOriginPullZone {ZONE} sha256:{w.first.sha256}"
    reconfigure(w.origin, w.origin.configuration().replace(f"CFOriginPullZone {ZONE} {w.origin.proofs[ZONE]}", pin))
    for args in ("--dry-run",), ():
        refused = w.ctl("rotate", ZONE, "--force", *args)
        assert refused.code == 3 and f"CFOriginPullZone {ZONE} FILE" in refused.err and "--proof" not in refused.err, refused
    assert not w.api.called("POST")


def test_nothing_is_switched_off_while_another_origin_is_on(world):
    w = world(origins=2, policy="Audit")
    w.zone.own_on, w.zone.certificates["zone"] = False, []
    assert w.ctl_until(lambda: w.zone.own_on, "enable", ZONE, *signer(w)).code == 1
    audit = w.origins[1].configuration()
    reconfigure(w.origins[1], audit.replace("CFOriginPull Audit", "CFOriginPull On"))
    says = f"CFOriginPull is On for {WWW} at {w.origins[1].status_url}"
    unchanged(w, "enable", ZONE, "--take-back", says=says)
    reconfigure(w.origins[1], audit)
    assert w.ctl("enable", ZONE, "--take-back").code == 0 and not w.zone.own_on
    w.zone.own_on = True
    reconfigure(w.origins[1], audit.replace("CFOriginPull Audit", "CFOriginPull On"))
    unchanged(w, "disable", ZONE, says=says)
    # By an alias, perhaps; but not where it asks for no certificate.
    reconfigure(w.origins[1], audit.replace("CFOriginPull Audit", "CFOriginPull On").replace(f"ServerName {WWW}", "ServerName other.test"))
    unchanged(w, "disable", ZONE, says="CFOriginPull is On for other.test")
    reconfigure(w.origins[1], audit.replace("CFOriginPull Audit", "CFOriginPull On\nCFOriginPullRequire ip"))
    assert w.ctl("disable", ZONE).code == 0 and not w.zone.own_on


def test_a_list_that_lags_behind_an_upload(world, monkeypatch):
    """The look before an upload that is not needed any more may find that all is done: that is not the end of the call."""
    w = world(policy="Audit", deploy=0)
    w.zone.certificates["zone"] = []
    hidden = []

    def listed(account, zone):
        if w.api.called("POST") and not hidden:
            new, = account.known(zone)
            until(lambda: new.sha256 in w.origin.presented())
            hidden.append(new)
            return api_of.Listed()
        return api_of.list_certificates("zone")(account, zone)

    calls = [(c[0], c[1], c[2], listed) if c[0] == f"GET {api_of.A}" else c for c in api_of.CALLS]
    monkeypatch.setattr(api_of, "CALLS", calls)
    with Visitors(w.edge) as visitors:
        done = w.ctl("rotate", ZONE, *signer(w))
    assert done.code == 0 and hidden and not w.unfinished() and len(w.active()) == 1 and not visitors.lost, done
