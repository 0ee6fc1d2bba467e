# SPDX-License-Identifier: Apache-2.0
"""The clients: legitimate ones, which must get their answer with their own address, and hostile ones, which must not."""
import random
import re

from client import Connection, H2Connection
from origin import EDGE
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
        self.raw, self.last, self.error = b"", None, 0
        self.has_reset = False  # the client has given up a stream
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
                self.error = self.error or int.from_bytes(frame[13:17], "big")
                self.last = int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF
            else:
                whole += frame
        return whole

    def finish(self):
        try:
            while {s for s in self.open_streams() if self.last is None or s <= self.last}:
                data = self.under.sock.recv(65536)
                if not data:
                    break
                for event in self.h2.receive_data(self.frames(data)):
                    self.handle(event)
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

    def leaf(self):
        """One of those that zone a certainly accepts, and the fact."""
        fact = self.random.choice(self.world.those(YES, "leaf") or ["leaf0"])
        return self.origin.leaves[int(fact[4:])], fact
