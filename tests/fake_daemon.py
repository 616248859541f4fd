"""A daemon without an engine: a real HTTP server on a Unix socket that says what a test tells it to.

    with FakeDaemon(path) as daemon:
        daemon.apps["shop"] = app_json("shop", live="blue")
        daemon.on("POST", "/v1/apps/shop/switch", {"app": "shop", "from": "blue", …})
        daemon.on("POST", "/v1/apps/shop/stop", Refused("blue is live"))
        daemon.tell("live", app="shop", release="r2", color="green")   # journalled and streamed
        daemon.tell_progress("shop", 1, "preparing", "step 3 of 9")    # streamed only

Reading apps, deployments and the journal works by itself; what changes something is scripted with `on`.
`stop` and `start` are a restart of the daemon, `crash` one without a farewell. `wait_for_request` and
`wait_for_streams` let a test go on when something has happened instead of sleeping.

To look at a client by hand: `python -m tests.fake_scene /tmp/bgd.sock`, which plays deployments.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any, Self

from bgd.errors import NotFound
from tests.fake_http import Handler, Request, Server

DEADLINE_S = 60.0
"""For whatever a test waits for: only a test that fails takes so long, on however busy a machine."""

Answer = Any
"""A JSON value, a `BgError`, an iterator to stream, or a callable from the `Request` to one of these."""


class FakeDaemon:
    """The server. Every attribute may be changed while it runs."""

    def __init__(self, socket_path: str | Path) -> None:
        self.socket_path = str(socket_path)
        self.apps: dict[str, dict[str, Any]] = {}
        self.deployments: dict[str, list[dict[str, Any]]] = {}  # by app, newest first
        self.journal: list[dict[str, Any]] = []  # all that was told; progress lines have no `id`
        self.log: dict[str, list[dict[str, Any]]] = {}  # by app
        self.requests: list[Request] = []
        self.streams = 0  # how many clients follow now
        self._answers: dict[tuple[str, str], Answer] = {}
        self._changed = threading.Condition()
        self._is_up = False
        self._is_crashed = False
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def on(self, method: str, path: str, answer: Answer) -> None:
        """From now on, answer requests for `path` so."""
        self._answers[method, path] = answer

    def tell(self, event: str, **values: Any) -> dict[str, Any]:
        """Journal an event, and stream it to those who follow."""
        with self._changed:
            entry = {"id": self.last_id + 1, "at": "2025-01-01T10:00:00.000Z", "event": event, **values}
            self.journal.append(entry)
            self._changed.notify_all()
            return entry

    def tell_progress(self, app: str, deployment: int, stage: str, message: str) -> None:
        """Stream a progress line; it isn't journalled."""
        with self._changed:
            told = {"event": "progress", "app": app, "deployment": deployment, "stage": stage}
            self.journal.append({**told, "at": "2025-01-01T10:00:00.000Z", "message": message})
            self._changed.notify_all()

    def tell_log(self, app: str, line: dict[str, Any]) -> None:
        """Stream a line of a container's log."""
        with self._changed:
            self.log.setdefault(app, []).append(line)
            self._changed.notify_all()

    @property
    def last_id(self) -> int:
        """The id of the newest journalled event; 0 while there is none."""
        return next((entry["id"] for entry in reversed(self.journal) if "id" in entry), 0)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Return when something holds; it is looked at whenever something happens here."""
        with self._changed:
            if not self._changed.wait_for(is_so, DEADLINE_S):
                raise AssertionError(f"{what} didn't happen within {DEADLINE_S:g} s")

    def wait_for_request(self, method: str, path: str, nth: int = 1) -> Request:
        """The `nth` request for `path`, as soon as it was made."""

        def made() -> list[Request]:
            return [one for one in self.requests if (one.method, one.path) == (method, path)]

        self.wait_until(lambda: len(made()) >= nth, f"{method} {path}")
        return made()[nth - 1]

    def wait_for_streams(self, at_least: int = 1) -> None:
        """Return when at least so many clients follow."""
        self.wait_until(lambda: self.streams >= at_least, f"{at_least} clients that follow")

    def start(self) -> None:
        """Listen."""
        Path(self.socket_path).unlink(missing_ok=True)
        self._is_up, self._is_crashed = True, False
        self._server = Server(self.socket_path, Handler, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """End every stream, finish every answer, stop listening."""
        if self._server is None or self._thread is None:
            return
        with self._changed:
            self._is_up = False
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the handlers
        self._server = None
        Path(self.socket_path).unlink(missing_ok=True)

    def crash(self) -> None:
        """Stop as if killed: streams break off in the middle."""
        self._is_crashed = True
        self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, request: Request) -> Answer:
        """What the daemon says to a request: an iterator is streamed."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        answer = self._answers.get((request.method, request.path))
        if answer is None:
            answer = self._known(request)
        return answer(request) if callable(answer) else answer

    def _known(self, request: Request) -> Answer:
        match [request.method, *request.path.strip("/").split("/")]:
            case ["GET", "v1", "daemon"]:
                return {"version": "0", "instance": "bgd", "pid": 1}
            case ["GET", "v1", "apps"]:
                return {"apps": list(self.apps.values())}
            case ["GET", "v1", "events"]:
                return self.events(request)
            case ["GET", "v1", "apps", app, "logs"] if app in self.apps:
                return self.lines(request)
            case ["GET", "v1", "apps", app] if app in self.apps:
                return self.apps[app]
            case ["GET", "v1", "apps", app, "deployments"] if app in self.apps:
                return {"deployments": self.deployments.get(app, [])}
            case ["GET", "v1", "apps", app, "deployments", number] if app in self.apps:
                found = [one for one in self.deployments.get(app, []) if str(one["id"]) == number]
                return found[0] if found else NotFound(f"{app} has no deployment {number}")
            case [_, "v1", "apps", app, *_] if app not in self.apps:
                known = ", ".join(sorted(self.apps)) or "none"
                return NotFound(f"there is no app {app}", f"the apps are: {known}")
        return NotFound(f"{request.method} {request.path} isn't scripted")

    def events(self, request: Request) -> Iterator[dict[str, Any]]:
        """The journal as `request` wants it; endless when it follows."""
        app, since = request.query.get("app"), request.query.get("since")
        before = self.journal.copy()
        journalled = [entry for entry in before if "id" in entry]
        replayed = [] if since is None else [entry for entry in journalled if entry["id"] > int(since)]
        told = self._followed(request, self.journal, replayed, len(before))
        heard = (entry for entry in told if app is None or entry.get("app") in (app, None))
        begins = since is None and request.query.get("follow") == "true"
        return chain([{"id": len(journalled)}], heard) if begins else heard

    def lines(self, request: Request) -> Iterator[dict[str, Any]]:
        """The log as `request` wants it; endless when it follows."""
        log = self.log.setdefault(request.path.split("/")[3], [])
        before = log.copy()
        wanted = [line for line in before if line["at"] >= request.query.get("since", "")]
        tail = int(request.query.get("tail", len(before)))
        return self._followed(request, log, wanted[len(wanted) - min(tail, len(wanted)) :], len(before))

    def _followed(
        self, request: Request, told: list[dict[str, Any]], first: list[dict[str, Any]], start: int
    ) -> Iterator[dict[str, Any]]:
        yield from first
        if request.query.get("follow") != "true":
            return
        for position in count(start):
            with self._changed:
                while self._is_up and len(told) <= position:
                    self._changed.wait()
                if not self._is_up:
                    if self._is_crashed:
                        raise ConnectionAbortedError
                    return
            yield told[position]

    def follows(self, by: int) -> None:
        """Count a client that follows, or no longer does."""
        with self._changed:
            self.streams += by
            self._changed.notify_all()


@contextmanager
def running_daemon() -> Iterator[FakeDaemon]:
    """A fake daemon on a socket of its own, whose path is short enough to be one."""
    with (
        tempfile.TemporaryDirectory(prefix="bgd-") as directory,
        FakeDaemon(Path(directory) / "bgd.sock") as daemon,
    ):
        yield daemon
