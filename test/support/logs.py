# SPDX-License-Identifier: Apache-2.0
"""Lines of error logs, of httpd and of other programs, and the reports of cf-originctl audit."""
import datetime
import json

from originctl import OK, ctl_json

CERT = "ab" * 32
RAY = "230b030023ae2822-SJC"
NOON = datetime.datetime(2026, 1, 31, 12, 0, 0, 842457)
OUTCOMES = ("refused", "would_refuse", "admitted", "held_back", "handshakes_failed")


def stamp(at=NOON):
    """httpd's own timestamp, in local time."""
    return at.strftime("[%a %b %d %H:%M:%S.%f %Y]")


def front(at=NOON, module="cf_origin", level="warn"):
    return f"{stamp(at)} [{module}:{level}] [pid 7:tid 140] [client 192.0.2.1:4711] "


def message(code="CFO0002 would-refuse", reason="cert-missing", vhost="shop.a.test:443", zone="a.test", edge="192.0.2.1",
            edge_known="no", cert="-", subject="-", cert_zone="-", ray="-", claimed_ray=RAY, uri="/", tail=""):
    """The line of the module about a request."""
    return (f'{code} reason={reason} vhost={vhost} host=shop.a.test zone={zone} edge={edge} edge_known={edge_known} '
            f'cert={cert} cert_subject="{subject}" cert_zone={cert_zone} sni=shop.a.test ray={ray} '
            f'claimed_ray={claimed_ray} method=GET uri="{uri}"{tail}')


def line(at=NOON, **values):
    return front(at) + message(**values)


def admitted(at=NOON, **values):
    proven = {"code": "CFO0003 admitted", "reason": "verified", "edge": "172.68.1.2", "edge_known": "yes", "cert": CERT,
              "subject": "CN=a", "cert_zone": "a.test", "ray": RAY, "claimed_ray": "-", "tail": " client_ip=rewritten"}
    return front(at, level="info") + message(**{**proven, **values})


def held_back(lines, reason="cert-missing", at=NOON):
    return front(at) + f"CFO0004 held-back reason={reason} lines={lines} seconds=60"


def handshake(reason="cert-expired", edge="172.68.1.2", sni="shop.a.test", at=NOON):
    return front(at) + f'CFO0005 handshake-failed reason={reason} cert_subject="CN=old" edge={edge} sni={sni}'


def foreign(at=NOON, text="AH00128: File does not exist: /var/www/html/x"):
    return front(at, "core", "info") + text


def in_json(text, **more):
    """As in the logs of a container."""
    return json.dumps({"log": text + "\n", "stream": "stderr", **more})


def audit(*args):
    """The report on readable logs."""
    answer, written = ctl_json("audit", *args)
    assert answer.code == OK
    return written


def outcomes(counts):
    return tuple(counts[name] for name in OUTCOMES)


def rows(table):
    return {row["name"]: outcomes(row)[:3] for row in table["rows"]}


def utc(at):
    """As in the report; `at` is local time."""
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
