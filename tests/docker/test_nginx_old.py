"""An nginx that lacks what newer ones have: it serves and switches, and what it can't do is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest

from bgd.domain.color import Color
from compose.images.shelf import CACHE
from tests.docker import old_nginx
from tests.docker.load import Load
from tests.docker.load.kinds import FRESH, STREAM, WEBSOCKET
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN


@pytest.fixture(scope="module")
def image() -> str:
    """Debian's nginx."""
    client = docker.from_env()
    try:
        return old_nginx.made(client, CACHE)
    finally:
        client.close()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy that isn't there yet."""
    async with opened(tmp_path) as made:
        yield made


async def test_an_old_nginx_serves_and_switches_and_says_what_it_cannot(lab: Lab, image: str) -> None:
    traffic = lab.daemon(image=image)
    await traffic.start((routes("shop", None, path="/shop"),))
    assert len(traffic.shortcomings) == 2
    assert all(image in told for told in traffic.shortcomings)
    assert (await get(lab.http, "shop", "/shop")).status == 503
    lab.front("shop", BLUE, mirror=True)
    lab.front("shop", GREEN, mirror=True)
    await until(lab.preview, "shop", "/shop/x?y=1")
    await traffic.switch("shop", BLUE)
    await traffic.apply((routes("shop", BLUE, path="/shop"),))
    reply = await until(lab.http, "shop", "/shop/a%20b?c=%2F")
    assert reply.json["line"] == "GET /shop/a%20b?c=%2F HTTP/1.1"
    assert reply.sent("host") == ["shop"]
    await until(lab.preview, "shop", "/shop", version="green")
    await traffic.switch("shop", GREEN)
    reply = await get(lab.http, "shop", "/shop")
    assert reply.status == 200
    await traffic.apply((routes("shop", GREEN, path="/shop"),))


async def test_an_old_nginx_loses_nothing_in_a_switch_but_idle_connections(lab: Lab, image: str) -> None:
    traffic = lab.daemon(image=image)
    await lab.begin(traffic)
    await traffic.switch("shop", BLUE)
    await traffic.apply((routes("shop", BLUE),))
    await until(lab.preview, "shop", "/version", version="green")
    await until(lab.http, "shop", "/version", version="blue")
    async with Load(lab.http, host="shop", mix={FRESH: 4, WEBSOCKET: 2, STREAM: 2}) as load:
        for color in (GREEN, BLUE, GREEN):
            async with load.moves.to(str(color)):
                await traffic.switch("shop", color)
            await traffic.apply((routes("shop", color),))
            await load.every_kind()
    assert not load.report.failures, load.report
    assert not load.report.stale(load.moves), load.report


async def test_a_new_nginx_in_place_of_an_old_one_has_every_promise_again(lab: Lab, image: str) -> None:
    old = lab.daemon(image=image)
    await old.start((routes("shop", None),))
    await lab.traffic.start((routes("shop", None),))
    assert lab.traffic.shortcomings == []
    assert (await get(lab.http, "shop")).status == 503
