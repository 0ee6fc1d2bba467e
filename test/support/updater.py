# SPDX-License-Identifier: Apache-2.0
"""cf-origin-update-ranges in a folder of its own, with a web server of the test."""
import json
import os
import re
import subprocess
from pathlib import Path

from server import ROOT
from website import answer

SCRIPT = ROOT / "support" / "cf-origin-update-ranges"
CTL = Path(os.environ.get("CF_ORIGINCTL", ROOT / "support" / "cf-originctl"))

BUILTIN = [line for line in (ROOT / "conf" / "cloudflare-ranges.txt").read_text().splitlines()
           if line and not line.startswith("#")]
V4 = [line for line in BUILTIN if ":" not in line]
V6 = [line for line in BUILTIN if ":" in line]
OLD = "\n".join(["# The list in force.", *BUILTIN, ""]).encode()
PAST = 1_600_000_000


def text(prefixes, end="\n"):
    return (end.join(prefixes) + end).encode()


def api(v4=V4, v6=V6, **more):
    """The answer of Cloudflare's API."""
    result = {"ipv4_cidrs": list(v4), "ipv6_cidrs": list(v6), "etag": "38f79d050aa027e3be3865e495dcc9bc"}
    return json.dumps({"result": result, "success": True, "errors": [], "messages": [], **more}).encode()


def program(path, lines):
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def prefixes(path):
    """The prefixes of a list, without comments."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


class Updater:
    """The script, a folder with the list in force, and the web server that it downloads from."""

    def __init__(self, folder, site):
        self.site, self.folder = site, folder / "conf"
        self.temporary, self.home = folder / "tmp", folder / "home"
        for path in (self.folder, self.temporary, self.home):
            path.mkdir()
        self.out = self.folder / "ranges.txt"
        self.out.write_bytes(OLD)
        os.utime(self.out, (PAST, PAST))
        self.publish(text(V4), text(V6))

    def publish(self, v4, v6):
        self.site.answers = {"/ips-v4": answer(v4), "/ips-v6": answer(v6)}

    def command(self, *arguments, script=SCRIPT):
        return [str(script), "-o", str(self.out), "--v4", f"{self.site.url}/ips-v4",
                "--v6", f"{self.site.url}/ips-v6", *arguments]

    def environment(self, **more):
        """Without the caller's settings: no proxy, no .curlrc, no language."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "TMPDIR": str(self.temporary),
                "CF_ORIGINCTL": str(CTL), **more}

    def run(self, *arguments, script=SCRIPT, **environment):
        done = subprocess.run(self.command(*arguments, script=script), env=self.environment(**environment),
                              capture_output=True, text=True, timeout=120, check=False)
        assert os.listdir(self.temporary) == [], "something was left behind"
        return done

    def succeed(self, *arguments, **environment):
        done = self.run(*arguments, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def assert_refused(self, done, *words):
        """One line with the reason, and an unchanged list."""
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(r"cf-origin-update-ranges: .*the list in force stays: \S+\n", done.stderr), done.stderr
        for word in words:
            assert word in done.stderr
        self.assert_untouched()

    def assert_untouched(self):
        assert self.out.read_bytes() == OLD
        assert self.out.stat().st_mtime == PAST
        assert os.listdir(self.folder) == ["ranges.txt"]
