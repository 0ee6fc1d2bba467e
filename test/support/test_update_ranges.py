# SPDX-License-Identifier: Apache-2.0
"""The range updater against a web server that fails in every way."""
import configparser
import os
import re
import shutil
import signal
import subprocess

import pytest

from client import get
from server import ROOT, vhost
from updater import CTL, OLD, PAST, SCRIPT, V4, V6, Updater, prefixes, program, text
from website import ENDLESS, HANG, Website, answer

PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>\n"


# Answers that are not a list, and words of the error message.
WRONG = {
    "both_lists_glued_together": ({"/ips-v4": answer(text(V4)[:-1] + text(V6))}, ["line 15", "131.0.72.0/222400:cb00::/32"]),
    "a_redirect": ({"/ips-v4": answer(b"", "301 Moved", headers=["Location: /elsewhere"])}, ["/ips-v4", "redirect", "/elsewhere"]),
    "a_redirect_with_a_list": ({"/ips-v6": answer(text(V6), "302 Found", headers=["Location: /ips-v4"])}, ["/ips-v6", "redirect"]),
    "a_challenge": ({"/ips-v4": answer(PAGE, "403 Forbidden")}, ["/ips-v4", "status 403"]),
    "a_challenge_that_says_ok": ({"/ips-v4": answer(PAGE)}, ["/ips-v4", "line 1", "DOCTYPE"]),
    "a_challenge_instead_of_the_second": ({"/ips-v6": answer(PAGE)}, ["/ips-v6", "line 1", "DOCTYPE"]),
    "not_found": ({"/ips-v6": answer(b"not found\n", "404 Not Found")}, ["/ips-v6", "status 404"]),
    "not_found_with_a_list": ({"/ips-v4": answer(text(V4), "404 Not Found")}, ["/ips-v4", "status 404"]),
    "partial_content": ({"/ips-v4": answer(text(V4[:12]), "206 Partial Content")}, ["/ips-v4", "status 206"]),
    "an_empty_first_list": ({"/ips-v4": answer(b"")}, ["/ips-v4", "contains no range"]),
    "an_empty_second_list": ({"/ips-v6": answer(b"")}, ["/ips-v6", "contains no range"]),
    "empty_lines": ({"/ips-v6": answer(b"\r\n\n")}, ["/ips-v6", "contains no range"]),
    "less_than_announced": ({"/ips-v4": answer(text(V4[:12]), length=1000)}, ["/ips-v4", "curl"]),
    "an_end_within_a_prefix": ({"/ips-v4": answer(text(V4)[:-2])}, ["131.0.72.0/2"]),
    "an_end_before_the_length": ({"/ips-v6": answer(text(V6[:5]) + b"2a06:98c0::")}, ["2a06:98c0::", "not an IPv6 prefix"]),
    "an_answer_that_breaks_off": ({"/ips-v4": b"HTTP/1.1 200 OK\r\nContent-Le"}, ["/ips-v4"]),
    "a_chunk_that_never_ends": ({"/ips-v4": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 b"e\r\n104.16.0.0/13\n\r\n"}, ["/ips-v4", "curl"]),
    "a_list_that_shrinks": ({"/ips-v4": answer(text(V4[:3]))}, ["12 of", "--accept-shrink"]),
    "bytes_of_all_kinds": ({"/ips-v4": answer(bytes(range(256)))}, ["/ips-v4", "line 1"]),
    "a_nul_behind_a_prefix": ({"/ips-v4": answer(text(V4) + b"104.16.0.0/13\0\n")}, ["/ips-v4", "line 16"]),
    "words_behind_a_prefix": ({"/ips-v4": answer(b"104.16.0.0/13 and more\n")}, ["/ips-v4", "line 1"]),
    "more_than_a_list_can_be": ({"/ips-v4": answer(b"104.16.0.0/13\n" * 6000)}, ["/ips-v4", "longer than 64 KiB"]),
    "a_list_without_end": ({"/ips-v6": ENDLESS}, ["/ips-v6", "longer than 64 KiB"]),
    "ipv6_among_ipv4": ({"/ips-v4": answer(text([*V4, V6[0]]))}, ["/ips-v4", V6[0], "not an IPv4 prefix"]),
    "ipv4_among_ipv6": ({"/ips-v6": answer(text([*V6, V4[0]]))}, ["/ips-v6", V4[0], "not an IPv6 prefix"]),
    "the_first_list_twice": ({"/ips-v6": answer(text(V4))}, ["/ips-v6", V4[0], "not an IPv6 prefix"]),
    "the_second_list_twice": ({"/ips-v4": answer(text(V6))}, ["/ips-v4", V6[0], "not an IPv4 prefix"]),
    "the_whole_of_ipv4": ({"/ips-v4": answer(text([*V4, "0.0.0.0/0"]))}, ["/ips-v4", "line 16", "0.0.0.0/0"]),
    "the_whole_of_ipv6": ({"/ips-v6": answer(text(["::/0", *V6]))}, ["/ips-v6", "line 1", "::/0"]),
    "nothing_in_time": ({"/ips-v6": HANG}, ["/ips-v6", "timed out"]),
    "nothing_but_a_closed_connection": ({"/ips-v4": b""}, ["/ips-v4", "curl"]),
}


@pytest.mark.A33
@pytest.mark.parametrize("what", WRONG)
def test_an_answer_that_is_not_a_list_leaves_the_old_one_in_force(updater, what):
    answers, words = WRONG[what]
    updater.site.answers.update(answers)
    updater.assert_refused(updater.run("--timeout", "1" if what == "nothing_in_time" else "20"), *words)
    assert "/elsewhere" not in updater.site.asked


@pytest.mark.parametrize("what", ["a_redirect", "a_challenge_that_says_ok", "a_list_that_shrinks"])
def test_a_first_answer_that_is_not_a_list_creates_no_file(updater, what):
    updater.out.unlink()
    updater.site.answers.update(WRONG[what][0])
    done = updater.run()
    assert done.returncode == 1
    assert done.stderr.endswith(f"; nothing was written to {updater.out}\n") and done.stderr.count("\n") == 1
    assert os.listdir(updater.folder) == []


def test_an_unreachable_server_leaves_the_old_list_in_force(updater, tmp_path):
    gone = Website()
    gone.close()
    updater.site = gone
    updater.assert_refused(updater.run(), "curl", "/ips-v4")


def test_an_untrusted_certificate_is_rejected(updater, pki):
    updater.site = Website(pki.server)
    try:
        updater.publish(text(V4), text(V6))
        updater.assert_refused(updater.run(), "curl", "certificate")
        assert updater.site.asked == []
    finally:
        updater.site.close()


def test_lists_are_fetched_over_tls(updater, pki):
    loopback = pki.issue("loopback", pki.zone_a, extensions="subjectAltName=IP:127.0.0.1\n")
    updater.site = Website(loopback)
    try:
        updater.publish(text(V4[1:]), text(V6))
        updater.succeed(CURL_CA_BUNDLE=str(pki.zone_a.crt))
        assert prefixes(updater.out) == V4[1:] + V6
    finally:
        updater.site.close()


def test_a_curlrc_has_no_effect(updater):
    (updater.home / ".curlrc").write_text("location\n")
    answers, words = WRONG["a_redirect"]
    updater.site.answers.update(answers)
    updater.assert_refused(updater.run(), *words)
    assert "/elsewhere" not in updater.site.asked


def test_a_temporary_failure_is_tried_again(updater):
    updater.site.answers["/ips-v4"] = [answer(text(V4 * 9), "503 Service Unavailable"), answer(text(V4[1:]))]
    updater.succeed()
    assert prefixes(updater.out) == V4[1:] + V6


def test_a_changed_list_is_installed_and_the_changes_are_printed(updater):
    updater.publish(text([*V4[1:], "198.51.100.0/24"]), text([*V6[1:], "2001:db8::/32"]))
    output = updater.succeed().splitlines()
    for prefix in (V4[0], V6[0], "198.51.100.0/24", "2001:db8::/32"):
        assert len([line for line in output if prefix in line.split()]) == 1, output
    assert not [line for line in output if V4[1] in line]
    assert prefixes(updater.out) == [*V4[1:], "198.51.100.0/24", *V6[1:], "2001:db8::/32"]


def test_the_new_file_names_its_source_and_is_world_readable(updater):
    updater.publish(text(V4[1:]), text(V6))
    updater.succeed()
    head = updater.out.read_text()
    assert f"# Source: {updater.site.url}/ips-v4\n#         {updater.site.url}/ips-v6\n" in head
    assert re.search(r"^# Date: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", head, re.M)
    assert updater.out.stat().st_mode & 0o7777 == 0o644


@pytest.mark.A33
def test_the_old_file_is_replaced_atomically_and_kept(updater):
    updater.publish(text(V4[1:]), text(V6))
    with open(updater.out, "rb") as reader:
        updater.succeed()
        assert reader.read() == OLD
    assert (updater.folder / "ranges.txt.previous").read_bytes() == OLD
    assert sorted(os.listdir(updater.folder)) == ["ranges.txt", "ranges.txt.previous"]
    updater.publish(text(V4[2:]), text(V6))
    second = updater.out.read_bytes()
    updater.succeed()
    assert (updater.folder / "ranges.txt.previous").read_bytes() == second


@pytest.mark.parametrize("v4, v6", [
    (text(V4), text(V6)), (text(V4)[:-1], text(V6)[:-1]), (text(V4, "\r\n"), text(V6, "\r\n")),
    (text(V4, "\r\n")[:-2], text(V6)), (text(reversed(V4)), b"# IPv6\n\n" + text(V6)),
], ids=["as_it_is", "without_a_last_newline", "with_crlf", "with_crlf_but_at_the_end", "in_another_order"])
def test_an_unchanged_list_is_not_written_but_its_modification_time_is_set(updater, v4, v6):
    updater.publish(v4, v6)
    before = updater.out.stat()
    assert updater.succeed() == ""
    after = updater.out.stat()
    assert updater.out.read_bytes() == OLD and after.st_ino == before.st_ino
    assert after.st_mtime > PAST
    assert os.listdir(updater.folder) == ["ranges.txt"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_without_a_final_newline_is_not_joined_with_the_next(updater, end):
    updater.publish(text(V4[1:], end)[:-len(end)], text(V6, end)[:-len(end)])
    updater.succeed()
    assert prefixes(updater.out) == V4[1:] + V6
    assert b"\r" not in updater.out.read_bytes()


def test_the_first_list_is_compared_with_the_builtin_one(updater):
    updater.out.unlink()
    updater.publish(text([*V4[1:], "198.51.100.0/24"]), text(V6))
    output = updater.succeed()
    assert f"{updater.out} does not exist yet" in output
    assert V4[0] in output and "198.51.100.0/24" in output and V4[1] not in output
    assert prefixes(updater.out) == [*V4[1:], "198.51.100.0/24", *V6]
    assert os.listdir(updater.folder) == ["ranges.txt"]


@pytest.mark.parametrize("broken", [b"", PAGE], ids=["empty", "a_page"])
def test_an_old_file_that_is_not_a_list_is_replaced_and_kept(updater, broken):
    updater.out.write_bytes(broken)
    assert f"{updater.out} is not a valid list" in updater.succeed()
    assert prefixes(updater.out) == V4 + V6
    assert (updater.folder / "ranges.txt.previous").read_bytes() == broken


def test_a_list_may_shrink_if_requested(updater):
    updater.publish(text(V4[:3]), text(V6[:1]))
    updater.assert_refused(updater.run(), "18 of")
    updater.succeed("--accept-shrink")
    assert prefixes(updater.out) == V4[:3] + V6[:1]


@pytest.mark.parametrize("what", ["an_empty_first_list", "the_first_list_twice", "the_whole_of_ipv4"])
def test_a_list_that_may_shrink_must_still_be_a_list(updater, what):
    answers, words = WRONG[what]
    updater.site.answers.update(answers)
    updater.assert_refused(updater.run("--accept-shrink"), *words)


def test_a_check_changes_nothing(updater):
    assert updater.succeed("--check") == ""
    updater.assert_untouched()
    updater.publish(text(V4[1:]), text(V6))
    assert V4[0] in updater.succeed("--check")
    updater.assert_untouched()
    updater.publish(PAGE, text(V6))
    updater.assert_refused(updater.run("--check"))


def test_quiet_prints_nothing(updater):
    updater.publish(text(V4[1:]), text(V6))
    assert updater.succeed("-q") == ""
    assert prefixes(updater.out) == V4[1:] + V6


def test_an_interrupted_run_leaves_no_files_behind(updater):
    updater.site.answers["/ips-v6"] = HANG
    with subprocess.Popen(updater.command(), env=updater.environment(), start_new_session=True) as process:
        assert updater.site.arrived.wait(60)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(60) == 130
    updater.assert_untouched()
    assert os.listdir(updater.temporary) == []


@pytest.mark.parametrize("place", ["beside", "PATH"])
def test_cf_originctl_is_found(updater, tmp_path, place):
    folder = tmp_path / "sbin"
    folder.mkdir()
    shutil.copy(SCRIPT, folder)
    script = folder / SCRIPT.name
    if place == "PATH":
        folder = tmp_path / "bin"
        folder.mkdir()
    (folder / "cf-originctl").symlink_to(CTL)
    path = f"{folder}:/usr/bin:/bin" if place == "PATH" else "/usr/bin:/bin"
    updater.publish(text(V4[1:]), text(V6))
    done = updater.run(script=script, CF_ORIGINCTL="", PATH=path)
    assert (done.returncode, done.stderr) == (0, "")
    assert prefixes(updater.out) == V4[1:] + V6


def test_without_cf_originctl_no_list_is_installed(updater):
    updater.assert_refused(updater.run(CF_ORIGINCTL="/nonexistent/cf-originctl"), "/nonexistent/cf-originctl not found")
    assert updater.site.asked == []


@pytest.mark.parametrize("when", ["*", "*--against*"], ids=["at_once", "at_the_comparison"])
def test_if_cf_originctl_fails_no_list_is_installed(updater, tmp_path, when):
    broken = program(tmp_path / "broken", f'case "$*" in\n{when}) printf "out of\\n\\033order" >&2; exit 9 ;;\n'
                     f'*) exec {CTL} "$@" ;;\nesac')
    updater.publish(text(V4[1:]), text(V6))
    updater.assert_refused(updater.run(CF_ORIGINCTL=str(broken)), "out of order")


def test_an_error_at_the_very_end_leaves_the_old_list_in_place(updater, tmp_path):
    broken = program(tmp_path / "mv", f'for last; do :; done\n[ "$last" != {updater.out} ] || exit 1\n'
                     'exec /bin/mv "$@"')
    updater.publish(text(V4[1:]), text(V6))
    done = updater.run(PATH=f"{broken.parent}:/usr/bin:/bin")
    assert done.returncode == 1 and "the list in force stays" in done.stderr
    assert updater.out.read_bytes() == OLD
    assert sorted(os.listdir(updater.folder)) == ["ranges.txt", "ranges.txt.previous"]
    updater.succeed()
    assert prefixes(updater.out) == V4[1:] + V6


def test_a_full_disk_leaves_the_old_list_in_place(updater, tmp_path):
    full = program(tmp_path / "mktemp", f'[ "$1" = "{updater.out}.XXXXXX" ] || exec /usr/bin/mktemp "$@"\n'
                   f'ln -s /dev/full "{updater.out}.full" && echo "{updater.out}.full"')
    updater.publish(text(V4[1:]), text(V6))
    done = updater.run(PATH=f"{full.parent}:/usr/bin:/bin")
    assert done.returncode == 1 and "No space left on device" in done.stderr and "the list in force stays" in done.stderr
    updater.assert_untouched()
    updater.succeed()
    assert prefixes(updater.out) == V4[1:] + V6


def test_a_link_is_not_replaced_by_a_file(updater, tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(updater.out)
    updater.publish(text(V4[1:]), text(V6))
    done = updater.run("-o", str(link))
    assert done.returncode == 1 and "not a regular file" in done.stderr
    assert link.is_symlink()
    updater.assert_untouched()


def test_a_missing_folder_is_named(updater):
    done = updater.run("-o", f"{updater.folder}/none/ranges.txt")
    assert done.returncode == 1 and f"no folder {updater.folder}/none" in done.stderr
    assert updater.site.asked == []


@pytest.mark.parametrize("arguments, word", [
    (["--v4", "http://127.0.0.11/ips-v4"], "not an https URL"), (["--v6", "file:///etc/passwd"], "not an https URL"),
    (["--v4", "http://127.0.0.1:80@127.0.0.11/"], "user name"), (["--v6", "http://127.0.0.1.test/"], "not an https URL"),
    (["--timeout", "0"], "--timeout"), (["--timeout", "1s"], "--timeout"), (["-o"], "needs a value"),
    (["--force"], "--force: there is no such option"), (["ranges.txt"], "ranges.txt: there is no such option"),
])
def test_wrong_usage_is_reported_before_anything_is_done(updater, arguments, word):
    done = updater.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr and done.stderr.count("\n") == 1
    assert updater.site.asked == []
    updater.assert_untouched()


def test_it_has_the_version_of_the_module(updater):
    done = updater.run("--version")
    version = (ROOT / "src/version.h").read_text().split('"')[1]
    assert (done.returncode, done.stdout, done.stderr) == (0, f"cf-origin-update-ranges {version}\n", "")


def test_service_and_cron_run_the_script_and_the_service_may_write_its_file(updater):
    default = re.search(r"^out=(.*)$", SCRIPT.read_text(), re.M)[1]
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(ROOT / "conf" / "cf-origin-ranges.service")
    command = unit["Service"]["ExecStart"]
    program, option, out = command.split()
    assert (os.path.basename(program), option, out) == (SCRIPT.name, "-o", default)
    assert unit["Service"]["ReadWritePaths"] == os.path.dirname(default)
    assert f" root {command}\n" in (ROOT / "conf" / "cf-origin-ranges.cron").read_text()


@pytest.mark.A33
@pytest.mark.W9
def test_a_running_httpd_loads_a_new_list_but_not_a_bad_one(httpd, scratch, site):
    folder = scratch / "updated"
    folder.mkdir()
    updater = Updater(folder, site)
    server = httpd(server=f"CFOriginPullReload 1\nCFOriginPullRanges {updater.out}\n"
                   + vhost("shop.a.test", "CFOriginPull On\nCFOriginPullRequire ip"))
    assert get(server.port).status == 403
    server.wait_event(reason="edge-unknown")
    updater.publish(text([*V4, "127.0.0.0/9"]), text(V6))
    updater.succeed()
    server.wait_for(lambda: get(server.port).status == 200, "the new list to be in force")
    updater.publish(PAGE, PAGE)
    assert updater.run().returncode == 1
    updater.publish(text([*V4, "127.0.0.0/9"]), text(V6))
    assert updater.succeed() == ""
    updater.publish(text(V4), text(V6))
    updater.succeed()
    server.wait_for(lambda: server.log().count("CFO0130 reloaded") == 2, "the next list to be loaded")
    server.wait_for(lambda: get(server.port).status == 403, "the next list to be in force")
    assert server.log().count("resuming normal operations") == 1
    assert server.log().count("CFO0130 reloaded") == 2 and "CFO0131" not in server.log()
