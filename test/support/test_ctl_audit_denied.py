# SPDX-License-Identifier: Apache-2.0
"""cf-originctl audit: requests that were proved and then answered 403 or 421 by httpd's other modules."""
import datetime
import json
import subprocess

import pytest

from client import CLOUDFLARE, Connection, H2Connection, get
from logs import NOON, RAY, admitted, in_json, line, message, stamp
from originctl import CTL, NO, OK, ctl, ctl_json
from server import vhost

SECOND = datetime.timedelta(seconds=1)
ROOT_FOLDER = "/var/www/html"


def denied(path="/", code="AH01630", module=None, thread="140", client="192.0.2.1:4711", at=NOON, root=ROOT_FOLDER, process="7",
           what="client", tail=""):
    """What an access rule logs."""
    module = module or {"AH01630": "authz_core", "AH01797": "access_compat"}[code]
    return (f"{stamp(at)} [{module}:error] [pid {process}:tid {thread}] [{what} {client}] {code}: client denied by server "
            f"configuration: {root}{path}{tail}")


def misdirected(host="shop.a.test", sni="a.test", client="172.68.1.2:1234", via="provided via SNI"):
    return (f"{stamp()} [ssl:error] [pid 7:tid 9] [client {client}] AH02032: Hostname {sni} {via} and hostname {host} provided via HTTP "
            "have no compatible SSL setup for policy 'secure'")


def readiness(*args):
    answer, written = ctl_json("audit", *args)
    assert answer.code == OK
    assert ctl("audit", "--ready", *args).code == (OK if written["readiness"]["answer"] == "yes" else NO)
    return written, written["readiness"]


def counts(*args):
    found = readiness(*args)[1]
    return found["denied"], found["denied_expected"]


@pytest.mark.parametrize("code, module", [("AH01630", "authz_core"), ("AH01797", "access_compat")])
def test_a_proved_request_that_another_rule_refuses_is_counted(log, code, module):
    lines = [denied("/shop/", code), admitted(uri="/shop/?a=1")] * 3
    written, found = readiness(log(*lines, admitted()))
    assert (found["answer"], found["denied"], found["proven"], found["admitted"]) == ("no", 3, 4, 4)
    assert "3 requests that were admitted as proved got status 403" in found["why"][0]
    assert "3 x /shop/ at shop.a.test:443" in found["why"][0] and ".htaccess" in found["why"][0]
    (row,) = written["denied"]["rows"]
    assert (row["name"], row["subject"], row["denied"], row["examples"][0]["what"]) == ("/shop/", "shop.a.test:443", 3, "/shop/?a=1")
    assert written["vhosts"]["rows"][0]["denied"] == 3
    output = ctl("audit", log(*lines, admitted())).out
    assert "proved, then 403 by another rule, by path\n  /shop/ \"shop.a.test:443\": 3 admitted; 3 proved, then 403 by another rule" in output


def test_if_few_are_refused_the_rule_may_be_meant_and_readiness_is_unknown(log):
    path = log(denied("/xmlrpc.php"), admitted(uri="/xmlrpc.php"), *[admitted()] * 9)
    found = readiness(path)[1]
    assert (found["answer"], found["denied"]) == ("unknown", 1) and "--ignore /path" in found["why"][0]
    found = readiness(path, "--ignore", "/xmlrpc.php")[1]
    assert (found["answer"], found["denied"], found["denied_expected"]) == ("yes", 1, 1)


@pytest.mark.parametrize("uri", ["/.env", "/.git/config", "/a/.htpasswd", "/%2Ehtaccess", "/.ssh"])
def test_files_that_nobody_should_get_do_not_matter(log, uri):
    path = log(denied(uri.replace("%2E", ".")), admitted(uri=uri))
    found = readiness(path)[1]
    assert (found["answer"], found["denied"], found["denied_expected"]) == ("yes", 1, 1)
    assert "files with a leading dot" in found["notes"][0]


def test_a_tunnelled_request_counts_and_others_do_not(log):
    tunnel = admitted(reason="tunnel", cert="-", cert_zone="-", zone="-")
    assert counts(log(denied(), tunnel)) == (1, 0)
    assert counts(log(denied(), admitted(reason="exempt-address", cert="-", cert_zone="-"))) == (0, 0)
    assert counts(log(denied(), line())) == (0, 0)
    assert counts(log(denied(), line(code="CFO0001 refused", cert_zone="a.test"))) == (0, 0)


@pytest.mark.parametrize("first, then, is_joined", [
    ({}, {}, True),
    ({"thread": "141"}, {}, True),                                      # HTTP/2: the same client and path
    ({"what": "remote"}, {}, True),                                     # the same
    ({"path": "/elsewhere"}, {}, True),                                 # HTTP/1.1 with an Alias: the same thread
    ({"path": "/elsewhere", "thread": "141"}, {}, False),
    ({"client": "192.0.2.1:4712"}, {}, False), ({"process": "8"}, {}, False),
    ({"root": "proxy:http://127.0.0.1:8080", "thread": "141"}, {}, True),
    ({"path": "/a b", "thread": "141"}, {"uri": "/a%20b?c"}, True),
    ({"path": "/a", "thread": "141"}, {"uri": "/a/"}, True), ({"path": "/a/", "thread": "141"}, {"uri": "/a"}, True),
    ({"path": "/xa", "thread": "141"}, {"uri": "/a"}, False),
    ({"path": "/x", "thread": "141"}, {"uri": "/"}, False),
    ({"path": "/", "tail": ", referer: https://a.test/", "thread": "141"}, {}, True),
    ({"at": NOON - 4 * SECOND}, {}, True), ({"at": NOON - 30 * SECOND}, {}, False), ({"at": NOON + 4 * SECOND}, {}, False),
])
def test_the_two_lines_of_a_request_are_joined(log, first, then, is_joined):
    assert counts(log(denied(**first), admitted(**then)))[0] == is_joined


def test_one_request_is_counted_once_and_each_of_many_at_once(log):
    assert counts(log(denied(), denied("/error/403.html"), admitted()))[0] == 1
    assert counts(log(denied(), admitted(), admitted()))[0] == 1
    many = [denied(f"/{i}", thread=str(i), client=f"192.0.2.1:{i}") for i in range(100)]
    ends = [admitted(uri=f"/{i}").replace("tid 140", f"tid {1000 + i}").replace(":4711", f":{i}") for i in range(100)]
    assert counts(log(*many, *ends))[0] == 100
    assert counts(log(*many, *reversed(ends)))[0] == 100


def test_more_refusals_at_once_than_are_kept_give_up_the_oldest(log):
    many = [denied(f"/{i}", thread=str(i), client=f"192.0.2.1:{i}") for i in range(200)]
    ends = [admitted(uri=f"/{i}").replace("tid 140", f"tid {i}").replace(":4711", f":{i}") for i in range(200)]
    assert counts(log(*many, *ends))[0] == 128


WITH_RAY = f"{stamp()} [authz_core:error] [pid 9:tid 5] [client 203.0.113.9:0] [{RAY}] AH01630: client denied by server configuration: /x"


@pytest.mark.parametrize("shape", [
    lambda text, module: f"{stamp()} [{module}:error] [pid 7] [client 192.0.2.1:5] {text}",             # prefork
    lambda text, module: f"{stamp()} [{module}:error] [pid 7:tid 8] [client 192.0.2.1:5] [ray {RAY}] {text}",
    lambda text, module: in_json(f"{stamp()} [{module}:error] [pid 7:tid 8] [client 192.0.2.1:5] {text}"),
    lambda text, module: json.dumps({"time": "2026-01-31 12:00:00", "module": module, "pid": "7", "client": "192.0.2.1:5", "message": text}),
    lambda text, module: f"<131>Jan 31 12:00:00 web httpd[12]: [{module}:error] [pid 7:tid 8] [client 192.0.2.1:5] {text}",
    lambda text, module: f"2026-01-31 12:00:00.5\t{module}\terror\t7\t192.0.2.1:5\t{text}",
    lambda text, module: text,
], ids=["prefork", "with a ray", "container", "jq", "syslog", "tabs", "bare"])
def test_lines_in_other_forms_are_joined(log, shape):
    refusal = shape("AH01630: client denied by server configuration: /var/www/html/x", "authz_core")
    assert counts(log(refusal, shape(message("CFO0003 admitted", "verified", uri="/x"), "cf_origin")))[0] == 1


def test_the_log_id_joins_lines_of_different_threads_and_addresses(log):
    assert counts(log(WITH_RAY, admitted()))[0] == 1
    assert counts(log(WITH_RAY, admitted(ray="230b030023ae2823-SJC")))[0] == 0


@pytest.mark.parametrize("forged", [
    denied(module="cgi"), denied(module="php"), denied(module="cf_origin"), denied(code="AH01630", module="access_compat"),
    denied().replace("AH01630: ", ""), denied().replace("AH01630", "AH01631"), "client denied by server configuration: /",
])
def test_text_that_a_client_made_another_module_log_is_no_refusal(log, forged):
    assert counts(log(forged, admitted())) == (0, 0)


def test_a_referer_cannot_make_an_admitted_request_look_refused(log):
    tail = " client_ip=rewritten, referer: AH01630: client denied by server configuration: /"
    written, found = readiness(log(admitted(tail=tail), admitted()))
    assert (found["denied"], written["lines"]) == (0, 2)


def test_without_lines_of_admitted_requests_it_cannot_be_known(log):
    found = readiness(log(denied(process="8"), denied("/x", process="8"), line()))[1]
    assert found["answer"] == "unknown" and found["denied"] == 0
    assert "2 requests got status 403 from another access rule" in " ".join(found["notes"])


def test_filters_apply_to_the_request(log):
    path = log(denied(), admitted(vhost="b.test:443"), admitted())
    assert counts(path, "--vhost", "b.test")[0] == 1 and counts(path, "--vhost", "shop.a.test")[0] == 0
    assert counts(path, "--since", "2030-01-01")[0] == 0


def test_a_line_at_the_border_of_a_buffer_is_found(log):
    lines = [denied("/" + "x" * 900), admitted(uri="/" + "x" * 900)] * 700
    assert counts(log(*lines))[0] == 700
    done = subprocess.run([CTL, "audit", "--ready", "--json", "-"], input="\n".join(lines).encode(), capture_output=True, timeout=60)
    assert json.loads(done.stdout)["readiness"]["denied"] == 700


# 421.

@pytest.mark.parametrize("client, is_edge", [("172.68.1.2:1", True), ("2606:4700::1:443", True), ("198.51.100.7:1", False),
                                             ("10.9.8.7:1", False), ("2001:db8::1:443", False)])
def test_421_for_cloudflares_addresses_prevents_readiness(log, client, is_edge):
    written, found = readiness(log(admitted(), misdirected(client=client)))
    assert found["answer"] == ("no" if is_edge else "yes") and found["misdirected"] == 1
    (row,) = written["misdirected"]["rows"]
    assert (row["name"], row["misdirected"], row["from_edge"], row["direct"]) == ("a.test shop.a.test", 1, is_edge, not is_edge)
    if is_edge:
        assert "1 request from Cloudflare's addresses got status 421 from mod_ssl (AH02032): shop.a.test (SNI a.test)" in found["why"][0]
    else:
        assert "1 request from other addresses got status 421" in found["notes"][0]
    assert written["lines"] == 1


@pytest.mark.parametrize("shape", [
    '{{"time": "2026-01-31 12:00:00", "module": "ssl", "pid": "7", "tid": "9", "client": "172.68.1.2:1234", "message": "{}"}}',
    '{{"module":"ssl","client_ip":"172.68.1.2","message":"{}"}}', '{{"module": "ssl", "clientip": "172.68.1.2", "message": "{}"}}',
    '{{"module":"ssl","remote":"172.68.1.2:1234","message":"{}"}}', '{{"module": "ssl", "remote_ip": "172.68.1.2", "message": "{}"}}',
    '{{"module": "ssl", "remote_addr": "172.68.1.2", "message": "{}"}}',
    "Jan 31 12:00:00 web apache2[7]: [ssl:error] [pid 7:tid 9] [remote 172.68.1.2:1234] {}"])
def test_the_peer_of_a_421_is_found_in_other_forms(log, shape):
    text = misdirected().partition("AH02032")
    assert readiness(log(admitted(), shape.format(text[1] + text[2])))[1]["answer"] == "no"


@pytest.mark.parametrize("other", [admitted(edge="10.9.8.7"), line(edge="10.9.8.7", edge_known="yes")])
def test_an_address_from_whose_network_others_came_through_cloudflare_is_cloudflares(log, other):
    lines = [admitted(), other, misdirected(client="10.9.8.9:1")]
    for order in (lines, lines[::-1]):
        assert readiness(log(*order))[1]["answer"] == "no"
    assert readiness(log(admitted(), line(edge="10.9.8.7"), misdirected(client="10.9.8.9:1")), "--ignore", "10.9.8.7")[1]["answer"] == "yes"


def test_421_without_sni_and_for_another_virtual_host(log):
    path = log(admitted(), misdirected(via="(default host as no SNI was provided)"))
    assert "shop.a.test (SNI a.test)" in readiness(path)[1]["why"][0]
    for name, number in (("shop.a.test", 1), ("shop.a.test:443", 1), ("A.test", 1), ("b.test", 0), ("shop", 0)):
        assert readiness(path, "--vhost", name)[1]["misdirected"] == number


@pytest.mark.parametrize("forged", [misdirected().replace("[ssl:", "[cgi:"), misdirected().replace("AH02032: ", "")])
def test_text_that_looks_like_421_is_not(log, forged):
    assert readiness(log(admitted(), forged))[1]["misdirected"] == 0


# Whether address and headers were rehearsed.

def test_a_note_reminds_of_the_rehearsal_if_audit_changed_nothing(log):
    off = readiness(log(admitted(tail=" client_ip=off")))[1]
    assert off["answer"] == "yes" and "CFOriginPullClientIP verified" in off["notes"][0]
    tunnel = {"reason": "tunnel", "cert": "-", "subject": "-", "cert_zone": "-", "edge": "127.0.0.1", "edge_known": "no"}
    off = readiness(log(admitted(tail=" client_ip=off", **tunnel)))[1]
    assert off["answer"] == "yes" and "CFOriginPullClientIP verified" in off["notes"][0]
    for path in (log(admitted()), log(admitted(**tunnel))):
        assert not [note for note in readiness(path)[1]["notes"] if "CFOriginPullClientIP" in note]


# A real httpd.

RULES = """CFOriginPull {mode}
CFOriginPullClientIP {client_ip}
<Location "/edge">
    Require ip 127.0.0.0/8
</Location>
<Location "/old">
    Order deny,allow
    Deny from all
</Location>
<Location "/.env">
    Require all denied
</Location>
"""


@pytest.mark.parametrize("mode, client_ip, number", [("On", "verified", 2), ("Audit", "verified", 2), ("Audit", "off", 1)])
@pytest.mark.parametrize("log_format", ["", 'ErrorLogFormat "[%{u}t] [%-m:%l] [pid %P:tid %T] [client\\ %a] [id\\ %L] %M"\nCFOriginPullLogID On\n'])
def test_a_real_httpds_lines_are_joined(httpd, pki, mode, client_ip, number, log_format):
    rules = RULES.replace("{mode}", mode).replace("{client_ip}", client_ip)
    server = httpd(modules=["access_compat"], server=f"{log_format}CFOriginPullRanges 127.0.0.0/9\n"
                   + vhost("other.b.test", verify=None)
                   + vhost("shop.a.test", f"CFOriginPullZone a.test {pki.zone_a.crt}\n{rules}"))
    paths = ["/", "/edge", "/old", "/.env", "/edge", "/"]
    for protocol in (Connection, H2Connection) if client_ip == "off" or not log_format else (Connection,):
        with protocol(server.port, pki.leaf_a) as connection:
            for path in paths:
                connection.get(path, CLOUDFLARE)
    with Connection(server.port, pki.leaf_a) as connection:
        assert connection.get("/", CLOUDFLARE, host="other.b.test").status == 421
    get(server.port, "/the-end", sni="shop.a.test", cert=pki.leaf_a)
    server.wait_event(uri="/the-end")
    written, found = readiness(server.dir / "error.log")
    rounds = sum("CFO0003" in x and 'uri="/old"' in x for x in server.log().splitlines())
    edge = 2 * (number - 1)
    assert (found["denied"], found["denied_expected"], found["misdirected"]) == ((2 + edge) * rounds, rounds, 1)
    assert {row["name"] for row in written["denied"]["rows"]} == {"/old", "/.env"} | ({"/edge"} if edge else set())
    assert found["answer"] == "no" and "got status 421" in " ".join(found["why"])
