# SPDX-License-Identifier: Apache-2.0
"""The fuzzers that are clients of a real httpd, on their seeds, without a fuzzer: see test/fuzz/README.md."""
import os
import subprocess

import pytest
from server import HTTPD, MODULE, MODULES, PRELOAD, ROOT

WHOLE = ROOT / "test" / "fuzz" / "whole"
SEEDS = ROOT / "test" / "fuzz" / "seeds"


@pytest.fixture(scope="module")
def replays():
    subprocess.run(["make", "-s", "-C", WHOLE, "replays"], check=True, capture_output=True)


def replay(target, module=MODULE, configuration=WHOLE, mutations=2):
    environment = {**os.environ, "CFO_FUZZ_HTTPD": HTTPD, "CFO_FUZZ_MODULES": str(MODULES), "CFO_FUZZ_MODULE": str(module),
                   "CFO_FUZZ_CONF": str(configuration), **({"CFO_FUZZ_PRELOAD": PRELOAD} if PRELOAD else {})}
    return subprocess.run([WHOLE / "build" / f"{target}.replay", str(mutations), *sorted((SEEDS / target).iterdir())],
                          env=environment, capture_output=True, text=True, errors="replace", timeout=300)


@pytest.mark.parametrize("target", ["certificates", "requests"])
def test_no_seed_breaks_a_promise(replays, target):
    done = replay(target)
    assert done.returncode == 0, done.stderr
    assert "seeds" in done.stdout


@pytest.mark.skipif(bool(PRELOAD), reason="it is not built with the sanitizer of make asan")
def test_no_line_of_the_configuration_breaks_a_promise(replays):
    environment = {**os.environ, "CFO_FUZZ_HTTPD": HTTPD, "CFO_FUZZ_MODULES": str(MODULES), "CFO_FUZZ_CONF": str(WHOLE),
                   "CFO_FUZZ_LANGUAGE": str(WHOLE / "build/language_replay.so")}
    seeds = sorted((SEEDS / "language").iterdir())
    done = subprocess.run([WHOLE / "language.fuzzer", *seeds], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{len(seeds)} seeds\n", done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("target", ["certificates", "requests"])
def test_an_open_site_is_noticed(replays, target, tmp_path):
    for source in WHOLE.glob("*.conf"):
        (tmp_path / source.name).write_text(source.read_text().replace("CFOriginPull On", "CFOriginPull Audit"))
    done = replay(target, configuration=tmp_path, mutations=0)
    assert done.returncode != 0
    assert "PROMISE BROKEN: site " in done.stderr
