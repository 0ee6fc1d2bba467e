# SPDX-License-Identifier: Apache-2.0
"""The status page of a real httpd: who can read it, its formats, and mod_status."""
import base64
import hashlib
import json
import re

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from client import CLOUDFLARE, STRANGER, Connection, H2Connection, get
from examples import configurations
from fixtures import make_httpd
from server import vhost

HOSTILE = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%27%FF%0A"
STATUS = """
<Location "/cf-origin-status">
    SetHandler cf-origin-status
    Require ip 127.0.0.1
</Location>
"""
CONFIG = """
CFOriginPullRanges builtin 127.0.0.0/9 {dir}/ranges.txt
CFOriginPullZone a.test {pki}/zone-a.pem
CFOriginPullZone pinned.test sha256:%s
CFOriginPullZoneDir {dir}/zones
CFOriginPullReload 1
<Location "/server-status">
    SetHandler server-status
    Require ip 127.0.0.1
</Location>
""" % ("ab" * 32) + STATUS + \
    vhost("shop.a.test", "CFOriginPull On") + vhost("audit.a.test", "CFOriginPull Audit") + \
    vhost("off.test", "CFOriginPull Off", port="{port2}", tls=False)


@pytest.fixture(scope="module")
def server(scratch, pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)

    server = make_httpd(scratch, pki, server=CONFIG, modules=["status"])
    (server.dir / "zones").mkdir()
    (server.dir / "zones" / "b.test.pem").write_text(pki.zone_b.pem)
    (server.dir / "zones" / "bad.test.pem").write_text("no certificate\n")
    (server.dir / "ranges.txt").write_text("192.0.2.0/24\n2001:db8::/32\n")
    yield server.start()
    server.stop()


def ask(server, query="", path="/cf-origin-status", **options):
    """Over plain HTTP, from the virtual host that is Off."""
    return get(server.ports[1], path + query, sni="off.test", plain=True, **options)


def as_json(server, query=""):
    response = ask(server, "?json" + query)
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    return json.loads(response.body)


def test_the_page_is_html_that_loads_nothing_and_is_not_cached(server):
    response = ask(server)
    assert response.status == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "refresh" not in response.headers
    assert "etag" not in response.headers and "last-modified" not in response.headers
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    style = re.search(rb"<style>(.*?)</style>", response.body, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert b"<script" not in response.body and b" style=" not in response.body


def test_the_page_shows_policies_and_problems(server):
    text = ask(server).text
    assert re.search(r"CFOriginPull is <b>On</b> at 1 virtual host, <b>Audit</b>.* at 1, <b>Off</b> at \d", text)
    assert "Zone bad.test is shut" in text
    assert f"{server.dir}/zones/bad.test.pem" in text
    for name in ("shop.a.test", "audit.a.test", "off.test"):
        assert f"{name}:{server.ports[name == 'off.test']}" in text


def test_json_has_the_keys_of_the_manual(server, pki):
    status = as_json(server)
    assert list(status) == ["version", "now", "since", "requests", "vhosts", "zones", "presented", "ranges",
                            "handshake_failures", "early_drops", "reloads", "held_back", "findings",
                            "files_in_trouble", "expiring", "problems", "history"]
    hosts = {v["name"].split(":")[0]: v for v in status["vhosts"]}
    assert {n: hosts[n]["policy"] for n in ("shop.a.test", "audit.a.test", "off.test")} == {
        "shop.a.test": "On", "audit.a.test": "Audit", "off.test": "Off"}
    # Without a line about them, Audit changes neither the address nor the headers.
    assert {n: (hosts[n]["client_ip"], hosts[n]["scrub"]) for n in ("shop.a.test", "audit.a.test")} == {
        "shop.a.test": ("verified", "On"), "audit.a.test": ("off", "Off")}
    assert {"verified", "cert-missing", "unjudged"} <= set(hosts["shop.a.test"]["requests"])
    zones = {z["name"]: z for z in status["zones"]}
    proof = zones["a.test"]["proofs"][0]
    assert (proof["kind"], proof["sha256"], proof["file"]) == ("anchor", pki.zone_a.sha256,
                                                               f"{pki.dir}/zone-a.pem")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proof["not_after"])
    assert zones["pinned.test"]["proofs"][0]["sha256"] == "ab" * 32
    assert zones["bad.test"] == {"name": "bad.test", "shut": True, "proofs": []}
    sources = {s["kind"]: s for s in status["ranges"]["sources"]}
    assert (sources["builtin"]["ipv4"], sources["builtin"]["ipv6"]) == (15, 7)
    assert sources["builtin"]["timestamp"] == "2023-09-28T00:00:00Z"
    assert (sources["file"]["file"], sources["file"]["ipv4"]) == (f"{server.dir}/ranges.txt", 1)
    assert status["ranges"]["timestamp"] == sources["file"]["timestamp"]
    assert (status["ranges"]["ipv4"], status["ranges"]["ipv6"]) == (17, 8)
    assert status["files_in_trouble"][0]["shuts_zone"] is True


def test_the_strictest_directory_is_shown(httpd, pki):
    places = "".join(f"<Location /{mode}>\nCFOriginPull {mode}\n</Location>\n" for mode in ("On", "Audit"))
    server = httpd(server=f"CFOriginPullZone a.test {pki.zone_a.crt}\n" + vhost("shop.a.test", places)
                   + vhost("off.test", STATUS, port="{port2}", tls=False))
    assert [v["policy_in_directories"] for v in as_json(server)["vhosts"] if v["name"].startswith("shop.")] == ["On"]


def test_metrics_are_openmetrics(server, pki):
    response = ask(server, "?metrics")
    assert response.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {f.name: f for f in text_string_to_metric_families(response.text)}
    samples = {s.name for f in families.values() for s in f.samples}
    assert {"cf_origin_requests_total", "cf_origin_early_drops_total", "cf_origin_handshake_failures_total",
            "cf_origin_certificate_expiry_timestamp_seconds", "cf_origin_ranges",
            "cf_origin_ranges_timestamp_seconds", "cf_origin_reloads_total", "cf_origin_info"} <= samples
    for family in families.values():
        assert family.documentation, family.name
    expiry = {s.labels["zone"]: s for s in families["cf_origin_certificate_expiry_timestamp_seconds"].samples}
    assert expiry["a.test"].labels == {"zone": "a.test", "sha256": pki.zone_a.sha256, "kind": "anchor"}
    assert {s.labels["family"]: s.value for s in families["cf_origin_ranges"].samples} == {"ipv4": 17, "ipv6": 8}
    labels = families["cf_origin_requests"].samples[0].labels
    assert set(labels) == {"vhost", "verdict", "reason"}


def test_the_last_use_of_a_proof_is_shown(server, pki):
    assert get(server.port, cert=pki.leaf_a, headers=CLOUDFLARE).status == 200
    status = as_json(server, "&zone=a.test")
    assert [z["name"] for z in status["zones"]] == ["a.test"]
    assert status["zones"][0]["proofs"][0]["last_used"] is not None
    assert [p["sha256"] for p in status["presented"]] == [pki.leaf_a.sha256]
    assert "Certificates that proved a zone" in ask(server).text


def test_a_broken_file_and_its_repair_are_shown_by_every_child(server, pki):
    path = server.dir / "zones" / "b.test.pem"

    def broken_files():
        return [f["path"] for f in as_json(server)["files_in_trouble"] if f["last_good_in_force"]]
    assert broken_files() == []
    path.write_text("garbage\n")
    server.wait_for(lambda: broken_files() == [str(path)], "the broken file")
    server.wait_for(lambda: "A change to a file was rejected" in ask(server).text, "the other child to see it")
    path.write_text(pki.zone_b.pem)
    server.wait_for(lambda: broken_files() == [], "the repair")


def test_a_virtual_host_can_be_selected(server):
    name = f"shop.a.test:{server.port}"
    assert [v["name"] for v in as_json(server, f"&vhost={name}")["vhosts"]] == [name]
    assert as_json(server, f"&vhost={name}")["history"]["vhost"] == name
    assert len(as_json(server, "&vhost=A.TEST")["vhosts"]) == 2
    page = ask(server, f"?vhost={name}").text
    assert f'Requests to <span class="name">{name}' in page
    assert f">audit.a.test:{server.port}<" not in page


@pytest.mark.parametrize("query", [f"?vhost={HOSTILE}", f"?zone={HOSTILE}&vhost={HOSTILE}", f"?refresh={HOSTILE}",
                                   f"?{HOSTILE}={HOSTILE}", "?%", "?&&==&", "?vhost=%00x", "?json=%"])
@pytest.mark.A51
def test_a_hostile_query_is_answered_without_harm(server, query):
    response = ask(server, query)
    assert response.status == 200
    assert b"<script" not in response.body
    response.body.decode()


@pytest.mark.parametrize("asked, expected", [("30", "30"), ("1", "5"), ("0", None), ("-3", None), ("99999", "3600"),
                                         ("x", None)])
def test_the_refresh_interval_is_limited(server, asked, expected):
    assert ask(server, f"?refresh={asked}").headers.get("refresh") == expected
    assert "refresh" not in ask(server, f"?json&refresh={asked}").headers


def test_only_get_and_head_are_allowed(server):
    head = ask(server, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert head.headers["content-security-policy"]
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        response = ask(server, method=method)
        assert response.status == 405, method
        assert set(response.headers["allow"].replace(" ", "").split(",")) >= {"GET", "HEAD"}
        assert "POST" not in response.headers["allow"]


def test_conditional_requests_get_the_whole_answer(server):
    whole = ask(server, "?metrics")
    for header in ({"If-None-Match": "*"}, {"If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}):
        response = ask(server, "?metrics", headers=header)
        assert response.status == 200 and len(response.body) == len(whole.body), header


def test_a_path_below_the_status_gives_the_same_page(server):
    assert ask(server, path="/cf-origin-status/anything").status == 200


def test_a_client_that_require_excludes_is_refused(server):
    assert ask(server, source=STRANGER).status == 403


def test_the_status_is_protected_like_every_other_page(server, pki):
    on = {"sni": "shop.a.test", "path": "/cf-origin-status"}
    assert get(server.port, **on).status == 403
    # The client address is not 127.0.0.1 then, so that Require refuses it.
    assert get(server.port, cert=pki.leaf_a, headers=CLOUDFLARE, **on).status == 403
    assert get(server.port, cert=pki.leaf_a, **on).status == 200
    assert get(server.port, sni="audit.a.test", path="/cf-origin-status").status == 200


@pytest.mark.A23
def test_a_visitor_cannot_pretend_to_be_local(server, pki):
    forged = {**CLOUDFLARE, "CF-Connecting-IP": "127.0.0.1"}
    response = get(server.port, "/cf-origin-status", cert=pki.leaf_a, headers=forged, source="127.0.0.2")
    assert response.status == 403


def test_the_status_works_over_http2(server, pki):
    with H2Connection(server.port, cert=pki.leaf_a) as connection:
        response = connection.get("/cf-origin-status?json")
    assert response.status == 200
    assert json.loads(response.body)["zones"]


def test_mod_status_shows_the_short_form(server):
    page = ask(server, path="/server-status").text
    assert "<h2>mod_cf_origin " in page
    assert re.search(r"<td>Virtual hosts that are On</td><td align=\"right\">1</td>", page)
    lines = dict(line.split(": ", 1) for line in ask(server, "?auto", "/server-status").text.splitlines()
                 if line.startswith("OriginPull"))
    assert (lines["OriginPullOn"], lines["OriginPullAudit"]) == ("1", "1")
    assert int(lines["OriginPullErrors"]) == 1
    assert list(lines)[-1] == "OriginPullWarnings"


def test_the_page_of_a_server_without_any_policy_says_so(httpd):
    server = httpd(server=STATUS.replace("ip 127.0.0.1", "local"), tls=False)
    response = get(server.port, "/cf-origin-status", sni="main.test", plain=True)
    assert response.status == 200
    assert "Off everywhere" in response.text


def test_other_handlers_are_not_affected(server):
    with Connection(server.ports[1], sni="off.test", plain=True) as connection:
        assert connection.get("/").text == "the page\n"


def test_findings_of_the_start_are_shown(httpd, pki):
    server = httpd(server="CFOriginPullZone a.test {pki}/zone-a.pem\n"
                          + vhost("shop.a.test", "CFOriginPull On", verify=None)
                          + vhost("off.test", "CFOriginPull Off", port="{port2}", tls=False) + STATUS)
    findings = as_json(server)["findings"]
    assert [(f["code"], f["level"], f["vhost"]) for f in findings] == [
        ("CFO0202 never-asks", "warning", f"shop.a.test:{server.port}")]
    assert findings[0]["file"] == str(server.config) and findings[0]["line"] > 0
    assert "Configuration of shop.a.test" in ask(server).text


def test_the_virtual_host_of_the_manual_works_with_prometheus_and_has_no_findings(httpd):
    text = next(x for x in configurations("docs/status.md") if x.startswith("Listen "))
    text = text.replace("Listen 127.0.0.1:8081\n", "").replace("8081", "{port2}")
    server = httpd(server="CFOriginPullZone a.test {pki}/zone-a.pem\n" + text
                          + vhost("shop.a.test", "CFOriginPull On"))
    response = get(server.ports[1], "/?metrics=", sni="127.0.0.1", plain=True)
    assert response.text.endswith("# EOF\n")
    assert "CFO02" not in server.log()


def test_of_several_virtual_hosts_with_one_name_the_weakest_policy_is_shown(httpd, pki):
    located = "CFOriginPull Off\n<Location /admin>\nCFOriginPull On\n</Location>\n"
    server = httpd(listen=["127.0.0.1:{port}", "127.0.0.2:{port}", "127.0.0.1:{port2}"], server="".join([
        "CFOriginPullZone a.test {pki}/zone-a.pem\n", STATUS, vhost("shop.a.test", "CFOriginPull On"),
        vhost("shop.a.test", "CFOriginPull Audit", address="127.0.0.2"),
        vhost("off.test", located, port="{port2}", tls=False)]))
    hosts = [(v["name"], v["policy"], v["policy_in_directories"]) for v in as_json(server)["vhosts"]]
    assert hosts == [(f"off.test:{server.ports[1]}", "Off", "On"), (f"shop.a.test:{server.port}", "Audit", "Off")]
    assert "Off<small>On in a directory</small>" in ask(server).text


def test_a_page_with_thousands_of_zones_and_hosts_stays_short(httpd, pki):
    zones = "".join(f"CFOriginPullZone z{i:04}.test {{pki}}/zone-a.pem\n" for i in range(2000))
    hosts = "".join(vhost(f"h{i:04}.z0001.test", "CFOriginPull Audit", port="{port2}", tls=False)
                    for i in range(500))
    server = httpd(server=zones + hosts + STATUS)
    page = get(server.ports[1], "/cf-origin-status", sni="h0000.z0001.test", plain=True)
    assert page.status == 200 and len(page.body) < 400_000
    assert re.search("100 of 50[01] are shown", page.text) and "100 of 2,000 are shown" in page.text
    whole = get(server.ports[1], "/cf-origin-status?json", sni="h0000.z0001.test", plain=True)
    status = json.loads(whole.body)
    assert len(status["zones"]) == 2000 and len(status["vhosts"]) >= 500
