"""The proxy at its addresses, and the daemon that goes on without it where something else has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bgd.domain.traffic import Table
from bgd.engine.world import World
from bgd.errors import BgError, Occupied

log = logging.getLogger("bgd.entrance")


class Entrance:
    """Where traffic comes in. Closed while something else listens there: mostly an app under plain Compose.

    A closed entrance is tried again whenever there is something to serve, and not between: an app that is
    restarted has its port free for a moment, and whoever took it then would end that app.
    """

    def __init__(self, world: World, table: Callable[[], Table]) -> None:
        self._world = world
        self._table = table
        self._occupied: Occupied | None = None
        self._turn = asyncio.Lock()
        self.trouble: BgError | None = None
        """Why the proxy isn't as it should be and can't be brought back."""

    @property
    def is_closed(self) -> bool:
        """Whether the proxy doesn't run, because its address was taken."""
        return self._occupied is not None

    @property
    def is_left_alone(self) -> bool:
        """Whether it is closed and nothing that is live needs it: whoever has its address keeps that."""
        return self.is_closed and not any(line.live for line in self._table())

    @property
    def ports(self) -> tuple[int, int]:
        """The proxy's ports on the host: the public one, the preview's."""
        doors = (self._world.traffic.public_door, self._world.traffic.preview_door)
        public, preview = (int(door.rpartition(":")[2]) for door in doors)
        return public, preview

    @property
    def problems(self) -> list[str]:
        """What to tell of it in `status`: that it is closed, or what its nginx is too old for."""
        if self._occupied is not None:
            return [f"nothing is served: {self._occupied.message}. {self._occupied.hint}"]
        if self.trouble is not None:
            return [f"the proxy can't be mended: {self.trouble.message}. {self.trouble.hint}"]
        return list(self._world.traffic.shortcomings)

    async def open(self) -> None:
        """Bring the proxy up where it isn't; where its address is taken, note that and go on."""
        async with self._turn:
            await self._open_if_free()

    async def reopen(self) -> None:
        """The same for a proxy that somebody took away, unless its addresses are given back meanwhile."""
        async with self._turn:
            if not self.is_left_alone:
                await self._open_if_free()

    async def serve(self, *, or_later: bool = False) -> None:
        """Make the proxy serve the apps as they are now, and bring it up for that where it is closed.

        Raises `Occupied` where its address is still taken; with `or_later` that is no error.
        """
        if not self.is_closed:
            await self._world.traffic.apply(self._table())
            return
        async with self._turn:
            try:
                await self._open()
            except Occupied:
                if not or_later:
                    raise

    async def close(self) -> None:
        """Give the addresses back to whoever had them before."""
        async with self._turn:
            self._occupied = Occupied("the addresses were given back", "`bgctl add FILE --adopt` takes them")
            await self._world.traffic.remove()

    async def _open_if_free(self) -> None:
        try:
            await self._open()
        except Occupied as error:
            log.error("%s; going on without the proxy", error.message)
            told = {"message": f"{error.message}: the daemon goes on without its proxy"}
            await self._world.journal.note("daemon", None, told)

    async def _open(self) -> None:
        try:
            await self._world.traffic.start(self._table())
        except Occupied as error:
            self._occupied = error
            raise
        self._occupied = None
