# SPDX-License-Identifier: Apache-2.0
"""cf-originctl match says accepted exactly where mod_ssl (SSLVerifyClient optional_no_ca) and the module admit a request:
for leaves of every kind, pinned and issued by an anchor."""
import re

import pytest

from client import get
from originctl import NO, OK, ctl_json
from pki import LEAF, Certificate, openssl
from server import vhost

DAY = 86400
CA = "basicConstraints=critical,CA:TRUE\n"


def eku(value):
    return LEAF + f"extendedKeyUsage={value}\n"


def ku(value):
    return LEAF + f"keyUsage={value}\n"


# How to make the key, the options of pki.issue().
KINDS = {
    "plain": {},
    "clientAuth": {"extensions": eku("clientAuth")},
    "serverAuth": {"extensions": eku("serverAuth")},
    "both purposes": {"extensions": eku("serverAuth,clientAuth")},
    "any purpose": {"extensions": eku("anyExtendedKeyUsage")},
    "code signing": {"extensions": eku("codeSigning")},
    "digitalSignature": {"extensions": ku("digitalSignature")},
    "keyEncipherment": {"extensions": ku("keyEncipherment")},
    "keyAgreement": {"extensions": ku("keyAgreement")},
    "nonRepudiation": {"extensions": ku("nonRepudiation")},
    "usual server": {"extensions": ku("digitalSignature,keyEncipherment") + "extendedKeyUsage=serverAuth\n"},
    "old server": {"extensions": LEAF + "nsCertType=server\n"},
    "old client": {"extensions": LEAF + "nsCertType=client\n"},
    "CA": {"extensions": CA},
    "CA that signs": {"extensions": CA + "keyUsage=keyCertSign\n"},
    "CA that signs both": {"extensions": CA + "keyUsage=keyCertSign,digitalSignature\n"},
    "no extensions": {"extensions": "subjectKeyIdentifier=hash\n"},
    "critical": {"extensions": LEAF + "1.2.3.4=critical,ASN1:NULL\n"},
    "must staple": {"extensions": LEAF + "tlsfeature=status_request\n"},
    "expired": {"start": -2 * DAY, "end": -DAY},
    "future": {"start": DAY, "end": 2 * DAY},
    "SHA-1": {"md": "sha1"},
    "SHA-512": {"md": "sha512"},
    "RSA 1024": {"algorithm": ["RSA", "rsa_keygen_bits:1024"]},
    "RSA 1536": {"algorithm": ["RSA", "rsa_keygen_bits:1536"]},
    "RSA 2048": {"algorithm": ["RSA", "rsa_keygen_bits:2048"]},
    "P-224": {"algorithm": ["EC", "ec_paramgen_curve:P-224"]},
    "P-384": {"algorithm": ["EC", "ec_paramgen_curve:P-384"]},
    "P-521": {"algorithm": ["EC", "ec_paramgen_curve:P-521"]},
    "secp256k1": {"algorithm": ["EC", "ec_paramgen_curve:secp256k1"]},
    "brainpool": {"algorithm": ["EC", "ec_paramgen_curve:brainpoolP256r1"]},
    "brainpool, 384 bits": {"algorithm": ["EC", "ec_paramgen_curve:brainpoolP384r1"]},
    "brainpool, 512 bits": {"algorithm": ["EC", "ec_paramgen_curve:brainpoolP512r1"]},
    "explicit curve": {"algorithm": ["EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"]},
    "RSA-PSS": {"algorithm": ["RSA-PSS", "rsa_keygen_bits:2048"]},
    "Ed25519": {"algorithm": ["ED25519"]},
}

# An Ed25519 signature has no digest, which `openssl ca` insists on.
LEAVES = [f"{name}{how}" for name in KINDS for how in ("", ", self-signed") if name + how != "Ed25519, self-signed"]


@pytest.fixture(scope="module")
def leaves(pki):
    """Of each kind one that the CA of the zone issued, and one that signed itself."""
    made = {}
    for name, options in KINDS.items():
        options = dict(options)
        algorithm = options.pop("algorithm", None)
        for issuer in (pki.zone_a, None):
            stem = re.sub(r"\W", "-", name) + ("" if issuer else "-self")
            if algorithm:
                options["key"] = pki.dir / f"{stem}.key"
                openssl("genpkey", "-algorithm", algorithm[0], "-out", options["key"],
                        *(word for option in algorithm[1:] for word in ("-pkeyopt", option)))
            if f"{name}{'' if issuer else ', self-signed'}" not in LEAVES:
                continue
            made[name if issuer else f"{name}, self-signed"] = pki.issue(stem, issuer, **options)
    return made


@pytest.fixture(scope="module")
def origin(httpd, pki, leaves):
    """Port 1: all leaves are pinned; port 2: their keys are; port 3: the CA is an anchor."""
    sha256 = " ".join(f"sha256:{leaf.sha256}" for leaf in leaves.values())
    spki = " ".join(f"spki-sha256:{leaf.spki_sha256}" for leaf in leaves.values())
    hosts = [vhost("shop.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {proofs}\n", port=port)
             for port, proofs in (("{port}", sha256), ("{port2}", spki), ("{port3}", pki.zone_a.crt))]
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + "".join(hosts))


def is_admitted(port, leaf):
    try:
        return get(port, "/", cert=leaf).status == 200
    except (ConnectionError, EOFError, OSError):
        return False


@pytest.mark.parametrize("kind", LEAVES)
def test_match_accepts_what_httpd_admits(origin, pki, leaves, kind):
    leaf = leaves[kind]
    for port, proof in zip(origin.ports, (f"sha256:{leaf.sha256}", f"spki-sha256:{leaf.spki_sha256}", pki.zone_a.crt)):
        answer, written = ctl_json("match", "--zone", proof, leaf.crt)
        assert written["accepted"] == is_admitted(port, leaf), (kind, written)
        assert answer.code == (OK if written["accepted"] else NO)
        assert written["accepted"] == (written["reason"] == "verified")
        assert written["accepted"] == (written["advice"] is None)
