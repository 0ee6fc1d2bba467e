# SPDX-License-Identifier: Apache-2.0
"""Finds a test that notices a mutant."""
import hashlib
import sys
import threading
from itertools import accumulate
from pathlib import Path

from builds import ROOT, UNIT, Broken, Worker

# Which tests of httpd are the most likely to notice; then those that ever did, then what else executes the line.
LIKELY = {
    "mod_cf_origin.c": "gate headers visitor audit scheme refuse handshake sessions",
    "src/httpd/request/connection.c": "refuse sessions trust frontends",
    "src/httpd/request/facts.c": "reasons frontends hosts directory tunnel",
    "src/httpd/request/gate.c": "gate parts directory refuse audit",
    "src/httpd/request/headers.c": "headers audit visitor",
    "src/httpd/request/hint.c": "hints hosts",
    "src/httpd/request/parts.c": "parts gate directory",
    "src/httpd/request/request.c": "gate parts reasons directory audit sessions headers",
    "src/httpd/request/request_log.c": "visitor parts log_limit reasons directory hints",
    "src/httpd/request/request_path.c": "directory gate",
    "src/httpd/request/scheme.c": "scheme audit",
    "src/httpd/request/visitor_address.c": "visitor scheme",
    "src/httpd/tls": "handshake mixed_tls leftovers check wrong_proofs",
    "src/httpd/config": "configuration dump check directory audit messages",
    "src/httpd/stranger": "access_rules twins check",
    "src/httpd/run": "reload rotation messages configuration ends unreadable operation",
    "src/core/verdict": "reasons headers visitor directory",
    "src/core/trust": "trust wrong_proofs messages handshake tenants",
    "src/core/net": "configuration frontends visitor messages",
    "src/core/live": "reload rotation messages unreadable ends",
}
# They need a browser, or are about the tests themselves.
LEFT_OUT = {"status_browser", "server"}
lock = threading.Lock()


def httpd_tests():
    names = (path.stem.removeprefix("test_") for path in (ROOT / "test/httpd").glob("test_*.py"))
    return sorted(set(names) - LEFT_OUT)


class Judge:
    """Tries mutants with one worker."""

    # By what mutants of a file, and of a function, were noticed, the latest first; objects that were there before; unit
    # tests that pass without a change. All workers' together.
    killers, objects, sound = {}, {}, set()

    def __init__(self, known, coverage, options):
        self.known, self.coverage, self.options = known, coverage, options
        self.worker = Worker(known)

    def judge(self, mutant):
        """(outcome, what noticed it)"""
        outcome, by = self.try_out(mutant)
        if outcome == "killed":
            with lock:
                self.remember(mutant.file, mutant.function, by)
        return outcome, by

    def try_out(self, mutant):
        text = mutant.apply((ROOT / mutant.file).read_text())
        built = self.worker.compile(mutant.file, text, "changed.o")
        if built is None:
            return "invalid", ""
        if self.is_known_object(mutant, built):
            return "equal", "object code"
        changed = self.worker.folder / "changed.o"
        if mutant.file.startswith("src/core/"):
            outcome = self.unit(mutant.file, changed)
            if outcome[0] != "survived":
                return outcome
        if self.options.unit_only:
            return "survived", "unit tests"
        return self.httpd(mutant, changed)

    def is_known_object(self, mutant, built):
        digest = hashlib.sha256(built).hexdigest()
        if digest == self.worker.base(mutant.file):
            # What was written last is the base.
            return True
        self.worker.write(mutant.file, mutant.apply((ROOT / mutant.file).read_text()))
        with lock:
            first = self.objects.setdefault((mutant.file, digest), mutant.id)
        return first != mutant.id

    # ---------------------------------------------------------------- unit tests

    def unit(self, source, changed):
        name = source[len("src/core/"):-2]
        room = name.split("/")[0]
        others = [test for test in self.known.tests_for(name)[1:]
                  if (self.options.all or test.split("/")[0] == room) and self.worker.links(test, source)]
        known = self.known_killers("unit", source)
        others.sort(key=lambda test: test not in known)
        return (self.unit_tests([name], "plain", source, changed)
                or self.unit_tests(others, "plain", source, changed)
                or self.unit_under_asan(name, source)
                or ("survived", "unit tests" if self.options.all else "unit tests of its room"))

    def unit_tests(self, tests, kind, source, changed):
        for test in tests:
            result = self.worker.run_unit(test, kind, source, changed)
            if result != "passed":
                self.check_sound(test, kind)
                return "killed" if result == "failed" else "time-out", f"unit {test}{' (asan)' * (kind == 'asan')}"
        return None

    def check_sound(self, test, kind):
        """Without a change the test has to pass, or its failure says nothing."""
        if (test, kind) not in self.sound:
            if self.worker.run_unit(test, kind) != "passed":
                raise Broken(f"unit test {test} fails without a change")
            self.sound.add((test, kind))

    def unit_under_asan(self, name, source):
        if not (UNIT / "build/core/base/text.o").exists():
            return None
        changed = self.worker.compile_asan(source)
        return changed and self.unit_tests([name], "asan", source, changed)

    # ---------------------------------------------------------------- tests of httpd

    def httpd(self, mutant, changed):
        self.worker.link_module(mutant.file, changed)
        known = self.known_killers("httpd", mutant.file, mutant.function)[:4]
        found = known and self.failing(known, 300, changed, mutant)
        if found:
            return found
        covering = self.coverage.tests(mutant.file, mutant.line) or httpd_tests()
        likely = self.likely(mutant.file)
        order = sorted(covering, key=lambda name: self.coverage.seconds(name) / (
            self.coverage.nearness(name, mutant.file, mutant.line) + 0.2 * (name in likely) + 0.01))
        chosen = [name for name, cost in zip(order, accumulate(map(self.coverage.seconds, order)))
                  if self.options.all or cost <= self.options.budget]
        for name in chosen:
            seconds = 180 + 5 * self.coverage.seconds(name)
            found = self.failing([f"test/httpd/test_{name}.py"], seconds, changed, mutant)
            if found:
                return found
        if len(chosen) < len(covering):
            return "unsure", f"{len(chosen)} of {len(covering)} tests of httpd that execute the line"
        return "survived", f"{len(covering)} tests of httpd that execute the line"

    @staticmethod
    def likely(source):
        return (LIKELY.get(source) or LIKELY.get(str(Path(source).parent)) or "").split()

    @classmethod
    def remember(cls, source, function, by):
        for key in ((source, function), (source, "")):
            cls.killers.setdefault(key, {}).pop(by, None)
            cls.killers[key][by] = True

    def known_killers(self, kind, source, function=""):
        """Tests that noticed a mutant of the function, then those of the file, the latest first."""
        with lock:
            names = [*reversed(self.killers.get((source, function), {})), *reversed(self.killers.get((source, ""), {}))]
        split = (name.removesuffix(" (asan)").partition(" ") for name in names)
        return list(dict.fromkeys(test for known, _, test in split if known == kind))

    def failing(self, tests, seconds, changed, mutant):
        """The outcome, and the test that fails with the mutant. It must fail twice, and pass without, unless it is
        known to do so."""
        name, otherwise = self.worker.run_httpd(tests, seconds)
        if otherwise == "passed":
            return None
        if name is None:
            if not otherwise.startswith("too long"):
                raise Broken(f"{mutant.file}:{mutant.line}: {tests}: {otherwise}")
            if self.worker.run_httpd(tests, 2 * seconds)[1] != "passed":
                return "time-out", f"httpd {tests[0]}"
            return None
        if f"httpd {name}" not in self.killers.get((mutant.file, ""), {}):
            if not self.worker.run_httpd([name], seconds)[0]:
                return None
            self.worker.link_module()
            sound = self.worker.run_httpd([name], seconds)[1] == "passed"
            self.worker.link_module(mutant.file, changed)
            if not sound:
                print(f"{name} fails without a change", file=sys.stderr)
                return None
        return "killed", f"httpd {name}"
