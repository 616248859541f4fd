"""The log of one app as it comes from the daemon: a thread that reads, and an inbox that is bounded.

The UI empties the inbox ten times a second. What doesn't fit is counted and dropped, oldest first:
an operator wants the newest lines and a screen that answers, not every line of a flood.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bgd.errors import BgError
from tui.plain import plain
from tui.port import Daemon, Feed
from tui.ring import CAPACITY, Line
from tui.snapshot import read_time

TAIL = 200
"""Lines of each container to begin with."""
INBOX_LINES = 5_000
RETRY_S = 1.0
OVERLAP_S = 2.0
"""Containers' lines are merged by time: one that was late when the stream broke is asked for again."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which lines are asked for: of one colour, of one service, since a time (as it was `asked` for)."""

    color: str | None = None
    service: str | None = None
    since: str | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last time, how many lines didn't fit, and why there are none."""

    lines: tuple[Line, ...]
    dropped: int
    trouble: str


class LogFeed:
    """Follows one app from `start` to `close`, through restarts of the daemon, without gap or repetition."""

    def __init__(self, daemon: Daemon, wake: Callable[[], object], app: str, scope: Scope) -> None:
        self.app = app
        self.scope = scope
        self._daemon = daemon
        self._wake = wake
        self._lock = threading.Lock()
        self._inbox: deque[Line] = deque(maxlen=INBOX_LINES)
        self._dropped = 0
        self._trouble = ""
        self._is_woken = False  # the UI knows, and hasn't taken yet
        self._closing = threading.Event()
        self._feed: Feed | None = None
        self._newest = ""
        self._last_of: dict[str, str] = {}  # container: time of its last line
        self._thread = threading.Thread(target=self._run, name=f"bgd log {app}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """End it, without waiting: its thread may be asking a daemon that doesn't answer."""
        self._closing.set()
        with self._lock:
            feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()

    def take(self) -> Batch:
        """Empty the inbox."""
        with self._lock:
            batch = Batch(tuple(self._inbox), self._dropped, self._trouble)
            self._inbox.clear()
            self._dropped = 0
            self._is_woken = False
        return batch

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                feed = self._open()
                with self._lock:
                    self._feed = feed
                if self._closing.is_set():
                    feed.close()
                    return
                self._tell_trouble("")
                known = dict(self._last_of)
                with closing(feed):
                    for told in feed:
                        self._receive(told, known)
            except BgError as error:
                self._tell_trouble(plain(error.message))
            self._closing.wait(RETRY_S)

    def _open(self) -> Feed:
        scope, newest = self.scope, read_time(self._newest)
        since = scope.since
        if newest is not None:
            since = (newest - timedelta(seconds=OVERLAP_S)).isoformat().replace("+00:00", "Z")
        return self._daemon.logs(
            self.app,
            color=scope.color,
            service=scope.service,
            follow=True,
            tail=None if newest is not None else TAIL if since is None else CAPACITY,
            since=since,
        )

    def _receive(self, told: dict[str, Any], known: dict[str, str]) -> None:
        at, container = str(told.get("at") or ""), str(told.get("container") or "")
        if at <= known.get(container, ""):
            return  # it came before the stream broke
        self._last_of[container] = at
        self._newest = max(self._newest, at)
        color = told.get("color")
        line = Line(
            at=plain(at),
            color=color if color in ("blue", "green") else None,
            service=plain(told.get("service")),
            is_error=told.get("stream") == "stderr",
            text=plain(told.get("text")),
        )
        with self._lock:
            if len(self._inbox) == INBOX_LINES:
                self._dropped += 1
            self._inbox.append(line)
        self._tell()

    def _tell_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            was_woken, self._is_woken = self._is_woken, True
        if not was_woken and not self._closing.is_set():
            self._wake()
