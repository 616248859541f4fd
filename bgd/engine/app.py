"""An app in the daemon's memory: its records, and who is changing it now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import AppRecord, ColorRecord, Deployment
from bgd.domain.hold import Hold
from bgd.domain.lifecycle import State
from bgd.domain.probe import path_under
from bgd.domain.release import Release
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes, Closure, Remaining
from bgd.errors import Refused

THERE = frozenset(
    {ColorState.PREPARING, ColorState.READY, ColorState.LIVE, ColorState.WARM, ColorState.DRAINING}
)


@dataclass(frozen=True, slots=True)
class Busy:
    """Who is changing the app, and since when."""

    what: str
    actor: str
    since: datetime


@dataclass(slots=True)
class App:
    """One app. Only whoever holds `busy` changes the records; reading needs nothing."""

    record: AppRecord
    colors: dict[Color, ColorRecord]
    releases: dict[int, Release] = field(default_factory=dict)  # of what is in the colours
    deployment: Deployment | None = None
    hold: Hold | None = None  # what the deployment waits for
    held: asyncio.Event = field(default_factory=asyncio.Event)  # set while it waits
    last: Deployment | None = None
    busy: Busy | None = None
    calm: asyncio.Event = field(default_factory=asyncio.Event)  # set while its change only waits or watches
    repairing: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while what is live is brought back
    flipping: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while its gate is moved, or put back
    idle: asyncio.Event = field(default_factory=asyncio.Event)  # set while nobody is busy
    promoted: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # set once it was removed
    remaining: dict[Color, tuple[Remaining, datetime]] = field(default_factory=dict)
    closures: frozenset[Closure] = frozenset()  # why its doors are closed
    unasked: set[Color] = field(default_factory=set)  # colours that are about to end: see `Drains.unasked`
    shut_at: dict[Closure, datetime] = field(default_factory=dict)  # where this daemon closed them
    problems: dict[str, str] = field(default_factory=dict)  # what is wrong and can't be mended, by kind

    def __post_init__(self) -> None:
        self.idle.set()

    @property
    def name(self) -> str:
        """The app's name."""
        return self.record.name

    @property
    def is_on_its_way_out(self) -> bool:
        """Whether it is being removed, or will be because its adoption came to nothing."""
        undone = self.record.adoption is not None and self.live is None and self.deployment is None
        return self.record.is_leaving or undone

    @property
    def live(self) -> Color | None:
        """The colour that has the traffic."""
        return self.record.live

    @property
    def target(self) -> Color:
        """The colour that the next release goes to."""
        return Color.BLUE if self.live is None else self.live.other

    def release_in(self, color: Color) -> Release | None:
        """The release that is, or was last, in a colour."""
        number = self.colors[color].release
        return None if number is None else self.releases.get(number)

    def route_of(self, color: Color) -> Route | None:
        """The route of the release in a colour."""
        release = self.release_in(color)
        return None if release is None else release.plan.route

    def routes(self) -> AppRoutes:
        """The app's line of nginx's table."""
        known = {color: route for color in Color if (route := self.route_of(color)) is not None}
        spare = next(iter(known.values()), self.record.route)
        routes = {color: known.get(color, spare) for color in Color}
        return AppRoutes(self.name, self.live, routes, assets=self._assets(), shifts=self._shifts())

    def _shifts(self) -> bool:
        """Whether either colour's release moves the traffic by and by: also before it gets a share."""
        there = [color for color, record in self.colors.items() if record.state in THERE]
        wishes = [r.plan.settings.shift for color in there if (r := self.release_in(color)) is not None]
        return self.live is not None and any(wish is not None and wish.shares for wish in wishes)

    def _assets(self) -> tuple[str, ...]:
        """The paths of files that either colour may have.

        Also before the switch: who has a page of the old colour asks for its files right after it, and no
        reload is that quick.
        """
        is_there = all(record.state in THERE for record in self.colors.values())
        if self.live is None or self.unasked or not is_there:
            return ()
        paths = {
            path_under(release.plan.route, path)
            for color in Color
            if (release := self.release_in(color)) is not None and release.plan.route is not None
            for path in release.plan.settings.assets
        }
        return tuple(sorted(paths))

    @contextmanager
    def changing(self, what: str, actor: str, since: datetime) -> Iterator[None]:
        """Hold the app for one change. Raises `Refused`, saying who is busy, when somebody else does."""
        self.refuse_if_busy()
        self.begin(what, actor, since)
        try:
            yield
        finally:
            self.end()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody touches what is live: so is it also while a deployment waits, or watches."""
        return self.busy is None or self.calm.is_set()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Say for as long that the deployment only waits, or watches."""
        self.calm.set()
        try:
            yield
        finally:
            self.calm.clear()

    async def repaired(self) -> None:
        """Wait for a repair that began while the deployment was at rest: it is at the same containers.

        No longer than Compose may take to start what is missing: mostly a second, a quarter of an hour at
        most, where what the services there wait for never comes.
        """
        async with self.repairing:
            pass

    async def quiet(self) -> None:
        """Wait until it is."""
        waits = [asyncio.create_task(event.wait()) for event in (self.idle, self.calm)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def refuse_if_busy(self) -> None:
        """Raise `Refused` while somebody changes the app."""
        if self.busy is not None:
            doing = f", now {self.deployment.state}" if self.deployment is not None else ""
            raise Refused(
                f"{self.name} is busy: {self.busy.what} by {self.busy.actor}"
                f" since {self.busy.since:%H:%M:%S} UTC{doing}",
                self._way_past(),
            )

    def _way_past(self) -> str:
        if self.deployment is not None and self.deployment.state is State.SHIFTING:
            return (
                f"its visitors move by and by: `bgctl rollback {self.name}` takes them back at once,"
                f" `bgctl promote {self.name}` takes the next step"
            )
        if self.deployment is not None and self.deployment.state is State.BAKING:
            return (
                f"its traffic is watched: `bgctl rollback {self.name}` takes it back at once,"
                f" `bgctl promote {self.name}` ends the watch"
            )
        return f"wait for it, follow it with `bgctl events -f`, or stop it with `bgctl cancel {self.name}`"

    def begin(self, what: str, actor: str, since: datetime) -> None:
        """Mark the app as held."""
        self.busy = Busy(what, actor, since)
        self.idle.clear()

    def end(self) -> None:
        """Let the app go."""
        self.busy = None
        self.idle.set()

    def serving(self) -> str:
        """What still serves, as a sentence for messages."""
        if self.live is None and self.record.adoption is not None:
            return f"{self.record.adoption.project.name} under plain Compose, as before"
        if self.live is None:
            return f"nothing is live yet: {self.name} answers 503"
        release = f"r{self.colors[self.live].release}"
        if Closure.PAUSE in self.closures:
            return f"nobody serves at the moment: requests get 503 until {release} or its successor runs"
        if Closure.MAINTENANCE in self.closures:
            return f"{self.live} still runs {release}, untouched; in maintenance, so requests get 503"
        deployment = self.deployment or self.last
        if deployment is not None and deployment.has_stopped_live and deployment.previous is self.live:
            return f"{self.live} serves {release} again, in the containers it had before"
        step = self.deployment.step if self.deployment is not None else None
        if self.deployment is not None and self.deployment.state is State.SHIFTING and step is not None:
            coming = f"{self.deployment.color} r{self.deployment.release} to {step.percent} % of the visitors"
            return f"{self.live} still serves {release}, and {coming}"
        return f"{self.live} still serves {release}, untouched"


def empty_color(app: str, color: Color, at: datetime) -> ColorRecord:
    """A colour that holds nothing."""
    return ColorRecord(app, color, ColorState.EMPTY, at)
