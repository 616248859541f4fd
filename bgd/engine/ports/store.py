"""What outlives the daemon."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bgd.domain.color import Color
from bgd.domain.deployment import AppRecord, ColorRecord, Deployment, Live
from bgd.domain.release import Release


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. `id` is 0 until it is recorded; `data` holds plain JSON values."""

    at: datetime
    event: str
    app: str | None
    data: Mapping[str, Any]
    deployment: int | None = None
    actor: str | None = None
    id: int = 0


Record = AppRecord | ColorRecord | Deployment | Release | Live | Entry


class Store(Protocol):
    """What outlives the daemon: the journal and the state, in one place, so that they can't disagree."""

    async def record(self, *records: Record, flush: bool = True) -> Sequence[Entry]:
        """Write all of these or none of them; the entries with their ids.

        With `flush` they, and all before them, are on the disk then. Without, a power cut may forget them,
        a killed process doesn't. Whatever has a key already is replaced. A full disk raises `Failed`, and
        nothing is written.
        """

    async def next_release(self, app: str) -> int:
        """A number that no release of the app ever had."""

    async def next_deployment(self) -> int:
        """A number that no deployment ever had."""

    async def apps(self) -> Sequence[AppRecord]:
        """All apps."""

    async def colors(self, app: str) -> Mapping[Color, ColorRecord]:
        """The colours of an app that have a record."""

    async def release(self, app: str, number: int) -> Release | None:
        """One release."""

    async def latest_release(self, app: str) -> Release | None:
        """The release with the highest number."""

    async def deployments(self, app: str, limit: int = 200) -> Sequence[Deployment]:
        """The app's deployments, newest first."""

    async def unfinished(self) -> Sequence[Deployment]:
        """Deployments of all apps that a daemon left in the middle, oldest first."""

    async def lives(self, app: str, limit: int = 200) -> Sequence[Live]:
        """Which releases had the traffic, newest first."""

    async def releases(self, app: str) -> Sequence[int]:
        """The numbers of the app's releases."""

    async def prune(self, app: str, releases: Collection[int], deployments: int, entries: int) -> None:
        """Drop the app's other releases and its oldest deployments, and the oldest entries of all apps.

        What isn't final stays, and so do the releases of the deployments that stay, however old.
        """

    async def forget(self, app: str) -> None:
        """Drop everything about an app but the journal."""

    async def entries(self, since: int, app: str | None, limit: int) -> Sequence[Entry]:
        """The journal after entry `since`, oldest first."""

    async def first_id(self) -> int:
        """The id of the oldest entry that is kept; 1 while there is none."""

    async def last_id(self) -> int:
        """The id of the newest entry; 0 while there is none."""
