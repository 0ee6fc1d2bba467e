# SPDX-License-Identifier: Apache-2.0
"""What clients do that must not be served, or that go away in the middle."""
import re
import socket
import struct

from client import Connection
from origin import CERTIFICATES, EDGE, STRANGER
from server import MPM
from visits import REFUSALS, TIMEOUT, Clients, Lost, Streams
from world import claimed


class Hostile(Clients):
    def attack(self, kind, connection, **options):
        visit = self.visit(kind, believed=False, admitted=False, **options)
        self.disguise(visit)
        self.ask(connection, visit)

    def disguise(self, visit):
        """Headers that only Cloudflare should send, and some that look like them."""
        fake = claimed(visit.number)
        visit.headers = {**visit.headers, **self.random.choice([
            {}, {"True-Client-IP": fake}, {"CF_Connecting_IP": fake}, {"cf.connecting.ip": fake}, {"X-Forwarded-For": fake},
            {"CF-Visitor": '{"scheme":"https"}', "CF-Worker": "a.test"}, {"Forwarded": f"for={fake}"}])}
        visit.host = self.random.choice([visit.host] * 4 + [visit.host.upper(), f"{visit.host}:443", f"{visit.host}."])

    def wrong_certificate(self):
        pki = self.pki
        name, cert = self.random.choice([
            ("no certificate", None), ("rogue certificate", pki.rogue), ("twin of the zone's CA", pki.evil_twin),
            ("self-signed", pki.self_signed), ("certificate of another zone", pki.leaf_b), ("shared certificate", pki.shared_leaf),
            ("expired", pki.expired_a), ("not yet valid", pki.future_a), ("for servers", pki.server_only_a)])
        try:
            with self.connect(cert, tls=self.tls(), source=self.random.choice([EDGE, STRANGER])) as connection:
                for _ in range(self.random.choice([1, 3])):
                    self.attack(name, connection)
        except Lost:
            self.tally.count("hostile connections ended", f"ended {name}")

    def wrong_certificate_resumed(self):
        cert, tls = self.random.choice([self.pki.rogue, self.pki.leaf_b]), self.tls()
        try:
            with self.connect(cert, "shop.b.test", tls=tls) as first:
                self.ask(first, self.visit("warm-up", needs=("b",) if cert is self.pki.leaf_b else (), host="shop.b.test",
                                           admitted=cert is self.pki.leaf_b, believed=cert is self.pki.leaf_b))
                sni = self.random.choice(["shop.b.test", "shop.b.test", "shop.a.test"])  # with the last, OpenSSL does not resume
                with self.connect(sni=sni, ctx=first.ctx, session=first.session) as second:
                    self.tally.count(f"hostile sessions {'resumed' if second.resumed else 'not resumed'}")
                    self.attack("session of another zone", second)
        except Lost:
            self.tally.count("hostile connections ended")

    def retired_certificate(self):
        """One that the zone had before, and will have again."""
        which = self.random.randrange(CERTIFICATES)
        try:
            with self.connect(self.origin.leaves[which], tls=self.tls()) as connection:
                self.ask(connection, self.visit("certificate of a rotation", needs=(f"leaf{which}",)))
        except Lost:
            self.tally.count("connections for a certificate of a rotation lost")

    def wrong_address(self):
        leaf, _ = self.leaf()
        try:
            with self.connect(leaf, source=STRANGER, tls=self.tls()) as connection:
                self.attack("address outside the ranges", connection, address=STRANGER)
        except Lost:
            self.tally.count("hostile connections ended")

    def wrong_host(self):
        """On a connection that is right for another zone: SNI decides nothing."""
        try:
            with self.connect(self.pki.leaf_b, "shop.b.test", tls=self.tls()) as connection:
                for host in ("shop.a.test", "unknown.test", "b.test.shop.a.test"):
                    self.attack("host of another zone", connection, host=host)
        except Lost:
            self.tally.count("hostile connections ended")

    def without_tls(self):
        try:
            with self.connect(plain=True, source=self.random.choice([EDGE, STRANGER])) as connection:
                self.attack("without TLS", connection)
        except Lost:
            self.tally.count("hostile connections ended")

    def methods(self):
        try:
            with self.connect(self.random.choice([None, self.pki.rogue]), tls=self.tls()) as connection:
                self.attack("odd method", connection, method=self.random.choice(["TRACE", "OPTIONS", "PROPFIND", "PUT", "X"]))
        except Lost:
            self.tally.count("hostile connections ended")

    def hostile_streams(self):
        cert = self.random.choice([None, self.pki.rogue, self.pki.leaf_b])
        look = self.world.look(())
        try:
            with Streams(self.port, cert, tls=self.tls()) as connection:
                visits = [self.visit("hostile stream", believed=False, admitted=False) for _ in range(4)]
                opened = {connection.request(v.path, v.headers, v.host): v for v in visits}
                for stream in list(opened)[:self.random.choice([0, 0, 2])]:
                    connection.h2.reset_stream(stream)
                    del connection.results[stream], opened[stream]
                connection.flush()
                results = connection.finish()
                for stream, visit in opened.items():
                    if results[stream].status and getattr(results[stream], "ended", False):
                        self.judge(visit, results[stream], look)
        except OSError:
            self.tally.count("hostile connections ended")

    def mixed_streams(self):
        """Right and wrong hosts on one connection at once."""
        look, connection = self.world.look(("b",)), None
        try:
            with Streams(self.port, self.pki.leaf_b, sni="shop.b.test", tls=self.tls()) as connection:
                visits = []
                for _ in range(4):
                    visits.append(self.visit("right next to wrong", needs=("b",), host="shop.b.test"))
                    visits.append(self.visit("wrong next to right", host="shop.a.test", believed=False, admitted=False))
                opened = {connection.request(v.path, v.headers, v.host): v for v in visits}
                results = connection.finish()
                for stream, visit in opened.items():
                    if getattr(results[stream], "ended", False):
                        self.judge(visit, results[stream], look if visit.needs else ())
        except OSError:
            self.tally.count("hostile connections ended")

    def malformed(self):
        """Bytes that are no request, or two, on a connection that proves nothing."""
        number = self.numbers.next()
        target, fake = f"/?h{number}", claimed(number)
        self.soak.expected[number] = ("h", False)
        data = self.random.choice([
            lambda: self.random.randbytes(200), lambda: b"\0" * 50, lambda: f"GET {target}\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/1.0\r\nCF-Connecting-IP: {fake}\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/9.9\r\nHost: shop.a.test\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/1.1\r\nHost: shop.a.test, shop.b.test\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/1.1\r\nHost: shop.a.test\r\nHost: shop.b.test\r\n\r\n".encode(),
            lambda: f"GET http://shop.b.test{target} HTTP/1.1\r\nHost: shop.a.test\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/1.1\r\nHost: shop.a.test\r\nX: {'y' * 9000}\r\n\r\n".encode(),
            lambda: f"GET {target} HTTP/1.1\r\nHost: shop.a.test\r\n CF-Ray: 1\r\n\r\n".encode(),
            lambda: f"GET /%00{target} HTTP/1.1\r\nHost: shop.a.test\r\n\r\n".encode(),
            lambda: f"GET /.well-known/acme-challenge/%2e%2e/..{target} HTTP/1.1\r\nHost: shop.a.test\r\n\r\n".encode(),
            lambda: (f"POST {target} HTTP/1.1\r\nHost: shop.a.test\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                     f"GET {target} HTTP/1.1\r\nHost: shop.a.test\r\n\r\n").encode(),
            lambda: f"POST {target} HTTP/1.1\r\nHost: shop.a.test\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n".encode(),
            lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.random.randbytes(60)])()
        how = self.random.choice(["TLS", "TLS", "plain", "plain on the TLS port"])
        try:
            if how == "TLS":
                connection = Connection(self.port, self.random.choice([None, self.pki.rogue]), tls=self.tls())
            else:
                connection = Connection(self.plain if how == "plain" else self.port, plain=True)
            with connection:
                connection.sock.settimeout(3)
                connection.sock.sendall(data)
                text = connection.sock.recv(65536)
        except OSError:
            self.tally.count("hostile connections ended")
            return
        statuses = {int(x) for x in re.findall(rb"HTTP/\d\.\d (\d{3})", text)} - {100}
        if not self.origin.control and (statuses - REFUSALS or b"the page" in text):
            self.tally.fail("hostile request admitted", f"malformed {data!r}: {text!r}")
        self.tally.count("malformed requests")

    def idle(self):
        """Half a request, and then nothing for a while."""
        with Connection(self.port, self.pki.rogue, tls=self.tls()) as connection:
            connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: shop.a.test\r\nX: ")
            self.soak.over.wait(self.random.choice([1, 5, 15]))
        self.tally.count("hostile connections idle")

    def aborted(self):
        """A client that goes away, in the handshake or in the middle of an answer."""
        leaf, _ = self.leaf()
        how = self.random.choice(["handshake", "request", "answer", "reset"])
        if how == "handshake":
            with socket.create_connection(("127.0.0.1", self.port), TIMEOUT) as sock:
                sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self.random.randbytes(self.random.choice([0, 32])))
        else:
            visit = self.visit("aborted", path="/large.bin")
            self.soak.abandoned(visit)
            with self.connect(leaf, tls=self.tls()) as connection:
                text = f"GET {visit.path} HTTP/1.1\r\nHost: {visit.host}\r\nCF-Connecting-IP: {visit.sees}\r\n"
                connection.sock.sendall((text + ("" if how == "request" else "\r\n")).encode())
                if how != "request":
                    connection.fill()
                if how == "reset":
                    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tally.count("clients that went away")


H2 = ["hostile_streams", "mixed_streams"] if MPM != "prefork" else []
USUAL = (["wrong_certificate"] * 4 + ["retired_certificate"] * 2 + ["wrong_certificate_resumed", "wrong_address", "wrong_host",
         "without_tls", "methods", "malformed", "malformed", "aborted"] + H2)
LURKING = ["idle"]
