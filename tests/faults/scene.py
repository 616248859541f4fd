"""One app under traffic, two releases of it deployed: what must hold whatever happens to the daemon."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.docker.both import Watched, watching
from tests.docker.daemon import free_port
from tests.docker.plain import PlainApp
from tests.docker.tiny import Tiny
from tests.faults.asker import Asker
from tests.faults.mortal_daemon import MortalDaemon
from tests.faults.stage import ACT_WITHIN_S, SEED, Stage

XBGD = """\
health: {path: /up, interval: 100ms, within: 20s}
keep: 1h
drain: 3s
roles: {worker: live-only, migrate: task, store: shared}"""
SMOKE = "smoke: [{get: /pay, status: 200}]"
SERVICES = """\
worker:
  image: bgd/demo-web:local
  command: [python3, -u, /app.py]
  volumes: ["./app.py:/app.py:ro"]
  stop_grace_period: 1s
migrate:
  image: bgd/demo-web:local
  command: [python3, -c, "print('migrated')"]
store:
  image: bgd/demo-redis:local"""
WARM_WITHIN_S = 30.0
RECEIPT_WITHIN_S = 20.0
"""It comes two seconds after the old colour has drained, when nginx has written its last lines."""
DATA = {"environment": "DATA: /data", "volumes": "data:/data", "web": "user: root"}
"""What makes two of the app at once fail: it keeps a file locked."""


@dataclass
class Before:
    """The world before an act: the live colour, its containers, and the names of the daemon's files."""

    live: str | None
    containers: dict[str, str]
    files: set[str]


class Scene(Stage):
    """One app, live before the first act; every act is followed by a look at the whole.

    `alone`: both colours of it must not run at once. Others come and go beside it: `guest`, an app of bgd's,
    and `plain`, one that runs under plain Compose.
    """

    def __init__(self, daemon: MortalDaemon, home: Path, *, alone: bool = False) -> None:
        super().__init__(daemon)
        self.alone = alone
        self.tiny = Tiny(home / "tiny")
        self.guest = Tiny(home / "guest", "guest")
        self.plain = PlainApp(home / "plain", free_port())
        self.asker = Asker(daemon.http_port)
        self.watched: Watched | None = None
        self._number = 0
        self._before = Before(None, {}, set())

    @property
    def name(self) -> str:
        """The app's name."""
        return self.tiny.name

    # What acts are made of.

    def write(self, fault: str = "", xbgd: str = SMOKE) -> str:
        """The next version of the app's file, with these settings beside the usual ones."""
        self._number += 1
        version = f"v{self._number}"
        block = "\n".join((XBGD, xbgd, *(["overlap: false"] if self.alone else [])))
        more = DATA if self.alone else {}
        file = self.tiny.write(version, fault=fault, xbgd=block, services=SERVICES, **more)
        if self.alone:
            file.write_text(f"{file.read_text()}volumes: {{data: {{}}}}\n")
        return version

    def deploy(self) -> None:
        """What the file says now, to the deployment's end."""
        number = self.daemon.client.deploy(self.name)["id"]
        while self.daemon.client.deployment(self.name, number)["outcome"] is None:
            time.sleep(0.05)

    def phase(self) -> str:
        """What a deployment is at."""
        return str(self.daemon.client.app(self.name)["phase"])

    def until_phase(self, wanted: str) -> None:
        """Wait for it, or for the end."""
        while self.phase() not in (wanted, "idle"):
            time.sleep(0.02)

    def idle(self) -> tuple[str, str]:
        """The colour that isn't live, and its state."""
        told = self.daemon.client.app(self.name)
        color = "green" if told["live"] == "blue" else "blue"
        return color, str(told["colors"][color]["state"])

    def can_move(self) -> bool:
        """Whether there is a colour to switch to."""
        return self.idle()[1] == ("stopped" if self.alone else "warm")

    def public(self, path: str = "/", host: str = "tiny.test", browser: str = "any") -> httpx.Response:
        """What the world gets."""
        headers = {"Host": host, "User-Agent": browser}
        return httpx.get(self.daemon.url + path, headers=headers, timeout=20)

    # What must hold.

    def allow(self, retry_after: str | None) -> None:
        self.asker.may_pause = retry_after

    def forgive(self) -> None:
        self.asker.failures.clear()
        if self.watched is not None:
            self.watched.both.clear()

    def outcome(self) -> str | None:
        last = self.daemon.client.app(self.name)["last_deployment"]
        return last["outcome"] if last else None

    def note(self) -> None:
        told = self.daemon.client.app(self.name)
        files = {p.name for p in self.daemon.state_dir.rglob("*") if p.is_file()}
        self._before = Before(told["live"], self._live_containers(), files)

    def check(self, where: str) -> None:
        """All of DESIGN's invariants that can be seen from outside."""
        told = self.daemon.client.app(self.name)
        where = f"{where}; seed {SEED}\n{self.daemon.words()}"
        assert not self.asker.failures, f"{self.asker.failures[:5]} {where}"
        assert self.watched is None or not self.watched.both, (self.watched, where)
        assert told["live"] is not None, where
        assert not told["closed"], where
        if told["live"] == self._before.live:
            assert self._live_containers() == self._before.containers, where
        # A stop that was cut short is undone by the upkeep, a moment after the start.
        self.daemon.wait_until(self._is_warm_whole, f"all that waits running: {where}", WARM_WITHIN_S)
        self._check_colors(self.daemon.client.app(self.name), where)
        self._check_served(told, where)
        self._check_leftovers(where)
        self.daemon.wait_until(self._has_receipt, f"a receipt of the last change: {where}", RECEIPT_WITHIN_S)
        for past in self.daemon.client.history(self.name)["deployments"]:
            assert past["outcome"] is not None, where

    def _is_warm_whole(self) -> bool:
        return all(
            any(c["service"] == "web" and c["status"] == "running" for c in of["containers"])
            for of in self.daemon.client.app(self.name)["colors"].values()
            if of["state"] in ("warm", "ready")
        )

    def _has_receipt(self) -> bool:
        last = self.daemon.client.app(self.name)["last_deployment"]
        return last is None or last["receipt"] is not None

    def _live_containers(self) -> dict[str, str]:
        """The live colour's `colored` containers: id, and start time where nothing may start them again."""
        live = self.daemon.client.app(self.name)["live"]
        found = self.daemon.containers(f"bgd.app={self.name}", f"bgd.color={live}")
        return {
            str(c.id): "" if self.alone else str(c.attrs["State"]["StartedAt"])
            for c in found
            if c.labels.get("com.docker.compose.service") == "web"
        }

    def _check_colors(self, told: Any, where: str) -> None:
        for color, of in told["colors"].items():
            found = self.daemon.containers(f"bgd.app={self.name}", f"bgd.color={color}")
            runs = {c.labels["com.docker.compose.service"] for c in found if c.status == "running"}
            odd = [c.name for c in found if c.status not in ("running", "exited")]
            assert not odd, (odd, where)
            if color == told["live"]:
                assert of["state"] == "live", where
                assert runs == {"web", "worker"}, (runs, where)
            elif of["state"] in ("warm", "ready"):
                assert runs == {"web"}, (runs, where)
            else:
                assert of["state"] in ("empty", "failed", "stopped"), (of["state"], where)
                assert not runs, (runs, where)
            releases = {c.labels["bgd.release"] for c in found if c.status == "running"}
            assert releases <= {of["release"]}, (releases, of["release"], where)

    def _check_served(self, told: Any, where: str) -> None:
        version = self.public().text
        live = told["colors"][told["live"]]
        (web,) = [c for c in live["containers"] if c["service"] == "web"]
        said = self.daemon.engine.containers.get(web["id"]).attrs["Config"]["Env"]
        assert f"VERSION={version}" in said, (version, said, where)

    def _check_leftovers(self, where: str) -> None:
        shared = [c for c in self.daemon.containers("bgd.role=shared") if c.labels["bgd.app"] == self.name]
        assert len(shared) == 1, where
        names = sorted(c.name for c in self.daemon.containers())
        assert not [n for n in names if re.match(r"[0-9a-f]{12}_", n)], (names, where)
        spare = {p.name for p in self.daemon.state_dir.rglob("*") if p.is_file()} - self._before.files
        spare = {
            n for n in spare if not re.match(r"r\d+|\d+|(green|blue|live)[.-]|on$|(compose|bgd)\b|.*\.log", n)
        }
        assert not spare, (spare, where)
        beside = [p.name for p in self.daemon.socket.parent.iterdir()]
        assert beside == [self.daemon.socket.name], (beside, where)
        assert not list(self.daemon.state_dir.glob("nginx/gate/*/share*")), where
        assert not composes_of(self.daemon.instance), where


def composes_of(instance: str) -> list[str]:
    """The Compose processes that still work for an instance."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "compose" in line and f"{instance}-" in line]


@contextlib.contextmanager
def scene(home: Path, *, alone: bool = False) -> Iterator[Scene]:
    """A scene with one release live and one before it, under traffic; nothing is left of it."""
    daemon = MortalDaemon(home / "bgd")
    daemon.environment = {"BGD_HOST_HOOKS": "true"}
    made = Scene(daemon, home, alone=alone)
    try:
        daemon.start()
        made.write()
        daemon.client.add(str(made.tiny.file))
        made.deploy()
        made.write()
        made.deploy()
        daemon.wait_until(made.is_settled, "settled", ACT_WITHIN_S)
        with made.asker, watching(daemon) if alone else contextlib.nullcontext() as made.watched:
            yield made
    finally:
        daemon.clear()
        made.plain.clear()
