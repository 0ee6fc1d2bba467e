# SPDX-License-Identifier: Apache-2.0
"""Waits for what takes time."""
import time

from session import PATIENCE


def until(ask, wanted=True, timeout=20):
    """Asks until the answer is `wanted`; all answers, each once, in their order."""
    seen, end = [], time.monotonic() + timeout * PATIENCE
    while time.monotonic() < end:
        answer = ask()
        if answer not in seen:
            seen.append(answer)
        if answer == wanted:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"waited for {wanted!r}, got {seen!r}")
