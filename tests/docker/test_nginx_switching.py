"""Moving the traffic on a real nginx: sharply, without an error, from nothing and back to it as well."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bgd.adapters.nginx.proxy import Proxy
from bgd.adapters.nginx.workers import workers_on_host
from bgd.domain.color import Color
from bgd.domain.nginx_config import NginxConfig, render
from bgd.errors import Failed
from tests.docker.load import Load
from tests.docker.load.kinds import FRESH, KEEPALIVE
from tests.docker.nginx_client import get, kept_connections, statuses, until
from tests.docker.nginx_lab import Lab, opened, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")
BLUE, GREEN = Color.BLUE, Color.GREEN
SWITCHES = 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A proxy with both colours of a shop."""
    async with opened(tmp_path_factory.mktemp("state")) as made:
        await made.begin()
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def lab(proxy: Lab) -> Lab:
    """The proxy, and nothing is live."""
    await proxy.begin_anew()
    return proxy


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
    await lab.go_live(GREEN)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "green"


async def test_a_first_move_whose_table_is_refused_leaves_nothing_live(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*table: Any) -> NginxConfig:
        return NginxConfig(f"nonsense on;\n{render(*table).text}", "f" * 12)

    monkeypatch.setattr("bgd.adapters.nginx.traffic.render", spoilt)
    with pytest.raises(Failed, match="nonsense"):
        await lab.go_live(BLUE)
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
    await lab.go_live(BLUE)
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


async def test_what_starts_before_a_reload_gets_no_request_of_a_worker_that_never_heard_of_it(
    lab: Lab,
) -> None:
    """Clients that pause keep workers of before the reload, which look names up every 2 s, or not at all."""
    told: list[str] = []
    name = "late.example"
    before = (routes("shop", None), routes("late", None, hosts=(name,)))
    live, shifting = (
        (routes("shop", None), routes("late", BLUE, hosts=(name,), shifts=shifts)) for shifts in (False, True)
    )
    await lab.traffic.apply(before)
    lab.front("late", BLUE)
    await until(lab.preview, name, "/version", version="blue")
    await lab.traffic.switch("late", BLUE)
    await lab.traffic.apply(live)
    async with Load(lab.http, host=name, mix={KEEPALIVE: 24}, pause_s=0.5) as load:
        await load.more_answers(30)
        lab.front("late", GREEN)
        await lab.traffic.apply(shifting)
        await until(lab.preview, name, "/version", version="green")
        await lab.traffic.settled(told.append)
        async with load.moves.to(GREEN):
            await lab.traffic.switch("late", GREEN)
        await load.more_answers(60)
    assert not load.report.failures, load.report
    assert not load.report.stale(load.moves), load.report


async def test_a_proxy_that_dies_comes_back_by_itself_and_serves_the_live_color(lab: Lab) -> None:
    await lab.go_live(BLUE)
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
    await lab.go_live(GREEN)
    before = lab.inspect()
    next_one = lab.daemon()
    await next_one.start((routes("shop", GREEN),))
    after = lab.inspect()
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    await next_one.switch("shop", BLUE)
    assert (await get(lab.http, "shop", "/version")).json["version"] == "blue"
