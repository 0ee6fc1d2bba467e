# SPDX-License-Identifier: Apache-2.0
"""Which zone a request has to prove: its host decides that, and its virtual host decides the policy; the name in the
handshake (SNI) decides nothing."""
import pytest

from client import Connection, H2Connection, get
from server import SNI_POLICY, needs_sni_policy, vhost


# Without the directive, httpd is as with "secure".
POLICIES = ["secure", pytest.param("insecure", marks=needs_sni_policy)]


@pytest.fixture(scope="module", params=POLICIES)
def origin(request, httpd, pki):
    """The same SSL settings everywhere, so that mod_ssl lets a connection change between virtual hosts."""
    a, b = f"CFOriginPullZone a.test {pki.zone_a.crt}\n", f"CFOriginPullZone b.test {pki.zone_b.crt}\n"
    policy = f"SSLVHostSNIPolicy {request.param}\n" if SNI_POLICY else ""
    server = httpd(ports=4, server=policy + "CFOriginPullRanges 127.0.0.0/9\n"
                   # the default virtual host is zone A's
                   + vhost("shop.a.test", "CFOriginPull On\n" + a + b, aliases="a.test *.a.test")
                   + vhost("shop.b.test", "CFOriginPull On\n" + a + b, aliases="b.test *.b.test")
                   + vhost("open.other.test", "")
                   # with other SSL settings
                   + vhost("require.b.test", "CFOriginPull On\n" + b, verify="require", ca=pki.zone_b.crt)
                   + vhost("any.other.test", f"CFOriginPull On\nCFOriginPullZone * {pki.zone_b.crt}\n" + a, port="{port2}",
                           aliases="*"))
    server.foreign = {"secure": (403, 421), "insecure": (403,)}[request.param]  # whether mod_ssl refuses it first
    return server


HOSTS = [  # host as sent, leaf that opens it
    ("shop.a.test", "a"), ("SHOP.A.TEST", "a"), ("shop.a.test.", "a"), ("Shop.A.Test.", "a"), ("shop.a.test:1234", "a"),
    ("shop.a.test.:443", "a"), (" shop.a.test\t", "a"), ("a.test", "a"), ("deep.below.a.test", "a"), ("x_y.a.test", "a"),
    ("shop.b.test", "b"), ("SHOP.B.TEST.:80", "b"), ("b.test", "b"), ("B.test", "b"), ("xn--bcher-kva.b.test", "b"),
    # hosts that no zone covers are served from the default virtual host, but do not belong to its zone A
    ("nota.test", None), ("a.test.evil.test", None), ("a.tes", None), ("test", None), ("atest", None), ("evil-a.test", None),
    ("127.0.0.1", None), ("[::1]:443", None), ("localhost", None),
]


def statuses(origin, pki, host, sni="shop.a.test", port=None, path="/"):
    """The statuses that the leaves of both zones get there over HTTP/1.1."""
    return {name: get(port or origin.port, path, cert=cert, sni=sni, host=host).status
            for name, cert in (("a", pki.leaf_a), ("b", pki.leaf_b), (None, None))}


@pytest.mark.A3
@pytest.mark.A27
@pytest.mark.W15
@pytest.mark.parametrize("sni", ["shop.a.test", "shop.b.test", "unknown.test", None])
@pytest.mark.parametrize("host, leaf", HOSTS)
def test_the_host_header_decides_the_zone(origin, pki, host, leaf, sni):
    assert statuses(origin, pki, host, sni) == {name: 200 if name and name == leaf else 403 for name in ("a", "b", None)}


@pytest.mark.A3
@pytest.mark.A27
@pytest.mark.W15
@pytest.mark.parametrize("host, leaf", [h for h in HOSTS if h[0].strip() == h[0]])
def test_the_authority_of_a_stream_decides_the_zone(origin, pki, host, leaf):
    """A connection may change from one host to another."""
    for name, cert in (("a", pki.leaf_a), ("b", pki.leaf_b)):
        with H2Connection(origin.port, cert) as connection:
            streams = [connection.request("/", authority=x) for x in ("shop.a.test", host, "shop.b.test", host)]
            answers = connection.finish()
            assert [answers[s].status for s in streams] == [
                200 if name == zone else 403 for zone in ("a", leaf, "b", leaf)]


@pytest.mark.A3
@pytest.mark.parametrize("sni", ["shop.a.test", "shop.b.test", "unknown.test", None])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("version", [1, 2])
def test_the_host_decides_in_full_handshakes_and_resumed_sessions(origin, pki, version, tls, sni):
    client = H2Connection if version == 2 else Connection

    def statuses_on(connection):
        return [connection.get("/", None, host).status for host in ("shop.a.test", "shop.b.test", "b.test", "a.test", "elsewhere.test")]
    for cert, expected in ((pki.leaf_a, [200, 403, 403, 200, 403]), (pki.leaf_b, [403, 200, 200, 403, 403])):
        with client(origin.port, cert, sni=sni, tls=tls) as first:
            assert statuses_on(first) == expected
            kept = first.under if version == 2 else first
            with client(origin.port, ctx=kept.ctx, session=kept.session, sni=sni) as second:
                assert (second.under if version == 2 else second).resumed
                assert statuses_on(second) == expected
            with client(origin.port, ctx=kept.ctx, session=kept.session, sni="shop.b.test") as second:  # of another name
                assert statuses_on(second) == expected


@pytest.mark.A3
@pytest.mark.A27
@pytest.mark.parametrize("sni", ["shop.a.test", "shop.b.test", None])
def test_an_absolute_uri_overrides_the_host_header(origin, pki, sni):
    for uri, host, leaf in (("https://shop.b.test:99/", "shop.a.test", "b"), ("https://SHOP.A.TEST./", "shop.b.test", "a"),
                            ("http://shop.b.test/", "shop.a.test", "a")):  # another scheme: httpd ignores the authority
        assert statuses(origin, pki, host, sni, path=uri)[leaf] == 200
        other = {"a": "b", "b": "a"}[leaf]
        assert statuses(origin, pki, host, sni, path=uri)[other] == 403


@pytest.mark.A27
def test_other_headers_do_not_change_the_host(origin, pki):
    names = {"X-Forwarded-Host": "shop.b.test", "Forwarded": "host=shop.b.test", "X-Original-Host": "shop.b.test"}
    assert get(origin.port, headers=names, cert=pki.leaf_b).status == 403
    assert get(origin.port, headers=names, cert=pki.leaf_a).status == 200


@pytest.mark.A3
def test_an_open_virtual_host_does_not_open_another(origin, pki):
    with Connection(origin.port, sni="open.other.test") as connection:
        assert connection.get().status == 200
        assert connection.get(host="shop.a.test").status == 403
        assert connection.get().status == 200
        assert connection.get(host="shop.b.test").status == 403
    with H2Connection(origin.port, sni="open.other.test") as connection:
        streams = [connection.request(authority=x) for x in ("open.other.test", "shop.a.test", "shop.b.test", "b.test")]
        answers = connection.finish()
        assert [answers[s].status for s in streams] == [200, 403, 403, 403]


@pytest.mark.A3
@pytest.mark.parametrize("sni", ["shop.a.test", "open.other.test", "unknown.test", None])
def test_a_virtual_host_with_its_own_ca_is_not_reached_by_the_handshake_of_another(origin, pki, sni):
    """With SSLVHostSNIPolicy secure, mod_ssl answers 421; otherwise the module answers 403."""
    for cert in (None, pki.leaf_a, pki.self_signed):
        assert get(origin.port, cert=cert, sni=sni, host="require.b.test").status in origin.foreign
    with H2Connection(origin.port, pki.leaf_a, sni=sni) as connection:
        assert connection.get(authority="require.b.test").status in origin.foreign
    assert get(origin.port, cert=pki.leaf_b, sni="require.b.test").status == 200


@pytest.mark.A3
@pytest.mark.A27
def test_the_zone_star_covers_hosts_that_no_other_zone_covers(origin, pki):
    port = origin.ports[1]
    assert statuses(origin, pki, "whatever.example", port=port) == {"a": 403, "b": 200, None: 403}
    assert statuses(origin, pki, "127.0.0.1", port=port) == {"a": 403, "b": 200, None: 403}
    assert statuses(origin, pki, "shop.a.test", port=port) == {"a": 200, "b": 403, None: 403}
    with Connection(port, pki.leaf_b, sni=None) as connection:
        assert connection.raw(b"GET / HTTP/1.0\r\n\r\n").status == 403  # a request without a host


@pytest.fixture(scope="module")
def inheriting(httpd, pki):
    """A main server with a policy and zones, and virtual hosts that override them."""
    a, b, shared = pki.zone_a.crt, pki.zone_b.crt, pki.shared_leaf.crt
    folder = pki.dir / "inherited-zones"
    folder.mkdir(exist_ok=True)
    (folder / "folder.test.pem").write_text(pki.shared_ca.pem)
    (folder / "b.test.pem").write_text(pki.shared_ca.pem)  # CFOriginPullZone wins
    main = f"""
        CFOriginPullRanges 127.0.0.0/9
        CFOriginPull On
        CFOriginPullZone a.test {a}
        CFOriginPullZone b.test {b}
        CFOriginPullZoneDir {folder}
        CFOriginPullExemptPath /health
        CFOriginPullExemptFrom 127.9.9.9
        CFOriginPullTunnel 127.8.8.8
        CFOriginPullRefuse 404
        CFOriginPullRequire cert ip
    """
    hosts = {
        "inherit.a.test": "",
        "off.a.test": "CFOriginPull Off",
        "audit.a.test": "CFOriginPull Audit",
        "nozones.a.test": f"CFOriginPullZone none\nCFOriginPullZone b.test {b}",
        "nofolder.folder.test": "CFOriginPullZoneDir none",
        "folder.test": "",
        "b.test": "",
        "replaced.a.test": f"CFOriginPullZone a.test {shared}",
        "added.a.test": f"CFOriginPullZone added.a.test {shared}",
        "sub.added.a.test": f"CFOriginPullZone added.a.test {shared}\nCFOriginPullZone added.a.test {pki.shared_leaf_2.crt}",
        "strict.a.test": "CFOriginPullExemptPath none\nCFOriginPullExemptFrom none\nCFOriginPullTunnel none\nCFOriginPullRefuse 403",
        "iponly.a.test": "CFOriginPullRequire ip",
        "certonly.a.test": "CFOriginPullRequire cert",
    }
    return httpd(server=main + "".join(vhost(name, text) for name, text in hosts.items()))


def opened_by(server, pki, host, source="127.0.0.1", path="/"):
    """The leaves that get the page."""
    leaves = {"a": pki.leaf_a, "b": pki.leaf_b, "shared": pki.shared_leaf, "shared 2": pki.shared_leaf_2, "none": None}
    return {name for name, cert in leaves.items()
            if get(server.port, path, cert=cert, sni=host, source=source).status == 200}


EVERYBODY = {"a", "b", "shared", "shared 2", "none"}


@pytest.mark.A28
@pytest.mark.parametrize("host, leaves", [
    ("inherit.a.test", {"a"}),
    ("off.a.test", EVERYBODY),
    ("audit.a.test", EVERYBODY),
    ("nozones.a.test", set()),
    ("nofolder.folder.test", set()),
    ("folder.test", {"shared", "shared 2"}),
    ("b.test", {"b"}),
    ("replaced.a.test", {"shared"}),
    ("added.a.test", {"shared"}),
    ("sub.added.a.test", {"shared", "shared 2"}),
    ("strict.a.test", {"a"}),
    ("iponly.a.test", EVERYBODY),
    ("certonly.a.test", {"a"}),
])
def test_a_virtual_host_overrides_or_inherits_each_setting(inheriting, pki, host, leaves):
    assert opened_by(inheriting, pki, host) == leaves


@pytest.mark.A28
def test_a_virtual_host_with_zones_also_inherits_those_of_the_main_server(inheriting, pki):
    assert get(inheriting.port, sni="replaced.a.test", host="b.test", cert=pki.leaf_b).status == 200
    with H2Connection(inheriting.port, pki.leaf_b, sni="replaced.a.test") as connection:
        assert connection.get(authority="b.test").status == 200
        assert connection.get(authority="inherit.a.test").status == 404


@pytest.mark.A28
def test_an_explicit_none_or_default_overrides_what_is_inherited(inheriting, pki):
    def answer(host, path="/", source="127.0.0.1", cert=None):
        return get(inheriting.port, path, sni=host, source=source, cert=cert).status
    (inheriting.docroot / "health").write_text("well\n")
    assert [answer("inherit.a.test", "/health"), answer("strict.a.test", "/health")] == [200, 403]
    for source in ("127.9.9.9", "127.8.8.8"):
        assert [answer("inherit.a.test", source=source), answer("strict.a.test", source=source)] == [200, 403]
    assert answer("inherit.a.test") == 404 and answer("strict.a.test") == 403
    stranger = "127.200.0.1"
    assert [answer(h, source=stranger, cert=pki.leaf_a) for h in ("inherit.a.test", "certonly.a.test", "iponly.a.test")] == [
        404, 200, 404]


@pytest.mark.A3
@pytest.mark.W20
def test_a_name_below_a_zone_may_be_a_separate_zone(httpd, pki):
    """In one virtual host: a certificate for the zone, and one for a single host name."""
    server = httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("a.test", "CFOriginPull On\n"
                   f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullZone App.A.test. {pki.zone_b.crt}", aliases="*.a.test"))
    for host, leaves in (("a.test", {"a"}), ("www.a.test", {"a"}), ("app.a.test", {"b"}), ("x.app.a.test", {"b"}),
                         ("xapp.a.test", {"a"}), ("app.a.test.evil.test", set())):
        assert opened_by(server, pki, host) == leaves


def test_nothing_crashed(origin, inheriting):
    for server in (origin, inheriting):
        assert "exit signal" not in server.log() and "AH00051" not in server.log()
