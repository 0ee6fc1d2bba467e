# SPDX-License-Identifier: Apache-2.0
"""httpd accepts every configuration of the manual, and the module finds in it what its marker says, or nothing."""
import re

import pytest

from examples import PAGES, every_example
from server import BASE, HTTPD, MODULES, ROOT, TLS

# What configurations may need: all of it is loaded, and a block with LoadModule loads the module itself.
LOADED = [*BASE, *TLS, "access_compat", "auth_basic", "authn_core", "authn_file", "authz_user", "cgid", "deflate", "env",
          "expires", "headers", "info", "macro", "proxy", "proxy_fcgi", "proxy_http", "remoteip", "reqtimeout", "rewrite",
          "setenvif", "status", "substitute", "unique_id", "vhost_alias"]
EXAMPLES = [x for x in every_example("apache")]
# Directives of the module within the text, unless they have a placeholder.
IN_TEXT = re.compile(r"`(CFOrigin\w+ [^`\n]+)`")
PLACEHOLDER = re.compile(r"\.\.\.|\\\||\b[A-Z]{3,}\b")
CODE = re.compile(r"\bCFO\d{4}\b")

# Where a part of a configuration is tried: a virtual host that is protected, unless it says otherwise.
SITE = """SSLEngine On
SSLCertificateFile ssl/shop.example.com.pem
SSLVerifyClient optional_no_ca
SSLVerifyDepth 3
CFOriginPull On
CFOriginPullZone example.com cloudflare/example.com-ca.pem
"""


def site(text, inside=""):
    """What the text sets itself is left out."""
    own = re.findall(r"^ *(\w+)", text, re.M)
    lines = [line for line in SITE.splitlines() if line.split()[0] not in own]
    return "\n".join(["<VirtualHost *:443>", "ServerName shop.example.com", "DocumentRoot /var/www/html", *lines, inside,
                      "</VirtualHost>", ""])


def wrapped(text):
    """{where: the whole configuration}"""
    if re.search(r"^ *<VirtualHost ", text, re.M):
        return {"whole": text}
    return {"vhost": site(text, text), "server": text + site(text),
            "directory": site(text, f"<Directory /var/www/html>\n{text}</Directory>")}


def configuration(text):
    own = "" if "LoadModule cf_origin_module" in text else "LoadModule cf_origin_module /run/examples/mod_cf_origin.so\n"
    loads = "".join(f"LoadModule {x}_module {MODULES}/mod_{x}.so\n" for x in LOADED if (MODULES / f"mod_{x}.so").exists())
    listen = "" if re.search(r"^ *Listen ", text, re.M) else "Listen 443\n"
    return (f"ServerRoot /etc/apache2\nServerName localhost\nErrorLog /dev/null\nTypesConfig /dev/null\n"
            f"DefaultRuntimeDir /run\nDocumentRoot /var/www/html\n{loads}{own}{listen}"
            f"<Directory /var/www>\nRequire all granted\n</Directory>\n{text}")


def in_text():
    """{directive with its value: where it is first}"""
    found = {}
    for page in PAGES:
        for number, line in enumerate(page.read_text().splitlines(), 1):
            for directive in IN_TEXT.findall(line) if not line.startswith("| Syntax |") else ():
                if not PLACEHOLDER.search(directive):
                    found.setdefault(directive, f"{page.relative_to(ROOT)}:{number}")
    return found


@pytest.fixture(scope="session")
def checked(copy):
    for number, directive in enumerate(in_text()):
        copy.inputs.named_in(directive)
        for where, text in wrapped(directive + "\n").items():
            (copy.exchange / f"text-{number}.{where}").write_text(configuration(text))
    tried = [(number, x) for number, x in enumerate(EXAMPLES) if not x.not_run]
    for number, example in tried:
        copy.inputs.named_in(example.text)
        for where, text in wrapped(example.text).items():
            (copy.exchange / f"{number}.{where}").write_text(configuration(text))
    copy.run("apache", False, "check.sh", HTTPD, *(str(number) for number, _ in tried),
             *(f"text-{number}" for number in range(len(in_text()))))
    return copy


def test_httpd_knows_each_directive_in_the_text(checked):
    """Alone, a directive may lack another one: it must be spelled correctly."""
    found = in_text()
    assert len(found) > 30
    outputs = {directive: checked.result(f"text-{number}")[1] for number, directive in enumerate(found)}
    assert not [f"{place}: `{directive}`: httpd -t: {outputs[directive]}" for directive, place in found.items()
                if "Syntax OK" not in outputs[directive] and not CODE.search(outputs[directive])]


def by_page(output, example, folder):
    """httpd's message with the line of the page instead of that of the file that it has read."""
    def line(found):
        before = (folder / (found["name"] or found["again"])).read_text().partition(example.text)[0].count("\n")
        inside = int(found["a"] or found["b"]) - before - 1
        return f"{example.page}:{example.line + inside}" if 0 <= inside < example.text.count("\n") else found[0]
    return re.sub(r"line (?P<a>\d+) of /run/examples/(?P<name>\w+\.\w+)|/run/examples/(?P<again>\w+\.\w+):(?P<b>\d+)",
                  line, output)


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[x.place for x in EXAMPLES])
def test_httpd_accepts_the_configuration(checked, number):
    example = EXAMPLES[number]
    if example.not_run:
        return
    unknown = set(example.marker) - {"findings"}
    assert not unknown, f"{example.place}: unknown in the marker: {unknown}"
    status, output, _ = checked.result(number)
    output = by_page(output, example, checked.exchange)
    assert status == 0, f"{example.place}: httpd -t: {output}\n{example.text}"
    expected = set(filter(None, example.marker.get("findings", "").split(",")))
    found = set(CODE.findall(output))
    assert found == expected, (f"{example.place}: httpd -t: the marker says findings={','.join(sorted(expected)) or 'none'}, "
                               f"it found {','.join(sorted(found)) or 'none'}:\n{output}\n{example.text}")
