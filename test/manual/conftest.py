# SPDX-License-Identifier: Apache-2.0
"""The certificates, the httpd and the extractor of test/httpd, for the examples of the manual."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))

from fixtures import *  # noqa: E402,F401,F403
