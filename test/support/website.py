# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback that sends exactly the bytes that a test sets, valid or not."""
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG = object()     # no answer as long as the server lives
ENDLESS = object()  # a list that never ends


def answer(body, status="200 OK", length=None, headers=()):
    """An answer, maybe with a wrong Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}",
             "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        site.asked.append(self.path)
        self.close_connection = True
        what = site.answers[self.path]
        if isinstance(what, list):  # one for each request
            what = what.pop(0)
        if what is HANG:
            site.arrived.set()
            site.closed.wait()
        elif what is ENDLESS:
            self.go_on_for_ever()
        else:
            self.wfile.write(what)

    def go_on_for_ever(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while True:
                self.wfile.write(b"104.16.0.0/13\n" * 1000)
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Website:
    """`answers` maps paths to bytes, HANG, ENDLESS, or a list of these; `asked` has the paths of
    all requests. With a certificate it uses TLS."""

    def __init__(self, certificate=None):
        self.answers, self.asked = {}, []
        self.arrived, self.closed = threading.Event(), threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.site = self
        self.server.handle_error = lambda *_: None  # clients that close the connection are expected
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.crt, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
