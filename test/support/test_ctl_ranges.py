# SPDX-License-Identifier: Apache-2.0
"""cf-originctl ranges: what the range updater asks before it replaces a list."""
import subprocess

import pytest

from originctl import CTL, INVALID, OK, SUSPICIOUS, USAGE, ctl, ctl_json

V4 = ["192.0.2.0/24", "198.51.100.0/25", "203.0.113.7/32"]
V6 = ["2001:db8::/32", "2001:db8:1::/48"]


@pytest.fixture
def write(tmp_path):
    def write(text, name="list.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return write


def lines(*prefixes):
    return "".join(f"{prefix}\n" for prefix in prefixes)


def test_lists_are_merged_and_sorted(write):
    one, two = write(lines(*reversed(V4))), write(lines(*V6), "v6.txt")
    answer = ctl("ranges", two, one)
    assert (answer.code, answer.lines, answer.err) == (OK, V4 + V6, "")
    assert answer.out.startswith("# 5 prefixes: 3 IPv4, 2 IPv6\n")


def test_the_output_can_be_read_again(write):
    first = ctl("ranges", "builtin")
    assert len(first.lines) == 22
    assert ctl("ranges", write(first.out)).out == first.out
    again, written = ctl_json("ranges", "--against", "builtin", write(first.out))
    assert written["against"] == {"name": "builtin", "count": 22, "added": [], "removed": []}


def test_a_duplicate_prefix_is_printed_once(write):
    answer = ctl("ranges", write(lines("192.0.2.1", "192.0.2.1/32", "2001:db8::/32", "2001:0db8::/32")))
    assert answer.lines == ["192.0.2.1/32", "2001:db8::/32"]


@pytest.mark.parametrize("text, expected", [
    ("", "contains no range"),
    ("# nothing\n\n", "contains no range"),
    ("192.0.2.0/24\n131.0.72.0/222400:cb00::/32\n", 'line 2: "131.0.72.0/222400:cb00::/32": '),
    ("<!DOCTYPE html>\n<title>Just a moment...</title>\n", 'line 1: "<!DOCTYPE html>": not an IPv4 or IPv6 address'),
    ("192.0.2.0/24\n\n192.0.2.1/24\n", 'line 3: "192.0.2.1/24": bits are set'),
    ("0.0.0.0/0\n", 'line 1: "0.0.0.0/0": wider than /8'),
    ("2000::/3\n", 'line 1: "2000::/3": wider than /16'),
    ("192.0.2.0/33\n", "prefix length must be a number"),
    ("127.1\n", "not an IPv4 or IPv6 address"),
    ("::ffff:192.0.2.1\n", "an IPv4-mapped address"),
    (b"192.0.2.0/24\n19\x002.0.2.0/24\n", "line 2: a NUL byte"),
])
def test_an_invalid_list_is_rejected_with_line_and_reason(write, text, expected):
    path = write(text)
    answer, written = ctl_json("ranges", path)
    assert answer.code == INVALID and answer.err.startswith(f"cf-originctl: {path}: ") and expected in answer.err
    assert "prefixes" not in written
    assert ctl("ranges", path).out == ""


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    assert "No such file" in ctl("ranges", tmp_path / "none").err
    assert ctl("ranges", tmp_path / "none").code == INVALID
    assert (ctl("ranges", tmp_path).code, "a directory" in ctl("ranges", tmp_path).err) == (INVALID, True)


def test_all_errors_are_reported_at_once(write):
    good, bad, worse = write(lines(*V4)), write("x\n", "bad"), write("", "worse")
    answer = ctl("ranges", "--against", worse, bad, good)
    assert answer.code == INVALID and f"{bad}: line 1" in answer.err and f"{worse}: it contains no range" in answer.err
    assert ctl("ranges", "--against", bad, good).code == INVALID


def test_changes_are_shown_and_are_not_an_error(write):
    old, new = write(lines(*V4)), write(lines(V4[0], *V6), "new.txt")
    answer = ctl("ranges", "--against", old, new)
    assert answer.code == OK
    assert answer.lines == [f"+ {V6[0]}", f"+ {V6[1]}", f"- {V4[1]}", f"- {V4[2]}"]
    assert f"# against {old} with 3 prefixes: 2 added, 2 removed\n" in answer.out


def test_two_halves_do_not_count_as_the_whole_range(write):
    old, new = write("104.16.0.0/12\n"), write(lines("104.16.0.0/13", "104.24.0.0/14"), "new.txt")
    _, written = ctl_json("ranges", "--against", old, new)
    assert written["against"]["added"] == ["104.16.0.0/13", "104.24.0.0/14"]
    assert written["against"]["removed"] == ["104.16.0.0/12"]


@pytest.mark.parametrize("percent, kept, code", [
    (50, 2, OK), (50, 1, SUSPICIOUS), (0, 4, OK), (0, 3, SUSPICIOUS), (100, 0, OK), (74, 1, SUSPICIOUS), (75, 1, OK),
])
def test_a_list_that_shrinks_too_much_is_suspicious(write, percent, kept, code):
    old = [f"192.0.{i}.0/24" for i in range(4)]
    new = write(lines(*old[:kept], "2001:db8::/32"), "new.txt")
    answer, written = ctl_json("ranges", "--against", write(lines(*old, old[0])), "--max-missing", percent, new)
    assert answer.code == code and ("missing, more than" in answer.err) == (code == SUSPICIOUS)
    assert len(written["against"]["removed"]) == 4 - kept


def test_the_change_is_shown_also_when_it_is_suspicious(write):
    answer = ctl("ranges", "--against", "builtin", "--max-missing", "50", write(lines("192.0.2.0/24")))
    assert answer.code == SUSPICIOUS and "22 of the 22 prefixes of builtin are missing" in answer.err
    assert answer.lines[0] == "+ 192.0.2.0/24" and len(answer.lines) == 23


def test_both_families_can_be_required(write):
    for text, missing in ((lines(*V4), "IPv6"), (lines(*V6), "IPv4")):
        answer = ctl("ranges", "--require-both", write(text))
        assert answer.code == SUSPICIOUS and f"the list has no {missing} prefix" in answer.err
        assert ctl("ranges", write(text)).code == OK
    assert ctl("ranges", "--require-both", write(lines(V4[0], V6[0]))).code == OK


def test_invalid_comes_before_suspicious(write):
    good, bad = write(lines(*V4)), write("x\n", "bad")
    assert ctl("ranges", "--require-both", "--against", "builtin", "--max-missing", "0", good, bad).code == INVALID


@pytest.mark.parametrize("args", [
    ["--max-missing", "50"],
    ["--max-missing", "101", "--against", "builtin"],
    ["--max-missing", "-1", "--against", "builtin"],
    ["--max-missing", "50%", "--against", "builtin"],
    ["--max-missing", "4294967346", "--against", "builtin"],
    ["--max-missing", "", "--against", "builtin"],
])
def test_an_invalid_percentage_is_a_usage_error(args):
    answer = ctl("ranges", *args, "builtin")
    assert (answer.code, answer.out) == (USAGE, "") and "--max-missing" in answer.err


def test_the_json_has_counts_and_prefixes(write):
    _, written = ctl_json("ranges", write(lines(*V4, *V6)))
    assert (written["ipv4"], written["ipv6"], written["prefixes"]) == (3, 2, V4 + V6)
    assert "against" not in written and written["problems"] == []


PREFIXES = ["173.245.48.0/20", "103.21.244.0/22", "2400:cb00::/32"]


def each(before="", after=""):
    return "".join(f"{before}{prefix}{after}\n" for prefix in PREFIXES)


@pytest.mark.parametrize("text", [
    each(), each(after=","), each(after=";"), ",".join(PREFIXES), " ".join(PREFIXES), " | ".join(PREFIXES),
    each("set_real_ip_from ", ";") + "real_ip_header CF-Connecting-IP;\n", each("    allow ", ";") + "    deny all;\n",
    "geo $realip_remote_addr $cf {\n    default 0;\n" + each("    ", " 1;") + "}\n",
    each("RemoteIPTrustedProxy "), "RemoteIPTrustedProxy " + " ".join(PREFIXES) + "\n", each("RemoteIPInternalProxy "),
    "CloudFlareRemoteIPTrustedProxy " + " ".join(PREFIXES), "<RequireAny>\n" + each("Require ip ") + "</RequireAny>\n",
    "Require ip " + " ".join(PREFIXES), "Order deny,allow\nDeny from all\n" + each("Allow from "),
    each(after=" CF-Connecting-IP"), each(after="\tCloudflare\t2023-09-28"), each(after=" # edge"), each("  - "),
    each("'", "',"), 'acl cf {\n  "173.245.48.0"/20;\n  "103.21.244.0"/22;\n'
    '  "2400:cb00::"/32;\n}\n',
    each("acl from_cf src "), "trusted_proxies static " + " ".join(PREFIXES), "elements = { " + ", ".join(PREFIXES) + " }",
    "create cf hash:net family inet\n" + each("add cf "), each("-A INPUT -s ", " -p tcp --dport 443 -j ACCEPT"),
    each("ufw allow from ", " to any port 443 proto tcp"), each("iptables -I INPUT -p tcp -s ", " -j ACCEPT"),
    '{"result":{"ipv4_cidrs":["173.245.48.0/20","103.21.244.0/22"],"ipv6_cidrs":["2400:cb00::/32"],"etag":"12"},'
    '"success":true,"errors":[],"messages":[]}', '["173.245.48.0\\/20",\n "103.21.244.0/22", "2400:cb00::/32"]',
    "173.245.48.0/255.255.240.0\n103.21.244.0 255.255.252.0\n2400:cb00::/32\n",
    "173.245.48.0-173.245.63.255\n103.21.244.0 - 103.21.247.255\n[2400:cb00::]/32\n",
    "\ufeff" + each(), each().replace("\n", "\r\n"), each().encode("utf-16"), each("set_real_ip_from ", ";").encode("utf-16-be"),
    each() + each(),
])
def test_other_formats_become_a_list(write, text):
    path = write(text)
    answer, written = ctl_json("ranges", "--convert", path)
    assert (answer.code, written["prefixes"]) == (OK, PREFIXES), answer
    words = ctl("ranges", "--convert", path)
    assert (words.code, words.lines, words.err) == (OK, PREFIXES, "")
    # What it prints is a list, and is not changed by another conversion.
    again = write(words.out, "again.txt")
    assert ctl("ranges", again).code == OK and ctl("ranges", "--convert", again).lines == PREFIXES


@pytest.mark.parametrize("text, words", [
    ("192.0.2.1/24\n", 'line 1: "192.0.2.1/24": bits are set'),
    (each() + "192.0.2.0/255.0.255.0\n", "line 4: "),
    ("192.0.2.0 - 192.0.2.254\n", "not one prefix"),
    ("allow 192.0.2.0/24;\ndeny 198.51.100.0/24;\n", "line 2: "),
    ("Require not ip 192.0.2.0/24\n", "it denies"),
    ("192.0.2.0/24\nexample.com\n", 'line 2: "example.com": no address is in it'),
    ("<!DOCTYPE html><title>Just a moment...</title>", "a page of HTML"),
    ('{"success":false,"errors":[{"code":10000}],"result":[]}', "reports a failure"),
    ('{"result":{"ipv4_cidrs":["192.0.2.0/24","x"]}}', 'line 1: "x"'),
    ("131.0.72.0/222400:cb00::/32\n", "two ranges without a line break"),
    ("0.0.0.0/0\n", "wider than /8"),
    ("", "it contains no range"), ("# nothing\n", "it contains no range"),
])
def test_what_is_not_understood_is_not_converted(write, text, words):
    for files in ([write(text)], [write(each(), "good.txt"), write(text)]):
        answer = ctl("ranges", "--convert", *files)
        assert (answer.code, answer.out) == (INVALID, "") and words in answer.err


def test_what_is_left_out_is_said(write):
    answer = ctl("ranges", "--convert", write(each("set_real_ip_from ", ";") + "real_ip_header CF-Connecting-IP;\n"))
    assert '# left out: line 4: "real_ip_header CF-Connecting-IP;"\n' in answer.out
    _, written = ctl_json("ranges", "--convert", write(each("allow ", ";") + "deny all;\n"))
    assert written["left_out"] == ['line 4: "deny all;"']


def test_the_standard_input_is_read(write):
    for option, text in (["--convert"], ",".join(PREFIXES)), ([], each()):
        done = subprocess.run([CTL, "ranges", *option, "-"], input=text.encode(), capture_output=True, timeout=60)
        assert done.returncode == OK and len(done.stdout.splitlines()) == 4


@pytest.mark.parametrize("args", [["--against", "builtin"], ["--max-missing", "5"]])
def test_a_conversion_is_no_comparison(write, args):
    assert ctl("ranges", "--convert", *args, write(each())).code == USAGE


@pytest.mark.parametrize("args", [[], ["--convert"]])
def test_ranges_that_are_not_cloudflares_any_more_earn_a_warning(write, args):
    answer, written = ctl_json("ranges", *args, write(lines("104.16.0.0/12", "173.245.48.0/20", "199.27.128.0/21")))
    assert answer.code == OK and len(written["prefixes"]) == 3
    assert "warning: 104.16.0.0/12 contains 104.28.0.0/14" in answer.err and "199.27.128.0/21 has not been" in answer.err
    assert "104.16.0.0/13 and 104.24.0.0/14 instead" in written["problems"][0]["reason"]
    assert ctl("ranges", *args, write(lines("104.16.0.0/13", "104.24.0.0/14"))).err == ""


@pytest.mark.parametrize("text, words", [
    (each("set_real_ip_from ", ";"), "a list for nginx (set_real_ip_from): cf-originctl ranges --convert FILE"),
    (each(after=","), "a list with commas or semicolons: cf-originctl ranges --convert FILE"),
    ("<html>", "a page of HTML"),
])
def test_a_list_in_another_format_is_explained(write, text, words):
    answer = ctl("ranges", write(text))
    assert answer.code == INVALID and "line 1: " in answer.err and words in answer.err
