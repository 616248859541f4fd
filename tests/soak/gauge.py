"""What a daemon and its engine hold, sampled over a long run, and whether it stays flat."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docker.daemon import RunningDaemon


@dataclass
class Gauge:
    """Series of figures by name."""

    series: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **figures: float) -> None:
        """Add a sample of each."""
        for name, value in figures.items():
            self.series.setdefault(name, []).append(value)

    def growth(self, name: str) -> float:
        """The median of the last quarter as a ratio of that of the second one: the first is warming up."""
        samples = self.series[name]
        quarter = max(1, len(samples) // 4)
        before, after = samples[quarter : 2 * quarter], samples[-quarter:]
        return statistics.median(after) / max(1.0, statistics.median(before))

    def table(self) -> str:
        """A line for each: the first, the median, the last, and the growth."""
        lines = [f"{'':<12} {'first':>9} {'median':>9} {'last':>9}  growth"]
        for name, samples in self.series.items():
            middle = statistics.median(samples)
            lines.append(
                f"{name:<12} {samples[0]:>9.1f} {middle:>9.1f} {samples[-1]:>9.1f}  {self.growth(name):.2f}"
            )
        return "\n".join(lines)


def process_figures(pid: int) -> dict[str, float]:
    """Memory in MB, open files and threads of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    return {
        "memory_mb": int(status["VmRSS"].split()[0]) / 1024,
        "files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(status["Threads"]),
    }


def engine_figures(daemon: RunningDaemon) -> dict[str, float]:
    """What of the instance is on the engine: containers, networks, volumes and image tags."""
    wanted = {"label": f"bgd.instance={daemon.instance}"}
    tags = [tag for image in daemon.engine.images.list() for tag in image.tags]
    return {
        "containers": len(daemon.containers()),
        "networks": len(daemon.engine.networks.list(filters=wanted)),
        "volumes": len(daemon.engine.volumes.list(filters=wanted)),
        "images": sum(tag.startswith(f"{daemon.instance}/") for tag in tags),
    }


def disk_figures(directory: Path) -> dict[str, float]:
    """The files below a directory, and how much they hold in KB."""
    sizes: Sequence[int] = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
    return {"state_files": len(sizes), "state_kb": sum(sizes) / 1024}
