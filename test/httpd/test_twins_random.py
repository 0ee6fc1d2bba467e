# SPDX-License-Identifier: Apache-2.0
"""Random virtual hosts, of the pieces that redirects and access rules are made of: wherever a hostile client gets the page,
there is a finding (CFO0210). The other way round there are false alarms, in configurations that nobody writes: <If> and
<Else> that both refuse, redirects in circles."""
import random
import re

import pytest

from test_twins import TO, Judged

PATTERNS = ["^", ".*", "^/", "(.*)", "^/(.*)$", "^/?(.*)", "^/api", "!^/api/", "^/(?!api/)(.*)", "\\.php$", "!\\.well-known",
            "^/(index\\.html)?$", "^/[a-z]", "^/robots\\.txt$", "/", "^/1"]
CONDITIONS = ["%{HTTPS} off", "%{HTTPS} !=on", "%{HTTPS} on", "%{HTTP:X-Forwarded-Proto} !https", "%{HTTP:X-Forwarded-Proto} =http",
              "%{REQUEST_URI} !^/api/", "%{REQUEST_URI} ^/a", "%{REQUEST_URI} !\\.(html|txt)$", "%{SERVER_NAME} ^www\\.",
              "%{SERVER_NAME} !^www\\.", "%{HTTP_HOST} ^www\\. [NC]", "%{HTTP_HOST} ^NAME$ [NC]", "%{HTTP_USER_AGENT} !Googlebot",
              "%{REQUEST_SCHEME} =http", "%{SERVER_PORT} !^443$", "%{ENV:HTTPS} !on", "%{QUERY_STRING} !nossl", "%{HTTP_COOKIE} nossl",
              "%{REQUEST_METHOD} .", "expr \"%{HTTPS} == 'off'\"", 'expr "%{REQUEST_URI} =~ m#^/a#"',
              'expr "-z %{HTTP:X-Forwarded-Proto}"', "$1 !^(api|status)", "expr \"!(-f '/no/such' || %{REQUEST_URI} -strmatch '/api/*')\"",
              "expr \"%{REQUEST_SCHEME} in {'http', 'ftp'} && ! -T req('X-A')\"", "expr \"tolower(%{HTTP_HOST}) =~ /^www/\""]
TARGETS = [f"{TO} [R=301,L]", f"{TO} [R]", TO, "- [F]", "- [L]", "- [END]", "- [S=1]", "- [C]", "/index.html [L]", "/$1", "/$1 [PT]",
           "http://127.0.0.1:{port3}/index.html [P]", "/$1 [R]", "- [E=x:1]", "http://www.other.invalid/ [L]", "- [R=404]"]
REDIRECTS = ["Redirect / https://NAME/", "Redirect permanent /api https://NAME/", "RedirectMatch ^/(?!api/)(.*) https://NAME/$1",
             "Redirect gone /a", "RedirectMatch 404 \\.php$", "RedirectMatch 301 ^/[a-z1] https://NAME/", "RedirectMatch ^/$ https://NAME/"]
ACCESS = ["Require all denied", "Require all granted", "Require ssl", "Require method GET", "Require expr \"%{HTTPS} == 'off'\"",
          'Require expr "%{REQUEST_URI} =~ m#^/api#"', "SSLRequireSSL", "Order deny,allow\nDeny from all", "Deny from all\nAllow from all",
          "<RequireAll>\nRequire all granted\nRequire not env x\n</RequireAll>", "<Limit POST>\nRequire all denied\n</Limit>",
          "<RequireAny>\nRequire all denied\nRequire all granted\n</RequireAny>", "Satisfy any", "Require env x", "CFOriginPull On"]
SECTIONS = ['<Location "/">', "<Location /api>", '<LocationMatch "^/(?!api)">', '<LocationMatch "\\.(html|txt)$">', '<Directory "{docroot}">',
            '<Directory "{docroot}/api">', '<DirectoryMatch "/api">', '<Files "robots.txt">', '<FilesMatch "\\.(php|html)$">',
            "<If \"%{HTTPS} == 'off'\">", "<If \"%{HTTP:X-Forwarded-Proto} == 'https'\">", '<If "%{REQUEST_URI} =~ m#^/api/#">',
            '<Location "/*.txt">', '<Location ~ "^/1">']


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.choice = self.random.choice

    def rewriting(self):
        lines = ["RewriteEngine " + self.choice(["On", "On", "On", "On", "Off"])]
        for _ in range(self.choice([1, 2, 3])):
            for _ in range(self.choice([0, 0, 1, 1, 2])):
                condition = self.choice(CONDITIONS)
                flag = self.choice(["", "", "", ",OR]" if condition.endswith("[NC]") else " [OR]"])
                lines.append("RewriteCond " + (condition[:-1] if flag == ",OR]" else condition) + flag)
            lines.append(f"RewriteRule {self.choice(PATTERNS)} {self.choice(TARGETS)}")
        return "\n".join(lines)

    def section(self):
        begin = self.choice(SECTIONS)
        inside = self.choice([self.choice(ACCESS), self.choice(ACCESS), self.choice(REDIRECTS), self.rewriting()])
        if begin.startswith("<If"):
            inside = inside.replace("CFOriginPull On", "Require all denied")
        return f"{begin}\n{inside}\n</{re.match('<([A-Za-z]+)', begin)[1]}>"

    def virtual_host(self):
        pieces = [self.rewriting()] if self.random.random() < 0.6 else []
        pieces += [self.choice(REDIRECTS) for _ in range(self.choice([0, 0, 1, 2]))]
        pieces += ["ProxyPass " + self.choice(["/", "/api"]) + " http://127.0.0.1:{port3}/"] if self.random.random() < 0.15 else []
        pieces += [self.section() for _ in range(self.choice([0, 1, 1, 2, 3]))]
        pieces += ["SetEnvIf X-Forwarded-Proto https x=1"] if self.random.random() < 0.1 else []
        return "\n".join(pieces)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_a_stranger_gets_is_found(scratch, pki, seed):
    maker = Maker(seed)
    spellings = [(str(i), maker.virtual_host(), False, None) for i in range(60)]
    judged = Judged(scratch, pki, spellings)
    opened = {name: judged.opened(name) for name, *_ in spellings}
    judged.httpd.stop()
    missed = [(lines, opened[name]) for name, lines, *_ in spellings
              if opened[name] and judged.places[name][0] not in judged.found]
    assert not missed
    assert sum(1 for name in opened if opened[name]) > 10
