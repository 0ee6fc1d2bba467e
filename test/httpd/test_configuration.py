# SPDX-License-Identifier: Apache-2.0
"""Which configurations are accepted, which messages the others cause, and that accepted settings take
effect."""
import base64
import os
import re
import tempfile

import pytest

from client import EDGE, STRANGER, get
from pki import openssl
from server import ROOT, Httpd, vhost

DIGITS = "0123456789abcdef" * 4
COLONS = ":".join(DIGITS[i:i + 2].upper() for i in range(0, 64, 2))
BASE64 = base64.b64encode(bytes.fromhex(DIGITS)).decode()

A_PROOF = "a PEM file of certificates, sha256:HEX or spki-sha256:HEX-or-BASE64"
A_ZONE = "a DNS name such as example.com, or *"
A_DIGEST = "64 hexadecimal digits, or 32 pairs with colons"
A_STATUS = "a status from 400 to 599 that httpd knows, such as 403 or 404, or drop"
A_MODE = "Off, Audit or On"


@pytest.fixture
def check(scratch, pki):
    """apachectl -t: (httpd, exit code, output)."""
    def run(server, **options):
        httpd = Httpd(tempfile.mkdtemp(prefix="s", dir=scratch), pki, server=server, **options)
        return httpd, *httpd.check()
    return run


def assert_stops(checked, line, *words):
    """The start stopped at this line of the file, with a message that has all these words."""
    httpd, code, output = checked
    number = httpd.config.read_text().splitlines().index(httpd.fill(line)) + 1
    assert code == 1, output
    assert f"line {number} of {httpd.config}:" in output
    # httpd doubles each backslash.
    output = output.replace("\\\\", "\\")
    for word in (line.split()[0], *words):
        assert httpd.fill(word) in output, output


def assert_loads(checked):
    """Findings of the configuration check (test_check.py) are allowed."""
    _, code, output = checked
    output = [line for line in output.splitlines() if " CFO02" not in line]
    assert (code, output) == (0, ["Syntax OK"])


# A line, the wrong text as the message shows it, what is accepted instead.
BAD_WORDS = [
    ("CFOriginPull Maybe", '"Maybe"', f"expected {A_MODE}"),
    ("CFOriginPull 1", '"1"', f"expected {A_MODE}"),
    ("CFOriginPull none", '"none"', f"expected {A_MODE}"),
    ('CFOriginPull "O\tn"', '"O\\x09n"', f"expected {A_MODE}"),
    ("CFOriginPullRequire none", '"none"', "expected cert, ip or both"),
    ("CFOriginPullRequire cert zone", '"zone"', "expected cert, ip or both"),
    ("CFOriginPullRequire cert,ip", '"cert,ip"', "expected cert, ip or both"),
    ("CFOriginPullClientIP On", '"On"', "expected verified, edge or off"),
    ("CFOriginPullScrub Audit", '"Audit"', "expected On or Off"),
    ("CFOriginPullWorkers same", '"same"', "expected any, same-zone or none"),
    ("CFOriginPullEarlyDrop yes", '"yes"', "expected On or Off"),
    ("CFOriginPullLogID true", '"true"', "expected On or Off"),
    ("CFOriginPullRefuse 200", '"200"', A_STATUS),
    ("CFOriginPullRefuse 302", '"302"', A_STATUS),
    ("CFOriginPullRefuse 399", '"399"', A_STATUS),
    ("CFOriginPullRefuse 499", '"499"', A_STATUS),
    ("CFOriginPullRefuse 600", '"600"', A_STATUS),
    ("CFOriginPullRefuse 0403", '"0403"', A_STATUS),
    ("CFOriginPullRefuse 4o3", '"4o3"', A_STATUS),
    ("CFOriginPullRefuse -403", '"-403"', A_STATUS),
    ("CFOriginPullRefuse close", '"close"', A_STATUS),
    ("CFOriginPullExemptPath health", '"health"', "begins with a slash"),
    ("CFOriginPullExemptPath http://a.test/x", '"http://a.test/x"', "begins with a slash"),
    ('CFOriginPullExemptPath ""', '""', "begins with a slash"),
    ("CFOriginPullExemptPath /", '"/"', "would exempt everything"),
    ("CFOriginPullExemptPath /ok/ /a%2fb", '"/a%2fb"', "decoded and normalised"),
    ("CFOriginPullExemptPath /a//b", '"/a//b"', "decoded and normalised"),
    ("CFOriginPullExemptPath /a/../b", '"/a/../b"', "decoded and normalised"),
    ("CFOriginPullExemptPath /a/.", '"/a/."', "decoded and normalised"),
    ("CFOriginPullExemptPath /a?b", '"/a?b"', "no part of the path"),
    ("CFOriginPullExemptPath /a/*", '"/a/*"', "a regular expression or a pattern"),
    ("CFOriginPullExemptPath /a none", '"none"', "cannot be combined with other values"),
    ("CFOriginPullZoneDir {dir}/nowhere", '"{dir}/nowhere"', "a folder with a file NAME.pem for each zone, or none"),
    ("CFOriginPullZoneDir nowhere", '"{dir}/nowhere"', "a folder with a file NAME.pem for each zone, or none"),
    ("CFOriginPullZoneDir {pki}/server.pem", '"{pki}/server.pem"', "a folder with a file NAME.pem for each zone"),
]


@pytest.mark.parametrize("line, text, accepted", BAD_WORDS)
def test_a_bad_word_stops_the_start_with_its_place_and_what_is_accepted(check, line, text, accepted):
    assert_stops(check(line), line, text, accepted)


@pytest.mark.parametrize("line, accepted", [
    ("CFOriginPull", "Off, Audit (check and log, refuse nothing) or On (refuse requests that are not proved"),
    ("CFOriginPull On Off", "Off, Audit (check and log, refuse nothing) or On (refuse requests that are not proved"),
    ("CFOriginPullZone", "the name of a zone and one or more proofs"),
    ("CFOriginPullZone a.test", "the name of a zone and one or more proofs"),
    ("CFOriginPullZoneDir", "folder with a file NAME.pem for each zone"),
    ("CFOriginPullZoneDir a b", "folder with a file NAME.pem for each zone"),
    ("CFOriginPullRequire", "cert, ip or both"),
    ("CFOriginPullRequire cert ip cert", "cert, ip or both"),
    ("CFOriginPullRanges", "builtin, files, ranges or none"),
    ("CFOriginPullProxyProtocol", "addresses, ranges (192.0.2.0/24, 2001:db8::/32) or none"),
    ("CFOriginPullTunnel", "addresses, ranges (192.0.2.0/24, 2001:db8::/32) or none"),
    ("CFOriginPullExemptFrom", "addresses, ranges (192.0.2.0/24, 2001:db8::/32) or none"),
    ("CFOriginPullExemptPath", "paths such as /.well-known/acme-challenge/ or none"),
    ("CFOriginPullClientIP", "verified, edge or off"),
    ("CFOriginPullScrub On Off", "On or Off"),
    ("CFOriginPullWorkers", "any, same-zone or none"),
    ("CFOriginPullRefuse", "a 4xx or 5xx status, or drop"),
    ("CFOriginPullEarlyDrop", "On or Off"),
    ("CFOriginPullLogID", "On or Off"),
])
def test_a_wrong_number_of_arguments_stops_the_start_and_shows_what_is_accepted(check, line, accepted):
    assert_stops(check(line), line, accepted)


@pytest.mark.A33
@pytest.mark.parametrize("directive", ["Ranges", "ProxyProtocol", "Tunnel", "ExemptFrom"])
@pytest.mark.parametrize("text, accepted", [
    ("192.0.2.1/24", "bits are set to the right of /24"),
    ("2001:db8::1/32", "bits are set to the right of /32"),
    ("192.0.2.0/33", "a number from 8 to 32"),
    ("2001:db8::/129", "a number from 16 to 128"),
    ("192.0.2.0/", "a number from 8 to 32"),
    ("192.0.2.0/024", "a number from 8 to 32"),
    ("10.0.0.0/7", "wider than /8"),
    ("0.0.0.0/0", "wider than /8"),
    ("::/8", "wider than /16"),
    ("2000::/15", "wider than /16"),
    ("127.1", "address/length, such as 192.0.2.0/24 or 2001:db8::/32"),
    ("192.0.2", "address/length, such as 192.0.2.0/24 or 2001:db8::/32"),
    ("192.0.2.01", "address/length, such as 192.0.2.0/24 or 2001:db8::/32"),
    ("3221225985", "address/length, such as 192.0.2.0/24 or 2001:db8::/32"),
    ("2001:db8:::1", "address/length, such as 192.0.2.0/24 or 2001:db8::/32"),
    ("::ffff:192.0.2.1", "write 192.0.2.1 instead"),
    ("::ffff:192.0.2.0/120", "write 192.0.2.0/24 instead"),
])
def test_a_bad_range_stops_the_start_in_every_list(check, directive, text, accepted):
    line = f"CFOriginPull{directive} 198.51.100.0/24 {text} 203.0.113.0/24"
    assert_stops(check(line), line, f'"{text}"', accepted)


@pytest.mark.A22
@pytest.mark.parametrize("directive", ["ProxyProtocol", "Tunnel", "ExemptFrom"])
@pytest.mark.parametrize("text", ["localhost", "builtin", "fe80::1%lo", "0x7f000001", "[::1]", ""])
def test_host_names_are_rejected_and_not_looked_up(check, directive, text):
    line = f'CFOriginPull{directive} "{text}"'
    assert_stops(check(line), line, f'"{text}"', "address/length", "names are not looked up")


@pytest.mark.parametrize("directive", ["Ranges", "ProxyProtocol", "Tunnel", "ExemptFrom"])
@pytest.mark.parametrize("words", ["none 192.0.2.1", "192.0.2.1 none", "NONE none"])
def test_none_with_other_addresses_is_an_error(check, directive, words):
    line = f"CFOriginPull{directive} {words}"
    assert_stops(check(line), line, '"none"', "cannot be combined with other values")


@pytest.mark.W15
@pytest.mark.parametrize("name, text, reason", [
    ("a..test", "a..test", "an empty label"),
    (".a.test", ".a.test", "an empty label"),
    ("a.test..", "a.test..", "an empty label"),
    (".", ".", "an empty label"),
    ('""', "", "an empty name"),
    ("*.a.test", "*.a.test", "a name covers itself and every name below it"),
    ("a.*.test", "a.*.test", "a DNS name has only"),
    ("192.0.2.1", "192.0.2.1", "an address or a number is not a zone"),
    ("a.123", "a.123", "an address or a number is not a zone"),
    ("::1", "::1", "a DNS name has only"),
    ("[::1]", "[::1]", "a DNS name has only"),
    ("münchen.test", "m\\xc3\\xbcnchen.test", "not in ASCII; write xn--mnchen-3ya.test"),
    ("https://a.test", "https://a.test", "a DNS name has only"),
    ("a.test:443", "a.test:443", "a DNS name has only"),
    ("a.test/", "a.test/", "a DNS name has only"),
    ("-a.test", "-a.test", "begins or ends with a hyphen"),
    ("a-.test", "a-.test", "begins or ends with a hyphen"),
    ("x" * 64 + ".test", "x" * 64 + ".test", "a label of more than 63 characters"),
    ("abcdefgh." * 28 + "ab", "abcdefgh.abcdefgh.", "longer than 253 characters"),
])
def test_a_zone_must_be_a_dns_name(check, name, text, reason):
    line = f"CFOriginPullZone {name} sha256:{DIGITS}"
    # A long text is truncated.
    assert_stops(check(line), line, f'"{text}', reason, f"expected {A_ZONE}")


@pytest.mark.A35
@pytest.mark.parametrize("pin, accepted", [
    ("sha256:" + DIGITS[:-1], A_DIGEST),
    ("sha256:" + DIGITS + "0", A_DIGEST),
    ("sha256:" + DIGITS[:40], A_DIGEST),
    ("sha256:" + DIGITS * 2, A_DIGEST),
    ("sha256:", A_DIGEST),
    ("sha256:" + DIGITS[:-1] + "g", A_DIGEST),
    ("sha256:" + COLONS[:59], A_DIGEST),
    ("sha256:" + COLONS[:-3] + "0:0", A_DIGEST),
    ("sha256:" + COLONS.replace(":", "-"), A_DIGEST),
    ("sha256:" + COLONS[1:] + ":", A_DIGEST),
    ("sha256:" + BASE64, A_DIGEST),
    ("SHA256:" + DIGITS[:-2], A_DIGEST),
    ("spki-sha256:" + DIGITS[:40], A_DIGEST),
    ("spki-sha256:" + BASE64[:-1], "or 44 characters of base64"),
    ("spki-sha256:" + BASE64 + "=", "or 44 characters of base64"),
    ("spki-sha256:" + BASE64.replace("=", "A"), "or 44 characters of base64"),
    ("spki-sha256:" + "-_" + BASE64[2:], "or 44 characters of base64"),
    ("spki-sha256:" + base64.b64encode(b"x" * 20).decode(), "or 44 characters of base64"),
    ("spki-sha256:" + base64.b64encode(b"x" * 64).decode(), "or 44 characters of base64"),
])
def test_a_pin_that_is_not_a_sha_256_value_stops_the_start(check, pin, accepted):
    line = f"CFOriginPullZone a.test sha256:{DIGITS} {pin}"
    assert_stops(check(line), line, f'"{pin[:90]}', f"{len(pin.split(':', 1)[1])} characters after the colon", accepted)


@pytest.mark.A35
@pytest.mark.parametrize("pin", ["sha1:" + DIGITS[:40], "sha512:" + DIGITS * 2, "md5:" + DIGITS[:32], DIGITS,
                                 "spki:" + BASE64])
def test_a_pin_of_another_kind_stops_the_start_and_shows_which_kinds_exist(check, pin):
    line = f"CFOriginPullZone a.test {pin}"
    assert_stops(check(line), line, f'"{{dir}}/{pin[:40]}', f"expected {A_PROOF}")


@pytest.fixture(scope="module")
def files(scratch, pki):
    """A folder with proof files of every kind."""
    folder = scratch / "files"
    folder.mkdir()
    pem, key = pki.zone_a.pem, pki.zone_a.key

    def block(der):
        return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"

    contents = {
        "empty": "",
        "text": "the certificate is in my other file\n",
        "der": pki.zone_a.der,
        "key": key.read_text(),
        "key-behind": pem + key.read_text(),
        "key-encrypted": openssl("pkcs8", "-topk8", "-in", key, "-passout", "pass:x"),
        "csr": pki.zone_a.crt.with_suffix(".csr").read_text(),
        "crl": openssl("ca", "-gencrl", "-config", pki.config, "-cert", pki.zone_a.crt, "-keyfile", key,
                       "-crldays", "1"),
        "public-key": openssl("x509", "-in", pki.zone_a.crt, "-pubkey", "-noout"),
        "trusted": openssl("x509", "-in", pki.zone_a.crt, "-trustout"),
        "cut": pem + pki.zone_b.pem[:-60],
        "cut-in-the-line": pem + "-----BEGIN CERTIF",
        "bad-base64": pem.replace("MII", "M!I", 1),
        "no-certificate": block(b"\x30\x03\x02\x01\x01"),
        "half-certificate": block(pki.zone_a.der[:200]),
        "trailing": block(pki.zone_a.der + b"xx"),
        # Good ones.
        "plain": pem,
        "crlf": pem.replace("\n", "\r\n"),
        "without-newline": pem.rstrip("\n"),
        "with-text": openssl("x509", "-in", pki.zone_a.crt, "-text"),
        "old-name": pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
        "two": pem + "\n\n# the next one\n" + pki.zone_b.pem,
        "with-mark": b"\xef\xbb\xbf" + pem.encode(),
        "leaf": pki.leaf_a.pem,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    os.mkfifo(folder / "fifo")
    for name, most in (("large", 1), ("large-list", 16)):
        with open(folder / name, "wb") as large:
            large.truncate(most * 1024 * 1024 + 1)
    return folder


@pytest.mark.parametrize("name, reason", [
    ("missing", "No such file or directory"),
    (".", "a directory, not a file"),
    ("fifo", "not a regular file"),
    ("large", "larger than 1048576 bytes"),
    ("empty", "empty"),
    ("text", "it contains no certificate (no line -----BEGIN CERTIFICATE-----)"),
    ("der", "DER, not PEM; convert it: openssl x509 -inform der"),
    ("key", "block 1 of 1 is a private key"),
    ("key-behind", "block 2 of 2 is a private key"),
    ("key-encrypted", "block 1 of 1 is a private key"),
    ("csr", 'a block of type "CERTIFICATE REQUEST"; only CERTIFICATE is accepted'),
    ("crl", 'a block of type "X509 CRL"; only CERTIFICATE is accepted'),
    ("public-key", 'a block of type "PUBLIC KEY"; only CERTIFICATE is accepted'),
    ("trusted", 'a block of type "TRUSTED CERTIFICATE"; only CERTIFICATE is accepted'),
    ("cut", "block 2 of 2 is damaged or incomplete"),
    ("cut-in-the-line", "block 2 of 2 is damaged or incomplete"),
    ("bad-base64", "block 1 of 1 is damaged or incomplete"),
    ("no-certificate", "block 1 of 1 is a certificate that OpenSSL rejects"),
    ("half-certificate", "block 1 of 1 is a certificate that OpenSSL rejects"),
    ("trailing", "extra bytes follow its end"),
])
def test_a_proof_file_that_does_not_load_stops_the_start(check, files, name, reason):
    line = f"CFOriginPullZone a.test {files}/plain {files}/{name}"
    assert_stops(check(line), line, f'"{files}/{name.removesuffix(".")}"', reason, f"expected {A_PROOF}")


@pytest.mark.parametrize("content, number, text, reason", [
    ("103.21.244.0/22\n131.0.72.0/222400:cb00::/32\n", 2, '"131.0.72.0/222400:cb00::/32"', "a number from 8 to 32"),
    ("<!DOCTYPE html>\n<title>Just a moment...</title>\n", 1, '"<!DOCTYPE html>"', "not an IPv4 or IPv6 address"),
    ("# edge\n\n103.21.244.0/22\n0.0.0.0/0\n", 4, '"0.0.0.0/0"', "wider than /8"),
    ("2400:cb00::/32\n::/0", 2, '"::/0"', "wider than /16"),
    ("103.21.244.1/22\n", 1, '"103.21.244.1/22"', "bits are set to the right of /22"),
    ("103.21.244.0/22, 103.22.200.0/22\n", 1, '"103.21.244.0/22, 103.22.200.0/22"', "a number from 8 to 32"),
    ("103.21.244.0/22\nlocalhost\n", 2, '"localhost"', "names are not looked up"),
    ("103.21.244.0/22\n\0\0\0\n", 2, "a NUL byte", "not a text file"),
    ("a\x1b[31m\"b", 1, '"a\\x1b[31m\\x22b"', "not an IPv4 or IPv6 address"),
])
def test_a_bad_line_in_a_range_file_is_reported_with_number_and_text(check, scratch, content, number, text, reason):
    path = scratch / "bad-ranges.txt"
    path.write_text(content)
    line = f"CFOriginPullRanges builtin {path}"
    assert_stops(check(line), line, f'"{path}": line {number}: ', text, reason)


@pytest.mark.A33
@pytest.mark.parametrize("content", ["", "\n\n", "# nothing but this\n", "\r\n  \t\r\n"])
def test_a_range_file_without_a_range_stops_the_start(check, scratch, content):
    path = scratch / "no-ranges.txt"
    path.write_text(content)
    line = f"CFOriginPullRanges 192.0.2.0/24 {path}"
    assert_stops(check(line), line, f'"{path}"', "it contains no range")


@pytest.mark.parametrize("name, reason", [
    ("missing", "neither builtin nor a range, and as a file it cannot be read: No such file or directory"), ("fifo", "not a regular file"),
    ("large-list", "larger than 16777216 bytes"),
    ("", "a directory, not a file"),
])
def test_a_range_file_that_cannot_be_read_stops_the_start(check, files, name, reason):
    line = f"CFOriginPullRanges {files}/{name}"
    assert_stops(check(line), line, f'"{files}/{name}"', reason)


@pytest.mark.parametrize("before, line, after, reason", [
    ("<VirtualHost 127.0.0.1:1>", "CFOriginPullRanges builtin", "</VirtualHost>", "within <VirtualHost>"),
    ("<Location /x>", "CFOriginPull Off", "</Location>", "CFOriginPullExemptPath"),
    ('<Directory "{docroot}">', "CFOriginPull Off", "</Directory>", "CFOriginPullExemptPath"),
    ("<Files x>", "CFOriginPull Off", "</Files>", "CFOriginPullExemptPath"),
    ("<Location /x>", "CFOriginPull Maybe", "</Location>", A_MODE),
    ('<Directory "{docroot}">', f"CFOriginPullZone a.test sha256:{DIGITS}", "</Directory>", "not allowed in <Directory>"),
    ("<Location /x>", f"CFOriginPullZone a.test sha256:{DIGITS}", "</Location>", "not allowed in <Location>"),
    *[("<Location /x>", line, "</Location>", "not allowed in <Location>") for line in (
        "CFOriginPullZoneDir none", "CFOriginPullRequire cert", "CFOriginPullProxyProtocol none",
        "CFOriginPullTunnel none", "CFOriginPullExemptFrom none", "CFOriginPullExemptPath none",
        "CFOriginPullClientIP off", "CFOriginPullScrub Off", "CFOriginPullWorkers any", "CFOriginPullRefuse 404",
        "CFOriginPullEarlyDrop Off", "CFOriginPullLogID On", "CFOriginPullRanges none")],
    ("<Location /x>\n<Limit GET>", "CFOriginPull On", "</Limit>\n</Location>", "<Limit>"),
])
def test_a_directive_in_the_wrong_place_stops_the_start(check, before, line, after, reason):
    # httpd names some sections without their closing bracket.
    assert_stops(check(f"{before}\n{line}\n{after}\n"), line, reason.removesuffix(">"))


@pytest.mark.A35
@pytest.mark.parametrize("server, number_of, words", [
    ("CFOriginPull On\n", None, ["the main server"]),
    (vhost("a.test", "CFOriginPull Audit"), "<VirtualHost", ["the virtual host a.test"]),
    (vhost("a.test", '<Location "/x">\nCFOriginPull On\n</Location>'), "<VirtualHost", ["the virtual host a.test"]),
    (f"CFOriginPullZone a.test sha256:{DIGITS}\n" + vhost("a.test", "CFOriginPull On\nCFOriginPullZone none"),
     "<VirtualHost", ["the virtual host a.test"]),
])
def test_requiring_a_certificate_without_zones_stops_the_start_with_what_to_do(check, server, number_of, words):
    httpd, code, output = check(server)
    assert code == 1
    for word in [*words, "CFO0101", "CFOriginPullZone", "CFOriginPullZoneDir", "CFOriginPullRequire tunnel", "CFOriginPullTunnel"]:
        assert word in output
    assert "CFOriginPullRequire ip" not in output  # which would open it
    if number_of:
        lines = httpd.config.read_text().splitlines()
        number = next(i for i, line in enumerate(lines, 1) if line.startswith(number_of))
        assert f"({httpd.config}:{number})" in output


def test_a_protected_directory_of_the_main_server_does_not_stop_virtual_hosts_without_it(configuration, pki):
    code, output = configuration("<Directory /srv>\nCFOriginPull On\n</Directory>\n"
                               + vhost("a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}") + vhost("c.test")
                               + vhost("d.test", "CFOriginPullScrub Off"))
    assert code == 0 and "CFO0101" not in output


def test_a_folder_without_a_zone_causes_a_warning(httpd, configuration, scratch, pki):
    folder = scratch / "no-zones"
    folder.mkdir(exist_ok=True)
    (folder / "a.test.crt").write_text(pki.zone_a.pem)
    server = vhost("a.test", f"CFOriginPull On\nCFOriginPullZoneDir {folder}")
    code, output = configuration(server)
    assert code == 0 and output.count("CFO0107 no-zone-file") == 1 and "the virtual host a.test" in output
    running = httpd(server=server)
    assert running.log().count("CFO0107 no-zone-file") == 1


@pytest.mark.A38
def test_requiring_a_certificate_without_mod_ssl_stops_the_start_with_what_to_do(check):
    _, code, output = check(f"CFOriginPull On\nCFOriginPullZone a.test sha256:{DIGITS}\n", tls=False)
    assert code == 1
    for word in ["CFO0100", "mod_ssl is not loaded", "load it", "CFOriginPullRequire tunnel"]:
        assert word in output
    assert "CFOriginPullRequire ip" not in output


@pytest.mark.parametrize("line", [
    *[f"CFOriginPull {word}" for word in ("Off", "off", "OFF", '"Off"')],
    *[f"CFOriginPullRequire {words}" for words in ("cert", "ip", "cert ip", "ip cert", "CERT IP")],
    *[f"CFOriginPullClientIP {word}" for word in ("verified", "edge", "off", "Verified")],
    *[f"CFOriginPullScrub {word}" for word in ("On", "off")],
    *[f"CFOriginPullWorkers {word}" for word in ("any", "same-zone", "none", "Same-Zone")],
    *[f"CFOriginPullRefuse {word}" for word in ("403", "404", "400", "410", "421", "451", "500", "503", "drop", "Drop")],
    *[f"CFOriginPullEarlyDrop {word}" for word in ("On", "Off")],
    *[f"CFOriginPullLogID {word}" for word in ("On", "Off")],
    *[f"CFOriginPullRanges {words}" for words in (
        "builtin", "none", "NONE", "Builtin 192.0.2.0/24", "192.0.2.1", "192.0.2.1/32 10.0.0.0/8", "2001:DB8::/32",
        "2000::/16 ::1", "ranges.txt", "{dir}/ranges.txt builtin", '"{dir}/ranges.txt"')],
    *[f"CFOriginPull{name} {words}" for name in ("ProxyProtocol", "Tunnel", "ExemptFrom") for words in (
        "none", "192.0.2.0/24 2001:db8::/32", '"::1"', "  127.0.0.1\t 127.0.0.2  ")],
    *[f"CFOriginPullExemptPath {words}" for words in (
        "none", "/.well-known/acme-challenge/", "/health /status", '"/with space"', "/.hidden", "/a..b", "/ü")],
    *[f"CFOriginPullZoneDir {words}" for words in ("none", "zones", "{dir}/zones", "{dir}/zones/")],
    *[f"CFOriginPullZone {words}" for words in (
        "none", "None", "a.test ca.pem", "a.test {dir}/ca.pem", "A.Test. ca.pem", "* ca.pem", "localhost ca.pem",
        "_x.xn--mnchen-3ya.test ca.pem", "a.test ca.pem " + f"sha256:{DIGITS} spki-sha256:{BASE64}")],
    *[f"CFOriginPullZone a.test {kind}:{digits}" for kind in ("sha256", "SHA256", "spki-sha256")
      for digits in (DIGITS, DIGITS.upper(), COLONS, COLONS.lower())],
    "<Location /x>\nCFOriginPull On\n</Location>\nCFOriginPullRequire ip",
    '<Directory "{docroot}">\nCFOriginPull audit\n</Directory>\nCFOriginPullRequire ip',
])
def test_a_good_line_is_accepted_without_a_message(scratch, pki, line):
    httpd = Httpd(tempfile.mkdtemp(prefix="s", dir=scratch), pki, server=line)
    (httpd.dir / "zones").mkdir()
    (httpd.dir / "zones" / "a.test.pem").write_text(pki.zone_a.pem)
    (httpd.dir / "ca.pem").write_text(pki.zone_a.pem)
    (httpd.dir / "ranges.txt").write_text("# edge\r\n192.0.2.0/24 # here\r\n\r\n 2001:DB8::/32\t\n192.0.2.1")
    assert_loads((httpd, *httpd.check()))


@pytest.mark.parametrize("name", ["plain", "crlf", "without-newline", "with-text", "old-name", "two", "with-mark", "leaf"])
def test_a_good_proof_file_is_accepted_without_a_message(check, files, name):
    assert_loads(check(f"CFOriginPullZone a.test {files}/{name}"))


def test_every_directive_is_allowed_in_the_main_server_and_in_a_virtual_host(check, pki):
    """Except CFOriginPullRanges. Both together cause no message."""
    lines = [f"CFOriginPullZone a.test {pki.zone_a.crt}", "CFOriginPullZoneDir none", "CFOriginPullRequire cert ip",
             "CFOriginPullProxyProtocol 127.0.0.2", "CFOriginPullTunnel 127.0.0.3", "CFOriginPullExemptFrom 127.0.0.4",
             "CFOriginPullExemptPath /health", "CFOriginPullClientIP verified", "CFOriginPullScrub On",
             "CFOriginPullWorkers same-zone", "CFOriginPullRefuse 404", "CFOriginPullEarlyDrop Off",
             "CFOriginPullLogID On", "CFOriginPull Off"]
    text = "\n".join(lines) + "\n"
    assert_loads(check("CFOriginPullRanges builtin\n" + text + vhost("a.test", text)))


# Accepted settings take effect: more than 64 words in one line, several lines, every spelling of a pin.

@pytest.fixture(scope="module")
def spelled(httpd, pki, scratch):
    """One host name for each way to configure the same leaf, and long lists."""
    def colons(digest):
        return ":".join(digest[i:i + 2] for i in range(0, 64, 2))

    leaf, key = pki.leaf_a.sha256, pki.leaf_a.spki_sha256
    pins = {
        "sha-lower": f"sha256:{leaf}", "sha-upper": f"sha256:{leaf.upper()}",
        "sha-colons": f"SHA256:{colons(leaf).upper()}", "sha-colons-lower": f"sha256:{colons(leaf)}",
        "spki-lower": f"spki-sha256:{key}", "spki-upper": f"spki-sha256:{key.upper()}",
        "spki-colons": f"SPKI-sha256:{colons(key).upper()}",
        "spki-base64": "spki-sha256:" + base64.b64encode(bytes.fromhex(key)).decode(),
        "file": pki.leaf_a.crt, "ca": pki.zone_a.crt,
        "last-of-many": " ".join(f"sha256:{i:064x}" for i in range(100)) + f" {pki.leaf_a.crt}",
        "half": f"sha256:{leaf[:32]}{'0' * 32}", "key-as-leaf": f"sha256:{key}", "leaf-as-key": f"spki-sha256:{leaf}",
    }
    lines = [f"CFOriginPullZone {name}.a.test {pin}" for name, pin in pins.items()]
    lines += ["CFOriginPullZone added.a.test sha256:" + DIGITS, f"CFOriginPullZone ADDED.A.test. {pki.leaf_a.crt}",
              f"CFOriginPullZone added.a.test {pki.zone_b.crt}"]
    many = [f"127.201.0.{i}" for i in range(100)]
    lines += ["CFOriginPullExemptFrom " + " ".join(many), "CFOriginPullExemptFrom 127.202.0.1",
              "CFOriginPullTunnel " + " ".join(x.replace("201", "203") for x in many), "CFOriginPullTunnel 127.204.0.1",
              "CFOriginPullExemptPath " + " ".join(f"/exempt{i}" for i in range(100)), "CFOriginPullExemptPath /more"]
    (scratch / "spelled-ranges.txt").write_text("127.0.0.0/9\n")
    server = ("CFOriginPullRanges " + " ".join(x.replace("201", "205") for x in many) + "\n"
              f"CFOriginPullRanges {scratch}/spelled-ranges.txt\n"
              + vhost("a.test", "CFOriginPull On\n" + "\n".join(lines), aliases="*.a.test"))
    return httpd(server=server)


@pytest.mark.A35
@pytest.mark.parametrize("name", ["sha-lower", "sha-upper", "sha-colons", "sha-colons-lower", "spki-lower",
                                  "spki-upper", "spki-colons", "spki-base64", "file", "ca", "last-of-many", "added"])
def test_every_spelling_of_a_proof_admits_its_leaf_and_refuses_another(spelled, pki, name):
    host = f"{name}.a.test"
    assert get(spelled.port, f"/{name}", cert=pki.leaf_a, sni=host).status == 404
    assert spelled.wait_event(uri=f"/{name}")["reason"] == "verified"
    assert get(spelled.port, f"/{name}/other", cert=pki.rogue, sni=host).status == 403
    assert spelled.wait_event(uri=f"/{name}/other")["reason"] == "cert-unknown"


@pytest.mark.A35
@pytest.mark.parametrize("name", ["half", "key-as-leaf", "leaf-as-key"])
def test_a_pin_that_differs_refuses(spelled, pki, name):
    assert get(spelled.port, f"/{name}", cert=pki.leaf_a, sni=f"{name}.a.test").status == 403


def test_a_leaf_pin_refuses_another_leaf_of_the_same_ca_and_a_ca_admits_it(spelled, pki):
    other = pki.issue("other-a", pki.zone_a)
    for name, status in [("sha-lower", 403), ("spki-base64", 403), ("file", 403), ("ca", 404)]:
        assert get(spelled.port, "/nothing", cert=other, sni=f"{name}.a.test").status == status


@pytest.mark.parametrize("source, reason", [
    ("127.201.0.99", "exempt-address"), ("127.202.0.1", "exempt-address"),
    ("127.203.0.0", "tunnel"), ("127.203.0.99", "tunnel"), ("127.204.0.1", "tunnel"),
    ("127.201.0.100", "cert-missing"), ("127.203.0.100", "cert-missing"),
])
def test_lists_of_more_than_64_addresses_and_several_lines_add_up(spelled, source, reason):
    assert get(spelled.port, f"/{source}", sni="ca.a.test", source=source).status in (403, 404)
    assert spelled.wait_event(uri=f"/{source}")["reason"] == reason


@pytest.mark.parametrize("source, known", [(EDGE, "yes"), ("127.205.0.0", "yes"), ("127.205.0.99", "yes"),
                                           ("127.205.0.100", "no")])
def test_ranges_of_several_lines_and_files_add_up(spelled, pki, source, known):
    get(spelled.port, f"/range/{source}", cert=pki.leaf_a, sni="ca.a.test", source=source)
    assert spelled.wait_event(uri=f"/range/{source}")["edge_known"] == known


@pytest.mark.parametrize("path, status", [("/exempt0/x", 404), ("/exempt99", 404), ("/more/x", 404), ("/exempt100", 403)])
def test_exempt_paths_of_more_than_64_words_and_several_lines_add_up(spelled, path, status):
    assert get(spelled.port, path, sni="ca.a.test", source=STRANGER).status == status


@pytest.mark.A28
def test_a_virtual_host_without_directives_has_the_main_servers_policy_and_its_own_name(httpd, pki):
    server = httpd(server=f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                   + vhost("one.a.test") + vhost("two.a.test"))
    for name in ("one.a.test", "two.a.test"):
        assert get(server.port, f"/{name}", cert=pki.leaf_b, sni=name).status == 403
        assert server.wait_event(uri=f"/{name}")["vhost"] == f"{name}:{server.port}"
        assert get(server.port, cert=pki.leaf_a, sni=name).status == 200


@pytest.mark.A28
def test_none_cancels_earlier_lines_of_the_same_server(httpd, pki, scratch):
    folder = scratch / "emptied-zones"
    folder.mkdir()
    (folder / "c.test.pem").write_text(pki.zone_a.pem)
    server = httpd(server="CFOriginPullRanges 127.200.0.0/16\nCFOriginPullRanges none\nCFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"""CFOriginPull On
        CFOriginPullExemptFrom 127.201.0.1
        CFOriginPullExemptFrom none
        CFOriginPullTunnel 127.203.0.1
        CFOriginPullTunnel none
        CFOriginPullExemptPath /exempt
        CFOriginPullExemptPath none
        CFOriginPullZone b.test {pki.zone_a.crt}
        CFOriginPullZone none
        CFOriginPullZoneDir {folder}
        CFOriginPullZoneDir none
        CFOriginPullZone a.test {pki.zone_a.crt}
        """, aliases="b.test c.test"))
    for host, source, cert, reason in [("a.test", EDGE, pki.leaf_a, "verified"), ("a.test", STRANGER, pki.leaf_a, "edge-unknown"),
                                       ("a.test", "127.201.0.1", None, "cert-missing"), ("a.test", "127.203.0.1", None, "cert-missing"),
                                       ("b.test", EDGE, pki.leaf_a, "zone-unknown"), ("c.test", EDGE, pki.leaf_a, "zone-unknown")]:
        path = f"/exempt/{host}/{source}"
        get(server.port, path, sni=host, source=source, cert=cert)
        assert server.wait_event(uri=path)["reason"] == reason


# Leaf and CA in one file.

def test_a_leaf_with_its_ca_in_one_file_is_pinned_and_the_ca_admits_no_other_leaf(httpd, pki):
    other = pki.issue("other-of-the-ca", pki.zone_a)
    chain = pki.bundle(pki.leaf_a, pki.zone_a)
    backwards = pki.bundle(pki.zone_b, pki.leaf_b)
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {chain}\nCFOriginPullZone b.test {backwards}", aliases="b.test"))
    assert get(server.port, cert=pki.leaf_a, sni="a.test").status == 200
    assert get(server.port, cert=pki.leaf_b, sni="b.test").status == 200
    assert get(server.port, "/other", cert=other, sni="a.test").status == 403
    assert server.wait_event(uri="/other")["reason"] == "cert-unknown"
    notices = [line for line in server.log().splitlines() if "CFO0105" in line]
    assert len(notices) == 2
    assert "zone a.test" in notices[0] and str(chain) in notices[0] and "only this leaf is accepted" in notices[0]
    assert "zone b.test" in notices[1] and str(backwards) in notices[1]
    assert server.check()[1].count("CFO0105") == 2


# The folder of zones.

@pytest.fixture(scope="module")
def folders(httpd, pki, scratch, files):
    """A folder with good and bad files, zones set by directives, and hosts without the folder."""
    folder = scratch / "zones"
    (folder / "folder.pem").mkdir(parents=True)
    contents = {
        "a.test.pem": pki.zone_a.pem,
        "B.Test.pem": pki.zone_b.pem,
        "broken.a.test.pem": (files / "cut").read_text(),
        "key.a.test.pem": (files / "key-behind").read_text(),
        "named.test.pem": pki.zone_b.pem,
        "leaf.test.pem": pki.leaf_a.pem + pki.zone_a.pem,
        "other.test.crt": pki.zone_a.pem,
        "other.test.PEM": pki.zone_a.pem,
        "other.test.pem.bak": pki.zone_a.pem,
        ".other.test.pem": pki.zone_a.pem,
        ".pem": pki.zone_a.pem,
        "*.wild.test.pem": pki.zone_a.pem,
        "192.0.2.1.pem": pki.zone_a.pem,
        "twice.test.pem": pki.zone_a.pem,
        "Twice.test.pem": pki.zone_b.pem,
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    names = ("a.test *.a.test b.test *.b.test named.test *.named.test other.test *.other.test leaf.test x.wild.test "
             "twice.test")
    return httpd(log_level="info", server=(
        f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZoneDir {folder}\nCFOriginPullZone named.test {pki.zone_a.crt}\n"
        + vhost("main.a.test", "CFOriginPull On", aliases=names)
        + vhost("main.a.test", "CFOriginPull On\nCFOriginPullZoneDir none", aliases=names, port="{port2}")
        + vhost("main.a.test", "CFOriginPull On\nCFOriginPullZone none", aliases=names, port="{port3}")))


@pytest.mark.parametrize("host, leaf, reason", [
    ("a.test", "leaf_a", "verified"),
    ("www.a.test", "leaf_a", "verified"),
    ("a.test", "leaf_b", "cert-other-zone"),
    ("b.test", "leaf_b", "verified"),
    ("www.b.test", "leaf_a", "cert-other-zone"),
    ("leaf.test", "leaf_a", "verified"),
    ("broken.a.test", "rogue", "cert-unknown"),
    ("x.key.a.test", "rogue", "cert-unknown"),
    ("other.test", "leaf_a", "zone-unknown"),
    ("x.wild.test", "leaf_a", "zone-unknown"),
])
def test_each_file_of_the_folder_is_a_zone(folders, pki, host, leaf, reason):
    path = f"/{host}/{leaf}"
    get(folders.port, path, cert=getattr(pki, leaf), sni=host)
    assert folders.wait_event(uri=path)["reason"] == reason


def test_a_broken_file_closes_its_zone_also_to_certificates_of_the_parent_zone(folders, pki):
    """Neither a leaf of the parent zone nor a leaf of the readable part of the file is accepted."""
    for host in ("broken.a.test", "www.broken.a.test", "key.a.test"):
        for leaf in ("leaf_a", "leaf_b"):
            path = f"/shut/{host}/{leaf}"
            assert get(folders.port, path, cert=getattr(pki, leaf), sni=host).status == 403
            assert folders.wait_event(uri=path)["zone"] == host.removeprefix("www.")


def test_a_broken_file_is_reported_with_its_zone_and_the_server_starts(folders, scratch):
    lines = [line for line in folders.log().splitlines() if "CFO0102" in line]
    assert len(lines) == 3
    for name, line, reason in [("broken.a.test", lines[0], "block 2 of 2 is damaged"),
                               ("folder", lines[1], "a directory, not a file"),
                               ("key.a.test", lines[2], "a private key")]:
        assert "[cf_origin:error]" in line
        assert f"{scratch}/zones/{name}.pem: " in line and reason in line and f"zone {name} is shut" in line


def test_a_refusal_because_of_a_broken_file_has_a_hint(folders, pki):
    get(folders.port, "/hint", cert=pki.rogue, sni="broken.a.test")
    assert "the zone's file did not load" in folders.wait_event(uri="/hint")["hint"]


@pytest.mark.parametrize("name, reason", [
    ("*.wild.test.pem", "wildcards are not needed"), ("192.0.2.1.pem", "an address or a number is not a zone"),
    ("Twice.test.pem", "the zone already has another file (twice.test.pem)"),
])
def test_a_file_whose_name_is_not_a_zone_is_reported_and_ignored(folders, scratch, name, reason):
    lines = [line for line in folders.log().splitlines() if "CFO0103" in line and f"{scratch}/zones/{name}: " in line]
    assert len(lines) == 1 and reason in lines[0]


def test_files_with_other_names_are_ignored_without_a_message(folders):
    assert not [line for line in folders.log().splitlines() if "CFO010" in line and "other.test" in line]


def test_a_zone_set_by_directive_takes_precedence_over_the_file(folders, pki):
    assert get(folders.port, cert=pki.leaf_a, sni="named.test").status == 200
    assert get(folders.port, "/file", cert=pki.leaf_b, sni="named.test").status == 403
    assert folders.wait_event(uri="/file")["zone"] == "named.test"


def test_a_leaf_in_a_file_with_its_ca_in_the_folder_is_pinned(folders, pki):
    other = pki.issue("other-of-the-folder", pki.zone_a)
    assert get(folders.port, cert=other, sni="leaf.test").status == 403
    assert [line for line in folders.log().splitlines() if "CFO0105" in line and "leaf.test.pem" in line]


@pytest.mark.A28
@pytest.mark.parametrize("port, host, leaf, reason", [
    (1, "a.test", "leaf_a", "zone-unknown"), (1, "named.test", "leaf_a", "verified"),
    (2, "a.test", "leaf_a", "verified"), (2, "named.test", "leaf_b", "verified"),
])
def test_none_cancels_inherited_folders_or_inherited_zones_but_not_both(folders, pki, port, host, leaf, reason):
    path = f"/none/{port}/{host}"
    get(folders.ports[port], path, cert=getattr(pki, leaf), sni=host)
    assert folders.wait_event(uri=path)["reason"] == reason


def test_the_configuration_test_reports_broken_files_of_the_folder_and_passes(check, scratch, pki, files):
    folder = scratch / "checked-zones"
    folder.mkdir()
    (folder / "a.test.pem").write_text(pki.zone_a.pem)
    (folder / "b.test.pem").write_text((files / "key").read_text())
    _, code, output = check(f"CFOriginPullZoneDir {folder}")
    assert code == 0 and output.endswith("Syntax OK\n")
    assert f"{folder}/b.test.pem" in output and "a start or reload of httpd shuts zone b.test (" in output and "is shut" not in output and "a.test.pem" not in output.replace("b.test", "")


# .htaccess.

@pytest.fixture(scope="module")
def htaccess(httpd, pki):
    server = httpd(server=f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                   '<Directory "{docroot}/open">\nAllowOverride AuthConfig\n</Directory>\n' + vhost("a.test"))
    for name, text in {"open/on": "CFOriginPull On", "open/off": "CFOriginPull Off", "open/bad": "CFOriginPull Maybe",
                       "open/zone": f"CFOriginPullZone a.test sha256:{DIGITS}", "closed": "CFOriginPull On"}.items():
        folder = server.docroot / name
        folder.mkdir(parents=True)
        (folder / ".htaccess").write_text(text + "\n")
        (folder / "index.html").write_text("the page\n")
    return server


def test_htaccess_may_raise_the_policy_where_authconfig_may_be_overridden(htaccess, pki):
    assert get(htaccess.port, "/open/on/", cert=pki.leaf_a, sni="a.test").status == 200
    assert get(htaccess.port, "/open/on/", sni="a.test").status == 403
    assert get(htaccess.port, "/closed/", sni="a.test").status == 200  # AllowOverride None: not read


@pytest.mark.parametrize("name, words", [
    ("off", ["CFOriginPull", '"Off"', "CFOriginPullExemptPath"]), ("bad", ["CFOriginPull", '"Maybe"', A_MODE]),
    ("zone", ["CFOriginPullZone not allowed here"]),
])
def test_an_error_in_htaccess_is_a_500_and_is_logged(htaccess, pki, name, words):
    assert get(htaccess.port, f"/open/{name}/", cert=pki.leaf_a, sni="a.test").status == 500
    path = htaccess.docroot / "open" / name / ".htaccess"
    line = htaccess.wait_for(lambda: next((x for x in htaccess.log().splitlines() if f"{path}:" in x), None), path)
    for word in words:
        assert word in line


# The sample configuration.

def sample_lines():
    """(number, directive line) for each directive that is commented out in the sample."""
    lines = (ROOT / "conf" / "cf_origin.conf").read_text().splitlines()
    return [(i, line) for i, line in enumerate(lines) if re.match(r"\s*#\s?[A-Z]\w+ [^ ].*", line)
            and re.match(r"\s*#\s?(CFOriginPull\w*|LogLevel|CustomLog|ErrorLogFormat|SetHandler|Include\w*) ", line)]


@pytest.fixture
def sample(scratch, pki):
    """apachectl -t of the sample with some lines uncommented."""
    def run(numbers):
        lines = (ROOT / "conf" / "cf_origin.conf").read_text().splitlines()
        for number in numbers:
            lines[number] = re.sub(r"^(\s*)#\s?", r"\1", lines[number])
        httpd = Httpd(tempfile.mkdtemp(prefix="s", dir=scratch), pki,
                      server="Define APACHE_LOG_DIR {dir}\nInclude {dir}/cf_origin.conf\n")
        (httpd.dir / "cf_origin.conf").write_text("\n".join(lines) + "\n")
        # The files and folders of its relative paths.
        for word in re.findall(r"\bcloudflare/\S+", "\n".join(lines)):
            path = httpd.dir / word
            path.parent.mkdir(exist_ok=True)
            if path.suffix == ".pem":
                path.write_text(pki.zone_a.pem)
            else:
                path.mkdir(exist_ok=True)
        return httpd, *httpd.check()
    return run


def test_the_sample_configuration_loads_as_it_is(sample):
    assert_loads(sample([]))


def test_each_line_of_the_sample_configuration_loads_when_it_is_uncommented(sample):
    lines = sample_lines()
    assert len(lines) > 10
    for number, line in lines:
        httpd, code, output = sample([number])
        assert (code, output) == (0, "Syntax OK\n"), line


def test_the_sample_configuration_loads_with_all_its_lines(sample):
    httpd, code, output = sample([number for number, _ in sample_lines()])
    assert code == 0, output
