"""As many requests as go, by wrk."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass

from benchmarks.tools import Tool

CONNECTIONS = 32
_RATE = re.compile(r"Requests/sec:\s*([\d.]+)")
_TOTAL = re.compile(r"(\d+) requests in")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What a run got."""

    requests: int
    rate: float  # a second
    p99_ms: float


def load(wrk: Tool, door: str, seconds: int) -> Load:
    """Load a door for so long. Raises `RuntimeError` where an answer is no success."""
    flags = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-H", "Host: bench"]
    done = subprocess.run(
        [wrk.path, *flags, f"http://{door}/"],
        env={**os.environ, **wrk.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    )
    total, rate, late = _TOTAL.search(done.stdout), _RATE.search(done.stdout), _P99.search(done.stdout)
    if total is None or rate is None or late is None or "Non-2xx" in done.stdout:
        raise RuntimeError(f"wrk says:\n{done.stdout}")
    return Load(int(total[1]), float(rate[1]), float(late[1]) * _UNITS[late[2]])
