"""Approval and time: what a deployment waits for before its switch, and what ends the wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from bgd.domain.settings import Promote, Settings
from bgd.domain.window import Window
from bgd.engine.app import App
from bgd.engine.journal import now
from bgd.errors import Refused
from tests.unit.fakes import ALONE, Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TUESDAYS = (Window((1,)),)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def begun(bench: Bench, **options: Any) -> Deployment:
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(**options), None, "tester", "")
    return deployment


async def ended(bench: Bench, deployment: Deployment) -> Deployment:
    async with asyncio.timeout(10):
        return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def waits(bench: Bench) -> None:
    """Return when the deployment waits."""
    async with asyncio.timeout(10):
        while shop(bench).hold is None:
            await asyncio.sleep(0)


async def live(bench: Bench, settings: Settings) -> None:
    """Version one live, and these settings for the next."""
    await ended(bench, await begun(bench))
    bench.runner.plan = plan(settings)


async def test_approval_comes_by_itself_after_its_time_and_the_colour_is_checked_again(bench: Bench) -> None:
    await live(bench, Settings(promote=Promote.MANUAL, promote_after_s=0.05))
    done = await ended(bench, await begun(bench))
    assert done.state is State.SUCCEEDED
    states = [stage.state for stage in done.stages]
    assert states[states.index(State.AWAITING) :][:3] == [State.AWAITING, State.CHECKING, State.SMOKING]
    assert states.count(State.AWAITING) == 1


async def test_a_deployment_for_a_time_to_come_is_ready_and_switches_then(bench: Bench) -> None:
    await live(bench, Settings())
    deployment = await begun(bench, at=now() + timedelta(seconds=0.3))
    await waits(bench)
    assert bench.traffic.served("shop") is BLUE
    assert (GREEN, "web") in bench.runner.running
    done = await ended(bench, deployment)
    assert bench.traffic.served("shop") is GREEN
    assert [s.state for s in done.stages].count(State.SMOKING) == 2


async def test_outside_its_windows_it_waits_and_only_now_is_an_answer(bench: Bench) -> None:
    await live(bench, Settings(windows=TUESDAYS))
    bench.clock = lambda: MONDAY
    deployment = await begun(bench)
    await waits(bench)
    told = (await bench.daemon.status_of(shop(bench)))["deployment"]
    assert told is not None
    assert told.get("waits") == {
        "approval": False,
        "until": "2026-11-24T00:00:00.000Z",
        "message": "waits for the next window",
    }
    with pytest.raises(Refused, match="until 2026-11-24 00:00:00 UTC") as caught:
        await bench.daemon.deployer.promote(shop(bench), "tester")
    assert "bgctl promote shop --now" in caught.value.hint
    await bench.daemon.deployer.promote(shop(bench), "tester", now=True)
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    assert shop(bench).hold is None


async def test_an_approval_outside_the_window_is_kept_over_a_restart_and_counts_inside(bench: Bench) -> None:
    await live(bench, Settings(promote=Promote.MANUAL, windows=TUESDAYS))
    bench.clock = lambda: MONDAY
    deployment = await begun(bench)
    await waits(bench)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    async with asyncio.timeout(10):
        while (hold := shop(bench).hold) is None or hold.needs_approval:
            await asyncio.sleep(0)
    await bench.daemon.close()
    bench.clock = lambda: MONDAY + timedelta(days=1)
    await bench.reborn().start()
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    assert bench.traffic.served("shop") is GREEN


async def test_what_can_t_run_beside_the_live_colour_waits_before_that_stops(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(), overlap=ALONE)
    await ended(bench, await begun(bench))
    bench.clock = lambda: MONDAY
    bench.runner.plan = plan(Settings(windows=TUESDAYS), overlap=ALONE)
    deployment = await begun(bench)
    await waits(bench)
    assert bench.traffic.answers("shop")
    assert bench.runner.up == {(BLUE, "web")}
    bench.clock = now
    await bench.daemon.deployer.promote(shop(bench), "tester", now=True)
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    assert bench.runner.up == {(GREEN, "web")}


async def test_what_waits_for_a_time_can_be_cancelled(bench: Bench) -> None:
    await live(bench, Settings())
    await begun(bench, at=now() + timedelta(days=1))
    await waits(bench)
    done = await bench.daemon.deployer.cancel(shop(bench), "tester")
    assert done.state is State.CANCELLED
    assert bench.traffic.served("shop") is BLUE


async def test_the_first_deployment_and_a_rollback_wait_for_no_window(bench: Bench) -> None:
    ticks = count()
    bench.clock = lambda: MONDAY + timedelta(milliseconds=next(ticks))
    bench.runner.plan = plan(Settings(windows=TUESDAYS))
    assert (await ended(bench, await begun(bench))).state is State.SUCCEEDED
    deployment = await begun(bench)
    await waits(bench)
    await bench.daemon.deployer.promote(shop(bench), "tester", now=True)
    await ended(bench, deployment)
    await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert bench.traffic.served("shop") is BLUE
