# SPDX-License-Identifier: Apache-2.0
"""The certificates, the httpd and the extractor of test/httpd, for the examples of the manual."""
import shutil
import sys
from pathlib import Path

import pytest

for folder in ("support", "httpd"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from fixtures import *  # noqa: E402,F401,F403

from inputs import Inputs  # noqa: E402
from server import MODULE, ROOT  # noqa: E402
from system import System, pack_sources, pack_tools, why_impossible  # noqa: E402

HERE = Path(__file__).parent


class Copy:
    """A private copy of the system with Debian's apache2 (the layer "debian"), and the module in it ("module")."""

    def __init__(self, scratch):
        self.exchange = scratch / "exchange"
        self.exchange.mkdir()
        self.inputs = Inputs(self.exchange / "files", scratch / "examples-pki")
        self.inputs.standard()
        for script in [*HERE.glob("*.sh"), *HERE.glob("pages/*.sh")]:
            shutil.copy2(script, self.exchange)
        shutil.copy2(MODULE, self.exchange)
        (self.exchange / "server-ca.pem").write_text(self.inputs.server_ca.pem)
        pack_tools(self.exchange / "tools.tar")
        pack_sources(self.exchange / "sources.tar")
        self.system = System(scratch)
        self.system.run("debian", [], self.exchange, "/run/examples/prepare.sh", "debian")
        self.has_module = False

    def below(self, with_module):
        if with_module and not self.has_module:
            self.system.run("module", ["debian"], self.exchange, "/run/examples/prepare.sh", "module")
            self.has_module = True
        return ["debian", "module"] if with_module else ["debian"]

    def run(self, name, with_module, script, *args, timeout=600):
        self.system.run(name, self.below(with_module), self.exchange, f"/run/examples/{script}", *args, timeout=timeout)
        self.system.drop(name)

    def result(self, name):
        """(exit status, output) of what was run, and what failed in it."""
        failed = self.exchange / f"{name}.failed"
        return (int((self.exchange / f"{name}.status").read_text()), (self.exchange / f"{name}.out").read_text(errors="replace"),
                failed.read_text() if failed.exists() else "")


@pytest.fixture(scope="session")
def copy(scratch):
    if reason := why_impossible():
        pytest.skip(reason)
    assert (ROOT / "test/tools/usr/sbin/a2enmod").exists(), "run support/test-tools.sh"
    copy = Copy(scratch)
    yield copy
    copy.system.close()
