"""Keeps what is live running: what somebody stopped, removed or edited is brought back, and journalled.

Docker's restart policies bring back what crashes. This is for the rest: `docker rm -f`, `docker compose
down`, a proxy that was removed, a gate that was edited, an engine that came back without containers which
have no restart policy. It never touches what runs, and looks only when the engine told of a change, and
now and then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain, repeat

from bgd.domain.color import Color, ColorState
from bgd.domain.lack import WARM, ended_well, lacking
from bgd.domain.lifecycle import State
from bgd.domain.release import Release
from bgd.engine.app import App
from bgd.engine.background import Background, Work
from bgd.engine.fleet import Fleet
from bgd.engine.shift import drop_stray
from bgd.errors import BgError, Unreachable

log = logging.getLogger("bgd.upkeep")

LOOK_AT_LEAST_EVERY_S = 30.0
PAUSES_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Between two attempts: what dies again at once is not started in a frenzy."""
CALM_S = 1.0
"""So long a difference in the proxy's files must last: a move is in the middle of one for a moment."""
PROBLEM = "upkeep"
WAITING = frozenset({ColorState.WARM, ColorState.READY})


class Upkeep:
    """One task for each app, and one for the proxy."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._tasks = Background[str | None]("upkeep")  # the proxy's is `None`

    def refresh(self) -> None:
        """Begin with apps that are new, end with those that left."""
        wanted: dict[str | None, Callable[[], Work]] = {None: self._keep_proxy}
        wanted |= {name: partial(self._keep, app) for name, app in self._fleet.apps.items()}
        self._tasks.keep(wanted)

    async def close(self) -> None:
        """End all of them."""
        await self._tasks.close()

    async def _keep(self, app: App) -> None:
        while not app.record.is_leaving:
            await app.quiet()
            await self._until_whole(app.name, partial(self._look, app))

    async def _until_whole(self, app: str | None, look: Callable[[], Awaitable[bool]]) -> None:
        """Look until all is well, less and less often; then return when something changed."""
        for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            try:
                if await look():
                    break
            except Exception:
                log.exception("looking after %s broke", app or "the proxy")
            await asyncio.sleep(pause_s)
        await self._world.runner.changed(app, LOOK_AT_LEAST_EVERY_S)

    async def _look(self, app: App) -> bool:
        """Whether the app is whole; what isn't is mended. That the engine is away is told elsewhere."""
        try:
            sessions = self._world.runner.sessions
            lacked = await self._lacked(app)
            if lacked:
                await self._mend(app, lacked, sessions)
            await self._mend_warm(app)
            await self._mend_gate(app)
            await self._mend_share(app)
        except Unreachable:
            return False
        except BgError as error:
            app.problems[PROBLEM] = f"what is live can't be mended: {error.message}"
            return False
        if not lacked:
            app.problems.pop(PROBLEM, None)
        return not lacked

    async def _lacked(self, app: App) -> tuple[str, ...]:
        release = _live_release(app)
        if release is None or app.live is None or not app.is_quiet or app.record.is_leaving:
            return ()
        if app.deployment is not None and app.deployment.state is State.BAKING:
            return ()  # whoever watches it decides what it means that something of it is gone
        containers = await self._world.runner.known(app.name)
        return lacking(release, app.live, containers, app.colors[app.live].resting)

    async def _mend(self, app: App, lacked: tuple[str, ...], sessions: int) -> None:
        release = _live_release(app)
        if release is None or app.live is None:
            return
        # Looked at again: an engine that is going down ends containers well before it can't be reached.
        await asyncio.sleep(CALM_S)
        async with app.repairing:
            await self._bring_back(app, app.live, release, lacked, sessions)

    async def _bring_back(
        self, app: App, live: Color, release: Release, lacked: tuple[str, ...], sessions: int
    ) -> None:
        if app.live is not live or not app.is_quiet or set(await self._lacked(app)) < set(lacked):
            return
        journal = self._world.journal
        containers = await self._world.runner.known(app.name)
        resting = ended_well(release, live, containers, lacked)
        if sessions == self._world.runner.sessions and sessions > 0 and resting - {_front(release)}:
            await self._let_rest(app, live, resting - {_front(release)})
            lacked = tuple(name for name in lacked if name not in resting - {_front(release)})
        if not lacked or not app.is_quiet:
            return
        what = f"bringing back {', '.join(lacked)}"
        # Beside a deployment that waits: what is live is its own Compose project, and whoever goes on to
        # touch that waits for the end of this (`App.repaired`).
        with app.changing(what, "bgd", journal.clock()) if app.busy is None else nullcontext():
            told = {"message": f"{', '.join(lacked)} of {live}, which is live, didn't run: brought back"}
            async with journal.effect("mend", app.name, detail=", ".join(lacked)):
                await self._world.runner.mend(release, live, lambda _: None)
            await journal.note("upkeep", app.name, told, actor="bgd")

    async def _mend_warm(self, app: App) -> None:
        """Bring back what of a colour that waits for a rollback, or for its switch, doesn't run any more."""
        for color, record in app.colors.items():
            release = app.release_in(color)
            if record.state not in WAITING or release is None or app.busy is not None:
                continue
            lacked = lacking(release, color, await self._world.runner.known(app.name), roles=WARM)
            if not lacked:
                continue
            journal = self._world.journal
            with app.changing(f"bringing back {', '.join(lacked)}", "bgd", journal.clock()):
                async with journal.effect("start_color", app.name, detail=f"{color} {release.name}"):
                    await self._world.runner.start(release, color, lambda _: None)
                told = {
                    "message": f"{', '.join(lacked)} of {color}, which is {record.state}, didn't run: back"
                }
                await journal.note("upkeep", app.name, told, actor="bgd")

    async def _let_rest(self, app: App, live: Color, services: frozenset[str]) -> None:
        """Remember what ended well by itself while the engine was there: it isn't lacking."""
        record = app.colors[live]
        app.colors[live] = replace(record, resting=tuple(sorted({*record.resting, *services})))
        await self._world.journal.record(app.colors[live])

    async def _mend_gate(self, app: App) -> None:
        """Put back a gate that somebody changed: the journal says what is live."""
        if not _has_gate(app) or await self._world.traffic.live(app.name) is app.live:
            return
        what, at = "putting its gate back", self._world.journal.clock()
        async with app.flipping:
            seen = await self._world.traffic.live(app.name)
            if app.live is None or not _has_gate(app) or seen is app.live:
                return
            with app.changing(what, "bgd", at) if app.busy is None else nullcontext():
                await self._put_gate_back(app, app.live, seen)

    async def _put_gate_back(self, app: App, live: Color, seen: Color | None) -> None:
        told = f"nginx's files said that {seen or 'nothing'} is live: put back to {live}"
        async with self._world.journal.effect("flip_gate", app.name, detail=str(live)):
            await self._world.traffic.switch(app.name, live)
        await self._world.journal.note("upkeep", app.name, {"message": told}, actor="bgd")

    async def _mend_share(self, app: App) -> None:
        """Drop a share that nobody gave; who gives one keeps it."""
        if await self._world.traffic.shared(app.name) is None:
            app.problems.pop("share", None)
            return
        if app.busy is not None or app.record.is_leaving:
            return
        with app.changing("taking a share back", "bgd", self._world.journal.clock()):
            await drop_stray(self._world, app, "upkeep")

    async def _keep_proxy(self) -> None:
        while True:
            await self._until_whole(None, self._look_at_proxy)

    async def _look_at_proxy(self) -> bool:
        """Whether the proxy is as it should be; mended if not, while nobody changes anything."""
        try:
            return await self._mend_proxy()
        except Unreachable:
            return False
        except BgError as error:
            self._fleet.entrance.trouble = error
            return False

    async def _mend_proxy(self) -> bool:
        traffic, journal, entrance = self._world.traffic, self._world.journal, self._fleet.entrance
        if entrance.is_left_alone:
            return True  # whoever has the port may be an app that is to be adopted: see `Entrance`
        if not entrance.is_closed and await traffic.is_whole():
            entrance.trouble = None
            return True
        await asyncio.sleep(CALM_S)
        if entrance.is_left_alone:
            return True
        # One that runs is being changed by whoever is busy; one that is gone serves nobody, them included.
        if await traffic.is_up() and not all(app.is_quiet for app in self._fleet.apps.values()):
            return False
        if await traffic.is_whole():
            return False
        async with journal.effect("mend_proxy", None):
            await entrance.reopen()
        if entrance.is_closed:
            return False
        told = {"message": "the proxy or its files weren't as bgd had left them: brought back"}
        await journal.note("upkeep", None, told, actor="bgd")
        return True


def _has_gate(app: App) -> bool:
    return app.live is not None and app.is_quiet and not app.record.is_leaving


def _live_release(app: App) -> Release | None:
    return None if app.live is None else app.release_in(app.live)


def _front(release: Release) -> str | None:
    return release.plan.route.service if release.plan.route else None
