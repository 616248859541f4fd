"""A clock that is set back or forward: what happened keeps its order, and nothing waits for an hour."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Options
from bgd.domain.served import Outcome, Served
from bgd.domain.settings import Bake, HealthCheck, Settings
from bgd.engine import drain
from bgd.engine.app import App
from tests.unit.fakes import Bench, plan

BACK = timedelta(hours=-1)
QUICK = HealthCheck(interval_s=0.01)


class Clock:
    """The time on the wall, and hands that anybody may move."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
def clock(bench: Bench) -> Clock:
    """The bench's clock."""
    made = Clock()
    bench.daemon.world.journal.clock = made
    return made


def shop(bench: Bench) -> App:
    return bench.daemon.fleet.apps["shop"]


async def deployed(bench: Bench) -> None:
    """A deployment, to its end."""
    app = shop(bench)
    await bench.daemon.changes.deploy(app, Options(), None, "tester", "")
    await app.idle.wait()


async def until(bench: Bench, color: Color, state: ColorState) -> None:
    """Wait for a colour's state."""
    journal, app = bench.daemon.world.journal, shop(bench)
    async with asyncio.timeout(10):
        async for _ in journal.follow(0, "shop"):
            if app.colors[color].state is state:
                return


async def test_after_the_clock_was_set_back_rollback_still_finds_the_release_before(
    bench: Bench, clock: Clock
) -> None:
    await deployed(bench)
    await deployed(bench)
    clock.off = BACK
    await deployed(bench)
    moved, _, _ = await bench.daemon.changes.rollback(shop(bench), None, "tester")
    assert moved.release == 2


async def test_the_journal_is_ordered_by_id_and_resumed_without_gap_whatever_the_clock_says(
    bench: Bench, clock: Clock
) -> None:
    await deployed(bench)
    clock.off = BACK
    await deployed(bench)
    journal = bench.daemon.world.journal
    every = [entry async for entry in journal.past(0, None)]
    assert [e.id for e in every] == sorted({e.id for e in every})
    assert [e.at for e in every] != sorted(e.at for e in every), "the clock did go back"
    middle = every[len(every) // 2].id
    assert [e.id async for e in journal.past(middle, None)] == [e.id for e in every if e.id > middle]


async def test_no_duration_is_negative_when_the_clock_was_set_back(bench: Bench, clock: Clock) -> None:
    bench.runner.hold.clear()
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    clock.off = BACK
    bench.runner.hold.set()
    await shop(bench).idle.wait()
    (told,) = await bench.daemon.history(shop(bench))
    assert told["took_ms"] == 0
    assert all((stage["took_ms"] or 0) >= 0 for stage in told["stages"])


async def test_a_drain_ends_in_its_time_though_the_clock_is_set_back_meanwhile(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "LOOK_EVERY_S", 0.01)
    bench.runner.plan = plan(Settings(drain_s=0.2))
    await deployed(bench)
    bench.traffic.open = 1
    await deployed(bench)
    clock.off = BACK
    await until(bench, Color.BLUE, ColorState.WARM)


async def test_an_old_color_isnt_kept_longer_because_the_clock_was_set_back_between_two_daemons(
    bench: Bench, clock: Clock
) -> None:
    bench.runner.plan = plan(Settings(keep_s=0.2))
    await deployed(bench)
    await deployed(bench)
    await until(bench, Color.BLUE, ColorState.WARM)
    await bench.daemon.close()
    bench.reborn()
    bench.daemon.world.journal.clock = clock
    clock.off = BACK
    await bench.daemon.start()
    await until(bench, Color.BLUE, ColorState.STOPPED)


async def watched_and_set_back(bench: Bench, clock: Clock, for_s: float) -> None:
    """A release has the traffic and is watched for so long; then the clock is set back."""
    await deployed(bench)
    bench.runner.plan = plan(Settings(bake=Bake(for_s), health=QUICK))
    await bench.daemon.changes.deploy(shop(bench), Options(), None, "tester", "")
    await shop(bench).calm.wait()
    clock.off = BACK


async def test_a_release_is_watched_no_longer_because_the_clock_is_set_back_meanwhile(
    bench: Bench, clock: Clock
) -> None:
    await watched_and_set_back(bench, clock, 0.2)
    async with asyncio.timeout(10):
        await shop(bench).idle.wait()
    assert shop(bench).live is Color.GREEN


async def test_errors_count_also_while_the_clock_says_that_the_release_isnt_live_yet(
    bench: Bench, clock: Clock
) -> None:
    await watched_and_set_back(bench, clock, 600.0)
    at_ms = round(clock().timestamp() * 1000)
    bench.traffic.log += [Served(at_ms, Outcome("shop", Color.GREEN, 500, 500, 3, 2)) for _ in range(30)]
    async with asyncio.timeout(10):
        await shop(bench).idle.wait()
    assert shop(bench).live is Color.BLUE
