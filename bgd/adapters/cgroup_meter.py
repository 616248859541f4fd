"""CPU and memory of containers, from the kernel's files.

The engine's own figures block for a second or two a container and cost it 3 to 12 % of a core for twenty;
reading these files costs 0.1 % in this process and nothing there. Where the engine is on another machine
there are no such files, and no figures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic

from bgd.domain.container import Container
from bgd.domain.usage import Usage

AGAIN_S = 1.0
"""Two looks that are closer than this get the same share of CPU: over less it is noise."""
NO_LIMIT = 1 << 60
"""cgroup v1 writes the largest number that it knows for a container without a limit."""


@dataclass(frozen=True, slots=True)
class _Look:
    at_s: float
    cpu_s: float
    cores: float | None


class CgroupMeter:
    """Remembers the last look at each container, so that CPU can be told as a share of the time between."""

    def __init__(
        self,
        root: Path = Path("/sys/fs/cgroup"),
        proc: Path = Path("/proc"),
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._root = root
        self._proc = proc
        self._clock_s = clock_s
        self._looks: dict[str, _Look] = {}
        self._turn = Lock()  # of the threads: two may look at once

    async def usage(self, containers: Sequence[Container]) -> Mapping[str, Usage]:
        """By container's id; those that don't run, or aren't on this machine, aren't in it."""
        return await asyncio.to_thread(self._usage, list(containers))

    def _usage(self, containers: Sequence[Container]) -> Mapping[str, Usage]:
        with self._turn:
            told = {c.id: usage for c in containers if (usage := self._look(c)) is not None}
            oldest = self._clock_s() - 600
            self._looks = {id_: look for id_, look in self._looks.items() if look.at_s >= oldest}
            return told

    def _look(self, container: Container) -> Usage | None:
        if container.pid is None or container.status != "running":
            return None
        try:
            paths = self._paths(container)
            if "" in paths:
                cpu_s, memory, limit = _unified(self._root / paths[""])
            else:
                cpu_s, memory, limit = _split(
                    self._root / "cpuacct" / paths["cpuacct"], self._root / "memory" / paths["memory"]
                )
        except (OSError, KeyError, ValueError):
            return None
        return Usage(memory, limit, self._cores(container.id, cpu_s))

    def _paths(self, container: Container) -> dict[str, Path]:
        """Where its groups are, by controller; by "" where one group has them all (cgroup v2).

        Raises `KeyError` for a process that isn't the container's: the engine is on another machine.
        """
        lines = (self._proc / str(container.pid) / "cgroup").read_text().splitlines()
        paths = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if container.id not in path:
                raise KeyError(container.id)
            for controller in controllers.split(","):
                paths[controller] = Path(path.lstrip("/"))
        if "memory" in paths:
            paths.pop("", None)  # a machine with both: the old files have the figures
        return paths

    def _cores(self, id_: str, cpu_s: float) -> float | None:
        now, last = self._clock_s(), self._looks.get(id_)
        if last is not None and now - last.at_s < AGAIN_S:
            return last.cores
        cores = None if last is None or cpu_s < last.cpu_s else (cpu_s - last.cpu_s) / (now - last.at_s)
        self._looks[id_] = _Look(now, cpu_s, cores)
        return cores


def _unified(group: Path) -> tuple[float, int, int | None]:
    cpu = _table(group / "cpu.stat")["usage_usec"] / 1e6
    used = _number(group / "memory.current") - _table(group / "memory.stat")["inactive_file"]
    limit = (group / "memory.max").read_text().strip()
    return cpu, max(0, used), None if limit == "max" else int(limit)


def _split(cpuacct: Path, memory: Path) -> tuple[float, int, int | None]:
    cpu = _number(cpuacct / "cpuacct.usage") / 1e9
    # As `docker stats` does: pages of files that were read long ago can be dropped at any time.
    used = _number(memory / "memory.usage_in_bytes") - _table(memory / "memory.stat")["total_inactive_file"]
    limit = _number(memory / "memory.limit_in_bytes")
    return cpu, max(0, used), limit if limit < NO_LIMIT else None


def _number(file: Path) -> int:
    return int(file.read_text())


def _table(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, file.read_text().splitlines())}
