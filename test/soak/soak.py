#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An httpd with the module under legitimate and hostile clients at once, for as long as you like, with graceful restarts
and changing files all the time. Fails if a legitimate request is refused or lost, a hostile one admitted, a visitor
mistaken for another, if a child ends by a signal, or if anything grows. See docs/development.md."""
import argparse
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "httpd")]


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh]?)", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600, "": 1}[unit]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", type=seconds, default=60, metavar="60m", help="of the traffic")
    parser.add_argument("--mpm", choices=["event", "worker", "prefork"], default=os.environ.get("HTTPD_MPM", "event"))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of what clients and files do")
    parser.add_argument("--cpu", type=float, default=0.4, help="of one processor, for all: clients wait so that it is less")
    parser.add_argument("--control", action="store_true", help="without the module, to see what httpd itself loses")
    parser.add_argument("--keep", metavar="FOLDER", help="for logs and samples")
    return parser.parse_args()


options = arguments()
os.environ["HTTPD_MPM"] = options.mpm

import hostile  # noqa: E402
import judgement  # noqa: E402
import legitimate  # noqa: E402
from meters import Meters  # noqa: E402
from origin import Changes, Origin, Restarts  # noqa: E402
from pki import StandardPki  # noqa: E402
from tally import Tally  # noqa: E402
from world import Numbers, World  # noqa: E402

# Clients of each kind, and the seconds that each of them waits on average before it begins again.
CLIENTS = [(legitimate.Legitimate, legitimate.USUAL, 4, 0.4), (legitimate.Legitimate, legitimate.LASTING, 5, 2.0),
           (hostile.Hostile, hostile.USUAL, 3, 0.5), (hostile.Hostile, hostile.LURKING, 1, 10.0)]


class Soak:
    def __init__(self, directory):
        self.tally, self.world, self.numbers = Tally(), World(), Numbers()
        self.over = threading.Event()
        self.expected = {}      # number of a request: (its status, whether it had to be admitted)
        self.repeated = set()   # numbers of requests that were sent more than once
        self.losses = []        # (when, what, details), judged at the end
        self.sessions = {}      # kept by clients: by certificate and version
        self.pace = 1.0
        self.shown = 0          # failures that were printed
        self.pki = StandardPki(directory / "pki")
        self.pki.server_pem = directory / "pki" / "server.pem"
        self.pki.server_pem.write_text(self.pki.server.pem + self.pki.server.key.read_text())
        self.origin = Origin(directory, self.pki, options.control, self.tally, self.world)
        self.meters = Meters(self.origin)

    # What clients tell.

    def answered(self, visit, status, expected):
        self.expected[visit.number] = (status, expected)

    def abandoned(self, visit):
        self.expected[visit.number] = ("abandoned", None)

    def lost(self, visit, lost, used):
        """On a connection that had been used before, or for the first request of one. Whether the client gives up."""
        self.expected.setdefault(visit.number, ("lost", None))
        self.repeated.add(visit.number)
        if not lost.begun and (used or str(lost).startswith("goaway")):
            visit.given_back += 1  # httpd says, or it is clear, that the request was not looked at
            self.tally.count("tried again: closed between requests")
        else:
            what = "an answer was cut" if lost.begun else "a new connection ended without an answer"
            visit.lost += 1
            self.losses.append((time.monotonic(), what, f"{visit.kind} {visit.path}: {lost}"))
        if visit.lost < 3 and visit.given_back < 30:
            return False
        self.tally.fail("legitimate request lost", f"again and again: {visit.kind} {visit.path}: {lost}")
        return True

    # Threads.

    def client(self, kind, names, wait, seed):
        clients, chance = kind(self, seed), random.Random(seed)
        while not self.over.wait(chance.expovariate(1 / wait) * self.pace):
            name = chance.choice(names)
            try:
                getattr(clients, name)()
            except Exception as error:  # of any client: the others go on
                if not isinstance(error, OSError) and type(error).__name__ != "Lost":
                    self.tally.fail("client", f"{name}: {traceback.format_exc()}")
                self.tally.count(f"clients that gave up: {name}")

    def guard(self, run):
        try:
            run()
        except Exception:
            self.tally.fail("soak", traceback.format_exc())
            self.over.set()

    def threads(self):
        seed = options.seed
        for kind, names, count, wait in CLIENTS:
            for _ in range(count):
                seed += 1
                client = functools.partial(self.client, kind, names, wait, seed)
                yield threading.Thread(target=self.guard, args=(client,), daemon=True)
        for work in (Changes(self.origin, self.over, options.seed), Restarts(self.origin, self.over, options.seed, options.duration)):
            yield threading.Thread(target=self.guard, args=(work.run,), daemon=True)

    def watch(self):
        """Samples, keeps within the processor time, tells where it is."""
        begin = time.monotonic()
        step = min(5, options.duration / 20)
        used, told = self.meters.seconds(), begin
        while time.monotonic() - begin < options.duration and not self.over.is_set():
            before = time.monotonic()
            self.over.wait(step)
            self.origin.log.update()
            self.origin.look_at_old_children()
            self.meters.sample()
            now = self.meters.seconds()
            share = (now - used) / (time.monotonic() - before)
            used = max(now, used)
            self.pace = min(max(self.pace * min(max(share / options.cpu, 0.8), 1.25), 0.2), 20)
            if time.monotonic() - told > max(60, options.duration / 60):
                told = time.monotonic()
                self.tell(int(told - begin), share)

    def tell(self, now, share):
        tally, row = self.tally, self.meters.samples[-1]
        print(f"{now} s: {tally.counts['legitimate requests served']} served, {tally.counts['hostile requests refused']} refused, "
              f"{len(self.origin.restarts)} restarts, {tally.failed()} failures, {share:.2f} of a processor, parent {row['RssAnon']} KiB, "
              f"{len(row['children'])} children {sum(x['RssAnon'] for x in row['children'].values())} KiB", flush=True)
        for text in tally.failures[self.shown:]:
            print(f"FAILED {text}", flush=True)
        self.shown = len(tally.failures)

    def run(self):
        """A signal ends it early, and what was seen so far is judged."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.over.set())
        self.origin.start()
        self.begun = time.monotonic()
        running = list(self.threads())
        for thread in running:
            thread.start()
        try:
            self.watch()
        finally:
            self.over.set()
        for thread in running:
            thread.join(150)
            if thread.is_alive():
                self.tally.fail("soak", f"a thread did not end: {thread}")
        self.seconds = time.monotonic() - self.begun
        self.used = self.meters.seconds()
        self.origin.look_at_old_children()
        self.stop()
        self.origin.log.update()

    def stop(self):
        try:
            self.origin.httpd.stop()
        except Exception as error:
            self.tally.fail("stop", str(error))
        self.origin.backend.stop()


def alone():
    """In a namespace of its own for shared memory and semaphores, where this may make one: what others have does not count."""
    if os.geteuid() == 0 and shutil.which("unshare") and not os.environ.get("CFO_SOAK_ALONE"):
        if subprocess.run(["unshare", "--ipc", "true"], capture_output=True).returncode == 0:
            os.environ["CFO_SOAK_ALONE"] = "yes"
            os.execvp("unshare", ["unshare", "--ipc", sys.executable, *sys.argv])


def main():
    alone()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    directory = Path(tempfile.mkdtemp(prefix="cfo-soak-"))
    directory.chmod(0o755)
    (directory / "pki").mkdir()
    print(f"soak: mpm_{options.mpm}, {options.duration} s, seed {options.seed}{', without the module' if options.control else ''}", flush=True)
    try:
        soak = Soak(directory)
        soak.run()
        text = judgement.judge(soak, options)
    finally:
        if options.keep:
            keep(directory / "httpd", Path(options.keep), locals().get("soak"))
        shutil.rmtree(directory, ignore_errors=True)
    print(text)
    sys.exit(1 if soak.tally.failed() else 0)


def keep(source, target, soak):
    target.mkdir(parents=True, exist_ok=True)
    for path in [*source.glob("*.log"), source / "httpd.conf"]:
        if path.exists():
            shutil.copy(path, target)
    if soak:
        (target / "samples.json").write_text(json.dumps(soak.meters.samples))
        (target / "expected.json").write_text(json.dumps(soak.expected))
        (target / "losses.json").write_text(json.dumps([soak.losses, [entry[:2] for entry in soak.origin.restarts]]))


main()
