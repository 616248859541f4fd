"""What real traffic does, live: for each app and colour the last minutes, second by second."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bgd.domain.color import Color
from bgd.domain.served import Served
from bgd.domain.tally import Tally
from bgd.engine.journal import Journal
from bgd.engine.ports import Traffic
from bgd.errors import BgError

LOOK_EVERY_S = 0.5
RETRY_S = 5.0
LATE_S = 2
"""A request is known so late at most: nginx writes once a second, and the log is read twice."""
WINDOW_S = 10
"""What "a second" is averaged over."""
SERIES_S = 60
KEEP_S = 130
FOREVER = sys.maxsize

Listener = Callable[[Sequence[Served]], None]


class Figures:
    """Reads the traffic's log for as long as the daemon runs, and tells listeners what came."""

    def __init__(self, traffic: Traffic, journal: Journal) -> None:
        self._traffic = traffic
        self._journal = journal
        self._seconds: dict[tuple[str, Color], dict[int, Tally]] = defaultdict(dict)
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._complaint = ""

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of all requests from now on; with none too, each time the log was read."""
        self._listeners.append(listener)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Tell `listener` meanwhile."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    @contextmanager
    def counting(self, app: str, color: Color, since: int) -> Iterator[Tally]:
        """What a colour's requests add up to, as they come: those that ended from second `since` on.

        What comes while the clock says that this is still to be was set back with it: it counts as well.
        """
        whole = self.over(app, color, since, until=FOREVER)

        def count(served: Sequence[Served]) -> None:
            from_ms = since * 1000 if self._now() >= since else 0
            for one in served:
                if one.outcome.app == app and one.outcome.color is color and one.ended_ms >= from_ms:
                    whole.add(one.outcome)

        with self.listening(count):
            yield whole

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="figures")

    async def close(self) -> None:
        """End, after a last look."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            try:
                await self.look()
            except BgError as error:
                self._complaint = error.message

    async def look(self) -> int:
        """Read what has come; how many requests."""
        served = await self._traffic.requests()
        for one in served:
            second = one.ended_ms // 1000
            seconds = self._seconds[one.outcome.app, one.outcome.color]
            tally = seconds.get(second)
            if tally is None:
                tally = seconds[second] = Tally()
            tally.add(one.outcome)
        for listener in self._listeners:
            listener(served)
        return len(served)

    def over(self, app: str, color: Color, since: int, until: int) -> Tally:
        """All requests that ended from second `since` to before second `until` (of the epoch)."""
        whole = Tally()
        for second, tally in self._seconds.get((app, color), {}).items():
            if since <= second < until:
                whole.merge(tally)
        return whole

    def latest(self, app: str, color: Color) -> Tally:
        """The requests of the last `WINDOW_S` seconds that are known whole."""
        until = self.known_until()
        return self.over(app, color, until - WINDOW_S, until)

    def series(self, app: str, color: Color) -> list[Tally]:
        """The last `SERIES_S` seconds that are known whole, oldest first."""
        seconds = self._seconds.get((app, color), {})
        until = self.known_until()
        return [seconds.get(second) or Tally() for second in range(until - SERIES_S, until)]

    def known_until(self) -> int:
        """Up to the beginning of this second (of the epoch) everything is known."""
        return self._now() - LATE_S

    def forget(self, app: str) -> None:
        """Drop an app's figures."""
        for color in Color:
            self._seconds.pop((app, color), None)

    async def _run(self) -> None:
        while True:
            pause_s = LOOK_EVERY_S
            try:
                await self.look()
                if self._complaint:
                    self._complaint = ""
                    await self._journal.note("daemon", None, {"message": "traffic figures are back"})
            except BgError as error:
                pause_s = RETRY_S
                await self._complain(error)
            self._prune()
            await asyncio.sleep(pause_s)

    async def _complain(self, error: BgError) -> None:
        """Once for each thing that is wrong: figures stand still, traffic doesn't."""
        if self._complaint != error.message:
            self._complaint = error.message
            data = {"message": f"no traffic figures: {error.message}", "fix": error.hint}
            await self._journal.note("warning", None, data)

    def _now(self) -> int:
        return int(self._journal.clock().timestamp())

    def _prune(self) -> None:
        now = self._now()
        for key, seconds in list(self._seconds.items()):
            # A clock that was set back leaves seconds of the future behind.
            for second in [one for one in seconds if not now - KEEP_S <= one <= now + KEEP_S]:
                del seconds[second]
            if not seconds:
                del self._seconds[key]
