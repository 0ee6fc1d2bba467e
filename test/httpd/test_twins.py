# SPDX-License-Identifier: Apache-2.0
"""Virtual hosts that serve a protected site to everyone (CFO0210). Each spelling stands in a virtual host of one real
httpd: there is a finding if, and only if, a hostile client gets the page from it."""
import re
import ssl
import tempfile
from pathlib import Path

import pytest

from client import Connection
from server import Httpd
from test_check import findings

MODULES = ["access_compat", "authn_core", "authn_file", "authz_user", "auth_basic", "rewrite", "setenvif", "env", "headers", "proxy",
           "proxy_http", "remoteip"]

# A protected site, and a virtual host that is the first on port 2, so that the others are not.
SITE = """
CFOriginPullRanges builtin 127.0.0.0/9
CFOriginPullZone test {pki}/zone-a.pem
<VirtualHost 127.0.0.1:{port}>
    ServerName example.test
    ServerAlias ALIASES
    DocumentRoot "{docroot}"
    SSLEngine on
    SSLCertificateFile {pki}/server.pem
    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 3
    CFOriginPull On
</VirtualHost>
<VirtualHost 127.0.0.1:{port2}>
    ServerName first.invalid
    Redirect 404 /
</VirtualHost>
<VirtualHost 127.0.0.1:{port3}>
    ServerName backend.invalid
    DocumentRoot "{docroot}"
    CFOriginPull Off
</VirtualHost>
"""

TO = "https://%{HTTP_HOST}%{REQUEST_URI}"
LOGIN = "AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile /dev/null"


def rewrite(rule, *conditions):
    lines = ["RewriteEngine On", *[f"RewriteCond {x}" for x in conditions], f"RewriteRule {rule}"]
    return "\n".join(lines)


# Redirects that cover every request but those that validate a domain.
SHUT = {
    "if-number-always": "<If \"%{HTTPS} eq 'off'\">\nRedirect / https://NAME/\n</If>",
    "if-wildcard-any-case": "<If \"%{HTTPS} -strcmatch 'OFF'\">\nRedirect / https://NAME/\n</If>",
    "redirect": "Redirect / https://NAME/",
    "redirect-permanent": "Redirect permanent / https://NAME/",
    "redirect-301-quoted": 'Redirect 301 "/" "https://NAME/"',
    "redirect-temp": "RedirectTemp / https://NAME/",
    "redirect-seeother": "Redirect seeother / https://NAME/",
    "redirect-308": "Redirect 308 / https://NAME/",
    "redirect-other-site": "RedirectPermanent / https://www.elsewhere.example/",
    "redirect-without-slash": "Redirect permanent / https://NAME",
    "redirect-gone": "Redirect gone /",
    "redirect-403": "Redirect 403 /",
    "redirectmatch-404": "RedirectMatch 404 ^/",
    "redirectmatch-410": "RedirectMatch gone .*",
    "redirectmatch": "RedirectMatch 301 ^/(.*)$ https://NAME/$1",
    "redirectmatch-star": "RedirectMatch permanent (.*) https://NAME$1",
    "redirectmatch-ahead": r"RedirectMatch permanent ^(?!/\.well-known/acme-challenge/).* https://www.NAME$0",
    "redirectmatch-ahead-2": r"RedirectMatch 301 ^/(?!\.well-known/acme-challenge)(.*)$ https://NAME/$1",
    "redirectmatch-ahead-3": r"RedirectMatch permanent ^/(?!\.well-known)(.*) https://NAME/$1",
    "redirectmatch-ahead-4": r'RedirectMatch 301 "^(?!/\.well-known/acme-challenge/[A-Za-z0-9_-]+$)(.*)$" "https://NAME$1"',
    "redirectmatch-ahead-or": r"RedirectMatch 301 ^/(?!\.well-known/(?:acme-challenge|pki-validation)/)(.*) https://NAME/$1",
    "rewrite-caret": rewrite(f"^ {TO} [R=301,L]"),
    "rewrite-flags": rewrite(f"^ {TO} [L,NE,R=permanent]"),
    "rewrite-no-flags": rewrite("^(.*)$ https://%{SERVER_NAME}$1"),
    "rewrite-r-alone": rewrite(f".* {TO} [R]"),
    "rewrite-end": rewrite(f"^ {TO} [END,NE,R=permanent]"),
    "rewrite-redirect-word": rewrite(f"^/?(.*) {TO} [redirect=308,last]"),
    "rewrite-plus": rewrite("^(.+)$ https://%{HTTP_HOST}$1 [R=301,L]"),
    "rewrite-slash": rewrite("^(/.*)$ https://%{HTTP_HOST}$1 [R=301,L]"),
    "rewrite-slash-alone": rewrite("/ https://NAME%{REQUEST_URI} [R,L]"),
    "rewrite-optional-slash": rewrite("^/?(.*)$ https://NAME/$1 [R,L,QSA]"),
    "rewrite-class": rewrite(r"^([\s\S]*)$ https://NAME$1 [R=302]"),
    "rewrite-forbidden": rewrite("^ - [F]"),
    "rewrite-gone": rewrite(".* - [G,L]"),
    "rewrite-404": rewrite("^ - [R=404,L]"),
    "rewrite-virtualmin": rewrite("^/(?!.well-known)(.*)$ https://%{HTTP_HOST}/$1 [R]"),
    "rewrite-negated": rewrite(r"!^/\.well-known/acme-challenge/ https://%{SERVER_NAME}%{REQUEST_URI} [R=301,L]"),
    "rewrite-negated-bare": rewrite(f"!\\.well-known {TO} [R=301,L]"),
    "rewrite-https-off": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off"),
    "rewrite-https-equal-off": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} =off"),
    "rewrite-https-not-on": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} !=on"),
    "rewrite-https-not-pattern": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} !^on$ [NC]"),
    "rewrite-https-upper": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} OFF [NC]"),
    "rewrite-https-quoted": rewrite(f"^ {TO} [R=301,L]", '"%{HTTPS}" "!on"'),
    "rewrite-scheme": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_SCHEME} =http"),
    "rewrite-scheme-not": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_SCHEME} !https"),
    "rewrite-env-https": rewrite(f"^ {TO} [R=301,L]", "%{ENV:HTTPS} !on [NC]"),
    "rewrite-port-canonical": "UseCanonicalName On\n" + rewrite(f"^ {TO} [R=301,L]", "%{SERVER_PORT} ^80$"),
    "rewrite-or-tautology": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off [OR]", "%{HTTP:X-Forwarded-Proto} =http"),
    "rewrite-and-constant": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off", "%{REQUEST_SCHEME} http"),
    "rewrite-any-method": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_METHOD} .*"),
    "rewrite-not-me": rewrite(f"^ {TO} [R=301,L]", "%{REMOTE_ADDR} !^127\\.0\\.0\\.77$"),
    "rewrite-not-the-office": rewrite(f"^ {TO} [R=301,L]", "%{REMOTE_ADDR} !^203\\.0\\.113\\.9$"),
    "rewrite-not-the-lan": rewrite(f"^ {TO} [R=301,L]", "%{REMOTE_ADDR} !^(10|192\\.168)\\."),
    "rewrite-not-a-monitor": rewrite(f"^ {TO} [R=301,L]", "%{REMOTE_ADDR} !=203.0.113.9"),
    "rewrite-acme": rewrite(f"^ {TO} [R=301,L]", r"%{REQUEST_URI} !^/\.well-known/acme-challenge/"),
    "rewrite-acme-nc": rewrite(f"^(.*)$ {TO} [L,R=301]", "%{HTTPS} off", r"%{REQUEST_URI} !^/.well-known/acme-challenge [NC]"),
    "rewrite-acme-bare": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_URI} !.well-known"),
    "rewrite-acme-group": rewrite(f"^ {TO} [R=301,L]", r"%{REQUEST_URI} !^/\.well-known/(acme-challenge|pki-validation)/"),
    "rewrite-acme-file": rewrite(f"^ {TO} [R=301,L]", r"%{REQUEST_URI} !^/\.well-known/acme-challenge/[0-9a-zA-Z_-]+$"),
    "rewrite-acme-equal": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_URI} !=/.well-known/acme-challenge/"),
    "rewrite-cpanel": rewrite(
        f"^ {TO} [R=301,L]", "%{HTTPS} off", r"%{REQUEST_URI} !^/[0-9]+\..+\.cpaneldcv$",
        r"%{REQUEST_URI} !^/[A-F0-9]{32}\.txt(?:\ Comodo\ DCV)?$",
        r"%{REQUEST_URI} !^/\.well-known/pki-validation/[A-F0-9]{32}\.txt(?:\ Sectigo\ DCV)?$",
        r"%{REQUEST_URI} !^/\.well-known/cpanel-dcv/[\w-]+$", r"%{REQUEST_URI} !^/\.well-known/pki-validation/(?:\ Ballot169)?$"),
    "rewrite-acme-passed": "RewriteEngine On\nRewriteRule ^/\\.well-known/acme-challenge/ - [L]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-acme-passed-end": "RewriteEngine On\nRewriteCond %{REQUEST_URI} ^/\\.well-known/\nRewriteRule .* - [END]\n"
                               "RewriteRule .* " + TO + " [R=301,L]",
    "rewrite-acme-skipped": "RewriteEngine On\nRewriteRule ^/\\.well-known/ - [S=1]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-acme-expr": rewrite(f"^ {TO} [R=301,L]", r'expr "! %{REQUEST_URI} =~ m#^/\.well-known/#"'),
    "rewrite-expr": rewrite(f"^ {TO} [R=301,L]", "expr \"%{HTTPS} == 'off'\""),
    "rewrite-expr-or": rewrite(f"^ {TO} [R=301,L]", "expr \"%{HTTPS} != 'on' || %{HTTP:X-Forwarded-Proto} == 'http'\""),
    "rewrite-certbot": rewrite("^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]",
                               "%{SERVER_NAME} =www.NAME [OR]", "%{SERVER_NAME} =NAME"),
    "rewrite-host-any-port": rewrite(f"^ {TO} [R=301,L]", r"%{HTTP_HOST} ^(www\.)?LITERAL\.?(:\d+)?$ [NC]"),
    "rewrite-two-hosts": "RewriteEngine On\nRewriteCond %{SERVER_NAME} ^www\\.\nRewriteRule ^ https://www.NAME%{REQUEST_URI} [R,L]\n"
                         "RewriteCond %{SERVER_NAME} !^www\\.\nRewriteRule ^ https://NAME%{REQUEST_URI} [R,L]",
    "rewrite-before-index": "RewriteEngine On\nRewriteRule ^ " + TO + " [R,L]\nRewriteRule . /index.html [L]",
    "rewrite-last-of-many": "RewriteEngine On\nRewriteRule ^/old$ https://NAME/new [R,L]\nRewriteCond %{HTTP:X-Forwarded-Proto} http\n"
                            "RewriteRule ^/x https://NAME/y [R,L]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-plesk": rewrite(f"^(.*)$ {TO} [R=301,L,QSA]", "%{HTTPS} off"),
    "rewrite-directadmin": rewrite("^/(.*) https://%{HTTP_HOST}/$1", "%{HTTPS} !=on"),
    "rewrite-ispconfig": "RewriteEngine on\nRewriteRule ^/\\.well-known/acme-challenge/ - [END]\nRewriteCond %{HTTPS} off\n"
                         "RewriteRule ^ " + TO + " [R=301,L,NE]",
    "rewrite-in-ifmodule": "<IfModule mod_rewrite.c>\n" + rewrite(f"^ {TO} [R,L]", "%{HTTPS} ^off$") + "\n</IfModule>",
    "rewrite-status": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_URI} !=/server-status"),
    "rewrite-dangling-or": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-Proto} =http [OR]"),
    "rewrite-round": rewrite("^/(.*)$ /x/$1 [R,L]"),
    "files-and-redirect": 'RedirectMatch 301 ^/[^/]+ https://NAME/\n<FilesMatch "\\.(php|html)$">\nRequire all denied\n</FilesMatch>',
    "rewrite-cpanel-unescaped": rewrite(
        f"(.*) {TO} [L,R=301]", "%{HTTPS} !on", "%{REQUEST_URI} !^/[0-9]+..+.cpaneldcv$",
        r"%{REQUEST_URI} !^/.well-known/pki-validation/[A-F0-9]{32}.txt(?:\ Comodo\ DCV)?$"),
    "rewrite-trace-and-https": "RewriteEngine on\nRewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)\nRewriteRule .* - [F]\n"
                               "RewriteCond %{HTTPS} off\nRewriteRule ^/(.*) https://%{HTTP_HOST}/$1 [R,L]",
    "rewrite-the-request": rewrite("^ https://%{SERVER_NAME}%2 [NE,R=307]", r"%{THE_REQUEST} ([^\s]+)\s+([^\s]+)\s+([^\s]+)"),
    "location-the-request": '<Location />\nRewriteEngine On\nRewriteCond %{HTTPS} off\n'
                            'RewriteCond %{REQUEST_URI} !/[.]well-known/acme-challenge/.*\n'
                            'RewriteCond %{THE_REQUEST} ([^\\s]+)\\s+([^\\s]+)\\s+([^\\s]+)\n'
                            'RewriteRule ^ https://%{SERVER_NAME}:8443%2 [NE,R=307]\n</Location>',
    "redirect-and-rewrite": "Redirect permanent / https://NAME/\n" + rewrite("^/?(.*) https://%{SERVER_NAME}/$1 [R=301,L]", "%{HTTPS} off"),
    "redirectmatch-acme-file": r'RedirectMatch 301 "^/(?!\.well-known/acme-challenge/[\w-]{43}$)(.*)" "https://NAME/$1"',
    "rewrite-to-acme-folder": "RewriteEngine On\nRewriteRule ^/\\.well-known/acme-challenge/(.*)$ {dir}/acme/$1 [L]\n"
                              "RewriteRule ^(.*)$ https://%{HTTP_HOST}$1 [R=301,L]",
    "rewrite-last-before-section": 'RewriteEngine On\nRewriteRule ^/(index\\.html)?$ - [L]\nRewriteRule ^ ' + TO + ' [R,L]\n'
                                   '<Location "/">\nRewriteRule ^ https://NAME/ [R,L]\n</Location>',
    "rewrite-chain": "RewriteEngine On\nRewriteRule ^ - [C]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-and-redirect": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-Proto} http") + "\nRedirect / https://NAME/",
    "rewrite-before-proxy": rewrite(f"^ {TO} [R=301,L]") + "\nProxyPass / http://127.0.0.1:{port3}/",
    "engine-off-in-directory": rewrite(f"^ {TO} [R,L]") + '\n<Directory "{docroot}">\nRewriteEngine Off\n</Directory>',
    "engine-on-in-location": f"RewriteRule ^ {TO} [R,L]\n<Location />\nRewriteEngine On\n</Location>",
    "inherit": "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule ^ " + TO + " [R,L]",
    "alias-acme": 'Alias /.well-known/acme-challenge/ "{docroot}/acme/"\nRedirectMatch ^/(?!\\.well-known/)(.*) https://NAME/$1',
    "alias-elsewhere": 'Alias /acme/ "{dir}/acme/"\nRedirectMatch ^/(?!acme/)(.*) https://NAME/$1',
    "proxied-acme": "ProxyPass /.well-known/acme-challenge/ http://127.0.0.1:{port3}/\nRedirect / https://NAME/",
    "proxied-and-located": 'ProxyPass / http://127.0.0.1:{port3}/\n<Location "/">\nRedirect / https://NAME/\n</Location>',
    "if-acme": '<If "%{REQUEST_URI} !~ m#^/\\.well-known/acme-challenge/#">\nRedirect permanent "/" "https://NAME/"\n</If>',
    "if-acme-negated": '<If "!(%{REQUEST_URI} =~ /^.\\.well-known/)">\nRedirect permanent / https://NAME/\n</If>',
    "if-https": "<If \"%{HTTPS} != 'on'\">\nRedirect permanent / https://NAME/\n</If>",
    "if-https-single": "<If \"%{HTTPS} == 'off' && %{REQUEST_SCHEME} == 'http'\">\nRedirect permanent / https://NAME/\n</If>",
    "if-else": '<If "%{REQUEST_URI} =~ m#^/\\.well-known/#">\nRequire all granted\n</If>\n<Else>\nRedirect / https://NAME/\n</Else>',
    "if-unknown-or-https": "<If \"-f '/no/such' || %{HTTPS} == 'off'\">\nRedirect / https://NAME/\n</If>",
    "if-list": "<If \"%{REQUEST_SCHEME} in {'ftp', 'http'}\">\nRedirect / https://NAME/\n</If>",
    "if-wildcards": "<If \"%{REQUEST_URI} -strmatch '/*'\">\nRedirect / https://NAME/\n</If>",
    "if-lower-case": "<If \"tolower(%{HTTPS}) == 'off' && toupper('a') == 'A'\">\nRedirect / https://NAME/\n</If>",
    "if-not-true": '<If "! -T %{HTTPS} && ! -T reqenv(\'no_such\')">\nRedirect / https://NAME/\n</If>',
    "if-put-together": "<If \"%{HTTPS} . 'x' == 'offx'\">\nRedirect / https://NAME/\n</If>",
    "if-single-quotes": "<If '%{HTTPS} == \"off\"'>\nRedirect / https://NAME/\n</If>",
    "if-true-denied": '<If "true">\nRequire all denied\n</If>',
    "location-redirect": '<Location "/">\nRedirect permanent / https://NAME/\n</Location>',
    "location-redirect-url": '<Location "/">\nRedirect permanent https://NAME/\n</Location>',
    "location-bare": "<Location />\nRedirect / https://NAME/\n</Location>",
    "location-rewrite": '<Location "/">\nRewriteEngine On\nRewriteRule ^ https://NAME%{REQUEST_URI} [R,L]\n</Location>',
    "locationmatch": '<LocationMatch "^/(?!\\.well-known)">\nRedirect 301 / https://NAME/\n</LocationMatch>',
    "locationmatch-denied": '<LocationMatch ".*">\nRequire all denied\n</LocationMatch>',
    "directory-redirect": '<Directory "{docroot}">\nRedirect permanent / https://NAME/\n</Directory>',
    "directory-rewrite": '<Directory "{docroot}">\nRewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule (.*) ' + TO + " [R,L]\n</Directory>",
    "directory-rewrite-acme": '<Directory "{docroot}">\nRewriteEngine On\nRewriteRule ^(?!\\.well-known/)(.*)$ https://NAME/$1 [R,L]\n'
                              "</Directory>",
    "directory-around": '<Directory "{dir}">\nRequire all granted\n</Directory>\n<Directory "{docroot}">\nRequire all denied\n</Directory>',
    "directory-denied": '<Directory "{docroot}/">\nRequire all denied\n</Directory>',
    "directorymatch-denied": '<DirectoryMatch "^{docroot}">\nRequire all denied\n</DirectoryMatch>',
    "directory-wildcard-denied": '<Directory "{dir}/*">\nRequire all denied\n</Directory>',
    "location-denied": '<Location "/">\nRequire all denied\n</Location>',
    "location-denied-over-granted": '<Directory "{docroot}">\nRequire all granted\n</Directory>\n<Location />\nRequire all denied\n</Location>',
    "location-denied-upper": "<location />\nREQUIRE all denied\n</location>",
    "location-requireall": "<Location />\n<RequireAll>\nRequire all granted\nRequire all denied\n</RequireAll>\n</Location>",
    "location-not-all": "<Location />\n<RequireAll>\nRequire not all granted\nRequire all granted\n</RequireAll>\n</Location>",
    "location-local": "<Location />\nRequire host nowhere.invalid\n</Location>",
    "location-ip": "<Location />\nRequire ip 192.0.2.1\n</Location>",
    "location-user": f"<Location />\n{LOGIN}\nRequire valid-user\n</Location>",
    "location-user-or-office": f"<Location />\n{LOGIN}\nRequire ip 192.0.2.1\nRequire user alice\n</Location>",
    "directory-user": f'<Directory "{{docroot}}">\n{LOGIN}\nRequire valid-user\n</Directory>',
    "location-ssl": "<Location />\nRequire ssl\n</Location>",
    "location-sslrequiressl": "<Location />\nSSLRequireSSL\n</Location>",
    "directory-sslrequiressl": '<Directory "{docroot}">\nSSLRequireSSL\n</Directory>',
    "location-expr-quotes-inside": "<Location />\nRequire expr 'on' == %{HTTPS}\n</Location>",
    "location-expr-denied": "<Location />\nRequire expr \"%{HTTPS} == 'on'\"\n</Location>",
    "location-env-unset": "<Location />\nRequire env nobody_sets_this\n</Location>",
    "location-deny-from": "<Location />\nDeny from all\n</Location>",
    "location-order": "<Location />\nOrder deny,allow\nDeny from all\n</Location>",
    "location-order-allow": "<Location />\nOrder Allow,Deny\n</Location>",
    "location-order-deny-wins": "<Location />\nOrder allow,deny\nAllow from all\nDeny from all\n</Location>",
    "location-policy": "<Location />\nCFOriginPull On\n</Location>",
    "policy-on": "CFOriginPull On",
    "moved-and-back": "RewriteEngine On\nRewriteRule ^/$ /index.html\nRewriteRule ^ https://NAME/ [R,L]",
    "passed-through": "RewriteEngine On\nRewriteRule ^/a/(.*) /$1 [PT]\nRedirect / https://NAME/",
}

# What lets some request of some client through.
OPEN = {
    "nothing": "",
    "if-number": "<If \"%{HTTPS} ne 'on'\">\nRedirect / https://NAME/\n</If>",
    "if-number-dash": "<If \"%{HTTPS} -ne 'on'\">\nRedirect / https://NAME/\n</If>",
    "redirect-path": "Redirect /login https://NAME/login",
    "redirect-relative": "Redirect /x /y",
    "redirectmatch-some": r"RedirectMatch ^/(.*)\.php$ https://NAME/$1.php",
    "redirectmatch-but-status": "RedirectMatch 301 ^/(?!status)(.*) https://NAME/$1",
    "redirectmatch-root": "RedirectMatch ^/$ https://NAME/",
    "redirectmatch-ahead-more": r"RedirectMatch ^(?!/(\.well-known|api)/).* https://NAME$0",
    "proxy-before-redirect": "ProxyPass / http://127.0.0.1:{port3}/\nRedirect permanent / https://NAME/",
    "proxymatch-before-redirect": "ProxyPassMatch ^/(.*)$ http://127.0.0.1:{port3}/$1\nRedirectMatch .* https://NAME/",
    "location-proxy-before-redirect": "<Location />\nProxyPass http://127.0.0.1:{port3}/\n</Location>\nRedirect / https://NAME/",
    "proxy-api": "ProxyPass /api http://127.0.0.1:{port3}/api\nRedirect / https://NAME/",
    "no-engine": f"RewriteRule ^ {TO} [R=301,L]",
    "engine-off": f"RewriteEngine Off\nRewriteRule ^ {TO} [R=301,L]",
    "engine-off-later": f"RewriteEngine On\nRewriteRule ^ {TO} [R=301,L]\nRewriteEngine Off",
    "rewrite-proxied": rewrite("^/(.*)$ http://127.0.0.1:{port3}/$1 [P,L]"),
    "cf-visitor": rewrite(f"^(.*)$ {TO} [L,R=301]", "%{HTTP:CF-Visitor} '\"scheme\":\"http\"'"),
    "cf-visitor-not": rewrite(f"^(.*)$ {TO} [L,R=301]", r'%{HTTP:CF-Visitor} !{"scheme":"https"}'),
    "x-forwarded-proto": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-Proto} !https"),
    "x-forwarded-proto-http": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-Proto} =http"),
    "x-forwarded-proto-and-https": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off", "%{HTTP:X-Forwarded-Proto} !https"),
    "x-forwarded-proto-or": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-Proto} !https [OR]", "%{HTTP:X-Forwarded-Ssl} !on"),
    "x-forwarded-ssl": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:X-Forwarded-SSL} !on"),
    "front-end-https": rewrite(f"^ {TO} [R=301,L]", "%{HTTP:Front-End-Https} !^on$ [NC]"),
    "two-variables": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS}:%{HTTP:X-Forwarded-Proto} !https"),
    "env-from-header": "SetEnvIf X-Forwarded-Proto https HTTPS=on\n" + rewrite(f"^ {TO} [R=301,L]", "%{ENV:HTTPS} !on"),
    "expr-header": rewrite(f"^ {TO} [R=301,L]", "expr \"%{HTTP:X-Forwarded-Proto} != 'https'\""),
    "expr-req": rewrite(f"^ {TO} [R=301,L]", "expr \"req('X-Forwarded-Proto') != 'https'\""),
    "user-agent": rewrite(f"^ {TO} [R=301,L]", "%{HTTP_USER_AGENT} !Googlebot"),
    "cookie": rewrite(f"^ {TO} [R=301,L]", "%{HTTP_COOKIE} !nossl"),
    "query": rewrite(f"^ {TO} [R=301,L]", "%{QUERY_STRING} !nossl"),
    "method": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_METHOD} =GET"),
    "the-request": rewrite(f"^ {TO} [R=301,L]", "%{THE_REQUEST} ^GET"),
    "port": rewrite(f"^ {TO} [R=301,L]", "%{SERVER_PORT} !^443$"),
    "port-80": rewrite(f"^ {TO} [R=301,L]", "%{SERVER_PORT} 80"),
    "if-port": '<If "%{SERVER_PORT} == 80">\nRedirect / https://NAME/\n</If>',
    "host-www": rewrite("^/(.*)$ https://NAME/$1 [R=301,L]", r"%{HTTP_HOST} ^www\. [NC]"),
    "host-not-www": rewrite("^/(.*)$ https://www.NAME/$1 [R=301,L]", r"%{HTTP_HOST} !^www\. [NC]"),
    "host-case": rewrite(f"^ {TO} [R=301,L]", "%{HTTP_HOST} ^NAME [OR]", "%{HTTP_HOST} ^www.NAME"),
    "host-port": rewrite(f"^ {TO} [R=301,L]", "%{HTTP_HOST} ^NAME$ [NC,OR]", "%{HTTP_HOST} ^www.NAME$ [NC]"),
    "server-name-one": rewrite(f"^ {TO} [R=301,L]", "%{SERVER_NAME} =NAME"),
    "file-exists": rewrite(f"^ {TO} [R=301,L]", "%{DOCUMENT_ROOT}%{REQUEST_URI} !-f"),
    "uri-but-health": rewrite(f"(.*) {TO} [L]", "%{HTTPS} off", "%{REQUEST_URI} !^/status"),
    "the-request-path": rewrite(f"^ {TO} [R,L]", r"%{THE_REQUEST} !\s/api"),
    "uri-but-api": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_URI} !^/api/"),
    "uri-but-status": rewrite(f"^ {TO} [R=301,L]", "%{REQUEST_URI} !=/status"),
    "uri-but-list": rewrite(f"^ {TO} [R=301,L]", r"%{REQUEST_URI} !^/(robots\.txt|\.well-known/)"),
    "uri-images": rewrite(f"^ {TO} [R=301,L]", r"%{REQUEST_URI} !\.(png|html)$"),
    "rewrite-ahead-api": rewrite("^/(?!api/)(.*)$ https://NAME/$1 [R,L]"),
    "rewrite-some": rewrite("^/wp-admin https://NAME%{REQUEST_URI} [R,L]"),
    "rewrite-lower-case": rewrite("^/([a-z/]*)$ https://NAME/$1 [R,L]"),
    "rewrite-index-before": "RewriteEngine On\nRewriteRule ^/(index\\.html)?$ - [L]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-ended-before-section": 'RewriteEngine On\nRewriteRule ^/(index\\.html)?$ - [END]\nRewriteRule ^ ' + TO + ' [R,L]\n'
                                    '<Location "/">\nRewriteRule ^ https://NAME/ [R,L]\n</Location>',
    "rewrite-moved-before": "RewriteEngine On\nRewriteRule ^/a/(.*) /$1 [L]\nRewriteRule ^ " + TO + " [R,L]",
    "rewrite-moved-past-redirect": "RewriteEngine On\nRewriteRule ^/a/(.*) {docroot}/$1\nRedirect / https://NAME/",
    "rewrite-passed-by-header": "RewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} https\nRewriteRule ^ - [L]\nRewriteRule ^ "
                                + TO + " [R,L]",
    "rewrite-passed-through-by-header": "RewriteEngine On\nRewriteCond expr \"-z %{HTTP:X-Forwarded-Proto}\"\nRewriteRule ^/(.*) /$1 [PT]\n"
                                        "RewriteRule ^ " + TO + " [R,L]",
    "rewrite-undone": "RewriteEngine On\nRewriteRule ^ " + TO + " [R]\nRewriteRule . /index.html [L]",
    "rewrite-skipped-by-header": "RewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} https\nRewriteRule ^ - [S=1]\nRewriteRule ^ "
                                 + TO + " [R,L]",
    "rewrite-chain-header": "RewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule ^ - [C]\nRewriteRule ^ "
                            + TO + " [R,L]",
    "engine-off-in-location": rewrite(f"^ {TO} [R,L]") + "\n<Location /api>\nRewriteEngine Off\n</Location>",
    "engine-off-by-header": rewrite(f"^ {TO} [R,L]") + "\n<If \"%{HTTP:X-Forwarded-Proto} == 'https'\">\nRewriteEngine Off\n</If>",
    "location-expr-path": "<Location />\nRequire expr \"%{REQUEST_URI} =~ m#^/api#\"\n</Location>",
    "rewrite-relative": rewrite("^/old/(.*) /new/$1 [R,L]"),
    "location-path": "<Location /admin>\nRedirect / https://NAME/\n</Location>",
    "location-path-denied": '<Location "/a">\nRequire all denied\n</Location>',
    "location-denied-but": "<Location />\nRequire all denied\n</Location>\n<Location /api>\nRequire all granted\n</Location>",
    "location-denied-by-method": "<Location />\n<Limit POST PUT>\nRequire all denied\n</Limit>\n</Location>",
    "location-denied-or": "<Location />\nRequire all denied\nRequire all granted\n</Location>",
    "location-any": "<Location />\n<RequireAny>\nRequire all denied\nRequire method GET\n</RequireAny>\n</Location>",
    "location-env-header": "SetEnvIf X-Forwarded-Proto https let_in\n<Location />\nRequire env let_in\n</Location>",
    "location-expr-header": "<Location />\nRequire expr \"%{HTTP:X-Forwarded-Proto} == 'https'\"\n</Location>",
    "location-ip-edge": "<Location />\nRequire ip 127.0.0.1 192.0.2.1 127.0.0.0/8\n</Location>",
    "location-allow-edge": "<Location />\nOrder deny,allow\nDeny from all\nAllow from all\n</Location>",
    "location-allow-env": "SetEnvIf User-Agent Googlebot let_in\n<Location />\nOrder deny,allow\nDeny from all\nAllow from env=let_in\n</Location>",
    "location-satisfy-any": "<Location />\nRequire all denied\nSatisfy any\n</Location>",
    "location-user-or-all": f"<Location />\n{LOGIN}\n<RequireAny>\nRequire valid-user\nRequire all granted\n</RequireAny>\n</Location>",
    "location-user-satisfy-any": f"<Location />\n{LOGIN}\nRequire valid-user\nOrder allow,deny\nAllow from all\nSatisfy Any\n</Location>",
    "location-user-of-a-path": f"<Location /wp-admin>\n{LOGIN}\nRequire valid-user\n</Location>",
    "location-policy-path": "<Location /a>\nCFOriginPull On\n</Location>",
    "directory-denied-but": '<Directory "{docroot}">\nRequire all denied\n</Directory>\n<Directory "{docroot}/api">\nRequire all granted\n</Directory>',
    "directory-denied-location-granted": '<Directory "{docroot}">\nRequire all denied\n</Directory>\n<Location />\nRequire all granted\n</Location>',
    "directory-denied-elsewhere": '<Directory "/srv/other">\nRequire all denied\n</Directory>',
    "directory-denied-file-granted": '<Directory "{docroot}">\nRequire all denied\n<Files "robots.txt">\nRequire all granted\n</Files>\n</Directory>',
    "directory-denied-but-proxied": '<Directory "{docroot}">\nRequire all denied\n</Directory>\nProxyPass / http://127.0.0.1:{port3}/',
    "directory-rewrite-slash": '<Directory "{docroot}">\nRewriteEngine On\nRewriteRule ^/(.*)$ https://NAME/$1 [R,L]\n</Directory>',
    "directory-rewrite-header": '<Directory "{docroot}">\nRewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule .* '
                                + TO + " [R,L]\n</Directory>",
    "if-header": "<If \"%{HTTP:X-Forwarded-Proto} != 'https'\">\nRedirect / https://NAME/\n</If>",
    "if-header-denied": "<If \"%{req:X-Forwarded-Proto} != 'https'\">\nRequire all denied\n</If>",
    "if-header-granted": "<Location />\nRequire all denied\n</Location>\n<If \"%{HTTP:X-Forwarded-Proto} == 'https'\">\nRequire all granted\n</If>",
    "if-list-of-header": "<If \"%{HTTP:X-Forwarded-Proto} in {'', 'http'}\">\nRedirect / https://NAME/\n</If>",
    "if-wildcards-some": "<If \"%{REQUEST_URI} -strmatch '/api/*'\">\nRequire all denied\n</If>",
    "if-lower-case-host": "<If \"tolower(%{HTTP_HOST}) =~ /^[A-Z]/\">\nRedirect / https://NAME/\n</If>",
    "if-unknown-and-https": "<If \"-f '/no/such' && %{HTTPS} == 'off'\">\nRedirect / https://NAME/\n</If>",
    "if-agent": "<If \"%{HTTP_USER_AGENT} !~ /Googlebot/\">\nRedirect / https://NAME/\n</If>",
    "if-api": '<If "%{REQUEST_URI} !~ m#^/(api|\\.well-known)/#">\nRedirect / https://NAME/\n</If>',
    "if-https-on": "<If \"%{HTTPS} == 'on'\">\nRequire all denied\n</If>",
    "files-but-text": '<FilesMatch "\\.(php|html)$">\nRequire all denied\n</FilesMatch>',
    "files-denied": '<Files "*.php">\nRequire all denied\n</Files>',
    "sslrequiressl-path": "<Location /a>\nSSLRequireSSL\n</Location>",
}

# The same on a port of its own, where it is the default for names that no virtual host has.
DEFAULT_SHUT = {
    "default-redirect": "Redirect / https://NAME/",
    "default-rewrite": rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off"),
    "default-denied": "<Location />\nRequire all denied\n</Location>",
}
DEFAULT_OPEN = {
    "default-certbot": SHUT["rewrite-certbot"],
    "default-host-any-port": SHUT["rewrite-host-any-port"],
    "default-host-filled": rewrite(f"^ {TO} [R=301,L]", "%{HTTP_HOST} !^$"),
    "default-bitnami": rewrite("^/(.*) https://%{SERVER_NAME}/$1 [R,L]", "%{HTTPS} !=on", "%{HTTP_HOST} !^(localhost|127.0.0.1)"),
    "default-nothing": "",
}

HEADERS = [{"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "http"}, {"CF-Visitor": '{"scheme":"https"}'},
           {"X-Forwarded-SSL": "on"}, {"Front-End-Https": "on"}, {"User-Agent": "Googlebot"}, {"Cookie": "nossl=1"},
           {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on"}]
PATHS = ["/", "/index.html", "/A.html", "/a/index.html", "/api/x", "/api/index.html", "/status", "/robots.txt", "/x.php", "/1.txt"]
SPELLINGS = [*[(name, lines, False, False) for name, lines in SHUT.items()], *[(name, lines, False, True) for name, lines in OPEN.items()],
             *[(name, lines, True, False) for name, lines in DEFAULT_SHUT.items()],
             *[(name, lines, True, True) for name, lines in DEFAULT_OPEN.items()]]


def place(spellings):
    """Configuration of the virtual hosts, and (host, port) of each spelling."""
    aliases = " ".join(f"s{i}.example.test www.s{i}.example.test" for i in range(len(spellings)))
    text, places, port = SITE.replace("ALIASES", aliases), {}, 3
    for number, (spelling, lines, is_default, _) in enumerate(spellings):
        name = f"s{number}.example.test"
        port += is_default
        key = "port%d" % (port if is_default else 2)
        lines = re.sub("(?<!_)NAME", name, lines.replace("LITERAL", re.escape(name)))
        text += (f'<VirtualHost 127.0.0.1:{{{key}}}>\nServerName {name}\nServerAlias www.{name}\nDocumentRoot "{{docroot}}"\n'
                 f"{lines}\n</VirtualHost>\n")
        places[spelling] = (name, key)
    return text, places, port


class Judged:
    def __init__(self, scratch, pki, spellings):
        (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
        text, self.places, ports = place(spellings)
        self.httpd = Httpd(tempfile.mkdtemp(prefix="twins", dir=scratch), pki, server=text, modules=MODULES, ports=ports)
        for path in PATHS[1:]:
            file = self.httpd.docroot / path[1:]
            file.parent.mkdir(exist_ok=True)
            file.write_text("the page\n")
        code, self.output = self.httpd.check()
        assert code == 0, self.output
        self.found = {f.vhost.split(":")[0]: f for f in findings(self.output) if f.code == "CFO0210"}
        self.httpd.start()

    def port(self, key):
        return self.httpd.ports[int(key[4:] or 1) - 1]

    def requests(self, name):
        """What a hostile client tries: host, path, headers, method."""
        for host in (name, f"www.{name}", name.upper(), f"{name}:8443", f"{name}:443", f"{name}.", f"www.{name}:8443"):
            for path in PATHS:
                yield host, path, {}, "GET"
        for headers in HEADERS:
            for path in ("/", "/robots.txt"):
                yield name, path, headers, "GET"
        yield name, "/", {}, "HEAD"
        for path in ("/", "/api/x", "/1.txt"):
            yield name, f"{path}?nossl=1", {}, "GET"

    def opened(self, spelling):
        """The first request that gets the page; None: none does."""
        name, key = self.places[spelling]
        port, tries = self.port(key), list(self.requests(name))
        if key != "port2":
            tries += [(host, "/", {}, "GET") for host in ("stranger.invalid", "localhost", "")]
        client = Client()
        try:
            for one in tries:
                response = client.request(port, *one)
                if response.status == 200 and one[3] == "HEAD" or b"the page" in response.body:
                    return one
        finally:
            client.close()
        return None


class Client:
    """Sends many requests on few connections."""

    def __init__(self):
        self.connections = {}

    def request(self, port, host, path, headers, method):
        if not host:
            with Connection(port, plain=True) as connection:
                return connection.raw(f"{method} {path} HTTP/1.0\r\n\r\n".encode())
        if port not in self.connections:
            self.connections[port] = Connection(port, plain=True)
        response = self.connections[port].get(path, headers, host, method)
        if response.headers.get("connection", "").lower() == "close":
            self.connections.pop(port).close()
        return response

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}


@pytest.fixture(scope="module")
def judged(scratch, pki):
    one = Judged(scratch, pki, SPELLINGS)
    yield one
    one.httpd.stop()


@pytest.mark.parametrize("spelling, is_open", [(name, is_open) for name, _, _, is_open in SPELLINGS],
                         ids=[name for name, *_ in SPELLINGS])
def test_there_is_a_finding_if_and_only_if_a_stranger_gets_the_page(judged, spelling, is_open):
    name, _ = judged.places[spelling]
    opened = judged.opened(spelling)
    assert (opened is not None) == is_open, opened
    assert (name in judged.found) == is_open, judged.found.get(name)


# What the line of an open spelling has to name.
@pytest.mark.parametrize("spelling, words", [
    ("nothing", r"without TLS and to everyone, while the virtual host with TLS \(example\.test:\d+\) is protected: set CFOriginPull On"),
    ("nothing", "redirect every request to https, without a condition, or set Require all denied in <Location"),
    ("nothing", "If it is open on purpose, set CFOriginPull Off here"),
    ("x-forwarded-proto", r'; RewriteCond "%{HTTP:X-Forwarded-Proto} !https" \(\S+httpd.conf:\d+\) does not hold for every request'),
    ("x-forwarded-proto-and-https", r'; RewriteCond "%{HTTP:X-Forwarded-Proto} !https"'),
    ("env-from-header", r'; RewriteCond "%{ENV:HTTPS} !on"'),
    ("port", "httpd takes that port from the Host header"),
    ("host-www", r'; RewriteCond "%{HTTP_HOST} .*such as one to s\d+\.example\.test'),
    ("host-port", r'such as one with the Host header "s\d+\.example\.test:8443"'),
    ("host-case", r'such as one with the Host header "S\d+\.EXAMPLE\.TEST"'),
    ("default-certbot", "such as one to stranger.invalid"),
    ("default-host-filled", 'such as one with the Host header ""'),
    ("default-bitnami", "such as one to localhost"),
    ("uri-but-api", 'open for paths such as "/api/"'),
    ("redirectmatch-but-status", 'open for paths such as "/status'),
    ("proxy-before-redirect", "ProxyPass comes before its Redirect"),
    ("if-header", r'; If "%{HTTP:X-Forwarded-Proto} != \'https\'" \('),
    ("location-ip-edge", r'without TLS and to every customer of Cloudflare, .*; Require "ip .*" \(\S+\) names addresses of Cloudflare'),
])
def test_a_finding_names_what_is_open(judged, spelling, words):
    found = judged.found[judged.places[spelling][0]]
    assert re.search(words, found.text), found.text
    assert found.level == "warn"


# Whole configurations. PROTECTED is the inside of a protected virtual host.
PROTECTED = """ServerName shop.example.test
SSLEngine on
SSLCertificateFile {pki}/server.pem
SSLVerifyClient optional_no_ca
SSLVerifyDepth 3
CFOriginPullZone test {pki}/zone-a.pem
CFOriginPull On"""
TLS = "SSLEngine on\nSSLCertificateFile {pki}/server.pem"
ROOT = 'DocumentRoot "{docroot}"'
OTHER = 'DocumentRoot "{dir}/other"'
BACKEND = "<VirtualHost 127.0.0.1:{port3}>\nServerName backend.invalid\nCFOriginPull Off\nDocumentRoot \"{dir}/app\"\n</VirtualHost>\n"


def inside(*lines, port="{port2}", address="127.0.0.1"):
    return f"<VirtualHost {address}:{port}>\n" + "\n".join(lines) + "\n</VirtualHost>\n"


def site(*lines, address="127.0.0.1"):
    return inside(PROTECTED, *lines, port="{port}", address=address)


# Configuration; the ports with a finding, in order; requests that a stranger would try: port, host, path, TLS.
PLAIN = ("port2", "stranger.invalid", "/index.html", False)
NAMED = ("port2", "shop.example.test", "/index.html", False)
DOWN = "RewriteOptions InheritDown\n" + rewrite(f"^ {TO} [R=301,L]", "%{HTTPS} off") + "\n"
CANONICAL, PHYSICAL = "UseCanonicalName On\n", "UseCanonicalPhysicalPort On\n"
ALIAS = ("port2", "o.test", "/shop/index.html", False)
ADMIN = ("port2", "admin.test", "/index.html", True)
CA_FILE = "SSLCACertificateFile {pki}/zone-a.pem"
VERIFIED = f"SSLVerifyClient require\n{CA_FILE}"
OVER_TLS = ("port", "stranger.invalid", "/index.html", True)
DOWN = "RewriteOptions InheritDown\n" + rewrite("^ https://shop.example.test/ [R]", "%{HTTPS} !=on") + "\n"
KIN = {
    # Debian's 000-default.conf and default-ssl.conf
    "default-same": (site(ROOT) + inside("ServerAdmin webmaster@localhost", ROOT), True, [PLAIN]),
    "default-other": (site(ROOT) + inside(OTHER), False, [PLAIN]),
    "default-named": (site(ROOT) + inside("ServerName localhost", ROOT), True, [PLAIN]),
    "default-dots": (site(ROOT) + inside('DocumentRoot "{docroot}/../htdocs/"'), True, [PLAIN]),
    "default-link": (site(ROOT) + inside('DocumentRoot "{dir}/link"'), True, [PLAIN]),
    "default-denied": (site(ROOT) + inside(ROOT, '<Location "/">\nRequire all denied\n</Location>'), False, [PLAIN]),
    "default-redirects": (site(ROOT) + inside(ROOT, "Redirect permanent / https://shop.example.test/"), False, [PLAIN]),
    "default-off-on-purpose": (site(ROOT) + inside(ROOT, "CFOriginPull Off"), False, []),
    "default-around": (site(ROOT) + inside('DocumentRoot "{dir}"'), True, [("port2", "x.invalid", "/htdocs/index.html", False)]),
    "default-slash": (site(ROOT) + inside("DocumentRoot /"), True, [("port2", "x.invalid", "{docroot}/index.html", False)]),
    "default-around-denied": (site('DocumentRoot "{dir}/closed"', '<Directory "{dir}/closed">\nRequire all granted\n</Directory>')
                              + inside('DocumentRoot "{dir}"'), False, [("port2", "x.invalid", "/closed/index.html", False)]),
    "default-below": (site(ROOT) + inside('DocumentRoot "{docroot}/sub"'), True, [PLAIN]),
    "default-status-page": (site(ROOT) + inside("SetHandler cf-origin-status"), False, [PLAIN]),
    "default-status-location": (site(ROOT) + inside(ROOT, "<Location />\nSetHandler cf-origin-status\n</Location>"), False, [PLAIN]),
    "default-status-path": (site(ROOT) + inside(ROOT, "<Location /x>\nSetHandler cf-origin-status\n</Location>"), True, [PLAIN]),
    "default-alias": (site(ROOT) + inside(OTHER, 'Alias / "{docroot}/"'), True, [PLAIN]),
    "default-tls": (inside(TLS, ROOT, port="{port}") + site(ROOT), True, [OVER_TLS]),
    "default-tls-other": (inside(TLS, OTHER, port="{port}") + site(ROOT), False, [OVER_TLS]),
    "default-tls-denied": (inside(TLS, ROOT, "<Location />\nRequire all denied\n</Location>", port="{port}") + site(ROOT), False, [OVER_TLS]),
    "default-tls-redirects": (inside(TLS, ROOT, "Redirect / https://shop.example.test/", port="{port}") + site(ROOT), False, [OVER_TLS]),
    "default-tls-redirects-off": (inside(TLS, ROOT, rewrite("^ https://shop.example.test/ [R]", "%{HTTPS} off"), port="{port}")
                                  + site(ROOT), True, [OVER_TLS]),
    "default-tls-protected": (site(ROOT) + inside("ServerName other.test", TLS, OTHER, port="{port}"), False, [OVER_TLS]),
    "default-inherits": (DOWN + site(ROOT) + inside(ROOT, "RewriteEngine On"), False, [PLAIN]),
    "default-ignores-inheritance": (DOWN + site(ROOT) + inside(ROOT, "RewriteEngine On", "RewriteOptions IgnoreInherit"), True, [PLAIN]),
    # RHEL: the main server has port 80, and only ssl.conf has a virtual host
    "main-server": (site(), True, [PLAIN]),
    "main-server-on-loopback": (site(ROOT), False, []),
    "main-server-other": (site('DocumentRoot "{dir}/closed"'), False, []),
    "main-server-denied": (site(ROOT) + inside(OTHER), False, [PLAIN]),
    # other names
    "other-name": (site(ROOT) + inside("ServerName other.test", ROOT), True, [PLAIN]),
    "other-name-other-root": (site(ROOT) + inside("ServerName other.test", OTHER), False, [PLAIN]),
    "other-name-around": (site(ROOT) + inside("ServerName other.test", 'DocumentRoot "{dir}"'), True,
                          [("port2", "x.invalid", "/htdocs/index.html", False)]),
    "other-name-below": (site(ROOT) + inside("ServerName other.test", 'DocumentRoot "{docroot}/sub"'), False, []),
    "other-name-nobody-has-a-root": (site() + inside("ServerName other.test"), False, []),
    "other-name-tls": (site(ROOT) + inside("ServerName other.test", TLS, ROOT, port="{port}"), True, [("port", "other.test", "/", True)]),
    # the same name
    "name-tls-other-port": (site(ROOT) + inside("ServerName shop.example.test", TLS, OTHER), True, []),
    "name-no-root": (site() + inside("ServerName shop.example.test"), True, [NAMED]),
    "name-no-root-of-two": (site(OTHER) + inside("ServerName shop.example.test"), False, []),
    "name-upper": (site(ROOT) + inside("ServerName x.invalid", "ServerAlias SHOP.Example.Test.", ROOT), True, [NAMED]),
    "name-audit": (site(ROOT).replace("Pull On", "Pull Audit") + inside("ServerName shop.example.test", ROOT), True, [NAMED]),
    "name-section": (site(ROOT).replace("CFOriginPull On", '<Location "/">\nCFOriginPull On\n</Location>')
                     + inside("ServerName shop.example.test", ROOT), True, [NAMED]),
    "name-after": (site(ROOT) + inside(PROTECTED.replace("CFOriginPull On", ""), ROOT, port="{port}"), False,
                   [("port", "shop.example.test", "/", True)]),
    "name-before": (inside(PROTECTED.replace("CFOriginPull On", ""), OTHER, port="{port}") + site(ROOT), True, []),
    "name-wildcard": (site(OTHER) + inside("ServerName x.invalid", "ServerAlias *.example.test", ROOT), True, [NAMED]),
    "name-wildcard-odd": (site(OTHER) + inside("ServerName x.invalid", "ServerAlias sh?p.*", ROOT), True, [NAMED]),
    "name-wildcard-all": (site(OTHER) + inside("ServerName x.invalid", "ServerAlias *", ROOT), True, [NAMED]),
    "name-wildcard-shadowed": (site(OTHER) + inside("ServerName shop.example.test", "Redirect / https://shop.example.test/")
                               + inside("ServerName x.invalid", "ServerAlias *.example.test", ROOT), False, [NAMED]),
    "name-below-wildcard": (site(ROOT, "ServerAlias *.example.test") + inside("ServerName blog.example.test", OTHER), False, []),
    "name-below-wildcard-same": (site(ROOT, "ServerAlias *.example.test") + inside("ServerName blog.example.test", ROOT), True,
                                 [("port2", "blog.example.test", "/", False)]),
    "name-plain-judged": (inside("ServerName shop.example.test", ROOT, "CFOriginPull On\nCFOriginPullRequire ip", port="{port}")
                          + inside("ServerName shop.example.test", TLS, ROOT), True, [("port2", "shop.example.test", "/", True)]),
    # back ends
    "backend-boilerplate-root": (site(ROOT, "ProxyPass / http://127.0.0.1:{port3}/") + inside(ROOT) + BACKEND, False, []),
    "backend-default": (site(ROOT, "ProxyPass / http://127.0.0.1:{port3}/") + inside(OTHER, 'ProxyPass "/" "http://127.0.0.1:{port3}/"')
                        + BACKEND, True, [PLAIN]),
    "backend-rewritten": (site("RewriteEngine On", "RewriteRule ^/(.*)$ http://127.0.0.1:{port3}/$1 [P]")
                          + inside("<Location />\nProxyPass http://127.0.0.1:{port3}/\n</Location>") + BACKEND, True, [PLAIN]),
    **{f"backend-spelled-{i}": (site("ProxyPass / http://127.0.0.1:{port3}/") + inside("ServerName o.test", lines) + BACKEND, True, [PLAIN])
       for i, lines in enumerate([
           "ProxyPass / http://localhost:{port3}/", 'ProxyPass "/" "http://LOCALHOST:{port3}/" timeout=5', "ProxyPassMatch ^(.*)$ http://127.0.0.1:{port3}$1",
           "ProxyPassMatch ^/(.*) http://localhost:{port3}/$1", '<Location "/">\nProxyPass http://localhost:{port3}/\n</Location>',
           "RewriteEngine On\nRewriteRule ^/?(.*) http://localhost:{port3}/$1 [P,L]"])},
    "backend-match-of-some": (site("ProxyPass / http://127.0.0.1:{port3}/") + inside("ServerName o.test", OTHER,
                              "ProxyPassMatch ^/(api/.*)$ http://127.0.0.1:{port3}/$1") + BACKEND, False, [PLAIN]),
    "backend-another": (site("ProxyPass / http://127.0.0.1:{port3}/") + inside("ServerName o.test", "ProxyPass / http://127.0.0.1:9/")
                        + BACKEND, False, [PLAIN]),
    "backend-host-kept": (site("ProxyPreserveHost On", "ProxyPass / http://127.0.0.1:{port3}/") + inside("ServerName first.invalid", OTHER)
                          + inside("ServerName o.test", "ProxyPreserveHost On", "ProxyPass / http://127.0.0.1:{port3}/") + BACKEND, False, []),
    "backend-host-kept-default": (site("ProxyPreserveHost On", "ProxyPass / http://127.0.0.1:{port3}/")
                                  + inside("ServerName o.test", "ProxyPreserveHost On", "ProxyPass / http://127.0.0.1:{port3}/") + BACKEND,
                                  True, [NAMED]),
    # loopback
    "loopback-twin": (site(ROOT, address="*") + inside("ServerName shop.example.test", ROOT), False, []),
    "loopback-default": (site(ROOT, address="*") + inside(ROOT), False, []),
    "loopback-both": (site(ROOT) + inside("ServerName shop.example.test", ROOT), True, [NAMED]),
    "loopback-neither": (site(ROOT, address="*") + inside("ServerName shop.example.test", ROOT, address="*"), True, [NAMED]),
    # UseCanonicalName: a Host with another port
    **{f"port-{i}": (main + site(ROOT) + inside(name, ROOT, rewrite(f"^ {TO} [R=301,L]", f"%{{SERVER_PORT}} {port}")), is_found,
                     [("port2", f"shop.example.test:{other}", "/", False) for other in ("80", "443", "8443")])
       for i, (main, name, port, is_found) in enumerate([
           ("", "ServerName shop.example.test", "80", True), (PHYSICAL, "ServerName shop.example.test", "{port2}", True),
           (CANONICAL, "ServerName shop.example.test", "80", False), (CANONICAL, "ServerName shop.example.test", "!=443", False),
           (CANONICAL, "ServerName shop.example.test", "{port2}", True), (CANONICAL, "ServerName shop.example.test:8080", "=8080", False),
           (CANONICAL, "ServerName shop.example.test:8080", "^80$", True),
           (CANONICAL + PHYSICAL, "ServerName shop.example.test", "!^443$", False),
           (CANONICAL + PHYSICAL, "ServerName shop.example.test", "={port2}", False),
           (CANONICAL + PHYSICAL, "ServerName shop.example.test", "^80$", True)])},
    # an Alias to the site
    **{f"alias-{i}": (main + site(ROOT) + inside("ServerName o.test", OTHER, lines), is_found, tries)
       for i, (main, lines, is_found, tries) in enumerate([
           ("", 'Alias /shop "{docroot}"', True, [ALIAS]), ("", 'Alias "/shop/" "{docroot}/"', True, [ALIAS]), ("", 'Alias /shop "{dir}/link"', True, [ALIAS]),
           ('Alias /shop "{docroot}"\n', "", True, [ALIAS]), ("", 'Alias /all "{dir}"', True, [("port2", "o.test", "/all/htdocs/index.html", False)]),
           ("", 'Alias /shop "{docroot}"\nRewriteEngine On\nRewriteCond %{HTTP:X-Forwarded-Proto} !https\nRewriteRule ^ https://o.test/ [R]', True, []),
           ("", 'Alias /shop "{docroot}"\n<Location "/shop/a">\nRequire all denied\n</Location>', True, [ALIAS]),
           ("", 'Alias /shop "{docroot}/sub"', False, []), ("", 'Alias /shop "{dir}/app"', False, []), ("", 'Alias /shop "{dir}/missing"', False, []),
           ("", 'Alias /shop "{docroot}"\n<Location "/shop">\nRequire all denied\n</Location>', False, [ALIAS]),
           ("", 'Alias /shop "{docroot}"\n<Directory "{docroot}">\nRequire all denied\n</Directory>', False, [ALIAS]),
           ("", 'Alias /shop "{docroot}"\nRedirect permanent / https://shop.example.test/', False, [ALIAS]),
           ("", 'Alias /shop "{docroot}"\nRedirect permanent /shop https://shop.example.test/', False, [ALIAS]),
           ("", 'Alias /shop "{docroot}"\nRedirectMatch ^/shop(/.*)?$ https://shop.example.test$1', False, [ALIAS]),
           ("", 'Alias /shop "{docroot}"\nCFOriginPull Off', False, [])])},
    # conditions that spare Cloudflare, whose customers can all come from there
    "spares-a-range": (site(ROOT) + inside("ServerName shop.example.test", ROOT, rewrite(f"^ {TO} [R]", "%{REMOTE_ADDR} !^173\\.245\\.")), True, []),
    "spares-ranges": (site(ROOT) + inside("ServerName shop.example.test", ROOT,
                      rewrite(f"^ {TO} [R]", "%{REMOTE_ADDR} !^(10|104\\.16|2400:cb00)[.:]")), True, []),
    "spares-an-address": (site(ROOT) + inside("ServerName shop.example.test", ROOT, rewrite(f"^ {TO} [R]", "%{REMOTE_ADDR} !=173.245.48.9")),
                          True, []),
    # rules of the main server
    "inherited": (DOWN + site(ROOT) + inside("ServerName shop.example.test", ROOT, "RewriteEngine On"), False, [NAMED]),
    "inherited-before": (DOWN.replace("Down", "DownBefore") + site(ROOT)
                         + inside("ServerName shop.example.test", ROOT, "RewriteOptions Inherit"), False, [NAMED]),
    "inherited-in-a-section": (DOWN + site(ROOT) + inside("ServerName shop.example.test", ROOT,
                                                          '<Directory "{docroot}">\nRewriteBase /\n</Directory>'), False, [NAMED]),
    "inherited-by-none": (DOWN + site(ROOT) + inside("ServerName shop.example.test", ROOT), True, [NAMED]),
    "not-inherited": (DOWN + site(ROOT) + inside("ServerName shop.example.test", ROOT, "RewriteOptions IgnoreInherit"), True, [NAMED]),
    # virtual hosts that verify clients themselves
    "verified": (site(ROOT) + inside("ServerName admin.test", TLS, VERIFIED, ROOT), False, [ADMIN]),
    "verified-optionally": (site(ROOT) + inside("ServerName admin.test", TLS, VERIFIED.replace("require", "optional"), ROOT), True, [ADMIN]),
    "verified-by-rule": (site(ROOT) + inside("ServerName admin.test", TLS, VERIFIED.replace("require", "optional"), ROOT,
                                             "<Location />\nRequire ssl-verify-client\n</Location>"), False, [ADMIN]),
    "verified-in-location": (site(ROOT) + inside("ServerName admin.test", TLS, CA_FILE, ROOT,
                                                 "<Location />\nSSLVerifyClient require\n</Location>"), False, [ADMIN]),
    "verified-in-a-path": (site(ROOT) + inside("ServerName admin.test", TLS, CA_FILE, ROOT,
                                               "<Location /a>\nSSLVerifyClient require\n</Location>"), True, [ADMIN]),
    # addresses that httpd does not open
    "not-listened": (site(ROOT) + inside("ServerName first.invalid", OTHER) + inside("ServerName shop.example.test", ROOT, port="1"),
                     False, [NAMED]),
    "not-listened-ipv6": (site(ROOT) + inside("ServerName shop.example.test", ROOT, address="[::1]") + inside(OTHER), False, [NAMED]),
    "listened-somewhere": (site(ROOT) + inside("ServerName shop.example.test", ROOT, address="127.0.0.1:1 127.0.0.1"), True, [NAMED]),
    "listened-any-port": (site(ROOT) + inside("ServerName shop.example.test", ROOT, address="127.0.0.1", port="*"), True, [NAMED]),
    "loopback-two": (site(ROOT, address="*") + inside("ServerName shop.example.test", ROOT, address="127.0.0.1:{port2} *"), True, [NAMED]),
}


def prepare(httpd):
    """Folders, and a page in those that a stranger may read."""
    for name in ("other", "closed", "app", "htdocs/sub"):
        folder = httpd.dir / name
        folder.mkdir()
        (folder / "index.html").write_text("the other\n" if name == "other" else "the page\n")
    Path(httpd.dir / "link").symlink_to("htdocs")


@pytest.mark.parametrize("text, is_found, tries", KIN.values(), ids=KIN.keys())
def test_a_twin_is_found_by_name_address_and_content(scratch, pki, text, is_found, tries):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    granted = "".join(f'<Directory "{{dir}}/{name}">\nRequire all granted\n</Directory>\n' for name in ("other", "app", "link"))
    httpd = Httpd(tempfile.mkdtemp(prefix="kin", dir=scratch), pki, server=granted + text, modules=MODULES,
                  ports=max([1] + [int(n) for n in re.findall(r"port(\d)", text + str(tries))]))
    prepare(httpd)
    code, output = httpd.check()
    assert code == 0, output
    found = [f for f in findings(output) if f.code == "CFO0210"]
    assert len(found) == is_found, output
    if tries:
        httpd.start()
        got = [gets_the_page(httpd, *one) for one in tries]
        httpd.stop()
        assert any(got) == is_found, got


@pytest.mark.parametrize("lines, is_found", [(ROOT, True), ("", True), (OTHER, False)])
def test_a_main_server_that_strangers_reach_is_a_twin_too(scratch, pki, lines, is_found):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    httpd = Httpd(tempfile.mkdtemp(prefix="main", dir=scratch), pki, server=site(lines), modules=MODULES, ports=2,
                  listen=["127.0.0.1:{port}", "{port2}"])
    _, output = httpd.check()
    assert [(f.code, f.vhost) for f in findings(output)] == [("CFO0210", "main.test")] * is_found, output


def gets_the_page(httpd, key, host, path, tls):
    port = httpd.ports[int(key[4:] or 1) - 1]
    try:
        with Connection(port, plain=not tls, sni=host) as connection:
            response = connection.get(httpd.fill(path), host=host)
    except ssl.SSLError:  # it asks for a certificate
        return False
    return response.status == 200 and b"the page" in response.body


def test_a_virtual_host_that_redirects_everything_has_nothing_that_a_directory_could_protect(scratch, pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    section = '<Directory "{docroot}">\nCFOriginPull On\n</Directory>'
    for line, codes in ((r"RedirectMatch ^/(?!\.well-known/)(.*) https://a.test/$1", []), ("", ["CFO0223"]),
                        (r"RedirectMatch ^/(?!api/)(.*) https://a.test/$1", ["CFO0223"])):
        text = f"CFOriginPullZone test {{pki}}/zone-a.pem\n{inside('ServerName a.test', ROOT, line, section, port='{port}')}"
        httpd = Httpd(tempfile.mkdtemp(prefix="dir", dir=scratch), pki, server=text, modules=MODULES, ports=1)
        code, output = httpd.check()
        assert code == 0, output
        assert sorted({f.code for f in findings(output)} - {"CFO0201"}) == codes, output


MANAGED = "MDomain shop.example.test www.shop.example.test\n"
BY_FILE = "MDRenewMode manual\nMDCertificateFile {pki}/server.pem\nMDCertificateKeyFile {pki}/server.pem\n"


@pytest.mark.parametrize("lines, is_found", [
    (f"<MDomainSet shop.example.test>\n{BY_FILE}MDRequireHttps permanent\n</MDomainSet>\n", False),
    (f"<MDomainSet shop.example.test>\n{BY_FILE}MDRequireHttps off\n</MDomainSet>\nMDRequireHttps temporary\n", True),
    (f"<MDomainSet other.test>\n{BY_FILE}MDRequireHttps permanent\n</MDomainSet>\n", True),
    (f"MDRequireHttps permanent\n{MANAGED}", False),
    ("MDRequireHttps permanent\nMDomain notshop.example.test\n", True),
], ids=["set", "set-off", "set-of-another", "server", "another-domain"])
def test_mod_md_redirects_the_domains_that_it_manages(scratch, pki, lines, is_found):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    text = lines + site(ROOT) + inside("ServerName shop.example.test", ROOT)
    httpd = Httpd(tempfile.mkdtemp(prefix="md", dir=scratch), pki, server=text, modules=[*MODULES, "watchdog", "md"], ports=2)
    code, output = httpd.check()
    assert code == 0, output
    assert [f.code for f in findings(output)] == ["CFO0210"] * is_found, output


def test_a_finding_says_that_a_htaccess_file_is_not_seen(scratch, pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    httpd = Httpd(tempfile.mkdtemp(prefix="hta", dir=scratch), pki, server=site(ROOT) + inside(ROOT), modules=MODULES, ports=2)
    for is_there in (False, True):
        _, output = httpd.check()
        assert (".htaccess" in output) == is_there
        (httpd.docroot / ".htaccess").write_text("RewriteEngine On\n")


# What the findings advise, followed.
DENIED = '<Location "/">\nRequire all denied\n</Location>'
HTTPS = "Redirect permanent / https://shop.example.test/"
BY_NAME = site(ROOT) + inside("ServerName shop.example.test", ROOT, "ADVICE")
BY_PORT = site(ROOT) + inside(ROOT, "ADVICE")
BY_TLS = inside(TLS, "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 3", ROOT, "ADVICE", port="{port}") + site(ROOT)
BY_ALIAS = site(ROOT) + inside("ServerName o.test", OTHER, 'Alias /shop/ "{docroot}/"', "ADVICE")
BY_BACKEND = (site("ProxyPass / http://127.0.0.1:{port3}/")
              + inside("ServerName shop.example.test", "ProxyPass / http://127.0.0.1:{port3}/", "ADVICE") + BACKEND)
LOCATED = f'<Location "/">\n{HTTPS}\n</Location>'


@pytest.mark.parametrize("text, advice", [
    *[(text, advice) for text in (BY_NAME, BY_PORT, BY_TLS) for advice in (HTTPS, rewrite(f"^ {TO} [R=301,L]"), DENIED, "CFOriginPull Off")],
    *[(BY_BACKEND, advice) for advice in (LOCATED, rewrite(f"^ {TO} [R=301,L]"), DENIED, "CFOriginPull Off")],
    *[(BY_ALIAS, advice) for advice in (HTTPS, DENIED.replace('"/"', '"/shop/"'), "CFOriginPull Off")],
    (BY_PORT, OTHER), (BY_TLS, OTHER)], ids=range(21))
def test_advice_that_is_followed_ends_the_finding_and_earns_no_other(scratch, pki, text, advice):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    ports = 3 if BACKEND in text else 2 if "{port2}" in text else 1
    for lines, codes in (("", ["CFO0210"]), (advice, [])):
        httpd = Httpd(tempfile.mkdtemp(prefix="advice", dir=scratch), pki, server=text.replace("ADVICE", lines), modules=MODULES, ports=ports)
        _, output = httpd.check()
        assert [f.code for f in findings(output)] == codes, output


TUNNEL = 'CFOriginPull On\nCFOriginPullRequire tunnel\nCFOriginPullTunnel 127.0.0.1'


@pytest.mark.parametrize("lines, words", [
    (TLS, "virtual host shop.example.test:%d is protected: remove it; or set CFOriginPull On and CFOriginPullRequire tunnel here too, "
          "with the CFOriginPullTunnel of shop.example.test:%d, or set Require all denied"),
    ("", "Tunnel of shop.example.test:%d, redirect every request to https, without a condition, or set Require all denied")], ids=["tls", "plain"])
def test_the_advice_for_a_twin_of_a_tunnel_sends_nobody_to_the_end_of_the_tunnel(scratch, pki, lines, words):
    name = "ServerName shop.example.test"
    for advice, expected in (("", ["CFO0210"]), (TUNNEL, []), (DENIED, [])):
        httpd = Httpd(tempfile.mkdtemp(prefix="tunnel", dir=scratch), pki, modules=MODULES, ports=2, server=inside(name, ROOT, TUNNEL, port="{port}")
                      + inside(name, ROOT, lines, advice))
        _, output = httpd.check()
        found = findings(output)
        assert [f.code for f in found] == expected, output
        if found:
            assert words.replace("%d", str(httpd.port)) in found[0].text
