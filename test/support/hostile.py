# SPDX-License-Identifier: Apache-2.0
"""Requests that try to forge lines of the log."""
import re

from client import Connection, H2Connection

VICTIM = "192.0.2.66"
LINE = ('[Tue Nov 25 16:50:00.123456 2025] [cf_origin:warn] [pid 123:tid 456] [client 198.51.100.7:40000] CFO0001 refused '
        'reason=cert-missing vhost=shop.a.test:443 host=shop.a.test zone=a.test edge=198.51.100.7 edge_known=no cert=- '
        'cert_subject="-" cert_zone=- sni=shop.a.test ray=- claimed_ray=- method=GET uri="/"')
FORGED = LINE.replace("198.51.100.7", VICTIM)

ATTACKS = {
    "a_line": FORGED,
    "a_line_of_its_own": "\n" + FORGED,
    "a_line_behind_a_quote": '" ' + FORGED,
    "a_line_behind_an_escaped_quote": '\\" ' + FORGED,
    "a_line_behind_a_quote_in_hex": "\\x22 " + FORGED,
    "the_rest_of_a_line": 'x" edge=' + FORGED.split("edge=")[1],
    "the_rest_behind_the_prefix": FORGED.split("] CFO")[0].split("] ", 1)[1] + "] CFO" + FORGED.split("] CFO")[1],
    "a_pair": f"edge={VICTIM} edge_known=no",
    "pairs_behind_a_quote": f'" edge={VICTIM} edge_known=no cert=- cert_subject="-',
    "a_referer": f'", referer: CFO0001 refused edge={VICTIM}',
    "carriage_return_and_tab": f"\r\t{FORGED}",
    "very_long": "A" * 3000 + FORGED,
    "the_end_of_a_json_value": '","edge":"192.0.2.66","x":"\\',
    "tabs_and_a_module": "\t\t\tcf_origin\twarn\t1\t-\t-\t-\t" + FORGED.split("] ")[-1],
    "unicode_line_ends": f"\u2028{FORGED}\x85\x0b\x0c\x1c{FORGED}",
}


def attack(origin, text, source, host):
    """HTTP/2 allows more bytes than HTTP/1.1. The answers of httpd do not matter."""
    raw = text.encode()
    escaped = "".join(chr(b) if 33 <= b < 127 and chr(b) not in "#" else f"%{b:02X}" for b in raw)
    line = re.sub(rb"[\r\n\0]", b"", raw)
    glued = re.sub(rb"[\s\x80-\xff\x1c]", b"", raw)
    requests = [
        b"GET /%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (escaped.encode(), host.encode()),
        b"GET /%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (glued, host.encode()),
        b"GET /%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (line, host.encode()),
        b"GET /%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (raw, host.encode()),
        b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % glued,
        b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % line,
        b"GET https://%b/ HTTP/1.1\r\nHost: %b\r\n\r\n" % (glued, host.encode()),
        b"%b / HTTP/1.1\r\nHost: %b\r\n\r\n" % (glued, host.encode()),
        b"GET / HTTP/1.1\r\nHost: %b\r\nReferer: %b\r\nUser-Agent: %b\r\nCF-Ray: %b\r\nCF-Connecting-IP: %b\r\n\r\n"
        % (host.encode(), line, line, line, line),
    ]
    for request in requests:
        with Connection(origin.port, sni=host, source=source) as connection:
            connection.raw(request)
    for path, authority, headers in [(f"/{escaped}", host, {}), ("/" + line.decode(), host, {}),
                                     ("/", line.decode(), {}), ("/", host, {"referer": line.decode(), "cf-ray": line.decode()})]:
        with H2Connection(origin.port, sni=host, source=source) as connection:
            connection.get(path, headers, authority)
