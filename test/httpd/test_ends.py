# SPDX-License-Identifier: Apache-2.0
"""Children end while they load files, as in every restart of a server with many zones."""
import os
import platform
import re
import signal
import subprocess
import time

import pytest

from client import get
from fixtures import make_httpd
from server import BASE, PRELOAD, vhost

MANY = 800  # files, so that loading them takes long
# Notes in each new process how many small blocks of the heap glibc has to merge.
UNMERGED = r"""
#include <malloc.h>
#include <pthread.h>

static void note_blocks(void)
{
    note("%d\n", mallinfo().smblks);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(NULL, NULL, note_blocks);
}
"""
# Signals the first child while it looks up the groups of its user, and notes that it goes on. A process of the check at
# start (CFO0262) looks them up before.
SIGNALLED = r"""
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>

int initgroups(const char *user, gid_t group)
{
    struct stat state;
    int number = atoi(getenv("CFO_SIGNAL"));

    (void)user;
    (void)group;
    if (stat(getenv("CFO_NOTES"), &state))
        abort();
    if (state.st_size == 0) {
        note("check\n");
    } else if (state.st_size == 6) {
        note("%d sent\n", number);
        kill(getpid(), number);
        note("%d held\n", number);
    }
    return 0;
}
"""
NOTE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define note(...) \
    do { \
        int file = open(getenv("CFO_NOTES"), O_WRONLY | O_APPEND); \
        if (file < 0 || dprintf(file, __VA_ARGS__) < 0) \
            abort(); \
        close(file); \
    } while (0)
"""
ENDED = re.compile(r"exit signal [A-Z].*|.*still did not exit.*")


@pytest.fixture(scope="module")
def certificates(pki):
    """The content of a zone file that takes long to load."""
    return "".join(ca.pem for ca in (pki.zone_a, pki.rogue_ca, pki.evil_twin_ca, pki.intermediate_a, pki.shared_ca))


class Host:
    def __init__(self, httpd, pki, scratch, certificates, mpm, extra=""):
        self.zones = scratch / f"zones-{os.urandom(4).hex()}"
        self.zones.mkdir()
        self.texts, self.turn = [pki.zone_b.pem, certificates], 0
        (self.zones / "a.test.pem").write_text(pki.zone_a.pem)
        self.write(MANY)
        self.httpd = httpd(base=[f"mpm_{mpm}", *BASE[1:]], server="StartServers 2\nCFOriginPullRanges 127.0.0.0/9\n"
                           f"CFOriginPullReload 1\n{extra}" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {self.zones}"))

    def write(self, count):
        """With times two seconds ago, so that no child waits for the change to be complete."""
        past = time.time() - 2
        for i in range(count):
            new = self.zones / "new"
            new.write_text(self.texts[self.turn % 2])
            os.utime(new, (past, past))
            new.rename(self.zones / f"z{i}.test.pem")
        self.turn += 1

    def busy(self):
        """Changes all files, and returns when a child has begun to load them."""
        size = self.httpd.journal_size()
        self.write(MANY)
        self.httpd.wait_for(lambda: self.httpd.journal_size() > size, "a look at the files", 30)

    def send(self, number):
        before = self.httpd.log().count("resuming normal operations")
        self.httpd.process.send_signal(number)
        self.httpd.wait_for(lambda: self.httpd.log().count("resuming normal operations") > before, "a restart", 60)


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_no_child_crashes_when_it_ends_while_it_loads_files(httpd, pki, scratch, certificates, mpm):
    host = Host(httpd, pki, scratch, certificates, mpm)
    for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR1):
        host.busy()
        host.send(number)
    host.busy()
    host.httpd.stop()
    assert not ENDED.findall(host.httpd.log())


def children(server):
    done = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True)
    return set(done.stdout.split())


def test_a_lock_that_a_restart_removed_is_not_reported_by_a_new_child(httpd, pki, scratch, certificates):
    """A new child loads the whole journal before it uses the lock, which a restart may have removed by
    then."""
    host = Host(httpd, pki, scratch, certificates, "event", "Mutex sysvsem cf-origin\nMinSpareThreads 32\n"
                "MaxConnectionsPerChild 1\n")
    host.busy()
    host.httpd.wait_for(lambda: host.httpd.log().count("CFO0130") >= MANY, "all files", 60)
    before = children(host.httpd)
    assert get(host.httpd.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    new = host.httpd.wait_for(lambda: children(host.httpd) - before, "a new child", 30)
    host.send(signal.SIGUSR1)
    host.httpd.wait_for(lambda: not new & children(host.httpd), "its end", 30)
    assert "CFO0138" not in host.httpd.log()


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_a_single_process_does_not_crash_when_it_ends_while_it_loads_files(pki, scratch, certificates, mpm):
    """httpd -X destroys all of its pools and unloads the module."""
    def start(**options):
        server = make_httpd(scratch, pki, **options)
        server.write_config()
        server.process = subprocess.Popen(server.command("-X"), start_new_session=True, env=server.environment())
        server.wait_for(lambda: "cf_origin" in os.popen(f"ls -l /proc/{server.process.pid}/fd").read(), "the start")
        return server
    host = Host(start, pki, scratch, certificates, mpm)
    host.busy()
    host.httpd.process.send_signal(signal.SIGTERM)
    assert host.httpd.process.wait(20) == 0


@pytest.fixture
def preload(scratch, monkeypatch):
    """A library that httpd is started with; returns the file for its notes."""
    def make(code):
        library, notes = (scratch / f"preloaded-{os.urandom(4).hex()}{end}" for end in (".so", ""))
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-", "-pthread"], input=(NOTE + code).encode(), check=True)
        notes.touch()
        notes.chmod(0o666)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("CFO_NOTES", str(notes))
        return notes
    return make


def start_and_stop(httpd, pki, mpm):
    server = httpd(base=[f"mpm_{mpm}", *BASE[1:]], server="CFOriginPullRanges 127.0.0.0/9\n" +
                   vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    server.replace_children()
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    server.stop()


OWN_HEAP = pytest.mark.skipif(bool(PRELOAD), reason="a sanitizer has a heap of its own, and is what is preloaded")


@OWN_HEAP
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallinfo() is glibc's")
@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_a_child_inherits_no_heap_that_it_has_to_merge(httpd, pki, preload, mpm):
    notes = preload(UNMERGED)
    start_and_stop(httpd, pki, mpm)
    counts = [int(line) for line in notes.read_text().split()]
    assert len(counts) >= 4 and max(counts) < 100, counts


@OWN_HEAP
@pytest.mark.skipif(os.geteuid() != 0, reason="without root, httpd has no privileges to drop")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_a_new_child_is_not_ended_while_it_looks_up_its_user(httpd, pki, preload, monkeypatch, mpm, number):
    """httpd would end it in a signal handler, with a heap that is half changed: 1 to 3 of 100 stops within a second of
    the start ended with a crash."""
    monkeypatch.setenv("CFO_SIGNAL", str(int(number)))
    notes = preload(SIGNALLED)
    start_and_stop(httpd, pki, mpm)
    text = notes.read_text()
    assert text.count("held") == text.count("sent") > 0, text
