# SPDX-License-Identifier: Apache-2.0
"""Several owners on one server: a proof of one owner's zone must not open the site of another, whatever host name
the client sends."""
import pytest

from client import CLOUDFLARE, H2Connection, get
from server import vhost


@pytest.fixture(scope="module")
def tenants(httpd, pki, scratch):
    """The zones are set in the main server, as a control panel would do."""
    folder = scratch / "tenants"
    folder.mkdir()
    (folder / "a.test.pem").write_text(pki.zone_a.pem)
    (folder / "b.test.pem").write_text(pki.zone_b.pem)
    star = f"CFOriginPullZone * {pki.zone_b.crt}\n"
    return httpd(ports=6, server=f"CFOriginPull On\nCFOriginPullRanges 127.0.0.0/9\nCFOriginPullZoneDir {folder}\n"
                 + vhost("shop.a.test") + vhost("shop.b.test", aliases="*.wild.b.test")
                 + vhost("shop.b.test", port="{port2}")
                 + vhost("SHOP.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}", port="{port3}")
                 + vhost("saas.b.test", star, port="{port4}")
                 + vhost("all.test", aliases="*", port="{port5}")
                 + vhost("shop.a.test", f"CFOriginPullZoneDir {folder}\n", port="{port6}"))


@pytest.mark.A3
@pytest.mark.A28
@pytest.mark.parametrize("port, host, cert, expected", [
    (0, "shop.a.test", "leaf_a", "verified"), (0, "shop.b.test", "leaf_b", "verified"),
    (0, "x.wild.b.test", "leaf_b", "verified"),
    (0, "other.a.test", "leaf_a", "verified"),    # no virtual host names it, but its zone is that of the site
    (0, "evil.b.test", "leaf_b", "zone-unknown"),  # of zone b, sent to the site of a
    (0, "b.test", "leaf_b", "zone-unknown"),
    (1, "shop.a.test", "leaf_a", "zone-unknown"),  # another port, with only b
    (2, "evil.a.test", "leaf_a", "verified"), (2, "evil.b.test", "leaf_b", "zone-unknown"),
    (3, "customer.test", "leaf_b", "verified"),    # the virtual host's own zones count for every host there
    (4, "evil.b.test", "leaf_b", "verified"), (4, "shop.a.test", "leaf_a", "verified"),  # its ServerAlias covers all names
    (5, "shop.b.test", "leaf_b", "verified"),
])
def test_an_inherited_zone_opens_only_virtual_hosts_that_name_the_host(tenants, pki, port, host, cert, expected):
    for path in (f"/tenant/{port}/{host}", f"/tenant-h2/{port}/{host}"):
        if "h2" in path:
            with H2Connection(tenants.ports[port], cert=getattr(pki, cert), sni=host) as connection:
                response = connection.get(path, CLOUDFLARE)
        else:
            response = get(tenants.ports[port], path, CLOUDFLARE, sni=host, cert=getattr(pki, cert))
        event = tenants.wait_event(uri=path)
        assert event["reason"] == expected
        assert response.status == (404 if expected == "verified" else 403)


def test_the_hint_shows_why_the_zone_does_not_count(tenants, pki):
    get(tenants.port, "/why", sni="evil.b.test", cert=pki.leaf_b)
    event = tenants.wait_event(uri="/why")
    assert (event["vhost"].split(":")[0], event["host"], event["cert_zone"]) == ("shop.a.test", "evil.b.test", "b.test")
    assert "ServerAlias" in event["hint"]
