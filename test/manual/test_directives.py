# SPDX-License-Identifier: Apache-2.0
"""docs/directives.md has the contexts, the override and the module that httpd knows for each directive, and its table at
the top has the same as the tables below."""
import re

import pytest

from server import ROOT

PAGE = (ROOT / "docs/directives.md").read_text()
TABLES = {name: dict(re.findall(r"^\| (\w+) \| (.*) \|$", table, re.MULTILINE))
          for name, table in re.findall(r"^## (CFOrigin\w+)\n\n((?:\|.*\n)+)", PAGE, re.MULTILINE)}
ROWS = ["Description", "Syntax", "Default", "Context", "Status", "Module"]
SERVER, DIRECTORY = "server config, virtual host", "server config, virtual host, directory, .htaccess"
# What httpd -L prints for each, and the row Override.
ALLOWED = {SERVER: ("in *.conf only outside <Directory>, <Files>, <Location>, or <If>", None),
           DIRECTORY: ("in *.conf anywhere and in .htaccess when AllowOverride includes AuthConfig", "AuthConfig")}


@pytest.fixture(scope="module")
def listed(scratch, pki):
    """{directive: (context as httpd -L prints it, module)}"""
    from fixtures import make_httpd
    server = make_httpd(scratch, pki)
    server.write_config()
    found = re.findall(r"^(CFOrigin\w+) \((.*)\.c\)\n\t.*\n\tAllowed (.*(?:\n\t .*|\n\twhen .*)?)$", server.run("-L").stdout, re.MULTILINE)
    return {name: (" ".join(allowed.split()), module) for name, module, allowed in found}


def test_each_directive_has_its_table(listed):
    assert list(TABLES) and set(TABLES) == set(listed)
    for name, table in TABLES.items():
        assert [x for x in ROWS if x not in table] == [], name


def test_contexts_and_overrides_are_those_of_httpd(listed, configuration):
    for name, table in TABLES.items():
        allowed, override = ALLOWED[SERVER if table["Context"] == "server config" else table["Context"]]
        assert (allowed, table["Module"]) == listed[name], name
        assert table.get("Override") == override, name
    single = [name for name, table in TABLES.items() if table["Context"] != DIRECTORY]
    lines = "".join(f"<IfDefine {name}>\n<VirtualHost *:1>\n{example(name)}\n</VirtualHost>\n</IfDefine>\n" for name in single)
    for name in single:
        code, output = configuration(f"Define {name}\n{lines}")
        refused = f"{name} cannot occur within <VirtualHost> section" in output
        assert refused == (TABLES[name]["Context"] == "server config"), f"{name}: {output}"


def example(name):
    default = re.fullmatch(r"`(.*)`", TABLES[name]["Default"])
    return default[1] if default else f"{name} none"


def test_the_table_at_the_top_has_the_same():
    rows = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| (.*) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == list(TABLES)
    for name, anchor, description, default, context in rows:
        table = TABLES[name]
        assert (anchor, description, context) == (name.lower(), table["Description"], table["Context"])
        assert default == table["Default"].replace(f"{name} ", ""), name
