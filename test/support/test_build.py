# SPDX-License-Identifier: Apache-2.0
"""make compiles again what has changed, and nothing else."""
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
