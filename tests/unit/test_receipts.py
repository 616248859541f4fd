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
from tests.unit.test_killed import kill_remains

BLUE, GREEN = Color.BLUE, Color.GREEN
WITHIN_S = 20.0


def request(color: Color, status: int = 200, app: str = "shop", ago_ms: int = 0, took_ms: int = 3) -> Served:
    """One that ended now, or a while ago."""
    ended_ms = round(time.time() * 1000) - ago_ms
    return Served(ended_ms, Outcome(app, color, status, status, took_ms, 2))


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


async def killed_while_draining(bench: Bench) -> int:
    """A second deployment whose old colour drains when the daemon is killed; the next one is there."""
    await deployed(bench)
    bench.traffic.open = 1
    number = await deployed(bench)
    assert bench.daemon.fleet.get("shop").colors[BLUE].state is ColorState.DRAINING
    await kill_remains(bench)
    assert {each.id: each.receipt for each in await bench.store.deployments("shop")}[number] is None
    await bench.reborn().start()
    return number


async def test_a_daemon_that_is_killed_while_a_color_drains_leaves_the_receipt_to_the_next(
    bench: Bench,
) -> None:
    number = await killed_while_draining(bench)
    app = bench.daemon.fleet.get("shop")
    long_on_its_way = request(BLUE, took_ms=60_000)
    bench.traffic.log += [long_on_its_way, request(GREEN)]
    await bench.daemon.fleet.figures.look()
    bench.traffic.open = 0
    receipt = await receipt_of(bench, number)
    assert app.last is not None
    assert app.last.receipt == receipt
    assert not receipt.is_whole, "what the dead one counted is lost, and that is said"
    assert receipt.during.requests == 2
    move = receipt.move
    assert move is not None
    assert (move.old, move.new, move.in_flight, move.strays) == (BLUE, GREEN, 1, 0)
    assert move.seen_ms is not None
    assert move.drained_ms is not None
    assert 0 <= move.ordered_ms <= move.seen_ms <= move.drained_ms
    assert (move.first_new_ms, move.last_old_ms) == (None, None), "only the dead one knew"


async def test_of_a_change_that_was_over_only_its_receipt_is_missing_and_that_has_its_own_times(
    bench: Bench,
) -> None:
    await deployed(bench)
    app = bench.daemon.fleet.get("shop")
    number = await deployed(bench)
    async with asyncio.timeout(WITHIN_S):
        while app.colors[BLUE].state is not ColorState.WARM:
            await asyncio.sleep(0.001)
    await kill_remains(bench)
    await bench.reborn().start()
    receipt = await receipt_of(bench, number)
    drained = bench.daemon.fleet.get("shop").colors[BLUE].since
    assert receipt.move is not None
    assert receipt.move.drained_ms == round((drained - receipt.began).total_seconds() * 1000)
    assert not receipt.is_whole


async def test_a_change_that_began_meanwhile_doesnt_take_the_receipt_of_the_one_before(bench: Bench) -> None:
    await deployed(bench)
    bench.traffic.open = 1
    number = await deployed(bench)
    app = bench.daemon.fleet.get("shop")
    bench.runner.broken["prepare"] = "no"
    failed = await deployed(bench)
    assert app.colors[BLUE].state is ColorState.DRAINING
    await kill_remains(bench)
    await bench.reborn().start()
    assert (await receipt_of(bench, failed)).move is None
    bench.traffic.open = 0
    receipt = await receipt_of(bench, number)
    assert receipt.move is not None
    assert receipt.move.old is BLUE
