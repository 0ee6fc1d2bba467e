# SPDX-License-Identifier: Apache-2.0
"""cf-originctl as a command: help, version, wrong command lines, installation."""
import re
import subprocess

import pytest

from originctl import CTL, INVALID, OK, USAGE, ctl
from server import ROOT

VERBS = ["ranges", "zones", "pin", "match", "audit", "migrate"]
EDGE_VERBS = ["status", "enable", "rotate", "disable", "hostname"]


def test_it_prints_the_version_of_the_module():
    version = re.search(r'CFO_VERSION "(.*)"', (ROOT / "src" / "version.h").read_text())[1]
    assert ctl("--version").out == f"cf-originctl {version}\n"


def test_help_lists_the_verbs_and_goes_to_stdout():
    answer = ctl("--help")
    assert (answer.code, answer.err) == (OK, "")
    assert re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", answer.out, re.M) == VERBS + [f"edge {verb}" for verb in EDGE_VERBS]


def test_help_of_edge_lists_its_verbs():
    answer = ctl("edge", "--help")
    assert (answer.code, answer.err) == (OK, "")
    assert re.findall(r"^  edge ([a-z]+) ", answer.out, re.M) == EDGE_VERBS
    assert "cf-originctl edge VERB --help" in answer.out and "ranges" not in answer.out


@pytest.mark.parametrize("args", [["edge"], ["edge", "statsu"], ["edge", "--json"], ["edge", "\x1b[2J"], ["edge", "--", "status"]])
def test_edge_without_a_verb_says_which_there_are(args):
    answer = ctl(*args)
    assert (answer.code, answer.out) == (USAGE, "")
    assert re.findall(r"^  edge ([a-z]+) ", answer.err, re.M) == EDGE_VERBS
    assert ("unknown verb edge " in answer.err) == (len(args) > 1) and "\x1b" not in answer.err


@pytest.mark.parametrize("verb", [[verb] for verb in VERBS] + [["edge", verb] for verb in EDGE_VERBS])
def test_each_verb_explains_its_options(verb):
    answer = ctl(*verb, "--help")
    assert (answer.code, answer.err) == (OK, "")
    for option in re.findall(r"--[a-z-]+", answer.out.splitlines()[0]):
        assert f"\n  {option} " in answer.out


@pytest.mark.parametrize("args, expected", [
    ([], "Usage: cf-originctl VERB"),
    (["range"], "unknown verb range"),
    (["\x1b[2J"], r'unknown verb "\x1b[2J"'),
    (["ranges"], "needs a file"),
    (["zones"], "needs a folder"),
    (["pin"], "needs a PEM file"),
    (["match", "x.pem"], "needs a --zone"),
    (["match", "--zone", "a.pem"], "one PEM file"),
    (["match", "--zone", "a.pem", "x.pem", "y.pem"], "one PEM file"),
    (["audit"], "needs a log"),
    (["migrate"], "needs a configuration file"),
    (["migrate", "x.conf", "--root"], "missing argument: --root"),
    (["pin", "--frob", "x.pem"], "invalid option: --frob"),
    (["pin", "--\x1b]0;x\x07\n\u202e"], "invalid option: --?]0;x??"),
    (["pin", "-\x1b"], "invalid option character: ?"),
    (["match", "x.pem", "--zone"], "missing argument: --zone"),
])
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_wrong_command_line_is_reported_and_prints_nothing(args, expected, json):
    answer = ctl(*args[:1], *json, *args[1:])
    assert (answer.code, answer.out) == (USAGE, "")
    assert expected in answer.err and "Usage: cf-originctl" in answer.err
    assert not re.search(r"[^ -~\n]", answer.err)


def test_what_follows_two_hyphens_is_a_file():
    answer = ctl("ranges", "--", "--json")
    assert (answer.code, answer.err) == (INVALID, "cf-originctl: --json: No such file or directory\n")


def test_a_full_disk_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run([CTL, "ranges", "builtin"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == INVALID and b"cannot be written" in done.stderr


def installed(scratch, target, *args):
    root = scratch / target
    subprocess.run(["make", "-s", "-o", ".built-with", target, f"DESTDIR={root}", *args], cwd=ROOT, check=True, capture_output=True)
    return root


def test_make_install_puts_command_and_pages_where_destdir_says(scratch):
    root = installed(scratch, "install")
    (command,) = root.rglob("cf-originctl")
    (page,) = root.rglob("cf-originctl.1")
    assert command.parent.name == "bin" and page.parent.name == "man1"
    assert command.stat().st_mode & 0o777 == 0o755 and page.stat().st_mode & 0o777 == 0o644
    done = subprocess.run([command, "--version"], check=True, capture_output=True, timeout=60)
    assert done.stdout.startswith(b"cf-originctl ")
    assert list(root.rglob("mod_cf_origin.so"))
    pages = {f"{x.parent.name}/{x.name}" for x in root.rglob("man?/*")}
    assert pages == {"man1/cf-originctl.1", "man1/cf-origin-probe.1", "man7/mod_cf_origin.7", "man8/cf-origin-update-ranges.8"}


def test_each_installed_program_has_a_page(scratch):
    root = installed(scratch, "install-support")
    programs = {x.name for folder in ["bin", "sbin"] for x in root.rglob(f"{folder}/*")}
    assert programs and programs == {x.stem for x in root.rglob("man[18]/*")}


def test_make_install_docs_keeps_the_links_of_the_manual(scratch):
    folder = installed(scratch, "install-docs", "docdir=/doc") / "doc"
    pages = [folder / "README.md", *(folder / "docs").glob("*.md")]
    links = [page.parent / link for page in pages for link in re.findall(r"\]\(((?:\.\./)?(?:conf|docs)/[^)#]+)", page.read_text())]
    assert len(links) > 20 and not [link for link in links if not link.exists()]


def test_make_install_systemd_installs_the_units(scratch):
    root = installed(scratch, "install-systemd")
    assert {x.name for x in (root / "etc/systemd/system").iterdir()} == {"cf-origin-ranges.service", "cf-origin-ranges.timer"}


def test_make_install_installs_the_module_once(scratch):
    """Two at the same time, under -j, disturb each other."""
    done = subprocess.run(["make", "-n", "install", f"DESTDIR={scratch}"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.count("instdso.sh") == 1
