# SPDX-License-Identifier: Apache-2.0
"""make compiles again what has changed, and nothing else; with and without the libraries that are optional."""
import os
import re
import shutil
import subprocess

import pytest

from server import ROOT

# Some of each kind: of the core, of the glue with and without mod_ssl's header, of the command.
OBJECTS = ["src/core/base/utf8.slo", "src/core/trust/pem.slo", "src/httpd/tls/libssl.slo", "src/httpd/request/gate.slo", "support/ctl/command/terminal.o"]
UNIT_TEST = ["build/core/base/utf8.o", "build/base/utf8_test.o", "build/trust/pem_test.o"]


def make(folder, *args):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    done = subprocess.run(["make", "-C", str(folder), *args], capture_output=True, text=True, timeout=300, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Tree:
    """A copy of the sources with the same configuration, and a copy of httpd's headers that tests can
    change."""

    def __init__(self, path):
        self.path, self.headers = path, path / "httpd-headers"
        for name in ["Makefile", "modules.mk", "mod_cf_origin.c", ".deps"]:
            shutil.copy2(ROOT / name, path)
        built = shutil.ignore_patterns("*.o", "*.lo", "*.slo", "*.d", ".libs", "build", "tools", "cf-originctl")
        for name in ["src", "support", "test"]:
            shutil.copytree(ROOT / name, path / name, ignore=built)
        installed = re.search(r"(\S+)/httpd\.h", (ROOT / "src/httpd/request/gate.d").read_text())[1]
        shutil.copytree(installed, self.headers)

    def make(self, *args):
        """The objects that were compiled."""
        before = {x: self.time(x) for x in OBJECTS}
        make(self.path, f"includedir={self.headers}", *OBJECTS, *args)
        return {x for x in OBJECTS if self.time(x) != before[x]}

    def make_unit_tests(self, *args):
        unit = self.path / "test" / "unit"
        before = {x: self.time(f"test/unit/{x}") for x in UNIT_TEST}
        make(unit, *UNIT_TEST, *args)
        return {x for x in UNIT_TEST if self.time(f"test/unit/{x}") != before[x]}

    def time(self, name):
        path = self.path / name
        return path.stat().st_mtime_ns if path.exists() else None


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    tree = Tree(tmp_path_factory.mktemp("tree"))
    assert tree.make() == set(OBJECTS)
    assert tree.make_unit_tests() == set(UNIT_TEST)
    return tree


def test_without_changes_nothing_is_compiled_again(built):
    assert built.make() == set()
    assert built.make_unit_tests() == set()


def test_a_changed_header_compiles_again_what_includes_it(built):
    (built.path / "src/core/trust/pem.h").touch()
    assert built.make() == {"src/core/trust/pem.slo"}
    assert built.make_unit_tests() == {"build/trust/pem_test.o"}


def test_a_changed_system_header_compiles_again_what_includes_it(built):
    (built.headers / "httpd.h").touch()
    assert built.make() == {"src/httpd/tls/libssl.slo", "src/httpd/request/gate.slo"}


def test_a_header_that_is_no_longer_included_can_be_deleted(built):
    header = built.path / "src/core/base/passing.h"
    source = built.path / "src/core/base/utf8.c"
    text = source.read_text()
    header.write_text("/* here today */\n")
    source.write_text('#include "core/base/passing.h"\n' + text)
    assert built.make() == {"src/core/base/utf8.slo"}
    header.unlink()
    source.write_text(text)
    assert built.make() == {"src/core/base/utf8.slo"}


def test_installing_or_removing_the_header_of_mod_ssl_compiles_again(built):
    header = built.headers / "mod_ssl_openssl.h"
    text = header.read_text()
    header.unlink()
    assert "src/httpd/tls/libssl.slo" in built.make()
    assert "mod_ssl_openssl.h" not in (built.path / "src/httpd/tls/libssl.d").read_text()
    assert built.make() == set()
    # Files of packages keep the times of when they were packed.
    header.write_text(text)
    os.utime(header, (1e9, 1e9))
    assert "src/httpd/tls/libssl.slo" in built.make()
    assert built.make() == set()


def test_another_httpd_or_other_flags_compile_everything_again(built):
    built.make_unit_tests()
    header = built.headers / "ap_release.h"
    text = header.read_text()
    header.write_text(text.replace("#define AP_SERVER_PATCHLEVEL_NUMBER", "#define AP_SERVER_PATCHLEVEL_NUMBER 9 //"))
    os.utime(header, (1e9, 1e9))
    assert built.make() == set(OBJECTS)
    assert built.make("MOD_CFLAGS=-DOTHER_FLAGS") == set(OBJECTS)
    assert built.make_unit_tests() == set()
    assert built.make_unit_tests("CC=cc -DOTHER_FLAGS") == set(UNIT_TEST)


def test_unit_tests_use_the_compiler_of_the_module(built):
    compiler = make(built.path, "-pn", "all").partition("\nCC = ")[2].partition("\n")[0]
    assert compiler
    built.make_unit_tests()
    assert built.make_unit_tests(f"CC={compiler}") == set()


EDGE_VERBS = ["status", "enable", "rotate", "disable", "hostname"]
NEEDED = ["libcurl4-openssl-dev", "libjansson-dev", "libcurl-devel", "jansson-devel"]


def configure(folder, *options, **found):
    """found: what configure is made to believe it found."""
    done = subprocess.run(["./configure", *options], cwd=folder, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **{f"ac_cv_{name}": value for name, value in found.items()}})
    return done.returncode, done.stdout + done.stderr


def edge_of(folder):
    return re.search(r"^EDGE = (.*)$", (folder / "Makefile").read_text(), re.M)[1]


def libraries(program):
    shown = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return {re.match(r"[a-z_]*", name)[0] for name in re.findall(r"NEEDED.*\[(.*?)[.-]", shown)}


@pytest.fixture(scope="module")
def without_edge(tmp_path_factory):
    """The objects that there are, and what is different without libcurl and jansson."""
    path = tmp_path_factory.mktemp("without-edge")
    for name in ["configure", "Makefile.in", "modules.mk", "mod_cf_origin.c", ".deps", ".built-with"]:
        shutil.copy2(ROOT / name, path)
    for name in ["src", "support"]:
        shutil.copytree(ROOT / name, path / name, symlinks=True)
    status, said = configure(path, lib_jansson_json_loadb="no")
    assert status == 0 and edge_of(path) == "no"
    assert "without cf-originctl edge, which needs libcurl and jansson" in said and all(name in said for name in NEEDED)
    made = make(path, "-o", ".built-with", "support/cf-originctl")
    assert "absent/verbs_edge.o" in made and "verb_edge_status.o" not in made
    return path


def test_it_is_built_without_libcurl_and_jansson(without_edge):
    assert "libcrypto" in libraries(without_edge / "support/cf-originctl")
    assert not {"libcurl", "libjansson"} & libraries(without_edge / "support/cf-originctl")
    assert edge_of(ROOT) == "no" or {"libcurl", "libjansson"} <= libraries(ROOT / "support/cf-originctl")


@pytest.mark.parametrize("args", [
    *([verb] for verb in EDGE_VERBS), ["status", "--warn", "20", "example.com"], ["rotate", "--all", "--no-such-option"],
    ["hostname", "list", "--json", "example.com"], ["enable", "--help"]])
def test_without_them_each_verb_says_what_is_missing(without_edge, args):
    done = subprocess.run([without_edge / "support/cf-originctl", "edge", *args], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert "edge is not in this build" in done.stderr and all(name in done.stderr for name in NEEDED)


def test_without_them_the_others_work(without_edge):
    done = subprocess.run([without_edge / "support/cf-originctl", "ranges", "builtin"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "173.245.48.0/20" in done.stdout
    done = subprocess.run([without_edge / "support/cf-originctl", "edge", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^  edge (\w+) +not in this build", done.stdout, re.M) == EDGE_VERBS


def test_configure_does_as_it_is_told(without_edge):
    status, said = configure(without_edge, "--without-edge")
    assert status == 0 and edge_of(without_edge) == "no" and "without cf-originctl edge\n" in said
    assert "jansson" not in said
    status, said = configure(without_edge, "--with-edge", header_curl_curl_h="no")
    assert status != 0 and "error: --with-edge needs libcurl and jansson" in said and all(name in said for name in NEEDED)


def files(folder):
    return sorted(str(x.relative_to(folder)) for x in folder.rglob("*") if not x.is_dir())


PLACES = ["libexecdir=/m", "bindir=/b", "sbindir=/s", "mandir=/man", "docdir=/doc", "systemdsystemunitdir=/etc/systemd/system"]


def install(folder):
    """All but the module itself, which would be linked again: -o is for what is not made."""
    make(ROOT, "-o", "support/cf-originctl", "install-support", "install-docs", "install-systemd", f"DESTDIR={folder}", *PLACES)
    (folder / "m").mkdir(exist_ok=True)
    (folder / "m/mod_cf_origin.so").write_text("")


def test_the_installed_manual_has_no_dead_links(tmp_path):
    install(tmp_path)
    done = subprocess.run([ROOT / "support/dead-links.sh", tmp_path / "doc"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (tmp_path / "doc/SECURITY.md").unlink()
    done = subprocess.run([ROOT / "support/dead-links.sh", tmp_path / "doc"], capture_output=True, text=True)
    assert done.returncode == 1 and "README.md: there is no SECURITY.md\n" in done.stdout


def test_uninstall_removes_what_was_installed_and_nothing_else(tmp_path):
    mine = ["b/other", "doc/docs/mine", "etc/apache2/mods-available/cf_origin.conf", "m/mod_ssl.so"]
    for name in mine:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    install(tmp_path)
    assert {"b/cf-originctl", "man/man8/cf-origin-update-ranges.8", "doc/conf/fail2ban/jail.d/cf-origin.conf"} < set(files(tmp_path))
    for _ in range(2):
        said = make(ROOT, "uninstall", f"DESTDIR={tmp_path}", *PLACES)
        assert files(tmp_path) == mine and "a2dismod cf_origin" in said
    (tmp_path / "doc/docs/mine").unlink()
    make(ROOT, "uninstall", f"DESTDIR={tmp_path}", *PLACES)
    assert not (tmp_path / "doc").exists()


def test_uninstall_does_not_remove_a_timer_that_is_enabled(tmp_path):
    install(tmp_path)
    wants = tmp_path / "etc/systemd/system/timers.target.wants"
    wants.mkdir()
    (wants / "cf-origin-ranges.timer").symlink_to("/etc/systemd/system/cf-origin-ranges.timer")
    before = files(tmp_path)
    done = subprocess.run(["make", "-C", ROOT, "uninstall", f"DESTDIR={tmp_path}", *PLACES], capture_output=True, text=True)
    assert done.returncode != 0 and "systemctl disable --now" in done.stderr and files(tmp_path) == before
