"""What runs a colour, with Docker Compose: the `Runner` of the engine's ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

from bgd.adapters import compose_file
from bgd.adapters.app_logs import AppLogs
from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.compose_project import SERVICE, ComposeProjects
from bgd.adapters.container_logs import ContainerLogs
from bgd.adapters.container_report import ONE_OFFS, container_of
from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.adapters.engine_events import EngineEvents
from bgd.adapters.environment import surveys_of
from bgd.adapters.host_survey import HostSurvey
from bgd.adapters.image_supply import ImageSupply
from bgd.adapters.known_containers import KnownContainers
from bgd.adapters.one_offs import OneOffs
from bgd.adapters.plain_projects import PlainProjects
from bgd.adapters.provisions import Provisions
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import Voice, cleaner
from bgd.adapters.shared_services import SharedServices
from bgd.domain.adoption import PlainContainer, PlainProject
from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.difference import Survey
from bgd.domain.log import LogLine
from bgd.domain.origin import Origin
from bgd.domain.plan import Plan
from bgd.domain.release import Image, Model, Release
from bgd.domain.render import Command, Place, Project, finishing, render_color, render_shared
from bgd.domain.render.naming import APP, INSTANCE, RELEASE, ROLE
from bgd.domain.settings import Role
from bgd.engine.ports import ImageNews, LogQuery, Progress, Reading, RunResult, SharedReport


class ComposeRunner:
    """Runs apps as Compose projects on one Docker engine, for one instance of bgd.

    `state` is the daemon's state directory, `edge` the proxy's network, which must exist before anything is
    started. `open()` begins to listen to the engine's events; `close()` ends that.
    """

    def __init__(self, instance: str, state: Path, cli: ComposeCli, engine: DockerEngine, edge: str) -> None:
        self._instance = instance
        self._state = state
        self._cli = cli
        self._engine = engine
        self._edge = edge
        self._events = EngineEvents(engine.socket, instance)
        self._known = KnownContainers(self._events)
        self._provisions = Provisions(engine)
        self._projects = ComposeProjects(cli, engine, self._provisions)
        self._plain = PlainProjects(engine)
        self._images = ImageSupply(cli, engine)
        self._host = HostSurvey(engine.socket)
        self._logs = ContainerLogs(engine)
        self._shared = SharedServices(self._projects, engine, self._events, self._logs)
        self._one_offs = OneOffs(self._projects, engine, self._events, self._logs)
        self._seen: WeakKeyDictionary[asyncio.Task[object], dict[str | None, int]] = WeakKeyDictionary()

    async def open(self) -> None:
        """Begin to listen to the engine's events."""
        await self._events.start()

    async def close(self) -> None:
        """Stop listening. What runs on the engine goes on."""
        await self._events.close()

    async def read(self, origin: Origin, name: str | None = None) -> Reading:
        file, *more = map(Path, origin.files)
        return await compose_file.read(
            self._cli,
            file,
            name,
            more=more,
            profiles=origin.profiles,
            ask_host=self._host.ask,
            to_run=True,
        )

    async def prepare(self, release: Release, color: Color, progress: Progress) -> Mapping[str, Image]:
        place, files = self._place(release.app), self._files(release.app)
        voice = await _voice(release, progress)
        # What can't be rendered shouldn't be built first.
        stand_in = _stand_in(release.plan)
        render_shared(release.model, release.plan, stand_in, place)
        self._render(replace(release, images=stand_in), color)
        return await self._images.prepare(release, place, files, voice)

    async def image_news(self, release: Release) -> ImageNews:
        return await self._images.news(release)

    async def start_shared(self, release: Release, update: bool, progress: Progress) -> SharedReport:
        place = self._place(release.app)
        project = render_shared(release.model, release.plan, release.images, place)
        voice = await _voice(release, progress)
        return await self._shared.start(
            project, place, self._files(release.app), voice, finishing(release.model), update
        )

    async def run_task(self, release: Release, color: Color, service: str, progress: Progress) -> RunResult:
        return await self._one_offs.task(
            self._render(release, color),
            self._place(release.app),
            color,
            release.name,
            service,
            self._files(release.app),
            await _voice(release, progress),
        )

    async def run_command(
        self,
        release: Release,
        color: Color,
        service: str,
        command: Sequence[str],
        env: Mapping[str, str],
        timeout_s: float,
    ) -> RunResult:
        return await self._one_offs.command(
            self._render(release, color),
            self._place(release.app),
            color,
            Command(service, command, env),
            self._edge,
            timeout_s,
            self._files(release.app),
            await _voice(release),
        )

    async def start(self, release: Release, color: Color, progress: Progress) -> None:
        project = self._render(release, color)
        labels = self._place(release.app).labels(color)
        listed = await self._engine.containers(labels)
        await self._projects.remove([c for c in listed if not _belongs(c, project, release.name)])
        await self._provisions.remove_networks(labels, kept=[spec.name for spec in project.networks])
        await self._projects.bring_up(
            project,
            release.plan.services(Role.COLORED),
            self._files(release.app),
            str(color),
            await _voice(release, progress),
        )

    async def start_live_only(self, release: Release, color: Color) -> None:
        await self._projects.bring_up(
            self._render(release, color),
            release.plan.services(Role.LIVE_ONLY),
            self._files(release.app),
            str(color),
            await _voice(release),
            "--no-deps",
            "--no-recreate",
        )

    async def stop_live_only(self, release: Release, color: Color) -> None:
        labels = self._place(release.app).labels(color, str(Role.LIVE_ONLY))
        await self._projects.rest(await self._engine.containers(labels))

    async def remove_tasks(self, app: str, color: Color) -> None:
        labels = self._place(app).labels(color)
        listed = await self._engine.containers(labels)
        ours = [c for c in listed if c["Labels"].get(ROLE) in ONE_OFFS]
        await self._projects.remove(ours)
        if len(ours) == len(listed):
            await self._provisions.remove_networks(labels)

    async def stop(self, app: str, color: Color) -> None:
        await self._projects.rest(await self._engine.containers(self._place(app).labels(color)))

    async def restart(self, app: str, color: Color) -> None:
        """As the port says. Live-only services stay stopped: they start when the colour goes live."""
        place, files = self._place(app), self._files(app)
        listed = await self._engine.containers(place.labels(color, str(Role.COLORED)))
        services = sorted({c["Labels"][SERVICE] for c in listed})
        document = await files.read(str(color)) or {}
        voice = Voice(await cleaner(document))
        await self._projects.restart(files.path(str(color)), document, place.project(color), services, voice)

    async def remove(self, app: str, color: Color) -> None:
        labels = self._place(app).labels(color)
        await self._projects.remove(await self._engine.containers(labels))
        await self._provisions.remove_networks(labels)
        files = self._files(app)
        for name in (str(color), f"{color}-task", *await files.names(f"{color}.")):
            await files.remove(name)

    async def remove_app(self, app: str, volumes: bool) -> None:
        place, files = self._place(app), self._files(app)
        for color in Color:
            await self.remove(app, color)
        labels = place.labels()
        await self._projects.remove(await self._engine.containers(labels), anonymous_volumes=volumes)
        await self._provisions.remove_networks(labels)
        if volumes:
            await self._provisions.remove_volumes(labels)
        await self._images.tags.forget(place)
        await files.remove_all()
        self._known.forget(app)

    async def plain_project(self, file: Path, name: str) -> PlainProject | None:
        return await self._plain.find(file, name)

    async def stop_plain(self, project: PlainProject, renamed: Sequence[str], progress: Progress) -> None:
        await self._plain.stop(project, renamed, progress)

    async def start_plain(self, project: PlainProject, progress: Progress) -> None:
        await self._plain.start(project, progress)

    async def remove_plain(self, project: PlainProject) -> None:
        await self._plain.remove(project)

    async def users_of_shared(self, app: str, model: Model, plan: Plan) -> Sequence[PlainContainer]:
        rendered = render_shared(model, plan, _stand_in(plan), self._place(app))
        volumes = [given["name"] for given in (rendered.document.get("volumes") or {}).values()]
        return await self._plain.users(volumes, self._instance, app)

    async def keep_images(self, app: str, releases: Collection[int]) -> None:
        await self._images.tags.keep_only(self._place(app), releases)

    async def containers(self, app: str | None = None, details: bool = False) -> Sequence[Container]:
        labels = {INSTANCE: self._instance, **({APP: app} if app is not None else {})}
        revision = self._events.revision(app) if app is not None else 0
        if app is not None:
            self._note_look(app)
        listed = [c for c in await self._engine.containers(labels) if APP in c["Labels"]]
        if not details:
            return [container_of(c) for c in listed]
        inspected = await together(self._engine.inspect(c["Id"]) for c in listed)
        found = [container_of(a, b) for a, b in zip(listed, inspected, strict=True) if b is not None]
        if app is not None:
            self._known.keep(app, revision, found)
        return found

    async def known(self, app: str) -> Sequence[Container]:
        found = self._known.of(app)
        if found is None:
            return await self.containers(app, details=True)
        self._note_look(app)
        return found

    async def survey(self, app: str, releases: Mapping[Color, Release]) -> Mapping[Color | None, Survey]:
        projects: dict[Color | None, Project] = {c: self._render(r, c) for c, r in releases.items()}
        if (applied := await self._files(app).read("shared")) is not None:
            projects[None] = Project(self._place(app).project(None), applied)
        return await surveys_of(
            self._engine, self._place(app), self._edge, projects, [r.model for r in releases.values()]
        )

    def _note_look(self, app: str) -> None:
        """Remember for the calling task's `changed` what it has seen."""
        if (task := asyncio.current_task()) is not None:
            self._seen.setdefault(task, {})[app] = self._events.revision(app)

    @property
    def sessions(self) -> int:
        """As the port says."""
        return self._events.sessions

    async def reach(self) -> None:
        if not self._events.are_heard:
            await self._engine.ping()

    async def mend(self, release: Release, color: Color, progress: Progress) -> None:
        await self.start_shared(release, update=False, progress=progress)
        await self._projects.bring_up(
            self._render(release, color),
            release.plan.services(Role.COLORED, Role.LIVE_ONLY),
            self._files(release.app),
            str(color),
            await _voice(release, progress),
            "--no-deps",
            "--no-recreate",
        )

    async def changed(self, app: str | None, timeout_s: float) -> None:
        """As the port says; a change since the calling task's last look at the containers counts too."""
        task = asyncio.current_task()
        seen = self._seen.get(task, {}) if task is not None else {}
        await self._events.after(app, seen.get(app, self._events.revision(app)), timeout_s)

    async def log_tail(self, app: str, color: Color, lines: int) -> Sequence[LogLine]:
        return await self._logs_of(app).tail(color, lines)

    def logs(self, query: LogQuery) -> AsyncGenerator[Sequence[LogLine]]:
        return self._logs_of(query.app).lines(query)

    def _render(self, release: Release, color: Color) -> Project:
        place = self._place(release.app)
        return render_color(
            release.model, release.plan, release.images, place, color, release.name, self._edge
        )

    def _place(self, app: str) -> Place:
        return Place(self._instance, app)

    def _files(self, app: str) -> AppFiles:
        return AppFiles(self._state, app)

    def _logs_of(self, app: str) -> AppLogs:
        return AppLogs(self._place(app), self._files(app), self._engine, self._events, self._logs)


def _stand_in(plan: Plan) -> Mapping[str, Image]:
    """Images for rendering before there are any."""
    return {name: Image("", "sha256:") for name in plan.roles}


async def _voice(release: Release, progress: Progress | None = None) -> Voice:
    return Voice(await cleaner(release.model), progress)


def _belongs(container: Attributes, project: Project, release: str) -> bool:
    """Whether a container may stay when its colour is started: it is of this release, and whole.

    Tasks stay as the record that they ran. A container that Compose was replacing when it was killed has
    a name with an id before it, for ever.
    """
    labels = container["Labels"]
    named = container["Names"][0].lstrip("/").startswith(project.name + "-")
    return (
        named and labels.get(RELEASE) == release and labels.get(ROLE) in {str(Role.COLORED), str(Role.TASK)}
    )
