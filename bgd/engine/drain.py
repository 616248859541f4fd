"""What happens to a colour that lost the traffic: its last requests end, it stays warm, it is stopped.

Draining is known, not slept: it is over when nginx has no connection to the colour's containers.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bgd.domain.color import Color, ColorState
from bgd.domain.receipt import Cut
from bgd.domain.traffic import Remaining
from bgd.engine.app import App
from bgd.engine.background import Background
from bgd.engine.ports import Progress
from bgd.engine.stopwatch import stopwatch
from bgd.errors import BgError

if TYPE_CHECKING:
    from bgd.engine.fleet import Fleet

LOOK_EVERY_S = 0.25
LOOKS_AFTER_CUT = 8
LOOK_CLOSELY_EVERY_S = 0.05  # while nobody serves
RETRY_S = 5.0
GIVE_WAY_S = 0.05
DRAIN_WITHOUT_RELEASE_S = 30.0
FILES_WITHIN_S = 5.0


class Drains:
    """One task for each colour that drains or waits for its end."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._tasks = Background[tuple[str, Color]]("drain")
        self._drained: dict[tuple[str, Color], asyncio.Event] = defaultdict(asyncio.Event)

    def begin(self, app: App, color: Color) -> None:
        """Drain a colour, then keep it warm as long as its release's settings say."""
        self.cancel(app, color)
        self._drained[app.name, color].clear()
        self._tasks.begin((app.name, color), self._live_out(app, color))

    def cancel(self, app: App, color: Color) -> None:
        """The colour is wanted again, or gone: leave it alone."""
        self._tasks.end((app.name, color))
        app.remaining.pop(color, None)

    async def finished(self, app: App, color: Color, progress: Progress) -> None:
        """Wait until the colour has drained, or its limit came."""
        told = ""
        # A task that broke is no reason to wait for ever.
        while app.colors[color].state is ColorState.DRAINING and (app.name, color) in self._tasks:
            left = app.remaining.get(color)
            connections = left[0].connections if left is not None else 0
            line = f"{color} drains: {connections} connections" if connections else told
            if line != told:
                progress(line)
                told = line
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._drained[app.name, color].wait()
        self.cancel(app, color)

    async def run_dry(self, app: App, color: Color, progress: Progress) -> None:
        """Wait until nothing is under way on a colour whose doors are closed, or its limit came."""
        journal, traffic = self._world.journal, self._world.traffic
        release = app.release_in(color)
        limit_s = release.plan.settings.drain_s if release else DRAIN_WITHOUT_RELEASE_S
        begun, spent_s = journal.clock(), stopwatch()
        every = await self._world.runner.containers(app.name, details=True)
        addresses = [a for c in every if c.color == color for a in c.addresses]
        try:
            while True:
                left = await traffic.remaining(app.name, color, addresses)
                app.remaining[color] = (left, begun)
                if left.is_drained or spent_s() >= limit_s:
                    break
                progress(f"{color} ends {left.connections} connections")
                await asyncio.sleep(LOOK_CLOSELY_EVERY_S)
        finally:
            app.remaining.pop(color, None)
        if left.connections:
            message = f"{left.connections} connections were still open on {color} after {limit_s:g} s"
            fix = "they are cut off now, as it stops; `drain: …` in x-bgd waits longer"
            await journal.note("warning", app.name, {"message": message, "fix": fix})

    @asynccontextmanager
    async def unasked(self, app: App, color: Color, progress: Progress) -> AsyncGenerator[None]:
        """Around the end of a colour that isn't live: nobody asks it for files, and what was asked has ended.

        Many apps cut their answers off when they are stopped. Connections that were left of a drain, or are
        the preview's, are waited for `FILES_WITHIN_S` and no longer.
        """
        if not app.routes().assets or self._fleet.entrance.is_closed:
            yield
            return
        app.unasked.add(color)
        try:
            async with self._world.journal.effect("apply_routes", app.name, detail=f"no files of {color}"):
                await self._fleet.entrance.serve()
            await self._world.traffic.settled(progress)
            every = await self._world.runner.containers(app.name, details=True)
            addresses = [a for c in every if c.color == color for a in c.addresses]
            spent_s = stopwatch()
            while spent_s() < FILES_WITHIN_S:
                if (await self._world.traffic.remaining(app.name, color, addresses)).is_drained:
                    break
                await asyncio.sleep(LOOK_CLOSELY_EVERY_S)
            yield
        finally:
            app.unasked.discard(color)

    async def close(self) -> None:
        """Stop all tasks; what they did is recorded, and a next daemon goes on."""
        await self._tasks.close()

    async def _live_out(self, app: App, color: Color) -> None:
        if app.colors[color].state is ColorState.DRAINING:
            await self._until_done(app, "drain", partial(self._drain, app, color))
        until = app.colors[color].warm_until
        if until is not None and app.colors[color].state is ColorState.WARM:
            # Never longer than from the beginning: the clock may have been set back.
            left_s = (until - max(self._world.journal.clock(), app.colors[color].since)).total_seconds()
            await asyncio.sleep(max(0.0, left_s))
            await app.idle.wait()
            if app.colors[color].state is ColorState.WARM:
                await self._until_done(app, "retire", partial(self._retire, app, color))

    async def _until_done(self, app: App, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Carry out, again and again if need be; what keeps it from that is among the app's problems."""
        while True:
            try:
                await work()
            except BgError as error:
                message = f"{what}: {error.message}"
                if app.problems.get(what) != message:
                    data = {"message": message, "fix": error.hint}
                    await self._world.journal.note("warning", app.name, data)
                app.problems[what] = message
                await asyncio.sleep(RETRY_S)
            else:
                app.problems.pop(what, None)
                return

    async def _drain(self, app: App, color: Color) -> None:
        journal, traffic = self._world.journal, self._world.traffic
        release = app.release_in(color)
        limit_s = release.plan.settings.drain_s if release else DRAIN_WITHOUT_RELEASE_S
        # The traffic has moved: who waits for the switch to end comes first, for a reload takes all cores.
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_WAY_S):
                await app.idle.wait()
        # nginx's idle connections to the colour end with the old workers: those that stay mean something.
        async with journal.effect("apply_routes", app.name, detail=f"live is {app.live}"):
            await self._fleet.entrance.serve()
        begun = app.colors[color].since
        spent_s = stopwatch(min(limit_s, (journal.clock() - begun).total_seconds()))
        every = await self._world.runner.containers(app.name, details=True)
        addresses = [a for c in every if c.color == color for a in c.addresses]
        last: Remaining | None = None
        while True:
            left = await traffic.remaining(app.name, color, addresses)
            app.remaining[color] = (left, begun)
            if left != last:
                last = left
                data = {"color": color, "connections": left.connections, "old_workers": left.old_workers}
                await journal.note("drain", app.name, data)
            rest_s = limit_s - spent_s()
            if left.is_drained or rest_s <= 0:
                break
            await asyncio.sleep(min(LOOK_EVERY_S, rest_s))
        cut = Cut() if left.is_drained else await self._cut(app, color, addresses, limit_s)
        await self._cool(app, color, cut)

    async def _cut(self, app: App, color: Color, addresses: Sequence[str], limit_s: float) -> Cut:
        """The colour's time is up: hang up what is still open there, and say what that was."""
        journal, traffic = self._world.journal, self._world.traffic
        self._fleet.receipts.cutting(app, color)
        async with journal.effect("cut_connections", app.name, detail=color):
            done = await traffic.cut(addresses)
        for _ in range(LOOKS_AFTER_CUT):
            left = (await traffic.remaining(app.name, color, addresses)).connections
            if not left:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        data = {"color": color, "connections": left, "old_workers": 0, "cut": done, "left": left}
        await journal.note("drain", app.name, data)
        told = [f"{done} were cut"] if done else []
        told += [f"{left} stay until they end, or {color} is stopped or replaced"] if left else []
        message = f"{color} had {done + left} connections open after {limit_s:g} s: {', '.join(told)}"
        fix = "`drain: …` in x-bgd waits longer"
        if left:
            fix += (
                "; what came in by the preview isn't cut, and where bgd isn't root, nor what shares a worker"
            )
        await journal.note("warning", app.name, {"message": message, "fix": fix})
        return Cut(done, 0, left)

    async def _cool(self, app: App, color: Color, cut: Cut) -> None:
        """The colour has drained, or its time is up: from now on it is warm."""
        app.remaining.pop(color, None)
        at = self._world.journal.clock()
        release = app.release_in(color)
        keep_s = release.plan.settings.keep_s if release else None
        until = None if keep_s is None else at + timedelta(seconds=keep_s)
        warm = replace(app.colors[color], state=ColorState.WARM, since=at, warm_until=until)
        await self._fleet.set_color(app, warm)
        self._drained[app.name, color].set()
        self._fleet.receipts.drained(app, color, cut)

    async def _retire(self, app: App, color: Color) -> None:
        journal = self._world.journal
        with app.changing(f"stopping {color}, kept long enough", "bgd", journal.clock()):
            if app.colors[color].state is not ColorState.WARM:
                return  # it was wanted again while this waited for its turn
            async with self.unasked(app, color, lambda _: None):
                async with journal.effect("stop_color", app.name, detail=color):
                    await self._world.runner.stop(app.name, color)
                stopped = replace(
                    app.colors[color], state=ColorState.STOPPED, since=journal.clock(), warm_until=None
                )
                await self._fleet.set_color(app, stopped)
