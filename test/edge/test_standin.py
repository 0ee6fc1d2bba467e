# SPDX-License-Identifier: Apache-2.0
"""The stand-in of Cloudflare's API, where the official client library (test_client.py) has nothing to say."""
import http.client
import json
import ssl
import subprocess
import sys
import threading

import pytest

import session
from account import ASSOCIATIONS, HOST_CERTIFICATES, Refused
from server import ROOT
from standin import BASE, HALF, PROXIED, Proxy
from waiting import until


@pytest.fixture
def api(standin):
    return standin(deploy=60, delete=60)


@pytest.fixture
def zone(api):
    return api.account.zone("example.com")


@pytest.fixture
def ask(api):
    token = api.account.token()

    def ask(method, path, body=None):
        connection = http.client.HTTPSConnection("127.0.0.1", api.port, context=ssl.create_default_context(cafile=api.ca.crt), timeout=20)
        connection.request(method, BASE + path, json.dumps(body) if body is not None else None,
                           {"Authorization": f"Bearer {token.value}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    return ask


def leaf(pki, name):
    made = pki.issue(name, pki.zone_a)
    return made.pem, made.key.read_text()


def code(function, *args):
    with pytest.raises(Refused) as caught:
        function(*args)
    return caught.value.code


def test_ten_certificates_for_host_names_and_a_hundred_names_each(api, zone, pki):
    account = api.account
    which = [account.upload(zone, "hosts", *leaf(pki, f"host{n}")) for n in range(HOST_CERTIFICATES)]
    pem, key = leaf(pki, "one-more")
    assert code(account.upload, zone, "hosts", pem, key) == 1420
    account.upload(zone, "zone", pem, key)
    names = [f"n{n}.example.com" for n in range(ASSOCIATIONS + 1)]
    config = [{"hostname": name, "cert_id": which[0].id, "enabled": True} for name in names]
    account.associate(zone, config[:ASSOCIATIONS])
    assert code(account.associate, zone, config[ASSOCIATIONS:]) == 1421
    account.associate(zone, [{**config[0], "enabled": None}])
    account.associate(zone, config[ASSOCIATIONS:])
    assert code(account.associate, zone, [{**config[0], "hostname": "www.example.org"}]) == 1422


def test_changes_of_a_zone_at_the_same_time_are_in_conflict(api, zone, pki):
    api.account.change = 2
    first = threading.Thread(target=api.account.upload, args=(zone, "zone", *leaf(pki, "conflict-1")))
    first.start()
    until(lambda: zone.changing)
    assert code(api.account.upload, zone, "zone", *leaf(pki, "conflict-2")) == 1400
    first.join()
    assert len(api.account.known(zone)) == 1


def test_a_token_has_a_number_of_requests_for_some_time(api, zone, ask):
    api.account.limit, api.account.window = 3, 300
    assert [ask("GET", "/zones")[0] for _ in range(4)] == [200, 200, 200, 429]
    with pytest.raises(Refused) as caught:
        api.account.admit(api.account.tokens[0])
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 301
    api.account.ahead += 300
    assert ask("GET", "/zones")[0] == 200


def test_deployments_and_deletions_that_time_out(api, zone, pki):
    account = api.account
    account.outcomes, account.ends = ["deployment_timed_out"], ["deletion_timed_out"]
    bad = account.upload(zone, "zone", *leaf(pki, "bad"))
    for state in ("deployment_timed_out", "deletion_timed_out"):
        account.ahead += 60
        assert bad.state(account.now()) == state
        account.remove(zone, "zone", bad.id)
    account.ahead += 60
    assert bad.state(account.now()) == "deleted"


def test_what_is_presented_to_a_host(api, zone, pki):
    account, host = api.account, "shop.example.com"

    def presents(**options):
        held = account.presents(host, **options)
        return held and held[0]

    account.shared = (pki.shared_leaf.pem, pki.shared_leaf.key.read_text())
    assert presents() is None and account.presents("shop.example.org") is None
    zone.shared_on = True
    assert presents() == pki.shared_leaf.pem
    old = account.place(zone, *leaf(pki, "old"))
    assert presents() == pki.shared_leaf.pem
    zone.own_on = True
    assert presents() == old.pem
    new = account.upload(zone, "zone", *leaf(pki, "new"))
    assert (presents(), presents(eager=True), presents(tardy=True)) == (old.pem, new.pem, old.pem)
    account.ahead += 60
    assert (presents(), presents(tardy=True)) == (new.pem, old.pem)
    account.remove(zone, "zone", old.id)
    assert presents(tardy=True) == old.pem
    account.ahead += 60
    assert presents(tardy=True) == new.pem
    own = account.place(zone, *leaf(pki, "own"), level="hosts")
    account.associate(zone, [{"hostname": host, "cert_id": own.id, "enabled": True}])
    assert (presents(), presents(tardy=True)) == (own.pem, new.pem)
    account.ahead += 60
    assert presents(tardy=True) == own.pem
    account.associate(zone, [{"hostname": host, "cert_id": own.id, "enabled": False}])
    assert presents() is None
    account.associate(zone, [{"hostname": host, "cert_id": own.id, "enabled": None}])
    assert presents() == new.pem
    zone.ssl = "flexible"
    assert presents() is None


def test_an_answer_that_ends_in_its_middle_and_one_that_is_late(api, zone, ask):
    api.fault("GET /zones$", HALF)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask("GET", "/zones")
    api.fault("PUT .*/origin_tls_client_auth/settings", 0.3, when="after")
    late = threading.Thread(target=ask, args=("PUT", f"/zones/{zone.id}/origin_tls_client_auth/settings", {"enabled": True}))
    late.start()
    until(lambda: zone.own_on)
    assert late.is_alive()
    late.join()
    assert api.called("PUT") and ask("GET", "/zones")[0] == 200


def test_bodies_that_are_no_json(zone, ask):
    path = f"/zones/{zone.id}/origin_tls_client_auth"
    assert ask("PUT", f"{path}/settings", [1])[0] == 400
    assert ask("PUT", f"{path}/settings", {"enabled": "yes"})[0] == 400
    assert ask("PUT", f"{path}/hostnames", {"config": {}})[0] == 400
    assert ask("POST", path, {"certificate": 1, "private_key": 2})[1]["errors"][0]["code"] == 1408
    assert ask("PATCH", f"/zones/{zone.id}/settings/tls_client_auth", {"value": "maybe"})[1]["errors"][0]["code"] == 1007
    assert ask("POST", f"{path}/settings", {})[1]["errors"][0]["code"] == 7003


def test_through_a_proxy(api, ask):
    with Proxy({PROXIED: api.port}) as proxy:
        for name, status in ((PROXIED, 200), ("elsewhere.test", None)):
            connection = http.client.HTTPSConnection("127.0.0.1", int(proxy.url.rpartition(":")[2]),
                                                     context=ssl.create_default_context(cafile=api.ca.crt), timeout=20)
            connection.set_tunnel(name, 443)
            if status:
                connection.request("GET", f"{BASE}/ips")
                assert connection.getresponse().status == status
            else:
                with pytest.raises(OSError):
                    connection.connect()
        assert proxy.asked == [f"{PROXIED}:443", "elsewhere.test:443"]


def test_a_program_that_is_tested_reaches_nothing_else(api, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_EMAIL"):
        monkeypatch.setenv(name, "http://192.0.2.1")
    environment = api.environment()
    assert environment["CLOUDFLARE_BASE_URL"].startswith("https://127.0.0.1:")
    assert not [x for x in environment.values() if "192.0.2.1" in x]


def test_by_hand(tmp_path, pki):
    process = session.start([sys.executable, ROOT / "test/edge/standin.py", "--zone", "example.com", "--on", "example.com",
                             "--certificate", f"example.com,{pki.leaf_a.crt},{pki.leaf_a.key}", "--host", "www.example.com",
                             "--record", "grey.example.com,A,192.0.2.1,dns-only", "--token-file", tmp_path / "token",
                             "--state-dir", tmp_path / "api", "--verbose"], stdout=subprocess.PIPE, text=True)
    try:
        said = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        held = tmp_path / "api/presented/www.example.com.pem"
        assert said["PRESENTED"] == str(held.parent)
        until(held.exists)
        assert held.read_text() == pki.leaf_a.pem + pki.leaf_a.key.read_text() and held.stat().st_mode & 0o777 == 0o600
        token = (tmp_path / "token").read_text().strip()
        done = subprocess.run(["curl", "-s", "--noproxy", "*", "--cacert", said["CA"], "-H", f"Authorization: Bearer {token}",
                               f"{said['URL']}/zones"], capture_output=True, text=True, timeout=60)
        assert [z["name"] for z in json.loads(done.stdout)["result"]] == ["example.com"], done
        assert process.stdout.readline() == "200 GET /zones \n"
    finally:
        session.stop(process)
        process.stdout.close()
