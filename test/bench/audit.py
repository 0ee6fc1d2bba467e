#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how fast cf-originctl audit reads an error log; prints numbers, asserts nothing.

    test/bench/audit.py [MIB [COMMAND]]

Every line is of another second. Each row: what the lines are, MB of log in a second of CPU time (the best of
three runs), and the most memory that the command (support/cf-originctl) took. Build it first.
"""
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(__file__).resolve().parents[2] / "support/cf-originctl"
START, MB = 1_760_000_000, 1_000_000
RAY = "230b0{:011x}-SJC"


def front(second, level="warn", client="173.245.48.1", module="cf_origin"):
    stamp = time.strftime("%a %b %d %H:%M:%S.{:06d} %Y", time.localtime(START + second)).format(second * 7919 % 1_000_000)
    return f"[{stamp}] [{module}:{level}] [pid {4000 + second % 8}:tid {140_000 + second % 64}] [client {client}:{30_000 + second % 9_000}] "


def admitted(second, _):
    site = second % 20
    return front(second, "info") + (
        f"CFO0003 admitted reason=verified vhost=shop{site}.example.com:443 host=shop{site}.example.com zone=example.com "
        f"edge=173.245.48.{second % 200} edge_known=yes cert={'5e' * 32} cert_subject=\"CN=origin pull,O=Example\" cert_zone=example.com "
        f"sni=shop{site}.example.com ray={RAY.format(second)} claimed_ray=- method=GET uri=\"/products/{second % 5000}?page={second % 9}\" "
        "client_ip=rewritten")


def would_refuse(second, chance):
    site, edge = second % 20, f"{chance.randrange(1, 223)}.{chance.randrange(256)}.{chance.randrange(256)}.7"
    return front(second, client=edge) + (
        f"CFO0002 would-refuse reason=cert-missing vhost=shop{site}.example.com:443 host=shop{site}.example.com zone=example.com "
        f"edge={edge} edge_known=no cert=- cert_subject=\"-\" cert_zone=- sni=shop{site}.example.com "
        f"ray=- claimed_ray={RAY.format(second)} method=GET uri=\"/wp-login.php?{second}\"")


def foreign(second, _):
    return front(second, "error", module="php") + "PHP Notice:  Undefined index: page in /var/www/html/index.php on line 12, referer: https://example.com/"


def mixed(second, chance):
    return (foreign if second % 10 else admitted if second % 40 else would_refuse)(second, chance)


def rollout(second, chance):
    return (admitted if second % 5 else would_refuse)(second, chance)


def unordered(_, chance):
    return rollout(chance.randrange(3_600_000), chance)


def collected(second, chance):
    """As syslog has it."""
    stamp, rest = rollout(second, chance)[5:].split(".", 1)
    return f"{stamp} web httpd[7]: {rest.split('] ', 1)[1]}"


def as_json(second, chance):
    line = rollout(second, chance)
    return json.dumps({"@timestamp": time.strftime("%FT%TZ", time.gmtime(START + second)), "message": line[line.index("CFO"):]})


LOGS = {"a roll-out: one line in five is a stranger's": rollout, "the same, over six weeks in any order": unordered,
        "the same through syslog": collected, "the same in JSON": as_json,
        "proved requests only": admitted, "strangers only, each from another network": would_refuse,
        "nine of ten lines are of other modules": mixed}


def write(path, line, size):
    chance = random.Random(12)
    with path.open("w") as file:
        written = second = 0
        while written < size:
            written += file.write(line(second, chance) + "\n")
            second += 1
    return written


def run(command, log):
    """CPU seconds and MiB of one run."""
    pid = os.posix_spawn(command, [str(command), "audit", str(log)], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"cf-originctl audit ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(mib="50", command=COMMAND):
    for what, line in LOGS.items():
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "error.log"
            size = write(log, line, int(mib) * 1024 * 1024)
            runs = [run(command, log) for _ in range(3)]
        print(f"{what}: {size / MB / min(cpu for cpu, _ in runs):.0f} MB a second, {max(memory for _, memory in runs):.0f} MiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
