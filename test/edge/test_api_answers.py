# SPDX-License-Identifier: Apache-2.0
"""Answers that Cloudflare's API does not give: none may crash the client, keep it busy, or be taken for another."""
import json
import os
import random
import re

import pytest

from api_fixtures import ZONES, answer, place
from standin import Answer, Handler, envelope


JSON = [b"", b" ", b"{", b"[]", b"null", b"true", b"7", b'"x"', b"{}", b'{"success":"true"}', b'{"success":1,"result":[]}',
        b'{"success":null}', b'{"success":true}', b'{"success":true,"success":true,"result":[]}', b"\xff\xfe", b"{\0}",
        b'{"success":true,"result":[]}x', b'{"success":true,"result":"\\u0000"}', b'{"success":true,"result":"\xc3\x28"}',
        b'{"success":true,"result":[],"a":1e999}', b'{"success":true,"result":[],"a":99999999999999999999999}',
        b"[" * 100_000, b'{"a":' * 100_000, b'{"success":true,"result":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"success":true,"result":[],}', b"\xef\xbb\xbf{}", b'{"success":true,"result":"\\ud800"}', b"NaN"]


@pytest.mark.parametrize("body", JSON, ids=range(len(JSON)))
@pytest.mark.parametrize("status", [200, 400, 404])
def test_what_is_not_an_envelope(client, api, body, status):
    api.fault(ZONES, Answer(status, body))
    answer = client("zone", "example.com")
    assert answer.failure == "BROKEN", answer
    assert answer.remedy != "-" and len(api.calls) == 1


WRONG = [None, True, 7, 1e300, -1, "", "x", [], [[]], [None], [7], {}, {"id": None}, {"id": ""}, {"id": "a/b"}, {"id": {"id": "1"}},
         [{"id": "a" * 65}], [{"id": "1"}], {"id": "1", "value": 7}, {"enabled": "true", "value": True}, {"value": []},
         {"status": 7}, {"success": True}]


@pytest.mark.parametrize("result", WRONG, ids=range(len(WRONG)))
def test_results_of_a_wrong_kind(client, api, papers, result):
    answer(api, result, "")
    zone, calls = api.zone.id, 0
    for call in [("token",), ("zone", "example.com"), ("ssl", zone), ("switch", zone, "global"), ("switch", zone, "zone"),
                 ("certificates", zone, "zone"), ("certificate", zone, "zone", "1"), ("records", zone),
                 ("upload", zone, "hosts", papers.leaf.crt, papers.leaf.key), ("association", zone, "www.example.com")]:
        said = client(*call)
        assert said.failure in (None, "BROKEN", "ABSENT"), said
        calls += 1
        if said.failure == "ABSENT":
            assert call[0] == "zone" and result in (None, [])
        if said.failure is None and call[0] not in ("certificates", "certificate", "upload", "association", "records"):
            assert False, said
        # Nothing is repeated, and no list goes on for ever.
        assert len(api.calls) == calls


@pytest.mark.parametrize("errors", [None, True, [], [None], [7], ["x"], [{}], [{"code": "7"}], [{"code": 1e300}], {}, "x",
                                    [{"code": -5, "message": 7}], [{"code": 2**62, "message": None}], [{"message": "x" * 5000}]])
def test_errors_of_a_wrong_kind(client, api, errors):
    body = json.dumps({"success": False, "errors": errors}).encode()
    for status, name in (200, "REFUSED"), (400, "REFUSED"), (403, "DENIED"), (404, "ABSENT"), (401, "TOKEN"):
        api.fault(ZONES, Answer(status, body))
        answer = client("zone", "example.com")
        assert (answer.failure, answer.number) == (name, 0)
        assert len(answer.reason) < 600


def pages(api, *infos, entries=1, pattern="GET"):
    """Page after page with these, the last one again and again."""
    for i, info in enumerate(infos):
        rows = [{"id": f"{i}-{j}", "status": "active", "name": "n", "type": "A"} for j in range(entries)]
        api.fault(pattern, Answer(200, json.dumps(envelope(rows, result_info=info)).encode()),
                  times=1 if i + 1 < len(infos) else -1)


@pytest.mark.parametrize("info", [None, 7, [], {}, {"page": 1}, {"total_pages": None}, {"total_pages": "9"},
                                  {"total_pages": -1}, {"total_pages": 1e300}, {"total_pages": 0}, {"total_count": "9"},
                                  {"total_count": 2**62}, {"total_count": 1, "total_pages": 1}, {"count": 9, "per_page": 1}])
def test_a_list_without_a_sound_end_is_one_page(client, api, info):
    pages(api, info)
    assert len(client("certificates", api.zone.id, "zone").lines) == 1
    assert len(api.calls) == 1


@pytest.mark.parametrize("infos, reads", [
    ([{"total_pages": 1, "total_count": 5}], 1),      # fewer than there are
    ([{"total_pages": 0, "total_count": 5}], 1),
    ([{"total_pages": 9}], 2),                        # the same page again
    ([{"total_count": 9}], 2),
    ([{"total_pages": 3}, {"total_pages": 2, "total_count": 7}], 2),
])
def test_a_list_that_is_not_whole_is_an_error(client, api, infos, reads):
    pages(api, *infos)
    for command in ("certificates", api.zone.id, "zone"), ("records", api.zone.id):
        api.calls.clear()
        assert client(*command).failure == "BROKEN"
        assert len(api.calls) <= reads


def test_a_list_without_end_is_given_up(client, api):
    numbers = iter(range(10**6))

    class Endless(Answer):
        @property
        def body(self):
            return json.dumps(envelope([{"id": str(next(numbers))}], result_info={"total_pages": 10**6})).encode()

        @body.setter
        def body(self, _):
            pass

    # More than the burst of the limit would take minutes.
    api.fault("GET", Endless(200), times=400)
    api.fault("GET", Answer(200, json.dumps(envelope([], result_info={"total_pages": 10**6})).encode()), times=-1)
    answer = client("certificates", api.zone.id, "zone")
    assert answer.failure == "BROKEN" and "nothing new" in answer.reason


def test_an_entry_that_comes_twice_is_one(client, api):
    rows = [{"id": "1", "status": "active"}, {"id": "2", "status": "active"}]
    api.fault("GET", Answer(200, json.dumps(envelope(rows, result_info={"total_pages": 2})).encode()))
    api.fault("GET", Answer(200, json.dumps(envelope([rows[1], {"id": "3"}], result_info={"total_pages": 2})).encode()))
    assert sorted(line.split()[0] for line in client("certificates", api.zone.id, "zone").lines) == ["1", "2", "3"]


VALUES = [b"null", b"true", b"-1", b"0", b"1e999", b"9" * 30, b'""', b'"\\u0000"', b"[]", b"{}", b'"' + b"A" * 70 + b'"', b"[[[[]]]]"]


def mutated(chance, text):
    """A few bytes or values of an answer are others."""
    text = bytearray(text)
    for _ in range(chance.randint(1, 3)):
        where, what = chance.randrange(len(text) + 1), chance.randrange(5)
        if what == 0:
            text[where:where + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            del text[where:where + chance.choice([1, 10, 1000])]
        elif what == 2:
            text[where:where] = text[:where][-chance.randint(1, 200):]
        else:
            # The value that follows a colon, or an element of a list.
            found = list(re.finditer(rb"(?<=[:\[] )(\"[^\"]*\"|[\w.-]+|\[|\{)|(?<=[:\[])(\"[^\"]*\"|[\w.-]+)", bytes(text)))
            if found:
                match = chance.choice(found)
                text[match.start():match.end()] = chance.choice(VALUES)
    return bytes(text)


def test_answers_that_are_changed_at_random(client, api, papers, monkeypatch):
    """CF_ORIGIN_ROUNDS rounds, from CF_ORIGIN_SEED on; the message has the seed of the round."""
    first, rounds = int(os.environ.get("CF_ORIGIN_SEED", 1)), int(os.environ.get("CF_ORIGIN_ROUNDS", 25))
    served, certificate = Handler.served, place(api, papers.leaf)
    for i in range(60):
        api.zone.record(f"h{i}.example.com", "192.0.2.1")
    zone = api.zone.id
    commands = [("zone", "example.com"), ("host", "www.example.com"), ("ssl", zone), ("switch", zone, "zone"), ("records", zone),
                ("certificates", zone, "zone"), ("certificate", zone, "zone", certificate.id), ("look", "example.com"),
                ("association", zone, "www.example.com"), ("token",), ("upload", zone, "hosts", papers.other.crt, papers.other.key)]
    for seed in range(first, first + rounds):
        chance = random.Random(seed)

        def changed(handler, *args):
            answer = served(handler, *args)
            if answer.status < 500:
                answer.body = mutated(chance, answer.body)
            return answer

        monkeypatch.setattr(Handler, "served", changed)
        api.calls.clear()
        command = chance.choice(commands)
        said = client(*command)
        assert said.code in (0, 1), (seed, said)
        assert len(api.calls) < 20, (seed, said)
