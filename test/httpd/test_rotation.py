# SPDX-License-Identifier: Apache-2.0
"""A zone gets new certificates under traffic, and certificates expire."""
import re
import threading
import time

import pytest

from client import CLOUDFLARE, Connection, H2Connection, get
from server import parse_event, vhost


class Traffic:
    """Continuous requests over HTTP/1.1 and HTTP/2, on new and on open connections, with the certificates of
    use(); counts the answers."""

    def __init__(self, port, certs):
        self.port, self.certs, self.answers, self.running = port, certs, {}, True
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=x, daemon=True) for x in (self.new, self.kept, self.streams)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        for thread in self.threads:
            thread.join(timeout=30)

    def count(self, cert, status):
        with self.lock:
            self.answers.setdefault(cert.crt.name, []).append(status)

    def each(self):
        """Repeats the certificates in use, a limited number of times."""
        for _ in range(20000):
            for cert in self.certs:
                if not self.running:
                    return
                yield cert

    def new(self):
        for cert in self.each():
            self.count(cert, get(self.port, "/", CLOUDFLARE, sni="a.test", cert=cert).status)

    def kept(self):
        for cert in self.each():
            with Connection(self.port, cert, "a.test") as connection:
                for _ in range(50):
                    if not self.running or cert not in self.certs:
                        break
                    self.count(cert, connection.get("/", CLOUDFLARE).status)

    def streams(self):
        for cert in self.each():
            with H2Connection(self.port, cert, sni="a.test") as connection:
                for _ in range(50):
                    if not self.running or cert not in self.certs:
                        break
                    self.count(cert, connection.get("/", CLOUDFLARE).status)

    def total(self, cert):
        with self.lock:
            return len(self.answers.get(cert.crt.name, []))

    def use(self, server, *certs):
        """Uses these certificates from now on; returns when each was used for some time."""
        before = {cert: self.total(cert) for cert in certs}
        self.certs = list(certs)
        for cert in certs:
            server.wait_for(lambda c=cert: self.total(c) >= before[c] + 60, "requests", timeout=60)


def events(server, code):
    return [parse_event(x) for x in server.log().splitlines() if f" {code} " in x]


@pytest.mark.W8
def test_a_whole_rotation_under_traffic_refuses_no_request(httpd, pki, scratch):
    """The old certificate, both, the change at Cloudflare, the new one."""
    proof = scratch / "rotating.pem"
    proof.write_text(pki.zone_a.pem)
    server = httpd(server="StartServers 2\nCFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n"
                   + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))

    def change(text):
        lines = server.log().count("CFO0130")
        new = proof.with_suffix(".new")
        new.write_text(text)
        new.rename(proof)
        server.wait_for(lambda: server.log().count("CFO0130") > lines, "the new file")

    def all_children(cert, status):
        """Each child loads the change within a second: waits for two seconds without another answer."""
        since = time.monotonic()
        for _ in range(5000):
            if get(server.port, "/", CLOUDFLARE, sni="a.test", cert=cert).status != status:
                since = time.monotonic()
            elif time.monotonic() - since > 2:
                return
        raise AssertionError(server.log())

    with Traffic(server.port, [pki.leaf_a]) as traffic:
        traffic.use(server, pki.leaf_a)
        change(pki.zone_a.pem + pki.zone_b.pem)
        all_children(pki.leaf_b, 200)
        traffic.use(server, pki.leaf_a, pki.leaf_b)
        traffic.use(server, pki.leaf_b)
        change(pki.zone_b.pem)
        all_children(pki.leaf_a, 403)
        traffic.use(server, pki.leaf_b)
    for cert in (pki.leaf_a, pki.leaf_b):
        assert set(traffic.answers[cert.crt.name]) == {200} and traffic.total(cert) >= 120
    first = events(server, "CFO0137")
    assert [x["cert_subject"] for x in first] == ["CN=zone-a", "CN=zone-b"]
    assert all(x["zone"] == "a.test" and x["proof"] == str(proof) for x in first)


def test_a_leaf_that_joins_cas_in_a_file_is_reported_with_what_it_does(httpd, pki, scratch):
    proof = scratch / "joined.pem"
    proof.write_text(pki.zone_a.pem)
    server = httpd(server=f"CFOriginPullReload 1\nCFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}"))

    def replace(text):
        count = server.log().count("CFO0130")
        new = scratch / "joined.new"
        new.write_text(text)
        new.rename(proof)
        server.wait_for(lambda: server.log().count("CFO0130") > count, "the new file")

    replace(pki.zone_a.pem + pki.zone_b.pem)
    assert not events(server, "CFO0143")
    replace(pki.zone_a.pem + pki.leaf_b.pem)
    server.wait_for(lambda: events(server, "CFO0143"), "the warning")
    assert "what its CA certificates issued is refused" in events(server, "CFO0143")[0]["hint"]
    server.wait_for(lambda: get(server.port, "/?old", sni="a.test", cert=pki.leaf_a).status == 403, "the refusal")
    hint = server.wait_event(uri="/?old", reason="cert-unknown")["hint"]
    assert f"the CA certificates in {proof} are ignored, because it has a leaf" in hint
    # Leaves of the same kind are no reason for a warning, nor is a file that was pinned before.
    replace(pki.zone_a.pem + pki.leaf_a.pem + pki.leaf_b.pem)
    assert len(events(server, "CFO0143")) == 1


def test_the_use_of_proofs_is_remembered_after_a_restart(httpd, pki):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt} sha256:{pki.leaf_b.sha256}"))
    for _ in range(2):
        assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
        server.graceful()
    assert get(server.port, "/?both", sni="a.test", cert=pki.leaf_b).status == 200
    server.wait_event(uri="/?both", code="CFO0003")
    assert [x["proof"] for x in events(server, "CFO0137")] == [str(pki.zone_a.crt), f"sha256:{pki.leaf_b.sha256}"]
    server.stop()
    (server.dir / "error.log").unlink()
    server.start()
    for cert in (pki.leaf_a, pki.leaf_b):
        path = f"/?{cert.crt.stem}"
        assert get(server.port, path, sni="a.test", cert=cert).status == 200
        server.wait_event(uri=path, code="CFO0003")
    assert events(server, "CFO0137") == []


def test_a_damaged_usage_file_is_not_used(httpd, pki):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    path = server.dir / "cf_origin.seen"
    size = path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    for data in (b"", b"x" * 100, b"\xff" * size, b"\0" * size, b"1OFC" + b"\xff" * (size - 4), path.read_bytes()[:-1]):
        path.unlink()
        path.write_bytes(data)
        server.graceful()
        assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    records = bytearray(path.read_bytes())
    records[16:] = b"\x02\0\0\0" + b"A" * (len(records) - 20)  # a complete record without a terminating NUL
    path.write_bytes(bytes(records))
    server.graceful()
    assert get(server.port, "/", sni="a.test", cert=pki.leaf_a).status == 200
    assert not re.search(r"exit signal|AddressSanitizer", server.log())


@pytest.fixture(scope="module")
def ageing(pki):
    day = 86400
    return {
        "soon": pki.ca("soon", start=-day, end=10 * day + 3600), "later": pki.ca("later", start=-day, end=40 * day),
        "over": pki.ca("over", start=-9 * day, end=-2 * day - 3600),
        "leaf": pki.issue("short-leaf", pki.zone_a, end=5 * day + 3600), "pinned": pki.issue("pinned", end=3 * day + 3600),
    }


def expiries(text):
    return [parse_event(x) for x in text.splitlines() if re.search(r" CFO014[0-2] ", x)]


@pytest.mark.W3
def test_certificates_that_expire_soon_cause_warnings_at_start(httpd, pki, ageing, scratch):
    folder = scratch / "ageing"
    folder.mkdir()
    (folder / "folder.test.pem").write_text(ageing["soon"].pem + ageing["later"].pem)
    server = httpd(server=f"CFOriginPullZoneDir {folder}\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt} {ageing['soon'].crt}\n"
        f"CFOriginPullZone over.test {ageing['over'].crt}\nCFOriginPullZone both.test {ageing['over'].crt} {pki.zone_b.crt}\n"
        f"CFOriginPullZone pin.test {ageing['pinned'].crt}\n"))
    lines = expiries(server.log())
    logged = [(x["what"], x["zone"], x.get("kind"), x.get("days")) for x in lines]
    assert logged == [("zone-expired", "over.test", None, None), ("certificate-expired", "both.test", "anchor", "-3"),
                    ("certificate-expires", "pin.test", "leaf", "3"), ("certificate-expires", "folder.test", "anchor", "10")]
    assert "[cf_origin:error]" in lines[0]["line"] and "[cf_origin:warn]" in lines[1]["line"]
    soon = lines[3]
    assert (soon["cert"], soon["cert_subject"], soon["file"]) == (ageing["soon"].sha256, "CN=soon", str(folder / "folder.test.pem"))
    assert soon["zones"] == "2" and lines[1]["zones"] == "2" and soon["hint"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", soon["not_after"])


@pytest.mark.parametrize("days, expected", [(0, []), (5, ["pinned"]), (11, ["pinned", "soon"]), (60, ["pinned", "soon", "later"])])
def test_warnings_begin_as_many_days_before_as_configured(httpd, ageing, days, expected):
    server = httpd(server=f"CFOriginPullExpiryWarn {days}\n" + vhost(
        "a.test", "CFOriginPull On\n" + "".join(f"CFOriginPullZone {x}.test {ageing[x].crt}\n" for x in ("soon", "later", "pinned"))))
    assert [x["zone"] for x in expiries(server.log())] == [f"{x}.test" for x in expected]


def test_a_presented_leaf_that_expires_soon_causes_a_warning_at_the_next_start_too(httpd, pki, ageing):
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    assert expiries(server.log()) == []
    assert get(server.port, "/", sni="a.test", cert=ageing["leaf"]).status == 200
    server.wait_for(lambda: expiries(server.log()), "the first line")
    server.graceful()
    first, line = expiries(server.log())
    assert first["cert"] == line["cert"]
    assert (line["kind"], line["zone"], line["days"], line["cert"]) == ("presented", "a.test", "5", ageing["leaf"].sha256)
    assert line["cert_subject"] == "CN=short-leaf" and "Cloudflare" in line["hint"]


def test_without_expiring_certificates_there_are_no_warnings(httpd, pki):
    server = httpd(server=vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    assert expiries(server.log()) == []


def test_the_configuration_test_logs_the_same_warnings_as_a_start(configuration, pki, ageing):
    conf = vhost("a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt} {ageing['soon'].crt} {ageing['later'].crt}\n"
                 f"CFOriginPullZone over.test {ageing['over'].crt}\n")
    for days, expected in ((None, ["over", "soon"]), (5, ["over"]), (60, ["over", "soon", "later"])):
        code, output = configuration((f"CFOriginPullExpiryWarn {days}\n" if days else "") + conf)
        lines = expiries(output)
        assert code == 0 and lines[0]["what"] == "zone-expired" and lines[0]["zone"] == "over.test"
        assert [x["cert"] for x in lines[1:]] == [ageing[x].sha256 for x in expected]


@pytest.mark.W3
def test_a_leaf_that_expires_soon_causes_one_warning_when_it_is_first_presented(httpd, pki, ageing):
    server = httpd(server="StartServers 2\nCFOriginPullRanges 127.0.0.0/9\n" + vhost(
        "a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt} {ageing['pinned'].crt}"))
    before = len(expiries(server.log()))
    for path in "abcdefgh":
        for cert in (ageing["leaf"], ageing["pinned"], pki.leaf_a):
            assert get(server.port, f"/{path}", sni="a.test", cert=cert).status == 404
    line, = expiries(server.log())[before:]
    assert (line["what"], line["kind"], line["zone"], line["days"]) == ("certificate-expires", "presented", "a.test", "5")
    assert line["cert"] == ageing["leaf"].sha256
    assert line["hint"].startswith("issue a new leaf and upload it to Cloudflare; if another CA issues it")
