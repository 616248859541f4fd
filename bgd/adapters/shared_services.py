"""The shared services of an app: created when they are missing, and otherwise left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bgd.adapters.compose_project import PROJECT, SERVICE, ComposeProjects
from bgd.adapters.container_logs import ContainerLogs
from bgd.adapters.container_report import container_of
from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.adapters.engine_events import EngineEvents
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import Voice
from bgd.domain.container import Container
from bgd.domain.readiness import Readiness, readiness
from bgd.domain.render import Place, Project, merged_shared
from bgd.domain.render.naming import DEFINITION
from bgd.engine.ports import SharedReport
from bgd.errors import Failed

SHARED_TIMEOUT_S = 600.0
"""How long shared services may take to get healthy; a large database recovers for minutes."""

LOOK_EVERY_S = 1.0
"""How long a change is waited for before looking again: for time passing there is no event."""

SHOWN_LINES = 10
FILE = "shared"


class SharedServices:
    """Brings up what the colours share."""

    def __init__(
        self, projects: ComposeProjects, engine: DockerEngine, events: EngineEvents, logs: ContainerLogs
    ) -> None:
        self._projects = projects
        self._engine = engine
        self._events = events
        self._logs = logs

    async def start(
        self,
        project: Project,
        place: Place,
        files: AppFiles,
        voice: Voice,
        finishing: frozenset[str],
        update: bool,
    ) -> SharedReport:
        """Create what is missing and wait for all of it; for those `finishing`, till their work is done.

        What runs stays as it runs, and what is no longer in the file too. A container tells by its label what
        it was made from: that is compared, and with `update` those that differ are made anew.
        """
        if not project.services:
            return SharedReport((), ())
        there: dict[str, Attributes] = {}
        for container in await self._engine.containers(
            {**place.labels(role="shared"), PROJECT: project.name}
        ):
            there[container["Labels"].get(SERVICE, "")] = container
        created = tuple(name for name in project.services if name not in there)
        changed = tuple(
            name
            for name, given in project.services.items()
            if name in there and there[name]["Labels"].get(DEFINITION) != given["labels"][DEFINITION]
        )
        kept = (set(there) - set(project.services)) | (set() if update else set(changed))
        whole = merged_shared(project, await files.read(FILE), kept)
        if update and changed:
            voice.say(f"shared services are made anew: {', '.join(changed)}")
            await self._projects.bring_up(whole, changed, files, FILE, voice, "--no-deps")
        # Compose would start what has done its work once more, at every deployment.
        anew = {*created, *(changed if update else ())}
        done = {name for name in finishing - anew if name in there and _has_done_its_work(there[name])}
        wanted = [name for name in project.services if name not in done]
        await self._projects.bring_up(whole, wanted, files, FILE, voice, "--no-recreate")
        await self._ready(whole, finishing, wanted, place, voice)
        return SharedReport(created, () if update else changed)

    async def _ready(
        self, project: Project, finishing: frozenset[str], services: Sequence[str], place: Place, voice: Voice
    ) -> None:
        """Wait until each is healthy, runs without a check, or has done its work."""
        waiting: tuple[str, str] = "", ""
        try:
            async with asyncio.timeout(SHARED_TIMEOUT_S):
                while True:
                    revision = self._events.revision(place.app)
                    containers = await self._inspected(project.name)
                    waiting = await self._first_not_ready(project, finishing, services, containers, voice)
                    if not waiting[0]:
                        return
                    voice.say(f"{waiting[0]}: {waiting[1]}")
                    await self._events.after(place.app, revision, LOOK_EVERY_S)
        except TimeoutError:
            name, state = waiting
            raise Failed(
                f"the shared service {name} isn't ready after {SHARED_TIMEOUT_S:.0f} s: {state}"
                + await self._last_words(project.name, name, voice),
                f"`docker logs` and the health check of {name} say why",
            ) from None

    async def _first_not_ready(
        self,
        project: Project,
        finishing: frozenset[str],
        services: Sequence[str],
        containers: Sequence[Container],
        voice: Voice,
    ) -> tuple[str, str]:
        """The first service that is to be waited for, and its state; empty when there is none."""
        now = datetime.now(UTC)
        for name in services:
            own = [container for container in containers if container.service == name]
            found, state = readiness(own, name in finishing, now)
            if found is Readiness.HOPELESS:
                raise Failed(
                    f"the shared service {name} {state}" + await self._last_words(project.name, name, voice),
                    f"mend {name} and deploy again; the colours weren't touched",
                )
            if found is Readiness.WAITING:
                return name, state
        return "", ""

    async def _inspected(self, project: str) -> list[Container]:
        listed = await self._engine.containers({PROJECT: project})
        inspected = await together(self._engine.inspect(container["Id"]) for container in listed)
        return [container_of(a, b) for a, b in zip(listed, inspected, strict=True) if b is not None]

    async def _last_words(self, project: str, service: str, voice: Voice) -> str:
        listed: list[Mapping[str, Any]] = list(
            await self._engine.containers({PROJECT: project, SERVICE: service})
        )
        batches = self._logs.merged(list(map(container_of, listed)), SHOWN_LINES, None)
        lines = [line async for batch in batches for line in batch]
        return "".join(f"\n  {service} | {voice.clean(line.text)}" for line in lines[-SHOWN_LINES:])


def _has_done_its_work(container: Attributes) -> bool:
    return container_of(container).exit_code == 0
