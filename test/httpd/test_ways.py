# SPDX-License-Identifier: Apache-2.0
"""What becomes of a request does not depend on the way that it comes: TLS 1.2 or 1.3, HTTP/1.1 or HTTP/2, with a full
handshake or in a session that was resumed. Other files try each item in more variants, but in one way."""
import re
import subprocess

import pytest

from apps import CGI, CGI_MODULES, add_pages, add_scripts, pairs, variables
from client import CLOUDFLARE, RAY, STRANGER, VISITOR, Connection, H2Connection
from server import MODULE, REHEARSED, vhost

EDGE = "127.0.0.9"  # where requests come from here, so that 127.0.0.1 is somebody else
EXEMPT = "127.201.0.1"
WAYS = [(tls, version, resumed) for tls in ("1.2", "1.3") for version in (1, 2) for resumed in (False, True)]


@pytest.fixture(scope="module")
def origin(httpd, pki, backend):
    everywhere = (f"ProxyPass /proxy http://127.0.0.1:{backend.port}/\nErrorDocument 404 /cgi/env.cgi\n"
                  "<Location /local>\nRequire ip 127.0.0.1 ::1\n</Location>\n")
    zones = f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    server = httpd(modules=[*CGI_MODULES, "proxy", "proxy_http", "include", "remoteip"], server=(
        CGI + zones + "AddOutputFilter INCLUDES .shtml\nDirectoryIndex index.shtml index.html\n"
        '<Directory "{docroot}">\nOptions +Includes\n</Directory>\n'
        + vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullExemptPath /health\n{everywhere}", aliases="*.a.test a.test")
        + vhost("shop.b.test", f"CFOriginPull On\n{everywhere}", aliases="b.test")
        + vhost("audit.test", f"{REHEARSED}CFOriginPullZone audit.test {pki.zone_a.crt}\n{everywhere}")
        + vhost("forwarded.test", "CFOriginPull On\nRemoteIPHeader X-Forwarded-For\nCFOriginPullExemptFrom "
                f"{EXEMPT}\nCFOriginPullZone forwarded.test {pki.zone_a.crt}\n")))
    pages = {"health/index.html": "well\n", "local/index.html": "for this host\n", "admin": "for the proved\n",
             "ssi/index.shtml": '<!--#include virtual="/cgi/env.cgi" -->\n'}
    return add_scripts(add_pages(server, pages))


class Way:
    """Connects in one way; each `get()` is a connection of its own."""

    def __init__(self, origin, pki, tls, version, resumed):
        self.origin, self.pki = origin, pki
        self.tls, self.version, self.resumed = tls, version, resumed

    def open(self, sni="shop.a.test", cert=None, source=EDGE):
        kind = H2Connection if self.version == 2 else Connection
        options = {"sni": sni, "source": source}
        first = kind(self.origin.port, cert=getattr(self.pki, cert) if cert else None, tls=self.tls, **options)
        if not self.resumed:
            return first
        with first:
            first.get("/health")  # under TLS 1.3 the ticket comes with the answer
            under = getattr(first, "under", first)
            options.update(ctx=under.ctx, session=under.session)
        second = kind(self.origin.port, **options)
        assert getattr(second, "under", second).resumed
        return second

    def get(self, path, headers=None, host=None, **options):
        with self.open(**options) as connection:
            return connection.get(path, CLOUDFLARE if headers is None else headers, host)


@pytest.fixture(params=WAYS, ids=lambda way: f"tls{way[0]}-h{way[1]}-{'resumed' if way[2] else 'full'}")
def way(request, origin, pki):
    return Way(origin, pki, *request.param)


@pytest.mark.A22
@pytest.mark.W13
def test_a_value_that_is_not_one_address_is_ignored(way):
    with way.open(cert="leaf_a") as connection:
        for value in ("127.1", "localhost", "203.0.113.77, 198.51.100.7", "0xcb.0.0x71.0x4d", "2001:db8::7%lo", "10.1.2.3",
                      "::ffff:203.0.113.77", "224.0.0.1", "1" * 46, ""):
            seen = variables(connection.get("/cgi/env.cgi", {"CF-Connecting-IP": value}))
            assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"], seen["CF_ORIGIN"]) == (EDGE, "invalid", "verified")
        seen = variables(connection.get("/cgi/env.cgi", [("CF-Connecting-IP", VISITOR), ("cf-connecting-ip", VISITOR)]))
        assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_CLIENT_IP"]) == (EDGE, "invalid")


@pytest.mark.A23
def test_a_visitor_is_never_this_host(way):
    with way.open(cert="leaf_a") as connection:
        for value in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"):
            assert connection.get("/local/", {"CF-Connecting-IP": value}).status == 403
    assert way.get("/local/", cert="leaf_a", source="127.0.0.1", headers={}).status == 200


@pytest.mark.A24
@pytest.mark.parametrize("cert", [None, "rogue", "leaf_b"])
def test_an_unproved_request_has_no_visitor_no_ray_and_no_header(way, cert):
    seen = variables(way.get("/cgi/env.cgi", sni="audit.test", cert=cert))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"]) == (EDGE, "unproven") and "CF_RAY" not in seen
    assert not [name for name in seen if name.startswith("HTTP_CF")]
    seen = variables(way.get("/cgi/env.cgi", sni="audit.test", cert="leaf_a"))
    assert (seen["REMOTE_ADDR"], seen["CF_RAY"]) == (VISITOR, RAY)


@pytest.mark.A25
@pytest.mark.parametrize("sni, cert", [("shop.a.test", "leaf_a"), ("audit.test", None)])
def test_look_alikes_reach_no_back_end(way, sni, cert):
    headers = {"CF_Connecting_IP": "192.0.2.1", "CF.Connecting.IP": "192.0.2.1", "CF_Ray": "192.0.2.1", "True_Client_IP": "192.0.2.1",
               "CF-Worker_": "192.0.2.1"}
    response = way.get("/proxy", headers, sni=sni, cert=cert)
    assert response.status == 200 and "192.0.2.1" not in response.text
    assert not [name for name, _ in pairs(response.text) if name.lower().startswith(("cf", "true"))]


@pytest.mark.A27
@pytest.mark.W15
@pytest.mark.parametrize("host, zone", [("SHOP.A.TEST", "a"), ("shop.a.test.:1234", "a"), ("a.test", "a"), ("shop.b.test", "b"),
                                        ("B.test.", "b"), ("nota.test", None), ("a.test.evil.test", None), ("127.0.0.1", None),
                                        ("[::1]:443", None), ("localhost", None)])
def test_the_host_alone_decides_the_zone(way, host, zone):
    for cert in ("leaf_a", "leaf_b"):
        assert way.get("/admin", host=host, cert=cert).status == (200 if cert == f"leaf_{zone}" else 403)


@pytest.mark.A29
def test_an_exempt_path_leads_nowhere_else(way):
    with way.open() as connection:
        assert connection.get("/health/").text == "well\n"
        for path in ("/health/../admin", "/health/%2e%2e/admin", "/health/..%2fadmin", "//health/admin", "/health%2f..%2fadmin",
                     "/HEALTH/", "/health/..;/admin", "/healthy", "/admin/../health/", "/admin"):
            response = connection.get(path)
            assert response.status == 403 and "for the proved" not in response.text


@pytest.mark.A30
@pytest.mark.parametrize("claimed", [EXEMPT, f"::ffff:{EXEMPT}", f"{EXEMPT}, {EXEMPT}"])
def test_no_header_claims_an_exempt_address(way, claimed):
    headers = {"X-Forwarded-For": claimed, "X-Real-IP": claimed, "Forwarded": f"for={claimed}", "CF-Connecting-IP": claimed}
    assert way.get("/admin", headers, sni="forwarded.test", source=STRANGER).status == 403
    assert way.get("/admin", headers, sni="forwarded.test", source=EXEMPT).status == 200


@pytest.mark.A34
def test_no_text_of_a_client_begins_a_value_or_a_line(way):
    path = f'/"+reason=verified+zone="a.test\\x22?{way.tls}-{way.version}-{way.resumed}'
    headers = {"CF-Ray": f'{RAY}"] [x] CFO0003 admitted', "CF-IPCountry": '"]', "CF-Worker": '" ray=x', "User-Agent": '"]\\' * 500}
    for cert, reason in ((None, "cert-missing"), ("leaf_a", "verified")):
        way.get(path, headers, cert=cert)
        event = way.origin.wait_event(uri=path, reason=reason)
        assert (event["host"], event["ray"], event["claimed_ray"]) == ("shop.a.test", "-", "-")


@pytest.mark.W7
@pytest.mark.W13
@pytest.mark.W16
@pytest.mark.W21
def test_every_request_of_a_connection_of_the_edge_is_admitted(way):
    """With the visitor of each, if it has one, and whatever its ray is."""
    visitors = [({"CF-Connecting-IP": VISITOR}, VISITOR), ({}, EDGE), ({"CF-Connecting-IP": "2001:db8::7"}, "2001:db8::7"),
                ({"CF-Connecting-IP": "2a06:98c0:3600::103", "CF-Worker": "a.test"}, EDGE),
                ({"CF-Connecting-IP": "240.0.0.1", "CF-Connecting-IPv6": "2001:db8::8"}, "2001:db8::8"),
                ({"CF-Connecting-IP": VISITOR, "CF-Ray": "odd"}, VISITOR)]
    with way.open(cert="leaf_a") as connection:
        for headers, address in visitors * 2:
            seen = variables(connection.get("/cgi/env.cgi", headers))
            assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"], "CF_RAY" in seen) == (address, "verified", False)


@pytest.mark.W14
def test_parts_and_error_pages_are_admitted_with_their_request(way):
    with way.open(cert="leaf_a") as connection:
        for path, status in (("/ssi/", 200), ("/none", 404)):
            seen = variables(connection.get(path, CLOUDFLARE), status)
            assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN"]) == (VISITOR, "verified")


@pytest.mark.A22
def test_the_module_cannot_ask_the_dns():
    """It does not import what could."""
    symbols = subprocess.run(["nm", "-D", "--undefined-only", MODULE], capture_output=True, text=True, check=True).stdout
    assert "inet_pton" in symbols
    assert not re.search(r"getaddrinfo|gethostby|getnameinfo|sockaddr_info_get|res_\w*query|remote_host", symbols)


@pytest.mark.A36
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_program_on_this_host_is_nobody_unless_a_line_says_so(httpd, pki, address):
    """With the default ranges; not even with the certificate of the zone."""
    server = httpd(ports=1, listen=["127.0.0.1:{port}", "[::1]:{port}"], server=f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
                   + vhost("shop.a.test", "CFOriginPull On", address="*"))
    for tls in ("1.2", "1.3"):
        for cert, reason in (("leaf_a", "edge-unknown"), (None, "cert-missing")):
            with Connection(server.port, getattr(pki, cert) if cert else None, source="127.0.0.1", address=address, tls=tls) as connection:
                assert connection.get(f"/?{reason}-{tls}", CLOUDFLARE).status == 403
            assert server.wait_event(uri=f"/?{reason}-{tls}")["reason"] == reason


@pytest.mark.A31
def test_nothing_crashed(origin):
    assert "exit signal" not in origin.log() and "AH00051" not in origin.log()
