# SPDX-License-Identifier: Apache-2.0
"""A log that grows for an hour, read as it grows."""
import collections
import re
import threading

RELOADED = re.compile(r" (CFO013[0-3]) .*?file=\"?([^\"\s]+)")
CRASH = re.compile(r"child pid \d+ exit signal |sending a SIGKILL|could not make child process|: runtime error: "
                   r"|AddressSanitizer")
REFUSED = re.compile(r" CFO0001 .* uri=\"[^\"]*\?(l\d+)")


class ErrorLog:
    """Counts restarts and reloads, and finds crashes and refusals of legitimate requests."""

    def __init__(self, path, tally):
        self.path, self.tally = path, tally
        self.lock = threading.Lock()
        self.position, self.rest = 0, b""
        self.starts = 0
        self.reloads = collections.Counter()
        self.codes = collections.Counter()
        self.refused = {}  # id of a legitimate request: line

    def update(self):
        with self.lock:
            with open(self.path, "rb") as file:
                file.seek(self.position)
                data = file.read()
                self.position = file.tell()
            lines = (self.rest + data).split(b"\n")
            self.rest = lines.pop()
            for line in lines:
                self.read(line.decode(errors="replace"))

    def read(self, line):
        if "resuming normal operations" in line:
            self.starts += 1
        if CRASH.search(line):
            self.tally.fail("crash", line)
        code = re.search(r" (CFO\d{4}|AH\d{5}):? ", line)
        if code:
            self.codes[code[1]] += 1
        reloaded = RELOADED.search(line)
        if reloaded:
            self.reloads[reloaded[1], reloaded[2]] += 1
        refused = REFUSED.search(line)
        if refused:
            self.refused[refused[1]] = line
