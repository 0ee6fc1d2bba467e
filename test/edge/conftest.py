# SPDX-License-Identifier: Apache-2.0
"""The certificates and the httpd of test/httpd, and the stand-in of Cloudflare's API."""
import sys
import tempfile
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("edge", "httpd", "support")]

from api_fixtures import *  # noqa: E402,F401,F403
from fixtures import *  # noqa: E402,F401,F403
from standin import StandIn  # noqa: E402
from world import World  # noqa: E402


@pytest.fixture
def standin(scratch):
    """standin(deploy=1, ...): the API, stopped after the test."""
    started = []

    def start(**options):
        started.append(StandIn(tempfile.mkdtemp(prefix="api-", dir=scratch), **options))
        return started[-1]
    yield start
    for api in started:
        api.close()


@pytest.fixture
def world(scratch, pki, standin):
    """world(deploy=0.5, hosts=[...], ...): a zone behind the stand-in, started; nothing is locked yet unless `locked`."""
    made = []

    def make(deploy=0.5, delete=0.3, locked=True, days=90, **options):
        made.append(World(scratch, pki, standin(deploy=deploy, delete=delete), **options))
        if locked:
            made[-1].locked(days)
        return made[-1].start()
    yield make
    for each in made:
        each.stop()
