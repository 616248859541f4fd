"""The verbs that move traffic: deploy, switch, rollback, promote, cancel, stop."""

from __future__ import annotations

from dataclasses import replace

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment, Kind, Options
from bgd.domain.lifecycle import State
from bgd.domain.origin import Origin
from bgd.domain.overlap import overlap_between
from bgd.domain.release import Release
from bgd.domain.traffic import Closure
from bgd.engine.adoption import as_kept
from bgd.engine.app import App
from bgd.engine.deployer import Deployer
from bgd.engine.fleet import Fleet, number_of
from bgd.engine.hooks import refuse_host_hooks
from bgd.engine.intake import route_planned
from bgd.engine.ports import Entry, Reading, Record
from bgd.errors import Failed, Irreversible, NotFound, Refused

MOVABLE = frozenset({ColorState.READY, ColorState.WARM, ColorState.DRAINING})


class Changes:
    """Begins changes: what is refused is refused here, before anything was written."""

    def __init__(self, fleet: Fleet, deployer: Deployer) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._deployer = deployer

    async def deploy(
        self,
        app: App,
        options: Options,
        origin: Origin | None,
        actor: str,
        reason: str,
        reading: Reading | None = None,
    ) -> tuple[Deployment, Entry]:
        """Read the app's files, or those of `origin`, record a new release and begin its deployment.

        The entry is its `started`.
        """
        app.refuse_if_busy()
        began = self._world.journal.clock()
        app.begin("a deployment", actor, began)
        try:
            source = origin or app.record.origin
            if reading is None:
                reading = await self._world.runner.read(source, app.name)
            route = route_planned(reading.plan, source)
            refuse_host_hooks(reading.plan.settings, self._world.host.is_allowed)
            self._fleet.refuse_conflict(app.name, route)
            reading = await as_kept(self._world, app, reading)
            number = await self._world.store.next_release(app.name)
            release = Release(
                app.name, number, reading.model, reading.plan, {}, began, actor, reason, reading.contents
            )
            options = self._alone(app, release, options)
            watched = app.live is not None and not options.no_switch
            settings = reading.plan.settings
            shifts = watched and not options.alone and bool(settings.shift and settings.shift.shares)
            options = replace(options, bakes=watched and settings.bake is not None, shifts=shifts)
            deployment = Deployment(
                await self._world.store.next_deployment(),
                app.name,
                Kind.DEPLOY,
                release.number,
                app.target,
                State.PREPARING,
                options,
                actor,
                reason,
                began,
                previous=app.live,
            )
            records: list[Record] = [release]
            if origin is None and app.record.watch != reading.plan.settings.watch:
                app.record = replace(app.record, watch=reading.plan.settings.watch)
                records.append(app.record)
            entry = await self._deployer.begin(app, deployment, release, *records)
        except BaseException:
            app.end()
            raise
        assert app.deployment is not None
        return app.deployment, entry

    async def withdraw(self, app: App, actor: str) -> bool:
        """Give up a deployment that this actor began and that still waits for its switch; whether it did."""
        waiting = app.deployment
        if waiting is None or waiting.actor != actor or app.hold is None or app.promoted.is_set():
            return False
        await self._deployer.cancel(app, actor)
        return True

    def _alone(self, app: App, release: Release, options: Options) -> Options:
        """The options, knowing whether the live colour has to stop first. Raises `Refused`."""
        live = app.release_in(app.live) if app.live is not None else None
        if live is None or (overlap := overlap_between(live, release)).is_allowed:
            return options
        if options.no_switch:
            raise Refused(
                f"{release.name} can't be made ready beside {app.live}: {overlap.reason}",
                f"`bgctl deploy {app.name}` stops {app.live} first and switches; `x-bgd.overlap: true` lets "
                "both run at once",
            )
        return replace(options, alone=True)

    async def switch(
        self, app: App, to: Color | None, force: bool, actor: str
    ) -> tuple[Deployment, Color | None]:
        """Move the traffic to the other colour as it runs, and wait until it was seen."""
        app.refuse_if_busy()
        old = app.live
        if old is None:
            raise Refused(f"nothing of {app.name} is live yet", f"`bgctl deploy {app.name}`")
        target = to or old.other
        if target is old:
            raise Refused(f"{target} is live already", f"`bgctl switch {app.name}` moves to the other colour")
        release = self._runnable(app, target)
        if not force:
            _refuse_crossing(app, release.number)
        return await self._move(app, Kind.SWITCH, target, release, force, actor, f"switch to {target}"), old

    def _runnable(self, app: App, target: Color) -> Release:
        state = app.colors[target].state
        release = app.release_in(target)
        if release is None or not self._is_movable(app, target):
            remedy = (
                f"`bgctl rollback {app.name} --to {release.name}` brings it up again"
                if release is not None and state is ColorState.STOPPED
                else f"`bgctl deploy {app.name}` brings a release there"
            )
            raise Refused(f"{target} of {app.name} is {state}: there is nothing to switch to", remedy)
        return release

    def _is_movable(self, app: App, target: Color) -> bool:
        """Whether the traffic can move there as it is: it runs, or mustn't before the live colour stops."""
        state, release = app.colors[target].state, app.release_in(target)
        if release is None or state in MOVABLE:
            return release is not None
        return state is ColorState.STOPPED and self._alone(app, release, Options()).alone

    async def _move(
        self, app: App, kind: Kind, target: Color, release: Release, force: bool, actor: str, reason: str
    ) -> Deployment:
        at = self._world.journal.clock()
        app.begin(reason, actor, at)
        options = self._alone(app, release, Options(force=force, is_move=True))
        try:
            deployment = Deployment(
                await self._world.store.next_deployment(),
                app.name,
                kind,
                release.number,
                target,
                State.STOPPING if options.alone else State.CHECKING,
                options,
                actor,
                reason,
                at,
                previous=app.live,
            )
            await self._deployer.begin(app, deployment, release)
        except BaseException:
            app.end()
            raise
        done = await self._deployer.finished(app, deployment.id)
        if done.state is not State.SUCCEEDED:
            failure = done.failure
            told = f"{failure.message if failure else done.state}; {app.serving()}"
            if failure is not None and failure.stage is State.CHECKING and not options.alone:
                raise Refused(told, f"{failure.hint}; --force switches all the same")
            raise Failed(told, failure.hint if failure else "")
        return done

    async def rollback(
        self, app: App, to: str | None, actor: str, force: bool = False
    ) -> tuple[Deployment, Color | None, Entry | None]:
        """Back to a release: at once where its colour runs, else by bringing it up again as recorded.

        One that is still watched is taken back by ending its deployment. A task that can't be undone is
        crossed only with `force`, else `Irreversible` is raised. The entry is `None` when it is done, else
        the `started` of the deployment to follow.
        """
        asked = None if to is None else number_of(to)
        if (watched := app.deployment) is not None and watched.state in (State.SHIFTING, State.BAKING):
            assert watched.previous is not None
            if asked in (None, app.colors[watched.previous].release):
                done = await self._deployer.cancel(app, actor)
                if done.state is State.ROLLED_BACK:
                    return done, watched.color, None
        app.refuse_if_busy()
        old = app.live
        if old is None:
            raise Refused(f"nothing of {app.name} is live yet", f"`bgctl deploy {app.name}`")
        wanted = await self._wanted(app, old, asked)
        if not force:
            _refuse_crossing(app, wanted)
        idle = app.colors[old.other]
        if idle.release == wanted and self._is_movable(app, old.other):
            release = self._runnable(app, old.other)
            reason = f"rollback to {release.name}"
            return await self._move(app, Kind.ROLLBACK, old.other, release, False, actor, reason), old, None
        recorded = await self._world.store.release(app.name, wanted)
        if recorded is None:
            raise NotFound(f"r{wanted} of {app.name} isn't recorded", f"`bgctl history {app.name}`")
        deployment, entry = await self._redeploy(app, recorded, actor)
        return deployment, old, entry

    async def _wanted(self, app: App, live: Color, asked: int | None) -> int:
        current = app.colors[live].release
        if asked is not None:
            if asked == current:
                raise Refused(f"r{asked} is live already", f"`bgctl history {app.name}` shows the others")
            return asked
        bad = {
            d.release for d in await self._world.store.deployments(app.name) if d.state is State.ROLLED_BACK
        }
        for past in await self._world.store.lives(app.name):
            if past.release != current and past.release not in bad:
                return past.release
        raise Refused(
            f"r{current} is the only release of {app.name} that was ever live", f"`bgctl history {app.name}`"
        )

    async def _redeploy(self, app: App, release: Release, actor: str) -> tuple[Deployment, Entry]:
        at = self._world.journal.clock()
        reason = f"rollback to {release.name}"
        app.begin(reason, actor, at)
        try:
            deployment = Deployment(
                await self._world.store.next_deployment(),
                app.name,
                Kind.ROLLBACK,
                release.number,
                app.target,
                State.PREPARING,
                self._alone(app, release, Options(promoted=True, now=True)),
                actor,
                reason,
                at,
                previous=app.live,
            )
            entry = await self._deployer.begin(app, deployment, release)
        except BaseException:
            app.end()
            raise
        assert app.deployment is not None
        return app.deployment, entry

    async def stop(self, app: App, color: Color, actor: str) -> None:
        """Stop the idle colour's containers; they stay, and so does the release's record."""
        if color is app.live:
            raise Refused(f"{color} of {app.name} is live", f"`bgctl switch {app.name}` first")
        state = app.colors[color].state
        if state not in MOVABLE:
            raise Refused(f"{color} of {app.name} is {state}: there is nothing to stop", "")
        journal = self._world.journal
        with app.changing(f"stopping {color}", actor, journal.clock()):
            self._fleet.drains.cancel(app, color)
            async with self._fleet.drains.unasked(app, color, lambda _: None):
                async with journal.effect("stop_color", app.name, detail=color, actor=actor):
                    await self._world.runner.stop(app.name, color)
                stopped = replace(
                    app.colors[color], state=ColorState.STOPPED, since=journal.clock(), warm_until=None
                )
                await self._fleet.set_color(app, stopped, actor=actor)

    async def maintain(self, app: App, on: bool, actor: str) -> None:
        """Answer 503 with a page instead of the app, or end that; a deployment goes on behind it."""
        if app.live is None:
            raise Refused(
                f"nothing of {app.name} is live: it answers 503 already", f"`bgctl deploy {app.name}`"
            )
        if on:
            await self._fleet.shut(app, Closure.MAINTENANCE, actor=actor)
        else:
            await self._fleet.reopen(app, Closure.MAINTENANCE, actor=actor)


def _refuse_crossing(app: App, to: int) -> None:
    """Raise `Irreversible` where a task that can't be undone ran for a release after this one."""
    one_way = app.record.one_way
    if one_way is not None and one_way.release > to:
        raise Irreversible(
            f"task {one_way.task} of r{one_way.release} can't be undone:"
            f" r{to} may not work with what it left",
            "if it does: --force",
        )
