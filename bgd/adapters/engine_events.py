"""The engine's events about this instance's containers: who waits for a change of an app is woken."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator

from bgd.adapters.engine_socket import EngineSocket
from bgd.domain.render.naming import APP, INSTANCE
from bgd.errors import BgError

RETRY_S = 0.5
_ACTIONS = [
    "create",
    "destroy",
    "die",
    "health_status",
    "oom",
    "pause",
    "rename",
    "restart",
    "start",
    "stop",
    "unpause",
]  # not exec_*: each health check of each container makes three of them


class EngineEvents:
    """One stream of events, kept open. `revision` counts up with every change of an app.

    Whoever waits reads the revision first, then looks, then waits for a later one: nothing that happens in
    between is missed. The engine keeps only about 256 events, of all containers, so after a lost connection
    the count goes up for every app, and everybody looks again.
    """

    def __init__(self, socket: EngineSocket, instance: str) -> None:
        self._socket = socket
        self._instance = instance
        self._revisions: defaultdict[str | None, int] = defaultdict(int)
        self._lost = 0
        self._changed = asyncio.Condition()
        self._since: str | None = None
        self._task: asyncio.Task[None] | None = None
        self.are_heard = False
        """Whether the stream is open, so that no event means no change."""

    async def start(self) -> None:
        """Begin to listen. An engine that is away is waited for in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="engine events")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def sessions(self) -> int:
        """How often the stream was opened so far."""
        return self._lost

    def revision(self, app: str | None) -> int:
        """How often something of the app, or of what belongs to none, has changed so far."""
        return self._revisions[app] + self._lost

    async def after(self, app: str | None, revision: int, timeout_s: float) -> int:
        """The app's revision once it is past `revision`, or after `timeout_s` whatever it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.revision(app) > revision)
        return self.revision(app)

    async def _listen(self) -> None:
        while True:
            try:
                async for line in self._lines():
                    await self._take(line)
            except BgError:
                pass
            await asyncio.sleep(RETRY_S)

    async def _lines(self) -> AsyncIterator[bytes]:
        filters = {"type": ["container"], "label": [f"{INSTANCE}={self._instance}"], "event": _ACTIONS}
        query = {"filters": json.dumps(filters)}
        if self._since is not None:
            query["since"] = self._since
        async with self._socket.request("GET", "/events", query) as answer:
            # Connected: what happened before the stream began is found by looking.
            self._lost += 1
            self.are_heard = True
            try:
                await self._wake()
                rest = b""
                while data := await answer.read():
                    *whole, rest = (rest + data).split(b"\n")
                    for line in whole:
                        yield line
            finally:
                self.are_heard = False

    async def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            app = event["Actor"]["Attributes"].get(APP)
            nanos = int(event["timeNano"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        # The same event again is harmless, one that is missed isn't: the last one's own time is asked for.
        self._since = f"{nanos // 10**9}.{nanos % 10**9:09d}"
        self._revisions[app] += 1
        await self._wake()

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
