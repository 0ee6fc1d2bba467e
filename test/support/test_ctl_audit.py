# SPDX-License-Identifier: Apache-2.0
"""cf-originctl audit: what is counted, and from which lines."""
import datetime
import gzip
import json
import os
import random
import re
import resource
import subprocess
import time
import zoneinfo

import pytest

from logs import (CERT, NOON, RAY, admitted, audit, foreign, front, handshake, held_back, in_json, line, message, outcomes,
                  rows, stamp, utc)
from originctl import CTL, INVALID, OK, USAGE, ctl, ctl_json
from client import CLOUDFLARE, STRANGER, get
from server import vhost

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


# What is counted.

def test_every_request_is_counted_once_in_each_table(log):
    path = log(*[line()] * 3, line(code="CFO0001 refused", reason="edge-unknown", vhost="b.test:443", zone="b.test",
                                  edge="2001:db8:1:2::3", cert=CERT, subject="CN=a"), *[admitted()] * 5, foreign())
    written = audit(path)
    assert outcomes(written["total"]) == (1, 3, 5, 0, 0) and written["lines"] == 9
    assert rows(written["reasons"]) == {"cert-missing": (0, 3, 0), "edge-unknown": (1, 0, 0), "verified": (0, 0, 5)}
    assert rows(written["vhosts"]) == {"shop.a.test:443": (0, 3, 5), "b.test:443": (1, 0, 0)}
    assert rows(written["zones"]) == {"a.test": (0, 3, 5), "b.test": (1, 0, 0)}
    assert rows(written["networks"]) == {"192.0.2.0/24": (0, 3, 0), "2001:db8:1::/48": (1, 0, 0), "172.68.1.0/24": (0, 0, 5)}
    assert rows(written["certificates"]) == {"-": (0, 3, 0), CERT: (1, 0, 5)}
    for table in ("reasons", "vhosts", "zones", "networks", "certificates"):
        assert written[table]["complete"] is True and outcomes(written[table]["others"]) == (0,) * 5


def test_a_row_has_first_and_last_time_and_the_last_examples(log):
    path = log(admitted(uri="/before"), *[line(NOON + hour * HOUR, uri=f"/{hour}") for hour in (3, 0, 5, 1)],
               admitted(uri="/admitted"))
    written = audit(path)
    row = written["reasons"]["rows"][0]
    assert (row["first"], row["last"]) == (utc(NOON), utc(NOON + 5 * HOUR))
    assert [example["what"] for example in row["examples"]] == ["/1", "/5", "/0"]
    assert row["examples"][0] == {"time": utc(NOON + HOUR), "ray": None, "claimed_ray": RAY, "edge": "192.0.2.1", "what": "/1"}
    assert written["reasons"]["rows"][1]["examples"][0]["ray"] == RAY


def test_unproven_requests_come_first_and_are_the_examples(log):
    few = [line(vhost="few.test:443", uri="/few")]
    vhosts = audit(log(*[admitted(uri="/many")] * 9, admitted(vhost="few.test:443"), *few, admitted(vhost="few.test:443")))["vhosts"]
    assert list(rows(vhosts)) == ["few.test:443", "shop.a.test:443"]
    assert [[example["what"] for example in row["examples"]] for row in vhosts["rows"]] == [["/few"], ["/many"] * 3]


def test_held_back_lines_are_added_to_their_reason(log):
    written = audit(log(line(), held_back(1200), held_back(34), held_back(7, "not-tls")))
    assert outcomes(written["total"]) == (0, 1, 0, 1241, 0)
    assert {row["name"]: row["held_back"] for row in written["reasons"]["rows"]} == {"cert-missing": 1234, "not-tls": 7}
    assert "1 would-refuse; 1,234 held back, no details" in ctl("audit", log(line(), held_back(1234))).out


def test_failed_handshakes_are_not_requests(log):
    written = audit(log(handshake(), handshake(edge="192.0.2.9"), handshake("cert-unknown"), line()))
    assert outcomes(written["total"]) == (0, 1, 0, 0, 3)
    (expired, unknown) = written["handshakes"]["rows"]
    assert (expired["name"], expired["handshakes_failed"], expired["subject"]) == ("cert-expired", 2, "CN=old")
    assert (expired["from_edge"], expired["direct"], unknown["from_edge"]) == (1, 1, 1)
    assert expired["examples"][0]["what"] == "shop.a.test"
    assert rows(written["reasons"]) == {"cert-missing": (0, 1, 0)}


def test_other_lines_are_ignored(log):
    path = log(front() + message(code="CFO0111 part-refused"), front() + message(code="CFO0112 part-would-refuse"),
               front() + "CFO0110 visitor-invalid", foreign(), "", "\\x", "CFO0001", "CFO000")
    assert audit(path)["lines"] == 0


def test_the_certificate_has_its_subject_and_each_reason_its_advice(log):
    path = log(admitted(subject=r"CN=\\xc3\\xa9 \\x22x\\x22"), line(reason="edge-unknown"), line(reason="new-reason"))
    written = audit(path)
    (certificate,) = [row for row in written["certificates"]["rows"] if row["name"] == CERT]
    assert certificate["subject"] == 'CN=é "x"'
    advice = {row["name"]: row["advice"] for row in written["reasons"]["rows"]}
    assert advice["edge-unknown"].startswith("the address is not Cloudflare's") and advice["new-reason"] is None
    assert "    the address is not Cloudflare's" in ctl("audit", path).out


def test_top_cuts_the_tables_and_sums_up_the_rest(log):
    path = log(*[line(vhost=f"v{i}.test:443") for i in range(7) for _ in range(i + 1)])
    vhosts = audit(path, "--top", "2")["vhosts"]
    assert rows(vhosts) == {"v6.test:443": (0, 7, 0), "v5.test:443": (0, 6, 0)}
    assert outcomes(vhosts["others"]) == (0, 15, 0, 0, 0) and vhosts["complete"] is True
    assert "  all others: 15 would-refuse\n" in ctl("audit", path, "--top", "2").out


def test_names_beyond_the_limit_are_still_in_the_sums(log):
    heavy = [line(vhost="heavy.test:443")] * 50
    path = log(*heavy, *[line(vhost=f"v{i}.test:443") for i in range(9000)], *heavy)
    vhosts = audit(path, "--top", "4096")["vhosts"]
    assert vhosts["complete"] is False and len(vhosts["rows"]) <= 4096
    first = vhosts["rows"][0]
    assert (first["name"], first["would_refuse"], first["missed"]) == ("heavy.test:443", 100, 0)
    assert sum(row["would_refuse"] for row in vhosts["rows"]) + vhosts["others"]["would_refuse"] == 9100
    assert 0 < max(row["missed"] for row in vhosts["rows"]) <= 9100 / 2048
    assert "more than 4,096 different names: each may have up to 3 more" in ctl("audit", path).out


# Which lines.

@pytest.mark.parametrize("shape", [
    lambda text: stamp() + " [cf_origin:warn] [pid 7:tid 8] [client 192.0.2.1:5] " + text,
    lambda text: stamp() + " [cf_origin:warn] [pid 7] src/httpd/audit.c(130): [client 192.0.2.1:5] " + text,
    lambda text: stamp().replace(".842457", "") + " [cf_origin:warn] " + text,
    lambda text: NOON.strftime("%Y-%m-%d %H:%M:%S.%f ") + text,
    lambda text: NOON.strftime("[%Y-%m-%dT%H:%M:%S] ") + text,
    lambda text: NOON.astimezone().strftime("<131>1 %Y-%m-%dT%H:%M:%S.%f%z web httpd 12 - - ") + text,
    lambda text: NOON.astimezone(datetime.timezone(-3.5 * HOUR)).isoformat() + " x: " + text,
    lambda text: NOON.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S,842Z ") + text,
    lambda text: f"Jan  1 00:00:00 web httpd: {stamp()} [cf_origin:warn] " + text,
    lambda text: in_json(f"{stamp()} [cf_origin:warn] " + text, time="2020-01-01T00:00:00Z"),
    lambda text: in_json(text, time=NOON.astimezone(datetime.timezone.utc).isoformat()),
    lambda text: json.dumps({"@timestamp": NOON.astimezone().isoformat(), "message": text}),
    lambda text: json.dumps({"a": json.dumps({"log": text}), "t": NOON.astimezone().isoformat()}),
    lambda text: '{"time":"' + NOON.strftime("%Y-%m-%d %H:%M:%S.%f") + '","msg":"' + text + '"}',
])
@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns"])
def test_lines_of_all_common_log_formats_are_parsed(log, monkeypatch, shape, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        path = log(shape(message(uri=r"/\\x22a\\b", subject="CN=a b") + ", referer: http://x/ reason=verified"))
        written = audit(path)
        first = utc(NOON)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (written["lines"], written["untimed"], written["cut"]) == (1, 0, 0)
    assert written["total"]["first"] == written["total"]["last"] == first
    (row,) = written["reasons"]["rows"]
    assert row["name"] == "cert-missing" and row["examples"][0]["what"] == '/"a\\b'


def walls_around_changes(zone, year):
    """Times on a wall clock, every ten minutes around each change of a zone's offset from UTC."""
    def offset(hour):
        return (start + hour * HOUR).astimezone(zone).utcoffset()

    start = datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc)
    changes = [hour for hour in range(366 * 24) if offset(hour) != offset(hour + 1)]
    return [(start + hour * HOUR).replace(tzinfo=None) + offset(hour) + datetime.timedelta(minutes=minutes)
            for hour in changes or [1416] for minutes in range(-120, 240, 10)]


def begin_of_hour(at):
    """By mktime(), which in an hour that comes twice or never goes on with the offset of its last call."""
    def mktime(day):
        return time.mktime((day.year, day.month, day.day, day.hour, 0, 0, 0, 0, -1))
    mktime(at - DAY)
    return mktime(at)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu",
                                  "Africa/Casablanca", "Europe/Dublin", "Pacific/Chatham", "UTC"])
def test_local_times_are_those_of_mktime_also_where_the_clock_is_changed(log, monkeypatch, name):
    """In any order of the lines; a leap day and the end of a year are among them."""
    walls = walls_around_changes(zoneinfo.ZoneInfo(name), 2024)
    walls += [datetime.datetime(2024, month, day, hour, 59, 59, 999999) for hour in (0, 2, 23) for month, day in ((2, 29), (3, 1), (12, 31), (1, 1))]
    random.Random(name).shuffle(walls)
    lines = [line(at, vhost=f"v{i}.test") for i, at in enumerate(walls)]
    lines += [at.strftime("%Y-%m-%d %H:%M:%S.%f ") + message(vhost=f"iso{i}.test") for i, at in enumerate(walls)]
    monkeypatch.setenv("TZ", name)
    time.tzset()
    try:
        starts = [begin_of_hour(at) for at in walls]
        written = audit(log(*lines), "--top", "4096")
    finally:
        monkeypatch.undo()
        time.tzset()
    expected = [datetime.datetime.fromtimestamp(start + at.minute * 60 + at.second, datetime.timezone.utc) for start, at in zip(starts, walls)]
    read = {row["name"]: row["first"] for row in written["vhosts"]["rows"]}
    assert len(read) == len(lines)
    for i, at in enumerate(expected):
        assert (read[f"v{i}.test"], read[f"iso{i}.test"]) == (utc(at),) * 2, walls[i]


@pytest.mark.parametrize("text, at", [
    ("[Wed Feb  5 1:2:3 2025]", "2025-02-05T01:02:03Z"), ("[Wed Feb 05 01:02:60 2025]", "2025-02-05T01:03:00Z"),
    ("[Sat Feb 30 01:02:03 2026]", "2026-03-02T01:02:03Z"), ("2025-2-5T1:2:3Z", "2025-02-05T01:02:03Z"),
    ("2026-02-30T01:02:03Z", "2026-03-02T01:02:03Z"), ("2025-02-05T23:59:59.9+1400", "2025-02-05T09:59:59Z"),
    *[(text, None) for text in (
        "[Wed Feb 32 01:02:03 2025]", "[Wed Feb 00 01:02:03 2025]", "[Wed Feb 05 24:02:03 2025]", "[Wed Feb 05 01:60:03 2025]",
        "[Wed Feb 05 01:02:62 2025]", "[Wed Fev 05 01:02:03 2025]", "[Wed Feb 05 01:02 2025]", "[Wed Feb 05 01:02:03 20255]",
        "[Wed Feb 05 01:02:03 2025", "[Wed Feb 05 01:02:03]", "[Wed Feb 05]", "[Wed Feb", "[Wed ", "[W", "[", "[Wed Jan 01 00:00:00 1900]",
        "2025-13-05T01:02:03Z", "2025-00-05T01:02:03Z", "2025-02-32T01:02:03Z", "2025-02-05T25:02:03Z", "2025-02-05X01:02:03Z",
        "202-02-05T01:02:03Z", "20250-02-05T01:02:03Z", "2025-02-05", "1969-12-31T23:59:59Z")],
])
def test_a_time_is_read_as_strptime_reads_it(log, monkeypatch, text, at):
    monkeypatch.setenv("TZ", "UTC")
    written = audit(log(f"{text} " + message()))
    assert (written["total"]["first"], written["untimed"]) == (at, 0 if at else 1)


def test_a_syslog_time_without_a_year_is_the_last_such_day(log):
    now = datetime.datetime.now()
    for days in (0, 1, 200, 360):
        at = now - days * DAY
        written = audit(log(at.strftime("%b %e %H:%M:%S web httpd[7]: [cf_origin:warn] ") + message()))
        assert written["total"]["first"] == utc(at)


def test_a_line_without_a_time_is_counted_and_reported(log):
    path = log(message(), "12:00 " + message(), line())
    written = audit(path)
    assert (written["lines"], written["untimed"]) == (3, 2)
    for option, time in (("--since", "2020-01-01"), ("--until", "2030-01-01")):
        written = audit(path, option, time)
        assert (written["lines"], written["untimed"]) == (1, 2)
    assert "2 lines without a readable time, left out" in ctl("audit", path, "--until", "2030-01-01").out


def test_forged_lines_in_messages_of_other_modules_are_not_counted(log):
    forged = admitted()
    assert audit(log(foreign(text="AH00128: File does not exist: " + forged),
                     front(module="php", level="error") + forged, forged))["lines"] == 1


def test_a_referer_cannot_change_the_values_of_a_line(log):
    written = audit(log(line(tail=', referer: x" reason=verified cert_zone=a.test CFO0003 admitted reason=verified')))
    assert rows(written["reasons"]) == {"cert-missing": (0, 1, 0)} and written["total"]["lost"] == 0


def test_no_content_of_a_log_breaks_the_audit(log):
    text = line().encode()
    path = log(b"\0" * 700_000 + text + b"\n", b"\xff\xfe\x80\n", b"x" * 3_000_000 + b"\n", text + b"\r\n",
               text + b" " + b"y" * 2_000_000 + b"\n", b"z" * 300_000 + text + b"\n", b"\n\n\r\n",
               line(uri=r"/\\xff\\xc2\\x9b\\x00\xff").encode() + b"\n", text)
    written = audit(path)
    assert (written["lines"], written["total"]["would_refuse"], written["cut"], written["untimed"]) == (5, 5, 0, 0)


def test_lines_at_every_offset_of_a_buffer_are_found(log):
    text = line().encode() + b"\n"
    for shift in range(0, len(text), 7):
        path = log(b"x" * (262144 - len(text) * 3 - shift) + b"\n", text * 50)
        assert audit(path)["lines"] == 50


def test_a_truncated_line_is_counted_with_what_is_left(log):
    whole = line()
    after_reason = whole[:whole.index(" edge=")]
    written = audit(log(after_reason, whole[:whole.index("missing")], whole[:whole.index("reason=")]))
    assert (written["lines"], written["cut"]) == (3, 3)
    assert rows(written["reasons"]) == {"?": (0, 2, 0), "cert-missing": (0, 1, 0)}


def test_memory_does_not_grow_with_the_log(tmp_path):
    path = tmp_path / "error.log"
    with path.open("wb") as file:
        for part in range(20):
            file.write("".join(line(edge=f"10.{i % 250}.{i // 250}.1", vhost=f"v{i}.test", zone=f"z{i}.test", cert=f"{i:064x}")
                               + "\n" for i in range(part * 5000, part * 5000 + 5000)).encode())
    limit = 80 << 20

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    done = subprocess.run([CTL, "audit", path, "--json"], capture_output=True, timeout=60, preexec_fn=limited)
    assert done.returncode == OK, done.stderr
    assert json.loads(done.stdout)["total"]["would_refuse"] == 100000


# What is read.

def test_several_logs_are_summed_up(log):
    written = audit(log(line(), name="a"), log(line(), admitted(), name="b"))
    assert outcomes(written["total"]) == (0, 2, 1, 0, 0)


def test_compressed_logs_are_read_whatever_their_name(log, tmp_path):
    path = tmp_path / "-old"
    path.write_bytes(gzip.compress((line() + "\n").encode() * 5000) + gzip.compress((admitted() + "\n").encode()))
    done = subprocess.run([CTL, "audit", "--json", "--", "-old"], capture_output=True, cwd=tmp_path, timeout=60)
    assert outcomes(json.loads(done.stdout)["total"]) == (0, 5000, 1, 0, 0)
    path.write_bytes(path.read_bytes() + b"rubbish")
    assert audit(path)["lines"] == 5001


def test_a_truncated_compressed_log_is_exit_3(tmp_path, log):
    path = tmp_path / "error.log.1.gz"
    path.write_bytes(gzip.compress(os.urandom(100_000))[:50_000])
    answer, written = ctl_json("audit", path, log(line()))
    assert answer.code == INVALID and "gzip cannot unpack it completely" in answer.err
    assert written["lines"] == 1


def test_standard_input_is_read(log):
    text = (line() + "\n").encode()
    for given in (text * 3000, b""):
        done = subprocess.run([CTL, "audit", "-", "--json"], input=given, capture_output=True, timeout=60)
        assert (done.returncode, json.loads(done.stdout)["lines"]) == (OK, given.count(b"\n"))
    done = subprocess.run([CTL, "audit", "-"], input=gzip.compress(text), capture_output=True, timeout=60)
    assert done.returncode == INVALID and b'pipe it through "gzip -dc"' in done.stderr


def test_a_log_that_cannot_be_read_is_exit_3_and_the_others_are_read(log, tmp_path):
    for bad, said in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        answer, written = ctl_json("audit", bad, log(line()))
        assert answer.code == INVALID and said in answer.err and written["lines"] == 1
    assert ctl("audit", "--ready", tmp_path / "none").code == INVALID


def test_an_empty_log_is_not_an_error(log):
    answer = ctl("audit", log())
    assert answer.code == OK and answer.out.startswith("0 lines: 0\n") and "is it the right log" in " ".join(answer.out.split())


# What is wanted.

@pytest.mark.parametrize("args, wanted", [
    (["--since", "2026-01-31T12:00:00Z"], [2, 3, 4]), (["--until", "2026-01-31T12:00:00Z"], [0, 1]),
    (["--since", "2026-01-31", "--until", "2026-02-01"], [1, 2, 3]), (["--since", "2026-02-01"], [4]), ([], [0, 1, 2, 3, 4]),
])
def test_since_and_until_select_lines(log, monkeypatch, args, wanted):
    monkeypatch.setenv("TZ", "UTC")
    times = [NOON - DAY, NOON - HOUR, NOON, NOON + HOUR, NOON + DAY]
    path = log(*[line(at, vhost=f"v{i}") for i, at in enumerate(times)])
    assert sorted(rows(audit(path, *args)["vhosts"])) == [f"v{i}" for i in wanted]


@pytest.mark.parametrize("ago, count", [("90s", 1), ("3m", 2), ("5h", 3), ("2d", 4), ("1w", 5)])
def test_a_time_can_be_given_relative_to_now(log, ago, count):
    now = datetime.datetime.now()
    path = log(*[line(now - datetime.timedelta(seconds=s)) for s in (30, 150, 4 * 3600, 30 * 3600, 6 * 86400, 9 * 86400)])
    assert audit(path, "--since", ago)["lines"] == count
    assert audit(path, "--until", ago)["lines"] == 6 - count


@pytest.mark.parametrize("name, wanted", [
    ("shop.a.test", 2), ("SHOP.a.test:443", 1), ("a.test", 0), ("shop.a.test:44", 0), ("shop", 0), ("b.test", 1),
])
def test_vhost_selects_lines(log, name, wanted):
    path = log(line(), line(vhost="shop.a.test:8443"), line(vhost="b.test:443"), line(vhost="-"))
    assert audit(path, "--vhost", name)["total"]["would_refuse"] == wanted


def test_vhost_selects_handshakes_by_sni(log):
    path = log(handshake(), handshake(sni="-"), handshake(sni="shop.b.test"), held_back(3))
    for name in ("shop.a.test", "shop.a.test:443"):
        assert outcomes(audit(path, "--vhost", name)["total"]) == (0, 0, 0, 3, 1)


@pytest.mark.parametrize("args, said", [
    (["--since", "7"], "--since and --until take"), (["--since", "7y"], "--since and --until take"),
    (["--until", "d"], "--since and --until take"), (["--since", "2026-02-30"], "--since and --until take"),
    (["--since", "99999999d"], "--since and --until take"), (["--since", "999999w"], "--since and --until take"),
    (["--top", "0"], "--top takes"), (["--top", "4097"], "--top takes"), (["--interval", "5"], "--interval needs"),
    (["--follow", "--interval", "0"], "--interval takes"), (["--follow", "--interval", "x"], "--interval takes"),
])
def test_a_wrong_option_is_a_usage_error(log, args, said):
    answer = ctl("audit", log(line()), *args)
    assert (answer.code, answer.out) == (USAGE, "") and said in answer.err


# Safe to print.

HOSTILE = r"\\x1b[2J\\x07\\x9b31m\\xc2\\x9b1m\\xe2\\x80\\xae\\x7f\\x0aready: yes"


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_nothing_of_a_log_reaches_the_terminal_as_a_command(log, args):
    path = log(*[line(reason="edge-unknown", vhost=f'"{HOSTILE}"', zone=f'"{HOSTILE}"', edge=f'"{HOSTILE}"', cert=f'"{HOSTILE}"',
                      subject=HOSTILE, cert_zone=f'"{HOSTILE}"', claimed_ray=f'"{HOSTILE}"', uri=HOSTILE)] * 2,
               line(reason=f'"{HOSTILE}"'), handshake(sni=f'"{HOSTILE}"', reason=f'"{HOSTILE}"'), b"\x1b[2J " + line().encode() + b"\n")
    for top in ("1", "10"):
        answer = ctl("audit", path, "--top", top, *args)
        assert answer.code == OK
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", answer.out)
        assert re.findall(r"^ready: \w+", answer.out, re.M) == (["ready: no"] if not args else [])


def test_a_full_disk_is_reported():
    with open("/dev/full", "w") as full:
        done = subprocess.run([CTL, "audit", "/dev/null"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == INVALID and b"cannot be written" in done.stderr


# With a real httpd.

@pytest.fixture(scope="module")
def origins(httpd, pki):
    zones = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullExemptPath /monitor\n"
                 + vhost("shop.a.test", "CFOriginPull On\n" + zones, aliases="b.test *.other.test")
                 + vhost("plain.a.test", "CFOriginPull On\n" + zones, port="{port2}", tls=False)
                 + vhost("audit.a.test", "CFOriginPull Audit\n" + zones, port="{port3}"))


def test_the_log_of_a_real_httpd_is_counted_exactly(origins, pki):
    shop, plain, audited = origins.ports

    def ask(count, port=shop, **options):
        for _ in range(count):
            get(port, headers={**CLOUDFLARE, "Referer": 'http://x/"reason=verified'}, **options)
    ask(3, cert=pki.leaf_a)
    ask(2)
    ask(1, cert=pki.leaf_b)
    ask(1, cert=pki.rogue, path="/?\"'\\x22\\")
    ask(1, cert=pki.leaf_a, host="x.other.test")
    ask(2, cert=pki.leaf_a, source=STRANGER)
    ask(2, port=plain, sni="plain.a.test", plain=True)
    ask(1, path="/monitor")
    ask(4, port=audited, sni="audit.a.test", cert=pki.leaf_a)
    ask(3, port=audited, sni="audit.a.test", source=STRANGER)
    get(audited, "/the-end", sni="audit.a.test", cert=pki.leaf_b)
    origins.wait_event(uri="/the-end")
    written = audit(origins.dir / "error.log", "--since", "1h")
    assert (written["cut"], written["untimed"]) == (0, 0)
    assert rows(written["reasons"]) == {
        "verified": (0, 0, 7), "exempt-path": (0, 0, 1), "cert-missing": (2, 3, 0), "cert-other-zone": (1, 1, 0),
        "cert-unknown": (1, 0, 0), "zone-unknown": (1, 0, 0), "edge-unknown": (2, 0, 0), "not-tls": (2, 0, 0)}
    assert rows(written["vhosts"]) == {f"shop.a.test:{shop}": (7, 0, 4), f"plain.a.test:{plain}": (2, 0, 0),
                                       f"audit.a.test:{audited}": (0, 4, 4)}
    assert rows(written["networks"]) == {"127.0.0.0/24": (7, 1, 8), "127.200.0.0/24": (2, 3, 0)}
    assert {row["name"]: row["subject"] for row in written["certificates"]["rows"]}[pki.leaf_a.sha256] == "CN=leaf-a"
    (unknown,) = [row for row in written["reasons"]["rows"] if row["name"] == "cert-unknown"]
    assert unknown["examples"][0]["what"] == "/?\"'\\x22\\"
    readiness = written["readiness"]
    assert readiness["answer"] == "no" and "2 edge-unknown" in " ".join(readiness["why"])
    only = audit(origins.dir / "error.log", "--vhost", "audit.a.test")["readiness"]
    assert (only["answer"], only["proven"], only["lost"], only["direct"], only["from_edge"]) == ("yes", 4, 0, 3, 1)
