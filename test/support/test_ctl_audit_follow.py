# SPDX-License-Identifier: Apache-2.0
"""cf-originctl audit --follow: logs that grow, are renamed and emptied."""
import gzip
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from logs import admitted, line, outcomes
from originctl import CTL, INVALID, OK, Answer, ctl


class Follower:
    """audit --follow --json, of which every report is read as it comes."""

    def __init__(self, *args, **options):
        self.process = subprocess.Popen([CTL, "audit", "--follow", "--json", *map(str, args)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0, **options)

    def report(self):
        assert select.select([self.process.stdout], [], [], 30)[0], "no report in 30 s"
        return json.loads(self.process.stdout.readline())

    def wait_lines(self, count):
        """The first report that has so many: there is none where nothing is new."""
        report = self.report()
        while report["lines"] < count:
            report = self.report()
        return report

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        out, err = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait(timeout=30)
        done = subprocess.CompletedProcess([], self.process.returncode, out, err)
        return Answer(done), json.loads(out.splitlines()[-1])


@pytest.fixture
def follow():
    started = []

    def start(*args, **options):
        started.append(Follower("--interval", "1", *args, **options))
        return started[-1]
    yield start
    for follower in started:
        if follower.process.poll() is None:
            follower.process.kill()
            follower.process.communicate()


def append(path, *lines):
    with path.open("ab") as file:
        file.write(b"".join(x if isinstance(x, bytes) else x.encode() + b"\n" for x in lines))


def test_what_is_appended_is_counted(follow, log):
    path = log(line())
    follower = follow(path)
    assert follower.wait_lines(1)["total"]["would_refuse"] == 1
    append(path, admitted(), admitted())
    assert "exit" not in follower.wait_lines(3)
    answer, last = follower.stop()
    assert (answer.code, answer.err, last["exit"], last["lines"]) == (OK, "", OK, 3)


@pytest.mark.parametrize("more, said", [
    ([], "from the first line; a report every 60 s if there is something new, and at the end (Ctrl-C); --since 1m leaves out"),
    (["--since", "1m", "--interval", "9"], "from the time of --since; a report every 9 s if"),
])
def test_people_are_told_at_once_what_happens(log, more, said):
    path = log(line())
    process = subprocess.Popen([CTL, "audit", "--follow", *more, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    try:
        assert select.select([process.stderr], [], [], 30)[0], "no line in 30 s"
        assert f"following {path} {said}" in process.stderr.readline().decode()
    finally:
        process.kill()
        process.communicate()


def test_an_unfinished_line_is_counted_once_it_is_complete(follow, log):
    whole = line().encode()
    path = log(line(), whole[:150])
    follower = follow(path)
    assert follower.wait_lines(1)["cut"] == 0
    append(path, whole[150:] + b"\n", line())
    report = follower.wait_lines(3)
    assert (report["lines"], report["cut"]) == (3, 0)
    append(path, line(), whole)
    follower.wait_lines(4)
    assert follower.stop()[1]["lines"] == 5


def test_a_log_that_is_renamed_is_followed_by_its_name_and_read_to_its_end(follow, log, tmp_path):
    path = log(line())
    follower = follow(path)
    follower.wait_lines(1)
    for turn in range(1, 4):
        old = path.rename(tmp_path / f"error.log.{turn}")
        log(line())
        follower.wait_lines(3 * turn - 1)
        append(old, line())  # by a process of httpd that has it open still
        append(path, line())
        follower.wait_lines(3 * turn + 1)
    answer, last = follower.stop(signal.SIGTERM)
    assert (answer.code, last["lines"]) == (OK, 10)


def test_a_log_that_is_created_some_time_after_the_rename_is_found(follow, log, tmp_path):
    path, other = log(line()), log(line(), name="other.log")
    follower = follow(path, other)
    follower.wait_lines(2)
    path.rename(tmp_path / "error.log.1")
    append(other, line())
    follower.wait_lines(3)
    log(line(), line())
    follower.wait_lines(5)
    assert follower.stop()[1]["lines"] == 5


def test_a_truncated_log_is_read_from_its_beginning(follow, log):
    path = log(line(), line(), line()[:150].encode())
    follower = follow(path)
    follower.wait_lines(2)
    os.truncate(path, 0)
    append(path, admitted())
    report = follower.wait_lines(3)
    assert outcomes(report["total"])[:3] == (0, 2, 1) and report["cut"] == 0
    assert follower.stop()[0].code == OK


def test_text_reports_are_separate_and_an_interrupt_is_exit_0(log):
    process = subprocess.Popen([CTL, "audit", "--follow", "--interval", "1", log(line())], stdout=subprocess.PIPE)
    assert process.stdout.readline().startswith(b"1 line:")
    process.send_signal(signal.SIGINT)
    out = process.stdout.read().decode()  # communicate() would lose what was read ahead
    assert process.wait(timeout=30) == OK and out.count("ready: unknown") == 2 and "\n\n1 line:" in out


def test_following_ends_if_no_input_can_grow(log, tmp_path):
    path = tmp_path / "old.gz"
    path.write_bytes(gzip.compress((line() + "\n").encode()))
    done = subprocess.run([CTL, "audit", "--follow", "--json", path, "-"], input=(line() + "\n").encode(), capture_output=True, timeout=60)
    assert done.returncode == OK and json.loads(done.stdout)["lines"] == 2
    assert ctl("audit", "--follow", tmp_path / "none").code == INVALID


def test_a_silent_pipe_does_not_delay_other_logs(follow, log):
    path = log(line())
    follower = follow("-", path, stdin=subprocess.PIPE)
    follower.process.stdin.write(b"\n\n")  # it is looked at whether it is compressed
    follower.process.stdin.flush()
    follower.wait_lines(1)
    append(path, line())
    follower.wait_lines(2)
    follower.process.stdin.write((line() + "\n").encode())
    follower.process.stdin.flush()
    follower.wait_lines(3)
    assert follower.stop()[1]["lines"] == 3


def test_it_can_be_stopped_while_a_log_is_being_unpacked(follow, tmp_path):
    path = tmp_path / "old.gz"
    path.write_bytes(gzip.compress(b"x\n" * (1 << 24)) * 200)
    follower = follow(path)
    pid = follower.process.pid
    children, end = "", time.monotonic() + 30
    while not children and time.monotonic() < end:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    answer, _ = follower.stop(signal.SIGTERM)
    assert children and answer.code == OK and not Path(f"/proc/{children.split()[0]}").exists()
