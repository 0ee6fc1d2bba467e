# SPDX-License-Identifier: Apache-2.0
"""A real httpd on loopback, with the module in it."""
import contextlib
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import session

ROOT = Path(__file__).resolve().parents[2]
MODULE = Path(os.environ.get("CF_ORIGIN_SO", ROOT / ".libs" / "mod_cf_origin.so"))


def apxs(name):
    """What httpd's own apxs says, of the httpd that comes first in PATH."""
    program = shutil.which("apxs") or shutil.which("apxs2") or "/usr/bin/apxs"
    return subprocess.run([program, "-q", name], capture_output=True, text=True, check=True).stdout.strip()


HTTPD = f"{apxs('sbindir')}/{apxs('progname')}"
MODULES = Path(apxs("libexecdir"))
# Distributions patch, and trunk has another number: httpd is asked what it knows, not how old it is.
SNI_POLICY = b"SSLVHostSNIPolicy" in (MODULES / "mod_ssl.so").read_bytes()
needs_sni_policy = pytest.mark.skipif(not SNI_POLICY, reason="SSLVHostSNIPolicy came with httpd 2.4.66")
# The runtime library of the sanitizer that the module was built with (see Makefile).
PRELOAD = os.environ.get("CF_ORIGIN_PRELOAD")
# A report ends the process at once, past httpd's own handlers. No leak check: pools hide leaks.
SANITIZER = ("abort_on_error=1:handle_segv=2:handle_sigbus=2:handle_sigfpe=2:detect_leaks=0:print_stacktrace=1"
             ":detect_stack_use_after_return=1:verify_asan_link_order=0:quarantine_size_mb=64")
# Valgrind's suppressions: httpd runs under its memcheck, which children inherit.
MEMCHECK = os.environ.get("CF_ORIGIN_MEMCHECK")
# The process goes on, so that one run finds all. mod_watchdog never joins its thread.
RACES = f"suppressions={ROOT}/test/httpd/tsan.supp:history_size=5:second_deadlock_stack=1:report_thread_leaks=0:exitcode=0"

# Debian compiles these into httpd, others do not.
ALWAYS = ["unixd", "log_config", "logio", "version", "watchdog"]
# Not of httpd, or only built where other libraries are there.
OPTIONAL = ["lua", "md", "security2"]
# event, worker or prefork.
MPM = os.environ.get("HTTPD_MPM", "event")
BASE = [f"mpm_{MPM}", *(name for name in ALWAYS if (MODULES / f"mod_{name}.so").exists()), "authz_core", "authz_host", "mime", "dir", "alias"]
TLS = ["socache_shmcb", "ssl", "http2"]

# Of Debian, Fedora, Alpine, and of no distribution.
USER = next(name for name in ("www-data", "apache", "http", "daemon") if name in {entry.pw_name for entry in pwd.getpwall()})

CONFIG = """
ServerRoot "{dir}"
PidFile "{dir}/httpd.pid"
DefaultRuntimeDir "{dir}"
ErrorLog "{dir}/error.log"
LogLevel {log_level}
ServerName main.test
Timeout 20
KeepAliveTimeout 20
MaxKeepAliveRequests 0
MaxRequestWorkers 32
{memory}
{load}
<IfModule mpm_prefork_module>
    StartServers 8
    ServerLimit 32
    MinSpareServers 2
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 2
    MinSpareThreads 4
    ThreadsPerChild 16
</IfModule>
<IfModule mime_module>
    TypesConfig /dev/null
</IfModule>
{log_limit}
{user}
{listen}
LogFormat "%a %{{c}}a %>s %L \\"%r\\" origin=%{{CF_ORIGIN}}e reason=%{{CF_ORIGIN_REASON}}e zone=%{{CF_ORIGIN_ZONE}}e cert=%{{CF_ORIGIN_CERT}}e edge=%{{CF_ORIGIN_EDGE}}e client_ip=%{{CF_ORIGIN_CLIENT_IP}}e ray=%{{CF_RAY}}e colo=%{{CF_COLO}}e" test
CustomLog "{dir}/access.log" test
<IfModule ssl_module>
    SSLSessionCache "shmcb:{dir}/sessions(512000)"
    SSLSessionCacheTimeout 300
</IfModule>
<Directory />
    Require all denied
    AllowOverride None
</Directory>
<Directory "{docroot}">
    Require all granted
</Directory>
DocumentRoot "{docroot}"
{server}
"""

# Without these lines, Audit changes nothing in a request.
REHEARSED = "CFOriginPull Audit\nCFOriginPullClientIP verified\nCFOriginPullScrub On\n"

# For a server that needs at least two children; prefork has more anyway.
TWO_CHILDREN = """
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 4
    MinSpareThreads 32
    MaxSpareThreads 64
    MaxRequestWorkers 64
</IfModule>
"""

# What httpd logs when a child crashes, or does not end at a stop and is killed (AH00051, AH00052,
# AH00046, AH00047): at every LogLevel, except for SIGTERM, SIGHUP, SIGUSR1 and SIGKILL, which it
# sends itself. And what gcc's UBSan prints, which always goes to the error log.
CRASH = re.compile(r"^.*(?:child pid \d+ exit signal |sending a SIGKILL|could not make child process "
                     r"|: runtime error: ).*$", re.M)


class Unsound(Exception):
    """httpd crashed, or left processes behind. Not an AssertionError, which a test may expect from a
    server that does not start."""


def free_ports(count):
    """Ports that are free now, from below the system's own range of ephemeral ports, so that two test
    runs rarely choose the same; Httpd.start() tries again if they do."""
    ports, sockets = [], []
    while len(ports) < count:
        port = 10240 + int.from_bytes(os.urandom(2), "big") % 20000
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            sock.close()
            continue
        sockets.append(sock)
        if port not in ports:
            ports.append(port)
    for sock in sockets:
        sock.close()
    return ports


def unescape(text):
    """Undoes httpd's escaping of a log line, then the module's."""
    text = text.replace("\\\\", "\\")
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


def parse_event(line):
    """A CFO line as a dict; fails where it is not key=value to its end."""
    match = re.search(r"(CFO\d{4}) ([a-z-]+)((?: .*)?)$", line)
    assert match, line
    event, rest = {"code": match[1], "what": match[2], "line": line}, match[3]
    # httpd appends the Referer to each line about a request that has one.
    rest = re.sub(r', referer: \S+$', "", rest)
    pattern = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "]+)')
    position = 0
    while position < len(rest):
        pair = pattern.match(rest, position)
        assert pair, f"not key=value at {rest[position:]!r} of {line!r}"
        value = pair[2]
        event[pair[1]] = unescape(value[1:-1]) if value.startswith('"') else value
        position = pair.end()
    return event


def open_files(pid):
    """Name and size of each file that a process has open. It may close some meanwhile."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(descriptor), descriptor.stat().st_size


class Httpd:
    """`server` is configuration text in which {dir}, {docroot}, {port}, {port2}.. and {pki} are
    replaced; write <VirtualHost> with `vhost()`. Every refusal is logged, unless `log_limit` sets
    another limit, or is None for the default."""

    running = []

    def __init__(self, directory, pki, modules=(), server="", log_level="warn cf_origin:info",
                 ports=3, tls=True, listen=None, load_module=True, base=None,
                 load_first=False, log_limit="Off"):
        self.dir, self.pki = Path(directory), pki
        self.docroot = self.dir / "htdocs"
        self.docroot.mkdir(parents=True)
        (self.docroot / "index.html").write_text("the page\n")
        self.dir.chmod(0o755)
        self.modules = list(base if base is not None else BASE) + (TLS if tls else []) + list(modules)
        self.server, self.log_level, self.load_module = server, log_level, load_module
        self.port_count, self.listen = ports, listen
        self.load_first, self.log_limit = load_first, log_limit
        self.process = None
        self.reports = self.dir / "sanitizer"
        self.known_crashes = []
        self.choose_ports()

    def choose_ports(self):
        self.ports = free_ports(self.port_count)
        self.port = self.ports[0]

    def fill(self, text):
        values = {"dir": self.dir, "docroot": self.docroot, "pki": self.pki.dir}
        for i, port in enumerate(self.ports):
            values["port" if i == 0 else f"port{i + 1}"] = port
        return re.sub(r"\{(dir|docroot|pki|port\d*)\}", lambda m: str(values[m[1]]), text)

    def load(self):
        lines = []
        for name in dict.fromkeys(self.modules):
            if name in OPTIONAL and not (MODULES / f"mod_{name}.so").exists():
                pytest.skip(f"this httpd has no mod_{name}")
            lines.append(f"<IfModule !{name}_module>\nLoadModule {name}_module {MODULES}/mod_{name}.so\n</IfModule>")
        if self.load_module:
            lines.insert(0 if self.load_first else len(lines), f"LoadModule cf_origin_module {MODULE}")
        return "\n".join(lines)

    def write_config(self):
        listen = self.listen or [f"127.0.0.1:{{port{'' if i == 0 else i + 1}}}" for i in range(self.port_count)]
        user = ""
        if os.getuid() == 0:
            user = f"User {USER}\nGroup {grp.getgrgid(pwd.getpwnam(USER).pw_gid).gr_name}"
        limit = f"CFOriginPullLogLimit {self.log_limit}" if self.log_limit and self.load_module else ""
        # Otherwise APR keeps memory that pools free, and a use after that goes unnoticed.
        memory = "MaxMemFree 1" if PRELOAD else ""
        text = CONFIG.format(log_limit=limit, memory=memory, dir=self.dir, docroot=self.docroot, log_level=self.log_level, load=self.load(),
                             user=user, listen="\n".join(f"Listen {x}" for x in listen), server=self.server)
        self.config = self.dir / "httpd.conf"
        self.config.write_text(self.fill(text))
        return self.config

    def command(self, *args):
        return [*self.memcheck(), HTTPD, "-f", str(self.config), *args]

    def memcheck(self):
        if not MEMCHECK:
            return []
        return ["valgrind", "--quiet", "--fair-sched=yes", "--num-callers=30", f"--suppressions={MEMCHECK}",
                f"--log-file={self.reports}/report.%p"]

    def check(self):
        """apachectl -t: exit code and all output."""
        self.write_config()
        done = self.run("-t")
        return done.returncode, done.stdout + done.stderr

    def run(self, *args):
        """Runs httpd with arguments that make it print something and end."""
        done = subprocess.run(self.command(*args), capture_output=True, text=True, timeout=60 * session.PATIENCE, env=self.environment())
        self.assert_sound()
        if done.returncode < 0:
            raise Unsound(f"{args} ended by signal {-done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def environment(self):
        if not PRELOAD:
            return {**os.environ, "LC_ALL": "C"}
        self.reports.mkdir(exist_ok=True)
        self.reports.chmod(0o1777)
        options = {name: f"{SANITIZER}:log_path={self.reports}/report:{os.environ.get(name, '')}"
                   for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
        options["TSAN_OPTIONS"] = (f"{RACES}:log_path={self.reports}/report:{os.environ.get('TSAN_OPTIONS', '')}")
        libraries = ":".join(filter(None, [PRELOAD, os.environ.get("LD_PRELOAD")]))
        return {**os.environ, "LC_ALL": "C", "LD_PRELOAD": libraries, **options}

    def start(self):
        for _ in range(5):
            self.write_config()
            self.process = session.start(self.command("-DFOREGROUND"), stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, env=self.environment())
            Httpd.running.append(self)
            if self.wait_until_ready():
                return self
            output = self.ended(1)
            if "could not bind" not in output + self.log():
                break
            self.choose_ports()
        raise AssertionError(f"httpd did not start:\n{output}\n{self.log()}")

    def wait_until_ready(self, timeout=30):
        """Waits until a child serves requests, which is later than that the port is open."""
        end = time.monotonic() + timeout * session.PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            if "resuming normal operations" in self.log():
                return True
            time.sleep(0.02)
        raise AssertionError(f"httpd was not ready in {timeout} s:\n{self.log()}")

    def graceful(self):
        before = self.log().count("resuming normal operations")
        self.write_config()
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: self.log().count("resuming normal operations") > before, "a graceful restart")

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def replace_children(self):
        """A graceful restart, after which no child of the last configuration accepts connections any more. That
        httpd starts none between the look at its children and the signal is why so few need be idle."""
        old = set(self.children())
        self.graceful()
        self.wait_for(lambda: not old & set(self.children()), "the end of the old children")

    def stop(self, how=signal.SIGTERM):
        """With SIGTERM or SIGWINCH (graceful). Fails if httpd or a child crashed since the start."""
        if self.process:
            self.wait_until_idle()
            self.process.send_signal(how)
            self.ended(0)

    def wait_until_idle(self, timeout=1):
        """Until no connection is open, or the time is over. When a child of MPM event is told to end, it closes the
        sockets of its threads, and it crashes if one of them closes its own at that moment (with no module of ours)."""
        end = time.monotonic() + timeout
        while session.connections(self.ports) and time.monotonic() < end:
            time.sleep(0.02)

    def ended(self, status):
        """Waits for the end of httpd and of all that it started; returns its output."""
        process, self.process = self.process, None
        Httpd.running.remove(self)
        try:
            output = process.communicate(timeout=session.TIMEOUT)[0].decode()
        except subprocess.TimeoutExpired:
            output = ""
        left = session.end(process.pid, session.TIMEOUT)
        process.wait()
        self.assert_sound()
        if left:
            raise Unsound(f"still alive after the stop: {left}\n{self.log()[-3000:]}")
        if process.returncode != status:
            raise Unsound(f"httpd ended with {process.returncode}:\n{output}\n{self.log()[-3000:]}")
        return output

    def assert_sound(self):
        """Reports each crash once, so that the test that caused it fails."""
        reports = [report.read_text(errors="replace") for report in self.reports.glob("report.*")]
        # Valgrind makes a file where it has nothing to report, too.
        crashes = [x for x in CRASH.findall(self.log()) + reports if x and x not in self.known_crashes]
        self.known_crashes += crashes
        if crashes:
            raise Unsound("\n".join(crashes))

    def journal_size(self):
        """Size of the journal of this generation: it grows while a child loads changed files."""
        return sum(size for name, size in open_files(self.process.pid) if name.startswith(f"{self.dir}/cf_origin."))

    def log(self):
        path = self.dir / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def access_log(self):
        path = self.dir / "access.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def events(self, code=None):
        """All lines about requests (CFO0001 to CFO0003), or those with `code`, parsed."""
        codes = [code] if code else ["CFO0001", "CFO0002", "CFO0003"]
        whole = self.log().rpartition("\n")[0]  # without a line that is still being written
        return [parse_event(line) for line in whole.splitlines()
                if any(f" {c} " in line for c in codes)]

    def wait_for(self, condition, what, timeout=15):
        end = time.monotonic() + timeout * session.PATIENCE
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            time.sleep(0.02)
        raise AssertionError(f"waited {timeout} s for {what}:\n{self.log()[-3000:]}")

    def wait_event(self, **wanted):
        """The newest event with these values. Waits for it, since httpd may log after it has answered."""
        def find():
            for event in reversed(self.events()):
                if all(event.get(k) == v for k, v in wanted.items()):
                    return event
            return None
        return self.wait_for(find, f"an event with {wanted}")

    def wait_access(self, text):
        return self.wait_for(lambda: next((x for x in reversed(self.access_log()) if text in x), None),
                             f"an access line with {text!r}")


def vhost(name, directives="", aliases="", port="{port}", address="127.0.0.1", tls=True, verify="optional_no_ca",
          ca=None, depth=3):
    """A virtual host; `ca` is the SSLCACertificateFile, `directives` what the test is about."""
    lines = [f"<VirtualHost {address}:{port}>", f"ServerName {name}"]
    if aliases:
        lines.append(f"ServerAlias {aliases}")
    lines.append('DocumentRoot "{docroot}"')
    if tls:
        lines += ["SSLEngine on", "Protocols h2 http/1.1", "SSLCertificateFile {pki}/server.pem"]
        if verify:
            lines += [f"SSLVerifyClient {verify}", f"SSLVerifyDepth {depth}"]
        if ca:
            lines.append(f"SSLCACertificateFile {ca}")
    return "\n".join(lines + [directives, "</VirtualHost>", ""])


def build_module(scratch, name, hooks="(void)p;", include="http_config.h", code=""):
    """Builds a module of a few lines; the line that loads it."""
    folder = scratch / name
    folder.mkdir()
    (folder / f"mod_{name}.c").write_text(f"""
        #include "httpd.h"
        #include "http_config.h"
        #include "{include}"
        {code}
        static void hooks(apr_pool_t *p) {{ {hooks} }}
        module AP_MODULE_DECLARE_DATA {name}_module = {{ STANDARD20_MODULE_STUFF, 0, 0, 0, 0, 0, hooks, 0 }};
        """)
    subprocess.run(["apxs", "-c", f"mod_{name}.c"], cwd=folder, check=True, capture_output=True)
    return f"LoadModule {name}_module {folder}/.libs/mod_{name}.so\n"
