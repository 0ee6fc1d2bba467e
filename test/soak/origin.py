# SPDX-License-Identifier: Apache-2.0
"""The origin under soak, and what happens to it: its files change, get broken and are repaired, and it is restarted."""
import random
import signal
import threading
import time

from apps import Backend
from server import MPM, Httpd, vhost
from tail import ErrorLog
from world import NO, OPEN, YES

EDGE, MOVING = "127.0.0.1", "127.150.0.1"  # the second is in the ranges at times
STRANGER, TUNNEL, MONITOR = "127.200.0.1", "127.101.0.1", "127.201.0.1"
CERTIFICATES = 6  # of zone a, one after the other
FILLERS = 60       # other zones in the folder; each is loaded anew within a minute
SETTLED = 8.0     # seconds after which each process must have loaded what one of them has
SLICE = 0.2

SIZES = """
Timeout 60
ListenBacklog 511
<IfModule mpm_prefork_module>
    StartServers 8
    ServerLimit 96
    MaxRequestWorkers 64
    MinSpareServers 4
    MaxSpareServers 16
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 12
    ThreadsPerChild 16
    MaxRequestWorkers 64
    MinSpareThreads 16
    MaxSpareThreads 64
</IfModule>
Header always set X-Seen "expr=%{REMOTE_ADDR}"
"""

# Each kind of lock that httpd has is soaked with one of them.
MUTEXES = {"event": "", "worker": "Mutex sysvsem default\n", "prefork": "Mutex fcntl:{dir} default\n"}

BROKEN = {
    "empty": lambda text: "", "half": lambda text: text[:len(text) // 2], "garbage": lambda text: "garbage\n",
    "html": lambda text: "<!DOCTYPE html>\n<title>Just a moment...</title>\n", "glued": lambda text: text.replace("\n", ""),
}


class Server(Httpd):
    def environment(self):
        """With few arenas, memory has reached its usual size after minutes; with one for each thread, after an hour."""
        return {**super().environment(), "MALLOC_ARENA_MAX": "2"}


class Origin:
    def __init__(self, directory, pki, control, tally, world):
        self.dir, self.pki, self.control, self.tally, self.world = directory, pki, control, tally, world
        self.backend = Backend()
        self.proof, self.ranges, self.zones = (directory / x for x in ("proof.pem", "ranges.txt", "zones"))
        self.cas = [pki.ca(f"rotating-{i}") for i in range(CERTIFICATES)]
        self.leaves = [pki.issue(f"edge-{i}", ca) for i, ca in enumerate(self.cas)]
        self.texts = [pki.ca(f"filler-{i}").pem for i in range(2)]
        self.write_files()
        self.httpd = Server(directory / "httpd", pki, modules=["headers", "proxy", "proxy_http"], ports=2, load_module=not control,
                           log_level="warn" if control else "warn cf_origin:info", server=self.configuration())
        self.add_content()
        self.log = None
        self.good = threading.RLock()  # held while a file is broken: httpd would not restart with it
        self.restarts = []            # [begin, end]; end is None until the old children have gone
        self.calm = True

    def write_files(self):
        self.zones.mkdir()
        for i in range(FILLERS):
            (self.zones / f"z{i}.test.pem").write_text(self.texts[0])
        (self.zones / "b.test.pem").write_text(self.pki.zone_b.pem)
        self.proof.write_text(self.cas[0].pem)
        self.ranges.write_text(self.range_list(False))
        self.world.set(NO, *(f"leaf{i}" for i in range(CERTIFICATES)), "moving")
        self.world.set(YES, "leaf0", "b")

    @staticmethod
    def range_list(moving):
        return "127.0.0.0/12\n192.0.2.0/24\n2001:db8::/32\n" + ("127.150.0.0/16\n" if moving else "198.51.100.0/24\n")

    def configuration(self):
        own, main = lambda text: "" if self.control else text, SIZES + MUTEXES[MPM]
        main += own(f"CFOriginPullRanges {self.ranges}\nCFOriginPullReload 1\nCFOriginPullZoneDir {self.zones}\n")
        shut = own("CFOriginPull On\nCFOriginPullExemptPath /.well-known/acme-challenge/\n")
        back = f"ProxyPass /back http://127.0.0.1:{self.backend.port}/\n"
        status = own("<Location /status>\nSetHandler cf-origin-status\n</Location>\n")
        return (main + vhost("shop.a.test", shut + back + own(f"CFOriginPullZone a.test {self.proof}\n"), aliases="www.a.test")
                + vhost("shop.b.test", shut + back)
                + vhost("audit.b.test", own("CFOriginPull Audit\n"))
                + vhost("shop.a.test", shut + status + own(f"CFOriginPullTunnel {TUNNEL}\nCFOriginPullExemptFrom {MONITOR}\n"),
                        port="{port2}", tls=False))

    def add_content(self):
        root = self.httpd.docroot
        (root / "large.bin").write_bytes(random.Random(1).randbytes(300000))
        (root / ".well-known" / "acme-challenge").mkdir(parents=True)
        (root / ".well-known" / "acme-challenge" / "token").write_text("the token\n")

    def start(self):
        self.httpd.start()
        self.log = ErrorLog(self.httpd.dir / "error.log", self.tally)
        self.log.update()
        return self

    # Restarts.

    def restart(self, over):
        """Graceful; returns when the new children serve."""
        with self.good:
            if over.is_set():  # a file may have stayed broken
                return
            old, starts = set(self.httpd.children()), self.log.starts
            entry = [time.monotonic(), None, old]
            self.restarts.append(entry)
            self.httpd.process.send_signal(signal.SIGUSR1)
            end = time.monotonic() + 120
            while self.log.starts == starts:
                if time.monotonic() > end or self.httpd.process.poll() is not None:
                    self.tally.fail("restart", f"no new generation in 120 s, httpd: {self.httpd.process.poll()}")
                    return
                time.sleep(0.05)
                self.log.update()
        self.tally.count("graceful restarts")

    def look_at_old_children(self):
        children = set(self.httpd.children())
        for entry in self.restarts:
            if entry[1] is None and not entry[2] & children:
                entry[1] = time.monotonic()

    def restarting(self, begin, end):
        """Whether children of an older generation were about at any time in between."""
        return any(start - 1 <= end and (over is None or begin <= over + 1) for start, over, _ in list(self.restarts))


class Over(Exception):
    """The soak ends while a change is under way: nobody knows any more what every process has loaded."""


class Changes:
    """Changes the files, one fact after the other, until `over` is set."""

    def __init__(self, origin, over, seed):
        self.origin, self.world, self.tally, self.over = origin, origin.world, origin.tally, over
        self.random = random.Random(seed)
        self.current = 0
        self.turn = 0

    def run(self):
        steps = [self.rotate, self.break_proof, self.move_ranges, self.break_ranges, self.remove_zone, self.break_zone]
        try:
            while True:
                self.random.shuffle(steps)
                for step in steps:
                    step()
                    self.tally.count(f"changes: {step.__name__.replace('_', ' ')}")
        except Over:
            pass

    # Waiting. The other zones change meanwhile: each change makes a new snapshot.

    def sleep(self):
        if self.over.wait(SLICE):
            raise Over

    def wait(self, seconds):
        """Time in which this process was not kept from running; a late child may be just as late."""
        left = seconds
        while left > 0:
            begin = time.monotonic()
            self.sleep()
            if time.monotonic() - begin > 4 * SLICE:
                left = max(left, seconds / 2)
                self.tally.count("changes: late")
            left -= SLICE
            self.change_a_filler()

    def change_a_filler(self):
        self.turn += 1
        if self.turn % 4 == 0:
            i = self.turn // 4
            self.put(self.origin.zones / f"z{i % FILLERS}.test.pem", self.origin.texts[(i // FILLERS + 1) % 2])

    def put(self, path, text):
        new = path.with_name(path.name + ".new")
        new.write_text(text)
        new.rename(path)

    def seen(self, codes, path):
        return sum(self.origin.log.reloads[code, str(path)] for code in codes), self.origin.log.starts

    def load(self, path, text, codes=("CFO0130",)):
        """Changes a file (None: removes it); returns when each process must have loaded it."""
        self.origin.log.update()
        before = self.seen(codes, path)
        if text is None:
            path.unlink()
        elif self.random.random() < 0.5:
            self.put(path, text)
        else:
            with self.origin.good:  # httpd must not start from the half of it
                path.write_text(text)
        end = time.monotonic() + 120
        while not self.origin.control:
            self.origin.log.update()
            now = self.seen(codes, path)
            if now[0] > before[0] or now[1] > before[1]:
                break
            if time.monotonic() > end:
                self.tally.fail("not loaded", f"{path}: no {codes} in 120 s")
                break
            self.sleep()
        self.wait(SETTLED)

    # The steps.

    def accept(self, *which):
        self.load(self.origin.proof, "".join(self.origin.cas[i].pem for i in which))

    def rotate(self):
        """The old certificate, both, the new one."""
        old, new = self.current, (self.current + 1) % CERTIFICATES
        self.world.set(OPEN, f"leaf{new}")
        self.accept(old, new)
        self.world.set(YES, f"leaf{new}")
        self.wait(4)
        self.world.set(OPEN, f"leaf{old}")
        self.accept(new)
        self.world.set(NO, f"leaf{old}")
        self.current = new
        self.wait(4)

    def spoil(self, path, again, how):
        """A broken file changes nothing."""
        with self.origin.good:
            self.load(path, how(again), codes=("CFO0131", "CFO0132", "CFO0133"))
            self.load(path, again, codes=("CFO0130", "CFO0131", "CFO0132", "CFO0133"))

    def how(self, *names):
        return BROKEN[self.random.choice(names)]

    def break_proof(self):
        self.spoil(self.origin.proof, self.origin.cas[self.current].pem, self.how("empty", "half", "garbage", "html"))

    def break_ranges(self):
        self.spoil(self.origin.ranges, self.origin.ranges.read_text(), self.how("empty", "html", "glued"))

    def break_zone(self):
        self.spoil(self.origin.zones / "b.test.pem", self.origin.pki.zone_b.pem, self.how("empty", "half", "garbage"))

    def move_ranges(self):
        now = self.world.look(["moving"])[0][0] == YES
        self.world.set(OPEN, "moving")
        self.load(self.origin.ranges, self.origin.range_list(not now))
        self.world.set(NO if now else YES, "moving")
        self.wait(4)

    def remove_zone(self):
        path = self.origin.zones / "b.test.pem"
        self.world.set(OPEN, "b")
        self.load(path, None, codes=("CFO0130", "CFO0132", "CFO0133"))
        self.world.set(NO, "b")
        self.wait(4)
        self.world.set(OPEN, "b")
        self.load(path, self.origin.pki.zone_b.pem)
        self.world.set(YES, "b")


class Restarts:
    """Times of many graceful restarts, and calm ones, in which children live long."""

    def __init__(self, origin, over, seed, duration):
        self.origin, self.over, self.random = origin, over, random.Random(seed + 1)
        self.calm = min(720, duration / 4)
        self.storm = min(180, duration / 4)

    def run(self):
        while not self.over.is_set():
            self.origin.calm = True
            if self.over.wait(self.calm):
                return
            self.origin.calm = False
            end = time.monotonic() + self.storm
            while time.monotonic() < end and not self.over.is_set():
                self.origin.restart(self.over)
                self.over.wait(self.random.choice([0.5, 2, 5, 8, 12]))
