# SPDX-License-Identifier: Apache-2.0
"""apachectl -t -D DUMP_CF_ORIGIN prints the settings in effect, and where each is set."""
import calendar
import re
import time

import pytest

from client import get
from server import ROOT, vhost


def dump(server):
    done = server.run("-t", "-D", "DUMP_CF_ORIGIN")
    assert done.returncode == 0, done.stderr
    return done.stdout


def sections(text):
    """{heading: lines}: a heading begins in the first column."""
    found = {}
    for line in text.splitlines():
        if line.startswith(" "):
            found[heading].append(line.strip())
        else:
            heading = line
            found[heading] = []
    return found


@pytest.fixture(scope="module")
def server(httpd, pki, scratch):
    folder = scratch / "dumped"
    folder.mkdir()
    (folder / "b.test.pem").write_text(pki.zone_b.pem)
    (folder / "shut.test.pem").write_text("garbage")
    ranges = scratch / "dumped.txt"
    ranges.write_text("127.0.0.0/9\n2001:db8::/32\n")
    return httpd(server=f"""CFOriginPullZoneDir {folder}
        CFOriginPullRanges builtin {ranges}
        CFOriginPullRanges 192.0.2.0/24
        CFOriginPullExemptFrom 192.0.2.1
        CFOriginPullReload 60
        <Location /everywhere>
            CFOriginPull Audit
        </Location>
        """ + vhost("a.test", f"""CFOriginPull On
        CFOriginPullScrub Off
        CFOriginPullScrub On
        CFOriginPullExemptFrom 192.0.2.2
        CFOriginPullExemptFrom none
        CFOriginPullExemptFrom 192.0.2.3
        CFOriginPullExemptFrom 192.0.2.4
        CFOriginPullZone a.test {pki.zone_a.crt} sha256:{pki.leaf_b.sha256}
        CFOriginPullZone a.test {pki.bundle(pki.self_signed, pki.zone_b)}
        <Location /on>
            CFOriginPull On
        </Location>""") + vhost("b.test", "CFOriginPull Audit", aliases="uncovered.test") + vhost("c.test"))


def at(server, line):
    lines = [x.strip() for x in server.config.read_text().splitlines()]
    return f"{line} at={server.config}:{lines.index(line) + 1}"


@pytest.mark.A28
def test_each_setting_is_printed_with_its_place(server):
    found = sections(dump(server))
    a = found[next(x for x in found if x.startswith(f"vhost a.test:{server.port} at={server.config}:"))]
    for line in ("CFOriginPull On", "CFOriginPullScrub On", "CFOriginPullExemptFrom 192.0.2.3", "CFOriginPullExemptFrom 192.0.2.4"):
        assert at(server, line) in a
    assert not any(x in " ".join(a) for x in ("192.0.2.1 ", "192.0.2.2", "Scrub Off", "ExemptFrom none"))
    for line in ("CFOriginPullRequire cert ip", "CFOriginPullRefuse 403", "CFOriginPullTunnel none"):
        assert f"{line} at=default" in a
    assert any(x.startswith("section <Location /on> CFOriginPull On at=") for x in a)
    assert "sections of the main server: inherited" in a
    assert any(x.startswith("section <Location /everywhere> CFOriginPull Audit at=") for x in found["main server"])
    c = found[next(x for x in found if x.startswith("vhost c.test"))]
    assert at(server, "CFOriginPullExemptFrom 192.0.2.1") in c and "CFOriginPull Off at=default" in c
    of_the_server = next(v for k, v in found.items() if k.startswith("mod_cf_origin "))
    assert at(server, "CFOriginPullReload 60") in of_the_server and at(server, "CFOriginPullLogLimit Off") in of_the_server


def test_the_defaults_of_audit_are_printed_as_such(server, httpd):
    found = sections(dump(server))
    audited = found[next(x for x in found if x.startswith("vhost b.test"))]
    assert {"CFOriginPullClientIP off at=default-of-Audit", "CFOriginPullScrub Off at=default-of-Audit",
            "CFOriginPullScheme connection at=default"} <= set(audited)
    for name in ("a.test", "c.test"):
        other = found[next(x for x in found if x.startswith(f"vhost {name}"))]
        assert "CFOriginPullClientIP verified at=default" in other and "of-Audit" not in " ".join(other)
    explicit = httpd(server="CFOriginPull Audit\nCFOriginPullScrub On\nCFOriginPullZone a.test sha256:" + 64 * "0" + "\n"
                     + vhost("a.test", "CFOriginPullClientIP verified\nCFOriginPullRequire tunnel\nCFOriginPullTunnel 127.0.0.9"))
    lines = " ".join(sections(dump(explicit))[f"vhost a.test:{explicit.port} at={explicit.config}:"
                     + next(str(i) for i, x in enumerate(explicit.config.read_text().splitlines(), 1) if x.startswith("<VirtualHost"))])
    assert "CFOriginPullScrub On at=/" in lines and "CFOriginPullClientIP verified at=/" in lines
    assert "CFOriginPullRequire tunnel at=/" in lines


def test_defaults_are_those_of_the_manual(server):
    printed = dict(re.findall(r"^  (CFOriginPull\w*) (.+) at=default$", dump(server), re.M))
    manual = dict(re.findall(r"\| Default \| `(CFOriginPull\w*) ([^`]+)` \|", (ROOT / "docs" / "directives.md").read_text()))
    for name, value in printed.items():
        assert manual.get(name, "none") == value


def test_every_directive_is_printed(server):
    names = set(re.findall(r'^## (CFOriginPull\w*)$', (ROOT / "docs" / "directives.md").read_text(), re.M))
    assert names - set(re.findall(r"^  (CFOriginPull\w*) ", dump(server), re.M)) == {"CFOriginPullZone", "CFOriginPullZoneDir"}


def test_zones_are_printed_with_their_proofs(server, pki):
    found = sections(dump(server))
    a = found[next(x for x in found if x.startswith("vhost a.test"))]
    anchor = next(x for x in a if x.startswith("anchor "))
    for part in (f'subject="CN=zone-a" sha256={pki.zone_a.sha256} spki-sha256={pki.zone_a.spki_sha256} not_after=20',
                 f'file="{pki.zone_a.crt}"', "last_used="):
        assert part in anchor
    assert int(re.search(r" days=(\d+) ", anchor)[1]) in (89, 90)
    assert any(x.startswith(f"pin sha256:{pki.leaf_b.sha256} last_used=never") for x in a)
    assert any(x.startswith('leaf subject="CN=self-signed"') and "cas_ignored=1" in x for x in a)
    main = found["main server"]
    assert "zone b.test" in main and any(x.startswith("zone shut.test shut: it contains no certificate") for x in main)
    assert "zones of the main server: inherited" in found[next(x for x in found if x.startswith("vhost b.test"))]


def test_the_last_use_of_a_proof_is_printed(server, pki):
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    used = re.search(rf"sha256={pki.zone_a.sha256} .*last_used=(\S+)", dump(server))[1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", used)


def test_certificates_that_proved_a_zone_are_printed_below_it(server, pki):
    before = time.time()
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    assert get(server.port, "/", sni="a.test", cert=pki.rogue).status == 403
    text = dump(server)
    below = re.match(r"(?: {4}.*\n)+", text.split("\n  zone a.test\n")[1])[0].splitlines()
    first, last = re.fullmatch(rf"    presented sha256={pki.leaf_a.sha256} first_used=(\S+) last_used=(\S+)", below[-1]).groups()
    # At most a second behind, and printed in whole seconds.
    assert first <= last and before - 2 < calendar.timegm(time.strptime(last, "%Y-%m-%dT%H:%M:%SZ")) < time.time() + 1
    assert pki.rogue.sha256 not in text
    # Below the proofs, and only once.
    assert [x.split()[0] for x in below] == ["anchor", "pin", "leaf", "presented"]


def test_virtual_hosts_are_printed_with_names_and_addresses(server):
    found = sections(dump(server))
    b = found[next(x for x in found if x.startswith("vhost b.test"))]
    assert b[:3] == ["names b.test uncovered.test", f"addresses 127.0.0.1:{server.port}", "tls on"]


def test_folders_are_printed_before_their_zones(server, scratch):
    main = sections(dump(server))["main server"]
    at = main.index(f'folder "{scratch}/dumped"')
    assert [x.split()[1] for x in main[at:] if x.startswith("zone ")] == ["b.test", "shut.test"]
    assert main[main.index(next(x for x in main if x.startswith("zone shut.test"))) + 1] == f'file "{scratch}/dumped/shut.test.pem"'


def test_zones_that_are_inherited_in_part(httpd, scratch, pki):
    folder = scratch / "partly"
    folder.mkdir()
    server = httpd(server=f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZoneDir {folder}\n"
                   + vhost("one.test", "CFOriginPull On\nCFOriginPullZone none") + vhost("two.test", "CFOriginPull On\nCFOriginPullZoneDir none")
                   + vhost("none.test", "CFOriginPullZone none\nCFOriginPullZoneDir none"))
    found = {x.split(":")[0]: lines for x, lines in sections(dump(server)).items()}
    inherited, excluded = "zones of the main server: inherited", {"one": ["not inherited: CFOriginPullZone"], "two": ["not inherited: CFOriginPullZoneDir"]}
    for name, lines in excluded.items():
        assert [x for x in found[f"vhost {name}.test"] if "inherited" in x] == [inherited, *lines]
    assert not [x for x in found["vhost none.test"] if "inherited" in x]


def test_ranges_are_printed_by_source(server, scratch):
    ranges = sections(dump(server))["ranges"]
    assert f'file="{scratch}/dumped.txt" ipv4=1 ipv6=1' in ranges
    assert at(server, "CFOriginPullRanges 192.0.2.0/24") in ranges
    assert any(x.startswith("builtin date=") and x.endswith("ipv4=15 ipv6=7") for x in ranges)


def test_the_findings_of_the_check_are_printed(server):
    text = dump(server)
    count = int(re.search(r"^findings (\d+)$", text, re.M)[1])
    assert count == len(re.findall(r"^  CFO02\d\d ", text, re.M)) >= 1


def test_nothing_is_printed_without_the_define(server):
    done = server.run("-t")
    assert done.returncode == 0 and done.stdout == ""
