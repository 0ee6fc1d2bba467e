# SPDX-License-Identifier: Apache-2.0
"""TLS settings that differ between virtual hosts of one address (CFO0245): mod_ssl answers 421 where it did not."""
import pytest

from checking import checked, zone_file  # noqa: F401
from client import Connection
from server import SNI_POLICY, needs_sni_policy, vhost

ZONE = "CFOriginPullRanges builtin 127.0.0.0/9\nCFOriginPullZone a.test {pki}/zone-a.pem\n"


def site(name, policy, **options):
    return vhost(f"{name}.a.test", f"CFOriginPull {policy}" if policy else "", **options)


PLAIN = {"verify": None}
# The virtual hosts; in which of them it is found; whether a request without SNI for the second one gets 421 (or what
# else: CFO0209 is about that).
CASES = {
    "one-changed": (site("first", None, **PLAIN) + site("second", "Audit"), "second", True),
    "the-first-changed": (site("first", "Audit") + site("second", None, **PLAIN), "first", True),
    "on": (site("first", None, **PLAIN) + site("second", "On"), "second", True),
    "off-is-the-other": (site("first", "Off", **PLAIN) + site("second", "Audit"), "second", True),
    "depth": (site("first", "Audit", depth=1) + site("second", "Audit"), "first second", True),
    "ca-file": (site("first", "Audit", ca="{pki}/zone-a.pem") + site("second", "Audit"), "first second", True),
    "advice-followed": (site("first", "Off") + site("second", "Audit"), "", False),
    "advice-followed-without-a-policy": (site("first", None) + site("second", "On"), "", False),
    "all-of-them": (site("first", "Audit") + site("second", "On"), "", False),
    "settings-of-the-main-server": ("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n" + site("first", None, **PLAIN)
                                    + site("second", "Audit", **PLAIN), "", False),
    "none-judged": (site("first", None, **PLAIN) + site("second", "Off"), "", True),
    # They never shared a connection.
    "another-certificate": (site("first", None, **PLAIN).replace("server.pem", "server2.pem") + site("second", "Audit"), "", True),
    "another-protocol": (site("first", None, **PLAIN).replace("SSLEngine on", "SSLEngine on\nSSLProtocol TLSv1.2 TLSv1.3")
                         + site("second", "Audit"), "", True),
    "another-cipher": (site("first", None, **PLAIN).replace("SSLEngine on", "SSLEngine on\nSSLCipherSuite HIGH")
                       + site("second", "Audit"), "", True),
    "verifies-its-own-clients": (site("first", None, verify="optional", ca="{pki}/zone-a.pem") + site("second", "Audit"), "", True),
    "strict": ("SSLVHostSNIPolicy strict\n" + site("first", None, **PLAIN) + site("second", "Audit"), "", True),
    "insecure": ("SSLVHostSNIPolicy insecure\n" + site("first", None, **PLAIN) + site("second", "Audit"), "", 403),
    "authonly": ("SSLVHostSNIPolicy authonly\n" + site("first", None, **PLAIN) + site("second", "Audit"), "second", True),
    "authonly-another-certificate": ("SSLVHostSNIPolicy authonly\n" + site("first", None, **PLAIN).replace("server.pem", "server2.pem")
                                     + site("second", "Audit"), "second", True),
    "plain-http": (site("first", None, tls=False, port="{port2}") + site("second", "Audit"), "", None),
    "other-port": (site("first", None, port="{port2}", **PLAIN) + site("second", "Audit"), "", None),
}
NAMES = [pytest.param(name, marks=needs_sni_policy if "SSLVHostSNIPolicy" in CASES[name][0] else ()) for name in CASES]


@pytest.fixture(scope="module", autouse=True)
def second_certificate(pki):
    (pki.dir / "server2.pem").write_text((pki.dir / "server.pem").read_text())


def found_in(scratch, pki, text):
    found = checked(scratch, pki, ZONE + text)
    assert all(f.level == "notice" and "421" in f.text for list_of in found.values() for f in list_of if f.code == "CFO0245")
    return {host for host, list_of in found.items() if "CFO0245" in [f.code for f in list_of]}


@pytest.mark.W5
@pytest.mark.parametrize("name", NAMES)
def test_settings_that_differ_are_found(scratch, pki, name):
    text, hosts, _ = CASES[name]
    assert found_in(scratch, pki, text) == set(hosts.split())


@pytest.mark.W5
@pytest.mark.parametrize("name", [x for x in NAMES if CASES[x.values[0]][2] is not None])
def test_the_answer_is_421_where_it_is_said(httpd, pki, name):
    """From a client whose SNI is that of the other host, and from one without SNI (since httpd 2.4.64)."""
    text, _, misdirected = CASES[name]
    server = httpd(server=ZONE + text)
    for sni in ("first.a.test", None) if SNI_POLICY else ("first.a.test",):
        with Connection(server.port, sni=sni, cert=pki.leaf_a) as connection:
            expected = {True: 421, False: 200}.get(misdirected, misdirected)
            assert connection.get(host="second.a.test").status == expected
    with Connection(server.port, sni="second.a.test", cert=pki.leaf_a) as connection:
        assert connection.get().status == 200


def test_before_the_change_no_answer_was_421(httpd):
    server = httpd(server=site("first", None, **PLAIN) + site("second", None, **PLAIN))
    for sni in (None, "first.a.test"):
        with Connection(server.port, sni=sni) as connection:
            assert connection.get(host="second.a.test").status == 200


def test_many_virtual_hosts_are_reported_once(scratch, pki):
    text = "".join(site(f"h{i}", "Audit" if i % 2 else None, **({} if i % 2 else PLAIN)) for i in range(20))
    assert len(found_in(scratch, pki, text)) == 1
