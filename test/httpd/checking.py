# SPDX-License-Identifier: Apache-2.0
"""Many virtual hosts in one configuration, checked at once: what apachectl -t finds in each of them."""
import pytest

from test_check import findings, make

MODULES = ["remoteip", "rewrite", "access_compat", "setenvif", "env", "authz_host", "authz_user", "authn_core", "auth_basic",
           "authn_file", "proxy", "proxy_http", "headers"]


@pytest.fixture(scope="module", autouse=True)
def zone_file(pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)


def location(text, path="/"):
    return f'<Location "{path}">\n{text}\n</Location>'


def rewrite(text):
    return "RewriteEngine On\n" + text


def by_host(server, output):
    """The findings by the first label of the host, each with the text of its line."""
    lines = server.config.read_text().splitlines()
    found = {}
    for finding in findings(output):
        number = int(finding.at.strip('"').rpartition(":")[2])
        finding.line = lines[number - 1].strip()
        found.setdefault(finding.vhost.split(".")[0], []).append(finding)
    return found


def checked(scratch, pki, text, **options):
    """The same for a configuration, which httpd accepts."""
    server = make(scratch, pki, text, modules=MODULES, **options)
    code, output = server.check()
    assert code == 0, output
    return by_host(server, output)


def codes(found, only=None):
    """Codes and levels of findings by host; `only` of some codes."""
    return {host: [(f.code, f.level) for f in list_of if not only or f.code in only]
            for host, list_of in found.items()}
