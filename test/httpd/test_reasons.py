# SPDX-License-Identifier: Apache-2.0
"""Each verdict and each reason, caused by a request over HTTP/1.1 and HTTP/2."""
import pytest

from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, get
from server import vhost


@pytest.fixture(scope="module")
def origin(httpd, pki):
    zones = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone b.test {pki.zone_b.crt}\n"
    return httpd(server="CFOriginPullRanges builtin 127.0.0.0/9\n"
                 + vhost("shop.a.test", "CFOriginPull On\n" + zones, aliases="*.a.test a.test b.test *.other.test")
                 + vhost("plain.a.test", "CFOriginPull On\n" + zones, port="{port2}", tls=False)
                 + vhost("audit.a.test", "CFOriginPull Audit\n" + zones, port="{port3}"))


def over_both(origin, cert, sni="shop.a.test", host=None, source=EDGE, headers=None):
    """The answers to one request by HTTP/1.1 and one by HTTP/2."""
    one = get(origin.port, headers=headers or CLOUDFLARE, cert=cert, sni=sni, host=host, source=source)
    with H2Connection(origin.port, cert, sni, source=source) as connection:
        return one, connection.get(headers=headers or CLOUDFLARE, authority=host)


def test_a_request_that_proves_its_zone_is_admitted(origin, pki):
    for response in over_both(origin, pki.leaf_a):
        assert response.status == 200 and response.text == "the page\n"
    event = origin.wait_event(code="CFO0003", reason="verified")
    assert event["zone"] == event["cert_zone"] == "a.test"
    assert event["cert"] == pki.leaf_a.sha256
    assert event["ray"] == RAY and event["claimed_ray"] == "-"
    assert event["client_ip"] == "rewritten" and event["edge"] == EDGE
    line = origin.wait_access("reason=verified")
    assert line.startswith(f"{VISITOR} {EDGE} 200")
    assert line.endswith(f"origin=verified reason=verified zone=a.test cert={pki.leaf_a.sha256} edge={EDGE} "
                         f"client_ip=rewritten ray={RAY} colo=SJC")


@pytest.mark.A1
@pytest.mark.A3
@pytest.mark.A5
@pytest.mark.A8
@pytest.mark.A9
@pytest.mark.parametrize("leaf, host, source, reason", [
    (None, "shop.a.test", EDGE, "cert-missing"),
    ("leaf_b", "shop.a.test", EDGE, "cert-other-zone"),
    ("leaf_a", "b.test", EDGE, "cert-other-zone"),
    ("leaf_a", "x.other.test", EDGE, "zone-unknown"),
    ("rogue", "shop.a.test", EDGE, "cert-unknown"),
    ("self_signed", "shop.a.test", EDGE, "cert-unknown"),
    ("evil_twin", "shop.a.test", EDGE, "cert-unknown"),
    ("deep_a", "shop.a.test", EDGE, "cert-unknown"),
    ("sub_ca_a", "shop.a.test", EDGE, "cert-unsuitable"),
    ("zone_a", "shop.a.test", EDGE, "cert-unsuitable"),
    ("leaf_a", "shop.a.test", STRANGER, "edge-unknown"),
    (None, "shop.a.test", STRANGER, "cert-missing"),
])
def test_a_request_without_proof_is_refused(origin, pki, leaf, host, source, reason):
    cert = getattr(pki, leaf) if leaf else None
    before = len(origin.events("CFO0001"))
    for response in over_both(origin, cert, host, host, source):
        assert response.status == 403 and "Forbidden" in response.text
    events = origin.wait_for(lambda: origin.events("CFO0001")[before:][1:], "two refusals")
    for event in origin.events("CFO0001")[before:]:
        assert event["reason"] == reason
        assert event["ray"] == "-" and event["claimed_ray"] == RAY
        assert event["cert"] == (cert.sha256 if cert else "-")
    assert events
    line = origin.wait_access(f"reason={reason}")
    assert line.startswith(f"{source} {source} 403") and "client_ip=- ray=- colo=-" in line


def test_the_line_names_the_zone_that_the_certificate_proves(origin, pki):
    get(origin.port, "/other", cert=pki.leaf_b)
    event = origin.wait_event(uri="/other")
    assert (event["zone"], event["cert_zone"], event["cert_subject"]) == ("a.test", "b.test", "CN=leaf-b")


@pytest.mark.W4
def test_the_line_names_the_missing_issuer(origin, pki):
    get(origin.port, "/deep", cert=pki.deep_a)
    assert origin.wait_event(uri="/deep")["cert_issuer"] == "CN=intermediate-a"


@pytest.mark.W9
def test_the_hint_names_an_outdated_range_list(origin, pki):
    get(origin.port, "/stale", cert=pki.leaf_a, source=STRANGER)
    event = origin.wait_event(uri="/stale")
    assert (event["reason"], event["edge_known"], event["cert_zone"]) == ("edge-unknown", "no", "a.test")
    assert "the range list is out of date" in event["hint"]


@pytest.mark.A2
def test_plain_http_is_not_tls(origin):
    assert get(origin.ports[1], "/p", CLOUDFLARE, sni="plain.a.test", plain=True).status == 403
    assert origin.wait_event(uri="/p")["reason"] == "not-tls"


def test_http_1_0_without_a_host_is_host_missing(origin, pki):
    """Over TLS without SNI, because with SNI mod_ssl itself answers 400."""
    with Connection(origin.port, pki.leaf_a, sni=None) as connection:
        assert connection.raw(b"GET /nohost HTTP/1.0\r\n\r\n").status == 403
    assert origin.wait_event(uri="/nohost")["reason"] == "host-missing"


@pytest.mark.A9
@pytest.mark.parametrize("leaf", ["expired_a", "server_only_a", "future_a"])
def test_a_handshake_that_mod_ssl_refuses_never_becomes_a_request(origin, pki, leaf):
    with pytest.raises((ConnectionError, EOFError, OSError)):
        get(origin.port, "/never", cert=getattr(pki, leaf))
    assert not any(event["uri"] == "/never" for event in origin.events())


def test_audit_serves_and_logs_what_it_would_refuse(origin, pki):
    response = get(origin.ports[2], "/?audit", CLOUDFLARE, cert=pki.leaf_b, sni="audit.a.test")
    assert response.status == 200
    event = origin.wait_event(uri="/?audit")
    assert (event["code"], event["reason"]) == ("CFO0002", "cert-other-zone")
    line = origin.wait_access("GET /?audit")
    assert line.startswith(EDGE) and "reason=cert-other-zone" in line


def test_one_request_has_one_line(origin, pki):
    before = len(origin.events())
    with Connection(origin.port, pki.leaf_a) as connection:
        for _ in range(5):
            assert connection.get("/").status == 200  # with an internal look-up of index.html
    with Connection(origin.port) as connection:
        for _ in range(5):
            assert connection.get("/").status == 403
    origin.wait_for(lambda: len(origin.events()) >= before + 10, "ten lines")
    assert get(origin.port, "/end").status == 403
    origin.wait_event(uri="/end")
    assert len(origin.events()) == before + 11


def test_a_refused_request_keeps_its_connection(origin, pki):
    with Connection(origin.port) as connection:
        assert connection.get(method="POST", body=b"x" * 100000).status == 403
        assert connection.get(method="HEAD").status == 403
        assert connection.get().status == 403
    with H2Connection(origin.port) as connection:
        for _ in range(3):
            assert connection.get().status == 403


def test_each_line_names_the_virtual_host_that_answered(httpd, pki):
    """Also if virtual hosts have no directive of the module, and so share the configuration of the main
    server."""
    server = httpd(server=f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                   + "".join(vhost("shop.a.test", port=port) for port in ("{port}", "{port2}", "{port3}")))
    for port in server.ports:
        get(port, f"/at-{port}", sni="shop.a.test")
        assert server.wait_event(uri=f"/at-{port}")["vhost"] == f"shop.a.test:{port}"
