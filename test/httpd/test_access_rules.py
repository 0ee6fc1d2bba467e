# SPDX-License-Identifier: Apache-2.0
"""Access rules that know Cloudflare by address, header or certificate (CFO0240 to CFO0242). Each case is a virtual host
of its own. All of them are in one configuration, which is checked once, and served twice: with CFOriginPull Off and On. A
rule is reported if, and only if, a visitor through Cloudflare was served with Off and is refused with On."""
import pytest

from checking import MODULES, checked, location, rewrite, zone_file  # noqa: F401
from client import CLOUDFLARE, get
from server import vhost
from test_frontends import BUILTIN, v1

EDGE4, EDGE6 = "173.245.48.9", "2400:cb00::9"
V4 = " ".join(x for x in BUILTIN if ":" not in x)
V6 = " ".join(x for x in BUILTIN if ":" in x)
ALL = "\n".join(f"Require ip {x}" for x in BUILTIN)


LOGIN = "AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile /dev/null"
REFUSE = "RewriteRule ^ - [F]"
CF_REGEX = r"^(173\.245\.(4[89]|5[0-9]|6[0-3])|103\.2[12]\.|141\.101\.|162\.15[89]\.)"

# Configuration; what the line of the finding begins with.
HURTS = {
    # Require
    "all-ranges": (location(ALL), "Require ip 173.245.48.0/20"),
    "all-on-one-line": (location(f"Require ip {V4} {V6}"), "Require ip"),
    "require-any": (location(f"<RequireAny>\n{ALL}\n</RequireAny>"), "Require ip 173"),
    "require-all": (location(f"<RequireAll>\nRequire all granted\nRequire ip {V4}\n</RequireAll>"), "Require ip"),
    "nested-containers": (location(f"<RequireAll>\n<RequireAny>\nRequire ip {V4}\nRequire ip {V6}\n</RequireAny>\n"
                                   "Require not ip 192.0.2.1\n</RequireAll>"), "Require ip"),
    "require-none-around-not": (location(f"<RequireAll>\nRequire all granted\n<RequireNone>\nRequire expr ! -R '173.245.48.0/20'\n"
                                         "</RequireNone>\n</RequireAll>"), None),
    "directory": (f'<Directory "{{docroot}}">\nRequire ip {V4}\n</Directory>', "Require ip"),
    "files": (f'<Files "*">\nRequire ip {V4}\n</Files>', "Require ip"),
    "files-match": (f'<FilesMatch "html$">\nRequire ip {V4}\n</FilesMatch>', "Require ip"),
    "location-match": (f'<LocationMatch "^/">\nRequire ip {V4}\n</LocationMatch>', "Require ip"),
    "limit": (location(f"<Limit GET POST>\nRequire ip {V4}\n</Limit>"), "Require ip"),
    "limit-except": (location(f"<LimitExcept OPTIONS>\nRequire ip {V4}\n</LimitExcept>"), "Require ip"),
    "office-too": (location(f"Require ip 192.0.2.0/24\nRequire ip {V4}\nRequire local"), "Require ip 173.245"),
    "one-of-the-ranges": (location("Require ip 173.245.48.0/20"), "Require ip"),
    "a-former-range": (location("Require ip 199.27.128.0/21"), "Require ip", "199.27.129.9"),
    "part-of-a-range": (location("Require ip 173.245.48.0/24"), "Require ip"),
    "an-address": (location(f"Require ip {EDGE4}"), "Require ip"),
    "more-than-a-range": (location("Require ip 173.0.0.0/8"), "Require ip"),
    "netmask": (location("Require ip 173.245.48.0/255.255.240.0"), "Require ip"),
    "two-octets": (location("Require ip 173.245"), "Require ip"),
    "three-octets-and-a-dot": (location("Require ip 173.245.48."), "Require ip"),
    "host-bits": (location("Require ip 173.245.48.1/20"), "Require ip"),
    "ipv6-only": (location(f"Require ip {V6}"), "Require ip", EDGE6),
    "with-a-password": (location(f"AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile /dev/null\n<RequireAny>\n"
                                 f"Require valid-user\nRequire ip {V4}\n</RequireAny>"), "Require ip"),
    "variable-of-the-configuration": (f'Define EDGES "{V4}"\n' + location("Require ip ${EDGES}"), "Require ip"),
    "provider-alias": (location("Require cloudflare"), "Require cloudflare"),
    "provider-alias-expr": (location("Require by_expression"), "Require by_expression"),
    "provider-alias-env": ("SetEnvIf Remote_Addr ^173\\.245\\. cf_edge\n" + location("Require by_variable"), "SetEnvIf"),
    "satisfy-any-password": (location(f"{LOGIN}\nRequire valid-user\nOrder deny,allow\nDeny from all\nAllow from {V4}\nSatisfy Any"),
                             "Allow from"),
    # Require expr
    "expr-ipmatch": (location("Require expr \"%{REMOTE_ADDR} -ipmatch '173.245.48.0/20'\""), "Require expr"),
    "expr-without-quotes": (location("Require expr %{REMOTE_ADDR} -ipmatch '173.245.48.0/20'"), "Require expr"),
    "expr-r": (location("Require expr \"-R '173.245.48.0/20' || -R '2400:cb00::/32'\""), "Require expr"),
    "expr-regex": (location(r'Require expr "%{REMOTE_ADDR} =~ /^173\.245\./"'), "Require expr"),
    "expr-regex-m": (location(r'Require expr "%{REMOTE_ADDR} =~ m#^(173\.245|103\.21)\.#"'), "Require expr"),
    "expr-not": (location(r'Require expr "! (%{REMOTE_ADDR} !~ m#^173\.245\.#)"'), "Require expr"),
    "expr-and": (location("Require expr \"%{REQUEST_METHOD} == 'GET' && -R '173.245.48.0/20'\""), "Require expr"),
    "expr-strmatch": (location("Require expr \"%{REMOTE_ADDR} -strmatch '173.245.*'\""), "Require expr"),
    "expr-list": (location(f"Require expr \"%{{REMOTE_ADDR}} in {{ '{EDGE4}', '173.245.48.10' }}\""), "Require expr"),
    "expr-equal": (location(f"Require expr \"%{{REMOTE_ADDR}} == '{EDGE4}'\""), "Require expr"),
    # <If>
    "if-denied": ("<If \"! -R '173.245.48.0/20'\">\nRequire all denied\n</If>", None),
    "if-regex-denied": ("<If \"%{REMOTE_ADDR} !~ /^173\\.245\\./\">\nRequire all denied\n</If>", None),
    "if-in-location": (location("<If \"!(%{REMOTE_ADDR} -ipmatch '173.245.48.0/20')\">\nRequire all denied\n</If>"), "<If"),
    "if-else": ("<If \"%{REMOTE_ADDR} -ipmatch '173.245.48.0/20'\">\nRequire all granted\n</If>\n<Else>\nRequire all denied\n"
                "</Else>", "<If"),
    "if-elseif-else": ("<If \"-R '2400:cb00::/32'\">\nRequire all granted\n</If>\n<ElseIf \"-R '173.245.48.0/20'\">\n"
                       "Require all granted\n</ElseIf>\n<Else>\nRequire all denied\n</Else>", "<If"),
    "if-redirect": ("<If \"! -R '173.245.48.0/20'\">\nRedirect 403 /\n</If>", None),
    "if-redirect-away": ("<If \"! -R '173.245.48.0/20'\">\nRedirect / https://www.example.com/\n</If>", None),
    # Allow and Deny
    "allow": (location(f"Order deny,allow\nDeny from all\nAllow from {V4}"), "Allow from"),
    "allow-without-order": (location(f"Deny from all\nAllow from {V4}"), "Allow from"),
    "order-allow-deny": (location(f"Order Allow,Deny\nAllow from {V4} {V6}"), "Allow from"),
    "allow-octets": (location("Order deny,allow\nDeny from all\nAllow from 103.21.244 173.245"), "Allow from"),
    "allow-many-lines": (location("Order deny,allow\nDeny from all\nAllow from 192.0.2.7\nAllow from 103.21.244.0/22\n"
                                  "Allow from 173.245.48.0/20"), "Allow from 103.21"),
    "allow-netmask": (location("Order deny,allow\nDeny from all\nAllow from 173.245.48.0/255.255.240.0"), "Allow from"),
    "allow-env": (r'SetEnvIf Remote_Addr "^173\.245\." cloudflare' + "\n" +
                  location("Order deny,allow\nDeny from all\nAllow from env=cloudflare"), "SetEnvIf"),
    "deny-env": (r"SetEnvIf Remote_Addr ^173\.245\. cloudflare" + "\n" +
                 location("Order allow,deny\nAllow from all\nDeny from env=!cloudflare"), "SetEnvIf"),
    "allow-in-directory": ('<Directory "{docroot}">\n<Limit GET>\nOrder deny,allow\nDeny from all\nAllow from 173.245.48.0/20\n'
                           "</Limit>\n</Directory>", "Allow from"),
    # mod_setenvif
    "require-env": (r'SetEnvIf Remote_Addr "^173\.245\.(4[89]|5[0-9]|6[0-3])\." cf' + "\n" + location("Require env cf"), "SetEnvIf"),
    "env-taken-back": ("SetEnvIf Request_URI . direct\nSetEnvIf Remote_Addr ^173\\.245\\. !direct\n"
                       + location("Order allow,deny\nAllow from all\nDeny from env=direct"), "SetEnvIf Remote_Addr"),
    "env-of-env": ("SetEnvIf Remote_Addr ^173\\.245\\. cf\nSetEnvIf cf 1 let_in\n" + location("Require env let_in"), "SetEnvIf"),
    "require-env-expr": ("SetEnvIfExpr \"-R '173.245.48.0/20'\" cf=1\n" + location("Require env cf"), "SetEnvIfExpr"),
    "require-env-no-case": (r"SetEnvIfNoCase Remote_Addr ^173\.245\. cf=yes" + "\n" + location("Require expr \"%{reqenv:cf} == 'yes'\""),
                            "SetEnvIfNoCase"),
    "env-function": (r"SetEnvIf Remote_Addr ^173\.245\. cf" + "\n" + location("Require expr \"-n reqenv('cf')\""), "SetEnvIf"),
    # mod_rewrite
    "rewrite": (rewrite(r"RewriteCond %{REMOTE_ADDR} !^173\.245\." + "\n" + REFUSE), None),
    "rewrite-all": (rewrite(f"RewriteCond %{{REMOTE_ADDR}} !{CF_REGEX}\n{REFUSE}"), None),
    "rewrite-many": (rewrite("RewriteCond %{REMOTE_ADDR} !^103\\.21\\.\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE), None),
    "rewrite-gone": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule .* - [G,L]"), None),
    "rewrite-status": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^(.*)$ - [R=403,L]"), None),
    "rewrite-long-flags": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\. [nocase]\nRewriteRule ^ - [forbidden,last]"), None),
    "rewrite-expr-denied-whole": (rewrite("RewriteCond expr \"!false || -R '173.245.48.0/20'\"\n" + REFUSE), None),
    "rewrite-spaces-in-flags": (rewrite('RewriteCond %{REMOTE_ADDR} !^173\\.245\\. "[NC]"\nRewriteRule ^ - "[ F, L ]"'), None),
    "rewrite-expr": (rewrite("RewriteCond expr \"! -R '173.245.48.0/20'\"\n" + REFUSE), None),
    "rewrite-expr-ipmatch": (rewrite("RewriteCond expr \"! %{REMOTE_ADDR} -ipmatch '173.245.48.0/20'\"\n" + REFUSE), None),
    "rewrite-path": (rewrite("RewriteCond %{REQUEST_URI} !^/\\.well-known/\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE),
                     None),
    "rewrite-away": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ https://www.example.com/ [R=302,L]"), None),
    "rewrite-let-through": (rewrite("RewriteCond %{REMOTE_ADDR} ^173\\.245\\.\nRewriteRule ^ - [L]\n" + REFUSE), "RewriteCond"),
    "rewrite-chain": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ - [C]\n" + REFUSE), None),
    "rewrite-chain-of-three": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ - [C]\nRewriteRule . - [chain]\n" + REFUSE),
                               None),
    "rewrite-to-a-page": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ /direct.html [L]"), None),
    "rewrite-to-a-page-but": (rewrite("RewriteCond %{REQUEST_URI} !^/direct\\.html$\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n"
                                      "RewriteRule ^(.*)$ /direct.html [L]"), None),
    "rewrite-or": (rewrite("RewriteCond %{REMOTE_ADDR} ^103\\.21\\. [OR]\nRewriteCond %{REMOTE_ADDR} ^173\\.245\\.\nRewriteRule ^ - [L]\n"
                           + REFUSE), "RewriteCond"),
    "rewrite-in-directory": ('<Directory "{docroot}">\nRewriteEngine On\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n'
                             "RewriteRule ^ - [F]\n</Directory>", None),
    "rewrite-env": (rewrite("RewriteCond %{ENV:cf} !^1$\n" + REFUSE) + "\nSetEnvIf Remote_Addr ^173\\.245\\. cf", "SetEnvIf"),
    "rewrite-one-address": (rewrite(f"RewriteCond %{{REMOTE_ADDR}} !={EDGE4}\n" + REFUSE), None),
    "rewrite-one-pattern": (rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.48\\.9$\n" + REFUSE), None),
    "rewrite-sets-env": (rewrite("RewriteCond %{REMOTE_ADDR} ^173\\.245\\.\nRewriteRule ^ - [E=via_cf:1]\n"
                                 "RewriteCond %{ENV:via_cf} !1\n" + REFUSE), "RewriteCond %{REMOTE_ADDR}"),
    # SSLRequire
    "ssl-require": (location(r"SSLRequire %{REMOTE_ADDR} =~ m/^173\.245\./"), "SSLRequire"),
    "ssl-require-not": (location(r"SSLRequire not (%{REMOTE_ADDR} !~ m/^173\.245\./)"), "SSLRequire"),
}

OFFICE = "203.0.113.0/24"  # in which the visitor of the tests is
HARMLESS = {
    "office": location(f"Require ip {OFFICE}"),
    "private": location("Require ip 10.0.0.0/8 192.168.0.0/16"),
    "everybody": location("Require ip 0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1"),
    "granted-too": location(f"<RequireAny>\nRequire all granted\nRequire ip {V4}\n</RequireAny>"),
    "granted-before": location(f"Require all granted\nRequire ip {V4}"),
    "a-ban": location("<RequireAll>\nRequire all granted\nRequire not ip 198.51.100.0/24\n</RequireAll>"),
    "not-cloudflare": location(f"<RequireAll>\nRequire all granted\nRequire not ip {V4}\n</RequireAll>"),
    "connection": location("Require expr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\""),
    "connection-lines": location("\n".join(f"Require expr \"%{{CONN_REMOTE_ADDR}} -ipmatch '{x}'\"" for x in BUILTIN)),
    "connection-in-all": location("<RequireAll>\nRequire method GET\n<RequireAny>\n" + "\n".join(
        f"Require expr \"%{{CONN_REMOTE_ADDR}} -ipmatch '{x}'\"" for x in BUILTIN) + "\n</RequireAny>\n</RequireAll>"),
    "connection-if": "<If \"! %{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\">\nRequire all denied\n</If>",
    "connection-rewrite": rewrite("RewriteCond %{CONN_REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE),
    "connection-set-env": ("SetEnvIfExpr \"%{CONN_REMOTE_ADDR} -ipmatch '173.245.48.0/20'\" cf\n" + location("Require env cf")),
    "verdict": location("Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\""),
    "verdict-or-range": location(f"<RequireAny>\nRequire expr \"%{{reqenv:CF_ORIGIN}} == 'verified'\"\nRequire ip {V4}\n</RequireAny>"),
    "local": location("Require local", "/server-status"),
    "status-of-an-office": location("Require ip 192.0.2.0/24\nRequire local", "/server-status"),
    "satisfy-any-granted": location(f"Require all granted\nOrder deny,allow\nDeny from all\nAllow from {V4}\nSatisfy Any"),
    "satisfy-any-allowed": location(f"Order allow,deny\nAllow from all\nRequire ip {V4}\nSatisfy any"),
    "satisfy-any-no-order": location(f"Require ip {V4}\nSatisfy Any"),
    "deny-cloudflare": location(f"Order allow,deny\nAllow from all\nDeny from {V4}"),
    "allow-all": location("Order allow,deny\nAllow from all"),
    "allow-office": location(f"Order deny,allow\nDeny from all\nAllow from {OFFICE}"),
    "deny-first-allow-all": location(f"Order deny,allow\nDeny from {V4}\nAllow from all"),
    "regex-of-everything": rewrite("RewriteCond %{REMOTE_ADDR} !^[0-9a-f.:]+$\n" + REFUSE),
    "rewrite-office": rewrite("RewriteCond %{REQUEST_URI} ^/admin\nRewriteCond %{REMOTE_ADDR} !^203\\.0\\.113\\.\n" + REFUSE),
    "rewrite-off": "RewriteEngine Off\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE,
    "rewrite-not-on": "RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE,
    "rewrite-front-controller": rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^/(x/.*)$ /index.php?$1 [L]"),
    "rewrite-moved": rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^/?(.*) /$1"),
    "rewrite-or-without-next": rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\. [OR]\n" + REFUSE),
    "rewrite-ends-before-by-negation": rewrite("RewriteRule !^\\? - [L]\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE),
    "rewrite-quoted-flags": rewrite('RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ - "[E=x:1, NC]"'),
    "rewrite-log-only": rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\nRewriteRule ^ - [E=direct:1]"),
    "rewrite-ends-before": rewrite("RewriteRule ^ - [L]\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE),
    "env-of-other-env": "SetEnvIf User-Agent . any\nSetEnvIf any 1 let_in\n" + location("Require env let_in"),
    "env-of-itself": "SetEnvIf let_in 1 let_in\nSetEnvIf Host . let_in\n" + location("Require env let_in"),
    "set-env-for-logs": "SetEnvIf Remote_Addr ^173\\.245\\. dontlog",
    "set-env-taken-back": ("SetEnvIf Remote_Addr ^173\\.245\\. cf\nSetEnvIf Request_URI . cf\n" + location("Require env cf")),
    "trusted-proxies": f"RemoteIPTrustedProxy {V4}",
    "if-no-rule": "<If \"-R '173.245.48.0/20'\">\nSetEnv seen 1\n</If>",
    "if-unclear": "<If \"%{REQUEST_URI} =~ m#^/private#\">\nRequire all denied\n</If>",
    "expr-agent": location("Require expr \"%{HTTP_USER_AGENT} != 'bad'\""),
    "env-of-others": location("Require all granted") + "\nSetEnvIf User-Agent bad bad",
    "rewrite-env-of-others": rewrite("RewriteCond %{REMOTE_ADDR} ^173\\.245\\.\nRewriteRule ^ - [E=via_cf:1]\n"
                                     "RewriteCond %{ENV:bad} 1\n" + REFUSE),
    "other-folder": '<Directory "/srv/elsewhere">\nRequire ip 192.0.2.1\n</Directory>',
}
BOTH = {**{name: (case[0], case[1], (case + (EDGE4,))[2]) for name, case in HURTS.items()},
        **{name: (text, None, EDGE4) for name, text in HARMLESS.items()}}
MAIN = f"""
RemoteIPProxyProtocol On
CFOriginPullProxyProtocol 127.0.0.0/9
CFOriginPullZone a.test {{pki}}/zone-a.pem
<AuthzProviderAlias ip cloudflare "{V4}">
</AuthzProviderAlias>
<AuthzProviderAlias expr by_expression "-R '173.245.48.0/20'">
</AuthzProviderAlias>
<AuthzProviderAlias env by_variable cf_edge>
</AuthzProviderAlias>
"""


def configuration(policy, cases=BOTH):
    return MAIN + "".join(vhost(f"{name}.a.test", f"{policy}\n{case[0]}") for name, case in cases.items())


@pytest.fixture(scope="module", params=["On", "Audit"])
def found(request, scratch, pki):
    return checked(scratch, pki, configuration(f"CFOriginPull {request.param}"))


@pytest.fixture(scope="module")
def served(httpd):
    return {policy: httpd(server=configuration(f"CFOriginPull {policy}"), modules=MODULES) for policy in ("Off", "On")}


def status(server, pki, name, edge, headers=CLOUDFLARE):
    return get(server.port, "/index.html", headers, sni=f"{name}.a.test", cert=pki.leaf_a, prefix=v1(edge)).status


@pytest.mark.parametrize("name", BOTH)
def test_a_rule_is_found_if_it_refuses_visitors(found, name):
    expected = ["CFO0240"] if name in HURTS else []
    assert [f.code for f in found.get(name, [])] == expected
    if expected:
        assert found[name][0].level == "warn"
        assert found[name][0].line.startswith(BOTH[name][1] or ("RewriteCond" if "rewrite" in name else ""))


@pytest.mark.parametrize("name", BOTH)
def test_a_rule_is_found_if_and_only_if_it_hurts_in_fact(served, pki, name):
    edge = BOTH[name][2]
    before, after = (status(served[policy], pki, name, edge) for policy in ("Off", "On"))
    assert (before == 200 and after != 200) == (name in HURTS), (before, after)


# Expressions that say nothing of addresses, and some that this check does not understand.
ODD = ["-f '/etc/hostname'", "file('/etc/hostname') =~ /x/", "%{REQUEST_URI} in {'/a', '/b'}", "%{HTTP_HOST} . 'x' == 'y'",
       "unescape(%{QUERY_STRING}) != ''", "base64('a') == 'YQ=='", "req_novary('X-A') =~ m|a|i", "-T osenv('PATH')",
       "%{TIME_YEAR} -gt 2000", "%{TIME_YEAR} >= 2000 && %{TIME_HOUR} -lt 25", "!(true && false) || !!true", "'a' == 'a'",
       "-n '%{HTTP:X-A}%{HTTP:X-B}'", "%{HTTP_USER_AGENT} !~ /bot'x/", "-U '/index.html'", "%{IS_SUBREQ} == 'false'",
       "%{REMOTE_ADDR} =~ /(?:)/", "%{REMOTE_ADDR} =~ /^.*$/", "'%{REMOTE_ADDR}' -ne 'x'",
       "md5('a') -strmatch '*'", "%{REMOTE_ADDR} -ipmatch '0.0.0.0/1'", "toupper(%{REQUEST_METHOD}) == 'GET'", "-z ''", "true"]


def test_expressions_about_other_things_are_not_found(scratch, pki):
    sites = {f"e{i}": location(f'Require expr "{text}"') for i, text in enumerate(ODD)}
    sites.update({f"s{i}": location(f"SSLRequire {text}") for i, text in enumerate(
        ["%{SSL_CIPHER_USEKEYSIZE} >= 128", "( %{SSL_CIPHER} !~ m/^(EXP|NULL)/ and %{TIME_HOUR} >= 0 )", "true", "not false or false"])})
    sites.update({f"r{i}": rewrite(f"RewriteCond {text}\n{REFUSE}") for i, text in enumerate(
        ["%{REMOTE_ADDR} ^", "%{REMOTE_ADDR} -f", "%{REMOTE_ADDR} >1", "%{REMOTE_ADDR} .", '%{REMOTE_ADDR} ""', "%{HTTP_HOST} !^www\\. [NC]",
         "%{REMOTE_ADDR}:%{SERVER_PORT} ^10\\.", "${map:%{REMOTE_ADDR}|x} x", "%{TIME} ^9", "%{REMOTE_ADDR} !^10\\. [NV]", "% %{", "- -"])})
    sites.update({f"n{i}": "SetEnvIf Remote_Addr . x\n" + location(text) for i, text in enumerate(
        ["Require env x", "Require env y x z", "Allow from env=x", "Deny from env=y"])})
    assert set(checked(scratch, pki, configuration("CFOriginPull On", {k: (v,) for k, v in sites.items()}))) == set()


# Where lines may be that are not in the virtual host itself, and the other way round.
REWRITE = "RewriteEngine On\nRewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE + "\n"
IN_LOCATION = location(f"Require ip {V4}") + "\n"


@pytest.mark.parametrize("main, own, expected", [
    (IN_LOCATION, "", "Require ip"),
    (f'<Directory "{{docroot}}">\nRequire ip {V4}\n</Directory>\n', "", "Require ip"),
    (f'<Directory "/">\nRequire ip {V4}\n</Directory>\n', "", None),
    (f'<Directory "/">\nRequire ip {V4}\n</Directory>\n', 'Alias /x "/srv/x"', "Require ip"),
    (f'<Directory "/srv/other">\nRequire ip {V4}\n</Directory>\n', "", None),
    (f'<Directory "/srv/other">\nRequire ip {V4}\n</Directory>\n', 'Alias /x "/srv/other/y"', "Require ip"),
    (f'<DirectoryMatch "^/srv">\nRequire ip {V4}\n</DirectoryMatch>\n', "", "Require ip"),
    ("SetEnvIf Remote_Addr ^173\\.245\\. cf\n", location("Require env cf"), "SetEnvIf"),
    (REWRITE, "", None), (REWRITE, "RewriteOptions Inherit", "RewriteCond"),
    ("RewriteOptions InheritDown\n" + REWRITE, "", None),
    ("RewriteOptions InheritDown\n" + REWRITE, "RewriteEngine On", "RewriteCond"),
    ("RewriteOptions InheritDown\n" + REWRITE, '<Directory "{docroot}">\nRewriteBase /\n</Directory>', "RewriteCond"),
    ("RewriteOptions InheritDown\n" + REWRITE, "RewriteOptions IgnoreInherit", None),
    ("", f'<Proxy "*">\nRequire ip {V4}\n</Proxy>', "Require ip"),
    ("", f"<IfModule mod_authz_host.c>\n{IN_LOCATION}</IfModule>", "Require ip"),
    ("", f"<IfModule !mod_authz_host.c>\n{IN_LOCATION}</IfModule>", None),
    ("", f"<IfDefine NEVER>\n{IN_LOCATION}</IfDefine>", None)])
@pytest.mark.parametrize("policy", ["CFOriginPull On", "CFOriginPull Audit", "CFOriginPull Off",
                                    "CFOriginPull On\nCFOriginPullClientIP off", "CFOriginPull Audit\nCFOriginPullClientIP off"])
def test_lines_of_the_main_server_and_of_sections(scratch, pki, main, own, expected, policy):
    text = f"CFOriginPullZone a.test {{pki}}/zone-a.pem\n{main}" + vhost("site.a.test", f"{policy}\n{own}")
    found = checked(scratch, pki, text, ports=1)
    if policy.endswith("ff"):
        expected = None
    assert [(f.code, f.line.split(" %")[0].split(" 173")[0].split(" Rem")[0]) for f in found.get("site", [])] == (
        [("CFO0240", expected)] if expected else [])


def directory(text, path="{docroot}"):
    return f'<Directory "{path}">\n{text}\n</Directory>\n'


EDGES, ALLOWED = f"Require ip {V4}", f"Order deny,allow\nDeny from all\nAllow from {V4}"
GRANTED = "Require all granted"


@pytest.mark.parametrize("main, own, hurts", [
    ("", directory(EDGES) + location(GRANTED), False), ("", location(EDGES) + "\n" + location(GRANTED), False),
    ("", location(GRANTED) + "\n" + location(EDGES), True), ("", directory(EDGES) + directory(GRANTED, "{docroot}/"), False),
    ("", directory(GRANTED) + directory(EDGES), True), ("", directory(EDGES, "{dir}") + directory(GRANTED), False),
    ("", directory(GRANTED) + directory(EDGES, "{dir}"), False), ("", directory(EDGES) + location(GRANTED, "/x"), True),
    ("", directory(EDGES) + location("AuthMerging And\n" + GRANTED), True), (location(EDGES) + "\n", location(GRANTED), False),
    (directory(EDGES), directory(GRANTED), False), (directory(EDGES), "", True), (location(EDGES) + "\n", directory(GRANTED), True),
    (directory(GRANTED), directory(EDGES), True), (directory(EDGES, "{dir}"), "", False),
    ("", directory(ALLOWED) + location("Order allow,deny\nAllow from all"), False), ("", directory(ALLOWED) + location(GRANTED), True)])
def test_a_rule_that_another_section_replaces_is_not_found(scratch, pki, httpd, main, own, hurts):
    begin = "RemoteIPProxyProtocol On\nCFOriginPullProxyProtocol 127.0.0.0/9\nCFOriginPullZone a.test {pki}/zone-a.pem\n" + main
    found = checked(scratch, pki, begin + vhost("site.a.test", f"CFOriginPull On\n{own}"), ports=1)
    assert [f.code for f in found.get("site", [])] == ["CFO0240"] * hurts
    answers = []
    for policy in ("Off", "On"):
        server = httpd(server=begin + vhost("site.a.test", f"CFOriginPull {policy}\n{own}"), modules=MODULES, ports=1)
        answers.append(get(server.port, "/index.html", CLOUDFLARE, sni="site.a.test", cert=pki.leaf_a, prefix=v1(EDGE4)).status)
        server.stop()
    assert (answers == [200, 403]) == hurts, answers


# What is advised, with the variable for the address; the visitor comes through Cloudflare, and a stranger does not.
ADVISED = {
    "require": location("<RequireAny>\n" + "\n".join(f"Require expr \"%{{EDGE}} -ipmatch '{x}'\"" for x in BUILTIN) + "\n</RequireAny>"),
    "rewrite": rewrite("RewriteCond %{EDGE} !^173\\.245\\.\n" + REFUSE),
    "rewrite-in-directory": '<Directory "{docroot}">\n' + rewrite("RewriteCond %{EDGE} !^173\\.245\\.\n" + REFUSE) + "\n</Directory>",
    "if": "<If \"! %{EDGE} -ipmatch '173.245.48.0/20'\">\nRequire all denied\n</If>",
}


@pytest.mark.parametrize("policy", ["On", "Audit"])
def test_what_is_advised_behind_a_balancer_admits_visitors_only(scratch, pki, httpd, policy):
    text = MAIN + "".join(vhost(f"{name}.a.test", f"CFOriginPull {policy}\n" + lines.replace(
        "{EDGE}", "{ENV:CF_ORIGIN_EDGE}" if "rewrite" in name else "{reqenv:CF_ORIGIN_EDGE}")) for name, lines in ADVISED.items())
    assert checked(scratch, pki, text) == {}
    server = httpd(server=text, modules=MODULES)
    for name in ADVISED:
        answers = [get(server.port, "/index.html", CLOUDFLARE, sni=f"{name}.a.test", prefix=v1(address), **options).status
                   for address, options in ((EDGE4, {"cert": pki.leaf_a}), ("203.0.113.50", {}))]
        assert (name, answers) == (name, [200, 403])


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("text, connection, edge", [
    (IN_LOCATION, "%{CONN_REMOTE_ADDR} -ipmatch", "%{reqenv:CF_ORIGIN_EDGE} -ipmatch"),
    (REWRITE, "%{CONN_REMOTE_ADDR} in place of", "%{ENV:CF_ORIGIN_EDGE} in place of")])
def test_advice_behind_a_balancer(scratch, pki, text, connection, edge, balanced):
    begin = "RemoteIPProxyProtocol On\nCFOriginPullProxyProtocol 127.0.0.0/9\n" * balanced + "CFOriginPullZone a.test {pki}/zone-a.pem\n"
    [finding] = checked(scratch, pki, begin + vhost("site.a.test", f"CFOriginPull Audit\n{text}"), ports=1)["site"]
    assert (edge if balanced else connection) in finding.text and (connection if balanced else edge) not in finding.text


@pytest.mark.parametrize("text, words", [
    (f"Require ip {V4}", "a line for each range, together in <RequireAny>; or remove"),
    (f"Order deny,allow\nDeny from all\nAllow from {V4}", "together in <RequireAny>, in place of Order, Allow and Deny; or remove")])
def test_advice_replaces_the_whole_rule(scratch, pki, text, words):
    begin = "CFOriginPullZone a.test {pki}/zone-a.pem\n"
    [finding] = checked(scratch, pki, begin + vhost("site.a.test", f"CFOriginPull On\n{location(text)}"), ports=1)["site"]
    assert words in finding.text


def test_a_shared_line_is_reported_once(scratch, pki):
    text = IN_LOCATION + "".join(vhost(f"h{i}.a.test", "CFOriginPull Audit") for i in range(20))
    found = checked(scratch, pki, f"CFOriginPullZone a.test {{pki}}/zone-a.pem\n{text}", ports=1)
    assert [f.code for f in sum(found.values(), [])] == ["CFO0240"]


@pytest.mark.parametrize("text, is_found", [
    (location(f"CFOriginPull On\nRequire ip {V4}", "/shop"), True),
    (location("CFOriginPull On", "/shop") + "\n" + location(f"Require ip {V4}", "/shop"), True),
    (location("CFOriginPull On", "/shop") + "\n" + location(f"Require ip {V4}", "/other"), False),
    (location("CFOriginPull On", "/shop") + "\n" + rewrite("RewriteCond %{REMOTE_ADDR} !^173\\.245\\.\n" + REFUSE), False)])
def test_in_a_virtual_host_that_is_off_only_protected_sections_count(scratch, pki, text, is_found):
    zone = "CFOriginPullZone a.test {pki}/zone-a.pem\n"
    found = checked(scratch, pki, zone + vhost("site.a.test", text), ports=1)
    assert ("CFO0240" in [f.code for f in found["site"]]) == is_found


@pytest.mark.parametrize("policy, words, without", [
    ("On", "or remove the rule", "will refuse"), ("Audit", "as soon as CFOriginPull is On", "remove"),
    ("Audit\nCFOriginPullClientIP verified", "whom it refuses", "remove"),
    ("On\nCFOriginPullExemptPath /x/", "Without the rule others would get in", "remove"),
    ("On\nCFOriginPullExemptFrom 192.0.2.1", "%{CONN_REMOTE_ADDR}", "remove"),
    ("On\nCFOriginPullRequire cert", "%{CONN_REMOTE_ADDR}", "remove")])
def test_no_advice_opens_what_is_shut(scratch, pki, policy, words, without):
    text = "CFOriginPullZone a.test {pki}/zone-a.pem\n" + vhost("site.a.test", f"CFOriginPull {policy}\n{IN_LOCATION}")
    [finding] = [f for f in checked(scratch, pki, text, ports=1)["site"] if f.code == "CFO0240"]
    assert words in finding.text and without not in finding.text


# Through a tunnel on this host: what admits cloudflared refuses the visitors.
TUNNEL = "CFOriginPullRequire tunnel\nCFOriginPullTunnel 127.0.0.1\n"
FOR_TUNNEL = {
    "local": (location("Require local"), "Require local"),
    "loopback": (location("Require ip 127.0.0.1"), "Require ip"),
    "loopback-network": (location("Require ip 192.0.2.0/24 127"), "Require ip"),
    "directory": ('<Directory "{docroot}">\nRequire local\n</Directory>', "Require local"),
    "allow": (location("Order deny,allow\nDeny from all\nAllow from 127.0.0.1"), "Allow from"),
}
NOT_FOR_TUNNEL = {
    "status": location("Require local", "/server-status"),
    "folder": '<Directory "{docroot}/admin">\nRequire ip 127.0.0.1\n</Directory>',
    "everybody": location("Require local\nRequire all granted"),
    "advice": location("Require expr \"%{reqenv:CF_ORIGIN} in {'verified', 'tunnel'}\""),
}
TUNNEL_CASES = {**{name: text for name, (text, _) in FOR_TUNNEL.items()}, **NOT_FOR_TUNNEL}


def tunnels(policy):
    return "".join(vhost(f"{name}.a.test", f"CFOriginPull {policy}\n{TUNNEL}{text}", tls=False)
                   for name, text in TUNNEL_CASES.items())


@pytest.mark.parametrize("policy", ["On", "Audit"])
def test_a_rule_for_the_tunnel_is_found(scratch, pki, policy):
    found = checked(scratch, pki, tunnels(policy), ports=1)
    assert {name: [f.code for f in found.get(name, [])] for name in TUNNEL_CASES} == {
        name: ["CFO0240"] * (name in FOR_TUNNEL) for name in TUNNEL_CASES}
    assert all(found[name][0].line.startswith(line) for name, (_, line) in FOR_TUNNEL.items())


def test_a_rule_for_the_tunnel_refuses_visitors(httpd):
    off, on = (httpd(server=tunnels(policy), modules=MODULES) for policy in ("Off", "On"))
    for name in TUNNEL_CASES:
        answers = [get(x.port, "/index.html", CLOUDFLARE, host=f"{name}.a.test", plain=True).status for x in (off, on)]
        if name != "advice":
            assert (name, answers) == (name, [200, 403 if name in FOR_TUNNEL else 200])
        else:
            assert answers[1] == 200
