"""Taking apps in, and out again with all that belongs to them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from bgd.domain.deployment import AppRecord
from bgd.domain.origin import Origin
from bgd.domain.plan import Plan
from bgd.domain.settings import Route
from bgd.engine.adoption import Survey, survey
from bgd.engine.app import App
from bgd.engine.fleet import Fleet, leaving
from bgd.engine.hooks import refuse_host_hooks
from bgd.engine.ports import Entry, Reading
from bgd.errors import BgError, InvalidInput, Refused

LEAVING_WITHIN_S = 60.0
REMOVAL = "removal"
"""A problem of an app: why its removal failed."""


def route_planned(plan: Plan, origin: Origin) -> Route:
    """The route of a plan. Raises `InvalidInput` with the open questions where it has any."""
    if plan.questions or plan.route is None:
        asked = "; ".join(f"{q.key}: {q.message} ({' or '.join(q.choices)})" for q in plan.questions)
        raise InvalidInput(
            asked or "no service takes requests",
            f"`bgctl check {origin}` shows what to write",
            place=origin.file,
        )
    return plan.route


class Intake:
    """Adds and removes apps."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._world = fleet.world

    async def add(
        self, origin: Origin, name: str | None, actor: str, adopts: bool = False
    ) -> tuple[App, Reading, Survey | None]:
        """Take the app of a Compose file in: nothing is started yet, its hosts answer 503 from now on.

        Raises `Refused` with the plan of an adoption where plain Compose runs it, unless `adopts`: then its
        first deployment takes that over. Also for hooks that this daemon doesn't run.
        """
        reading = await self._world.runner.read(origin, name)
        plan = reading.plan
        await self._let_go(plan.app)
        if plan.app in self._fleet.apps:
            taken = self._fleet.apps[plan.app]
            if taken.record.is_leaving:
                raise Refused(*leaving(plan.app))
            raise Refused(
                f"there is an app {plan.app} already, of {taken.record.file}",
                f"`bgctl deploy {plan.app}` deploys it; `--name` takes this file in under another name",
            )
        route = route_planned(plan, origin)
        refuse_host_hooks(plan.settings, self._world.host.is_allowed)
        self._fleet.refuse_conflict(plan.app, route)
        found = await survey(self._fleet, origin, reading, name)
        if found is not None:
            found.refuse(plan.app, origin, adopts)
        at = self._world.journal.clock()
        record = AppRecord(
            plan.app,
            origin.file,
            at,
            route,
            watch=plan.settings.watch,
            more=origin.more,
            profiles=origin.profiles,
        )
        if found is not None and adopts:
            begun = found.begun(reading, self._fleet.entrance.is_closed)
            record = replace(record, kept=found.kept, adoption=begun)
        app = await self._fleet.take_in(record, actor)
        with app.changing("adding it", actor, at):
            async with self._world.journal.effect("apply_routes", app.name, detail="new app"):
                await self._fleet.entrance.serve(or_later=True)
        return app, reading, found

    async def _let_go(self, name: str) -> None:
        """Wait a while for an app of that name that is on its way out, as after an adoption that failed."""
        app = self._fleet.apps.get(name)
        if app is not None and app.is_on_its_way_out:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(app.gone.wait(), LEAVING_WITHIN_S)

    async def remove(self, app: App, volumes: bool, actor: str) -> None:
        """Take an app out: its routes first, then its containers and networks; volumes only if told."""
        with app.changing("removing it", actor, self._world.journal.clock()):
            await self._fleet.set_record(app, replace(app.record, is_leaving=True, removes_volumes=volumes))
            await self.finish_removal(app, actor)

    async def finish_removal(self, app: App, actor: str) -> None:
        """What is left to do once an app's removal is recorded; a killed daemon's successor does it too.

        Where it fails the app is still leaving, and status tells why.
        """
        try:
            await self._finish_removal(app, actor)
        except BgError as error:
            remedy = f"`bgctl remove {app.name} --yes` tries again"
            app.problems[REMOVAL] = f"{app.name} can't be removed: {error.message}; {remedy}"
            raise

    async def _finish_removal(self, app: App, actor: str) -> None:
        journal = self._world.journal
        for color in app.colors:
            self._fleet.drains.cancel(app, color)
        if not self._fleet.entrance.is_left_alone:  # an adoption that failed has just given its port back
            async with journal.effect("apply_routes", app.name, detail="without it", actor=actor):
                await self._fleet.entrance.serve(or_later=True)
        async with journal.effect(
            "remove_app", app.name, detail="with volumes" if app.record.removes_volumes else ""
        ):
            await self._world.runner.remove_app(app.name, app.record.removes_volumes)
        await self._world.traffic.forget(app.name)
        if app.record.took_entrance and len(self._fleet.apps) == 1:
            # Whoever goes back to plain Compose needs the port that the app had there.
            async with journal.effect("close_entrance", app.name):
                await self._fleet.entrance.close()
        self._fleet.figures.forget(app.name)
        await self._world.store.forget(app.name)
        await journal.record(
            Entry(journal.clock(), "removed", app.name, {"file": app.record.file}, actor=actor)
        )
        self._fleet.apps.pop(app.name, None)
        app.gone.set()
