"""An app under traffic and a mortal daemon: acts on it, deaths, and what must hold after each."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bgd.errors import BgError
from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny
from tests.faults import mortal
from tests.faults.asker import Asker
from tests.faults.own_engine import OwnEngine

ACT_WITHIN_S = 120.0
WHOLE_WITHIN_S = 90.0
HEALTH = "health: {path: /up, interval: 100ms}\nsmoke:\n  - get: /pay\n    status: 200\nkeep: 1h\ndrain: 3s"
WORKER = """\
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
ROLES = "roles: {worker: live-only, migrate: task, store: shared}"
SEED = int(os.environ.get("BGD_SEED", random.SystemRandom().randrange(10**6)))


class MortalDaemon(RunningDaemon):
    """A daemon that can be armed to die at one of its effects."""

    def __init__(self, home: Path, own: OwnEngine | None = None) -> None:
        super().__init__(home, engine_url=own.url if own else None)
        self.own = own
        if own is not None:
            self.prefix, self.environment = own.inside, own.environment
        self.program = (mortal.__file__, str(home))

    def arm(self, at: int) -> None:
        """Let it die at effect number `at` from now on; 0 only counts."""
        assert self._process is not None
        (self.home / mortal.AT).write_text(str(at))
        (self.home / mortal.POINTS).write_text("armed later\n")
        self._process.send_signal(mortal.ARM)
        self.wait_until(lambda: "armed later" not in (self.home / mortal.POINTS).read_text(), "armed", 10)

    def points(self) -> list[str]:
        """The effects since it was armed."""
        return (self.home / mortal.POINTS).read_text().splitlines()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process else None

    def has_died(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, wherever it is."""
        if not self.has_died():
            self.end(signal.SIGKILL)

    def answer(self) -> str | None:
        """What the public port answers; `None` when it doesn't, or not well."""

        def ask() -> str | None:
            try:
                told = httpx.get(self.url, timeout=5)
            except httpx.HTTPError:
                return None
            return told.text if told.status_code == 200 else None

        return self.own.within(ask) if self.own else ask()

    def children(self) -> Iterator[tuple[int, str]]:
        """The processes that it has started and that run: pid and command line."""
        assert self._process is not None
        for children in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            for pid in children.read_text().split():
                with contextlib.suppress(OSError):
                    yield int(pid), Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")

    def wait_until(self, holds: Callable[[], bool], what: str, within_s: float) -> None:
        """Look until it holds; fails the test when it doesn't in time."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"not {what} within {within_s} s:\n{self.words()}"
            time.sleep(0.01)


@dataclass
class Died:
    """How an act ended: at which effect, or at none because it was over before."""

    point: str | None
    ended: BgError | None


class Scene:
    """One app, live before the first act; every act is followed by a look at the whole."""

    def __init__(self, daemon: MortalDaemon, tiny: Tiny) -> None:
        self.daemon = daemon
        self.tiny = tiny
        self.asker = Asker(daemon.http_port)
        self._number = 0

    def write(self, fault: str = "") -> str:
        """The next version of the app's file."""
        self._number += 1
        version = f"v{self._number}"
        self.tiny.write(version, fault=fault, xbgd=f"{HEALTH}\n{ROLES}", services=WORKER)
        return version

    # Acts: each is safe to call when the daemon dies in the middle of it.

    def deploy(self) -> None:
        """A good release."""
        self.write()
        self.deploy_this()

    def deploy_broken(self) -> None:
        """A release whose smoke check fails."""
        self.write(fault="broke")
        with contextlib.suppress(BgError):
            self.deploy_this()

    def deploy_and_cancel(self) -> None:
        """A deployment that is cancelled while it checks a front that never answers."""
        self.write(fault="deaf")
        self.daemon.client.deploy(self.tiny.name)
        with contextlib.suppress(BgError):
            self._stage("checking")
            self.daemon.client.cancel(self.tiny.name)

    def switch(self) -> None:
        """The traffic to the other colour, and so back in turn."""
        self.daemon.client.switch(self.tiny.name)

    def rollback(self) -> None:
        """The traffic back."""
        self.daemon.client.rollback(self.tiny.name)

    def deploy_this(self) -> None:
        """What the file says now, to the deployment's end."""
        number = self.daemon.client.deploy(self.tiny.name)["id"]
        while True:
            told = self.daemon.client.deployment(self.tiny.name, number)
            if told["outcome"] is not None:
                return
            time.sleep(0.05)

    def _stage(self, wanted: str) -> None:
        while (told := self.daemon.client.app(self.tiny.name)["phase"]) not in (wanted, "idle"):
            assert told
            time.sleep(0.02)

    # Deaths.

    def die_in(self, act: Callable[[], None], at: int) -> Died:
        """Arm the daemon, act, and wait until it is dead or the act is over."""
        self.daemon.arm(at)
        return self._act(act)

    def die_after(self, act: Callable[[], None], delay_s: float) -> Died:
        """Act, and kill the daemon so long after."""
        self.daemon.arm(0)
        timer = threading.Timer(delay_s, self.daemon.kill)
        timer.start()
        died = self._act(act)
        timer.cancel()
        timer.join()
        return died

    def _act(self, act: Callable[[], None]) -> Died:
        ended: BgError | None = None
        try:
            act()
        except BgError as error:
            ended = error
        self.daemon.wait_until(lambda: self.daemon.has_died() or self.is_settled(), "settled", ACT_WITHIN_S)
        if self.daemon.has_died():
            return Died((self.daemon.points() or ["at once"])[-1], ended)
        return Died(None, ended)

    def can_move(self) -> bool:
        """Whether there is a colour to switch to."""
        told = self.daemon.client.app(self.tiny.name)
        return any(color["state"] == "warm" for color in told["colors"].values())

    def is_settled(self) -> bool:
        """Whether nothing is going on, draining included."""
        try:
            told = self.daemon.client.app(self.tiny.name)
        except BgError:
            return False
        return told["phase"] == "idle" and not any(
            color["state"] == "draining" for color in told["colors"].values()
        )

    def revive(self) -> None:
        """The next daemon, until it has done what the dead one left."""
        self.daemon.kill()
        self.daemon.start()
        self.daemon.wait_until(self.is_settled, "whole", WHOLE_WITHIN_S)

    # What must hold.

    def live_containers(self) -> dict[str, str]:
        """The live colour's `colored` containers as they run: id and start time."""
        live = self.daemon.client.app(self.tiny.name)["live"]
        found = self.daemon.containers(f"bgd.app={self.tiny.name}", f"bgd.color={live}")
        return {
            str(c.id): str(c.attrs["State"]["StartedAt"])
            for c in found
            if c.labels.get("com.docker.compose.service") == "web"
        }

    def check(self, before: Before, where: str) -> None:
        """All of DESIGN's invariants that can be seen from outside."""
        told = self.daemon.client.app(self.tiny.name)
        where = f"{where}; seed {SEED}\n{self.daemon.words()}"
        assert not self.asker.failures, f"{self.asker.failures[:5]} {where}"
        live = told["live"]
        assert live is not None, where
        if live == before.live:
            assert self.live_containers() == before.containers, where
        self._check_colors(told, where)
        self._check_served(told, where)
        self._check_leftovers(before, where)
        for past in self.daemon.client.history(self.tiny.name)["deployments"]:
            assert past["outcome"] is not None, where

    def _check_colors(self, told: Any, where: str) -> None:
        for color, of in told["colors"].items():
            found = self.daemon.containers(f"bgd.app={self.tiny.name}", f"bgd.color={color}")
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
        version = httpx.get(self.daemon.url).text
        live = told["colors"][told["live"]]
        (web,) = [c for c in live["containers"] if c["service"] == "web"]
        said = self.daemon.engine.containers.get(web["id"]).attrs["Config"]["Env"]
        assert f"VERSION={version}" in said, (version, said, where)

    def _check_leftovers(self, before: Before, where: str) -> None:
        assert len(self.daemon.containers("bgd.role=shared")) == 1, where
        names = sorted(c.name for c in self.daemon.containers())
        assert not [n for n in names if re.match(r"[0-9a-f]{12}_", n)], (names, where)
        spare = {p.name for p in self.daemon.state_dir.rglob("*") if p.is_file()} - before.files
        spare = {n for n in spare if not re.match(r"r\d+|\d+|(green|blue|live)\.|(compose|bgd)\b|.*\.log", n)}
        assert not spare, (spare, where)
        assert not composes_of(self.daemon.instance), where

    def before(self) -> Before:
        """What to compare with later."""
        told = self.daemon.client.app(self.tiny.name)
        files = {p.name for p in self.daemon.state_dir.rglob("*") if p.is_file()}
        return Before(told["live"], self.live_containers(), files)


@dataclass
class Before:
    """The world before an act: the live colour, its containers, and the names of the daemon's files."""

    live: str | None
    containers: dict[str, str]
    files: set[str]


def composes_of(instance: str) -> list[str]:
    """The Compose processes that still work for an instance."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "compose" in line and f"{instance}-" in line]


@contextlib.contextmanager
def scene(home: Path) -> Iterator[Scene]:
    """A scene with one release live and one warm, under traffic; nothing is left of it."""
    daemon = MortalDaemon(home / "bgd")
    try:
        daemon.start()
        made = Scene(daemon, Tiny(home / "tiny"))
        made.write()
        daemon.client.add(str(made.tiny.file))
        made.deploy_this()
        made.deploy()
        daemon.wait_until(made.is_settled, "settled", ACT_WITHIN_S)
        with made.asker:
            yield made
    finally:
        daemon.clear()
