# SPDX-License-Identifier: Apache-2.0
"""How the certificate of a client is read: as DER while the handshake is watched; as mod_ssl's text, SSL_CLIENT_CERT,
where it is not, because another module has set a message callback. Both ways must come to the same."""
import itertools
import ssl

import pytest

from client import Connection, H2Connection
from server import build_module, vhost

TLS = ["1.2", "1.3"]
SPY = ('ap_hook_ssl_var_lookup(spy, NULL, NULL, APR_HOOK_REALLY_FIRST);', "http_ssl.h", """
#include "http_log.h"
static const char *spy(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r, const char *name)
{
    if (c && !r && !strcmp(name, "SSL_CLIENT_CERT"))
        ap_log_cerror(APLOG_MARK, APLOG_WARNING, 0, c, "the text was read");
    return NULL;
}""")
LISTENER = ('APR_OPTIONAL_HOOK(ssl, pre_handshake, begin, NULL, NULL, APR_HOOK_LAST);', "mod_ssl_openssl.h", """
#include "apr_optional_hooks.h"
static void see(int sent, int version, int type, const void *data, size_t size, SSL *ssl, void *arg)
{
}
static int begin(conn_rec *c, SSL *ssl, int is_proxy)
{
    SSL_set_msg_callback(ssl, see);
    return DECLINED;
}""")
# The certificate; its verdict for the zone a.test.
CASES = [(None, "cert-missing"), ("leaf_a", "verified"), ("leaf_b", "cert-other-zone"), ("self_signed", "cert-unknown"),
         ("evil_twin", "cert-unknown"), ("uncommon", "verified"), ("large", "verified")]
WAYS = ["der", "text"]
paths = map("/?n{}".format, itertools.count())


@pytest.fixture(scope="module")
def party(pki):
    """Certificates by name, StandardPki's and more."""
    names = ",".join(f"DNS:host-{n}.a.test" for n in range(100))
    extensions = "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n"
    more = {None: None, "uncommon": pki.issue("uncommon", pki.zone_a, kind="rsa4096", md="sha512"),
            "large": pki.issue("large", pki.zone_a, extensions=f"{extensions}subjectAltName={names}\n")}
    return lambda name: more[name] if name in more else getattr(pki, name)


@pytest.fixture(scope="module")
def origins(httpd, pki, scratch):
    spy, listener = build_module(scratch, "spy", *SPY), build_module(scratch, "listener", *LISTENER)
    zones = f"CFOriginPull Audit\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    sites = "CFOriginPullRanges 127.0.0.0/8\n" + vhost("shop.a.test", zones, aliases="*.b.test") + vhost(
        "shop.a.test", zones + "SSLSessionTickets off\n", port="{port2}") + vhost(
        "strict.a.test", zones, port="{port3}", verify="require", ca=pki.zone_a.crt)
    return {"der": httpd(server=spy + sites), "text": httpd(server=spy + listener + sites)}


def texts(origin):
    return origin.log().count("the text was read")


def judged(origin, connection, **options):
    path = next(paths)
    assert connection.get(path, **options).status == 200
    return origin.wait_event(uri=path)


@pytest.mark.W23
@pytest.mark.parametrize("name, reason", CASES)
@pytest.mark.parametrize("tls", TLS)
@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_is_the_same_in_whichever_way_it_is_read(origins, party, way, tls, name, reason):
    """In a full handshake, and in sessions that are resumed."""
    origin, cert = origins[way], party(name)
    for port in origin.ports[:2]:
        before = texts(origin)
        with Connection(port, cert, sni="shop.a.test", tls=tls) as first:
            event = judged(origin, first)
            assert (event["reason"], event["cert"]) == (reason, cert.sha256 if cert else "-")
            with Connection(port, ctx=first.ctx, session=first.session, sni="shop.a.test") as second:
                again = judged(origin, second)
                assert second.resumed
        assert (again["reason"], again["cert"]) == (event["reason"], event["cert"])
        assert texts(origin) - before == (0 if way == "der" else 2)


@pytest.mark.W16
@pytest.mark.parametrize("way", WAYS)
def test_the_streams_of_a_connection_have_its_certificate(origins, pki, way):
    before = texts(origins[way])
    with H2Connection(origins[way].port, pki.leaf_b, sni="shop.a.test") as connection:
        for host, reason in (("shop.a.test", "cert-other-zone"), ("x.b.test", "verified")) * 3:
            event = judged(origins[way], connection, authority=host)
            assert (event["reason"], event["cert"]) == (reason, pki.leaf_b.sha256)
    assert texts(origins[way]) - before == (0 if way == "der" else 1)


@pytest.mark.parametrize("tls", TLS)
def test_without_the_callback_a_refused_handshake_is_not_seen_either(origins, pki, tls):
    """So the listener has really replaced it."""
    for way in WAYS:
        before = len(origins[way].events("CFO0005"))
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
            with Connection(origins[way].ports[2], pki.leaf_b, sni="strict.a.test", tls=tls) as connection:
                connection.get()
        with Connection(origins[way].ports[2], pki.leaf_a, sni="strict.a.test", tls=tls) as connection:
            assert judged(origins[way], connection)["reason"] == "verified"
        assert len(origins[way].events("CFO0005")) - before == (1 if way == "der" else 0)


def test_the_certificates_of_a_connection_to_a_back_end_are_others(httpd, pki, scratch):
    """The front end presents leaf_b to the back end, which is a virtual host of the same httpd with a certificate of
    its own, and keeps that connection open."""
    machine = scratch / "machine.pem"
    machine.write_text(pki.leaf_b.pem + pki.leaf_b.key.read_text())
    zones = f"CFOriginPull Audit\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    server = httpd(modules=["proxy", "proxy_http"], server="CFOriginPullRanges 127.0.0.0/8\n" + vhost(
        "front.a.test", zones + f"SSLProxyEngine On\nSSLProxyVerify none\nSSLProxyCheckPeerName Off\n"
        f"SSLProxyMachineCertificateFile {machine}\nProxyPass / https://127.0.0.1:{{port2}}/\n")
        + vhost("back.b.test", zones, port="{port2}"))
    for cert, reason in ((pki.leaf_a, "verified"), (None, "cert-missing"), (pki.self_signed, "cert-unknown")):
        with Connection(server.port, cert, sni="front.a.test") as connection:
            for path in (next(paths), next(paths)):
                assert connection.get(path).status == 200
                front = server.wait_event(uri=path, host="front.a.test")
                assert (front["reason"], front["cert"]) == (reason, cert.sha256 if cert else "-")
                back = server.wait_event(uri=path, host="127.0.0.1")
                assert back["cert"] == pki.leaf_b.sha256
