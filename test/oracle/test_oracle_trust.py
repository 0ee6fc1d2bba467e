# SPDX-License-Identifier: Apache-2.0
"""The check of a client's certificate against `openssl verify`, over random certificates."""
import subprocess
from dataclasses import dataclass

from certificates import NOW, Certificate, Generator
from oracle import ROUNDS, Differences, ask

VERIFY = ["openssl", "verify", "-purpose", "sslclient", "-partial_chain", "-auth_level", "2", "-no-CAfile", "-no-CApath", "-no-CAstore"]
NOW_TEXT = "270115080000Z"


def verified(proofs, leaves, chain=(), time=("-attime", NOW)):
    """The paths that OpenSSL verifies. `chain`: what the client sends beside its certificate."""
    untrusted = [x for c in chain for x in ("-untrusted", c.path)]
    said = subprocess.run([*VERIFY, *map(str, time), "-trusted", proofs, *untrusted, *(leaf.path for leaf in leaves)],
                          capture_output=True, text=True, errors="replace")
    return {line.removesuffix(": OK") for line in said.stdout.splitlines() if line.endswith(": OK")}


@dataclass
class Case:
    """A leaf, a file of proofs, and what it is about them that makes a difference."""
    path: str
    proofs: list
    leaf: Certificate
    said: list        # by the core
    about: dict       # path: X509_check_ca(), as text, and whether it is marked as a CA
    chain: tuple = ()

    def __repr__(self):
        return f"\n  proofs {self.proofs}\n  leaf {self.leaf}\n  core {self.said}, chain {self.chain}"

    @property
    def is_ca(self):
        return self.about[self.leaf.path] != ["0", "0"]

    @property
    def is_pinned(self):
        """With a certificate in it that is none of a CA, or only by the signs of old (version 1, keyUsage alone),
        the file is a list of exact leaves."""
        return any(self.about[c.path][0] != "1" for c in self.proofs)

    def ends_now(self):
        """And nothing else is wrong with it."""
        return (any(c.dates[1].endswith(NOW_TEXT) for c in [self.leaf, *self.proofs])
                and any(verified(c.path, [self.leaf], self.chain, ["-no_check_time"]) for c in self.proofs))

    def verified_alone(self):
        return any(verified(c.path, [self.leaf]) for c in self.proofs)


# Name, our answer, and whether it is that difference. Each must occur.
KNOWN = [
    # A CA certificate is no client, and neither is the anchor itself: OpenSSL asks neither of them.
    ("a CA as client", False, lambda case: case.is_ca and case.said[0] in ("unsuitable", "unknown")),
    # A pinned leaf is asked for its dates only.
    ("pinned", True, lambda case: case.leaf in case.proofs and case.is_pinned),
    # Beside a leaf, a CA certificate is no anchor: a fullchain.pem would let in all that its CA issues.
    ("beside a pinned leaf", False, lambda case: case.is_pinned and case.leaf not in case.proofs),
    # Of several trusted certificates with one name, OpenSSL tries one. A rotation that keeps the name must work.
    ("twins", True, lambda case: len(case.proofs) > 1 and case.verified_alone()),
    # A certificate is valid to the last second (RFC 5280, 4.1.2.5). OpenSSL ends a second earlier.
    ("the last second", True, lambda case: case.ends_now()),
    # A file is loaded whole, or not at all: what is damaged was not meant so. OpenSSL looks only at what it uses.
    ("damaged", False, lambda case: case.said[0] in ("proof-unreadable", "leaf-unreadable")),
    # What a client sends beside its certificate is not there after a resumption, and is never used.
    ("the chain that a client sends", False, lambda case: case.chain),
]


def write_proofs(folder, number, proofs):
    path = folder / f"proofs-{number}.pem"
    path.write_text("".join(c.path.read_text() for c in proofs))
    return path


def assert_only_dates_are_wrong(pairs, answers):
    """What the core calls expired or not valid yet, OpenSSL accepts if it does not look at dates; or it is pinned."""
    dated = {}
    for (path, proofs, leaf), said in zip(pairs, answers):
        if said[0] in ("expired", "not-yet-valid") and leaf not in proofs and len(proofs) == 1:
            dated.setdefault(path, []).append(leaf)
    assert dated
    for path, leaves in dated.items():
        assert {str(leaf.path) for leaf in leaves} == verified(path, leaves, time=["-no_check_time"]), (path, leaves)


def test_the_core_accepts_what_openssl_verifies_and_nothing_else(chance, tmp_path):
    generator = Generator(tmp_path, chance)
    families = [generator.known(), *(generator.family(n, 5) for n in range(24 * ROUNDS))]
    generator.write()
    about = dict(zip([c.path for c in generator.made], ask("trust", [("about", c.path) for c in generator.made])))
    sets = [(write_proofs(tmp_path, f"{n}-{i}", proofs), proofs, presented) for n, (files, presented) in enumerate(families)
            for i, proofs in enumerate(files)]
    pairs = [(path, proofs, leaf) for path, proofs, presented in sets for leaf in presented]
    answers = ask("trust", [("judge", path, leaf.path, NOW) for path, _, leaf in pairs])
    theirs = {path: verified(path, presented) for path, _, presented in sets}
    differences = Differences(KNOWN)
    for (path, proofs, leaf), said in zip(pairs, answers):
        differences.compare(Case(path, proofs, leaf, said, about), said[0] == "holds", str(leaf.path) in theirs[path])
    for (path, proofs, leaf), said in zip(pairs, answers):
        if leaf.ca and leaf.ca.ca in proofs:
            good = str(leaf.path) in verified(path, [leaf], [leaf.ca])
            differences.compare(Case(path, proofs, leaf, said, about, (leaf.ca,)), said[0] == "holds", good)
    assert_only_dates_are_wrong(pairs, answers)
    print(f"{len(pairs)} pairs, {sum(said[0] == 'holds' for said in answers)} accepted")
    differences.check()
