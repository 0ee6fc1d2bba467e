# SPDX-License-Identifier: Apache-2.0
"""A folder that is given to a script is the one that the caller sees, wherever the script works. What would take
minutes is replaced through PATH."""
import os
import subprocess
import tarfile

import pytest

from server import ROOT

VERSION = (ROOT / "src/version.h").read_text().split('"')[1]
PROGRAMS = {
    "dpkg-query": "echo installed",
    "dpkg-buildpackage": "for name in mod-cf-origin_1.changes libapache2-mod-cf-origin_1_all.deb cf-origin-tools_1_all.deb; "
                         "do echo new >../$name; done",
    "lintian": "[ -s \"$4\" ]",
}


@pytest.fixture
def place(tmp_path):
    """A folder with an archive of sources, where programs are not what they seem."""
    programs = tmp_path / "programs"
    (tmp_path / "tree/packaging/debian").mkdir(parents=True)
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "tree", f"mod_cf_origin-{VERSION}")
    return tmp_path


def build(place, *arguments):
    return subprocess.run([ROOT / "support/build-packages.sh", *arguments], cwd=place, capture_output=True, text=True,
                          timeout=60, env={**os.environ, "PATH": f"{place}/programs:{os.environ['PATH']}"})


@pytest.mark.parametrize("name", ["packages", "./new/packages", "absolute"])
def test_packages_are_where_they_were_wanted(place, name):
    folder = place / name
    done = build(place, "--archive", "archive.tar.gz", name if name != "absolute" else folder)
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted(folder.glob("*.deb"))
    assert len(made) == 2 and all(x.read_text() == "new\n" for x in made)
    assert done.stdout.endswith("".join(f"{x}\n" for x in made)) and "== lintian" in done.stdout


def test_packages_that_were_not_made_are_no_success(place):
    (place / "programs/dpkg-buildpackage").write_text("#!/bin/sh\necho new >../mod-cf-origin_1.changes\n")
    done = build(place, "--archive", "archive.tar.gz", "packages")
    assert done.returncode != 0 and "no errors" not in done.stdout


def test_an_archive_that_is_not_there_is_reported_at_once(place):
    done = build(place, "--archive", "nothing.tar.gz")
    assert done.returncode == 2 and done.stderr == f"build-packages: there is no file {place}/nothing.tar.gz\n"
