# SPDX-License-Identifier: Apache-2.0
"""What the system denies while httpd runs: files, disk, memory, descriptors, locks, time, and processes that are killed.
Nothing is admitted that was not before, httpd goes on, a line says what is wrong, and afterwards all is as if nothing had
happened."""
import errno
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from client import CLOUDFLARE, get
from server import MPM, PRELOAD, TWO_CHILDREN, vhost
from test_reload import Place, replace

OWN_MEMORY = pytest.mark.skipif(bool(PRELOAD), reason="a sanitizer allocates and maps memory itself")
STRANGE = "ServerAlias *.strange.test\n"


class Faults:
    """Those that are in effect, in a folder that the preloaded library looks into."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o777)

    def set(self, **numbers):
        for name, number in numbers.items():
            new = self.folder / f".{name}"
            new.write_text(str(number))
            new.chmod(0o644)
            new.rename(self.folder / name.replace("_", "-"))

    def clear(self):
        for file in self.folder.iterdir():
            file.unlink()

    def happened(self, name):
        return (self.folder / f"{name}.done").exists()


@pytest.fixture(scope="module")
def faults(scratch):
    library = scratch / f"faults-{os.urandom(4).hex()}.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    faults = Faults(scratch / f"faults-{os.urandom(4).hex()}")
    faults.environment = {"LD_PRELOAD": str(library), "CFO_FAULTS": str(faults.folder)}
    return faults


@pytest.fixture(scope="module")
def faulty(faults, httpd):
    """Starts an httpd with the library."""
    def start(**options):
        os.environ.update(faults.environment)
        try:
            return httpd(**options)
        finally:
            for name in faults.environment:
                del os.environ[name]
    return start


@pytest.fixture(scope="module")
def module_place(faulty, pki, scratch):
    return Place(faulty, pki, scratch, STRANGE)


@pytest.fixture
def place(module_place, faults, pki):
    """One server for many faults. It begins and ends with what it was started with."""
    module_place.seen = len(module_place.lines())
    yield module_place
    faults.clear()
    replace(module_place.proof, pki.zone_a.pem)
    module_place.settle(200)


def new_lines(place):
    return place.lines()[place.seen:]


def wait_new(place, **wanted):
    def find():
        return next((x for x in new_lines(place) if all(x.get(k) == v for k, v in wanted.items())), None)
    return place.httpd.wait_for(find, f"a new line with {wanted}")


def assert_unchanged(place):
    """What was in force before the change is in force."""
    place.settle(200)
    place.settle(403, cert="leaf_b")


@pytest.mark.parametrize("fault", [{"open": errno.ESTALE, "stat": errno.ESTALE}, {"read": errno.EIO}], ids=["stale", "io"])
def test_a_file_that_cannot_be_read_stays_in_force_and_is_loaded_when_it_can(place, faults, pki, fault):
    faults.set(path=place.proof.name, **fault)
    replace(place.proof, pki.zone_b.pem)
    line = wait_new(place, what="reload-rejected", file=str(place.proof))
    assert line["reason"] == os.strerror(next(iter(fault.values()))) and "stays in force" in line["hint"]
    assert_unchanged(place)
    faults.clear()
    wait_new(place, what="reloaded")
    place.settle(200, cert="leaf_b")
    assert [x["what"] for x in new_lines(place)] == ["reload-rejected", "reloaded"]


def test_a_folder_that_cannot_be_read_keeps_its_zones_and_is_listed_when_it_can(place, faults, pki):
    faults.set(path=place.zones.name, opendir=errno.EIO)
    new = place.zones / "c.test.pem"
    replace(new, pki.zone_a.pem)
    wait_new(place, what="reload-rejected", folder=str(place.zones))
    place.settle(200, "b.test", "leaf_b")
    place.settle(403, "c.test")
    faults.clear()
    place.settle(200, "c.test")
    new.unlink()
    place.settle(403, "c.test")


def strange_files(zones):
    """What a file can become, by the name of its zone; each must be rejected, and none waited for."""
    return {"loop": lambda path: path.symlink_to(path.name), "folder": lambda path: path.mkdir(), "fifo": os.mkfifo,
            "zeros": lambda path: path.symlink_to("/dev/zero"), "dangling": lambda path: path.symlink_to("nowhere"),
            "huge": lambda path: (path.touch(), os.truncate(path, 1 << 40))}


def test_whatever_a_file_becomes_its_zone_stays_and_comes_back(place, pki):
    kinds = strange_files(place.zones)
    files = {kind: place.zones / f"{kind}.strange.test.pem" for kind in kinds}
    for path in files.values():
        replace(path, pki.zone_b.pem)
    for path in files.values():
        wait_new(place, what="reloaded", file=str(path))
    place.settle(200, "loop.strange.test", "leaf_b")
    place.seen = len(place.lines())
    for kind, path in files.items():
        path.unlink()
        kinds[kind](path)
    for path in files.values():
        wait_new(place, what="reload-rejected", file=str(path))
    for kind, path in files.items():
        assert place.status(f"{kind}.strange.test", "leaf_b") == 200 and place.status(f"{kind}.strange.test") == 403
        (path.rmdir if kind == "folder" else path.unlink)()
        replace(path, pki.zone_a.pem)
    for path in files.values():
        wait_new(place, what="reloaded", file=str(path))
    place.settle(200, "huge.strange.test")
    for path in files.values():
        path.unlink()
    for path in files.values():
        wait_new(place, what="zone-removed", file=str(path))


def test_a_full_disk_is_named_and_the_change_is_loaded_when_there_is_space(place, faults, pki):
    faults.set(pwrite=errno.ENOSPC)
    replace(place.proof, pki.zone_b.pem)
    assert "The disk of DefaultRuntimeDir is full" in wait_new(place, what="reload-failed")["hint"]
    assert_unchanged(place)
    faults.clear()
    wait_new(place, what="reloaded")
    place.settle(200, cert="leaf_b")
    assert [x["what"] for x in new_lines(place)] == ["reload-failed", "reloaded"]


def test_a_child_that_is_killed_in_the_middle_of_the_journal_leaves_its_work_to_another(place, faults, pki):
    faults.set(kill=1)
    replace(place.proof, pki.zone_b.pem)
    place.httpd.wait_for(lambda: faults.happened("kill"), "the kill")
    wait_new(place, what="reloaded")  # it may be in force before it is logged
    place.settle(200, cert="leaf_b")
    place.settle(403)
    assert [x["what"] for x in new_lines(place)] == ["reloaded"]
    assert "CFO0138" not in place.httpd.log()


def test_children_that_are_killed_while_they_load_leave_nothing_half_done(place, pki):
    """At whatever point they are then."""
    for pem, cert, other in ((pki.zone_b.pem, "leaf_b", "leaf_a"), (pki.zone_a.pem, "leaf_a", "leaf_b")):
        size, old = place.httpd.journal_size(), place.httpd.children()
        replace(place.proof, pem)
        place.httpd.wait_for(lambda s=size: place.httpd.journal_size() > s, "a child that loads")
        for pid in old:
            os.kill(int(pid), signal.SIGKILL)
        place.settle(200, cert=cert)
        place.settle(403, cert=other)


def test_without_descriptors_a_child_keeps_what_is_in_force(place, faults, pki):
    """No request is sent meanwhile: httpd ends a child that cannot accept a connection, and glibc aborts it when it
    cannot open the library that ends a thread."""
    faults.set(files=1)
    replace(place.proof, pki.zone_b.pem)
    line = wait_new(place, what="reload-rejected")
    assert line["reason"] == "Too many open files" and line["file"] == str(place.proof)
    faults.clear()
    wait_new(place, what="reloaded")  # the process that looks at files has noticed
    place.settle(200, cert="leaf_b")


@OWN_MEMORY
def test_a_file_that_openssl_has_no_memory_for_is_loaded_when_there_is_some(place, faults, pki):
    """No request is sent meanwhile: TLS has no memory either. (What is in force then: test/unit.)"""
    faults.set(memory=1)
    replace(place.proof, pki.zone_b.pem)
    # The process that looks at files says that it is refused, and any other that it cannot follow.
    line = place.httpd.wait_for(lambda: next((x for x in new_lines(place) if x["what"] in ("reload-rejected", "reload-failed")),
                                             None), "a line that says so")
    assert "stays in force" in line["hint"]
    faults.clear()
    place.settle(200, cert="leaf_b")
    place.settle(403)


@pytest.mark.skipif(MPM == "prefork", reason="the child itself would end before it serves")
@OWN_MEMORY
def test_a_child_without_memory_for_pools_is_ended_by_httpd_and_replaced(place, faults):
    """Pools end their process: httpd's own rule, because nobody checks them. A new child has no free pools yet."""
    place.httpd.replace_children()
    faults.set(pools=1)
    log = place.httpd.log
    before = len(log())

    def aborted():
        with socket.create_connection(("127.0.0.1", place.httpd.port), 5) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        return re.search(r"child pid \d+ exit signal Abort", log()[before:])
    place.httpd.wait_for(aborted, "the end of a child")
    faults.clear()
    place.settle(200)
    place.httpd.known_crashes += re.findall(r"^.*exit signal Abort.*$", log(), re.M)


def test_the_clock_may_jump_in_both_directions(place, faults, pki):
    """Changes are loaded and refusals logged, with the clock a month ahead, and when it is set back."""
    for days, pem, cert, other in ((30, pki.zone_b.pem, "leaf_b", "leaf_a"), (0, pki.zone_a.pem, "leaf_a", "leaf_b")):
        faults.set(clock=days * 86400)
        replace(place.proof, pem)
        place.settle(200, cert=cert)
        place.settle(403, cert=other)
        uri = f"/{days}-days-ahead"
        get(place.httpd.port, uri, CLOUDFLARE, sni="a.test", cert=getattr(pki, other))
        assert place.httpd.wait_event(uri=uri)["reason"] in ("cert-unknown", "cert-other-zone")


def test_a_look_at_the_files_that_hangs_is_reported_once_and_requests_are_served(place, faults, pki):
    faults.set(path=place.proof.name, hang=1, hurry=1)
    replace(place.proof, pki.zone_b.pem)
    place.httpd.wait_for(lambda: faults.happened("hang"), "the file system")
    before = place.httpd.log().count("CFO0145")
    place.httpd.wait_for(lambda: place.httpd.log().count("CFO0145") > before, "the line")
    line = next(x for x in place.httpd.log().splitlines() if "CFO0145" in x)
    assert re.search(r"reload-stuck process=(\d+) ", line)[1] in place.httpd.children()
    assert_unchanged(place)
    assert place.httpd.log().count("CFO0145") == before + 1
    faults.clear()
    place.settle(200, cert="leaf_b")


def start_of(pki, scratch):
    """Lines for a server with one file, and the file."""
    proof = scratch / f"start-{os.urandom(4).hex()}.pem"
    proof.write_text(pki.zone_a.pem)
    return proof, TWO_CHILDREN + "CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}")


@OWN_MEMORY
def test_without_shared_memory_httpd_does_not_start(faulty, faults, pki, scratch):
    faults.set(shared=1_000_000)
    try:
        with pytest.raises(AssertionError, match="CFO0150 counters-unavailable"):
            faulty(server=start_of(pki, scratch)[1])
    finally:
        faults.clear()


def test_without_a_watchdog_requests_are_judged_and_a_restart_loads_the_files(faulty, faults, pki, scratch):
    faults.set(no_watchdog=1)
    try:
        proof, conf = start_of(pki, scratch)
        server = faulty(server=conf)
        assert "CFO0135 not-followed" in server.log()
        assert get(server.port, sni="a.test", cert=pki.leaf_a).status == 200
        replace(proof, pki.zone_b.pem)
        assert get(server.port, sni="a.test", cert=pki.leaf_b).status == 403
        server.replace_children()
        assert get(server.port, sni="a.test", cert=pki.leaf_b).status == 200
        assert get(server.port, sni="a.test", cert=pki.leaf_a).status == 403
    finally:
        faults.clear()


def test_a_log_that_cannot_be_written_loses_lines_and_nothing_else(httpd, pki):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"ErrorLog /dev/full\nCFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    for cert, status in ((pki.leaf_a, 200), (pki.leaf_b, 403), (pki.leaf_a, 200)):
        assert get(server.port, sni="a.test", cert=cert).status == status
    assert not server.events()


@pytest.mark.skipif(os.getuid() != 0, reason="without root, the children have the rights of their parent")
def test_a_lock_that_children_may_not_open_is_reported_and_nothing_is_loaded(httpd, pki, scratch):
    """They have inherited it open, but by that file they would not lock out each other."""
    proof, conf = start_of(pki, scratch)
    locks = scratch / f"locks-{os.urandom(4).hex()}"
    locks.mkdir(mode=0o700)
    server = httpd(server=f"Mutex flock:{locks} cf-origin\n{conf}")
    replace(proof, pki.zone_b.pem)
    server.wait_for(lambda: "CFO0138 lock-failed" in server.log(), "the line")
    assert get(server.port, sni="a.test", cert=pki.leaf_a).status == 200
    assert get(server.port, sni="a.test", cert=pki.leaf_b).status == 403
    assert "CFO0130" not in server.log()


def test_each_failure_to_load_is_logged_whichever_of_two_children_finds_it(faulty, faults, pki, scratch):
    """Once while it lasts, and again if it comes back."""
    place = Place(faulty, pki, scratch)
    try:
        for authority in (pki.zone_b, pki.zone_a, pki.zone_b):
            place.seen = len(place.lines())
            faults.set(pwrite=errno.ENOSPC)
            replace(place.proof, authority.pem)
            wait_new(place, what="reload-failed")
            faults.clear()
            wait_new(place, what="reloaded")
    finally:
        faults.clear()
