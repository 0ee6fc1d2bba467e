# SPDX-License-Identifier: Apache-2.0
"""A stand-in of Cloudflare's API, on loopback and over TLS, with what can go wrong between it and its caller. In a test:

    with StandIn(folder) as api:
        zone, token = api.account.zone("example.com"), api.account.token()
        api.fault("POST .*/origin_tls_client_auth$", CUT, when="after")
        ctl("edge", "status", env=api.environment(token))

By hand: python3 test/edge/standin.py --help"""
import argparse
import contextlib
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from account import Account, Refused  # noqa: E402
from pki import LEAF, Pki  # noqa: E402

BASE = "/client/v4"
# What a proxy of a company or an overloaded edge answers.
PAGE = b"<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"
# A name that only a proxy can resolve: nothing that is tested asks the system for it.
PROXIED = "api.stand-in.test"

CUT = object()   # the connection is reset
HALF = object()  # it ends in the middle of the answer


class Answer:
    """An answer instead of the API's own."""

    def __init__(self, status, body=b"", content="application/json", headers=()):
        self.status, self.body, self.content, self.headers = status, body, content, dict(headers)


def page(status=200):
    return Answer(status, PAGE, "text/html; charset=UTF-8")


def failure(status=500, code=1000, message="Internal server error", **options):
    return Answer(status, json.dumps(envelope(errors=[{"code": code, "message": message}])).encode(), **options)


def envelope(result=None, errors=(), **more):
    return {"success": not errors, "errors": list(errors), "messages": [], "result": result, **more}


class Fault:
    """What happens to calls ("METHOD /path") that match: an Answer, CUT, HALF, a number of seconds, or a function that is
    called. `when`: "before" the call takes effect (then an Answer, CUT or HALF comes instead of it) or "after". The first
    `skip` calls are left alone, then `times` are hit."""

    def __init__(self, pattern, what, when="before", times=1, skip=0):
        self.pattern, self.what, self.when = re.compile(pattern), what, when
        self.times, self.skip = times, skip

    def hits(self, call, when):
        if when != self.when or not self.pattern.search(call) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Cut(Exception):
    pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "cloudflare", ""
    timeout = 60
    # An answer is sent at once, as it is written in two parts.
    disable_nagle_algorithm = True

    def setup(self):
        # The handshake is this thread's, so that a slow client does not keep others waiting.
        self.request.settimeout(self.timeout)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self):
        with contextlib.suppress(OSError):
            super().finish()
        with contextlib.suppress(OSError):
            self.request.close()

    def handle_any(self):
        api = self.server.api
        url = urllib.parse.urlsplit(self.path)
        call = f"{self.command} {url.path.removeprefix(BASE)}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        record = api.record(call, url.query)
        try:
            answer = api.hit(call, "before")
            if answer is None:
                answer = self.served(call, url, body)
                answer = api.hit(call, "after") or answer
            record["status"] = answer.status
            self.write(answer)
        except Cut:
            self.reset()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def served(self, call, url, body):
        api = self.server.api
        if not url.path.startswith(BASE + "/"):
            return failure(404, 7000, "No route for that URI")
        try:
            result, info = api.serve(call, dict(urllib.parse.parse_qsl(url.query)), body, self.headers.get("Authorization"))
        except Refused as refused:
            return failure(refused.status, refused.code, refused.message, headers=refused.headers)
        return Answer(200, json.dumps(envelope(result, **info)).encode())

    def write(self, answer):
        self.send_response(answer.status)
        half = answer.content is HALF
        for name, value in {"Content-Type": "application/json" if half else answer.content,
                            "Content-Length": str(len(answer.body)), "CF-Ray": "8f1e2d3c4b5a6978-FRA",
                            **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[:len(answer.body) // 2] if half else answer.body)
        if half:
            raise Cut

    def reset(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 64

    def handle_error(self, *_):
        # Callers that are killed or distrust the certificate are expected, faults of the stand-in are not.
        if not isinstance(sys.exc_info()[1], (OSError, EOFError)):
            super().handle_error(*_)
            self.api.broken.append(repr(sys.exc_info()[1]))


class StandIn:
    """The API, served from `folder`, where it puts its CA. `per_page` is how long a page of a list is at most."""

    def __init__(self, folder, account=None, port=0, per_page=50, **options):
        self.folder, self.account, self.per_page = Path(folder), account or Account(**options), per_page
        self.faults, self.calls, self.broken = [], [], []
        self.lock = threading.Lock()
        (self.folder / "pki").mkdir(parents=True)
        self.pki = Pki(self.folder / "pki")
        self.ca = self.pki.ca("stand-in-api")
        certificate = self.pki.issue("api", self.ca, extensions=f"{LEAF}subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:{PROXIED}\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.crt, certificate.key)
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.context, self.server.api = context, self
        self.port = self.server.server_port
        self.url = f"https://127.0.0.1:{self.port}{BASE}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        assert not self.broken, self.broken

    def environment(self, token=None, ca=True):
        """For a program that calls it, and can reach nothing else: no proxy, no other address."""
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith(("CLOUDFLARE_", "CF_"))}
        kept |= {"CLOUDFLARE_BASE_URL": self.url, "LC_ALL": "C", **({"SSL_CERT_FILE": str(self.ca.crt)} if ca else {})}
        return kept | ({"CLOUDFLARE_API_TOKEN": token.value} if token else {})

    # ------------------------------------------------------------- what goes wrong

    def fault(self, pattern, what, **options):
        fault = Fault(pattern, what, **options)
        with self.lock:
            self.faults.append(fault)
        return fault

    def hit(self, call, when):
        """What is answered because of a fault; None: nothing happens, or it only took time."""
        with self.lock:
            fault = next((f for f in self.faults if f.hits(call, when)), None)
        what = fault and fault.what
        if what is CUT:
            raise Cut
        if what is HALF:
            return Answer(200, json.dumps(envelope({"id": "0" * 32})).encode(), HALF)
        if isinstance(what, (int, float)):
            time.sleep(what)
        elif callable(what):
            what()
        return what if isinstance(what, Answer) else None

    def record(self, call, query):
        record = {"call": call, "query": query, "status": None, "at": time.monotonic()}
        with self.lock:
            self.calls.append(record)
        return record

    def called(self, pattern=""):
        """The calls so far that match, without their queries."""
        with self.lock:
            return [c["call"] for c in self.calls if re.search(pattern, c["call"])]

    # ------------------------------------------------------------- the calls

    def serve(self, call, query, body, authorization):
        """The result, and what stands beside it."""
        if call == "GET /ips":
            return {"etag": "38f79d050aa027e3be3865e495dcc9bc", "ipv4_cidrs": ["127.0.0.0/9"], "ipv6_cidrs": ["::1/128"]}, {}
        token = self.account.authenticate(authorization)
        if call == "GET /user/tokens/verify":
            return self.account.verify(token), {}
        self.account.admit(token)
        for pattern, area, what, function in CALLS:
            match = re.fullmatch(pattern, call)
            if match:
                return self.dispatch(match.groups(), token, area, what, function, query, body)
        raise Refused("route", path=call.partition(" ")[2])

    def dispatch(self, parts, token, area, what, function, query, body):
        account, sent = self.account, {}
        if what == "write" and body:
            try:
                sent = json.loads(body)
            except ValueError:
                sent = None
            if not isinstance(sent, dict):
                raise Refused("body")
        if not parts:
            return self.paged(account.list_zones(token, query.get("name")), query)
        zone = account.zone_by_id(token, parts[0], area, what)
        result = function(account, zone, *parts[1:], **({"sent": sent} if what == "write" else {}))
        return self.paged(narrowed(result, query), query) if isinstance(result, Listed) else (result, {})

    def paged(self, rows, query):
        page = max(1, int(query.get("page", 1)))
        size = min(self.per_page, max(1, int(query.get("per_page", self.per_page))))
        shown = rows[(page - 1) * size:page * size]
        info = {"page": page, "per_page": size, "count": len(shown), "total_count": len(rows),
                "total_pages": -(-len(rows) // size)}
        # Where nothing was ever uploaded the API has been seen to answer null.
        empty = isinstance(rows, Listed) and rows.null and not rows
        return None if empty else list(shown), {"result_info": info}


class Listed(list):
    """A list that is answered page by page."""
    null = False


def narrowed(rows, query):
    kept = Listed(rows)
    kept.null = rows.null
    for name in ("name", "type"):
        kept[:] = [r for r in kept if query.get(name) in (None, r.get(name))]
    if "proxied" in query:
        kept[:] = [r for r in kept if r.get("proxied") == (query["proxied"] == "true")]
    return kept


def list_certificates(level):
    def run(account, zone):
        rows = Listed(c.written(account.now(), level, zone.own_on)
                      for c in sorted(zone.certificates[level], key=lambda c: -c.uploaded))
        rows.null = True
        return rows
    return run


def get_certificate(level):
    return lambda account, zone, which: account.find(zone, level, which).written(account.now(), level, zone.own_on)


def post_certificate(level):
    return lambda account, zone, sent: account.upload(
        zone, level, sent.get("certificate"), sent.get("private_key")).written(account.now(), level, zone.own_on)


def delete_certificate(level):
    return lambda account, zone, which, sent: account.remove(zone, level, which).written(account.now(), level, zone.own_on)


def shared_switch(account, zone, sent=None):
    if sent is not None:
        if sent.get("value") not in ("on", "off"):
            raise Refused("value", path="tls_client_auth")
        zone.shared_on = sent["value"] == "on"
    return {"id": "tls_client_auth", "value": "on" if zone.shared_on else "off", "editable": True, "modified_on": None}


def own_switch(account, zone, sent=None):
    if sent is not None:
        if not isinstance(sent.get("enabled"), bool):
            raise Refused("body")
        zone.own_on = sent["enabled"]
    return {"enabled": zone.own_on}


def ssl_mode(account, zone):
    return {"id": "ssl", "value": zone.ssl, "editable": True, "modified_on": None, "certificate_status": "active"}


def put_hostnames(account, zone, sent):
    config = sent.get("config")
    if not isinstance(config, list) or not all(isinstance(x, dict) for x in config):
        raise Refused("body")
    return Listed(account.associate(zone, config))


def records(account, zone):
    return Listed(zone.records)


Z = "/zones/([^/]+)"
A = f"{Z}/origin_tls_client_auth"
H = f"{A}/hostnames/certificates"
# Which permission each call needs. The longest paths first: "hostnames" and "settings" are no certificates.
CALLS = [
    ("GET /zones", "zone", "read", None),
    (f"GET {Z}", "zone", "read", lambda account, zone: zone.written()),
    (f"GET {Z}/settings/ssl", "settings", "read", ssl_mode),
    (f"GET {Z}/settings/tls_client_auth", "settings", "read", shared_switch),
    (f"PATCH {Z}/settings/tls_client_auth", "settings", "write", shared_switch),
    (f"GET {Z}/dns_records", "dns", "read", records),
    (f"GET {A}/settings", "ssl", "read", own_switch),
    (f"PUT {A}/settings", "ssl", "write", own_switch),
    (f"GET {H}", "ssl", "read", list_certificates("hosts")),
    (f"POST {H}", "ssl", "write", post_certificate("hosts")),
    (f"GET {H}/([^/]+)", "ssl", "read", get_certificate("hosts")),
    (f"DELETE {H}/([^/]+)", "ssl", "write", delete_certificate("hosts")),
    (f"PUT {A}/hostnames", "ssl", "write", put_hostnames),
    (f"GET {A}/hostnames/([^/]+)", "ssl", "read", lambda account, zone, host: account.association(zone, host)),
    (f"GET {A}", "ssl", "read", list_certificates("zone")),
    (f"POST {A}", "ssl", "write", post_certificate("zone")),
    (f"GET {A}/([^/]+)", "ssl", "read", get_certificate("zone")),
    (f"DELETE {A}/([^/]+)", "ssl", "write", delete_certificate("zone")),
]


class Proxy:
    """An https proxy (CONNECT), which knows the names in `names`: host name and port. `refuse`: a status that it answers
    instead of a connection."""

    def __init__(self, names, refuse=None):
        proxy = self

        class Connect(BaseHTTPRequestHandler):
            def do_CONNECT(self):
                proxy.asked.append(self.path)
                host = self.path.rpartition(":")[0]
                if proxy.refuse or host not in proxy.names:
                    self.send_error(proxy.refuse or 502)
                    return
                with socket.create_connection(("127.0.0.1", proxy.names[host])) as far:
                    self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    back = threading.Thread(target=proxy.copy, args=(far, self.connection), daemon=True)
                    back.start()
                    proxy.copy(self.connection, far)
                    back.join()

            def log_message(self, *_):
                pass

        self.names, self.refuse, self.asked = names, refuse, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Connect)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


# ----------------------------------------------------------------- by hand

def write_private(path, text):
    """As a whole, for its owner only."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.rename(path)


def write_presented(api, folder, hosts):
    """PRESENTED/HOST.pem for each host that a certificate is presented to: it, and its key."""
    for host in hosts:
        path, held = folder / f"{host}.pem", api.account.presents(host)
        text = "".join(held) if held else None
        if text != (path.read_text() if path.exists() else None):
            write_private(path, text) if text else path.unlink()


def arguments():
    parser = argparse.ArgumentParser(description="A stand-in of Cloudflare's API on loopback. Prints its URL, the file of its CA "
                                     "and the folder of what is presented, as lines NAME=VALUE, and runs until it is stopped.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--zone", action="append", required=True, metavar="NAME[:SSL-MODE]", help="repeatable; full")
    parser.add_argument("--host", action="append", default=[], help="a host name whose certificate is written, too; repeatable")
    parser.add_argument("--record", action="append", default=[], metavar="NAME,TYPE,CONTENT[,dns-only]", help="a DNS record; repeatable")
    parser.add_argument("--certificate", action="append", default=[], metavar="ZONE,FILE,KEYFILE", help="an active one; repeatable")
    parser.add_argument("--shared", metavar="FILE,KEYFILE", help="Cloudflare's shared certificate")
    parser.add_argument("--on", action="append", default=[], metavar="ZONE", help="its zone-level switch is on; repeatable")
    parser.add_argument("--token-file", type=Path, required=True, help="made with a token if it does not exist")
    parser.add_argument("--state-dir", type=Path, required=True, help="a folder that does not exist, or is empty")
    parser.add_argument("--deploy", type=float, default=2.0, help="seconds that a deployment takes (2)")
    parser.add_argument("--delete", type=float, default=2.0, help="seconds that a deletion takes (2)")
    parser.add_argument("--per-page", type=int, default=50)
    parser.add_argument("--limit", type=int, default=1200, help="requests in --window seconds")
    parser.add_argument("--window", type=float, default=300.0)
    parser.add_argument("--verbose", action="store_true", help="print each call")
    return parser.parse_args()


def furnish(account, options):
    for text in options.zone:
        name, _, mode = text.partition(":")
        account.zone(name, ssl=mode or "full").own_on = name in options.on
    for text in options.record:
        name, kind, content, *rest = text.split(",")
        account.zone_of(name).record(name, content, kind, proxied="dns-only" not in rest)
    for text in options.certificate:
        name, *files = text.split(",")
        account.place(account.zone_of(name), *(Path(f).read_text() for f in files))
    if options.shared:
        account.shared = tuple(Path(f).read_text() for f in options.shared.split(","))
    if not options.token_file.exists():
        write_private(options.token_file, account.token().value + "\n")
    else:
        account.token(value=options.token_file.read_text().strip())


def main():
    options = arguments()
    account = Account(deploy=options.deploy, delete=options.delete, limit=options.limit, window=options.window)
    furnish(account, options)
    presented = options.state_dir / "presented"
    with StandIn(options.state_dir, account, options.port, options.per_page) as api:
        presented.mkdir(mode=0o700)
        print(f"URL={api.url}\nCA={api.ca.crt}\nPRESENTED={presented}", flush=True)
        shown = 0
        hosts = [zone.name for zone in account.zones] + options.host
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                write_presented(api, presented, hosts)
                for record in api.calls[shown:] if options.verbose else ():
                    if record["status"] is None:
                        break
                    print(record["status"], record["call"], record["query"], flush=True)
                    shown += 1
                time.sleep(0.1)


if __name__ == "__main__":
    main()
