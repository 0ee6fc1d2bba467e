# SPDX-License-Identifier: Apache-2.0
"""Runs support/cf-originctl."""
import json
import subprocess

from server import ROOT

CTL = ROOT / "support" / "cf-originctl"
OK, NO, USAGE, INVALID, SUSPICIOUS = range(5)


class Answer:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"

    @property
    def lines(self):
        """Without comments."""
        return [line for line in self.out.splitlines() if not line.startswith("#")]


def ctl(*args):
    return Answer(subprocess.run([CTL, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60))


def ctl_json(*args):
    """The answer and its JSON object, which must agree with the exit status."""
    answer = ctl(*args, "--json")
    written = json.loads(answer.out)
    assert written["exit"] == answer.code
    problems = [f"cf-originctl: {p['file'] + ': ' if p['file'] else ''}{p['reason']}" for p in written["problems"]]
    assert answer.err.splitlines() == problems
    return answer, written
