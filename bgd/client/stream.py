"""Event streams: server-sent events, as the daemon sends them (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from time import monotonic
from types import TracebackType
from typing import Any, Self

from bgd.client.connection import Exchange, told_error, unreachable
from bgd.client.http1 import NotHttp
from bgd.errors import Unreachable

SILENCE_S = 60.0
"""A daemon that is well sends at least a comment every 15 s."""


class Stream:
    """JSON objects as they come: iterate over them, or ask for the next one with a timeout.

    `close` from any thread ends the iteration of another. A stream that the daemon ends, ends the
    iteration; one that breaks off, or is silent for `SILENCE_S`, raises `Unreachable`; one in which the
    daemon tells an error raises that.
    """

    def __init__(self, path: str, target: str) -> None:
        self._path = path
        self._exchange = Exchange(path, "GET", target, accept="text/event-stream")
        self._line = b""  # the beginning of a line whose end hasn't come
        self._data: list[bytes] = []  # of the event that hasn't ended
        self._values: deque[Any] = deque()
        self._heard_at = monotonic()
        self._is_reading = False
        self._is_closed = False
        self.has_ended = False
        self.began_at: int | None = None
        """The event after which it begins, where the daemon tells that before any event."""

    def next(self, timeout_s: float | None = None) -> Any:
        """The next object, or `None` when none came in time; or ever, when `has_ended`."""
        until = None if timeout_s is None else monotonic() + timeout_s
        while not self._values and not self.has_ended:
            left_s = None if until is None else max(0.0, until - monotonic())
            if not self._receive(left_s) and left_s == 0.0:
                return None
        if not self._values:
            return None
        value = self._values.popleft()
        if value.get("event") == "error" and "error" in value:
            raise told_error(value)  # the status line was sent before it happened
        return value

    def ready(self) -> list[Any]:
        """All objects that have come already, and need no waiting; errors are left to `next`."""
        taken: list[Any] = []
        while self._values and self._values[0].get("event") is None:
            taken.append(self._values.popleft())
        return taken

    def __iter__(self) -> Iterator[Any]:
        while (value := self.next()) is not None:
            yield value

    def _receive(self, timeout_s: float | None) -> bool:
        # Whoever of the reader and the closer comes last closes the socket: a descriptor that is closed
        # under a thread that reads it may already be another file's.
        self._is_reading = True
        try:
            if self._is_closed:
                self.has_ended = True
                return True
            silence_s = max(0.0, self._heard_at + SILENCE_S - monotonic())
            if not self._exchange.is_ready(silence_s if timeout_s is None else min(timeout_s, silence_s)):
                if monotonic() - self._heard_at >= SILENCE_S:
                    raise unreachable(self._path, TimeoutError())
                return False
            self._heard_at = monotonic()
            if (data := self._exchange.receive()) is None:
                self.has_ended = True
            else:
                self._take(data)
        except Unreachable:
            self.has_ended = True
            if not self._is_closed:
                raise
        finally:
            self._is_reading = False
            if self._is_closed or self.has_ended:
                self._exchange.close()
        return True

    def _take(self, data: bytes) -> None:
        data = self._line + data
        end = data.rfind(b"\n\n") + 2
        if not self._data and (plain := _plain_events(data[:end])) is not None:
            self._line = data[end:]
            self._add(plain)
            return
        *lines, self._line = data.split(b"\n")
        whole: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:])
            elif self.began_at is None and line.startswith(b"id:"):
                self.began_at = _number(line[3:])
            elif self._data and not line.rstrip(b"\r"):
                whole.append(b"\n".join(self._data))
                self._data.clear()
        self._add(b",".join(whole))

    def _add(self, objects: bytes) -> None:
        try:
            # All of them as one document: a hundred thousand lines of logs a second are read so.
            self._values += json.loads(b"[" + objects + b"]")
        except ValueError:
            raise unreachable(self._path, NotHttp("an event of its isn't JSON")) from None

    def close(self) -> None:
        """End the stream; a thread that waits in it wakes up."""
        self._is_closed = True
        if not self.has_ended:
            self._exchange.shut_down()
        if not self._is_reading:
            self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _number(told: bytes) -> int | None:
    return int(told) if told.strip().isdigit() else None


def _plain_events(data: bytes) -> bytes | None:
    """The objects, with commas between them, of whole events that are `data: ` on one line and no more.

    So are those of logs, and nothing needs to be looked at line by line. `None` where one isn't so.
    """
    if not data.startswith(b"data: "):
        return None
    objects = data[6:-2].replace(b"\n\ndata: ", b",")
    return None if b"\n" in objects else objects
