"""A whole world at the ports, in memory, so that the engine's own logic can be tried.

The real adapters have tests of their own on the real engine; here the question is what the engine does with
what they tell.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bgd.domain.adoption import PlainContainer, PlainProject
from bgd.domain.color import Color
from bgd.domain.container import Container, Health
from bgd.domain.difference import Fact, Facts, Meant, Running, Survey
from bgd.domain.log import LogLine
from bgd.domain.nginx_config import render
from bgd.domain.notice import Notice
from bgd.domain.origin import Origin
from bgd.domain.plan import Overlap, Plan, RoleOf
from bgd.domain.probe import Answer, Probe
from bgd.domain.release import Image, Model, Release
from bgd.domain.served import Served
from bgd.domain.settings import Role, Route, Settings
from bgd.domain.traffic import Closure, Remaining, Table
from bgd.domain.usage import Usage
from bgd.engine.daemon import Daemon
from bgd.engine.journal import Journal, now
from bgd.engine.ports import (
    BuildContext,
    ImageNews,
    LogQuery,
    Progress,
    Reading,
    RunResult,
    SharedReport,
    Store,
)
from bgd.engine.upkeep import LOOK_AT_LEAST_EVERY_S
from bgd.engine.world import World
from bgd.errors import Failed, Occupied, Unreachable


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Fuse:
    """Counts the calls to the ports and kills the process at one of them."""

    blows_at: int | None = None
    calls: list[str] = field(default_factory=list)

    @property
    def is_blown(self) -> bool:
        """Whether the process is dead."""
        return self.blows_at is not None and len(self.calls) > self.blows_at

    def burn(self, call: str) -> None:
        """Count a call; beyond the limit, die."""
        self.calls.append(call)
        if self.is_blown:
            raise Killed(call)


ALONE = Overlap(False, "web keeps data in /data, and there is no database")


def plan(
    settings: Settings | None = None,
    worker: bool = False,
    task: bool = False,
    host: str = "",
    overlap: Overlap | None = None,
) -> Plan:
    """A plan with a front, and perhaps a worker and a migration."""
    roles = {"web": RoleOf(Role.COLORED, "front"), "db": RoleOf(Role.SHARED, "database")}
    if worker:
        roles["worker"] = RoleOf(Role.LIVE_ONLY, "worker")
    if task:
        roles["migrate"] = RoleOf(Role.TASK, "migration")
    route = Route("web", 8000, (host,) if host else ())
    return Plan("shop", settings or Settings(), roles, route, (), (), (), overlap or Overlap())


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
        for number in range(query.tail or 1):
            text = f"hello {number}"
            yield [LogLine("2026-01-01T00:00:00Z", "blue", "web", "shop-web-1", "stdout", text)]


class FakeTraffic:
    """One nginx: a gate for each app and the table it serves."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.gates: dict[str, Color] = {}
        self.closed: dict[str, frozenset[Closure]] = {}
        self.table: Table = ()
        self.broken: set[str] = set()
        self.is_up = False
        self.is_away = False
        self.reloads = asyncio.Event()  # `apply` waits for it
        self.reloads.set()
        self.is_occupied: Callable[[], bool] = lambda: False
        self.open = 0  # connections to the colour that drains
        self.log: list[Served] = []
        self.after_move: list[Served] = []  # comes once the traffic has moved next

    def answers(self, app: str) -> bool:
        """Whether requests reach the app, and don't get bgd's own page."""
        return self.served(app) is not None and not self.closed.get(app)

    @property
    def preview_door(self) -> str:
        return "127.0.0.1:8081"

    @property
    def public_door(self) -> str:
        return "127.0.0.1:8080"

    @property
    def shortcomings(self) -> Sequence[str]:
        return []

    def check(self, table: Table) -> None:
        render(table)

    def preview_url_inside(self, app: str) -> str:
        return f"http://{app}.preview:8081"

    async def start(self, table: Table) -> None:
        self.fuse.burn("traffic.start")
        if self.is_away:
            raise Unreachable("the Docker engine doesn't answer")
        if "start" in self.broken:
            raise Failed("the image can't be had")
        if not self.is_up and self.is_occupied():
            raise Occupied("0.0.0.0:80 is taken", "stop that")
        self.table, self.is_up = table, True

    async def remove(self) -> None:
        self.fuse.burn("traffic.remove")
        self.table, self.is_up = (), False

    async def apply(self, table: Table) -> None:
        self.fuse.burn("apply")
        assert self.is_up, "there is no proxy to reload"
        await self.reloads.wait()
        if "apply live" in self.broken and any(line.live for line in table):
            raise Failed("nginx refused the configuration")
        self.table = table

    async def switch(self, app: str, to: Color) -> None:
        self.fuse.burn("flip")
        if f"switch {to}" in self.broken:
            raise Failed(f"nginx wasn't seen to serve {to}")
        self.gates[app] = to
        # Their time is now: what ended in the second before isn't the new colour's.
        now_ms = round(time.time() * 1000)
        self.log += [one._replace(ended_ms=now_ms) for one in self.after_move]
        self.after_move = []
        self.fuse.burn("flipped")

    async def is_whole(self) -> bool:
        return self.is_up

    async def live(self, app: str) -> Color | None:
        return self.gates.get(app)

    async def shut(self, app: str, why: Closure) -> None:
        self.fuse.burn("shut")
        if "shut" in self.broken:
            raise Failed("nginx wasn't seen to shut the doors")
        if app in self.gates:
            self.closed[app] = self.closed.get(app, frozenset()) | {why}
        self.fuse.burn("shut done")

    async def reopen(self, app: str, why: Closure) -> None:
        self.fuse.burn("reopen")
        self.closed[app] = self.closed.get(app, frozenset()) - {why}
        self.fuse.burn("reopened")

    async def closures(self, app: str) -> frozenset[Closure]:
        return self.closed.get(app, frozenset())

    async def remaining(self, app: str, color: Color, addresses: Sequence[str]) -> Remaining:
        return Remaining(self.open, 0)

    async def cut(self, addresses: Sequence[str]) -> int:
        self.fuse.burn("cut")
        done, self.open = self.open, 0
        return done

    async def connections(self, groups: Sequence[Sequence[str]]) -> Sequence[int]:
        return [self.open for _ in groups]

    async def requests(self) -> Sequence[Served]:
        news, self.log = self.log, []
        return news

    async def forget(self, app: str) -> None:
        self.gates.pop(app, None)
        self.closed.pop(app, None)

    def served(self, app: str) -> Color | None:
        """The colour that a request would reach."""
        for line in self.table:
            if line.app == app and line.live is not None:
                return self.gates.get(app, line.live)
        return None


class FakeProber:
    """Answers what the test says."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Probe] = []
        self.by_probe: Callable[[Probe], Answer | None] = lambda _: None  # before `answers`

    async def ask(self, probe: Probe) -> Answer:
        self.asked.append(probe)
        if (told := self.by_probe(probe)) is not None:
            return told
        path = "/" + probe.url.split("/", 3)[3]
        return self.answers.get(path, Answer(200, "ok", 1.0))


class FakeWatcher:
    """Yields when the test says that a file changed."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    async def changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext] = ()
    ) -> AsyncGenerator[None]:
        return self._changes()

    async def _changes(self) -> AsyncGenerator[None]:
        while True:
            await self.changed.wait()
            self.changed.clear()
            yield


class FakeNotifier:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[Notice, tuple[str, ...]]] = []
        self.fails_with: BaseException | None = None
        self.failed: tuple[str, ...] = ()
        self.is_slow = False

    async def send(self, notice: Notice, urls: Sequence[str]) -> Sequence[str]:
        if self.is_slow:
            await asyncio.Event().wait()
        if self.fails_with is not None:
            raise self.fails_with
        self.sent.append((notice, tuple(urls)))
        return self.failed


class FakeHost:
    """Runs commands on no host at all: what they are told is kept."""

    def __init__(self, runner: FakeRunner) -> None:
        self.runner = runner
        self.is_allowed = True

    async def run(
        self,
        release: Release,
        directory: Path,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
        progress: Progress,
    ) -> RunResult:
        """As in a container."""
        return await self.runner.run_command(release, Color(env["BGD_COLOR"]), "", command, env, timeout_s)


class FakeMeter:
    """Every container takes the same."""

    async def usage(self, containers: Sequence[Container]) -> Mapping[str, Usage]:
        """A twentieth of a core, and 20 MB of 64."""
        return {one.id: Usage(20 << 20, 64 << 20, 0.05) for one in containers}


class Bench:
    """The fakes and a daemon on them; `reborn` is a new daemon on the same store and the same outside."""

    def __init__(self, store: Store) -> None:
        self.fuse = Fuse()
        self.runner = FakeRunner(self.fuse)
        self.traffic = FakeTraffic(self.fuse)
        self.prober = FakeProber()
        self.watcher = FakeWatcher()
        self.host = FakeHost(self.runner)
        self.notifier = FakeNotifier()
        self.store = store
        self.clock = now
        self.daemon = self.reborn()

    def reborn(self) -> Daemon:
        """A daemon that knows nothing but what is stored."""
        journal = Journal(self.store, lambda: self.clock())
        world = World(
            self.runner,
            self.traffic,
            self.prober,
            self.store,
            journal,
            self.watcher,
            FakeMeter(),
            self.host,
            self.notifier,
        )
        self.daemon = Daemon(world)
        return self.daemon
