# SPDX-License-Identifier: Apache-2.0
"""What httpd's processes hold: memory, descriptors, threads, shared memory, semaphores, files. And whether it grows."""
import os
import re
import statistics
import time
from pathlib import Path

import session

TICK = os.sysconf("SC_CLK_TCK")


def status(pid):
    """OSError if it has ended, also if nobody has waited for it yet."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = {name: re.search(rf"^{name}:\s+(\d+)", text, re.M) for name in ("RssAnon", "RssShmem", "Threads")}
    if not all(found.values()):
        raise ProcessLookupError(pid)
    return {name: int(match[1]) for name, match in found.items()}


def descriptors(pid):
    links = []
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{entry}"))
        except FileNotFoundError:
            pass
    return links


def held(pid, content):
    """The descriptors of a child that do not come and go with its clients: a connection has its socket, one of HTTP/2
    also pipes, an answer its file."""
    return sum(link.startswith("/") and not link.startswith(content) for link in descriptors(pid))


def shared_maps(pid):
    """Number and KiB of the shared anonymous maps, those of System V and POSIX too."""
    count = size = 0
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, mode, *_ = line.split()
        if mode.endswith("s"):
            begin, end = (int(x, 16) for x in span.split("-"))
            count, size = count + 1, size + (end - begin) // 1024
    return count, size


def system_v():
    """Segments and sets of semaphores; soak.py has a namespace of its own for them, if it can."""
    return {kind: len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) - 1 for kind in ("shm", "sem")}


def cpu(pids):
    """Seconds of these processes, and of those that they waited for."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(x) for x in fields[11:15]) / TICK
    return total


class Meters:
    """A sample is a dict; `children` has one for each child."""

    def __init__(self, origin):
        self.origin, self.samples = origin, []
        self.begin = time.monotonic()

    def sample(self):
        httpd = self.origin.httpd
        pid, children = httpd.process.pid, {}
        for child in httpd.children():
            try:
                children[int(child)] = {**status(child), "descriptors": held(child, str(httpd.docroot))}
            except OSError:
                pass  # it has just ended
        shared = shared_maps(pid)
        row = {"time": time.monotonic() - self.begin, "restarts": len(self.origin.restarts), "calm": self.origin.calm,
               "children": children, "descriptors": len(descriptors(pid)), "maps": shared[0], "map KiB": shared[1], **status(pid),
               **system_v(), "files": sum(1 for _ in httpd.dir.iterdir())}
        self.samples.append(row)
        return row

    def seconds(self):
        own = os.times()
        return own.user + own.system + cpu(session.members(self.origin.httpd.process.pid))


def slope(points):
    """Of a line through (x, y): least squares; 0 if there is no line."""
    if len({x for x, _ in points}) < 3:
        return 0.0
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def calm_periods(samples):
    period = []
    for row in samples:
        if row["calm"]:
            period.append(row)
        elif period:
            yield period
            period = []
    if period:
        yield period


def growth_of_children(samples):
    """For each calm period: KiB a minute of the second half, of the children that live in all of it, how large they are
    at its end, and what descriptors the worst of them gained. In the first half the threads are used for the first time."""
    found = []
    for period in calm_periods(samples):
        half = period[len(period) // 2:]
        lasting = set.intersection(*(set(row["children"]) for row in half))
        if len(half) < 6 or not lasting:
            continue
        slopes = [slope([(row["time"] / 60, row["children"][pid]["RssAnon"]) for row in half]) for pid in lasting]
        found.append({"time": half[-1]["time"], "KiB a minute": statistics.median(slopes),
                      "KiB": statistics.median(half[-1]["children"][pid]["RssAnon"] for pid in lasting),
                      "descriptors": max(gained(half, pid) for pid in lasting),
                      "minutes": (half[-1]["time"] - half[0]["time"]) / 60})
    return found


def gained(rows, pid):
    """What is lost for ever shows when a child has the fewest."""
    counts = [row["children"][pid]["descriptors"] for row in rows]
    return min(counts[len(counts) // 2:]) - min(counts[:len(counts) // 2])


def growth(samples, name):
    """The most of the second and of the last third of the time."""
    third = len(samples) // 3
    return max(row[name] for row in samples[third:2 * third]), max(row[name] for row in samples[2 * third:])


def growth_of_parent(samples):
    """KiB for each restart, after the first third of them."""
    most = samples[-1]["restarts"]
    return slope([(row["restarts"], row["RssAnon"]) for row in samples if row["restarts"] >= most / 3])
