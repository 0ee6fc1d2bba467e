# SPDX-License-Identifier: Apache-2.0
"""Lines of random events, as the core and httpd write them, against what the reader of the log makes of them."""
import json
import re
from collections import Counter

from client import EDGE, STRANGER, Connection
from logs import audit, stamp
from oracle import ROUNDS, ask
from server import vhost

CODES = ["CFO0001 refused", "CFO0002 would-refuse", "CFO0003 admitted"]
REASONS = ["cert-missing", "cert-unknown", "edge-unknown", "verified", "unjudged", "zone-unknown"]
# In the order of test/oracle/log.c: name, the most characters that are written, how.
FIELDS = [("reason", 0, "own"), ("vhost", 255, "word"), ("host", 255, "word"), ("zone", 255, "word"), ("edge", 255, "word"),
          ("cert", 255, "word"), ("cert_subject", 256, "quoted"), ("cert_issuer", 256, "optional"), ("cert_zone", 255, "word"),
          ("sni", 255, "word"), ("ray", 255, "word"), ("claimed_ray", 255, "word"), ("method", 255, "word"), ("uri", 512, "quoted"),
          ("client_ip", 0, "own"), ("hint", 512, "optional")]
HOSTILE = [b'"', b"\\", b"\\\\", b"\\x22", b"\\\\x22", b"\\x0a", b"\n", b"\r\n", b"\t", b" ", b"=", b"\\u0022", b"\\\"", b"\x7f", b"\xff", b"\x01",
           b"\xc3\xa4", b"...", b"-", b", referer: http://a/", b'" uri="/x"', b" zone=b.test", b"CFO0001 refused reason=verified vhost=a",
           b"[cf_origin:warn] ", b"CFO0003 admitted", b"'", b"`", b"%s%n", b"{\"log\":\"", b"\\n", b"\\", b"x22"]


def random_value(chance):
    """None is NULL. No NUL is in it: it is the end of a text of C."""
    kind = chance.random()
    if kind < 0.15:
        return None
    if kind < 0.2:
        return chance.choice([b"", b"-", b'"', b"\\", b"..."])
    if kind < 0.3:
        return bytes(chance.randrange(1, 256) for _ in range(chance.randint(1, 40)))
    parts = [chance.choice(HOSTILE) if chance.random() < 0.5 else chance.choice([b"a", b"example.com", b"/", b"1", b"?q=", b"x"])
             for _ in range(chance.randint(1, 8))]
    if chance.random() < 0.1:
        parts.append(chance.choice([b"a", b"\\", b'"', b"\xff", b"/"]) * chance.randint(50, 700))
    return b"".join(parts)


def random_event(chance):
    """Code, edge_known, values."""
    values = {name: random_value(chance) for name, *_ in FIELDS}
    values["reason"] = chance.choice(REASONS).encode()
    values["client_ip"] = chance.choice([None, b"rewritten", b"absent"])
    values["vhost"] = chance.choice([b"a.test:443", b"b.test:443", b"c.test:80"])
    return chance.choice(CODES), chance.choice(["yes", "no"]), values


def cost(text, i):
    """How many characters a byte takes: printable ones one, unless they have a meaning in the log."""
    is_plain = 32 <= text[i] <= 126 and text[i:i + 1] != b'"' and text[i:i + 2] != b"\\x"
    return 1 if is_plain else 4


def cut(text, most):
    left = most
    for i in range(len(text)):
        left -= cost(text, i)
        if left < 0:
            return text[:i] + b"..."
    return text


def expected(value, most, how):
    """What must be read again: a hyphen means that there is none."""
    if value in (None, b"-") or not value and how != "quoted":
        return None
    return value if how == "own" else cut(value, most)


def in_httpds_log(message, chance):
    """As httpd writes it, with the Referer behind it: backslashes doubled, control characters and others escaped."""
    names = {8: "b", 9: "t", 10: "n", 11: "v", 13: "r", 92: "\\"}
    referer = chance.choice([None, None, random_value(chance)])
    text = message.encode() + (b", referer: " + referer if referer else b"")
    escaped = "".join("\\" + names[c] if c in names else chr(c) if 32 <= c < 127 else f"\\x{c:02x}" for c in text)
    line = f"{stamp()} [cf_origin:warn] [pid 7:tid 140] [client 192.0.2.1:4711] {escaped}"
    return chance.choice([line, line, "Jan 31 12:00:00 host apache[7]: " + line, json.dumps({"log": line + "\n", "stream": "stderr"})])


def read(line):
    """Code, edge_known, is_whole, values."""
    code, known, whole, *values = line
    return code, known, whole == "1", {name: bytes.fromhex(v) if v else None for (name, *_), v in zip(FIELDS, values)}


def read_lines(lines):
    return [read(answer) for answer in ask("log", [("read", line.encode().hex()) for line in lines])]


def test_an_event_is_read_as_it_was_written(chance, log):
    events = [random_event(chance) for _ in range(5000 * ROUNDS)]
    written = ask("log", [("write", code, known, *((value or b"").hex() for value in values.values())) for code, known, values in events])
    lines = [in_httpds_log(answer[0], chance) for answer in written]
    for (code, known, values), found, line in zip(events, read_lines(lines), lines):
        wanted = {name: expected(values[name], most, how) or None for name, most, how in FIELDS}
        assert found == (code, known, True, wanted), line
    counts = Counter((values["reason"].decode(), code.split()[1].replace("-", "_")) for code, _, values in events)
    report = audit(log(*lines), "--top", 4096)
    assert (report["lines"], report["cut"]) == (len(lines), 0)
    told = {(row["name"], what): row[what] for row in report["reasons"]["rows"] for what in ("refused", "would_refuse", "admitted") if row[what]}
    assert told == counts
    hosts = Counter(values["vhost"].decode() for _, _, values in events)
    assert {row["name"]: row["refused"] + row["would_refuse"] + row["admitted"] for row in report["vhosts"]["rows"]} == hosts


def random_target(chance):
    """What httpd accepts in a request line."""
    body = bytes(chance.choice(b'!"#$&\'()*+,-./0:;<=>?@AZ[\\]^_`az{|}~' + bytes(range(128, 256))) for _ in range(chance.randint(0, 40)))
    return b"/" + chance.choice([body, b"?" + body, b"\\x22" + body, b'"x\\\\' + body, b'" cert_zone=a.test hint="' .replace(b" ", b"+") + body, body * 20])


def send(server, cert, source, requests):
    """Those that httpd did not take for no request at all; a new connection where it ended the last."""
    connection, taken = None, []
    for request in requests:
        method, target, host, referer, ray = request
        connection = connection or Connection(server.port, cert, sni="a.test", source=source)
        answer = connection.raw(b"%s %s HTTP/1.1\r\nHost: %s\r\nReferer: %s\r\nCF-Ray: %s\r\n\r\n" % (method, target, host, referer, ray))
        if answer.status != 400:
            taken.append((*request, source))
        if answer.headers.get("connection") == "close":
            connection.close()
            connection = None
    return taken


def random_request(chance, number):
    method = bytes(chance.choice(b"ABCXYZ!#$%&'*+-.^_`|~") for _ in range(chance.randint(1, 12)))
    referer = bytes(chance.choice(b'"\\x,= aZ\t' + bytes(range(128, 256))) for _ in range(20)).strip()
    return method, random_target(chance), b"h%d.a.test" % number, referer, b"%016x-SJC" % number


def test_hostile_requests_are_read_from_the_log_of_a_real_httpd(chance, httpd, pki):
    server = httpd(server=f"CFOriginPullRanges {EDGE}\n" + vhost("a.test", f"CFOriginPull Audit\nCFOriginPullZone a.test {pki.zone_a.crt}", aliases="*.a.test"))
    numbers = iter(range(1, 10 ** 9))
    sent = [x for source, cert in [(EDGE, pki.leaf_a), (STRANGER, pki.leaf_a), (EDGE, None), (STRANGER, pki.rogue)]
            for x in send(server, cert, source, [random_request(chance, next(numbers)) for _ in range(100 * ROUNDS)])]
    assert len(sent) > 300 * ROUNDS
    found = server.wait_for(lambda: lines_of({x[4].decode() for x in sent}, server), f"{len(sent)} lines")
    for (method, target, host, _, ray, source), (_, _, whole, values) in zip(sent, read_lines(found)):
        is_believed = values["reason"] == b"verified"
        wanted = {"method": expected(method, 255, "word"), "uri": expected(target, 512, "quoted"), "host": host, "edge": source.encode(),
                  "ray": ray if is_believed else None, "claimed_ray": None if is_believed else ray}
        assert whole and {name: values[name] for name in wanted} == wanted
        assert is_believed == (source == EDGE and values["cert_zone"] == b"a.test")


def lines_of(rays, server):
    """The lines about these requests, in the order of their rays; None: not all are there."""
    whole = (server.dir / "error.log").read_bytes().decode("latin-1").rpartition("\n")[0]
    found = {match[1]: line for line in whole.split("\n") if " CFO000" in line and (match := re.search(r"ray=([0-9a-f]{16}-SJC)", line))}
    return [found[ray] for ray in sorted(rays)] if rays <= found.keys() else None
