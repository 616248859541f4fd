"""Taking an app over from plain Compose, on fakes: refused, done, undone, and killed anywhere between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.adoption import PlainContainer, PlainMount, PlainPort, PlainProject
from bgd.domain.color import Color
from bgd.domain.deployment import Options
from bgd.domain.lifecycle import State
from bgd.domain.origin import Origin
from bgd.domain.probe import Answer
from bgd.domain.settings import HttpSmoke, Promote, Settings
from bgd.errors import BgError, Refused
from tests.unit.fakes import Bench, Killed, plan
from tests.unit.test_killed import FusedStore, arm, kill_remains

FILE = Origin("/srv/shop/compose.yaml")
MODEL = {
    "name": "shop",
    "services": {
        "web": {},
        "db": {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]},
    },
    "volumes": {"data": {"name": "shop_data"}},
}
WEB = PlainContainer(
    "plain-web", "shop-web-1", "web", "shop", "running", ports=(PlainPort("0.0.0.0", 8080, "tcp", 80),)
)
DB = PlainContainer(
    "plain-db", "shop-db-1", "db", "shop", "running", mounts=(PlainMount("shop_data", "/data"),)
)


def broken_smoke() -> Settings:
    """Settings with a check that the test can make fail."""
    return Settings(smoke=(HttpSmoke("GET", "/pay", status=(200,)),))


async def beside(store: SqliteStore, settings: Settings | None = None) -> Bench:
    """A daemon that starts while the plain app runs and has the proxy's port."""
    bench = Bench(store)
    bench.runner.plan = plan(settings)
    bench.runner.model = dict(MODEL)
    bench.runner.plain = PlainProject("shop", (WEB, DB), (("data", "shop_data"),))
    bench.runner.plain_up = {WEB.id, DB.id}
    bench.traffic.is_occupied = lambda: WEB.id in bench.runner.plain_up
    await bench.daemon.start()
    return bench


async def adopted(bench: Bench) -> State:
    """Adopt it; how its first deployment ended. Returns when all is over."""
    begun = await bench.daemon.adoptions.begin(FILE, None, "tester")
    done = await bench.daemon.deployer.finished(begun.app, begun.deployment.id)
    await over(bench)
    return done.state


async def over(bench: Bench) -> None:
    """Wait until no adoption is under way."""
    async with asyncio.timeout(10):
        while any(app.busy or app.record.adoption for app in bench.daemon.fleet.apps.values()):
            if bench.fuse.is_blown:
                raise Killed(bench.fuse.calls[-1])
            await asyncio.sleep(0.001)


async def test_add_refuses_with_the_plan_while_it_runs_and_changes_nothing(store: SqliteStore) -> None:
    bench = await beside(store)
    with pytest.raises(Refused, match="shop_data is kept") as caught:
        await bench.daemon.intake.add(FILE, None, "tester")
    assert "--adopt" in caught.value.hint
    assert bench.daemon.fleet.apps == {}
    assert bench.runner.plain_up == {WEB.id, DB.id}
    await bench.daemon.close()


async def test_adopted_it_serves_from_blue_and_the_plain_containers_are_gone(store: SqliteStore) -> None:
    bench = await beside(store)
    assert await adopted(bench) is State.SUCCEEDED
    assert bench.traffic.served("shop") is Color.BLUE
    assert bench.runner.plain is None
    release = await store.latest_release("shop")
    assert release is not None
    assert release.model["volumes"]["data"] == {"name": "shop_data", "external": True}
    told = [e.data async for e in bench.daemon.world.journal.past(0, "shop") if e.event == "adopted"]
    assert told[0]["gap_ms"] >= 0
    await bench.daemon.close()


async def test_removed_it_gives_the_port_back_unless_another_app_needs_the_proxy(store: SqliteStore) -> None:
    bench = await beside(store)
    await adopted(bench)
    bench.runner.plan = plan(host="other.example.com")
    await bench.daemon.intake.add(Origin("/srv/other/compose.yaml"), "other", "tester")
    await bench.daemon.intake.remove(bench.daemon.fleet.get("shop"), volumes=False, actor="tester")
    assert bench.traffic.runs
    await bench.daemon.intake.remove(bench.daemon.fleet.get("other"), volumes=False, actor="tester")
    await bench.daemon.close()


async def test_the_last_app_that_leaves_gives_its_own_port_back(store: SqliteStore) -> None:
    bench = await beside(store)
    await adopted(bench)
    await bench.daemon.intake.remove(bench.daemon.fleet.get("shop"), volumes=False, actor="tester")
    assert not bench.traffic.runs
    assert "given back" in (await bench.daemon.status())["problems"][0]
    await bench.daemon.close()


async def test_images_are_prepared_before_anything_is_stopped(store: SqliteStore) -> None:
    bench = await beside(store)
    bench.runner.broken["prepare"] = "no such image"
    assert await adopted(bench) is State.FAILED
    assert "stop_plain" not in bench.fuse.calls
    assert bench.daemon.fleet.apps == {}
    await bench.daemon.close()


@pytest.mark.parametrize("call", ["start_shared", "start", "start_live_only"])
async def test_a_failed_adoption_gives_everything_back(store: SqliteStore, call: str) -> None:
    bench = await beside(store)
    bench.runner.plan = plan(worker=True)
    bench.runner.broken[call] = "it hurts"
    assert await adopted(bench) in {State.FAILED, State.ROLLED_BACK}
    assert bench.runner.plain_up == {WEB.id, DB.id}
    assert not bench.traffic.runs
    assert bench.daemon.fleet.apps == {}
    del bench.runner.broken[call]
    assert await adopted(bench) is State.SUCCEEDED
    await bench.daemon.close()


async def test_cancelled_it_gives_everything_back(store: SqliteStore) -> None:
    bench = await beside(store)
    bench.runner.hold.clear()
    begun = await bench.daemon.adoptions.begin(FILE, None, "tester")
    while begun.app.deployment is None or begun.app.deployment.state is not State.PREPARING:
        await asyncio.sleep(0)
    await bench.daemon.deployer.cancel(begun.app, "tester")
    await over(bench)
    assert bench.runner.plain_up == {WEB.id, DB.id}
    assert bench.daemon.fleet.apps == {}
    await bench.daemon.close()


async def test_it_doesn_t_wait_for_approval_while_nothing_serves(store: SqliteStore) -> None:
    bench = await beside(store, Settings(promote=Promote.MANUAL))
    assert await adopted(bench) is State.SUCCEEDED
    await bench.daemon.close()


async def test_a_deployment_refuses_while_a_plain_database_has_the_volume(store: SqliteStore) -> None:
    bench = await beside(store)
    assert await adopted(bench) is State.SUCCEEDED
    bench.runner.plain, bench.runner.plain_up = PlainProject("shop", (DB,)), {DB.id}
    app = bench.daemon.fleet.get("shop")
    with pytest.raises(Refused, match="shop-db-1"):
        await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    assert app.busy is None
    await bench.daemon.close()


@pytest.mark.parametrize("fails", [False, True])
async def test_killed_anywhere_either_the_app_is_live_or_the_plain_one_runs_again(
    fails: bool, tmp_path: Path
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the dead tell no tales
    points = await killed_at(None, fails, tmp_path / "count.db")
    assert points > 20
    for point in range(points):
        await killed_at(point, fails, tmp_path / f"{point}.db")


async def killed_at(point: int | None, fails: bool, file: Path) -> int:
    """Adopt, die at one of the calls, and let a new daemon go on; how many calls there were."""
    store = FusedStore(file)
    await store.open()
    bench = await beside(store, broken_smoke())
    if fails:
        bench.prober.answers["/pay"] = Answer(500)
    fuse = arm(bench, store, point)
    try:
        await adopted(bench)
    except (Killed, BgError, TimeoutError):
        assert fuse.calls
    await kill_remains(bench)
    where = f"killed at {point}: {fuse.calls[-1]}"
    if point is not None:
        arm(bench, store, None)
        await bench.reborn().start()
        await over(bench)
    if "shop" in bench.daemon.fleet.apps:
        assert not fails, where
        assert bench.traffic.served("shop") is Color.BLUE, where
        assert bench.runner.plain is None, where
        assert bench.runner.shared_runs, where
    else:
        assert bench.runner.plain_up == {WEB.id, DB.id}, where
        assert not bench.runner.shared_runs, where
        assert not bench.runner.running, where
        assert not bench.traffic.runs, where
    calls = len(fuse.calls)
    await kill_remains(bench)
    await store.close()
    return calls
