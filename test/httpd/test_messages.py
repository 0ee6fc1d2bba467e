# SPDX-License-Identifier: Apache-2.0
"""What the module says of files and arguments that are not what it expects: what they are, and what to do. At
apachectl -t and in a running server."""
import base64
import os
import re

import pytest

from client import get
from pki import openssl
from server import parse_event, unescape, vhost
from test_check import findings

RANGES = ["173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "2400:cb00::/32", "2606:4700::/32"]


def lines(before="", after=""):
    return "".join(f"{before}{prefix}{after}\n" for prefix in RANGES)


def front(pem, text):
    return "".join(f"{text}{line}\n" for line in pem.splitlines())


# A PEM file of a CA, changed; words of the message.
PEMS = {
    "indented": (lambda pem: front(pem, "    "), "its lines are indented"),
    "tabs": (lambda pem: front(pem, "\t"), "its lines are indented"),
    "backslash n": (lambda pem: pem.replace("\n", "\\n"), "its line breaks are written as \\n"),
    "one line": (lambda pem: pem.replace("\n", " "), "its line breaks are lost"),
    "quoted": (lambda pem: front(pem, "> "), "begin with > as in a quoted mail"),
    "quotation marks": (lambda pem: f'"{pem.strip()}"\n', "in quotation marks"),
    "em dash": (lambda pem: pem.replace("-----BEGIN", "\u2014--BEGIN"), "typographic dashes"),
    "en dashes": (lambda pem: pem.replace("-----", "\u2013\u2013-"), "typographic dashes"),
    "Windows dashes": (lambda pem: pem.encode().replace(b"-----", b"\x96\x96-"), "typographic dashes"),
    "glued": (lambda pem: pem.strip() + pem, "an END and a BEGIN are on one line"),
    "UTF-16": (lambda pem: pem.encode("utf-16"), "it is in UTF-16"),
    "UTF-16 big": (lambda pem: b"\xfe\xff" + pem.encode("utf-16-be"), "it is in UTF-16"),
    "UTF-16 without a mark": (lambda pem: pem.encode("utf-16-le"), "it is in UTF-16"),
    "HTML": (lambda pem: "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>\n", "a page of HTML"),
    "JSON": (lambda pem: '{"certificate": "' + pem.replace("\n", "\\n") + '"}', "it is JSON"),
    "base64": (lambda pem: "".join(pem.splitlines(True)[1:-1]), "only the base64"),
    "cut off": (lambda pem: pem[:-40], "line is missing"),
    "numbers": (lambda pem: "".join(f"{n:4}  {line}\n" for n, line in enumerate(pem.splitlines(), 1)), "line numbers"),
    "NUL": (lambda pem: pem.replace("BEGIN", "BEGIN\0").replace("END", "E\0ND").encode(), "NUL bytes"),
}


@pytest.mark.parametrize("kind", PEMS)
def test_what_a_proof_file_is_is_said_at_the_start_and_of_a_folder(configuration, pki, scratch, kind):
    """The zone of a file in a folder is shut; a file that a line names stops the start."""
    change, words = PEMS[kind]
    content = change(pki.zone_a.pem)
    folder = scratch / f"messages-{os.urandom(4).hex()}"
    folder.mkdir()
    path = folder / "b.test.pem"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    code, output = configuration(vhost("a.test", f"CFOriginPull On\n{zone}CFOriginPullZone b.test {path}\n"))
    assert code == 1 and f'CFOriginPullZone: "{path}": ' in output and words in output.replace("\\\\", "\\")
    code, output = configuration(vhost("a.test", f"CFOriginPull On\n{zone}CFOriginPullZoneDir {folder}\n", aliases="b.test"))
    assert code == 0 and re.search(f"CFO0102 zone-shut {path}: .*{re.escape(words)}", output.replace("\\\\", "\\"))


@pytest.mark.parametrize("content", [
    lambda pki: b"\xef\xbb\xbf" + pki.zone_a.pem.encode(), lambda pki: pki.zone_a.pem.replace("\n", "\r\n").encode(),
    lambda pki: pki.zone_a.pem.replace("\n", "\r").encode(), lambda pki: pki.zone_a.pem.strip().encode()])
def test_a_mark_and_other_ends_of_lines_are_accepted(configuration, pki, scratch, content):
    path = scratch / "accepted.pem"
    path.write_bytes(content(pki))
    code, output = configuration(vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {path}\n"))
    assert code == 0 and findings(output) == [], output


@pytest.mark.parametrize("how, words", [
    ("pkcs12", "it is PKCS#12"), ("pkcs7", "openssl pkcs7"), ("pkcs7 der", "it is PKCS#7"), ("der", "it is DER, not PEM"),
    ("key der", "it is a private key in DER"), ("csr", "of which a CA makes the certificate"),
    ("csr der", "certificate request"), ("trusted", "openssl x509 -in FILE"), ("public key", "spki-sha256")])
def test_other_formats_are_named_with_how_to_convert_them(configuration, pki, scratch, how, words):
    crt, key, csr = pki.zone_a.crt, pki.zone_a.key, pki.zone_a.crt.with_suffix(".csr")
    content = {
        "pkcs12": lambda: openssl("pkcs12", "-export", "-in", crt, "-inkey", key, "-passout", "pass:"),
        "pkcs7": lambda: openssl("crl2pkcs7", "-nocrl", "-certfile", crt),
        "pkcs7 der": lambda: openssl("crl2pkcs7", "-nocrl", "-certfile", crt, "-outform", "der"),
        "der": lambda: pki.zone_a.der,
        "key der": lambda: openssl("pkey", "-in", key, "-outform", "der"),
        "csr": csr.read_bytes, "csr der": lambda: openssl("req", "-in", csr, "-outform", "der"),
        "trusted": lambda: openssl("x509", "-in", crt, "-trustout"),
        "public key": lambda: openssl("x509", "-in", crt, "-pubkey", "-noout"),
    }[how]()
    path = scratch / "other-format"
    path.write_bytes(content)
    code, output = configuration(vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {path}\n"))
    assert code == 1 and words in output, output


# A list in another format, words of the message.
LISTS = {
    "commas": (",".join(RANGES) + "\n", ["a comma", "several ranges on a line"]),
    "trailing commas": (lines(after=","), ["a comma", "a list with commas or semicolons"]),
    "one line": (" ".join(RANGES) + "\n", ["several words", "several ranges on a line"]),
    "netmask": ("103.21.244.0/255.255.252.0\n", ["it has a netmask; write 103.21.244.0/22", "a list with netmasks"]),
    "second column": (lines(after=" CF-Connecting-IP"), ["several words", "other columns"]),
    "nginx": (lines("set_real_ip_from ", ";") + "real_ip_header CF-Connecting-IP;\n", ["a list for nginx"]),
    "RemoteIP": (lines("RemoteIPTrustedProxy "), ["a list for mod_remoteip"]),
    "Require": (lines("Require ip "), ["a list of access rules"]),
    "Allow": ("Order deny,allow\nDeny from all\n" + lines("Allow from "), ["a list of access rules"]),
    "iptables": (lines("-A INPUT -s ", " -p tcp -j ACCEPT"), ["a list of firewall rules"]),
    "API": ('{"result":{"ipv4_cidrs":["173.245.48.0/20"],"ipv6_cidrs":["2400:cb00::/32"],"etag":"x"},"success":true,'
            '"errors":[],"messages":[]}\n', ["it looks like JSON, such as the answer of Cloudflare's API"]),
    "UTF-16": (lines().encode("utf-16"), ["a NUL byte", "a text in UTF-16"]),
}


@pytest.mark.parametrize("kind", LISTS)
def test_what_a_range_list_is_is_said_at_the_start(configuration, scratch, kind):
    content, words = LISTS[kind]
    path = scratch / "other-list.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, output = configuration(f"CFOriginPullRanges {path}\n")
    assert code == 1 and f'CFOriginPullRanges: "{path}": line 1: ' in output
    for word in [*words, "cf-originctl ranges --convert FILE makes a list of it"]:
        assert word.lower() in output.lower(), output


def test_a_mark_is_accepted_in_a_list(configuration, scratch):
    path = scratch / "mark.txt"
    path.write_bytes(b"\xef\xbb\xbf" + lines().encode())
    assert configuration(f"CFOriginPullRanges {path}\n")[0] == 0


@pytest.fixture
def retired(configuration, scratch):
    """The findings on ranges; {list} is a file of them."""
    def look(directive, content="192.0.2.0/24\n", mode="Audit"):
        path = scratch / "retired.txt"
        path.write_text(content)
        code, output = configuration(directive.replace("{list}", str(path)) + "\n" + vhost(
            "a.test", f"CFOriginPull {mode}\nCFOriginPullZone a.test sha256:{'0' * 64}\n"))
        assert code == 0, output
        assert {f.vhost.split(":")[0] for f in findings(output)} <= {"main.test"}
        return [(f.code, f.level, f.text) for f in findings(output)]
    return look


@pytest.mark.parametrize("directive, content, words", [
    ("CFOriginPullRanges 104.16.0.0/12", "", "104.16.0.0/13 and 104.24.0.0/14 instead"),
    ("CFOriginPullRanges builtin 199.27.128.0/21", "", "since 2017-06-07: remove it"),
    ("CFOriginPullRanges builtin\nCFOriginPullRanges 104.28.0.0/14", "", "since 2021-04-08: remove it"),
    ("CFOriginPullRanges 104.0.0.0/8", "", "contains 104.28.0.0/14"),
    ("CFOriginPullRanges {list}", "173.245.48.0/20\n104.16.0.0/12\n199.27.128.0/21\n", "; 199.27.128.0/21 has not been"),
])
def test_ranges_that_are_not_cloudflares_any_more_are_found(retired, directive, content, words):
    found = retired(directive, content)
    assert [f[:2] for f in found] == [("CFO0259", "warn")] and words in found[0][2]


@pytest.mark.parametrize("directive", ["CFOriginPullRanges builtin", "CFOriginPullRanges 104.16.0.0/13 104.24.0.0/14",
                                       "CFOriginPullRanges 104.28.5.0/24", "CFOriginPullRanges {list}"])
def test_other_ranges_are_no_finding(retired, directive):
    assert retired(directive) == []


def test_retired_ranges_are_no_finding_where_the_module_is_off(retired):
    assert retired("CFOriginPullRanges 104.16.0.0/12", mode="Off") == []


PATTERN, SEPARATOR = "a regular expression or a pattern", "no separator within an argument"


@pytest.mark.parametrize("argument, word, reason", [
    ("/(healthz|ping)", None, PATTERN), ("/healthz$", None, PATTERN), ("^/healthz", None, PATTERN), ("/a/*", None, PATTERN),
    ("~ /x", "~", PATTERN), ("~* \\.php$", "~*", PATTERN), ("= /x", "=", PATTERN), ("/[a-z]+", None, PATTERN),
    ("/api/{id}", None, PATTERN), ("/a|/b", None, PATTERN), ("/status/.*", None, PATTERN), ('"/a\\.b"', "/a\\.b", PATTERN),
    ("/a,/b", None, SEPARATOR), ("/a, /b", "/a,", SEPARATOR), ("/a;", None, SEPARATOR), ('"/a /b"', "/a /b", SEPARATOR),
    ("/x?y=1", None, "a query (?)"), ("/x#y", None, "a query (?)"), ("https://a.test/x", None, "this is a URL"),
    ("a.test/x", None, "this is a URL"), ("//a.test/x", None, "this is a URL"), ("/%2ewell-known/", None, "decoded"),
])
def test_an_exempt_path_is_no_pattern_and_no_list(configuration, argument, word, reason):
    code, output = configuration(f"CFOriginPullExemptPath {argument}\n")
    output = output.replace("\\\\", "\\")
    assert code == 1 and f'CFOriginPullExemptPath: "{word or argument}": ' in output and reason in output


@pytest.mark.parametrize("argument", ["/.well-known/acme-challenge/", "/~user/", "/a+b", "/@vite", "/wiki/Foo_(bar)",
                                      "/a$b", "/a!b", "/a:b", "/a=b", "/a&b", "/a'b"])
def test_what_a_path_may_have_is_accepted(configuration, argument):
    code, output = configuration(f'CFOriginPullExemptPath "{argument}"\n')
    assert code == 0, output


@pytest.mark.parametrize("directive", ["Ranges", "Tunnel", "ExemptFrom", "ProxyProtocol"])
@pytest.mark.parametrize("argument, reason", [
    ("192.0.2.4,198.51.100.8", "a comma; ranges are separated by spaces in a directive"),
    ("192.0.2.4;", "a semicolon"), ("10.0.0.0-10.0.0.255", "write 10.0.0.0/24"),
    ("103.21.244.0/255.255.252.0", "write 103.21.244.0/22"), ("103.21.244.0/255.0.252.0", "not a netmask"),
    ("[::1]", "it has brackets; write ::1"), ("192.0.2.1:443", "it has a port; write 192.0.2.1"),
    ("192.168.1.*", "write 192.168.1.0/24"), ("https://www.cloudflare.com/ips-v4", "URL"),
])
def test_a_range_is_one_range(configuration, directive, argument, reason):
    code, output = configuration(f"CFOriginPull{directive} {argument}\n")
    assert code == 1 and f'CFOriginPull{directive}: "{argument}": ' in output and reason in output, output


@pytest.mark.parametrize("argument, reason", [
    ("*.example.com", "wildcards are not needed"), ("example.com,www.example.com", "these are several names"),
    ("example.com;", "these are several names"), ("https://example.com", "this is a URL"),
    ("example.com:443", "without a port"), ("example.com/", "without a path"), ("(www\\.)?example\\.com", "a regular expression"),
    ("B\u00dcCHER.example", "write xn--bcher-kva.example"), ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "write xn--e1afmkfd.xn--p1ai"),
    ("example.com\u200b", "perhaps by an invisible character"), ("example\u3002com", "perhaps by an invisible character"),
    ("example.com$", "a regular expression"), ("admin@example.com", "a mail address"),
])
def test_a_zone_is_one_name(configuration, argument, reason):
    code, output = configuration(f"CFOriginPullZone '{argument}' sha256:{'0' * 64}\n")
    assert code == 1 and reason in output and "expected a DNS name such as example.com, or *" in output, output


@pytest.mark.parametrize("line, reason", [
    ("CFOriginPullRequire cert,ip", "words are separated by spaces"),
    ("CFOriginPullZone a.test {pki}/a.pem,{pki}/b.pem", "arguments are separated by spaces"),
    (f"CFOriginPullZone a.test sha256:{'0' * 64},sha256:{'1' * 64}", "arguments are separated by spaces"),
    ("CFOriginPullZone a.test {pki}/*.pem", "it is a name, not a pattern"),
    ("CFOriginPullRanges ranges.txt,more.txt", "arguments are separated by spaces"),
    (r"CFOriginPullRanges ^173\.245\.", "it must be a range, not a regular expression"),
    ("CFOriginPullRanges builtin !192.0.2.0/24", "ranges cannot be excluded"),
    ("CFOriginPullRanges builtin -192.0.2.0/24", "ranges cannot be excluded"),
    ("CFOriginPullRanges cloudflare", "is called builtin"),
    ("CFOriginPullRanges all", "is called builtin"),
    ("CFOriginPullRanges fe80::1%eth0", "it has an interface; write fe80::1"),
    ("CFOriginPullRanges ::ffff:173.245.48.0/116", "write 173.245.48.0/20 instead"),
    ("CFOriginPullRanges 104.16/13", "it is shortened; write 104.16.0.0/13"),
    ("CFOriginPullRanges 173.245.48.0\u2013173.245.63.255", "not ASCII"),
    ("CFOriginPullRefuse 404,", "expected a status"),
    ("CFOriginPullWorkers any|none", "words are separated by spaces"),
])
def test_a_separator_is_named(configuration, line, reason):
    code, output = configuration(line + "\n")
    assert code == 1 and reason in output, output


@pytest.fixture
def folder_findings(configuration, pki, scratch):
    """What is found of the files NAME.pem of a folder: of the main server, or of the virtual host itself."""
    def look(*names, aliases="", own=False, mode="On", host="example.com", others=()):
        folder = scratch / f"names-{os.urandom(4).hex()}"
        folder.mkdir()
        for name in (host, *names):
            (folder / f"{name}.pem").write_text(pki.zone_a.pem)
        for name in others:
            (folder / name).write_text(pki.zone_a.pem)
        line = f"CFOriginPullZoneDir {folder}\n"
        code, output = configuration(("" if own else line) + vhost(
            host, f"CFOriginPull {mode}\n" + (line if own else ""), aliases=aliases))
        assert code == 0, output
        found = [f for f in findings(output) if f.at.strip('"') == str(folder)]
        assert {f.vhost.split(":")[0] for f in found} <= {host if own else "main.test"}
        return [(f.code, f.level, f.text) for f in found]
    return look


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("name, words", [
    ("example.com-ca", '"example.com-ca" (the file for the zone example.com is called example.com.pem)'),
    ("example.com_ca", "example.com.pem"), ("example.com.crt", "example.com.pem"), ("example.com.bak", "example.com.pem"),
    ("www_example_com", "www.example.com.pem"), ("ca-example.com", "example.com.pem"),
    ("example.org-ca", "no top-level domain is called org-ca"), ("fullchain", "how files of certificates are called"),
])
def test_a_file_with_an_odd_name_is_found(folder_findings, name, words, own):
    found = folder_findings(name, aliases="www.example.com", own=own)
    assert [f[:2] for f in found] == [("CFO0260", "warn")] and words in found[0][2], found


@pytest.mark.parametrize("name", ["shop.example.crt", "shop.example.PEM", "SHOP.example.cer", "shop.example.txt"])
def test_a_file_of_a_host_with_another_extension_is_found(folder_findings, name):
    found = folder_findings(aliases="shop.example", others=[name])
    assert [f[:2] for f in found] == [("CFO0260", "warn")]
    assert f'"{name}" (the file is called shop.example.pem)' in found[0][2]


def test_other_files_of_a_folder_are_no_finding(folder_findings):
    """Those of hosts that have a zone may be the certificates of the server."""
    others = ["example.com.crt", "example.com.key", "www.example.com.crt", "README.txt", "shop.example.key", ".shop.example.crt",
              "gone.example.crt"]
    assert folder_findings(aliases="www.example.com shop.example", others=others) == []


def test_files_of_no_host_are_summed_up_in_a_notice(folder_findings):
    found = folder_findings(*(f"gone-{number}.example" for number in range(30)))
    assert [f[:2] for f in found] == [("CFO0261", "notice")]
    assert "this folder has 30 files for a zone" in found[0][2] and found[0][2].count("gone-") == 5 and "and others" in found[0][2]


@pytest.mark.parametrize("names, options", [
    (["www.example.com"], {"aliases": "www.example.com"}),
    (["app.example.com"], {"aliases": "*.example.com"}),
    (["other.example", "example.com-ca"], {"aliases": "*"}),
    (["other.example"], {"own": True}),   # any host reaches this virtual host
    (["other.example"], {"mode": "Off"}),
    (["com"], {}), ([], {}),
])
def test_files_that_a_host_may_need_are_no_finding(folder_findings, names, options):
    assert folder_findings(*names, **options) == []


@pytest.fixture
def live(httpd, pki, scratch):
    """A running server, its folder and its range list."""
    folder = scratch / f"messages-live-{os.urandom(4).hex()}"
    (folder / "zones").mkdir(parents=True)
    (folder / "zones" / "a.test.pem").write_text(pki.zone_a.pem)
    (folder / "ranges.txt").write_text("127.0.0.0/9\n")
    server = httpd(server=f"CFOriginPullReload 1\nCFOriginPullRanges {folder}/ranges.txt\nCFOriginPullZoneDir {folder}/zones\n"
                   + vhost("a.test", "CFOriginPull On\n", aliases="b.test"))
    return server, folder


def test_a_live_file_is_explained_too(live, pki):
    server, folder = live
    (folder / "zones" / "b.test.pem").write_text(front(pki.zone_b.pem, "  "))
    (folder / "zones" / "a.test-ca.pem").write_text(pki.zone_a.pem)
    (folder / "ranges.txt").write_text(lines("set_real_ip_from ", ";"))

    def events(code):
        return [parse_event(line) for line in server.log().splitlines() if f" {code} " in line]
    server.wait_for(lambda: len(events("CFO0131")) == 2 and events("CFO0144"), "the lines")
    reasons = sorted(event["reason"] for event in events("CFO0131"))
    assert "its lines are indented" in reasons[0] + reasons[1] and "a list for nginx" in reasons[0] + reasons[1]
    odd, = events("CFO0144")
    assert odd["zones"] == "1" and "a.test-ca" in odd["names"] and "a.test.pem" in odd["names"]
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    # Good, and doubtful.
    (folder / "ranges.txt").write_text("127.0.0.0/9\n104.16.0.0/12\n")
    server.wait_for(lambda: events("CFO0143"), "the line")
    assert "104.24.0.0/14 instead" in events("CFO0143")[0]["hint"]
