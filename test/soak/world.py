# SPDX-License-Identifier: Apache-2.0
"""What the origin has to admit at a moment: facts that the files in force decide. While a file changes, and until
every process must have loaded it, a fact is open, and nobody's answer is judged by it."""
import ipaddress
import itertools
import threading

YES, NO, OPEN = "yes", "no", "open"


class World:
    def __init__(self):
        self.lock = threading.Lock()
        self.facts = {}

    def set(self, value, *names):
        with self.lock:
            for name in names:
                self.facts[name] = (value, self.facts.get(name, (OPEN, 0))[1] + 1)

    def look(self, names):
        with self.lock:
            return tuple(self.facts[name] for name in names)

    def those(self, value, prefix):
        with self.lock:
            return [name for name, (now, _) in self.facts.items() if now == value and name.startswith(prefix)]


def outcome(look):
    """Whether a request that depends on these facts is admitted; None if that is open."""
    values = [value for value, _ in look]
    if NO in values and OPEN not in values:
        return False
    return None if OPEN in values else True


class Numbers:
    """Each request has a number, and a visitor whom no other request has."""

    def __init__(self):
        self.counter = itertools.count(1)

    def next(self):
        return next(self.counter)


def visitor(number):
    if number % 3 == 0:
        return str(ipaddress.IPv6Address((0x20010DB8 << 96) | number))
    return str(ipaddress.IPv4Address(0x14000000 + number))


def claimed(number):
    """The visitor that a request claims which must not be believed."""
    return str(ipaddress.IPv4Address(0x09000000 + number))


def ray(number):
    return f"{number:016x}-AMS"
