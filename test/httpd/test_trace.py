# SPDX-License-Identifier: Apache-2.0
"""A ray ID can be found in every log and application that handles the request, with the configuration of
docs/trace.md."""

import pytest

from client import CLOUDFLARE, EDGE, RAY, STRANGER, Connection, H2Connection, get
from examples import configurations
from scripts import Backend
from server import ROOT, free_ports, vhost

MANUAL = (ROOT / "docs" / "trace.md").read_text()
CONFIGURATION = configurations("docs/trace.md")[0]
RAYS = [f"{n:016x}-{colo}" for n, colo in enumerate(["FRA", "SJC", "LHR", "NRT"], 0x230B030023AE2822)]
SCRIPT = """#!/bin/sh
echo "no such article" >&2
printf 'Content-Type: text/plain\\n\\n'
exec env
"""


@pytest.fixture(scope="module")
def backend():
    backend = Backend()
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def origin(httpd, pki, backend):
    dead, = free_ports(1)
    site = (CONFIGURATION + 'CustomLog "{dir}/combined.log" cf_combined\n'
            f"ProxyPass /app http://127.0.0.1:{backend.port}/\nProxyPass /dead http://127.0.0.1:{dead}/\n")
    server = httpd(modules=["cgi", "proxy", "proxy_http", "headers"], server=(
        'ScriptAlias /cgi/ {dir}/cgi/\n<Directory "{dir}/cgi">\nRequire all granted\n</Directory>\n'
        f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
        + vhost("shop.a.test", "CFOriginPull On\n" + site) + vhost("audit.a.test", "CFOriginPull Audit\n" + site)))
    (server.dir / "cgi").mkdir()
    (server.dir / "cgi" / "order").write_text(SCRIPT)
    (server.dir / "cgi" / "order").chmod(0o755)
    get(server.port, "/", cert=pki.leaf_a)  # the first use of the proof has its own line (CFO0137)
    return server


def ask(origin, cert, ray, path, version, host="shop.a.test", source=EDGE, more=None):
    headers = {**CLOUDFLARE, "CF-Ray": ray, **(more or {})}
    if version == 1:
        return get(origin.port, path, headers, cert=cert, sni=host, source=source)
    with H2Connection(origin.port, cert, host, source=source) as connection:
        return connection.get(path, headers)


def found(origin, ray, count):
    """The lines that the search in the manual finds: those of all logs with the 16 digits."""
    def search():
        lines = [line for path in origin.dir.glob("*.log") for line in path.read_text().splitlines() if ray[:16] in line]
        return lines if len(lines) >= count else None
    return origin.wait_for(search, f"{count} lines with {ray}")


def only(lines, text):
    line, = [line for line in lines if text in line]
    return line


@pytest.mark.parametrize("version", [1, 2])
def test_a_script_and_its_error_message_have_the_ray(origin, pki, version):
    ray = RAYS[version]
    response = ask(origin, pki.leaf_a, ray, "/cgi/order", version)
    variables = dict(line.split("=", 1) for line in response.text.splitlines() if "=" in line)
    assert variables["CF_RAY"] == variables["HTTP_CF_RAY"] == ray and variables["CF_COLO"] == ray[-3:]
    lines = found(origin, ray, 3)
    assert f"[id {ray}] AH01215: stderr from " in only(lines, "no such article")
    assert f"[id {ray}] CFO0003 admitted reason=verified " in only(lines, f" ray={ray} claimed_ray=- ")
    assert only(lines, '"GET /cgi/order HTTP').endswith(f" verified/verified {EDGE} {ray}") or version == 2


@pytest.mark.parametrize("version", [1, 2])
def test_the_error_about_a_back_end_that_is_down_has_the_ray(origin, pki, version):
    ray = RAYS[version].replace("230b", "330b")
    assert ask(origin, pki.leaf_a, ray, "/dead", version).status == 503
    lines = found(origin, ray, 3)
    assert "[proxy_http:error]" in only(lines, f"[id {ray}] AH01114")


@pytest.mark.parametrize("version", [1, 2])
def test_a_back_end_gets_the_ray_only_from_cloudflare(origin, pki, backend, version):
    ray = RAYS[version].replace("230b", "430b")
    ask(origin, pki.leaf_a, ray, "/app", version, more={"X-Origin-Ray": "forged"})
    assert f"\r\nX-Origin-Ray: {ray}\r\n" in f"{backend.seen[-1]}\r\n" and "forged" not in backend.seen[-1]
    ask(origin, None, ray, "/app", version, host="audit.a.test", more={"X-Origin-Ray": "forged"})
    assert "x-origin-ray" not in backend.seen[-1].lower()
    assert f"\r\nCF-Ray: {ray}\r\n".lower() in f"{backend.seen[-1]}\r\n".lower()  # Audit changes nothing


@pytest.mark.A34
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("host, code", [("shop.a.test", "CFO0001 refused"), ("audit.a.test", "CFO0002 would-refuse")])
def test_the_ray_of_an_unproven_request_is_in_its_own_line_and_nowhere_else(origin, version, host, code):
    ray = RAYS[version].replace("230b", "530b" if host == "shop.a.test" else "630b")
    ask(origin, None, ray, "/cgi/order", version, host, STRANGER)
    found(origin, ray, 1)
    get(origin.port, f"/end-of-{ray[:4]}-{version}", sni=host)
    origin.wait_for(lambda: f"/end-of-{ray[:4]}-{version} " in (origin.dir / "combined.log").read_text(), "the end")
    line, = found(origin, ray, 1)
    assert f"{code} reason=cert-missing " in line and f" ray=- claimed_ray={ray} " in line and f"[id {ray}]" not in line


def test_requests_of_one_connection_keep_their_rays(origin, pki):
    rays = [ray.replace("230b", "730b") for ray in RAYS]
    with Connection(origin.port, pki.leaf_a) as connection:
        for ray in rays:
            connection.get(f"/cgi/order?{ray}", {**CLOUDFLARE, "CF-Ray": ray})
    for ray in rays:
        lines = found(origin, ray, 3)
        assert f"[id {ray}]" in only(lines, "no such article") and len(lines) == 3


def test_the_manual_uses_the_same_ray_format_as_cloudflare():
    assert RAY in MANUAL and RAY[:16] in MANUAL
