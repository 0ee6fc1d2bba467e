# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, controlled by WebDriver (HTTP and JSON)."""
import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import session
from server import free_ports

TIMEOUT = 60
# It loads only the pages that a test opens: no updates, no reports, no prefetching.
ARGUMENTS = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
             "--ignore-certificate-errors", "--proxy-server=direct://",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Browser:
    """One window. `messages()` returns the messages of the console since the last call."""

    def __init__(self, folder):
        self.folder = Path(tempfile.mkdtemp(prefix="browser", dir=folder))
        self.port = free_ports(1)[0]
        self.driver = session.start(
            ["chromedriver", f"--port={self.port}", f"--log-path={self.folder}/driver.log"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.folder), "TMPDIR": str(self.folder)})
        self.wait_for_driver()
        arguments = ARGUMENTS + [f"--user-data-dir={self.folder}/profile"]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")
        options = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                   "goog:chromeOptions": {"args": arguments}}
        self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": options}})["sessionId"]

    def wait_for_driver(self):
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            try:
                if self.ask("GET", "/status")["ready"]:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "driver.log").read_text()[-2000:])

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def send(self, path, **body):
        return self.ask("POST", f"/session/{self.session}{path}", body)

    def devtools(self, command, **params):
        return self.send("/goog/cdp/execute", cmd=command, params=params)

    def open(self, url, width=1280, height=900, scheme="light"):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send("/url", url=url)

    def run(self, script):
        return self.send("/execute/sync", script=script, args=[])

    def messages(self):
        return [entry["message"] for entry in self.send("/se/log", type="browser")]

    def picture(self, path):
        """Saves a picture of the whole page."""
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True,
                             clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self.ask("DELETE", f"/session/{self.session}")
        finally:
            session.stop(self.driver, TIMEOUT)
