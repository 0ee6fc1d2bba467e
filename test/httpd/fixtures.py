# SPDX-License-Identifier: Apache-2.0
"""The fixtures of all tests."""
import shutil
import tempfile
from pathlib import Path

import pytest

from apps import Backend
from pki import StandardPki
from server import Httpd

__all__ = ["scratch", "sound", "pki", "httpd", "backend", "configuration"]


@pytest.fixture(scope="session")
def scratch():
    """A folder with a short path, for cgid's socket, that the user of httpd can read."""
    path = Path(tempfile.mkdtemp(prefix="cfo-"))
    path.chmod(0o755)
    yield path
    stop_all(list(Httpd.running))
    shutil.rmtree(path)


@pytest.fixture(autouse=True)
def sound():
    """Fails every test in which a child of a server crashed."""
    yield
    for server in list(Httpd.running):
        server.assert_sound()


@pytest.fixture(scope="session")
def pki(scratch):
    directory = scratch / "pki"
    directory.mkdir()
    pki = StandardPki(directory)
    (directory / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
    return pki


@pytest.fixture(scope="module")
def httpd(scratch, pki):
    """Starts servers, and stops them after the last test of the module: httpd(server="...", modules=[...])."""
    started = []

    def start(**options):
        server = make_httpd(scratch, pki, **options)
        started.append(server)
        return server.start()
    yield start
    stop_all(started)


@pytest.fixture(scope="module")
def backend():
    """For mod_proxy: answers with the head of the request that it gets."""
    backend = Backend()
    yield backend
    backend.stop()


def stop_all(servers):
    """Stops all of them, even if one of them fails."""
    if servers:
        try:
            servers[0].stop()
        finally:
            stop_all(servers[1:])


def make_httpd(scratch, pki, **options):
    return Httpd(tempfile.mkdtemp(prefix="s", dir=scratch), pki, **options)


@pytest.fixture
def configuration(scratch, pki):
    """Checks a configuration without starting httpd: exit code and output."""
    def check(server, **options):
        return make_httpd(scratch, pki, server=server, **options).check()
    return check
