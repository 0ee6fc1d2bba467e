# SPDX-License-Identifier: Apache-2.0
"""The certificates and the httpd of test/httpd, for the oracles."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from fixtures import *  # noqa: E402,F401,F403
from oracle import SEED, make_program, source  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def program():
    make_program()


@pytest.fixture
def chance(request):
    """The random numbers of this test. They depend on its name, so that it can be repeated alone."""
    print(f"\nORACLE_SEED={SEED}")
    return source(request.node.name)


def pytest_report_header():
    return f"oracles: ORACLE_SEED={SEED} repeats this run"


def pytest_terminal_summary(terminalreporter):
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(f"To repeat the oracles: ORACLE_SEED={SEED}")


@pytest.fixture
def log(tmp_path):
    def write(*lines):
        path = tmp_path / "error.log"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path
    return write
