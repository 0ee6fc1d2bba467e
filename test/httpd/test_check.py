# SPDX-License-Identifier: Apache-2.0
"""The configuration check. Most tests change a correct configuration, which has no findings, in one place,
and expect one finding at one line. The last ones show that the findings are true."""
import os
import re
import ssl
import tempfile

import pytest

from client import EDGE, STRANGER, Connection, get
from examples import configurations
from pki import openssl
from server import SNI_POLICY, Httpd, build_module, needs_sni_policy, vhost

MODULES = ["remoteip", "rewrite", "cache", "cache_socache", "proxy", "proxy_http", "macro", "version", "md"]
DIGITS = "0123456789abcdef" * 4

# Two virtual hosts with TLS behind a balancer, plain HTTP that redirects, and a site that is not at Cloudflare.
CORRECT = """
CFOriginPullRanges builtin 127.0.0.0/9
CFOriginPullZone example.test {pki}/zone-a.pem
CFOriginPullZone app.example.test sha256:%s
CFOriginPullZoneDir {pki}/zones
# main
<VirtualHost 127.0.0.1:{port}>
    ServerName shop.example.test
    ServerAlias www.example.test *.shop.example.test
    DocumentRoot "{docroot}"
    SSLEngine on
    SSLCertificateFile {pki}/server.pem
    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 3
    Protocols h2 http/1.1
    RemoteIPProxyProtocol On
    CFOriginPull On
    CFOriginPullProxyProtocol 127.0.0.10
    CFOriginPullExemptPath /.well-known/acme-challenge/
    # shop
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName app.example.test
    ServerAlias example.net
    SSLEngine on
    SSLCertificateFile {pki}/server.pem
    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 3
    CFOriginPull Audit
    CFOriginPullProxyProtocol 127.0.0.10
    ProxyPass / http://127.0.0.1:9/
    # app
</VirtualHost>
<VirtualHost 127.0.0.1:{port2}>
    ServerName shop.example.test
    ServerAlias www.example.test app.example.test
    DocumentRoot "{docroot}"
    Alias /.well-known/acme-challenge/ "{docroot}"
    Redirect permanent / https://shop.example.test/
    # plain
</VirtualHost>
<VirtualHost 127.0.0.1:{port3}>
    ServerName static.example.test
    DocumentRoot "{docroot}/static"
    # static
</VirtualHost>
""" % DIGITS

LINE = re.compile(r'(?:\[cf_origin:(\w+)\].*?)(CFO02\d\d) ([a-z-]+) vhost=(\S+) at=("[^"]*"|\S+) (.*)$')


class Finding:
    def __init__(self, match):
        self.level, self.code, self.name, self.vhost, self.at, self.text = match.groups()
        self.whole = match[0][match[0].index("CFO02"):]

    def __repr__(self):
        return f"<{self.level} {self.whole}>"


def findings(text):
    return [Finding(match) for match in map(LINE.search, text.splitlines()) if match]


@pytest.fixture(scope="module", autouse=True)
def files(pki):
    """The files that the configurations name."""
    for name in ("zone_a", "zone_b", "leaf_a", "deep_a", "intermediate_a", "rogue_ca", "self_signed"):
        (pki.dir / f"{name.replace('_', '-')}.pem").write_text(getattr(pki, name).pem)
    (pki.dir / "whole-chain.pem").write_text(pki.intermediate_a.pem + pki.zone_a.pem)
    (pki.dir / "half-chain.pem").write_text(pki.intermediate_a.pem + pki.zone_b.pem)
    (pki.dir / "zones").mkdir()
    (pki.dir / "zones" / "example.net.pem").write_text(pki.zone_b.pem)
    hashed = pki.dir / "hashed"
    hashed.mkdir()
    name = openssl("x509", "-noout", "-subject_hash", "-in", pki.zone_a.crt).decode().strip()
    (hashed / f"{name}.0").write_text(pki.zone_a.pem)
    (pki.dir / "tickets.key").write_bytes(bytes(range(48)))


def make(scratch, pki, server, **options):
    return Httpd(tempfile.mkdtemp(prefix="s", dir=scratch), pki, server=server,
                 **{"modules": MODULES, **options})


def changed(changes):
    """The correct configuration with `changes`: pairs of old and new text."""
    text = CORRECT
    for old, new in changes:
        assert old in text, f"{old!r} is not in the configuration"
        text = text.replace(old, new, 1)
    return text


# What differs between two virtual hosts, and what was there before; tests of their own have these.
BESIDE = ("CFO0245", "CFO0247")


@pytest.fixture
def look(scratch, pki):
    """The httpd, and what its apachectl -t finds in a virtual host by itself."""
    def run(server, **options):
        httpd = make(scratch, pki, server, **options)
        code, output = httpd.check()
        assert code == 0, output
        return httpd, [f for f in findings(output) if f.code not in BESIDE]
    return run


def place(httpd, text):
    """file:line of the first line that has `text`."""
    for number, line in enumerate(httpd.config.read_text().splitlines(), 1):
        if httpd.fill(text) in line:
            return f"{httpd.config}:{number}"
    raise AssertionError(f"no line has {text!r}")


def test_a_correct_configuration_has_no_findings(look):
    assert look(CORRECT)[1] == []


def test_a_correct_configuration_has_no_findings_at_start(httpd):
    server = httpd(server=CORRECT, modules=MODULES)
    assert "CFO0" not in server.log()


def test_the_virtual_host_of_the_readme_has_no_findings(look):
    text = next(x for x in configurations("README.md") if x.startswith("<VirtualHost "))
    for old, new in (("/var/www/html", "{docroot}"), ("ssl/shop.example.com.pem", "{pki}/server.pem"),
                     ("cloudflare/example.com-ca.pem", "{pki}/zone-a.pem")):
        assert old in text
        text = text.replace(old, new)
    assert look(text)[1] == []


def test_a_server_without_a_policy_has_no_findings(look):
    policy = "SSLVHostSNIPolicy insecure" if SNI_POLICY else ""
    off = [("CFOriginPull On", ""), ("CFOriginPull Audit", ""), ("# main", f"""
        {policy}
        HttpProtocolOptions Unsafe
        RemoteIPHeader X-Forwarded-For
        SSLSessionTicketKeyFile {{pki}}/tickets.key"""), ("SSLVerifyClient optional_no_ca", "SSLVerifyClient none")]
    assert look(changed(off))[1] == []


# Changes; code and name; the host of vhost=; text of the line of at=; words of the finding.
CASES = [
    # CFO0201
    ([("SSLEngine on", "SSLEngine OFF")], "CFO0201 no-tls", "shop", "SSLEngine OFF", "not-tls"),
    ([("SSLEngine on", "SSLEngine optional")], "CFO0201 no-tls", "shop", "SSLEngine optional", "SSLEngine optional"),
    ([("SSLEngine on", "")], "CFO0201 no-tls", "shop", "<VirtualHost 127.0.0.1:{port}>", "SSLEngine On"),
    ([("SSLEngine on", ""), ("optional_no_ca\n    SSLVerifyDepth 3", "require\nSSLVerifyDepth 0")], "CFO0201 no-tls",
     "shop", "<VirtualHost 127.0.0.1:{port}>", "SSLEngine On"),
    ([("# static", 'CFOriginPull On\nDocumentRoot "{docroot}/x"')], "CFO0201 no-tls", "static", "<VirtualHost 127.0.0.1:{port3}>", "only redirects to https"),
    # CFO0202
    ([("SSLVerifyClient optional_no_ca", "")], "CFO0202 never-asks", "shop", "<VirtualHost 127.0.0.1:{port}>",
     "SSLVerifyClient optional_no_ca"),
    ([("# shop", "SSLVerifyClient none")], "CFO0202 never-asks", "shop", "SSLVerifyClient none", "cert-missing"),
    ([("# main", "SSLVerifyClient optional_no_ca"), ("# shop", "SSLVerifyClient None")], "CFO0202 never-asks", "shop",
     "SSLVerifyClient None", "cert-missing"),
    # CFO0203
    ([("*.shop.example.test", "*.shop.example.test\nServerAlias other.test a.other.test")], "CFO0203 name-without-zone",
     "shop", "ServerAlias other.test", '"other.test", "a.other.test": every request'),
    ([("ServerName shop.example.test", "ServerName b\u00fccher.test")], "CFO0203 name-without-zone", '"b',
     "ServerName b", "clients send xn--bcher-kva.test, so write that here"),
    ([("ServerName shop.example.test", "ServerName other.test")], "CFO0203 name-without-zone", "other.test",
     "ServerName other.test", '"other.test"'),
    ([("*.shop.example.test", "*.test")], "CFO0203 name-without-zone", "shop", "ServerAlias www", '"*.test"'),
    ([("*.shop.example.test", "www.*")], "CFO0203 name-without-zone", "shop", "ServerAlias www", '"www.*"'),
    ([("*.shop.example.test", "*example.test")], "CFO0203 name-without-zone", "shop", "ServerAlias www", '"*example.test"'),
    ([("ServerAlias example.net", "ServerAlias example.net " + " ".join(f"x{i}.test" for i in range(9)))], "CFO0203 name-without-zone",
     "app", "ServerAlias example.net x0.test", '"x4.test" and others'),
    ([("# app", "CFOriginPullZoneDir none")], "CFO0203 name-without-zone", "app", "ServerAlias example.net", '"example.net"'),
    # CFO0205
    ([("optional_no_ca", "require"), ("CFOriginPullExemptPath", "#")], "CFO0205 ca-file-unfit", "shop",
     "SSLVerifyClient require", "set SSLVerifyClient optional_no_ca. Otherwise"),
    *[([("optional_no_ca", f"{mode}\nSSLCACertificateFile {{pki}}/{name}.pem"), ("CFOriginPullExemptPath", "#"),
        ("zone-a.pem", f"{proof}.pem")],
       "CFO0205 ca-file-unfit", "shop", "SSLCACertificateFile", words) for mode, name, proof, words in (
           ("optional", "leaf-a", "leaf-a", "set SSLVerifyClient optional_no_ca. Otherwise"),
           ("require", "intermediate-a", "intermediate-a", "set SSLVerifyClient optional_no_ca. Otherwise"),
           ("optional", "rogue-ca", "zone-a", 'cannot verify that of zone "example.test"'),
           ("require", "zone-b", "leaf-a", 'cannot verify that of zone "example.test"'),
           ("optional_no_ca", "intermediate-a", "intermediate-a", "not the self-signed root above it"),
           ("optional_no_ca", "intermediate-a", "deep-a", "not the self-signed root above it"),
           ("optional_no_ca", "half-chain", "half-chain", "not the self-signed root above it"))],
    ([("optional_no_ca", "optional\nSSLCACertificatePath {pki}/hashed"), ("zone-a.pem", "zone-b.pem")],
     "CFO0205 ca-file-unfit", "shop", "SSLCACertificatePath", 'cannot verify that of zone "example.test"'),
    # CFO0206
    ([("SSLVerifyDepth 3", ""), ("zone-a.pem", "intermediate-a.pem")], "CFO0206 depth-too-small", "shop",
     "<VirtualHost 127.0.0.1:{port}>", "SSLVerifyDepth is 1, but the certificate chain of the zone may be 2 deep"),
    ([("SSLVerifyDepth 3", "SSLVerifyDepth 0")], "CFO0206 depth-too-small", "shop", "SSLVerifyDepth 0", "may be 1 deep"),
    ([("SSLVerifyDepth 3", "SSLCACertificateFile {pki}/whole-chain.pem"), ("zone-a.pem", "deep-a.pem")],
     "CFO0206 depth-too-small", "shop", "<VirtualHost 127.0.0.1:{port}>", "may be 2 deep"),
    # CFO0207
    ([("# shop", "<Location /x>\nSSLVerifyClient require\n</Location>")], "CFO0207 verify-per-directory", "shop",
     "SSLVerifyClient require", "HTTP/2 forbids"),
    ([("# main", '<Directory "{docroot}">\n<If "true">\nSSLVerifyClient optional\n</If>\n</Directory>')],
     "CFO0207 verify-per-directory", "shop", "SSLVerifyClient optional", "second handshake"),
    # CFO0208, CFO0209
    ([("# main", "SSLSessionTicketKeyFile {pki}/tickets.key")], "CFO0208 ticket-key-file", "shop",
     "SSLSessionTicketKeyFile", "SSLSessionTickets Off"),
    pytest.param([("# main", "SSLVHostSNIPolicy Insecure")], "CFO0209 sni-policy-insecure", "shop", "SSLVHostSNIPolicy", "421",
                 marks=needs_sni_policy),
    # CFO0210
    ([("Redirect permanent / ", "Redirect permanent /login ")], "CFO0210 plain-twin", "shop",
     "<VirtualHost 127.0.0.1:{port2}>", "serves shop.example.test without TLS"),
    ([("Redirect permanent / https://shop.example.test/", ""), ("ServerName static.example.test", "ServerName x.test"),
      ("# plain", "CFOriginPullScrub On")], "CFO0210 plain-twin", "shop", "<VirtualHost 127.0.0.1:{port2}>", "CFOriginPull Off"),
    ([("# plain", "ProxyPass / http://127.0.0.1:9/\nRewriteEngine on\nRewriteRule ^/(.*)$ https://127.0.0.1/$1 [P,L]"),
      ("Redirect permanent", "#")], "CFO0210 plain-twin", "shop", "<VirtualHost 127.0.0.1:{port2}>", "without TLS"),
    ([("# plain", "RewriteRule ^ https://shop.example.test/"), ("Redirect permanent", "#")], "CFO0210 plain-twin", "shop",
     "<VirtualHost 127.0.0.1:{port2}>", "without TLS"),
    ([("# plain", "MDRequireHttps off"), ("Redirect permanent", "#")], "CFO0210 plain-twin", "shop",
     "<VirtualHost 127.0.0.1:{port2}>", "without TLS"),
    ([("# plain", "CFOriginPull On\nCFOriginPullRequire ip"), ("Redirect permanent", "#"),
      ("ServerAlias www.example.test app.example.test", "ServerAlias plain.example.test")], "CFO0218 ip-alone", "shop", "CFOriginPullRequire", "Cloudflare source address"),
    ([("ServerName static.example.test", "ServerName static.example.test\nServerAlias *.shop.example.test")],
     "CFO0210 plain-twin", "static", "<VirtualHost 127.0.0.1:{port3}>", "serves *.shop.example.test"),
    ([("# static", "SSLEngine on\nSSLCertificateFile {pki}/server.pem\nServerAlias app.example.test")],
     "CFO0210 plain-twin", "static", "<VirtualHost 127.0.0.1:{port3}>", "serves app.example.test to everyone"),
    ([("# static", "ServerAlias app.example.test")], "CFO0210 plain-twin", "static", "<VirtualHost 127.0.0.1:{port3}>",
     "is in Audit: set CFOriginPull Audit here too, with the zone of app.example.test"),
    # CFO0211
    ([("# main", "RemoteIPHeader X-Forwarded-For")], "CFO0211 remoteip-header", "shop", "RemoteIPHeader", "trusts every client"),
    ([("CFOriginPullProxyProtocol 127.0.0.10", "")], "CFO0221 balancer-unlisted", "shop", "RemoteIPProxyProtocol On",
     "CFOriginPullProxyProtocol"),
    ([("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullRequire cert\nCFOriginPullEarlyDrop On"), ("CFOriginPullExemptPath", "#"),
      ("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullRequire cert"), ("CFOriginPull Audit", "CFOriginPull On")],
     "CFO0221 balancer-unlisted", "shop", "RemoteIPProxyProtocol On", "connections through one are closed (CFOriginPullEarlyDrop)"),
    ([("RemoteIPProxyProtocol On", ""), ("CFOriginPullProxyProtocol 127.0.0.10", ""),
      ("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullProxyProtocol 127.0.0.11")], "CFO0222 balancer-unheard", "app",
     "CFOriginPullProxyProtocol 127.0.0.11", "RemoteIPProxyProtocol"),
    # CFO0213
    ([("CFOriginPull Audit", "CFOriginPull Off"), ("# shop", "CFOriginPullEarlyDrop On"), ("CFOriginPullExemptPath", "#")],
     "CFO0213 early-drop-beside", "app", "<VirtualHost 127.0.0.1:{port}>", "CFOriginPullEarlyDrop of shop.example.test"),
    ([("CFOriginPull Audit", "CFOriginPull On"), ("# main", "CFOriginPullEarlyDrop On")], "CFO0227 early-drop-exempt-path",
     "shop", "CFOriginPullExemptPath", "before they can request an exempt path"),
    ([("CFOriginPullRanges builtin 127.0.0.0/9", "CFOriginPullRanges none"), ("CFOriginPull Audit", "CFOriginPull On"),
      ("CFOriginPullProxyProtocol 127.0.0.10", ""), ("RemoteIPProxyProtocol On", ""),
      ("CFOriginPullProxyProtocol 127.0.0.10", ""), ("CFOriginPullExemptPath", "#"), ("# shop", "CFOriginPullEarlyDrop On")],
     "CFO0225 early-drop-all", "shop", "CFOriginPullEarlyDrop", "closes every connection"),
    ([("CFOriginPull Audit", "CFOriginPull On"), ("# app", "CFOriginPullEarlyDrop On")], "CFO0226 early-drop-idle", "app",
     "CFOriginPullEarlyDrop", "shop.example.test"),
    # CFO0214
    *[([("optional_no_ca", "require\nSSLCACertificateFile {pki}/zone-a.pem"), ("CFOriginPullExemptPath", "#"),
        ("CFOriginPull On", what)],
       "CFO0214 require-ends-it", "shop", "SSLVerifyClient require", f"effect: {word}") for what, word in (
           ("CFOriginPull Audit", "Audit"), ("CFOriginPull On\nCFOriginPullTunnel 127.0.0.9", "CFOriginPullTunnel"),
           ("CFOriginPull On\nCFOriginPullExemptFrom 127.0.0.9", "CFOriginPullExemptFrom"),
           ("CFOriginPull On\nCFOriginPullExemptPath /x", "CFOriginPullExemptPath"))],
    # CFO0215: with the notice
    ([("CFOriginPull On", "<Location /admin>\nCFOriginPull On\n</Location>")], "CFO0223 directory-only", "shop",
     "CFOriginPull On", "only this directory is protected, the rest of the site is open: set"),
    ([("# main", '<Directory "{docroot}">\nCFOriginPull AUDIT\n</Directory>')], "CFO0223 directory-only", "static",
     "CFOriginPull AUDIT", "only this directory is protected, the rest of the site is open: set"),
    # CFO0217 to CFO0220
    ([("# main", "HttpProtocolOptions LenientMethods Unsafe\nHttpProtocolOptions Require1.0")], "CFO0217 protocol-unsafe",
     "shop", "HttpProtocolOptions Lenient", "default"),
    ([("# app", "CFOriginPullRequire ip")], "CFO0218 ip-alone", "app", "CFOriginPullRequire", "every Cloudflare customer"),
    ([("# shop", "CFOriginPullScrub Off")], "CFO0219 roll-out-setting", "shop", "CFOriginPullScrub", "remove the line"),
    ([("# shop", "CFOriginPullClientIP edge")], "CFO0219 roll-out-setting", "shop", "CFOriginPullClientIP", "remove the line"),
    # CFO0228
    *[([("# shop", f"<Location /status>\nSetHandler cf-origin-status\n{inside}</Location>\n{beside}")],
       "CFO0228 status-open", "shop", "SetHandler cf-origin-status", "add a Require") for inside, beside in (
           ("", ""), ("Require all granted\n", ""), ("", "<Location /other>\nRequire local\n</Location>"),
           ("", "<LocationMatch /status>\nRequire local\n</LocationMatch>"))],
    ([("# main", '<Location "/status">\nSetHandler "cf-origin-status"\n</Location>')], "CFO0228 status-open", "shop",
     "SetHandler", "open to everyone"),
    ([("# static", "SetHandler cf-origin-status")], "CFO0228 status-open", "static", "SetHandler cf-", "add a Require"),
    ([("ServerName app.example.test", "")], "CFO0220 no-server-name", "", "<VirtualHost 127.0.0.1:{port}>", "add a ServerName"),
]


# The items of docs/security.md that a finding is about.
ITEMS = {"CFO0205": pytest.mark.W1, "CFO0206": pytest.mark.W2, "CFO0207": pytest.mark.W6, "CFO0217": pytest.mark.A26}


def with_item(case):
    """The case with the mark of its item."""
    values = getattr(case, "values", case)
    mark = ITEMS.get(values[1].split()[0])
    return pytest.param(*values, marks=[*getattr(case, "marks", ()), *([mark] if mark else [])])


@pytest.mark.parametrize("changes, code, host, line, words", map(with_item, CASES),
                         ids=[f"{i}-{getattr(case, 'values', case)[1][:7]}" for i, case in enumerate(CASES)])
def test_each_mistake_is_found_with_its_place_and_what_to_do(look, changes, code, host, line, words):
    httpd, found = look(changed(changes))
    assert [f"{f.code} {f.name}" for f in found] == [code], found
    place_of_line = place(httpd, line)
    if host == "app" and "<VirtualHost" in line or code.startswith("CFO0220"):
        place_of_line = place_of_second(httpd, line)
    assert found[0].at == place_of_line
    assert found[0].vhost.startswith(host)
    assert words in found[0].text
    notices = ("CFO0219", "CFO0223", "CFO0227")
    assert found[0].level == ("notice" if found[0].code in notices else "warn")


def place_of_second(httpd, text):
    numbers = [number for number, line in enumerate(httpd.config.read_text().splitlines(), 1)
               if httpd.fill(text) in line]
    return f"{httpd.config}:{numbers[1]}"


# The same settings where they are correct.
FINE = [
    # CFO0228
    *[[("# shop", f"<Location /status>\nSetHandler cf-origin-status\n{inside}\n</Location>\n{beside}")] for inside, beside in (
        ("Require local", ""), ("Require all denied", ""), ("<RequireAny>\nRequire ip 192.0.2.1\n</RequireAny>", ""),
        ("<Limit GET>\nRequire host example.com\n</Limit>", ""), ("", "<Location /status>\nRequire local\n</Location>"),
        ("", '<Location "/">\n<RequireAll>\nRequire local\n</RequireAll>\n</Location>'),
        ("Require all granted\nRequire local", ""))],
    [("# main", "<Location /status>\nSetHandler cf-origin-status\nRequire local\n</Location>")],
    [("# main", "<Location /status>\nRequire local\n</Location>"),
     ("# shop", "<Location /status>\nSetHandler cf-origin-status\n</Location>")],
    [("# static", "<Location />\nRequire local\n</Location>\nSetHandler cf-origin-status")],
    [("# shop", "<Location /status>\nSetHandler server-status\n</Location>")],
    # CFO0201, CFO0202
    [("SSLEngine on", ""), ("SSLEngine on", ""), ("# main", "SSLEngine on"), ("Redirect", "SSLEngine off\nRedirect"),
     ("# static", "SSLEngine off")],
    [("SSLVerifyClient optional_no_ca", ""), ("# main", "SSLVerifyClient optional_no_ca")],
    [("SSLVerifyClient optional_no_ca", "SSLVerifyClient none\nSSLVerifyClient optional_no_ca")],
    [("SSLEngine on", ""), ("SSLVerifyClient optional_no_ca", ""), ("# shop", "CFOriginPullRequire cert\nCFOriginPull Off"),
     ("CFOriginPullProxyProtocol 127.0.0.10", "")],
    # CFO0201: shut on purpose, next to a protected virtual host
    [("# plain", "CFOriginPull On\nCFOriginPullExemptPath /.well-known/acme-challenge/"), ("Redirect permanent", "#")],
    *[[("# plain", "CFOriginPull On"), ("Redirect permanent", "#"), *more] for more in (
        [],
        [("ServerAlias www.example.test app.example.test", "")], [("ServerAlias www.example.test app.example.test", "ServerAlias *.example.test")],
        [("ServerAlias www.example.test app.example.test", ""), ("<VirtualHost 127.0.0.1:{port2}>\n    ServerName shop",
                                                                 "<VirtualHost 127.0.0.1:{port2}>\n    ServerName old")])],
    [("# plain", "CFOriginPull Audit"), ("Redirect permanent", "#")],
    [("# static", "ServerAlias app.example.test\nCFOriginPull Audit")],  # as CFO0210 advises
    [("# static", 'DocumentRoot "{docroot}"\nCFOriginPull On')],  # the folder of shop
    # CFO0203
    [("*.shop.example.test", "SHOP.example.TEST *.EXAMPLE.test shop?.example.test")],
    [("*.shop.example.test", "*.test www.* *"), ("# main", f"CFOriginPullZone * sha256:{DIGITS}")],
    # CFO0205, CFO0206
    *[[("optional_no_ca", f"optional\nSSLCACertificateFile {{pki}}/{ca}.pem"), ("zone-a.pem", f"{proof}.pem")]
      for ca, proof in (("zone-a", "zone-a"), ("zone-a", "leaf-a"), ("zone-a", "intermediate-a"),
                        ("whole-chain", "deep-a"), ("self-signed", "self-signed"))],
    [("optional_no_ca", "require\nSSLCACertificatePath {pki}/hashed"), ("CFOriginPullExemptPath", "#")],
    [("optional_no_ca", "optional\nSSLCACertificateFile {pki}/rogue-ca.pem"), ("{pki}/zone-a.pem", f"spki-sha256:{DIGITS}")],
    [("SSLVerifyDepth 3", "SSLCACertificateFile {pki}/leaf-a.pem"), ("zone-a.pem", "leaf-a.pem")],
    [("SSLVerifyDepth 3", "SSLVerifyDepth 2"), ("zone-a.pem", "intermediate-a.pem")],
    [("SSLVerifyDepth 3", "")],
    [("# static", "SSLEngine on\nSSLCertificateFile {pki}/server.pem\nSSLVerifyClient require\nSSLVerifyDepth 0")],
    # CFO0207
    [("# shop", "<Location /x>\nSSLVerifyClient none\n</Location>")],
    [("# static", "<Location /x>\nSSLVerifyClient require\n</Location>")],
    # CFO0210
    *[[("Redirect permanent / https://shop.example.test/", redirect)] for redirect in (
        "Redirect / https://shop.example.test/", "RedirectPermanent / https://shop.example.test/",
        'RedirectMatch 301 "^/(.*)$" "https://shop.example.test/$1"',
        "RewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]",
        "CFOriginPull Off", "MDRequireHttps temporary")],
    [("Redirect permanent", "#"), ("CFOriginPull On", ""), ("CFOriginPull Audit", "")],
    [('DocumentRoot "{docroot}"\n    Alias', "Alias"), ("Redirect permanent /", "RedirectMatch 301 ^/(?!\\.well-known/)(.*)")],
    # CFO0211
    [("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullRequire cert")],
    [("RemoteIPProxyProtocol On", ""), ("# app", "RemoteIPProxyProtocol On")],
    [("# static", "RemoteIPHeader X-Forwarded-For")],
    # CFO0213
    [("CFOriginPull Audit", "CFOriginPull On"), ("CFOriginPullExemptPath", "#"), ("# shop", "CFOriginPullEarlyDrop On"),
     ("# app", "CFOriginPullEarlyDrop On")],
    [("CFOriginPullRanges builtin 127.0.0.0/9", "CFOriginPullRanges none"), ("CFOriginPullExemptPath", "#"),
     ("CFOriginPull Audit", "CFOriginPull On"), ("# shop", "CFOriginPullEarlyDrop On\nCFOriginPullTunnel 127.0.0.9")],
    # CFO0221, CFO0225: the lists of the other virtual hosts of the address count too
    [("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullRequire cert\nCFOriginPullEarlyDrop On"), ("CFOriginPullExemptPath", "#"),
     ("CFOriginPull Audit", "CFOriginPull On")],
    [("CFOriginPullRanges builtin 127.0.0.0/9", "CFOriginPullRanges none"), ("CFOriginPullExemptPath", "#"),
     ("CFOriginPullProxyProtocol 127.0.0.10", "CFOriginPullRequire cert\nCFOriginPullEarlyDrop On"),
     ("CFOriginPull Audit", "CFOriginPull On"), ("# app", "CFOriginPullTunnel 127.0.0.9")],
    # CFO0214
    [("optional_no_ca", "require\nSSLCACertificateFile {pki}/zone-a.pem"), ("CFOriginPullExemptPath", "#")],
    [("# static", "SSLEngine on\nSSLCertificateFile {pki}/server.pem\nSSLVerifyClient require\n"
                  "SSLCACertificateFile {pki}/zone-a.pem\nCFOriginPullExemptPath /x")],
    # CFO0217, CFO0219
    [("# main", "HttpProtocolOptions Unsafe"), ("# shop", "HttpProtocolOptions Strict"),
     ("# app", "HttpProtocolOptions Allow0.9 Strict")],
    [("# app", "CFOriginPullScrub Off\nCFOriginPullClientIP edge")],
]


@pytest.mark.parametrize("changes", FINE, ids=range(len(FINE)))
def test_what_is_all_right_is_not_found(look, changes):
    assert look(changed(changes))[1] == []


def test_a_policy_of_a_directory_needs_tls_as_well(look):
    located = f"CFOriginPullZone static.example.test sha256:{DIGITS}\n<Location /x>\nCFOriginPull On\n</Location>"
    _, found = look(changed([("# static", located)]))
    assert [f.name for f in found] == ["no-tls", "directory-only"]


def test_lines_stand_where_httpd_reads_them_whatever_brought_them_there(look, pki):
    (pki.dir / "included.conf").write_text("SSLVerifyClient none\n")
    httpd, found = look(changed([
        ("# main", "Define SSL_OFF off\n<Macro Never $name>\nSSLVerifyClient $name\n</Macro>"),
        ("# shop", "<IfModule mod_ssl.c>\n<IfVersion >= 2.4>\nSSLVerifyClient NONE\n</IfVersion>\n</IfModule>\n"
                   "<IfModule !mod_ssl.c>\nSSLVerifyClient require\n</IfModule>"),
        ("# app", "Include {pki}/included.conf"),
        ("# static", "CFOriginPull On\nCFOriginPullZone static.example.test sha256:" + DIGITS
         + "\nSSLCertificateFile {pki}/server.pem\nSSLEngine on\nUse Never off")]))
    assert [f.name for f in found] == ["never-asks"] * 3
    assert found[0].at == place(httpd, "SSLVerifyClient NONE")
    assert found[1].at == f"{pki.dir}/included.conf:1"
    assert found[2].at.startswith('"macro \'never\'') and found[2].at.endswith(':1"')


def test_a_variable_is_read_as_httpd_reads_it(look):
    _, found = look(changed([("# main", "Define MODE none"), ("# shop", 'SSLVerifyClient "${MODE}"')]))
    assert [f.name for f in found] == ["never-asks"]


def test_a_line_that_many_virtual_hosts_inherit_is_reported_once(look):
    sites = "".join(vhost(f"x{i}.example.test", "CFOriginPull On") for i in range(20))
    httpd, found = look("HttpProtocolOptions Unsafe\nCFOriginPullZone example.test {pki}/zone-a.pem\n" + sites)
    assert [(f.name, f.at) for f in found] == [("protocol-unsafe", place(httpd, "HttpProtocolOptions"))]


def test_the_main_server_is_checked_if_a_request_can_reach_it(look):
    zone = "CFOriginPull On\nCFOriginPullZone test {pki}/zone-a.pem\n"
    other = vhost("a.test").replace('DocumentRoot "{docroot}"', "")
    _, found = look(zone + other)
    assert [(f.name, f.vhost.split(":")[0]) for f in found] == [("no-tls", "main.test")]
    assert look(zone + vhost("a.test"), ports=1)[1] == []
    wild = vhost("a.test", address="*", port="*") + vhost("b.test", port="{port2}")
    assert look(zone + wild)[1] == []


def test_an_https_port_has_tls_without_sslengine(look):
    site = vhost("a.test", "CFOriginPull On\nCFOriginPullZone a.test {pki}/zone-a.pem").replace("SSLEngine on", "")
    assert look(site, listen=["127.0.0.1:{port} https"])[1] == []
    assert [f.name for f in look(site)[1]] == ["no-tls"]
    beside = ["127.0.0.1:{port} https", "127.0.0.1:{port2}"]
    assert [f.name for f in look(site.replace("{port}", "{port2}"), listen=beside)[1]] == ["no-tls"]


def test_a_cache_in_front_of_a_protected_directory_is_found(look):
    cached = [("CFOriginPull On", 'CacheEnable socache /\n<Directory "{docroot}">\nCFOriginPull ON\n</Directory>')]
    httpd, found = look(changed(cached), modules=MODULES)
    assert [f.name for f in found] == ["cache-before-gate", "directory-only"]
    assert {f.at for f in found} == {place(httpd, "CFOriginPull ON")}
    quiet = cached + [("# main", "CacheQuickHandler Off")]
    assert [f.name for f in look(changed(quiet))[1]] == ["directory-only"]


def test_a_name_with_two_ca_files_is_found_at_both(look):
    ca = [("SSLVerifyDepth 3", "SSLVerifyDepth 3\nSSLCACertificateFile {pki}/zone-a.pem"),
          ("ServerName app.example.test", "ServerName Shop.example.test"), ("ServerAlias example.net", ""),
          ("ServerName static.example.test", "ServerName static.example.test\n    ServerAlias example.net")]
    _, found = look(changed(ca + [("CFOriginPull Audit", "CFOriginPull Audit\nSSLCACertificateFile {pki}/rogue-ca.pem")]))
    assert [f.name for f in found] == ["name-with-two-cas"] * 2
    assert [f.name for f in look(changed(ca))[1]] == ["name-with-two-cas"] * 2
    same = ca + [("CFOriginPull Audit", "CFOriginPull Audit\nSSLCACertificateFile {pki}/zone-a.pem")]
    assert look(changed(same))[1] == []
    off = ca + [("CFOriginPull On", ""), ("CFOriginPull Audit", "")]
    assert look(changed(off))[1] == []
    silent = ca + [("SSLVerifyClient optional_no_ca", "")]
    assert [f.name for f in look(changed(silent))[1]] == ["never-asks"]
    nameless = ca + [("ServerName shop.example.test", "")]
    assert [f.name for f in look(changed(nameless))[1]] == ["no-server-name"]


def test_balancers_without_mod_remoteip_are_found(look):
    changes = [("RemoteIPProxyProtocol On", "")]
    _, found = look(changed(changes), modules=[m for m in MODULES if m != "remoteip"])
    assert [(f.name, f.vhost.split(".")[0]) for f in found] == [("balancer-unheard", "shop"), ("balancer-unheard", "app")]


@pytest.mark.W19
def test_mod_evasive_is_found_once(look, scratch):
    load = build_module(scratch, "evasive20")
    assert [(f.code, f.name, f.at) for f in look(load + CORRECT)[1]] == [("CFO0212", "mod-evasive", "-")]
    off = [("CFOriginPull On", ""), ("CFOriginPull Audit", "")]
    assert look(load + changed(off))[1] == []


# The public key of Cloudflare's CA for origin pulls, which its renewal in 2019 left as it was.
SHARED_KEY = """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA3bLbOiNh+XRsp+GnQAkE
V5X6NCpsLDewea8Q/AuaoMurKcjja1ldHnL3XhkH1mvBsv8rk7jp7F38u6MmdXZv
d3NzHmu2JDOyjTHOWOpudtBPbR6KHH9asXg6RkrJ1nOx1omxYA+6mUMfk/snzare
t7zyNB2ATmGqOoVndyUIbuXGgHCEtprObc0kmVR/N2T3ui5G+cUYC5d3lxBXHyNg
455TrSxaqYx7hAd06+moH3VsmhhBIpUWNSAd5Ok3y02kol9v0sifem6fdsL00o0e
1Eow1fcqX+wA+rur8CWd28DYrDcOS6baYdBQZ3NUepw6B5r0EaMsraHtK5f3fNNY
vTa7v312vpeStp39ZKEdyF+ONGdovfmeIlQOvTZgm0+DFY5uyt85TrcHyO4tSmFb
/gE6OMnIAbmX2PX/9pQYSL+wR7mWpW/Q/vxCvGjFH4wxeInBBpvkUHxMb9pzqZEe
AX0KaRf3S5pGH44LTteNN19IoZE+kz2EHZmEuiX+d/yqagt2gPke84Nm4q7b6a4p
5UdeDDb8DrAzs7CuKfFmLIGTkeEK9oAMfs9mlTrP/O/k1TkdK9eIq0LMW4O7j9l+
LfhF8dd4JR8cBvgp81FcnAyzFRr7hmlIBfYbpGcZTmZ65elTn9X4NAmn97r1fLJj
pFcOgzLBoQWUiVcGqNFEDakCAwEAAQ==
-----END PUBLIC KEY-----
"""


@pytest.fixture(scope="module")
def shared(pki):
    """A CA certificate with that key, and a leaf that claims to be issued by it."""
    key, ca = pki.dir / "shared-key.pem", pki.dir / "shared-ca.pem"
    key.write_text(SHARED_KEY)
    extensions = pki.dir / "shared.ext"
    extensions.write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n")
    request = pki.zone_a.crt.with_suffix(".csr")
    openssl("x509", "-req", "-in", request, "-force_pubkey", key, "-CA", pki.rogue_ca.crt, "-CAkey", pki.rogue_ca.key,
            "-set_serial", "7", "-days", "30", "-extfile", extensions, "-out", ca)
    named = pki.ca("origin-pull", subject="/O=CloudFlare, Inc./CN=origin-pull.cloudflare.net")
    (pki.dir / "shared-leaf.pem").write_text(pki.issue("shared-leaf", named).pem)
    (pki.dir / "shared-and-own.pem").write_text(ca.read_text() + pki.zone_a.pem)
    folder = pki.dir / "shared-zones"
    folder.mkdir()
    (folder / "example.test.pem").write_text(ca.read_text())
    (folder / "example.net.pem").write_text(pki.zone_b.pem)
    return pki


@pytest.mark.parametrize("name, is_found", [("shared-ca", True), ("shared-and-own", True), ("zone-a", False), ("missing", False)])
def test_a_virtual_host_that_verifies_the_shared_certificate_itself_is_a_twin(scratch, shared, name, is_found):
    twin = vhost("admin.test", verify="require", ca=f"{{pki}}/{name}.pem")
    _, output = make(scratch, shared, CORRECT + twin).check()
    found = [f for f in findings(output) if f.code == "CFO0210"]
    assert ["to every customer of Cloudflare:" in f.text for f in found] == [True] * is_found


@pytest.mark.A4
@pytest.mark.parametrize("name", ["shared-ca", "shared-leaf", "shared-and-own"])
def test_a_zone_that_accepts_the_shared_certificate_is_found_once(look, shared, name):
    httpd, found = look(changed([("zone-a.pem", f"{name}.pem")]))
    assert [(f.code, f.name, f.at) for f in found] == [
        ("CFO0204", "shared-ca", place(httpd, "CFOriginPullZone example.test"))]
    assert found[0].vhost.startswith("shop.")
    assert '"example.test"' in found[0].text and f"{name}.pem" in found[0].text


@pytest.mark.A4
def test_a_zone_of_a_folder_that_accepts_the_shared_certificate_is_found_in_its_file(look, shared):
    _, found = look(changed([("{pki}/zones", "{pki}/shared-zones"), ("CFOriginPullZone example.test", "#")]))
    assert [(f.name, f.at) for f in found] == [("shared-ca", f"{shared.dir}/shared-zones/example.test.pem")]


def test_a_start_logs_the_same_findings_as_the_test_and_each_once(scratch, pki):
    server = make(scratch, pki, changed([
        ("# main", "HttpProtocolOptions Unsafe"), ("*.shop.example.test", "other.test"),
        ("optional_no_ca", "require\nSSLCACertificateFile {pki}/zone-a.pem"), ("# app", "CFOriginPullRequire ip")]))
    tested = [re.sub(r":\d+ at", " at", f.whole) for f in findings(server.check()[1])]
    server.start()
    try:
        server.graceful()
        logged = [re.sub(r":\d+ at", " at", f.whole) for f in findings(server.log())]
        os.set_blocking(server.process.stdout.fileno(), False)
        printed = server.process.stdout.read() or b""
    finally:
        server.stop()
    assert len(tested) == 4
    assert logged == tested * 2
    assert b"CFO02" not in printed


@pytest.mark.parametrize("changes, name, words", [
    ([("SSLVerifyClient optional_no_ca", "SSLOpenSSLConfCmd VerifyMode Request")], "mod-ssl-differs", "ends such a connection"),
    ([("optional_no_ca", "optional\nSSLCACertificateFile {pki}/zone-a.pem\nSSLOpenSSLConfCmd VerifyCAFile {pki}/rogue-ca.pem")],
     "ca-file-unfit", 'cannot verify that of zone "example.test"'),
])
def test_settings_that_mod_ssl_ends_up_with_are_checked_at_start(httpd, changes, name, words):
    found = findings(httpd(server=changed(changes), modules=MODULES).log())
    assert [f.name for f in found] == [name]
    assert words in found[0].text


def test_verification_that_another_module_switches_off_is_found_at_start(httpd, scratch):
    load = build_module(
        scratch, "switch", "(void)p; APR_OPTIONAL_HOOK(ssl, init_server, off, NULL, NULL, APR_HOOK_LAST);", "mod_ssl_openssl.h",
        """#include "apr_optional_hooks.h"
        static int off(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
        {
            SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
            return OK;
        }""")
    found = findings(httpd(server=load + CORRECT, modules=MODULES).log())
    assert [(f.name, f.vhost.split(".")[0]) for f in found] == [("mod-ssl-differs", "shop"), ("mod-ssl-differs", "app")]
    assert "OpenSSL asks for no certificate" in found[0].text


def test_ca_certificates_set_by_sslopensslconfcmd_count_at_start(httpd):
    changes = [("optional_no_ca", "optional\nSSLCACertificateFile {pki}/rogue-ca.pem\n"
                                  "SSLOpenSSLConfCmd VerifyCAFile {pki}/zone-a.pem")]
    assert findings(httpd(server=changed(changes), modules=MODULES).log()) == []


@pytest.mark.A38
def test_the_check_works_without_mod_ssl(look):
    plain = vhost("a.test", "CFOriginPull On\nCFOriginPullRequire ip", tls=False)
    assert [f.name for f in look(plain, tls=False)[1]] == ["ip-alone"]


def handshake_ends(server, pki, name, cert, chain):
    """Whether mod_ssl ends a handshake with this certificate."""
    try:
        with Connection(server.port, cert, name, chain=chain) as connection:
            connection.get()
        return False
    except (ssl.SSLError, EOFError, ConnectionError):
        return True


@pytest.mark.W1
@pytest.mark.W2
@pytest.mark.parametrize("tls_lines, finding", [
    ("SSLVerifyDepth 3", None),
    ("SSLVerifyDepth 1", "depth-too-small"),
    ("SSLVerifyDepth 3\nSSLCACertificateFile {pki}/intermediate-a.pem", "ca-file-unfit"),
    ("SSLVerifyDepth 3\nSSLCACertificateFile {pki}/whole-chain.pem", None),
])
def test_mod_ssl_really_ends_such_handshakes_under_optional_no_ca(httpd, pki, tls_lines, finding):
    zone = "CFOriginPull On\nCFOriginPullRequire cert\nCFOriginPullZone a.test {pki}/intermediate-a.pem\n"
    server = httpd(server=vhost("a.test", zone + tls_lines))
    assert [f.name for f in findings(server.log())] == ([finding] if finding else [])
    chain = pki.bundle(pki.deep_a, pki.intermediate_a, pki.zone_a)
    assert handshake_ends(server, pki, "a.test", pki.deep_a, chain) == bool(finding)


def test_the_first_virtual_host_of_an_address_really_drops_for_all(httpd):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", "CFOriginPull On\nCFOriginPullZone a.test {pki}/zone-a.pem\nCFOriginPullEarlyDrop On")
        + vhost("open.test", "CFOriginPull Off"))
    assert [(f.name, f.vhost.split(":")[0]) for f in findings(server.log())] == [("early-drop-beside", "open.test")]
    assert get(server.port, sni="open.test", source=EDGE).status == 200
    with pytest.raises((ssl.SSLError, EOFError, ConnectionError)):
        get(server.port, sni="open.test", source=STRANGER)
