# SPDX-License-Identifier: Apache-2.0
"""A tenant can write one file of the zone folder, which is a link into the tenant's own folder, or gets names into it.
Whatever is put there, the zones of others go on, nothing is opened, and nothing of files that only root can read is
shown."""
import json
import os
import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from client import CLOUDFLARE, get
from pki import CA, Certificate, openssl
from server import vhost

SECRET = "root:$6$nobody.may.see.this:20000:0:99999:7:::\n"
# Children load files one after the other, within a second.
ONE_CHILD = """<IfModule mpm_prefork_module>
    StartServers 1
    MinSpareServers 1
    MaxSpareServers 1
    MaxRequestWorkers 1
</IfModule>
"""
MARKUP = '<script>alert(1)</script>"\'&'


class House:
    """An httpd with a zone folder: a.test and b.test, and tN.test of tenants, whose files are links into their own
    folders."""

    def __init__(self, httpd, pki, scratch):
        self.pki = pki
        self.dir = scratch / f"house-{os.urandom(4).hex()}"
        self.zones, self.home = self.dir / "zones", self.dir / "home"
        self.zones.mkdir(parents=True)
        self.home.mkdir()
        (self.zones / "a.test.pem").write_text(pki.zone_a.pem)
        (self.zones / "b.test.pem").write_text(pki.zone_b.pem)
        for name in TENANTS:
            (self.home / name).write_text(pki.zone_a.pem)
            (self.zones / f"{name}.test.pem").symlink_to(self.home / name)
        self.httpd = httpd(ports=2, server=ONE_CHILD + "CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                           f"CFOriginPullZoneDir {self.zones}\n"
                           + vhost("a.test", "CFOriginPull On") + vhost("b.test", "CFOriginPull On", aliases="*.b.test")
                           + "".join(vhost(f"{name}.test", "CFOriginPull On") for name in ["c", *TENANTS])
                           + vhost("status.test", "SetHandler cf-origin-status", port="{port2}", tls=False))

    def opens(self, host, leaf):
        return get(self.httpd.port, "/", CLOUDFLARE, sni=host, cert=leaf).status == 200

    def opened(self, hosts=("a.test", "b.test", "x.b.test"), leaves=("a", "b", "rogue", "none")):
        """The hosts that each certificate opens."""
        known = {"a": self.pki.leaf_a, "b": self.pki.leaf_b, "rogue": self.pki.rogue, "none": None}
        return {name: {host for host in hosts if self.opens(host, known[name])} for name in leaves}

    def put(self, name, make):
        """In one step, as a rename."""
        new = self.home / "new"
        make(new)
        os.replace(new, self.home / name)

    def settle(self):
        """Waits until the folder and its files were looked at again: another zone has changed."""
        was_a = self.opens("c.test", self.pki.leaf_a)
        new = self.dir / "new"
        new.write_text((self.pki.zone_b if was_a else self.pki.zone_a).pem)
        new.rename(self.zones / "c.test.pem")
        self.httpd.wait_for(lambda: self.opens("c.test", self.pki.leaf_b if was_a else self.pki.leaf_a), "another zone", timeout=30)


@pytest.fixture(scope="module")
def house(httpd, pki, scratch):
    return House(httpd, pki, scratch)


def write(text):
    return lambda path: path.write_text(text)


def link(target):
    return lambda path: path.symlink_to(target)


def root_only(path):
    target = path.with_name("shadow")
    target.write_text(SECRET)
    target.chmod(0o600)
    path.symlink_to(target)


def sparse(path):
    with path.open("w") as file:
        file.truncate(1 << 40)


def namesakes(pki):
    """Hundreds of CA certificates with the name of the CA of the neighbour."""
    ca = pki.ca("namesake", subject="/CN=zone-b", extensions=CA + "subjectKeyIdentifier=none\n")
    return ca.pem * (400_000 // len(ca.pem))


THINGS = {
    "fifo": os.mkfifo, "folder": link("/usr"), "zeros": link("/dev/zero"), "terminal": link("/dev/tty"),
    "dangling": link("nowhere"), "itself": lambda path: path.symlink_to(path.parent / "t3"), "root only": root_only, "sparse": sparse,
    "memory": link("/proc/self/mem"), "kernel log": link("/proc/kmsg"), "empty": write(""), "markup": write(MARKUP),
    "nuls": write("\0" * 100_000), "lines": write("-----BEGIN CERTIFICATE-----\n" * 30_000),
    "key": lambda path: path.write_bytes(openssl("genpkey", "-algorithm", "ED25519")),
}


TENANTS = [f"t{i}" for i in range(len(THINGS) + 1)]
OTHERS = {"a": {"a.test"}, "b": {"b.test", "x.b.test"}, "rogue": set(), "none": set()}
THEIRS = {f"{name}.test" for name in TENANTS}


@pytest.mark.A50
def test_whatever_a_tenant_puts_into_the_file_changes_nothing(house):
    """Neither the tenant's own zone nor those of others; and they can go on changing. A restart shuts the tenant's own
    zone until the file is mended."""
    for name, thing in zip(TENANTS, THINGS):
        house.put(name, THINGS[thing])
    house.settle()
    assert house.opened() == OTHERS
    assert house.opened(THEIRS, "ab") == {"a": THEIRS, "b": set()}
    house.httpd.replace_children()
    assert house.opened() == OTHERS
    assert house.opened(THEIRS, "ab") == {"a": {f"{TENANTS[-1]}.test"}, "b": set()}
    house.settle()
    for name in TENANTS:
        house.put(name, write(house.pki.zone_a.pem))
    house.httpd.wait_for(lambda: house.opened(THEIRS, "a")["a"] == THEIRS, "the zones that are mended", timeout=30)
    assert "nobody.may.see.this" not in house.httpd.log() and "exit signal" not in house.httpd.log()


@pytest.mark.A50
def test_a_tenant_opens_only_the_own_zone_to_others(house):
    """With their CA, which is no secret, or with hundreds of its name, or with a hard link to their file."""
    house.put("t0", write(house.pki.zone_b.pem))
    house.put("t1", write(namesakes(house.pki)))
    house.put("t2", lambda path: os.link(house.zones / "b.test.pem", path))
    house.httpd.wait_for(lambda: not house.opened(("t0.test", "t1.test", "t2.test"), "a")["a"], "the new proofs", timeout=30)
    assert house.opened() == OTHERS
    assert house.opened(THEIRS) == {"a": THEIRS - {"t0.test", "t1.test", "t2.test"}, "b": {"t0.test", "t2.test"}, "rogue": set(), "none": set()}


NAMES = ["*.pem", "test.pem", "B.test.pem", "b.TEST.pem", "b.test..pem", " b.test.pem", "b.test .pem", "*.b.test.pem", "b.test:443.pem", "x_b.test.pem.pem",
         ".b.test.pem", ".pem", "..pem", "b.test.PEM", "b.test.pem~", "b\u200b.test.pem", "b.test\n.pem", '"b.test".pem', f"{MARKUP[:8]}.pem",
         "a" * 250 + ".pem", "xn--b-.test.pem", "b%2etest.pem"]


@pytest.mark.A50
def test_no_other_name_of_a_file_takes_a_host_from_another_zone(house):
    """Not *, nor a parent. But whoever can make files in the folder can make a zone of a name below another one."""
    for name in NAMES:
        (house.zones / name).write_text(house.pki.rogue_ca.pem)
    house.settle()
    assert house.opened() == OTHERS
    (house.zones / "x.b.test.pem").write_text(house.pki.rogue_ca.pem)
    house.settle()
    assert house.opened() == {**OTHERS, "b": {"b.test"}, "rogue": {"x.b.test"}}
    for name in [*NAMES, "x.b.test.pem"]:
        (house.zones / name).unlink()
    house.settle()
    assert house.opened() == OTHERS


def hostile_subject(pki):
    """A CA whose name is markup, a line and a label."""
    config, key, crt = pki.dir / "hostile.cnf", pki.key("hostile-ca"), pki.dir / "hostile-ca.pem"
    config.write_text("[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\nx509_extensions=ca\n[dn]\n"
                      'CN=<script>alert(1)</script>\\" } 1\nO=a\\nb\n[ca]\n' + CA)
    openssl("req", "-new", "-x509", "-key", key, "-config", config, "-out", crt, "-days", "9")
    return Certificate(crt, key)


@pytest.mark.A51
def test_the_status_page_shows_text_of_tenants_as_text(house):
    """The subject of a certificate, the name and the error of a file."""
    (house.zones / "d.test.pem").write_text(hostile_subject(house.pki).pem)
    for name in ("<img src=x>.pem", "e.test.pem"):
        (house.zones / name).write_text(MARKUP)

    def ask(query):
        return get(house.httpd.ports[1], f"/?{query}", sni="status.test", plain=True).text
    report = house.httpd.wait_for(lambda: (lambda text: text if "alert(1)" in text and "src=x" in text else None)(ask("json")),
                                  "the files", timeout=30)
    assert {"b.test", "d.test"} <= {zone["name"] for zone in json.loads(report)["zones"]}
    page = ask("")
    assert "alert(1)" in page and "<script" not in page and "<img src=x" not in page
    families = {family.name: family for family in text_string_to_metric_families(ask("metrics"))}
    zones = {sample.labels["zone"] for sample in families["cf_origin_certificate_expiry_timestamp_seconds"].samples}
    assert {"b.test", "d.test"} <= zones
    for line in house.httpd.log().splitlines():
        assert re.match(r"\[[A-Z]", line)  # a date: no file name or subject began a line
