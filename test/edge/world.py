# SPDX-License-Identifier: Apache-2.0
"""A zone behind Cloudflare, on loopback: visitors, Cloudflare's edge, the origin with the module, and Cloudflare's API,
whose state decides which certificate the edge presents."""
import http.client
import itertools
import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from client import CLOUDFLARE
from fixtures import make_httpd
from server import ROOT, vhost
from session import PATIENCE
from waiting import until

CTL = ROOT / "support" / "cf-originctl"


class Origin:
    """An httpd with the module. `lines` are those of the main server, `proof` is the file of the zone's proofs."""

    def __init__(self, scratch, pki, zones, hosts, policy="On", lines=""):
        self.folder = Path(tempfile.mkdtemp(prefix="origin-", dir=scratch))
        self.folder.chmod(0o755)
        self.proofs = {zone: self.folder / f"{zone}.pem" for zone in zones}
        self.policy, self.zones, self.hosts, self.lines = policy, zones, hosts, lines
        self.server = make_httpd(scratch, pki, server=self.configuration(), ports=2)

    def configuration(self, zones=None):
        zones = self.zones if zones is None else zones
        zone_lines = "\n".join(f"CFOriginPullZone {z} {self.proofs[z]}" for z in zones)
        policy = self.policy if zones else "Off"
        # Two children, which load changed files each for itself.
        return ("StartServers 2\nCFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n" + self.lines + "\n"
                + "".join(vhost(host, f"CFOriginPull {policy}\n{zone_lines}") for host in self.hosts)
                + vhost("status.test", '<Location "/status">\nSetHandler cf-origin-status\nRequire local\n</Location>',
                        port="{port2}", tls=False))

    def start(self):
        self.server.start()
        return self

    @property
    def status_url(self):
        return f"http://127.0.0.1:{self.server.ports[1]}/status?json"

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.ports[1], timeout=20)
        connection.request("GET", "/status?json", headers={"Host": "status.test"})
        return json.loads(connection.getresponse().read())

    def presented(self):
        return {x["sha256"] for x in self.status()["presented"]}

    def httpd(self):
        """What `--httpd` names."""
        return " ".join(self.server.command())

    def proof_text(self, zone):
        return self.proofs[zone].read_text()


class Edge:
    """An httpd that forwards /0/ to the first origin, /1/ to the second. It has data centers: one that is eager, as it takes over each change of the API
    before it is said to be done, and one that is tardy. They begin to use a change within some 50 ms, without losing a
    request: a graceful restart closes no socket that listens."""

    def __init__(self, scratch, pki, account, hosts, origins):
        self.folder = Path(tempfile.mkdtemp(prefix="edge-", dir=scratch))
        self.folder.chmod(0o755)
        self.account, self.hosts, self.origins = account, hosts, origins
        self.centers = {"eager": {"eager": True}, "tardy": {"tardy": True}}
        self.held, self.changes = self.ask(), 0
        self.server = make_httpd(scratch, pki, server=self.configuration(), ports=2, load_module=False, log_level="warn",
                                 modules=["proxy", "proxy_http", "headers"])
        self.stopped = threading.Event()
        self.broken = None
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def ask(self):
        return {(center, host): self.account.presents(host, **options)
                for center, options in self.centers.items() for host in self.hosts}

    def configuration(self):
        lines = []
        for number, center in enumerate(self.centers):
            for host in self.hosts:
                held = self.held[center, host]
                path = self.folder / f"{center}-{host}.pem"
                path.write_text("".join(held) if held else "")
                machine = f"SSLProxyMachineCertificateFile {path}\n" if held else ""
                lines.append(f"<VirtualHost 127.0.0.1:{{port{'' if number == 0 else number + 1}}}>\nServerName {host}\n"
                             "SSLProxyEngine On\nSSLProxyVerify none\nSSLProxyCheckPeerName Off\nSSLProxyCheckPeerCN Off\n"
                             f"{machine}ProxyPreserveHost On\n"
                             + "".join(f"ProxyPass /{n}/ https://127.0.0.1:{o.server.port}/ ttl=2 max=4\n" for n, o in enumerate(self.origins))
                             + "".join(f"RequestHeader set {name} {value}\n" for name, value in CLOUDFLARE.items())
                             + "</VirtualHost>\n")
        return "".join(lines)

    def follow(self):
        # Once more a second later: httpd does not notice a signal that comes while it restarts.
        again = None
        try:
            while not self.stopped.wait(0.05):
                held = self.ask()
                if held != self.held:
                    self.held = held
                    self.server.server = self.configuration()
                    self.server.graceful()
                    self.changes += 1
                    again = time.monotonic() + 1
                elif again and time.monotonic() > again:
                    again = None
                    self.server.graceful()
        except Exception as error:  # The test has to hear of it.
            self.broken = error

    def start(self):
        self.server.start()
        self.thread.start()
        return self

    def stop(self):
        self.stopped.set()
        self.thread.join(60 * PATIENCE)
        if self.broken:
            raise self.broken


class Visitors:
    """Requests to all hosts at all origins through all data centers, at most `most` of them, until stop(). What was not answered by 200 is
    kept."""

    def __init__(self, edge, pause=0.01, most=100000):
        self.edge, self.pause, self.most = edge, pause, most
        self.count, self.lost, self.by = 0, [], {}
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.visit, args=(port, center), daemon=True)
                        for port, center in zip(edge.server.ports, edge.centers)]

    def visit(self, port, center):
        for _ in range(self.most // len(self.threads)):
            for host, origin in itertools.product(self.edge.hosts, range(len(self.edge.origins))):
                if self.stopped.wait(self.pause):
                    return
                self.note(self.one(port, host, origin), host, center)

    @staticmethod
    def one(port, host, origin):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
            connection.request("GET", f"/{origin}/", headers={"Host": host})
            status = connection.getresponse().status
            connection.close()
            return status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)

    def note(self, status, host, center):
        self.count += 1
        self.by[center, host] = self.by.get((center, host), 0) + 1
        if status != 200:
            self.lost.append((status, host, center, time.time()))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(60 * PATIENCE)

    def some(self, more=10):
        """Waits for so many requests to each host through each data center."""
        before, end = dict(self.by), time.monotonic() + 60 * PATIENCE
        wanted = [(center, host) for center in self.edge.centers for host in self.edge.hosts]
        while any(self.by.get(x, 0) < before.get(x, 0) + more for x in wanted):
            assert time.monotonic() < end, (self.by, self.lost[:5])
            time.sleep(0.01)


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


class World:
    """`hosts` of the zone "example.com", behind an edge that presents what the API says."""

    def __init__(self, scratch, pki, api, hosts=("www.example.com",), origins=1, **options):
        self.scratch, self.pki, self.api, self.hosts = scratch, pki, api, list(hosts)
        self.account = api.account
        self.zone, self.token = self.account.zone("example.com"), self.account.token()
        for host in hosts:
            self.zone.record(host, "192.0.2.1")
        self.origins = [Origin(scratch, pki, ["example.com"], hosts, **options) for _ in range(origins)]
        self.origin = self.origins[0]
        self.state = Path(tempfile.mkdtemp(prefix="state-", dir=scratch)) / "edge"
        self.ca, self.ca_key = (self.state.parent / f"ca.{x}" for x in ("pem", "key"))
        self.edge = self.first = None

    def locked(self, days=90):
        """The zone has a certificate of its own, which is presented and expires in so many days."""
        ca = self.pki.ca("first-ca", end=1000 * 86400)
        leaf = self.pki.issue("first", ca, end=days * 86400)
        for origin in self.origins:
            origin.proofs["example.com"].write_text(ca.pem)
        self.zone.own_on = True
        self.first = self.account.place(self.zone, leaf.pem, leaf.key.read_text())
        self.first_ca = ca
        return self

    def start(self):
        for origin in self.origins:
            # Before it is locked there is no file.
            origin.server.server = origin.configuration(None if self.first else [])
            origin.start()
        self.edge = Edge(self.scratch, self.pki, self.account, self.hosts, self.origins).start()
        return self

    def stop(self):
        if self.edge:
            self.edge.stop()
        for server in [each.server for each in (self.edge, *self.origins) if each]:
            server.stop()

    def arguments(self, verb, *args):
        common = ["--api-ca", self.api.ca.crt, "--httpd", self.origin.httpd(), "--wait", "60"]
        common += [x for o in self.origins for x in ("--origin-status", o.status_url)]
        if verb in ("enable", "rotate") or (verb, *args)[:2] == ("hostname", "enable"):
            common += ["--key-type", "p256"]
        changing = [] if verb == "status" or (verb, *args)[:2] == ("hostname", "list") else ["--state", self.state]
        words = [verb, *args[:1]] if verb == "hostname" else [verb]
        args = args[len(words) - 1:]
        return [CTL, "edge", *words, *args[:1], *map(str, common + changing), *map(str, args[1:])]

    def start_ctl(self, *args, before=()):
        return subprocess.Popen([*before, *map(str, self.arguments(*args))], stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.api.environment(self.token))

    def ctl(self, *args, before=(), timeout=120):
        return self.finish_ctl(self.start_ctl(*args, before=before), timeout)

    def ctl_until(self, condition, *args):
        """A call that somebody ends when the condition holds."""
        process = self.start_ctl(*args)
        until(lambda: bool(condition()), timeout=60)
        process.terminate()
        return self.finish_ctl(process)

    @staticmethod
    def finish_ctl(process, timeout=120):
        out, err = process.communicate(timeout=timeout * PATIENCE)
        return Result(process.returncode, out, err)

    def active(self, level="zone"):
        return [c.sha256 for c in self.account.known(self.zone, level)]

    def in_file(self, origin=None):
        """The certificates in the zone's file of proofs."""
        return (origin or self.origin).proof_text("example.com").count("BEGIN CERTIFICATE")

    def unfinished(self):
        return sorted(x.name for x in self.state.glob("*.json"))

    def assert_no_secrets(self, *texts):
        """Neither the token nor a key is in what was printed or left behind."""
        keys = [c.key for z in self.account.zones for level in z.certificates.values() for c in level]
        secrets = [self.token.value] + ["".join(key.split("\n")[1:3]) for key in keys]
        left = [x.read_text(errors="replace") for x in self.state.rglob("*") if x.is_file()]
        for text in [*texts, *left]:
            flat = text.replace("\n", "")
            assert "PRIVATE KEY" not in text and not [x for x in secrets if x in flat]
