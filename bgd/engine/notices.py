"""Tells people what happened, by notifications: never in the way of what happens.

It reads the journal as any client does. What can't be delivered is journalled and not tried again; a daemon
that is killed meanwhile tells nothing afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from bgd.domain.notice import Notice, notice_of
from bgd.engine.fleet import Fleet, number_of
from bgd.engine.ports import Entry

log = logging.getLogger("bgd.notices")

AT_ONCE = 4
"""How many notices are on their way at once; the others wait."""


class Notices:
    """One task that listens, and one for each notice that is on its way."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._listening: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen(), name="notices")

    async def close(self) -> None:
        """End it, and what is on its way."""
        tasks = [*self._sending, *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async with aclosing(self._world.journal.follow(None, None)) as entries:
            async for entry in entries:
                notice = notice_of(entry.event, entry.app, entry.data, entry.actor)
                if notice is not None:
                    task = asyncio.create_task(self._send(entry, notice), name="notice")
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)

    async def _send(self, entry: Entry, notice: Notice) -> None:
        try:
            async with self._turns:
                failed = await self._world.notifier.send(notice, await self._own_urls(entry))
        except Exception:
            log.exception("a notification couldn't be sent")
            return
        for why in failed:
            told = {
                "message": f"a notification wasn't delivered: {why}",
                "fix": "is its URL in `notify` right, and the service reachable from here?",
            }
            await self._world.journal.note("warning", entry.app, told)

    async def _own_urls(self, entry: Entry) -> tuple[str, ...]:
        """The URLs of the app's own file, as of the release that the entry is about."""
        app = self._fleet.apps.get(entry.app or "")
        if app is None:
            return ()
        deployment = app.deployment or app.last
        number = number_of(entry.data["release"]) if "release" in entry.data else None
        if number is None and deployment is not None:
            number = deployment.release
        release = None if number is None else app.releases.get(number)
        if release is None and number is not None:
            release = await self._world.store.release(app.name, number)
        return () if release is None else release.plan.settings.notify
