# SPDX-License-Identifier: Apache-2.0
"""The steps of docs/moving-in.md, with the configurations that the page shows: at no step is a stranger served who was
not before, and at no step is a visitor refused, or loses the address, who comes through Cloudflare."""
import re
import ssl

import pytest

from client import EDGE, STRANGER, VISITOR, Connection
from examples import configurations
from server import ROOT

HOST = "shop.example.com"
PAGE = (ROOT / "docs" / "moving-in.md").read_text()
MODULES = ["remoteip", "rewrite", "setenvif", "env", "authz_user", "access_compat"]
FORGED = {"CF-Connecting-IP": "198.51.100.7", "CF-Ray": "230b030023ae2822-SJC", "CF-IPCountry": "DE"}


def origins():
    """{heading: [(label, configuration), ...]}, for each heading that has steps."""
    found = {}
    for heading in re.findall(r"^## (.*)", PAGE, re.M):
        steps = [re.match(r"# (before|step \d)\n(.*)", block, re.S) for block in configurations("docs/moving-in.md", heading)]
        if any(steps):
            found[heading] = [(step[1], step[2]) for step in steps]
    return found


ORIGINS = origins()


def virtual_host(lines):
    """The ranges of the page stand for the addresses of the test."""
    return f"""CFOriginPullRanges builtin 127.0.0.0/9
<VirtualHost *:{{port}}>
    ServerName {HOST}
    DocumentRoot "{{docroot}}"
    SSLEngine on
    SSLCertificateFile {{pki}}/server.pem
    {lines.replace("173.245.48.0/20", "127.0.0.0/9")}
</VirtualHost>
<VirtualHost *:{{port2}}>
    ServerName {HOST}
    Redirect permanent / https://{HOST}/
</VirtualHost>
"""


class Site:
    def __init__(self, httpd, pki, lines):
        self.pki = pki
        self.server = httpd(server="", modules=MODULES, ports=2)
        folder = self.server.dir / "cloudflare"
        folder.mkdir()
        (folder / "example.com-ca.pem").write_text(pki.zone_a.pem)
        (self.server.docroot / "admin").mkdir()
        (self.server.docroot / "admin" / "index.html").write_text("the page\n")
        self.set(lines)

    def set(self, lines):
        self.server.server = virtual_host(lines)
        self.server.replace_children()

    def ask(self, cert, source, headers, path):
        """The status, or None if the handshake fails."""
        try:
            with Connection(self.server.port, cert, HOST, source=source) as connection:
                return connection.get(path, headers).status
        except (OSError, EOFError, ssl.SSLError):
            return None

    def served(self):
        """The strangers that get the page."""
        certs = {"none": None, "self-signed": self.pki.self_signed, "rogue": self.pki.rogue}
        return {(name, source, bool(headers), path) for name, cert in certs.items() for source in (EDGE, STRANGER)
                for headers in ({}, FORGED) for path in ("/", "/admin/")
                if self.ask(cert, source, headers, path) == 200}

    def visitor(self, path):
        status = self.ask(self.pki.leaf_a, EDGE, {**FORGED, "CF-Connecting-IP": VISITOR}, path)
        return status, self.server.wait_access(f" {path} ").split()[0]


def test_the_page_has_steps_for_each_origin():
    assert [[label for label, _ in steps] for steps in ORIGINS.values()] == [
        ["before", "step 1", "step 3"], ["before", "step 1", "step 2", "step 3"], ["before", "step 1", "step 2"],
        ["before", "step 1", "step 2", "step 3"]]


@pytest.mark.parametrize("heading", ORIGINS)
def test_no_step_opens_or_breaks_anything(httpd, pki, heading):
    steps = ORIGINS[heading]
    site = Site(httpd, pki, steps[0][1])
    before, address = site.served(), site.visitor("/?before")[1]
    assert site.visitor("/admin/?before")[0] == 200
    for label, lines in steps[1:]:
        site.set(lines)
        assert site.served() <= before, f"{label} serves more than before"
        for path in ("/", "/admin/"):
            status, seen = site.visitor(f"{path}?{label.replace(' ', '-')}")
            assert status == 200 and seen in (address, VISITOR), f"{label} breaks {path}: {status} {seen}"
        before = before & site.served()
    assert not before and site.visitor("/?end") == (200, VISITOR)
    code, output = site.server.check()
    assert code == 0 and "CFO0" not in output, output


@pytest.mark.parametrize("heading", ORIGINS)
def test_leaving_out_on_would_open_the_site(httpd, pki, heading):
    """So the strangers of these tests can get in."""
    lines = re.sub(r"CFOriginPull +On", "CFOriginPull Audit", ORIGINS[heading][-1][1])
    site = Site(httpd, pki, re.sub(r"<Location.*?</Location>", "", lines, flags=re.S))
    assert len(site.served()) == 24


WAYS = {
    "Location": '<Location "/admin">\n{}\n</Location>',
    "Directory": '<Directory "{{docroot}}/admin">\n{}\n</Directory>',
    "htaccess": '<Directory "{{docroot}}">\nAllowOverride AuthConfig\n</Directory>',
}


@pytest.mark.parametrize("mode", ["Audit", "On"])
@pytest.mark.parametrize("way", WAYS)
def test_an_access_rule_can_ask_for_the_verdict(httpd, pki, way, mode):
    rule = """Require expr "%{reqenv:CF_ORIGIN} == 'verified'\""""
    assert rule in PAGE
    lines = ("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\nCFOriginPullZone example.com cloudflare/example.com-ca.pem\n"
             f"CFOriginPull {mode}\n" + WAYS[way].replace("{}", rule).replace("{{", "{").replace("}}", "}"))
    site = Site(httpd, pki, "")
    if way == "htaccess":
        (site.server.docroot / "admin" / ".htaccess").write_text(rule + "\n")
    site.set(lines)
    assert not {path for _, _, _, path in site.served()} & {"/admin/"}
    assert site.visitor("/admin/?x")[0] == 200


def test_virtual_hosts_that_move_together_go_on_answering_each_others_names(httpd, pki):
    """And those that do not, answer 421."""
    tls = 'DocumentRoot "{docroot}"\nSSLEngine on\nSSLCertificateFile {pki}/server.pem\n'
    ask = "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n"
    text = "".join(f"<VirtualHost *:{{port}}>\nServerName {name}.example.com\n{tls}# {name}\n</VirtualHost>\n" for name in "ab")
    server = httpd(server=text, modules=MODULES)

    def status():
        with Connection(server.port, None, "a.example.com") as connection:
            return connection.get("/", host="b.example.com").status
    answers = [status()]
    for changed in ("a", "ab"):
        server.server = text
        for name in changed:
            server.server = server.server.replace(f"# {name}\n", ask)
        server.replace_children()
        answers.append(status())
    assert answers == [200, 421, 200]
