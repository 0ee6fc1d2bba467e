#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what a release consists of, as a bill of materials in the form of CycloneDX 1.5: the archive, its sources and
what they are linked to. Nothing of others is in the archive. The same archive gives the same bytes.

    support/sbom.py mod_cf_origin-VERSION.tar.gz
"""
import hashlib
import json
import re
import sys
import tarfile
import uuid
from pathlib import Path

NAME = "mod_cf_origin"
# Of the system, at least in these versions (configure.ac).
LINKED = {"Apache HTTP Server": ("httpd", "2.4.52", "Apache-2.0"), "Apache Portable Runtime": ("apr", "1.6", "Apache-2.0"),
          "OpenSSL": ("openssl", "1.1.1", "OpenSSL OR Apache-2.0")}
# Of cf-originctl alone, for its verbs "edge".
OPTIONAL = {"libcurl": ("curl", "7.68", "curl"), "Jansson": ("jansson", "2.11", "MIT")}


def sha256(data):
    return [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}]


def sources(path):
    """The C files of the archive: name in it and content."""
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda x: x.name):
            name = member.name.partition("/")[2]
            if member.isfile() and re.fullmatch(r"(mod_cf_origin|(src|support/ctl)/.+)\.[ch]", name):
                yield name, archive.extractfile(member).read()


def library(name, short, least, licence, scope):
    return {"type": "library", "bom-ref": f"pkg:generic/{short}", "name": name, "purl": f"pkg:generic/{short}", "scope": scope,
            "description": f"linked dynamically; {least} or later", "licenses": [{"expression": licence}]}


def bill(path):
    data = path.read_bytes()
    version = re.search(r"-(\d[^-]*)\.tar\.gz$", path.name)[1]
    own = f"pkg:generic/{NAME}@{version}"
    linked = [library(name, *about, "required") for name, about in LINKED.items()]
    linked += [library(name, *about, "optional") for name, about in OPTIONAL.items()]
    files = [{"type": "file", "name": name, "hashes": sha256(content)} for name, content in sources(path)]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + sha256(data)[0]['content'])}",
            "metadata": {"component": {"type": "library", "bom-ref": own, "name": NAME, "version": version, "purl": own,
                                       "licenses": [{"license": {"id": "Apache-2.0"}}], "hashes": sha256(data)}},
            "components": linked + files,
            "dependencies": [{"ref": own, "dependsOn": [component["bom-ref"] for component in linked]}]}


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    print(json.dumps(bill(Path(sys.argv[1])), indent=1))
