"""Following an app's logs: over restarts of its containers, and with those that join."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bgd.adapters.container_logs import Batch, ContainerLogs, unreadable
from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.engine_events import EngineEvents
from bgd.domain.container import Container
from bgd.errors import Failed

QUEUED_BATCHES = 8
"""How far a reader may be behind before the containers' streams are no longer read."""

LOOK_EVERY_S = 60.0
"""How long a change of the app is waited for before looking anyway."""

Listing = Callable[[], Awaitable[Sequence[Container]]]


@dataclass(slots=True)
class _Position:
    """How far a log was read: the last line's time, and how many lines had that very time."""

    at: str = ""
    count: int = 0

    def pass_by(self, batch: Batch) -> None:
        """Take note of lines of this log, never none."""
        at = batch[-1].at
        same = 0
        for line in reversed(batch):
            if line.at != at:
                break
            same += 1
        self.count = self.count + same if at == self.at and same == len(batch) else same
        self.at = at


class LogFollower:
    """Follows the containers that `listing` gives, each with a task that lives as long as it."""

    def __init__(
        self, logs: ContainerLogs, engine: DockerEngine, events: EngineEvents, app: str, listing: Listing
    ) -> None:
        self._logs = logs
        self._engine = engine
        self._events = events
        self._app = app
        self._listing = listing
        self._positions: dict[str, _Position] = {}
        self._queue: asyncio.Queue[Batch | Exception] = asyncio.Queue(QUEUED_BATCHES)

    async def lines(self, tail: int | None, since: str | None) -> AsyncGenerator[Batch]:
        """First what is there, merged by time; then, endlessly, new lines as they come."""
        if tail == 0 and since is None:
            since = datetime.now(UTC).isoformat()
        async with aclosing(self._logs.merged(await self._listing(), tail, since)) as backlog:
            async for batch in backlog:
                for name in {line.container for line in batch}:
                    own = [line for line in batch if line.container == name]
                    self._positions.setdefault(name, _Position()).pass_by(own)
                yield batch
        watch = asyncio.create_task(self._reporting(self._watch(since)))
        try:
            while True:
                item = await self._queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            await _ended([watch])

    async def _reporting(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work`; what goes wrong is the reader's to know."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again where the lines are read
            await self._queue.put(error)

    async def _watch(self, since: str | None) -> None:
        """Keep a task for each container that there is."""
        trails: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                revision = self._events.revision(self._app)
                present = {container.id: container for container in await self._listing()}
                for id_, container in present.items():
                    if id_ not in trails:
                        trails[id_] = asyncio.create_task(self._reporting(self._trail(container, since)))
                for id_ in [id_ for id_, task in trails.items() if task.done() and id_ not in present]:
                    del trails[id_]
                await self._events.after(self._app, revision, LOOK_EVERY_S)
        finally:
            await _ended(list(trails.values()))

    async def _trail(self, container: Container, since: str | None) -> None:
        """One container's lines from where it was read last, over its restarts, until it is gone."""
        position = self._positions.setdefault(container.name, _Position())
        while True:
            revision = self._events.revision(self._app)
            state = await self._engine.inspect(container.id)
            if state is None:
                return
            begun = state["State"]["StartedAt"]
            try:
                await self._stream(container, position, since)
            except Failed as error:
                await self._queue.put([unreadable(container, error)])
                return
            # The engine ends the stream when the container ends; it goes on when that starts again.
            while state["State"]["StartedAt"] == begun or not state["State"]["Running"]:
                revision = await self._events.after(self._app, revision, LOOK_EVERY_S)
                state = await self._engine.inspect(container.id)
                if state is None:
                    return

    async def _stream(self, container: Container, position: _Position, since: str | None) -> None:
        """The lines after `position`; the engine sends those of that very moment again."""
        before, to_skip = position.at, position.count
        async with aclosing(self._logs.of(container, None, before or since, follow=True)) as batches:
            async for batch in batches:
                new = batch
                if min(batch).at <= before:
                    new = []
                    for line in batch:
                        if line.at < before:
                            continue
                        if line.at == before and to_skip:
                            to_skip -= 1
                            continue
                        new.append(line)
                if new:
                    position.pass_by(new)
                    await self._queue.put(new)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
