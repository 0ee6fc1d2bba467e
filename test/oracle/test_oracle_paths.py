# SPDX-License-Identifier: Apache-2.0
"""What is exempt by its path against what httpd makes of the path: one virtual host has exempt paths, its twin tells
URI and file that httpd comes to."""
import base64
import re
from urllib.parse import unquote_to_bytes

import pytest

from client import Connection
from oracle import ROUNDS, Differences
from server import vhost

PREFIXES = ["/health", "/.well-known/acme-challenge/", "/a b/\u00e4"]
SETTINGS = {"usual": "", "unmerged": "MergeSlashes Off", "encoded": "AllowEncodedSlashes On",
            "kept": "AllowEncodedSlashes NoDecode\nMergeSlashes Off"}
REFUSED = 451
TOLD = """
Header always set X-Uri "expr=%{base64:%{REQUEST_URI}}"
Header always set X-File "expr=%{base64:%{REQUEST_FILENAME}}"
Header always set X-Rest "expr=%{base64:%{PATH_INFO}}"
"""


@pytest.fixture(scope="module")
def server(httpd):
    exempt = " ".join(f'"{prefix}"' for prefix in PREFIXES)
    hosts = "".join(
        vhost(f"guarded.{name}.test", f"CFOriginPull On\nCFOriginPullZone test sha256:{64 * '0'}\nCFOriginPullRefuse {REFUSED}\n"
              f"CFOriginPullExemptPath {exempt}\n{lines}\n", tls=False)
        + vhost(f"open.{name}.test", f"{TOLD}{lines}", tls=False) for name, lines in SETTINGS.items())
    server = httpd(modules=["headers"], server=f"<Directory {{docroot}}>\nDirectoryIndex disabled\n</Directory>\n{hosts}")
    for folder in ["secret", "healthy", *PREFIXES]:
        (server.docroot / folder.strip("/")).mkdir(parents=True)
        (server.docroot / folder.strip("/") / "file").write_text("text\n")
    return server


class Client:
    """Requests one after the other, on a new connection where httpd ended the last."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def get(self, host, target):
        self.connection = self.connection or Connection(self.port, plain=True)
        answer = self.connection.raw(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target.replace(b"HOST", host.encode()), host.encode()))
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


WHOLE = [b"/health", b"/health/live", b"/health/file", b"/.well-known/acme-challenge/file", b"/.well-known/acme-challenge/a/b",
         b"/.well-known/acme-challenge", b"/healthy/file", b"/secret/file", b"/", b"/a%20b/%c3%a4/file", b"/a%20b/%c3%a4", b"/Health/x"]
PIECES = [b".", b"..", b"%2e", b"%2E%2e", b".%2e", b"...", b"..;", b"..;a=b", b"..%3b", b"..%20", b"..%3f", b"..%23", b".%3F", b"", b"",
          b"%2f", b"%2F", b"..%2f", b"%5c", b"..%5c", b"\\", b"..\\", b"%252e%252e", b"%25", b"%c0%ae%c0%ae", b"%e0%80%ae", b"\xc0\xae",
          b"%ff", b"%01", b"%7f", b"%09", b"%00", b"%u002e", b"%", b"%2", b"%zz", b"~", b"x", b"secret", b"health", b"file", b"%e4",
          b"%c3%a4", b"\xc3\xa4", b"%ed%a0%80", b"%f0%9f%98%80", b";x", b"*", b"+", b"a%2bb", b"%2e%2e%2e", b".%00.", b"%2e.%2e"]
TAILS = [b"", b"", b"", b"?a", b"?/../x", b"%3fa", b"#x", b"%23x", b"/", b"//", b"/.", b"/..", b";", b"."]


def random_target(chance):
    path = chance.choice(WHOLE)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3])):
        parts = path.split(b"/")
        spot = chance.randint(1, len(parts))
        piece = chance.choice(PIECES)
        kind = chance.random()
        if kind < 0.5:
            parts.insert(spot, piece)
        elif kind < 0.6 and len(parts) > 2:
            parts.pop(min(spot, len(parts) - 1))
        else:
            parts.insert(min(spot, len(parts) - 1), chance.choice([b".", b"..", piece]))
        path = b"/".join(parts)
        if chance.random() < 0.3 and path:
            spot = chance.randrange(len(path))
            path = path[:spot] + (b"%%%02x" if chance.random() < 0.5 else b"%%%02X") % path[spot] + path[spot + 1:]
    path += chance.choice(TAILS)
    return (b"http://HOST" if chance.random() < 0.1 else b"") + path


def is_exempt(uri):
    """By the path that httpd comes to."""
    return any(uri == p or uri.startswith(p if p.endswith(b"/") else p + b"/") for p in map(str.encode, PREFIXES))


def raw_path(target):
    return re.sub(rb"^http://[^/]*", b"", target.partition(b"?")[0])


def decoded(target):
    return unquote_to_bytes(raw_path(target))


def is_utf8(text):
    try:
        return bool(text.decode())
    except UnicodeDecodeError:
        return False


# What is exempt by the path that httpd comes to, and is not, because others may read it differently.
KNOWN = [
    ("segments of dots", False, lambda target: re.search(rb"/\.\.?(?=[/;?# ]|$)", decoded(target))),
    ("// at the beginning", False, lambda target: raw_path(target).startswith(b"//")),
    ("an encoded percent sign", False, lambda target: b"%" in decoded(target)),
    ("a backslash", False, lambda target: b"\\" in decoded(target)),
    ("an encoded slash", False, lambda target: b"%2f" in target.lower()),
    ("control characters", False, lambda target: re.search(rb"[\0-\x1f\x7f]", decoded(target))),
    ("not UTF-8", False, lambda target: not is_utf8(decoded(target))),
]
EXAMPLES = [b"/health/./x", b"/secret/../health", b"//health", b"/health/%25", b"/health/%5c", b"/health/a%2fb", b"/health/%01", b"/health/%ff",
            b"/health/..;/x", b"/health//x", b"/health", b"/a%20b/%c3%a4/x"]


def told(answer, name):
    return base64.b64decode(answer.headers.get(name, ""))


def assert_no_way_out(server, target, answer):
    """The file of an exempt request is where the prefix is."""
    place = told(answer, "x-file") + told(answer, "x-rest")
    assert place.startswith(bytes(server.docroot)), (target, place)
    assert is_exempt(place.removeprefix(bytes(server.docroot))), (target, place)


def test_exempt_is_what_httpd_maps_there_and_all_read_alike(server, chance):
    differences, client, exempt = Differences(KNOWN, always=True), Client(server.port), 0
    targets = EXAMPLES + [random_target(chance) for _ in range(3000 * ROUNDS)]
    for name in SETTINGS:
        for target in targets if name == "usual" else targets[:len(EXAMPLES)] + chance.sample(targets, len(targets) // 3):
            answer, guarded = client.get(f"open.{name}.test", target), client.get(f"guarded.{name}.test", target)
            if answer.status == 400:
                assert guarded.status in (400, REFUSED), (name, target, guarded)
                continue
            is_served = guarded.status != REFUSED
            differences.compare(target, is_served, is_exempt(told(answer, "x-uri")))
            if is_served:
                assert guarded.status == answer.status, (name, target, answer, guarded)
                assert_no_way_out(server, target, answer)
                exempt += 1
    client.close()
    print(f"{len(targets)} paths, exempt {exempt} times")
    differences.check()
    assert exempt > len(targets) / 20
