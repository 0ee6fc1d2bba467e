# SPDX-License-Identifier: Apache-2.0
"""Files change while httpd runs: good ones take effect within seconds, bad ones change nothing and are
reported once. Two children serve requests and load the files."""
import os
import re
import resource
import shutil
import signal
import time

import pytest

from client import CLOUDFLARE, EDGE, STRANGER, Connection, H2Connection, get
from server import MPM, TWO_CHILDREN, open_files, parse_event, vhost



class Place:
    """An httpd, its files, and its log lines about them."""

    def __init__(self, httpd, pki, scratch, extra="", seconds=1):
        self.pki = pki
        self.dir = scratch / f"live-{os.urandom(4).hex()}"
        self.zones = self.dir / "zones"
        self.zones.mkdir(parents=True)
        self.proof, self.ranges = self.dir / "proof.pem", self.dir / "ranges.txt"
        self.proof.write_text(pki.zone_a.pem)
        self.ranges.write_text("127.0.0.0/9\n192.0.2.0/24\n198.51.100.0/24\n")
        (self.zones / "b.test.pem").write_text(pki.zone_b.pem)
        self.httpd = httpd(server=TWO_CHILDREN + f"CFOriginPullRanges {self.ranges}\nCFOriginPullReload {seconds}\n" + vhost(
            "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {self.proof}\nCFOriginPullZoneDir {self.zones}\n" + extra,
            aliases="b.test c.test app.b.test"))

    def status(self, host="a.test", cert="leaf_a", source=EDGE, **options):
        return get(self.httpd.port, "/", CLOUDFLARE, sni=host, source=source, cert=cert and getattr(self.pki, cert), **options).status

    def settle(self, expected, host="a.test", cert="leaf_a", source=EDGE):
        """Waits for several such answers in a row, each on a new connection."""
        row = 0
        end = time.monotonic() + 20
        while row < 6:
            assert time.monotonic() < end, f"{host} {cert}: {self.lines()}"
            row = row + 1 if self.status(host, cert, source) == expected else 0

    def wait_open(self, expected, *connections):
        """Each connection belongs to one child, which may load the change a second later; then the answer stays
        the same."""
        self.settle(expected)
        for connection in connections:
            self.httpd.wait_for(lambda c=connection: c.get("/", CLOUDFLARE).status == expected, f"a {expected}")
            assert [connection.get("/", CLOUDFLARE).status for _ in range(5)] == [expected] * 5

    def lines(self):
        return [parse_event(x) for x in self.httpd.log().splitlines() if re.search(r" CFO013[0-5] ", x)]

    def wait_line(self, count=1, **wanted):
        def find():
            found = [x for x in self.lines() if all(x.get(k) == v for k, v in wanted.items())]
            return found if len(found) >= count else None
        return self.httpd.wait_for(find, f"{count} lines with {wanted}")


@pytest.fixture
def place(httpd, pki, scratch):
    place = Place(httpd, pki, scratch)
    yield place
    place.httpd.stop()


def replace(path, text):
    """As a careful script does: writes a new file and renames it."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.rename(path)


def rewrite(path, text):
    """Writes into the file itself."""
    path.write_text(text)


def relink(path, text):
    """As configuration management does: the name is a symbolic link, which is changed to another file."""
    target = path.with_name(f"{path.name}.{os.urandom(3).hex()}")
    target.write_text(text)
    link = path.with_name("link.new")
    link.symlink_to(target.name)
    os.replace(link, path)


@pytest.mark.A11
@pytest.mark.W8
@pytest.mark.parametrize("change", [replace, rewrite, relink])
def test_a_changed_proof_takes_effect_for_the_next_request_in_every_child(place, pki, change):
    place.settle(200)
    change(place.proof, pki.zone_b.pem)
    place.settle(403)
    place.settle(200, cert="leaf_b")
    lines = place.wait_line(what="reloaded", file=str(place.proof))
    assert len(lines) == 1 and len(place.lines()) == 1  # one line, although two children loaded it


@pytest.mark.parametrize("change", [replace, rewrite, relink])
def test_a_changed_range_list_takes_effect_for_the_next_request(place, change):
    place.settle(403, source=STRANGER)
    change(place.ranges, "127.0.0.0/8\n192.0.2.0/24\n198.51.100.0/24\n")
    place.settle(200, source=STRANGER)
    change(place.ranges, "127.0.0.0/9\n192.0.2.0/24\n198.51.100.0/24\n")
    place.settle(403, source=STRANGER)
    place.settle(200)


@pytest.mark.A11
@pytest.mark.A13
def test_open_connections_and_resumed_sessions_are_judged_again(place, pki):
    with Connection(place.httpd.port, pki.leaf_a, "a.test") as first, \
            H2Connection(place.httpd.port, pki.leaf_a, sni="a.test") as second:
        assert first.get("/", CLOUDFLARE).status == second.get("/", CLOUDFLARE).status == 200
        session, ctx = first.session, first.ctx
        replace(place.proof, pki.zone_b.pem)
        place.wait_open(403, first, second)
        with Connection(place.httpd.port, sni="a.test", ctx=ctx, session=session) as resumed:
            assert resumed.resumed
            place.wait_open(403, resumed)
        replace(place.proof, pki.zone_a.pem)
        place.wait_open(200, first, second)


def test_a_connection_of_the_last_generation_gets_one_more_answer_at_most(place, pki):
    """Of a child that loads no changes any more, because it ends; MPM event closes the connection instead."""
    with Connection(place.httpd.port, pki.leaf_a, "a.test") as connection:
        assert connection.get("/", CLOUDFLARE).status == 200
        place.httpd.graceful()
        replace(place.proof, pki.zone_b.pem)
        place.settle(403)
        answers = []
        with pytest.raises((OSError, EOFError)):
            for _ in range(3):
                answers.append(connection.get("/", CLOUDFLARE).status)
        assert answers in ([[]] if MPM == "event" else [[], [200]])
    place.settle(200, cert="leaf_b")


def half(text):
    return text[:len(text) // 2]


BAD_PROOFS = {
    "empty": lambda pem, key: "", "garbage": lambda pem, key: "not a certificate\n", "half": lambda pem, key: half(pem),
    "html": lambda pem, key: "<!DOCTYPE html>\n<title>Just a moment...</title>\n",
    "key": lambda pem, key: pem + key, "damaged": lambda pem, key: pem + pem.replace("MII", "MIJ", 1),
}


@pytest.mark.parametrize("name", BAD_PROOFS)
def test_a_bad_proof_file_leaves_the_zone_as_it_was_and_is_reported_once(place, pki, name):
    place.settle(200)
    rewrite(place.proof, BAD_PROOFS[name](pki.zone_a.pem, pki.zone_a.key.read_text()))
    line = place.wait_line(what="reload-rejected", file=str(place.proof))[0]
    assert line["reason"] and "[cf_origin:warn]" in line["line"]
    replace(place.zones / "c.test.pem", pki.zone_a.pem)  # so that the files were checked at least once more
    place.settle(200, "c.test")
    place.settle(200)
    place.settle(403, cert="leaf_b")
    assert [x["what"] for x in place.lines() if x["file"] == str(place.proof)] == ["reload-rejected"]
    rewrite(place.proof, pki.zone_b.pem)
    place.settle(200, cert="leaf_b")
    assert place.wait_line(what="reloaded", file=str(place.proof))


@pytest.mark.A33
@pytest.mark.parametrize("text, reason", [
    ("", "contains no range"), ("<html>\n", "line 1"), ("127.0.0.0/9\n131.0.72.0/222400:cb00::/32\n", "line 2"),
    ("127.0.0.0/9\n0.0.0.0/0\n", "line 2"), ("192.0.2.0/24\n", "more than half of the 3 ranges"), ("127.0.0.0/9\n192.0.2", "line 2"),
])
def test_a_bad_range_file_leaves_the_ranges_as_they_were(place, pki, text, reason):
    place.settle(200)
    rewrite(place.ranges, text)
    line = place.wait_line(what="reload-rejected", file=str(place.ranges))[0]
    assert reason in line["reason"]
    place.settle(200)
    place.settle(403, source=STRANGER)
    assert len(place.lines()) == 1


@pytest.mark.A33
def test_a_deleted_file_leaves_its_content_in_force(place, pki):
    place.proof.unlink()
    place.ranges.unlink()
    place.wait_line(what="reload-rejected", file=str(place.proof))
    place.wait_line(what="reload-rejected", file=str(place.ranges))
    place.settle(200)
    assert len(place.lines()) == 2
    rewrite(place.proof, pki.zone_b.pem)
    place.settle(200, cert="leaf_b")


def test_a_zone_comes_and_goes_with_its_file(place, pki):
    place.settle(403, "c.test")
    replace(place.zones / "c.test.pem", pki.zone_a.pem)
    place.settle(200, "c.test")
    assert place.wait_line(what="reloaded", zone="c.test")[0]["new"] == "yes"
    replace(place.zones / "app.b.test.pem", pki.zone_a.pem)  # a zone of one host name
    place.settle(200, "app.b.test")
    place.settle(403, "app.b.test", "leaf_b")
    (place.zones / "app.b.test.pem").unlink()
    place.settle(200, "app.b.test", "leaf_b")
    (place.zones / "c.test.pem").unlink()
    place.settle(403, "c.test")
    assert len(place.wait_line(what="zone-removed", zone="c.test")) == 1
    assert place.httpd.events("CFO0001")[-1]["reason"] == "zone-unknown"


def test_a_new_file_that_does_not_load_changes_nothing(place, pki):
    place.settle(200, "app.b.test", "leaf_b")
    rewrite(place.zones / "app.b.test.pem", "garbage\n")
    assert place.wait_line(what="reload-rejected", zone="app.b.test")
    place.settle(200, "app.b.test", "leaf_b")
    rewrite(place.zones / "app.b.test.pem", pki.zone_a.pem)
    place.settle(200, "app.b.test")


def test_a_zone_that_was_closed_at_start_opens_when_its_file_is_fixed(httpd, pki, scratch):
    folder = scratch / "shut"
    folder.mkdir()
    (folder / "a.test.pem").write_text("garbage\n")
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {folder}"))
    assert get(server.port, "/shut", sni="a.test", cert=pki.leaf_a).status == 403
    assert server.wait_event(uri="/shut")["reason"] == "cert-unknown"
    rewrite(folder / "a.test.pem", pki.zone_a.pem)
    server.wait_for(lambda: get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200, "the zone")


def test_a_missing_folder_leaves_all_its_zones_in_force(place, pki):
    away = place.dir / "away"
    place.zones.rename(away)
    place.wait_line(what="reload-rejected", folder=str(place.zones))
    place.settle(200, "b.test", "leaf_b")
    away.rename(place.zones)
    (place.zones / "b.test.pem").unlink()
    place.settle(403, "b.test", "leaf_b")
    assert place.wait_line(what="reloaded", folder=str(place.zones))


def test_a_folder_that_is_replaced_as_a_whole_is_reloaded(httpd, pki, scratch):
    """As Kubernetes mounts a ConfigMap: files are links to ..data, which is a link to a folder."""
    mount = scratch / "mount"
    for version, pem in (("..1", pki.zone_a.pem), ("..2", pki.zone_b.pem)):
        (mount / version).mkdir(parents=True)
        (mount / version / "a.test.pem").write_text(pem)
    (mount / "..data").symlink_to("..1")
    (mount / "a.test.pem").symlink_to("..data/a.test.pem")
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {mount}"))
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    (mount / "..data.new").symlink_to("..2")
    os.replace(mount / "..data.new", mount / "..data")
    shutil.rmtree(mount / "..1")
    server.wait_for(lambda: get(server.port, "/", sni="a.test", cert=pki.leaf_b).status == 200, "the other folder")
    server.wait_for(lambda: get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 403, "both children")
    assert "CFO0131" not in server.log() and "CFO0132" not in server.log()


def children(server):
    parent = server.process.pid
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    if int(file.read().rsplit(")", 1)[1].split()[1]) == parent:
                        found.append(int(entry))
            except OSError:
                pass
    return found


@pytest.mark.W17
def test_a_new_child_loads_what_the_others_have_even_if_the_file_is_bad_now(place, pki):
    replace(place.proof, pki.zone_b.pem)
    replace(place.zones / "c.test.pem", pki.zone_b.pem)
    place.settle(200, cert="leaf_b")
    place.settle(200, "c.test", "leaf_b")
    rewrite(place.proof, "garbage\n")
    rewrite(place.zones / "c.test.pem", "garbage\n")
    place.wait_line(what="reload-rejected", file=str(place.proof))
    place.wait_line(what="reload-rejected", zone="c.test")
    lines = len(place.lines())
    old = set(children(place.httpd))
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    place.httpd.wait_for(lambda: len(set(children(place.httpd)) - old) >= 2, "new children")
    place.settle(200, cert="leaf_b")
    place.settle(200, "c.test", "leaf_b")
    place.settle(403)
    assert len(place.lines()) == lines


@pytest.mark.W17
def test_a_file_that_only_root_can_read_works_and_a_warning_says_that_it_is_not_reloaded(httpd, pki, scratch):
    if os.getuid():
        return  # httpd does not change its user then, and can read the file
    proof = scratch / "secret.pem"
    proof.write_text(pki.zone_a.pem)
    proof.chmod(0o600)
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    server.wait_for(lambda: "CFO0131" in server.log(), "a line")
    assert "cannot read it, so changes take effect only after a restart: chmod 0644 it" in server.log() and server.log().count("CFO0131") == 1
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    proof.write_text(pki.zone_b.pem)
    proof.chmod(0o644)
    server.wait_for(lambda: get(server.port, "/", sni="a.test", cert=pki.leaf_b).status == 200, "the new file")


def test_files_are_reloaded_if_only_directories_are_protected(httpd, pki, scratch):
    """Also by a .htaccess file, which httpd does not know at start."""
    ranges = scratch / "directories.txt"
    ranges.write_text("127.0.0.0/9\n")
    server = httpd(server=f"CFOriginPullRanges {ranges}\nCFOriginPullRequire ip\nCFOriginPullReload 1\n"
                   + vhost("a.test", "<Directory {docroot}>\nAllowOverride AuthConfig\n</Directory>"))
    (server.docroot / "shut").mkdir()
    (server.docroot / "shut" / ".htaccess").write_text("CFOriginPull On\n")
    (server.docroot / "shut" / "index.html").write_text("x")
    assert get(server.port, "/shut/", sni="a.test", source=STRANGER).status == 403
    replace(ranges, "127.0.0.0/8\n")
    server.wait_for(lambda: get(server.port, "/shut/", sni="a.test", source=STRANGER).status == 200, "the new list")


def test_a_missing_runtime_folder_causes_a_warning_and_does_not_stop_the_start(httpd, pki, scratch):
    proof = scratch / "homeless.pem"
    proof.write_text(pki.zone_a.pem)
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nDefaultRuntimeDir /proc\nMutex pthread default\n"
                   f"ScoreBoardFile {scratch}/scoreboard\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    assert "CFO0134 watch-unavailable" in server.log() and "CFO0136 not-kept" in server.log()


def test_a_lock_that_stays_locked_when_its_holder_is_killed_causes_a_warning(httpd, pki, scratch):
    proof = scratch / "locked.pem"
    proof.write_text(pki.zone_a.pem)
    for mutex, warned in (("posixsem", 1), ("pthread", 0)):
        server = httpd(server=f"Mutex {mutex} cf-origin\nCFOriginPullRanges 127.0.0.0/9\n"
                       + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))
        assert server.log().count("CFO0139 lock-unsafe") == warned


def test_with_reload_off_nothing_is_reloaded(httpd, pki, scratch):
    proof = scratch / "still.pem"
    proof.write_text(pki.zone_a.pem)
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload Off\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))
    proof.write_text(pki.zone_b.pem)
    server.graceful()
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_b).status == 200
    assert not re.search("CFO013[0-5]", server.log())


def both_roles(httpd, pki, scratch):
    """A file of the folder that a line names too. The zone of the folder is b.test, that of the line a.test."""
    folder = scratch / f"roles-{os.urandom(4).hex()}"
    folder.mkdir()
    file = folder / "b.test.pem"
    file.write_text(pki.zone_b.pem)
    server = httpd(server=TWO_CHILDREN + "CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {file}\nCFOriginPullZoneDir {folder}", aliases="b.test"))

    def settle(host, status):
        server.wait_for(lambda: all(get(server.port, "/", sni=host, cert=pki.leaf_b).status == status for _ in range(6)),
                        f"{status} for {host}")

    def events(code):
        return [parse_event(line) for line in server.log().splitlines() if f" {code} " in line]

    def lines(code):
        return sorted((x["what"], x["zone"]) for x in events(code))
    return server, file, settle, events, lines


def test_a_file_that_a_line_names_and_the_zone_of_the_same_file_in_a_folder_are_independent(httpd, pki, scratch):
    server, file, settle, events, lines = both_roles(httpd, pki, scratch)
    settle("a.test", 200)
    settle("b.test", 200)
    file.unlink()
    settle("b.test", 403)
    settle("a.test", 200)
    server.wait_for(lambda: lines("CFO0131") == [("reload-rejected", "-")] and lines("CFO0132") == [("zone-removed", "b.test")], "both")
    rewrite(file, "garbage\n")
    server.wait_for(lambda: lines("CFO0131") == [("reload-rejected", "-")] * 2 + [("reload-rejected", "b.test")], "both")
    hints = {x["zone"]: x["hint"] for x in events("CFO0131")}
    assert "stays in force" in hints["-"] and "not used" in hints["b.test"]
    settle("b.test", 403)
    settle("a.test", 200)
    rewrite(file, pki.zone_b.pem)
    settle("b.test", 200)
    assert lines("CFO0130") == [("reloaded", "-"), ("reloaded", "b.test")]


@pytest.mark.parametrize("other", ["B.test.pem", "b.test..pem", "B.TEST..pem"])
def test_of_two_spellings_of_a_zone_the_canonical_one_counts_before_and_after_a_restart(place, pki, other):
    place.settle(200, "b.test", "leaf_b")
    replace(place.zones / other, pki.zone_a.pem)
    reason = f"/{other}: the zone already has another file (b.test.pem)"
    place.httpd.wait_for(lambda: any(reason in x["reason"] for x in place.lines() if x["what"] == "reload-rejected"), "the other one")
    place.settle(200, "b.test", "leaf_b")
    place.httpd.graceful()
    place.settle(200, "b.test", "leaf_b")
    place.settle(403, "b.test", "leaf_a")
    (place.zones / "b.test.pem").unlink()
    place.settle(200, "b.test", "leaf_a")
    rewrite(place.zones / "b.test.pem", "garbage\n")
    place.wait_line(what="reload-rejected", file=str(place.zones / "b.test.pem"))
    place.settle(200, "b.test", "leaf_a")
    replace(place.zones / "b.test.pem", pki.zone_b.pem)
    place.settle(200, "b.test", "leaf_b")


def test_a_file_can_be_rewritten_any_number_of_times(place, pki):
    """The journal is compacted many times; a child that starts later loads the newest content."""
    comment = "#" * 1_000_000 + "\n"
    pems = [pki.zone_a.pem, pki.zone_b.pem]
    for number in range(1, 13):
        replace(place.proof, comment + pems[number % 2])
        place.wait_line(number, what="reloaded", file=str(place.proof))
    old = set(children(place.httpd))
    sizes = [size for pid in old for name, size in open_files(pid) if re.search(r"/cf_origin\.\w{6} \(deleted\)", name)]
    assert len(sizes) == 2 * len(old) and max(sizes) < 8_000_000
    place.proof.write_text("garbage\n")
    place.wait_line(what="reload-rejected", file=str(place.proof))
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    place.httpd.wait_for(lambda: len(set(children(place.httpd)) - old) >= 2, "new children")
    place.settle(200)
    place.settle(403, cert="leaf_b")


def test_a_change_that_cannot_be_passed_on_is_reported_with_its_cause_and_tried_again(httpd, pki, scratch):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, limit[1]))
    try:
        place = Place(httpd, pki, scratch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    replace(place.proof, "#" * 1_000_000 + "\n" + pki.zone_b.pem)
    line = place.wait_line(what="reload-failed")[0]
    assert "ulimit -f" in line["hint"] and "stays in force" in line["hint"] and "full" not in line["hint"]
    place.settle(200)
    replace(place.proof, pki.zone_b.pem)
    place.settle(200, cert="leaf_b")
    assert len([x for x in place.lines() if x["what"] == "reload-failed"]) == 1


def test_a_changed_zone_file_of_more_than_a_mebibyte_is_rejected(place, pki):
    replace(place.proof, "#" * 1_048_576 + "\n" + pki.zone_b.pem)
    assert place.wait_line(what="reload-rejected", file=str(place.proof))[0]["reason"] == "larger than 1048576 bytes"
    place.settle(200)


@pytest.mark.W8
def test_a_graceful_restart_reads_the_files_again(place, pki):
    replace(place.proof, pki.zone_b.pem)
    place.settle(200, cert="leaf_b")
    place.httpd.graceful()
    place.settle(200, cert="leaf_b")
    replace(place.proof, pki.zone_a.pem)
    place.settle(200)
    place.settle(403, cert="leaf_b")
    assert not list(place.httpd.dir.glob("cf_origin.??????"))  # the journal is an unlinked file


def test_files_are_reloaded_if_only_one_location_is_protected(httpd, scratch):
    ranges = scratch / f"directory-{os.urandom(4).hex()}.txt"
    ranges.write_text("127.0.0.0/9\n192.0.2.0/24\n")
    server = httpd(server=f"CFOriginPullRanges {ranges}\nCFOriginPullReload 1\nCFOriginPullRequire ip\n"
                   + vhost("a.test", "<Location />\nCFOriginPull On\n</Location>"))
    assert get(server.port, sni="a.test", source=STRANGER).status == 403
    replace(ranges, "127.0.0.0/8\n192.0.2.0/24\n")
    server.wait_for(lambda: get(server.port, sni="a.test", source=STRANGER).status == 200, "the new ranges")


@pytest.mark.parametrize("line", ["CFOriginPullReload 0", "CFOriginPullReload 86401", "CFOriginPullReload -1", "CFOriginPullReload 3x",
                                  "CFOriginPullReload soon", "CFOriginPullExpiryWarn -1", "CFOriginPullExpiryWarn 3651",
                                  "CFOriginPullExpiryWarn Off"])
def test_a_bad_number_stops_the_start(configuration, line):
    code, output = configuration(line)
    name, word = line.split()
    assert code and f'{name}: "{word}": expected a number from' in output
    code, output = configuration(vhost("a.test", line))
    assert code and "virtual" in output.lower()
