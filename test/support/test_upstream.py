# SPDX-License-Identifier: Apache-2.0
"""What compares httpd's own tests without and with the module (support/httpd-own-tests.sh)."""
import os
import subprocess
import sys
import types

import pytest

from server import ROOT

OUTCOMES = {"passed": "", "failed": "<failure/>", "error": "<error/>", "skipped": "<skipped/>"}


def report(path, **results):
    cases = "".join(f'<testcase classname="modules.core.test_001_a.TestA" name="{name}">{OUTCOMES[result]}</testcase>'
                    for name, result in results.items())
    path.write_text(f'<?xml version="1.0"?><testsuites><testsuite>{cases}</testsuite></testsuites>')


def compare(*arguments):
    return subprocess.run([ROOT / "test/upstream/compare.py", *arguments], capture_output=True, text=True, timeout=60)


def id_of(name):
    return f"modules/core/test_001_a.py::TestA::{name}"


@pytest.fixture
def folder(tmp_path):
    report(tmp_path / "none-core.xml", a="passed", b="passed", c="failed", d="skipped")
    report(tmp_path / "off-core.xml", a="passed", b="passed", c="failed", d="skipped")
    return tmp_path


def test_equal_results_are_good(folder):
    done = compare(folder, "core")
    assert done.returncode == 0 and [x.split() for x in done.stdout.splitlines()[1:]] == [
        ["core", "none", "2", "1", "1", "0"], ["core", "off", "2", "1", "1", "0"]]


def test_a_test_that_passes_now_is_good(folder):
    report(folder / "on-core.xml", a="passed", b="passed", c="passed", d="passed")
    assert compare(folder, "core").returncode == 0


@pytest.mark.parametrize("result", ["failed", "error", "skipped", None])
def test_what_passes_without_the_module_only_is_bad(folder, result):
    report(folder / "on-core.xml", a="passed", **({"b": result} if result else {}))
    done = compare(folder, "core")
    assert done.returncode == 1 and f"    {id_of('b')}: " in done.stdout
    assert compare("--lost", folder, "core", "on").stdout.split() == [id_of("b")]


@pytest.mark.parametrize("second, status", [("passed", 0), ("failed", 1)])
def test_what_is_run_again_is_named(folder, second, status):
    report(folder / "on-core.xml", a="passed", b="error")
    report(folder / "on-core-again-1.xml", b=second)
    done = compare(folder, "core")
    assert done.returncode == status and id_of("b") in done.stdout
    assert ("passed when it was run again" in done.stdout) == (not status)


def test_a_suite_of_which_nothing_passes_proves_nothing(folder):
    report(folder / "none-core.xml", a="failed")
    assert compare(folder, "core").returncode == 1


def test_a_test_that_fails_in_its_cleaning_up_has_failed(folder):
    text = (folder / "off-core.xml").read_text()
    (folder / "off-core.xml").write_text(text.replace(
        "</testsuite>", '<testcase classname="modules.core.test_001_a.TestA" name="b"><error/></testcase></testsuite>', 1))
    assert compare(folder, "core").returncode == 1


@pytest.mark.parametrize("mode, expected", [
    ("none", []), ("off", ["LoadModule", "CFOriginPull Off"]), ("audit", ["LoadModule", "CFOriginPull Audit", "CFOriginPullZone"]),
    ("on", ["LoadModule", "CFOriginPull On", "CFOriginPullZone", "CFOriginPullExemptFrom"])])
def test_each_mode_is_what_it_says(configuration, monkeypatch, mode, expected):
    """httpd accepts the lines that the plugin adds."""
    source = {}
    monkeypatch.setattr(os, "environ", {**os.environ, "CF_ORIGIN_MODE": mode, "CF_ORIGIN_SO": "x.so"})
    exec((ROOT / "test/upstream/loaded.py").read_text(), source)
    lines = source["lines"]()
    assert len(lines) == len(expected) and all(line.startswith(start) for line, start in zip(lines, expected))
    code, output = configuration("\n".join(lines[1:]) + "\n")
    assert code == 0, output


def test_the_plugin_adds_the_lines_after_the_setup_of_the_tests(tmp_path, monkeypatch):
    class Setup:
        """As in httpd's tests: writes the list of modules."""

        env = types.SimpleNamespace(server_dir=tmp_path)

        def make(self):
            (tmp_path / "conf/modules.conf").write_text("LoadModule a_module a.so\n")
    (tmp_path / "conf").mkdir()
    monkeypatch.setitem(sys.modules, "pyhttpd", types.ModuleType("pyhttpd"))
    monkeypatch.setitem(sys.modules, "pyhttpd.env", types.SimpleNamespace(HttpdTestSetup=Setup))
    monkeypatch.setenv("CF_ORIGIN_MODE", "off")
    monkeypatch.setenv("CF_ORIGIN_SO", "/x.so")
    source = {}
    exec((ROOT / "test/upstream/loaded.py").read_text(), source)
    source["pytest_sessionstart"](None)
    Setup().make()
    assert (tmp_path / "conf/modules.conf").read_text().splitlines() == [
        "LoadModule a_module a.so", 'LoadModule cf_origin_module "/x.so"', "CFOriginPull Off"]


def test_sources_without_tests_are_refused(tmp_path):
    done = subprocess.run([ROOT / "support/httpd-own-tests.sh", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "test/modules" in done.stderr
