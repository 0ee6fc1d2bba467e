# SPDX-License-Identifier: Apache-2.0
"""Requests that few send, each of which takes a way of its own through the module: a certificate that cannot be read, the
main server, an error before the verdict, a request without a path, a page that is posted, and what other modules may do."""
import subprocess

import pytest

from apps import CGI, CGI_MODULES, add_pages, add_scripts, variables
from client import CLOUDFLARE, VISITOR, Connection, get
from pki import Certificate, openssl
from server import build_module, vhost

HTTPS = {"CF-Visitor": '{"scheme":"https"}'}
PAGES = {
    "index.html": "the page\n", "closed/part.html": "the part\n", "closed/error.html": "the error page\n",
    "multi/found.html": "found\n", "multi/pages.html": "the secret\n",
    "page.shtml": 'before <!--#include virtual="/closed/part.html" --> after\n',
    "script.shtml": '<!--#include virtual="/cgi/env.cgi" -->[<!--#if expr="%{HTTPS} == \'on\'" -->https<!--#endif -->]',
    "lead.shtml": 'before <!--#include virtual="/cgi/lead.cgi?/closed/part.html" --> after\n', "exempt/part.html": "exempt part\n",
    "exempt/out.shtml": '<!--#include virtual="/cgi/lead.cgi?/closed/part.html" -->',
    "exempt/within.shtml": '<!--#include virtual="/cgi/lead.cgi?/exempt/part.html" -->',
    "exempt/page.shtml": 'before <!--#include virtual="/closed/part.html" --> after\n',
}


@pytest.fixture(scope="module")
def namesakes(pki):
    """CAs of one name and one key; more than signatures are checked for a connection and its log lines, 32 for each."""
    key, made = pki.key("namesake"), []
    for i in range(65):
        made.append(Certificate(pki.dir / f"namesake-{i}.crt", key))
        openssl("req", "-x509", "-key", key, "-subj", "/CN=many", "-out", made[-1].crt, "-config", pki.config, "-days", "9",
                "-addext", "basicConstraints=critical,CA:TRUE")
    return made


@pytest.fixture(scope="module")
def origin(httpd, pki, namesakes):
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\n"
    on = "CFOriginPull On\n" + zone
    closed = '<Directory "{docroot}/closed">\nCFOriginPull On\n</Directory>\n'
    includes = '<Directory "{docroot}">\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\nKeptBodySize 1000\n</Directory>\n'
    ahead = ('<Directory "{docroot}/multi">\nOptions +MultiViews\nRewriteEngine On\nRewriteCond /multi/pages.html -U\n'
             'RewriteRule ^page$ /multi/found.html\n</Directory>\n<Location /multi/pages.html>\nCFOriginPull On\n</Location>\n')
    error = "ErrorDocument 400 /cgi/env.cgi\n"
    files = [pki.bundle(pki.ca(f"file-{i}"), pki.ca(f"next-{i}")) for i in range(4)]
    names = " ".join(str(name) for name in files)
    main = ("CFOriginPullRanges 127.0.0.0/9\nCFOriginPull On\n" + zone
            + "SSLEngine on\nSSLCertificateFile {pki}/server.pem\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 3\n")
    text = main + CGI + vhost("shop.a.test", on)
    text += vhost("files.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {names} sha256:{'0' * 64}\n")
    text += vhost("many.a.test", f"CFOriginPull On\nCFOriginPullZone many.a.test {pki.bundle(*namesakes[:32])}\n"
                  f"CFOriginPullZone more.a.test {pki.bundle(*namesakes[32:])}\n", aliases="more.a.test")
    text += vhost("open.a.test", "CFOriginPull Off\nMergeTrailers On\n" + zone + closed + includes + ahead)
    text += vhost("exempt.a.test", on + "CFOriginPullExemptPath /exempt\n" + includes)
    text += vhost("pages.a.test", "CFOriginPull Off\n" + zone + closed + "CFOriginPullExemptPath /closed\n"
                  "DirectoryIndex none\n" + "".join(f"ErrorDocument {status} /closed/error.html\n" for status in (400, 403, 404, 405)))
    visitor = "CFOriginPull Off\nCFOriginPullScheme visitor\nCFOriginPullRequire tunnel\nCFOriginPullTunnel 127.0.0.1\n"
    text += vhost("plain.a.test", "SSLEngine Off\n" + visitor + '<Directory "{docroot}/cgi">\nCFOriginPull On\n</Directory>\n' + includes,
                  port="{port3}", tls=False)
    for i, lines in enumerate((on, "CFOriginPull Audit\n" + zone + '<Directory "{docroot}/cgi">\nCFOriginPull On\n</Directory>\n')):
        text += vhost("shop.a.test", lines + error, address=f"127.0.0.{2 + i}")
    listen = ["127.0.0.1:{port}", "127.0.0.2:{port}", "127.0.0.3:{port}", "127.0.0.1:{port2}", "127.0.0.1:{port3}"]
    modules = [*CGI_MODULES, "remoteip", "include", "request", "negotiation", "rewrite"]
    server = add_scripts(add_pages(httpd(modules=modules, server=text, listen=listen), PAGES))
    script = server.docroot / "cgi/lead.cgi"
    script.write_text('#!/bin/sh\nprintf "Location: $QUERY_STRING\\n\\n"\n')
    script.chmod(0o755)
    return server


def line(origin, path, host, cert=None, status=403):
    assert get(origin.port, path, CLOUDFLARE, sni=f"{host}.a.test", cert=cert).status == status
    return origin.wait_event(uri=path)


@pytest.mark.parametrize("tls", ["-tls1_2", "-tls1_3"])
def test_a_certificate_that_cannot_be_read_is_unknown(origin, pki, tls):
    """mod_ssl accepts it, and it is one of the zone. Python's client does not present it."""
    odd = pki.issue("odd", pki.zone_a, extensions="basicConstraints=DER:01:02:03\n")
    request = f"GET /?odd{tls} HTTP/1.0\r\nHost: shop.a.test\r\n\r\n"
    answer = subprocess.run(["openssl", "s_client", "-quiet", tls, "-connect", f"127.0.0.1:{origin.port}", "-servername", "shop.a.test",
                             "-cert", odd.crt, "-key", odd.key], input=request.encode(), capture_output=True, timeout=60, check=False)
    assert b" 403 " in answer.stdout.splitlines()[0], answer
    event = origin.wait_event(uri=f"/?odd{tls}")
    assert (event["reason"], event["hint"]) == ("cert-unknown", "its extensions cannot be read")


def test_the_hint_names_no_more_than_three_files(origin, pki):
    event = line(origin, "/?files", "files", pki.rogue)
    assert event["reason"] == "cert-unknown"
    assert event["hint"].partition("(its files: ")[2].count(".pem") == 3


def test_the_hint_says_that_no_more_signatures_are_checked(origin, pki):
    bare = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n"
    stranger = pki.issue("of-many", pki.ca("another", subject="/CN=many"), extensions=bare)
    with Connection(origin.port, stranger, sni="many.a.test") as connection:
        for host in ("many.a.test", "more.a.test"):
            assert connection.get(f"/?{host}", CLOUDFLARE, host=host).status == 403
    first, second = (origin.wait_event(uri=f"/?{host}.a.test") for host in ("many", "more"))
    assert first["reason"] == second["reason"] == "cert-unknown"
    assert "neither the CA certificate that issued it" in first["hint"] and "too many CA certificates" in second["hint"]


def test_the_main_server_has_its_zone_for_every_host(origin, pki):
    for cert, status in ((pki.leaf_a, 200), (pki.rogue, 403), (None, 403)):
        assert get(origin.ports[1], "/", CLOUDFLARE, sni="any.a.test", cert=cert).status == status
    assert get(origin.ports[1], "/?main", CLOUDFLARE, sni="any.b.test", cert=pki.leaf_b).status == 403
    assert origin.wait_event(uri="/?main")["reason"] == "zone-unknown"


@pytest.mark.parametrize("address", ["127.0.0.2", "127.0.0.3"], ids=["On", "On in the directory"])
def test_an_error_of_mod_ssl_starts_no_script(origin, address):
    """Plain HTTP on a port for TLS."""
    with Connection(origin.port, sni="shop.a.test", plain=True, address=address) as connection:
        response = connection.get("/", CLOUDFLARE)
    assert response.status == 400 and "REMOTE_ADDR" not in response.text and "CF_ORIGIN" not in response.text


@pytest.mark.parametrize("data", [
    b"CONNECT %b:443 HTTP/1.1\r\nHost: %b\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: %b\r\n\r\n",
    b"GET http://%b HTTP/1.1\r\nHost: %b\r\n\r\n", b"GET http://%b?x HTTP/1.1\r\nHost: %b\r\n\r\n",
    b"PURGE * HTTP/1.1\r\nHost: %b\r\n\r\n",
], ids=lambda data: data.split(b" HTTP")[0].decode())
def test_a_request_without_a_path_is_not_exempt(origin, data):
    """Nor is the error page that it leads to."""
    for host in (b"exempt.a.test", b"pages.a.test"):
        with Connection(origin.port, sni=host.decode()) as connection:
            response = connection.raw(data.replace(b"%b", host))
        assert (response.status >= 400 or data.startswith(b"OPTIONS")) and "the error page" not in response.text
    assert "the error page" in get(origin.port, "/none", sni="pages.a.test").text


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", b"a=b")])
def test_a_page_that_is_posted_is_served_without_its_closed_part(origin, pki, method, body):
    """With KeptBodySize, mod_include posts to the parts too. A subrequest by POST ends an exemption."""
    def ask(host, path, cert=None):
        with Connection(origin.port, cert, sni=f"{host}.a.test") as connection:
            response = connection.get(path, CLOUDFLARE, method=method, body=body)
        assert response.status == 200
        return "the part" in response.text

    assert not ask("open", "/page.shtml") and ask("open", "/page.shtml", pki.leaf_a)
    assert ask("exempt", "/exempt/page.shtml") == (method == "GET")


def test_a_part_may_be_led_to_a_closed_one(origin, pki):
    """By the local redirect of a script that the page includes."""
    for cert, expected in ((None, False), (pki.leaf_a, True)):
        answer = get(origin.port, "/lead.shtml", CLOUDFLARE, sni="open.a.test", cert=cert)
        assert answer.status == 200 and "before" in answer.text and ("the part" in answer.text) == expected
    assert "the part" not in get(origin.port, "/exempt/out.shtml", CLOUDFLARE, sni="exempt.a.test").text
    assert "exempt part" in get(origin.port, "/exempt/within.shtml", CLOUDFLARE, sni="exempt.a.test").text


def test_what_begins_like_a_name_is_no_variant_of_it(origin, pki):
    """A look-ahead from /multi/page, which has no variant, to /multi/pages.html."""
    for cert, status in ((None, 404), (pki.leaf_a, 200)):
        assert get(origin.port, "/multi/page", CLOUDFLARE, sni="open.a.test", cert=cert).status == status
    events = origin.wait_for(lambda: [event for event in origin.events("CFO0111") if event["uri"] == "/multi/page"], "its line")
    assert [event["path"] for event in events] == ["/multi/pages.html"]


def test_the_scheme_of_a_part_is_not_that_of_the_page(origin):
    """The page is not judged, but the script in it is; mod_ssl is asked about the connection of both."""
    with Connection(origin.ports[2], sni="plain.a.test", plain=True) as connection:
        for headers, lines in ((HTTPS, ["HTTPS=on"]), ({}, [])):
            answer = connection.get("/script.shtml", headers).text
            assert [line for line in answer.splitlines() if line.startswith("HTTPS=")] == lines
            assert "CF_ORIGIN=tunnel" in answer and answer.rstrip().endswith("[]")


OTHER_MODULE = """
#include <http_connection.h>
#include <http_request.h>

static int answer_early(request_rec *r)
{
    return !r->prev && !strcmp(r->uri, "/early") ? HTTP_BAD_REQUEST : DECLINED;
}

static int answer_late(request_rec *r)
{
    return !r->prev && !strcmp(r->uri, "/late") ? HTTP_GONE : DECLINED;
}

static int read_request(conn_rec *c)
{
    request_rec *r;

    if (strcmp(c->base_server->server_hostname, "unread.a.test"))
        return DECLINED;
    r = ap_read_request(c);
    if (r)
        ap_process_request(r);
    return OK;
}
"""
OTHER_HOOKS = """
    static const char *const before[] = { "mod_remoteip.c", NULL };

    ap_hook_post_read_request(answer_early, NULL, before, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(answer_late, NULL, NULL, APR_HOOK_LAST);
    ap_hook_process_connection(read_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
"""


@pytest.fixture(scope="module")
def hurried(httpd, pki, scratch):
    """With a module that answers, or reads requests, before this one knows enough."""
    load = build_module(scratch, "hurried", OTHER_HOOKS, "http_protocol.h", OTHER_MODULE)
    zone = f"CFOriginPullZone a.test {pki.zone_a.crt}\nErrorDocument 400 /cgi/env.cgi\n"
    text = load + CGI + "CFOriginPullRanges 127.0.0.0/9\nCustomLog {dir}/seen.log \"%U %{CF-Connecting-IP}i\"\n"
    for name, lines in (("on", "CFOriginPull On\n"), ("audit", "CFOriginPull Audit\n"), (
            "directory", 'CFOriginPull Audit\n<Directory "{docroot}/cgi">\nCFOriginPull On\n</Directory>\n')):
        text += vhost(f"{name}.a.test", lines + zone)
    text += vhost("unread.a.test", "CFOriginPull On\nCFOriginPullScheme visitor\n" + zone, address="127.0.0.2", tls=False)
    text += vhost("balanced.a.test", "CFOriginPull Audit\nCFOriginPullScrub On\nCFOriginPullProxyProtocol 127.0.0.0/8\n"
                  "RemoteIPProxyProtocol On\n" + zone, address="127.0.0.3")
    listen = [f"127.0.0.{i}:{{port}}" for i in (1, 2, 3)]
    return add_scripts(httpd(modules=[*CGI_MODULES, "remoteip"], server=text, listen=listen))


@pytest.mark.parametrize("cert", [None, "leaf_a"])
@pytest.mark.parametrize("host, runs", [("on", False), ("directory", False), ("audit", True)])
def test_what_is_answered_before_the_verdict_has_none(hurried, pki, host, runs, cert):
    """Even with a certificate it is not proved: nothing was checked."""
    answer = get(hurried.port, "/early", CLOUDFLARE, sni=f"{host}.a.test", cert=cert and getattr(pki, cert))
    assert answer.status == 400 and ("REMOTE_ADDR=127.0.0.1" in answer.text) == runs
    assert ("CF_ORIGIN=unproven" in answer.text) == runs and ("CF_ORIGIN_REASON=unjudged" in answer.text) == runs


def test_what_is_answered_between_the_verdict_and_the_gates_keeps_it(hurried, pki):
    for cert, visitor in ((pki.leaf_a, VISITOR), (None, "-")):
        before = len((hurried.dir / "seen.log").read_text())
        assert get(hurried.port, "/late", CLOUDFLARE, sni="on.a.test", cert=cert).status == 410
        assert hurried.wait_for(lambda: (hurried.dir / "seen.log").read_text()[before:], "a line") == f"/late {visitor}\n"


def test_a_connection_of_which_nothing_is_known_proves_nothing(hurried):
    with Connection(hurried.port, sni="unread.a.test", plain=True, address="127.0.0.2") as connection:
        assert connection.get("/?unread", CLOUDFLARE).status == 403
    event = hurried.wait_event(uri="/?unread")
    assert (event["code"], event["reason"], event["cert"], event["edge"]) == ("CFO0001", "not-tls", "-", "127.0.0.1")


def test_under_audit_headers_are_removed_and_mod_remoteip_is_waited_for(hurried, pki):
    """The edge is what the balancer names, but the client address stays that of mod_remoteip."""
    prefix = b"PROXY TCP4 198.51.100.9 192.0.2.1 4711 443\r\n"
    with Connection(hurried.port, pki.rogue, sni="balanced.a.test", address="127.0.0.3", prefix=prefix) as connection:
        seen = variables(connection.get("/cgi/env.cgi", CLOUDFLARE))
    assert (seen["REMOTE_ADDR"], seen["CF_ORIGIN_EDGE"], seen["CF_ORIGIN"]) == ("198.51.100.9", "198.51.100.9", "unproven")
    assert not [name for name in seen if name.startswith("HTTP_CF")]
