"""A crowd of visitors, each asking now and then, and what each of them got."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.docker.daemon import RunningDaemon

PAUSE_S = 0.8


@dataclass
class Visit:
    """One request: when it was sent and answered, its status and body; status 0 where there was no answer."""

    sent: float
    answered: float
    status: int
    body: str


@dataclass
class Crowd:
    """Visitors by name: half of them keep cookies, the other half is told apart by the browser's name."""

    visits: dict[str, list[Visit]] = field(default_factory=dict)

    def failed(self) -> list[tuple[str, Visit]]:
        """Requests that got an error or no answer."""
        return [
            (name, one)
            for name, visits in self.visits.items()
            for one in visits
            if one.status == 0 or one.status >= 500
        ]

    def versions(self, since: float = 0, until: float = float("inf")) -> dict[str, set[str]]:
        """What each visitor saw in requests that lie whole between two times (of the epoch)."""
        return {
            name: {one.body for one in visits if one.sent > since and one.answered < until}
            for name, visits in self.visits.items()
        }

    def wait_for_all(self) -> None:
        """Return when each visitor has asked once more from now on, and was answered."""
        began, deadline = time.time(), time.monotonic() + 60
        while any(not visits or visits[-1].sent < began for visits in self.visits.values()):
            assert time.monotonic() < deadline, "somebody isn't answered any more"
            time.sleep(0.05)

    async def _visit(self, name: str, url: str, over: threading.Event) -> None:
        """Cookie keepers have another browser at each request: the cookie alone can tell who they are."""
        has_cookies = name.startswith("cookie")
        visits = self.visits[name]
        async with httpx.AsyncClient(timeout=20, verify=False) as client:  # 25 ms for a context else
            # One after the other: a burst of them overflows the queue of the tests' small app.
            await asyncio.sleep(PAUSE_S * list(self.visits).index(name) / len(self.visits))
            for number in itertools.count():
                if over.is_set():
                    return
                browser = f"{name} {number}" if has_cookies else name
                if not has_cookies:
                    client.cookies.clear()
                sent = time.time()
                try:
                    answer = await client.get(url, headers={"User-Agent": browser})
                    visit = Visit(sent, time.time(), answer.status_code, answer.text)
                except httpx.HTTPError as error:
                    visit = Visit(sent, time.time(), 0, repr(error))
                visits.append(visit)
                await asyncio.sleep(PAUSE_S)


@contextmanager
def crowd(bgd: RunningDaemon, number: int, path: str = "/") -> Iterator[Crowd]:
    """So many visitors as long as the block lasts."""
    made, over = Crowd(), threading.Event()
    names = [f"{('cookie', 'browser')[each % 2]} {each}" for each in range(number)]
    made.visits = {name: [] for name in names}

    async def come() -> None:
        async with asyncio.TaskGroup() as visitors:
            for name in names:
                visitors.create_task(made._visit(name, bgd.url + path, over))

    thread = threading.Thread(target=lambda: asyncio.run(come()))
    thread.start()
    try:
        made.wait_for_all()
        yield made
    finally:
        over.set()
        thread.join()
