# SPDX-License-Identifier: Apache-2.0
"""What the entrypoint of the image says about its variables. It ends here in any case, because it is in no
container; support/test-container.py runs the image."""
import subprocess

import pytest

from server import ROOT

GOOD = {"CFO_MODE": "On", "CFO_REQUIRE": "cert ip", "CFO_RANGES": "builtin", "CFO_HTTP_PORT": "8080",
        "CFO_HTTPS_PORT": "8443", "CFO_STATUS_PORT": "8081", "CFO_SERVER_NAME": "shop.example.com"}


def complaints(**env):
    done = subprocess.run([ROOT / "packaging/container/entrypoint.sh"], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", **GOOD, **env})
    assert done.returncode == 1 and done.stdout == "", done.stdout
    assert all(x.startswith("cf-origin: ") for x in done.stderr.splitlines()), done.stderr
    return done.stderr


@pytest.mark.parametrize("name, value", [
    ("CFO_MODE", "Audit"), ("CFO_REQUIRE", "cert"), ("CFO_RANGES", "builtin /etc/more 192.0.2.0/24"),
    ("CFO_TUNNEL", "172.30.0.2 2001:db8::/64"), ("CFO_TUNNEL", ""), ("CFO_BACKEND", "http://[2001:db8::1]:80"),
    ("CFO_BACKEND", "https://site"), ("CFO_STATUS_FROM", "192.0.2.0/24"),
    ("CFO_SERVICE_HOST", "10.0.0.1"), ("CFO_PORT", "tcp://10.0.0.1:80"), ("CFO_PORT_80_TCP_ADDR", "10.0.0.1"),
])
def test_good_values_are_accepted(name, value):
    assert "CFO_" not in complaints(**{name: value})


@pytest.mark.parametrize("name, value, expected", [
    ("CFO_MODE", "on", "CFO_MODE=on: On, Audit or Off"),
    ("CFO_MODE", "", "CFO_MODE=: On, Audit or Off"),
    ("CFO_REQUIRE", "cert ip tunnel", "CFO_REQUIRE=cert ip tunnel:"),
    ("CFO_RANGES", "builtin\nCFOriginPull Off", "CFO_RANGES has more than one line"),
    ("CFO_HTTP_PORT", "0", "CFO_HTTP_PORT=0: not a port"),
    ("CFO_HTTPS_PORT", "tcp://10.0.0.1:443", "CFO_HTTPS_PORT=tcp://10.0.0.1:443: not a port"),
    ("CFO_STATUS_PORT", "8081 8082", "not a port"),
    ("CFO_SERVER_NAME", "https://shop.example.com", "not a host name"),
    ("CFO_SERVER_NAME", "shop.example.com\n-x", "CFO_SERVER_NAME has more than one line"),
    ("CFO_SERVER_NAME", "", "CFO_SERVER_NAME is not set"),
    ("CFO_TUNNEL", "cloudflared", "not addresses of cloudflared"),
    ("CFO_BACKEND", "http://site/app", "not http://HOST:PORT"),
    ("CFO_STATUS_FROM", "all", "not addresses"),
    ("CFO_TUNEL", "127.0.0.1", "there is no CFO_TUNEL; there are: CFO_MODE"),
    ("CFO_Mode", "On", "there is no CFO_Mode"),
])
def test_bad_values_are_reported(name, value, expected):
    said = complaints(**{name: value})
    assert expected in said
    assert len([x for x in said.splitlines() if "CFO_" in x]) == 1


def test_what_has_to_be_mounted_is_reported():
    said = complaints()
    for what in ["tls/tls.crt is missing", "tls/tls.key is missing", "/zones has no ZONE.pem", "/run/cf-origin cannot be written"]:
        assert what in said
    assert "ZONE.pem" not in complaints(CFO_REQUIRE="ip")
    assert "tls" not in complaints(CFO_TUNNEL="172.30.0.2")
