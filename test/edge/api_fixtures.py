# SPDX-License-Identifier: Apache-2.0
"""For the tests of the API's client: the program, a stand-in of the API that is empty when a test begins, certificates to
upload, and servers that are not the API."""
import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from account import Account
from api_client import Client, built
from pki import Pki
from standin import Answer, StandIn, envelope

__all__ = ["program", "papers", "server", "api", "client", "tls"]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ZONES = "GET /zones$"


@pytest.fixture(scope="session")
def program():
    return built()


@pytest.fixture(scope="session")
def papers(tmp_path_factory):
    """Certificates to upload."""
    pki = Pki(tmp_path_factory.mktemp("papers"))
    pki.zone_ca = pki.ca("zone-ca")
    pki.leaf = pki.issue("leaf", pki.zone_ca)
    pki.other = pki.issue("other", pki.zone_ca)
    return pki


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with StandIn(tmp_path_factory.mktemp("api") / "api") as api:
        yield api


@pytest.fixture
def api(server):
    """One server for all, which knows nothing when a test begins."""
    server.account = Account(deploy=0, delete=0)
    server.faults, server.calls, server.per_page = [], [], 50
    server.zone = server.account.zone("example.com")
    return server


@pytest.fixture
def client(program, api):
    return Client(program, api, api.account.token())


def place(api, certificate, level="zone", **options):
    return api.account.place(api.zone, certificate.pem, certificate.key.read_text(), level, **options)


def answer(api, result, pattern=ZONES, **more):
    """The next answer, whatever its result is."""
    return api.fault(pattern, Answer(200, json.dumps(envelope(result, **more)).encode()), times=-1)


def at_once(call, cases):
    """The results of what mostly waits."""
    with ThreadPoolExecutor(len(cases)) as pool:
        return list(pool.map(call, cases))


@pytest.fixture
def tls(api):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = api.folder / "pki"
    context.load_cert_chain(next(folder.glob("api-*.crt")), next(folder.glob("api-*.key")))
    return context


class Listener:
    """Speaks something else than the API, as `speak(connection)` says."""

    def __init__(self, speak, context=None):
        self.server, self.speak, self.context = socket.create_server(("127.0.0.1", 0)), speak, context
        self.url = f"https://127.0.0.1:{self.server.getsockname()[1]}"
        self.accepted = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                with connection:
                    connection.settimeout(10)
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    self.speak(connection)
                    connection.close()
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


def raw(*parts):
    """Sends these after the request."""
    def speak(connection):
        connection.recv(10000)
        for part in parts:
            connection.sendall(part)
    return speak
