# SPDX-License-Identifier: Apache-2.0
"""What cf-originctl migrate proposes, made step by step on a real httpd: at no step is a client served
who was refused before, and at no step is a visitor refused, or loses the address, who comes through
Cloudflare with the certificate of the zone. The result has no findings."""
import re
import ssl

import pytest

from client import EDGE, STRANGER, VISITOR, Connection
from moving import Move
from originctl import ctl_json
from shared_ca import make_shared_ca

OFFICE = "127.199.0.1"  # has no certificate, and rules that admit it
MODULES = ["remoteip", "rewrite", "headers", "setenvif", "env", "access_compat", "authn_core", "authz_user",
           "auth_basic"]
FINDING = re.compile(r"\bCFO02\d\d\b")

TLS = """
    DocumentRoot "{docroot}"
    SSLEngine on
    SSLCertificateFile {pki}/server.pem"""
HEAD = f"""
<VirtualHost *:{{port}}>
    ServerName shop.a.test
    ServerAlias www.a.test{TLS}"""
RANGES = "173.245.48.0/20 103.21.244.0/22 104.16.0.0/13 2400:cb00::/32"
LIST = f"Require ip 127.0.0.0/9\n    Require ip {RANGES}"
REDIRECT = """
<VirtualHost *:{port2}>
    ServerName shop.a.test
    ServerAlias www.a.test
    Redirect permanent / https://shop.a.test/
</VirtualHost>
"""


def site(lines, tail=REDIRECT):
    return f"{HEAD}\n{lines}\n</VirtualHost>\n{tail}"


REQUIRE = "SSLVerifyClient require\nSSLVerifyDepth 1\nSSLCACertificateFile {pki}/zone-a.pem\n"
GATE = "RewriteEngine On\nRewriteCond %{HTTP:CF-Connecting-IP} ^$\nRewriteRule ^ - [F]\n"
REMOTEIP = "RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 127.0.0.0/9 " + RANGES + "\n"

CASES = [
    pytest.param(site(""), id="open"),
    pytest.param(site(REQUIRE), id="require"),
    pytest.param(site(REQUIRE + '<Location "/">\nRequire ssl-verify-client\n</Location>'), id="require-and-rule"),
    pytest.param(site(REQUIRE + f'<Location "/">\n{LIST}\n</Location>'), id="require-and-list"),
    pytest.param(site(REQUIRE + GATE.replace("Connecting-IP", "Ray") + REMOTEIP), id="require-gate-and-remoteip"),
    pytest.param(site("SSLVerifyClient optional\nSSLCACertificateFile {pki}/zone-a.pem\nRewriteEngine On\n"
                      "RewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$\nRewriteRule ^ - [F]"), id="optional-and-rewrite"),
    *[pytest.param(site(f"SSLVerifyClient optional\nSSLCACertificateFile {{pki}}/zone-a.pem\n{rule}"), id=f"optional-{n}")
      for n, rule in enumerate([
          "<Location />\nSSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"\n</Location>",
          "<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRequire all denied\n</If>",
          "<Location />\nRequire expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'\n</Location>"])],
    pytest.param(site("SSLVerifyClient optional\nSSLCACertificateFile {pki}/zone-a.pem\n"
                      "<Location />\nRequire ssl-verify-client\n</Location>"), id="optional-and-rule"),
    pytest.param(site(f'<Location "/">\n    {LIST}\n</Location>'), id="require-ip"),
    pytest.param(site(f'<Directory "{{docroot}}">\n    {LIST}\n</Directory>'), id="require-ip-in-directory"),
    pytest.param(site(f'<Directory "{{docroot}}">\n<RequireAny>\n{LIST}\nRequire ip 127.199.0.1\n</RequireAny>\n'
                      '</Directory>'), id="require-ip-and-office"),
    pytest.param(site(f'<Location "/">\n<RequireAll>\nRequire ip 127.0.0.0/9 {RANGES} 127.199.0.1\n'
                      'Require not ip 198.51.100.9\n</RequireAll>\n</Location>'), id="require-all"),
    pytest.param(site(f'<Directory "{{docroot}}">\nRequire ip 127.199.0.1\n{LIST}\n</Directory>'),
                 id="require-ip-and-office-first"),
    pytest.param(site('<Location "/">\nRequire ip 127.0.0.0/9 \\\n  173.245.48.0/255.255.240.0 \\\n  104.16 \n'
                      '</Location>'), id="require-ip-continued"),
    pytest.param(site(f'<Location "/">\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.0/9\nAllow from {RANGES}\n'
                      '</Location>'), id="allow-from"),
    pytest.param(site(f'<Location "/">\nOrder allow,deny\nAllow from 127.0.0.0/9 {RANGES} 127.199.0.1\n'
                      '</Location>'), id="allow-deny"),
    pytest.param(site("") + f'<Directory "{{docroot}}">\n{LIST}\n</Directory>\n', id="global-require-ip"),
    pytest.param(site("") + '<Directory "{docroot}">\nOrder deny,allow\nDeny from all\n'
                 'Allow from 127.0.0.0/9 173.245.48.0/20\n</Directory>\n', id="global-allow-from"),
    pytest.param(site("<If \"! (%{REMOTE_ADDR} -ipmatch '127.0.0.0/9' || %{REMOTE_ADDR} -ipmatch '104.16.0.0/13')\">\n"
                      "Require all denied\n</If>"), id="if-ipmatch"),
    pytest.param(site("<Location />\nRequire expr \"%{REMOTE_ADDR} -ipmatch '127.0.0.0/9' || "
                      "%{REMOTE_ADDR} -ipmatch '2400:cb00::/32'\"\n</Location>"), id="require-expr"),
    pytest.param(site("RewriteEngine On\nRewriteCond %{REMOTE_ADDR} "
                      "!^(127\\.\\d\\.|173\\.245\\.(4[89]|5\\d|6[0-3])\\.)\nRewriteRule ^ - [F]"), id="rewrite-remote-addr"),
    pytest.param(site(GATE), id="header-gate"),
    pytest.param(site("RewriteEngine On\nRewriteCond %{HTTP:CF-RAY} !. [NC]\nRewriteCond %{REQUEST_URI} !^/ping\n"
                      "RewriteRule .* - [F,L]\nRewriteCond %{HTTP:X-Origin-Key} !^s3cr3t$\nRewriteRule ^ - [F]"),
                 id="header-gate-and-secret"),
    pytest.param(site("<If \"-z %{HTTP:CF-IPCountry}\">\nRequire all denied\n</If>"), id="header-gate-if"),
    pytest.param(site("SetEnvIf CF-Connecting-IP . from_cf\n<Location />\nRequire env from_cf\n</Location>"),
                 id="header-gate-env"),
    pytest.param(site("<Location />\nRequire expr \"-n req('CF-Ray')\"\n</Location>"), id="header-gate-require"),
    pytest.param(site(REMOTEIP), id="remoteip"),
    pytest.param(site(f'{REMOTEIP}<Location "/">\nRequire expr "%{{CONN_REMOTE_ADDR}} -ipmatch \'127.0.0.0/9\' || '
                      '%{CONN_REMOTE_ADDR} -ipmatch \'104.16.0.0/13\'"\n</Location>'), id="remoteip-and-peer"),
    pytest.param(REMOTEIP + site(""), id="remoteip-global"),
    pytest.param(site("", f"\n<VirtualHost *:{{port}}>\nServerName other.b.test{TLS}\n</VirtualHost>\n"
                          + REDIRECT.replace("shop.a.test", "other.b.test", 1)), id="two-hosts"),
    pytest.param(site("", '<VirtualHost *:{port2}>\nServerName shop.a.test\nDocumentRoot "{docroot}"\n</VirtualHost>'),
                 id="open-twin"),
    pytest.param(site("", '<VirtualHost *:{port2}>\nServerName shop.a.test\nDocumentRoot "{docroot}"\nRewriteEngine On\n'
                      "RewriteCond %{HTTP:CF-Visitor} '\"scheme\":\"http\"'\n"
                      "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n</VirtualHost>"), id="twin-by-header"),
    pytest.param('<VirtualHost *:{port2}>\nDocumentRoot "{docroot}"\n</VirtualHost>\n' + site("", ""), id="nameless-twin"),
    pytest.param(f"<VirtualHost *:{{port}}>{TLS}\n</VirtualHost>\n" + site(""), id="nameless-tls"),
    pytest.param(site(REQUIRE.replace("zone-a.pem", "bundle.pem")), id="require-bundle"),
]

# Findings of the steps in between: mod_ssl refuses until On (the answer says so), RemoteIPHeader, gates on
# headers and a site over plain HTTP stay until On, SSLVerifyClient optional lets in those without a certificate.
BETWEEN = {"CFO0210", "CFO0211", "CFO0214", "CFO0241", "CFO0247"}


class Site:
    """A server whose virtual hosts are in a file of their own, which it includes."""

    def __init__(self, httpd, scratch, pki, text):
        (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
        (pki.dir / "bundle.pem").write_text(pki.zone_a.pem + "".join(pki.ca(f"public-{i}").pem for i in range(9))
                                            if "bundle.pem" in text else "")
        self.pki, self.text = pki, text
        self.server = httpd(server='CFOriginPullRanges builtin 127.0.0.0/9\n# vhosts\n', modules=MODULES, ports=2)
        self.file = self.server.dir / "sites.conf"
        self.file.write_text(self.server.fill(text))
        cloudflare = self.server.dir / "cloudflare"
        cloudflare.mkdir()
        for zone in ("a.test", "b.test"):
            (cloudflare / f"{zone}-ca.pem").write_text(pki.zone_a.pem)
            (cloudflare / f"{zone}-both.pem").write_text(pki.zone_a.pem)
        self.server.server += 'IncludeOptional sites.con[f]\n'
        self.server.replace_children()

    def findings(self):
        code, output = self.server.check()
        assert code == 0, output
        return set(FINDING.findall(output)), output

    def ask(self, cert=None, source=EDGE, headers=None, host="shop.a.test", path="/", plain=False):
        """The status, or None if the handshake fails."""
        port = self.server.ports[1] if plain else self.server.port
        try:
            with Connection(port, cert, host, source=source, plain=plain) as connection:
                return connection.get(path, headers, host).status
        except (OSError, EOFError, ssl.SSLError):
            return None

    def strangers(self):
        """Everybody but a visitor who comes through Cloudflare for this zone."""
        forged = {"CF-Connecting-IP": "198.51.100.7", "CF-IPCountry": "DE", "CF-Ray": "230b030023ae2822-SJC",
                  "X-Origin-Key": "guess"}
        certs = {"none": None, "rogue": self.pki.rogue, "self-signed": self.pki.self_signed}
        answers = {}
        for name, cert in certs.items():
            for source in (EDGE, STRANGER):
                for headers in ({}, forged):
                    answers[name, source, len(headers)] = self.ask(cert, source, headers)
        answers["plain"] = self.ask(plain=True, source=STRANGER)
        return answers

    def visitor(self, step, host="shop.a.test"):
        """Status and address in the access log of one who comes through Cloudflare."""
        path = f"/?{host}-{step}"
        headers = {"CF-Connecting-IP": VISITOR, "CF-IPCountry": "DE", "CF-Ray": "230b030023ae2822-SJC",
                   "X-Origin-Key": "s3cr3t"}
        status = self.ask(self.pki.leaf_a, EDGE, headers, host, path)
        return status, self.server.wait_access(path).split()[0] if status else None


@pytest.mark.parametrize("text", CASES)
def test_no_step_opens_or_breaks_anything(httpd, scratch, pki, text):
    site = Site(httpd, scratch, pki, text)
    hosts = dict.fromkeys(re.findall(r"ServerName (\S+\.test)", text))
    before, visitors = site.strangers(), {host: site.visitor(0, host) for host in hosts}
    assert {status for status, _ in visitors.values()} == {200}
    _, written = ctl_json("migrate", site.server.config)
    assert written["vhosts"] and not written["problems"]
    office = site.ask(source=OFFICE)
    move = Move([site.file], {"vhosts": written["vhosts"]})
    assert move.steps, "nothing is proposed"
    for step in move.steps:
        move.apply(step)
        move.write()
        found, output = site.findings()
        assert found <= BETWEEN, output
        site.server.replace_children()
        now = site.strangers()
        opened = {who: status for who, status in now.items() if status == 200 and before[who] != 200}
        assert not opened, f"step {step} opened the site: {opened}"
        assert OFFICE not in text or site.ask(source=OFFICE) == office == 200, f"step {step} shuts the office out"
        for host in hosts:
            status, address = site.visitor(step, host)
            assert status == 200, f"step {step} refuses visitors of {host}: {status}\n{site.file.read_text()}"
            assert address in (visitors[host][1], VISITOR)
    assert not [who for who, status in site.strangers().items() if status == 200], site.file.read_text()
    assert {site.visitor(9, host) for host in hosts} == {(200, VISITOR)}
    found, output = site.findings()
    assert not found, output
    site.server.stop()


def test_the_steps_from_the_shared_ca_have_no_other_findings(configuration, scratch, pki, tmp_path):
    """Nobody has a certificate of it, so httpd only checks the configurations."""
    cloudflare = scratch / "cloudflare-shared"  # which httpd's user can read
    cloudflare.mkdir()
    shared = make_shared_ca(pki, cloudflare)
    (cloudflare / "a.test-ca.pem").write_text(pki.zone_a.pem)
    (cloudflare / "a.test-both.pem").write_text(pki.zone_a.pem + shared.pem)
    path = tmp_path / "site.conf"
    path.write_text(site(f"SSLVerifyClient require\nSSLVerifyDepth 1\nSSLCACertificateFile {shared.crt}"))
    _, written = ctl_json("migrate", path)
    move = Move([path], written)
    for step, expected in ((1, {"CFO0214"}), (2, set()), (3, set())):
        move.apply(step)
        move.write()
        code, output = configuration(path.read_text().replace(" cloudflare/", f" {cloudflare}/"), modules=MODULES, ports=2)
        assert code == 0 and set(FINDING.findall(output)) == expected, output
