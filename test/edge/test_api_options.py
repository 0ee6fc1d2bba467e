# SPDX-License-Identifier: Apache-2.0
"""cf-originctl edge: the options that all verbs have, and where the token comes from, and where it and keys are not."""
import os
import signal
import subprocess
from pathlib import Path

import pytest

from api_client import INVALID, USAGE, Client
from standin import failure


@pytest.mark.parametrize("options, says", [
    (["--wait", "0"], "--wait"), (["--wait", "x"], "--wait"), (["--wait", "999999"], "--wait"), (["--jobs", "0"], "--jobs"),
    (["--jobs", "-1"], "--jobs"), (["--jobs", "33"], "--jobs"), (["--origin-status", "/status"], "--origin-status"),
    (["--origin-status", "file:///etc/passwd"], "--origin-status"), (["--dump", "x", "--folder", "y"], "--folder"),
])
def test_options_that_are_wrong(client, api, options, says):
    answer = client(*options, "token")
    assert answer.code == USAGE and says in answer.err and len(answer.err.splitlines()) == 1
    assert not api.calls


@pytest.mark.parametrize("url", ["http://127.0.0.1/client/v4", "ftp://127.0.0.1", "127.0.0.1", "https://", "https://user@127.0.0.1/",
                                 "https://a:b@127.0.0.1", "https://127.0.0.1/?a=b", "https://127.0.0.1/#x", "https://127.0.0.1/a b",
                                 "https://127.0.0.1/\n", "HTTPS://127.0.0.1", "file:///etc/passwd", "", "https://127.0.0.1\\x"])
def test_an_address_that_is_not_the_apis(client, api, url):
    for options, env in (["--api", url], {}), ([], {"CLOUDFLARE_BASE_URL": url}):
        if not url and env:
            continue  # as if it were not set
        answer = client(*options, "token", env=env)
        assert answer.code == INVALID and len(answer.err.splitlines()) == 1 and "address" in answer.err
    assert not api.calls


def test_the_address_may_end_with_slashes(client, api):
    assert client("--api", api.url + "//", "token").lines == ["active"]


def test_the_ca_file_must_have_certificates(client, api, tmp_path):
    (tmp_path / "empty").touch()
    for path in tmp_path / "empty", tmp_path / "missing", tmp_path:
        for options, env in (["--api-ca", path], {}), ([], {"SSL_CERT_FILE": str(path)}):
            answer = client(*options, "token", env=env)
            assert answer.code == INVALID and path.name in answer.err


def test_the_option_comes_before_the_variable(client, api):
    env = {"CLOUDFLARE_BASE_URL": "https://127.0.0.1:1/", "SSL_CERT_FILE": "/dev/null"}
    assert client("--api", api.url, "--api-ca", api.ca.crt, "token", env=env).lines == ["active"]


@pytest.fixture
def token_file(client, tmp_path):
    """token_file(text, mode): its path."""
    def write(text=None, mode=0o600):
        path = tmp_path / "token"
        path.write_bytes(text if isinstance(text, bytes) else (text or client.token.value + "\n").encode())
        path.chmod(mode)
        return path
    return write


NO_TOKEN = {"CLOUDFLARE_API_TOKEN": ""}


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o700])
def test_a_token_file_that_is_its_owners(client, token_file, mode):
    # 0440, root and its group: as systemd shows a credential that it gives to a unit's user.
    assert client("--token-file", token_file(mode=mode), "token", env=NO_TOKEN).lines == ["active"]


@pytest.mark.parametrize("mode", [0o644, 0o640 | 0o020, 0o604, 0o622, 0o450, 0o444, 0o666])
def test_a_token_file_of_others_is_refused(client, token_file, mode):
    path = token_file(mode=mode)
    answer = client("--token-file", path, "token")
    assert answer.code == INVALID and f"chmod 600 {path}" in answer.err


def test_of_a_link_the_target_counts(client, token_file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(token_file())
    assert client("--token-file", link, "token").lines == ["active"]
    token_file(mode=0o644)
    assert client("--token-file", link, "token").code == INVALID


@pytest.mark.parametrize("owner, group, mode", [(65534, 0, 0o600), (0, 65534, 0o440)])
def test_a_token_file_of_another_user_is_refused(client, token_file, owner, group, mode):
    path = token_file(mode=mode)
    os.chown(path, owner, group)
    answer = client("--token-file", path, "token")
    assert answer.code == INVALID and ("chown" in answer.err or "chmod 600" in answer.err)


@pytest.mark.parametrize("text, says", [
    (b"\n", "empty"), (b" \t\r\n ", "empty"), (b"a b", "several words"), (b"Bearer abc", "without \"Bearer\""),
    (b"abc\ndef\n", "several lines"), (b"abc\r\ndef", "several lines"), (b"abc\0def", "characters"), (b"\xc3\xa9abc", "characters"),
    (b"a" * 1025, "too large"), (b"0123456789abcdef0123456789abcdef01234", "Global API Key"), (b"# x\nabc", "several"),
], ids=range(11))
def test_what_is_no_token(client, api, token_file, text, says):
    answer = client("--token-file", token_file(text), "token")
    assert answer.code == INVALID and says in answer.err and len(answer.err.splitlines()) == 1
    assert "abc" not in answer.err
    if b"\0" not in text:
        answer = client("token", env={"CLOUDFLARE_API_TOKEN": os.fsdecode(text)})
        assert answer.code == INVALID and says in answer.err and "abc" not in answer.err
    assert not api.calls


def test_white_space_around_a_token_is_none_of_it(client, token_file):
    assert client("--token-file", token_file(f"\r\n \t{client.token.value} \r\n\r\n"), "token").lines == ["active"]
    assert client("token", env={"CLOUDFLARE_API_TOKEN": f" {client.token.value}\n"}).lines == ["active"]


def test_files_that_are_none(client, tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in "pipe", "missing", "":
        assert client("--token-file", tmp_path / name, "token").code == INVALID
    assert client("--token-file", "/dev/null", "token").code == INVALID


def test_a_token_from_a_command(client, program, api):
    done = subprocess.run(["bash", "-c", f'"$0" --token-file <(sleep 0.2; echo {client.token.value}) token', program],
                          env={**client.environment, **NO_TOKEN}, capture_output=True, timeout=60)
    assert done.stdout == b"active\n", done


@pytest.mark.parametrize("env", [{"CLOUDFLARE_API_TOKEN": ""}, {}])
def test_without_a_token(program, api, env):
    answer = Client(program, api)("token", env=env)
    assert answer.code == INVALID and "--token-file" in answer.err and "CLOUDFLARE_API_TOKEN" in answer.err


@pytest.mark.parametrize("in_file", [True, False])
def test_the_token_is_nowhere_to_be_read(client, tmp_path, token_file, in_file):
    """While it works: not in its environment, command line or a core; nor are the keys of its connections."""
    keys = tmp_path / "keys"
    client.environment["SSLKEYLOGFILE"] = str(keys)
    waiting = client.start(*(["--token-file", token_file()] if in_file else []), "wait", "a", "b")
    try:
        assert waiting.stdout.readline()
        process = Path(f"/proc/{waiting.pid}")
        for name in "environ", "cmdline":
            assert client.token.value.encode() not in (process / name).read_bytes()
        limits = (process / "limits").read_text()
        assert "Max core file size        0" in limits
        # Not dumpable: its files belong to root.
        assert (process / "environ").stat().st_uid == 0
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)
    client.environment.update(SSLKEYLOGFILE=str(keys))
    assert client("token").lines == ["active"] and not keys.exists()


def searched(process, text):
    """How often it is in the memory of a process."""
    found = 0
    with open(process / "mem", "rb", 0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(x, 16) for x in span.split("-"))
            # What is larger is of a sanitizer.
            if rights.startswith("rw") and end - start < 1 << 30:
                memory.seek(start)
                try:
                    found += memory.read(end - start).count(text)
                except OSError:
                    pass
    return found


@pytest.mark.parametrize("status", [200, 500])
def test_a_key_is_nowhere_after_its_upload(client, api, papers, status):
    if status == 500:
        api.fault("POST", failure(500))
    secret = papers.leaf.key.read_text().splitlines()[2].encode()
    waiting = client.start("upload-erase", api.zone.id, "zone", papers.leaf.crt, papers.leaf.key)
    try:
        while waiting.stdout.readline() not in (b"waits\n", b""):
            pass
        assert len(api.called("POST")) == 1
        process = Path(f"/proc/{waiting.pid}")
        assert searched(process, b"example.com") or searched(process, client.token.value.encode())
        assert not searched(process, secret)
    finally:
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=60)
