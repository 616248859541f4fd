"""Containers' logs: read from the engine as they come, and merged by time."""

from __future__ import annotations

import heapq
import re
from bisect import bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from operator import itemgetter

from bgd.adapters.docker_engine import DockerEngine, together
from bgd.domain.container import Container
from bgd.domain.log import LogLine
from bgd.domain.log_entries import Bare, Entry, Frames, Lines
from bgd.errors import Failed, InvalidInput, NotFound

_FRACTION = re.compile(r"\.(\d+)")


Batch = Sequence[LogLine]
"""Lines that came at once, never none: at full speed they would cost more one by one than they weigh."""


class Held:
    """What came of one container's log and wasn't passed on yet."""

    def __init__(self, batches: AsyncGenerator[Batch]) -> None:
        self._batches = batches
        self.lines: Batch = ()

    async def refill(self) -> None:
        """Wait for more; at the end of the log there is none."""
        self.lines = await anext(self._batches, [])  # Python 3.11 trips over a tuple here

    def take_all(self) -> Batch:
        """Everything."""
        taken, self.lines = self.lines, ()
        return taken

    def take_until(self, at: str) -> Batch:
        """What was written up to a moment."""
        end = bisect_right(self.lines, at, key=itemgetter(0))
        taken, self.lines = self.lines[:end], self.lines[end:]
        return taken


class ContainerLogs:
    """Reads logs of one engine. A slow reader slows the engine's sending, and nothing else."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def merged(
        self, containers: Sequence[Container], tail: int | None, since: str | None
    ) -> AsyncGenerator[Batch]:
        """The lines that are there, by time. `tail` counts lines of each container.

        What the engine sent at once of each container is held at a time, so logs of any size can be read.
        """
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(aclosing(self._readable(c, tail, since))) for c in containers
            ]
            held = [Held(stream) for stream in streams]
            await together(each.refill() for each in held)
            while left := [each for each in held if each.lines]:
                if len(left) == 1:
                    yield left[0].take_all()
                    await left[0].refill()
                    continue
                # All that is certain: up to the moment that the first of them to run out has reached.
                first = min(left, key=lambda each: each.lines[-1].at)
                until = first.lines[-1].at
                parts = [each.take_all() if each is first else each.take_until(until) for each in left]
                parts = [part for part in parts if part]
                yield parts[0] if len(parts) == 1 else list(heapq.merge(*parts, key=itemgetter(0)))
                await together(each.refill() for each in left if not each.lines)

    async def _readable(
        self, container: Container, tail: int | None, since: str | None
    ) -> AsyncGenerator[Batch]:
        """One container's lines, or one that says why there are none: the others' are worth having."""
        try:
            async with aclosing(self.of(container, tail, since)) as batches:
                async for batch in batches:
                    yield batch
        except Failed as error:
            yield [unreadable(container, error)]

    async def of(
        self, container: Container, tail: int | None, since: str | None, follow: bool = False
    ) -> AsyncGenerator[Batch]:
        """One container's lines; with `follow` until it ends. One that is gone has none.

        Raises `Failed` where its logging driver keeps nothing to read.
        """
        query = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": "1" if follow else "0"}
        if tail is not None:
            query["tail"] = str(tail)
        if since is not None:
            query["since"] = unix_time(since)
        try:
            async with aclosing(self._entries(container.id, query)) as batches:
                color, service, name = container.color, container.service, container.name
                async for entries in batches:
                    yield [LogLine(at, color, service, name, stream, text) for at, stream, text in entries]
        except NotFound:
            return

    async def _entries(self, container: str, query: dict[str, str]) -> AsyncGenerator[list[Entry]]:
        state = await self._engine.inspect(container)
        if state is None:
            return
        split = Bare() if state["Config"]["Tty"] else Frames()
        lines = Lines()
        async with self._engine.socket.request("GET", f"/containers/{container}/logs", query) as answer:
            while data := await answer.read():
                if entries := lines.take_all(split.feed(data)):
                    yield entries
            if entries := list(lines.rest()):
                yield entries


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
        seconds = int(moment.timestamp() // 1)
    except (ValueError, OverflowError):  # the year 1, in local time
        raise InvalidInput(f"{text!r} isn't a time", "write it like 2030-01-31T12:00:00Z") from None
    fraction = _FRACTION.search(text)
    return f"{seconds}.{fraction[1][:9] if fraction else '0':0<9}"
