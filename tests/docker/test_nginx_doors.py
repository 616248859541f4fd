"""Closed doors on a real nginx: at once, with a page, over moves and reloads, and open again as sharply."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bgd.domain.color import Color
from bgd.domain.traffic import Closure
from tests.docker.nginx_client import get, kept_connections, statuses, until
from tests.docker.nginx_lab import Lab, opened, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
BLUE, GREEN = Color.BLUE, Color.GREEN


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A proxy with both colours of a shop."""
    async with opened(tmp_path_factory.mktemp("state")) as made:
        await made.begin()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def lab(proxy: Lab) -> Lab:
    """The proxy, and blue is live."""
    await proxy.begin_anew()
    await proxy.go_live(BLUE)
    await until(proxy.http, "shop", "/version", version="blue")
    await until(proxy.preview, "shop", "/version", version="green")
    return proxy


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
    async with kept_connections(lab.http) as kept:
        for _ in range(20):
            assert await statuses(kept) == {200}
            await lab.traffic.shut("shop", Closure.PAUSE)
            assert await statuses(kept) == {503}
            await lab.traffic.reopen("shop", Closure.PAUSE)


async def test_behind_closed_doors_the_preview_shows_either_color_and_the_traffic_can_move(lab: Lab) -> None:
    await lab.traffic.shut("shop", Closure.MAINTENANCE)
    for color in Color:
        seen = await get(lab.preview, "shop", "/version", f"Bgd-Color: {color}")
        assert seen.json["version"] == color
    await lab.go_live(GREEN)
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
