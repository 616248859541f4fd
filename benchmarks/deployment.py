"""A deployment from the command to its end, beside `docker compose up -d --wait` of the same project."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figure import Figure, Scale, Section
from benchmarks.stand import daemon_at, settle
from benchmarks.stats import median, ms, ratio
from benchmarks.visitors import visitors
from bgd.adapters.compose_cli import ComposeCli
from tests.docker.daemon import VERB_WITHIN_S, RunningDaemon, free_port

TITLE = "A deployment, end to end"
RATE = 100.0
AIM = 1.0
WHY = (
    "Compose runs once; bgd runs it twice, to read the file and to create its containers, and puts the front"
    " on a second network before it starts"
)
FRONT = """\
    image: bgd/nginx:local
    command: [nginx, -g, "daemon off;"]
    environment: {{VERSION: "{version}"}}
    volumes: ["{directory}/front.conf:/etc/nginx/conf.d/default.conf:ro"]
    stop_grace_period: 5s
{health}"""
HEALTH = """\
    healthcheck: {test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 1s, timeout: 2s}
"""
CONF = """server { listen 80; access_log off; location / { return 200 "ok"; } }\n"""
XBGD = """\
x-bgd:
  app: {app}
  route: {{service: web, port: 80}}
  smoke: [{{get: /, contains: ok}}]
"""


class Project:
    """One Compose file, once for bgd and once for Compose alone; each version is another environment."""

    def __init__(self, directory: Path, name: str, has_health: bool) -> None:
        self.name = name
        self.port = free_port()
        self._directory = directory
        self._has_health = has_health
        self._version = 0
        directory.mkdir()
        conf = directory / "front.conf"
        conf.write_text(CONF)
        conf.chmod(0o644)

    def write(self) -> Path:
        """A new version of the file."""
        self._version += 1
        web = FRONT.format(
            version=self._version, directory=self._directory, health=HEALTH if self._has_health else ""
        )
        text = f'name: {self.name}\nservices:\n  web:\n{web}    ports: ["127.0.0.1:{self.port}:80"]\n'
        file = self._directory / "compose.yaml"
        file.write_text(text + XBGD.format(app=self.name))
        return file


def _took_s(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _compare(
    daemon: RunningDaemon, compose: ComposeCli, directory: Path, has_health: bool, rounds: int
) -> tuple[list[float], list[float], list[int]]:
    """Seconds of bgd's deployments and of Compose's, and how many visitors each of both lost."""
    ours = Project(directory / "ours", "deployed", has_health)
    theirs = Project(directory / "theirs", f"bench{secrets.token_hex(3)}", has_health)
    command = [*compose.command, "-p", theirs.name, "-f", str(theirs.write())]
    up = [*command, "up", "-d", "--wait"]

    def run(arguments: list[str]) -> None:
        subprocess.run(arguments, check=True, capture_output=True, env=os.environ, timeout=VERB_WITHIN_S)

    daemon.bgctl("add", str(ours.write()))
    for _ in range(2):
        daemon.bgctl("deploy", ours.name)
    run(up)
    took: tuple[list[float], list[float]] = [], []
    try:
        with visitors(f"127.0.0.1:{daemon.http_port}", "bench", RATE, 8) as here:
            for _ in range(rounds):
                ours.write()
                settle(daemon, ours.name)
                took[0].append(_took_s(lambda: daemon.bgctl("deploy", ours.name)))
        with visitors(f"127.0.0.1:{theirs.port}", "bench", RATE, 8) as there:
            for _ in range(rounds):
                theirs.write()
                took[1].append(_took_s(lambda: run(up)))
    finally:
        run([*command, "down", "--timeout", "1"])
        daemon.bgctl("remove", ours.name, "--yes")
    return *took, [len(here.report.failures), len(there.report.failures)]


def measure(scale: Scale) -> Section:
    """A front without a health check of its own, and one with Docker's."""
    rounds = scale.pick(10, 3)
    rows = [["front", "bgctl deploy", "compose up --wait", "ratio", "failed, bgd", "failed, Compose"]]
    figures = []
    lost = [0, 0]
    with daemon_at() as (daemon, place):
        compose = asyncio.run(ComposeCli.find())
        for name, has_health in (
            ("without a health check", False),
            ("with a health check each second", True),
        ):
            directory = place / ("health" if has_health else "plain")
            directory.mkdir()
            ours, theirs, failed = _compare(daemon, compose, directory, has_health, rounds)
            lost = [a + b for a, b in zip(lost, failed, strict=True)]
            mine, beside = median(ours), median(theirs)
            told = [ms(mine * 1000), ms(beside * 1000), ratio(mine, beside)]
            rows.append([name, *told, *map(str, failed)])
            yardstick = f"compose up -d --wait {ms(beside * 1000)} ({ratio(mine, beside)})"
            aim = f"≤ {AIM:.1f} × compose"
            figures.append(Figure(f"deployment, {name}", aim, told[0], yardstick, mine / beside <= AIM, WHY))
    figures.append(
        Figure("failed during deployments", "0", str(lost[0]), f"compose recreating: {lost[1]}", not lost[0])
    )
    notes = [
        f"{rounds} deployments each, {RATE:.0f} requests a second meanwhile. bgd's include the check, a smoke"
        " check, the switch and the journal; Compose stops the old container before it starts the new one.",
    ]
    return Section("deployment", TITLE, figures, rows, notes)
