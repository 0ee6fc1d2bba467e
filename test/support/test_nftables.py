# SPDX-License-Identifier: Apache-2.0
"""conf/nftables/cf-origin.nft, and the sets that cf-originctl makes for it, in a network of their own: as root, with
nft and unshare."""
import json
import shutil
import subprocess
import sys

import pytest

from originctl import CTL, INVALID, OK, SUSPICIOUS, USAGE, ctl
from server import ROOT

RULES = ROOT / "conf/nftables/cf-origin.nft"

# Runs the function body that is appended, in a network of which nobody else sees anything.
PRELUDE = """
import fcntl, json, socket, struct, subprocess, sys
CTL, RULES, FOLDER = sys.argv[1:4]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    fcntl.ioctl(sock, 0x8914, struct.pack("16sh22x", b"lo", 0x41))  # SIOCSIFFLAGS: up, running

def nft(text):
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)

def rules():
    # The clients of this test come from lo, too.
    text = open(RULES).read()
    assert text.count('iifname "lo" accept') == 1
    nft(text.replace('iifname "lo" accept', ""))

def sets(*ranges):
    with open(FOLDER + "/ranges.txt", "w") as file:
        file.write("\\n".join(ranges) + "\\n")
    nft(subprocess.run([CTL, "ranges", "--nft", file.name], capture_output=True, text=True, check=True).stdout)

def listen(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.bind((address, port))
    sock.listen(16)
    return sock

def connect(source, port=443, address="127.0.0.1"):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.settimeout(0.4)
    sock.bind((source, 0))
    try:
        sock.connect((address, port))
    except TimeoutError:
        sock.close()
        return None
    return sock

def passes(*args):
    sock = connect(*args)
    if sock:
        sock.close()
    return sock is not None

EDGE, STRANGER = "127.1.0.1", "127.9.0.1"
tls, other, six = listen("127.0.0.1", 443), listen("127.0.0.1", 80), listen("::1", 443)
"""


def has_network_of_its_own():
    """Root's right, which containers often do not have."""
    assert shutil.which("nft"), "nft is missing: install nftables"
    return subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True, timeout=60).returncode == 0


@pytest.fixture
def isolated(tmp_path):
    if not has_network_of_its_own():
        pytest.skip("needs root, and the right to make a network of its own")

    def run(script):
        command = ["unshare", "-n", sys.executable, "-c", PRELUDE + script, CTL, RULES, tmp_path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return run


def test_only_the_edge_and_the_listed_connect_to_the_port(isolated):
    assert isolated("""
sets("127.1.0.0/16", "127.2.0.0/16", "2001:db8::/32"); rules()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 443))
udp.settimeout(5)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.bind((STRANGER, 0))
    sender.sendto(b"x", ("127.0.0.1", 443))
before = [passes(EDGE), passes("127.2.255.255"), passes(STRANGER), passes(STRANGER, 80), passes("::1", 443, "::1"), udp.recv(1) == b"x"]
nft("add element inet cf_origin listed4 { 127.9.0.0/16 }; add element inet cf_origin listed6 { ::1 }")
print(json.dumps([before, [passes(STRANGER), passes("::1", 443, "::1"), passes("127.10.0.1")]]))
""") == [[True, True, False, True, False, True], [True, True, False]]


def test_a_new_list_keeps_what_is_connected_and_replaces_both_families(isolated):
    assert isolated("""
sets("127.1.0.0/16", "::1"); rules()
old = connect(EDGE)
accepted, _ = tls.accept()
before = [passes(EDGE), passes(STRANGER), passes("::1", 443, "::1")]
sets("127.9.0.0/16", "2001:db8::/32")
old.sendall(b"x")
accepted.settimeout(5)
print(json.dumps([before, [passes(EDGE), passes(STRANGER), passes("::1", 443, "::1")], accepted.recv(1) == b"x"]))
""") == [[True, False, True], [False, True, False], True]


def test_loading_the_rules_again_keeps_the_sets_and_adds_no_rule_twice(isolated):
    assert isolated("""
rules(); shut = passes(EDGE)
sets("127.1.0.0/16"); nft("add element inet cf_origin listed4 { 127.9.0.0/16 }")
def count():
    return subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout.count("accept\\n")
before = count()
rules(); rules()
print(json.dumps([shut, passes(EDGE), passes(STRANGER), count() - before]))
""") == [False, True, True, 0]


def test_what_is_no_list_changes_nothing(isolated):
    """cf-originctl prints nothing then, and nft does nothing with that."""
    assert isolated("""
sets("127.1.0.0/16"); rules()
results = []
for text in ("<html>", "127.9.0.0/16\\n127.1.0.0/222400:cb00::/32\\n", ""):
    with open(FOLDER + "/ranges.txt", "w") as file:
        file.write(text)
    made = subprocess.run([CTL, "ranges", "--nft", file.name], capture_output=True, text=True)
    nft(made.stdout)
    results.append([made.returncode, made.stdout, passes(EDGE), passes(STRANGER)])
print(json.dumps(results))
""") == [[INVALID, "", True, False]] * 3


def test_this_host_is_never_shut_out(isolated):
    """By the file as it is: what comes from this host has lo as its interface."""
    assert isolated("""
nft(open(RULES).read())
print(json.dumps([passes("127.0.0.1"), passes(STRANGER), passes("::1", 443, "::1")]))
""") == [True] * 3


def test_the_sets_have_the_list(tmp_path):
    path = tmp_path / "ranges.txt"
    path.write_text("192.0.2.0/24\n2001:db8::/32\n192.0.2.0/24\n")
    answer = ctl("ranges", "--nft", path, "--require-both")
    assert answer.code == OK and answer.out.count("192.0.2.0/24") == answer.out.count("2001:db8::/32") == 1
    assert answer.err == ""
    assert answer.out.startswith("# 2 prefixes, ")
    path.write_text("192.0.2.0/24\n")
    answer = ctl("ranges", "--nft", path)
    assert answer.code == OK and "flush set inet cf_origin edge6\n" in answer.out and "element inet cf_origin edge6" not in answer.out
    assert "no IPv6 prefix: the set edge6 becomes empty" in answer.err
    answer = ctl("ranges", "--nft", path, "--require-both")
    assert (answer.code, answer.out) == (SUSPICIOUS, "")


@pytest.mark.parametrize("args", [["--json"], ["--against", "builtin"], ["--convert"]])
def test_no_other_option_goes_with_nft(args):
    answer = ctl("ranges", "--nft", *args, "builtin")
    assert (answer.code, answer.out) == (USAGE, "") and "--nft" in answer.err
