# SPDX-License-Identifier: Apache-2.0
"""CGI scripts that record when they ran, and a back end that records what reached it."""
import socket
import threading

# For the server's configuration; the scripts are at /cgi/NAME.
CGI_MODULES = ["cgid"]
CGI = """
ScriptAlias /cgi/ {dir}/cgi/
<Directory {dir}/cgi>
    Require all granted
</Directory>
"""


class Scripts:
    """Scripts of one server. Each appends a line to a file of its own when it runs."""

    def __init__(self, httpd):
        self.folder, self.traces = httpd.dir / "cgi", httpd.dir / "traces"
        self.folder.mkdir()
        self.traces.mkdir()
        self.traces.chmod(0o777)

    def add(self, name, output="Content-Type: text/plain\n\nthe script\n"):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\necho \"$REQUEST_URI\" >> '{self.traces}/{name}'\ncat <<'END'\n{output}END\n")
        path.chmod(0o755)
        return self

    def runs(self, name):
        """The request lines' URIs for which the script ran."""
        trace = self.traces / name
        return trace.read_text().splitlines() if trace.exists() else []


class Backend:
    """Answers every HTTP request with its head, and an Upgrade with 101. Must be closed."""

    def __init__(self, address="127.0.0.1"):
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        self.seen = []  # heads of requests
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        with sock:
            data = b""
            while b"\r\n\r\n" not in data:
                more = sock.recv(65536)
                if not more:
                    return
                data += more
            head = data.split(b"\r\n\r\n")[0].decode("latin-1")
            self.seen.append(head)
            if "\r\nupgrade: websocket" in head.lower():
                sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
                return
            body = f"back end: {head}".encode("latin-1")
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
