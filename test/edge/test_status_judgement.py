# SPDX-License-Identifier: Apache-2.0
"""attacks on edge status"""
import pytest
from server import vhost
from standin import Answer, page
from test_ctl_edge_status import *  # noqa
from test_ctl_edge_status import World, CRITICAL, OK, WARNING, UNKNOWN


def show(answer):
    print(answer.out)
    print(answer.code, [ (f["level"], f["code"]) for f in answer.findings])


@pytest.mark.parametrize("mode", ["origin_pull", "strict", "future_mode", ""])
def test_a_mode(locked, mode):
    made = locked()
    made.zone.ssl = mode
    show(made.status())

@pytest.mark.parametrize("state", ["active_renewing", "deletion_timed_out", "pending_deletion"])
def test_b_unknown_state(locked, pki, state):
    made = locked()
    made.place(pki.leaf_b, state=state)
    show(made.status())

@pytest.mark.parametrize("state", ["weird", "deletion_timed_out", "pending_deletion"])
def test_c_host_cert_state(locked, pki, state):
    made = locked()
    own = made.place(pki.leaf_b, level="hosts")
    made.associate("www.example.com", own)
    own.fixed = state
    show(made.status())

def test_d_pending_association_zone_off(locked, pki):
    made = locked()
    made.zone.own_on = False
    own = made.place(pki.leaf_a, level="hosts")
    made.api.account.deploy = 999
    made.api.account.associate(made.zone, [{"hostname": h, "cert_id": own.id, "enabled": True} for h in ("www.example.com", "api.example.com")])
    show(made.status())

def test_e_two_addresses(standin, folder, pki, dumps):
    extra = ("Listen 127.0.0.9:{port2}\n" if False else "") + vhost("admin.example.net", f"CFOriginPull On\nCFOriginPullZone example.net {folder}/example.com.pem\n").replace("*:{port}", "*:{port2}").replace("{port}", "{port2}")
    made = World(standin(), folder, pki, dumps("On", extra))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    made.api.account.zone("example.net")
    show(made.status("example.com"))

def test_f_two_vhosts_pins(standin, folder, pki, dumps):
    """one vhost serves www twice"""
    extra = vhost("www.example.com", "CFOriginPull On\n").replace("{port}", "{port2}")
    made = World(standin(), folder, pki, dumps("On", extra))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    show(made.status("example.com"))

def test_f2(standin, folder, pki, dumps):
    """api first in alphabet is fine; www is also served on another address by a virtual host without zone"""
    extra = vhost("www.example.com", "CFOriginPull On\n").replace("{port}", "{port2}") + vhost("api.example.com", f"CFOriginPull On\nCFOriginPullZone example.com {folder}/example.com.pem\n").replace("{port}", "{port2}")
    made = World(standin(), folder, pki, dumps("On", extra))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    show(made.status("example.com"))

def test_g_folder_other(locked, tmp_path, pki):
    made = locked()
    (tmp_path / "other.test.pem").write_text(pki.zone_a.pem)
    show(made.status("example.com", origin=["--folder", tmp_path]))

def test_h_no_records(locked, pki):
    made = locked(None)
    made.zone.records.clear()
    show(made.status())
    show(made.status("example.com"))
