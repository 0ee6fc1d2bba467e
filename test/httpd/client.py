# SPDX-License-Identifier: Apache-2.0
"""Clients that send exactly what a test wants: raw HTTP/1.1 and HTTP/2 over TLS, with any certificate,
SNI, source address and session."""
import socket
import ssl

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import pytest

from server import MPM
from session import PATIENCE

EDGE = "127.0.0.1"       # in the test servers' ranges (127.0.0.0/9)
STRANGER = "127.200.0.1"  # not in them
RAY = "230b030023ae2822-SJC"
VISITOR = "203.0.113.77"
CLOUDFLARE = {"CF-Connecting-IP": VISITOR, "CF-Ray": RAY}

TIMEOUT = 20 * PATIENCE


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"

    @property
    def text(self):
        return self.body.decode(errors="replace")


def context(cert=None, chain=None, tls=None, alpn=None):
    """`chain`: a PEM file to send instead of the certificate alone."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    ctx.set_ciphers("DEFAULT@SECLEVEL=0")
    if tls:
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
        ctx.minimum_version = ctx.maximum_version = version
    if cert:
        ctx.load_cert_chain(chain or cert.crt, cert.key)
    if alpn:
        ctx.set_alpn_protocols(alpn)
    return ctx


class Connection:
    """One connection. Pass `ctx` and `session` of an earlier one to resume."""

    def __init__(self, port, cert=None, sni="shop.a.test", source=EDGE, tls=None, session=None, ctx=None,
                 chain=None, plain=False, address="127.0.0.1", prefix=b"", alpn=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family)
        sock.settimeout(TIMEOUT)
        if family == socket.AF_INET:
            sock.bind((source, 0))
        try:
            sock.connect((address, port))
            if prefix:  # a PROXY header, before TLS
                sock.sendall(prefix)
            self.ctx = None
            if not plain:
                self.ctx = ctx or context(cert, chain, tls, alpn)
                sock = self.ctx.wrap_socket(sock, server_hostname=sni, session=session)
        except BaseException:
            sock.close()
            raise
        self.sock, self.sni, self.buffer = sock, sni, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    @property
    def session(self):
        return self.sock.session

    @property
    def resumed(self):
        return self.sock.session_reused

    def get(self, path="/", headers=None, host=None, method="GET", body=None):
        """One request on this connection. `host` "" sends none; `headers` is a dict or a list of
        pairs."""
        host = self.sni if host is None else host
        lines = [f"{method} {path} HTTP/1.1"]
        if host:
            lines.append(f"Host: {host}")
        pairs = headers.items() if isinstance(headers, dict) else headers or []
        lines += [f"{k}: {v}" for k, v in pairs]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""), method == "HEAD")

    def raw(self, data, head=False):
        self.sock.sendall(data)
        return self.read_response(head)

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("closed")
        self.buffer += data

    def read_response(self, head=False):
        """EOFError if the server closes the connection without an answer."""
        while True:
            while b"\r\n\r\n" not in self.buffer:
                self.fill()
            start, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            lines = start.decode("latin-1").split("\r\n")
            status = int(lines[0].split()[1])
            if status != 100:
                break
        headers = {}
        for line in lines[1:]:
            key, value = line.split(":", 1)
            headers[key.lower()] = value.strip()
        return Response(status, headers, b"" if head or status in (204, 304) else self.read_body(headers))

    def read_body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            return self.read_chunks()
        if "content-length" in headers:
            return self.take(int(headers["content-length"]))
        try:
            while True:
                self.fill()
        except EOFError:
            body, self.buffer = self.buffer, b""
            return body

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                self.fill()
            size, self.buffer = self.buffer.split(b"\r\n", 1)
            count = int(size.split(b";")[0], 16)
            body += self.take(count)
            self.take(2)
            if not count:
                return body


def get(port, path="/", headers=None, host=None, method="GET", body=None, **options):
    """One request on a connection of its own."""
    with Connection(port, **options) as connection:
        return connection.get(path, headers, host, method, body)


class H2Connection:
    """HTTP/2; `request()` opens a stream, `finish()` reads until all streams have ended."""

    def __init__(self, port, cert=None, sni="shop.a.test", **options):
        if MPM == "prefork":
            pytest.skip("mod_http2 does not work with prefork")
        self.under = Connection(port, cert, sni, alpn=["h2"], **options)
        assert options.get("plain") or self.under.sock.selected_alpn_protocol() == "h2"
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8",
                                           validate_outbound_headers=False, normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config=config)
        self.h2.initiate_connection()
        self.results, self.goaway = {}, False
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.under.close()

    def flush(self):
        self.under.sock.sendall(self.h2.data_to_send())

    def request(self, path="/", headers=None, authority=None, method="GET", extra=(), body=None, trailers=None):
        pairs = headers.items() if isinstance(headers, dict) else headers or []
        stream = self.open([(":method", method), (":scheme", "https"), (":path", path), (":authority", authority or self.under.sni), *extra,
                            *((k.lower(), v) for k, v in pairs)], end_stream=body is None)
        if body is not None:
            self.h2.send_data(stream, body, end_stream=not trailers)
        if trailers:
            self.h2.send_headers(stream, trailers, end_stream=True)
        self.flush()
        return stream

    def open(self, headers, end_stream=False):
        """A stream with exactly these headers."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, headers, end_stream=end_stream)
        self.results[stream] = Response(0, {}, b"")
        self.flush()
        return stream

    def finish(self):
        """{stream: Response}; status is "reset" for a stream that the server reset."""
        while self.open_streams() and not self.goaway and self.read():
            pass
        return self.results

    def open_streams(self):
        return {s for s, r in self.results.items() if not getattr(r, "ended", False)}

    def read(self):
        """Whether there was anything to read."""
        data = self.under.sock.recv(65536)
        for event in self.receive(data) if data else ():
            self.handle(event)
        self.flush()
        return data

    def receive(self, data):
        """The library forgets what it has read, GOAWAY too, if more frames follow that."""
        try:
            return self.h2.receive_data(data)
        except h2.exceptions.ProtocolError:
            self.goaway = self.h2.state_machine.state == h2.connection.ConnectionState.CLOSED
            if not self.goaway:
                raise
            return ()

    def handle(self, event):
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = True
        stream = getattr(event, "stream_id", None)
        result = self.results.get(stream)
        if result is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            result.headers = dict(event.headers)
            result.status = int(result.headers[":status"])
        elif isinstance(event, h2.events.DataReceived):
            result.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, h2.events.StreamReset):
            result.status, result.ended = "reset", True
        elif isinstance(event, h2.events.StreamEnded):
            result.ended = True

    def get(self, path="/", headers=None, authority=None, method="GET", **options):
        stream = self.request(path, headers, authority, method, **options)
        return self.finish()[stream]


def first_byte(port, source, data, address="127.0.0.1"):
    """The first byte that a TCP client gets: b"" if it is dropped."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as sock:
        sock.settimeout(20)
        sock.bind((source, 0))
        sock.connect((address, port))
        try:
            sock.sendall(data)
            return sock.recv(1)
        except ConnectionError:
            return b""


def hello(name="early.a.test"):
    """A ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    try:
        ctx.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
