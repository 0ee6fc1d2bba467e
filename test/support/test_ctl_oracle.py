# SPDX-License-Identifier: Apache-2.0
"""cf-originctl match and `openssl verify`, asked about the same certificates."""
import base64
import subprocess

import pytest

from originctl import NO, OK, ctl_json
from pki import openssl

KEYS = {
    "p224": ["EC", "ec_paramgen_curve:P-224"], "p256": ["EC", "ec_paramgen_curve:P-256"],
    "p384": ["EC", "ec_paramgen_curve:P-384"], "p521": ["EC", "ec_paramgen_curve:P-521"],
    "nameless": ["EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"],
    "rsa1024": ["RSA", "rsa_keygen_bits:1024"], "rsa2048": ["RSA", "rsa_keygen_bits:2048"],
    "pss": ["RSA-PSS", "rsa_keygen_bits:2048"], "ed25519": ["ED25519"],
}
CA, SIGN, SKI = "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign", "subjectKeyIdentifier=hash"
AKI, NO_SKI, NO_AKI = "authorityKeyIdentifier=keyid", "subjectKeyIdentifier=none", "authorityKeyIdentifier=none"

# Key, subject, extensions. Those without keyUsage may be clients as well.
ANCHORS = {key: (key, f"/CN={key}", [CA, SIGN, SKI]) for key in KEYS} | {
    "bare": ("p256", "/CN=bare", [CA, NO_SKI]),
    "empty": ("p256", "/", [CA, SKI]),
    "short": ("p256", "/CN=short", [CA + ",pathlen:0", SIGN, SKI]),
    "twin": ("p256", "/CN=twin", [CA, SKI]), "other twin": ("p384", "/CN=twin", [CA, SKI]),
    "bare twin": ("p521", "/CN=twin", [CA, NO_SKI]),
    "servers": ("p256", "/CN=servers", [CA, SKI, "extendedKeyUsage=serverAuth"]),
    "clients": ("p256", "/CN=clients", [CA, SKI, "extendedKeyUsage=clientAuth,serverAuth"]),
    "critical": ("p256", "/CN=critical", [CA, SKI, "1.2.3.4=critical,ASN1:NULL"]),
    "names": ("p256", "/CN=names", [CA, SKI, "nameConstraints=critical,permitted;DNS:example.com"]),
}
# Key, subject (None: its issuer's), extensions, digest.
LEAVES = {
    "plain": ("p256", "/CN=leaf", [AKI, SKI], "sha256"),
    "bare": ("p256", "/CN=leaf", [NO_AKI, NO_SKI], "sha256"),
    "server": ("p256", "/CN=leaf", ["extendedKeyUsage=serverAuth"], "sha256"),
    "encryption": ("p256", "/CN=leaf", ["keyUsage=keyEncipherment"], "sha256"),
    "sha1": ("p256", "/CN=leaf", [NO_AKI], "sha1"),
    "critical": ("p256", "/CN=leaf", ["1.2.3.4=critical,ASN1:NULL"], "sha256"),
    "weak": ("rsa1024", "/CN=leaf", [NO_AKI], "sha256"),
    "rsa": ("rsa2048", "/CN=leaf", [NO_AKI], "sha512"),
    "no name": ("p256", "/", [NO_AKI], "sha256"),
    "name of its issuer": ("p256", None, [NO_AKI, NO_SKI], "sha256"),
    "allowed name": ("p256", "/CN=leaf", ["subjectAltName=DNS:www.example.com"], "sha256"),
    "forbidden name": ("p256", "/CN=leaf", ["subjectAltName=DNS:www.example.net"], "sha256"),
    "CA": ("p256", "/CN=leaf", [CA, SIGN], "sha256"),
}
# Not every leaf of every anchor, for each is a process or two.
ALL_LEAVES = ["p256", "rsa2048", "names", "bare"]
SOME_LEAVES = ["plain", "bare", "sha1", "name of its issuer", "allowed name"]


class Maker:
    def __init__(self, folder):
        self.folder, self.made = folder, 0
        self.keys = {(kind, use): self.key(kind, use) for kind in KEYS for use in ("ca", "leaf")}

    def key(self, kind, use):
        path = self.folder / f"{kind}-{use}.key"
        algorithm, *options = KEYS[kind]
        openssl("genpkey", "-algorithm", algorithm, *(x for o in options for x in ("-pkeyopt", o)), "-out", path)
        openssl("pkey", "-in", path, "-pubout", "-out", path.with_suffix(".pub"))
        return path

    def make(self, key, subject, extensions, signer, digest="sha256"):
        """`signer`: -signkey KEY or -CA FILE -CAkey KEY; the last is the key."""
        self.made += 1
        crt, ext = (self.folder / f"{self.made}.{x}" for x in ("crt", "ext"))
        ext.write_text("\n".join(extensions) + "\n")
        openssl("x509", "-new", "-subj", subject, "-force_pubkey", key.with_suffix(".pub"), "-days", "60",
                "-extfile", ext, "-out", crt, *signer, *([] if "ed25519" in str(signer[-1]) else [f"-{digest}"]))
        return crt

    def anchor(self, kind, subject, extensions):
        key = self.keys[kind, "ca"]
        return self.make(key, subject, extensions, ["-signkey", key])

    def leaf(self, kind, subject, extensions, digest, anchor, issuer):
        return self.make(self.keys[kind, "leaf"], issuer[1] if subject is None else subject, extensions,
                         ["-CA", anchor, "-CAkey", self.keys[issuer[0], "ca"]], digest)

    def forge(self, crt):
        """Another signature."""
        der = bytearray(openssl("x509", "-in", crt, "-outform", "DER"))
        der[-3] ^= 1
        path = crt.with_suffix(".forged")
        path.write_text("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n")
        return path


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    """Anchors by name, and leaves by the anchor's name and their own."""
    maker = Maker(tmp_path_factory.mktemp("oracle"))
    anchors = {name: maker.anchor(*order) for name, order in ANCHORS.items()}
    leaves = {(name, leaf): maker.leaf(*LEAVES[leaf], anchors[name], issuer)
              for name, issuer in ANCHORS.items() for leaf in (LEAVES if name in ALL_LEAVES else SOME_LEAVES)
              # Without an identifier to name, no leaf that has to name one.
              if not (leaf == "plain" and NO_SKI in issuer[2])}
    forged = {(name, f"forged {leaf}"): maker.forge(path) for (name, leaf), path in leaves.items()
              if leaf in ("plain", "bare", "name of its issuer")}
    selves = {(name, "signed by itself"): maker.make(key, issuer[1], [NO_AKI, NO_SKI], ["-signkey", key])
              for name, issuer in ANCHORS.items() for key in [maker.keys["p256", "leaf"]]}
    return anchors, leaves | forged | selves


def verified(anchor, leaves):
    """What `openssl verify` lets through."""
    said = subprocess.run(["openssl", "verify", "-purpose", "sslclient", "-partial_chain", "-auth_level", "2", "-no-CAfile",
                           "-no-CApath", "-no-CAstore", "-trusted", anchor, *leaves], capture_output=True, text=True)
    return {line.removesuffix(": OK") for line in said.stdout.splitlines() if line.endswith(": OK")}


@pytest.mark.parametrize("name", ANCHORS)
def test_match_accepts_what_openssl_verifies_and_nothing_else(parties, name):
    anchors, leaves = parties
    twins = [n for n in ANCHORS if ANCHORS[n][1] == ANCHORS[name][1]]
    cases = {key: path for key, path in leaves.items() if key[0] in twins or key[1] == "plain"}
    expected = verified(anchors[name], cases.values())
    accepted = 0
    for (issuer, leaf), path in cases.items():
        answer, written = ctl_json("match", "--zone", anchors[name], path)
        # The one that OpenSSL has no objection to, and the module has.
        good = str(path) in expected and leaf != "CA"
        assert (answer.code, written["accepted"]) == ((OK, True) if good else (NO, False)), (issuer, leaf, written["why"])
        assert good or written["reason"] != "verified"
        accepted += good
    # An anchor that never holds is told of; one that does is not.
    _, listed = ctl_json("zones", anchors[name])
    assert (listed["certificates"][0]["note"] is None) == (accepted > 0), listed
