"""Deployments of an app whose colours must not run at once; the fake runner fails on a second writer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from bgd.domain.plan import Overlap
from bgd.domain.probe import Answer
from bgd.domain.settings import HealthCheck, HttpSmoke, Promote, Settings
from bgd.domain.traffic import Closure
from bgd.engine.app import App
from bgd.engine.ports import Entry
from bgd.errors import Failed, Refused
from tests.unit.fakes import ALONE, Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN


@pytest.fixture
async def alone(bench: Bench) -> Bench:
    """An app with a worker and a migration, live in blue."""
    bench.runner.plan = plan(worker=True, task=True, overlap=ALONE)
    assert (await deployed(bench)).state is State.SUCCEEDED
    return bench


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench, **options: Any) -> Deployment:
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(**options), None, "tester", "")
    return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def journal(bench: Bench) -> list[Entry]:
    return list(await bench.store.entries(0, "shop", 10_000))


def effects(entries: list[Entry]) -> list[str]:
    return [f"{e.data['effect']} {e.data['detail']}" for e in entries if e.data.get("phase") == "done"]


def settings(bench: Bench, given: Settings) -> None:
    bench.runner.plan = replace(bench.runner.plan, settings=given)


async def test_the_old_color_stops_first_and_stays_stopped(alone: Bench) -> None:
    done = await deployed(alone)
    assert done.state is State.SUCCEEDED
    assert (shop(alone).live, alone.traffic.served("shop")) == (GREEN, GREEN)
    assert alone.runner.up == {(GREEN, "web"), (GREEN, "worker")}
    assert shop(alone).colors[BLUE].state is ColorState.STOPPED
    assert alone.traffic.answers("shop")
    assert [stage.state for stage in done.stages] == [
        State.PREPARING,
        State.SHARING,
        State.STOPPING,
        State.MIGRATING,
        State.STARTING,
        State.CHECKING,
        State.SMOKING,
        State.SWITCHING,
        State.HANDING_OVER,
    ]


async def test_doors_close_before_anything_stops_and_open_when_the_traffic_has_moved(alone: Bench) -> None:
    before = len(await journal(alone))
    await deployed(alone)
    told = effects((await journal(alone))[before:])
    order = ["shut_doors pause", "stop_color blue", "run_task migrate", "start_color green r2"]
    order += ["flip_gate blue → green", "open_doors pause"]
    assert [effect for effect in dict.fromkeys(told) if effect in order] == order


async def test_it_says_before_it_begins_that_the_live_color_stops_and_why(alone: Bench) -> None:
    alone.runner.hold.clear()
    await alone.daemon.changes.deploy(shop(alone), Options(), None, "tester", "")
    async with asyncio.timeout(5):
        while not [e for e in await journal(alone) if e.event == "warning"]:
            await asyncio.sleep(0)
    assert alone.traffic.answers("shop")
    (warning,) = [e for e in await journal(alone) if e.event == "warning"]
    assert "blue stops before green starts: web keeps data in /data" in warning.data["message"]
    assert "503" in warning.data["fix"]
    alone.runner.hold.set()
    await alone.daemon.deployer.finished(shop(alone), 2)


@pytest.mark.parametrize("fault", ["task", "start", "smoke", "flip"])
async def test_a_release_that_fails_is_put_down_before_the_old_color_starts_again(
    alone: Bench, fault: str
) -> None:
    kept = alone.runner.running[BLUE, "web"]
    settings(alone, Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),)))
    if fault == "task":
        alone.runner.task_status = 1
    elif fault == "start":
        alone.runner.broken["start"] = "no such image"
    elif fault == "smoke":
        alone.prober.answers["/pay"] = Answer(500)
    else:
        alone.traffic.broken.add("switch green")
    done = await deployed(alone)
    assert done.state is State.FAILED
    assert alone.runner.up == {(BLUE, "web"), (BLUE, "worker")}
    assert alone.runner.running[BLUE, "web"] is kept, "the containers that it had"
    assert alone.traffic.answers("shop")
    assert (shop(alone).live, shop(alone).colors[BLUE].state) == (BLUE, ColorState.LIVE)
    told = (await journal(alone))[-1].data["failure"]["still_serving"]
    assert told == "blue serves r1 again, in the containers it had before"


async def test_a_failure_before_the_stop_touches_nothing(alone: Bench) -> None:
    alone.runner.broken["prepare"] = "it doesn't build"
    alone.runner.broken["stop"] = alone.runner.broken["restart"] = "this must not be called"
    done = await deployed(alone)
    assert done.state is State.FAILED
    assert alone.runner.up == {(BLUE, "web"), (BLUE, "worker")}
    assert (await journal(alone))[-1].data["failure"]["still_serving"] == "blue still serves r1, untouched"


async def test_an_old_color_that_does_not_get_well_again_takes_the_requests_all_the_same(
    alone: Bench,
) -> None:
    settings(alone, Settings(health=HealthCheck(within_s=0.01, interval_s=0.001)))
    alone.prober.answers["/"] = Answer(500)
    shop(alone).releases[1] = replace(shop(alone).releases[1], plan=alone.runner.plan)
    done = await deployed(alone)
    assert done.state is State.FAILED
    assert alone.traffic.answers("shop")
    assert shop(alone).busy is None
    warnings = [e.data["message"] for e in await journal(alone) if e.event == "warning"]
    assert any("blue was started again and isn't well" in message for message in warnings)


async def test_approval_is_waited_for_while_the_old_color_still_serves(alone: Bench) -> None:
    settings(alone, Settings(promote=Promote.MANUAL))
    await alone.daemon.changes.deploy(shop(alone), Options(), None, "tester", "")
    async with asyncio.timeout(5):
        while (running := shop(alone).deployment) is None or running.state is not State.AWAITING:
            await asyncio.sleep(0)
    assert alone.runner.up == {(BLUE, "web"), (BLUE, "worker")}
    assert alone.traffic.answers("shop")
    await alone.daemon.deployer.promote(shop(alone), "tester")
    done = await alone.daemon.deployer.finished(shop(alone), running.id)
    assert done.state is State.SUCCEEDED
    assert [s.state for s in done.stages].count(State.AWAITING) == 1
    assert shop(alone).live is GREEN


async def test_a_release_can_not_be_made_ready_beside_the_live_one(alone: Bench) -> None:
    with pytest.raises(Refused, match="r2 can't be made ready beside blue: web keeps data in /data") as why:
        await deployed(alone, no_switch=True)
    assert "x-bgd.overlap: true" in why.value.hint
    assert shop(alone).busy is None


@pytest.mark.parametrize("verb", ["switch", "rollback"])
async def test_switch_and_rollback_stop_the_one_and_start_the_other(alone: Bench, verb: str) -> None:
    await deployed(alone)
    kept = alone.runner.running[GREEN, "web"]
    if verb == "switch":
        await alone.daemon.changes.switch(shop(alone), None, force=False, actor="tester")
    else:
        _, _, entry = await alone.daemon.changes.rollback(shop(alone), None, "tester")
        assert entry is None, "it is there already, and isn't brought up anew"
    assert alone.runner.up == {(BLUE, "web"), (BLUE, "worker")}
    assert alone.traffic.served("shop") is BLUE
    assert shop(alone).colors[GREEN].state is ColorState.STOPPED
    assert alone.runner.tasks_run == [("r1", "migrate"), ("r2", "migrate")]
    await alone.daemon.changes.switch(shop(alone), None, force=False, actor="tester")
    assert alone.runner.running[GREEN, "web"].number == kept.number


async def test_a_switch_to_a_color_that_is_sick_comes_back(alone: Bench) -> None:
    settings(alone, Settings(health=HealthCheck(within_s=0.01, interval_s=0.001)))
    await deployed(alone)
    shop(alone).releases[1] = replace(shop(alone).releases[1], plan=alone.runner.plan)
    alone.prober.answers["/"] = Answer(500)
    with pytest.raises(Failed, match="green serves r2 again"):
        await alone.daemon.changes.switch(shop(alone), None, force=False, actor="tester")
    assert alone.runner.up == {(GREEN, "web"), (GREEN, "worker")}
    assert alone.traffic.answers("shop")
    assert shop(alone).colors[BLUE].state is ColorState.STOPPED


async def test_a_color_that_runs_beside_the_live_one_stops_too_before_the_tasks(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    async with asyncio.timeout(5):
        while shop(bench).colors[BLUE].state is not ColorState.WARM:
            await asyncio.sleep(0.001)
    bench.runner.plan = plan(task=True, overlap=ALONE)
    bench.runner.task_status = 1
    assert (await deployed(bench)).state is State.FAILED
    assert bench.runner.up == {(GREEN, "web")}
    assert shop(bench).colors[BLUE].state is ColorState.STOPPED


async def test_a_file_that_states_it_ends_the_stopping(alone: Bench) -> None:
    alone.runner.plan = plan(overlap=Overlap(True, "x-bgd.overlap says so", is_stated=True))
    done = await deployed(alone)
    assert not done.has_stopped_live
    assert (BLUE, "web") in alone.runner.up


async def test_while_nobody_serves_status_says_so_and_blames_no_container(alone: Bench) -> None:
    alone.prober.answers["/"] = Answer(0, error="not yet")
    settings(alone, Settings(health=HealthCheck(within_s=30.0, interval_s=0.001)))
    deployment, _ = await alone.daemon.changes.deploy(shop(alone), Options(), None, "tester", "")
    async with asyncio.timeout(5):
        while (running := shop(alone).deployment) is None or running.state is not State.CHECKING:
            await asyncio.sleep(0)
    status = await alone.daemon.status_of(shop(alone))
    assert (status["live"], status["phase"], status["closed"]) == ("blue", "checking", [Closure.PAUSE])
    assert status["problems"] == ["requests get 503 for the moment: blue was stopped for this deployment"]
    assert "nobody serves" in shop(alone).serving()
    alone.prober.answers.clear()
    await alone.daemon.deployer.finished(shop(alone), deployment.id)
    assert (await alone.daemon.status_of(shop(alone)))["closed"] == []
