# SPDX-License-Identifier: Apache-2.0
"""What the programs of this folder measure with: servers on loopback, exact loads, instructions, CPU time, ratios."""
import math
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "httpd"))

import session  # noqa: E402
from server import ROOT  # noqa: E402

LOAD = HERE / "build" / "load"
TOOLS = ROOT / "test" / "tools"
# As Cloudflare sends them, after those of a browser.
HEADERS = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Encoding: gzip, br",
           "CDN-Loop: cloudflare; loops=1", "CF-Connecting-IP: 203.0.113.77", "CF-IPCountry: DE",
           "CF-Ray: 8f1e2d3c4b5a6978-FRA", 'CF-Visitor: {"scheme":"https"}', "X-Forwarded-For: 203.0.113.77",
           "X-Forwarded-Proto: https"]


class NotMeasured(Exception):
    """What is missing, for people."""


def program(name, package=None):
    """The path of a program that may be missing."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path and (TOOLS / "usr/sbin" / name).exists():
        path = str(TOOLS / "usr/sbin" / name)
    if not path:
        raise NotMeasured(f"{package or name} is not installed")
    return path


# ------------------------------------------------------------------- servers

def listens(port):
    """Without a connection, which would be counted."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows)


class Server:
    """A process that listens on a port; stopped by its own id."""

    def __init__(self, command, port, folder, env=None, patience=120):
        self.port, self.folder = port, folder
        with open(folder / "output", "w", encoding="utf-8") as output:
            self.process = session.start(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=env)
        end = time.monotonic() + patience
        while not listens(port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{command} does not serve:\n{self.said()}")
            time.sleep(0.02)

    def said(self):
        return "".join(path.read_text(errors="replace") for path in (self.folder / "output", self.folder / "error.log")
                       if path.exists())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """nginx can miss a signal that comes just before it waits."""
        for _ in range(60):
            if self.process.poll() is not None:
                break
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(1)
            except subprocess.TimeoutExpired:
                pass
        session.end(self.process.pid, session.TIMEOUT)
        self.process.wait()

    def processes(self):
        """Its own id and those of its children."""
        found, new = [], [self.process.pid]
        while new:
            pid = new.pop()
            found.append(pid)
            for path in Path(f"/proc/{pid}/task").glob("*/children"):
                new += map(int, path.read_text().split())
        return found

    def cpu(self):
        """Seconds of CPU time of all threads that live, to the nanosecond."""
        total = 0
        for pid in self.processes():
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                total += int(path.read_text().split()[0])
        return total / 1e9

    def kernel(self):
        """(user, kernel) ticks of all processes."""
        rows = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in self.processes()]
        return sum(int(row[11]) for row in rows), sum(int(row[12]) for row in rows)


# --------------------------------------------------------------------- loads

class Failed(Exception):
    pass


def load_command(port, cert, options):
    words = [LOAD, "-p", port]
    if cert:
        words += ["-c", cert]
    for header in HEADERS:
        words += ["-H", header]
    return [str(word) for word in [*words, *options]]


def ask(port, cert, *options):
    """The status of one request, or "no answer"."""
    done = subprocess.run(load_command(port, cert, options), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    found = re.search(r"failed=0 .*status=(\d+)", done.stdout)
    return int(found[1]) if found else "no answer"


def run_load(port, cert, *options, status=200):
    """For counts of instructions: no look at the server in between. Every answer must have this status."""
    done = subprocess.run(load_command(port, cert, options), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
    values = dict(re.findall(r"(\w+)=(\S+)", done.stdout))
    if done.returncode or values.get("status") != str(status):
        raise Failed(f"{options}: {done.stdout}{done.stderr}")
    return values


def timed_load(server, cert, *options, status=200):
    """CPU seconds of the server for what counts, and what the load says. Every answer must have this status."""
    with subprocess.Popen(load_command(server.port, cert, options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        load.stdout.readline()
        before = server.cpu()
        load.stdin.write("\n")
        load.stdin.flush()
        values = dict(re.findall(r"(\w+)=(\S+)", load.stdout.readline()))
        spent = server.cpu() - before
        load.stdin.close()
    if load.returncode or values.get("status") != str(status):
        raise Failed(f"{options}: {values}\n{server.said()[-2000:]}")
    return spent, values


# -------------------------------------------------------------- instructions

class Count:
    """What callgrind counted: of all, and of calls into an object from outside."""

    def __init__(self, path):
        self.path, self.text = path, path.read_text(errors="replace")
        self.total = int(re.search(r"^totals: (\d+)", self.text, re.M)[1])

    def calls(self):
        """(calling object, called object, called function, calls, inclusive instructions) of each call record. Names
        are written once, with a number, and then the number alone."""
        names, here, there, function = {}, None, None, None

        def name(kind, text):
            number, _, rest = text.partition(" ")
            if rest:
                names[kind, number] = rest
            return names.get((kind, number), number)

        lines = iter(self.text.splitlines())
        for line in lines:
            if line.startswith("ob="):
                here = name("ob", line[3:])
            elif line.startswith("fn="):
                name("fn", line[3:])
                there = here
            elif line.startswith("cob="):
                there = name("ob", line[4:])
            elif line.startswith("cfn="):
                function = name("fn", line[4:])
            elif line.startswith("calls="):
                yield here, there, function, int(line[6:].split()[0]), int(next(lines).split()[1])
                there = here

    def inclusive(self, pattern):
        """{function: (calls, instructions)} of functions whose name the pattern matches, whoever calls them."""
        found = {}
        for _, _, function, calls, cost in self.calls():
            if re.fullmatch(pattern, function):
                before = found.get(function, (0, 0))
                found[function] = before[0] + calls, before[1] + cost
        return found

    def entries(self, of, but_for=None):
        """{function: (calls, instructions)} of calls into an object from others, one of them left out."""
        found = {}
        for here, there, function, calls, cost in self.calls():
            if Path(there or "").name == of and Path(here or "").name not in (of, but_for):
                before = found.get(function, (0, 0))
                found[function] = before[0] + calls, before[1] + cost
        return found


def callgrind(folder):
    """The command that counts what follows it, for anybody that the process becomes."""
    out = folder / "callgrind.out"
    out.write_text("")
    out.chmod(0o666)
    return [program("valgrind"), "--tool=callgrind", "--vgdb=no", "--fair-sched=yes", f"--callgrind-out-file={out}",
            f"--log-file={folder}/callgrind.log"], out


def count(folder, start, load):
    """Of a server with one process, from its start to its end, under a load. `start(wrapper)` starts it."""
    wrapper, out = callgrind(folder)
    with start(wrapper) as server:
        load(server)
    return Count(out)


# -------------------------------------------------------------------- ratios

def interval(values, confidence=0.95):
    """Of the median, by the order of values alone: it needs no distribution."""
    values, n = sorted(values), len(values)
    below, k = 0.0, 0
    while k < n // 2:
        below += math.comb(n, k) / 2 ** n
        if below > (1 - confidence) / 2:
            break
        k += 1
    k = max(k - 1, 0)
    return values[k], values[n - 1 - k]


class Slices:
    """Measurements in short slices in turn, in a new order each time, so that whatever else the machine does falls on all
    of them; compared slice by slice with the first."""

    def __init__(self, names, count, seed=1):
        self.names, self.count, self.random = list(names), count, random.Random(seed)
        self.values = {name: [] for name in self.names}

    def run(self, measure):
        """The first round is none: caches fill, and children see a certificate for the first time."""
        for name in self.names:
            measure(name)
        for _ in range(self.count):
            for name in self.random.sample(self.names, len(self.names)):
                self.values[name].append(measure(name))
        return self

    def median(self, name):
        return statistics.median(self.values[name])

    def ratio(self, name, base=None):
        """"0.98 [0.95, 1.01]" """
        ratios = [a / b for a, b in zip(self.values[name], self.values[base or self.names[0]])]
        low, high = interval(ratios)
        return f"{statistics.median(ratios):.3f} [{low:.3f}, {high:.3f}]"


# -------------------------------------------------------------------- output

def table(*rows):
    """As Markdown, the first row is the head."""
    head, *others = [[str(cell) for cell in row] for row in rows]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in others:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def title(text, *lines):
    print(f"### {text}\n")
    if lines:
        print("\n".join(lines) + "\n")
    sys.stdout.flush()


@contextmanager
def scratch():
    """A folder that the server's user may enter; CFO_BENCH_KEEP=FOLDER keeps it."""
    # Servers end with this, and the folder, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    kept = os.environ.get("CFO_BENCH_KEEP")
    path = Path(kept or tempfile.mkdtemp(prefix="cfo-bench-"))
    path.mkdir(exist_ok=True)
    path.chmod(0o755)
    try:
        yield path
    finally:
        if not kept:
            shutil.rmtree(path, ignore_errors=True)
