"""Moving the traffic on a real nginx: sharply, without an error, from nothing and back to it as well."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bgd.adapters.nginx.proxy import Proxy
from bgd.adapters.nginx.workers import workers_on_host
from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig, render
from bgd.errors import Failed
from tests.docker.load import Load
from tests.docker.load.connection import Connection
from tests.docker.load.kinds import FRESH, KEEPALIVE
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN
SWITCHES = 200
KEPT_CONNECTIONS = 16


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy with both colours of a shop, of which none is live."""
    async with opened(tmp_path) as made:
        await made.traffic.start((routes("shop", None),))
        for color in Color:
            made.front("shop", color)
        await until(made.preview, "shop", "/version", version="blue")
        yield made


async def go_live(lab: Lab, color: Color) -> None:
    """As the engine does it the first time."""
    await lab.traffic.switch("shop", color)
    await lab.traffic.apply((routes("shop", color),))


@contextlib.asynccontextmanager
async def kept_connections(door: str, number: int = KEPT_CONNECTIONS) -> AsyncIterator[list[Connection]]:
    """Connections that stay open."""
    connections = [await Connection.open(door) for _ in range(number)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()


async def statuses(connections: list[Connection]) -> set[int]:
    """What each of them gets for a request."""
    answers = await asyncio.gather(*(each.ask("GET", "/version", "shop") for each in connections))
    return {answer.status for answer in answers}


async def test_the_first_switch_is_sharp_for_connections_of_workers_that_a_reload_has_replaced(
    lab: Lab,
) -> None:
    async with kept_connections(lab.http) as early, kept_connections(lab.http) as late:
        assert await statuses([*early, *late]) == {503}
        await lab.traffic.switch("shop", BLUE)
        assert await statuses(early) == {200}
        await lab.traffic.apply((routes("shop", BLUE),))
        assert await statuses(late) == {200}
    # The stop is as sharp as the start.
    async with kept_connections(lab.http) as late:
        assert await statuses(late) == {200}
        await lab.traffic.apply((routes("shop", None),))
        assert await statuses(late) == {503}
        await lab.traffic.forget("shop")
    assert await lab.traffic.live("shop") is None
    assert (await get(lab.http, "shop")).status == 503
    await go_live(lab, GREEN)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "green"


async def test_a_first_move_whose_table_is_refused_leaves_nothing_live(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*table: Any) -> NginxConfig:
        return NginxConfig(f"nonsense on;\n{render(*table).text}", "f" * 12)

    monkeypatch.setattr("bgd.adapters.nginx.traffic.render", spoilt)
    with pytest.raises(Failed, match="nonsense"):
        await go_live(lab, BLUE)
    monkeypatch.undo()
    await lab.traffic.apply((routes("shop", None),))  # as the engine puts it back
    assert await lab.traffic.live("shop") is None
    assert (await get(lab.http, "shop")).status == 503


async def test_nobody_gets_a_503_after_the_first_switch_under_load(lab: Lab) -> None:
    async with Load(lab.http, mix={KEEPALIVE: 8, FRESH: 8}, pause_s=0.002) as load:
        await load.more_answers(100)
        assert {each.failure for each in load.report.attempts} == {"status 503"}
        await lab.traffic.switch("shop", BLUE)
        switched = time.monotonic()
        await lab.traffic.apply((routes("shop", BLUE),))
        await load.more_answers(500)
    after = [each for each in load.report.attempts if each.sent >= switched]
    assert len(after) >= 500
    assert {(each.label, each.failure) for each in after} == {("blue", "")}


async def test_switches_under_load_lose_nobody_and_are_sharp(lab: Lab) -> None:
    await go_live(lab, BLUE)
    async with Load(lab.http) as load:
        await load.every_kind()
        for number in range(SWITCHES):
            color = (GREEN, BLUE)[number % 2]
            async with load.moves.to(color):
                await lab.traffic.switch("shop", color)
            # Now and then as the engine does it, mostly as fast as somebody could press the button.
            if number % 9 == 0:
                await lab.traffic.apply((routes("shop", color),))
            await load.more_answers(10)
        await load.every_kind()
    assert not load.report.failures, load.report
    assert not load.report.stale(load.moves), load.report


async def test_a_proxy_that_dies_comes_back_by_itself_and_serves_the_live_color(lab: Lab) -> None:
    await go_live(lab, BLUE)
    await lab.traffic.switch("shop", GREEN)
    await lab.traffic.apply(
        (routes("shop", GREEN),)
    )  # a reload by a signal, which must not stop the restarts
    os.kill(lab.inspect()["State"]["Pid"], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not lab.inspect()["RestartCount"]:
        assert time.monotonic() < deadline, lab.inspect()["State"]
        await asyncio.sleep(0.05)
    await until(lab.http, "shop", "/version", version="green")
    await lab.traffic.switch("shop", BLUE)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "blue"


async def test_workers_look_the_same_from_the_host_and_from_inside(lab: Lab) -> None:
    details = lab.inspect()
    inside = await Proxy(lab.engine, f"{lab.instance}-proxy").workers(details["Id"])
    assert inside
    assert not any(inside.values())
    outside = workers_on_host(details["State"]["Pid"])
    if outside is not None:  # where this machine's /proc is the engine's
        assert len(outside) == len(inside)


async def test_a_next_daemon_takes_over_a_proxy_that_runs(lab: Lab) -> None:
    await go_live(lab, GREEN)
    before = lab.inspect()
    next_one = lab.daemon()
    await next_one.start((routes("shop", GREEN),))
    after = lab.inspect()
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    await next_one.switch("shop", BLUE)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "blue"
