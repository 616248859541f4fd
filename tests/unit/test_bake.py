"""The watch over a release that got the traffic: what is judged, and what the engine makes of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bgd.domain.bake import breach
from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container, Health
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from bgd.domain.probe import Answer
from bgd.domain.served import Outcome, Served
from bgd.domain.settings import Bake, HealthCheck, Promote, Settings
from bgd.domain.tally import Tally
from bgd.engine.app import App
from bgd.engine.ports import Entry
from bgd.engine.view import deployment_json
from bgd.errors import Refused
from tests.unit.fakes import ALONE, Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
LIMITS = Bake(30.0)
QUICK = HealthCheck(interval_s=0.01)
LONG = Settings(bake=Bake(600.0), health=QUICK)
SHORT = Settings(bake=Bake(0.05, min_requests=4), health=replace(QUICK, interval_s=60.0))


def tally(good: int, bad: int = 0, answer_ms: int = 5) -> Tally:
    made = Tally()
    for status in [200] * good + [500] * bad:
        made.add(Outcome("shop", GREEN, status, status, answer_ms, answer_ms))
    return made


def judged(after: Tally, before: Tally | None = None, limits: Bake = LIMITS, probes: int = 0) -> str:
    return breach(limits, (before or Tally()).summary(), after, probes, 0)


@pytest.mark.parametrize(
    ("good", "bad", "is_broken"),
    [
        (1000, 0, False),
        (10, 9, False),  # fewer than min_requests, and fewer than ten failed
        (0, 10, True),  # ten are enough, whatever else may come
        (18, 2, True),
        (19, 1, False),  # one is chance
        (990, 10, False),  # exactly the limit
        (989, 11, True),
    ],
)
def test_errors_break_the_limit_once_enough_came(good: int, bad: int, is_broken: bool) -> None:
    assert bool(judged(tally(good, bad))) is is_broken


def test_ten_failures_wait_where_so_few_may_still_be_within_the_limit() -> None:
    limits = replace(LIMITS, min_requests=1000)
    assert not judged(tally(0, 10), limits=limits)
    assert judged(tally(0, 11), limits=limits)


def test_what_failed_before_is_no_reason_to_go_back() -> None:
    assert not judged(tally(95, 5), before=tally(95, 5))
    assert judged(tally(93, 7), before=tally(95, 5))
    assert judged(tally(95, 5), before=tally(9, 1)), "so few before say nothing"


def test_late_answers_break_their_own_limit() -> None:
    limits = replace(LIMITS, max_p99_s=0.8)
    late = tally(98)
    late.merge(tally(1, answer_ms=2000))
    assert not judged(late, limits=limits), "one is chance"
    late.merge(tally(1, answer_ms=2000))
    assert judged(late, limits=limits) == "2 of 100 requests took longer than 800ms (max_p99 allows 1%)"


def test_a_release_that_is_slower_than_the_one_before_breaks_its_limit() -> None:
    limits = replace(LIMITS, max_slowdown=2.0)
    assert not judged(tally(50, answer_ms=40), tally(50, answer_ms=4), limits), "fast enough all the same"
    assert not judged(tally(50, answer_ms=190), tally(50, answer_ms=100), limits)
    assert "before within 100 ms" in judged(tally(50, answer_ms=300), tally(50, answer_ms=100), limits)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def begun(bench: Bench, settings: Settings, statuses: tuple[int, ...] = ()) -> Deployment:
    """Release 1 in blue, and a deployment of 2 under way whose requests get these statuses."""
    app = shop(bench)
    first, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await bench.daemon.deployer.finished(app, first.id)
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    bench.traffic.after_move = [Served(0, Outcome("shop", GREEN, s, s, 3, 2)) for s in statuses]
    second, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    return second


async def ended(bench: Bench, deployment: Deployment) -> Deployment:
    async with asyncio.timeout(10):
        return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def is_watched(bench: Bench) -> None:
    async with asyncio.timeout(5):
        while (running := shop(bench).deployment) is None or running.state is not State.BAKING:
            await asyncio.sleep(0)
        while (running := shop(bench).deployment) is None or running.watched is None:
            await asyncio.sleep(0)


async def told(bench: Bench) -> Entry:
    (entry,) = [e for e in await bench.store.entries(0, "shop", 10_000) if e.event == "watched"]
    return entry


async def test_a_release_that_answers_errors_is_taken_back_with_the_figures(bench: Bench) -> None:
    done = await ended(bench, await begun(bench, LONG, (200, 200, *[500] * 9, 502)))
    assert done.state is State.ROLLED_BACK
    assert (shop(bench).live, bench.traffic.served("shop")) == (BLUE, BLUE)
    assert shop(bench).colors[GREEN].state is ColorState.FAILED
    assert not [key for key in bench.runner.running if key[0] is GREEN]
    assert done.failure is not None
    assert done.failure.stage is State.BAKING
    assert done.failure.message.startswith(
        "taken back: 10 of 12 requests failed (83.3%; max_error_rate is 1%)"
    )
    first, last, *_ = done.failure.evidence
    assert first == "green since the switch: 12 requests, 10 failed (9 × 500, 1 × 502), p95 2 ms, p99 2 ms"
    assert last == "its last failing answers: 500 500 500 500 500 500 500 500 500 502"
    entry = await told(bench)
    assert (entry.data["broke"], entry.data["after"]["failed"]) == (True, 10)
    assert entry.data["before"] is None or entry.data["before"]["requests"] == 0


async def test_errors_while_the_workers_are_handed_over_take_it_back_at_once(bench: Bench) -> None:
    bench.runner.plan = plan(worker=True)
    bench.runner.grace.clear()
    done = await ended(bench, await begun(bench, LONG, (*[500] * 10,)))
    assert done.state is State.ROLLED_BACK
    assert done.failure is not None
    assert done.failure.stage is State.HANDING_OVER
    assert done.failure.message.startswith("taken back: 10 of ")
    assert bench.runner.up == {(BLUE, "web"), (BLUE, "worker")}


async def test_a_container_that_died_while_the_workers_were_handed_over_takes_it_back(bench: Bench) -> None:
    bench.runner.plan = plan(worker=True)
    bench.runner.grace.clear()
    deployment = await begun(bench, LONG)
    async with asyncio.timeout(5):
        while (running := shop(bench).deployment) is None or running.watched is None:
            await asyncio.sleep(0)
    assert running.state is State.HANDING_OVER
    (well,) = [c for c in await bench.runner.containers("shop") if (c.color, c.service) == (GREEN, "web")]
    bench.runner.sick["web"] = replace(well, oom_killed=True, exit_code=137)
    bench.runner.grace.set()  # it may be done before anybody looks again
    done = await ended(bench, deployment)
    assert done.state is State.ROLLED_BACK
    assert done.failure is not None
    assert "ran out of memory" in done.failure.message


async def test_what_is_under_way_on_a_release_that_is_taken_back_ends_first(bench: Bench) -> None:
    bench.traffic.open = 0
    await begun(bench, LONG)
    await is_watched(bench)
    async with asyncio.timeout(5):
        while shop(bench).colors[BLUE].state is ColorState.DRAINING:
            await asyncio.sleep(0.001)
    bench.traffic.open = 1
    cancelling = asyncio.create_task(bench.daemon.deployer.cancel(shop(bench), "tester"))
    async with asyncio.timeout(5):
        while shop(bench).colors[GREEN].state is not ColorState.DRAINING:
            await asyncio.sleep(0.001)
    assert (GREEN, "web") in bench.runner.running
    assert shop(bench).live is BLUE
    bench.traffic.open = 0
    assert (await cancelling).state is State.ROLLED_BACK
    assert (GREEN, "web") not in bench.runner.running


async def test_a_release_that_does_well_stays(bench: Bench) -> None:
    done = await ended(bench, await begun(bench, SHORT, (200, 200, 404, 101)))
    assert done.state is State.SUCCEEDED
    assert shop(bench).live is GREEN
    assert done.watched is not None
    assert done.watched.verdict == "kept its limits: 4 requests, 0 failed"
    assert [s["stage"] for s in deployment_json(done, "")["stages"]][-1] == "baking"


async def test_too_few_requests_to_judge_are_said(bench: Bench) -> None:
    done = await ended(bench, await begun(bench, SHORT, (200,)))
    assert done.state is State.SUCCEEDED
    entry = await told(bench)
    assert not entry.data["judged"]
    assert "too few requests to judge (4 are needed): 1 requests, 0 failed; bgd made 1 itself" in str(
        entry.data["verdict"]
    )


async def test_bgd_asks_itself_where_nobody_else_does(bench: Bench) -> None:
    bench.prober.answers.clear()
    deployment = await begun(bench, replace(LONG, bake=Bake(600.0, min_requests=5)))
    await is_watched(bench)
    bench.prober.answers["/"] = Answer(503)
    async with asyncio.timeout(5):
        while not [
            e for e in await bench.store.entries(0, "shop", 10_000) if "isn't taken back" in str(e.data)
        ]:
            await asyncio.sleep(0.001)
    assert shop(bench).live is GREEN, "blue answers no better: there is nothing to go back to"
    asked = [probe for probe in bench.prober.asked if probe.headers.get("Bgd-Color")]
    assert {probe.headers["Bgd-Color"] for probe in asked} == {"green", "blue"}
    bench.prober.answers.clear()
    assert (await ended(bench, deployment)).state is State.ROLLED_BACK


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"health": Health.UNHEALTHY}, "is unhealthy"),
        ({"restarts": 1}, "died and was restarted"),
        ({"oom_killed": True, "exit_code": 137}, "ran out of memory"),
        ({"status": "exited", "exit_code": 1}, "exited with status 1"),
    ],
)
async def test_a_container_that_dies_takes_its_release_back(
    bench: Bench, change: dict[str, object], why: str
) -> None:
    deployment = await begun(bench, LONG)
    await is_watched(bench)
    (well,) = [c for c in await bench.runner.containers("shop") if c.color == GREEN]
    sick: Container = replace(well, **change)  # type: ignore[arg-type]
    bench.runner.sick["web"] = sick
    done = await ended(bench, deployment)
    assert done.state is State.ROLLED_BACK
    assert done.failure is not None
    assert why in done.failure.message


async def test_a_rollback_ends_the_watch_at_once(bench: Bench) -> None:
    await begun(bench, LONG)
    await is_watched(bench)
    with pytest.raises(Refused, match="is busy") as refused:
        await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")
    assert "bgctl rollback shop" in refused.value.hint
    done, old, entry = await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert (done.state, old, entry) == (State.ROLLED_BACK, GREEN, None)
    assert shop(bench).live is BLUE


async def test_promote_ends_the_watch_and_the_release_stays(bench: Bench) -> None:
    deployment = await begun(bench, LONG)
    await is_watched(bench)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    assert shop(bench).live is GREEN


async def test_an_approval_before_the_switch_does_not_end_the_watch(bench: Bench) -> None:
    deployment = await begun(bench, replace(LONG, promote=Promote.MANUAL), (*[500] * 10,))
    async with asyncio.timeout(5):
        while (running := shop(bench).deployment) is None or running.state is not State.AWAITING:
            await asyncio.sleep(0)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.ROLLED_BACK


async def test_a_first_release_is_not_watched_as_there_is_nothing_to_go_back_to(bench: Bench) -> None:
    bench.runner.plan = plan(LONG)
    app = shop(bench)
    first, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    done = await ended(bench, first)
    assert done.state is State.SUCCEEDED
    assert State.BAKING not in [stage.state for stage in done.stages]


async def test_a_new_daemon_goes_on_watching_and_compares_with_the_same(bench: Bench) -> None:
    now_ms = round(time.time() * 1000)
    deployment = await begun(bench, LONG)
    await is_watched(bench)
    await bench.daemon.close()
    daemon = bench.reborn()
    await daemon.start()
    await is_watched(bench)
    bench.traffic.log += [Served(now_ms + 60_000, Outcome("shop", GREEN, 500, 500, 3, 2))] * 10
    done = await ended(bench, deployment)
    assert done.state is State.ROLLED_BACK
    assert shop(bench).live is BLUE


async def test_where_colors_must_not_overlap_the_old_one_starts_again(bench: Bench) -> None:
    bench.runner.plan = plan(overlap=ALONE)
    done = await ended(bench, await begun(bench, LONG, (*[500] * 10,)))
    assert done.state is State.ROLLED_BACK
    assert bench.runner.up == {(BLUE, "web")}
    assert bench.traffic.answers("shop")
