#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the cost of a stranger's requests with a real httpd on loopback; prints a table, asserts nothing.

    test/bench/strangers.py [REQUESTS]

Each row is one HTTP/2 connection with so many requests, in CPU time of httpd's children. "forged" has the
name of every zone's CA as its issuer, and no key identifier, so that only a signature check shows that none of
them issued it. Build the module first.
"""
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

import kit  # noqa: E402
from client import H2Connection  # noqa: E402
from pki import CA, StandardPki, openssl  # noqa: E402
from server import Httpd, vhost  # noqa: E402

ZONES = 40
BARE = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n"
TICKS = os.sysconf("SC_CLK_TCK")


def children(server):
    return [int(pid) for pid in os.popen(f"pgrep -P {server.process.pid}").read().split()]


def ticks(server):
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in children(server)]
    return sum(int(f[11]) + int(f[12]) for f in fields)


def p521(pki, name):
    path = pki.dir / f"{name}.key"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-out", path)
    return path


def namesake(pki, name):
    return pki.ca(name, subject="/CN=origin pull", key=p521(pki, name), extensions=CA + "subjectKeyIdentifier=hash\n")


def measure(server, what, leaf, count, hosts=("shop.a.test",)):
    """A row of the table."""
    before = ticks(server)
    with H2Connection(server.port, leaf) as connection:
        for i in range(count):
            connection.request(f"/{i}", authority=hosts[i % len(hosts)])
            connection.finish()
        statuses = sorted({r.status for r in connection.results.values()})
    return what, ", ".join(map(str, statuses)), f"{1000 * (ticks(server) - before) / TICKS / count:.2f} ms"


def main(count):
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        directory.chmod(0o755)
        (directory / "pki").mkdir()
        pki = StandardPki(directory / "pki")
        (pki.dir / "server.pem").write_text(pki.server.pem + pki.server.key.read_text())
        forger, names = namesake(pki, "forger"), [f"z{i}.test" for i in range(ZONES)]
        anchors = [namesake(pki, f"anchor-{i}") for i in range(ZONES)]
        genuine = pki.issue("genuine", anchors[-1], extensions=BARE)
        forged = pki.issue("forged", forger, extensions=BARE)
        identified = pki.issue("identified", forger, extensions="authorityKeyIdentifier=keyid:always\n")
        zones = "\n".join(f"CFOriginPullZone {name} {ca.crt}" for name, ca in zip(names, anchors))
        site = vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n{zones}", aliases="*.test")
        server = Httpd(tempfile.mkdtemp(dir=directory), pki, log_limit=None,
                       server="CFOriginPullRanges 127.0.0.0/9\n" + site).start()
        try:
            rows = [measure(server, what, leaf, count) for what, leaf in (
                ("the zone's own certificate, a file that does not exist", pki.leaf_a), ("a self-signed certificate", pki.self_signed),
                ("a forged certificate with the name of a zone's CA, and another key identifier", identified),
                ("the same without a key identifier", forged))]
            rows += [measure(server, f"the same, to each of {ZONES} zones in turn", forged, count, names),
                     measure(server, "the certificate of another zone, to that zone", genuine, count, names[-1:]),
                     measure(server, "the same, to the wrong one", genuine, count)]
        finally:
            server.stop()
    kit.title("CPU time of strangers' requests", f"One HTTP/2 connection with {count} requests, {ZONES} zones.")
    kit.table(("who", "answer", "CPU time for a request"), *rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
