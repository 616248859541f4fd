"""Killed at every call to the world outside and at every write of the journal: what the next one finds.

The points are found by counting what an undisturbed run calls, so a new step is covered by itself.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.color import Color, ColorState
from bgd.domain.lifecycle import State
from bgd.domain.origin import Origin
from bgd.domain.plan import Overlap
from bgd.engine import drain, figures
from bgd.engine.ports import Entry, Record
from bgd.errors import BgError
from tests.unit.acts import (
    Act,
    cooled,
    deploy,
    deploy_and_approve,
    deploy_and_bake,
    deploy_and_be_taken_back,
    deploy_and_cancel,
    deploy_and_hand_over_badly,
    deploy_and_lose_the_share,
    deploy_and_shift,
    deploy_badly,
    deploy_badly_with_hooks,
    deploy_shift_and_bake,
    deploy_twice,
    deploy_with_hooks,
    remove,
    roll_back,
    switch,
)
from tests.unit.fakes import ALONE, Bench, Fuse, Killed, plan


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that looks often: it is waited for in a thousand lives."""
    monkeypatch.setattr(drain, "LOOK_CLOSELY_EVERY_S", 0.001)
    monkeypatch.setattr(figures, "LOOK_EVERY_S", 0.01)


class FusedStore(SqliteStore):
    """A store whose every write may be the last thing that happens, before it or after it."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.fuse = Fuse()

    async def record(self, *records: Record, flush: bool = True) -> Sequence[Entry]:
        """Write, between two chances to die. A killed process loses nothing: only a power cut would."""
        self.fuse.burn("before record")
        written = await super().record(*records, flush=False)
        self.fuse.burn("recorded")
        return written


async def scene(file: Path, before: Act, overlap: Overlap) -> Bench:
    """A world where `before` happened, with its journal in `file`; the daemon has ended."""
    store = FusedStore(file)
    await store.open()
    bench = Bench(store)
    bench.runner.plan = plan(worker=True, task=not overlap.is_allowed, overlap=overlap)
    await bench.daemon.start()
    await bench.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")
    await before(bench)
    await cooled(bench)
    await bench.daemon.close()
    await kill_remains(bench)
    await store.close()
    return bench


async def again(scene: Bench, journal: Path, file: Path) -> tuple[Bench, FusedStore]:
    """The scene once more, with a daemon at work and a journal of its own."""
    shutil.copyfile(journal, file)
    store = FusedStore(file)
    await store.open()
    bench = scene.twin(store)
    await bench.daemon.start()
    return bench, store


def arm(bench: Bench, store: FusedStore, blows_at: int | None) -> Fuse:
    """Put one new fuse into everything outside."""
    fuse = Fuse(blows_at)
    bench.fuse = bench.runner.fuse = bench.traffic.fuse = store.fuse = fuse
    return fuse


async def kill_remains(bench: Bench) -> None:
    """The dead process's tasks end with it, without another word to the world."""
    mine = asyncio.current_task()
    rest = [task for task in asyncio.all_tasks() if task is not mine]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


SCENES: dict[str, tuple[Act, Act]] = {
    "first deployment": (lambda _: asyncio.sleep(0), deploy),
    "second deployment": (deploy, deploy),
    "third deployment": (deploy_twice, deploy),
    "failing deployment": (deploy, deploy_badly),
    "deployment that is watched": (deploy, deploy_and_bake),
    "deployment that is taken back": (deploy, deploy_and_be_taken_back),
    "deployment that shifts": (deploy, deploy_and_shift),
    "deployment that shifts and is taken back after its switch": (deploy, deploy_shift_and_bake),
    "deployment whose share is taken back": (deploy, deploy_and_lose_the_share),
    "switch": (deploy_twice, switch),
    "removal": (deploy_twice, remove),
    "deployment with hooks": (deploy, deploy_with_hooks),
    "failing deployment with hooks": (deploy, deploy_badly_with_hooks),
    "approved deployment": (deploy, deploy_and_approve),
}


ALONE_SCENES: dict[str, tuple[Act, Act]] = {
    "first deployment": (lambda _: asyncio.sleep(0), deploy),
    "second deployment": (deploy, deploy),
    "third deployment": (deploy_twice, deploy),
    "failing deployment": (deploy, deploy_badly),
    "deployment that fails after its switch": (deploy, deploy_and_hand_over_badly),
    "cancelled deployment": (deploy, deploy_and_cancel),
    "deployment that is taken back": (deploy, deploy_and_be_taken_back),
    "switch": (deploy_twice, switch),
    "rollback": (deploy_twice, roll_back),
    "removal": (deploy_twice, remove),
    "deployment with hooks": (deploy, deploy_with_hooks),
    "failing deployment with hooks": (deploy, deploy_badly_with_hooks),
}
"""The same for an app whose colours must not run at once: the fake runner fails on the second writer."""

ENDS: dict[Act, State] = {
    deploy_badly: State.FAILED,
    deploy_badly_with_hooks: State.FAILED,
    deploy_and_hand_over_badly: State.ROLLED_BACK,
    deploy_and_cancel: State.CANCELLED,
    deploy_and_be_taken_back: State.ROLLED_BACK,
    deploy_shift_and_bake: State.ROLLED_BACK,
    deploy_and_lose_the_share: State.ROLLED_BACK,
}
"""How what they do ends when nobody is killed; the others succeed."""


@pytest.mark.parametrize("name", SCENES)
async def test_killed_anywhere_the_next_daemon_makes_it_whole(name: str, memory: Path) -> None:
    await _killed_everywhere(memory, *SCENES[name], Overlap())


@pytest.mark.parametrize("name", ALONE_SCENES)
async def test_killed_anywhere_an_app_that_must_not_run_twice_never_does(name: str, memory: Path) -> None:
    await _killed_everywhere(memory, *ALONE_SCENES[name], ALONE)


async def _killed_everywhere(directory: Path, before: Act, act: Act, overlap: Overlap) -> None:
    journal = directory / "before.db"
    begun = await scene(journal, before, overlap)
    bench, store = await again(begun, journal, directory / "count.db")
    fuse, live = arm(bench, store, None), bench.traffic.served("shop")
    await act(bench)
    await cooled(bench)
    points = len(fuse.calls)
    for deployment in (await store.deployments("shop"))[:1]:
        assert deployment.state is ENDS.get(act, State.SUCCEEDED)
        assert deployment.options.alone is (live is not None and not overlap.is_allowed)
    await kill_remains(bench)
    await store.close()
    assert points > 5
    for point in range(points):
        file = directory / f"{point}.db"
        bench, store = await again(begun, journal, file)
        await _killed_at(point, bench, store, act, overlap)
        file.unlink()


async def _killed_at(point: int, bench: Bench, store: FusedStore, act: Act, overlap: Overlap) -> None:
    asyncio.get_running_loop().set_exception_handler(_ignore_the_dead)
    live_before = bench.traffic.served("shop")
    ids_before = _ids(bench, live_before)
    changes_before = len(bench.traffic.on_green)
    fuse = arm(bench, store, point)
    try:
        await act(bench)
        await cooled(bench)
    except (Killed, BgError, TimeoutError):
        assert fuse.calls
    await kill_remains(bench)
    where = f"killed at {point}: {fuse.calls[-1]}"
    # The world as the dead daemon left it: traffic never stopped, or got the page that says so.
    if live_before is not None and act is not remove and not overlap.is_allowed:
        answers = bench.traffic.answers("shop")
        assert not answers or (bench.traffic.served("shop"), "web") in bench.runner.up, where
        assert len({color for color, _ in bench.runner.up}) <= 1, where
    elif live_before is not None and act is not remove:
        served = bench.traffic.served("shop")
        assert served is not None, where
        assert (served, "web") in bench.runner.running, where
        # Where the traffic moved back, the worker is on its way back.
        untouched = {one for one in ids_before if "worker" not in one} if ENDS.get(act) else ids_before
        assert untouched <= _ids(bench, live_before) or served is not live_before, where
    arm(bench, store, None)
    daemon = bench.reborn()
    await daemon.start()
    await cooled(bench)
    _whole(bench, where)
    if act is deploy_and_shift:
        shifted = bench.traffic.on_green[changes_before:]
        assert shifted == sorted(shifted), f"{where}: a visitor went back: {shifted}"
    (last, *_) = [*await store.deployments("shop"), None]
    if last is not None and last.state in (State.FAILED, State.CANCELLED, State.ROLLED_BACK):
        assert ids_before <= _ids(bench, live_before), where
    for deployment in await store.deployments("shop"):
        assert deployment.state.is_final, where
    await kill_remains(bench)
    await store.close()


def _ignore_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody asks how the tasks of a killed process ended."""
    if not isinstance(context.get("exception"), Killed):
        loop.default_exception_handler(context)


def _ids(bench: Bench, color: Color | None) -> set[str]:
    return {
        f"{service}-{release.name}" for (c, service), release in bench.runner.running.items() if c is color
    }


def _whole(bench: Bench, where: str) -> None:
    """State, nginx and containers agree, and nothing half made is left."""
    for app in bench.daemon.fleet.apps.values():
        assert bench.traffic.served(app.name) is app.live, where
        assert app.name not in bench.traffic.shares, where
        assert app.busy is None, where
        assert not bench.traffic.closed.get(app.name), where
        assert not app.closures, where
        for color, record in app.colors.items():
            assert record.state is not ColorState.PREPARING, where
            runs = {service for (c, service) in bench.runner.up if c is color}
            if color is app.live:
                assert record.state is ColorState.LIVE, where
                assert runs == {"web", "worker"}, where
                assert bench.runner.running[color, "web"].number == record.release, where
            elif record.state is ColorState.WARM:
                assert runs == {"web"}, where
            else:
                assert runs == set(), (where, record)
