"""The journal: what is written down before and after each effect, and told to whoever listens.

One place gives both, so nobody hears of something that a crash could still undo: entries are told
after they are on the disk. Progress lines are told and not written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bgd.engine.ports import Entry, Record, Store
from bgd.errors import BgError

QUEUE_ENTRIES = 1000
PAGE_ENTRIES = 500

RESYNC = "resync"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Subscription:
    """One listener's queue. When it overflows, what it holds is dropped and one `resync` stands for it."""

    def __init__(self, app: str | None) -> None:
        self.app = app
        self.queue: asyncio.Queue[Entry | None] = asyncio.Queue(QUEUE_ENTRIES)

    def offer(self, entry: Entry | None) -> None:
        """Put an entry in, or the end (`None`), without ever waiting."""
        if entry is not None and self.app is not None and entry.app not in (self.app, None):
            return
        try:
            self.queue.put_nowait(entry)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(Entry(now(), RESYNC, None, {}))
            self.queue.put_nowait(entry)


class Journal:
    """Writes entries and tells them."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = now) -> None:
        self.store = store
        self.clock = clock
        self._subscriptions: set[Subscription] = set()
        self._is_closed = False

    async def record(self, *records: Record, flush: bool = True) -> list[Entry]:
        """Write records and entries in one transaction, then tell the entries.

        `flush` is left out where nothing was done, nor will be without an intent that is flushed.
        """
        entries = list(await self.store.record(*records, flush=flush))
        for entry in entries:
            self._tell(entry)
        return entries

    async def note(
        self,
        event: str,
        app: str | None,
        data: Mapping[str, Any] | None = None,
        *,
        deployment: int | None = None,
        actor: str | None = None,
    ) -> Entry:
        """Write one entry."""
        entry = Entry(self.clock(), event, app, data or {}, deployment, actor)
        return (await self.record(entry))[0]

    def progress(self, app: str, deployment: int | None, stage: str, message: str) -> None:
        """Tell a line about what goes on; it isn't written."""
        self._tell(Entry(self.clock(), "progress", app, {"stage": stage, "message": message}, deployment))

    def intent(
        self,
        effect: str,
        app: str | None,
        deployment: int | None = None,
        detail: str = "",
        actor: str | None = None,
    ) -> Entry:
        """The entry that announces an effect, for a record that is written before it anyway."""
        data = {"effect": effect, "detail": detail, "phase": "intent"}
        return Entry(self.clock(), "effect", app, data, deployment, actor)

    @asynccontextmanager
    async def effect(
        self,
        effect: str,
        app: str | None,
        deployment: int | None = None,
        detail: str = "",
        *,
        is_announced: bool = False,
        actor: str | None = None,
    ) -> AsyncIterator[list[Record]]:
        """Frame something that changes the world: its intent is written before, its result after.

        Yields a list: records that are put into it are written with the result, in one transaction.
        `is_announced`: whoever calls has written the intent. `actor`: who wanted it.
        """
        data = {"effect": effect, "detail": detail}
        if not is_announced:
            await self.record(self.intent(effect, app, deployment, detail, actor))
        outcome: list[Record] = []
        try:
            yield outcome
        except BgError as error:
            failed = {**data, "phase": "failed", "message": error.message}
            await self.note("effect", app, failed, deployment=deployment)
            raise
        done = Entry(self.clock(), "effect", app, {**data, "phase": "done"}, deployment)
        await self.record(*outcome, done)

    async def follow(self, since: int | None, app: str | None) -> AsyncGenerator[Entry]:
        """Entries after `since` from the disk, then as they come, without a gap and without a repeat.

        `since` `None` means from now on. One from the future (another journal's), or from before the oldest
        entry that is kept, begins with `resync`.
        """
        subscription = Subscription(app)
        self._subscriptions.add(subscription)
        if self._is_closed:
            subscription.offer(None)
        try:
            last = 0
            if since is not None:
                is_known = await self.store.first_id() <= since + 1 <= await self.store.last_id() + 1
                if not is_known and since > 0:
                    yield Entry(self.clock(), RESYNC, None, {})
                    since = 0
                async for entry in self.past(since, app):
                    last = entry.id
                    yield entry
            while (told := await subscription.queue.get()) is not None:
                if told.id == 0 or told.id > last:
                    yield told
        finally:
            self._subscriptions.discard(subscription)

    async def past(self, since: int, app: str | None) -> AsyncGenerator[Entry]:
        """Entries after `since` that are written already."""
        while page := await self.store.entries(since, app, PAGE_ENTRIES):
            for entry in page:
                yield entry
            since = page[-1].id

    def close(self) -> None:
        """End every listener's stream."""
        self._is_closed = True
        for subscription in self._subscriptions:
            subscription.offer(None)

    def _tell(self, entry: Entry) -> None:
        for subscription in self._subscriptions:
            subscription.offer(entry)
