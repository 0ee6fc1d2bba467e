# SPDX-License-Identifier: Apache-2.0
"""What the tool knows of an origin is what the module does."""
import http.server
import json
import re
import threading
import time

import pytest

from client import get
from parts import ask
from pki import LEAF
from server import vhost
from waiting import until

AT_ONCE = "CFOriginPullReload 1\n"


@pytest.fixture(scope="module")
def origin(httpd, pki, scratch):
    """Own and inherited zones, of lines and of folders, with aliases, wildcards, sections and pins."""
    folders = {}
    for name, files in (("main", {"b.test": pki.zone_b.pem, "shut.test": "garbage", "line.test": pki.zone_b.pem, "deep.b.test": pki.zone_a.pem}),
                        ("own", {"own.test": pki.zone_a.pem, "b.test": pki.zone_a.pem}), ("with space \"quoted\" \\x41", {"odd.test": pki.zone_a.pem})):
        folders[name] = scratch / name
        folders[name].mkdir()
        folders[name].chmod(0o755)
        for zone, text in files.items():
            (folders[name] / f"{zone}.pem").write_text(text)
    # Quotes in a path, as httpd's configuration has them.
    odd = str(folders["with space \"quoted\" \\x41"]).replace("\\", "\\\\").replace('"', '\\"')
    status = '<Location "/status">\nSetHandler cf-origin-status\nRequire all granted\n</Location>\n'
    hosts = [
        vhost("www.a.test", f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt} {pki.zone_b.crt}\nCFOriginPullZone app.a.test sha256:{pki.leaf_b.sha256}\n{status}",
              aliases="alias.a.test *.wild.a.test stray-but-named.example"),
        vhost("www.b.test", "CFOriginPull Audit\n", aliases="line.test x.deep.b.test shut.test"),
        vhost("www.own.test", f"CFOriginPull On\nCFOriginPullZoneDir {folders['own']}\n", aliases="www.b.own.test inherited.b.test line.test2"),
        vhost("www.odd.test", f'CFOriginPull Off\nCFOriginPullZoneDir "{odd}"\n<Location /x>\nCFOriginPull On\n</Location>\n'),
        vhost("none.test", "CFOriginPull On\nCFOriginPullZone none\n", aliases="b.test"),
        vhost("tunnel.test", f"CFOriginPull On\nCFOriginPullRequire ip\nCFOriginPullZone tunnel.test {pki.zone_a.crt}\n"),
        vhost("off.test", f"CFOriginPull Off\nCFOriginPullZone off.test spki-sha256:{pki.leaf_b.spki_sha256}\n"),
    ]
    server = httpd(server=f"{AT_ONCE}CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZone line.test {pki.zone_a.crt}\nCFOriginPullZoneDir {folders['main']}\n"
                   + "".join(hosts), modules=["status"])
    server.folders = folders
    return server


def command(server):
    return " ".join(map(str, server.command()))


def dumped(server, path):
    done = server.run("-t", "-D", "DUMP_CF_ORIGIN")
    path.write_text(done.stdout)
    return path


@pytest.fixture
def dump(origin, tmp_path):
    return dumped(origin, tmp_path / "dump")


def zones(answer, name):
    return [x for x in answer["zones"] if x["name"] == name]


def test_a_dump_is_read(origin, dump, pki):
    read = ask("read", dump=dump)
    assert read["error"] is None and read["reload"] == 1 and read["zone_dir"] == str(origin.folders["main"])
    assert read["names"] == sorted({"a.test", "app.a.test", "b.test", "deep.b.test", "line.test", "odd.test", "off.test", "own.test", "shut.test", "tunnel.test"})
    assert {"www.a.test", "alias.a.test", "www.b.test", "none.test"} <= set(read["vhosts"])
    assert not {"*.wild.a.test", "off.test", "tunnel.test"} & set(read["vhosts"])
    a = zones(read, "a.test")[0]
    assert a["vhost"] == f"www.a.test:{origin.port}" and a["policy"] == "On" and a["files"] == a["sources"] == [str(pki.zone_a.crt), str(pki.zone_b.crt)]
    assert zones(read, "app.a.test")[0]["sources"] == [f"sha256:{pki.leaf_b.sha256}"]
    odd = zones(read, "odd.test")[0]
    assert odd["files"] == [str(origin.folders["with space \"quoted\" \\x41"] / "odd.test.pem")] and odd["sources"] and odd["policy"] == "On"
    shut = zones(read, "shut.test")[0]
    assert "no certificate" in shut["shut"] and shut["files"] == [str(origin.folders["main"] / "shut.test.pem")] and not shut["sources"]
    # The line goes before the file of the folder.
    assert [x["files"] for x in zones(read, "line.test")] == [[str(pki.zone_a.crt)]]
    assert sorted(x["vhost"] for x in zones(read, "b.test")) == ["main server", f"www.own.test:{origin.port}"]
    assert zones(read, "tunnel.test")[0]["policy"] == "Off" and zones(read, "off.test")[0]["policy"] == "Off"


def test_a_command_is_run(origin, dump):
    def lasting(answer):
        return {k: v for k, v in answer.items() if k != "running"}
    assert lasting(ask("read", httpd=command(origin))) == lasting(ask("read", dump=dump))


@pytest.mark.parametrize("httpd_command, says", [
    ("/nonexistent/httpd", "is no program"), ("", "it is empty"), ("/bin/false", "exit status 1"),
    ("/bin/true", "is mod_cf_origin loaded"), ("/bin/sh -c 'echo wrong >&2; exit 7'", 'exit status 7): "wrong"'),
    ("/bin/sh -c 'kill -9 $$'", "failed"), ("/bin/sh -c 'yes | head -c 200000000'", "128 MiB"),
    ("/bin/sh -c 'head -c 1000000 /dev/zero >&2; exit 1'", "failed"), ("/etc/passwd", "is no program")])
def test_commands_that_fail(httpd_command, says):
    assert says in ask("read", httpd=httpd_command)["error"]


def test_the_environment_and_the_words_of_a_command(tmp_path):
    script = tmp_path / "a httpd"
    script.write_text('#!/bin/sh\nprintf "%s|" "$MARK" "$@" >&2; exit 1\n')
    script.chmod(0o755)
    reason = ask("read", httpd=f"'{script}' -f \"/x y\" \\$HOME", env={"MARK": "kept"})["error"]
    assert "kept|-f|/x y|$HOME|-t|-D|DUMP_CF_ORIGIN|" in reason


def test_httpd_is_found_in_path(tmp_path):
    script = tmp_path / "apachectl"
    script.write_text("#!/bin/sh\necho found >&2; exit 1\n")
    script.chmod(0o755)
    (tmp_path / "apache2ctl").mkdir()
    assert "found" in ask("read", env={"PATH": f"{tmp_path}:/usr/bin:/bin"})["error"]


@pytest.mark.parametrize("change, says", [
    (lambda x: "", "is mod_cf_origin loaded"), (lambda x: x[:len(x) // 2], "incomplete|not understood"), (lambda x: x.split("findings ")[0], "incomplete"),
    (lambda x: x + x, "two beginnings"), (lambda x: x.replace("file=\"", "file="), "line [0-9]+ is not understood"),
    (lambda x: x.replace(" sha256=", " sha257="), "not understood"), (lambda x: re.sub(r"last_used=\S+", "last_used=soon", x), "not understood"),
    (lambda x: x.replace("zone a.test", "zone a..test"), "not understood"), (lambda x: x.replace("zone a.test", "zone a.test and more"), "not understood"),
    (lambda x: x.replace("pin sha256:", "pin sha256:0"), "not understood"), (lambda x: x.replace("a.test", "a\0test"), "NUL"),
    (lambda x: x.replace('file="/', 'file="'), "not understood"), (lambda x: x.replace('folder "', "folder "), "not understood")])
def test_a_dump_that_is_none(dump, change, says):
    dump.write_text(change(dump.read_text()))
    assert re.search(says, ask("read", dump=dump)["error"])


def test_a_dump_of_another_version(origin, dump):
    """Unknown lines are ignored; and a dump without names, folders and presented certificates is read."""
    text = dump.read_text()
    before = ask("read", dump=dump)
    more = re.sub(r"^(  zone \S+)$", r"\1\n    novelty x=1", text, flags=re.M).replace("\nvhost ", "\nnew part of it\n  zone x..y\n    anchor\nvhost ", 1)
    more = more.replace("\nfindings", "\nelsewhere x\n  zone ..\nfindings").replace("\n  CFOriginPullRequire", "\n  CFOriginPullNovelty x at=default\n  CFOriginPullRequire")
    dump.write_text(more.replace("\n", "\r\n"))
    assert ask("read", dump=dump) == before
    dump.write_text(re.sub(r"^( {2}(names|addresses|tls|folder|not inherited)| {4}(presented|file)) ?.*\n", "", text, flags=re.M))
    old = ask("read", dump=dump)
    assert old["names"] == before["names"] and old["zone_dir"] is None
    assert [x["sources"] for x in old["zones"]] == [x["sources"] for x in before["zones"]]


@pytest.mark.parametrize("seed", range(4))
def test_hostile_dumps_and_statuses(origin, dump, pki, tmp_path, seed):
    saved = tmp_path / "status"
    saved.write_bytes(get(origin.port, "/status?json", sni="www.a.test", cert=pki.leaf_a).body)
    assert ask("status-text", saved)["error"] is None
    assert 100 < ask("mutations", seed, 1500, "dump", dump)["refused"] < 1500
    assert 100 < ask("mutations", seed, 1500, "status", saved)["refused"] < 1500


HOSTS = ["a.test", "www.a.test", "alias.a.test", "x.wild.a.test", "app.a.test", "b.test", "www.b.test", "deep.b.test", "x.deep.b.test", "line.test",
         "shut.test", "www.own.test", "own.test", "inherited.b.test", "www.b.own.test", "none.test", "unknown.example", "stray-but-named.example",
         "stray.line.test", "www.a.test.", "WWW.A.TEST"]


@pytest.mark.parametrize("host", HOSTS)
def test_zones_and_verdicts_are_those_of_the_module(origin, dump, pki, host):
    """For each host by each certificate: what the tool says is what the log of the real httpd says."""
    for name in ["leaf_a", "leaf_b"] + ["rogue"] * (host in HOSTS[:4]):
        certificate = getattr(pki, name)
        answer = ask("accepts", host, certificate.crt, dump=dump)
        uri = f"/{host}/{name}/{time.monotonic_ns()}"
        get(origin.port, uri, sni=None, cert=certificate, headers={"Host": host})
        line = origin.wait_access(f"GET {uri} ")
        zone, reason = (re.search(rf" {x}=(\S+)", line)[1] for x in ("zone", "reason"))
        # A certificate of another zone is known to the module only.
        said = "cert-unknown" if reason == "cert-other-zone" else reason
        assert (answer["reason"], answer["zone"] or "-") == (said, zone), (line, answer)


@pytest.fixture(scope="module")
def apart(httpd, pki, scratch):
    """Two addresses with TLS, one without, and one virtual host that asks nobody."""
    zone = f"CFOriginPull On\nCFOriginPullZone a.test {pki.zone_a.crt}\n"
    plain = "<VirtualHost *:{port3}>\nServerName www.a.test\nServerAlias only-here.a.test\n</VirtualHost>\n"
    silent = vhost("silent.a.test", zone, port="{port2}").replace("SSLVerifyClient optional_no_ca", "SSLVerifyClient none")
    assert "SSLVerifyClient none" in silent
    return httpd(server="CFOriginPullRanges 127.0.0.0/9\n" + vhost("www.a.test", zone)
                 + vhost("admin.b.test", f"CFOriginPull On\nCFOriginPullZone b.test {pki.zone_b.crt}", port="{port2}") + silent + plain)


def test_other_addresses_are_for_other_hosts(apart, pki, tmp_path):
    dump = dumped(apart, tmp_path / "dump")
    for host, certificate, reason in (
            ("www.a.test", pki.leaf_a, "verified"), ("admin.b.test", pki.leaf_b, "verified"), ("www.a.test", pki.leaf_b, "cert-unknown"),
            # Named without TLS only, or nowhere: the first virtual host of each address with TLS, one of which has no zone for it.
            ("only-here.a.test", pki.leaf_a, "zone-unknown"), ("nowhere.a.test", pki.leaf_a, "zone-unknown")):
        assert ask("accepts", host, certificate.crt, dump=dump)["reason"] == reason, (host, reason)
    assert [x["name"] for x in ask("zones-for", "nowhere.a.test", dump=dump)["zones"]] == ["a.test"]


def test_a_virtual_host_that_never_asks_for_a_certificate(apart, pki, tmp_path):
    dump = dumped(apart, tmp_path / "dump")
    answer = ask("accepts", "silent.a.test", pki.leaf_a.crt, dump=dump)
    assert answer["reason"] == "cert-missing" and answer["zone"] == "a.test" and "optional_no_ca" in answer["advice"]
    assert any(x.startswith(f"CFO0202 never-asks vhost=silent.a.test:{apart.ports[1]} at=/") for x in ask("read", dump=dump)["findings"])
    uri = f"/{time.monotonic_ns()}"
    get(apart.ports[1], uri, sni="silent.a.test", cert=pki.leaf_a)
    assert " reason=cert-missing " in apart.wait_access(f"GET {uri} ")


def test_the_shared_certificate(origin, dump, pki):
    answer = ask("accepts", "www.a.test", "shared", dump=dump)
    assert answer["reason"] == "cert-unknown" and "edge enable" in answer["advice"]


def test_the_folder_alone(origin, pki):
    read = ask("read", folder=origin.folders["main"])
    assert read["names"] == ["b.test", "deep.b.test", "line.test", "shut.test"] and read["running"] == [] and read["reload"] == -1
    assert ask("accepts", "x.b.test", pki.leaf_b.crt, folder=origin.folders["main"])["reason"] == "verified"
    assert ask("accepts", "x.b.test", pki.leaf_a.crt, folder=origin.folders["main"])["reason"] == "cert-unknown"
    assert ask("accepts", "other.test", pki.leaf_a.crt, folder=origin.folders["main"])["reason"] == "zone-unknown"
    assert ask("accepts", "shut.test", pki.leaf_a.crt, folder=origin.folders["main"])["reason"] == "cert-unknown"
    assert "not known" in ask("in-force", "b.test", pki.zone_b.sha256, folder=origin.folders["main"])["not"]
    assert ask("read", folder="/nonexistent")["error"]


def test_the_file_to_edit(origin, dump, pki):
    assert ask("proof-file", "own.test", dump=dump)["file"] == str(origin.folders["own"] / "own.test.pem")
    assert ask("proof-file", "shut.test", dump=dump)["file"] == str(origin.folders["main"] / "shut.test.pem")
    for zone, says in (("a.test", "several files"), ("b.test", "several files"), ("app.a.test", "a pin"), ("off.test", "a pin"), ("x.test", "no zone")):
        answer = ask("proof-file", zone, dump=dump)
        assert answer["file"] is None and says in answer["why"], zone


# Running origins

@pytest.fixture(scope="module")
def plain(httpd, pki, scratch):
    """A status without TLS, and a zone of a folder."""
    folder = scratch / "rotating"
    folder.mkdir()
    (folder / "r.test.pem").write_text(pki.zone_a.pem)
    (folder / "broken.test.pem").write_text("garbage")
    status = '<Location "/status">\nSetHandler cf-origin-status\n%s\n</Location>\n'
    server = httpd(server=f"{AT_ONCE}CFOriginPullRanges 127.0.0.0/9\nCFOriginPullZoneDir {folder}\n"
                   + vhost("r.test", "CFOriginPull On")
                   + "<VirtualHost 127.0.0.1:{port2}>\nServerName status.test\n" + status % "Require all granted"
                   + status.replace("/status", "/denied") % "Require all denied" + 'Redirect "/moved" "/status?json"\n</VirtualHost>\n', modules=["status"])
    server.folder = folder
    server.url = f"http://127.0.0.1:{server.ports[1]}"
    return server


def test_a_status_is_read(plain, tmp_path, pki):
    before = int(time.time())
    assert get(plain.port, "/", sni="r.test", cert=pki.leaf_a).status == 200
    running = ask("read", folder=plain.folder, status=[f"{plain.url}/status?json"])["running"]
    assert len(running) == 1 and running[0]["error"] is None and running[0]["url"] == f"{plain.url}/status?json"
    used = next(x for x in running[0]["presented"] if x["sha256"] == pki.leaf_a.sha256)
    assert used["zone"] == "r.test" and before - 1 <= used["last"] <= time.time() + 1 and used["first"] <= used["last"]
    assert [x["sha256"] for x in running[0]["proofs"]] == [pki.zone_a.sha256]
    assert "broken.test.pem" in running[0]["in_trouble"][0]
    # The dump has the same uses, from the same record.
    told = ask("read", dump=dumped(plain, tmp_path / "dump"))["running"][0]
    assert told["url"] is None and told["error"] is None and told["presented"] == running[0]["presented"]
    assert [x["last"] for x in told["proofs"]] == [x["last"] for x in running[0]["proofs"]]
    seen = ask("last-used", pki.leaf_a.sha256, folder=plain.folder, status=[f"{plain.url}/status?json"])
    assert seen == {"last": used["last"], "everywhere": True, "error": None}
    assert ask("last-used", pki.leaf_b.sha256, folder=plain.folder, status=[f"{plain.url}/status?json"]) == {"last": 0, "everywhere": False, "error": None}


def test_in_force_by_status(plain, pki):
    """A change is in force at its time, not before."""
    url = [f"{plain.url}/status?json"]
    path = plain.folder / "r.test.pem"
    assert ask("in-force", "r.test", pki.zone_a.sha256, folder=plain.folder, status=url)["not"] is None
    assert "not in force yet" in ask("in-force", "r.test", pki.zone_b.sha256, folder=plain.folder, status=url)["not"]
    assert "shut" in ask("in-force", "broken.test", pki.zone_b.sha256, folder=plain.folder, status=url)["not"]
    assert "does not have the zone" in ask("in-force", "x.test", pki.zone_b.sha256, folder=plain.folder, status=url)["not"]
    assert ask("add", path, pki.zone_b.crt)["error"] is None
    until(lambda: ask("in-force", "r.test", pki.zone_b.sha256, folder=plain.folder, status=url)["not"], None, timeout=60)
    unreachable = [*url, "http://127.0.0.1:1/status?json"]
    assert "127.0.0.1:1" in ask("in-force", "r.test", pki.zone_b.sha256, folder=plain.folder, status=unreachable)["not"]
    assert ask("remove", path, pki.zone_b.sha256)["error"] is None


def test_in_force_by_the_age_of_the_file(plain, tmp_path, pki):
    dump = dumped(plain, tmp_path / "dump")
    path = plain.folder / "r.test.pem"
    assert "no file of the zone" in ask("in-force", "r.test", pki.rogue_ca.sha256, dump=dump)["not"]
    path.chmod(0o644)
    assert "a moment ago" in ask("in-force", "r.test", pki.zone_a.sha256, dump=dump)["not"]
    text = dump.read_text()
    dump.write_text(text.replace("CFOriginPullReload 1 ", "CFOriginPullReload Off "))
    assert "graceful restart" in ask("in-force", "r.test", pki.zone_a.sha256, dump=dump)["not"]
    dump.write_text(text)
    until(lambda: ask("in-force", "r.test", pki.zone_a.sha256, dump=dump)["not"], None, timeout=60)
    assert time.time() - path.stat().st_ctime > 2


@pytest.fixture(scope="module")
def secured(httpd, pki, scratch):
    """A status over TLS, for which no certificate is asked."""
    made = pki.issue("status-of-the-origin", pki.zone_a, extensions=LEAF + "subjectAltName=IP:127.0.0.1\n")
    both = scratch / "secured.pem"
    both.write_text(made.pem + made.key.read_text())
    return httpd(server=f"""<VirtualHost *:{{port}}>
        SSLEngine on
        SSLCertificateFile {both}
        <Location "/status">
            SetHandler cf-origin-status
            Require all granted
        </Location>
        </VirtualHost>""", modules=["status"])


def test_a_status_over_tls_is_verified(secured, plain, pki, tmp_path):
    url = f"https://127.0.0.1:{secured.port}/status?json"
    for file, accepted in ((pki.zone_a.crt, True), (pki.zone_b.crt, False), (tmp_path / "none", False)):
        error = ask("read", folder=plain.folder, status=[url], env={"SSL_CERT_FILE": str(file)})["running"][0]["error"]
        assert error is None if accepted else re.search("certificate|CAfile", error), (file, error)
    other = url.replace("127.0.0.1", "localhost")
    assert ask("read", folder=plain.folder, status=[other], env={"SSL_CERT_FILE": str(pki.zone_a.crt)})["running"][0]["error"]


@pytest.mark.parametrize("path, says", [
    ("/status", r"end in \?json"), ("/denied?json", "Require"), ("/none?json", "404"), ("/moved", "redirect"), ("/status?metrics", "metrics|no JSON")])
def test_answers_that_are_no_status(plain, path, says):
    running = ask("read", folder=plain.folder, status=[plain.url + path])["running"][0]
    assert re.search(says, running["error"]) and running["proofs"] == running["presented"] == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "http://", "x y", "http://127.0.0.1:1/"])
def test_urls_that_are_none(plain, url):
    assert ask("read", folder=plain.folder, status=[url])["running"][0]["error"]


@pytest.fixture
def liar():
    """An origin that answers what a test wants."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append(self.path)
            self.server.headers = self.headers
            try:
                self.wfile.write(self.server.answer)
            except OSError:
                pass

        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.answer = [], b""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/status?json"
    yield server
    server.shutdown()
    server.server_close()


def said(liar, folder, text):
    liar.answer = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + (text if isinstance(text, bytes) else text.encode())
    return ask("read", folder=folder, status=[liar.url])["running"][0]


GOOD = {"version": "1", "zones": [{"name": "a.test", "shut": False, "proofs": []}], "presented": [], "files_in_trouble": [], "vhosts": []}
WITH = {
    "no zones": {"zones": None}, "zones of another type": {"zones": {}}, "a zone that is a number": {"zones": [1]}, "no name": {"zones": [{}]},
    "a bad name": {"zones": [{"name": "a..b", "shut": False, "proofs": []}]}, "no proofs": {"zones": [{"name": "a.test", "shut": False}]},
    "shut as text": {"zones": [{"name": "a.test", "shut": "no", "proofs": []}]},
    "a short digest": {"zones": [{"name": "a.test", "shut": False, "proofs": [{"sha256": "ab", "last_used": None}]}]},
    "a digest with a NUL": {"zones": [{"name": "a.test", "shut": False, "proofs": [{"sha256": "a" * 64 + "\0", "last_used": None}]}]},
    "a bad time": {"presented": [{"zone": "a.test", "sha256": "a" * 64, "first_used": None, "last_used": "2026-02-30T00:00:00Z"}]},
    "trouble without a reason": {"files_in_trouble": [{"path": "/x"}]}, "no version": {"version": None},
    "no virtual hosts": {"vhosts": None}, "a virtual host without a name": {"vhosts": [{"policy": "On"}]},
}


@pytest.mark.parametrize("what", WITH)
def test_a_status_with_a_fault(liar, plain, what):
    assert said(liar, plain.folder, json.dumps(GOOD))["error"] is None
    answer = said(liar, plain.folder, json.dumps({**GOOD, **WITH[what]}))
    assert "no status of mod_cf_origin" in answer["error"] or "JSON" in answer["error"]
    assert answer["proofs"] == answer["presented"] == answer["in_trouble"] == []


@pytest.mark.parametrize("text", ["", "[]", "null", "{", pytest.param("[" * 100000, id="deep"), b"\xff\xfe", '{"a": 1, "a": 2}', "<html>", "# TYPE x", '"x"', b"{\0}"])
def test_answers_that_are_no_json(liar, plain, text):
    assert said(liar, plain.folder, text)["error"]


def test_foreign_text_is_safe_to_print(liar, plain):
    answer = said(liar, plain.folder, json.dumps({**GOOD, "files_in_trouble": [{"path": "/x\u001b[2J", "reason": "y\nz\u202e"}]}))
    assert re.fullmatch(r"[ -~]+", answer["in_trouble"][0])


def test_an_endless_answer_ends(liar, plain):
    assert "64 MiB" in said(liar, plain.folder, b"[" + b"1," * (33 << 20))["error"]


def test_no_proxy_is_used(liar, plain):
    """Not even one of the environment."""
    liar.answer = b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(GOOD).encode()
    proxies = {name: "http://127.0.0.1:1" for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY")}
    assert ask("read", folder=plain.folder, status=[liar.url], env=proxies)["running"][0]["error"] is None
    assert liar.seen == ["/status?json"]


def test_a_cache_in_between_is_told_to_ask(liar, plain):
    assert said(liar, plain.folder, json.dumps(GOOD))["error"] is None
    assert liar.headers["Cache-Control"] == "no-cache"
