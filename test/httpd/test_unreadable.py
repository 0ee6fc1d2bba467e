# SPDX-License-Identifier: Apache-2.0
"""Files that httpd reads at the start, as root, but its children cannot read again."""
import os

import pytest

from server import USER, vhost
from test_check import findings

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="httpd must start as root")


@pytest.fixture
def files(scratch, pki):
    """A proof file, a list, and a folder with a zone; and the configuration with them."""
    place = scratch / f"unreadable-{os.urandom(4).hex()}"
    zones = place / "zones"
    zones.mkdir(parents=True)
    for path, text in ((place / "a.pem", pki.zone_a.pem), (place / "ranges.txt", "127.0.0.0/9\n"), (zones / "b.test.pem", pki.zone_b.pem)):
        path.write_text(text)
    return place, (f"CFOriginPullRanges {place}/ranges.txt\nCFOriginPullZoneDir {zones}\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {place}/a.pem\n", aliases="b.test"))


def found(output):
    return [f for f in findings(output) if f.code == "CFO0262"]


@pytest.mark.W17
@pytest.mark.parametrize("closed, mode, named", [
    (["a.pem"], 0o600, ["a.pem"]), (["a.pem", "ranges.txt", "zones/b.test.pem"], 0o640, ["a.pem", "ranges.txt", "zones/b.test.pem"]),
    (["zones"], 0o700, ["zones", "zones/b.test.pem"]), ([], 0, []), (["a.pem"], 0o604, []), (["zones"], 0o705, []),
])
def test_files_that_the_user_of_the_children_cannot_read_are_one_finding(configuration, files, closed, mode, named):
    place, conf = files
    for name in closed:
        (place / name).chmod(mode)
    code, output = configuration(conf)
    assert code == 0 and len(found(output)) == bool(named), output
    for finding in found(output):
        shown = ", ".join(f'"{place}/{name}"' for name in named)
        assert finding.level == "warn" and finding.at == f"{place}/{named[0]}" and finding.vhost.startswith("main.test")
        assert f"({USER}) cannot read {len(named)} of" in finding.text and f"changes: {shown}. Changes" in finding.text


@pytest.mark.W17
def test_a_start_reports_them_too_and_serves(httpd, files):
    place, conf = files
    (place / "a.pem").chmod(0o600)
    assert len(found(httpd(server=conf).log())) == 1


@pytest.mark.parametrize("change", [
    lambda conf: "CFOriginPullReload Off\n" + conf, lambda conf: conf.replace("CFOriginPull On", "CFOriginPull Off")])
def test_files_that_are_not_followed_are_no_finding(configuration, files, change):
    place, conf = files
    (place / "a.pem").chmod(0o600)
    assert found(configuration(change(conf))[1]) == []
