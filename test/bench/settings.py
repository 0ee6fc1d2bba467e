#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What settings next to the module cost or save: sessions, keys, versions of TLS, connections that stay open, HTTP/2.

    test/bench/settings.py [SLICES [CONNECTIONS [WORD]]]

CPU time of httpd (MPM event, 2 children) with the module as in README, for a connection with one request, or a request of a
connection that stays open, in slices in turn. The certificates have RSA keys of 2048 bits for clients and P-256 for the server,
unless a row says otherwise. With WORD only the rows that contain it.
"""
import sys

import kit
import variants

HOST = variants.README + variants.ORIGIN
FULL, RESUMED, OPEN = ("-n",), ("-R", "-n"), ("-w", 10, "-r")


class Setting:
    """`load`: what is counted. `parties`: kinds of keys."""

    def __init__(self, what, load, vhost="", parties=(), values=(), modules=(), log_level="warn", tls="1.3", streams=0):
        self.what, self.load, self.parties, self.streams = what, load, dict(parties), streams
        self.values, self.tls = dict(values), tls
        self.variant = variants.Variant(what, HOST + vhost, modules=["cf_origin", *modules], log_level=log_level)


TICKETS_OFF = "    SSLSessionTickets Off\n"
CONNECTIONS = [
    Setting("a full handshake, TLS 1.3", FULL),
    Setting("the same once more", FULL),
    Setting("TLS 1.2", FULL, tls="1.2"),
    Setting("`SSLSessionTickets Off`", FULL, TICKETS_OFF),
    Setting("`SSLSessionCache none`", FULL, values={"cache": "none"}),
    Setting("`SSLSessionCache none` and `SSLSessionTickets Off`", FULL, TICKETS_OFF, values={"cache": "none"}),
    Setting("`SSLSessionCache dbm:...`", FULL, values={"cache": "dbm:{run}/sessions.dbm"}, modules=["socache_dbm"]),
    Setting("client certificates of P-256", FULL, parties={"client": "ec"}),
    Setting("client certificates of RSA 4096", FULL, parties={"client": "rsa4096"}),
    Setting("a server certificate of RSA 2048", FULL, parties={"origin": "rsa2048"}),
    Setting("a server certificate of RSA 4096", FULL, parties={"origin": "rsa4096"}),
    Setting("a resumed session, TLS 1.3", RESUMED),
    Setting("the same, `SSLSessionTickets Off`", RESUMED, TICKETS_OFF),
    Setting("a resumed session, TLS 1.2", RESUMED, tls="1.2"),
    Setting("the same, `SSLSessionTickets Off`", RESUMED, TICKETS_OFF, tls="1.2"),
]
REQUESTS = [
    Setting("a request of a connection that stays open, HTTP/1.1", OPEN),
    Setting("the same once more", OPEN),
    Setting("`LogLevel cf_origin:info`", OPEN, log_level="warn cf_origin:info"),
    Setting("mod_remoteip is loaded too, and not used", OPEN, modules=["remoteip"]),
    Setting("HTTP/2, one stream at a time", OPEN, streams=1),
    Setting("HTTP/2, 8 streams at the same time", OPEN, streams=8),
]


def start(folder, settings):
    """(server, certificates) of each."""
    benches, running = {}, []
    for number, setting in enumerate(settings):
        key = str(setting.parties), bool(setting.streams)
        if key not in benches:
            place = folder / f"keys-{len(benches)}"
            place.mkdir(parents=True)
            place.chmod(0o755)
            benches[key] = variants.Bench(place, streams=bool(setting.streams), **setting.parties)
        bench, name = benches[key], f"setting-{number}"
        values = {key: value.format(run=bench.dir / f"run-{name}") for key, value in setting.values.items()}
        server = bench.start(name, variant=setting.variant, values=values)
        bench.prove_one(setting.what, server, variants.VARIANTS["readme"])
        running.append((server, bench.parties.zone.both))
    return running


def compare(folder, settings, slices, count):
    folder.mkdir()
    folder.chmod(0o755)
    running = start(folder, settings)

    def measure(number):
        setting, (server, cert) = settings[number], running[number]
        options = ["-T", setting.tls, *(["-2", setting.streams] if setting.streams else []), *setting.load, count]
        spent, said = kit.timed_load(server, cert, "-P", "/small.txt", *options)
        if "-R" in options and int(said["resumed"]) != count:
            raise kit.Failed(f"{setting.what}: {said}")
        return spent / count

    try:
        found = kit.Slices(range(len(settings)), slices).run(measure)
    finally:
        for server, _ in running:
            server.stop()
    return [(setting.what, f"{1e6 * found.median(number):.0f} µs", found.ratio(number) if number else "1")
            for number, setting in enumerate(settings)]


def main(slices=24, connections=20, word=""):
    slices, connections = int(slices), int(connections)
    with kit.scratch() as folder:
        for title, settings, count in (("CPU time of a connection", CONNECTIONS, connections), ("CPU time of a request", REQUESTS, 40 * connections)):
            settings = [setting for setting in settings if word in setting.what]
            rows = compare(folder / title[-7:], settings, slices, count)
            kit.title(f"{title}, by settings", "With this module; median, and the ratio of paired slices with its 95 % interval.")
            kit.table(("setting", "CPU time", "ratio"), *rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
