# SPDX-License-Identifier: Apache-2.0
"""What clients without proof can cost the server: a preloaded library between the module and OpenSSL counts signature
checks."""
import contextlib
import os
import subprocess
import time
from pathlib import Path

import pytest

from apps import CGI, CGI_MODULES, add_scripts
from client import Connection, H2Connection, get
from pki import CA
from server import MEMCHECK, MPM, PRELOAD, vhost

COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void count(void)
{
    int file = open(getenv("CFO_COUNT"), O_WRONLY | O_APPEND);

    if (file < 0 || write(file, ".", 1) != 1)
        abort();
    close(file);
}

int X509_verify_cert(void *ctx)
{
    int (*next)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "X509_verify_cert");

    count();
    return next(ctx);
}
"""

ZONES = 40
REQUESTS = 300
IN_VAIN = 32  # failed signature checks that a connection may cost, for each of two purposes
HANDSHAKE = 2  # mod_ssl's: of the client's certificate, and of the server's own, to find its chain
BARE = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n"


def namesake(pki, name):
    return pki.ca(name, subject="/CN=origin pull", extensions=CA + "subjectKeyIdentifier=hash\n")


@pytest.fixture(scope="module")
def anchors(pki):
    return [namesake(pki, f"namesake-{i}") for i in range(ZONES)]


@pytest.fixture(scope="module")
def forged(pki):
    """With the right issuer name, but without an authority key identifier."""
    return pki.issue("forged", namesake(pki, "forger"), extensions=BARE)


@pytest.fixture(scope="module")
def folder(scratch, pki):
    path = scratch / "live-zones"
    path.mkdir()
    path.chmod(0o755)
    put(path, pki.zone_b)
    return path


def put(folder, ca):
    """Writes it into the file of live.test."""
    new = folder / "new"
    new.write_text(ca.pem)
    new.rename(folder / "live.test.pem")


@pytest.fixture(scope="module")
def origin(httpd, scratch, pki, anchors, folder):
    (scratch / "counter.c").write_text(COUNTER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", scratch / "counter.so", scratch / "counter.c", "-ldl"], check=True)
    counted = scratch / "counted"
    counted.touch()
    counted.chmod(0o666)
    zones = "\n".join(f"CFOriginPullZone z{i}.test {ca.crt}" for i, ca in enumerate(anchors))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "LD_PRELOAD", str(scratch / "counter.so"))
        patch.setitem(os.environ, "CFO_COUNT", str(counted))
        server = httpd(server="CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n" + "".join(
            vhost(name, f"CFOriginPull On\n{zone}", aliases=aliases) for name, zone, aliases in (
                ("shop.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n{zones}", "z*.test"),
                ("only.b.test", f"CFOriginPullZone b.test {pki.zone_b.crt}", ""),
                ("live.test", f"CFOriginPullZoneDir {folder}", ""))))
    server.counted = lambda: counted.stat().st_size
    return server


@contextlib.contextmanager
def at_most(origin, checks):
    """At most this many signature checks, next to those of the handshake; per minute that it takes."""
    before, start = origin.counted(), time.monotonic()
    yield
    minutes = 1 + (time.monotonic() - start) // 60
    assert origin.counted() - before <= HANDSHAKE + minutes * checks


def ask(connection, hosts, at_once=1):
    """Sends this many requests to these hosts in turn; returns the statuses."""
    for start in range(0, REQUESTS, at_once):
        for i in range(start, start + at_once):
            connection.request(f"/{i}", authority=hosts[i % len(hosts)])
        connection.finish()
    return {r.status for r in connection.results.values()}


def events_of(origin, cert):
    """Of the refusals of this certificate."""
    digest = cert.sha256
    return [e for e in origin.events("CFO0001") if e["cert"] == digest]


ALL = [f"z{i}.test" for i in range(ZONES)]


@pytest.mark.A52
@pytest.mark.parametrize("at_once", [1, 50])
@pytest.mark.parametrize("hosts, most", [(["shop.a.test"], IN_VAIN), (ALL, 2 * IN_VAIN)], ids=["one host", "many"])
def test_requests_without_proof_do_not_each_cost_a_signature_check(origin, forged, hosts, most, at_once):
    with at_most(origin, most), H2Connection(origin.port, forged) as connection:
        assert ask(connection, hosts, at_once) == {403}
    assert {e["reason"] for e in events_of(origin, forged)} == {"cert-unknown"}


@pytest.mark.A52
def test_requests_with_the_proof_of_another_zone_do_not_either(origin, pki, anchors):
    """A certificate that proves one zone, sent to all the others."""
    neighbour = pki.issue("neighbour", anchors[1], extensions=BARE)
    with at_most(origin, IN_VAIN + 1), H2Connection(origin.port, neighbour) as connection:
        assert ask(connection, ["shop.a.test"]) == {403}
        assert connection.get(authority="z1.test").status == 200
    # Which CAs of the same name are tried is random.
    assert {e["cert_zone"] for e in events_of(origin, neighbour)} <= {"z1.test", "-"}


@pytest.mark.A52
def test_a_key_identifier_leads_to_the_zone_among_any_number(origin, pki, anchors):
    leaf = pki.issue("identified", anchors[-1])
    with at_most(origin, 1), H2Connection(origin.port, leaf) as connection:
        assert ask(connection, ["shop.a.test"]) == {403}
    assert {(e["reason"], e["cert_zone"]) for e in events_of(origin, leaf)} == {("cert-other-zone", ALL[-1])}


def test_the_zone_of_the_certificate_is_logged_though_no_verdict_needs_it(origin, pki):
    """Also if no zone covers the host."""
    assert get(origin.port, "/nobody", cert=pki.leaf_b, sni="only.b.test", host="nobody.invalid").status == 403
    event = origin.wait_event(uri="/nobody")
    assert (event["reason"], event["zone"]) == ("zone-unknown", "-")
    assert event["cert_zone"] == "-"  # shop.a.test, the default virtual host of the address, has no zone b.test
    assert get(origin.port, "/other", cert=pki.leaf_a, sni="shop.a.test", host="nobody.invalid").status == 403
    assert origin.wait_event(uri="/other")["cert_zone"] == "a.test"


def test_each_virtual_host_judges_for_itself(origin, pki):
    """One connection, and hosts whose zones have different proofs."""
    for leaf, admitted in ((pki.leaf_a, "shop.a.test"), (pki.leaf_b, "only.b.test")):
        with Connection(origin.port, leaf, sni=admitted) as connection:
            for _ in range(5):
                assert connection.get(host=admitted).status == 200
                for host in ("shop.a.test", "only.b.test", "z0.test"):
                    assert connection.get(host=host).status == (200 if host == admitted else 403)


def test_an_open_connection_uses_proofs_as_they_are_loaded_and_removed(origin, pki, folder):
    """On one connection, a certificate proves nothing, then its zone, then nothing again."""
    def follow(ca):
        before = len(origin.events("CFO0130"))
        put(folder, ca)
        origin.wait_for(lambda: len(origin.events("CFO0130")) > before, "the reload")

    with H2Connection(origin.port, pki.leaf_a, sni="live.test") as connection:
        assert [connection.get(f"/first-{i}").status for i in range(3)] == [403] * 3
        for _ in range(2):
            follow(pki.zone_a)
            origin.wait_for(lambda: connection.get("/").status == 200, "its admission")
            assert [connection.get("/").status for _ in range(3)] == [200] * 3
            follow(pki.zone_b)
            origin.wait_for(lambda: connection.get("/").status == 403, "its refusal")
            assert [connection.get("/").status for _ in range(3)] == [403] * 3


UNCOMMON = {
    "thousands of names": {"extensions": BARE + "subjectAltName=@names\n[names]\n" + "".join(
        f"DNS.{i} = a-rather-long-name-{i}.a.test\n" for i in range(1500))},  # OpenSSL makes no session of more than 64 KiB
    "thousands of addresses": {"extensions": BARE + "subjectAltName=@names\n[names]\n" + "".join(
        f"IP.{i} = 192.0.{i // 250}.{i % 250}\n" for i in range(3000))},
    "hundreds of names": {"subject": "/CN=a" + "".join(f"/OU={i}" for i in range(200))},
    "p521": {"kind": "p521"}, "ed448": {"kind": "ed448"}, "rsa4096": {"kind": "rsa4096"},
}


@pytest.mark.A52
@pytest.mark.parametrize("kind", UNCOMMON)
def test_an_uncommon_certificate_of_a_stranger_costs_no_more(origin, pki, kind):
    """It claims to be of a CA whose name many zones have."""
    cert = pki.issue("costly", namesake(pki, "costly-ca"), **{"extensions": BARE, **UNCOMMON[kind]})
    for _ in range(5):
        with at_most(origin, IN_VAIN), H2Connection(origin.port, cert) as connection:
            for i in range(20):
                connection.request(f"/{i}")
            assert {answer.status for answer in connection.finish().values()} == {403}
    assert {e["reason"] for e in events_of(origin, cert)} == {"cert-unknown"}
    assert get(origin.port, cert=pki.leaf_a).status == 200


def ticks(server):
    """CPU time of the children."""
    fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.children())
    return sum(int(each[11]) + int(each[12]) for each in fields)


@pytest.mark.A54
def test_many_headers_cost_in_proportion_to_their_number(httpd, pki):
    """Where their variables are removed for a part of a page, and LimitRequestFields sets no limit."""
    server = add_scripts(httpd(modules=[*CGI_MODULES, "include"], server=CGI + "LimitRequestFields 0\nCFOriginPullRanges 127.0.0.0/9\n"
                               f"CFOriginPullScrub On\nCFOriginPullZone a.test {pki.zone_a.crt}\nAddOutputFilter INCLUDES .shtml\n"
                               '<Directory "{docroot}">\nOptions +Includes\n</Directory>\n<Location /cgi>\nCFOriginPull Audit\n</Location>\n'
                               + vhost("shop.a.test", tls=False)))
    (server.docroot / "page.shtml").write_text('<!--#include virtual="/cgi/env.cgi" -->' * 4)

    def cost(count):
        """In clock ticks of all children, of several requests."""
        before = ticks(server)
        for _ in range(5):
            with Connection(server.port, plain=True) as connection:
                answer = connection.get("/page.shtml", [(f"CF-X{i}", "1") for i in range(count)])
            assert answer.text.count("CF_ORIGIN=unproven") == 4 and "HTTP_CF_X" not in answer.text
        return ticks(server) - before
    cost(100)
    assert cost(16000) < 12 * max(cost(4000), 5)  # it was 16 times as much, and more


def test_nothing_crashed(origin):
    assert "exit signal" not in origin.log() and "AH00051" not in origin.log()


def memory(server):
    """Of all children, in KB."""
    return sum(int(line.split()[1]) for child in server.children() for line in Path(f"/proc/{child}/status").read_text().splitlines()
               if line.startswith("RssAnon"))


@pytest.mark.A55
@pytest.mark.skipif(bool(PRELOAD or MEMCHECK) or MPM == "prefork", reason="a sanitizer has a heap of its own; a child of prefork has one request")
def test_a_request_that_lasts_keeps_nothing_of_what_changes_meanwhile(httpd, pki, scratch):
    """Each change makes a new index of all zones, megabytes here; a request must not keep the one that it was judged by."""
    pins = "".join(f"CFOriginPullZone z{i}.test sha256:{i:064x}\n" for i in range(40_000))
    proof = scratch / "changing.pem"
    proof.write_text(pki.zone_b.pem)
    server = httpd(log_level="warn cf_origin:notice", server=(
        f"CFOriginPullReload 1\nCFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {proof}\n"
        + pins + vhost("shop.a.test", "CFOriginPull On")))
    with (server.docroot / "long").open("wb") as file:
        file.truncate(50_000_000)
    kept, used = [], 0
    for change in range(6):
        if change == 2:  # from now on, one request for each index is not over
            used = memory(server)
        before = len(server.events("CFO0130"))
        proof.write_text(pki.zone_b.pem + "\n" * (change + 1))
        server.wait_for(lambda: len(server.events("CFO0130")) > before, "the reload")
        if change >= 2:
            kept.append(Connection(server.port, pki.leaf_a))
            kept[-1].sock.sendall(b"GET /long HTTP/1.1\r\nHost: shop.a.test\r\n\r\n")
            assert b" 200 " in kept[-1].sock.recv(100)
    grown = memory(server) - used
    for connection in kept:
        connection.close()
    assert grown < 10_000
