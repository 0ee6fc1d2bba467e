# SPDX-License-Identifier: Apache-2.0
"""What the compiler and the linker can do against memory errors is done in the files that are built, whatever
httpd was built with; and they have no trace of where, when and by whom they were built."""
import os
import platform
import re
import shutil
import subprocess

import pytest

from server import ROOT
from test_build import OBJECTS, Tree, make

MODULE, COMMAND = ROOT / ".libs/mod_cf_origin.so", ROOT / "support/cf-originctl"
each = pytest.mark.parametrize("path", [MODULE, COMMAND], ids=lambda path: path.name)


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def flags():
    """The compiler's command, and the macros that it has then."""
    command, *macros = (ROOT / ".built-with").read_text().splitlines()
    return command, dict((line.split(None, 2) + [""])[1:3] for line in macros if line.startswith("#define "))


@each
def test_the_linker_leaves_nothing_to_write_to_or_to_run(path):
    dynamic, segments = readelf("-d", path), readelf("-l", path)
    assert re.search(r"\(FLAGS\).*BIND_NOW", dynamic) and "GNU_RELRO" in segments
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\S+)", segments)
    assert stack and stack[1] == "RW"
    assert not re.search(r"LOAD .* RWE ", segments)
    assert "TEXTREL" not in dynamic


@each
def test_no_folder_is_searched_for_libraries(path):
    assert not re.search(r"RPATH|RUNPATH", readelf("-d", path))


@each
def test_the_stack_is_protected(path):
    assert "__stack_chk_fail" in readelf("--dyn-syms", path)
    command, _ = flags()
    assert "-fstack-clash-protection" in command


def test_functions_of_the_c_library_check_sizes():
    _, macros = flags()
    assert int(macros["_FORTIFY_SOURCE"]) >= 2 and macros["__OPTIMIZE__"] == "1"
    assert int(macros["__USE_FORTIFY_LEVEL"]) >= 2
    assert re.search(r"__\w+_chk\b", readelf("--dyn-syms", COMMAND))


def test_the_command_is_position_independent():
    assert re.search(r"Type:\s+DYN", readelf("-h", COMMAND)) and re.search(r"\(FLAGS_1\).* PIE", readelf("-d", COMMAND))


BRANCHES = {"x86_64": ("__CET__", r"x86 feature: IBT, SHSTK"), "aarch64": ("__ARM_FEATURE_BTI_DEFAULT", r"AArch64 feature: BTI, PAC")}
branches = pytest.mark.skipif(platform.machine() not in BRANCHES, reason="this processor has no branch protection")


def has_note(path):
    return bool(re.search(BRANCHES[platform.machine()][1], readelf("-n", path)))


@branches
def test_branches_are_protected_in_every_object():
    _, macros = flags()
    assert BRANCHES[platform.machine()][0] in macros
    objects = [*ROOT.glob("src/*/*/.libs/*.o"), *ROOT.glob("support/ctl/*/*.o"), ROOT / ".libs/mod_cf_origin.o"]
    assert len(objects) > 100
    assert [str(path) for path in objects if not has_note(path)] == []


@each
@branches
def test_branches_are_protected_in_the_whole_file_if_the_c_library_is_built_so(path):
    start = subprocess.run(["cc", "-print-file-name=crti.o"], capture_output=True, text=True, check=True).stdout.strip()
    assert has_note(path) == has_note(start)


def test_nothing_but_the_module_record_is_exported():
    symbols = [line.split() for line in readelf("--dyn-syms", MODULE).splitlines()[3:] if line.strip()]
    assert [row[7] for row in symbols if row[4] in ("GLOBAL", "WEAK") and row[6] != "UND"] == ["cf_origin_module"]


BARE = ["CFLAGS=-O2", "CPPFLAGS=-DLINUX -D_GNU_SOURCE", "LDFLAGS=", "PILDFLAGS=", "PICFLAGS="]


def test_what_httpd_was_built_without_is_added():
    """As with an httpd from its own sources, whose flags are -g -O2."""
    said = make(ROOT, "-n", "-B", *BARE, "src/core/base/utf8.slo", "support/ctl/command/ctl.o", "mod_cf_origin.la", "support/cf-originctl")
    compiled = [line for line in said.splitlines() if " -c " in line]
    linked = [line for line in said.splitlines() if "--mode=link" in line]
    assert len(compiled) > 100 and len(linked) == 2
    for line in compiled:
        assert "-fstack-protector-strong" in line and "-fstack-clash-protection" in line and "-D_FORTIFY_SOURCE=2" in line
    for line in linked:
        assert {"-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack", "-Wl,-z,text"} <= set(line.split())
    assert "-pie" in linked[-1].split()


@pytest.mark.parametrize("given, found", [
    ("CPPFLAGS=-D_FORTIFY_SOURCE=3", ["-D_FORTIFY_SOURCE=3"]), ("CFLAGS=-O2 -D_FORTIFY_SOURCE=3", ["-D_FORTIFY_SOURCE=3"]),
    ("MOD_CFLAGS=-U_FORTIFY_SOURCE", ["-U_FORTIFY_SOURCE"]), ("CFLAGS=-O0 -g", [])])
def test_flags_of_the_distribution_and_of_the_builder_win(given, found):
    said = make(ROOT, "-n", "-B", *BARE, given, "support/ctl/command/ctl.o")
    line = next(line for line in said.splitlines() if " -c " in line)
    assert re.findall(r"-[DU]_FORTIFY_SOURCE\S*", line) == found


def contents(tree):
    """The code of the objects, which libtool puts next to the files that make knows."""
    return {name: (tree.path / re.sub(r"(\w+)\.slo$", r".libs/\1.o", name)).read_bytes() for name in OBJECTS}


def test_the_same_sources_give_the_same_bytes(tmp_path):
    """Of some objects, in other folders, by another user at another time of other habits. All that is built, and the
    packages: make reproducible."""
    trees = []
    for name, umask, zone in (("one", 0o022, "UTC"), ("another-folder", 0o077, "Asia/Tokyo")):
        (tmp_path / name).mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(os.environ, "TZ", zone)
            patch.setitem(os.environ, "LC_ALL", "C" if umask == 0o077 else "C.UTF-8")
            before = os.umask(umask)
            try:
                tree = Tree(tmp_path / name)
                headers = tmp_path / "headers"
                tree.headers.rename(headers) if not headers.exists() else shutil.rmtree(tree.headers)
                tree.headers = headers
                assert tree.make() == set(OBJECTS)
            finally:
                os.umask(before)
        trees.append(tree)
    first, second = map(contents, trees)
    assert [name for name in OBJECTS if first[name] != second[name]] == []
    assert [name for name in OBJECTS if str(trees[0].path).encode() in first[name]] == []
