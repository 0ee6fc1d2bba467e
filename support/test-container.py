#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what packaging/container/Dockerfile and Dockerfile.php say, line by line, without Docker: each
stage is a copy of a bare Debian, each step runs there by chroot. Then starts what came of it as an
engine would (a process namespace, a network and mounts of its own) and visits it.

    support/test-container.py FOLDER [RELEASE]     as root on a Debian with debootstrap; minutes

FOLDER keeps the bare system (support/in-debian.sh --keep) and the images, for the next run. Checked
here is what the files say; what an engine does beyond that (layers, its cgroups, published ports) is
not."""
import contextlib
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
CONTAINER = TOP / "packaging" / "container"
SYSTEM = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
PROXIES = {k: v for k, v in os.environ.items() if k.lower() in ("http_proxy", "https_proxy", "no_proxy")}
STRANGER = "192.0.2.9"  # an address that is neither loopback nor Cloudflare's
failures = 0


def run(*command, **options):
    return subprocess.run([str(x) for x in command], check=True, **options)


def check(what, is_so, details=""):
    global failures
    print(f"  {'ok  ' if is_so else 'FAIL'} {what}", flush=True)
    if not is_so:
        failures += 1
        print(str(details)[-3000:])


# ---------------------------------------------------------------- a Dockerfile

def instructions(path):
    """(word, rest) of each, in order."""
    lines = [x for x in path.read_text().splitlines() if not re.match(r"\s*#", x)]
    for text in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if text.strip():
            word, _, rest = text.strip().partition(" ")
            yield word, rest.strip()


class Image:
    def __init__(self, root, other=None):
        self.root, self.workdir, self.env = Path(root), "/", dict(SYSTEM)
        self.entrypoint, self.cmd, self.health, self.signal = [], [], None, "SIGTERM"
        self.args = {}
        if other:
            self.env, self.entrypoint, self.cmd = dict(other.env), other.entrypoint, other.cmd
            self.signal = other.signal

    def expand(self, text):
        """Variables, as Docker replaces them outside of RUN, CMD and ENTRYPOINT."""
        return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda m: {**self.args, **self.env}[m[1] or m[2]], text)

    def path(self, name):
        return self.root / os.path.join(self.workdir, name).lstrip("/")

    def run(self, command):
        # In a namespace of its own, so that nothing stays mounted.
        script = ("mount -t proc proc \"$1/proc\"; mount --rbind /dev \"$1/dev\"; mount -t tmpfs tmpfs \"$1/tmp\"; "
                  "exec chroot \"$1\" /bin/sh -c 'cd \"$1\" && exec /bin/sh -c \"$2\"' sh \"$2\" \"$3\"")
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                               "sh", "-ec", script, "sh", str(self.root), self.workdir, command],
                              env={**PROXIES, **self.args, **self.env, "DEBIAN_FRONTEND": "noninteractive"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            sys.exit(done.stdout[-4000:] + f"\nRUN {command}\nended with {done.returncode}")


def copy(source, target, is_into):
    """One source of COPY: a folder's content, or a file."""
    target = target / source.name if is_into and source.is_file() else target
    if source.is_dir():
        run("cp", "-a", f"{source}/.", target)
    else:
        run("install", "-D", "-p", "-m", oct(source.stat().st_mode & 0o777)[2:], source, target)


class Build:
    """Does what a Dockerfile says; bases maps FROM's images to images that are there."""

    def __init__(self, folder, context, bases):
        folder.mkdir(exist_ok=True)
        self.folder, self.context, self.bases, self.stages, self.args = folder, context, bases, {}, {}
        self.image = None

    def do(self, path):
        for word, rest in instructions(path):
            print(f"  {word} {rest[:90]}", flush=True)
            getattr(self, f"do_{word.lower()}")(rest)
        return self.image

    def do_arg(self, rest):
        name, has_default, value = rest.partition("=")
        if self.image:
            self.image.args[name] = value if has_default else self.args[name]
        else:
            self.args[name] = value

    def do_from(self, rest):
        source, _, name = re.sub(r"\$\{(\w+)\}", lambda m: self.args[m[1]], rest).partition(" AS ")
        base = self.stages.get(source) or self.bases[source]
        root = self.folder / f"stage-{name or 'last'}"
        run("rm", "-rf", "--one-file-system", root)
        run("cp", "-a", "--reflink=auto", base.root, root)
        self.image = Image(root, base)
        self.stages[name] = self.image

    def do_run(self, rest):
        self.image.run(rest)

    def do_workdir(self, rest):
        self.image.workdir = os.path.join(self.image.workdir, self.image.expand(rest))
        self.image.path("").mkdir(parents=True, exist_ok=True)

    def do_env(self, rest):
        self.image.env.update(x.partition("=")[::2] for x in shlex.split(self.image.expand(rest)))

    def do_add(self, rest):
        name, target = self.image.expand(rest).split()
        self.image.path(target).mkdir(parents=True, exist_ok=True)
        archives = glob.glob(str(self.context / name)) or sys.exit(f"ADD: there is no {name}")
        for archive in archives:
            run("tar", "-C", self.image.path(target), "-xzf", archive)

    def do_copy(self, rest):
        words = self.image.expand(rest).split()
        root = self.context
        if words[0].startswith("--from="):
            root = self.stages[words.pop(0)[7:]].root
        *sources, target = words
        for source in sources:
            copy(root / source.lstrip("/"), self.image.path(target), target.endswith("/"))

    def do_label(self, rest):
        assert all("=" in x for x in shlex.split(self.image.expand(rest)))

    def do_expose(self, rest):
        assert all(x.isdigit() for x in rest.split())

    def do_stopsignal(self, rest):
        self.image.signal = rest

    def do_healthcheck(self, rest):
        self.image.health = re.sub(r"^.*?\bCMD ", "", rest)

    def do_entrypoint(self, rest):
        self.image.entrypoint, self.image.cmd = json.loads(rest), []

    def do_cmd(self, rest):
        self.image.cmd = json.loads(rest)


# ---------------------------------------------------------------- a container

class Container:
    """The entrypoint is process 1, as an engine starts it. Mounts: path in it -> folder or file here."""

    def __init__(self, image, env=None, mounts=None, args=(), tmpfs=(), user=None, read_only=False):
        self.image, self.out, self.err = image, [], []
        layer = tempfile.mkdtemp(prefix="cf-origin-container.")
        at = f"{layer}/root"
        # A layer of its own over the image, which only this container sees.
        steps = [f"mount -t tmpfs tmpfs {layer}", f"cd {layer}", "mkdir upper work root", "ip link set lo up",
                 f"ip address add {STRANGER}/32 dev lo",
                 f"mount -t overlay -o lowerdir={image.root},upperdir={layer}/upper,workdir={layer}/work overlay root"]
        for path, source in (mounts or {}).items():
            steps += [f"mkdir -p {at}{path}", f"mount --bind {source} {at}{path}"]
        steps += [f"mount -t tmpfs -o mode=1777 tmpfs {at}{x}" for x in tmpfs]
        steps += [f"mount --rbind /dev {at}/dev", f"mount -t proc proc {at}/proc"]
        if read_only:
            steps.append(f"mount -o remount,bind,ro {at}")
        rights = f"setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs --bounding-set=-all" if user else ""
        settings = {**image.env, **(env or {})}
        # chroot first: setpriv's user may not.
        steps.append(f"exec chroot {at} {rights} env -i " + " ".join(
            shlex.quote(x) for x in [*(f"{k}={v}" for k, v in settings.items()), *image.entrypoint,
                                     *(args or image.cmd)]))
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec",
             "; ".join(steps)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        for stream in (self.process.stdout, self.process.stderr):
            # An engine gives the streams to the user of the container.
            os.fchown(stream.fileno(), user or 0, user or 0)
        self.readers = [threading.Thread(target=lambda s=s, to=to: to.extend(iter(s.readline, "")), daemon=True)
                        for s, to in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for reader in self.readers:
            reader.start()
        self.at, self.layer = at, layer

    @property
    def first(self):
        """Process 1, by its number here."""
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def visit(self, *args, url="https://shop.example.com/", port=443):
        done = self.enter("curl", "-sk", "--noproxy", "*", "--connect-to", f"::127.0.0.1:{port}", "--max-time", "20",
                          "-w", "\n%{http_code} %{redirect_url}", *args, url)
        body, _, last = done.stdout.rpartition("\n")
        return last.split(" ")[0], body, last.partition(" ")[2]

    def enter(self, *command):
        return subprocess.run(["nsenter", "--net", f"--target={self.first}", *map(str, command)], capture_output=True,
                              text=True)

    def healthy(self):
        """What HEALTHCHECK says, run in the container."""
        done = subprocess.run(["nsenter", "--net", "--mount", f"--target={self.first}", "chroot", self.at, "env", "-i",
                               *(f"{k}={v}" for k, v in self.settings().items()), "/bin/sh", "-c", self.image.health],
                              capture_output=True, text=True)
        return done.returncode == 0

    def settings(self):
        text = Path(f"/proc/{self.first}/environ").read_text()
        return dict(x.partition("=")[::2] for x in text.split("\0") if x)

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                if condition():
                    return True
            time.sleep(0.2)
        return False

    def starts(self):
        return self.wait(self.healthy)

    def ends(self, seconds=20):
        """Its exit status, or None."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        for reader in self.readers:
            reader.join(5)
        return self.process.returncode

    def stop(self):
        with contextlib.suppress(Exception):
            subprocess.run(["kill", "-s", self.image.signal.removeprefix("SIG"), str(self.first)], check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(OSError):
            os.rmdir(self.layer)

    def said(self):
        return "".join(self.err) + "".join(self.out)


# ---------------------------------------------------------------- certificates

def certificate(folder, name, subject, issuer=None):
    """name.pem and name.key; a CA of its own without an issuer."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    options = ["-addext", "basicConstraints=critical,CA:TRUE"] if issuer is None else \
        ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key", "-addext", "basicConstraints=CA:FALSE"]
    # -CA: OpenSSL 3.
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", f"/CN={subject}",
        "-keyout", key, "-out", pem, *options, capture_output=True)
    return pem, key


def swap(mount, name, source):
    """As Kubernetes changes a mounted secret: ..data is a link to a folder, and is replaced by a rename."""
    folder = Path(tempfile.mkdtemp(prefix="..", dir=mount))
    folder.chmod(0o755)
    shutil.copy(source, folder / name)
    (mount / "..new").symlink_to(folder.name)
    (mount / "..new").rename(mount / "..data")
    if not (mount / name).is_symlink():
        (mount / name).symlink_to(f"..data/{name}")


SLOW = """
import http.server, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(3 if self.path == "/slow" else 0)
        self.send_response(200); self.end_headers()
        self.wfile.write(str(self.headers).encode())
http.server.ThreadingHTTPServer(("127.0.0.1", 9000), Answer).serve_forever()
"""


def test_messages(image, mounts):
    print("== what is missing or wrong is explained")
    with Container(image) as empty:
        check("without anything it ends with status 1", empty.ends() == 1, empty.said())
        for what in ["CFO_SERVER_NAME is not set", "tls/tls.crt is missing", "tls/tls.key is missing",
                     "zones has no ZONE.pem"]:
            check(f"and reports: {what}", what in empty.said(), empty.said())
    bad = {"CFO_MODE": "on", "CFO_TUNEL": "x", "CFO_HTTPS_PORT": "https", "CFO_SERVER_NAME": "a\nListen 1",
           "CFO_BACKEND": "site:80/", "CFO_REQUIRE": "all", "CFO_STATUS_FROM": "me", "CFO_SERVICE_HOST": "10.0.0.1",
           "CFO_PORT": "tcp://10.0.0.1:80"}
    with Container(image, bad, mounts) as wrong:
        check("with wrong variables it ends with status 1", wrong.ends() == 1, wrong.said())
        for what in ["CFO_MODE=on: On, Audit or Off", "there is no CFO_TUNEL", "CFO_HTTPS_PORT=https: not a port",
                     "CFO_SERVER_NAME has more than one line", "CFO_BACKEND=site:80/: not http", "CFO_REQUIRE=all",
                     "CFO_STATUS_FROM=me"]:
            check(f"and reports: {what}", what in wrong.said(), wrong.said())
        check("but not what Kubernetes sets", "SERVICE_HOST" not in wrong.said() and "CFO_PORT" not in wrong.said())
    with Container(image, {"CFO_SERVER_NAME": "shop.example.com", "CFO_MODE": ""}, mounts, user=33) as port:
        check("another user cannot have port 443", port.ends() == 1 and "CFO_HTTPS_PORT=443 needs root" in port.said(),
              port.said())
        check("a variable that is needed is not empty", "CFO_MODE=: On, Audit" in port.said(), port.said())
        check("and needs a place to write", "/run/cf-origin cannot be written by user 33" in port.said(), port.said())
    with Container(image, args=["cf-originctl", "ranges", "/etc/cf-origin/httpd.conf"]) as command:
        check("a command runs instead", command.ends() not in (None, 0) and "line 5" in command.said(), command.said())


def test_site(image, mounts, folder):
    print("== a site with a certificate, as root")
    env = {"CFO_SERVER_NAME": "shop.example.com", "CFO_RANGES": "127.0.0.0/8", "CFO_BACKEND": "http://127.0.0.1:9000"}
    proof = ["--cert", folder / "leaf.pem", "--key", folder / "leaf.key"]
    other = ["--cert", folder / "leaf2.pem", "--key", folder / "leaf2.key"]
    with Container(image, env, mounts) as site:
        check("it starts, and the health check passes", site.starts(), site.said())
        check("without a warning", not [x for x in site.err if re.search(r":(warn|error|crit|emerg)\]", x)], site.said())
        backend = subprocess.Popen(["nsenter", "--net", f"--target={site.first}", sys.executable, "-c", SLOW],
                                   stderr=subprocess.DEVNULL)
        try:
            visitor = ["-H", "CF-Connecting-IP: 203.0.113.7", "-H", "X-Forwarded-For: 192.0.2.1"]
            check("process 1 is httpd", "apache2" in os.readlink(f"/proc/{site.first}/exe"))
            site.wait(lambda: site.visit(*proof)[0] == "200")
            status, body, _ = site.visit(*proof, *visitor)
            check("with the zone's certificate a request is admitted", status == "200", (status, site.said()))
            check("and the back end gets the visitor's address, and no other", "X-Forwarded-For: 203.0.113.7\n" in
                  body.replace("\r", ""), body)
            check("without one it is refused", site.visit()[0] == "403")
            check("and with one, but from an address that is not Cloudflare's",
                  site.visit(*proof, "--interface", STRANGER)[0] == "403")
            check("the status page is not for other addresses",
                  site.visit("--interface", STRANGER, url="http://127.0.0.1/", port=8081)[0] == "403")
            check("with that of another zone as well", site.visit(*other)[0] == "403")
            answer = site.visit(url="http://shop.example.com/x", port=80)
            check("plain HTTP redirects", answer[0] == "301" and answer[2] == "https://shop.example.com/x", answer)
            check("refusals are in the error log, on stderr",
                  site.wait(lambda: any("CFO0001 refused" in x for x in site.err)), site.said())
            check("requests are in the access log, on stdout",
                  site.wait(lambda: any("verified/verified" in x for x in site.out)), site.said())
            swap(mounts["/etc/cf-origin/zones"], "example.com.pem", folder / "ca2.pem")
            check("a swapped secret is picked up without a restart",
                  site.wait(lambda: all(site.visit(*other)[0] == "200" for _ in range(9)), 60), site.said())
            check("and the old certificate is refused", site.visit(*proof)[0] == "403")
            answers = []
            slow = threading.Thread(target=lambda: answers.append(
                site.visit(*other, url="https://shop.example.com/slow")))
            slow.start()
            time.sleep(1)
            began = time.monotonic()
            site.stop()
            slow.join()
            check(f"a request under way is answered after {image.signal}", answers[0][0] == "200", answers)
            check("and httpd ends with status 0 in time",
                  site.ends(10) == 0 and time.monotonic() - began < 9, (site.process.returncode, site.said()))
        finally:
            backend.kill()
            backend.wait()


def test_confined(image, mounts, folder):
    print("== as another user, read-only, without capabilities")
    swap(mounts["/etc/cf-origin/zones"], "example.com.pem", folder / "ca.pem")
    env = {"CFO_SERVER_NAME": "shop.example.com", "CFO_RANGES": "127.0.0.0/8", "CFO_HTTP_PORT": "8080",
           "CFO_HTTPS_PORT": "8443"}
    proof = ["--cert", folder / "leaf.pem", "--key", folder / "leaf.key"]
    with Container(image, env, mounts, user=33, read_only=True, tmpfs=["/run/cf-origin"]) as site:
        check("it starts, and the health check passes", site.starts(), site.said())
        check("a request is admitted", site.visit(*proof, port=8443)[:2] == ("200", "a page"), site.said())
        check("a request is refused", site.visit(port=8443)[0] == "403", site.said())
        check("its log is on stderr", site.wait(lambda: any("CFO0001" in x for x in site.err)), site.said())
        site.stop()
        check("and it ends", site.ends() == 0, site.said())


def test_sites_and_tunnel(image, mounts, folder):
    print("== other ways to configure it")
    own = folder / "sites"
    own.mkdir()
    (own / "one.conf").write_text("Listen 8088\n<VirtualHost *:8088>\nServerName own.example.com\nCFOriginPull On\n"
                                  "CFOriginPullRequire tunnel\nCFOriginPullTunnel 192.0.2.1\n</VirtualHost>\n")
    with Container(image, {"CFO_STATUS_PORT": "8082", "CFO_STATUS_FROM": STRANGER}, {"/etc/cf-origin/sites": own}) as site:
        check("virtual hosts that are mounted need no variables", site.starts(), site.said())
        check("and are in force", site.visit(url="http://own.example.com/", port=8088)[0] == "403", site.said())
        check("so is CFO_STATUS_FROM", site.visit("--interface", STRANGER, url="http://127.0.0.1/?metrics", port=8082)[0] ==
              "200", site.said())
        (own / "one.conf").write_text("CFOriginPull Sometimes\n")
    with Container(image, {}, {"/etc/cf-origin/sites": own}) as site:
        check("an error in them is httpd's own message", site.ends() == 1 and "one.conf" in site.said(), site.said())
    with Container(image, {"CFO_SERVER_NAME": "shop.example.com", "CFO_TUNNEL": "127.0.0.1"},
                   {"/var/www/html": folder / "pages"}) as site:
        check("a tunnel needs no certificate", site.starts(), site.said())
        answer = site.visit(url="http://shop.example.com/", port=80)
        check("and is admitted", answer[:2] == ("200", "a page"), (answer, site.said()))
        check("others are refused", site.visit("--interface", "127.0.0.2", url="http://shop.example.com/", port=80)[0] ==
              "403" and site.wait(lambda: any("CFO0001" in x for x in site.err)), site.said())


def test_php(image):
    print("== PHP behind a tunnel")
    (image.root / "var/www/html/index.php").write_text(
        "<?php echo $_SERVER['REMOTE_ADDR'], ' ', $_SERVER['HTTPS'] ?? 'off';")
    headers = ["-H", "CF-Connecting-IP: 203.0.113.7", "-H", 'CF-Visitor: {"scheme":"https"}']
    url = "http://shop.example.com/index.php"
    with Container(image, {"CFO_TUNNEL": "127.0.0.1"}) as site:
        check("cloudflared is admitted", site.wait(lambda: site.visit(url=url, port=80)[0] == "200"), site.said())
        check("PHP sees the visitor, and https", site.visit(*headers, url=url, port=80)[1] == "203.0.113.7 on",
              site.visit(*headers, url=url, port=80))
        check("others are refused", site.visit("--interface", "127.0.0.2", url=url, port=80)[0] == "403", site.said())
    with Container(image) as site:
        check("without CFO_TUNNEL it ends and says why", site.ends() == 1 and "CFO0108 no-tunnel" in site.said(),
              site.said())


# ---------------------------------------------------------------- all of it

def php_base(base, folder):
    """What php:apache is, out of Debian's packages: the sites, the logs and the command."""
    root = folder / "php-apache"
    run("rm", "-rf", "--one-file-system", root)
    run("cp", "-a", "--reflink=auto", base.root, root)
    image = Image(root)
    image.run("apt-get update && apt-get install -y --no-install-recommends apache2 libapache2-mod-php && "
              "a2dismod mpm_event; a2enmod mpm_prefork && rm -f /var/www/html/index.html && "
              "ln -sf /proc/self/fd/2 /var/log/apache2/error.log && ln -sf /proc/self/fd/1 /var/log/apache2/access.log")
    image.cmd = ["/bin/sh", "-c", ". /etc/apache2/envvars; mkdir -p /run/apache2; exec apache2 -D FOREGROUND"]
    image.signal = "SIGWINCH"
    return image


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("only root can do this")
    folder, release = Path(sys.argv[1]).resolve(), (sys.argv[2:] or ["bookworm"])[0]
    folder.mkdir(parents=True, exist_ok=True)
    run(TOP / "support/in-debian.sh", "--keep", folder / release, release, "true")
    base = Image(folder / release)
    context = folder / "context"
    context.mkdir(exist_ok=True)
    for old in context.glob("mod_cf_origin-*"):
        old.unlink()
    run(TOP / "support/dist.sh", context)

    print("== Dockerfile")
    image = Build(folder / "image", context, {"debian:bookworm-slim": base}).do(CONTAINER / "Dockerfile")
    secrets = Path(tempfile.mkdtemp(prefix="cf-origin-secrets."))
    try:
        secrets.chmod(0o755)
        for number in ["", "2"]:
            certificate(secrets, f"ca{number}", f"Example Ltd {number}")
            certificate(secrets, f"leaf{number}", "example.com", f"ca{number}")
        (secrets / "tls").mkdir()
        (secrets / "zones").mkdir()
        shutil.move(certificate(secrets, "web", "shop.example.com", "ca")[0], secrets / "tls/tls.crt")
        shutil.move(secrets / "web.key", secrets / "tls/tls.key")
        (secrets / "tls/tls.key").chmod(0o440)
        os.chown(secrets / "tls/tls.key", 0, 33)
        swap(secrets / "zones", "example.com.pem", secrets / "ca.pem")
        (secrets / "pages").mkdir()
        (secrets / "pages/index.html").write_text("a page")
        mounts = {"/etc/cf-origin/tls": secrets / "tls", "/etc/cf-origin/zones": secrets / "zones",
                  "/var/www/html": secrets / "pages"}
        test_messages(image, mounts)
        test_site(image, mounts, secrets)
        test_confined(image, mounts, secrets)
        test_sites_and_tunnel(image, mounts, secrets)
    finally:
        shutil.rmtree(secrets)

    print("== Dockerfile.php, on Debian's own PHP")
    test_php(Build(folder / "php", context, {"php:8.4-apache": php_base(base, folder)}).do(CONTAINER / "Dockerfile.php"))
    print(f"{failures} failed" if failures else "all is as it should be")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
