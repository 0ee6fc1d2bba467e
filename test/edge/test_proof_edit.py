# SPDX-License-Identifier: Apache-2.0
"""A file of proofs is changed as a whole, or not at all."""
import os
import random
import re
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from interrupt import strace
from parts import OPTIONS, ask, command, for_others
from pki import openssl


@pytest.fixture
def place(tmp_path):
    """A folder of zones with one file."""
    folder = tmp_path / "zones"
    folder.mkdir()
    return folder


def write(folder, *certificates, name="a.test.pem", text=None):
    path = folder / name
    path.write_text(text if text is not None else "".join(x.pem for x in certificates))
    return path


def digests(path):
    """What openssl, not the tool, sees in the file."""
    found = []
    for block in re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", path.read_text(), re.S):
        text = openssl("x509", "-noout", "-fingerprint", "-sha256", input=block.encode()).decode()
        found.append(text.split("=")[1].strip().replace(":", "").lower())
    return found


def unchanged(path, before, reason):
    assert path.read_bytes() == before
    assert sorted(x.name for x in path.parent.iterdir() if "originctl" in x.name) == []
    return reason


def test_a_certificate_is_added_and_removed_again(place, pki):
    path = write(place, pki.zone_a)
    before = path.read_bytes()
    assert ask("add", path, pki.zone_b.crt)["error"] is None
    assert digests(path) == [pki.zone_a.sha256, pki.zone_b.sha256] and path.read_bytes().startswith(before)
    once = path.read_bytes()
    assert ask("add", path, pki.zone_b.crt)["error"] is None and path.read_bytes() == once
    assert ask("remove", path, pki.zone_b.sha256)["error"] is None and path.read_bytes() == before
    assert ask("remove", path, pki.zone_b.sha256)["error"] is None and path.read_bytes() == before
    assert [x.name for x in place.iterdir()] == ["a.test.pem"]


def test_the_last_certificate_stays(place, pki):
    path = write(place, pki.zone_a)
    assert "the last certificate" in unchanged(path, path.read_bytes(), ask("remove", path, pki.zone_a.sha256)["error"])


def test_comments_and_line_ends_stay_byte_by_byte(place, pki):
    text = ("\ufeff" + "# of the zone\n" + pki.zone_a.pem + "# -----BEGIN CERTIFICATE----- in a comment\n\n" + pki.zone_b.pem
            + "# the end, without a line end").replace("\n", "\r\n")
    path = place / "a.test.pem"
    path.write_bytes(text.encode())
    assert ask("add", path, pki.rogue_ca.crt)["error"] is None
    added = path.read_bytes().decode()
    assert added.startswith(text + "\r\n") and "\n" not in added.replace("\r\n", "")
    assert ask("remove", path, pki.zone_a.sha256)["error"] is None
    rest = path.read_bytes().decode()
    assert rest == added.replace(pki.zone_a.pem.replace("\n", "\r\n"), "")
    assert digests(path) == [pki.zone_b.sha256, pki.rogue_ca.sha256]


def test_what_would_make_others_ineffective_is_refused(place, pki):
    cas, leaves, mixed = write(place, pki.zone_a, name="cas.pem"), write(place, pki.leaf_a, name="leaves.pem"), \
        write(place, pki.leaf_a, pki.leaf_b, pki.zone_a, name="mixed.pem")
    for path, certificate, says in ((cas, pki.leaf_b, "CA certificates, which are ignored"), (leaves, pki.zone_b, "next to which a CA"),
                                    (mixed, pki.zone_b, "next to which a CA"), (mixed, pki.zone_a, "next to which a CA")):
        assert says in unchanged(path, path.read_bytes(), ask("add", path, certificate.crt)["error"])
    assert ask("remove", mixed, pki.leaf_b.sha256)["error"] is None
    # Otherwise the CA, which is ignored next to the leaf, would prove the zone.
    assert "the last certificate" in ask("remove", mixed, pki.leaf_a.sha256)["error"]


def test_what_proves_nothing_does_not_stay_alone(place, pki):
    old = pki.ca("old-edit", start=-2 * 86400, end=-86400)
    path = write(place, old, pki.zone_a)
    reason = unchanged(path, path.read_bytes(), ask("remove", path, pki.zone_a.sha256)["error"])
    assert "no certificate in it can prove" in reason


@pytest.mark.parametrize("text, says", [
    ("garbage", "no file of proofs"), ("-----BEGIN CERTIFICATE-----\nAAAA\n", "no file of proofs"),
    ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key"), ("\0", "no file of proofs|NUL")])
def test_a_file_that_is_none_stays(place, pki, text, says):
    path = write(place, text=text)
    assert re.search(says, unchanged(path, path.read_bytes(), ask("add", path, pki.zone_a.crt)["error"]))


def test_a_nul_byte_hides_nothing(place, pki):
    path = place / "a.test.pem"
    path.write_bytes(pki.zone_a.pem.encode() + b"# \0\n" + pki.zone_b.pem.encode())
    before = path.read_bytes()
    assert unchanged(path, before, ask("remove", path, pki.zone_a.sha256)["error"])
    assert unchanged(path, before, ask("add", path, pki.rogue_ca.crt)["error"])


def test_missing_and_empty_files_are_made(place, pki):
    new, empty = place / "new.test.pem", write(place, text="\n", name="empty.test.pem")
    for path in new, empty:
        assert ask("add", path, pki.zone_a.crt)["error"] is None and digests(path) == [pki.zone_a.sha256]
    assert stat.S_IMODE(new.stat().st_mode) == 0o644
    assert ask("add", place / "no" / "folder.pem", pki.zone_a.crt)["error"]


def test_a_file_is_deleted_if_nothing_else_is_in_it(place, pki):
    path = write(place, pki.zone_a, pki.zone_b)
    assert "other certificates" in unchanged(path, path.read_bytes(), ask("delete", path, pki.zone_a.sha256)["error"])
    ignored = write(place, pki.leaf_a, pki.zone_a, name="ignored.pem")
    assert "other certificates" in unchanged(ignored, ignored.read_bytes(), ask("delete", ignored, pki.leaf_a.sha256)["error"])
    assert ask("remove", path, pki.zone_b.sha256)["error"] is None
    assert "other certificates" in unchanged(path, path.read_bytes(), ask("delete", path, pki.zone_b.sha256)["error"])
    for _ in range(2):
        assert ask("delete", path, pki.zone_a.sha256)["error"] is None and [x.name for x in place.iterdir()] == ["ignored.pem"]
    empty = write(place, text="", name="empty.pem")
    assert ask("delete", empty, pki.zone_a.sha256)["error"] and empty.exists()


def test_only_one_certificate_is_added(place, pki):
    path = write(place, pki.zone_a)
    assert "one certificate" in ask("add", path, pki.bundle(pki.zone_b, pki.rogue_ca))["error"]
    assert ask("add", path, pki.leaf_a.key)["error"]
    assert digests(path) == [pki.zone_a.sha256]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_owner_group_mode_and_links_stay(place, pki):
    path = write(place, pki.zone_a)
    os.chown(path, 65534, 65533)
    path.chmod(0o640)
    link = place / "link.test.pem"
    link.symlink_to("a.test.pem")
    assert ask("add", link, pki.zone_b.crt)["error"] is None
    now = path.stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (65534, 65533, 0o640)
    assert link.is_symlink() and len(digests(path)) == 2


def test_access_control_lists_stay(place, pki):
    path = write(place, pki.zone_a)
    # version 2; owner rw, user 12345 r, group r, mask r, others none
    acl = b"\2\0\0\0" + b"".join(tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
                                 for tag, bits, who in ((1, 6, 2**32 - 1), (2, 4, 12345), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1)))
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("this file system has no access control lists")
    assert ask("add", path, pki.zone_b.crt)["error"] is None
    assert os.getxattr(path, "system.posix_acl_access") == acl


def test_hard_links_and_mounted_secrets_are_refused(place, pki):
    path = write(place, pki.zone_a)
    os.link(path, place / "other.test.pem")
    assert "hard links" in unchanged(path, path.read_bytes(), ask("add", path, pki.zone_b.crt)["error"])
    data = place / "..2026_11_30_00_00_00.1"
    data.mkdir()
    write(data, pki.zone_a, name="k.test.pem")
    (place / "..data").symlink_to(data.name)
    (place / "k.test.pem").symlink_to("..data/k.test.pem")
    assert "ConfigMap or Secret" in ask("add", place / "k.test.pem", pki.zone_b.crt)["error"]


def test_devices_fifos_and_folders_are_refused(place, pki):
    os.mkfifo(place / "fifo.pem")
    (place / "folder.pem").mkdir()
    (place / "dangling.pem").symlink_to("nowhere.pem")
    for path in (place / "fifo.pem", place / "folder.pem", place / "dangling.pem", "/dev/null"):
        assert ask("add", path, pki.zone_a.crt)["error"], path
    assert not [x for x in place.iterdir() if "originctl" in x.name]


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user")
def test_a_folder_that_nothing_can_be_made_in(tmp_path, scratch, pki):
    folder = Path(tempfile.mkdtemp(dir=scratch))
    folder.chmod(0o755)
    path = write(folder, pki.zone_a)
    copy = for_others(folder)
    shutil.copy(pki.zone_b.crt, folder / "new")
    done = subprocess.run([copy, "add", path, folder / "new"], capture_output=True, text=True, user=65534, group=65534,
                          extra_groups=[], env={**os.environ, **OPTIONS})
    assert "no file can be made in its folder: Permission denied" in done.stdout, done
    assert digests(path) == [pki.zone_a.sha256]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
def test_a_full_and_a_read_only_disk(place, pki):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k,mode=755", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr}")
    try:
        path = write(place, pki.zone_a)
        with open(place / "fill", "wb", buffering=0) as fill, pytest.raises(OSError):
            while True:
                fill.write(bytes(512))
        assert "No space left" in unchanged(path, path.read_bytes(), ask("add", path, pki.zone_b.crt)["error"])
        (place / "fill").unlink()
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        assert "read-only" in unchanged(path, path.read_bytes(), ask("add", path, pki.zone_b.crt)["error"])
    finally:
        subprocess.run(["umount", place], check=True)


def test_what_a_killed_call_left_is_removed(place, pki):
    path = write(place, pki.zone_a)
    left = place / ".a.test.pem.cf-originctl"
    left.write_text("half of a")
    assert ask("add", path, pki.zone_b.crt)["error"] is None
    assert not left.exists() and len(digests(path)) == 2


def test_a_killed_call_leaves_the_old_file_or_the_new_one(place, pki):
    """Killed at each of its system calls that write, one after the other."""
    calls = {"openat": 40, "write": 3, "fchown": 1, "fchmod": 1, "fsync": 2, "renameat": 1, "flock": 2, "unlinkat": 1}
    old, outcomes = None, set()
    for call, most in calls.items():
        for number in range(1, most + 1):
            path = write(place, pki.zone_a)
            old = path.read_bytes()
            subprocess.run([*strace("-f", "-o", os.devnull), "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}",
                            *command("add", path, pki.zone_b.crt)], capture_output=True, env={**os.environ, **OPTIONS})
            assert path.read_bytes() == old or digests(path) == [pki.zone_a.sha256, pki.zone_b.sha256], (call, number)
            outcomes.add((path.read_bytes() == old, (place / ".a.test.pem.cf-originctl").exists()))
            assert ask("add", path, pki.zone_b.crt)["error"] is None, (call, number)
            assert [x.name for x in place.iterdir()] == ["a.test.pem"], (call, number)
    assert {(True, True), (True, False), (False, False)} <= outcomes


def test_calls_at_the_same_time_lose_nothing(place, pki):
    others = [pki.ca(f"crowd-{i}") for i in range(8)]
    path = write(place, pki.zone_a)
    running = [subprocess.Popen(command("add", path, x.crt), stdout=subprocess.PIPE, text=True, env={**os.environ, **OPTIONS}) for x in others]
    assert all('"error":null' in x.communicate(timeout=100)[0] for x in running)
    assert sorted(digests(path)) == sorted([pki.zone_a.sha256, *(x.sha256 for x in others)])


def test_what_somebody_else_writes_meanwhile_stays(place, pki):
    """strace holds the call between reading and renaming."""
    path = write(place, pki.zone_a)
    call = subprocess.Popen([*strace("-f", "-o", os.devnull), "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=1500000:when=1",
                             *command("add", path, pki.zone_b.crt)], stdout=subprocess.PIPE, text=True, env={**os.environ, **OPTIONS})
    end = time.monotonic() + 60
    while not (place / ".a.test.pem.cf-originctl").exists() or not (place / ".a.test.pem.cf-originctl").stat().st_size:
        assert time.monotonic() < end
        time.sleep(0.01)
    path.write_text(pki.rogue_ca.pem)
    assert "somebody else" in call.communicate(timeout=60)[0]
    assert digests(path) == [pki.rogue_ca.sha256] and [x.name for x in place.iterdir()] == ["a.test.pem"]


def test_any_text_around_the_certificates_stays(place, pki):
    """Random files, with a seed: what is added and removed again leaves the file as it was."""
    chance = random.Random(13)
    pieces = ["\n", "# text\n", "x" * 300 + "\n", " -----BEGIN CERTIFICATE-----\n", "-----\n", "Bag Attributes\n    friendlyName: x\n", "\t\n"]
    for number in range(12):
        parts = [chance.choice([x for x in pieces] + [pki.zone_a.pem, pki.rogue_ca.pem]) for _ in range(chance.randrange(1, 9))]
        text = "".join(parts) + pki.zone_a.pem + chance.choice(["", "\n", "# end"])
        path = place / "a.test.pem"
        path.write_bytes(text.encode())
        if ask("add", path, pki.zone_b.crt)["error"]:
            assert path.read_bytes() == text.encode()
            continue
        assert ask("remove", path, pki.zone_b.sha256)["error"] is None
        assert path.read_bytes() in (text.encode(), text.encode() + b"\n"), number
