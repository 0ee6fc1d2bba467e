# SPDX-License-Identifier: Apache-2.0
"""What a connection proves, and for how long: full handshakes, resumed sessions, keep-alive connections and HTTP/2
streams. The module does not rely on mod_ssl's own verification result."""
import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from client import Connection, H2Connection, context, get
from pki import CA, LEAF, Certificate, openssl
from server import vhost

TLS = ["1.2", "1.3"]
STORES = ["tickets", "cache"]
SECRET = b"Session ticket keys must have 48 bytes........42"


def admits(connection, path="/"):
    return connection.get(path).status == 200


def resume(connection, port=None):
    """Another connection with the session of this one, which must still be open."""
    return Connection(port or connection.sock.getpeername()[1], ctx=connection.ctx, session=connection.session,
                      sni=connection.sni)


def resume_http2(connection, port=None):
    """The same for HTTP/2."""
    first = connection.under
    second = H2Connection(port or first.sock.getpeername()[1], ctx=first.ctx, session=first.session, sni=first.sni)
    assert second.under.resumed
    return second


def resumptions(connection, count):
    """One after the other, each with the session of the previous one: in TLS 1.3, with a new ticket each."""
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(resume(connection))
            yield connection
            assert connection.resumed


def children(server):
    pid = server.process.pid
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


class Aging:
    """A certificate with seconds to live, and connections that were made and used while it was valid."""

    def __init__(self, pki, ports):
        lifetime = 3
        while True:
            self.leaf = pki.issue("aging", pki.zone_a, end=lifetime)
            self.end = time.time() + lifetime
            self.kept = {name: self.connect(ports, *name) for name in self.names()}
            if all(self.kept.values()) and time.time() < self.end - 0.5:
                return
            self.close()
            lifetime *= 2  # a slow machine

    @staticmethod
    def names():
        return [(tls, store) for tls in TLS for store in STORES] + [("1.2", "h2"), ("1.3", "h2")]

    def connect(self, ports, tls, store):
        try:
            if store == "h2":
                connection = H2Connection(ports["tickets"], self.leaf, tls=tls)
                return connection if connection.get().status == 200 else None
            connection = Connection(ports[store], self.leaf, tls=tls)
            return connection if admits(connection) else None
        except (OSError, EOFError):  # the certificate has expired already
            return None

    def close(self):
        for connection in self.kept.values():
            if connection:
                connection.__exit__()

    def expired(self):
        time.sleep(max(0, self.end + 1.05 - time.time()))
        return self


@pytest.fixture(scope="module")
def origin(httpd, pki):
    zones = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    zones += f"CFOriginPullZone c.test {pki.intermediate_a.crt}\n"
    off = "SSLSessionTickets off\n"
    late = ("CFOriginPullExemptPath /late\n<Location /late>\nSSLVerifyClient require\nSSLVerifyDepth 3\n</Location>\n"
            f"SSLCACertificateFile {pki.zone_a.crt}\n")
    return httpd(ports=4, server="KeepAliveTimeout 300\nCFOriginPullRanges 127.0.0.0/9\n"
                 + vhost("shop.a.test", zones, aliases="*.a.test b.test *.c.test")
                 + vhost("shop.a.test", zones + off, aliases="*.a.test b.test *.c.test", port="{port2}")
                 + vhost("late.a.test", zones + late, aliases="other.a.test", port="{port3}", verify=None)
                 + vhost("shop.a.test", zones + "SSLCipherSuite DEFAULT@SECLEVEL=0", port="{port4}"))


@pytest.fixture(scope="module")
def ports(origin):
    return {"tickets": origin.ports[0], "cache": origin.ports[1]}


@pytest.fixture(scope="module", autouse=True)
def aging(pki, ports):
    """Made before the other tests of this file, so that it grows old while they run."""
    aging = Aging(pki, ports)
    yield aging
    aging.close()


@pytest.mark.W7
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_a_resumed_session_has_the_verdict_of_the_first_one(ports, origin, pki, tls, store):
    with Connection(ports[store], pki.leaf_a, tls=tls) as first:
        assert admits(first) and admits(first)
        for i, later in enumerate(resumptions(first, 3)):
            assert admits(later, f"/?resumed-{tls}-{store}-{i}") and admits(later)
            assert origin.wait_event(uri=f"/?resumed-{tls}-{store}-{i}")["cert"] == pki.leaf_a.sha256


@pytest.mark.W4
@pytest.mark.W7
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_the_chain_that_a_client_sends_makes_no_difference(ports, pki, tls, store):
    """A session holds the leaf only, so an intermediate counts only where it is a proof."""
    for host, admitted in (("shop.a.test", False), ("deep.c.test", True)):
        for chain in (None, pki.bundle(pki.deep_a, pki.intermediate_a)):
            with Connection(ports[store], pki.deep_a, sni=host, tls=tls, chain=chain) as first:
                assert admits(first) == admits(first) == admitted
                with resume(first) as second:
                    assert admits(second) == admits(second) == admitted
                    assert second.resumed


STRANGERS = ["self_signed", "rogue", "evil_twin", "leaf_b"]


@pytest.mark.A6
@pytest.mark.parametrize("leaf", STRANGERS)
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_a_session_without_proof_is_refused_every_time(ports, origin, pki, tls, store, leaf):
    cert = getattr(pki, leaf)
    reason, digest = "cert-other-zone" if leaf == "leaf_b" else "cert-unknown", cert.sha256
    before = len(origin.events("CFO0001"))
    with Connection(ports[store], cert, tls=tls) as first:
        assert not admits(first) and not admits(first)
        for later in resumptions(first, 2):
            assert not admits(later) and not admits(later)
    events = origin.wait_for(lambda: origin.events("CFO0001")[before:][5:] and origin.events("CFO0001")[before:], "six lines")
    assert [(e["reason"], e["cert"]) for e in events] == [(reason, digest)] * 6


@pytest.mark.A6
@pytest.mark.parametrize("tls", TLS)
def test_a_session_without_proof_is_refused_over_http2(ports, pki, tls):
    with H2Connection(ports["tickets"], pki.self_signed, tls=tls) as first:
        assert first.get().status == 403
        with resume_http2(first) as second:
            assert [second.get().status for _ in range(3)] == [403] * 3


@pytest.mark.A6
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_a_session_without_a_certificate_stays_without(ports, pki, tls, store):
    with Connection(ports[store], tls=tls) as first:
        assert not admits(first)
        with resume(first) as second:
            assert not admits(second) and second.resumed


@pytest.mark.A3
@pytest.mark.A13
@pytest.mark.parametrize("tls", TLS)
def test_each_request_of_a_session_is_judged_by_its_host(ports, pki, tls):
    with Connection(ports["tickets"], pki.leaf_a, tls=tls) as first:
        assert admits(first)
        assert first.get(host="b.test").status == 403
        assert admits(first)
        with resume(first) as second:
            assert second.get(host="b.test").status == 403
            assert admits(second) and second.resumed


@pytest.mark.A12
@pytest.mark.parametrize("ticket_key", [False, True], ids=["cache", "ticket key"])
@pytest.mark.parametrize("tls", TLS)
def test_a_session_of_a_vhost_of_the_same_name_with_another_ca_is_refused(httpd, pki, tls, ticket_key):
    """Two virtual hosts with the same ServerName on two ports; each trusts another CA."""
    key = pki.dir / "ticket.key"
    key.write_bytes(SECRET)
    common = f"SSLSessionTicketKeyFile {key}" if ticket_key else "SSLSessionTickets off"
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + "".join(
        vhost("shop.a.test:443", f"CFOriginPull On\nCFOriginPullZone a.test {ca.crt}\n{common}", verify="require", ca=ca.crt,
              port=port) for ca, port in ((pki.zone_a, "{port}"), (pki.zone_b, "{port2}"))))
    with Connection(server.ports[1], pki.leaf_b, tls=tls) as first:
        assert admits(first)
        with resume(first, server.ports[0]) as second:
            assert second.get("/namesake").status == 403
            assert second.get("/namesake").status == 403
            assert second.resumed, "the test is about a session that mod_ssl takes"
    assert server.wait_event(uri="/namesake")["reason"] == "cert-unknown"
    with H2Connection(server.ports[1], pki.leaf_b, tls=tls) as first:
        assert first.get().status == 200
        with resume_http2(first, server.ports[0]) as second:
            assert [second.get("/namesake-stream").status for _ in range(3)] == [403] * 3
    assert server.wait_event(uri="/namesake-stream")["reason"] == "cert-unknown"


# The OpenSSL of Debian 13 decrypts the ticket, but then makes a full handshake.
RENEWS = ssl.OPENSSL_VERSION_INFO >= (3, 5)


@pytest.mark.A11
def test_a_session_is_refused_after_its_proof_was_removed(httpd, pki):
    """The proof is removed and the server restarted gracefully; the ticket key file keeps the session alive."""
    key = pki.dir / "ticket.key"
    key.write_bytes(SECRET)

    def configuration(proof):
        return ("CFOriginPullRanges 127.0.0.0/9\n" + vhost("shop.a.test", f"SSLSessionTicketKeyFile {key}\nCFOriginPull On\n"
                                                           f"CFOriginPullZone a.test {proof.crt}"))
    server = httpd(server=configuration(pki.shared_leaf))
    sessions = []
    for tls in TLS:
        with Connection(server.port, pki.shared_leaf, tls=tls) as first:
            assert admits(first)
            sessions.append((first.ctx, first.session))
    old = children(server)
    server.server = configuration(pki.leaf_a)
    server.graceful()
    server.wait_for(lambda: not old & children(server), "the end of the old children")
    for ctx, session in sessions:
        with Connection(server.port, ctx=ctx, session=session) as second:
            assert not admits(second) and (second.resumed or RENEWS)
    assert get(server.port, cert=pki.leaf_a).status == 200


IDENTIFIER = ":".join(["A5"] * 20)


def issue_twin(pki, name, ca_key):
    """A CA and its leaf, always the same except for keys and signatures."""
    ca = pki.ca(name, subject="/CN=twin", extensions=CA + f"subjectKeyIdentifier={IDENTIFIER}\n", key=pki.key(ca_key))
    request, leaf = pki.issue(f"{name}-leaf", ca, subject="/CN=leaf of the twin"), pki.dir / f"{name}-leaf.pem"
    extensions = pki.dir / f"{name}-leaf.cnf"
    extensions.write_text(LEAF + f"subjectKeyIdentifier={IDENTIFIER}\nauthorityKeyIdentifier=keyid:always\n")
    openssl("x509", "-req", "-in", request.crt.with_suffix(".csr"), "-CA", ca.crt, "-CAkey", ca.key, "-set_serial", "4711",
            "-days", "9", "-extfile", extensions, "-out", leaf)
    return ca, Certificate(leaf, request.key)


@pytest.fixture(scope="module")
def twins(httpd, pki):
    """Server, genuine leaf, forged CA and leaf; a virtual host for each kind of proof."""
    (ca, leaf), (forger, forged) = issue_twin(pki, "genuine", "genuine-ca"), issue_twin(pki, "forged", "forger-ca")
    proofs = {"ca": ca.crt, "leaf": leaf.crt, "fullchain": pki.bundle(leaf, ca), "sha256": f"sha256:{leaf.sha256}",
              "spki": f"spki-sha256:{leaf.spki_sha256}"}
    hosts = "".join(vhost(f"{name}.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proof}")
                    for name, proof in proofs.items())
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + hosts), leaf, forger, forged


@pytest.mark.A7
@pytest.mark.A8
@pytest.mark.parametrize("proof", ["ca", "leaf", "fullchain", "sha256", "spki"])
@pytest.mark.parametrize("tls", TLS)
def test_a_forged_certificate_matches_no_proof(twins, pki, tls, proof):
    """Subject, issuer, serial number and key identifiers are copied, everything but the signature. With and without the
    forged chain."""
    server, leaf, forger, forged = twins
    host, digest = f"{proof}.a.test", forged.sha256
    assert get(server.port, cert=leaf, sni=host, tls=tls).status == 200
    for chain in (None, pki.bundle(forged, forger)):
        with Connection(server.port, forged, sni=host, tls=tls, chain=chain) as first:
            assert not admits(first) and not admits(first)
            with resume(first) as second:
                assert not admits(second) and not admits(second) and second.resumed
        with H2Connection(server.port, forged, sni=host, tls=tls, chain=chain) as first:
            assert first.get().status == 403
            with resume_http2(first) as second:
                assert [second.get().status for _ in range(2)] == [403] * 2
    assert {e["reason"] for e in server.events() if e["cert"] == digest} == {"cert-unknown"}


@pytest.mark.A13
@pytest.mark.W6
@pytest.mark.parametrize("tls", TLS)
def test_a_certificate_sent_after_the_handshake_proves_nothing(origin, pki, tls):
    """An exempt path asks for one by renegotiation or post-handshake authentication; other paths of the connection are
    judged by the certificate of the handshake."""
    ctx = context(pki.leaf_a, tls=tls)
    ctx.post_handshake_auth = True
    with Connection(origin.ports[2], sni="late.a.test", ctx=ctx) as connection:
        assert not admits(connection, "/before")
        assert connection.get("/late").status == 404  # mod_ssl asked for it, got it, and accepted it
        for path in ("/after", "/", "/late/../after"):
            assert connection.get(path).status == 403
        assert connection.get(host="other.a.test").status == 403
    assert origin.wait_event(uri="/after")["reason"] == "cert-missing"
    with Connection(origin.ports[2], sni="late.a.test") as connection:
        assert connection.get("/late").status != 404, "the test is about a path that does ask"


@pytest.mark.A9
def test_the_dates_of_an_anchor_are_checked(httpd, pki):
    """mod_ssl does not know this CA, so only the module can check it."""
    ages = {"expired": dict(start=-9 * 86400, end=-86400), "not-yet-valid": dict(start=86400, end=9 * 86400)}
    server = "CFOriginPullRanges 127.0.0.0/9\n"
    leaves = {}
    for name, dates in ages.items():
        ca = pki.ca(f"anchor-{name}", **dates)
        leaves[name] = pki.issue(f"of-anchor-{name}", ca)
        server += vhost(f"{name}.a.test", f"CFOriginPull On\nCFOriginPullZone {name}.a.test {ca.crt}")
    origin = httpd(server=server)
    for name, leaf in leaves.items():
        with Connection(origin.port, leaf, sni=f"{name}.a.test") as first:
            assert not admits(first) and not admits(first)
            with resume(first) as second:
                assert not admits(second) and second.resumed
        assert {e["reason"] for e in origin.events() if e["host"] == f"{name}.a.test"} == {f"cert-{name}"}


@pytest.mark.A9
def test_a_certificate_of_the_wrong_kind_is_refused(httpd, origin, pki):
    """Those that mod_ssl accepts: a sub-CA, a weak key where httpd is configured to accept it, and a leaf of a CA that
    is for servers only."""
    weak = pki.issue("weak", pki.zone_a, kind="rsa1024")
    server_ca = pki.ca("server-ca", extensions=CA + "extendedKeyUsage=serverAuth\n")
    of_server_ca = pki.issue("of-server-ca", server_ca)
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {server_ca.crt}"))
    for port, cert in ((origin.ports[3], weak), (origin.port, pki.sub_ca_a), (server.port, of_server_ca)):
        with Connection(port, cert) as first:
            assert not admits(first) and not admits(first)
            with resume(first) as second:
                assert not admits(second) and second.resumed
    assert origin.wait_event(cert=weak.sha256)["reason"] == "cert-unsuitable"
    assert server.wait_event(cert=of_server_ca.sha256)["reason"] == "cert-unsuitable"


@pytest.mark.A10
@pytest.mark.A13
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_a_keep_alive_connection_does_not_outlive_its_certificate(aging, origin, tls, store):
    connection = aging.expired().kept[tls, store]
    for i in range(3):
        assert not admits(connection, f"/expired-{tls}-{store}-{i}")
    assert origin.wait_event(uri=f"/expired-{tls}-{store}-2")["reason"] == "cert-expired"


@pytest.mark.A10
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("tls", TLS)
def test_a_resumed_session_does_not_outlive_its_certificate(aging, origin, tls, store):
    for i, later in enumerate(resumptions(aging.expired().kept[tls, store], 3)):
        assert not admits(later, f"/old-{tls}-{store}-{i}") and not admits(later)
        assert origin.wait_event(uri=f"/old-{tls}-{store}-{i}")["reason"] == "cert-expired"


@pytest.mark.A10
@pytest.mark.parametrize("tls", TLS)
def test_an_http2_connection_does_not_outlive_its_certificate(aging, origin, tls):
    connection = aging.expired().kept[tls, "h2"]
    streams = [connection.request(f"/old-h2-{tls}-{i}") for i in range(5)]
    answers = connection.finish()
    assert [answers[s].status for s in streams] == [403] * 5 and not connection.goaway
    assert origin.wait_event(uri=f"/old-h2-{tls}-4")["reason"] == "cert-expired"
    with resume_http2(connection) as later:
        assert [later.get(f"/later-h2-{tls}").status for _ in range(3)] == [403] * 3
    assert origin.wait_event(uri=f"/later-h2-{tls}")["reason"] == "cert-expired"


def test_nothing_crashed(origin):
    assert "exit signal" not in origin.log() and "AH00051" not in origin.log()
