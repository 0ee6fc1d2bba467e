# SPDX-License-Identifier: Apache-2.0
"""Which proofs are in force, as the manual says (docs/directives.md, CFOriginPullZoneDir and CFOriginPullReload): after
a start, and after the files were looked at while httpd runs. It reads the same files as httpd, and shares no code."""
import os
import stat
from dataclasses import dataclass, field

NOTHING, LATER, NOW = range(3)


@dataclass(frozen=True)
class Content:
    """A text of a file that loads: whose leaves it proves, and whether it can prove anything."""
    name: str
    proves: frozenset
    worth: int


SHUT = Content("shut", frozenset(), NOTHING)


@dataclass
class Model:
    contents: dict                              # text: Content; every other text is bad
    named: dict                                 # zone: path, from a directive
    folder: os.PathLike
    in_force: dict = field(default_factory=dict)  # zone of `named`: Content
    zones: dict = field(default_factory=dict)     # zone of the folder: (path, Content; None: it is no zone yet)

    def read(self, path, is_root):
        """The content of a file; None: it does not load."""
        try:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode) or not is_root and not mode & stat.S_IROTH:
                return None
            with open(path, encoding="latin-1") as file:
                return self.contents.get(file.read())
        except OSError:
            return None

    def listed(self):
        """The file of each zone: the canonical name, or else the first one. None: the folder cannot be read."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.endswith(".pem") and not name.startswith("."))
        except OSError:
            return None
        found = {}
        for name in names:
            zone = name.removesuffix(".pem").removesuffix(".").lower()
            if name == f"{zone}.pem" or zone not in found:
                found[zone] = f"{self.folder}/{name}"
        return found

    def can_start(self):
        return self.listed() is not None and all(self.read(path, True) for path in self.named.values())

    def start(self):
        """A start knows nothing of what was in force. A file of the folder that does not load shuts its zone."""
        self.in_force = {zone: self.read(path, True) for zone, path in self.named.items()}
        self.zones = {zone: (path, self.read(path, True) or SHUT) for zone, path in self.listed().items()}

    def better(self, path, last):
        """The content of a file that changed, or the last one."""
        new = self.read(path, False)
        return last if new is None or last and new.worth < last.worth else new

    def look(self):
        """All files are looked at."""
        for zone, path in self.named.items():
            self.in_force[zone] = self.better(path, self.in_force[zone])
        listed = self.listed()
        if listed is None:
            return
        for zone in self.zones.keys() - listed.keys():
            del self.zones[zone]
        for zone, path in listed.items():
            self.look_at_zone(zone, path)

    def look_at_zone(self, zone, path):
        """Removing the file of a zone removes the zone. One that has to make room for a better name keeps it."""
        known, last = self.zones.get(zone, (None, None))
        if known and known != path and not os.path.lexists(known):
            last = None
        self.zones[zone] = path, self.better(path, last)

    def every_zone(self):
        """A line wins over the folder."""
        return {zone: content for zone, (_, content) in self.zones.items() if content} | self.in_force

    def covering(self, host):
        """Name and content of the zone of a host."""
        every = self.every_zone()
        covering = [zone for zone in every if host == zone or host.endswith("." + zone)]
        zone = max(covering, key=len, default=None)
        return zone, every.get(zone)

    def verdict(self, host, leaf):
        zone, content = self.covering(host)
        if zone is None:
            return "zone-unknown", None
        if leaf in content.proves:
            return "verified", zone
        is_of_another = any(leaf in other.proves for other in self.every_zone().values())
        return "cert-other-zone" if is_of_another else "cert-unknown", zone
