# SPDX-License-Identifier: Apache-2.0
"""Requests that come through Cloudflare for the zone must be admitted, even with unusual certificates, rotations,
restarts, large bodies, and with a real proxy as the edge."""
import threading

import pytest

from apps import CGI, CGI_MODULES, add_pages, add_scripts, pairs, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, Response, get
from pki import CA, LEAF
from server import vhost

EDGES = "CFOriginPullRanges 127.0.0.0/9\n"
CLIENT_AND_SERVER = LEAF + "extendedKeyUsage=serverAuth,clientAuth\n"
SHARED_LEAF = LEAF + "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth\n"
SHARED_NAME = "/O=CloudFlare, Inc./OU=Origin Pull/CN=origin-pull.test"


# Certificates that a zone may have. Each function returns the leaf and the proof.

def of_ca(pki, **options):
    leaf = pki.issue("odd", pki.zone_a, **options)
    return leaf, pki.zone_a.crt


def of_own_ca(pki, subject=None, leaf_subject=None, leaf_extensions=LEAF, **options):
    ca = pki.ca("own-ca", subject=subject, **options)
    return pki.issue("own", ca, subject=leaf_subject, extensions=leaf_extensions), ca.crt


def of_ca_of_equal_name(pki, which):
    cas = [pki.ca("equal", subject="/CN=equal"), pki.ca("equal", subject="/CN=equal")]
    return pki.issue("of-equal", cas[which]), pki.bundle(*cas)


def self_signed_ca(pki, pin):
    leaf = pki.issue("self-ca", extensions="basicConstraints=critical,CA:TRUE\n")
    return leaf, f"{pin}:{leaf.sha256 if pin == 'sha256' else leaf.spki_sha256}"


def of_other_certificate(pki, issuer, extensions="", **options):
    """The proof is another certificate of the CA: renewed with the same key, or cross-signed."""
    identified = CA + "subjectKeyIdentifier=hash\n"
    first = pki.ca("twice", subject="/CN=twice", extensions=identified)
    second = pki.ca("twice", issuer, subject="/CN=twice", extensions=identified, key=first.key, **options)
    return pki.issue("of-twice", first, extensions=LEAF + extensions), second.crt


def renewed(pki):
    """The leaf, renewed for the same key; the key is pinned."""
    old = pki.issue("renewed", pki.zone_a)
    return pki.issue("renewed", pki.zone_a, key=old.key), f"spki-sha256:{old.spki_sha256}"


ODD = {
    "issued-leaf-as-proof": lambda pki: (pki.leaf_a, pki.leaf_a.crt),
    "intermediate-alone": lambda pki: (pki.deep_a, pki.intermediate_a.crt),
    "intermediate-and-root": lambda pki: (pki.deep_a, pki.bundle(pki.intermediate_a, pki.zone_a)),
    "root-and-intermediate": lambda pki: (pki.deep_a, pki.bundle(pki.zone_a, pki.intermediate_a)),
    "leaf-of-an-intermediate": lambda pki: (pki.deep_a, pki.deep_a.crt),
    "fullchain": lambda pki: (pki.deep_a, pki.bundle(pki.deep_a, pki.intermediate_a, pki.zone_a)),
    "chain-backwards": lambda pki: (pki.deep_a, pki.bundle(pki.zone_a, pki.intermediate_a, pki.deep_a)),
    "self-signed-file": lambda pki: (pki.self_signed, pki.self_signed.crt),
    "self-signed-pin": lambda pki: (pki.self_signed, f"sha256:{pki.self_signed.sha256}"),
    "self-signed-ca-pin": lambda pki: self_signed_ca(pki, "sha256"),
    "self-signed-ca-key": lambda pki: self_signed_ca(pki, "spki-sha256"),
    "no-extensions": lambda pki: of_ca(pki, extensions=""),
    "cloudflares-recipe": lambda pki: of_ca(pki, extensions="basicConstraints=CA:FALSE\n"),
    "client-auth": lambda pki: of_ca(pki, extensions=LEAF + "extendedKeyUsage=clientAuth\n"),
    "client-and-server": lambda pki: of_ca(pki, extensions=CLIENT_AND_SERVER),
    "name-of-another": lambda pki: of_ca(pki, extensions=LEAF + "subjectAltName=DNS:elsewhere.test\n"),
    "rsa2048": lambda pki: of_ca(pki, kind="rsa2048"),
    "rsa4096": lambda pki: of_ca(pki, kind="rsa4096"),
    "sha384": lambda pki: of_ca(pki, md="sha384"),
    "sha512": lambda pki: of_ca(pki, md="sha512"),
    "p384": lambda pki: of_ca(pki, kind="p384"),
    "p521": lambda pki: of_ca(pki, kind="p521"),
    "ed25519": lambda pki: of_ca(pki, kind="ed25519"),
    "ed448": lambda pki: of_ca(pki, kind="ed448"),
    "rsa-pss": lambda pki: of_ca(pki, kind="pss"),
    "p521-ca": lambda pki: of_own_ca(pki, kind="p521", md="sha512"),
    "ed25519-ca": lambda pki: of_own_ca(pki, kind="ed25519"),
    "rsa-pss-ca": lambda pki: of_own_ca(pki, kind="pss"),
    "cross-signed": lambda pki: of_other_certificate(pki, pki.zone_b, "authorityKeyIdentifier=keyid\n"),
    "ca-renewed": lambda pki: of_other_certificate(pki, None, "authorityKeyIdentifier=keyid\n", start=-60, end=900 * 86400),
    "ca-renewed-no-identifier": lambda pki: of_other_certificate(pki, None),
    "leaf-renewed": renewed,
    "a-thousand-names": lambda pki: of_ca(pki, extensions=LEAF + "subjectAltName=@names\n[names]\n" + "".join(
        f"DNS.{i} = n{i}.a.test\n" for i in range(1000))),
    "to-9999": lambda pki: of_ca(pki, end=200_000_000_000),
    "valid-since-a-minute": lambda pki: of_ca(pki, start=-60, end=3600),
    "rsa-ca": lambda pki: of_own_ca(pki, kind="rsa2048"),
    "name-of-its-ca": lambda pki: of_own_ca(pki, SHARED_NAME, SHARED_NAME, SHARED_LEAF),
    "ca-without-key-usage": lambda pki: of_own_ca(pki, extensions="basicConstraints=CA:TRUE\n"),
    "ca-that-only-signs": lambda pki: of_own_ca(
        pki, extensions="basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"),
    "first-ca-of-a-name": lambda pki: of_ca_of_equal_name(pki, 0),
    "second-ca-of-a-name": lambda pki: of_ca_of_equal_name(pki, 1),
    "second-proof": lambda pki: (pki.leaf_a, f"{pki.zone_b.crt} {pki.zone_a.crt}"),
}


@pytest.fixture(scope="module")
def odd(pki):
    return {name: make(pki) for name, make in ODD.items()}


@pytest.fixture(scope="module")
def origin(httpd, odd):
    """A zone for each, with the default SSLVerifyDepth."""
    zones = "".join(f"CFOriginPullZone {name}.test {proof}\n" for name, (_, proof) in odd.items())
    return httpd(server=EDGES + zones + vhost("a.test", "CFOriginPull On", aliases="*.test", depth=1))


@pytest.mark.W4
@pytest.mark.W7
@pytest.mark.W23
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("name", ODD)
def test_each_certificate_that_cloudflare_may_present_is_admitted(origin, odd, name, tls):
    """Twice on a connection, and twice on one that resumes its session, which holds no chain."""
    leaf, _ = odd[name]
    with Connection(origin.port, leaf, sni=f"{name}.test", tls=tls) as connection:
        for _ in range(2):
            assert connection.get("/", CLOUDFLARE).status == 200
        context, session = connection.ctx, connection.session
    with Connection(origin.port, sni=f"{name}.test", ctx=context, session=session) as connection:
        assert connection.resumed
        for _ in range(2):
            assert connection.get("/", CLOUDFLARE).status == 200


@pytest.mark.parametrize("name", ODD)
def test_another_certificate_in_its_place_is_refused(origin, pki, name):
    assert get(origin.port, cert=pki.rogue, sni=f"{name}.test").status == 403


@pytest.mark.W4
@pytest.mark.parametrize("name", ["intermediate-alone", "fullchain", "intermediate-and-root"])
def test_a_chain_sent_by_the_edge_does_no_harm(origin, odd, pki, name):
    leaf, _ = odd[name]
    chain = pki.bundle(leaf, pki.intermediate_a)
    assert get(origin.port, cert=leaf, chain=chain, sni=f"{name}.test").status == 200


@pytest.fixture(scope="module")
def verifying(httpd, pki):
    """Each way to make mod_ssl ask for a certificate, some with CA files that verify none."""
    text, zone = EDGES, f"CFOriginPull On\nCFOriginPullZone test {pki.zone_a.crt} {pki.intermediate_a.crt}\n"
    for name, verify, ca in [("none", "optional_no_ca", None), ("leaf", "optional_no_ca", pki.leaf_a.crt),
                             ("intermediate", "optional_no_ca", pki.intermediate_a.crt),
                             ("root", "optional_no_ca", pki.zone_a.crt), ("optional", "optional", pki.zone_a.crt),
                             ("require", "require", pki.zone_a.crt), ("other", "optional_no_ca", pki.zone_b.crt)]:
        text += vhost(f"{name}.test", zone, verify=verify, ca=ca)
    return httpd(server=text)


@pytest.mark.W1
@pytest.mark.parametrize("name", ["none", "leaf", "intermediate", "root", "optional", "require", "other"])
def test_the_check_of_the_module_decides_in_each_mode_of_mod_ssl(verifying, pki, name):
    assert get(verifying.port, cert=pki.leaf_a, sni=f"{name}.test").status == 200


@pytest.mark.W1
@pytest.mark.parametrize("name", ["none", "leaf", "other"])
def test_a_ca_file_that_verifies_no_certificate_does_no_harm(verifying, pki, name):
    assert get(verifying.port, cert=pki.deep_a, sni=f"{name}.test").status == 200


@pytest.mark.W17
def test_a_proof_file_that_only_root_can_read_is_enough(httpd, pki):
    secret = pki.bundle(pki.zone_a)
    secret.chmod(0o600)
    server = httpd(server=EDGES + f"CFOriginPullZone a.test {secret}\n" + vhost("a.test", "CFOriginPull On"))
    assert get(server.port, cert=pki.leaf_a, sni="a.test").status == 200
    server.graceful()
    assert get(server.port, cert=pki.leaf_a, sni="a.test").status == 200


# The name in the handshake (SNI).

@pytest.fixture(scope="module")
def named(httpd, pki):
    zones = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    return httpd(server=EDGES + zones + vhost("main.test", "CFOriginPull On") + vhost("shop.a.test", "CFOriginPull On")
                 + vhost("shop.b.test", "CFOriginPull On"))


@pytest.mark.W5
@pytest.mark.parametrize("sni", ["shop.a.test", "shop.b.test", "main.test", "unknown.test", None])
@pytest.mark.parametrize("version", [1, 2])
def test_the_name_in_the_handshake_may_differ_from_the_host(named, pki, sni, version):
    """A custom origin, a Host override, a load balancer that sends none. With the same TLS settings."""
    for leaf, host, status in [(pki.leaf_a, "shop.a.test", 200), (pki.leaf_b, "shop.b.test", 200), (pki.leaf_b, "shop.a.test", 403)]:
        if version == 1:
            with Connection(named.port, leaf, sni=sni) as connection:
                assert connection.get("/", CLOUDFLARE, host=host).status == status
        else:
            with H2Connection(named.port, leaf, sni) as connection:
                assert connection.get("/", CLOUDFLARE, authority=host).status == status


# Many requests on one connection.

@pytest.fixture(scope="module")
def busy(httpd, pki, backend):
    """One host is On, another only in its directories; and one is plain HTTP."""
    server = (CGI + EDGES + f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
              "AddOutputFilter INCLUDES .shtml\nDirectoryIndex missing.html index.shtml index.html\n"
              f"ErrorDocument 404 /cgi/env.cgi\nProxyPass /ws http://127.0.0.1:{backend.port}/ upgrade=websocket\n"
              '<Directory "{docroot}">\nOptions +Includes\n</Directory>\n')
    exempt = "CFOriginPull On\nCFOriginPullExemptPath /.well-known/acme-challenge/\nCFOriginPullExemptFrom 127.201.0.1\n"
    httpd = httpd(modules=CGI_MODULES + ["include", "proxy", "proxy_http"], server=(
        server + vhost("on.a.test", "CFOriginPull On")
        + vhost("located.a.test", "<Location />\nCFOriginPull On\n</Location>")
        + vhost("on.a.test", exempt, port="{port2}", tls=False)))
    pages = {"parts/index.shtml": '<!--#include virtual="/part.shtml" -->' * 3,
             "part.shtml": '<!--#echo var="CF_ORIGIN" --> <!--#include virtual="/cgi/env.cgi" -->\n',
             ".well-known/acme-challenge/token": "token\n"}
    return add_scripts(add_pages(httpd, pages))


each_host = pytest.mark.parametrize("host", ["on.a.test", "located.a.test"])


@pytest.mark.W16
@each_host
def test_each_of_a_hundred_streams_is_admitted(busy, pki, host):
    with H2Connection(busy.port, pki.leaf_a, sni=host) as connection:
        for _ in range(2):
            for i in range(100):
                connection.request(f"/?{i}", CLOUDFLARE)
            results = connection.finish()
        assert [r.status for r in results.values()] == [200] * 200


@pytest.mark.W14
@each_host
@pytest.mark.parametrize("version", [1, 2])
def test_subrequests_and_redirects_are_admitted_with_their_request(busy, pki, host, version):
    """The index of a directory, pages and scripts within a page, the script of an ErrorDocument."""
    with H2Connection(busy.port, pki.leaf_a, sni=host) if version == 2 else Connection(busy.port, pki.leaf_a, sni=host) as connection:
        for _ in range(3):
            page = connection.get("/parts/", CLOUDFLARE)
            assert page.status == 200 and page.text.count("verified ") == 3
            assert page.text.count(f"REMOTE_ADDR={VISITOR}\n") == 3
            page = connection.get("/nowhere", CLOUDFLARE)
            assert page.status == 404 and f"REMOTE_ADDR={VISITOR}\n" in page.text


def post_by_h2(connection, path, body):
    """Sends a body of any size, as fast as flow control allows."""
    stream = connection.h2.get_next_available_stream_id()
    connection.h2.send_headers(stream, [(":method", "POST"), (":scheme", "https"), (":path", path),
                                        (":authority", connection.under.sni),
                                        *((name.lower(), value) for name, value in CLOUDFLARE.items())])
    connection.results[stream] = Response(0, {}, b"")
    while body:
        room = min(connection.h2.local_flow_control_window(stream), connection.h2.max_outbound_frame_size)
        if room:
            connection.h2.send_data(stream, body[:room])
            body = body[room:]
        else:
            for event in connection.h2.receive_data(connection.under.sock.recv(65536)):
                connection.handle(event)
        connection.flush()
    connection.h2.end_stream(stream)
    connection.flush()
    return connection.finish()[stream]


@each_host
def test_a_large_body_arrives_whole(busy, pki, host):
    body = b"0123456789abcdef" * 65536
    with Connection(busy.port, pki.leaf_a, sni=host) as connection:
        for _ in range(2):
            response = connection.get("/cgi/count.cgi", CLOUDFLARE, method="POST", body=body)
            assert (response.status, int(response.text)) == (200, len(body))
    with H2Connection(busy.port, pki.leaf_a, sni=host) as connection:
        for _ in range(2):
            response = post_by_h2(connection, "/cgi/count.cgi", body)
            assert (response.status, int(response.text)) == (200, len(body))


@each_host
def test_an_upgraded_connection_works_both_ways(busy, pki, host):
    with Connection(busy.port, pki.leaf_a, sni=host) as connection:
        connection.sock.sendall(f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                f"CF-Connecting-IP: {VISITOR}\r\n\r\n".encode())
        while b"\r\n\r\n" not in connection.buffer:
            connection.fill()
        head, connection.buffer = connection.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101")
        connection.sock.sendall(b"there")
        assert connection.take(5) == b"there"
        connection.sock.sendall(b"and back")
        assert connection.take(8) == b"and back"


@pytest.mark.W12
def test_on_plain_http_only_the_acme_challenge_is_answered(busy):
    path = "/.well-known/acme-challenge/token"
    assert get(busy.ports[1], path, sni="on.a.test", plain=True, source=STRANGER).text == "token\n"
    assert get(busy.ports[1], "/", sni="on.a.test", plain=True, source=STRANGER).status == 403
    assert get(busy.ports[1], "/", sni="on.a.test", plain=True, source="127.201.0.1").status == 200


# Rotation and restarts.

class Stream(threading.Thread):
    """Requests one after the other, each on a new connection, with the current certificate."""

    def __init__(self, server, cert, **options):
        super().__init__(daemon=True)
        self.server, self.cert, self.options = server, cert, options
        self.answers, self.ended, self.error = [], False, None

    def run(self):
        try:
            while not self.ended:
                self.answers.append(get(self.server.port, "/", CLOUDFLARE, cert=self.cert, **self.options).status)
        except Exception as error:  # reported in __exit__
            self.error = error

    def more(self, count=20):
        """Waits for this many more answers."""
        wanted = len(self.answers) + count
        self.server.wait_for(lambda: self.error or len(self.answers) >= wanted, f"{wanted} answers")
        assert not self.error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.join(20)
        assert not self.error and set(self.answers) == {200}


def with_proofs(*proofs):
    return EDGES + f"CFOriginPullZone a.test {' '.join(map(str, proofs))}\n" + vhost("a.test", "CFOriginPull On")


def restart(server, *proofs):
    server.server = with_proofs(*proofs)
    server.graceful()


def refuses(server, cert):
    """Waits: a child from before the restart may still accept a connection."""
    server.wait_for(lambda: get(server.port, cert=cert, sni="a.test").status == 403, "a refusal")


@pytest.mark.W8
@pytest.mark.parametrize("kind", ["ca of the same name", "leaf", "spki-sha256"])
def test_a_rotation_refuses_no_request_at_any_time(httpd, pki, kind):
    """Old, both, new: each after a graceful restart, under traffic; Cloudflare changes its certificate in between."""
    leaves, proofs = [], []
    for i in range(2):
        ca = pki.ca(f"rotating-{i}", subject="/CN=rotating")
        leaf = pki.issue(f"rotated-{i}", ca, subject="/CN=rotated")
        leaves.append(leaf)
        proofs.append({"ca of the same name": ca.crt, "leaf": leaf.crt,
                       "spki-sha256": f"spki-sha256:{leaf.spki_sha256}"}[kind])
    old, new = leaves
    server = httpd(server=with_proofs(proofs[0]))
    assert get(server.port, cert=new, sni="a.test").status == 403
    with Stream(server, old, sni="a.test") as stream:
        stream.more()
        restart(server, *proofs)
        stream.more()
        server.wait_for(lambda: get(server.port, cert=new, sni="a.test").status == 200, "the new one")
        stream.cert = new
        stream.more()
        restart(server, proofs[1])
        stream.more()
    refuses(server, old)
    assert get(server.port, cert=new, sni="a.test").status == 200


@pytest.mark.W8
def test_a_rotation_within_one_file_refuses_no_request(httpd, pki):
    """The file has the old CA, then both of the same name, then the new one."""
    cas = [pki.ca("in-file", subject="/CN=in file") for _ in range(2)]
    old, new = (pki.issue("of-file", ca) for ca in cas)
    path = pki.bundle(cas[0])
    server = httpd(server=with_proofs(path))
    with Stream(server, old, sni="a.test") as stream:
        stream.more()
        path.write_text(cas[1].pem + cas[0].pem)
        server.graceful()
        server.wait_for(lambda: get(server.port, cert=new, sni="a.test").status == 200, "the new one")
        stream.cert = new
        stream.more()
        path.write_text(cas[1].pem)
        server.graceful()
        stream.more()
    refuses(server, old)


def test_an_open_connection_and_a_running_request_survive_a_restart(httpd, pki):
    server = httpd(server=with_proofs(pki.zone_a.crt))
    half = b"x" * 100000
    with Connection(server.port, pki.leaf_a, sni="a.test") as idle, Connection(server.port, pki.leaf_a, sni="a.test") as working:
        assert idle.get().status == 200
        assert working.get().status == 200
        working.sock.sendall(b"POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n")
        while b"100 Continue" not in working.buffer:  # httpd works on the request
            working.fill()
        working.sock.sendall(half)
        server.graceful()
        assert working.raw(half).status == 200
        try:
            assert idle.get().status == 200
        except (EOFError, OSError):  # it was idle: httpd may close it
            pass
    assert get(server.port, cert=pki.leaf_a, sni="a.test").status == 200


def test_sessions_survive_a_restart_or_are_renewed(httpd, pki):
    server = httpd(server=with_proofs(pki.zone_a.crt))
    for tls in ("1.2", "1.3"):
        with Connection(server.port, pki.leaf_a, sni="a.test", tls=tls) as connection:
            assert connection.get().status == 200
            context, session = connection.ctx, connection.session
        server.graceful()
        with Connection(server.port, sni="a.test", ctx=context, session=session) as connection:
            assert connection.get().status == 200
            assert connection.get().status == 200


@pytest.mark.W17
def test_a_virtual_host_added_by_a_restart_is_served_like_the_others(httpd, pki):
    first = EDGES + f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost("a.test", "CFOriginPull On")
    server = httpd(server=first)
    assert get(server.port, cert=pki.leaf_b, sni="shop.b.test").status == 403
    with Stream(server, pki.leaf_a, sni="a.test") as stream:
        stream.more()
        server.server = first + vhost("shop.b.test", f"CFOriginPull On\nCFOriginPullZone b.test {pki.zone_b.crt}")
        server.graceful()
        stream.more()
        server.wait_for(lambda: get(server.port, cert=pki.leaf_b, sni="shop.b.test").status == 200, "the new host")
    assert get(server.port, cert=pki.leaf_a, sni="shop.b.test").status in (403, 421)
    server.wait_event(vhost=f"shop.b.test:{server.port}", reason="verified")


# A real proxy in Cloudflare's place.

@pytest.fixture(scope="module")
def far_origin(httpd, pki, backend, scratch):
    """Its ranges are in a file."""
    ranges = scratch / "far-ranges.txt"
    ranges.write_text("# the edge\r\n127.0.0.1\r\n2001:db8::/32")
    return add_scripts(httpd(modules=CGI_MODULES + ["proxy", "proxy_http"], server=(
        CGI + f"CFOriginPullRanges {ranges}\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullLogID On\n"
        + vhost("shop.a.test", f"CFOriginPull On\nProxyPass /ws http://127.0.0.1:{backend.port}/ upgrade=websocket\n"
                f"ProxyPass /app http://127.0.0.1:{backend.port}/"))))


@pytest.fixture(scope="module")
def edge(httpd, pki, far_origin, scratch):
    """httpd without the module: two zones of Cloudflare, with HTTP/1.1 and HTTP/2 to the origin, and a third
    without a certificate. Its clients set what it sends by X-Visitor and X-Ray."""
    text = ("SSLProxyEngine On\nSSLProxyVerify none\nSSLProxyCheckPeerName Off\nProxyPreserveHost On\n"
            'RequestHeader set CF-Connecting-IP "expr=%{req:X-Visitor}" "expr=-n req(\'X-Visitor\')"\n'
            'RequestHeader set CF-Ray "expr=%{req:X-Ray}" "expr=-n req(\'X-Ray\')"\n'
            'RequestHeader set CF-Visitor "{\\"scheme\\":\\"https\\"}"\n')
    for i, (leaf, scheme) in enumerate([(pki.leaf_a, "https"), (pki.leaf_a, "h2"), (pki.leaf_b, "https")]):
        machine = scratch / f"machine-{i}.pem"
        machine.write_text(leaf.pem + leaf.key.read_text())
        upgrade = " upgrade=websocket" if scheme == "https" else ""
        text += vhost("shop.a.test", f"SSLProxyEngine On\nSSLProxyMachineCertificateFile {machine}\n"
                      f"ProxyPass / {scheme}://127.0.0.1:{far_origin.port}/{upgrade}", tls=False,
                      port=["{port}", "{port2}", "{port3}"][i])
    return httpd(modules=["proxy", "proxy_http", "proxy_http2", "headers"], load_module=False, log_level="warn", server=text)


each_edge = pytest.mark.parametrize("port", [0, 1])


def through(edge, port, path, visitor=VISITOR, ray=RAY, **options):
    headers = {name: value for name, value in [("X-Visitor", visitor), ("X-Ray", ray)] if value is not None}
    return get(edge.ports[port], path, headers, sni="shop.a.test", plain=True, **options)


@each_edge
def test_a_request_through_the_edge_has_its_visitor_and_its_ray(edge, far_origin, port):
    for visitor in (VISITOR, "2001:db8::7"):
        path = f"/cgi/env.cgi?through-{port}-{visitor}"
        seen = variables(through(edge, port, path, visitor))
        assert (seen["REMOTE_ADDR"], seen["CF_RAY"], seen["CF_ORIGIN"]) == (visitor, RAY, "verified")
        assert (seen["CF_ORIGIN_ZONE"], seen["CF_ORIGIN_EDGE"]) == ("a.test", EDGE)
        assert seen["HTTP_CF_VISITOR"] == '{"scheme":"https"}' and seen["HTTPS"] == "on"
        if port == 0:  # httpd may log a stream late while its HTTP/2 connection is open
            assert far_origin.wait_access(path).startswith(f"{visitor} {EDGE} 200 {RAY} ")
            assert far_origin.wait_event(uri=path)["ray"] == RAY


@pytest.mark.W13
@pytest.mark.W21
@each_edge
@pytest.mark.parametrize("visitor, ray, word", [
    (None, RAY, "absent"), (VISITOR, None, "rewritten"), (VISITOR, "odd ray; of tomorrow's form", "rewritten"), (None, None, "absent"),
    ("240.0.0.7", RAY, "pseudo"), ("2a06:98c0:3600::103", RAY, "absent"), ("10.0.0.1", RAY, "invalid"), ("localhost", "x", "invalid"),
])
def test_a_missing_or_invalid_visitor_or_ray_is_admitted(edge, port, visitor, ray, word):
    seen = variables(through(edge, port, "/cgi/env.cgi", visitor, ray))
    assert (seen["CF_ORIGIN"], seen["CF_ORIGIN_CLIENT_IP"]) == ("verified", word)
    assert seen.get("CF_RAY") == (ray if ray == RAY else None)


@each_edge
def test_a_large_body_arrives_through_the_edge(edge, port):
    body = b"0123456789abcdef" * 65536
    response = through(edge, port, "/cgi/count.cgi", method="POST", body=body)
    assert (response.status, int(response.text)) == (200, len(body))


def test_a_back_end_gets_the_visitor_in_both_headers(edge):
    """As Cloudflare sends it, and as mod_proxy adds it."""
    seen = dict(pairs(through(edge, 0, "/app").text))
    assert seen["CF-Connecting-IP"] == VISITOR and seen["X-Forwarded-For"].endswith(VISITOR)


def test_an_upgrade_works_through_the_edge(edge):
    with Connection(edge.port, plain=True) as connection:
        connection.sock.sendall(f"GET /ws HTTP/1.1\r\nHost: shop.a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                f"X-Visitor: {VISITOR}\r\n\r\n".encode())
        while b"\r\n\r\n" not in connection.buffer:
            connection.fill()
        head, connection.buffer = connection.buffer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101")
        connection.sock.sendall(b"there")
        assert connection.take(5) == b"there"


def test_the_edge_of_another_zone_is_refused(edge, far_origin):
    assert through(edge, 2, "/?foreign").status == 403
    assert far_origin.wait_event(uri="/?foreign")["reason"] == "cert-unknown"


def test_many_visitors_share_the_connections_of_the_edge(edge):
    """mod_proxy reuses them, as Cloudflare does."""
    seen = {}

    def visit(i):
        visitor = f"203.0.{i}.77"
        for _ in range(4):
            seen.setdefault(i, []).append(variables(through(edge, i % 2, "/cgi/env.cgi", visitor, f"{i:016x}-AMS")))

    threads = [threading.Thread(target=visit, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for i in range(8):
        assert [(x["REMOTE_ADDR"], x["CF_RAY"]) for x in seen[i]] == [(f"203.0.{i}.77", f"{i:016x}-AMS")] * 4


@pytest.mark.W12
def test_a_server_may_be_its_own_back_end(httpd, pki, backend):
    """EarlyDrop does not close the connections that it opens to itself and to others."""
    shut = "CFOriginPull On\nCFOriginPullEarlyDrop On\n"
    server = add_scripts(httpd(modules=CGI_MODULES + ["proxy", "proxy_http"], server=(
        CGI + f"CFOriginPullRanges 127.64.0.0/16\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("a.test", shut + "ProxyPass /self http://127.0.0.1:{port2}/\nProxyPass /other "
                f"http://127.0.0.1:{backend.port}/")
        + vhost("inner.test", shut + "CFOriginPullExemptFrom 127.0.0.1", port="{port2}", tls=False))))
    edge = {"cert": pki.leaf_a, "sni": "a.test", "source": "127.64.0.1"}
    assert get(server.port, "/other", **edge).status == 200
    assert get(server.port, "/self/index.html", **edge).status == 200
    assert get(server.ports[1], "/", plain=True, sni="inner.test").status == 200
    with pytest.raises((OSError, EOFError)):
        get(server.ports[1], "/", plain=True, sni="inner.test", source=STRANGER)
