# SPDX-License-Identifier: Apache-2.0
"""Runs test/edge/client.c, which calls the client of Cloudflare's API."""
import os
import signal
import subprocess

from server import ROOT

# The exit status of the client after a command line or a setting that cf-originctl would refuse.
USAGE, INVALID = 12, 13


def built():
    """The program; another one than make builds by CF_ORIGIN_CLIENT, for sanitizers."""
    if "CF_ORIGIN_CLIENT" in os.environ:
        return os.environ["CF_ORIGIN_CLIENT"]
    subprocess.run(["make", "-s", "-C", ROOT, "api-client"], check=True, capture_output=True)
    return ROOT / "test" / "edge" / "build" / "client"


class Answer:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def failure(self):
        return self.lines[0].split()[0] if self.code == 1 else None

    @property
    def http(self):
        return int(self.lines[0].split()[1])

    @property
    def number(self):
        return int(self.lines[0].split()[2])

    @property
    def reason(self):
        return self.lines[1]

    @property
    def remedy(self):
        return self.lines[2]

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Client:
    def __init__(self, program, api, token=None, wait=60):
        self.program, self.api, self.token, self.wait = program, api, token, wait
        self.environment = api.environment(token)

    def __call__(self, *args, env=(), **options):
        answer = Answer(subprocess.run([self.program, "--wait", str(self.wait), *map(str, args)], stdin=subprocess.DEVNULL,
                                       capture_output=True, timeout=120, env={**self.environment, **dict(env)}, **options))
        assert answer.code >= 0 and "Sanitizer" not in answer.err and "runtime error" not in answer.err, answer
        assert not self.token or self.token.value not in answer.out + answer.err
        return answer

    def start(self, *args, **options):
        # A shell that runs the tests in the background has SIGINT ignored.
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        return subprocess.Popen([self.program, "--wait", str(self.wait), *map(str, args)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, env=self.environment, **options)
