#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what CFOriginPullEarlyDrop saves, with a real httpd on loopback; prints numbers, asserts nothing.

    HTTPD_MPM=event test/bench/early_drop.py [CONNECTIONS]

CPU time of httpd's processes for a connection of a stranger: one that is dropped, and handshakes that
"SSLVerifyClient require" refuses, without a certificate and with one of another CA. The median of nine rounds
of so many connections, in turns. MPM event or prefork. Build the module first.
"""
import os
import socket
import ssl
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from client import hello  # noqa: E402
from pki import StandardPki  # noqa: E402
from server import MPM, Httpd, vhost  # noqa: E402

ROUNDS = 9


def processes(server):
    """httpd's children; with its parent, which starts some of them, they are all."""
    return [server.process.pid] + [int(pid) for pid in os.popen(f"pgrep -P {server.process.pid}").read().split()]


def cpu(server):
    """Microseconds of all threads."""
    tasks = [task for pid in processes(server) for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000


def context(cert=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    if cert:
        ctx.load_cert_chain(cert.crt, cert.key)
    return ctx


def dropped(port, hello):
    with socket.create_connection(("127.0.0.1", port)) as sock:
        try:
            sock.sendall(hello)
            if sock.recv(1):
                sys.exit("it was not dropped")
        except ConnectionError:
            pass


def refused(port, ctx):
    try:
        with socket.create_connection(("127.0.0.1", port)) as sock, ctx.wrap_socket(sock, server_hostname="a.test") as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
            if tls.recv(1):
                sys.exit("it was not refused")
    except (ssl.SSLError, ConnectionError):
        pass


def round_of(server, count, connect, *args):
    for _ in range(5):
        connect(*args)
    before = cpu(server)
    for _ in range(count):
        connect(*args)
    return (cpu(server) - before) / count


def main(count):
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        (Path(directory) / "pki").mkdir()
        pki = StandardPki(Path(directory) / "pki")
        (pki.dir / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
        server = Httpd(tempfile.mkdtemp(dir=directory), pki, ports=2, log_level="warn", log_limit=None,
                       server="CFOriginPullRanges builtin\n"
                       + vhost("drop.a.test", f"CFOriginPull On\nCFOriginPullEarlyDrop On\nCFOriginPullZone a.test {pki.zone_a.crt}\n")
                       + vhost("require.a.test", f"SSLCACertificateFile {pki.zone_a.crt}\n", port="{port2}", verify="require")).start()
        drop, require = server.ports[:2]
        ways = {"dropped": (dropped, drop, hello("drop.a.test")), "no certificate": (refused, require, context()),
                "a certificate of another CA": (refused, require, context(pki.leaf_b))}
        try:
            rounds = [{way: round_of(server, count, *args) for way, args in ways.items()} for _ in range(ROUNDS)]
        finally:
            server.stop()
    print(f"MPM {MPM}")
    for way in ways:
        median = statistics.median(r[way] for r in rounds)
        ratio = statistics.median(r[way] / r["dropped"] for r in rounds)
        print(f"{way}: {median:.0f} us CPU a connection, {ratio:.1f} times that of a dropped one")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
