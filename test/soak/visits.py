# SPDX-License-Identifier: Apache-2.0
"""The clients: legitimate ones, which must get their answer with their own address, and hostile ones, which must not."""
import random
import re
import socket
import ssl
import struct
import time

from client import Connection, H2Connection, Response, context
from origin import CERTIFICATES, EDGE, MONITOR, MOVING, STRANGER, TUNNEL
from server import MPM
from world import YES, claimed, outcome, ray, visitor

TIMEOUT = 60
# What httpd or the module answers to a request that it does not serve.
REFUSALS = {400, 403, 405, 408, 413, 414, 421, 431, 501, 505, "reset"}
LOST = (OSError, EOFError, ValueError, IndexError)  # the last two: half an answer


class Visit:
    """A request. `needs`: the facts that it depends on; `sees`: the address that the server must see, of whom it
    believes a visitor that is the visitor's."""

    def __init__(self, number, kind, needs=(), path="/", method="GET", body=None, host="shop.a.test", address=EDGE,
                 believed=True, admitted=True):
        self.number, self.kind, self.needs, self.host = number, kind, needs, host
        self.method, self.body, self.believed, self.admitted = method, body, believed, admitted
        self.given_back = self.lost = 0
        self.path = f"{path}?{'l' if admitted else 'h'}{number}"
        self.sees = visitor(number) if believed else address
        self.headers = {"CF-Connecting-IP": visitor(number) if believed else claimed(number), "CF-Ray": ray(number)}

    @property
    def asked(self):
        return {"path": self.path, "headers": self.headers, "method": self.method}


class Lost(Exception):
    """The connection ended before the answer was complete. `begun`: after part of it."""

    def __init__(self, why, begun=False):
        super().__init__(why)
        self.begun = begun


class Streams(H2Connection):
    """HTTP/2 that still reads the answers that are due after GOAWAY: the frame is kept from the library, which would
    take the connection for closed."""

    def __init__(self, *args, **options):
        self.raw, self.last = b"", None
        super().__init__(*args, **options)
        self.under.sock.settimeout(TIMEOUT)

    def frames(self, data):
        self.raw += data
        whole = b""
        while len(self.raw) >= 9:
            size = 9 + int.from_bytes(self.raw[:3], "big")
            if len(self.raw) < size:
                break
            frame, self.raw = self.raw[:size], self.raw[size:]
            if frame[3] == 7:
                self.last = int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF
            else:
                whole += frame
        return whole

    def finish(self):
        waiting = {s for s, r in self.results.items() if not getattr(r, "ended", False)}
        try:
            while {s for s in waiting if self.last is None or s <= self.last}:
                data = self.under.sock.recv(65536)
                if not data:
                    break
                for event in self.h2.receive_data(self.frames(data)):
                    self.handle(event, waiting)
                self.flush()
        except OSError:
            pass
        return self.results


class Clients:
    def __init__(self, soak, seed):
        self.soak, self.origin, self.world, self.tally = soak, soak.origin, soak.world, soak.tally
        self.pki, self.numbers = soak.pki, soak.numbers
        self.port, self.plain = self.origin.httpd.ports
        self.random = random.Random(seed)

    def over(self):
        return self.soak.over.is_set()

    # A request and its answer.

    def visit(self, kind, **options):
        visit = Visit(self.numbers.next(), kind, **options)
        return visit

    def connect(self, cert=None, sni="shop.a.test", source=EDGE, **options):
        port = self.plain if options.get("plain") else self.port
        try:
            connection = Connection(port, cert, sni, source, **options)
        except OSError as error:
            raise Lost(f"connect: {error!r}") from None
        connection.sock.settimeout(TIMEOUT)
        connection.used = False
        return connection

    def tls(self):
        return self.random.choice(["1.2", "1.3"])

    def ask(self, connection, visit):
        look = self.world.look(visit.needs)
        try:
            response = connection.get(host=visit.host, body=visit.body, **visit.asked)
        except LOST as error:
            raise Lost(repr(error), bool(connection.buffer)) from None
        self.judge(visit, response, look)
        return response

    def judge(self, visit, response, look):
        """Without the module everything is served, from the address of the peer."""
        if self.world.look(visit.needs) != look:
            self.tally.count("answers while a file changed")
            self.soak.answered(visit, response.status, None)
            return
        expected = outcome(look) if visit.admitted else False
        self.soak.answered(visit, response.status, expected)
        if expected is None:
            self.tally.count("answers while a file changed")
        elif self.origin.control:
            self.tally.count(f"answers {visit.kind}")
        elif expected:
            self.judge_admitted(visit, response)
        else:
            self.judge_refused(visit, response)

    def judge_admitted(self, visit, response):
        seen, body = response.headers.get("x-seen"), response.body
        if response.status != 200:
            self.tally.fail("legitimate request not served", f"{visit.kind} {visit.path}: {response}")
        elif seen != visit.sees:
            self.tally.fail("mixed up", f"{visit.kind} {visit.path}: {seen} instead of {visit.sees}")
        elif visit.path.startswith("/back/") and not self.forwarded(visit, body.decode()):
            self.tally.fail("mixed up", f"{visit.kind} {visit.path}: forwarded {body!r}")
        elif visit.path.startswith("/large") and len(body) != 300000:
            self.tally.fail("legitimate request not served", f"{visit.kind} {visit.path}: {len(body)} bytes")
        else:
            self.tally.count("legitimate requests served", f"served {visit.kind}")

    @staticmethod
    def forwarded(visit, head):
        return (re.findall(r"(?im)^CF-Connecting-IP: (\S+)\r$", head) == [visit.sees]
                and re.findall(r"(?im)^X-Forwarded-For: (\S+)\r$", head) == [visit.sees])

    def judge_refused(self, visit, response):
        if response.status not in REFUSALS:
            self.tally.fail("hostile request admitted", f"{visit.kind} {visit.path}: {response}")
        elif response.headers.get("x-seen") == visit.headers["CF-Connecting-IP"]:
            self.tally.fail("mixed up", f"{visit.kind} {visit.path}: a claimed visitor is believed")
        else:
            self.tally.count("hostile requests refused", f"refused {visit.kind}")

    # What legitimate clients do.

    def leaf(self):
        """One of those that zone a certainly accepts, and the fact."""
        fact = self.random.choice(self.world.those(YES, "leaf") or ["leaf0"])
        return self.origin.leaves[int(fact[4:])], fact

    def kind_of_visit(self, fact, kind, **options):
        chance = self.random.random()
        if chance < 0.05:
            options["path"] = "/back/"
        elif chance < 0.08:
            options.update(method="POST", body=b"x" * self.random.choice([1, 1000, 60000]))
        elif chance < 0.10:
            options["path"] = "/large.bin"
        return self.visit(kind, needs=(fact,), **options)

    def serve(self, visits, connect, ask=None):
        """The visits one after the other on a connection, and on another where it ends: closing a connection between
        requests is httpd's right, and clients try again."""
        left, connection, used = list(visits), None, 0
        try:
            while left and not self.over():
                try:
                    if connection is None:
                        connection, used = connect(), 0
                    (ask or self.ask)(connection, left[0])
                    left.pop(0)
                    used += 1
                except Lost as lost:
                    gives_up = self.soak.lost(left[0], lost, used)
                    if connection:
                        connection.close()
                    connection = None
                    if gives_up:
                        return
        finally:
            if connection:
                connection.close()

    def full_handshake(self):
        leaf, fact = self.leaf()
        count, tls = self.random.choice([1, 1, 2, 5]), self.tls()
        self.serve([self.kind_of_visit(fact, f"full handshake, TLS {tls}") for _ in range(count)], lambda: self.connect(leaf, tls=tls))

    def resumed_session(self):
        """Which may have been made by another child, or before a restart."""
        leaf, fact = self.leaf()
        tls = self.tls()
        kept = self.soak.sessions.get((fact, tls))

        def connect():
            ctx, session = kept or (context(leaf, tls=tls), None)
            connection = self.connect(ctx=ctx, session=session)
            if session:
                self.tally.count(f"sessions {'resumed' if connection.resumed else 'not resumed'}")
            return connection

        def ask(connection, visit):
            self.ask(connection, visit)
            self.soak.sessions[fact, tls] = connection.ctx, connection.session
        self.serve([self.kind_of_visit(fact, f"resumed, TLS {tls}") for _ in range(self.random.choice([1, 2]))], connect, ask)

    def zone_of_the_folder(self):
        self.serve([self.visit("zone of the folder", needs=("b",), host="shop.b.test") for _ in range(2)],
                   lambda: self.connect(self.pki.leaf_b, "shop.b.test", tls=self.tls()))

    def moving_range(self):
        leaf, fact = self.leaf()
        self.serve([self.visit("range that comes and goes", needs=(fact, "moving"), address=MOVING)],
                   lambda: self.connect(leaf, source=MOVING))

    def through_the_tunnel(self):
        self.serve([self.visit("tunnel") for _ in range(2)], lambda: self.connect(plain=True, source=TUNNEL))

    def monitor(self):
        """An exempt client reads the status page; what it claims is not believed."""
        path = self.random.choice(["/status", "/status?json", "/status?metrics"]) if not self.origin.control else "/"
        visit = self.visit("monitor", address=MONITOR, believed=False)
        visit.path = path + ("&" if "?" in path else "?") + f"l{visit.number}"
        self.serve([visit], lambda: self.connect(plain=True, source=MONITOR))

    def exempt_path(self):
        visit = self.visit("exempt path", path="/.well-known/acme-challenge/token", address=STRANGER, believed=False)
        self.serve([visit], lambda: self.connect(source=STRANGER, tls=self.tls()))

    def audited(self):
        """Everything is served there, and nothing believed."""
        cert = self.random.choice([None, self.pki.rogue, self.pki.leaf_b])
        visit = self.visit("under Audit", host="audit.b.test", address=STRANGER, believed=False)
        self.serve([visit], lambda: self.connect(cert, "audit.b.test", STRANGER, tls=self.tls()))

    def pipelined(self):
        leaf, fact = self.leaf()
        visits = [self.visit("pipelined", needs=(fact,)) for _ in range(5)]

        def ask(connection, visit):
            rest = visits[visits.index(visit):]
            look = self.world.look((fact,))
            if not getattr(connection, "sent", False):
                lines = [f"GET {v.path} HTTP/1.1\r\nHost: {v.host}\r\nCF-Connecting-IP: {v.headers['CF-Connecting-IP']}\r\n"
                         f"CF-Ray: {v.headers['CF-Ray']}\r\n\r\n" for v in rest]
                try:
                    connection.sock.sendall("".join(lines).encode())
                except OSError as error:
                    raise Lost(repr(error)) from None
                connection.sent = True
            try:
                response = connection.read_response()
            except LOST as error:
                raise Lost(repr(error), bool(connection.buffer)) from None
            self.judge(visit, response, look)
        self.serve(visits, lambda: self.connect(leaf, tls=self.tls()), ask)

    def slow_reader(self):
        leaf, fact = self.leaf()
        visit = self.visit("slow reader", needs=(fact,), path="/large.bin")

        def connect():
            connection = self.connect(leaf, tls=self.tls())
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            fill = connection.fill

            def slowly():
                time.sleep(0.1)
                fill()
            connection.fill = slowly
            return connection
        self.serve([visit], connect)

    def slow_writer(self):
        leaf, fact = self.leaf()
        visit = self.visit("slow writer", needs=(fact,))
        text = f"GET {visit.path} HTTP/1.1\r\nHost: {visit.host}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in visit.headers.items()) + "\r\n"

        def ask(connection, visit):
            look = self.world.look(visit.needs)
            try:
                for i in range(0, len(text), 40):
                    connection.sock.sendall(text[i:i + 40].encode())
                    time.sleep(0.1)
                response = connection.read_response()
            except LOST as error:
                raise Lost(repr(error), bool(connection.buffer)) from None
            self.judge(visit, response, look)
        self.serve([visit], lambda: self.connect(leaf, tls=self.tls()), ask)

    def kept_alive(self):
        """A connection that is idle at times, also while httpd restarts."""
        leaf, fact = self.leaf()

        def ask(connection, visit):
            if connection.used:  # one that waits before its first request may be closed as well
                self.soak.over.wait(self.random.choice([0.1, 1, 5]))
            self.ask(connection, visit)
            connection.used = True
            if self.world.look((fact,))[0][0] != YES:
                self.retired(connection, fact)
        self.serve([self.kind_of_visit(fact, "kept alive") for _ in range(8)], lambda: self.connect(leaf, tls=self.tls()), ask)

    def retired(self, connection, fact):
        """The certificate of an open connection is accepted no more."""
        for _ in range(20):
            self.soak.over.wait(1)
            visit = self.visit("certificate retired on an open connection", needs=(fact,))
            try:
                self.ask(connection, visit)
            except Lost:
                return
            if self.over() or self.world.look((fact,))[0][0] == YES:
                return

    def streams(self):
        """Several at once, some of which the client resets, on a connection that lives for some time."""
        leaf, fact = self.leaf()
        tls = self.tls()
        rounds = [[self.kind_of_visit(fact, f"stream, TLS {tls}") for _ in range(self.random.choice([1, 3, 8]))]
                  for _ in range(self.random.choice([1, 3, 10]))]
        self.serve_streams([v for group in rounds for v in group], rounds, leaf, tls, fact)

    def serve_streams(self, left, rounds, leaf, tls, fact):
        connection, used = None, 0
        try:
            while left and not self.over():
                try:
                    if connection is None:
                        connection, used = self.open_streams(leaf, tls), 0
                    group = [v for v in next(g for g in rounds if any(v in left for v in g)) if v in left]
                    done = self.one_round(connection, group, fact)
                    left = [v for v in left if v not in done]
                    used += len(done)
                    if len(done) < len(group):
                        raise Lost("goaway" if connection.last is not None else "closed", connection.last is None and bool(done))
                    self.soak.over.wait(self.random.choice([0, 0, 1]))
                except Lost as lost:
                    gives_up = self.soak.lost(left[0], lost, used)
                    if connection:
                        connection.under.close()
                    connection = None
                    if gives_up:
                        return
        finally:
            if connection:
                connection.under.close()

    def open_streams(self, leaf, tls):
        try:
            return Streams(self.port, leaf, tls=tls)
        except OSError as error:
            raise Lost(f"connect: {error!r}") from None

    def one_round(self, connection, group, fact):
        """Those that were answered, or that GOAWAY has not named: it says that these were not looked at."""
        look = self.world.look((fact,))
        opened = {}
        try:
            for visit in group:
                opened[connection.request(visit.path, visit.headers, visit.host, "GET")] = visit
            if self.random.random() < 0.2:
                self.abandon(connection)
        except OSError:
            pass
        done = []
        results = connection.finish()
        for stream, visit in opened.items():
            result = results[stream]
            if getattr(result, "ended", False) and result.status != "reset":
                self.judge(visit, result, look)
                done.append(visit)
            elif result.status:
                self.tally.count("streams cut or reset by httpd")
            elif connection.last is not None and stream > connection.last:
                self.tally.count("streams that GOAWAY gave back")
        return done

    def abandon(self, connection):
        """A stream that the client gives up."""
        visit = self.visit("abandoned stream", path="/large.bin")
        self.soak.abandoned(visit)
        stream = connection.request(visit.path, visit.headers, visit.host)
        connection.h2.reset_stream(stream)
        connection.flush()
        del connection.results[stream]

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

    # What hostile clients do.

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


H2 = ["streams"] * 4 if MPM != "prefork" else []
LEGITIMATE = (["full_handshake"] * 4 + ["resumed_session"] * 5 + ["pipelined", "zone_of_the_folder", "zone_of_the_folder",
              "moving_range", "through_the_tunnel", "monitor", "exempt_path", "audited"] + H2)
LASTING = ["kept_alive"] * 3 + ["slow_reader", "slow_writer"] + H2
HOSTILE = (["wrong_certificate"] * 4 + ["retired_certificate"] * 2 + ["wrong_certificate_resumed", "wrong_address", "wrong_host",
           "without_tls", "methods", "malformed", "malformed", "aborted"] + (["hostile_streams", "mixed_streams"] if H2 else []))
LURKING = ["idle"]
