# SPDX-License-Identifier: Apache-2.0
"""For the programs of this folder that start the httpd of the tests: certificates, and what /proc knows of its processes."""
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from pki import StandardPki  # noqa: E402


@contextmanager
def folder_with_pki():
    """(folder, certificates); both end with the block."""
    with tempfile.TemporaryDirectory(prefix="cfo-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "pki").mkdir()
        pki = StandardPki(directory / "pki")
        (directory / "pki" / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
        yield directory, pki


def cpu(pid):
    """CPU seconds of all threads of a process."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def kib(pid, what):
    """What /proc says of a process's memory; what it shares with nobody is Private_Dirty."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    return 0


def wait_until_steady(pids, patience=120):
    """Until these processes only do what they do in each second: look at files."""
    spent, end = [], time.monotonic() + patience
    while time.monotonic() < end:
        before = sum(map(cpu, pids))
        time.sleep(1)
        spent.append(sum(map(cpu, pids)) - before)
        last = spent[-3:]
        if len(last) == 3 and max(last) - min(last) < max(0.02, max(last) / 2):
            return
    print("(still busy)")
