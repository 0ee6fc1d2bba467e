# SPDX-License-Identifier: Apache-2.0
"""The fuzzers that are clients of a real httpd, on their seeds, without a fuzzer: see test/fuzz/README.md."""
import os
import subprocess

import pytest
from server import HTTPD, MODULE, MODULES, PRELOAD, ROOT

FUZZ = ROOT / "test" / "fuzz"
WHOLE = FUZZ / "whole"


@pytest.fixture(scope="module")
def replays():
    subprocess.run(["make", "-s", "-C", WHOLE, "replays"], check=True, capture_output=True)


def inputs(target, folder="seeds"):
    return sorted((FUZZ / folder / target).iterdir())


def replay(target, folder="seeds", mutations=2, configuration=WHOLE):
    environment = {**os.environ, "CFO_FUZZ_HTTPD": HTTPD, "CFO_FUZZ_MODULES": str(MODULES), "CFO_FUZZ_MODULE": str(MODULE),
                   "CFO_FUZZ_CONF": str(configuration), **({"CFO_FUZZ_PRELOAD": PRELOAD} if PRELOAD else {})}
    return subprocess.run([WHOLE / "build" / f"{target}.replay", str(mutations), *inputs(target, folder)],
                          env=environment, capture_output=True, text=True, errors="replace", timeout=300)


@pytest.mark.parametrize("target", ["certificates", "requests"])
@pytest.mark.parametrize("folder, mutations", [("seeds", 2), ("corpus", 0)])
def test_no_input_breaks_a_promise(replays, target, folder, mutations):
    done = replay(target, folder, mutations)
    assert done.returncode == 0, done.stderr
    assert f"{len(inputs(target, folder))} inputs" in done.stdout


@pytest.mark.skipif(bool(PRELOAD), reason="it is not built with the sanitizer of make asan")
def test_no_line_of_the_configuration_breaks_a_promise(replays):
    environment = {**os.environ, "CFO_FUZZ_HTTPD": HTTPD, "CFO_FUZZ_MODULES": str(MODULES), "CFO_FUZZ_CONF": str(WHOLE),
                   "CFO_FUZZ_LANGUAGE": str(WHOLE / "build/language_replay.so")}
    given = inputs("language") + inputs("language", "corpus")
    done = subprocess.run([WHOLE / "language.fuzzer", *given], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{len(given)} inputs\n", done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("target", ["certificates", "requests"])
def test_an_open_site_is_noticed(replays, target, tmp_path):
    for source in WHOLE.glob("*.conf"):
        (tmp_path / source.name).write_text(source.read_text().replace("CFOriginPull On", "CFOriginPull Audit"))
    done = replay(target, configuration=tmp_path, mutations=0)
    assert done.returncode != 0
    assert "PROMISE BROKEN: site " in done.stderr
