# SPDX-License-Identifier: Apache-2.0
"""cf-originctl match and the module agree on the same certificates with the same proofs."""
import pytest

from client import get
from originctl import NO, OK, ctl_json
from pki import Certificate
from server import vhost

DAY = 86400

PROOFS = {
    "anchor": lambda pki: [pki.zone_a.crt],
    "two anchors in a file": lambda pki: [pki.bundle(pki.zone_b, pki.zone_a)],
    "two files": lambda pki: [pki.intermediate_a.crt, pki.zone_b.crt],
    "leaf": lambda pki: [pki.leaf_a.crt],
    "leaf with its chain": lambda pki: [pki.bundle(pki.deep_a, pki.intermediate_a, pki.zone_a)],
    "the leaf that signed itself": lambda pki: [pki.self_signed.crt],
    "pins": lambda pki: [f"sha256:{pki.leaf_a.sha256}", f"spki-sha256:{pki.rogue.spki_sha256}"],
    "pin of the CA": lambda pki: [f"sha256:{pki.zone_a.sha256}"],
    "anchor that has expired": lambda pki: [pki.old_ca.crt],
    "anchor of the future": lambda pki: [pki.next_ca.crt],
}

# mod_ssl ends the handshake with these, so that the module never judges them.
BY_MOD_SSL = {"expired_a", "future_a", "server_only_a", "weak_a", "old_ca", "next_ca"}


@pytest.fixture(scope="module")
def certificates(pki):
    """All of the standard PKI, and those that need a CA or a key of another kind."""
    pki.old_ca = pki.ca("old-ca", start=-2 * DAY, end=-DAY)
    pki.next_ca = pki.ca("next-ca", start=DAY, end=2 * DAY)
    pki.of_old_ca = pki.issue("of-old-ca", pki.old_ca)
    pki.of_next_ca = pki.issue("of-next-ca", pki.next_ca)
    pki.weak_a = pki.issue("weak-a", pki.zone_a, kind="rsa1024")
    pki.rsa_a = pki.issue("rsa-a", pki.zone_a, kind="rsa2048")
    pki.sha1_a = pki.issue("sha1-a", pki.zone_a, md="sha1")
    pki.same_key = pki.issue("same-key", pki.rogue_ca, key=pki.rogue.key)
    return {name: value for name, value in vars(pki).items() if isinstance(value, Certificate)}


@pytest.fixture(scope="module")
def origin(httpd, pki, certificates):
    """A virtual host on a port of its own for each set of proofs."""
    hosts = []
    for number, proofs in enumerate(PROOFS.values(), 1):
        zone = f"CFOriginPullZone a.test {' '.join(map(str, proofs(pki)))}"
        hosts.append(vhost("shop.a.test", f"CFOriginPull On\n{zone}\n", port="{port%s}" % ("" if number == 1 else number)))
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + "".join(hosts), ports=len(PROOFS))


def asked(origin, port, certificate, uri):
    """The reason of the module; None if mod_ssl ended the handshake."""
    try:
        status = get(port, uri, cert=certificate).status
    except (ConnectionError, EOFError, OSError):
        return None
    line = origin.wait_access(f"GET {uri} ")
    reason = line.split(" reason=")[1].split()[0]
    assert (status == 404) == (reason == "verified") and status in (403, 404)
    return reason


@pytest.mark.parametrize("proofs", PROOFS)
def test_match_agrees_with_the_module(origin, pki, certificates, proofs):
    number = list(PROOFS).index(proofs)
    zone = [word for proof in PROOFS[proofs](pki) for word in ("--zone", proof)]
    silent = set()
    for name, certificate in certificates.items():
        answer, written = ctl_json("match", *zone, certificate.crt)
        reason = asked(origin, origin.ports[number], certificate, f"/{number}/{name}")
        if reason is None:
            silent.add(name)
            assert answer.code == NO, (name, written)
            continue
        assert written["reason"] == reason, (name, written)
        assert answer.code == (OK if reason == "verified" else NO)
    assert silent == BY_MOD_SSL
    assert len(certificates) > len(silent) + 15
