"""What the engine said last of each app's containers, for as long as no event says that something changed.

A look at the engine takes milliseconds, more with each container on it; the events come by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bgd.adapters.engine_events import EngineEvents
from bgd.domain.container import Container


@dataclass(frozen=True, slots=True)
class Look:
    """An app's containers with details, and the revision of the app that was read before the look."""

    revision: int
    containers: Sequence[Container]


class KnownContainers:
    """The last look at each app."""

    def __init__(self, events: EngineEvents) -> None:
        self._events = events
        self._looks: dict[str, Look] = {}

    def keep(self, app: str, revision: int, containers: Sequence[Container]) -> None:
        """Keep what a look showed that began at this revision."""
        self._looks[app] = Look(revision, containers)

    def forget(self, app: str) -> None:
        """The app left."""
        self._looks.pop(app, None)

    def of(self, app: str) -> Sequence[Container] | None:
        """The app's containers; `None` when nobody looked since the last event, or none can come now."""
        look = self._looks.get(app)
        if look is None or not self._events.are_heard or look.revision != self._events.revision(app):
            return None
        return look.containers
