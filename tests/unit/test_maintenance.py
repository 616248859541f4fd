"""Maintenance: requests get a page instead of the app, whatever is deployed behind it."""

from __future__ import annotations

import asyncio

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Options
from bgd.domain.traffic import Closure
from bgd.engine.app import App
from bgd.errors import Refused
from tests.unit.fakes import ALONE, Bench, plan


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench) -> None:
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def maintain(bench: Bench, on: bool) -> None:
    await bench.daemon.changes.maintain(shop(bench), on, "uid 7")


async def test_it_closes_the_doors_says_so_and_opens_them(bench: Bench) -> None:
    await deployed(bench)
    await maintain(bench, True)
    await maintain(bench, True)
    assert not bench.traffic.answers("shop")
    status = await bench.daemon.status_of(shop(bench))
    assert status["closed"] == ["maintenance"]
    assert any("`bgctl maintenance shop off` ends it" in problem for problem in status["problems"])
    assert "requests get 503" in shop(bench).serving()
    await maintain(bench, False)
    assert bench.traffic.answers("shop")
    assert (await bench.daemon.status_of(shop(bench)))["closed"] == []
    told = [e for e in await bench.store.entries(0, "shop", 1000) if e.event == "doors"]
    assert [(e.data["closed"], e.actor) for e in told] == [
        (["maintenance"], "uid 7"),
        (["maintenance"], "uid 7"),
        ([], "uid 7"),
    ]
    assert told[-1].data["took_ms"] >= 0


async def test_an_app_with_nothing_live_has_nothing_to_close(bench: Bench) -> None:
    with pytest.raises(Refused, match="nothing of shop is live: it answers 503 already"):
        await maintain(bench, True)


@pytest.mark.parametrize("overlaps", [True, False])
async def test_a_deployment_behind_closed_doors_leaves_them_closed(bench: Bench, overlaps: bool) -> None:
    bench.runner.plan = plan(overlap=None if overlaps else ALONE)
    await deployed(bench)
    await maintain(bench, True)
    await deployed(bench)
    assert bench.traffic.served("shop") is Color.GREEN
    assert bench.traffic.closed["shop"] == {Closure.MAINTENANCE}
    await maintain(bench, False)
    assert bench.traffic.answers("shop")


async def test_the_next_daemon_knows_of_it(bench: Bench) -> None:
    await deployed(bench)
    await maintain(bench, True)
    await bench.daemon.close()
    heir = bench.reborn()
    await heir.start()
    assert shop(bench).closures == {Closure.MAINTENANCE}
    assert not bench.traffic.answers("shop")


async def test_it_can_be_switched_on_while_a_deployment_is_under_way(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.hold.clear()
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await asyncio.wait_for(maintain(bench, True), 5)
    assert not bench.traffic.answers("shop")
    bench.runner.hold.set()
    await bench.daemon.deployer.finished(shop(bench), deployment.id)
    assert bench.traffic.closed["shop"] == {Closure.MAINTENANCE}


async def test_smoke_checks_of_the_live_color_look_behind_the_doors(bench: Bench) -> None:
    await deployed(bench)
    await maintain(bench, True)
    bench.prober.asked.clear()
    await bench.daemon.smoke(shop(bench), None, "tester")
    (probe,) = bench.prober.asked
    assert probe.url.startswith(f"http://{bench.traffic.preview_door}/")
    assert probe.headers["Bgd-Color"] == "blue"
