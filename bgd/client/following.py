"""A stream that outlives the daemon: opened again where it broke off, for as long as patience lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bgd.errors import Unreachable

if TYPE_CHECKING:
    from bgd.client.client import Client
    from bgd.client.stream import Stream

PATIENCE_S = 30.0
"""How long a daemon may be away, by default: an upgrade takes a few seconds."""

RETRY_S = 0.25
RESYNC = "resync"


class Following:
    """Objects of a stream, the one after the other, over restarts of the daemon.

    `open_at` opens the stream behind a position, or where the caller wants to begin (None); `position_of`
    tells an object's position, None where it has none. The constructor opens the stream.
    """

    def __init__(
        self,
        open_at: Callable[[Any], Stream],
        position_of: Callable[[Any], Any],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._open_at = open_at
        self._position_of = position_of
        self._position: Any = None
        self._patience_s = patience_s
        self._lost_at = 0.0
        self._is_closed = False
        self.interruptions = 0
        """How often the stream was lost: what comes after one may come again."""
        self._stream: Stream | None = open_at(None)

    @property
    def is_lost(self) -> bool:
        """Whether the daemon is away at the moment."""
        return self._stream is None

    def next(self, timeout_s: float | None = None) -> Any:
        """The next object; `None` when none came in time, and after `close`.

        With a timeout, `None` also comes at once when the daemon goes away or is back: see `is_lost`.
        Raises `Unreachable` when it stays away for longer than patience lasts.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._is_closed:
            left_s = None if until is None else max(0.0, until - time.monotonic())
            was_lost = self.is_lost
            if self._stream is None:
                self._reopen(left_s)
            elif (value := self._read(self._stream, left_s)) is not None:
                return value
            if left_s == 0.0 or (left_s is not None and was_lost != self.is_lost):
                break
        return None

    def ready(self) -> list[Any]:
        """All objects that have come already; none of them is an event of the journal."""
        taken = self._stream.ready() if self._stream is not None else []
        if taken:
            position = self._position_of(taken[-1])
            self._position = self._position if position is None else position
        return taken

    def _read(self, stream: Stream, timeout_s: float | None) -> Any:
        try:
            value = stream.next(timeout_s)
        except Unreachable:
            self._lose(stream)
            return None
        if value is None:
            if stream.has_ended:
                self._lose(stream)
            return None
        position = self._position_of(value)
        self._position = self._position if position is None else position
        if value.get("event") == RESYNC and self._position is not None:
            # It dropped what this client was too slow for. The journal has it, and the daemon isn't away.
            self._lose(stream)
            self._reopen(0.0)
        return value

    def _lose(self, stream: Stream) -> None:
        stream.close()
        self._stream = None
        if self._position is None:
            self._position = stream.began_at
        self.interruptions += 1
        self._lost_at = time.monotonic()

    def _reopen(self, timeout_s: float | None) -> None:
        # Waiting comes first: a daemon that stops ends its streams a moment before it stops to listen.
        time.sleep(RETRY_S if timeout_s is None else min(timeout_s, RETRY_S))
        try:
            self._stream = self._open_at(self._position)
        except Unreachable:
            if time.monotonic() - self._lost_at > self._patience_s:
                raise

    def close(self) -> None:
        """End it; a thread that waits in `next` wakes up."""
        self._is_closed = True
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def follow_events(
    client: Client, *, app: str | None = None, since: int | None = None, patience_s: float = PATIENCE_S
) -> Following:
    """The journal after `since`, or from now on; `EventJson` by `EventJson`."""
    return Following(
        lambda position: client.events(app=app, since=since if position is None else position),
        lambda event: event.get("id"),
        patience_s,
    )
