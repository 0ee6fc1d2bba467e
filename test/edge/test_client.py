# SPDX-License-Identifier: Apache-2.0
"""The stand-in of the API, asked by Cloudflare's official client library: what the one says, the other understands."""
import shutil
import subprocess

import pytest

from speaker import Failed, Speaker
from standin import CUT, failure, page

ZONE, HOSTS, NAMES = "originTLSClientAuth.zoneCertificates", "originTLSClientAuth.hostnameCertificates", "originTLSClientAuth.hostnames"


def too_old():
    node = shutil.which("node") or shutil.which("nodejs")
    return node and int(subprocess.run([node, "--version"], capture_output=True, text=True).stdout[1:].split(".")[0]) < 18


@pytest.fixture
def api(standin):
    return standin(deploy=60, delete=60, per_page=2)


@pytest.fixture
def zone(api):
    return api.account.zone("example.com")


@pytest.fixture
def say(api, zone):
    if too_old():
        pytest.skip("the library needs Node.js 18")
    speaker = Speaker(api.environment(api.account.token()), api.ca.crt)
    yield speaker
    speaker.close()


def pair(certificate):
    return {"certificate": certificate.pem, "private_key": certificate.key.read_text()}


def refused(say, status, code, call, *args):
    with pytest.raises(Failed) as caught:
        say(call, *args)
    assert (caught.value.status, caught.value.codes) == (status, [code])


def test_zones_records_and_switches(api, zone, say):
    for name in ("a.test", "b.test", "c.test", "d.test"):
        api.account.zone(name)
    assert [z["name"] for z in say("zones.list", {})] == ["example.com", "a.test", "b.test", "c.test", "d.test"]
    found, = say("zones.list", {"name": "example.com"})
    assert found["id"] == zone.id and found["status"] == "active"
    at = {"zone_id": zone.id}
    for number in range(5):
        zone.record(f"www{number}.example.com", f"192.0.2.{number}", proxied=number != 3)
    zone.record("six.example.com", "2001:db8::1", "AAAA")
    assert [r["name"] for r in say("dns.records.list", at)] == [r["name"] for r in zone.records]
    grey, = say("dns.records.list", {**at, "proxied": False, "type": "A"})
    assert (grey["name"], grey["content"], grey["proxied"]) == ("www3.example.com", "192.0.2.3", False)
    assert say("zones.settings.get", "ssl", at)["value"] == "full"
    assert say("zones.settings.get", "tls_client_auth", at)["value"] == "off"
    assert say("zones.settings.edit", "tls_client_auth", {**at, "value": "on"})["value"] == "on"
    assert say("zones.settings.get", "tls_client_auth", at)["value"] == "on"
    assert say("originTLSClientAuth.settings.get", at) == {"enabled": False}
    assert say("originTLSClientAuth.settings.update", {**at, "enabled": True}) == {"enabled": True}
    assert say("originTLSClientAuth.settings.get", at) == {"enabled": True}
    assert say("user.tokens.verify")["status"] == "active"
    assert say("ips.list", {})["ipv4_cidrs"] == ["127.0.0.0/9"]


def test_a_certificate_of_the_zone_comes_and_goes(api, zone, say, pki):
    at = {"zone_id": zone.id}
    assert say(f"{ZONE}.list", at) == []
    sent = say(f"{ZONE}.create", {**at, **pair(pki.leaf_a)})
    assert sent["status"] == "initializing" and sent["certificate"] == pki.leaf_a.pem and "private_key" not in sent
    which = sent["id"]
    refused(say, 400, 1434, f"{ZONE}.delete", which, at)
    refused(say, 400, 1406, f"{ZONE}.create", {**at, **pair(pki.leaf_a)})
    api.account.ahead += 30
    assert say(f"{ZONE}.get", which, at)["status"] == "pending_deployment"
    api.account.ahead += 30
    assert say(f"{ZONE}.get", which, at)["status"] == "active"
    assert [c["id"] for c in say(f"{ZONE}.list", at)] == [which]
    assert say(f"{ZONE}.delete", which, at)["status"] == "pending_deletion"
    refused(say, 400, 1414, f"{ZONE}.delete", which, at)
    api.account.ahead += 60
    assert say(f"{ZONE}.get", which, at)["status"] == "deleted"
    refused(say, 404, 1552, f"{ZONE}.get", "0" * 32, at)
    # It comes back under its own id.
    assert say(f"{ZONE}.create", {**at, **pair(pki.leaf_a)})["id"] == which


def test_certificates_of_host_names_and_their_associations(api, zone, say, pki):
    at, host = {"zone_id": zone.id}, "shop.example.com"
    refused(say, 404, 1553, f"{NAMES}.get", host, at)
    which = say(f"{HOSTS}.create", {**at, **pair(pki.leaf_b)})["id"]
    api.account.ahead += 60
    assert [c["id"] for c in say(f"{HOSTS}.list", at)] == [which] and say(f"{ZONE}.list", at) == []

    def associate(enabled, **more):
        return say(f"{NAMES}.update", {**at, "config": [{"hostname": host, "cert_id": which, "enabled": enabled, **more}]})

    written, = associate(True)
    assert (written["hostname"], written["cert_id"], written["enabled"], written["cert_status"]) == (host, which, True, "active")
    assert say(f"{NAMES}.get", host, at)["status"] == "pending_deployment"
    api.account.ahead += 60
    assert say(f"{NAMES}.get", host, at)["status"] == "active"
    refused(say, 400, 1433, f"{HOSTS}.delete", which, at)
    assert [x["enabled"] for x in associate(False)] == [False]
    refused(say, 400, 1433, f"{HOSTS}.delete", which, at)
    assert [x["enabled"] for x in associate(None)] == [None]
    assert say(f"{HOSTS}.delete", which, at)["status"] == "pending_deletion"
    refused(say, 400, 1415, f"{NAMES}.update", {**at, "config": [{"hostname": host, "cert_id": which, "enabled": None}]})
    refused(say, 400, 1404, f"{NAMES}.update", {**at, "config": [{"hostname": host, "enabled": None}]})
    refused(say, 404, 1551, f"{HOSTS}.get", "0" * 32, at)


def test_uploads_that_are_refused(zone, say, pki):
    at = {"zone_id": zone.id}
    for code, certificate, key in ((1412, pki.zone_a, pki.zone_a.key), (1410, pki.leaf_a, pki.leaf_b.key), (1411, pki.expired_a, pki.expired_a.key)):
        refused(say, 400, code, f"{ZONE}.create", {**at, "certificate": certificate.pem, "private_key": key.read_text()})
    refused(say, 400, 1408, f"{ZONE}.create", {**at, "certificate": "nothing", "private_key": "nothing"})
    assert say(f"{ZONE}.list", at) == []


def test_tokens_that_may_not(api, zone, say):
    at = {"zone_id": zone.id}
    token = api.account.tokens[0]
    token.permissions = {"zone": "read", "ssl": "read"}
    assert say("originTLSClientAuth.settings.get", at) == {"enabled": False}
    refused(say, 403, 10000, "originTLSClientAuth.settings.update", {**at, "enabled": True})
    refused(say, 403, 10000, "zones.settings.get", "ssl", at)
    refused(say, 403, 10000, "dns.records.list", at)
    refused(say, 403, 9109, "originTLSClientAuth.settings.get", {"zone_id": "0" * 32})
    refused(say, 404, 7003, "originTLSClientAuth.settings.get", {"zone_id": "example.com"})
    token.permissions = {}
    assert say("zones.list", {}) == []
    token.status = "disabled"
    refused(say, 403, 9109, "zones.list", {})
    assert say("user.tokens.verify")["status"] == "disabled"
    token.of_account = True
    refused(say, 401, 1000, "user.tokens.verify")


def test_what_goes_wrong_on_the_way(api, zone, say):
    at = {"zone_id": zone.id}
    api.fault("GET .*/settings$", CUT)
    with pytest.raises(Failed) as caught:
        say("originTLSClientAuth.settings.get", at)
    assert caught.value.name == "APIConnectionError"
    api.fault("PUT .*/settings$", CUT, when="after")
    with pytest.raises(Failed):
        say("originTLSClientAuth.settings.update", {**at, "enabled": True})
    assert say("originTLSClientAuth.settings.get", at) == {"enabled": True}
    api.fault("GET .*/settings$", failure(503), times=2)
    assert say("originTLSClientAuth.settings.get", at, retries=2) == {"enabled": True}
    api.fault("GET .*/settings$", page(502))
    with pytest.raises(Failed) as caught:
        say("originTLSClientAuth.settings.get", at)
    assert caught.value.status == 502
    # The library waits for as long as Retry-After says.
    api.fault("GET .*/settings$", failure(429, 971, "Please wait", headers={"Retry-After": "1"}))
    before = len(api.called())
    assert say("originTLSClientAuth.settings.get", at, retries=3) == {"enabled": True}
    refused, answered = api.calls[before:]
    assert (refused["status"], answered["status"]) == (429, 200) and answered["at"] - refused["at"] >= 1
