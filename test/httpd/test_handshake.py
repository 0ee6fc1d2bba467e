# SPDX-License-Identifier: Apache-2.0
"""CFO0005: one line for each handshake that mod_ssl ended because of the client certificate, and for no other."""
import itertools
import re
import select
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import EDGE, STRANGER, TIMEOUT, Connection, H2Connection, context
from pki import CA, LEAF, Certificate, openssl
from server import vhost

TLS = ["1.2", "1.3"]
VERIFY = ["optional", "require", "optional_no_ca"]
ENDS_ALL, ENDS_BUT_NO_CA = set(VERIFY), {"optional", "require"}

# For each certificate: why the handshake ends, with which SSLVerifyClient, and the zone that it is for.
CASES = {
    "missing": ("cert-missing", {"require"}, "-"),
    "leaf_a": (None, set(), None),
    "no_eku": (None, set(), None),
    "sub_ca_a": (None, set(), None),
    "leaf_b": ("cert-unknown", ENDS_BUT_NO_CA, "b.test"),
    "rogue": ("cert-unknown", ENDS_BUT_NO_CA, "-"),
    "self_signed": ("cert-unknown", ENDS_BUT_NO_CA, "-"),
    "deep_a": ("cert-unknown", ENDS_BUT_NO_CA, "-"),
    "evil_twin": ("cert-unknown", ENDS_BUT_NO_CA, "-"),
    "expired_a": ("cert-expired", ENDS_ALL, "a.test"),
    "of_expired_ca": ("cert-expired", ENDS_ALL, "old.test"),
    "future_a": ("cert-not-yet-valid", ENDS_ALL, "a.test"),
    "of_future_ca": ("cert-not-yet-valid", ENDS_ALL, "new.test"),
    "server_only_a": ("cert-unsuitable", ENDS_ALL, "a.test"),
    "rsa1024": ("cert-unsuitable", ENDS_ALL, "a.test"),
    "sha1": ("cert-unsuitable", ENDS_ALL, "a.test"),
    "critical": ("cert-unsuitable", ENDS_ALL, "a.test"),
}

labels = map("n{}".format, itertools.count())  # several threads take of it, which a generator does not stand


class Party:
    """Those of StandardPki and more, by name."""

    def __init__(self, pki):
        self.pki = pki
        self.expired_ca = pki.ca("expired-ca", start=-9 * 86400, end=-86400)
        self.future_ca = pki.ca("future-ca", start=86400, end=9 * 86400)
        self.more = {
            "missing": None,
            "no_eku": pki.leaf_a,
            "of_expired_ca": pki.issue("of-expired-ca", self.expired_ca),
            "of_future_ca": pki.issue("of-future-ca", self.future_ca),
            "rsa1024": pki.issue("rsa1024-a", pki.zone_a, kind="rsa1024"),
            "sha1": pki.issue("sha1-a", pki.zone_a, md="sha1"),
            "critical": pki.issue("critical-a", pki.zone_a, extensions=LEAF + "1.2.3.4=critical,ASN1:NULL\n"),
        }

    def __getitem__(self, name):
        return self.more[name] if name in self.more else getattr(self.pki, name)


@pytest.fixture(scope="module")
def party(pki):
    return Party(pki)


@pytest.fixture(scope="module")
def zones(pki, party):
    return "".join(f"CFOriginPullZone {name} {ca.crt}\n" for name, ca in (
        ("a.test", pki.zone_a), ("b.test", pki.zone_b), ("old.test", party.expired_ca), ("new.test", party.future_ca)))


@pytest.fixture(scope="module")
def ca_file(pki, party):
    return pki.bundle(pki.zone_a, party.expired_ca, party.future_ca)


@pytest.fixture(scope="module")
def origin(httpd, pki, zones, ca_file):
    """Port 1: a virtual host for each SSLVerifyClient, one that is Off, and one where only a directory is On. Port 2: a
    default virtual host that is Off, and one that is not. Port 3: plain HTTP."""
    def site(name, directives="CFOriginPull On\n", **options):
        return vhost(f"{name}.a.test", directives, aliases=f"*.{name}.a.test", ca=options.pop("ca", ca_file), **options)
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + zones + "".join(
        [site("no-sni", verify="require")] + [site(mode.replace("_", "-"), verify=mode) for mode in VERIFY]
        + [site("audit", "CFOriginPull Audit\n", verify="require"), site("off", "", verify="require"),
           site("inside", "<Location /inside>\nCFOriginPull On\n</Location>\n", verify="require"),
           site("shallow", verify="require", depth=1),
           site("old-off", "", verify="require", port="{port2}"), site("on", verify="require", port="{port2}"),
           vhost("plain.a.test", "CFOriginPull On\n", port="{port3}", tls=False)]))


class Attempt:
    """A request for a name that no other attempt uses; the answer is None if the handshake failed."""

    def __init__(self, server, site, cert=None, tls=None, port=None, **options):
        self.server = server
        self.sni = options.pop("sni", f"{next(labels)}.{site}.a.test")
        self.answer = None
        try:
            with Connection(port or server.port, cert, self.sni, tls=tls, **options) as connection:
                self.answer = connection.get()
        except (ssl.SSLError, ConnectionError, EOFError):
            pass

    def events(self):
        return [e for e in self.server.events("CFO0005") if e["sni"] == self.sni]

    def event(self):
        return self.server.wait_for(self.events, f"CFO0005 with sni={self.sni}")[0]


@pytest.mark.A9
@pytest.mark.W3
@pytest.mark.parametrize("tls", TLS)
@pytest.mark.parametrize("mode", VERIFY)
@pytest.mark.parametrize("name", CASES)
def test_a_handshake_that_fails_because_of_its_certificate_has_one_line(origin, party, name, mode, tls):
    reason, ends, cert_zone = CASES[name]
    cert, site = party[name], mode.replace("_", "-")
    attempt = Attempt(origin, site, cert, tls)
    if mode not in ends:
        # The line is logged before the answer is sent.
        assert attempt.answer and not attempt.events()
        return
    assert attempt.answer is None
    event = attempt.event()
    assert len(attempt.events()) == 1
    assert event["what"] == "handshake-failed" and " [cf_origin:warn] " in event["line"]
    expected = {"reason": reason, "vhost": f"{site}.a.test:{origin.port}", "zone": "a.test", "edge": EDGE, "edge_known": "yes",
                "cert": cert.sha256 if cert else "-", "cert_zone": cert_zone, "sni": attempt.sni,
                "cert_subject": subject(cert, "subject"), "cert_issuer": subject(cert, "issuer")}
    assert {k: event[k] for k in expected} == expected
    assert event["hint"] != "-"


def subject(cert, which):
    if not cert:
        return "-"
    text = openssl("x509", "-in", cert.crt, "-noout", f"-{which}", "-nameopt", "RFC2253").decode()
    return text.split("=", 1)[1].strip()


HINTS = {"missing": "turn on Authenticated Origin Pulls", "rogue": "SSLCACertificateFile", "expired_a": "upload a new one",
         "of_expired_ca": "a CA certificate above it has expired", "future_a": "it is valid from", "of_future_ca": "not valid yet",
         "server_only_a": "issue a certificate for TLS clients", "rsa1024": "key too weak"}


@pytest.mark.W3
@pytest.mark.parametrize("name", HINTS)
def test_the_hint_shows_what_to_do(origin, party, name):
    hint = Attempt(origin, "require", party[name]).event()["hint"]
    assert HINTS[name] in hint


@pytest.mark.W2
@pytest.mark.parametrize("tls", TLS)
def test_a_chain_that_is_too_long_has_reason_other(origin, pki, tls):
    chain = pki.bundle(pki.deep_a, pki.intermediate_a)
    attempt = Attempt(origin, "shallow", pki.deep_a, tls, chain=chain)
    event = attempt.event()
    assert event["reason"] == "other" and "SSLVerifyDepth" in event["hint"] and event["cert"] == pki.deep_a.sha256
    assert Attempt(origin, "require", pki.deep_a, tls, chain=chain).answer


class Misfits:
    """Certificates that are invalid in rarer ways, and the CAs that mod_ssl needs to verify them."""

    def __init__(self, pki):
        def ca(name, issuer=None, **options):
            return pki.ca(f"misfit-{name}", issuer, **options)
        strict = ca("strict", extensions=CA + "nameConstraints=critical,permitted;DNS:a.test\n")
        short = ca("short", extensions=CA.replace("CA:TRUE", "CA:TRUE,pathlen:0"))
        below = ca("below", short)
        none = pki.issue("misfit-no-ca", pki.zone_a)
        self.cas = [strict, short]
        self.chains = {
            "constraint": [pki.issue("misfit-name", strict, extensions=LEAF + "subjectAltName=DNS:b.test\n")],
            "path": [pki.issue("misfit-path", below), below],
            "usage": [pki.issue("misfit-usage", pki.zone_a, extensions=LEAF + "keyUsage=critical,keyEncipherment\n")],
            "no_ca": [pki.issue("misfit-child", none), none],
        }


@pytest.fixture(scope="module")
def misfits(pki):
    return Misfits(pki)


@pytest.fixture(scope="module")
def strict(httpd, pki, zones, misfits):
    """A virtual host for each SSLVerifyClient; names and verdicts are in the access log."""
    return httpd(server=strict_server(pki, zones, misfits, "CFOriginPull On\n"))


def strict_server(pki, zones, misfits, directives):
    ca = pki.bundle(pki.zone_a, *misfits.cas)
    return (zones + 'LogFormat "%v %{SSL_CLIENT_VERIFY}x %{SSL_CLIENT_S_DN}x %{SSL_SESSION_RESUMED}x %>s" verify\n'
            + "".join(vhost(f"{mode}.a.test", f'{directives}CustomLog "{{dir}}/verify.log" verify\n',
                            aliases=f"*.{mode}.a.test", verify=mode.replace("-", "_"), ca=ca)
                      for mode in [m.replace("_", "-") for m in VERIFY]))


MISFITS = {"constraint": "nameConstraints", "path": "pathlen", "usage": "for TLS clients", "no_ca": "CA:TRUE"}


@pytest.mark.parametrize("tls", TLS)
@pytest.mark.parametrize("site", [mode.replace("_", "-") for mode in VERIFY])
@pytest.mark.parametrize("name", MISFITS)
def test_a_certificate_that_breaks_the_constraints_of_its_ca_is_unsuitable(strict, pki, misfits, name, site, tls):
    chain = misfits.chains[name]
    event = Attempt(strict, site, chain[0], tls, chain=pki.bundle(*chain)).event()
    assert event["reason"] == "cert-unsuitable" and MISFITS[name] in event["hint"]
    assert event["cert"] == chain[0].sha256


def crl_of(pki, name, ca, *revoked, end=86400):
    """A CRL from nine days ago with the given certificates."""
    crl, common = pki.dir / f"{name}.crl", ["ca", "-config", pki.config, "-cert", ca.crt, "-keyfile", ca.key]
    for cert in revoked:
        openssl(*common, "-revoke", cert.crt)
    openssl(*common, "-gencrl", "-crl_lastupdate", pki.time(-9 * 86400), "-crl_nextupdate", pki.time(end), "-out", crl)
    return crl


@pytest.mark.W18
@pytest.mark.parametrize("tls", TLS)
def test_a_revoked_certificate_has_reason_other(httpd, pki, zones, tls):
    """A revoked certificate; a CRL that is missing or expired, which is not a date of the certificate; OCSP."""
    revoked = pki.issue("revoked-a", pki.zone_a)
    fresh, old = crl_of(pki, "fresh", pki.zone_a, revoked), crl_of(pki, "old", pki.zone_a, end=-86400)
    foreign = crl_of(pki, "foreign", pki.zone_b)
    check = "CFOriginPull On\nSSLCARevocationCheck leaf\n"
    # Nothing listens there.
    ocsp = "CFOriginPull On\nSSLOCSPEnable leaf\nSSLOCSPDefaultResponder http://127.0.0.1:1/\nSSLOCSPOverrideResponder on\n"
    sites = {"revoked": (f"{check}SSLCARevocationFile {fresh}\n", revoked, "certificate revoked: if that is right"),
             "no-crl": (f"{check}SSLCARevocationFile {foreign}\n", pki.leaf_a, "unable to get certificate CRL: check SSLCARevocationCheck"),
             "old": (f"{check}SSLCARevocationFile {old}\n", pki.leaf_a, "CRL has expired: check SSLCARevocationCheck"),
             "ocsp": (ocsp, pki.leaf_a, "SSLOCSPEnable")}
    server = httpd(server=zones + "".join(
        vhost(f"{name}.a.test", directives, aliases=f"*.{name}.a.test", ca=pki.zone_a.crt)
        for name, (directives, _, _) in sites.items()))
    for name, (_, cert, hint) in sites.items():
        event = Attempt(server, name, cert, tls).event()
        assert (event["reason"], event["cert"], hint in event["hint"]) == ("other", cert.sha256, True), event


@pytest.mark.parametrize("tls", TLS)
def test_a_certificate_may_be_as_long_as_openssl_accepts(origin, pki, tls):
    """About 80 KB; its own date has expired, not that of its CA."""
    names = "".join(f"DNS.{n} = a-rather-long-name-{n}.a.test\n" for n in range(2500))
    cert = pki.issue("long-a", pki.zone_a, extensions=f"{LEAF}subjectAltName=@names\n[names]\n{names}",
                     start=-2 * 86400, end=-86400)
    assert len(cert.der) > 65536
    event = Attempt(origin, "require", cert, tls).event()
    assert (event["reason"], event["cert"]) == ("cert-expired", cert.sha256) and "it expired at" in event["hint"]


@pytest.mark.parametrize("tls", TLS)
def test_a_certificate_may_have_no_names(origin, pki, tls):
    """Neither a subject nor an issuer."""
    key, crt = pki.key(f"nameless-{tls}"), pki.dir / f"nameless-{tls}.crt"
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/", "-days", "9", "-config", pki.config, "-out", crt)
    cert = Certificate(crt, key)
    event = Attempt(origin, "require", cert, tls).event()
    assert (event["reason"], event["cert"]) == ("cert-unknown", cert.sha256)
    assert {event["cert_subject"], event["cert_issuer"]} <= {"", "-"}


@pytest.mark.W2
@pytest.mark.parametrize("tls", TLS)
def test_with_optional_no_ca_the_hint_names_the_depth_too(httpd, pki, zones, tls):
    """If the chain is too long, OpenSSL only reports an unknown issuer."""
    ca = pki.ca(f"far-ca-{tls}")
    sub = pki.ca(f"far-sub-{tls}", ca)
    leaf = pki.issue(f"far-{tls}", sub)
    server = httpd(server=zones + vhost("far.a.test", "CFOriginPull On\n", aliases="*.far.a.test", ca=pki.zone_a.crt, depth=1))
    event = Attempt(server, "far", leaf, tls, chain=pki.bundle(leaf, sub, ca)).event()
    assert event["cert"] == leaf.sha256 and "SSLVerifyDepth" in event["hint"]


class Outcome:
    """What a client sees of a handshake and one request: the alert, or the status."""

    def __init__(self, server, site, cert, tls, **options):
        self.status, self.session, self.resumed = None, None, False
        try:
            with Connection(server.port, cert, f"{site}.a.test", tls=tls, **options) as connection:
                if tls == "1.3":
                    self.wait_for_data(connection.sock)
                self.status = connection.get().status
                self.session, self.ctx, self.resumed = connection.session, connection.ctx, connection.resumed
        except ssl.SSLError as error:
            self.status = error.reason

    @staticmethod
    def wait_for_data(sock):
        """Waits for the ticket or alert after the handshake: a client that sends a request first may lose it."""
        assert select.select([sock], [], [], TIMEOUT)[0]
        sock.settimeout(0)
        try:
            sock.recv(1)
        except ssl.SSLWantReadError:
            sock.settimeout(TIMEOUT)


def all_outcomes(server, pki, party, misfits):
    """Of every certificate with every SSLVerifyClient and TLS version, and of resumed sessions."""
    chains = {name: [party[name]] if party[name] else [] for name in CASES} | misfits.chains
    for (name, chain), mode, tls in itertools.product(chains.items(), VERIFY, TLS):
        site = mode.replace("_", "-")
        first = Outcome(server, site, chain[0] if chain else None, tls, chain=pki.bundle(*chain) if chain else None)
        yield name, mode, tls, first.status
        if first.session:
            again = Outcome(server, site, None, tls, ctx=first.ctx, session=first.session)
            yield name, mode, tls, "again", again.status, again.resumed


def outcomes_with(server, pki, party, misfits):
    """Those, and what httpd and mod_ssl logged about them."""
    outcomes = list(all_outcomes(server, pki, party, misfits))
    answers = sum(outcome[-1] == 200 or outcome[3] == "again" for outcome in outcomes)
    log = server.dir / "verify.log"
    server.wait_for(lambda: log.read_text().count("\n") == answers, f"{answers} requests in the log")
    return outcomes, sorted(log.read_text().splitlines()), sorted(re.findall(r"AH020(?:37|39|40): .*", server.log()))


def test_the_module_changes_no_handshake(httpd, pki, party, zones, misfits):
    """With Audit, which serves every request, neither clients nor mod_ssl see a difference."""
    without = httpd(server=strict_server(pki, "", misfits, ""), load_module=False, log_level="warn")
    with_it = httpd(server=strict_server(pki, zones, misfits, "CFOriginPull Audit\n"), log_level="warn")
    expected, seen = (outcomes_with(server, pki, party, misfits) for server in (without, with_it))
    assert seen == expected
    ends = sum(isinstance(outcome[3], str) and outcome[3] != "again" for outcome in seen[0])
    assert ends > 70
    with_it.wait_for(lambda: len(with_it.events("CFO0005")) == ends, f"{ends} lines")


def test_a_client_without_sni_is_logged_too(origin, pki):
    before = len(origin.events("CFO0005"))
    assert Attempt(origin, None, pki.rogue, sni=None, source=STRANGER).answer is None
    event = origin.wait_for(lambda: origin.events("CFO0005")[before:], "CFO0005")[0]
    assert (event["sni"], event["zone"], event["vhost"], event["edge"], event["edge_known"]) == (
        "-", "-", f"no-sni.a.test:{origin.port}", STRANGER, "no")


def test_the_virtual_host_of_the_handshake_counts(origin, pki):
    """Not the default virtual host of the address."""
    for site, port in (("audit", 0), ("inside", 0), ("on", 1)):
        event = Attempt(origin, site, pki.rogue, port=origin.ports[port]).event()
        assert event["vhost"] == f"{site}.a.test:{origin.ports[port]}"
    for site, port in (("off", 0), ("old-off", 1)):
        sni = f"{next(labels)}.{site}.a.test"
        with TheirOwn(origin.ports[port], context(pki.rogue), sni) as client:
            client.run()
        assert not [e for e in origin.events("CFO0005") if e["sni"] == sni]


def test_a_server_that_is_off_everywhere_logs_nothing(httpd, pki):
    server = httpd(server=vhost("shop.a.test", ca=pki.zone_a.crt, verify="require"))
    for cert in (None, pki.rogue, pki.expired_a):
        with TheirOwn(server.port, context(cert), "shop.a.test") as client:
            client.run()
    assert "CFO0005" not in server.log() and server.log().count("AH02039") == 2


def test_one_directory_that_is_on_is_enough(httpd, pki):
    server = httpd(load_first=True, server=vhost("shop.a.test", "CFOriginPullRequire ip\n<Location /inside>\nCFOriginPull On\n</Location>\n",
                                ca=pki.zone_a.crt, verify="require"))
    assert Attempt(server, "shop", pki.rogue, sni="shop.a.test").event()["reason"] == "cert-unknown"


def test_the_virtual_host_is_known_if_this_module_is_loaded_before_mod_ssl(httpd, pki):
    """As Debian's a2enmod does, in the order of the alphabet."""
    server = httpd(load_first=True, server="".join(
        vhost(f"{name}.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n", ca=pki.zone_a.crt, verify="require")
        for name in ("first", "second")))
    event = Attempt(server, "second", pki.rogue, sni="second.a.test").event()
    assert (event["reason"], event["vhost"].split(":")[0]) == ("cert-unknown", "second.a.test")


class TheirOwn:
    """A client that can send any bytes. After its `with` block the server has closed the connection, and so has logged."""

    def __init__(self, port, ctx=None, sni="require.a.test"):
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        if ctx:
            self.tls = ctx.wrap_bio(self.incoming, self.outgoing, server_hostname=sni)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.sock.shutdown(socket.SHUT_WR)
            while self.sock.recv(65536):
                pass
        except OSError:
            pass
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def flights(self):
        """Yields the data of each flight of the client; the caller sends it."""
        while True:
            done = False
            try:
                self.tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                done = True
            yield self.outgoing.read()
            if done:
                return
            data = self.sock.recv(65536)
            self.incoming.write(data) if data else self.incoming.write_eof()

    def run(self):
        for flight in self.flights():
            self.send(flight)


def hang_up(port, pki):
    with TheirOwn(port):
        pass


def hang_up_within_the_hello(port, pki):
    with TheirOwn(port) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")


def hang_up_before_the_certificate(port, pki):
    for tls in TLS:
        with TheirOwn(port, context(pki.rogue, tls=tls)) as client:
            client.send(next(client.flights()))
            assert client.sock.recv(65536)


def speak_plain_http(port, pki):
    with TheirOwn(port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: require.a.test\r\n\r\n")


def send_garbage(port, pki):
    with TheirOwn(port) as client:
        client.send(bytes(range(256)) * 4)


def have_no_common_version(port, pki):
    """A hello that offers SSL 3.0 only."""
    hello = b"\x03\x00" + bytes(32) + b"\x00\x00\x02\x00\x35\x01\x00"
    with TheirOwn(port) as client:
        client.send(b"\x16\x03\x00\x00" + bytes([len(hello) + 4]) + b"\x01\x00\x00" + bytes([len(hello)]) + hello)


def have_no_common_cipher(port, pki):
    ctx = context(pki.rogue, tls="1.2")
    ctx.set_ciphers("ADH:@SECLEVEL=0")
    with TheirOwn(port, ctx) as client:
        client.run()


def reject_the_servers_certificate(port, pki):
    for tls in TLS:
        ctx = context(pki.rogue, tls=tls)
        ctx.verify_mode = ssl.CERT_REQUIRED
        with TheirOwn(port, ctx) as client:
            client.run()


def records(data):
    while data:
        size = 5 + int.from_bytes(data[3:5], "big")
        yield data[:size]
        data = data[size:]


def certificate_flight(client):
    """The records from the client's certificate on (not encrypted in TLS 1.2); sends what comes before."""
    for flight in client.flights():
        if flight and flight[5] == 11:
            return list(records(flight))
        client.send(flight)
    raise AssertionError("no certificate")


def send_garbage_behind_the_certificate(port, pki):
    """A certificate that optional_no_ca accepts although it does not verify."""
    with TheirOwn(port, context(pki.rogue, tls="1.2"), "optional-no-ca.a.test") as client:
        client.send(certificate_flight(client)[0] + b"\x16\x03\x03\xff\xff")  # a record that is too long


@pytest.mark.parametrize("act", [hang_up, hang_up_within_the_hello, hang_up_before_the_certificate, speak_plain_http,
                                 send_garbage, have_no_common_version, have_no_common_cipher, reject_the_servers_certificate,
                                 send_garbage_behind_the_certificate], ids=lambda act: act.__name__)
def test_a_handshake_that_fails_for_another_cause_has_no_line(origin, pki, act):
    before = len(origin.events("CFO0005"))
    act(origin.port, pki)
    assert len(origin.events("CFO0005")) == before


def test_a_client_without_the_key_of_its_certificate_has_reason_other(origin, pki):
    """Even if its certificate would not be accepted anyway."""
    sni = f"{next(labels)}.optional-no-ca.a.test"
    with TheirOwn(origin.port, context(pki.rogue, tls="1.2"), sni) as client:
        for record in certificate_flight(client):
            client.send(record[:-1] + bytes([record[-1] ^ 1]) if record[5] == 15 else record)
    event, = [e for e in origin.events("CFO0005") if e["sni"] == sni]
    assert event["reason"] == "other" and "did not prove" in event["hint"] and event["cert"] == pki.rogue.sha256


def test_a_key_that_mod_ssl_does_not_accept_differs_from_a_missing_one(origin, pki):
    event = Attempt(origin, "optional-no-ca", pki.issue("p224", pki.zone_a, kind="p224"), "1.2").event()
    assert event["reason"] == "other" and event["cert_zone"] == "a.test"
    assert "does not accept signatures" in event["hint"] and "P-256" in event["hint"]


@pytest.mark.parametrize("tls", TLS)
def test_a_resumed_session_that_mod_ssl_rejects_has_its_line(httpd, pki, tls):
    """Two virtual hosts with the same ServerName and ticket key; the second requires a certificate that verifies."""
    key = pki.dir / "handshake-ticket.key"
    key.write_bytes(b"Session ticket keys must have 48 bytes........42")
    common = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\nSSLSessionTicketKeyFile {key}"
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + "".join(
        vhost("shop.a.test:443", common, ca=pki.zone_a.crt, verify=verify, port=port)
        for verify, port in (("optional_no_ca", "{port}"), ("require", "{port2}"))))
    for cert, reason in ((pki.leaf_a, None), (pki.self_signed, "cert-unknown"), (None, "cert-missing")):
        before = len(server.events("CFO0005"))
        with Connection(server.port, cert, tls=tls) as first:
            first.get()
            second = Attempt(server, None, sni="shop.a.test", port=server.ports[1], ctx=first.ctx, session=first.session)
        assert bool(second.answer) == (reason is None)
        if reason:
            event, = server.wait_for(lambda: server.events("CFO0005")[before:], "CFO0005")
            assert (event["reason"], event["cert"]) == (reason, cert.sha256 if cert else "-")
        assert len(server.events("CFO0005")) == before + bool(reason)


@pytest.mark.parametrize("tls", TLS)
def test_a_later_authentication_is_not_a_failed_handshake(httpd, pki, tls):
    """A location asks by renegotiation or post-handshake authentication for a certificate, and rejects it."""
    server = httpd(server=f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost(
        "shop.a.test", "CFOriginPull Audit\n<Location /late>\nSSLVerifyClient require\n</Location>\n", verify=None,
        ca=pki.zone_a.crt))
    ctx = context(pki.expired_a, tls=tls)
    ctx.post_handshake_auth = True
    with Connection(server.port, ctx=ctx) as connection:
        assert connection.get("/").status == 200
        try:
            assert connection.get("/late").status == 403
        except (ssl.SSLError, ConnectionError, EOFError):
            pass
    server.wait_for(lambda: "AH02039" in server.log(), "mod_ssl's complaint")
    assert get_status(server, pki.leaf_a) == 200
    assert not server.events("CFO0005")


def get_status(server, cert):
    with Connection(server.port, cert) as connection:
        return connection.get().status


def test_connections_of_mod_proxy_to_back_ends_are_not_watched(httpd, pki, zones):
    """mod_proxy rejects the certificate of the back end, or the back end that of mod_proxy."""
    back = httpd(load_module=False, log_level="warn", server=vhost("back.a.test", verify="require", ca=pki.zone_a.crt))
    proxy = (f"SSLProxyEngine On\nProxyPass / https://127.0.0.1:{back.port}/\nSSLProxyCheckPeerName Off\n"
             "SSLProxyCheckPeerExpire Off\nCFOriginPull Audit\n")
    front = httpd(modules=["proxy", "proxy_http"], server=zones + vhost(
        "strict.a.test", f"{proxy}SSLProxyVerify require\nSSLProxyCACertificateFile {pki.zone_b.crt}\n")
        + vhost("lax.a.test", f"{proxy}SSLProxyVerify none\n"))
    for site in ("strict", "lax"):
        attempt = Attempt(front, site, pki.leaf_a, sni=f"{site}.a.test")
        assert attempt.answer.status in (500, 502, 503)
    assert not front.events("CFO0005")


@pytest.mark.A34
def test_the_names_of_a_certificate_stay_within_their_quotes(origin, pki):
    subject = '/CN=x" reason=verified sni=y\n[warn] CFO0003 admitted \\\\x22/O=\x01\x7f\xe9'
    cert = pki.issue("injector", pki.rogue_ca, subject=subject)
    attempt = Attempt(origin, "require", cert)
    event = attempt.event()
    assert event["reason"] == "cert-unknown" and event["sni"] == attempt.sni
    assert 'x\\" reason=verified sni=y' in event["cert_subject"] and event["line"].isascii()
    assert "CFO0003 admitted" not in event["line"].split("cert_subject=")[0]


@pytest.mark.parametrize("tls", TLS)
def test_http2_makes_no_difference(origin, pki, tls):
    attempt = Attempt(origin, "require", pki.rogue, tls, alpn=["h2"])
    assert attempt.event() and len(attempt.events()) == 1
    before = len(origin.events("CFO0005"))
    with H2Connection(origin.port, pki.leaf_a, "require.a.test", tls=tls) as connection:
        assert [connection.get().status for _ in range(3)] == [200] * 3
    assert len(origin.events("CFO0005")) == before


def test_behind_a_balancer_the_edge_is_the_balancer(httpd, pki, zones):
    """mod_remoteip reports the address of the PROXY header for requests only."""
    server = httpd(modules=["remoteip"], server=zones + "RemoteIPProxyProtocol On\n" + vhost(
        "shop.a.test", "CFOriginPull On\nCFOriginPullProxyProtocol 127.0.0.2\n", aliases="*.shop.a.test", verify="require",
        ca=pki.zone_a.crt))
    event = Attempt(server, "shop", pki.rogue, source="127.0.0.2",
                    prefix=b"PROXY TCP4 173.245.48.1 192.0.2.1 40000 443\r\n").event()
    assert (event["edge"], event["edge_known"]) == ("127.0.0.2", "no")


def test_many_handshakes_at_once_are_not_mixed_up(origin, party):
    names = [name for name, (reason, _, _) in CASES.items() if reason] * 8

    def attempt(name):
        return name, Attempt(origin, "require", party[name], TLS[len(name) % 2])
    with ThreadPoolExecutor(16) as pool:
        attempts = list(pool.map(attempt, names))
    for name, done in attempts:
        event = done.event()
        assert (event["reason"], event["cert"]) == (CASES[name][0], party[name].sha256 if party[name] else "-")
        assert len(done.events()) == 1
