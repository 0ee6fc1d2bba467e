# SPDX-License-Identifier: Apache-2.0
"""The certificates and the httpd of test/httpd, for the tools that come with the module."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from fixtures import *  # noqa: E402,F401,F403
from updater import Updater  # noqa: E402
from website import Website  # noqa: E402


@pytest.fixture
def log(tmp_path):
    """log(line, ...): a file with these lines; bytes are taken as they are."""
    def write(*lines, name="error.log"):
        path = tmp_path / name
        path.write_bytes(b"".join(x if isinstance(x, bytes) else x.encode() + b"\n" for x in lines))
        return path
    return write


@pytest.fixture
def site():
    site = Website()
    yield site
    site.close()


@pytest.fixture
def updater(tmp_path, site):
    return Updater(tmp_path, site)
