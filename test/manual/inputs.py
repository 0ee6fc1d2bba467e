# SPDX-License-Identifier: Apache-2.0
"""What the examples of the manual find in the private copy of the system: certificates, lists and logs, under the
names that they use. docs/development.md lists them for those who write examples."""
import datetime
import re

from pki import Pki
from server import ROOT
from system import SOURCES

import logs

SHARED_CA = "/O=CloudFlare, Inc./CN=origin-pull.cloudflare.net"
PROBE = "3f1c5be2a90d7746-XXX"


class Inputs:
    """Files below `root`, which stands for /."""

    def __init__(self, root, scratch):
        scratch.mkdir()
        self.root, self.pki = root, Pki(scratch)
        self.ca = self.pki.ca("zone-ca", subject="/CN=example.com origin pull CA")
        self.leaf = self.pki.issue("zone", self.ca, subject="/CN=example.com")
        self.server_ca = self.pki.ca("server-ca")
        self.server = self.pki.issue("server", self.server_ca, extensions=(
            "basicConstraints=CA:FALSE\nsubjectAltName=DNS:example.com,DNS:*.example.com\n"))

    def write(self, path, text):
        path = self.root / str(path).lstrip("/")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def standard(self):
        self.certificates()
        self.lists()
        self.logs()
        self.write("/var/www/html/index.html", "the page\n")
        self.write("/var/www/old/.htaccess", "Require ip 173.245.48.0/20\n")
        (self.root / "var/log/apache2").mkdir(parents=True, exist_ok=True)

    def certificates(self):
        """A zone's certificates; and one that a CA below the root of the proof issued, for cf-originctl match."""
        root = self.pki.ca("root", subject="/CN=Example Root")
        issuing = self.pki.ca("issuing", root, subject="/CN=Example Issuing CA")
        deep = self.pki.issue("deep", issuing, subject="/CN=example.com")
        proofs = "/etc/apache2/cloudflare"
        for name in ("example.com-ca", "zone-ca", "zones/example.com"):
            self.write(f"{proofs}/{name}.pem", self.ca.pem)
        self.write(f"{proofs}/shared-ca.pem", self.pki.ca("shared", subject=SHARED_CA).pem)
        self.write(f"{proofs}/example.com.pem", root.pem)
        self.tree("chain.pem", issuing.pem)
        self.tree("presented.crt", deep.pem)
        for name in ("zone.crt", "leaf.pem"):
            self.tree(name, self.leaf.pem)
        self.tree("zone.key", self.leaf.key.read_text())
        self.tree("zone-ca.pem", self.ca.pem)
        self.tree("zone-ca.key", self.ca.key.read_text())
        for name in ("shop.example.com", "example.com"):
            self.write(f"/etc/apache2/ssl/{name}.pem", self.server.pem + self.server.key.read_text())

    def tree(self, name, text):
        """In the folder in which commands are run: that of the sources."""
        self.write(SOURCES / name, text)

    def lists(self):
        ranges = (ROOT / "conf/cloudflare-ranges.txt").read_text()
        prefixes = re.findall(r"^[0-9a-f][0-9a-f.:]+/\d+", ranges, re.M)
        for name in ("cloudflare/ranges.txt", "cloudflare-ips.txt"):
            self.write(f"/etc/apache2/{name}", ranges)
        self.write("/etc/apache2/cloudflare/egress.txt", "203.0.113.0/24\n")
        self.tree("new.txt", ranges)
        self.tree("ips-v4.txt", "".join(f"{x}\n" for x in prefixes if ":" not in x))
        self.tree("ips-v6.txt", "".join(f"{x}\n" for x in prefixes if ":" in x))
        nginx = "".join(f"set_real_ip_from {x};\n" for x in prefixes)
        self.tree("cloudflare.conf", nginx)
        self.write("/etc/nginx/cloudflare.conf", nginx)

    def logs(self):
        """Of a site in Audit that On would not hurt; and, in the folder of the sources, of one with a stale list."""
        site = {"vhost": "shop.example.com:443", "zone": "example.com"}
        proved = {**site, "cert_zone": "example.com", "subject": "CN=example.com"}
        lines, at = [], datetime.datetime.now() - datetime.timedelta(days=6)
        for number in range(600):
            at += datetime.timedelta(minutes=14)
            lines.append(logs.admitted(at, **proved))
            if number * number % 17 == 1:  # a scanner, no monitor: at no regular times
                lines.append(logs.line(at, **site, edge=f"203.0.113.{number % 90}", uri="/wp-login.php"))
        lines.append(logs.line(at, **site, edge="203.0.113.99", claimed_ray=PROBE))
        self.write("/var/log/apache2/error.log", "".join(f"{x}\n" for x in lines))
        stale = logs.line(at, **proved, code="CFO0001 refused", reason="edge-unknown", edge="192.0.2.7",
                          cert=logs.CERT, tail=' hint="it is not in the list"')
        self.tree("error.log", f"{stale}\n")
        day = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
        agent = '"-" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"'
        self.write("/var/log/apache2/access.log",
                   f'203.0.113.77 - - [{day}] "GET / HTTP/1.1" 200 9 {agent} verified/verified 172.68.1.2 {logs.RAY}\n'
                   f'198.51.100.7 - - [{day}] "GET /wp-login.php HTTP/1.1" 403 9 {agent} unproven/cert-missing '
                   '198.51.100.7 -\n')

    def named_in(self, text):
        """The files that a configuration names, by what they are to be."""
        kinds = {"SSLCertificateFile": self.server.pem + self.server.key.read_text(),
                 "SSLCertificateKeyFile": self.server.key.read_text(), "SSLCertificateChainFile": self.ca.pem,
                 "SSLCACertificateFile": self.ca.pem, "CFOriginPullZone": self.ca.pem,
                 "CFOriginPullRanges": "203.0.113.0/24\n", "AuthUserFile": ""}
        for directive, values in re.findall(r"^ *(\w+) +(.*)", text, re.M):
            for value in values.replace('"', "").split() if directive in kinds else []:
                if re.search(r"\.\w{2,8}$", value) and "/" in value and not re.match(r"[\d.:]+/\d+$", value):
                    self.write(value if value.startswith("/") else f"/etc/apache2/{value}", kinds[directive])
            if directive == "CFOriginPullZoneDir" and "/" in values:
                self.write(f"{values if values.startswith('/') else '/etc/apache2/' + values}/example.com.pem", self.ca.pem)
