"""A release that gets its visitors by and by: the steps, what ends them, and who keeps the share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bgd.domain.bake import ENOUGH_FAILURES
from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment, Options
from bgd.domain.hook import Hook, Hooks, Moment
from bgd.domain.lifecycle import State
from bgd.domain.probe import Answer
from bgd.domain.served import Outcome, Served
from bgd.domain.settings import Bake, HealthCheck, Promote, Settings, Shift
from bgd.domain.shift import Step, steps_from
from bgd.domain.traffic import Share
from bgd.engine import shift
from bgd.engine.app import App
from bgd.engine.journal import now
from bgd.engine.ports import Entry
from bgd.engine.view import deployment_json
from bgd.errors import Refused
from tests.unit.fakes import ALONE, Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
QUICK = HealthCheck(interval_s=0.01)
STEPS = (5, 25, 100)
SHORT = Settings(shift=Shift(STEPS, 0.02), health=QUICK)
LONG = Settings(shift=Shift(STEPS, 600.0), health=QUICK)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


def served(*statuses: int) -> list[Served]:
    return [Served(0, Outcome("shop", GREEN, status, status, 3, 2)) for status in statuses]


async def begun(bench: Bench, settings: Settings) -> Deployment:
    """Release 1 in blue, and a deployment of 2 under way that shifts."""
    app = shop(bench)
    first, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await bench.daemon.deployer.finished(app, first.id)
    bench.runner.plan = replace(bench.runner.plan, settings=settings)
    second, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    return second


async def ended(bench: Bench, deployment: Deployment) -> Deployment:
    async with asyncio.timeout(10):
        return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.001)


async def at(bench: Bench, percent: int) -> None:
    """Wait until a step's pause has begun."""

    def is_there() -> bool:
        running = shop(bench).deployment
        step = None if running is None else running.step
        return step is not None and step.percent == percent and step.since is not None

    await until(is_there)


async def told(bench: Bench, event: str) -> list[Entry]:
    return [e for e in await bench.store.entries(0, "shop", 10_000) if e.event == event]


def test_the_steps_go_on_at_the_one_that_was_given_last() -> None:
    wish = Shift((5, 25, 60, 100))
    assert steps_from(wish, None) == (Step(5), Step(25), Step(60))
    given = Step(25).seen(now(), wish)
    assert given.until is not None
    assert given.since is not None
    assert (given.until - given.since).total_seconds() == 60
    assert steps_from(wish, given) == (given, Step(60, first=given.first))
    assert steps_from(Shift((100,)), None) == ()


async def test_visitors_move_step_by_step_and_then_all_of_them(bench: Bench) -> None:
    done = await ended(bench, await begun(bench, SHORT))
    assert done.state is State.SUCCEEDED
    assert bench.traffic.on_green == [0, 5, 25, 100, 100]
    assert not bench.traffic.shares
    assert shop(bench).live is GREEN
    events = [e for e in await bench.store.entries(0, "shop", 10_000) if e.deployment == done.id]
    assert [e.data["percent"] for e in events if e.event == "shifted"] == [5, 25]
    effects = [e.data for e in events if e.event == "effect" and e.data["effect"] in ("share", "flip_gate")]
    assert [(e["effect"], e["detail"], e["phase"]) for e in effects] == [
        (effect, detail, phase)
        for effect, detail in [
            ("share", "5 % to green"),
            ("share", "25 % to green"),
            ("flip_gate", "blue → green"),
            ("share", "none"),
        ]
        for phase in ("intent", "done")
    ]
    stages = [s["stage"] for s in deployment_json(done, "")["stages"]]
    assert stages[stages.index("smoking") :] == ["smoking", "shifting", "switching", "handing_over"]


async def test_each_step_is_watched_and_too_little_traffic_is_said(bench: Bench) -> None:
    bench.traffic.after_share[25] = served(*[200] * 20)
    done = await ended(bench, await begun(bench, SHORT))
    few, enough = await told(bench, "watched")
    assert (few.data["percent"], few.data["judged"]) == (5, False)
    assert str(few.data["verdict"]).startswith("too few requests to judge (20 are needed): 0 requests")
    assert few.data["probes"] >= 1, "bgd asks itself meanwhile"
    assert (enough.data["percent"], enough.data["judged"]) == (25, True)
    assert done.watched is not None
    assert done.watched.after.requests == 20


async def test_a_release_that_answers_errors_to_a_share_is_taken_back_at_once(bench: Bench) -> None:
    bench.traffic.after_share[5] = served(*[500] * ENOUGH_FAILURES)
    settings = replace(LONG, hooks=Hooks(on_rollback=(Hook(("tell",)),)), notify=("json://x",))
    done = await ended(bench, await begun(bench, settings))
    assert done.state is State.ROLLED_BACK
    assert bench.traffic.on_green == [0, 5, 0], "nobody but the share ever saw it"
    assert (shop(bench).live, bench.traffic.served("shop"), bench.traffic.shares) == (BLUE, BLUE, {})
    assert shop(bench).colors[GREEN].state is ColorState.FAILED
    assert not [key for key in bench.runner.running if key[0] is GREEN]
    assert done.failure is not None
    assert done.failure.stage is State.SHIFTING
    assert done.failure.message.startswith("taken back at 5 % of the visitors: 10 of 10 requests failed")
    assert done.failure.evidence[0].startswith("green since its first share: 10 requests, 10 failed")
    assert done.failure.log, "its last words"
    assert [e.data["percent"] for e in await told(bench, "shifted")] == [5, 0]
    assert [moment for moment, *_ in bench.runner.commands] == [Moment.ON_ROLLBACK]
    (finished,) = [e for e in await told(bench, "finished") if e.deployment == done.id]
    assert finished.data["outcome"] == "rolled_back"
    assert finished.data["failure"]["still_serving"] == "blue still serves r1, untouched"


async def test_the_limits_of_bake_hold_for_the_shift_too_and_baking_follows(bench: Bench) -> None:
    bench.traffic.after_share[5] = served(200, 200, 500, 500)
    lenient = replace(SHORT, bake=Bake(0.02, max_error_rate=0.5, min_requests=4))
    done = await ended(bench, await begun(bench, lenient))
    assert done.state is State.SUCCEEDED
    assert [stage.state for stage in done.stages][-4:] == [
        State.SHIFTING,
        State.SWITCHING,
        State.HANDING_OVER,
        State.BAKING,
    ]


async def test_what_is_under_way_on_a_share_that_is_taken_back_ends_first(bench: Bench) -> None:
    await begun(bench, LONG)
    await at(bench, 5)
    bench.traffic.open = 1
    cancelling = asyncio.create_task(bench.daemon.deployer.cancel(shop(bench), "tester"))
    await until(lambda: shop(bench).colors[GREEN].state is ColorState.DRAINING)
    assert (GREEN, "web") in bench.runner.running
    assert not bench.traffic.shares
    bench.traffic.open = 0
    assert (await cancelling).state is State.ROLLED_BACK
    assert (GREEN, "web") not in bench.runner.running


async def test_promote_takes_the_next_step_and_no_more(bench: Bench) -> None:
    deployment = await begun(bench, LONG)
    await at(bench, 5)
    assert bench.traffic.shares == {"shop": Share(GREEN, 5)}
    await bench.daemon.deployer.promote(shop(bench), "tester")
    await at(bench, 25)
    assert bench.traffic.on_green[-1] == 25
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    early = [e for e in await told(bench, "stage") if e.data["status"] == "ended early"]
    assert [e.actor for e in early] == ["tester", "tester"]


async def test_a_promote_of_the_last_step_does_not_end_the_baking(bench: Bench) -> None:
    await begun(bench, replace(LONG, bake=Bake(600.0)))
    for percent in (5, 25):
        await at(bench, percent)
        await bench.daemon.deployer.promote(shop(bench), "tester")
    await until(lambda: (d := shop(bench).deployment) is not None and d.state is State.BAKING)
    async with asyncio.timeout(5):
        done, old, _ = await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert (done.state, old, shop(bench).live) == (State.ROLLED_BACK, GREEN, BLUE)


async def test_a_rollback_takes_the_share_back(bench: Bench) -> None:
    await begun(bench, LONG)
    await at(bench, 5)
    with pytest.raises(Refused, match="is busy") as refused:
        await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")
    assert "bgctl promote shop` takes the next step" in refused.value.hint
    assert shop(bench).serving() == "blue still serves r1, and green r2 to 5 % of the visitors"
    done, old, entry = await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert (done.state, old, entry) == (State.ROLLED_BACK, GREEN, None)
    assert bench.traffic.on_green == [0, 5, 0]


async def test_approval_comes_before_the_first_step(bench: Bench) -> None:
    deployment = await begun(bench, replace(SHORT, promote=Promote.MANUAL))
    await until(lambda: (d := shop(bench).deployment) is not None and d.state is State.AWAITING)
    assert bench.traffic.on_green == [0]
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.SUCCEEDED
    assert bench.traffic.on_green == [0, 5, 25, 100, 100]


async def test_a_share_that_isn_t_seen_is_taken_back(bench: Bench) -> None:
    bench.traffic.broken.add("share 25")
    done = await ended(bench, await begun(bench, SHORT))
    assert done.state is State.ROLLED_BACK
    assert not bench.traffic.shares
    assert bench.traffic.on_green[-1] == 0


async def test_a_switch_that_isn_t_seen_takes_the_share_back_too(bench: Bench) -> None:
    bench.traffic.broken.add("switch green")
    done = await ended(bench, await begun(bench, SHORT))
    assert done.state is State.ROLLED_BACK
    assert done.failure is not None
    assert done.failure.stage is State.SWITCHING
    assert (bench.traffic.on_green[-1], bench.traffic.shares, shop(bench).live) == (0, {}, BLUE)
    assert not [key for key in bench.runner.running if key[0] is GREEN]


async def test_a_release_that_fell_ill_in_its_last_pause_is_not_switched_to(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "MOVE_WITHIN_S", 0.05)
    deployment = await begun(bench, LONG)
    await at(bench, 5)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    await at(bench, 25)
    bench.prober.by_probe = lambda probe: None if probe.headers.get("Bgd-Color") else Answer(503)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.ROLLED_BACK
    assert bench.traffic.on_green == [0, 5, 25, 0]


async def test_a_new_daemon_gives_the_same_share_and_goes_on_with_its_pause(bench: Bench) -> None:
    deployment = await begun(bench, LONG)
    await at(bench, 5)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    await at(bench, 25)
    running = shop(bench).deployment
    assert running is not None
    await bench.daemon.close()
    bench.traffic.shares.clear()
    await bench.reborn().start()
    await until(lambda: bench.traffic.shares == {"shop": Share(GREEN, 25)})
    resumed = shop(bench).deployment
    assert resumed is not None
    assert resumed.step == running.step
    assert [e.data["percent"] for e in await told(bench, "shifted")] == [5, 25], "told once"
    await at(bench, 25)
    await bench.daemon.deployer.promote(shop(bench), "tester")
    assert (await ended(bench, deployment)).state is State.SUCCEEDED


async def test_a_share_that_nobody_gave_is_dropped_by_a_new_daemon_and_by_upkeep(bench: Bench) -> None:
    await ended(bench, await begun(bench, SHORT))
    await bench.daemon.close()
    bench.traffic.shares["shop"] = Share(BLUE, 50)
    await bench.reborn().start()
    assert not bench.traffic.shares
    (mended,) = [e for e in await told(bench, "daemon") if "no deployment did" in str(e.data)]
    assert mended.data["message"] == "nginx's files gave blue 50 %, and no deployment did: taken back"
    bench.traffic.shares["shop"] = Share(BLUE, 0)
    bench.runner.happened.set()
    await until(lambda: not bench.traffic.shares)
    await until(lambda: shop(bench).busy is None)
    (mended,) = await told(bench, "upkeep")
    assert "something that isn't bgd's" in mended.data["message"]


async def test_a_share_that_somebody_changed_in_a_pause_is_put_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "LOOK_EVERY_S", 0.005)
    await begun(bench, LONG)
    await at(bench, 5)
    bench.traffic.shares["shop"] = Share(GREEN, 80)
    await until(lambda: bench.traffic.shares == {"shop": Share(GREEN, 5)})
    del bench.traffic.shares["shop"]
    await until(lambda: bench.traffic.shares == {"shop": Share(GREEN, 5)})
    messages: list[str] = []
    while len(messages) < 2:
        messages = [str(e.data["message"]) for e in await told(bench, "upkeep")]
        await asyncio.sleep(0)
    assert messages == [
        "nginx's files gave green 80 %: put back to green 5 %",
        "nginx's files gave nobody a share: put back to green 5 %",
    ]


async def deploy_at_once(bench: Bench) -> Deployment:
    app = shop(bench)
    first, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    return await ended(bench, first)


async def not_switched(bench: Bench) -> Deployment:
    await deploy_at_once(bench)
    second, _ = await bench.daemon.changes.deploy(shop(bench), Options(no_switch=True), None, "tester", "")
    return await ended(bench, second)


async def alone(bench: Bench) -> Deployment:
    bench.runner.plan = replace(bench.runner.plan, overlap=ALONE)
    await deploy_at_once(bench)
    return await deploy_at_once(bench)


async def whole(bench: Bench) -> Deployment:
    bench.runner.plan = plan(replace(SHORT, shift=Shift((100,))))
    await deploy_at_once(bench)
    assert not bench.traffic.table[0].shifts
    return await deploy_at_once(bench)


@pytest.mark.parametrize("how", [deploy_at_once, not_switched, alone, whole])
async def test_nothing_shifts_without_two_colors_or_where_nobody_wants_it(
    bench: Bench, how: Callable[[Bench], Awaitable[Deployment]]
) -> None:
    bench.runner.plan = plan(SHORT)
    done = await how(bench)
    assert done.state is State.SUCCEEDED
    assert not done.options.shifts
    assert State.SHIFTING not in [stage.state for stage in done.stages]
