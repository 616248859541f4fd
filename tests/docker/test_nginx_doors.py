"""Closed doors on a real nginx: at once, with a page, over moves and reloads, and open again as sharply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bgd.domain.color import Color
from bgd.domain.traffic import Closure
from tests.docker.load.connection import Connection
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN
KEPT_CONNECTIONS = 16


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy with both colours of a shop, blue live."""
    async with opened(tmp_path) as made:
        await made.traffic.start((routes("shop", BLUE),))
        for color in Color:
            made.front("shop", color)
        await until(made.http, "shop", "/version", version="blue")
        await until(made.preview, "shop", "/version", version="green")
        yield made


async def statuses(connections: list[Connection]) -> set[int]:
    """What each of them gets for a request."""
    answers = await asyncio.gather(*(each.ask("GET", "/version", "shop") for each in connections))
    return {answer.status for answer in answers}


@pytest.mark.parametrize(
    ("why", "page", "retry_after_s"),
    [(Closure.PAUSE, b"Back in a moment", "5"), (Closure.MAINTENANCE, b"Back soon", "60")],
)
async def test_closed_doors_answer_a_page_and_say_when_to_come_back(
    lab: Lab, why: Closure, page: bytes, retry_after_s: str
) -> None:
    await lab.traffic.shut("shop", why)
    reply = await get(lab.http, "shop")
    assert (reply.status, reply.headers["retry-after"]) == (503, retry_after_s)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert page in reply.body
    await lab.traffic.reopen("shop", why)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "blue"


async def test_doors_close_and_open_at_once_on_connections_that_are_open(lab: Lab) -> None:
    kept = [await Connection.open(lab.http) for _ in range(KEPT_CONNECTIONS)]
    try:
        for _ in range(20):
            assert await statuses(kept) == {200}
            await lab.traffic.shut("shop", Closure.PAUSE)
            assert await statuses(kept) == {503}
            await lab.traffic.reopen("shop", Closure.PAUSE)
    finally:
        for connection in kept:
            await connection.close()


async def test_behind_closed_doors_the_preview_shows_either_color_and_the_traffic_can_move(lab: Lab) -> None:
    await lab.traffic.shut("shop", Closure.MAINTENANCE)
    for color in Color:
        seen = await get(lab.preview, "shop", "/version", f"Bgd-Color: {color}")
        assert seen.json["version"] == color
    await lab.traffic.switch("shop", GREEN)
    await lab.traffic.apply((routes("shop", GREEN),))
    assert await lab.traffic.closures("shop") == {Closure.MAINTENANCE}
    assert (await get(lab.http, "shop")).status == 503
    await lab.traffic.reopen("shop", Closure.MAINTENANCE)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "green"


async def test_another_daemon_finds_the_doors_as_they_are(lab: Lab) -> None:
    await lab.traffic.shut("shop", Closure.MAINTENANCE)
    heir = lab.daemon()
    await heir.start((routes("shop", BLUE),))
    assert (await heir.live("shop"), await heir.closures("shop")) == (BLUE, frozenset({Closure.MAINTENANCE}))
    assert (await get(lab.http, "shop")).status == 503
