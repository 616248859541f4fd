"""`bgctl` as whole processes, beside `docker ps`: what somebody at a prompt waits for."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure, Scale, Section, not_measured
from benchmarks.stand import APP, Stand, settle, stand
from benchmarks.stats import median, ms, percentile, ratio

TITLE = "Commands as whole processes"
AIM = 3.0
WITHIN_S = 60.0
WHY = (
    "Python alone takes as long as `docker ps`, see the last line of the table; its modules for arguments,"
    " JSON and sockets, and bgctl's own, as long again; the daemon answers in 1 or 2 ms"
)
COMMANDS = {
    "bgctl status": ["status"],
    "bgctl status APP": ["status", APP],
    "bgctl switch APP": ["switch", APP],
}


def _took_ms(command: Sequence[str | Path], place: Stand) -> float:
    environment = {**os.environ, "BGD_SOCKET": str(place.daemon.socket)}
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        end = threading.Timer(WITHIN_S, process.kill)
        end.start()
        # Not with a timeout of its own: Python then looks 31, 63 and 113 ms after the start, and so on.
        status = process.wait()
        took_ms = (time.perf_counter() - begun) * 1000
        end.cancel()
    if status:
        raise RuntimeError(f"{command[0]} ended with status {status}")
    return took_ms


def measure(scale: Scale) -> Section:
    """Each command in turn, again and again, so that what disturbs one disturbs all."""
    rounds = scale.pick(60, 15)
    docker = shutil.which("docker")
    if docker is None:
        aim = f"≤ {AIM:g} × docker ps"
        return Section("commands", TITLE, [not_measured("bgctl", aim, "there is no docker CLI here")])
    with stand() as place:
        bgctl = Path(place.daemon.python).with_name("bgctl")
        commands: dict[str, list[str | Path]] = {"docker ps": [docker, "ps"]}
        commands |= {name: [bgctl, *arguments] for name, arguments in COMMANDS.items()}
        commands["python -c pass"] = [place.daemon.python, "-c", "pass"]
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                took[name].append(_took_ms(command, place))
            settle(place.daemon, APP)  # the reload after a switch isn't the next command's
    for samples in took.values():
        del samples[0]  # files come from the disk the first time
    beside = median(took["docker ps"])
    figures = []
    for name in COMMANDS:
        times = median(took[name]) / beside
        yardstick = f"docker ps {ms(beside)} ({ratio(median(took[name]), beside)})"
        figures.append(
            Figure(name, f"≤ {AIM:g} × docker ps", ms(median(took[name])), yardstick, times <= AIM, WHY)
        )
    rows = [["command", "median", "p90", "× docker ps"]]
    rows += [
        [name, ms(median(each)), ms(percentile(each, 0.9)), ratio(median(each), beside)]
        for name, each in took.items()
    ]
    return Section(
        "commands", TITLE, figures, rows, [f"{rounds} rounds. `switch` checks, moves and sees it."]
    )
