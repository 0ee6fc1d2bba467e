# SPDX-License-Identifier: Apache-2.0
"""What the oracles share: a seed, the core that they ask, and lists of differences.

ORACLE_SEED repeats a run, ORACLE_ROUNDS makes it that many times longer."""
import fcntl
import os
import random
import subprocess
from collections import Counter

from server import ROOT

SEED = int(os.environ.get("ORACLE_SEED") or int.from_bytes(os.urandom(4), "big"))
ROUNDS = int(os.environ.get("ORACLE_ROUNDS") or 1)
PROGRAM = ROOT / "test/unit/build/oracle/ask"


def source(name):
    return random.Random(f"{SEED} {name}")


def make_program():
    """One run at a time, although several may begin together."""
    with open(ROOT / "test/unit/Makefile") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(["make", "-s", "-C", ROOT, "oracle-program"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr


def ask(subject, questions):
    """One answer for each question; both are lists of fields."""
    text = "".join("\t".join(map(str, question)) + "\n" for question in questions)
    done = subprocess.run([PROGRAM, subject], input=text.encode(), capture_output=True)
    lines = done.stdout.count(b"\n")
    assert done.returncode == 0, f"{done.stderr.decode(errors='replace')}{questions[lines]}"
    answers = [line.split("\t") for line in done.stdout.decode(errors="surrogateescape").split("\n")[:-1]]
    assert len(answers) == len(questions), done.stderr.decode(errors="replace")
    return answers


class Differences:
    """The known differences between ours and theirs. `known`: (name, ours, whether it is that one), where `ours` is
    our answer if it differs so. A difference that is not among them fails, and so does one that does not occur.
    `always`: wherever one of them is, the answers must differ."""

    def __init__(self, known, always=False):
        self.known, self.always, self.seen, self.same, self.unknown = known, always, Counter(), 0, []

    def compare(self, case, ours, theirs):
        if ours == theirs and not (self.always and ours and any(is_it(case) for _, _, is_it in self.known)):
            self.same += 1
            return
        name = next((name for name, answer, is_it in self.known if ours != theirs and answer == ours and is_it(case)), None)
        if name:
            self.seen[name] += 1
        else:
            self.unknown.append((case, f"ours: {ours}", f"theirs: {theirs}"))

    def check(self):
        print(f"{self.same} alike, different as expected: {dict(self.seen)}")
        assert not self.unknown, f"{len(self.unknown)} unknown differences:\n" + "\n".join(map(str, self.unknown[:10]))
        missing = [name for name, *_ in self.known if not self.seen[name]]
        assert not missing, f"listed, but do not occur: {missing}"
