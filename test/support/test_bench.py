# SPDX-License-Identifier: Apache-2.0
"""The programs of make bench run, with as little as they can do."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import kit  # noqa: E402
import page  # noqa: E402
import variants  # noqa: E402
from server import ROOT  # noqa: E402

# Without valgrind, which test_instructions.py has. What a program must have in a row of its tables.
PROGRAMS = {
    "connections.py 0 1": "full, TLS 1.3",
    "cpu.py 1 8": "this module",
    "cores.py 1 400": "8 | HTTP/2, 2 connections of 100 streams",
    "settings.py 1 2 1.": "a resumed session, TLS 1.2",
    "strangers.py 4": "the same, to the wrong one",
}


@pytest.fixture(scope="module", autouse=True)
def programs():
    made = subprocess.run(["make", "-s", "-C", ROOT, "bench-programs"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.fixture(scope="module")
def bench(scratch):
    folder = scratch / "bench"
    folder.mkdir()
    folder.chmod(0o755)
    return variants.Bench(folder)


def run(*words, **environment):
    return subprocess.run([ROOT / "test/bench" / words[0], *words[1:]], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})


@pytest.mark.parametrize("command", PROGRAMS)
def test_a_program_prints_tables_of_the_page(command):
    done = run(*command.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^\| {re.escape(PROGRAMS[command])} \|.* \d", done.stdout, re.M), done.stdout
    assert page.tables(done.stdout).keys() <= page.tables(page.PAGE.read_text()).keys(), "a table that the page lacks"


@pytest.mark.parametrize("name", variants.VARIANTS)
def test_a_variant_answers_what_it_should(bench, name):
    assert variants.available([name]), f"{name} is missing: support/test-tools.sh gets it"
    bench.prove([name])


# What it does without: the certificate, the addresses, or all.
BROKEN = {
    "module": (variants.MTLS, ["cf_origin"]),
    "mtls": ("", []),
    "dn": (variants.MTLS + variants.require(*variants.BY_NAME), []),
    "fingerprint": (variants.MTLS + variants.require(variants.IN_RANGES), []),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_variant_that_lets_others_in_is_not_measured(bench, name):
    vhost, modules = BROKEN[name]
    broken = variants.Variant("broken", vhost, modules=modules)
    with bench.start("broken", variant=broken) as server, pytest.raises(kit.Failed, match="not measured"):
        bench.prove_one(name, server, variants.VARIANTS[name])


def test_a_load_counts_exactly(bench):
    with bench.start("module", text="LogFormat %s short\n") as server:
        zone = bench.parties.zone.both
        assert kit.run_load(server.port, zone, "-P", "/small.txt", "-t", 2, "-w", 1, "-r", 5)["requests"] == "10"
        found = kit.run_load(server.port, zone, "-P", "/small.txt", "-T", "1.3", "-n", 3, "-r", 2, "-R")
        assert (found["requests"], found["resumed"]) == ("6", "3")
        with pytest.raises(kit.Failed):
            kit.run_load(server.port, zone, "-P", "/nothing.txt", "-n", 1)


def test_a_table_of_the_page_is_replaced_by_that_with_its_title():
    old = "# Page\n\n### A\n\n| a |\n|---|\n| 1 |\n\nText.\n\n### B\n\nText.\n\n| b |\n|---|\n"
    new = "### B\n\nOther text.\n\n| b |\n|---|\n| 2 |\n\n## more\n"
    assert page.replace(old, page.tables(new)) == old + "| 2 |\n"


def test_what_is_missing_is_said():
    done = run("instructions.py", "10", PATH="/nowhere")
    assert done.stdout == "not measured: valgrind is not installed\n"
    assert run("run.sh", "nonsense").stderr.startswith("nonsense is none of its parts: instructions connections ")


def test_the_interval_of_a_median_needs_no_distribution():
    assert kit.interval(range(100)) == (39, 60)
    assert kit.interval([3, 1, 2]) == (1, 3)
