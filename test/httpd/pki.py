# SPDX-License-Identifier: Apache-2.0
"""A PKI of our own, made by openssl when the tests begin."""
import datetime
import hashlib
import subprocess
from pathlib import Path

CONFIG = """
[ca]
default_ca = here
[here]
new_certs_dir = {dir}/issued
database = {dir}/index.txt
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
organizationalUnitName = optional
[req]
distinguished_name = req_dn
[req_dn]
"""

# With digitalSignature: without it, mod_ssl accepts no CA certificate from a client.
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\n"
LEAF = "basicConstraints=CA:FALSE\n"  # as in Cloudflare's own instructions


def openssl(*args, **kwargs):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **kwargs).stdout


class Certificate:
    """A certificate and its key, in files."""

    def __init__(self, crt, key):
        self.crt, self.key = Path(crt), Path(key)

    @property
    def pem(self):
        return self.crt.read_text()

    @property
    def der(self):
        return openssl("x509", "-in", self.crt, "-outform", "DER")

    @property
    def sha256(self):
        return hashlib.sha256(self.der).hexdigest()

    @property
    def spki_sha256(self):
        public = openssl("x509", "-in", self.crt, "-pubkey", "-noout")
        return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "DER", input=public)).hexdigest()


class Pki:
    def __init__(self, directory):
        self.dir = Path(directory)
        (self.dir / "issued").mkdir()
        (self.dir / "index.txt").touch()
        self.config = self.dir / "openssl.cnf"
        self.config.write_text(CONFIG.format(dir=self.dir))
        self.made = 0

    def key(self, name, kind="ec"):
        path = self.dir / f"{name}.key"
        options = {
            "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p224": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
            "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            "ed25519": ["-algorithm", "ED25519"],
            "ed448": ["-algorithm", "ED448"],
            "pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
            "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "rsa4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
        }[kind]
        openssl("genpkey", *options, "-out", path)
        return path

    def issue(self, name, issuer=None, subject=None, extensions=LEAF, kind="ec",
              start=-3600, end=90 * 86400, key=None, md="sha256"):
        """A certificate signed by `issuer`, or self-signed if that is None. `start` and `end` are
        seconds from now."""
        self.made += 1
        stem = self.dir / f"{name}-{self.made}"
        key = key or self.key(stem.name, kind)
        csr, crt, ext = (stem.with_suffix(s) for s in (".csr", ".crt", ".ext"))
        ext.write_text(extensions)
        openssl("req", "-new", "-key", key, "-subj", subject or f"/CN={name}", "-out", csr,
                "-config", self.config)
        signer = ["-selfsign", "-keyfile", key] if issuer is None else [
            "-cert", issuer.crt, "-keyfile", issuer.key]
        openssl("ca", "-batch", "-notext", "-config", self.config, "-in", csr, "-out", crt, "-md", md,
                "-startdate", self.time(start), "-enddate", self.time(end), "-extfile", ext, *signer)
        return Certificate(crt, key)

    def nameless(self, name, issuer=None, extensions=LEAF):
        """A certificate with an empty subject, which `openssl ca` cannot create."""
        key = self.key(name)
        csr, crt, ext = (self.dir / f"{name}.{s}" for s in ("csr", "crt", "ext"))
        ext.write_text(extensions)
        openssl("req", "-new", "-key", key, "-subj", "/", "-out", csr, "-config", self.config)
        signer = ["-CA", issuer.crt, "-CAkey", issuer.key, "-CAcreateserial"] if issuer else ["-signkey", key]
        openssl("x509", "-req", "-in", csr, "-days", "60", "-extfile", ext, "-out", crt, *signer)
        return Certificate(crt, key)

    def ca(self, name, issuer=None, **options):
        return self.issue(name, issuer, extensions=options.pop("extensions", CA), **options)

    @staticmethod
    def time(seconds):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.strftime("%Y%m%d%H%M%SZ")

    def bundle(self, *certificates):
        """One PEM file with these certificates."""
        self.made += 1
        path = self.dir / f"bundle-{self.made}.pem"
        path.write_text("".join(c.pem for c in certificates))
        return path


class StandardPki(Pki):
    """The parties that appear in nearly every test."""

    def __init__(self, directory):
        super().__init__(directory)
        self.zone_a = self.ca("zone-a")
        self.zone_b = self.ca("zone-b")
        self.leaf_a = self.issue("leaf-a", self.zone_a)
        self.leaf_b = self.issue("leaf-b", self.zone_b)
        self.rogue_ca = self.ca("rogue-ca")
        self.rogue = self.issue("rogue", self.rogue_ca)
        self.evil_twin_ca = self.ca("evil-twin", subject="/CN=zone-a")
        self.evil_twin = self.issue("evil-twin-leaf", self.evil_twin_ca, subject="/CN=leaf-a")
        self.self_signed = self.issue("self-signed")
        self.intermediate_a = self.ca("intermediate-a", self.zone_a)
        self.deep_a = self.issue("deep-a", self.intermediate_a)
        self.shared_ca = self.ca("shared-ca")
        self.shared_leaf = self.issue("shared-leaf", self.shared_ca)
        self.shared_leaf_2 = self.issue("shared-leaf-2", self.shared_ca)
        self.expired_a = self.issue("expired-a", self.zone_a, start=-2 * 86400, end=-86400)
        self.future_a = self.issue("future-a", self.zone_a, start=86400, end=2 * 86400)
        self.server_only_a = self.issue("server-only-a", self.zone_a,
                                        extensions=LEAF + "extendedKeyUsage=serverAuth\n")
        self.sub_ca_a = self.intermediate_a
        self.server = self.issue("server", extensions=LEAF + "subjectAltName=DNS:*.a.test,DNS:a.test,"
                                 "DNS:*.b.test,DNS:b.test,DNS:*.other.test\n")
