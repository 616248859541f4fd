"""All apps of one daemon: their records, and the table that nginx serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import AppRecord, ColorRecord, Deployment, Live
from bgd.domain.duration import ms_between
from bgd.domain.routing import conflict_of
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes, Closure, Table
from bgd.engine.app import App, empty_color
from bgd.engine.drain import Drains
from bgd.engine.entrance import Entrance
from bgd.engine.figures import Figures
from bgd.engine.ports import Entry, Record
from bgd.engine.receipts import Receipts
from bgd.engine.retention import Retention
from bgd.engine.world import World
from bgd.errors import BgError, InvalidInput, NotFound, Refused


@dataclass(frozen=True, slots=True)
class Move:
    """A move as it is recorded: the app, the colours that it changed, and all that is written at once."""

    record: AppRecord
    colors: dict[Color, ColorRecord]
    records: tuple[Record, ...]


def leaving(name: str) -> tuple[str, str]:
    """What is told of an app whose removal has begun, and what to do."""
    return (
        f"{name} is being removed, and that isn't finished",
        f"wait for it; where `bgctl status` tells why it failed, `bgctl remove {name} --yes` goes on with it",
    )


class Fleet:
    """The apps in memory, written through to the store."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.apps: dict[str, App] = {}
        self.figures = Figures(world.traffic, world.journal)
        self.receipts = Receipts(self.figures, world.journal)
        self.drains = Drains(self)
        self.entrance = Entrance(world, self.table)
        self.retention = Retention(world)

    def get(self, name: str, *, or_leaving: bool = False) -> App:
        """The app of that name, also one whose removal isn't finished if asked for. Raises `NotFound`."""
        app = self.apps.get(name)
        if app is not None and (or_leaving or not app.record.is_leaving):
            return app
        if app is not None:
            raise NotFound(*leaving(name))
        known = ", ".join(sorted(line.app for line in self.table())) or "none yet"
        raise NotFound(f"there is no app {name!r} (known: {known})", "take it in with `bgctl add FILE`")

    def table(self) -> Table:
        """What nginx is to serve now."""
        return tuple(app.routes() for app in self.apps.values() if not app.record.is_leaving)

    async def load(self) -> None:
        """Read all apps from the store."""
        store = self.world.store
        for record in await store.apps():
            at = self.world.journal.clock()
            recorded = await store.colors(record.name)
            colors = {c: recorded.get(c) or empty_color(record.name, c, at) for c in Color}
            app = App(record, colors)
            for color in colors.values():
                if color.release is not None:
                    release = await store.release(record.name, color.release)
                    if release is not None:
                        app.releases[release.number] = release
            past = await store.deployments(record.name, limit=1)
            app.last = past[0] if past else None
            self.apps[record.name] = app

    def refuse_conflict(self, name: str, route: Route) -> None:
        """Raise `Refused` where another app has one of these hosts on this path.

        Raises `InvalidInput` where the proxy couldn't serve it: an app that was taken in with such a route
        would keep every other app's changes from the proxy.
        """
        for other in self.apps.values():
            if other.name == name or other.record.is_leaving:
                continue
            for theirs in {other.route_of(c) or other.record.route for c in Color}:
                if clash := conflict_of(route, theirs):
                    raise Refused(
                        f"{name} wants {clash}, which {other.name} has already",
                        "give one of them another `route: {hosts: […], path: …}` in x-bgd",
                    )
        live = self.apps[name].live if name in self.apps else None
        others = [line for line in self.table() if line.app != name]
        self.world.traffic.check((*others, AppRoutes(name, live, dict.fromkeys(Color, route))))

    async def take_in(self, record: AppRecord, actor: str) -> App:
        """Record a new app and keep it."""
        at = self.world.journal.clock()
        app = App(record, {color: empty_color(record.name, color, at) for color in Color})
        entry = Entry(at, "added", record.name, {"file": record.file}, actor=actor)
        await self.world.journal.record(record, *app.colors.values(), entry)
        self.apps[record.name] = app
        return app

    async def set_record(self, app: App, record: AppRecord) -> None:
        """Record a change of the app itself."""
        await self.world.journal.record(record)
        app.record = record

    async def set_color(
        self, app: App, record: ColorRecord, *others: Record, actor: str | None = None
    ) -> None:
        """Record what a colour holds, and tell it; `actor` where somebody wanted just that."""
        data = {"color": record.color, "state": record.state, "release": name_of(record.release)}
        entry = Entry(record.since, "color", app.name, data, record.deployment, actor)
        await self.world.journal.record(record, *others, entry)
        app.colors[record.color] = record

    async def shut(self, app: App, why: Closure, deployment: int | None = None, actor: str = "") -> None:
        """Close the app's doors: requests get 503 with a page from now on."""
        journal = self.world.journal
        async with journal.effect("shut_doors", app.name, deployment, why, actor=actor or None) as outcome:
            try:
                await self.world.traffic.shut(app.name, why)
            except BgError:
                app.closures = await self.world.traffic.closures(app.name)
                raise
            outcome.append(_doors(app, app.closures | {why}, journal.clock(), deployment, actor))
        app.closures |= {why}
        app.shut_at.setdefault(why, journal.clock())

    async def reopen(self, app: App, why: Closure, deployment: int | None = None, actor: str = "") -> None:
        """Take a reason for closed doors away; with the last one they open."""
        journal = self.world.journal
        async with journal.effect("open_doors", app.name, deployment, why, actor=actor or None) as outcome:
            await self.world.traffic.reopen(app.name, why)
            at = journal.clock()
            outcome.append(_doors(app, app.closures - {why}, at, deployment, actor, app.shut_at.get(why)))
        app.closures -= {why}
        app.shut_at.pop(why, None)

    async def move_traffic(
        self, app: App, to: Color | None, deployment: Deployment, *, is_announced: bool = False
    ) -> None:
        """Move the app's traffic: the gate, the records, and where hosts or paths change the table too.

        Counts only when nginx was seen to serve it; else everything is put back, and the error says so.
        The reload that makes old workers drain follows in the background. A colour that was stopped first
        has nothing to drain. `is_announced`: the intent is in the journal already.
        """
        async with app.flipping:
            await self._move_traffic(app, to, deployment, is_announced)

    async def _move_traffic(
        self, app: App, to: Color | None, deployment: Deployment, is_announced: bool
    ) -> None:
        journal, traffic = self.world.journal, self.world.traffic
        old = app.live
        before = (app.record, dict(app.colors))
        needs_table = old is None or to is None or _differ(app, old, to)
        try:
            if to is None:
                move = self._move(app, old, to, deployment)
                await journal.record(*move.records)
            else:
                effect, detail = flip_of(old, to)
                async with journal.effect(
                    effect, app.name, deployment.id, detail, is_announced=is_announced
                ) as outcome:
                    self.receipts.ordered(app, deployment, to)
                    await traffic.switch(app.name, to)
                    self.receipts.seen(deployment)
                    move = self._move(app, old, to, deployment)
                    outcome += move.records
            app.record = move.record
            # Only what was moved: the other colour's drain may have recorded something meanwhile.
            app.colors.update(move.colors)
            if needs_table:
                async with journal.effect("apply_routes", app.name, deployment.id, f"live is {to}"):
                    await self.entrance.serve()
        except BgError:
            await self._put_back(app, old, before, deployment)
            raise
        if to is None:
            await traffic.forget(app.name)
        if old is not None and old is not to and not deployment.options.alone:
            self.drains.begin(app, old)
        if to is not None:
            self.drains.cancel(app, to)

    def _move(self, app: App, old: Color | None, to: Color | None, deployment: Deployment) -> Move:
        at = self.world.journal.clock()
        moved: dict[Color, ColorRecord] = {}
        lives: list[Live] = []
        if old is not None and old is not to:
            left = ColorState.STOPPED if deployment.options.alone else ColorState.DRAINING
            moved[old] = replace(app.colors[old], state=left, since=at, warm_until=None)
        if to is not None:
            moved[to] = replace(app.colors[to], state=ColorState.LIVE, since=at, warm_until=None)
            if (number := moved[to].release) is not None:
                lives.append(Live(app.name, number, to, at))
        record = replace(app.record, live=to)
        data = {"color": to, "from": old, "release": name_of(moved[to].release) if to else None}
        entry = Entry(at, "live", app.name, data, deployment.id, deployment.actor)
        return Move(record, moved, (record, *moved.values(), *lives, entry))

    async def _put_back(
        self,
        app: App,
        old: Color | None,
        before: tuple[AppRecord, dict[Color, ColorRecord]],
        deployment: Deployment,
    ) -> None:
        """Undo a move that wasn't seen: `switch` has turned its own gate back, the rest is here."""
        journal, traffic = self.world.journal, self.world.traffic
        async with journal.effect("put_back", app.name, deployment.id, f"live is {old or 'nothing'}"):
            if old is not None:
                await traffic.switch(app.name, old)
            if app.record is before[0] and old is None:
                await traffic.forget(app.name)
            if app.record is not before[0]:
                app.record = before[0]
                app.colors.update(before[1])
                await journal.record(app.record, *app.colors.values())
                await self.entrance.serve()


def flip_of(old: Color | None, to: Color) -> tuple[str, str]:
    """The effect that moves the traffic, as the journal calls it, and its detail."""
    return "flip_gate", f"{old or 'nothing'} → {to}"


def _doors(
    app: App,
    closures: frozenset[Closure],
    at: datetime,
    deployment: int | None,
    actor: str,
    shut_at: datetime | None = None,
) -> Entry:
    data: dict[str, object] = {"closed": sorted(closures)}
    if shut_at is not None:
        data["took_ms"] = ms_between(shut_at, at)
    return Entry(at, "doors", app.name, data, deployment, actor or None)


def _differ(app: App, one: Color, two: Color) -> bool:
    """Whether two colours' releases answer on different hosts or paths."""
    first, second = app.route_of(one), app.route_of(two)
    return first is None or second is None or (first.hosts, first.path) != (second.hosts, second.path)


def name_of(release: int | None) -> str | None:
    """`r7`, or None."""
    return None if release is None else f"r{release}"


def number_of(release: str) -> int:
    """7 of `r7`. Raises `InvalidInput`."""
    digits = release.removeprefix("r")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise InvalidInput(f"{release!r} is no release", "releases are called r1, r2, …")
    return int(digits)
