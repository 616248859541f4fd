"""The logs of one app: which containers' they are, and without what must not be seen of its releases."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from bgd.adapters.compose_project import PROJECT
from bgd.adapters.container_logs import ContainerLogs
from bgd.adapters.container_report import container_of
from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.engine_events import EngineEvents
from bgd.adapters.log_follower import LogFollower
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import cleaner, line_mask
from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.log import LogLine
from bgd.domain.render import Place
from bgd.domain.render.naming import INSTANCE
from bgd.engine.ports import LogQuery


class AppLogs:
    """Reads an app's logs. `files` are its projects, which tell what is secret."""

    def __init__(
        self, place: Place, files: AppFiles, engine: DockerEngine, events: EngineEvents, logs: ContainerLogs
    ) -> None:
        self._place = place
        self._files = files
        self._engine = engine
        self._events = events
        self._logs = logs

    async def tail(self, color: Color, lines: int) -> Sequence[LogLine]:
        """The last lines of a colour, merged by time."""
        clean = await cleaner(await self._files.read(str(color)))
        kept: deque[LogLine] = deque(maxlen=lines)
        containers = await self._matching(LogQuery(self._place.app, color))
        async with aclosing(self._logs.merged(containers, lines, None)) as found:
            async for batch in found:
                kept += [line._replace(text=clean(line.text)) for line in batch]
        return list(kept)

    async def lines(self, query: LogQuery) -> AsyncGenerator[Sequence[LogLine]]:
        """The lines asked for, as `Runner.logs` says."""
        mask = await self._mask()
        if query.follow:

            async def listing() -> Sequence[Container]:
                nonlocal mask
                mask = await self._mask()  # a new release may have new secrets
                return await self._matching(query)

            follower = LogFollower(self._logs, self._engine, self._events, query.app, listing)
            lines = follower.lines(query.tail, query.since)
        else:
            lines = self._logs.merged(await self._matching(query), query.tail, query.since)
        async with aclosing(lines):
            async for batch in lines:
                yield mask(batch)

    async def _mask(self) -> Callable[[Sequence[LogLine]], Sequence[LogLine]]:
        return await line_mask([await self._files.read(name) for name in await self._files.names("")])

    async def _matching(self, query: LogQuery) -> list[Container]:
        labels = self._place.labels(query.color)
        found = [container_of(c) for c in await self._engine.containers(labels)]
        if query.color is None:
            # Why a request got no answer stands in the proxy's log and in no other.
            instance = self._place.instance
            proxy = {INSTANCE: instance, PROJECT: f"{instance}-proxy"}
            found += [container_of(c) for c in await self._engine.containers(proxy)]
        return [c for c in found if query.service in (None, c.service)]
