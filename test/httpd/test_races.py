# SPDX-License-Identifier: Apache-2.0
"""What happens at the same time: streams of HTTP/2, files that change, graceful restarts. Under ThreadSanitizer (make
tsan-httpd) each access of two threads that nothing orders is reported, and fails the test."""
import contextlib
import os
import threading

import h2.exceptions
import pytest

from client import CLOUDFLARE, Connection, H2Connection
from server import MPM, vhost

ROUNDS = int(os.environ.get("RACES", 3))
STREAMS = 30
HOSTS = {"a.test": "leaf_a", "b.test": "leaf_b"}

pytestmark = pytest.mark.skipif(MPM == "prefork", reason="prefork has no threads that serve requests")


class Place:
    """Two virtual hosts, one with a file of its own, one with a folder; and everything shown: log lines, status page."""

    def __init__(self, httpd, pki, scratch):
        self.pki, self.folder = pki, scratch / "racing"
        self.folder.mkdir()
        self.ranges = self.folder.with_name("racing-ranges.txt")
        self.write(0)
        self.httpd = httpd(log_limit=None, modules=["status"], server=(
            f"CFOriginPullRanges {self.ranges}\nCFOriginPullReload 1\nCFOriginPullZoneDir {self.folder}\n"
            + "".join(vhost(host, "CFOriginPull On\nCFOriginPullClientIP verified\n"
                            "<Location /state>\nSetHandler cf-origin-status\n</Location>") for host in HOSTS)))

    def write(self, turn):
        """Other bytes, the same meaning: what is admitted does not change."""
        texts = {self.folder / "a.test.pem": self.pki.zone_a.pem, self.folder / "b.test.pem": self.pki.zone_b.pem,
                 self.ranges: "127.0.0.0/9\n"}
        for path, text in texts.items():
            new = path.with_name("." + path.name)
            new.write_text(f"# {turn}\n{text}")
            new.rename(path)

    def reloads(self):
        return self.httpd.log().count(" CFO0130 ")


class Visitors(threading.Thread):
    """A client that asks until it is told to end, and remembers each answer that is not what it must be."""

    def __init__(self, place, host, number):
        super().__init__()
        self.place, self.host, self.number = place, host, number
        self.answers, self.wrong, self.over = 0, [], threading.Event()

    def run(self):
        while not self.over.is_set():
            # A child of a configuration that ends closes its connections, some of them with a last GOAWAY.
            with contextlib.suppress(OSError, EOFError, h2.exceptions.ProtocolError):
                self.visit()

    def visit(self):
        other = next(host for host in HOSTS if host != self.host)
        with H2Connection(self.place.httpd.port, getattr(self.place.pki, HOSTS[self.host]), sni=self.host) as connection:
            expected = {}
            for i in range(STREAMS):
                host = other if i % 5 == 4 else self.host
                path = "/state" if i % 10 == 3 else f"/?{self.number}-{i}"
                expected[connection.request(path, CLOUDFLARE, authority=host)] = 200 if host == self.host else 403
            for stream, answer in connection.finish().items():
                if getattr(answer, "ended", False) and answer.status != "reset":
                    self.answers += 1
                    if answer.status != expected[stream]:
                        self.wrong.append((self.host, stream, answer))


@pytest.fixture
def place(httpd, pki, scratch):
    return Place(httpd, pki, scratch)


def test_streams_reloads_and_restarts_at_once_admit_and_refuse_as_before(place):
    visitors = [Visitors(place, host, number) for number, host in enumerate([*HOSTS, *HOSTS])]
    for visitor in visitors:
        visitor.start()
    try:
        for turn in range(1, ROUNDS + 1):
            for _ in range(2):
                before = place.reloads()
                place.write(f"{turn} {before}")
                place.httpd.wait_for(lambda: place.reloads() > before, "a reload", 60)
            place.httpd.graceful()
    finally:
        for visitor in visitors:
            visitor.over.set()
        for visitor in visitors:
            visitor.join()
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
    assert all(visitor.answers >= STREAMS for visitor in visitors)
    with Connection(place.httpd.port, place.pki.leaf_a, sni="a.test") as connection:
        assert connection.get().status == 200 and connection.get(host="b.test").status == 403
    place.httpd.stop()
