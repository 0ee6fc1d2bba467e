# SPDX-License-Identifier: Apache-2.0
"""A plugin of pytest: writes the names of the tests that fail into the file CFO_FAILURES."""
import os


def pytest_runtest_logreport(report):
    if report.failed:
        with open(os.environ["CFO_FAILURES"], "a", encoding="utf-8") as names:
            names.write(report.nodeid + "\n")
