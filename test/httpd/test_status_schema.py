# SPDX-License-Identifier: Apache-2.0
"""The JSON of the status page, of a real httpd and of the sample (test/unit/sample.c), against
docs/status.schema.json; and the schema against docs/status.md."""
import json
import re
import subprocess

import pytest
from jsonschema import Draft7Validator

from client import CLOUDFLARE, get
from server import ROOT, vhost

SCHEMA = json.loads((ROOT / "docs" / "status.schema.json").read_text())


def strict(part):
    """The same schema, by which nothing may be there that is not listed."""
    if isinstance(part, list):
        return [strict(x) for x in part]
    if not isinstance(part, dict):
        return part
    part = {name: strict(value) for name, value in part.items()}
    return {**part, "additionalProperties": False} if part.get("type") == "object" else part


def names(part):
    """The names of all members, and the words that they may be."""
    if isinstance(part, list):
        return set().union(*map(names, part)) if part else set()
    if not isinstance(part, dict):
        return set()
    words = {x for x in part.get("enum", []) if x is not None} | set(part.get("properties", {}))
    return words.union(*map(names, part.values()))


def paths(value, at=""):
    """Where there is a value: "zones[].proofs[].kind"."""
    if isinstance(value, dict):
        return {at}.union(*(paths(x, f"{at}.{name}") for name, x in value.items()))
    if isinstance(value, list):
        return {at}.union(*(paths(x, at + "[]") for x in value))
    return {at}


@pytest.fixture(scope="module")
def real(httpd, pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)
    server = httpd(server="""
CFOriginPullZone a.test {pki}/zone-a.pem
CFOriginPullZone pinned.test sha256:%s spki-sha256:%s
CFOriginPullRanges builtin 127.0.0.0/9
<Location "/cf-origin-status">
    SetHandler cf-origin-status
    Require local
</Location>
""" % ("ab" * 32, "cd" * 32) + vhost("shop.a.test", "CFOriginPull On") + vhost("off.test", "", port="{port2}", tls=False))
    assert get(server.port, cert=pki.leaf_a, headers=CLOUDFLARE).status == 200
    assert get(server.port).status == 403
    return json.loads(get(server.ports[1], "/cf-origin-status?json", sni="off.test", plain=True).body)


@pytest.fixture(scope="module")
def sample(scratch):
    folder = scratch / "schema"
    folder.mkdir()
    subprocess.run(["make", "-s", "-C", ROOT / "test" / "unit", "build/sample_page"], check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    subprocess.run([ROOT / "test" / "unit" / "build" / "sample_page", folder], check=True, timeout=60)
    return json.loads((folder / "status.json").read_text())


def errors(value):
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in Draft7Validator(strict(SCHEMA)).iter_errors(value)]


def test_the_schema_is_one():
    Draft7Validator.check_schema(SCHEMA)


def test_the_answer_of_httpd_is_as_the_schema_says(real):
    assert errors(real) == []
    assert {".vhosts[].requests", ".zones[].proofs[].kind", ".presented[].sha256", ".ranges.sources[].kind"} \
        <= paths(real)


def test_the_sample_which_has_everything_is_as_the_schema_says(sample):
    assert errors(sample) == []
    assert {".findings[].line", ".files_in_trouble[].reason", ".expiring[].not_after", ".problems[].remedy",
            ".held_back.cert-expired", ".history.hours[].start"} <= paths(sample)


def test_what_is_not_listed_is_found(real):
    assert errors({**real, "more": 1}) and errors({**real, "since": "yesterday"})


def test_the_manual_describes_each_member_and_word_and_no_others():
    manual = (ROOT / "docs" / "status.md").read_text()
    json_table = manual.split("## JSON")[1]
    described = set(re.findall(r"`([\w-]+)`", json_table))
    reasons = set(re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs" / "log.md").read_text(), re.MULTILINE))
    assert names(SCHEMA) - described - reasons == set()
    assert described - names(SCHEMA) == set()
