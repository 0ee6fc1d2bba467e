# SPDX-License-Identifier: Apache-2.0
"""cf-originctl migrate: what it finds in the ways in which people write it, and what it makes of files that
are no configuration. test_ctl_migrate_moves.py makes the proposed changes on a real httpd."""
import os
import re
import subprocess
import time

import pytest

from originctl import CTL, INVALID, OK, USAGE, ctl, ctl_json
from server import MODULES, Httpd, vhost
from shared_ca import make_shared_ca

TLS = "SSLEngine on\nSSLCertificateFile server.pem\n"
SECRET = "hunter2-s3cr3t"


@pytest.fixture
def migrate(tmp_path):
    """migrate(text, *options): the answer and the JSON for a file with this text."""
    def run(text, *options, name="site.conf"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ctl_json("migrate", path, *options)
    return run


def site(lines, name="shop.example.com", address="*:443", tls=TLS):
    return f"<VirtualHost {address}>\nServerName {name}\n{tls}{lines}\n</VirtualHost>\n"


def kinds(written):
    return [found["kind"] for vhost in written["vhosts"] for found in vhost["found"]]


def changes(written, step=None):
    return [change for vhost in written["vhosts"] for change in vhost["changes"] if step in (None, change["step"])]


def proposed(written, step=None):
    return [change["new"] for change in changes(written, step) if change["new"]]


GATE = "RewriteEngine On\nRewriteCond {}\nRewriteRule {}\n"

# What stands in the virtual host, and the kinds that are found.
FOUND = [
    # Authenticated Origin Pulls by hand
    ("SSLVerifyClient require", ["certificate-required"]),
    ('sslverifyclient "Require"', ["certificate-required"]),
    ("SSLVerifyClient optional\nSSLCACertificateFile none.pem", ["certificate-asked-for", "ca"]),
    ("SSLCACertificatePath /etc/ssl/cf", ["ca"]),
    ("SSLVerifyClient none", []),
    ("<Location /admin>\nSSLVerifyClient require\n</Location>", ["certificate-of-directory"]),
    ("<Location />\nRequire ssl-verify-client\n</Location>", ["certificate-rule"]),
    ("SSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"", ["certificate-expression"]),
    ("<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRequire all denied\n</If>", ["certificate-expression"]),
    ("<Location />\nRequire expr %{SSL_CLIENT_S_DN_CN} == 'x'\n</Location>", ["certificate-expression"]),
    (GATE.format("%{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$", "^ - [F]"), ["certificate-expression"]),
    ("RequestHeader set X-Verify %{SSL_CLIENT_VERIFY}s", []),
    # addresses
    ("<Location />\nRequire ip 173.245.48.0/20\n</Location>", ["require-ip"]),
    ("<Location />\nrequire IP\t172.64.0.0/13\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 173.245.48.0/255.255.240.0\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 172.64\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 104.16.0.0/12\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 199.27.128.0/21\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 162.158.7.7\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 2606:4700::/32\n</Location>", ["require-ip"]),
    ("<Location />\nRequire ip 10.0.0.0/8 \\\n  192.0.2.1 \\\n  2c0f:f248::/32\n</Location>", ["require-ip"]),
    ("<Directory /var/www>\n<RequireAny>\nRequire ip 103.31.4.0/22\nRequire ip 192.0.2.1\n</RequireAny>\n</Directory>",
     ["require-ip"]),
    ("<Location />\nRequire ip 192.0.2.0/24 10.0.0.0/8 198.51.100\n</Location>", []),
    ("<Location />\nRequire ip 10\n</Location>", []),
    ("<Location />\n<RequireAll>\nRequire all granted\nRequire not ip 104.16.0.0/13\n</RequireAll>\n</Location>",
     ["require-not-ip"]),
    ("<Location />\n<RequireNone>\nRequire ip 104.16.0.0/13\n</RequireNone>\n</Location>", ["require-not-ip"]),
    ("<Location />\nOrder deny,allow\nDeny from all\nAllow from 103.21.244.0/22 103.22.200.0/22\n</Location>",
     ["allow-from"]),
    ("<Directory /var/www>\nallow from 141.101\n</Directory>", ["allow-from"]),
    ("<Directory /var/www>\nDeny from 141.101.64.0/18\n</Directory>", ["deny-from"]),
    ("<Directory /var/www>\nAllow from all\nAllow from env=x\nAllow from .example.com\n</Directory>", []),
    ("<If \"! (%{REMOTE_ADDR} -ipmatch '103.21.244.0/22')\">\nRequire all denied\n</If>", ["range-expression"]),
    ("<Location />\nRequire expr \"-R '131.0.72.0/22'\"\n</Location>", ["range-expression"]),
    ("<Location />\nRequire expr \"%{CONN_REMOTE_ADDR} -ipmatch '131.0.72.0/22'\"\n</Location>", ["peer-expression"]),
    ("<If \"%{REMOTE_ADDR} -ipmatch '192.0.2.0/24'\">\nRequire all denied\n</If>", []),
    (GATE.format("%{REMOTE_ADDR} !^173\\.245\\.(4[89]|5[0-9]|6[0-3])\\.", "^ - [F]"), ["range-expression"]),
    (GATE.format("%{REMOTE_ADDR} !^172\\.(6[4-9]|7[01])\\.", "^ - [F]"), ["range-expression"]),
    ("SetEnvIf Remote_Addr ^103\\.21\\. from_cf", ["range-pattern"]),
    ("SetEnvIf Remote_Addr ^192\\.0\\.2\\. office", []),
    # headers
    (GATE.format("%{HTTP:CF-IPCountry} ^$", "^ - [F]"), ["header-gate"]),
    (GATE.format('"%{HTTP:cf-ray}" "!^.+$"', '"^" "-" "[F,L]"'), ["header-gate"]),
    (GATE.format("%{HTTP:CF-Connecting-IP} =\"\"", ".* - [R=403,L]"), ["header-gate"]),
    (GATE.format("%{HTTP:CF-Visitor} '\"scheme\":\"http\"'", "^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301]"), ["header-use"]),
    (GATE.format("%{HTTP:CF-IPCountry} !^(DE|AT)$", "^ - [F]"), ["header-use"]),
    (GATE.format("%{HTTP:CF-Connecting-IP} ^192\\.0\\.2\\.1$", "^ - [F]"), ["header-use"]),
    ("<If \"-z %{HTTP:CF-RAY}\">\nRequire all denied\n</If>", ["header-gate"]),
    ("<If \"%{HTTP:CF-Connecting-IP} == ''\">\nRequire all denied\n</If>", ["header-gate"]),
    ("<Location />\nRequire expr \"-n req('CF-Ray')\"\n</Location>", ["header-gate"]),
    ("SetEnvIf CF-Connecting-IP . from_cf", ["header-gate"]),
    ("SetEnvIf CF-Connecting-IP (.+) ip=$1", ["header-use"]),
    ("SetEnvIf CF-IPCountry DE german", ["header-use"]),
    (GATE.format(f"%{{HTTP:X-Origin-Secret}} !^{SECRET}$", "^ - [F]"), ["secret-header"]),
    (GATE.format(f"%{{HTTP:X-Origin-Secret}} !={SECRET}", "^ - [F]"), ["secret-header"]),
    (GATE.format("%{HTTP:X-Forwarded-Proto} !https", "^ https://%{HTTP_HOST}%{REQUEST_URI} [R]"), []),
    (GATE.format("%{HTTP:X-Requested-With} !XMLHttpRequest", "^ - [F]"), []),
    (GATE.format("%{HTTP_USER_AGENT} ^$", "^ - [F]"), []),
    # mod_remoteip
    ("RemoteIPHeader CF-Connecting-IP", ["remoteip"]),
    ("RemoteIPHeader True-Client-IP\nRemoteIPTrustedProxy 103.21.244.0/22", ["remoteip", "remoteip-proxies"]),
    ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxyList ips.txt", ["remoteip-other", "remoteip-proxies"]),
    ("RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.0.0.1 ::1", ["remoteip-other", "local-proxy"]),
    ("RemoteIPInternalProxy 127.0.0.1 103.21.244.0/22", ["remoteip-proxies"]),
    ("RemoteIPProxyProtocol On", ["proxy-protocol"]),
    ("RemoteIPProxyProtocol Off", []),
    # mod_cloudflare
    ("CloudFlareRemoteIPHeader CF-Connecting-IP\nCloudFlareRemoteIPTrustedProxy 103.21.244.0/22",
     ["mod-cloudflare", "mod-cloudflare"]),
    ("<IfModule mod_cloudflare.c>\nDenyAllButCloudFlare\n</IfModule>", ["mod-cloudflare-deny"]),
    # what counts for nothing
    ("# SSLVerifyClient require\n#RemoteIPHeader CF-Connecting-IP", []),
    ("# a comment that goes on \\\nSSLVerifyClient require", []),
    ("<IfModule !mod_authz_core.c>\nAllow from 141.101.64.0/18\n</IfModule>", []),
    ("<IfModule mod_authz_core.c>\n<Location />\nRequire ip 141.101.64.0/18\n</Location>\n</IfModule>", ["require-ip"]),
]


@pytest.mark.parametrize("lines, expected", FOUND)
def test_what_is_found(migrate, lines, expected):
    answer, written = migrate(site(lines))
    assert (answer.code, kinds(written)) == (OK, expected), answer
    assert SECRET not in answer.out


@pytest.mark.parametrize("lines, expected", FOUND)
def test_the_text_has_the_same_and_no_secret(tmp_path, lines, expected):
    path = tmp_path / "site.conf"
    path.write_text(site(lines))
    answer = ctl("migrate", path)
    assert answer.code == OK and SECRET not in answer.out + answer.err
    found = re.findall(rf"^  {re.escape(str(path))}:\d+ ([a-z-]+)", answer.out, re.M)
    assert found == expected


def test_every_find_and_change_has_its_line(migrate):
    text = site("\n# one\n<Location />\nRequire ip 103.21.244.0/22 \\\n  103.22.200.0/22\n</Location>")
    _, written = migrate(text)
    (vhost,) = written["vhosts"]
    lines = text.splitlines()
    assert (vhost["line"], vhost["name"], vhost["tls"]) == (1, "shop.example.com", True)
    assert lines[vhost["found"][0]["line"] - 1].startswith("Require ip")
    first, last = (c for c in vhost["changes"] if c["old"] and c["old"].startswith("Require "))
    assert (first["op"], first["last_line"] - first["line"], first["step"], last["step"]) == ("change", 1, 1, 3)
    assert first["new"] == ("Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '103.21.244.0/22' || "
                            "%{CONN_REMOTE_ADDR} -ipmatch '103.22.200.0/22'\"") == last["old"]
    assert last["new"] == "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\""


def test_a_site_that_is_open_moves_by_audit(migrate):
    _, written = migrate(site(""))
    assert proposed(written, 1) == ["SSLVerifyClient optional_no_ca", "SSLVerifyDepth 3", "CFOriginPull Audit",
                                    "CFOriginPullZone example.com cloudflare/example.com-ca.pem"]
    assert proposed(written, 2) == ["CFOriginPull On"] and not changes(written, 3)


def test_certificates_by_hand_go_to_on_at_once(migrate, pki, tmp_path):
    (tmp_path / "own.pem").write_text(pki.zone_a.pem)
    _, written = migrate(site("SSLVerifyClient require\nSSLCACertificateFile own.pem"), "--root", tmp_path)
    assert proposed(written, 1) == ["CFOriginPull On", "CFOriginPullZone example.com own.pem"]
    assert proposed(written, 3) == ["SSLVerifyClient optional_no_ca", "SSLVerifyDepth 3"]
    assert "guess" in next(c["why"] for c in changes(written) if "Zone" in str(c["new"]))
    assert "CN=zone-a" in str(changes(written))


def test_the_shared_ca_is_named_and_no_lasting_proof(migrate, pki, tmp_path):
    (tmp_path / "shared.pem").write_text(make_shared_ca(pki, tmp_path).pem)
    _, written = migrate(site("SSLVerifyClient require\nSSLCACertificateFile shared.pem"), "--root", tmp_path)
    assert proposed(written, 1) == [
        "CFOriginPull Audit", "SSLCACertificateFile cloudflare/example.com-both.pem",
        "CFOriginPullZone example.com cloudflare/example.com-ca.pem"]
    assert (proposed(written, 2), proposed(written, 3)) == (["CFOriginPull On"],
                                                            ["SSLVerifyClient optional_no_ca", "SSLVerifyDepth 3"])
    assert "some customer" in str(changes(written, 1))


def test_a_public_bundle_is_no_proof(migrate):
    _, written = migrate(site("SSLVerifyClient require\nSSLCACertificateFile /etc/ssl/certs/ca-certificates.crt"))
    zone = next(c for c in changes(written) if "CFOriginPullZone" in str(c["new"]))
    assert zone["new"].endswith(" cloudflare/example.com-ca.pem") and "public CAs" in zone["why"]
    assert "CFOriginPull Audit" in proposed(written, 1)
    assert not any("optional_no_ca" in text for text in proposed(written, 1) + proposed(written, 2))


@pytest.mark.parametrize("made, words", [
    (lambda pki: pki.ca("origin", subject="/O=CloudFlare, Inc./OU=CloudFlare Origin SSL ECC Certificate Authority/CN=x"),
     "Origin CA"),
    (lambda pki: pki.ca("between", pki.rogue_ca), "public CA")])
def test_a_ca_that_issues_to_others_is_no_proof(migrate, pki, tmp_path, monkeypatch, made, words):
    (tmp_path / "public.pem").write_text(pki.rogue_ca.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
    (tmp_path / "chain.pem").write_text(made(pki).pem)
    _, written = migrate(site("SSLVerifyClient require\nSSLCACertificateFile chain.pem"), "--root", tmp_path)
    zone = next(c for c in changes(written) if "CFOriginPullZone" in str(c["new"]))
    assert zone["new"].endswith(" cloudflare/example.com-ca.pem") and words in zone["why"]


ASK = "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n"
ZONE = "CFOriginPullZone example.com zone-ca.pem\n"
VERIFIED = "Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\""
PEER = "Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\""

# Sites that have begun: what is left to do, as step and new text ("-": removed).
BEGUN = [
    pytest.param(site(ASK + "CFOriginPull Audit\n" + ZONE + '<Location "/">\nRequire ip 173.245.48.0/20\n</Location>'),
                 [(1, PEER), (2, "CFOriginPull On"), (3, VERIFIED)], id="a list, in Audit"),
    pytest.param(site(ASK + "CFOriginPull On\n" + ZONE + '<Location "/">\nRequire ip 173.245.48.0/20\n</Location>'),
                 [(1, VERIFIED)], id="a list, under On"),
    pytest.param(site(ASK + "CFOriginPull On\n" + ZONE + '<Location "/">\nOrder deny,allow\nDeny from all\n'
                      "Allow from 103.21.244.0/22\nAllow from 173.245.48.0/20\n</Location>"),
                 [(1, "Allow from all"), (1, "-")], id="Allow from, under On"),
    pytest.param(site(ASK + "CFOriginPull Audit\n" + ZONE + GATE.format("%{HTTP:CF-IPCountry} ^$", "^ - [F]")),
                 [(2, "CFOriginPull On"), (3, "-")], id="a gate on a header, in Audit"),
    pytest.param("RemoteIPHeader CF-Connecting-IP\n" + site(ASK + "CFOriginPull Audit\n" + ZONE)
                 + site("CFOriginPull Off", "open.example.com", "*:80", tls=""),
                 [(2, "CFOriginPull On")], id="mod_remoteip for all hosts"),
    pytest.param("RemoteIPHeader CF-Connecting-IP\n" + site(ASK + "CFOriginPull Audit\n" + ZONE)
                 + site("CFOriginPull On", "www.example.com", "*:80", tls=""),
                 [(2, "CFOriginPull On"), (2, "-")], id="mod_remoteip for hosts that move"),
    pytest.param(site(ASK + "SSLCACertificateFile zone-ca.pem\nCFOriginPull Audit\n" + ZONE
                      + '<Location "/admin">\nRequire ssl-verify-client\n</Location>'),
                 [(2, "CFOriginPull On"), (2, VERIFIED)], id="require was taken away"),
    pytest.param(site("", "www.example.com") + site(ASK + "CFOriginPull Audit\n" + ZONE),
                 [(1, "SSLVerifyClient optional_no_ca"), (1, "SSLVerifyDepth 3"), (2, "CFOriginPull On")], id="421"),
    pytest.param(site(ASK + "CFOriginPull On\n" + ZONE), [], id="there already"),
    pytest.param(site("CFOriginPull On\n" + ZONE), [(1, "SSLVerifyClient optional_no_ca"), (1, "SSLVerifyDepth 3")],
                 id="never asks"),
]


@pytest.mark.parametrize("text, expected", BEGUN)
def test_a_site_that_has_begun_is_finished(migrate, text, expected):
    _, written = migrate(text)
    assert sorted((c["step"], c["new"] or "-") for c in changes(written)) == sorted(expected)


def test_a_site_that_is_open_since_require_is_gone_is_noted(migrate):
    _, written = migrate(site(ASK + "SSLCACertificateFile zone-ca.pem\nCFOriginPull Audit\n" + ZONE))
    assert "set SSLVerifyClient require again" in written["vhosts"][0]["notes"][0]


@pytest.mark.parametrize("name, zone", [
    ("example.com", "example.com"),
    ("www.shop.example.com", "example.com"),
    ("https://Shop.Example.COM:443", "example.com"),
    ("shop.example.co.uk", "example.co.uk"),
    ("example.com.au", "example.com.au"),
    ("www.example.de", "example.de"),
    ("example.com.", "example.com"),
    ("*.example.org", "example.org"),
    ("localhost", None),
    ("192.0.2.7", None),
    ("[2001:db8::1]:443", None),
    ('"bad name"', None),
])
def test_the_zone_is_guessed(migrate, name, zone):
    _, written = migrate(site("", name=name))
    zones = [text.split()[1] for text in proposed(written) if text.startswith("CFOriginPullZone")]
    assert zones == ([zone] if zone else [])
    assert zone or written["vhosts"][0]["notes"]


def test_each_domain_of_the_names_gets_a_zone(migrate):
    _, written = migrate(site("ServerAlias www.example.com example.net *.example.org"))
    assert [text.split()[1] for text in proposed(written) if "Zone" in text] == ["example.com", "example.net", "example.org"]


def test_zones_that_are_there_are_kept(migrate):
    _, written = migrate("CFOriginPullZone example.com a.pem\n" + site("CFOriginPull Audit"))
    assert not [text for text in proposed(written) if "Zone" in text]
    assert [(c["old"], c["new"]) for c in changes(written, 2)] == [("CFOriginPull Audit", "CFOriginPull On")]


def test_only_hosts_that_concern_cloudflare_unless_all_are_wanted(migrate):
    text = site("RemoteIPHeader CF-Connecting-IP") + site("", "other.example.net", tls="SSLEngine on\n")
    assert [v["name"] for v in migrate(text)[1]["vhosts"]] == ["shop.example.com"]
    assert [v["name"] for v in migrate(text, "--all")[1]["vhosts"]] == ["shop.example.com", "other.example.net"]


def test_hosts_with_the_same_tls_settings_move_together(migrate):
    """Otherwise requests that were served get 421."""
    text = site("RemoteIPHeader CF-Connecting-IP") + site("", "a.example.net") + \
        site("SSLProtocol -all +TLSv1.3", "b.example.net") + site("", "c.example.net", "*:8443")
    _, written = migrate(text)
    assert {v["name"]: [c["new"] for c in v["changes"]] for v in written["vhosts"]}["a.example.net"] == [
        "SSLVerifyClient optional_no_ca", "SSLVerifyDepth 3"]
    assert [v["name"] for v in written["vhosts"]] == ["shop.example.com", "a.example.net"]


def test_a_line_for_all_hosts_stays_while_others_need_it(migrate):
    text = "RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 103.21.244.0/22\n" + site("") + \
        site("", "open.example.net", "*:80", tls="")
    server = migrate(text)[1]["vhosts"][0]
    assert server["name"] == "main server" and not server["changes"] and "leave it" in server["notes"][0]


@pytest.mark.parametrize("lines", ["RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.0.0.1", ""])
def test_behind_a_proxy_that_ends_tls_nothing_is_proposed(migrate, lines):
    _, written = migrate(site(lines, address="*:443" if lines else "127.0.0.1:8443"), "--all")
    assert not changes(written) and "proxy on this host" in written["vhosts"][0]["notes"][0]


@pytest.mark.parametrize("rules, exempt", [
    ("Require ip 104.16.0.0/13 192.0.2.7", "192.0.2.7"),
    ("Require local\nRequire ip 104.16.0.0/13\nRequire ip 192.0.2.0/24 198.51.100.1", "127.0.0.0/8 ::1 192.0.2.0/24 198.51.100.1"),
    ("Order deny,allow\nDeny from all\nAllow from 192.0.2.7\nAllow from 104.16.0.0/13", "192.0.2.7"),
    ("<RequireAll>\nRequire ip 104.16.0.0/13\nRequire ip 192.0.2.7\n</RequireAll>", None),
    ("Require ip 104.16.0.0/13\nRequire not ip 192.0.2.7", None),
    ("Require ip 104.16.0.0/13\nRequire host office.example.com", None),
])
def test_addresses_that_come_past_cloudflare_are_exempted(migrate, rules, exempt):
    """Else On would refuse them."""
    _, written = migrate(site(f"<Location />\n{rules}\n</Location>"))
    lines = [text for text in proposed(written, 1) if text.startswith("CFOriginPullExemptFrom")]
    assert lines == ([f"CFOriginPullExemptFrom {exempt}"] if exempt else [])


def test_what_is_set_up_for_a_tunnel_is_left_alone(migrate):
    zone = "CFOriginPullZone example.com a.pem\nCFOriginPull On\n"
    for line in ("CFOriginPullTunnel 192.0.2.1", "CFOriginPullRequire tunnel", "CFOriginPullRequire ip"):
        assert not changes(migrate(site(zone + line))[1])
    assert changes(migrate(site(zone + "CFOriginPullRequire cert"))[1])


def test_default_hosts_that_serve_the_same_files_are_closed(migrate):
    def default(address, root, lines=""):
        return f'<VirtualHost {address}>\n{lines}{TLS if "443" in address else ""}DocumentRoot "{root}"\n</VirtualHost>\n'
    moved = site("DocumentRoot /var/www/shop")
    for root, opened in (("/var/www", 1), ("/var/www/shop/", 1), ("/var/www/sh", 0), ("/srv", 0), ("/var/www/shop/x", 0)):
        for address in ("*:80", "*:443"):
            _, written = migrate(default(address, root) + moved)
            closing = [c for v in written["vhosts"] if not v["name"] for c in v["changes"] if "SSL" not in c["new"]]
            assert len(closing) == opened and all(c["step"] == 2 for c in closing), (root, address)
    _, written = migrate(default("*:80", "/var/www", "Redirect / https://shop.example.com/\n") + moved)
    assert not [v for v in written["vhosts"] if not v["name"]]


def test_cloudflared_is_thought_of(migrate):
    _, written = migrate(site("", address="127.0.0.1:8080", tls=""))
    assert not changes(written) and "cloudflared" in written["vhosts"][0]["notes"][0]


def test_mod_cloudflare_stays_until_on(migrate):
    text = ("LoadModule cloudflare_module modules/mod_cloudflare.so\n"
            "CloudFlareRemoteIPHeader CF-Connecting-IP\nDenyAllButCloudFlare\n") + site("")
    _, written = migrate(text)
    assert {c["old"].split()[0]: c["step"] for c in changes(written) if c["op"] == "remove"} == {
        "LoadModule": 2, "CloudFlareRemoteIPHeader": 2, "DenyAllButCloudFlare": 2}


def test_mod_cloudflare_stays_where_others_need_it(migrate):
    text = "DenyAllButCloudFlare\n" + site("") + site("", "open.example.net", "*:80", tls="")
    _, written = migrate(text)
    assert not written["vhosts"][0]["changes"] and "leave it" in written["vhosts"][0]["notes"][0]


# What people load: folders, wildcards, variables, other line ends.

def test_included_files_are_read_like_httpd_does(tmp_path):
    (tmp_path / "sites").mkdir()
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "sites" / "b.conf").write_text(site("RemoteIPHeader CF-Connecting-IP", "b.example.com"))
    (tmp_path / "sites" / "a.conf").write_text(site("Include snippets/cf.conf", "a.example.com"))
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets" / "cf.conf").write_text("<Location />\nRequire ip 103.21.244.0/22\n</Location>\n")
    (tmp_path / "conf.d" / "x.conf").write_text("ServerTokens Prod\n")
    main = tmp_path / "httpd.conf"
    main.write_text(f'ServerRoot "{tmp_path}"\nDefine SITES sites\nInclude conf.d\nIncludeOptional ${{SITES}}/*.conf\n'
                    "Include missing.conf\nIncludeOptional none/*.conf\nUse Panel x\n")
    answer, written = ctl_json("migrate", main)
    assert answer.code == OK and written["files"] == 5
    assert [v["name"] for v in written["vhosts"]] == ["a.example.com", "b.example.com"]
    assert written["vhosts"][0]["found"][0]["file"] == str(tmp_path / "snippets" / "cf.conf")
    notes = "\n".join(note["text"] for note in written["notes"])
    assert "missing.conf" in notes and "DUMP_CONFIG" in notes and "none" not in notes


def test_server_root_can_be_given(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "x.conf").write_text(site("SSLVerifyClient require"))
    (tmp_path / "main.conf").write_text("Include x.conf\n")
    assert kinds(ctl_json("migrate", "--root", tmp_path / "root", tmp_path / "main.conf")[1]) == ["certificate-required"]


@pytest.mark.parametrize("text", [
    site("SSLVerifyClient require").replace("\n", "\r\n"),
    "\ufeff" + site("SSLVerifyClient require"),
    site("SSLVerifyClient require").rstrip("\n"),
    site("  \t SSLVerifyClient   require  \t"),
    site("SSLVerifyClient \\\n require"),
    site("</Location>\nSSLVerifyClient require"),
    "<IfDefine SSL>\n<IfModule mod_ssl.c>\n" + site("SSLVerifyClient require") + "</IfModule>\n</IfDefine>\n",
    "<IfVersion >= 2.4>\n" + site("SSLVerifyClient require") + "</IfVersion>\n",
    "Define V require\n" + site("SSLVerifyClient ${V}"),
])
def test_other_ways_of_writing(migrate, text):
    answer, written = migrate(text)
    assert kinds(written) == ["certificate-required"], answer


def test_the_output_of_dump_config_gives_the_same(scratch, pki, tmp_path):
    """With macros, which files do not show, at the lines of the macro."""
    text = "<Macro Site $name>\n" + vhost("$name", "RemoteIPHeader CF-Connecting-IP\n<Location />\n"
                                           f"Require ip 127.0.0.0/9 \\\n 103.21.244.0/22\n</Location>\n"
                                           f"<If \"%{{HTTP:X-Key}} != '{SECRET}'\">\nRequire all denied\n</If>",
                                           address="*") + "</Macro>\nUse Site shop.a.test\nUse Site shop.b.test\n" + \
        vhost("by.hand.test", "SSLVerifyClient require", verify=None, ca=pki.zone_a.crt, address="*")
    directory = tmp_path / "server"
    directory.mkdir()
    httpd = Httpd(directory, pki, server=text, modules=["info", "macro", "remoteip"])
    httpd.write_config()
    dump = tmp_path / "dump"
    dump.write_text(httpd.run("-t", "-D", "DUMP_CONFIG").stdout)
    answer, written = ctl_json("migrate", dump)
    assert [v["name"] for v in written["vhosts"]] == ["shop.a.test", "shop.b.test", "by.hand.test"]
    assert kinds(written) == ["certificate-asked-for", "remoteip", "require-ip"] * 2 + ["ca", "certificate-required"]
    assert "macro 'site'" in written["vhosts"][0]["file"] and SECRET not in answer.out
    by_hand = written["vhosts"][2]
    assert by_hand["file"] == str(httpd.config)
    assert httpd.config.read_text().splitlines()[by_hand["found"][1]["line"] - 1] == "SSLVerifyClient require"
    done = subprocess.run([CTL, "migrate", "--json", "-"], input=dump.read_bytes(), capture_output=True, timeout=60)
    assert done.returncode == OK and done.stdout.replace(b"/dev/stdin", str(dump).encode()) == answer.out.encode()


# What is no configuration.

def test_nothing_to_propose(migrate, tmp_path):
    answer, written = migrate("Listen 80\n<VirtualHost *:80>\nServerName a.example.com\n</VirtualHost>\n")
    assert (answer.code, written["vhosts"]) == (OK, [])
    assert "nothing to change: there" in ctl("migrate", tmp_path / "site.conf").out
    assert migrate("")[0].code == OK


def test_empty_input_is_what_httpd_prints_without_mod_info():
    done = subprocess.run([CTL, "migrate", "-"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (INVALID, "")
    assert "mod_info" in done.stderr and "-c 'LoadModule" in done.stderr


SHUT = site('CFOriginPull Off\n<Location "/">\nRequire all denied\n</Location>', name="default.example.net")
MOVED = site("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\nCFOriginPull On\nCFOriginPullZone example.com /etc/zone.pem")


@pytest.mark.parametrize("conf, shown", [
    (SHUT, "nothing to change: there is no"), (SHUT.replace("<Loc", "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n<Loc") + MOVED, "\nnothing to change\n"), (MOVED, "\nnothing to change\n"),
    (SHUT.replace("CFOriginPull Off\n", ""), "CFOriginPull Audit"), (SHUT.replace("denied", "granted"), "CFOriginPull Audit"),
    (SHUT.replace('"/"', "/private"), "CFOriginPull Audit"),
])
@pytest.mark.parametrize("more", [[], ["--all"]])
def test_a_virtual_host_that_is_shut_on_purpose_stays_as_it_is(migrate, tmp_path, conf, shown, more):
    answer, written = migrate(conf, *more)
    assert answer.code == OK and bool(changes(written)) == ("Audit" in shown)
    assert shown in ctl("migrate", tmp_path / "site.conf", *more).out


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "utf-16.conf").write_bytes(site("").encode("utf-16"))
    (tmp_path / "good.conf").write_text(site("SSLVerifyClient require"))
    answer, written = ctl_json("migrate", tmp_path / "none", tmp_path, tmp_path / "utf-16.conf", tmp_path / "good.conf")
    assert answer.code == INVALID and len(written["problems"]) == 3
    assert "NUL bytes" in answer.err and kinds(written) == ["certificate-required"]
    assert ctl("migrate").code == USAGE and ctl("migrate", "--root").code == USAGE


HOSTILE = {
    "a line of 1 MB": "SSLVerifyClient " + "x" * 1000000,
    "a line of 1 MB of words": "Require ip " + "1.1.1.1 " * 125000,
    "a line of 1 MB of variables": "Define A b\nRequire ip " + "${A}" * 250000,
    "a variable that doubles": "Define A xx\n" + "Define A ${A}${A}\n" * 60 + "ServerName ${A}\n",
    "continuation without end": "Require ip \\\n" * 50000 + "\\",
    "nesting": "<Directory /x>\n" * 60000 + "Require ip 104.16.0.0/13\n",
    "nesting of conditions": "<IfModule a>\n" * 60000 + "Require ip 104.16.0.0/13\n" + "</IfModule>\n" * 60000,
    "ends without beginnings": "</VirtualHost>\n" * 60000,
    "brackets": "<\n>\n<>\n</>\n< >\n<<<>>>\n</\n<VirtualHost\nServerName\n</VirtualHost\n" * 1000,
    "quotes": "ServerName \"a\nServerName 'b\\\nServerAlias \"\\\"\nRewriteCond \"%{HTTP:CF-\nRewriteRule\n",
    "hostile names": site("ServerAlias \x1b[31mred\x1b[0m " + "a" * 5000 + " ..  - *. *.*.com"),
    "latin-1": site("# caf\xe9").encode("latin-1"),
    "conditions": "RewriteCond %{HTTP:CF-Ray} ^$\n" * 20000,
    "many hosts": "".join(site("RemoteIPHeader CF-Connecting-IP", f"h{i}.example.com") for i in range(3000)),
    "many hosts without names": ("<VirtualHost *:80>\nDocumentRoot /srv/a\n</VirtualHost>\n" +
                                 site("DocumentRoot /srv/b\nRemoteIPHeader CF-Connecting-IP")) * 3000,
    "many rules": site("<Location />\n" + "Require ip 104.16.0.0/13\n" * 5000 + "</Location>"),
    "defines": "Define\nUnDefine\nDefine ${\nDefine A ${A}\nServerName ${A\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_soon_and_print_nothing_raw(migrate, tmp_path, name):
    start = time.process_time()
    answer, _ = migrate(HOSTILE[name])
    assert answer.code == OK
    answer = ctl("migrate", tmp_path / "site.conf")
    assert answer.code == OK and "\x1b" not in answer.out
    assert time.process_time() - start < 20


def test_files_that_include_each_other_end(tmp_path):
    (tmp_path / "a.conf").write_text("Include a.conf\nInclude b.conf\n")
    (tmp_path / "b.conf").write_text("Include a.conf\n" * 10 + site("SSLVerifyClient require"))
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "c.conf").write_text("Include .\n")
    for name in ("a.conf", "c.conf"):
        answer, written = ctl_json("migrate", "--root", tmp_path, tmp_path / name)
        assert answer.code == OK and "include each other" in str(written["notes"]), answer


def test_a_private_key_is_never_printed(migrate, pki, tmp_path):
    (tmp_path / "key.pem").write_text(pki.leaf_a.key.read_text())
    answer, _ = migrate(site("SSLVerifyClient require\nSSLCACertificateFile key.pem"), "--root", tmp_path)
    assert answer.code == OK and pki.leaf_a.key.read_text().splitlines()[1] not in answer.out
