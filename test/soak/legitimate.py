# SPDX-License-Identifier: Apache-2.0
"""What clients do that must be served."""
import socket
import time

from client import context
from origin import MONITOR, MOVING, STRANGER, TUNNEL
from server import MPM
from visits import LOST, Clients, Lost, Streams
from world import YES


class Legitimate(Clients):
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
            elif connection.last is not None and stream > connection.last:
                self.tally.count("streams that GOAWAY gave back")
            elif result.status or connection.last is not None:
                self.cut(connection, visit, result)
        return done

    def cut(self, connection, visit, result):
        """mod_http2 sometimes ends a connection with an internal error after its client has reset a stream, also without
        the module."""
        if connection.has_reset and connection.error:
            self.tally.count("streams that mod_http2 cut after the client had reset another")
        else:
            self.soak.losses.append((time.monotonic(), "a stream was cut or reset", f"{visit.path}: {result}"))

    def abandon(self, connection):
        """A stream that the client gives up."""
        visit = self.visit("abandoned stream", path="/large.bin")
        self.soak.abandoned(visit)
        stream = connection.request(visit.path, visit.headers, visit.host)
        connection.h2.reset_stream(stream)
        connection.has_reset = True
        connection.flush()
        del connection.results[stream]


H2 = ["streams"] * 4 if MPM != "prefork" else []
USUAL = (["full_handshake"] * 4 + ["resumed_session"] * 5 + ["pipelined", "zone_of_the_folder", "zone_of_the_folder", "moving_range",
         "through_the_tunnel", "monitor", "exempt_path", "audited"] + H2)
LASTING = ["kept_alive"] * 3 + ["slow_reader", "slow_writer"] + H2
