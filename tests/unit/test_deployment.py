"""What the engine does with deployments, on fakes at the ports."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container, Health
from bgd.domain.deployment import Deployment, Options
from bgd.domain.lifecycle import State
from bgd.domain.origin import Origin
from bgd.domain.probe import Answer
from bgd.domain.settings import HealthCheck, HttpSmoke, Promote, Settings
from bgd.engine.app import App
from bgd.errors import Failed, InvalidInput, NotFound, Refused
from tests.unit.fakes import Bench, plan

BLUE, GREEN = Color.BLUE, Color.GREEN
QUICK = HealthCheck(within_s=0.05, interval_s=0.001)


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.get("shop")


async def deployed(bench: Bench, **options: Any) -> Deployment:
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(**options), None, "tester", "")
    return await bench.daemon.deployer.finished(shop(bench), deployment.id)


async def in_state(bench: Bench, state: State) -> None:
    """Wait until the running deployment is in a state."""
    async with asyncio.timeout(5):
        while (running := shop(bench).deployment) is None or running.state is not state:
            await asyncio.sleep(0)


async def cooled(bench: Bench, color: Color) -> None:
    """Wait until a colour doesn't drain any more."""
    async with asyncio.timeout(5):
        while shop(bench).colors[color].state is ColorState.DRAINING:
            await asyncio.sleep(0.001)


async def test_the_first_deployment_goes_live_in_blue(bench: Bench) -> None:
    done = await deployed(bench)
    assert done.state is State.SUCCEEDED
    assert (shop(bench).live, bench.traffic.served("shop")) == (BLUE, BLUE)
    assert shop(bench).colors[BLUE].release == 1


async def test_the_second_deployment_goes_live_in_green_and_leaves_blue_warm(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    assert bench.traffic.served("shop") is GREEN
    await cooled(bench, BLUE)
    assert shop(bench).colors[BLUE].state is ColorState.WARM


async def test_a_failed_smoke_check_leaves_blue_serving(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),)))
    bench.prober.answers["/pay"] = Answer(500, "no money", 3.0)
    done = await deployed(bench)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert done.failure.stage is State.SMOKING
    assert "500" in done.failure.message
    assert done.failure.probe is not None
    assert done.failure.probe.url == "http://127.0.0.1:8081/pay"
    assert bench.traffic.served("shop") is BLUE
    assert shop(bench).colors[GREEN].state is ColorState.FAILED
    assert not [key for key in bench.runner.running if key[0] is GREEN]


async def test_a_probe_that_never_passes_ends_in_failure_with_the_last_answer(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(health=QUICK))
    bench.prober.answers["/"] = Answer(502, "bad gateway", 1.0)
    done = await deployed(bench)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert done.failure.answer is not None
    assert done.failure.answer.status == 502
    assert done.failure.log == ("web | it hurts",)
    assert bench.traffic.served("shop") is BLUE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"health": Health.UNHEALTHY}, "unhealthy"),
        ({"status": "restarting", "restarts": 3, "exit_code": 1}, "crashes again and again"),
        ({"status": "exited", "exit_code": 3}, "exited with status 3"),
        ({"status": "exited", "exit_code": 137, "oom_killed": True}, "ran out of memory"),
    ],
)
async def test_a_container_beyond_hope_ends_it_at_once(
    bench: Bench, change: dict[str, object], words: str
) -> None:
    container = Container("i", "shop-blue-web-1", "web", "shop", "blue", "r1", "running", Health.NONE, "shop")
    bench.runner.sick["web"] = replace(container, **change)  # type: ignore[arg-type]
    done = await deployed(bench)
    assert done.failure is not None
    assert words in done.failure.message
    assert done.failure.stage is State.CHECKING


async def test_a_failed_build_leaves_the_warm_colour_warm(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    await cooled(bench, BLUE)
    bench.runner.broken["prepare"] = "the image shop:3 can't be had"
    done = await deployed(bench)
    assert done.state is State.FAILED
    assert shop(bench).colors[BLUE].state is ColorState.WARM
    assert (BLUE, "web") in bench.runner.running


async def test_no_switch_leaves_the_release_ready(bench: Bench) -> None:
    await deployed(bench)
    done = await deployed(bench, no_switch=True)
    assert done.state is State.SUCCEEDED
    assert bench.traffic.served("shop") is BLUE
    assert shop(bench).colors[GREEN].state is ColorState.READY
    moved, old = await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")
    assert (moved.state, old, bench.traffic.served("shop")) == (State.SUCCEEDED, BLUE, GREEN)


async def test_a_manual_promotion_waits_and_is_checked_again(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(Settings(promote=Promote.MANUAL))
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.AWAITING)
    assert bench.traffic.served("shop") is BLUE
    asked = len(bench.prober.asked)
    running = await bench.daemon.deployer.promote(shop(bench), "boss")
    done = await bench.daemon.deployer.finished(shop(bench), running.id)
    assert done.state is State.SUCCEEDED
    assert len(bench.prober.asked) > asked
    assert bench.traffic.served("shop") is GREEN


async def test_a_cancelled_deployment_leaves_nothing(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.hold.clear()
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.PREPARING)
    done = await bench.daemon.deployer.cancel(shop(bench), "tester")
    assert done.state is State.CANCELLED
    assert shop(bench).busy is None
    assert bench.traffic.served("shop") is BLUE


async def test_a_second_deployment_is_refused_and_told_who_is_busy(bench: Bench) -> None:
    bench.runner.hold.clear()
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "alice", "")
    await in_state(bench, State.PREPARING)
    with pytest.raises(Refused, match=r"busy: a deployment by alice since .* preparing"):
        await bench.daemon.changes.deploy(shop(bench), Options(), None, "bob", "")
    bench.runner.hold.set()
    assert shop(bench).deployment is not None
    await bench.daemon.deployer.finished(shop(bench), shop(bench).deployment.id)  # type: ignore[union-attr]


async def test_an_unreadable_file_changes_nothing(bench: Bench) -> None:
    bench.runner.broken["read"] = "compose.yaml:3:1: tabs"
    with pytest.raises(Failed, match="tabs"):
        await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    assert shop(bench).busy is None
    assert await bench.store.deployments("shop") == []


async def test_a_switch_that_is_not_seen_is_put_back(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    bench.traffic.broken.add("switch blue")
    with pytest.raises(Failed, match="green still serves r2"):
        await bench.daemon.changes.switch(shop(bench), BLUE, force=False, actor="tester")
    assert bench.traffic.served("shop") is GREEN
    assert shop(bench).colors[GREEN].state is ColorState.LIVE


async def test_a_table_that_nginx_refuses_leaves_nothing_live(bench: Bench) -> None:
    bench.traffic.broken.add("apply live")
    done = await deployed(bench)
    assert done.state is State.FAILED
    assert done.failure is not None
    assert "refused the configuration" in done.failure.message
    assert shop(bench).live is None
    assert bench.traffic.served("shop") is None
    assert bench.runner.running == {}


async def test_a_switch_to_an_unhealthy_colour_is_refused_unless_forced(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    await cooled(bench, BLUE)
    container = Container("i", "shop-blue-web-1", "web", "shop", "blue", "r1", "exited", Health.NONE, "shop")
    bench.runner.sick["web"] = replace(container, exit_code=1)
    with pytest.raises(Refused, match="green still serves"):
        await bench.daemon.changes.switch(shop(bench), BLUE, force=False, actor="tester")
    moved, _ = await bench.daemon.changes.switch(shop(bench), BLUE, force=True, actor="tester")
    assert moved.state is State.SUCCEEDED


async def test_rollback_goes_to_the_release_that_was_live_before(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    moved, old, entry = await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert (moved.release, old, entry) == (1, GREEN, None)
    assert bench.traffic.served("shop") is BLUE


async def test_traffic_goes_to_what_has_just_started_once_all_know_where_it_is(bench: Bench) -> None:
    def steps() -> list[str]:
        return [call for call in bench.fuse.calls if call in {"start", "settled", "flip"}]

    await deployed(bench)
    assert steps() == ["start", "settled", "flip"]
    await deployed(bench)
    await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert steps() == ["start", "settled", "flip"] * 2 + ["flip"], "back in an instant"


async def test_rollback_to_a_release_whose_colour_is_gone_brings_it_up_as_recorded(bench: Bench) -> None:
    for _ in range(3):
        await deployed(bench)
    deployment, _, entry = await bench.daemon.changes.rollback(shop(bench), "r1", "tester")
    assert entry is not None
    done = await bench.daemon.deployer.finished(shop(bench), deployment.id)
    assert done.state is State.SUCCEEDED
    live = shop(bench).live
    assert live is not None
    assert shop(bench).colors[live].release == 1
    assert bench.runner.running[live, "web"].images["web"].id == "sha256:1"


async def test_a_rollback_runs_no_migration_again(bench: Bench) -> None:
    bench.runner.plan = plan(task=True)
    for _ in range(3):
        await deployed(bench)
    deployment, _, _ = await bench.daemon.changes.rollback(shop(bench), "r1", "tester")
    await bench.daemon.deployer.finished(shop(bench), deployment.id)
    assert bench.runner.tasks_run == [("r1", "migrate"), ("r2", "migrate"), ("r3", "migrate")]


async def test_a_failed_migration_starts_nothing(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.plan = plan(task=True)
    bench.runner.task_status = 4
    done = await deployed(bench)
    assert done.failure is not None
    assert done.failure.stage is State.MIGRATING
    assert done.failure.log == ("migrating",)
    assert not [key for key in bench.runner.running if key[0] is GREEN]


async def test_a_worker_runs_in_the_live_colour_alone(bench: Bench) -> None:
    bench.runner.plan = plan(worker=True)
    await deployed(bench)
    assert (BLUE, "worker") in bench.runner.running
    await deployed(bench)
    assert [key[0] for key in bench.runner.running if key[1] == "worker"] == [GREEN]


async def test_a_worker_that_will_not_start_takes_the_traffic_back(bench: Bench) -> None:
    bench.runner.plan = plan(worker=True)
    await deployed(bench)
    bench.runner.broken["start_live_only"] = "no such command"
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.REVERTING)
    del bench.runner.broken["start_live_only"]
    done = await bench.daemon.deployer.finished(shop(bench), deployment.id)
    assert done.state is State.ROLLED_BACK
    assert bench.traffic.served("shop") is BLUE
    assert [key[0] for key in bench.runner.running if key[1] == "worker"] == [BLUE]


async def test_a_rolled_back_release_is_no_target_of_rollback(bench: Bench) -> None:
    bench.runner.plan = plan(worker=True)
    await deployed(bench)
    bench.runner.broken["start_live_only"] = "no such command"
    deployment, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.REVERTING)
    del bench.runner.broken["start_live_only"]
    await bench.daemon.deployer.finished(shop(bench), deployment.id)
    with pytest.raises(Refused, match="only release"):
        await bench.daemon.changes.rollback(shop(bench), None, "tester")


async def test_two_apps_on_one_host_and_path_are_refused(bench: Bench) -> None:
    with pytest.raises(Refused, match="which shop has already"):
        await bench.daemon.intake.add(Origin("/srv/other/compose.yaml"), "other", "tester")


async def test_removing_an_app_leaves_nothing_of_it(bench: Bench) -> None:
    await deployed(bench)
    await bench.daemon.intake.remove(shop(bench), volumes=False, actor="tester")
    assert bench.runner.running == {}
    assert bench.traffic.table == ()
    with pytest.raises(NotFound):
        shop(bench)
    await bench.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")


async def test_a_removal_that_failed_is_told_and_can_be_gone_on_with(bench: Bench) -> None:
    await deployed(bench)
    bench.runner.broken["remove_app"] = "something else uses shop_data"
    with pytest.raises(Failed, match="something else uses shop_data"):
        await bench.daemon.intake.remove(shop(bench), volumes=True, actor="tester")
    told = await bench.daemon.status()
    assert told["apps"] == []
    assert any("shop can't be removed: something else uses shop_data" in each for each in told["problems"])
    with pytest.raises(NotFound, match="shop is being removed"):
        shop(bench)
    with pytest.raises(NotFound, match=r"no app 'other' .known: none yet"):
        bench.daemon.fleet.get("other")
    del bench.runner.broken["remove_app"]
    leaving = bench.daemon.fleet.get("shop", or_leaving=True)
    await bench.daemon.intake.remove(leaving, volumes=False, actor="tester")
    assert (await bench.daemon.status())["problems"] == []
    await bench.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")


async def test_a_relative_path_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidInput, match="absolute"):
        await bench.daemon.intake.add(Origin("compose.yaml"), None, "tester")


async def test_an_old_colour_is_stopped_when_its_time_is_up(bench: Bench) -> None:
    bench.runner.plan = plan(Settings(keep_s=0.0))
    await deployed(bench)
    await deployed(bench)
    async with asyncio.timeout(5):
        while shop(bench).colors[BLUE].state is not ColorState.STOPPED:
            await asyncio.sleep(0.001)
    assert bench.runner.stopped == {BLUE}
    assert bench.traffic.served("shop") is GREEN


async def test_the_live_colour_is_never_stopped(bench: Bench) -> None:
    await deployed(bench)
    with pytest.raises(Refused, match="is live"):
        await bench.daemon.changes.stop(shop(bench), BLUE, "tester")


async def test_a_switch_waits_neither_for_another_apps_deployment_nor_for_a_reload(bench: Bench) -> None:
    own, others = plan(), plan(host="blog.example")
    bench.runner.plan = others
    blog, *_ = await bench.daemon.intake.add(Origin("/srv/blog/compose.yaml"), "blog", "tester")
    for _ in range(2):
        deployment, _ = await bench.daemon.changes.deploy(blog, Options(), None, "tester", "")
        await bench.daemon.deployer.finished(blog, deployment.id)
    bench.runner.plan = own
    await deployed(bench)
    await deployed(bench)
    bench.traffic.reloads.clear()
    bench.runner.hold.clear()
    await bench.daemon.changes.switch(shop(bench), None, force=False, actor="tester")  # its drain reloads
    other, _ = await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await in_state(bench, State.PREPARING)
    async with asyncio.timeout(5):
        moved, old = await bench.daemon.changes.switch(blog, None, force=False, actor="tester")
    assert (old, moved.color, bench.traffic.gates["blog"]) == (GREEN, BLUE, BLUE)
    running = shop(bench).deployment
    assert running is not None
    assert (running.id, running.state) == (other.id, State.PREPARING)
