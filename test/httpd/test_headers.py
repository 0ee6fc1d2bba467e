# SPDX-License-Identifier: Apache-2.0
"""Cloudflare's headers reach no module, script or back end unless the request was proved, however their names are
spelled; and those of a proved request reach all of them."""
import os
from pathlib import Path

import pytest

from apps import CGI, CGI_MODULES, add_scripts, pairs, variables
from client import CLOUDFLARE, EDGE, RAY, STRANGER, VISITOR, Connection, H2Connection, get
from server import REHEARSED, vhost

GENUINE = {
    "CF-Connecting-IP": VISITOR, "CF-Connecting-IPv6": "2001:db8::7", "CF-Ray": RAY, "CF-Worker": "a.test",
    "CF-IPCountry": "DE", "CF-Visitor": '{"scheme":"https"}', "CF-EW-Via": "15", "cf-bot-score": "99",
    "CF-Cert-Presented": "true", "True-Client-IP": "192.0.2.9", "CF-Pseudo-IPv4": "240.0.0.7", "CF-X": "y", "CF-": "z",
    "CF-Access-Authenticated-User-Email": "admin@a.test", "CF-Connecting-O2O": "1",
}
LOOKALIKES = ["CF_Connecting_IP", "CF.Connecting.IP", "cF-connecting.ip", "CF-Connecting_IP", "CF_Ray", "CF.Ray", "cf_ray",
              "CF~Ray", "CF!Ray", "CF'Ray", "CF-Ray.", "CF+Worker", "Cf_Anything", "CF_", "True_Client_IP",
              "True-Client_IP", "TRUE.CLIENT.IP", "true_client-ip", "CF-EW_Via"]
FOREIGN = {"CDN-Loop": "cloudflare", "X-Forwarded-For": "192.0.2.8", "X-CF-Connecting-IP": "192.0.2.7", "CFRay": "a",
           "CFX-Ray": "b", "Client-IP": "192.0.2.6", "X-Real-IP": "192.0.2.5", "True-Client-IPs": "c", "True-Client": "d",
           "C-F-Ray": "e", "X_Under_Score": "f", "C": "g", "T": "h", "Cf": "i"}
MARK = "the-look-alike"
SENT = [*GENUINE.items(), *((name, MARK) for name in LOOKALIKES), *FOREIGN.items()]

# Everything that can read a header: SetEnvIf by name and by pattern, mod_rewrite, mod_headers early and late,
# expressions, the log, a back end, CGI.
OBSERVERS = """
SetEnvIf CF-Connecting-IP "(.+)" SEEN_BY_NAME=$1
SetEnvIf "(?i)^CF.Ray$" "(.+)" SEEN_BY_PATTERN=$1
SetEnvIf "(?i)^cf[^a-z]" "(.+)" SEEN_BY_PREFIX=$1
SetEnvIfExpr "req('CF-Worker') =~ /(.+)/" SEEN_BY_EXPRESSION=$1
RequestHeader set X-Seen-Early "expr=%{req:CF-Connecting-IP}" early
RequestHeader set X-Seen-Late "expr=%{req:CF-Connecting-IP}"
RequestHeader edit CF-Ray ^ "edited-" early
RewriteEngine On
RewriteCond %{HTTP:CF-Connecting-IP} .
RewriteRule ^/rewrite$ http://elsewhere.test/%{HTTP:CF-Connecting-IP} [R=302,L]
RewriteRule ^/rewrite$ http://elsewhere.test/nothing [R=302,L]
ProxyPass /proxy http://127.0.0.1:BACKEND/
Header always set X-Seen "expr=%{req:CF-IPCountry}"
"""
LOG = 'LogFormat "%{CF-Connecting-IP}i %{True-Client-IP}i %{CF_Ray}i %U" seen\nCustomLog "{dir}/seen.log" seen\n'


@pytest.fixture(scope="module", params=["without mod_remoteip", "with mod_remoteip", "with RemoteIPHeader"])
def origin(request, httpd, pki, backend):
    """Hosts: on, audit, off (its Location is On), and on with Scrub Off and audit with Scrub Off."""
    observers = OBSERVERS.replace("BACKEND", str(backend.port))
    exempt = "CFOriginPullExemptPath /cgi/env.cgi /proxy /rewrite /exempt\nCFOriginPullExemptFrom 127.201.0.1\n"
    server = CGI + LOG + f"CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
    if request.param == "with RemoteIPHeader":
        server += "RemoteIPHeader CF-Connecting-IP\n"
    for name, directives in [("on", "CFOriginPull On\n" + exempt), ("audit", REHEARSED),
                             ("closed", "CFOriginPull On\nCFOriginPullTunnel 127.202.0.1\n"),
                             ("edge", REHEARSED + "CFOriginPullClientIP edge\n"),
                             ("kept", "CFOriginPull Audit\nCFOriginPullScrub Off\n"),
                             ("located", "CFOriginPullScrub On\n<Location /cgi>\nCFOriginPull Audit\n</Location>\n")]:
        server += vhost(f"{name}.a.test", directives + observers)
    modules = ["headers", "rewrite", "setenvif", "proxy", "proxy_http"] + (["remoteip"] if "with " in request.param else [])
    return add_scripts(httpd(modules=CGI_MODULES + modules, server=server))


def ask(origin, pki, host, path, cert=None, source=EDGE, version=1, headers=None):
    cert = getattr(pki, cert) if cert else None
    sni = f"{host}.a.test"
    if version == 1:
        return get(origin.port, path, SENT if headers is None else headers, cert=cert, sni=sni, source=source)
    with H2Connection(origin.port, cert, sni, source=source) as connection:
        # In HTTP/2 all names are in lower case.
        return connection.get(path, SENT if headers is None else headers)


def names_at_back_end(response):
    """The names of all headers that mod_proxy sent, in lower case."""
    return {name.lower() for name, _ in pairs(response.text)}


# Requests that are served but not believed.
UNBELIEVED = [("audit", None, EDGE), ("audit", "rogue", EDGE), ("audit", "leaf_a", STRANGER), ("on", None, EDGE),
              ("on", None, STRANGER), ("on", None, "127.201.0.1"), ("edge", None, STRANGER)]
BELIEVED = [("on", "leaf_a", EDGE), ("audit", "leaf_a", EDGE), ("closed", None, "127.202.0.1"), ("edge", None, EDGE)]
each_version = pytest.mark.parametrize("version", [1, 2])
each_unbelieved = pytest.mark.parametrize("host, cert, source", UNBELIEVED)
each_believed = pytest.mark.parametrize("host, cert, source", BELIEVED)


@pytest.mark.A24
@each_version
@each_unbelieved
def test_a_script_sees_no_header_of_cloudflares(origin, pki, host, cert, source, version):
    seen = variables(ask(origin, pki, host, "/cgi/env.cgi", cert, source, version))
    assert not [name for name in seen if name.startswith(("HTTP_CF_", "HTTP_TRUE_CLIENT_IP")) and name != "HTTP_TRUE_CLIENT_IPS"]
    assert MARK not in seen.values()
    assert seen["REMOTE_ADDR"] == source and "CF_RAY" not in seen
    assert "HTTP_CDN_LOOP" in seen and seen["HTTP_TRUE_CLIENT_IPS"] == "c"


@pytest.mark.A24
@each_version
@each_unbelieved
def test_no_module_sees_a_header_of_cloudflares(origin, pki, host, cert, source, version):
    """Not even modules that run early."""
    seen = variables(ask(origin, pki, host, "/cgi/env.cgi", cert, source, version))
    assert not [name for name in seen if name.startswith("SEEN_BY_")]
    assert not seen.get("HTTP_X_SEEN_EARLY") and not seen.get("HTTP_X_SEEN_LATE")
    response = ask(origin, pki, host, "/rewrite", cert, source, version)
    assert response.headers["location"] == "http://elsewhere.test/nothing"
    assert not response.headers.get("x-seen")


@pytest.mark.A24
@pytest.mark.A25
@each_version
@each_unbelieved
def test_a_back_end_gets_no_header_of_cloudflares(origin, pki, host, cert, source, version):
    response = ask(origin, pki, host, "/proxy", cert, source, version)
    names = names_at_back_end(response)
    assert not [name for name in names if name.startswith("cf") and name not in ("cf", "cfray", "cfx-ray")]
    assert not [name for name in names if name.startswith("true") and name not in ("true-client", "true-client-ips")]
    assert MARK not in response.text and VISITOR not in response.text and RAY not in response.text


@each_unbelieved
def test_the_access_log_shows_no_header_of_cloudflares(origin, pki, host, cert, source):
    path = f"/exempt/{host}/{cert}/{source}"
    ask(origin, pki, host, path, cert, source)
    line = origin.wait_for(lambda: next((x for x in (origin.dir / "seen.log").read_text().splitlines()
                                         if x.endswith(path)), None), "the line")
    assert line == f"- - - {path}"


def test_a_refused_request_shows_no_header_of_cloudflares_either(origin, pki):
    """Filters and logs run for it too."""
    response = ask(origin, pki, "closed", "/refused")
    assert response.status == 403 and not response.headers.get("x-seen")
    line = origin.wait_for(lambda: next((x for x in (origin.dir / "seen.log").read_text().splitlines()
                                         if x.endswith("/refused")), None), "the line")
    assert line == "- - - /refused"


@each_version
@each_believed
def test_a_believed_request_keeps_every_header_of_cloudflares(origin, pki, host, cert, source, version):
    seen = dict(pairs(ask(origin, pki, host, "/proxy", cert, source, version).text))
    seen = {name.lower(): value for name, value in seen.items()}
    for name, value in GENUINE.items():
        assert seen[name.lower()] == ("edited-" if name == "CF-Ray" else "") + value


@each_version
@each_believed
def test_every_module_sees_the_headers_of_a_believed_request(origin, pki, host, cert, source, version):
    """This proves that the tests above can fail."""
    seen = variables(ask(origin, pki, host, "/cgi/env.cgi", cert, source, version))
    assert seen["SEEN_BY_NAME"] == seen["HTTP_X_SEEN_EARLY"] == seen["HTTP_X_SEEN_LATE"] == VISITOR
    assert RAY in seen["SEEN_BY_PATTERN"] and seen["SEEN_BY_EXPRESSION"] == "a.test" and seen["SEEN_BY_PREFIX"]
    assert seen["HTTP_CF_CONNECTING_IP"] == seen["REMOTE_ADDR"] == VISITOR
    response = ask(origin, pki, host, "/rewrite", cert, source, version)
    assert response.headers["location"] == f"http://elsewhere.test/{VISITOR}"
    assert response.headers["x-seen"] == "DE"


@pytest.mark.A25
@each_version
@pytest.mark.parametrize("host, cert, source", UNBELIEVED + BELIEVED)
def test_lookalikes_are_removed_from_every_request(origin, pki, host, cert, source, version):
    response = ask(origin, pki, host, "/proxy", cert, source, version)
    assert MARK not in response.text
    assert not names_at_back_end(response) & {name.lower() for name in LOOKALIKES}


@each_version
@pytest.mark.parametrize("host, cert, source", UNBELIEVED + BELIEVED)
def test_headers_of_other_names_are_kept(origin, pki, host, cert, source, version):
    names = names_at_back_end(ask(origin, pki, host, "/proxy", cert, source, version))
    assert names >= {name.lower() for name in FOREIGN}


@pytest.mark.A25
def test_the_order_of_headers_does_not_matter(origin, pki):
    """All of them in one request, or each alone, before or after other headers."""
    for headers in [SENT[::-1], [(name, MARK) for name in LOOKALIKES], *([(name, MARK)] for name in LOOKALIKES),
                    *([pair] for pair in GENUINE.items())]:
        response = ask(origin, pki, "audit", "/proxy", headers=headers)
        assert response.status == 200
        assert not [name for name in names_at_back_end(response) if name.startswith("cf") and name not in ("cf", "cfray", "cfx-ray")]
        assert MARK not in response.text


@pytest.mark.A25
def test_both_of_two_equal_headers_are_removed(origin, pki):
    response = ask(origin, pki, "audit", "/proxy", headers=[("CF-IPCountry", "DE"), ("cf-ipcountry", "FR"), ("CF_Ray", "a"),
                                                             ("cf_ray", "b"), ("Cf_Ray", "c"), ("X-Last", "d")])
    assert not [name for name in names_at_back_end(response) if name.startswith("cf")]
    assert "x-last" in names_at_back_end(response)


def test_requests_of_one_connection_do_not_share_headers(origin, pki):
    with Connection(origin.port, pki.leaf_a, sni="on.a.test") as connection:
        assert variables(connection.get("/cgi/env.cgi", CLOUDFLARE))["HTTP_CF_RAY"].endswith(RAY)
        seen = variables(connection.get("/cgi/env.cgi", {}))
        assert "HTTP_CF_RAY" not in seen and "CF_RAY" not in seen
        seen = variables(connection.get("/cgi/env.cgi", {"CF-IPCountry": "FR"}))
        assert seen["HTTP_CF_IPCOUNTRY"] == "FR" and "HTTP_CF_CONNECTING_IP" not in seen


@pytest.mark.A25
@each_version
def test_a_protected_directory_removes_headers_once_it_is_known(origin, pki, version):
    """In a virtual host that is Off, modules that read headers before the directory is known have seen them."""
    seen = variables(ask(origin, pki, "located", "/cgi/env.cgi", version=version))
    assert not [name for name in seen if name.startswith(("HTTP_CF_", "HTTP_TRUE_CLIENT_IP_"))]
    assert MARK not in seen.values() and "CF_RAY" not in seen
    assert seen["CF_ORIGIN"] == "unproven"


@pytest.mark.A24
def test_trailers_do_not_become_headers(origin, pki):
    with Connection(origin.port, sni="audit.a.test") as connection:
        response = connection.raw(b"POST /cgi/read.cgi HTTP/1.1\r\nHost: audit.a.test\r\nTransfer-Encoding: chunked\r\n"
                                  b"Trailer: CF-Connecting-IP\r\n\r\n1\r\nx\r\n0\r\nCF-Connecting-IP: 203.0.113.77\r\n\r\n")
        seen = variables(response)
    assert "HTTP_CF_CONNECTING_IP" not in seen and seen["REMOTE_ADDR"] == EDGE


# CFOriginPullScrub Off.

@pytest.fixture(scope="module", params=["without mod_remoteip", "with mod_remoteip", "with RemoteIPHeader"])
def unscrubbed(request, httpd, pki, backend):
    server = CGI + ("CFOriginPullRanges 127.0.0.0/9\nCFOriginPullScrub Off\nCFOriginPullClientIP verified\nProxyPass /proxy "
                    f"http://127.0.0.1:{backend.port}/\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                    + vhost("on.a.test", "CFOriginPull On") + vhost("audit.a.test", "CFOriginPull Audit")
                    + vhost("scrubbed.a.test", "CFOriginPull Audit\nCFOriginPullScrub On"))
    modules = ["proxy", "proxy_http"] + (["remoteip"] if request.param.startswith("with ") else [])
    if request.param == "with RemoteIPHeader":
        server = "RemoteIPHeader CF-Connecting-IP\n" + server
    return add_scripts(httpd(modules=CGI_MODULES + modules, server=server))


@each_version
@pytest.mark.parametrize("host, cert, source", [("audit", None, EDGE), ("audit", None, STRANGER), ("audit", "leaf_a", EDGE),
                                                ("on", "leaf_a", EDGE)])
def test_scrub_off_removes_nothing(unscrubbed, pki, host, cert, source, version):
    names = names_at_back_end(ask(unscrubbed, pki, host, "/proxy", cert, source, version))
    assert names >= {name.lower() for name, _ in SENT}


def test_scrub_off_believes_no_further_requests(unscrubbed, pki):
    seen = variables(ask(unscrubbed, pki, "audit", "/cgi/env.cgi"))
    assert seen["REMOTE_ADDR"] == EDGE and "CF_RAY" not in seen and seen["HTTP_CF_CONNECTING_IP"] == VISITOR
    seen = variables(ask(unscrubbed, pki, "on", "/cgi/env.cgi", "leaf_a"))
    assert seen["REMOTE_ADDR"] == VISITOR and seen["CF_RAY"] == RAY


def test_a_virtual_host_may_scrub_where_the_server_does_not(unscrubbed, pki):
    response = ask(unscrubbed, pki, "scrubbed", "/proxy")
    assert MARK not in response.text and VISITOR not in response.text


# Many headers.

MANY = 40000


def cpu_of(server):
    """CPU seconds used by the server's processes."""
    parent = server.process.pid
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("name", ["CF-{}", "CF_{}", "X{}-a"])
@pytest.mark.parametrize("mode", ["On", "Audit\nCFOriginPullScrub On"])
@pytest.mark.parametrize("modules", [[], ["remoteip"]], ids=["alone", "with mod_remoteip"])
def test_many_headers_cost_no_more_than_those_of_another_name(httpd, pki, name, mode, modules):
    """With LimitRequestFields 0 a client may send any number. Compares the CPU time of Cloudflare's names with that of others."""
    server = httpd(modules=modules, server="CFOriginPullRanges 127.0.0.0/9\nLimitRequestFields 0\n"
                   + vhost("shop.a.test", f"CFOriginPull {mode}\nCFOriginPullZone a.test {pki.zone_a.crt}"))
    status = 403 if mode == "On" else 200

    def cost(pattern):
        before = cpu_of(server)
        assert get(server.port, headers=[(pattern.format(i), "x") for i in range(MANY)]).status == status
        return cpu_of(server) - before

    cost("X-{}")
    assert cost(name) < 10 * cost("X-{}") + 0.5


def test_many_variables_of_a_page_cost_no_more_than_those_of_another_name(httpd, pki):
    """The parts of an SSI page inherit its CGI variables; in a protected directory, those of Cloudflare's are removed."""
    server = httpd(modules=["include"], server="CFOriginPullRanges 127.0.0.0/9\nLimitRequestFields 0\n"
                   + vhost("shop.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
                           '<Directory "{docroot}">\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>\n'
                           '<Directory "{docroot}/secret">\nCFOriginPull On\n</Directory>'))
    (server.docroot / "secret").mkdir()
    (server.docroot / "secret" / "part.shtml").write_text("the secret\n")
    (server.docroot / "page.shtml").write_text('<!--#include virtual="/secret/part.shtml" -->\n')

    def cost(pattern):
        headers = [(pattern.format(i), "x") for i in range(MANY // 2)] + [(f"X-{i}", "x") for i in range(MANY // 2)]
        before = cpu_of(server)
        response = get(server.port, "/page.shtml", headers)
        assert response.status == 200 and "the secret" not in response.text
        return cpu_of(server) - before

    cost("Y-{}")
    assert cost("CF-{}") < 10 * cost("Y-{}") + 0.5


def test_the_headers_that_are_left_of_many_are_found(httpd, pki, backend):
    """Looked up by name after others before and behind them were removed."""
    server = httpd(modules=["proxy", "proxy_http", "setenvif", "headers"], server="CFOriginPullRanges 127.0.0.0/9\nLimitRequestFields 0\n"
                   f"ProxyPass / http://127.0.0.1:{backend.port}/\n"
                   + vhost("shop.a.test", f"CFOriginPull Audit\nCFOriginPullScrub On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
                           "SetEnvIf X-Last (.*) LAST=$1\nRequestHeader set X-Found %{LAST}e env=LAST"))
    sent = [("X-First", "1")] + [(f"CF-{i}", "x") for i in range(50)] + [("Cookie", "a"), ("CF_Ray", "y"), ("X-Last", "2")]
    seen = dict(pairs(get(server.port, headers=sent).text))
    assert (seen["X-First"], seen["Cookie"], seen["X-Last"], seen["X-Found"]) == ("1", "a", "2", "2")
    assert not [name for name in seen if name.lower().startswith(("cf-", "cf_"))]


FORGED = "".join(f"{name}: 192.0.2.66\r\n" for name in ("CF-Connecting-IP", "True-Client-IP", "CF_Ray"))
MALFORMED = {  # a request that httpd itself rejects, after it has read these headers
    "no host": ("GET / HTTP/1.1", ""), "two hosts": ("GET / HTTP/1.1", "Host: shop.a.test\r\nHost: b\r\n"), "bad host": ("GET / HTTP/1.1", "Host: a/b\r\n"),
    "unknown host": ("GET / HTTP/1.1", "Host: unknown.test\r\n"), "no colon": ("GET / HTTP/1.1", "Host: shop.a.test\r\nx\r\n"),
    "expect": ("GET / HTTP/1.1", "Host: shop.a.test\r\nExpect: x\r\n"), "coding": ("POST / HTTP/1.1", "Host: shop.a.test\r\nTransfer-Encoding: x\r\n"),
    "length": ("POST / HTTP/1.1", "Host: shop.a.test\r\nContent-Length: x\r\n"), "long": ("GET / HTTP/1.1", f"Host: shop.a.test\r\nX: {'x' * 9000}\r\n"),
    "many": ("GET / HTTP/1.1", "Host: shop.a.test\r\n" + "X: y\r\n" * 200),
}


@pytest.fixture(scope="module")
def strict(httpd, pki):
    lines = f"CFOriginPullZone a.test {pki.zone_a.crt}\nCFOriginPullRanges 127.0.0.0/9\n" + LOG.replace("%U", "%s")
    return httpd(server=lines + "StrictHostCheck On\n" + vhost("shop.a.test", "CFOriginPull On")
                 + vhost("shop.a.test", "CFOriginPull On\nErrorDocument 400 /index.html\nErrorDocument 417 /index.html\n", port="{port2}")
                 + vhost("shop.a.test", "CFOriginPull Audit", port="{port3}"))


@pytest.mark.A24
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_names_no_visitor_in_a_log(strict, pki, name):
    """It has no verdict. Audit changes nothing."""
    line, more = MALFORMED[name]
    for port, seen in zip(strict.ports, ("- - -", "- - -", "192.0.2.66 192.0.2.66 192.0.2.66")):
        for cert in (None, pki.leaf_a):
            before = len((strict.dir / "seen.log").read_text())
            with Connection(port, cert) as connection:
                status = connection.raw(f"{line}\r\n{FORGED}{more}\r\n".encode()).status
            assert status in (400, 403, 417)
            log = strict.wait_for(lambda: (strict.dir / "seen.log").read_text()[before:], "a line")
            assert log.startswith(f"{seen} ")


@pytest.mark.A24
def test_a_malformed_request_of_http2_names_no_visitor_in_a_log(strict):
    for more in ([("expect", "x")], [("x", "y" * 9000)]):
        before = len((strict.dir / "seen.log").read_text())
        with H2Connection(strict.port) as connection:
            stream = connection.open([(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "shop.a.test"), ("cf-connecting-ip", "192.0.2.66"),
                                      *more], end_stream=True)
            assert connection.finish()[stream].status in (417, 431)
        assert strict.wait_for(lambda: (strict.dir / "seen.log").read_text()[before:], "a line").startswith("- - - ")


def test_variables_that_an_internal_redirect_has_renamed_are_removed(httpd, pki):
    """A script where nothing is protected leads to one where the headers count for nothing: REDIRECT_HTTP_CF_..."""
    server = add_scripts(httpd(modules=CGI_MODULES, server=CGI + "CFOriginPullRanges 127.0.0.0/9\n" + vhost("shop.a.test", f"""
        CFOriginPullZone a.test {pki.zone_a.crt}
        CFOriginPullExemptPath /cgi/env.cgi
        Alias /audited/ "{{docroot}}/cgi/"
        <Location /cgi/env.cgi>
            CFOriginPull On
        </Location>
        <Location /audited/env.cgi>
            CFOriginPull Audit
        </Location>
        """)))
    for name, path in (("local.cgi", "/cgi/env.cgi"), ("audited.cgi", "/audited/env.cgi")):
        script = server.docroot / "cgi" / name
        script.write_text(f"#!/bin/sh\nprintf 'Location: {path}\\r\\n\\r\\n'\n")
        script.chmod(0o755)
    seen = variables(get(server.port, "/cgi/local.cgi", CLOUDFLARE, sni="shop.a.test", cert=pki.leaf_a))
    assert seen["REDIRECT_HTTP_CF_CONNECTING_IP"] == seen["HTTP_CF_CONNECTING_IP"] == VISITOR
    seen = variables(get(server.port, "/cgi/local.cgi", {**CLOUDFLARE, "X-CF-Own": "own"}, sni="shop.a.test"))
    assert seen["CF_ORIGIN_REASON"] == "exempt-path" and seen["REDIRECT_HTTP_X_CF_OWN"] == "own"
    assert not [name for name in seen if "HTTP_CF_" in name]
    # Audit changes nothing.
    seen = variables(get(server.port, "/cgi/audited.cgi", CLOUDFLARE, sni="shop.a.test"))
    assert seen["CF_ORIGIN"] == "unproven" and seen["REDIRECT_HTTP_CF_CONNECTING_IP"] == VISITOR
