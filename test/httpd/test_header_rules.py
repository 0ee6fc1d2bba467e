# SPDX-License-Identifier: Apache-2.0
"""Access rules that require a header of Cloudflare's (CFO0241) or a client certificate that mod_ssl verified (CFO0242). As
in test_access_rules.py, each case is a virtual host, checked and served with CFOriginPull Off and On."""
import pytest

from checking import MODULES, by_host, checked, codes, location, rewrite, zone_file  # noqa: F401
from client import CLOUDFLARE, STRANGER, VISITOR, get
from server import vhost
from test_access_rules import REFUSE
from test_check import make

HEADERS = {**CLOUDFLARE, "CF-IPCountry": "DE", "CF-Visitor": '{"scheme":"https"}'}

# Only whether there is a header: reported in any case.
PRESENCE = {
    "country-empty": rewrite("RewriteCond %{HTTP:CF-IPCountry} ^$\n" + REFUSE),
    "ip-equals-nothing": rewrite('RewriteCond %{HTTP:CF-Connecting-IP} =""\n' + REFUSE),
    "not-some": rewrite("RewriteCond %{HTTP:CF-Ray} !.\n" + REFUSE),
    "not-some-plus": rewrite("RewriteCond %{HTTP:CF-RAY} !^.+$\nRewriteRule .* - [F,L]"),
    "or-another": rewrite("RewriteCond %{HTTP:CF-Connecting-IP} ^$ [OR]\nRewriteCond %{HTTP:CF-Ray} ^$\n" + REFUSE),
    "true-client": rewrite("RewriteCond %{HTTP:True-Client-IP} ^$\n" + REFUSE),
    "pattern-of-rays": rewrite("RewriteCond %{HTTP:CF-Ray} !^[0-9a-f]{16}-[A-Z]{3}$\n" + REFUSE),
    "pattern-of-addresses": rewrite("RewriteCond %{HTTP:CF-Connecting-IP} !^[0-9a-f.:]+$\n" + REFUSE),
    "let-through": rewrite("RewriteCond %{HTTP:CF-Ray} .\nRewriteRule ^ - [L]\n" + REFUSE),
    "expr-condition": rewrite("RewriteCond expr \"-z %{HTTP:CF-Connecting-IP}\"\n" + REFUSE),
    "csh-style": rewrite("RewriteCond X%{HTTP:CF-Ray}X ^XX$\n" + REFUSE),
    "not-found": rewrite("RewriteCond %{HTTP:CF-Ray} ^$\nRewriteRule ^ - [R=404,L]"),
    "redirect-back": rewrite("RewriteCond %{HTTP:CF-Connecting-IP} ^$\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=302,L]"),
    "require-expr": location("Require expr \"-n %{HTTP:CF-Ray}\""),
    "require-req": location("Require expr \"-n req('CF-Connecting-IP')\""),
    "require-http": location("Require expr \"http('CF-Ray') =~ /./\""),
    "require-not-empty": location("Require expr \"%{HTTP:CF-Connecting-IP} != ''\""),
    "require-env": "SetEnvIf CF-Connecting-IP . via_cloudflare\n" + location("Require env via_cloudflare"),
    "require-env-pattern": 'SetEnvIfNoCase ^CF-Ray "^.+$" cf=1\n' + location("Require env cf"),
    "allow-env": "SetEnvIf CF-Ray .+ cf\n" + location("Order deny,allow\nDeny from all\nAllow from env=cf"),
    "deny-env": "SetEnvIf CF-Ray ^$ direct\n" + location("Order allow,deny\nAllow from all\nDeny from env=direct"),
    "env-expr": "SetEnvIfExpr \"-n %{HTTP:CF-Ray}\" cf\n" + location("Require env cf"),
    "if-denied": "<If \"-z %{HTTP:CF-Connecting-IP}\">\nRequire all denied\n</If>",
    "if-quotes": "<If \"%{HTTP:CF-Ray} == ''\">\nRequire all denied\n</If>",
    "else-denied": "<If \"-n %{HTTP:CF-Ray}\">\nRequire all granted\n</If>\n<Else>\nRequire all denied\n</Else>",
    "if-redirect": "<If \"-z %{HTTP:CF-Ray}\">\nRedirect 403 /\n</If>",
    "ssl-require": location('SSLRequire %{HTTP:CF-Ray} ne ""'),
}
# A list of values that the empty one is not in: refuses only requests whose headers are removed.
VALUE = {
    "countries": rewrite("RewriteCond %{HTTP:CF-IPCountry} !^(DE|AT|CH)$\n" + REFUSE),
    "countries-expr": location("Require expr \"%{HTTP:CF-IPCountry} in {'DE', 'AT'}\""),
    "countries-env": "SetEnvIf CF-IPCountry ^(DE|AT)$ at_home\n" + location("Require env at_home"),
    "admin-address": rewrite(f"RewriteCond %{{HTTP:CF-Connecting-IP}} !={VISITOR}\n" + REFUSE),
    "countries-if-gone": "<If \"%{HTTP:CF-IPCountry} !~ /^(DE|AT)$/\">\nRedirect gone /\n</If>",
    "admin-if": f"<If \"%{{HTTP:CF-Connecting-IP}} != '{VISITOR}'\">\nRequire all denied\n</If>",
}
NO_GATE = {
    "country-block": rewrite("RewriteCond %{HTTP:CF-IPCountry} ^(CN|RU|T1)$\n" + REFUSE),
    "country-redirect": rewrite("RewriteCond %{HTTP:CF-IPCountry} !^DE$\nRewriteCond %{REQUEST_URI} !^/index\nRewriteRule ^ /en/ [R]"),
    "country-absent": rewrite("RewriteCond %{HTTP:CF-IPCountry} ^$\nRewriteCond %{REQUEST_URI} ^/de/\nRewriteRule ^ /en/ [R]"),
    "https-redirect-not": rewrite("RewriteCond %{HTTPS} off\nRewriteCond %{HTTP:CF-Visitor} !https\nRewriteRule ^ https://x.test/ [R=301,L]"),
    "country-block-if": "<If \"%{HTTP:CF-IPCountry} == 'CN'\">\nRequire all denied\n</If>",
    "country-block-env": "SetEnvIf CF-IPCountry CN block\n" + location("Order allow,deny\nAllow from all\nDeny from env=block"),
    "country-block-none": "SetEnvIf CF-IPCountry CN block\n" + location("<RequireAll>\nRequire all granted\nRequire not env block\n"
                                                                      "</RequireAll>"),
    "https-redirect": rewrite('RewriteCond %{HTTP:CF-Visitor} \'"scheme":"http"\'\nRewriteRule ^ https://x.test/ [R=301,L]'),
    "for-logs": "SetEnvIf CF-IPCountry (.+) country=$1\nLogFormat %{CF-Ray}i x",
    "headers": 'RequestHeader set X-Country "%{CF-IPCountry}i"\nHeader set X-Ray "expr=%{HTTP:CF-Ray}"',
    "other-header": rewrite("RewriteCond %{HTTP:X-Secret} !^abc$\n" + "RewriteRule ^nowhere - [F]"),
    "loop-header": rewrite("RewriteCond %{HTTP:CDN-Loop} cloudflare\nRewriteRule ^nowhere - [F]"),
    "only-env": rewrite("RewriteCond %{HTTP:CF-Ray} ^$\nRewriteRule ^ - [E=direct:1]"),
    "granted-anyway": location("Require expr \"-n %{HTTP:CF-Ray}\"\nRequire all granted"),
    "verdict": location("Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel', 'exempt'}\""),
    "verdict-rewrite": rewrite("RewriteCond %{ENV:CF_ORIGIN} !^(verified|tunnel|exempt)$\n" + REFUSE),
    "verdict-if": "<If \"! %{reqenv:CF_ORIGIN} in {'verified', 'tunnel', 'exempt'}\">\nRequire all denied\n</If>",
}
CASES = {**PRESENCE, **VALUE, **NO_GATE}
ZONE = "CFOriginPullRanges builtin 127.0.0.0/9\nCFOriginPullZone a.test {pki}/zone-a.pem\n"


def configuration(policy, cases):
    return ZONE + "".join(vhost(f"{name}.a.test", f"{policy}\n{text}") for name, text in cases.items())


@pytest.mark.parametrize("policy, presence, value", [
    ("CFOriginPull On", "notice", None),
    ("CFOriginPull Audit", "notice", None),
    ("CFOriginPull On\nCFOriginPullExemptFrom 192.0.2.1", "warn", "warn"),
    ("CFOriginPull On\nCFOriginPullExemptPath /x/", "warn", "warn"),
    ("CFOriginPull Audit\nCFOriginPullScrub On", "warn", "warn"),
    ("CFOriginPull Audit\nCFOriginPullScrub Off", "notice", None),
    ("CFOriginPull Off", None, None)])
def test_a_rule_that_requires_a_header_is_found(scratch, pki, policy, presence, value):
    found = codes(checked(scratch, pki, configuration(policy, CASES)))
    expected = {**{name: [("CFO0241", presence)] for name in PRESENCE if presence},
                **{name: [("CFO0241", value)] for name in VALUE if value}}
    assert {name: found.get(name, []) for name in CASES if found.get(name) != expected.get(name)} == {}


@pytest.fixture(scope="module")
def served(httpd):
    on = f"CFOriginPull On\nCFOriginPullExemptFrom {STRANGER}"
    return {policy: httpd(server=configuration(text, CASES), modules=MODULES)
            for policy, text in (("Off", "CFOriginPull Off"), ("On", on))}


@pytest.mark.parametrize("name", [x for x in CASES if not x.startswith(("verdict", "true-client"))])
def test_a_rule_that_requires_a_header_refuses_exempt_requests(served, name):
    before, after = (get(served[policy].port, "/index.html", HEADERS, sni=f"{name}.a.test", source=STRANGER).status
                     for policy in ("Off", "On"))
    assert (before, after in (302, 403, 404, 410)) == (200, name not in NO_GATE)


@pytest.mark.parametrize("name", [x for x in CASES if x.startswith("verdict")])
def test_what_is_advised_admits_whom_it_names(served, pki, name):
    for options in ({"source": STRANGER}, {"cert": pki.leaf_a}):
        assert get(served["On"].port, "/index.html", sni=f"{name}.a.test", **options).status == 200


BY_CERTIFICATE = {
    "require": location("Require ssl-verify-client", "/admin"),
    "require-in-all": location("<RequireAll>\nRequire ssl-verify-client\nRequire all granted\n</RequireAll>"),
    "require-expr": location("Require expr \"%{SSL_CLIENT_VERIFY} == 'SUCCESS'\""),
    "require-expr-eq": location("Require expr %{SSL_CLIENT_VERIFY} -eq 'SUCCESS'"),
    "require-dn": location("Require expr \"%{SSL_CLIENT_S_DN_CN} == 'example.com'\""),
    "ssl-require": location('SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"'),
    "ssl-require-dn": location('SSLRequire %{SSL_CLIENT_S_DN_O} eq "CloudFlare, Inc." and %{SSL_CLIENT_VERIFY} ne "NONE"'),
    "ssl-require-directory": '<Directory "{docroot}">\nSSLRequire %{SSL_CLIENT_I_DN_CN} =~ m/origin-pull/\n</Directory>',
    "rewrite": rewrite("RewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$\n" + REFUSE),
    "rewrite-equals": rewrite("RewriteCond %{SSL:SSL_CLIENT_VERIFY} !=SUCCESS\n" + REFUSE),
    "rewrite-none": rewrite("RewriteCond %{SSL:SSL_CLIENT_VERIFY} ^(NONE|GENEROUS|)$\n" + REFUSE),
    "if": "<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRequire all denied\n</If>",
    "if-redirect-away": "<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRedirect permanent / https://www.example.com/\n</If>",
    "rewrite-away": rewrite("RewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$\nRewriteRule ^(.*) https://www.example.com/ [R=301,L]"),
    "ssl-require-list": location('SSLRequire %{SSL_CLIENT_S_DN_CN} in { "a", "b" }'),
    "if-redirect": "<If \"%{SSL_CLIENT_VERIFY} != 'SUCCESS'\">\nRedirect 403 /\n</If>",
}
NOT_BY_CERTIFICATE = {
    "for-logs": "SSLOptions +StdEnvVars +ExportCertData\nLogFormat %{SSL_CLIENT_S_DN}x x",
    "headers": 'RequestHeader set X-Client "%{SSL_CLIENT_S_DN}s"',
    "require-ssl": location("Require ssl"),
    "require-ssl-line": location("SSLRequireSSL"),
    "ciphers": location("SSLRequire %{SSL_CIPHER_USEKEYSIZE} >= 128"),
    "proved": location("Require expr \"%{reqenv:CF_ORIGIN} == 'verified'\""),
    "proved-rewrite": rewrite("RewriteCond %{ENV:CF_ORIGIN} !=verified\n" + REFUSE),
    "proved-if": "<If \"%{reqenv:CF_ORIGIN} != 'verified'\">\nRequire all denied\n</If>",
}
CERTIFICATE_CASES = {**BY_CERTIFICATE, **NOT_BY_CERTIFICATE}


@pytest.mark.parametrize("policy", ["On", "Audit"])
def test_a_rule_that_asks_mod_ssl_for_the_certificate_is_found(scratch, pki, policy):
    found = codes(checked(scratch, pki, configuration(f"CFOriginPull {policy}", CERTIFICATE_CASES)))
    assert {name: found.get(name, []) for name in CERTIFICATE_CASES
            if found.get(name, []) != [("CFO0242", "warn")] * (name in BY_CERTIFICATE)} == {}


@pytest.mark.parametrize("verify", ["require\nSSLCACertificateFile {pki}/zone-a.pem",
                                    "optional\nSSLCACertificateFile {pki}/zone-a.pem"])
def test_mod_ssl_may_be_asked_where_it_verifies(scratch, pki, verify):
    sites = "".join(vhost(f"{name}.a.test", f"CFOriginPull On\n{text}", verify=verify)
                    for name, text in BY_CERTIFICATE.items())
    assert checked(scratch, pki, ZONE + sites) == {}


def test_the_advice_for_certificates_is_true(httpd, pki):
    """Under optional_no_ca, without a CA file, mod_ssl never says SUCCESS to a proved request of a full handshake."""
    cases = {**{x: BY_CERTIFICATE[x] for x in ("require-in-all", "require-expr", "ssl-require", "rewrite", "if")},
             **NOT_BY_CERTIFICATE}
    server = httpd(server=configuration("CFOriginPull On", cases), modules=MODULES)
    for name in cases:
        answer = get(server.port, "/index.html", sni=f"{name}.a.test", cert=pki.leaf_a, tls="1.3").status
        assert (name, answer) == (name, 403 if name in BY_CERTIFICATE else 200)
    audit = httpd(server=configuration("CFOriginPull Audit", NOT_BY_CERTIFICATE), modules=MODULES)
    for name in ("proved", "proved-rewrite", "proved-if"):
        assert get(audit.port, "/index.html", sni=f"{name}.a.test").status == 403


# mod_security, whose rules see the address and headers that this module leaves.
SECURITY = MODULES + ["unique_id", "security2"]
IN_RANGES = "127.0.0.0/9"
SECURITY_CASES = {
    "address": (f'SecRule REMOTE_ADDR "!@ipMatch 173.245.48.0/20,{IN_RANGES}" "id:1,phase:1,deny,status:403"', "CFO0240"),
    "pattern": ('SecRule REMOTE_ADDR "!^127\\\\.0\\\\." "id:2,phase:1,deny"', "CFO0240"),
    "header": ('SecRule REQUEST_HEADERS:CF-Ray "^$" "id:3,phase:1,deny"', None),
    "header-count": ('SecRule &REQUEST_HEADERS:CF-Ray "@eq 0" "id:4,phase:1,deny,status:403"', "CFO0241"),
    "ban": ('SecRule REMOTE_ADDR "@ipMatch 192.0.2.1" "id:5,phase:1,deny"', None),
    "log": (f'SecRule REMOTE_ADDR "!@ipMatch {IN_RANGES}" "id:6,phase:1,pass,log"', None),
    "file": ('SecRule REMOTE_ADDR "@ipMatch 128.0.0.0/1" "id:7,phase:1,pass"', None),
    "verdict": ('SecRule ENV:CF_ORIGIN "!@rx ^(verified|tunnel)$" "id:8,phase:1,deny,status:403"', None),
    "agent": ('SecRule REQUEST_HEADERS:User-Agent "@contains bad" "id:9,phase:1,deny"', None),
}


def security(policy):
    cases = {name: "SecRuleEngine On\n" + text for name, (text, _) in SECURITY_CASES.items()}
    return configuration(policy, cases)


@pytest.mark.parametrize("policy", ["On", "Audit"])
def test_rules_of_mod_security_are_found(scratch, pki, policy):
    server = make(scratch, pki, security(f"CFOriginPull {policy}"), modules=SECURITY)
    code, output = server.check()
    assert code == 0, output
    found = by_host(server, output)
    assert {name: [f.code for f in found.get(name, [])] for name in SECURITY_CASES} == {
        name: [expected] if expected else [] for name, (_, expected) in SECURITY_CASES.items()}


def test_rules_of_mod_security_refuse_visitors(httpd, pki):
    off, on = (httpd(server=security(policy), modules=SECURITY) for policy in (
        "CFOriginPull Off", f"CFOriginPull On\nCFOriginPullExemptFrom {STRANGER}"))
    for name, (_, expected) in SECURITY_CASES.items():
        through, exempt = {"cert": pki.leaf_a}, {"source": STRANGER}
        answers = [get(x.port, "/index.html", HEADERS, sni=f"{name}.a.test", **options).status
                   for x in (off, on) for options in (through, exempt)]
        assert (name, answers[2]) == (name, 403 if expected == "CFO0240" else 200)
        if expected:
            assert answers[0] == 200 and answers[3] == 403
