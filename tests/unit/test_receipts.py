"""The engine's side of receipts: what belongs to a change, when it is over, that it is stored and told."""

from __future__ import annotations

import asyncio
import time

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Options
from bgd.domain.receipt import Receipt
from bgd.domain.served import Outcome, Served
from bgd.domain.settings import Settings
from bgd.domain.traffic import Remaining
from tests.unit.fakes import Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
WITHIN_S = 20.0


def request(color: Color, status: int = 200, app: str = "shop", ago_ms: int = 0) -> Served:
    """One that ended now, or a while ago."""
    ended_ms = round(time.time() * 1000) - ago_ms
    return Served(ended_ms, Outcome(app, color, status, status, 3, 2))


async def deployed(bench: Bench) -> int:
    """A deployment to its end; its number."""
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await bench.daemon.deployer.finished(app, deployment.id)
    return deployment.id


async def receipt_of(bench: Bench, number: int) -> Receipt:
    """Its receipt, once it is stored."""
    async with asyncio.timeout(WITHIN_S):
        async for entry in bench.daemon.world.journal.follow(0, "shop"):
            if entry.event == "receipt" and entry.deployment == number:
                break
    stored = {each.id: each for each in await bench.store.deployments("shop")}
    receipt = stored[number].receipt
    assert receipt is not None
    return receipt


async def test_a_change_that_moved_the_traffic_is_told_with_both_colors(bench: Bench) -> None:
    await deployed(bench)
    bench.traffic.log = [request(BLUE, ago_ms=5000), request(BLUE, app="other")]
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    bench.traffic.log += [request(BLUE)]
    await bench.daemon.deployer.finished(app, deployment.id)
    bench.traffic.log += [request(GREEN), request(GREEN, status=500)]
    receipt = await receipt_of(bench, deployment.id)
    assert receipt.move is not None
    assert (receipt.move.old, receipt.move.new, receipt.move.strays) == (BLUE, GREEN, 0)
    assert (receipt.before.requests, receipt.during.requests, receipt.during.failed) == (1, 3, 1)
    assert {color: told.requests for color, told in receipt.colors.items()} == {BLUE: 1, GREEN: 2}
    assert receipt.is_whole
    assert app.last is not None
    assert app.last.receipt == receipt


async def test_a_deployment_that_failed_has_a_receipt_without_a_move(bench: Bench) -> None:
    bench.runner.broken["start"] = "no"
    receipt = await receipt_of(bench, await deployed(bench))
    assert receipt.move is None


async def test_what_is_cut_at_the_limit_is_in_the_receipt_and_the_color_stays_warm(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(drain_s=0.1))
    await deployed(bench)
    bench.traffic.open = 3
    number = await deployed(bench)
    receipt = await receipt_of(bench, number)
    assert receipt.move is not None
    assert (receipt.move.cut.connections, receipt.move.cut.left) == (3, 0)
    assert bench.daemon.fleet.get("shop").colors[BLUE].state is ColorState.WARM
    assert await bench.traffic.remaining("shop", BLUE, []) == Remaining(0, 0)


async def test_a_daemon_that_stops_writes_what_it_saw_and_says_that_it_is_not_all(bench: Bench) -> None:
    await deployed(bench)
    bench.traffic.open = 1  # drains for as long as it may
    number = await deployed(bench)
    await bench.daemon.close()
    stored = {each.id: each.receipt for each in await bench.store.deployments("shop")}
    receipt = stored[number]
    assert receipt is not None
    assert not receipt.is_whole
