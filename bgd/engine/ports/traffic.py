"""What moves the traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bgd.domain.color import Color
from bgd.domain.served import Served
from bgd.domain.traffic import Closure, Remaining, Share, Table
from bgd.engine.ports.runner import Progress


class Traffic(Protocol):
    """What moves the traffic."""

    @property
    def preview_door(self) -> str:
        """`host:port` where this machine reaches the preview listener."""

    @property
    def public_door(self) -> str:
        """`host:port` where this machine reaches the public listener."""

    @property
    def shortcomings(self) -> Sequence[str]:
        """Promises that don't hold with what moves the traffic here, each as a sentence."""

    def check(self, table: Table) -> None:
        """Raise `InvalidInput` where `table` can't be served: asked before it is anybody's wish."""

    def preview_url_inside(self, app: str) -> str:
        """The base URL of the preview as a container of the app reaches it."""

    async def start(self, table: Table) -> None:
        """Make sure that the proxy runs and serves `table`.

        One that runs is recreated only for a changed address or image: traffic stops meanwhile. Raises
        `Occupied` where something else listens at an address of its.
        """

    async def remove(self) -> None:
        """Take the proxy away: its addresses are free, and nothing is served."""

    async def apply(self, table: Table) -> None:
        """Make nginx serve `table`: written, tested, reloaded, and seen.

        Where it isn't, the old one is put back and seen, and `Failed` raised.

        Doesn't move an app's traffic: `switch` does that.
        """

    async def switch(self, app: str, to: Color) -> None:
        """Flip the app's traffic to the other colour at once, and return when nginx was seen to serve it.

        Nobody is left on the colour before: a share of that one is dropped.
        """

    async def is_up(self) -> bool:
        """Whether the proxy runs with the daemon's settings. Raises `Refused` where it is another's."""

    async def is_whole(self) -> bool:
        """Whether the proxy runs, and what it reads is what it was told last."""

    async def live(self, app: str) -> Color | None:
        """The colour that is live by nginx's files, whatever the journal says; `None` without a gate."""

    async def shut(self, app: str, why: Closure) -> None:
        """Answer 503 with a page instead of the app, from now on, and return when nginx was seen to do so.

        Closed doors stay so over moves, reloads and restarts, until `reopen`. An app with nothing live has
        none.
        """

    async def reopen(self, app: str, why: Closure) -> None:
        """Take this reason away; the doors open with the last one, seen."""

    async def closures(self, app: str) -> frozenset[Closure]:
        """Why the app's doors are closed, by nginx's files."""

    async def settled(self, progress: Progress) -> None:
        """Return when all that begin requests know what the preview shows: mostly at once.

        For seconds after a reload some don't. Asked before traffic goes to containers that have just
        started; `progress` is told where that is waited for. Raises `Failed` where the proxy isn't there.
        """

    async def share(self, app: str, share: Share | None) -> None:
        """Let a colour answer this share of the visitors, whatever is live; none: the live one answers all.

        At once, over open connections too, and returns when nginx was seen to do so; the table must say that
        the app `shifts`. A visitor who is in a share is in every greater one of that colour. Raises `Failed`
        where it isn't seen: whoever asked takes it back.
        """

    async def shared(self, app: str) -> Share | None:
        """The app's share by nginx's files, whatever the journal says."""

    async def remaining(self, app: str, color: Color, addresses: Sequence[str]) -> Remaining:
        """What the colour that lost the traffic still has to do. `addresses` are its containers'."""

    async def cut(self, addresses: Sequence[str]) -> int:
        """Hang up what public requests of before the last reload still have open to these; how many.

        Nothing of any other app or colour, and not what came in by the preview.
        """

    async def connections(self, groups: Sequence[Sequence[str]]) -> Sequence[int]:
        """How many connections are open to each of these groups of addresses, now or a second ago."""

    async def requests(self) -> Sequence[Served]:
        """Public requests to apps that have ended since the last call; of many, some at a time."""

    async def forget(self, app: str) -> None:
        """Drop what was kept for an app that is no longer in the table."""
