# SPDX-License-Identifier: Apache-2.0
"""support/demo.sh, and what it shares with the other scripts: progress, and what to do about errors."""
import os
import re
import signal
import subprocess
import urllib.request

import pytest

from tools import ROOT

DEMO = ROOT / "support" / "demo.sh"


def bash(script, *arguments, stdin="", **environment):
    """Runs it after common.sh, in which a second is long enough to wait for a dot."""
    return subprocess.run(["bash", "-c", f'top={ROOT}; . "$top/support/common.sh"; patience=1; {script}', "-", *arguments],
                          input=stdin, capture_output=True, text=True, timeout=60, env={**os.environ, **environment})


@pytest.fixture
def apt(tmp_path):
    """A folder for PATH with an apt-get that reports as apt does, then runs the script. (The real one would install.)"""
    def make(script):
        (tmp_path / "apt-get").write_text("#!/bin/sh\ncase \"$*\" in *update*) exit 0 ;; esac\n" + script)
        (tmp_path / "apt-get").chmod(0o755)
        return f"{tmp_path}:{os.environ['PATH']}"
    return make


def ended(command, environment):
    """What became of it; if it takes too long, it gets the signal of a Ctrl-C and tidies up."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def test_help_is_an_answer_and_another_word_an_error():
    asked = subprocess.run([DEMO, "--help"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0 and "--keep" in asked.stdout and asked.stderr == ""
    wrong = subprocess.run([DEMO, "--kep"], capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2 and wrong.stderr == asked.stdout and wrong.stdout == ""


def test_everything_that_the_demonstration_shows_is_as_expected(tmp_path):
    """With the settings of somebody who has a proxy, a .curlrc, and files that are nobody else's business."""
    (tmp_path / ".curlrc").write_text("proxy = 127.0.0.1:1\nfail\n")
    dead = "http://127.0.0.1:1"
    # -n: it is built, and with flags that are none of this test's business.
    shown = ended(["bash", "-c", f"umask 077; {DEMO} --keep"], {
        **os.environ, "MAKEFLAGS": "-n", "HOME": str(tmp_path), "http_proxy": dead, "https_proxy": dead, "ALL_PROXY": dead})
    stop = re.search(r"^  (kill [\d ]+ && rm -r (\S+))$", shown.stdout, re.MULTILINE)
    try:
        assert shown.returncode == 0, shown.stdout[-5000:] + shown.stderr
        page = re.search(r"^  (http://127\.0\.0\.1:\d+/)$", shown.stdout, re.MULTILINE)[1]
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(page, timeout=20) as answer:
            assert b"CFOriginPull is <b>On</b>" in answer.read()
    finally:
        if stop:
            subprocess.run(["bash", "-c", stop[1]], check=True, timeout=60)
    assert "all as expected" in shown.stdout and "WRONG" not in shown.stdout and shown.stderr == ""
    counted = re.findall(r"(\d+) requests: (\d+) admitted .*, (\d+) answered with 200, 0 refused or lost", shown.stdout)
    assert len(counted) == 1 + ("EDGE = yes" in (ROOT / "Makefile").read_text())
    assert all(sent == admitted == good and int(sent) >= 30 for sent, admitted, good in counted)
    before_keep = shown.stdout.split("Both servers are still running")[0]
    assert before_keep.count("\n") < 165 and not re.search(r"[\r\x1b]", shown.stdout)


def test_progress_has_steps_and_dots_but_no_carriage_returns():
    shown = bash("{ echo dlstatus:1:5.5:x; sleep 2.2; echo dlstatus:1:21.9:x; for i in 1 2 3 4 5; do "
                 "echo pmstatus:p:1.0:x; sleep .5; done; echo noise; echo pmstatus:p:10:x; } | show_progress fetching").stdout
    assert re.fullmatch(r"  fetching( \.)+ 10% 20%\n  installing( \.)+ 10%\n", shown), shown
    assert bash(": | show_progress x").stdout == ""


def test_output_passes_and_its_silences_have_dots():
    shown = bash("{ echo one; sleep 2.2; printf tw; sleep 1.2; echo o; printf three; } | alive").stdout
    assert re.fullmatch(r"one\n\.+\ntwo\nthree\n", shown), shown


def test_compiler_calls_are_counted():
    sources = bash('set -- "$top"/mod_cf_origin.c "$top"/src/*/*/*.c "$top"/support/ctl/*/*.c; echo $#').stdout
    lines = "libtool --mode=compile gcc -c x.c\nlibtool: compile: gcc -c x.c -fPIC\n" * int(sources)
    assert bash("compiled | tail -n 1", stdin=lines).stdout == "compiled::100:\n"


def test_packages_are_installed_with_progress(apt):
    done = bash("install_missing no-such-package-here", PATH=apt("echo dlstatus:1:50.0:x >&3; echo pmstatus:x:100:x >&3; echo silent"))
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == ("Installing no-such-package-here ...\n  downloading 10% 20% 30% 40% 50%\n"
                           "  installing 10% 20% 30% 40% 50% 60% 70% 80% 90% 100%\n")


@pytest.mark.parametrize("error, advice", [
    ("E: Failed to fetch x Could not resolve 'mirror.example.com'", "http_proxy="),
    ("E: Failed to fetch x  404  Not Found [IP: 192.0.2.1 80]", "try later"),
    ("E: You don't have enough free space in /var/cache/apt/archives/.", "The disk is full"),
    ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "Another program is installing"),
    ("E: Release file for http://mirror.example.com/InRelease is expired (invalid since 23d).", "Check-Valid-Until"),
    ("E: Unable to locate package no-such-package-here", "Debian 11 and later"),
])
def test_an_error_of_apt_is_shown_with_what_to_do(apt, error, advice):
    failed = bash("install_missing no-such-package-here", PATH=apt(f'echo "{error}" >&2; exit 100'))
    assert failed.returncode == 1
    assert error in failed.stderr and "could not install no-such-package-here" in failed.stderr
    assert advice in failed.stderr and failed.stderr.endswith("Then run this again.\n")


def test_without_root_the_command_is_named():
    failed = bash("id() { echo 1000; }; install_missing no-such-package-here")
    assert failed.returncode == 1
    assert failed.stderr.endswith("As root: apt-get install --no-install-recommends no-such-package-here\n")


def test_a_failed_build_shows_its_end_and_what_to_do(tmp_path):
    (tmp_path / "configure.ac").write_text("")
    (tmp_path / "configure").write_text("#!/bin/sh\necho 'configure: error: httpd 2.4.52 or later is needed'; exit 1\n")
    (tmp_path / "configure").chmod(0o755)
    os.utime(tmp_path / "configure.ac", (1, 1))
    (tmp_path / "Makefile.in").write_text("")
    failed = bash(f"top={tmp_path}; build_module {tmp_path}/log all")
    assert failed.returncode == 1
    assert "error: httpd 2.4.52" in failed.stderr and "too old" in failed.stderr
