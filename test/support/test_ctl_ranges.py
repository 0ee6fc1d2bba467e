# SPDX-License-Identifier: Apache-2.0
"""cf-originctl ranges: what the range updater asks before it replaces a list."""
import pytest

from originctl import INVALID, OK, SUSPICIOUS, USAGE, ctl, ctl_json

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
