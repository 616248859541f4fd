"""What a starting daemon does: look at what is there, mend it, and go on where the last one stopped.

The journal says what was intended; nginx's files say where the traffic is. They differ only between two
steps of a move, and then the move is carried out again. Anything else that differs was done by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

from bgd.domain.color import ColorState
from bgd.domain.deployment import Deployment, Failure
from bgd.domain.lifecycle import State
from bgd.domain.traffic import Closure
from bgd.engine.adoptions import Adoptions
from bgd.engine.app import App
from bgd.engine.deployer import Deployer
from bgd.engine.fleet import Fleet
from bgd.engine.intake import Intake
from bgd.engine.shift import drop_stray
from bgd.errors import BgError, Unreachable

log = logging.getLogger("bgd.recovery")

ENGINE_RETRY_S = 0.5
RECENT = 10
"""Among so many of an app's last changes is the one whose old colour drains still."""
MOVING = frozenset({State.SWITCHING, State.REVERTING})
SHARING = MOVING | {State.SHIFTING}
"""In these a deployment sees to the app's share itself."""


class Recovery:
    """Brings a daemon from its files to the state it stopped in."""

    def __init__(self, fleet: Fleet, deployer: Deployer, intake: Intake, adoptions: Adoptions) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._deployer = deployer
        self._intake = intake
        self._waiting: asyncio.Task[None] | None = None
        self._adoptions = adoptions

    async def begin(self, recovered: Callable[[], None]) -> None:
        """Load; then start the proxy and resume, and call `recovered`: later, where the engine is away now.

        Until then every app is held, so nothing can be changed, and reads go on from what is recorded.
        Raises `BgError` only where nothing at all can be done.
        """
        await self._fleet.load()
        try:
            await self._run()
        except Unreachable as error:
            held = self._hold_apps()
            self._waiting = asyncio.create_task(self._run_later(recovered, error, held), name="recovery")
        else:
            recovered()

    async def close(self) -> None:
        """Wait for the engine no longer."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)

    def _hold_apps(self) -> list[App]:
        held = [app for app in self._fleet.apps.values() if app.busy is None]
        for app in held:
            app.begin("waiting for the engine", "bgd", self._world.journal.clock())
        return held

    async def _run_later(self, recovered: Callable[[], None], error: BgError, held: list[App]) -> None:
        journal = self._world.journal
        log.error("%s; waiting for it", error.message)
        await journal.note("daemon", None, {"message": f"{error.message}: waiting for it"})
        while True:
            await self._engine_back()
            for app in held:
                app.end()
            try:
                await self._run()
            except Unreachable:
                held = self._hold_apps()
                continue
            except BgError as failed:
                self._fleet.entrance.trouble = failed
                log.error("the proxy can't be brought up: %s", failed.message)
            break
        await journal.note("daemon", None, {"message": "the engine is there again"})
        recovered()

    async def _engine_back(self) -> None:
        while True:
            try:
                return await self._world.runner.reach()
            except Unreachable:
                await asyncio.sleep(ENGINE_RETRY_S)

    async def _run(self) -> None:
        unfinished = list(await self._world.store.unfinished())
        await self._fleet.entrance.open()
        moving = {d.app for d in unfinished if d.state in MOVING}
        for app in list(self._fleet.apps.values()):
            if app.name not in moving and not app.record.is_leaving:
                await self._mend_gate(app)
        shifting = {d.app for d in unfinished if d.state in SHARING}
        for app in list(self._fleet.apps.values()):
            if app.name not in shifting and not app.record.is_leaving:
                await self._mend_share(app)
        await self._mend_doors({d.app for d in unfinished})
        for deployment in unfinished:
            await self._resume(deployment)
        for app in list(self._fleet.apps.values()):
            await self._settle(app)

    async def _mend_gate(self, app: App) -> None:
        """Put a gate that was changed by hand back to what the journal knows."""
        seen = await self._world.traffic.live(app.name)
        if seen is app.live:
            return
        told = f"nginx's files said {seen or 'nothing'} is live, the journal says {app.live or 'nothing'}"
        await self._world.journal.note("daemon", app.name, {"message": f"{told}: put back"})
        try:
            if app.live is None:
                await self._world.traffic.forget(app.name)
            else:
                await self._world.traffic.switch(app.name, app.live)
        except BgError as error:
            app.problems["gate"] = error.message

    async def _mend_share(self, app: App) -> None:
        """Drop a share that the journal doesn't know of."""
        try:
            await drop_stray(self._world, app, "daemon")
        except BgError as error:
            app.problems["share"] = error.message

    async def _mend_doors(self, busy: set[str]) -> None:
        """Learn which doors are closed, and open those that no deployment will."""
        for app in self._fleet.apps.values():
            app.closures = await self._world.traffic.closures(app.name)
            if Closure.PAUSE in app.closures and app.name not in busy:
                try:
                    await self._fleet.reopen(app, Closure.PAUSE)
                except BgError as error:
                    app.problems["doors"] = error.message

    async def _resume(self, deployment: Deployment) -> None:
        app = self._fleet.apps.get(deployment.app)
        if app is None:
            return
        release = await self._world.store.release(app.name, deployment.release)
        journal = self._world.journal
        if release is None:
            failure = Failure(deployment.state, f"r{deployment.release} isn't recorded any more")
            lost = replace(deployment, failure=failure).entered(State.FAILED, journal.clock())
            await journal.record(lost)
            return
        message = f"the daemon was stopped while r{deployment.release} was {deployment.state}: going on there"
        await journal.note("daemon", app.name, {"message": message}, deployment=deployment.id)
        log.info("%s: %s", app.name, message)
        app.releases.setdefault(release.number, release)
        self._deployer.resume(app, deployment, release)

    async def _settle(self, app: App) -> None:
        """Go on with what isn't a deployment: receipts, draining, keeping warm, leaving."""
        if app.record.is_leaving:
            with contextlib.suppress(BgError):  # it is told as a problem of the app's
                await self._intake.finish_removal(app, "bgd")
            return
        self._adoptions.watch(app)
        receipts = self._fleet.receipts
        for change in receipts.left_open(app, await self._world.store.deployments(app.name, RECENT)):
            receipts.resume(app, change)
        for color, record in app.colors.items():
            if record.state is ColorState.DRAINING or record.warm_until is not None:
                self._fleet.drains.begin(app, color)
