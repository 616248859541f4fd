"""A colour that drains, and a deployment that wants it."""

from __future__ import annotations

import asyncio

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from tests.unit.fakes import Bench

BLUE = Color.BLUE
WITHIN_S = 20.0


async def begun(bench: Bench) -> Deployment:
    """A deployment that has just begun."""
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    return deployment


async def test_a_deployment_waits_until_its_color_has_drained_and_tells_each_count_once(bench: Bench) -> None:
    app, deployer = bench.daemon.fleet.get("shop"), bench.daemon.deployer
    await deployer.finished(app, (await begun(bench)).id)
    bench.traffic.open = 3
    await deployer.finished(app, (await begun(bench)).id)
    told: list[str] = []

    async def listen() -> None:
        async for entry in bench.daemon.world.journal.follow(None, "shop"):
            if entry.event == "progress" and "drains" in entry.data["message"]:
                told.append(entry.data["message"])
                bench.traffic.open -= 1

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    third = await begun(bench)
    async with asyncio.timeout(WITHIN_S):
        done = await deployer.finished(app, third.id)
    listening.cancel()
    assert done.state is State.SUCCEEDED
    assert told == [f"blue drains: {left} connections" for left in (3, 2, 1)]
    assert app.colors[BLUE].state is ColorState.LIVE
