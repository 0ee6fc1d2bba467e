# SPDX-License-Identifier: Apache-2.0
"""What happened, in numbers, and each thing that must not happen, in words."""
import collections
import threading


class Tally:
    MOST = 40  # failures of a kind that are kept in words

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.failures = []

    def count(self, *names):
        with self.lock:
            self.counts.update(names)

    def fail(self, kind, text):
        with self.lock:
            self.counts["FAILED " + kind] += 1
            if self.counts["FAILED " + kind] <= self.MOST:
                self.failures.append(f"{kind}: {text}")

    def failed(self):
        with self.lock:
            return sum(n for name, n in self.counts.items() if name.startswith("FAILED "))
