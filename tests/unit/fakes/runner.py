"""What runs colours, as a set in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bgd.domain.adoption import PlainContainer, PlainProject
from bgd.domain.color import Color
from bgd.domain.container import Container, Health
from bgd.domain.difference import Fact, Facts, Meant, Running, Survey
from bgd.domain.log import LogLine
from bgd.domain.origin import Origin
from bgd.domain.plan import Plan
from bgd.domain.release import Image, Model, Release
from bgd.domain.settings import Role
from bgd.engine.ports import ImageNews, LogQuery, Progress, Reading, RunResult, SharedReport
from bgd.engine.upkeep import LOOK_AT_LEAST_EVERY_S
from bgd.errors import Failed, Unreachable
from tests.unit.fakes.fuse import Fuse
from tests.unit.fakes.plans import plan


class FakeRunner:
    """Containers as a set of (colour, service, release)."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.plan = plan()
        self.model: Model = {"services": {"web": {}}}
        self.running: dict[tuple[Color, str], Release] = {}
        self.stopped: set[Color] = set()
        self.shared_ids = {"db": "db-1"}
        self.tasks_run: list[tuple[str, str]] = []
        self.task_status = 0
        self.commands: list[tuple[str, tuple[str, ...], dict[str, str]]] = []  # hook, words, variables
        self.command_status = 0
        self.news = ImageNews({}, {})
        self.asked_for_images = asyncio.Event()
        self.contents: dict[str, str] = {}
        self.sick: dict[str, Container] = {}
        self.hold = asyncio.Event()  # `prepare` waits for it
        self.hold.set()
        self.grace = asyncio.Event()  # a worker that runs stops when it is set
        self.grace.set()
        self.repair = asyncio.Event()  # `mend` waits for it
        self.repair.set()
        self.broken: dict[str, str] = {}
        self.sessions = 1
        self.kept_images: frozenset[int] = frozenset()
        self.is_away = False
        self.happened = asyncio.Event()
        self.plain: PlainProject | None = None
        self.plain_up: set[str] = set()
        self.shared_runs = False
        self.origins: list[Origin] = []  # what was read
        self.by_hand: dict[tuple[Color, str], Facts] = {}  # what somebody made otherwise

    def _do(self, call: str) -> None:
        self.fuse.burn(call)
        if (why := self.broken.get(call)) is not None:
            raise Failed(why, "mend it")

    @property
    def up(self) -> set[tuple[Color, str]]:
        """What really runs, by colour and service."""
        return {(color, service) for color, service in self.running if color not in self.stopped}

    def _alone(self, color: Color) -> None:
        """Where both colours must not run at once, nothing of the other one may when this one is begun."""
        assert self.plan.overlap.is_allowed or not [k for k in self.up if k[0] is not color], "two writers"

    async def read(self, origin: Origin, name: str | None = None) -> Reading:
        self._do("read")
        self.origins.append(origin)
        return Reading(
            dict(self.model),
            replace(self.plan, app=name or self.plan.app),
            tuple(map(Path, origin.files)),
            contents=dict(self.contents),
        )

    async def prepare(self, release: Release, color: Color, progress: Progress) -> Mapping[str, Image]:
        self._do("prepare")
        progress("pulling")
        await self.hold.wait()
        return {"web": Image("shop:1", f"sha256:{release.number}")}

    async def image_news(self, release: Release) -> ImageNews:
        self._do("image_news")
        self.asked_for_images.set()
        return self.news

    async def start_shared(self, release: Release, update: bool, progress: Progress) -> SharedReport:
        self._do("start_shared")
        assert not self.plain_up, "two databases on one volume"
        self.shared_runs = True
        return SharedReport((), ())

    async def run_task(self, release: Release, color: Color, service: str, progress: Progress) -> RunResult:
        self._do("run_task")
        self._alone(color)
        if (release.name, service) not in self.tasks_run:
            self.tasks_run.append((release.name, service))
        return RunResult(self.task_status, ("migrating",))

    async def run_command(
        self,
        release: Release,
        color: Color,
        service: str,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
    ) -> RunResult:
        self._do("run_command")
        self.commands.append((env.get("BGD_HOOK", "smoke"), tuple(command), dict(env)))
        return RunResult(self.command_status, ("it says so",))

    async def start(self, release: Release, color: Color, progress: Progress) -> None:
        for key in [k for k in self.running if k[0] is color]:
            del self.running[key]
        self._do("start")
        self._alone(color)
        self.stopped.discard(color)
        self.running[color, "web"] = release

    async def mend(self, release: Release, color: Color, progress: Progress) -> None:
        self._do("mend")
        await self.repair.wait()
        self.running.setdefault((color, "web"), release)
        self.stopped.discard(color)
        if release.plan.services(Role.LIVE_ONLY):
            self.running.setdefault((color, "worker"), release)

    async def reach(self) -> None:
        if self.is_away:
            raise Unreachable("the Docker engine doesn't answer")

    async def start_live_only(self, release: Release, color: Color) -> None:
        self._do("start_live_only")
        self._alone(color)
        if release.plan.services(Role.LIVE_ONLY):
            assert not [k for k in self.running if k[1] == "worker" and k[0] is not color], (
                "two workers at once"
            )
            self.running[color, "worker"] = release

    async def stop_live_only(self, release: Release, color: Color) -> None:
        self._do("stop_live_only")
        if (color, "worker") in self.running:
            await self.grace.wait()
        self.running.pop((color, "worker"), None)

    async def remove_tasks(self, app: str, color: Color) -> None:
        self._do("remove_tasks")

    async def stop(self, app: str, color: Color) -> None:
        self._do("stop")
        self.stopped.add(color)
        self.running.pop((color, "worker"), None)

    async def restart(self, app: str, color: Color) -> None:
        self._do("restart")
        self._alone(color)
        self.stopped.discard(color)

    async def remove(self, app: str, color: Color) -> None:
        self._do("remove")
        for key in [k for k in self.running if k[0] is color]:
            del self.running[key]

    async def remove_app(self, app: str, volumes: bool) -> None:
        self._do("remove_app")
        self.running.clear()
        self.shared_runs = False

    async def keep_images(self, app: str, releases: Collection[int]) -> None:
        self.kept_images = frozenset(releases)

    async def containers(self, app: str | None = None, details: bool = False) -> Sequence[Container]:
        await self.reach()
        self.fuse.burn("containers")
        own = [self._container(color, service, release) for (color, service), release in self.running.items()]
        return [self.sick.get(c.service, c) if c.service in self.sick else c for c in own]

    async def known(self, app: str) -> Sequence[Container]:
        return await self.containers(app, details=True)

    def _container(self, color: Color, service: str, release: Release) -> Container:
        status = "exited" if color in self.stopped else "running"
        name = f"shop-{color}-{service}-1"
        ident = f"{name}-{release.name}"
        return Container(ident, name, service, "shop", color, release.name, status, Health.NONE, "shop:1")

    async def survey(self, app: str, releases: Mapping[Color, Release]) -> Mapping[Color | None, Survey]:
        self._do("survey")
        surveys: dict[Color | None, Survey] = {}
        for color, release in releases.items():
            status = "exited" if color in self.stopped else "running"
            meant = {"web": {"image": Fact(release.images["web"].id, "shop:1")}}
            running = tuple(
                Running(f"shop-{color}-{service}-1", service, status, {**meant.get(service, {}), **more}, {})
                for of, service in self.running
                if of is color
                for more in [self.by_hand.get((color, service), {})]
            )
            surveys[color] = Survey(running, {name: Meant(facts) for name, facts in meant.items()})
        return surveys

    async def changed(self, app: str | None, timeout_s: float) -> None:
        if timeout_s >= LOOK_AT_LEAST_EVERY_S:
            await self.happened.wait()
            self.happened.clear()
        await asyncio.sleep(0)

    async def plain_project(self, file: Path, name: str) -> PlainProject | None:
        self._do("plain_project")
        return self.plain

    async def stop_plain(self, project: PlainProject, renamed: Sequence[str], progress: Progress) -> None:
        self._do("stop_plain")
        self.plain_up.clear()
        self.fuse.burn("stopped_plain")

    async def start_plain(self, project: PlainProject, progress: Progress) -> None:
        self._do("start_plain")
        assert not self.shared_runs, "two databases on one volume"
        assert not self.running, "a colour is still there"
        self.plain_up |= {c.id for c in project.running}
        self.fuse.burn("started_plain")

    async def remove_plain(self, project: PlainProject) -> None:
        self._do("remove_plain")
        assert not self.plain_up, "what runs isn't removed"
        self.plain = None

    async def users_of_shared(self, app: str, model: Model, plan: Plan) -> Sequence[PlainContainer]:
        self._do("users_of_shared")
        return () if self.plain is None else [c for c in self.plain.containers if c.id in self.plain_up]

    async def log_tail(self, app: str, color: Color, lines: int) -> Sequence[LogLine]:
        return [LogLine("2026-01-01T00:00:00Z", color, "web", "shop-web-1", "stderr", "it hurts")]

    async def logs(self, query: LogQuery) -> AsyncGenerator[Sequence[LogLine]]:
        await self.reach()
        for number in range(query.tail or 1):
            text = f"hello {number}"
            yield [LogLine("2026-01-01T00:00:00Z", "blue", "web", "shop-web-1", "stdout", text)]
