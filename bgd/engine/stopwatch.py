"""Time that has passed, whatever the clock on the wall is set to meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def stopwatch(already_s: float = 0.0) -> Callable[[], float]:
    """Counts seconds, `already_s` to begin with."""
    loop = asyncio.get_running_loop()
    began = loop.time() - max(0.0, already_s)
    return lambda: loop.time() - began
