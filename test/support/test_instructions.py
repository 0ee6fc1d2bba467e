# SPDX-License-Identifier: Apache-2.0
"""What each request needs does not grow unnoticed: instructions, which repeat, against test/bench/instructions.limits."""
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import guard  # noqa: E402
from server import ROOT  # noqa: E402

pytestmark = pytest.mark.skipif(bool(guard.why_impossible()), reason=guard.why_impossible() or "")


@pytest.fixture(scope="module", autouse=True)
def programs():
    made = subprocess.run(["make", "-s", "-C", ROOT, "bench-programs"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr


def limits(*, of_httpd):
    return {name: limit for name, limit in guard.read_limits().items() if (name in guard.REQUESTS) == of_httpd}


def complaints(counted, limits):
    return "\n".join(guard.complaints(counted, limits, guard.margin()))


def test_a_look_up_needs_no_more_instructions_than_its_limit(tmp_path):
    counted = guard.count_lookups(tmp_path)
    assert not complaints(counted, limits(of_httpd=False))


def test_a_request_and_a_connection_need_no_more_than_their_limits(scratch):
    folder = scratch / "instructions"
    folder.mkdir()
    folder.chmod(0o755)
    assert not complaints(guard.count_requests(folder), limits(of_httpd=True))


def test_what_is_over_its_limit_is_named_with_what_to_do():
    said = guard.complaints({"judge": 412.4, "ray_colo": 39, "new": 7}, {"judge": 360, "ray_colo": 38, "old": 1}, 1.05)
    assert said[0].startswith("judge: 412 instructions, at most 378 expected (360 and 5 %). If the change is worth it, put the new number "
                              "into test/bench/instructions.limits")
    assert [line.partition(":")[0] for line in said] == ["judge", "new", "old"]


def test_a_search_in_place_of_a_look_up_is_noticed_everywhere(tmp_path):
    """The program once more, with a search that answers the same."""
    source = tmp_path / "search.c"
    source.write_text('#include "core/trust/zones.h"\n'
                      "cfo_zone_t *__wrap_cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host);\n"
                      "cfo_zone_t *__real_cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host);\n"
                      "cfo_zone_t *__wrap_cfo_zones_find(cfo_zone_table_t *const *tables, int count, const char *host)\n"
                      "{\n    volatile int i;\n    for (i = 0; i < 100; i++)\n        ;\n"
                      "    return __real_cfo_zones_find(tables, count, host);\n}\n")
    flags = f"-Wl,--wrap=cfo_zones_find {source}"
    program = tmp_path / "lookups"
    made = subprocess.run(["make", "-s", "-C", ROOT, "lookups-with", f"LOOKUPS={program}", f"WITH={flags}"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    said = guard.complaints(guard.count_lookups(tmp_path, program), limits(of_httpd=False), 1.25)
    assert sorted(line.partition(":")[0] for line in said) == ["zones_find_10", "zones_find_10000", "zones_find_none"]
