"""Room in memory: while a deployment runs, so does a second copy of the app."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, good, warning

THEME = "memory"
MEMINFO = Path("/proc/meminfo")
LITTLE_SHARE, LITTLE_KIB = 0.1, 256 * 1024


async def look(_: Place) -> Sequence[Finding]:
    """One line."""
    return [judge(await asyncio.to_thread(MEMINFO.read_text))]


def judge(meminfo: str) -> Finding:
    """The line, from what the kernel says."""
    told = dict(re.findall(r"^(\w+):\s+(\d+) kB", meminfo, re.MULTILINE))
    total, free = int(told["MemTotal"]), int(told["MemAvailable"])
    message = f"{free / 1024:.0f} of {total / 1024:.0f} MiB available"
    if free < max(LITTLE_KIB, LITTLE_SHARE * total):
        fix = "a deployment runs both colours: `bgctl stop APP --color C` ends an idle one, `keep: 0s` all"
        return warning(THEME, message, fix)
    return good(THEME, message)
