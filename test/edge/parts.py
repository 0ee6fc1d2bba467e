# SPDX-License-Identifier: Apache-2.0
"""Asks the parts of cf-originctl edge one by one (parts.c), under AddressSanitizer and UBSan."""
import functools
import json
import os
import shutil
import subprocess

from server import ROOT

PROGRAM = ROOT / "test/unit/build/edge/parts"
# As in tests of the module: a report is a failure, whatever the program does next.
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1:exitcode=99",
           "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@functools.cache
def program():
    jobs = f"-j{os.cpu_count()}"
    made = subprocess.run(["make", "-s", jobs, "-C", ROOT / "test/unit", "build/edge/parts"], capture_output=True, text=True,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")})
    assert made.returncode == 0, made.stdout + made.stderr
    return PROGRAM


def command(*words, dump=None, folder=None, httpd=None, status=()):
    options = [x for letter, value in (("-d", dump), ("-f", folder), ("-h", httpd), *(("-s", url) for url in status))
               if value is not None for x in (letter, str(value))]
    return [program(), *options, "--", *map(str, words)]


def ask(*words, env=None, **sources):
    """The JSON of the answer; `error` is what the function returned."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    done = subprocess.run(command(*words, **sources), capture_output=True, text=True, timeout=120,
                          env={**environment, **OPTIONS, **(env or {})})
    assert done.returncode == 0 and not done.stderr, done
    return json.loads(done.stdout)


def for_others(folder):
    """A copy of the program that any user can execute."""
    copy = folder / "parts"
    shutil.copy(program(), copy)
    copy.chmod(0o755)
    return copy
