# SPDX-License-Identifier: Apache-2.0
"""The check list of a release, in a small repository where the steps only leave a line behind."""
import os
import shutil
import subprocess

import pytest

from server import ROOT

DAY = "2031-02-03"
ENV = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC",
       **{f"GIT_{who}_{what}": "nobody@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
       **{f"GIT_{who}_DATE": f"{DAY}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}}
FILES = {
    "src/version.h": '#define CFO_VERSION "1.2.3"\n',
    "CHANGES": f"Changes with mod_cf_origin 1.2.3, {DAY}\n",
    "packaging/rpm/mod_cf_origin.spec": "Version: 1.2.3\n%changelog\n* Mon Feb 03 2031 Nobody <n@example.com> - 1.2.3-1\n",
    "packaging/debian/changelog": "mod-cf-origin (1.2.3-1) unstable; urgency=medium\n\n"
                                  " -- Nobody <n@example.com>  Mon, 03 Feb 2031 08:00:00 +0000\n",
    "configure": 'echo "fuzz:; echo fuzz >>$LOG" >Makefile\n',
}
SCRIPTS = ["run-tests.sh", "in-debian.sh", "dist.sh", "build-packages.sh", "build-rpm.sh", "test-container.py"]


class Repository:
    def __init__(self, path):
        self.path, self.log, self.folder = path, path.parent / "log", path.parent / "out"
        self.write("support/check-names.sh", "#!/bin/sh\n")
        for name in SCRIPTS:
            self.write(f"support/{name}", f'#!/bin/sh\necho {name} >>"$LOG"\n[ "$FAIL" != {name} ]\n')
        self.write("support/dist.sh", '#!/bin/sh\necho dist.sh >>"$LOG"\n'
                                      'mkdir "$2/debian" "$2/rpm" && touch "$2/mod_cf_origin-1.2.3.tar.gz"\n')
        self.write("autoconf", "#!/bin/sh\n")
        for name, text in FILES.items():
            self.write(name, text)
        shutil.copy2(ROOT / "support/release", path / "support/release")
        self.git("init", "-q")
        self.commit()

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def git(self, *args):
        subprocess.run(["git", "-C", str(self.path), *args], check=True, env=ENV, capture_output=True)

    def commit(self):
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def release(self, *args, fail="", cwd=None):
        self.log.write_text("")
        env = {**ENV, "LOG": str(self.log), "FAIL": fail, "PATH": f"{self.path}:{ENV['PATH']}"}
        done = subprocess.run([self.path / "support/release", *args, *([self.folder] if not args or
                               args[-1].startswith("-") else [])], env=env, capture_output=True, text=True, cwd=cwd)
        return done.returncode, done.stdout + done.stderr, self.log.read_text().split()


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")


def test_every_step_runs_once_for_a_commit(repository):
    status, said, ran = repository.release()
    assert status == 0 and "Left to do by hand" in said and "git tag -s v1.2.3" in said, said
    assert ran == ["run-tests.sh", "in-debian.sh", "fuzz", "dist.sh", "build-packages.sh", "build-rpm.sh",
                   "test-container.py"]
    assert "mod_cf_origin-1.2.3.tar.gz" in (repository.folder / "SHA256SUMS").read_text()
    assert repository.release()[2] == []
    repository.git("commit", "-q", "--allow-empty", "-m", "another")
    assert repository.release()[2][0] == "run-tests.sh"


def test_after_a_failure_it_goes_on_where_it_stopped(repository):
    status, said, ran = repository.release(fail="build-packages.sh")
    assert status == 1 and "debian failed" in said and ran[-1] == "build-packages.sh"
    status, said, ran = repository.release()
    assert status == 0 and ran == ["build-packages.sh", "build-rpm.sh", "test-container.py"], said


def test_a_dry_run_runs_nothing(repository):
    status, said, ran = repository.release("--dry-run")
    assert status == 0 and ran == [] and "support/build-rpm.sh" in said and not repository.folder.exists()


@pytest.mark.parametrize("name, text, expected", [
    ("stray", "x", "not committed: ?? stray"),
    ("CHANGES", "Changes with mod_cf_origin 1.2.3, not released\n", "CHANGES"),
    ("CHANGES", "Changes with mod_cf_origin 1.2.3, 2031-02-02\n", "has the date 2031-02-02, the commit is of 2031-02-03"),
    ("packaging/rpm/mod_cf_origin.spec", FILES["packaging/rpm/mod_cf_origin.spec"].replace("Mon Feb 03", "Tue Feb 04"), "has the date 2031-02-04"),
    ("packaging/debian/changelog", FILES["packaging/debian/changelog"].replace("03 ", "05 "), "has the date 2031-02-05"),
    ("packaging/debian/changelog", FILES["packaging/debian/changelog"].replace("unstable", "UNRELEASED"), "UNRELEASED"),
    ("support/check-names.sh", "#!/bin/sh\necho not the same version\nexit 1\n", "not the same version"),
])
def test_it_refuses_what_is_not_ready(repository, name, text, expected):
    repository.write(name, text)
    if name != "stray":
        repository.commit()
    for options in [], ["--dry-run"]:
        status, said, ran = repository.release(*options)
        assert status == 1 and expected in said and ran == [], said


def test_it_refuses_a_version_that_has_a_tag(repository):
    repository.git("tag", "v1.2.3")
    status, said, ran = repository.release()
    assert status == 1 and "there is a tag v1.2.3 already" in said and ran == []


def test_the_folder_is_the_one_that_the_caller_sees(repository):
    elsewhere = repository.path.parent / "elsewhere"
    elsewhere.mkdir()
    status, said, _ = repository.release("out", "tree", cwd=elsewhere)
    assert status == 0 and (elsewhere / "out/done/tree").exists(), said
