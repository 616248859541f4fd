"""What is known of the containers: as they are, or as they were when the engine last answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bgd.domain.container import Container
from bgd.engine.world import World
from bgd.errors import Refused, Unreachable


@dataclass(frozen=True, slots=True)
class Seen:
    """Containers, and for how many seconds that may be out of date; `away` says why, empty while it isn't."""

    containers: Sequence[Container]
    stale_s: int | None = None
    away: str = ""

    @property
    def problems(self) -> list[str]:
        """What to tell of it in `status`."""
        return [self.away] if self.away else []


class Sight:
    """The last looks at the engine: reads go on from them while it is away."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looks: dict[str, tuple[datetime, Sequence[Container]]] = {}

    async def of(self, app: str) -> Seen:
        """One app's containers in detail."""
        try:
            containers = await self._world.runner.known(app)
        except Unreachable as error:
            return self._remembered([app], error)
        self._looks[app] = (self._world.journal.clock(), containers)
        return Seen(containers)

    async def of_all(self, apps: Sequence[str]) -> Seen:
        """Every app's containers, in what can be listed at once."""
        try:
            containers = await self._world.runner.containers()
        except Unreachable as error:
            return self._remembered(apps, error)
        at = self._world.journal.clock()
        for app in apps:
            self._looks[app] = (at, [c for c in containers if c.app == app])
        return Seen(containers)

    async def refuse_if_away(self) -> None:
        """Raise `Refused` while the engine doesn't answer: nothing could be done, nor undone."""
        try:
            await self._world.runner.reach()
        except Unreachable as error:
            raise Refused(f"{error.message}: nothing was changed, and traffic goes on", error.hint) from error

    def _remembered(self, apps: Sequence[str], error: Unreachable) -> Seen:
        looks = [self._looks[app] for app in apps if app in self._looks]
        if not looks:
            return Seen((), None, f"{error.message}: what runs isn't known")
        oldest = min(at for at, _ in looks)
        age_s = max(0, round((self._world.journal.clock() - oldest).total_seconds()))
        told = f"{error.message}: what is shown of containers is {age_s} s old ({oldest:%H:%M:%S} UTC)"
        return Seen([c for _, containers in looks for c in containers], age_s, told)
