"""What is kept of old releases, and what is let go."""

from __future__ import annotations

import asyncio

from bgd.domain.color import ColorState
from bgd.domain.deployment import Options
from bgd.domain.retention import NEWEST, ONCE_LIVE, kept_releases
from tests.unit.fakes import Bench


def test_the_newest_releases_are_kept() -> None:
    assert kept_releases(range(1, 100), [99, 98], [99, 98]) == set(range(90, 100))


def test_the_live_one_and_the_one_to_go_back_to_are_kept_however_many_failed_since() -> None:
    kept = kept_releases(range(1, 100), [5], [5, 4, 5, 3, 2, 1])
    assert {5, 4, 3} <= kept
    assert 1 not in kept
    assert len(kept) <= NEWEST + ONCE_LIVE + 2


async def test_after_a_deployment_old_releases_and_entries_are_gone_and_the_live_one_isnt(
    bench: Bench,
) -> None:
    app = bench.daemon.fleet.get("shop")
    for _ in range(NEWEST + 3):
        deployment, _ = await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
        await bench.daemon.deployer.finished(app, deployment.id)
    async with asyncio.timeout(5):
        while len(await bench.store.releases("shop")) > NEWEST:
            await asyncio.sleep(0.001)
        while len(bench.runner.kept_images) != NEWEST:
            await asyncio.sleep(0.001)
        while any(color.state is ColorState.DRAINING for color in app.colors.values()):
            await asyncio.sleep(0.001)
    assert app.live is not None
    assert app.colors[app.live].release in bench.runner.kept_images
    await bench.store.prune("shop", bench.runner.kept_images, 3, 20)
    assert len(await bench.store.deployments("shop")) == 3
    assert len([e async for e in bench.daemon.world.journal.past(0, None)]) == 20


async def test_who_follows_from_before_the_oldest_entry_is_told_of_the_gap(bench: Bench) -> None:
    journal = bench.daemon.world.journal
    for number in range(10):
        await journal.note("daemon", None, {"message": str(number)})
    await bench.store.prune("shop", [], 10, 3)
    oldest = await bench.store.first_id()
    for since, first in ((oldest - 2, "resync"), (oldest - 1, "daemon"), (oldest + 500, "resync")):
        following = journal.follow(since, None)
        assert (await anext(following)).event == first
        await following.aclose()
