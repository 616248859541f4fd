"""What is past of one app: read once from the daemon, on a thread, and put together here.

Switches bring no release, so the daemon's history hasn't got them; the journal has. Here both are one list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from bgd.cli.difference import lines as diff_lines
from bgd.cli.difference import release_lines
from bgd.cli.text import Line
from bgd.errors import BgError
from tui.model import Deployment
from tui.port import Daemon
from tui.snapshot import read_deployment

Event = dict[str, Any]
MOVES = frozenset({"switch", "rollback"})


@dataclass(frozen=True, slots=True)
class Past:
    """One deployment or switch, its receipt and its events, oldest first."""

    deployment: Deployment
    receipt: dict[str, Any] | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything past, newest first; `trouble` says why there is nothing or not all."""

    pasts: tuple[Past, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """What one release has otherwise than another, or blue than green, in lines as bgctl prints them."""

    title: str
    lines: tuple[Line, ...] = field(default_factory=tuple)
    trouble: str = ""


class Archive:
    """Asks; `tell` is called from a thread with `Loaded` or `Compared`."""

    def __init__(self, daemon: Daemon, app: str, tell: Callable[[Loaded | Compared], object]) -> None:
        self._daemon = daemon
        self._app = app
        self._tell = tell

    def load(self) -> None:
        """Read the history and the journal."""
        self._do(lambda: self._tell(self._load()))

    def compare(self, release: str, other: str, columns: int) -> None:
        """Read how one release differs from another."""
        title = f"{release} → {other}"

        def compared() -> None:
            try:
                told = self._daemon.diff_releases(self._app, release, other)
            except BgError as error:
                self._tell(Compared(title, trouble=f"{error.message}  {error.hint}".strip()))
            else:
                self._tell(Compared(title, tuple(release_lines(told, columns))))

        self._do(compared)

    def compare_colors(self, columns: int) -> None:
        """Read how blue differs from green as they run."""
        title = "blue against green"

        def compared() -> None:
            try:
                told = self._daemon.diff(self._app)
            except BgError as error:
                self._tell(Compared(title, trouble=f"{error.message}  {error.hint}".strip()))
            else:
                self._tell(Compared(title, tuple(diff_lines(told, columns))))

        self._do(compared)

    def _do(self, work: Callable[[], object]) -> None:
        threading.Thread(target=work, name=f"bgd past of {self._app}", daemon=True).start()

    def _load(self) -> Loaded:
        try:
            deployments = self._daemon.history(self._app)["deployments"]
        except BgError as error:
            return Loaded(trouble=f"{error.message}  {error.hint}".strip())
        try:
            with closing(self._daemon.events(app=self._app, since=0, follow=False)) as journal:
                events = list(journal)
        except BgError as error:
            return Loaded(pasts_of(deployments, ()), f"the journal can't be read: {error.message}")
        return Loaded(pasts_of(deployments, events))


def pasts_of(deployments: Iterable[Any], events: Sequence[Event]) -> tuple[Past, ...]:
    """What the daemon's history and its journal say together, newest first."""
    by_id: dict[int, list[Event]] = {}
    for event in events:
        if isinstance(number := event.get("deployment"), int):
            by_id.setdefault(number, []).append(event)
    found: dict[int, Past] = {}
    for told in deployments:
        deployment = read_deployment(told)
        if deployment is not None:
            own = by_id.get(deployment.id, [])
            found[deployment.id] = Past(deployment, told.get("receipt") or _receipt(own), tuple(own))
    for number, own in by_id.items():
        if number not in found and (moved := _move(number, own)) is not None:
            found[number] = Past(moved, _receipt(own), tuple(own))
    return tuple(found[number] for number in sorted(found, reverse=True))


def _receipt(events: Iterable[Event]) -> dict[str, Any] | None:
    return next((event for event in events if event["event"] == "receipt" and "during" in event), None)


def _move(number: int, events: Sequence[Event]) -> Deployment | None:
    started = next((event for event in events if event["event"] == "started"), None)
    if started is None or started.get("kind") not in MOVES:
        return None
    finished = next((event for event in events if event["event"] == "finished"), {})
    ended = {"finished": finished.get("at"), "took_ms": finished.get("took_ms")}
    outcome = finished.get("outcome")
    about = {"id": number, "started": started.get("at"), "state": outcome, "outcome": outcome}
    return read_deployment({**started, **about, **ended})
