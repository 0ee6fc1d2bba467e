# SPDX-License-Identifier: Apache-2.0
"""The archive of a release, in a small repository with the script; support/dist.sh --check does the rest."""
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tarfile

import pytest

from server import ROOT

ENV = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
       **{f"GIT_{who}_{what}": "nobody@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
NAME = "mod_cf_origin-1.2.3"


def git(folder, *args):
    subprocess.run(["git", "-C", str(folder), *args], check=True, env=ENV, capture_output=True)


def dist(folder, target, umask=0o022, cwd=None, **env):
    """What was made there, as bytes, and what was said."""
    done = subprocess.run([folder / "support/dist.sh", target], env={**ENV, **env}, capture_output=True, text=True,
                          cwd=cwd, preexec_fn=lambda: os.umask(umask))
    path = (cwd or folder) / target / f"{NAME}.tar.gz"
    return done.returncode, path.read_bytes() if path.exists() else b"", done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "repository"
    (path / "src").mkdir(parents=True)
    (path / "support").mkdir()
    (path / "src/version.h").write_text('#define CFO_VERSION "1.2.3"\n')
    shutil.copy2(ROOT / "support/dist.sh", path / "support/dist.sh")
    git(path, "init", "-q")
    git(path, "add", ".")
    git(path, "commit", "-q", "-m", "first")
    return path


def folders(tmp_path, *names):
    for name in names:
        (tmp_path / name).mkdir()
        yield tmp_path / name


def test_the_same_commit_gives_the_same_bytes(repository, tmp_path):
    here, there, elsewhere = folders(tmp_path, "here", "there", "elsewhere")
    status, first, said = dist(repository, here)
    assert status == 0 and first, said
    # In a clone, whose files are newer, of a user with other habits.
    (tmp_path / "gitconfig").write_text(
        f"[core]\nautocrlf = true\nattributesFile = {tmp_path}/attributes\n[tar]\numask = 0\n")
    (tmp_path / "attributes").write_text("version.h export-ignore\n")
    git(tmp_path, "clone", "-q", "repository", "clone")
    status, second, said = dist(tmp_path / "clone", there, 0o077, TZ="Asia/Tokyo", GZIP="-1", LC_ALL="C",
                                GIT_CONFIG_GLOBAL=str(tmp_path / "gitconfig"))
    assert status == 0 and second == first, said
    git(repository, "worktree", "add", "-q", str(tmp_path / "worktree"))
    status, third, said = dist(tmp_path / "worktree", elsewhere)
    assert status == 0 and third == first, said
    assert (there / f"{NAME}.tar.gz").stat().st_mode & 0o777 == 0o644
    subprocess.run(["sha256sum", "-c", "--quiet", f"{NAME}.tar.gz.sha256"], cwd=here, check=True)


def test_the_folder_is_the_one_that_the_caller_sees(repository, tmp_path):
    status, data, said = dist(repository, "out/new", cwd=tmp_path)
    assert status == 0 and data, said


def test_it_contains_the_commit_and_nothing_else(repository, tmp_path):
    (repository / "stray").write_text("x")
    (repository / "src/version.h").write_text('#define CFO_VERSION "9.9.9"\n')
    status, data, said = dist(repository, tmp_path)
    assert status == 0 and "not in the archive" in said and "stray" in said
    with tarfile.open(tmp_path / f"{NAME}.tar.gz") as archive:
        assert {x.name: x.mode for x in archive if x.isfile()} == {
            f"{NAME}/src/version.h": 0o644, f"{NAME}/support/dist.sh": 0o755}
    assert gzip.decompress(data) and data[4:8] == bytes(4)  # no time, no name


def test_the_bill_of_materials_names_the_archive_and_each_of_its_sources(repository, tmp_path):
    shutil.copy2(ROOT / "support/sbom.py", repository / "support/sbom.py")
    shutil.copytree(ROOT / "src/core/verdict", repository / "src/core/verdict", ignore=shutil.ignore_patterns("*.[!ch]*", ".libs"))
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "second")
    bills = []
    for folder in folders(tmp_path, "here", "there"):
        status, data, said = dist(repository, folder)
        assert status == 0, said
        bills.append((folder / f"{NAME}.cdx.json").read_bytes())
    assert bills[0] == bills[1]
    bill = json.loads(bills[0])
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", "1.2.3")
    assert bill["metadata"]["component"]["hashes"][0]["content"] == hashlib.sha256(data).hexdigest()
    found = {x["name"]: x["hashes"][0]["content"] for x in bill["components"] if x["type"] == "file"}
    assert found == {str(path.relative_to(repository)): hashlib.sha256(path.read_bytes()).hexdigest()
                     for path in repository.rglob("src/**/*.[ch]")}
    assert len(bill["dependencies"][0]["dependsOn"]) == 5


@pytest.mark.parametrize("place", ["nowhere", "inside another repository"])
def test_an_unpacked_archive_is_not_a_repository(repository, tmp_path, place):
    dist(repository, tmp_path)
    folder = tmp_path / "elsewhere" if place == "nowhere" else repository / "vendor"
    folder.mkdir()
    subprocess.run(["tar", "-C", folder, "-xzf", tmp_path / f"{NAME}.tar.gz"], check=True)
    (tmp_path / f"{NAME}.tar.gz").unlink()
    status, data, said = dist(folder / NAME, tmp_path)
    assert status == 1 and not data
    assert "not the top of a git repository" in said and "already such an archive" in said
