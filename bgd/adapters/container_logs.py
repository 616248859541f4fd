"""Containers' logs: read from the engine as they come, and merged by time."""

from __future__ import annotations

import heapq
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime

from bgd.adapters.docker_engine import DockerEngine, together
from bgd.domain.container import Container
from bgd.domain.log import LogLine
from bgd.domain.log_entries import Bare, Entry, Frames, Lines
from bgd.errors import Failed, InvalidInput, NotFound

_FRACTION = re.compile(r"\.(\d+)")


class ContainerLogs:
    """Reads logs of one engine. A slow reader slows the engine's sending, and nothing else."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def merged(
        self, containers: Sequence[Container], tail: int | None, since: str | None
    ) -> AsyncGenerator[LogLine]:
        """The lines that are there, by time. `tail` counts lines of each container.

        One line of each container is held at a time, so logs of any size can be read.
        """
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(aclosing(self._readable(c, tail, since))) for c in containers
            ]
            firsts = await together(anext(stream, None) for stream in streams)
            heap = [(line.at, index, line) for index, line in enumerate(firsts) if line is not None]
            heapq.heapify(heap)
            while heap:
                _, index, line = heap[0]
                yield line
                following = await anext(streams[index], None)
                if following is None:
                    heapq.heappop(heap)
                else:
                    heapq.heapreplace(heap, (following.at, index, following))

    async def _readable(
        self, container: Container, tail: int | None, since: str | None
    ) -> AsyncGenerator[LogLine]:
        """One container's lines, or one that says why there are none: the others' are worth having."""
        try:
            async with aclosing(self.of(container, tail, since)) as lines:
                async for line in lines:
                    yield line
        except Failed as error:
            yield unreadable(container, error)

    async def of(
        self, container: Container, tail: int | None, since: str | None, follow: bool = False
    ) -> AsyncGenerator[LogLine]:
        """One container's lines; with `follow` until it ends. One that is gone has none.

        Raises `Failed` where its logging driver keeps nothing to read.
        """
        query = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": "1" if follow else "0"}
        if tail is not None:
            query["tail"] = str(tail)
        if since is not None:
            query["since"] = unix_time(since)
        try:
            async with aclosing(self._entries(container.id, query)) as entries:
                async for entry in entries:
                    yield _line(container, entry)
        except NotFound:
            return

    async def _entries(self, container: str, query: dict[str, str]) -> AsyncGenerator[Entry]:
        state = await self._engine.inspect(container)
        if state is None:
            return
        split = Bare() if state["Config"]["Tty"] else Frames()
        lines = Lines()
        async with self._engine.socket.request("GET", f"/containers/{container}/logs", query) as answer:
            while data := await answer.read():
                for stream, payload in split.feed(data):
                    entry = lines.take(stream, payload)
                    if entry is not None:
                        yield entry
            for entry in lines.rest():
                yield entry


def _line(container: Container, entry: Entry) -> LogLine:
    return LogLine(entry.at, container.color, container.service, container.name, entry.stream, entry.text)


def unreadable(container: Container, error: Failed) -> LogLine:
    """A line in place of a log that can't be read: a driver like `none` or `syslog` keeps none here."""
    return _line(container, Entry("", "stderr", f"(bgd can't read this log: {error.message})"))


def unix_time(text: str) -> str:
    """An RFC 3339 time as the engine wants it: seconds, and a fraction to the nanosecond.

    Raises `InvalidInput` for anything else.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} isn't a time", "write it like 2030-01-31T12:00:00Z") from None
    fraction = _FRACTION.search(text)
    return f"{int(moment.timestamp() // 1)}.{fraction[1][:9] if fraction else '0':0<9}"
