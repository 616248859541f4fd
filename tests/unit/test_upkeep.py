"""What is live and was stopped, removed or edited by somebody is brought back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container, Health
from bgd.domain.deployment import Options
from bgd.domain.lack import ended_well, lacking
from bgd.domain.lifecycle import State
from bgd.domain.release import Release
from bgd.domain.settings import HealthCheck, Promote, Settings, Shift
from bgd.engine import upkeep
from bgd.errors import Refused
from tests.unit.fakes import Bench, plan

BLUE = Color.BLUE


@pytest.fixture
async def live(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A daemon with blue live, and no patience."""
    monkeypatch.setattr(upkeep, "CALM_S", 0.0)
    monkeypatch.setattr(upkeep, "PAUSES_S", (0.001,))
    app = bench.daemon.fleet.get("shop")
    deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await bench.daemon.deployer.finished(app, deployment.id)
    bench.daemon.refresh()
    yield bench
    await bench.daemon.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.001)


async def journalled(bench: Bench) -> list[str]:
    past = [e async for e in bench.daemon.world.journal.past(0, None) if e.event == "upkeep"]
    return [entry.data["message"] for entry in past]


async def test_a_live_front_that_was_removed_comes_back_as_the_release_it_was(live: Bench) -> None:
    release = live.runner.running.pop((BLUE, "web"))
    live.runner.happened.set()
    await until(lambda: (BLUE, "web") in live.runner.running)
    assert live.runner.running[BLUE, "web"] == release
    await until(lambda: live.daemon.fleet.get("shop").busy is None)
    assert await journalled(live) == ["web of blue, which is live, didn't run: brought back"]


async def test_a_live_front_comes_back_also_while_a_deployment_waits_for_its_approval(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    live.runner.plan = replace(live.runner.plan, settings=Settings(promote=Promote.MANUAL))
    deployment, _ = await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    await until(app.calm.is_set)
    release = live.runner.running.pop((BLUE, "web"))
    live.runner.happened.set()
    await until(lambda: (BLUE, "web") in live.runner.running)
    assert live.runner.running[BLUE, "web"] == release
    await live.daemon.deployer.promote(app, "tester")
    done = await live.daemon.deployer.finished(app, deployment.id)
    assert (done.state, app.live) == (State.SUCCEEDED, Color.GREEN)
    assert "web of blue, which is live, didn't run: brought back" in await journalled(live)


async def test_a_live_front_comes_back_also_while_another_release_has_a_share(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    settings = Settings(shift=Shift((5, 100), 600.0), health=HealthCheck(interval_s=0.01))
    live.runner.plan = replace(live.runner.plan, settings=settings)
    deployment, _ = await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    await until(app.calm.is_set)
    del live.runner.running[BLUE, "web"]
    live.runner.happened.set()
    await until(lambda: (BLUE, "web") in live.runner.running)
    await live.daemon.deployer.cancel(app, "tester")
    assert app.live is BLUE
    assert app.last is not None
    assert app.last.id == deployment.id


async def test_a_worker_that_is_being_brought_back_is_there_before_it_has_to_stop(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    live.runner.plan = plan(Settings(promote=Promote.MANUAL), worker=True)
    live.runner.model = {"services": {"web": {}, "worker": {}}}
    first, _ = await live.daemon.changes.deploy(app, Options(promoted=True), None, "tester", "")
    await live.daemon.deployer.finished(app, first.id)
    second, _ = await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    await until(app.calm.is_set)
    live.runner.repair.clear()
    del live.runner.running[Color.GREEN, "worker"]
    live.runner.happened.set()
    await until(app.repairing.locked)
    await live.daemon.deployer.promote(app, "tester")
    await until(lambda: app.live is BLUE)
    for _ in range(20):
        await asyncio.sleep(0)
    assert second.id == (app.deployment.id if app.deployment else None), "it waits for the repair"
    live.runner.repair.set()
    done = await live.daemon.deployer.finished(app, second.id)
    assert done.state is State.SUCCEEDED
    assert {key for key in live.runner.running if key[1] == "worker"} == {(BLUE, "worker")}


async def test_a_gate_that_was_edited_is_put_back_also_while_a_deployment_waits(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    live.runner.plan = replace(live.runner.plan, settings=Settings(promote=Promote.MANUAL))
    await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    await until(app.calm.is_set)
    live.traffic.gates["shop"] = Color.GREEN
    live.runner.happened.set()
    await until(lambda: live.traffic.gates["shop"] is BLUE)
    await live.daemon.deployer.cancel(app, "tester")


async def test_a_warm_colour_that_was_removed_is_warm_again(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    deployment, _ = await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    await live.daemon.deployer.finished(app, deployment.id)
    await until(lambda: app.colors[BLUE].state is ColorState.WARM)
    del live.runner.running[BLUE, "web"]
    live.runner.happened.set()
    await until(lambda: (BLUE, "web") in live.runner.running)
    assert live.runner.running[BLUE, "web"].name == "r1"


async def test_a_gate_that_was_edited_is_put_back(live: Bench) -> None:
    live.traffic.gates["shop"] = Color.GREEN
    live.runner.happened.set()
    await until(lambda: live.traffic.gates["shop"] is BLUE)
    await until(lambda: live.daemon.fleet.get("shop").busy is None)
    assert "put back to blue" in (await journalled(live))[0]


async def test_a_proxy_that_was_removed_is_started_again(live: Bench) -> None:
    live.traffic.runs = False
    live.runner.happened.set()
    await until(lambda: live.traffic.runs)


async def test_a_proxy_that_was_removed_is_started_again_whoever_is_busy(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    live.runner.hold.clear()
    deployment, _ = await live.daemon.changes.deploy(app, Options(), None, "tester", "")
    live.traffic.runs = False
    live.runner.happened.set()
    await until(lambda: live.traffic.runs)
    assert app.busy is not None
    live.runner.hold.set()
    assert (await live.daemon.deployer.finished(app, deployment.id)).state is State.SUCCEEDED


async def test_a_proxy_stays_away_whose_address_is_given_back_while_it_is_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrance, looked = bench.daemon.fleet.entrance, asyncio.Event()

    async def is_up() -> bool:
        if not entrance.is_closed:
            await entrance.close()
        looked.set()
        return False

    monkeypatch.setattr(upkeep, "CALM_S", 0.0)
    monkeypatch.setattr(upkeep, "PAUSES_S", (0.001,))
    monkeypatch.setattr(bench.traffic, "is_up", is_up)
    bench.daemon.refresh()
    bench.traffic.runs = False
    bench.runner.happened.set()
    async with asyncio.timeout(5):
        await looked.wait()
    calls = [call for call in bench.fuse.calls if call.startswith("traffic")]
    for _ in range(100):  # what it would do next takes a few turns
        await asyncio.sleep(0.001)
    await bench.daemon.close()
    assert [call for call in bench.fuse.calls if call.startswith("traffic")] == calls


async def test_what_cant_be_brought_back_is_among_the_problems(live: Bench) -> None:
    live.runner.broken["mend"] = "the image is gone"
    del live.runner.running[BLUE, "web"]
    live.runner.happened.set()
    app = live.daemon.fleet.get("shop")
    await until(lambda: "upkeep" in app.problems)
    assert "the image is gone" in app.problems["upkeep"]
    live.runner.broken.clear()
    await until(lambda: "upkeep" not in app.problems)


async def test_while_the_engine_is_away_reads_go_on_and_changes_are_refused(live: Bench) -> None:
    app = live.daemon.fleet.get("shop")
    before = await live.daemon.status_of(app)
    live.runner.is_away = True
    during = await live.daemon.status_of(app)
    assert during["colors"]["blue"]["containers"] == before["colors"]["blue"]["containers"]
    assert during["stale_s"] == 0
    assert "what is shown of containers is 0 s old" in during["problems"][0]
    with pytest.raises(Refused, match="nothing was changed"):
        await live.daemon.sight.refuse_if_away()


async def test_a_daemon_that_starts_while_the_engine_is_away_waits_for_it_and_then_goes_on(
    live: Bench,
) -> None:
    await live.daemon.close()
    live.runner.is_away = live.traffic.is_away = True
    daemon = live.reborn()
    await daemon.start()
    app = daemon.fleet.get("shop")
    told = await daemon.status_of(app)
    assert told["live"] == "blue"
    assert "what runs isn't known" in told["problems"][0]
    with pytest.raises(Refused, match="waiting for the engine"):
        app.refuse_if_busy()
    live.runner.is_away = live.traffic.is_away = False
    await until(lambda: app.busy is None)
    assert live.traffic.served("shop") is BLUE


def of(service: str, status: str, exit_code: int | None = None, release: str = "r1") -> Container:
    return Container(
        f"{service}-1", f"{service}-1", service, "shop", "blue", release, status, Health.NONE, "x",
        exit_code=exit_code,
    )  # fmt: skip


@pytest.fixture
def release(live: Bench) -> Release:
    """The live release, with a worker in its model."""
    made = live.daemon.fleet.get("shop").release_in(BLUE)
    assert made is not None
    return replace(made, model={"services": {"web": {}, "worker": {}, "db": {"restart": "no"}}})


def test_a_container_of_another_release_doesnt_count(release: Release) -> None:
    assert lacking(release, BLUE, [of("web", "running")]) == ()
    assert lacking(release, BLUE, [of("web", "running", release="r9")]) == ("web",)


def test_the_front_is_wanted_whatever_its_restart_policy_says(release: Release) -> None:
    model = {"services": {"web": {"restart": "no"}}}
    assert lacking(replace(release, model=model), BLUE, [of("web", "exited", 1)]) == ("web",)


def test_a_shared_service_that_is_never_to_be_restarted_is_left_alone(release: Release) -> None:
    assert "db" not in lacking(release, BLUE, [of("web", "running")])


def test_fewer_replicas_than_the_file_says_are_a_lack(release: Release) -> None:
    model = {"services": {"web": {"scale": 2}}}
    assert lacking(replace(release, model=model), BLUE, [of("web", "running")]) == ("web",)


def test_what_ended_well_is_told_from_what_was_removed(release: Release) -> None:
    assert ended_well(release, BLUE, [of("web", "exited", 0)], ["web", "worker"]) == {"web"}
    assert ended_well(release, BLUE, [of("web", "exited", 137)], ["web"]) == frozenset()
