#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Restarts a real httpd on loopback many times while its children load changed files, and fails if a child
crashes, or if httpd takes long to stop.

    test/bench/restarts.py event|worker|prefork [RESTARTS] [graceful|restart]

Run it after every change of the periodic work (src/httpd/run/ticker.c). For a module that was built with
-fsanitize=address, set LD_PRELOAD=$(gcc -print-file-name=libasan.so).
"""
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from pki import StandardPki  # noqa: E402
from server import BASE, Httpd, vhost  # noqa: E402

ZONES, CHANGED = 1500, 300
LONGEST = 8  # seconds of a stop: httpd checks its children at intervals that double
SIGNALS = {"graceful": signal.SIGUSR1, "restart": signal.SIGHUP}
BAD = re.compile(r"exit signal [A-Z].*|AddressSanitizer.*|.*still did not exit.*")


def change(folder, texts, turn):
    """With times two seconds ago, so that no child waits for the change to be complete."""
    past = time.time() - 2
    for i in range(CHANGED):
        path = folder / f"z{(turn * CHANGED + i) % ZONES}.test.pem"
        new = path.with_suffix(".new")
        new.write_text(texts[turn // (ZONES // CHANGED) % 2])
        os.utime(new, (past, past))
        new.rename(path)


def interrupt(server, folder, texts, turn):
    """Returns when a child loads the changed files, or the others apply the journal."""
    size = server.journal_size()
    change(folder, texts, turn)
    server.wait_for(lambda: server.journal_size() > size, "a look at the files", 30)
    time.sleep(random.choice([0, 0, random.random() / 10, random.random()]))


def restart(server, number):
    """Waits for the end of the restart: httpd loses signals that come before."""
    before = server.log().count("resuming normal operations")
    server.process.send_signal(number)
    server.wait_for(lambda: server.log().count("resuming normal operations") > before, "a restart", 60)


def run(directory, mpm, restarts, number):
    pki = StandardPki(directory)
    (directory / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
    folder = directory / "zones"
    folder.mkdir()
    common = "".join(ca.pem for ca in (pki.rogue_ca, pki.evil_twin_ca, pki.intermediate_a, pki.shared_ca))
    texts = [pki.zone_a.pem + common, pki.zone_b.pem + common]
    for i in range(ZONES):
        (folder / f"z{i}.test.pem").write_text(texts[1])
    server = Httpd(directory / "httpd", pki, base=[f"mpm_{mpm}", *BASE[1:]], server="StartServers 2\n"
                   "CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {folder}\n")).start()
    for turn in range(restarts):
        interrupt(server, folder, texts, turn)
        restart(server, number)
    interrupt(server, folder, texts, restarts)
    begun = time.monotonic()
    server.stop()
    return server.log(), time.monotonic() - begun


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("event", "worker", "prefork"):
        sys.exit(__doc__)
    restarts = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    number = SIGNALS[sys.argv[3] if len(sys.argv) > 3 else "graceful"]
    with tempfile.TemporaryDirectory(prefix="cfo-restarts-") as name:
        Path(name).chmod(0o755)
        log, seconds = run(Path(name), sys.argv[1], restarts, number)
    bad = BAD.findall(log)
    print(f"mpm_{sys.argv[1]}: {restarts} restarts, {log.count('CFO0130')} files loaded, stopped in {seconds:.1f} s, "
          f"{len(bad)} children ended by a signal or too slow")
    if bad or seconds > LONGEST:
        sys.exit("\n".join(bad) or "it took too long to stop")


main()
