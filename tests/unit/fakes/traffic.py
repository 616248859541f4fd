"""What moves traffic, in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from bgd.domain.color import Color
from bgd.domain.nginx_config import render
from bgd.domain.served import Served
from bgd.domain.traffic import Closure, Remaining, Share, Table
from bgd.engine.ports import Progress
from bgd.errors import Failed, Occupied, Unreachable
from tests.unit.fakes.fuse import Fuse


class FakeTraffic:
    """One nginx: a gate for each app and the table it serves."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.gates: dict[str, Color] = {}
        self.closed: dict[str, frozenset[Closure]] = {}
        self.shares: dict[str, Share] = {}
        self.on_green: list[int] = []  # visitors of a hundred, after each change of gate or share
        self.table: Table = ()
        self.broken: set[str] = set()
        self.runs = False
        self.is_away = False
        self.reloads = asyncio.Event()  # `apply` waits for it
        self.reloads.set()
        self.is_occupied: Callable[[], bool] = lambda: False
        self.open = 0  # connections to the colour that drains
        self.log: list[Served] = []
        self.after_move: list[Served] = []  # comes once the traffic has moved next
        self.after_share: dict[int, list[Served]] = {}  # comes once this share was given

    def answers(self, app: str) -> bool:
        """Whether requests reach the app, and don't get bgd's own page."""
        return self.served(app) is not None and not self.closed.get(app)

    @property
    def preview_door(self) -> str:
        return "127.0.0.1:8081"

    @property
    def public_door(self) -> str:
        return "127.0.0.1:8080"

    @property
    def shortcomings(self) -> Sequence[str]:
        return []

    def check(self, table: Table) -> None:
        render(table)

    def preview_url_inside(self, app: str) -> str:
        return f"http://{app}.preview:8081"

    async def start(self, table: Table) -> None:
        self.fuse.burn("traffic.start")
        if self.is_away:
            raise Unreachable("the Docker engine doesn't answer")
        if "start" in self.broken:
            raise Failed("the image can't be had")
        if not self.runs and self.is_occupied():
            raise Occupied("0.0.0.0:80 is taken", "stop that")
        self.table, self.runs = table, True

    async def remove(self) -> None:
        self.fuse.burn("traffic.remove")
        self.table, self.runs = (), False

    async def apply(self, table: Table) -> None:
        self.fuse.burn("apply")
        assert self.runs, "there is no proxy to reload"
        await self.reloads.wait()
        if "apply live" in self.broken and any(line.live for line in table):
            raise Failed("nginx refused the configuration")
        self.table = table

    async def switch(self, app: str, to: Color) -> None:
        self.fuse.burn("flip")
        if f"switch {to}" in self.broken:
            raise Failed(f"nginx wasn't seen to serve {to}")
        self.gates[app] = to
        if (share := self.shares.get(app)) is not None and share.color is not to:
            del self.shares[app]
        self._moved(app, self.after_move)
        self.after_move = []
        self.fuse.burn("flipped")

    def _moved(self, app: str, served: Sequence[Served]) -> None:
        """These requests come now: what ended in the second before isn't the new colour's."""
        now_ms = round(time.time() * 1000)
        self.log += [one._replace(ended_ms=now_ms) for one in served]
        share, gate = self.shares.get(app), self.gates.get(app)
        on_green = 100 if gate is Color.GREEN else 0
        if share is not None and share.color is not gate:
            on_green = share.percent if share.color is Color.GREEN else 100 - share.percent
        self.on_green.append(on_green)

    async def settled(self, progress: Progress) -> None:
        self.fuse.burn("settled")

    async def share(self, app: str, share: Share | None) -> None:
        self.fuse.burn("share")
        if share is None:
            self.shares.pop(app, None)
        else:
            assert any(line.shifts for line in self.table if line.app == app), "nginx knows of no shares"
            self.shares[app] = share
        if share is not None and f"share {share.percent}" in self.broken:
            raise Failed("nginx wasn't seen to give it")
        self._moved(app, self.after_share.pop(share.percent, ()) if share else ())
        self.fuse.burn("shared")

    async def shared(self, app: str) -> Share | None:
        return self.shares.get(app)

    async def is_up(self) -> bool:
        return self.runs

    async def is_whole(self) -> bool:
        return self.runs

    async def live(self, app: str) -> Color | None:
        return self.gates.get(app)

    async def shut(self, app: str, why: Closure) -> None:
        self.fuse.burn("shut")
        if "shut" in self.broken:
            raise Failed("nginx wasn't seen to shut the doors")
        if app in self.gates:
            self.closed[app] = self.closed.get(app, frozenset()) | {why}
        self.fuse.burn("shut done")

    async def reopen(self, app: str, why: Closure) -> None:
        self.fuse.burn("reopen")
        self.closed[app] = self.closed.get(app, frozenset()) - {why}
        self.fuse.burn("reopened")

    async def closures(self, app: str) -> frozenset[Closure]:
        return self.closed.get(app, frozenset())

    async def remaining(self, app: str, color: Color, addresses: Sequence[str]) -> Remaining:
        return Remaining(self.open, 0)

    async def cut(self, addresses: Sequence[str]) -> int:
        self.fuse.burn("cut")
        done, self.open = self.open, 0
        return done

    async def connections(self, groups: Sequence[Sequence[str]]) -> Sequence[int]:
        return [self.open for _ in groups]

    async def requests(self) -> Sequence[Served]:
        news, self.log = self.log, []
        return news

    async def forget(self, app: str) -> None:
        self.gates.pop(app, None)
        self.shares.pop(app, None)
        self.closed.pop(app, None)

    def served(self, app: str) -> Color | None:
        """The colour that a request would reach."""
        for line in self.table:
            if line.app == app and line.live is not None:
                return self.gates.get(app, line.live)
        return None
