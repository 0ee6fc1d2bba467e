# SPDX-License-Identifier: Apache-2.0
"""What is behind the server: pages; and what returns what reaches it, CGI scripts and a back end for mod_proxy."""
import base64
import hashlib
import re
import socketserver
import threading

CGI_MODULES = ["cgid", "env"]

# For the server's configuration; add_scripts() creates the files.
CGI = """
ScriptSock {dir}/cgi.sock
<Directory "{docroot}/cgi">
    Options +ExecCGI
    SetHandler cgi-script
</Directory>
"""

SCRIPTS = {
    "env.cgi": "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nexec env\n",
    # A script that ends before it has read its input sometimes makes httpd wait for a minute.
    "read.cgi": "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nexec env\n",
    "count.cgi": "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nexec wc -c\n",
}


def add_scripts(httpd):
    folder = httpd.docroot / "cgi"
    folder.mkdir()
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return httpd


def add_pages(httpd, pages):
    """Writes files into the document root: texts by path."""
    for name, text in pages.items():
        path = httpd.docroot / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return httpd


def variables(response, status=200):
    """The environment that env.cgi prints."""
    assert response.status == status, response
    return dict(line.split("=", 1) for line in response.text.splitlines() if "=" in line)


def pairs(text):
    """The header lines of a request's head, as (name, value)."""
    return [tuple(line.split(": ", 1)) for line in text.split("\r\n")[1:] if ": " in line]


class Echo(socketserver.BaseRequestHandler):
    """Answers each request with the bytes of its own head. After an upgrade it sends back all that it
    reads."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.request.recv(65536)
            if not data:
                return
            head += data
        if b"\r\nupgrade: websocket" in head.lower():
            return self.upgrade(head)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (len(head), head))

    def upgrade(self, head):
        key = re.search(rb"\r\nsec-websocket-key: *(\S+)", head, re.I)
        digest = hashlib.sha1((key[1] if key else b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: %s\r\n\r\n" % base64.b64encode(digest))
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Backend(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Echo)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
