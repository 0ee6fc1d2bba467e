# SPDX-License-Identifier: Apache-2.0
"""Programs that read and rotate the logs: GoAccess, logrotate, jq, logger. With the formats and commands
of the manual and of conf/."""
import grp
import json
import os
import pwd
import re
import shlex
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, H2Connection, get
from hostile import ATTACKS, VICTIM, attack
from server import ROOT, parse_event, vhost
from tools import command, environment, run

LOGGING = (ROOT / "docs" / "logging.md").read_text()
MONITORING = (ROOT / "docs" / "monitoring.md").read_text()
COMBINED = re.search(r'^LogFormat ".*" cf_combined$', (ROOT / "conf" / "cf_origin.conf").read_text(), re.M)[0]
JQ = ROOT / "conf" / "cf-origin-log.jq"
ROTATE = ROOT / "conf" / "logrotate" / "cf-origin"


def example(start, manual=LOGGING):
    """The line of the manual that begins with `start`."""
    return re.search(rf"^ *{re.escape(start)}.*$", manual, re.M)[0].strip()


TABS = example('ErrorLogFormat "%{cu}t\\t')
TO_JQ = example('ErrorLog "|$/usr/bin/jq').replace("/etc/apache2/cf-origin-log.jq", str(JQ)).replace(
    "/var/log/apache2/", "{dir}/")
TO_LOGGER = example('ErrorLog "|/usr/bin/logger')
NAIVE = example('ErrorLogFormat "{')


def ranges_and(pki, *hosts):
    return f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n" + "".join(hosts)


# JSON

@pytest.fixture(scope="module")
def json_logs(httpd, pki):
    logs = f"{TABS}\n{TO_JQ}\n"
    return httpd(log_level="info", server=ranges_and(
        pki, vhost("shop.a.test", f"CFOriginPull On\n{logs}", aliases="*.other.test"),
        vhost("audit.a.test", f"CFOriginPull Audit\n{logs}"),
        vhost("naive.a.test", f'CFOriginPull On\n{NAIVE}\nErrorLog "{{dir}}/naive.log"\n')))


def objects(origin):
    """Every line of the log, parsed, without one that is still being written."""
    path = origin.dir / "error.json.log"
    return [json.loads(line) for line in path.read_text().splitlines(True) if line.endswith("\n")] if path.exists() else []


def find(origin, uri):
    return origin.wait_for(lambda: next((x for x in objects(origin) if x.get("cf_origin", {}).get("uri") == uri), None),
                           f"an object with {uri}")


def test_a_refusal_is_a_json_object_with_its_values(json_logs):
    get(json_logs.port, "/refused", CLOUDFLARE, sni="shop.a.test", source=STRANGER)
    line = find(json_logs, "/refused")
    assert (line["module"], line["level"]) == ("cf_origin", "warn") and "ray" not in line and "referer" not in line
    assert line["client"].startswith(STRANGER) and re.match(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$", line["time"])
    assert line["message"].startswith("CFO0001 refused reason=cert-missing ")
    event = line["cf_origin"]
    assert event.pop("hint").startswith("the peer is this host itself")
    assert event == {"code": "CFO0001", "event": "refused", "reason": "cert-missing", "vhost": f"shop.a.test:{json_logs.port}",
                     "host": "shop.a.test", "zone": "a.test", "edge": STRANGER, "edge_known": "no", "sni": "shop.a.test",
                     "claimed_ray": RAY, "method": "GET", "uri": "/refused"}


def test_lines_of_other_modules_have_the_ray_of_a_proved_request(json_logs, pki):
    get(json_logs.port, '/nothing/"here\\', {**CLOUDFLARE, "Referer": 'http://a.test/"\t\\'}, cert=pki.leaf_a, sni="shop.a.test")
    line = json_logs.wait_for(lambda: next((x for x in objects(json_logs) if "AH00128" in x["message"]), None), "a 404")
    assert (line["module"], line["ray"], line["client"]) == ("core", RAY, f"{VISITOR}:0")
    assert line["message"].endswith('/nothing/"here\\') and line["referer"] == 'http://a.test/"\\t\\\\'


@pytest.mark.A34
@pytest.mark.parametrize("source, host", [(EDGE, "shop.a.test"), (STRANGER, "shop.a.test"), (STRANGER, "audit.a.test")])
def test_each_line_is_json_and_no_client_can_add_to_it(json_logs, source, host):
    for text in ATTACKS.values():
        attack(json_logs, text, source, host)
    get(json_logs.port, "/last", sni=host, source=source)
    find(json_logs, "/last")
    lines = objects(json_logs)
    assert VICTIM in json.dumps(lines)
    for line in lines:
        assert set(line) <= {"time", "module", "level", "pid", "client", "ray", "referer", "message", "cf_origin"}
        assert {"time", "module", "level", "pid"} <= set(line), line
        assert line.get("client", "-").split(":")[0] in {"-", EDGE, STRANGER, VISITOR}
        assert (line["module"] == "cf_origin") == ("cf_origin" in line)
        event = line.get("cf_origin", {})
        assert event.get("edge", EDGE) in {EDGE, STRANGER} and (event.get("edge_known") == "yes") == (event.get("edge") == EDGE)


def test_escaped_values_can_be_decoded(json_logs):
    """Each \\xHH becomes its byte; httpd's doubled backslashes are undone."""
    path = '/"\\x22\\y\\\\z'
    with H2Connection(json_logs.port, sni="shop.a.test", source=STRANGER) as connection:
        connection.get(path)
    line = find(json_logs, "/\\x22\\x5cx22\\y\\\\z")
    value = re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), line["cf_origin"]["uri"])
    assert value == path


def test_without_the_converter_the_log_is_not_json(json_logs):
    get(json_logs.port, "/naive", sni="naive.a.test", source=STRANGER)
    path = json_logs.dir / "naive.log"
    line = json_logs.wait_for(lambda: next((x for x in path.read_text().splitlines() if "/naive" in x), None), "a line")
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)


def convert(data):
    done = subprocess.run(["jq", "-Rc", "--unbuffered", "-f", JQ], input=data, capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_lines_that_httpd_did_not_write_become_json_with_their_text():
    everything = bytes(x for x in range(256) if x != 10)
    lines = convert(b"stderr of a script\n" + everything + b"\n\n\t\t\t\n" + b"\t" * 8 + b"\n")
    assert [sorted(line) for line in lines] == [["message"]] * 5
    assert lines[0] == {"message": "stderr of a script"}


def test_no_line_of_this_module_is_lost():
    head = "2026-01-31 12:00:00.591604\tcf_origin\twarn\t1\t-\t-\t-\t"
    texts = ["CFO0202 never-asks vhost=a.test:443 at=/etc/a.conf:12 a certificate is required, and x=y", "CFO0133 reload-failed",
             "something else"]
    first, second, third = convert("".join(f"{head}{text}\n" for text in texts).encode())
    assert (first["cf_origin"]["code"], first["cf_origin"]["at"]) == ("CFO0202", "/etc/a.conf:12")
    assert second["cf_origin"] == {"code": "CFO0133", "event": "reload-failed"}
    assert third["message"] == "something else" and "cf_origin" not in third


# syslog

def test_logger_passes_on_whole_lines(httpd, pki, scratch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(str(scratch / "syslog"))
        syslog.settimeout(20)
        logger = TO_LOGGER.replace("logger ", f"logger -u {scratch}/syslog ")
        server = httpd(server=ranges_and(pki, vhost("shop.a.test", f"CFOriginPull On\n{logger}\n")))
        get(server.port, "/" + '"' * 1500, {"Referer": "http://a.test/" + "x" * 1500}, sni="shop.a.test", source=STRANGER)
        message = syslog.recv(65536).decode()
    assert message.startswith("<188>") and " httpd: " in message, "local7.warning"
    event = parse_event(message)
    assert len(message) > 2048 and message.endswith("xxx") and event["edge"] == STRANGER and event["uri"].endswith("...")


# GoAccess

def goaccess(log, tmp_path):
    """The report of the command in the manual."""
    _, _, *options = shlex.split(example("goaccess /var/log/apache2/access.log", MONITORING))
    bad = tmp_path / "bad"
    run("goaccess", log, *options, "--no-global-config", "--no-progress", f"--invalid-requests={bad}",
        "-o", tmp_path / "report.json")
    assert not bad.exists() or not bad.read_text()
    return json.loads((tmp_path / "report.json").read_text())


def test_goaccess_counts_visitors_and_strangers(httpd, pki, tmp_path):
    origin = httpd(server=COMBINED + "\n" + ranges_and(pki, vhost(
        "shop.a.test", 'CFOriginPull On\nCustomLog "{dir}/combined.log" cf_combined\n')))
    for _ in range(3):
        get(origin.port, "/index.html", {**CLOUDFLARE, "User-Agent": "Mozilla/5.0 (X11; Linux) \"x\" Firefox/140.0"}, cert=pki.leaf_a)
    get(origin.port, "/missing", {**CLOUDFLARE, "CF-Connecting-IP": "2001:470::7"}, cert=pki.leaf_a)
    for path in ("/a", '/"b\\'):
        get(origin.port, path, {"Referer": 'http://a.test/" verified/verified'}, source=STRANGER)
    path = origin.dir / "combined.log"
    origin.wait_for(lambda: path.exists() and len(path.read_text().splitlines()) == 6, "six lines")
    report = goaccess(path, tmp_path)
    assert report["general"]["total_requests"] == report["general"]["valid_requests"] == 6
    hosts = {host["data"]: host["hits"]["count"] for host in report["hosts"]["data"]}
    assert hosts == {VISITOR: 3, "2001:470::7": 1, STRANGER: 2}
    codes = {code["data"].split()[0]: code["hits"]["count"] for kind in report["status_codes"]["data"] for code in kind["items"]}
    assert codes == {"200": 3, "403": 2, "404": 1}
    assert "/index.html" in {page["data"] for page in report["requests"]["data"] + report["static_requests"]["data"]}


# logrotate

@pytest.fixture
def rotating(httpd, pki, tmp_path, scratch):
    """A server that logs into a folder, and the logrotate sample adapted to both."""
    folder = Path(tempfile.mkdtemp(prefix="rotated", dir=scratch))
    origin = httpd(server=ranges_and(pki, vhost("shop.a.test", f'CFOriginPull On\nErrorLog "{folder}/error.log"\n')))
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    text = ROTATE.read_text().replace("/var/log/cf-origin/", f"{folder}/").replace("root adm", f"{user} {group}")
    text = text.replace("/run/apache2/apache2.pid", f"{origin.dir}/httpd.pid")
    text = text.replace("apachectl graceful", " ".join(origin.command("-k", "graceful"))).replace(
        "| logger -t cf-origin.logrotate", f"| cat >{folder}/output")
    sample = tmp_path / "cf-origin"
    sample.write_text(text)
    sample.chmod(0o644)
    return origin, folder, sample


def test_logrotate_accepts_the_sample(rotating):
    _, folder, sample = rotating
    done = subprocess.run(command("logrotate", "-d", sample), env=environment(), capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    assert done.returncode == 0 and "error:" not in output, output
    assert f"{folder}/*.log" in output and "(14 rotations)" in output


def test_after_a_rotation_httpd_writes_to_the_new_file(rotating):
    origin, folder, sample = rotating
    log = folder / "error.log"
    get(origin.port, "/old", source=STRANGER)
    origin.wait_for(lambda: log.exists() and 'uri="/old"' in log.read_text(), "the old line")
    before = origin.log().count("resuming normal operations")
    run("logrotate", "-f", "-s", origin.dir / "rotated", sample)
    origin.wait_for(lambda: origin.log().count("resuming normal operations") > before, "a graceful restart")
    get(origin.port, "/new", source=STRANGER)
    origin.wait_for(lambda: 'uri="/new"' in log.read_text(), "the new line")
    assert 'uri="/old"' in (folder / "error.log.1").read_text() and 'uri="/old"' not in log.read_text()


def test_a_rotation_with_a_broken_configuration_does_not_stop_httpd(rotating, pki, tmp_path):
    """-k graceful checks the configuration first, as apachectl does."""
    origin, folder, sample = rotating
    get(origin.port, "/old", source=STRANGER)
    origin.wait_for(lambda: 'uri="/old"' in (folder / "error.log").read_text(), "the old line")
    origin.config.write_text(origin.config.read_text().replace(str(pki.zone_a.crt), str(tmp_path / "gone.pem")))
    run("logrotate", "-f", "-s", origin.dir / "rotated", sample)
    assert "gone.pem" in (folder / "output").read_text()
    assert get(origin.port, "/still-there", source=STRANGER).status == 403
