"""One-off containers of a colour: tasks, once for each release, and commands, removed when they end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from contextlib import aclosing

from bgd.adapters.compose_project import SERVICE, ComposeProjects
from bgd.adapters.container_logs import ContainerLogs
from bgd.adapters.container_report import container_of, service_of
from bgd.adapters.docker_engine import Attributes, DockerEngine
from bgd.adapters.engine_events import EngineEvents
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import Voice
from bgd.domain.color import Color
from bgd.domain.render import Command, Place, Project, render_command
from bgd.domain.render.naming import COMMAND, RELEASE
from bgd.domain.settings import Role
from bgd.engine.ports import RunResult
from bgd.errors import BgError, Failed

TASK_TIMEOUT_S = 6 * 3600.0
"""How long a task may run. Migrations take hours; what hangs for ever should be seen some day."""

LOOK_EVERY_S = 30.0
"""How long an event is waited for before looking anyway."""

KEPT_LINES = 50
TIMED_OUT = 124
"""The exit status of a command that was ended because its time was up, as of `timeout(1)`."""


class OneOffs:
    """Runs containers to their end."""

    def __init__(
        self, projects: ComposeProjects, engine: DockerEngine, events: EngineEvents, logs: ContainerLogs
    ) -> None:
        self._projects = projects
        self._engine = engine
        self._events = events
        self._logs = logs
        self._running: set[str] = set()

    async def task(
        self,
        project: Project,
        place: Place,
        color: Color,
        release: str,
        service: str,
        files: AppFiles,
        voice: Voice,
    ) -> RunResult:
        """Run a task, or wait for the one that runs, or give the result of the one that ran.

        The container stays, as the record that this release's task was run.
        """
        labels = {**place.labels(color, str(Role.TASK)), SERVICE: service}
        listed = await self._engine.containers(labels)
        await self._projects.remove([c for c in listed if c["Labels"].get(RELEASE) != release])
        mine = [c for c in listed if c["Labels"].get(RELEASE) == release and c["State"] != "created"]
        if not mine:
            await self._projects.bring_up(project, [service], files, f"{color}-task", voice, "--no-deps")
            mine = await self._engine.containers({**labels, RELEASE: release})
        if not mine:
            raise Failed(f"the container of the task {service} vanished", "deploy again")
        try:
            async with asyncio.timeout(TASK_TIMEOUT_S):
                return await self._result(place.app, mine[0], voice)
        except TimeoutError:
            raise Failed(
                f"the task {service} didn't end within {TASK_TIMEOUT_S / 3600:.0f} h",
                f"`docker logs {mine[0]['Names'][0].lstrip('/')}` shows what it does",
            ) from None

    async def command(
        self,
        project: Project,
        place: Place,
        color: Color,
        command: Command,
        edge: str,
        timeout_s: float,
        files: AppFiles,
        voice: Voice,
    ) -> RunResult:
        """Run a command and remove its container, whatever happens. `timeout_s` counts from its start.

        When the time is up it is ended, and its status is `TIMED_OUT`.
        """
        await self._sweep(place, color, files)
        key = f"{command.service}-run-{secrets.token_hex(4)}"
        rendered = render_command(project, command, key, edge)
        labels = {**place.labels(color, COMMAND), SERVICE: key}
        self._running.add(key)
        try:
            await self._projects.bring_up(rendered, [key], files, f"{color}.{key}", voice, "--no-deps")
            container = next(iter(await self._engine.containers(labels)), None)
            if container is None:
                raise Failed(f"the container of the command in {command.service} vanished", "try again")
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._result(place.app, container, voice)
            except TimeoutError:
                log = await self._log(container, voice)
                return RunResult(TIMED_OUT, (*log, f"(bgd ended it: it ran for longer than {timeout_s:g} s)"))
        finally:
            await self._remove(labels, files, f"{color}.{key}")
            self._running.discard(key)

    async def _sweep(self, place: Place, color: Color, files: AppFiles) -> None:
        """Remove the containers and files of commands whose daemon was killed."""
        listed = await self._engine.containers(place.labels(color, COMMAND))
        left = [c for c in listed if c["Labels"].get(SERVICE) not in self._running]
        await self._projects.remove(left)
        for name in await files.names(f"{color}."):
            if name.removeprefix(f"{color}.") not in self._running:
                await files.remove(name)

    async def _remove(self, labels: dict[str, str], files: AppFiles, name: str) -> None:
        # What can't be removed now is swept by label before the next command; the result matters more.
        with contextlib.suppress(BgError):
            await files.remove(name)
            for container in await self._engine.containers(labels):
                await self._engine.remove(container["Id"])

    async def _result(self, app: str, container: Attributes, voice: Voice) -> RunResult:
        """Wait for the container's end, telling its lines as they come."""
        telling = asyncio.create_task(self._tell(container, voice))
        try:
            exit_code = await self._exit_code(app, container["Id"])
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return RunResult(exit_code, await self._log(container, voice))

    async def _exit_code(self, app: str, container: str) -> int:
        while True:
            revision = self._events.revision(app)
            found = await self._engine.inspect(container)
            if found is None:
                raise Failed("the container was removed while it ran", "somebody or something removed it")
            if found["State"]["Status"] in {"exited", "dead"}:
                return int(found["State"]["ExitCode"])
            await self._events.after(app, revision, LOOK_EVERY_S)

    async def _tell(self, container: Attributes, voice: Voice) -> None:
        service = service_of(container["Labels"])
        async with aclosing(self._logs.of(container_of(container), None, None, follow=True)) as batches:
            async for batch in batches:
                for line in batch:
                    voice.say(f"{service} | {line.text}")

    async def _log(self, container: Attributes, voice: Voice) -> tuple[str, ...]:
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        async with aclosing(self._logs.merged([container_of(container)], KEPT_LINES, None)) as batches:
            async for batch in batches:
                kept += [voice.clean(line.text) for line in batch]
        return tuple(kept)
