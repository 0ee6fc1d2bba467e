# SPDX-License-Identifier: Apache-2.0
"""What is left of other ways to do the same: certificates that mod_ssl checked (CFO0214, CFO0243, CFO0247), mod_remoteip
(CFO0211), proxies in front that end TLS (CFO0246)."""
import re

import pytest

from checking import MODULES, checked, codes, location, zone_file  # noqa: F401
from client import CLOUDFLARE, EDGE, STRANGER, VISITOR, get
from examples import configurations
from server import vhost

ZONE = "CFOriginPullRanges builtin 127.0.0.0/9\nCFOriginPullZone a.test {pki}/zone-a.pem\n"
CA = "{pki}/zone-a.pem"
LOGIN = "AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile /dev/null\nRequire valid-user"


def one(scratch, pki, text, codes_of_interest, main=""):
    """What is found of these codes in the virtual host site.a.test. No request can reach the main server."""
    found = checked(scratch, pki, ZONE + main + text, ports=1)
    return [f for f in found.get("site", []) if f.code in codes_of_interest]


# mod_ssl

def test_require_is_left_by_way_of_on(scratch, pki, httpd):
    """Each step of the advice is no finding, and none lets a stranger in."""
    steps = [("CFOriginPull Audit", "require", ["CFO0214"]), ("CFOriginPull On", "require", []),
             ("CFOriginPull On", "optional_no_ca", [])]
    for policy, verify, expected in steps:
        site = vhost("site.a.test", policy, verify=verify, ca=CA)
        found = one(scratch, pki, site, ("CFO0214", "CFO0247"))
        assert [f.code for f in found] == expected
        if found:
            assert "under Audit, optional_no_ca would serve everybody" in found[0].text.replace("Under", "under") and found[0].line == "SSLVerifyClient require"
        server = httpd(server=ZONE + site)
        assert get(server.port, sni="site.a.test", cert=pki.leaf_a).status == 200
        try:
            assert get(server.port, sni="site.a.test", source=STRANGER).status == 403
        except OSError:
            assert verify == "require"


@pytest.mark.parametrize("policy, verify, ca, expected", [
    ("Audit", "optional_no_ca", CA, "SSLCACertificateFile"), ("Audit", "optional", CA, "SSLCACertificateFile"),
    ("Audit", "optional_no_ca", None, None), ("On", "optional_no_ca", CA, None), ("Off", "optional_no_ca", CA, None),
    ("Audit", "require", CA, None)])
def test_audit_after_require_opens_the_site(scratch, pki, policy, verify, ca, expected):
    found = one(scratch, pki, vhost("site.a.test", f"CFOriginPull {policy}", verify=verify, ca=ca), ("CFO0247",))
    assert [f.line.split()[0] for f in found] == ([expected] if expected else [])
    assert all(f.level == "notice" and "CFOriginPull On" in f.text for f in found)


def test_the_notice_is_true(httpd):
    server = httpd(server=ZONE + vhost("site.a.test", "CFOriginPull Audit", ca=CA))
    assert get(server.port, sni="site.a.test", source=STRANGER).status == 200


@pytest.mark.parametrize("lines, main, verify, is_found", [
    ("SSLUserName SSL_CLIENT_S_DN_CN", "", "optional_no_ca", True),
    ("SSLOptions +FakeBasicAuth", "", "optional_no_ca", True),
    ("SSLOptions +StdEnvVars +FakeBasicAuth", "", "optional_no_ca", True),
    (location("SSLOptions FakeBasicAuth\n" + LOGIN), "", "optional_no_ca", True),
    (location("SSLUserName SSL_CLIENT_S_DN"), "", "optional_no_ca", True),
    ("", "SSLUserName SSL_CLIENT_S_DN\n", "optional_no_ca", True),
    ("SSLOptions +StdEnvVars", "", "optional_no_ca", False),
    ("SSLOptions -FakeBasicAuth", "", "optional_no_ca", False),
    ("SSLUserName SSL_CLIENT_S_DN_CN", "", "require\nSSLCACertificateFile {pki}/zone-a.pem", False)])
@pytest.mark.parametrize("policy", ["Audit", "On", "Off"])
def test_names_of_users_from_certificates(scratch, pki, lines, main, verify, is_found, policy):
    found = one(scratch, pki, vhost("site.a.test", f"CFOriginPull {policy}\n{lines}", verify=verify), ("CFO0243",), main)
    assert len(found) == (is_found and policy != "Off")


# mod_remoteip

REMOTE = "RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 173.245.48.0/20 127.0.0.0/9\n"
FORWARDED = "RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 173.245.48.0/20 127.0.0.0/9\n"
OTHER = vhost("other.a.test")


@pytest.mark.parametrize("policy, own, main, other, level, words", [
    # Under Audit the line does what it did, until On.
    ("Audit", REMOTE, "", "", "notice", "Leave the line until CFOriginPull is On, and remove it then"),
    ("Audit", "", REMOTE, OTHER, "notice", "Leave the line for other.a.test"),
    ("Audit", "", REMOTE, "", "notice", "Leave the line until CFOriginPull is On"),
    ("Audit", FORWARDED, "", "", "notice", "as soon as CFOriginPull is On: this module then sets their client address"),
    ("Audit\nCFOriginPullClientIP off", REMOTE, "", "", None, ""),
    # Under On the module does it.
    ("On", REMOTE, "", "", "notice", "Remove the line"),
    ("On", REMOTE, "", OTHER, "notice", "Remove the line"),
    ("On", FORWARDED, "", "", "notice", "Remove the line"),
    ("On", "", REMOTE, "", "notice", "Remove the line"),
    ("On", "", REMOTE, OTHER, "notice", "Leave the line for other.a.test"),
    ("On", "", FORWARDED, OTHER, "notice", "Leave the line for other.a.test"),
    ("Audit\nCFOriginPullClientIP edge", "", REMOTE, OTHER, "notice", "Leave the line for other.a.test"),
    ("Audit\nCFOriginPullClientIP verified", REMOTE, "", "", "notice", "Leave the line until CFOriginPull is On"),
    ("On\nCFOriginPullClientIP off", REMOTE, "", "", None, ""),
    ("Off", REMOTE, "", "", None, ""),
    # Whoever sends the header.
    ("Audit", "RemoteIPHeader X-Forwarded-For", "", "", "warn", "List the proxies in RemoteIPTrustedProxy"),
    ("Audit", "RemoteIPHeader CF-Connecting-IP", "", "", "warn", "List the proxies in RemoteIPTrustedProxy"),
    ("On", "RemoteIPHeader X-Forwarded-For", "", "", "warn", "Remove the line"),
    ("On", "", "RemoteIPHeader X-Forwarded-For\n", OTHER, "warn", "List the proxies"),
    ("On", "RemoteIPHeader CF-Connecting-IP", "", "", "notice", "Remove the line"),
    ("Off", "RemoteIPHeader X-Forwarded-For", "", "", None, "")])
def test_remoteip_header(scratch, pki, policy, own, main, other, level, words):
    site = vhost("site.a.test", f"CFOriginPull {policy}\n{own}")
    found = one(scratch, pki, site + other, ("CFO0211",), main)
    assert [f.level for f in found] == ([level] if level else [])
    assert all(words in f.text and f.line.startswith("RemoteIPHeader") for f in found)
    assert not main or policy == "On" and not other or all("Remove the line" not in f.text for f in found)


def test_a_shared_header_line_does_no_harm_under_on(httpd, pki):
    """Neither forged headers nor the line make an address; and the other virtual host still has it."""
    server = httpd(modules=MODULES, server=ZONE + REMOTE + vhost(
        "site.a.test", f"CFOriginPull On\nCFOriginPullExemptFrom {STRANGER} 127.0.0.9") + OTHER)
    for name, source, cert, address in (("site", EDGE, pki.leaf_a, VISITOR), ("site", "127.0.0.9", None, "127.0.0.9"),
                                        ("site", STRANGER, None, STRANGER), ("other", EDGE, None, VISITOR)):
        path = f"/{name}-{source}"
        get(server.port, path, CLOUDFLARE, sni=f"{name}.a.test", source=source, cert=cert)
        assert server.wait_access(path).split()[0] == address


# Proxies in front

NGINX = "RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 127.0.0.2\n"


@pytest.mark.parametrize("lines, main, options, is_found", [
    (NGINX, "", {}, True),
    (NGINX, "", {"tls": False}, True),
    (NGINX, "", {"address": "*"}, True),
    ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 10.0.0.0/8 192.168.1.5\n", "", {"address": "*"}, True),
    ("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy localhost ::1\n", "", {}, True),
    ("CFOriginPullRequire ip\n" + NGINX, "", {}, True),
    ("", NGINX, {}, True),
    # Plesk: the proxy connects to the address of the virtual host.
    ("", "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1 203.0.113.5 ::1\n", {"address": "203.0.113.5"}, True),
    ("", "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 203.0.113.6\n", {"address": "203.0.113.5"}, False),
    # The line of the main server may be for others.
    ("", "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n", {"address": "203.0.113.5"}, False),
    ("", NGINX, {"address": "*"}, False),
    # The proxies are Cloudflare's, or some of them.
    (FORWARDED, "", {}, False), (REMOTE, "", {}, False),
    ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 127.0.0.1 173.245.48.0/20\n", "", {}, False),
    # They are the edge by CFOriginPullRanges, unless the header is one that Cloudflare does not send.
    *[(f"RemoteIPHeader {header}\nRemoteIPTrustedProxy {near}\n", "", {}, is_found) for header, near, is_found in (
        ("CF-Connecting-IP", "127.0.9.0/24", False), ("CF-Connecting-IP", "127.0.0.0/8", False), ("cf-connecting-ip", "127.0.9.1 10.0.0.7", False),
        ("True-Client-IP", "127.0.9.1", False), ("X-Real-IP", "127.0.9.1", True), ("CF-Connecting-IP", "10.0.0.7", True))],
    ("", "RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 127.0.9.0/24\n", {}, False),
    # The module can see what it needs.
    (NGINX + "CFOriginPullTunnel 127.0.0.2", "", {}, False),
    ("RemoteIPProxyProtocol On\nCFOriginPullProxyProtocol 127.0.0.2\n" + NGINX, "", {}, False),
    ("RemoteIPInternalProxy 127.0.0.2", "", {}, False),
    ("", "", {}, False), ("", "", {"tls": False}, False)])
@pytest.mark.parametrize("policy", ["On", "Audit", "Off"])
def test_a_proxy_in_front(scratch, pki, lines, main, options, is_found, policy):
    site = vhost("site.a.test", f"CFOriginPull {policy}\n{lines}", **options)
    found = one(scratch, pki, site, ("CFO0246", "CFO0211"), main)
    if is_found and policy != "Off":
        assert [(f.code, f.level) for f in found] == [("CFO0246", "warn")]
        assert "docs/frontends.md" in found[0].text and found[0].line.startswith("RemoteIP")
    else:
        assert "CFO0246" not in [f.code for f in found]


@pytest.mark.parametrize("beside, is_found", [("Deny from all", False), ("Allow from all", True)])
def test_a_status_page_is_restricted_by_deny_in_another_section(scratch, pki, beside, is_found):
    page = location("SetHandler cf-origin-status", "/status") + "\n" + location(beside, "/status")
    found = one(scratch, pki, vhost("site.a.test", f"CFOriginPull On\n{page}"), ("CFO0228",))
    assert len(found) == is_found


def manual_blocks():
    return [x for x in configurations("docs/frontends.md") if "<VirtualHost" in x]


@pytest.mark.parametrize("number", range(2))
def test_the_virtual_hosts_of_the_manual_page_have_no_findings(scratch, pki, number):
    text = re.sub(r"^Listen .*$", "", manual_blocks()[number], flags=re.M).replace("8443", "{port}").replace("8080", "{port}")
    for old, new in (("/var/www/html", "{docroot}"), ("ssl/example.com.pem", "{pki}/server.pem"),
                     ("cloudflare/example.com-ca.pem", "{pki}/zone-a.pem")):
        text = text.replace(old, new)
    assert len(manual_blocks()) == 2 and checked(scratch, pki, text, ports=1) == {}


# The cases of published configurations

TLS = "SSLEngine on\nSSLCertificateFile {pki}/server.pem\n"


@pytest.mark.parametrize("text, expected", [
    ("RemoteIPHeader CF-Connecting-IP\nRemoteIPTrustedProxy 173.245.48.0/20 103.21.244.0/22 127.0.9.0/24\n"
     + vhost("site.a.test", "CFOriginPull Audit") + vhost("notyet.example.org", verify=None), [("CFO0211", "notice"), ("CFO0245", "notice")]),
    (vhost("site.a.test", "CFOriginPull Audit\n" + location("Require ssl-verify-client", "/admin"), ca=CA),
     [("CFO0242", "warn"), ("CFO0247", "notice")]),
    (vhost("site.a.test", "CFOriginPull On\n" + NGINX), [("CFO0246", "warn")])])
def test_published_configurations(scratch, pki, text, expected):
    assert codes(checked(scratch, pki, ZONE + text)).get("site", []) == expected
