# SPDX-License-Identifier: Apache-2.0
"""Random changes of zone files under a real httpd: after each, requests must be answered as the model of the manual
says. ORACLE_STEPS: how many."""
import os
import shutil
import signal
from pathlib import Path

import pytest

from client import Connection
from oracle import ROUNDS
from server import TWO_CHILDREN, vhost
from zone_model import LATER, NOTHING, NOW, Content, Model

STEPS = int(os.environ.get("ORACLE_STEPS") or 12 * ROUNDS)
LEAVES = ["leaf_a", "leaf_b", "shared_leaf"]
HOSTS = ["a.test", "app.a.test", "x.app.a.test", "b.test", "c.test", "named.test", "app.named.test", "twin.test"]
FILES = ["a.test.pem", "app.a.test.pem", "b.test.pem", "c.test.pem", "A.test.pem", "a.test..pem", "B.TEST.pem", "app.named.test.pem",
         "named.test.pem", ".a.test.pem", "a.test.pem.bak"]


def good_texts(pki):
    a, b, c = pki.zone_a, pki.zone_b, pki.shared_ca
    old, young = (pki.ca(f"oracle-{name}", start=start, end=end) for name, start, end in
                  (("old", -200, -100), ("young", 86400, 2 * 86400)))
    servers = pki.ca("oracle-servers", extensions="basicConstraints=CA:TRUE\nextendedKeyUsage=serverAuth\n")
    return {
        "A": (a.pem, {"leaf_a"}, NOW), "B": (b.pem, {"leaf_b"}, NOW), "C": (c.pem, {"shared_leaf"}, NOW),
        "A and B": (a.pem + b.pem, {"leaf_a", "leaf_b"}, NOW), "leaf of A": (pki.leaf_a.pem, {"leaf_a"}, NOW),
        "leaf of B, and B": (pki.leaf_b.pem + b.pem, {"leaf_b"}, NOW), "expired": (old.pem, set(), NOTHING),
        "not yet": (young.pem, set(), LATER), "for servers": (servers.pem, set(), NOTHING),
        "expired, and C": (old.pem + c.pem, {"shared_leaf"}, NOW), "A with text": ("# A\n" + a.pem, {"leaf_a"}, NOW),
    }


class World:
    """The files, the httpd, and the model. `steps` tells what was done."""

    def __init__(self, chance, httpd, pki, folder):
        self.chance, self.pki, self.steps = chance, pki, []
        self.store = folder / "store"
        self.folder, self.away = folder / "zones", folder / "zones.away"
        self.sentinel, self.toggles = folder / "sentinel.pem", 0
        for path in (folder, self.store, folder / "first"):
            path.mkdir()
        self.folder.symlink_to("first")
        self.texts = good_texts(pki)
        self.good = {name: text for name, (text, _, _) in self.texts.items()}
        pem = pki.zone_a.pem
        self.bad = ["", "garbage\n", pem[:len(pem) // 2], pem + pki.zone_a.key.read_text(), pem + pem.replace("MII", "MIJ", 1), "<html>\n",
                    "#" * 1_048_576 + "\n" + pem]
        named = {"named.test": folder / "named.pem", "twin.test": self.folder / "b.test.pem", "sentinel.test": self.sentinel}
        for path in (*named.values(), self.folder / "a.test.pem"):
            path.write_text(self.good["A"])
        self.model = Model({text: Content(name, frozenset(leaves), worth) for name, (text, leaves, worth) in self.texts.items()}, named, self.folder)
        lines = "".join(f"CFOriginPullZone {zone} {path}\n" for zone, path in named.items())
        self.httpd = httpd(modules=["headers"], server=TWO_CHILDREN + "CFOriginPullRanges 127.0.0.0/9\nCFOriginPullReload 1\n" + vhost(
            "a.test", f"CFOriginPull On\n{lines}CFOriginPullZoneDir {self.folder}\n"
            'Header always set X-Verdict "%{CF_ORIGIN_REASON}e %{CF_ORIGIN_ZONE}e"', aliases="*.test"))
        self.model.start()

    # ---------------------------------------------------------------- changes of files

    def file(self):
        return self.chance.choice([self.folder / self.chance.choice(FILES)] * 5 + [Path(self.model.named["named.test"])])

    def text(self):
        return self.chance.choice([self.good[self.chance.choice(list(self.good))]] * 3 + [self.chance.choice(self.bad)])

    def clear(self, path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)

    def write(self, path):
        self.clear(path)
        if path.is_symlink():
            path.unlink()
        path.write_text(self.text())

    def replace(self, path):
        self.clear(path)
        new = path.with_name("new")
        new.write_text(self.text())
        new.replace(path)

    def relink(self, path):
        """To a file, or to none."""
        self.clear(path)
        target = self.store / os.urandom(4).hex()
        if self.chance.random() < 0.8:
            target.write_text(self.text())
        path.with_name("new").symlink_to(target)
        path.with_name("new").replace(path)

    def write_target(self, path):
        """What the link leads to, if it is one."""
        target = path.resolve() if path.is_symlink() else path
        self.clear(target)
        target.write_text(self.text())

    def remove(self, path):
        self.clear(path)
        path.unlink(missing_ok=True)

    def remove_target(self, path):
        self.remove(path.resolve())

    def rename(self, path):
        self.move(path, self.folder / self.chance.choice(FILES))

    def move(self, path, other):
        if path != other and os.path.lexists(path):
            self.remove(other)
            path.rename(other)

    def swap(self, path):
        other = self.folder / self.chance.choice(FILES)
        self.move(path, self.folder / "third")
        self.move(other, path)
        self.move(self.folder / "third", other)

    def hard_link(self, path):
        other = self.folder / self.chance.choice(FILES)
        if path.is_file() and other != path:
            self.remove(other)
            os.link(path.resolve(), other)

    def make_folder(self, path):
        self.remove(path)
        path.mkdir()

    def shut(self, path):
        if path.is_file():
            path.chmod(0)

    def open(self, path):
        if path.is_file():
            path.chmod(0o644)

    def touch(self, path):
        if path.is_file():
            path.touch()

    def switch_folder(self, _):
        """The link leads to another folder, with some of the files."""
        new = self.folder.with_name(os.urandom(4).hex())
        if self.chance.random() < 0.5:
            shutil.copytree(self.folder, new, symlinks=True)
        else:
            new.mkdir()
        for _ in range(self.chance.randint(0, 3)):
            self.chance.choice([self.write, self.remove])(new / self.chance.choice(FILES))
        self.folder.with_name("link").symlink_to(new)
        self.folder.with_name("link").replace(self.folder)

    def take_away(self, _):
        """Until the next step."""
        self.folder.rename(self.away)

    def change(self):
        if self.away.is_symlink():
            self.away.rename(self.folder)
            return
        kinds = [self.write, self.replace, self.relink] * 3 + [self.write_target, self.remove, self.remove, self.remove_target, self.rename,
                                                                self.rename, self.swap, self.hard_link, self.make_folder, self.shut, self.open,
                                                                self.touch, self.switch_folder]
        for number in range(self.chance.choice([1, 1, 2, 3, 5])):
            kind, path = self.chance.choice(kinds), self.file()
            self.steps.append(f"{kind.__name__} {path.name}")
            kind(path)
        if self.chance.random() < 0.08:
            self.steps.append("take_away")
            self.take_away(None)

    # ---------------------------------------------------------------- httpd

    def mend(self):
        """What a start requires."""
        if self.away.is_symlink():
            self.away.rename(self.folder)
        for path in map(Path, self.model.named.values()):
            if not self.model.read(path, True):
                self.remove(path)
                path.write_text(self.good["A"])

    def restart(self):
        kind = self.chance.choice([self.graceful, self.hangup, self.stop_and_start])
        self.mend()
        self.steps.append(kind.__name__)
        assert self.model.can_start()
        kind()
        self.model.start()

    def graceful(self):
        self.httpd.replace_children()

    def hangup(self):
        before = self.httpd.log().count("resuming normal operations")
        self.httpd.process.send_signal(signal.SIGHUP)
        self.httpd.wait_for(lambda: self.httpd.log().count("resuming normal operations") > before, "a restart")

    def stop_and_start(self):
        self.httpd.stop()
        log = self.httpd.dir / "error.log"
        log.rename(log.with_name(f"error.log.{len(self.steps)}"))
        self.httpd.start()

    def kill(self):
        """A child: the next one learns what the others know."""
        self.steps.append("kill")
        child = int(self.chance.choice(self.httpd.children()))
        os.kill(child, signal.SIGKILL)
        self.httpd.wait_for(lambda: str(child) not in self.httpd.children() and len(self.httpd.children()) > 1, "a new child")

    # ---------------------------------------------------------------- requests

    def ask(self, leaf, hosts):
        with Connection(self.httpd.port, getattr(self.pki, leaf), "a.test") as connection:
            answers = [connection.get("/", host=host) for host in hosts]
        return [(answer.status, *answer.headers["x-verdict"].split(" ")) for answer in answers]

    def answers(self):
        return {(host, leaf): answer for leaf in LEAVES for host, answer in zip(HOSTS, self.ask(leaf, HOSTS))}

    def expected(self):
        verdicts = {(host, leaf): self.model.verdict(host, leaf) for host in HOSTS for leaf in LEAVES}
        return {key: (200 if reason == "verified" else 403, reason, zone or "(null)") for key, (reason, zone) in verdicts.items()}

    def settle(self):
        """All files were looked at, and every child knows: a file that is changed last is in force everywhere."""
        self.toggles += 1
        leaf, name = [("leaf_a", "A"), ("leaf_b", "B")][self.toggles % 2]
        self.sentinel.with_name("new").write_text(self.good[name])
        self.sentinel.with_name("new").replace(self.sentinel)
        self.model.look()
        self.httpd.wait_for(lambda: all(self.ask(leaf, ["sentinel.test"])[0][0] == 200 for _ in range(8)), "the sentinel", 60)

    def check(self):
        self.settle()
        expected = self.expected()

        def differ():
            return {key: (found, expected[key]) for key, found in self.answers().items() if found != expected[key]}
        try:
            self.httpd.wait_for(lambda: not differ() and not differ() and not differ(), "the model", 20)
        except AssertionError:
            pytest.fail(self.describe(differ()))

    def describe(self, found):
        files = [f"{path.name} -> {os.readlink(path) if path.is_symlink() else ''} {self.model.read(path, False)}" for path in sorted(self.folder.glob("*"))]
        lines = [line for line in self.httpd.log().splitlines() if " CFO01" in line]
        return "\n".join(["found, expected:", *map(str, found.items()), "steps:", *self.steps, "files:", *files,
                          "model:", str(self.model.zones), str(self.model.in_force), "log:", *lines[-20:]])


def step(world):
    kind = world.chance.random()
    if kind < 0.15:
        world.restart()
    elif kind < 0.2:
        world.kill()
    else:
        world.change()


def test_what_is_in_force_is_what_the_manual_says(chance, httpd, pki, scratch):
    world = World(chance, httpd, pki, scratch / f"model-{os.urandom(4).hex()}")
    for number in range(STEPS):
        world.steps.append(f"--- {number}")
        step(world)
        world.check()
    print(f"{STEPS} steps, {sum(not x.startswith('---') for x in world.steps)} changes")
