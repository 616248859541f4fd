"""Workers of before a reload: they still begin requests for a while, and by what they know.

They take a next request on a connection that is idle for 5 s after the reload, and on one that has sent
nothing for 10 s; what streams on there asks for nothing more. Their configuration may know of no shares, and
of no assets. And where a colour's containers are, each generation of workers has in memory of its own, which
one of them keeps up to date: it may be the first of them to end, and then the others never learn of
containers that have started since. Sent to these by the gate, a request would be a 502.

So who sends traffic to what has just started waits until no old worker begins anything any more. Mostly there
is none, or the checks took longer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

OLD_REQUESTS_S = 11.0
"""So long after a reload its old workers may still begin a request: `client_header_timeout`, and a bit."""
LOOK_EVERY_S = 0.1


class OldWorkers:
    """When the last reload was, and so until when old workers begin requests; `are_there` asks for them."""

    def __init__(self, are_there: Callable[[], Awaitable[bool]]) -> None:
        self._are_there = are_there
        self._since = time.monotonic()  # the daemon of before may have reloaded in this moment

    def note(self) -> None:
        """A reload has been seen: all workers of before are old now."""
        self._since = time.monotonic()

    async def begin_no_more(self, progress: Callable[[str], None]) -> None:
        """Return when those of before the last reload begin no request; `progress` is told of a wait.

        Reloads that come meanwhile don't count: what they make old knew more when they came.
        """
        until, is_told = self._since + OLD_REQUESTS_S, False
        while time.monotonic() < until and await self._are_there():
            if not is_told:
                progress("nginx's workers of before its last reload may still take requests")
                is_told = True
            await asyncio.sleep(LOOK_EVERY_S)
