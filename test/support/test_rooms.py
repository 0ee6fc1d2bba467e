# SPDX-License-Identifier: Apache-2.0
"""support/check-rooms.py finds what it is meant to find."""
import re
import shutil
import subprocess

import pytest

from server import ROOT

BUILT = shutil.ignore_patterns("*.o", "*.lo", "*.slo", "*.d", ".libs", "build", "tools", "cf-originctl", "__pycache__")


@pytest.fixture
def tree(tmp_path):
    for name in ["modules.mk", "mod_cf_origin.c", "README.md"]:
        shutil.copy2(ROOT / name, tmp_path)
    for name in ["src", "support", "docs"]:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=BUILT)
    shutil.copytree(ROOT / "test/unit", tmp_path / "test/unit", ignore=BUILT)
    return tmp_path


def check(tree):
    done = subprocess.run([tree / "support/check-rooms.py"], capture_output=True, text=True)
    assert done.stderr == ""
    assert (done.returncode == 0) == ("in order" in done.stdout)
    return done.stdout


@pytest.mark.parametrize("name, line, found", [
    ("src/core/base/text.h", '#include "core/net/ranges.h"', "core/base includes core/net, which comes after it"),
    ("src/core/net/address.h", '#include "core/net/ranges.h"', "circle of src/core/net/address, src/core/net/range, "),
    ("src/core/base/text.c", '#include "httpd.h"', '"httpd.h": only APR, OpenSSL and the C library'),
    ("src/core/base/text.c", "#include <http_log.h>", "<http_log.h>: only APR"),
    ("src/core/base/text.c", '#include "httpd/config/conf.h"', '"httpd/config/conf.h": only APR'),
    ("support/ctl/command/terminal.c", '#include "ap_config.h"', '"ap_config.h": only APR'),
    ("support/ctl/command/terminal.c", "#include <curl/curl.h>", "<curl/curl.h>: only the rooms of ctl_edge_rooms"),
    ("src/core/base/text.c", "#include <jansson.h>", "<jansson.h>: only the rooms of ctl_edge_rooms"),
    ("support/ctl/audit/log_time.c", '#include "ctl/edge/options.h"', "ctl/audit includes ctl/edge, which comes after it"),
    ("support/ctl/absent/verbs_edge.c", '#include "ctl/edge/options.h"', "ctl/absent includes ctl/edge, which comes after it"),
    ("src/core/base/text.c", '#include "utf8.h"', '"utf8.h": spell it from src/ or support/ on'),
    ("src/core/base/text.c", '#include "../base/utf8.h"', '"../base/utf8.h": spell it from src/ or support/ on'),
    ("test/unit/base/text_test.c", '#include "../../../src/core/base/utf8.h"', "spell it from src/ or support/ on"),
    ("src/core/base/text.c", "/* as docs/nowhere.md says */", "nowhere.md: no such page"),
    ("src/core/base/text.c", "/* see docs/log.md#nowhere */", "log.md has no heading for #nowhere"),
    ("src/core/base/text.c", "/* (internals 99.1) */", "internals.md has no section 99.1"),
    ("src/core/base/text.c", "/* see facts\n * 99.1 */", "cites what is not in the repository: facts * 99"),
    ("README.md", "[here](docs/log.md#nowhere)", "log.md has no heading for #nowhere"),
])
def test_what_is_wrong_is_found(tree, name, line, found):
    assert found not in check(tree)
    path = tree / name
    path.write_text(path.read_text() + line + "\n")
    assert found in check(tree)


def test_files_that_no_list_names_are_found(tree):
    (tree / "src/core/base/new.c").touch()
    assert "src/core/base/new.c: not in modules.mk" in check(tree)
    assert "test/unit/base/new_test.c is missing" in check(tree)
    (tree / "support/ctl/view/new.c").touch()
    assert "support/ctl/view/new.c: not in modules.mk" in check(tree)
    (tree / "src/core/base/text.c").unlink()
    assert "src/core/base/text.c: in modules.mk, but not there" in check(tree)


def test_rooms_that_need_libraries_may_include_them_and_may_be_empty(tree):
    before = check(tree)
    (tree / "support/ctl/view/new.h").write_text("#include <curl/curl.h>\n#include <jansson.h>\n")
    modules = tree / "modules.mk"
    for path in (tree / "support/ctl/view").glob("*.c"):
        path.unlink()
    modules.write_text(re.sub(r"^ctl_view =(.|\\\n)*?$", "ctl_view =", modules.read_text(), flags=re.M))
    assert check(tree) == before
