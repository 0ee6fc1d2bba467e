# SPDX-License-Identifier: Apache-2.0
"""Cloudflare's official client library, as support/test-tools.sh fetches it, in a process of Node.js."""
import json
import shutil
import subprocess

from server import ROOT

FOLDER = ROOT / "test" / "tools" / "client"


class Failed(Exception):
    """What the library raised."""

    def __init__(self, error):
        self.name, self.status = error["name"], error.get("status")
        self.codes = [e["code"] for e in error.get("errors") or []]
        super().__init__(str(error))


class Speaker:
    def __init__(self, environment, ca):
        assert (FOLDER / "complete").exists(), "Cloudflare's client library is missing: run support/test-tools.sh"
        node = shutil.which("node") or shutil.which("nodejs")
        assert node, "Node.js is missing (Debian: nodejs): run support/test-tools.sh after installing it"
        self.process = subprocess.Popen([node, ROOT / "test/edge/client/speak.js", FOLDER], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**environment, "NODE_EXTRA_CA_CERTS": str(ca)})

    def __call__(self, call, *args, retries=0):
        """What the library makes of the answer; raises Failed where it raises."""
        print(json.dumps({"call": call, "args": args, "retries": retries}), file=self.process.stdin, flush=True)
        written = json.loads(self.process.stdout.readline())
        if "error" in written:
            raise Failed(written["error"])
        return written.get("result")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.process.stdout.close()
