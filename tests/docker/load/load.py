"""Clients of several kinds at once, for the length of a block."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Self

from tests.docker.load import kinds
from tests.docker.load.attempt import Attempt, Report
from tests.docker.load.kinds import Kind, Target
from tests.docker.load.moves import Moves

MIX: Mapping[Kind, int] = {
    kinds.KEEPALIVE: 6,
    kinds.FRESH: 3,
    kinds.POST: 3,
    kinds.UPLOAD: 2,
    kinds.SLOW: 2,
    kinds.STREAM: 2,
    kinds.WEBSOCKET: 2,
}
"""How many clients of each kind, unless told otherwise."""

FINISH_TIMEOUT_S = 15.0


class Load:
    """Runs clients from `async with` to its end; what became of their requests is in `report`."""

    def __init__(
        self,
        door: str,
        *,
        host: str = "",
        prefix: str = "",
        start: str = "blue",
        mix: Mapping[Kind, int] = MIX,
        pause_s: float = 0.01,
    ) -> None:
        """`door` is `HOST:PORT`, `host` the Host header, `start` who answers before the first move."""
        self.report = Report()
        self.moves = Moves(start)
        self._target = Target(door, host or door, prefix, pause_s)
        self._mix = mix
        self._tasks: list[asyncio.Task[None]] = []
        self._is_over = False
        self._noted = asyncio.Event()

    async def __aenter__(self) -> Self:
        for kind, number in self._mix.items():
            for _ in range(number):
                self._tasks.append(asyncio.create_task(self._serve(kind), name=kind.name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let what is under way come to its end: cut off, it could hide a failure."""
        self._is_over = True
        _, stuck = await asyncio.wait(self._tasks, timeout=FINISH_TIMEOUT_S)
        for task in stuck:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        defects = [each for each in ended if isinstance(each, Exception)]
        if defects and error is None:
            raise defects[0]
        if stuck and error is None:
            raise TimeoutError(f"{len(stuck)} requests were still open {FINISH_TIMEOUT_S:g} s after the load")

    async def more_answers(self, number: int, timeout_s: float = 30.0) -> None:
        """Return when so many requests more have ended, whatever became of them."""
        wanted = len(self.report.attempts) + number
        async with asyncio.timeout(timeout_s):
            while len(self.report.attempts) < wanted:
                self._noted.clear()
                await self._noted.wait()

    async def every_kind(self, timeout_s: float = 30.0) -> None:
        """Return when a request of every kind, sent from now on, has ended."""
        begun, now = len(self.report.attempts), time.monotonic()
        wanted = {kind.name for kind in self._mix}
        async with asyncio.timeout(timeout_s):
            while wanted - {each.kind for each in self.report.attempts[begun:] if each.sent >= now}:
                self._noted.clear()
                await self._noted.wait()

    async def _serve(self, kind: Kind) -> None:
        async with aclosing(kind.serve(kind.name, self._target, self._note)) as requests:
            async for _ in requests:
                if self._is_over:
                    return
                await asyncio.sleep(self._target.pause_s)

    def _note(self, attempt: Attempt) -> None:
        self.report.attempts.append(attempt)
        self._noted.set()
