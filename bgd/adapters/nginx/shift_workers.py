"""Workers whose configuration knows of no shares: by them a visitor who is in one would go back.

They take a next request on a connection that is open for a while after a reload, and on one that has sent
nothing for the longest; what streams on there asks for nothing more. So who gives a first share waits until
they are gone, or take none any more. Mostly the checks before it took longer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from bgd.domain.traffic import Table
from bgd.errors import Failed

OLD_REQUESTS_S = 11.0
"""So long after a reload its old workers may still begin a request: `client_header_timeout`, and a bit."""
LOOK_EVERY_S = 0.1


class ShiftWorkers:
    """Since when all that takes requests has known of each app's shares; `are_old` there are old workers."""

    def __init__(self, are_old: Callable[[], Awaitable[bool]]) -> None:
        self._are_old = are_old
        self._since: dict[str, float] = {}

    def note(self, table: Table) -> None:
        """nginx has just read this table."""
        known, now = self._since, time.monotonic()
        self._since = {entry.app: known.get(entry.app, now) for entry in table if entry.shifts}

    async def know(self, app: str) -> None:
        """Return when all that take requests know of the app's shares. Raises `Failed` where none will."""
        while (since := self._since.get(app)) is None or time.monotonic() - since < OLD_REQUESTS_S:
            if since is None:
                raise Failed(f"nginx's configuration knows of no shares of {app}")
            if not await self._are_old():
                return
            await asyncio.sleep(LOOK_EVERY_S)
