"""What the figures were measured on: hardware and versions, and nothing that tells whose machine it is."""

from __future__ import annotations

import asyncio
import os
import platform
import re
from pathlib import Path

import docker

from benchmarks.tools import Missing, tool
from bgd import __version__
from bgd.adapters.compose_cli import ComposeCli

_NUMBER = re.compile(r"\d+\.\d+\.\d+")
_VERSION = {
    "nginx": ("-v",),
    "haproxy": ("-v",),
    "caddy": ("version",),
    "envoy": ("--version",),
    "wrk": ("-v",),
}


def processor() -> str:
    """`Intel(R) Xeon(R) …`, as the kernel has it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_gb() -> float:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def described() -> list[str]:
    """Lines for the results."""
    engine = docker.from_env()
    docker_version = engine.version()["Version"]
    engine.close()
    compose = asyncio.run(ComposeCli.find())
    kernel = ".".join(platform.release().split(".")[:2])
    lines = [
        f"{len(os.sched_getaffinity(0))} cores of {processor()}, {memory_gb():.0f} GB, Linux {kernel}",
        f"bgd {__version__}, Python {platform.python_version()}, Docker Engine {docker_version},"
        f" Compose {'.'.join(map(str, compose.version))}",
    ]
    others = [f"{name} {version}" for name in _VERSION if (version := version_of(name))]
    return [*lines, ", ".join(others)]


def version_of(name: str) -> str:
    """`1.31.3`; nothing where the program can't be had."""
    try:
        said = tool(name).said(*_VERSION[name])
    except (Missing, OSError):
        return ""
    # Envoy's begins with its own path: `PATH version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
    found = _NUMBER.search(said.rpartition("version:")[2])
    return found[0] if found else ""


def load() -> float:
    """How many processes wanted a core over the last minute."""
    return os.getloadavg()[0]


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the threads of a process have used, as the kernel counts them: in nanoseconds."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
