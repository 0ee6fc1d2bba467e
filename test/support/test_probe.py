# SPDX-License-Identifier: Apache-2.0
"""cf-origin-probe against origins that are closed, open, or closed to the wrong clients."""
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from client import EDGE, STRANGER
from server import ROOT, free_ports, vhost

PROBE = ROOT / "support" / "cf-origin-probe"
GOOD, OPEN, SHUT, UNCLEAR, SKIPPED = "as it should be", "OPEN", "SHUT", "unclear", "not tried"
HOST = "shop.a.test"

NO_CERTIFICATE = {"no-certificate", "no-certificate-http2", "no-certificate-tls1.2", "no-certificate-tls1.3",
                  "forged-headers", "look-alike-headers", "trace", "options"}
WRONG_CERTIFICATE = {"wrong-certificate", "wrong-certificate-http2", "resumed-tls1.2", "resumed-tls1.3"}
FORGED_CERTIFICATE = {"forged-certificate", "forged-chain"}
OTHER_NAMES = {"no-sni", "unknown-sni", "unknown-host", "unknown-name"}
ZONE = {"zone-certificate", "zone-certificate-http2", "zone-certificate-tls1.2", "zone-certificate-tls1.3",
        "zone-certificate-resumed-tls1.2", "zone-certificate-resumed-tls1.3"}
WRONG_HOST = {"zone-certificate-wrong-host"}
PLAIN = {"plain-http", "plain-http-forged-headers", "plain-http-upgrade"}
STRANGERS = NO_CERTIFICATE | WRONG_CERTIFICATE | FORGED_CERTIFICATE | OTHER_NAMES | WRONG_HOST


class Result:
    def __init__(self, code, data):
        self.code, self.data = code, data
        self.checks = {c["id"]: c for c in data["checks"]}
        self.visitor = {c["code"]: c["here"] for c in data["visitor_codes"]}

    def verdicts(self, ids=None):
        return {c["verdict"] for c in self.data["checks"] if ids is None or c["id"] in ids}

    def ids(self):
        return set(self.checks) - {"origin-certificate"}


def run(*arguments, **options):
    return subprocess.run([PROBE, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


@pytest.fixture
def probe(pki):
    """Runs it with --json, with the zone's certificate unless `cert` is another or None."""
    def probe(port, *arguments, source=EDGE, cert=pki.leaf_a, host=HOST, http_port="none", **options):
        pair = ["--cert", cert.crt, "--key", cert.key] if cert else []
        done = run("--json", "--address", f"127.0.0.1:{port}", "--host", host, "--source", source, "--http-port",
                   http_port, "--origin-ca", pki.server.crt, *pair, *arguments, **options)
        assert done.stderr == ""
        result = Result(done.returncode, json.loads(done.stdout))
        assert result.data["exit"] == result.code
        return result
    return probe


@pytest.fixture(scope="module")
def origin(httpd, pki):
    """An origin of each kind: origin.of["open"] is its port."""
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    on = zone + "CFOriginPull On\n"
    tls_alone = "SSLEngine on\nSSLCertificateFile {pki}/server.pem\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n"
    ways = {
        "shut": dict(directives=on),
        "open": dict(directives=""),
        "audit": dict(directives=zone + "CFOriginPull Audit"),
        "require": dict(directives=on, verify="require", ca=pki.zone_a.crt),
        "other-zone": dict(directives=f"CFOriginPullZone a.test {pki.zone_b.crt}\nCFOriginPull On"),
        "other-ca": dict(directives=on, verify="require", ca=pki.zone_b.crt),
        "drop": dict(directives=on + "CFOriginPullRefuse drop"),
        "404": dict(directives=on + "CFOriginPullRefuse 404"),
        "early-drop": dict(directives=on + "CFOriginPullEarlyDrop On"),
        "ip": dict(directives="CFOriginPull On\nCFOriginPullRequire ip"),
        "forbidden": dict(directives="<Location /none>\nRequire all denied\n</Location>"),
        "broken": dict(directives=on + "RedirectMatch 503 ."),
        "http1": dict(directives=tls_alone + on, tls=False),
        "http1-open": dict(directives=tls_alone, tls=False),
        "old-tls": dict(directives=on + "SSLProtocol TLSv1.2"),
        "plain-shut": dict(directives=on + "Protocols h2c http/1.1", tls=False),
        "plain-open": dict(directives="Protocols h2c http/1.1", tls=False),
        "plain-redirect": dict(directives=f"Redirect / https://{HOST}/", tls=False),
        "plain-elsewhere": dict(directives=f"Redirect / http://{HOST}/there/", tls=False),
    }
    places = {name: "{port}" if i == 0 else f"{{port{i + 1}}}" for i, name in enumerate([*ways, "behind-another", "beside"])}
    another = (vhost("other.test", f"CFOriginPull On\nCFOriginPullZone * {pki.zone_b.crt}", port=places["behind-another"],
                     ca=pki.zone_b.crt)
               + vhost(HOST, on, port=places["behind-another"]))
    beside = vhost("other.test", "DirectoryIndex other.html", port=places["beside"]) + vhost(HOST, on, port=places["beside"])
    server = httpd(ports=len(places), server="CFOriginPullRanges 127.0.0.0/9\n" + another + beside + "".join(
        vhost(HOST, port=places[name], **options) for name, options in ways.items()))
    (server.docroot / "other.html").write_text("the other page\n")
    server.of = {name: server.ports[i] for i, name in enumerate(places)}
    return server


def test_a_closed_origin_passes_all_checks(origin, probe):
    result = probe(origin.of["shut"], http_port=origin.of["plain-shut"])
    assert result.verdicts() == {GOOD} and result.code == 0 and result.data["result"] == GOOD
    assert result.ids() == STRANGERS | ZONE | PLAIN
    for name in STRANGERS | PLAIN:
        assert result.checks[name]["status"] == 403 and "the module" in result.checks[name]["meaning"]
    for name in ZONE:
        assert result.checks[name]["status"] == 200 and result.checks[name]["meaning"] == "admitted"
    assert "HTTP/2" in result.checks["zone-certificate-http2"]["came_back"]
    for version in ("1.2", "1.3"):
        assert result.checks[f"zone-certificate-resumed-tls{version}"]["came_back"] == "200 and 200, resumed"
        assert result.checks[f"resumed-tls{version}"]["came_back"] == "403 and 403, resumed"
    assert list(result.visitor) == ["403", "520", "521", "522", "525", "526", "421"]
    assert "not to be expected" in result.visitor["403"]


def test_without_the_certificate_the_other_attacks_are_still_tried(origin, probe):
    result = probe(origin.of["shut"], cert=None)
    assert result.verdicts(STRANGERS - FORGED_CERTIFICATE) == {GOOD} and result.code == 0
    assert result.checks["forged-certificate"]["verdict"] == SKIPPED
    assert not result.ids() & (ZONE | WRONG_HOST)
    assert any("was not tried" in limit for limit in result.data["limits"])


def test_every_attack_reaches_the_origin_as_intended(origin, probe, pki):
    probe(origin.of["shut"])
    rays = {e["claimed_ray"] for e in origin.events("CFO0001")}
    probe(origin.of["shut"])
    ray = ({e["claimed_ray"] for e in origin.events("CFO0001")} - rays).pop()
    events = [e for e in origin.events("CFO0001") if e["claimed_ray"] == ray]
    assert {e["reason"] for e in events} == {"cert-missing", "cert-unknown", "zone-unknown"}
    subjects = {(e["cert_subject"], e.get("cert_issuer")) for e in events if e["reason"] == "cert-unknown"}
    assert subjects == {("CN=leaf-a", "CN=leaf-a"), ("CN=leaf-a", "CN=zone-a")}
    assert {e["sni"] for e in events} == {HOST, "cf-origin-probe.invalid", "-"}
    assert {e["host"] for e in events} == {HOST, "cf-origin-probe.invalid"}
    assert {e["method"] for e in events} == {"GET", "TRACE", "OPTIONS"}
    assert any(e["cert"] == pki.leaf_a.sha256 and e["reason"] == "zone-unknown" for e in events)


@pytest.mark.parametrize("way", ["open", "audit"])
def test_an_unprotected_origin_is_open_in_every_way(origin, probe, way):
    result = probe(origin.of[way], http_port=origin.of["plain-open"])
    assert result.verdicts((STRANGERS - WRONG_HOST) | PLAIN) == {OPEN} and result.verdicts(ZONE) == {GOOD}
    assert result.verdicts(WRONG_HOST) == {UNCLEAR}
    assert result.code == 1 and result.data["result"] == OPEN
    assert "anyone can do this" in result.checks["no-certificate"]["meaning"]


def test_a_forgotten_plain_http_virtual_host_is_open(origin, probe):
    result = probe(origin.of["shut"], http_port=origin.of["plain-open"])
    assert result.verdicts(PLAIN) == {OPEN} and result.verdicts(STRANGERS | ZONE) == {GOOD} and result.code == 1
    assert "HTTP/2" in result.checks["plain-http-upgrade"]["came_back"]


def test_a_redirect_to_https_is_fine_and_one_to_elsewhere_is_not(origin, probe):
    result = probe(origin.of["shut"], http_port=origin.of["plain-redirect"], cert=None)
    assert result.verdicts(PLAIN) == {GOOD} and result.code == 0
    assert "only a redirect to https" in result.checks["plain-http"]["meaning"]
    result = probe(origin.of["shut"], http_port=origin.of["plain-elsewhere"], cert=None)
    assert result.verdicts(PLAIN) == {OPEN} and result.code == 1


def test_a_closed_plain_http_port_is_fine(origin, probe):
    result = probe(origin.of["shut"], http_port=free_ports(1)[0], cert=None)
    assert result.checks["plain-http"]["verdict"] == GOOD and result.code == 0
    assert "nothing listens" in result.checks["plain-http"]["meaning"]


def test_refusals_of_mod_ssl_are_distinguished_from_those_of_the_module(origin, probe):
    result = probe(origin.of["require"])
    assert result.verdicts() == {GOOD} and result.code == 0
    for name in STRANGERS - WRONG_HOST:  # an alert of TLS 1.3 may get lost
        assert re.match("TLS alert|closed without an answer", result.checks[name]["came_back"])
        assert "mod_ssl" in result.checks[name]["meaning"] and result.checks[name]["status"] is None
    assert result.checks["no-certificate-tls1.2"]["came_back"] == 'TLS alert "handshake failure"'
    assert "SSLVerifyClient is require" in result.checks["no-certificate-tls1.2"]["meaning"]
    assert result.checks["resumed-tls1.2"]["came_back"] == 'TLS alert "unknown ca"'
    assert "mod_ssl ends handshakes" in result.visitor["520"] and result.visitor["525"] == "as for 520"


def test_the_ca_names_that_mod_ssl_sends_are_used_to_forge_a_certificate(origin, probe):
    result = probe(origin.of["require"], cert=None)
    assert result.verdicts(FORGED_CERTIFICATE) == {GOOD} and result.ids() == STRANGERS - WRONG_HOST


def test_a_handshake_that_ends_because_of_the_zones_certificate_counts_as_closed(origin, probe):
    result = probe(origin.of["other-ca"])
    assert result.verdicts(ZONE) == {SHUT} and result.verdicts(STRANGERS) == {GOOD} and result.code == 3
    assert "SSLCACertificateFile" in result.checks["zone-certificate-tls1.2"]["meaning"]
    assert "to be expected" in result.visitor["520"] and "to be expected" in result.visitor["525"]


def test_a_wrong_certificate_of_the_zone_counts_as_closed_only_from_a_listed_address(origin, probe):
    result = probe(origin.of["other-zone"], "--my-address-is-listed")
    assert result.verdicts(ZONE) == {SHUT} and result.code == 3 and result.data["result"] == SHUT
    result = probe(origin.of["other-zone"])
    assert result.verdicts(ZONE) == {UNCLEAR} and result.code == 4


def test_an_address_that_is_not_listed_is_explained_and_does_not_count_as_closed(origin, probe):
    result = probe(origin.of["shut"], source=STRANGER)
    assert result.verdicts(ZONE) == {UNCLEAR} and result.verdicts(STRANGERS) == {GOOD} and result.code == 4
    assert "reason=edge-unknown with a cert_zone" in result.checks["zone-certificate"]["meaning"]
    assert origin.wait_event(reason="edge-unknown", edge=STRANGER)["cert_zone"] == "a.test"
    result = probe(origin.of["shut"], "--my-address-is-not-listed", source=STRANGER)
    assert result.verdicts() == {GOOD} and result.code == 0
    assert "stays unknown" in result.checks["zone-certificate"]["meaning"]


def test_a_possible_policy_of_addresses_alone_is_mentioned_as_a_limit(origin, probe):
    result = probe(origin.of["ip"], "--my-address-is-not-listed", source=STRANGER)
    assert result.code == 0 and any("CFOriginPullRequire ip" in limit for limit in result.data["limits"])
    result = probe(origin.of["ip"])
    assert result.verdicts(STRANGERS - WRONG_HOST) == {OPEN} and result.code == 1
    result = probe(origin.of["shut"])
    assert not any("CFOriginPullRequire" in limit for limit in result.data["limits"])


@pytest.mark.parametrize("arguments", [["--expect-refuse", "drop"], []])
def test_no_answer_is_a_refusal_to_strangers(origin, probe, arguments):
    result = probe(origin.of["drop"], *arguments)
    assert result.verdicts() == {GOOD} and result.code == 0
    assert {result.checks[name]["came_back"] for name in STRANGERS} == {"closed without an answer"}
    assert ("You expect a 403" in result.checks["no-certificate"]["meaning"]) == (not arguments)
    assert "every refusal leads to this page" in result.visitor["520"]


def test_no_answer_to_the_zones_certificate_is_judged_by_what_refusals_look_like(origin, probe):
    result = probe(origin.of["drop"], "--expect-refuse", "drop", source=STRANGER)
    assert result.verdicts(ZONE) == {UNCLEAR} and result.code == 4
    result = probe(origin.of["drop"], source=STRANGER)
    assert result.verdicts(ZONE) == {SHUT} and result.code == 3


def test_another_status_can_be_the_refusal(origin, probe):
    result = probe(origin.of["404"], "--expect-refuse", "404")
    assert result.verdicts() == {GOOD} and result.code == 0 and "404" in result.visitor
    assert "refused by the module" in result.checks["no-certificate"]["meaning"]
    result = probe(origin.of["404"])  # known by comparison with the zone's certificate
    assert result.verdicts() == {GOOD} and "not with the module's page" in result.checks["no-certificate"]["meaning"]
    result = probe(origin.of["404"], cert=None)
    assert result.verdicts(NO_CERTIFICATE) == {UNCLEAR} and result.code == 4
    assert "--expect-refuse 404" in result.checks["no-certificate"]["meaning"]


def test_a_page_that_is_forbidden_to_all_does_not_prove_protection(origin, probe):
    result = probe(origin.of["forbidden"], "--path", "/none", cert=None)
    assert result.verdicts(NO_CERTIFICATE - {"trace", "options"}) == {UNCLEAR}
    assert "not the module's page" in result.checks["no-certificate"]["meaning"]
    result = probe(origin.of["forbidden"], "--path", "/none")
    assert result.verdicts(ZONE) == {UNCLEAR}
    result = probe(origin.of["open"], "--path", "/none-such")  # the same 404 with and without
    assert result.checks["no-certificate"]["verdict"] == OPEN and result.code == 1


def test_a_site_that_fails_behind_the_protection_is_unclear(origin, probe):
    result = probe(origin.of["broken"])
    assert result.verdicts(ZONE) == {UNCLEAR} and result.verdicts(STRANGERS) == {GOOD} and result.code == 4


def test_connections_that_are_closed_early_are_explained(origin, probe):
    result = probe(origin.of["early-drop"], "--my-address-is-not-listed", source=STRANGER)
    assert result.verdicts(STRANGERS | ZONE) == {GOOD} and result.code == 0
    assert result.checks["no-certificate"]["came_back"] == "closed before the handshake was done"
    assert "CFO0120" in result.checks["zone-certificate"]["meaning"]
    assert "CFOriginPullEarlyDrop" in result.visitor["525"]
    assert probe(origin.of["early-drop"], source=STRANGER).code == 4


def test_methods_that_httpd_does_not_allow_are_fine(httpd, probe):
    server = httpd(server="TraceEnable Off\n" + vhost(HOST), load_module=False, log_level="warn")
    result = probe(server.port, cert=None)
    assert result.checks["trace"]["status"] == 405 and result.checks["trace"]["verdict"] == GOOD


def test_a_421_is_a_refusal_of_mod_ssl(origin, probe):
    result = probe(origin.of["behind-another"])
    assert result.checks["unknown-sni"]["status"] == 421 and "mod_ssl" in result.checks["unknown-sni"]["meaning"]
    assert "the SNI differs from the Host" in result.visitor["421"] and result.verdicts(STRANGERS) == {GOOD}


def test_a_page_of_another_virtual_host_is_for_the_administrator_to_judge(origin, probe):
    result = probe(origin.of["open"], "--path", "/?one", host="main.a.test", cert=None)
    assert result.checks["unknown-host"]["verdict"] == OPEN  # the same bytes as the site's
    result = probe(origin.of["beside"], cert=None)
    assert {result.checks[n]["verdict"] for n in ("unknown-host", "unknown-name")} == {UNCLEAR} and result.code == 4
    assert "StrictHostCheck On" in result.checks["unknown-host"]["meaning"]


def test_the_wrong_certificate_can_be_given(origin, probe, pki):
    pair = ["--wrong-cert", pki.leaf_b.crt, "--wrong-key", pki.leaf_b.key]
    assert probe(origin.of["shut"], *pair).verdicts(WRONG_CERTIFICATE) == {GOOD}
    assert origin.wait_event(cert=pki.leaf_b.sha256)["reason"] == "cert-unknown"
    assert probe(origin.of["other-zone"], *pair, cert=None).verdicts(WRONG_CERTIFICATE) == {OPEN}


def test_a_certificate_is_sent_with_its_intermediate(origin, probe, pki):
    """mod_ssl ends the handshake if the intermediate is missing."""
    chain = pki.bundle(pki.deep_a, pki.intermediate_a)
    result = probe(origin.of["require"], "--cert", chain, "--key", pki.deep_a.key, "--my-address-is-listed", cert=None)
    assert result.verdicts(ZONE) == {SHUT}
    assert {result.checks[name]["status"] for name in ZONE} == {403}


def test_the_origins_own_certificate_is_compared_with_the_host(origin, probe, pki):
    result = probe(origin.of["shut"], host="shop.elsewhere.test", cert=None)
    assert result.checks["origin-certificate"]["verdict"] == SHUT and result.code == 3
    assert "to be expected under Full (strict)" in result.visitor["526"]
    result = probe(origin.of["shut"], "--ssl-mode", "full", host="shop.elsewhere.test", cert=None)
    assert result.checks["origin-certificate"]["verdict"] == GOOD
    result = probe(origin.of["shut"], "--origin-ca", pki.zone_b.crt, cert=None)
    assert result.checks["origin-certificate"]["verdict"] == UNCLEAR and result.code == 4
    assert "possible under Full (strict)" in result.visitor["526"]


def test_a_version_of_tls_that_the_origin_does_not_speak_proves_nothing(origin, probe, tmp_path):
    result = probe(origin.of["old-tls"])
    assert result.code == 0 and result.verdicts({"no-certificate-tls1.3", "zone-certificate-resumed-tls1.3"}) == {SKIPPED}
    only_new = tmp_path / "openssl.cnf"
    only_new.write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1.3\n")
    result = probe(origin.of["old-tls"], env={**os.environ, "OPENSSL_CONF": str(only_new)})
    assert result.ids() == {"no-certificate"} and result.code == 4  # no version in common


def test_http2_that_the_origin_does_not_offer_proves_nothing(origin, probe):
    result = probe(origin.of["http1"])
    names = {x for x in result.checks if x.endswith("-http2")}
    assert len(names) == 3 and result.verdicts(names) == {SKIPPED} and result.code == 0
    assert {result.checks[x]["meaning"] for x in names} == {"HTTP/2: not offered by the origin, HTTP/1.1 was used"}
    assert result.verdicts(set(result.checks) - names) == {GOOD} and result.data["result"] == GOOD
    assert probe(origin.of["http1-open"]).checks["no-certificate-http2"]["verdict"] == OPEN


def test_a_large_page_is_not_read_to_its_end(httpd, probe):
    server = httpd(server=vhost(HOST, 'CustomLog {dir}/sent.log "%m %O"'), load_module=False, log_level="warn")
    (server.docroot / "large").write_bytes(b"x" * 30_000_000)
    result = probe(server.port, "--path", "/large", cert=None)
    assert result.verdicts({"no-certificate", "no-certificate-http2", "resumed-tls1.3"}) == {OPEN}
    server.wait_for(lambda: len(re.findall(r"^GET \d{6,7}$", (server.dir / "sent.log").read_text(), re.M)) > 10,
                    "clients that went before the end")


def test_a_closed_port_gives_no_result(probe):
    port, plain = free_ports(2)
    result = probe(port, http_port=plain)
    assert result.code == 4 and result.checks["no-certificate"]["came_back"] == "connection refused"
    assert "No connection" in result.data["conclusion"] and "to be expected" in result.visitor["521"]


def test_a_connection_timeout_gives_no_result(probe):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # more than its backlog
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        result = probe(listener.getsockname()[1], "--max-time", "1")
        for sock in waiting:
            sock.close()
    assert result.code == 4 and result.checks["no-certificate"]["came_back"] == "no connection in time"
    assert "to be expected" in result.visitor["522"]


class Silence:
    """Forwards the `first` connections to a port, and never answers later ones."""

    def __init__(self, port=None, first=0):
        self.listener, self.target, self.left = socket.create_server(("127.0.0.1", 0)), port, first
        self.port, self.open = self.listener.getsockname()[1], []
        self.waiting = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                here = self.listener.accept()[0]
            except OSError:
                return
            self.open.append(here)
            if self.left:
                self.left -= 1
                there = socket.create_connection(("127.0.0.1", self.target))
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self.copy, args=pair, daemon=True).start()
            else:
                self.waiting.set()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.open:
            sock.close()


@pytest.fixture
def silence():
    made = []

    def make(*arguments):
        made.append(Silence(*arguments))
        return made[-1]
    yield make
    for one in made:
        one.close()


def test_an_origin_that_never_answers_does_not_block_the_probe(probe, silence):
    result = probe(silence().port, "--max-time", "1")
    assert result.code == 4 and result.checks["no-certificate"]["came_back"] == "connected, but no answer in time"


def test_the_total_time_is_limited(origin, probe, silence):
    result = probe(silence(origin.of["shut"], 3).port, "--max-time", "1", "--max-total", "4")
    assert result.code == 4 and result.checks["zone-certificate"]["verdict"] == GOOD
    assert result.checks["unknown-name"]["verdict"] == SKIPPED
    assert result.checks["unknown-name"]["came_back"] == "--max-total is over"


def test_no_files_are_left_behind_even_if_it_is_stopped(origin, probe, silence, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    probe(origin.of["shut"], env=environment)
    assert list(tmp_path.iterdir()) == []
    server = silence()
    process = subprocess.Popen([PROBE, "--address", f"127.0.0.1:{server.port}", "--host", HOST, "--max-time", "2"],
                               env=environment, stdout=subprocess.DEVNULL)
    assert server.waiting.wait(20)
    folder, = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130 and list(tmp_path.iterdir()) == []


def test_it_connects_only_to_the_given_address(origin, pki, tmp_path):
    """A host that no resolver knows, a proxy in the environment, and a redirect on plain HTTP."""
    trace, port, plain = tmp_path / "trace", origin.of["shut"], origin.of["plain-redirect"]
    proxy = {name: "http://127.0.0.9:9" for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY")}
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=connect,bind,sendto,sendmsg,sendmmsg", "-o", trace, PROBE,
         "--address", f"127.0.0.1:{port}", "--http-port", str(plain), "--host", HOST, "--source", EDGE,
         "--origin-ca", pki.server.crt, "--cert", pki.leaf_a.crt, "--key", pki.leaf_a.key],
        capture_output=True, text=True, env={**os.environ, **proxy}, timeout=300)
    assert done.returncode == 0 and done.stdout.endswith("All as it should be.\n"), done.stdout + done.stderr
    calls = [line.split(None, 1)[1] for line in trace.read_text().splitlines() if "sa_family=AF_" in line]
    connects = [c for c in calls if c.startswith("connect(") and "AF_INET" in c]
    assert len(connects) > 30
    for call in connects:
        assert re.search(rf'sin_port=htons\(({port}|{plain})\), sin_addr=inet_addr\("127\.0\.0\.1"\)', call), call
    for call in set(calls) - set(connects):  # bind to the source address; netlink and local sockets
        assert re.match(rf'bind\(.*htons\(0\), sin_addr=inet_addr\("{EDGE}"\)', call) or re.search("AF_NETLINK|AF_UNIX", call)


def stub_curl(folder, script):
    """The environment for a run with a fake curl, which appends its arguments to `asked`."""
    curl = folder / "curl"
    curl.write_text(f'#!/bin/sh\necho "$*" >>{folder}/asked\n{script}\n')
    curl.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def test_an_ipv6_address_keeps_its_brackets_and_its_port(tmp_path):
    environment = stub_curl(tmp_path, 'echo "curl: (7) refused" >&2; exit 7')
    done = run("--address", "[2001:db8::1]:8443", "--host", HOST, "--source", "2001:db8::9", "--max-time", 7,
               env=environment)
    assert done.returncode == 4
    https, http = re.findall(r"--connect-to (.*) --interface host!2001:db8::9 .* (https?://\S+)",
                             (tmp_path / "asked").read_text())
    assert https == ("::[2001:db8::1]:8443 --max-time 7", f"https://{HOST}/")
    assert http == ("::[2001:db8::1]:80 --max-time 7", f"http://{HOST}/")


def test_a_try_whose_alert_was_lost_is_repeated(probe, tmp_path):
    lost, found = "curl: (55) getpeername() failed", "curl: (56) error:0A000418:SSL routines::tlsv1 alert unknown ca"
    environment = stub_curl(tmp_path, f'[ $(($(wc -l <{tmp_path}/asked) % 3)) = 0 ] && echo "{found}" >&2 && exit 56\n'
                            f'echo "{lost}" >&2; exit 55')
    result = probe(free_ports(1)[0], cert=None, env=environment)
    assert {result.checks[name]["came_back"] for name in NO_CERTIFICATE} == {'TLS alert "unknown ca"'}


def test_the_text_has_the_verdicts_the_codes_and_the_limits(origin, pki):
    done = run("--address", f"127.0.0.1:{origin.of['open']}", "--host", HOST, "--http-port", "none", "-v",
               "--cert", pki.leaf_a.crt, "--key", pki.leaf_a.key)
    assert done.returncode == 1
    assert re.search(r"^OPEN +no certificate: 200, HTTP/1\.1\n +anyone can do this", done.stdout, re.M)
    assert re.search(r"^as it should be +the zone's certificate: 200", done.stdout, re.M)
    assert re.search(r"^520: .*\n.*\n? +here: ", done.stdout, re.M) and "What this run cannot show:" in done.stdout
    assert "+ curl -q " in done.stderr and f"--key {pki.leaf_a.key}" in done.stderr
    assert "PRIVATE KEY" not in done.stdout + done.stderr


def test_hostile_answers_cannot_change_the_output(httpd, probe):
    location = r'Redirect /a https://x/' + "\n" + r'Header always set Location "https://x/\"}\\ü"'
    server = httpd(server=vhost(HOST, location), load_module=False, modules=["headers"], log_level="warn")
    result = probe(server.port, "--path", "/a", cert=None)
    assert result.checks["no-certificate"]["came_back"] == r'302, HTTP/1.1, to https://x/"}\??'


@pytest.mark.parametrize("arguments, words", [
    ([], "--address is missing"),
    (["--address", "shop.example.com", "--host", HOST], "expected an address, not a name"),
    (["--address", "127.0.0.1:0", "--host", HOST], "port"),
    (["--address", "127.0.0.1", "--host", "a b"], "expected a host name"),
    (["--address", "127.0.0.1"], "expected a host name"),
    (["--address", "127.0.0.1", "--host", HOST, "--path", "x"], "must begin with a slash"),
    (["--address", "127.0.0.1", "--host", HOST, "--path", "/a\\r\\n"], "must not contain a blank, # or backslash"),
    (["--address", "127.0.0.1", "--host", HOST, "--http-port", "x"], "--http-port"),
    (["--address", "127.0.0.1", "--host", HOST, "--source", "eth0"], "--source eth0"),
    (["--address", "127.0.0.1", "--host", HOST, "--expect-refuse", "200"], "400 to 599"),
    (["--address", "127.0.0.1", "--host", HOST, "--ssl-mode", "off"], "strict or full"),
    (["--address", "127.0.0.1", "--host", HOST, "--max-time", "0"], "--max-time"),
    (["--address", "127.0.0.1", "--host", HOST, "--max-total", "x"], "--max-total"),
    (["--address", "127.0.0.1", "--host", HOST, "--cert", "/none-such"], "does not exist"),
    (["--address", "127.0.0.1", "--host", HOST, "--cert", "{pki}/server.pem"], "must be used together"),
    (["--address", "127.0.0.1", "--host", HOST, "--cert", "{pki}/openssl.cnf", "--key", "{pki}/server.pem"], "no certificate"),
    (["--address", "127.0.0.1", "--host", HOST, "--cert", "{a}", "--key", "{pki}/server.pem"], "not the key of"),
    (["--address", "127.0.0.1", "--host"], "its value is missing"),
    (["--none-such", "x"], "there is no such option"),
    (["stray"], "stray: there is no such option; try cf-origin-probe --help"),
])
def test_wrong_arguments_are_reported_and_nothing_is_sent(pki, arguments, words):
    filled = [a.replace("{pki}", str(pki.dir)).replace("{a}", str(pki.leaf_a.crt)) for a in arguments]
    done = run(*filled)
    assert done.returncode == 2 and words in done.stderr and done.stdout == ""


def test_help_is_not_an_error():
    assert run("--version").stdout == "cf-origin-probe " + (ROOT / "src/version.h").read_text().split('"')[1] + "\n"
    done = run("--help")
    assert done.returncode == 0 and "Exit code:" in done.stdout
