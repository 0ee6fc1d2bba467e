# SPDX-License-Identifier: Apache-2.0
"""Configurations that an operator may choose between, and the proof that each does its job."""
import base64
import grp
import hashlib
import os
import pwd

import kit
from pki import CA, LEAF, Pki, openssl
from server import ALWAYS, HTTPD, MODULE, MODULES, USER, free_ports

OUTSIDE = "127.200.0.1"
INSIDE = "127.0.0.0/9"
HOST = "bench.test"
# What Cloudflare publishes; the peer of the loads comes last, where a list is searched to its end.
RANGES = """173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18
190.93.240.0/20 188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14
172.64.0.0/13 131.0.72.0/22 2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32
2a06:98c0::/29 2c0f:f248::/32 127.0.0.0/9""".split()

HTTPD_CONF = """
ServerRoot "{run}"
PidFile "{run}/httpd.pid"
DefaultRuntimeDir "{run}"
ErrorLog "{run}/error.log"
LogLevel {log_level}
ServerName {host}
Listen 127.0.0.1:{port}
{load}
{user}
Timeout 60
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
StartServers {children}
ServerLimit {children}
<IfModule !mpm_prefork_module>
    ThreadsPerChild 25
    MaxRequestWorkers {workers}
    MinSpareThreads 1
    MaxSpareThreads {workers}
</IfModule>
<IfModule mpm_prefork_module>
    MaxRequestWorkers {children}
    MinSpareServers 1
    MaxSpareServers {children}
</IfModule>
TypesConfig /dev/null
AddType text/plain .txt
SSLSessionCache {cache}
SSLSessionCacheTimeout 300
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" plain
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %{{CF_ORIGIN}}e %{{CF_RAY}}e" verdict
{server}
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<VirtualHost 127.0.0.1:{port}>
    ServerName {host}
    DocumentRoot "{docroot}"
    SSLEngine On
    SSLCertificateFile "{pki}/server.pem"
    <Directory "{docroot}">
        Options None
        AllowOverride None
        Require all granted
    </Directory>
{vhost}
</VirtualHost>
"""

NGINX_CONF = """
daemon off;
master_process {master};
worker_processes {children};
user {user};
pid "{run}/nginx.pid";
error_log "{run}/error.log" warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    types {{ text/plain txt; }}
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 60s;
    keepalive_requests 100000000;
    client_body_temp_path "{run}/tmp";
    proxy_temp_path "{run}/tmp";
    fastcgi_temp_path "{run}/tmp";
    uwsgi_temp_path "{run}/tmp";
    scgi_temp_path "{run}/tmp";
    ssl_session_cache shared:bench:2m;
    ssl_protocols TLSv1.2 TLSv1.3;
{real_ip}
    real_ip_header CF-Connecting-IP;
    geo $realip_remote_addr $from_cloudflare {{
        default 0;
{geo}
    }}
    map $ssl_client_fingerprint $from_zone {{
        default 0;
        {fingerprint} 1;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        root "{docroot}";
        ssl_certificate "{pki}/server.pem";
        ssl_certificate_key "{pki}/server.pem";
        ssl_client_certificate "{pki}/cas.pem";
        ssl_verify_client on;
        if ($from_cloudflare = 0) {{ return 403; }}
        if ($from_zone = 0) {{ return 403; }}
    }}
}}
"""


class Parties(Pki):
    """A zone, another customer with a certificate of the CA that all customers share, and somebody else. `client` and
    `origin` are kinds of keys."""

    def __init__(self, directory, client="rsa2048", origin="ec"):
        directory.mkdir(parents=True)
        super().__init__(directory)
        self.leaf_key = self.key("leaf", client)
        self.zone_ca = self.party_ca("zone-ca", client, "/O=Bench Zone/OU=Origin Pull/CN=zone-ca.bench.test")
        self.shared_ca = self.party_ca("shared-ca", client, "/O=Everybody, Inc./OU=Origin Pull/CN=shared.bench.test")
        self.rogue_ca = self.party_ca("rogue-ca", client, "/O=Bench Zone/OU=Origin Pull/CN=zone-ca.bench.test")
        self.zone = self.party("zone", self.zone_ca)
        self.other = self.party("other", self.shared_ca)
        self.rogue = self.party("rogue", self.rogue_ca)
        server = self.issue("server", extensions=LEAF + f"subjectAltName=DNS:{HOST}\n", kind=origin)
        (self.dir / "server.pem").write_text(server.pem + server.key.read_text())
        (self.dir / "cas.pem").write_text(self.zone_ca.pem + self.shared_ca.pem)

    def party_ca(self, name, kind, subject):
        return self.issue(name, subject=subject, extensions=CA, kind=kind)

    def party(self, name, issuer):
        """`both` is a PEM file with certificate and key. All have one key, for that takes long."""
        leaf = self.issue(name, issuer, subject=f"/O=Bench Zone/OU=Origin Pull/CN={name}.bench.test", key=self.leaf_key,
                          extensions=LEAF + "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n")
        path = self.dir / f"{name}-with-key.pem"
        path.write_text(leaf.pem + leaf.key.read_text())
        path.chmod(0o644)
        leaf.both = path
        return leaf


MTLS = """    SSLVerifyClient require
    SSLVerifyDepth 1
    SSLCACertificateFile "{pki}/cas.pem"
"""
README = """    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 3
"""
ORIGIN = """    CFOriginPull On
    CFOriginPullZone bench.test "{pki}/zone-ca.pem"
"""
REMOTEIP = """RemoteIPHeader CF-Connecting-IP
RemoteIPTrustedProxyList "{run}/ranges.list"
"""
# For whom a variant is not, and what these get.
REFUSED = {"none": "no answer", "rogue": "no answer", "other": 403, "unlisted": 403}
ONLY_MTLS = {"none": "no answer", "rogue": "no answer", "other": 200, "unlisted": 200}


def require(*lines):
    return '    <Location "/">\n        <RequireAll>\n' + "".join(f"            {x}\n" for x in lines) + "        </RequireAll>\n    </Location>\n"


class Variant:
    """What is added to an httpd with mod_ssl. `answers`: to no, a rogue and another customer's certificate, and to a
    peer that is in no list."""

    def __init__(self, what, vhost="", server="", modules=(), answers=None, log_level="warn", log=None):
        self.what, self.vhost, self.server, self.modules = what, vhost, server, tuple(modules)
        self.answers = answers or REFUSED
        self.log_level, self.log = log_level, log


IN_RANGES = "<RequireAny>\n{ipmatch}</RequireAny>"
BY_NAME = ("Require expr \"%{{SSL_CLIENT_I_DN}} == '{issuer}'\"", "Require expr \"%{{SSL_CLIENT_M_SERIAL}} == '{serial}'\"")
BY_PRINT = ("Require expr \"sha1(%{{SSL_CLIENT_CERT}}) == '{sha1}'\"",)

VARIANTS = {
    "bare": Variant("httpd with mod_ssl, no client certificate", answers=dict.fromkeys(REFUSED, 200)),
    "mtls": Variant("`SSLVerifyClient require`, no module", MTLS, answers=ONLY_MTLS),
    "again": Variant("the same once more", MTLS, answers=ONLY_MTLS),
    "remoteip": Variant("mod_remoteip", MTLS, REMOTEIP, ["remoteip"], ONLY_MTLS),
    "module": Variant("this module", MTLS + ORIGIN, modules=["cf_origin"]),
    "readme": Variant("this module as in README (`optional_no_ca`)", README + ORIGIN, modules=["cf_origin"],
                      answers={**REFUSED, "none": 403, "rogue": 403}),
    "module+remoteip": Variant("this module, with mod_remoteip loaded, but not used", MTLS + ORIGIN, modules=["remoteip", "cf_origin"]),
    "module+info": Variant("this module, `LogLevel cf_origin:info`", MTLS + ORIGIN, modules=["cf_origin"],
                           log_level="warn cf_origin:info"),
    "mtls+log": Variant("an access log", MTLS, answers=ONLY_MTLS, log="plain"),
    "module+log": Variant("this module, an access log with verdict and ray", MTLS + ORIGIN, modules=["cf_origin"], log="verdict"),
    "lean": Variant("recipe: the zone's CA only, mod_remoteip, and an address that it changed",
                    MTLS.replace("cas.pem", "zone-ca.pem") + require('Require expr "%{{REMOTE_ADDR}} != %{{CONN_REMOTE_ADDR}}"'),
                    REMOTEIP, ["remoteip"], {**REFUSED, "other": "no answer"}),
    "dn": Variant("recipe: mod_remoteip, issuer and serial number, ranges by `-ipmatch`", MTLS + require(*BY_NAME, IN_RANGES),
                  REMOTEIP, ["remoteip"]),
    "fingerprint": Variant("recipe: mod_remoteip, a digest of the certificate, ranges by `-ipmatch`",
                           MTLS + require(*BY_PRINT, IN_RANGES), REMOTEIP, ["remoteip"]),
    "nginx": Variant("nginx: `ssl_verify_client`, realip, geo, fingerprint", answers={**REFUSED, "none": 400, "rogue": 400}),
}


class Bench:
    """Starts variants, with the certificates of `parties`."""

    def __init__(self, directory, parties=None, children=2, streams=False, **options):
        self.dir, self.children, self.streams = directory, children, streams
        self.parties = parties or Parties(directory / "pki", **options)
        pki = self.parties
        (pki.dir / "zone-ca.pem").write_text(pki.zone_ca.pem)
        self.docroot = directory / "htdocs"
        self.docroot.mkdir(exist_ok=True)
        (self.docroot / "small.txt").write_text(("x" * 59 + "\n") * 13)
        der = base64.b64encode(pki.zone.der).decode()
        pem = "-----BEGIN CERTIFICATE-----\n" + "\n".join(der[i:i + 64] for i in range(0, len(der), 64)) + "\n-----END CERTIFICATE-----\n"
        self.facts = {
            "issuer": openssl("x509", "-in", pki.zone.crt, "-noout", "-issuer", "-nameopt", "RFC2253").decode().strip().split("=", 1)[1].strip(),
            "serial": openssl("x509", "-in", pki.zone.crt, "-noout", "-serial").decode().strip().split("=")[1],
            "sha1": hashlib.sha1(pem.encode()).hexdigest(), "fingerprint": hashlib.sha1(pki.zone.der).hexdigest(),
            "host": HOST, "docroot": self.docroot, "pki": pki.dir,
            "ipmatch": "".join(f"Require expr \"%{{CONN_REMOTE_ADDR}} -ipmatch '{x}'\"\n" for x in RANGES)}

    def user(self):
        if os.getuid():
            return "", ""
        group = grp.getgrgid(pwd.getpwnam(USER).pw_gid).gr_name
        return f"User {USER}\nGroup {group}", f"{USER} {group}"

    def modules(self, variant, mpm):
        names = [f"mpm_{mpm}", *ALWAYS, "authz_core", "authz_host", "mime", "socache_shmcb", "ssl",
                 *(["http2"] if self.streams else []), *variant.modules]
        lines = []
        for name in names:
            path = MODULE if name == "cf_origin" else MODULES / f"mod_{name}.so"
            if name not in ALWAYS or path.exists():
                lines.append(f"<IfModule !{name}_module>\nLoadModule {name}_module {path}\n</IfModule>")
        return "\n".join(lines)

    def write_httpd(self, variant, run, port, mpm, children, extra):
        facts = {**self.facts, "run": run}
        server = variant.server.format(**facts)
        if "cf_origin" in variant.modules:
            server += f"CFOriginPullRanges {run}/ranges.list\n" + ("CFOriginPullReload Off\n" if mpm == "prefork" else "")
        if self.streams:
            server += "Protocols h2 http/1.1\n"
        vhost = variant.vhost.format(**facts) + (f'    CustomLog "{run}/access.log" {variant.log}\n' if variant.log else "")
        text = HTTPD_CONF.format(**{
            **facts, "port": port, "load": self.modules(variant, mpm), "user": self.user()[0], "children": children,
            "workers": 25 * children, "server": server, "vhost": vhost, "log_level": variant.log_level,
            "cache": f'"shmcb:{run}/sessions(2097152)"', **extra.get("values", {})})
        (run / "server.conf").write_text(text + extra.get("text", ""))
        return [HTTPD, "-d", run, "-f", run / "server.conf"]

    def write_nginx(self, run, port, children, alone):
        (run / "server.conf").write_text(NGINX_CONF.format(
            **self.facts, run=run, port=port, children=children, master="off" if alone else "on",
            user=self.user()[1] or f"{USER}", real_ip="\n".join(f"set_real_ip_from {x};" for x in RANGES),
            geo="\n".join(f"{x} 1;" for x in RANGES)))
        return [kit.program("nginx"), "-p", run, "-c", run / "server.conf"]

    def start(self, name, wrapper=(), alone=False, mpm=None, children=None, variant=None, **extra):
        """`alone`: one process, prefork unless `mpm` says otherwise. `extra`: values of the configuration, or text."""
        variant, port = variant or VARIANTS[name], free_ports(1)[0]
        run = self.dir / f"run-{name}"
        (run / "tmp").mkdir(parents=True, exist_ok=True)
        for path in (run, run / "tmp"):
            path.chmod(0o777)
        for left in ("error.log", "access.log"):
            (run / left).unlink(missing_ok=True)
        (run / "ranges.list").write_text("\n".join(RANGES) + "\n")
        children = children or self.children
        if name == "nginx":
            command = self.write_nginx(run, port, children, alone)
        else:
            mpm = mpm or ("prefork" if alone else "event")
            command = self.write_httpd(variant, run, port, mpm, 1 if alone else children, extra)
            command += ["-X"] if alone else ["-DFOREGROUND"]
        # Callgrind shall not see how the check at the start reads all public CAs of this host.
        env = {**os.environ, "SSL_CERT_FILE": str(self.parties.dir / "cas.pem")} if wrapper else None
        return kit.Server([*wrapper, *command], port, run, env)

    def count(self, name, load, **options):
        """Instructions of one process from start to end."""
        run = self.dir / f"run-{name}"
        run.mkdir(parents=True, exist_ok=True)
        return kit.count(run, lambda wrapper: self.start(name, wrapper, alone=True, **options), load)

    def prove(self, names):
        """Fails unless each variant admits the zone's certificate, and refuses others as it should."""
        for name in names:
            with self.start(name) as server:
                self.prove_one(name, server, VARIANTS[name])

    def prove_one(self, name, server, variant):
        pki, path = self.parties, ("-P", "/small.txt")
        got = {"zone": kit.ask(server.port, pki.zone.both, *path), "none": kit.ask(server.port, None, *path),
               "rogue": kit.ask(server.port, pki.rogue.both, *path), "other": kit.ask(server.port, pki.other.both, *path),
               "unlisted": kit.ask(server.port, pki.zone.both, *path, "-b", OUTSIDE)}
        wanted = {"zone": 200, **variant.answers}
        if got != wanted:
            raise kit.Failed(f"{name} answers {got}, not {wanted}: not measured\n{server.said()[-2000:]}")


def available(names):
    """Those of them that this host has; says which it has not."""
    found = []
    for name in names:
        try:
            if name == "nginx":
                kit.program("nginx")
            found.append(name)
        except kit.NotMeasured as missing:
            print(f"not measured: {missing}\n", flush=True)
    return found
