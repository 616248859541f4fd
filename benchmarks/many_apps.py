"""A daemon with many apps: what it costs when nothing happens, and whether one app feels the others."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

from benchmarks import crowd
from benchmarks.figure import Figure, Scale, Section
from benchmarks.machine import cpu_s
from benchmarks.stand import daemon_at
from benchmarks.stats import median, ms, percentile
from tests.docker.daemon import RunningDaemon

TITLE = "Many apps"
MEMORY_MB, IDLE_SHARE = 90.0, 0.01
FLAT, NOISE_MS = 1.5, 3.0
PAUSE_S = 0.5
SETTLE_S = 5.0


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _idle(pid: int, seconds: float) -> float:
    """The share of a core that it uses while nothing happens."""
    before, begun = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_s(pid) - before) / (time.monotonic() - begun)


def _event_ms(daemon: RunningDaemon, app: str) -> tuple[float, float]:
    """Milliseconds of a switch: until its first event came, and until it was answered."""
    with daemon.client.events(app=app) as stream:
        stream.next(0.2)  # connected
        begun = time.monotonic()
        answered: list[float] = []

        def switch() -> None:
            daemon.client.switch(app)
            answered.append(time.monotonic())

        asking = threading.Thread(target=switch)
        asking.start()
        stream.next(10)
        heard = time.monotonic()
        asking.join()
    return (heard - begun) * 1000, (answered[0] - begun) * 1000


def _latencies(daemon: RunningDaemon, rounds: int) -> dict[str, list[float]]:
    """Of the first app: a status, a switch, an event."""
    app = crowd.name_of(0)
    seen: dict[str, list[float]] = {"status": [], "switch": [], "event": []}
    for _ in range(rounds):
        begun = time.monotonic()
        daemon.client.app(app)
        seen["status"].append((time.monotonic() - begun) * 1000)
        event, switch = _event_ms(daemon, app)
        seen["event"].append(event)
        seen["switch"].append(switch)
        time.sleep(PAUSE_S)
    return {name: samples[1:] for name, samples in seen.items()}


def measure(scale: Scale) -> Section:
    """The same daemon with more and more apps in its journal."""
    sizes = (1, 5, 10) if scale.is_quick else (1, 10, 50, 100)
    full = sizes[-1] if scale.is_quick else 50
    rounds, idle_s = scale.pick(25, 8), scale.pick(30, 10)
    rows = [["apps", "status APP", "switch", "p90", "event", "memory", "idle, share of a core"]]
    latencies: dict[int, dict[str, list[float]]] = {}
    cost: dict[int, tuple[float, float]] = {}
    with daemon_at() as (daemon, place), crowd.containers(daemon, place, full) as number:
        so_far = 0
        for size in sizes:
            daemon.end()
            asyncio.run(crowd.record(daemon.state_dir, range(so_far, size), full))
            so_far = size
            daemon.start()
            time.sleep(SETTLE_S)
            latencies[size] = found = _latencies(daemon, rounds)
            pid = int(daemon.client.daemon()["pid"])
            daemon.client.apps()
            time.sleep(SETTLE_S)
            cost[size] = (_memory_mb(pid), _idle(pid, idle_s))
            rows.append(
                [
                    str(size),
                    ms(median(found["status"])),
                    ms(median(found["switch"])),
                    ms(percentile(found["switch"], 0.9)),
                    ms(median(found["event"])),
                    f"{cost[size][0]:.0f} MB",
                    f"{cost[size][1]:.2%}",
                ]
            )
    memory, idle = cost[full]
    what = f"{full} apps and {number} containers"
    few, many = sizes[0], sizes[-1]
    figures = [
        Figure(
            f"memory with {what}",
            f"≤ {MEMORY_MB:g} MB",
            f"{memory:.0f} MB",
            f"with {few}: {cost[few][0]:.0f} MB",
            memory <= MEMORY_MB,
        ),
        Figure(
            f"idle CPU with {what}",
            f"≤ {IDLE_SHARE:.0%} of a core",
            f"{idle:.2%}",
            f"with {few}: {cost[few][1]:.2%}",
            idle <= IDLE_SHARE,
        ),
    ]
    for name in ("status", "switch", "event"):
        least, most = median(latencies[few][name]), median(latencies[many][name])
        figures.append(
            Figure(
                f"{name} latency with {many} apps",
                f"flat: ≤ {FLAT:g} × that with {few}",
                ms(most),
                f"with {few}: {ms(least)} ({most / least:.2f} ×)",
                most <= FLAT * least or most - least <= NOISE_MS,
            )
        )
    notes = [
        f"{number} containers run on the engine throughout, those of {full} apps. They were started straight"
        " on it, and the apps written into the journal as deployments would have left them; further ones have"
        " nothing live."
    ]
    return Section("many_apps", TITLE, figures, rows, notes)
