# SPDX-License-Identifier: Apache-2.0
"""A private copy of the running system, in layers, for commands that change /etc, /usr and /var."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from server import ROOT

PRIVATE = ROOT / "test" / "manual" / "private.sh"
# Where the copy of the sources is in there.
SOURCES = Path("/usr/local/src/mod_cf_origin")


def why_impossible():
    """Why there can be no private copy here, or None."""
    if os.geteuid() != 0:
        return "only root can have a private copy of the system"
    missing = [x for x in ("unshare", "nsenter", "mount", "ip", "chroot") if not shutil.which(x)]
    return f"missing: {', '.join(missing)}" if missing else None


class System:
    """Layers live as long as this object, in a file system that only it sees."""

    def __init__(self, scratch):
        self.store = Path(tempfile.mkdtemp(prefix="layers", dir=scratch))
        # The mounts are gone when this ends, which it does with our end of its input.
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             'mount -t tmpfs tmpfs "$1" && echo ready && exec cat', "sh", str(self.store)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # With the root of a chroot, if the tests run in one.
        self.inside = ["nsenter", "--target", str(self.keeper.pid), "--mount", "--root"]
        said = self.keeper.stdout.readline()
        assert said == "ready\n", f"no private copy of the system: {said}{self.keeper.stdout.read()}"

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait(20)
        self.store.rmdir()

    def run(self, name, below, exchange, *command, timeout=600):
        """Runs a command over the layers `below`; its own is called `name`. Its output; fails if it fails."""
        done = subprocess.run(
            [*self.inside, "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private",
             str(PRIVATE), str(self.store), name, " ".join(below), str(exchange), *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=timeout)
        assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def drop(self, name):
        """Frees the memory of a layer."""
        subprocess.run([*self.inside, "rm", "-rf", str(self.store / name)], check=True)


def pack(folder, target, *without):
    """A tar file of a folder."""
    subprocess.run(["tar", "-C", str(folder), *(f"--exclude=./{x}" for x in without), "-cf", str(target), "."],
                   check=True)


def pack_sources(target):
    """The sources as they are built, without what is large and no example needs."""
    pack(ROOT, target, ".git", "test/tools", "test/unit/build", "test/httpd/build", "__pycache__")


def pack_tools(target):
    """What support/test-tools.sh has unpacked. The Debian package apache2 is in there, which is not installed."""
    pack(ROOT / "test" / "tools", target, "usr/bin/promtool", "complete")
