# SPDX-License-Identifier: Apache-2.0
"""A plugin for the pytest that runs httpd's own tests: each server that they start loads this module too, with the
mode that CF_ORIGIN_MODE names. Nothing of theirs is changed: the lines go to a file that their setup generates."""
import os
from pathlib import Path

# A certificate that nobody has: without any zone, Audit and On do not start.
ZONE = f"CFOriginPullZone * sha256:{'ab' * 32}"
MODES = {
    "none": None,
    "off": ["CFOriginPull Off"],
    "audit": ["CFOriginPull Audit", ZONE],
    "on": ["CFOriginPull On", ZONE, "CFOriginPullExemptFrom 127.0.0.1 ::1"],
}


def lines():
    mode = MODES[os.environ["CF_ORIGIN_MODE"]]
    return [] if mode is None else [f'LoadModule cf_origin_module "{os.environ["CF_ORIGIN_SO"]}"', *mode]


def pytest_sessionstart(session):
    from pyhttpd.env import HttpdTestSetup  # of httpd's tests, which are in the path now
    make = HttpdTestSetup.make

    def make_with_module(self):
        make(self)
        with open(Path(self.env.server_dir) / "conf/modules.conf", "a") as file:
            file.writelines(f"{line}\n" for line in lines())
    HttpdTestSetup.make = make_with_module
