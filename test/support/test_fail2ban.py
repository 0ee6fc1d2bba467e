# SPDX-License-Identifier: Apache-2.0
"""fail2ban bans clients that bypass Cloudflare and no one else, whatever they write into the log."""
import re
import shutil
import subprocess
import time

import pytest

import session
from client import EDGE, RAY, STRANGER, Connection, H2Connection, get
from hostile import ATTACKS, LINE, VICTIM, attack
from server import ROOT, vhost
from tools import TOOLS, command, environment, run

CONF = ROOT / "conf" / "fail2ban"
FILTER = CONF / "filter.d" / "cf-origin.conf"
BALANCER = "127.201.0.1"
RANGES = re.findall(r"^[0-9a-f].*", (ROOT / "conf" / "cloudflare-ranges.txt").read_text(), re.M)
REASONS = re.findall(r'REASON\(\s*[A-Z_]+, "([a-z-]+)"', (ROOT / "src/core/verdict/reason_table.h").read_text())
BANNING = {"cert-missing", "not-tls", "zone-unknown"}


@pytest.fixture(scope="module")
def origin(httpd, pki):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    plain = {"tls": False, "port": "{port2}"}
    return httpd(modules=["remoteip"], log_level="info", server=(
        "CFOriginPullRanges 127.0.0.0/9\n" + zone
        + vhost("shop.a.test", "CFOriginPull On\n", aliases="*.other.test")
        + vhost("audit.a.test", "CFOriginPull Audit\n")
        + vhost("plain.a.test", "CFOriginPull On\n", **plain)
        + vhost("on.a.test", f"CFOriginPull On\nRemoteIPProxyProtocol On\nCFOriginPullProxyProtocol {BALANCER}\n",
                port="{port3}")))


def banned_by(log):
    return run("fail2ban-regex", "-c", TOOLS / "etc" / "fail2ban", "-o", "ip", log, FILTER).split()


def banned(lines, tmp_path):
    log = tmp_path / "lines.log"
    log.write_text("".join(f"{line}\n" for line in lines))
    return banned_by(log)


def from_elsewhere(text):
    """The log as it is if the clients are not on this host, as they are in these tests."""
    header = (ROOT / "src" / "httpd" / "request" / "hint.h").read_text()
    stranger = re.search(r'CFO_HINT_STRANGER "(.+)"', header)[1]
    return re.sub(r'hint="the peer is this host itself[^"]*"', f'hint="{stranger}"', text)


def bans(origin, tmp_path, ask, **wanted):
    """The addresses that the lines of `ask()` ban. Waits for the last line."""
    before = len(origin.log())
    ask()
    origin.wait_for(lambda: all(f"{k}={v}" in origin.log()[before:] for k, v in wanted.items()), f"a line with {wanted}")
    return banned(from_elsewhere(origin.log()[before:]).splitlines(), tmp_path)


@pytest.mark.parametrize("port, host, plain, reason", [("port", "shop.a.test", False, "cert-missing"),
                                                       ("port", "x.other.test", False, "zone-unknown"),
                                                       ("port2", "plain.a.test", True, "not-tls")])
def test_clients_that_bypass_cloudflare_without_a_certificate_are_banned(origin, tmp_path, port, host, plain, reason):
    port = origin.ports[1] if port == "port2" else origin.port
    for headers in ({}, {"CF-Ray": RAY, "CF-Connecting-IP": VICTIM, "Referer": "http://shop.a.test/"}):
        assert bans(origin, tmp_path, lambda: get(port, "/", headers, sni=host, source=STRANGER, plain=plain),
                    reason=reason) == [STRANGER]


def test_clients_that_speak_http2_are_banned_as_well(origin, tmp_path):
    def ask():
        with H2Connection(origin.port, source=STRANGER) as connection:
            assert connection.get("/", {"CF-Ray": RAY, "Referer": "http://shop.a.test/"}).status == 403
    assert bans(origin, tmp_path, ask, reason="cert-missing") == [STRANGER]


@pytest.mark.W19
@pytest.mark.parametrize("cert, host, source, what", [
    (None, "shop.a.test", EDGE, "cert-missing"),
    (None, "x.other.test", EDGE, "zone-unknown"),
    ("rogue", "shop.a.test", EDGE, "cert-unknown"),
    ("leaf_a", "shop.a.test", STRANGER, "edge-unknown"),
    ("rogue", "shop.a.test", STRANGER, "cert-unknown"),
    ("leaf_a", "x.other.test", STRANGER, "zone-unknown"),
    (None, "audit.a.test", STRANGER, "cert-missing"),
])
def test_the_edge_and_clients_with_a_certificate_and_audit_are_not_banned(origin, pki, tmp_path, cert, host, source, what):
    cert = getattr(pki, cert) if cert else None
    assert bans(origin, tmp_path, lambda: get(origin.port, "/", sni=host, cert=cert, source=source), reason=what) == []


@pytest.mark.W19
def test_a_health_check_without_a_host_is_not_banned(origin, tmp_path):
    def ask():
        with Connection(origin.port, sni=None, source=STRANGER) as connection:
            connection.raw(b"GET / HTTP/1.0\r\n\r\n")
    assert bans(origin, tmp_path, ask, reason="host-missing") == []


@pytest.mark.W19
@pytest.mark.parametrize("source, prefix", [(BALANCER, b"PROXY TCP4 127.201.0.1 127.0.0.1 1 443\r\n"),
                                            (STRANGER, b"PROXY TCP4 192.0.2.1 127.0.0.1 1 443\r\n")])
@pytest.mark.parametrize("cert, reason", [(None, "cert-missing"), ("leaf_a", "edge-unknown")])
def test_a_load_balancer_is_not_banned_listed_or_not(origin, pki, tmp_path, source, prefix, cert, reason):
    cert = getattr(pki, cert) if cert else None
    assert bans(origin, tmp_path, lambda: get(origin.ports[2], "/", sni="on.a.test", cert=cert, source=source,
                                              prefix=prefix), reason=reason, edge=source) == []


def test_only_reasons_that_the_administrator_cannot_cause_ban(tmp_path):
    lines = {f"198.51.100.{i}": reason for i, reason in enumerate(REASONS)}
    assert len(lines) > len(BANNING)
    whom = banned([LINE.replace("198.51.100.7", a).replace("cert-missing", reason) for a, reason in lines.items()], tmp_path)
    assert {lines[address] for address in whom} == BANNING


MATCHING = [
    LINE.replace("tid 456", "tid 139642554427072").replace("25 16", " 5 16"),
    LINE.replace(":tid 456", ""),
    LINE.replace(".123456", ""),
    LINE.replace("] CFO", "] [ray 230b030023ae2822-SJC] CFO"),
    LINE.replace("] CFO", "] [id KzPOszR++GM] CFO"),
    LINE + ", referer: https://shop.a.test/",
    LINE + ' hint="it comes past Cloudflare"',
    LINE + ' hint="it comes past Cloudflare", referer: https://shop.a.test/',
    LINE + ", referer https://shop.a.test/",
]
OTHERS = [
    LINE.replace("edge_known=no", "edge_known=yes"),
    LINE.replace("0001 refused", "0002 would-refuse"),
    LINE.replace("0001 refused", "0111 part-refused"),
    LINE.replace("cert_zone=-", "cert_zone=a.test"),
    LINE + ' hint="x"',
    LINE + ' hint="the peer is this host itself: a program on it"',
    LINE + ' hint="this virtual host never asks for a certificate: set SSLVerifyClient"',
    LINE.replace("cf_origin:warn", "cgi:error"),
    LINE.replace("] CFO", "] AH01215: CFO"),
    LINE.replace("edge=198.51.100.7", "edge=localhost"),
    LINE.replace("edge=198.51.100.7", 'edge="198.51.100.7 "'),
]


def test_the_formats_in_the_manual_and_ipv6_are_understood(tmp_path):
    lines = [line.replace("198.51.100.7", f"2001:db8::{i + 1}") for i, line in enumerate(MATCHING)]
    assert banned(lines, tmp_path) == [f"2001:db8::{i + 1}" for i in range(len(MATCHING))]


def test_other_lines_ban_no_one(tmp_path):
    assert banned(OTHERS, tmp_path) == []


@pytest.mark.W19
@pytest.mark.parametrize("source, host", [(EDGE, "shop.a.test"), (STRANGER, "audit.a.test"), (STRANGER, "shop.a.test")])
def test_no_client_can_get_another_one_banned(origin, tmp_path, source, host):
    before = len(origin.log())
    for text in ATTACKS.values():
        attack(origin, text, source, host)
    get(origin.port, "/last", sni=host, source=source)
    origin.wait_for(lambda: 'uri="/last"' in origin.log()[before:], "the last line")
    assert VICTIM in origin.log()[before:]
    strangers = [STRANGER] if (source, host) == (STRANGER, "shop.a.test") else []
    assert sorted(set(banned(from_elsewhere(origin.log()[before:]).splitlines(), tmp_path))) == strangers


def test_messages_of_other_modules_about_visitors_ban_no_one(tmp_path):
    """As httpd escapes them; text without a time in front is the rest of such a line."""
    prefix = "[Tue Nov 25 16:50:00.1 2025] [php:error] [pid 1:tid 2] [client 192.0.2.1:1] PHP says: "
    texts = [text.encode("unicode_escape").decode() for text in ATTACKS.values()]
    assert banned([before + text for before in (prefix, "x ") for text in texts], tmp_path) == []


def test_the_jail_ignores_the_published_addresses():
    jail = (CONF / "jail.d" / "cf-origin.conf").read_text()
    assert jail.split("ignoreip = ")[1].split() == ["127.0.0.0/8", "::1", *RANGES]
    assert "enabled  = false" in jail


@pytest.fixture
def fail2ban(tmp_path):
    """fail2ban's server with the shipped jail enabled, and an action that records bans."""
    conf, log, bans_file = tmp_path / "fail2ban", tmp_path / "error.log", tmp_path / "bans"
    shutil.copytree(TOOLS / "etc" / "fail2ban", conf)
    shutil.copy(FILTER, conf / "filter.d")
    shutil.copy(CONF / "jail.d" / "cf-origin.conf", conf / "jail.d")
    (conf / "jail.d" / "defaults-debian.conf").unlink()
    (conf / "action.d" / "note.conf").write_text(f"[Definition]\nactionban = echo <ip> >>{bans_file}\n")
    (conf / "jail.d" / "zz.local").write_text(f"[cf-origin]\nenabled = true\nlogpath = {log}\nbackend = polling\n"
                                              "action = note\n")
    (conf / "fail2ban.local").write_text(
        f"[DEFAULT]\nlogtarget = {tmp_path}/f2b.log\nsocket = {tmp_path}/s\npidfile = {tmp_path}/pid\ndbfile = None\n")
    log.touch()
    server = session.start(command("fail2ban-server", "-f", "-c", conf, "start"), env=environment(),
                           stdout=subprocess.DEVNULL)
    yield log, bans_file, tmp_path / "f2b.log"
    session.stop(server)


def wait(condition, what, timeout=30):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout} s for {what}"
        time.sleep(0.05)


@pytest.mark.W19
def test_the_server_bans_the_stranger_and_not_cloudflare(fail2ban):
    log, bans_file, output = fail2ban
    wait(lambda: output.exists() and "Jail 'cf-origin' started" in output.read_text(), "the jail")
    now = time.strftime("%a %b %d %H:%M:%S.000000 %Y", time.gmtime())
    with open(log, "a") as file:
        for address in ("104.16.0.9", "2606:4700::9", "198.51.100.8", "198.51.100.7"):
            for _ in range(4 if address.endswith(".8") else 5):
                line = LINE.replace("198.51.100.7", address).replace("Tue Nov 25 16:50:00.123456 2025", now)
                file.write(line + "\n")
    wait(lambda: bans_file.exists() and bans_file.read_text(), "a ban")
    wait(lambda: output.read_text().count("Ignore 104.16.0.9") == 5, "the edge to be ignored")
    assert bans_file.read_text().split() == ["198.51.100.7"]
