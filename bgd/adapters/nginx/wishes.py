"""Tables that callers want served: many wishes, one reload.

A reload starts new workers beside the old ones, which stay while their streams last; so fewer are better.
Whoever comes while another's wish is served waits for that, and then the newest table is served for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bgd.adapters.nginx.reload import Rejected
from bgd.domain.traffic import Table
from bgd.errors import BgError, InvalidInput


@dataclass(slots=True, eq=False)
class Wish:
    """A table that a caller wants served, and how it ended."""

    table: Table
    is_served: bool = False
    error: BgError | None = None

    @property
    def is_settled(self) -> bool:
        """Somebody saw to it."""
        return self.is_served or self.error is not None


class Wishes:
    """Tables that wait to be served; one caller at a time serves the newest for all."""

    def __init__(self, serve: Callable[[Table], Awaitable[None]]) -> None:
        self._serve = serve
        self._turn = asyncio.Lock()
        self._waiting: list[Wish] = []

    async def grant(self, table: Table) -> None:
        """Return when `table`, or a newer one, is served. Raises what came of this one."""
        wish = Wish(table)
        self._waiting.append(wish)
        try:
            async with self._turn:
                if not wish.is_settled:
                    await self._serve_newest(list(self._waiting))
        finally:
            self._waiting.remove(wish)
        if wish.error is not None:
            raise wish.error

    async def _serve_newest(self, wishes: list[Wish]) -> None:
        """Serve the newest; where nginx can't be told that one, the next older, which isn't to blame."""
        while wishes:
            try:
                await self._serve(wishes[-1].table)
            except (Rejected, InvalidInput) as error:
                wishes.pop().error = error
            except BgError as error:
                for wish in wishes:
                    wish.error = error
                return
            else:
                for wish in wishes:
                    wish.is_served = True
                return
