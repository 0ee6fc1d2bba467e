# SPDX-License-Identifier: Apache-2.0
"""The programs that conf/ is tested with, as support/test-tools.sh unpacks them."""
import os
import shutil
import subprocess

from server import ROOT

TOOLS = ROOT / "test" / "tools"


def environment():
    libraries = map(str, TOOLS.glob("usr/lib/*-linux-gnu"))
    return {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "LD_LIBRARY_PATH": ":".join(libraries),
            "PYTHONPATH": str(TOOLS / "usr/lib/python3/dist-packages")}


def command(name, *args):
    """The unpacked program, or on other systems than Debian the installed one."""
    folders = os.pathsep.join([str(TOOLS / "usr/bin"), str(TOOLS / "usr/sbin"), os.environ["PATH"]])
    program = shutil.which(name, path=folders)
    assert program, f"{name} is missing: run support/test-tools.sh"
    return [program, *map(str, args)]


def run(name, *args, cwd=None, text=None):
    """The standard output of the program; fails if the program fails."""
    done = subprocess.run(command(name, *args), capture_output=True, text=True, timeout=120, env=environment(),
                          cwd=cwd, input=text)
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    return done.stdout
