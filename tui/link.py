"""The one worker that talks to the daemon.

The client blocks, so each conversation has a thread of its own: one follows the journal and resumes it
from the last id, one reads the status (after events, coalesced, and now and then because a container may
fall ill without an event), and each request of the operator's has one. What they learn waits in an inbox
that the UI empties in its own time; `wake` is called when there is something in an empty one.

The threads are daemonic and not Textual's workers: those run on asyncio's executor, which has few threads
and holds up the exit until each has ended, and a daemon that is stopped may never answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from bgd.errors import BgError, Unreachable
from tui.intent import Intent
from tui.model import App
from tui.news import Answered, Happened, Lost, News, Snapshot
from tui.port import Daemon, Feed
from tui.reduce import needs_snapshot
from tui.snapshot import read_app, read_apps, with_series

POLL_S = 2.0
"""How old the status may get without an event."""
SETTLE_S = 0.03
"""Events come in clusters: how long a snapshot waits for the rest of one."""
MAX_STALE_S = 1.0
"""While events keep coming, a snapshot that is older than the last of them is shown after this long."""
RETRY_S = (0.1, 0.2, 0.5, 1.0)
"""Between attempts to reach a daemon that is away; the last one repeats."""


class Link:
    """The threads, their inbox, and how long the daemon has been silent."""

    def __init__(self, daemon: Daemon, wake: Callable[[], object]) -> None:
        self._daemon = daemon
        self._wake = wake
        self._lock = threading.Lock()
        self._inbox: list[News] = []
        self._closing = threading.Event()
        self._status_wanted = threading.Event()
        self._feed: Feed | None = None
        self._asked_at: float | None = None
        self._watched: str | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to talk."""
        self._spawn(self._follow_journal, "journal")
        self._spawn(self._read_status, "status")

    def close(self) -> None:
        """End the conversations; one with a daemon that never answers is left behind."""
        self._closing.set()
        self._status_wanted.set()
        with self._lock:
            feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()
        for thread in self._threads:
            thread.join(timeout=0.2)

    def take(self) -> list[News]:
        """Empty the inbox."""
        with self._lock:
            news, self._inbox = self._inbox, []
        return news

    def watch(self, app: str | None) -> None:
        """This app is looked at: it is asked for in detail."""
        self._watched = app
        self._status_wanted.set()

    def send(self, intent: Intent) -> None:
        """Ask the daemon to do it; the answer comes as `Answered`."""
        self._spawn(lambda: self._carry_out(intent), f"{intent.verb} {intent.app}")

    def silent_s(self) -> float:
        """How long the daemon has owed an answer to a status request; 0 when it owes none."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    def _spawn(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=f"bgd {name}", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def _deliver(self, news: News) -> None:
        with self._lock:
            was_empty = not self._inbox
            self._inbox.append(news)
        if was_empty and not self._closing.is_set():
            self._wake()

    def _follow_journal(self) -> None:
        last_id: int | None = None
        failures = 0
        while not self._closing.is_set():
            try:
                feed = self._daemon.events(since=last_id)
                with self._lock:
                    self._feed = feed
                if self._closing.is_set():
                    feed.close()
                    return
                failures = 0
                self._status_wanted.set()
                with closing(feed):
                    for event in feed:
                        last_id = event.get("id", last_id)
                        # Wanted before it is delivered: a snapshot on its way is known to be older.
                        if needs_snapshot(event):
                            self._status_wanted.set()
                        self._deliver(Happened(event))
            except Unreachable as error:
                self._deliver(Lost(error.message, error.hint))
            except BgError:
                failures = len(RETRY_S)  # it answers, but not this: the status goes on, so no banner
            self._closing.wait(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    def _read_status(self) -> None:
        shown_at = -MAX_STALE_S
        while not self._closing.is_set():
            self._status_wanted.clear()
            self._asked_at = time.monotonic()
            try:
                apps = self._in_detail(read_apps(self._daemon.apps()))
            except BgError as error:
                self._deliver(Lost(error.message, error.hint))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._deliver(
                    Lost(f"the daemon's status can't be read ({error!r})", "is it of another version?")
                )
            else:
                now = time.monotonic()
                if not self._status_wanted.is_set() or now - shown_at >= MAX_STALE_S:
                    shown_at = now
                    self._deliver(Snapshot(apps))
            finally:
                self._asked_at = None
            self._status_wanted.wait(POLL_S)
            self._closing.wait(SETTLE_S)

    def _in_detail(self, apps: tuple[App, ...]) -> tuple[App, ...]:
        """The app that is looked at with what takes an inspection of each container, and its traffic."""
        watched = self._watched
        return tuple(self._detailed(app) if app.name == watched else app for app in apps)

    def _detailed(self, app: App) -> App:
        try:
            app = read_app(self._daemon.app(app.name))
            return with_series(app, self._daemon.traffic(app.name))
        except Unreachable:
            raise
        except BgError:
            return app  # it was removed a moment ago, or the daemon has no figures: what there is, is shown

    def _carry_out(self, intent: Intent) -> None:
        error: BgError | None = None
        answer: Any = None
        try:
            answer = carry_out(self._daemon, intent)
        except BgError as refused:
            error = refused
        self._status_wanted.set()
        self._deliver(Answered(intent, error, answer))


def carry_out(daemon: Daemon, intent: Intent) -> Any:
    """Say it in the client's verbs; the daemon's answer."""
    match intent.verb:
        case "deploy":
            return daemon.deploy(intent.app, no_switch=intent.no_switch)
        case "switch":
            return daemon.switch(intent.app, to=intent.to)
        case "rollback":
            return daemon.rollback(intent.app, to=intent.to)
        case "promote":
            return daemon.promote(intent.app, now=intent.is_now)
        case "cancel":
            return daemon.cancel(intent.app)
        case "smoke":
            return daemon.smoke(intent.app, intent.to)
        case "stop":
            return daemon.stop(intent.app, intent.to or "")
        case "maintenance":
            return daemon.maintain(intent.app, on=intent.is_on)
    raise ValueError(f"no such verb: {intent.verb}")
