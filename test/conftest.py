# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import catalogue  # noqa: E402


def pytest_configure(config):
    for item in catalogue.items():
        config.addinivalue_line("markers", f"{item.name}: {item.what}")
