"""What the UI learns of the daemon, from whichever thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bgd.errors import BgError
from bgd.wire import EventJson
from tui.intent import Intent
from tui.model import App


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The daemon's whole status."""

    apps: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the journal, or a line of progress."""

    event: EventJson


@dataclass(frozen=True, slots=True)
class Lost:
    """The daemon doesn't answer."""

    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A request came to its end; `error` is `None` where it was granted."""

    intent: Intent
    error: BgError | None
    answer: Any = None


News = Snapshot | Happened | Lost | Answered
