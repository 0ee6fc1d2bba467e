# SPDX-License-Identifier: Apache-2.0
"""Random families of certificates: roots, intermediates, twins, leaves, each with something unusual now and then."""
import itertools
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from oracle import ask
from pki import openssl

KEYS = {
    "p224": ["EC", "ec_paramgen_curve:P-224"], "p256": ["EC", "ec_paramgen_curve:P-256"],
    "p384": ["EC", "ec_paramgen_curve:P-384"], "p521": ["EC", "ec_paramgen_curve:P-521"],
    "p192": ["EC", "ec_paramgen_curve:prime192v1"], "k256": ["EC", "ec_paramgen_curve:secp256k1"],
    "brainpool": ["EC", "ec_paramgen_curve:brainpoolP256r1"],
    "nameless": ["EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"],
    "rsa1024": ["RSA", "rsa_keygen_bits:1024"], "rsa2047": ["RSA", "rsa_keygen_bits:2047"],
    "rsa2048": ["RSA", "rsa_keygen_bits:2048"], "rsa3072": ["RSA", "rsa_keygen_bits:3072"],
    "pss": ["RSA-PSS", "rsa_keygen_bits:2048"], "ed25519": ["ED25519"], "ed448": ["ED448"],
}
NOW = 1_800_000_000  # 2027-01-15, 08:00 UTC
UTC, GENERALIZED = 23, 24
CA, SKI, AKI = "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"

USAGES = ["keyCertSign", "critical,keyCertSign,cRLSign", "digitalSignature", "critical,digitalSignature,keyCertSign",
          "keyEncipherment", "keyAgreement", "critical,cRLSign", "nonRepudiation"]
PURPOSES = ["clientAuth", "serverAuth", "clientAuth,serverAuth", "critical,clientAuth", "critical,emailProtection",
            "anyExtendedKeyUsage", "codeSigning", "1.2.3.4.5", "OCSPSigning", "timeStamping"]
CONSTRAINTS = ["critical,permitted;DNS:example.com", "permitted;DNS:example.com", "critical,excluded;DNS:example.net",
               "critical,permitted;email:example.com", "critical,permitted;IP:192.0.2.0/255.255.255.0",
               "critical,permitted;URI:.example.com"]
ALTERNATIVES = ["DNS:www.example.com", "DNS:www.example.net", "DNS:*.example.com", "email:a@example.com",
                "IP:192.0.2.1", "IP:198.51.100.1", "DNS:www.example.com,DNS:www.example.org", "critical,URI:https://a.example.com/"]
# Unusual for any certificate.
ODD = ["1.2.3.4=critical,ASN1:NULL", "1.2.3.4=ASN1:NULL", "certificatePolicies=1.2.3.4", "certificatePolicies=critical,1.2.3.4",
       "policyConstraints=critical,requireExplicitPolicy:0", "inhibitAnyPolicy=critical,0", "noCheck=critical,ignored",
       "nsCertType=client", "nsCertType=server", "nsCertType=critical,objCA", "nsCertType=sslCA", "nsComment=text",
       "authorityKeyIdentifier=DER:300a8008" + 8 * "01", "authorityKeyIdentifier=issuer:always",
       "authorityKeyIdentifier=keyid,issuer:always", "authorityKeyIdentifier=DER:3000", "authorityKeyIdentifier=DER:0500",
       "subjectKeyIdentifier=DER:0408" + 8 * "02", "subjectKeyIdentifier=0102", "subjectKeyIdentifier=DER:0400",
       "basicConstraints=DER:3000", "basicConstraints=DER:30030101ff", "basicConstraints=DER:3003010101",
       "basicConstraints=critical,CA:TRUE,pathlen:0", "basicConstraints=CA:FALSE,pathlen:0", "basicConstraints=DER:0500",
       "basicConstraints=DER:30060101ff0201ff", "keyUsage=DER:030100", "keyUsage=DER:03020780", "keyUsage=DER:0303078000",
       "keyUsage=DER:0500", "extendedKeyUsage=DER:3000", "extendedKeyUsage=DER:0500", "subjectAltName=DER:3000",
       "subjectAltName=DER:0500", "nameConstraints=critical,DER:3000", "nameConstraints=DER:0500",
       "tlsfeature=status_request", "1.3.6.1.5.5.7.1.14=critical,DER:3000", "crlDistributionPoints=URI:http://a.example/",
       "crlDistributionPoints=DER:0500", "freshestCRL=critical,URI:http://a.example/"]
# Not in the form that RFC 5280 requires.
ODD_TIMES = ["23:300101000000+0000", "23:3001010000Z", "24:20300101000000.5Z", "24:20300101000000+0100", "24:20300101000000",
             "24:203001010000Z", "23:30010100000Z", "24:99991231235959Z", "23:301301000000Z", "23:300230000000Z",
             "23:491231235959Z", "24:20491231235959Z", "24:20500101000000Z", "23:300101000060Z", "24:00000101000000Z"]


@dataclass
class Certificate:
    """`extensions` and `dates` as they were asked for; `ca` is the one that issued it, None: itself."""
    path: Path
    key: tuple
    subject: str
    signer: tuple
    ca: "Certificate" = None
    version: int = 3
    digest: str = "sha256"
    dates: tuple = ()
    broken: str = ""
    extensions: list = field(default_factory=list)

    def recipe(self, keys):
        return [self.path, keys[self.key], keys[self.signer], self.ca.path if self.ca else "", self.version,
                "" if self.signer[0].startswith("ed") else self.digest, self.subject, *self.dates, self.broken, *self.extensions]

    def __str__(self):
        return (f"{self.path.name}: {self.key[0]}, subject {self.subject}, by {self.ca.path.name if self.ca else 'itself'} "
                f"({self.signer[0]}), v{self.version}, {self.digest}, {'..'.join(self.dates)}, {self.broken}, {self.extensions}")

    __repr__ = __str__


def when(chance, seconds):
    """A date so many seconds from NOW, as RFC 5280 has it, or now and then as it forbids."""
    text = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(NOW + seconds))
    if chance.random() < 0.03:
        return f"{GENERALIZED}:{text}"
    return f"{UTC}:{text[2:]}" if 1950 <= int(text[:4]) < 2050 else f"{GENERALIZED}:{text}"


def dates(chance, odd=0.25):
    start, end = -86400 * chance.randint(1, 900), 86400 * chance.randint(1, 900)
    if chance.random() < odd:
        start, end = chance.choice([(start, 0), (start, 1), (start, -1), (0, end), (1, end), (-1, end), (0, 0), (end, start),
                                    (start - 10 ** 9, end), (start, end + 10 ** 9), (start, start + 1), (end, end + 1)])
    found = [when(chance, start), when(chance, end)]
    if chance.random() < odd / 5:
        found[chance.randrange(2)] = chance.choice(ODD_TIMES)
    return tuple(found)


def can_be_named(ca):
    """Whether it has an identifier of its key."""
    return SKI in ca.extensions


class Generator:
    def __init__(self, folder, chance):
        self.folder, self.chance, self.count = Path(folder), chance, itertools.count()
        self.keys = {(kind, n): key for kind in KEYS for n in range(3) if (key := self.key(kind, n))}
        self.made = []

    def key(self, kind, n):
        """None: this OpenSSL has no such curve."""
        path = self.folder / f"{kind}-{n}.key"
        algorithm, *options = KEYS[kind]
        try:
            openssl("genpkey", "-algorithm", algorithm, *(x for o in options for x in ("-pkeyopt", o)), "-out", path)
        except subprocess.CalledProcessError:
            return None
        return path

    def pick_key(self, n, usual=0.7):
        kind = "p256" if self.chance.random() < usual else self.chance.choice([kind for kind in KEYS if (kind, n) in self.keys])
        return kind, n

    def odd(self, often):
        return self.chance.sample(ODD, 1 if self.chance.random() < often else 0)

    def add(self, **what):
        path = self.folder / f"{next(self.count)}.pem"
        certificate = Certificate(path, **what)
        if certificate.version == 1:
            certificate.extensions = []
        self.made.append(certificate)
        return certificate

    def digest(self):
        return self.chance.choice(["sha256"] * 12 + ["sha384", "sha512", "sha512", "sha1", "sha224", "md5"])

    def authority(self, name, n, ca=None, often=0.3):
        """A CA certificate, or what is meant as one."""
        chance = self.chance
        key = self.pick_key(n)
        extensions = [CA]
        if chance.random() < 0.1:
            extensions = chance.choice([[], ["basicConstraints=CA:FALSE"], [CA + ",pathlen:0"], [CA + ",pathlen:3"], ["basicConstraints=CA:TRUE"]])
        extensions += [SKI] * (chance.random() < 0.8) + [AKI] * (ca is not None and can_be_named(ca) and chance.random() < 0.5)
        if chance.random() < 0.5:
            extensions.append("keyUsage=" + chance.choice(USAGES[:2] * 6 + USAGES))
        if chance.random() < 0.2:
            extensions.append("extendedKeyUsage=" + chance.choice(PURPOSES))
        if chance.random() < 0.15:
            extensions.append("nameConstraints=" + chance.choice(CONSTRAINTS))
        return self.add(key=key, subject=name, signer=ca.key if ca else key, ca=ca, extensions=extensions + self.odd(often / 2),
                        digest=self.digest(), dates=dates(chance, often / 2), version=1 if chance.random() < 0.06 else 3,
                        broken=chance.choice(["signature", "algorithm"]) if chance.random() < 0.03 else "")

    def leaf(self, ca, often=0.4):
        chance = self.chance
        extensions = [x for x in ("basicConstraints=CA:FALSE", SKI) if chance.random() < 0.5]
        if chance.random() < 0.4 and can_be_named(ca):
            extensions.append(AKI)
        for name, values, probability in (("keyUsage", USAGES, 0.3), ("extendedKeyUsage", PURPOSES, 0.3), ("subjectAltName", ALTERNATIVES, 0.4)):
            if chance.random() < probability:
                extensions.append(f"{name}=" + chance.choice(values))
        if chance.random() < 0.06:
            extensions.append(chance.choice([CA, "basicConstraints=CA:TRUE", CA + ",pathlen:0"]))
        subject = chance.choice(["CN:12:leaf"] * 5 + ["", "=", "CN:19:leaf/O:12:x", "CN:30:leaf", "CN:12:www.example.net",
                                                      "CN:22:www.example.com", "emailAddress:22:a@example.net"])
        return self.add(key=self.pick_key(2, 0.6), subject=subject, signer=ca.key, ca=ca, extensions=extensions + self.odd(often / 2),
                        digest=self.digest(), dates=dates(chance, often / 2), version=1 if chance.random() < 0.1 else 3,
                        broken=chance.choice(["signature", "signature", "algorithm"]) if chance.random() < 0.08 else "")

    def family(self, number, leaves):
        """Files of proofs, and what is presented; each file is a list of certificates."""
        chance = self.chance
        name = f"CN:{chance.choice([12, 19])}:family {number}"
        root, middle_name = self.authority(name, 0), f"CN:12:middle {number}"
        middle = self.authority(middle_name, 1, root)
        other = self.authority(f"CN:12:other {number}", 0)
        # The same key and name, issued by another; and the same name with another key.
        cross = self.add(key=middle.key, subject=middle_name, signer=other.key, ca=other,
                         extensions=[CA] + [SKI] * (SKI in middle.extensions), dates=dates(chance, 0.1))
        twin = self.authority(chance.choice([name, name.replace("family", "FAMILY  "), name.replace(":19:", ":12:")]), 1)
        # With one bit turned over somewhere: nobody checks the signature of an anchor.
        damaged = self.add(**{**{k: v for k, v in vars(root).items() if k != "path"}, "broken": f"bit:{chance.randrange(8000)}"})
        issuers = [root, root, root, root, middle, middle, twin, twin]
        presented = [self.leaf(chance.choice(issuers)) for _ in range(leaves)]
        child = self.leaf(presented[0])
        proofs = [[root], [middle], [cross], [twin], [damaged], [root, twin], [root, middle], [presented[0]], [presented[1], root]]
        return proofs, [*presented, child, middle, root]

    def plain(self, name="CN:12:plain", n=0, ca=None, extensions=(CA, SKI), start=-100, end=100, subject=None, broken=""):
        """Without anything that chance decides."""
        return self.add(key=("p256", n), subject=subject or name, signer=ca.key if ca else ("p256", n), ca=ca, extensions=list(extensions),
                        dates=tuple(time.strftime("23:%y%m%d%H%M%SZ", time.gmtime(NOW + x)) for x in (start, end)), broken=broken)

    def known(self):
        """A family in which each of the known differences occurs."""
        root, twin = self.plain(), self.plain(n=1)
        middle = self.plain("CN:12:plain middle", 1, root)
        leaf = self.plain("CN:12:leaf", 2, root, ())
        last = self.plain("CN:12:leaf", 2, root, (), end=0)
        of_twin, of_middle = (self.plain("CN:12:leaf", 2, ca, ()) for ca in (twin, middle))
        server = self.plain("CN:12:leaf", 2, root, ["extendedKeyUsage=serverAuth"])
        twice = self.plain("CN:12:leaf", 2, root, [SKI, "subjectKeyIdentifier=0102"])
        proofs = [[root], [twin], [middle], [root, twin], [twin, root], [leaf, root], [server], [twice]]
        return proofs, [leaf, last, of_twin, of_middle, server, twice, middle, root]

    def write(self):
        ask("certificate", [certificate.recipe(self.keys) for certificate in self.made])
