# SPDX-License-Identifier: Apache-2.0
"""What Cloudflare knows, as far as Authenticated Origin Pulls goes: tokens, zones, their switches, certificates and
host names, and how these change with time. The calls of the API (standin.py) come down to methods of Account."""
import datetime
import re
import secrets
import subprocess
import threading
import time

READ = {"zone": "read", "dns": "read", "settings": "read", "ssl": "read"}
FULL = {"zone": "read", "dns": "read", "settings": "write", "ssl": "write"}
STATES = ("initializing", "pending_deployment", "active", "pending_deletion", "deleted", "deployment_timed_out",
          "deletion_timed_out")
HOST_CERTIFICATES, ASSOCIATIONS = 10, 100

# HTTP status, code and message of each refusal. Those of the first table were seen by others who use the API; the numbers
# of the second are not known.
REFUSALS = {
    "no-token": (400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),
    "malformed-token": (400, 6003, "Invalid request headers"),
    "invalid-token": (401, 1000, "Invalid API Token"),
    "invalid-access": (403, 9109, "Invalid access token"),
    "denied": (403, 10000, "Authentication error"),
    "zone": (403, 9109, "Unauthorized to access requested resource"),
    "route": (404, 7003, "Could not route to {path}, perhaps your object identifier is invalid?"),
    "limited": (429, 971, "Please wait and consider throttling your request speed"),
    "id-required": (400, 1404, "Certificate ID required."),
    "exists": (400, 1406, "This certificate already exists."),
    "not-parsed": (400, 1408, "Unable to parse certificate."),
    "pending-deletion": (400, 1414, "This certificate is pending deletion."),
    "invalid-id": (400, 1415, "Invalid Certificate ID."),
    "in-use": (400, 1433, "This certificate is in use by a hostname."),
    "deploying": (400, 1434, "Cannot delete resource while in pending deployment state."),
    "host-certificate": (404, 1551, "Hostname certificate not found."),
    "zone-certificate": (404, 1552, "Zone certificate not found."),
    "association": (404, 1553, "The setting for this hostname not found."),
    "deleted": (400, 1400, "Certificate is already deleted."),
    "conflict": (409, 1400, "Another change of this zone's certificates is in progress."),
}
REFUSALS |= {
    "body": (400, 1400, "Invalid JSON body."),
    "no-leaf": (400, 1412, "missing leaf certificate"),
    "key": (400, 1410, "The private key does not match the certificate."),
    "expired": (400, 1411, "This certificate has expired."),
    "too-many": (400, 1420, "Maximum of 10 hostname certificates reached."),
    "too-many-hosts": (400, 1421, "Maximum of 100 associations for this certificate reached."),
    "host": (400, 1422, "The hostname does not belong to this zone."),
    "value": (400, 1007, "Invalid value for zone setting {path}"),
}


class Refused(Exception):
    """A refusal of the API."""

    def __init__(self, why, headers=(), **values):
        self.status, self.code, message = REFUSALS[why]
        self.message, self.headers = message.format_map({"path": "", **values}), dict(headers)
        super().__init__(f"{self.status} {self.code} {self.message}")


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def openssl(*args, data):
    done = subprocess.run(["openssl", *args], input=data.encode(), capture_output=True)
    return done.stdout.decode() if done.returncode == 0 else None


class Certificate:
    """An uploaded certificate. `outcome` and `end` are the states that its deployment and its deletion come to."""

    def __init__(self, pem, key, uploaded):
        self.id = secrets.token_hex(16)
        self.pem, self.key = pem, key
        fields = dict(line.split("=", 1) for line in self.details(pem).splitlines() if "=" in line)
        self.issuer, self.serial = fields["issuer"], str(int(fields["serial"], 16))
        self.sha256 = next(v for k, v in fields.items() if "Fingerprint" in k).replace(":", "").lower()
        self.expires = datetime.datetime.strptime(fields["notAfter"], "%b %d %H:%M:%S %Y %Z").replace(
            tzinfo=datetime.timezone.utc)
        self.uploaded = uploaded
        self.deploys = self.deletes = self.deleted_at = None
        self.outcome, self.end, self.fixed = "active", "deleted", None

    @staticmethod
    def details(pem):
        return openssl("x509", "-noout", "-issuer", "-serial", "-enddate", "-fingerprint", "-sha256", "-nameopt", "RFC2253",
                       data=pem) or ""

    @staticmethod
    def check(pem, key):
        """Raises Refused for what the API does not take."""
        text = openssl("x509", "-noout", "-text", data=pem)
        if not text:
            raise Refused("not-parsed")
        if "CA:TRUE" in text:
            raise Refused("no-leaf")
        if not openssl("x509", "-noout", "-checkend", "0", data=pem):
            raise Refused("expired")
        public = openssl("pkey", "-pubout", data=key)
        if not public or public != openssl("x509", "-noout", "-pubkey", data=pem):
            raise Refused("key")

    def state(self, now):
        if self.fixed:
            return self.fixed
        if self.deleted_at is not None:
            return "pending_deletion" if now < self.deleted_at + self.deletes else self.end
        age = now - self.uploaded
        if age < self.deploys / 3:
            return "initializing"
        return "pending_deployment" if age < self.deploys else self.outcome

    def written(self, now, level, enabled):
        common = {"id": self.id, "certificate": self.pem, "expires_on": stamp(self.expires.timestamp()),
                  "issuer": self.issuer, "signature": "SHA256", "status": self.state(now),
                  "uploaded_on": stamp(self.uploaded)}
        return {**common, **({"enabled": enabled} if level == "zone" else {"serial_number": self.serial})}


class Association:
    """Of a host name with a certificate; `before` is the one that it replaced, until it is deployed."""

    def __init__(self, host, certificate, enabled, since, deploys, before):
        self.host, self.certificate, self.enabled = host, certificate, enabled
        self.since, self.deploys, self.before = since, deploys, before

    def state(self, now):
        if self.enabled is None:
            return "pending_deletion" if now < self.since + self.deploys else "deleted"
        return "pending_deployment" if now < self.since + self.deploys else "active"

    def written(self, now):
        certificate = self.certificate
        return {"hostname": self.host, "cert_id": certificate.id, "enabled": self.enabled, "status": self.state(now),
                "cert_status": certificate.state(now), "cert_uploaded_on": stamp(certificate.uploaded),
                "cert_updated_at": stamp(certificate.uploaded), "created_at": stamp(self.since),
                "updated_at": stamp(self.since), "certificate": certificate.pem, "issuer": certificate.issuer,
                "serial_number": certificate.serial, "signature": "SHA256",
                "expires_on": stamp(certificate.expires.timestamp())}


class Zone:
    def __init__(self, name, ssl="full"):
        self.id, self.name, self.status = secrets.token_hex(16), name, "active"
        self.ssl, self.shared_on, self.own_on = ssl, False, False
        self.certificates = {"zone": [], "hosts": []}
        self.associations = {}
        self.records = []
        self.changing = False

    def record(self, name, content, kind="A", proxied=True):
        self.records.append({"id": secrets.token_hex(16), "zone_id": self.id, "zone_name": self.name, "name": name,
                             "type": kind, "content": content, "proxied": proxied, "proxiable": True, "ttl": 1,
                             "locked": False, "comment": None, "tags": []})

    def written(self):
        return {"id": self.id, "name": self.name, "status": self.status, "paused": False, "type": "full",
                "account": {"id": "0" * 32, "name": "stand-in"}, "permissions": ["#zone:read"]}


class Token:
    """`status`: active, disabled, expired. `zones`: names, None for all. `of_account`: it belongs to the account, and the
    call that verifies tokens of users does not know it."""

    def __init__(self, permissions=None, value=None, status="active", zones=None, of_account=False):
        self.id, self.value = secrets.token_hex(16), value or secrets.token_urlsafe(30)
        self.permissions = dict(FULL if permissions is None else permissions)
        self.status, self.zones, self.of_account = status, zones, of_account
        self.times = []

    def may(self, area, what):
        has = self.permissions.get(area)
        return has == "write" or has == what


class Account:
    """`deploy` and `delete` are the seconds that deployment and deletion take; `change`, a change of certificates as long
    as which another one of the zone is in conflict with it; `limit` requests in `window` seconds a token."""

    def __init__(self, deploy=1.0, delete=1.0, change=0.0, limit=1200, window=300.0, shared=None):
        self.deploy, self.delete, self.change = deploy, delete, change
        self.limit, self.window, self.shared = limit, window, shared
        self.zones, self.tokens = [], []
        self.outcomes = []  # of the next uploads: "active", "deployment_timed_out"
        self.ends = []      # of the next deletions: "deleted", "deletion_timed_out"
        self.ahead = 0.0  # its clock; a test adds what it does not wait for
        self.lock = threading.RLock()

    def now(self):
        return time.time() + self.ahead

    # ------------------------------------------------------------- for tests

    def zone(self, name, **options):
        zone = Zone(name, **options)
        self.zones.append(zone)
        return zone

    def token(self, *args, **options):
        token = Token(*args, **options)
        self.tokens.append(token)
        return token

    def place(self, zone, pem, key, level="zone", state=None, age=3600):
        """A certificate that was uploaded `age` seconds ago, without the API's checks. It is active, or for ever in
        `state`."""
        certificate = Certificate(pem, key, self.now() - age)
        certificate.deploys = certificate.deletes = 0
        certificate.fixed = state
        with self.lock:
            zone.certificates[level].append(certificate)
        return certificate

    def known(self, zone, level="zone", states=("initializing", "pending_deployment", "active")):
        """Those certificates that are in one of these states, the last uploaded first."""
        with self.lock:
            found = [c for c in zone.certificates[level] if c.state(self.now()) in states]
        return sorted(found, key=lambda c: -c.uploaded)

    # ------------------------------------------------------------- what the edge presents

    def zone_of(self, host):
        found = [z for z in self.zones if host == z.name or host.endswith("." + z.name)]
        return max(found, key=lambda z: len(z.name), default=None)

    def presents(self, host, eager=False, tardy=False):
        """(certificate, key) for a host, or None. Data centers do not change at the same time: an eager one already uses
        what is being deployed, a tardy one still uses what was used before, as long as it is not deleted."""
        with self.lock:
            zone, now = self.zone_of(host), self.now()
            if not zone or zone.ssl in ("off", "flexible"):
                return None
            association = zone.associations.get(host)
            while tardy and association and now < association.since + association.deploys:
                association = association.before
            if association and association.enabled is False:
                return None
            usable = ["active"] + (["initializing", "pending_deployment", "deployment_timed_out"] if eager else [])
            usable += ["pending_deletion", "deletion_timed_out"] if tardy else []
            if association and association.enabled and association.certificate.state(now) in usable:
                return association.certificate.pem, association.certificate.key
            if zone.own_on and (own := self.known(zone, states=usable)):
                certificate = own[-1 if tardy else 0]
                return certificate.pem, certificate.key
            return self.shared if zone.shared_on else None

    # ------------------------------------------------------------- who asks

    def authenticate(self, header):
        if not header:
            raise Refused("no-token")
        match = re.fullmatch(r"Bearer ([A-Za-z0-9_.-]+)", header)
        if not match:
            raise Refused("malformed-token")
        return next((t for t in self.tokens if secrets.compare_digest(t.value, match[1])), None)

    def admit(self, token):
        """A token that is not active may do nothing, and an active one not too much."""
        if not token or token.status != "active":
            raise Refused("invalid-access")
        with self.lock:
            now = self.now()
            token.times = [t for t in token.times if t > now - self.window]
            if len(token.times) >= self.limit:
                wait = int(token.times[0] + self.window - now) + 1
                raise Refused("limited", {"Retry-After": str(wait)})
            token.times.append(now)

    def verify(self, token):
        if not token or token.of_account:
            raise Refused("invalid-token")
        return {"id": token.id, "status": token.status}

    def zone_by_id(self, token, zone_id, area, what):
        if not re.fullmatch(r"[0-9a-f]{32}", zone_id):
            raise Refused("route", path=f"/zones/{zone_id}")
        zone = next((z for z in self.zones if z.id == zone_id), None)
        if not zone or (token.zones is not None and zone.name not in token.zones):
            raise Refused("zone")
        if not token.may(area, what):
            raise Refused("denied")
        return zone

    def list_zones(self, token, name=None):
        if not token.may("zone", "read"):
            return []
        return [z.written() for z in self.zones
                if name in (None, z.name) and (token.zones is None or z.name in token.zones)]

    # ------------------------------------------------------------- certificates

    def find(self, zone, level, certificate_id):
        found = next((c for c in zone.certificates[level] if c.id == certificate_id), None)
        if not found:
            raise Refused("zone-certificate" if level == "zone" else "host-certificate")
        return found

    def in_conflict(self, zone, do):
        """Changes of a zone's certificates are made one after the other."""
        with self.lock:
            if zone.changing:
                raise Refused("conflict")
            zone.changing = True
        try:
            time.sleep(self.change)
            with self.lock:
                return do()
        finally:
            zone.changing = False

    def upload(self, zone, level, pem, key):
        if not isinstance(pem, str) or not isinstance(key, str):
            raise Refused("not-parsed")
        Certificate.check(pem, key)
        return self.in_conflict(zone, lambda: self.add(zone, level, Certificate(pem, key, self.now())))

    def add(self, zone, level, new):
        now, here = self.now(), zone.certificates[level]
        old = next((c for c in here if c.sha256 == new.sha256), None)
        if old and old.state(now) != "deleted":
            raise Refused("exists")
        if level == "hosts" and sum(c.state(now) != "deleted" for c in here) >= HOST_CERTIFICATES:
            raise Refused("too-many")
        if old:  # it comes back to life
            here.remove(old)
            new.id = old.id
        new.deploys, new.deletes = self.deploy, self.delete
        new.outcome = self.outcomes.pop(0) if self.outcomes else "active"
        here.append(new)
        return new

    def remove(self, zone, level, certificate_id):
        return self.in_conflict(zone, lambda: self.mark(zone, level, self.find(zone, level, certificate_id)))

    def mark(self, zone, level, certificate):
        now = self.now()
        state = certificate.state(now)
        if state == "deleted":
            raise Refused("deleted")
        if state == "pending_deletion":
            raise Refused("pending-deletion")
        if state in ("initializing", "pending_deployment"):
            raise Refused("deploying")
        if any(a.certificate is certificate and a.enabled is not None for a in zone.associations.values()):
            raise Refused("in-use")
        certificate.fixed, certificate.deleted_at = None, now
        certificate.deletes, certificate.end = self.delete, self.ends.pop(0) if self.ends else "deleted"
        return certificate

    # ------------------------------------------------------------- host names

    def associate(self, zone, config):
        """All of them, or none."""
        with self.lock:
            checked = [self.checked(zone, entry) for entry in config]
            now, written = self.now(), []
            for host, certificate, enabled in checked:
                before = zone.associations.get(host)
                zone.associations[host] = Association(host, certificate, enabled, now, self.deploy, before)
                written.append(zone.associations[host].written(now))
            return written

    def checked(self, zone, entry):
        host, enabled = str(entry.get("hostname", "")).lower(), entry.get("enabled")
        if enabled not in (True, False, None):
            raise Refused("body")
        if self.zone_of(host) is not zone:
            raise Refused("host")
        if not entry.get("cert_id"):
            raise Refused("id-required")
        certificate = next((c for c in zone.certificates["hosts"] if c.id == entry["cert_id"]), None)
        if not certificate or certificate.state(self.now()) in ("deleted", "pending_deletion"):
            raise Refused("invalid-id")
        others = [a for a in zone.associations.values() if a.certificate is certificate and a.enabled is not None]
        if enabled is not None and len([a for a in others if a.host != host]) >= ASSOCIATIONS:
            raise Refused("too-many-hosts")
        return host, certificate, enabled

    def association(self, zone, host):
        with self.lock:
            if host.lower() not in zone.associations:
                raise Refused("association")
            return zone.associations[host.lower()].written(self.now())
