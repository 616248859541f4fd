"""Linux, and what its kernel is needed for."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence

from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken, good, warning

THEME = "host"
CUTTING_SINCE = (5, 6)  # pidfd_getfd
LOAD_OF_A_CORE = 4.0


async def look(_: Place) -> Sequence[Finding]:
    """The kernel, and how busy the machine is."""
    if sys.platform != "linux":
        return [broken(THEME, f"this is {platform.system()}", "bgd runs on Linux alone")]
    release, cores = platform.release(), os.cpu_count() or 1
    found = re.match(r"(\d+)\.(\d+)", release)
    told = f"Linux {release}, {cores} core{'s' if cores > 1 else ''}, Python {platform.python_version()}"
    findings = [good(THEME, told)]
    if found and (int(found[1]), int(found[2])) < CUTTING_SINCE:
        findings = [
            warning(
                THEME,
                f"{told}: streams that outlive `drain` can't be cut one by one",
                "a kernel of 5.6 or newer; until then they end when their colour is stopped or replaced",
            )
        ]
    load = os.getloadavg()[1]
    if load > LOAD_OF_A_CORE * cores:
        findings.append(
            warning(
                THEME,
                f"the load of the last 5 minutes is {load:.1f}, on {cores} cores",
                "health checks may run out of time: see `top` for what keeps the machine busy",
            )
        )
    return findings
