"""A move of the traffic: its target is asked while its beginning is written; it moves after both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment, Options
from bgd.domain.origin import Origin
from bgd.domain.probe import Answer, Probe
from bgd.engine.app import App
from bgd.engine.ports import Entry, Record
from bgd.errors import Failed
from tests.unit.fakes import Bench

BLUE, GREEN = Color.BLUE, Color.GREEN


class SlowStore(SqliteStore):
    """Keeps every record waiting while `lets` is cleared; then writes it, or raises `error`."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.lets = asyncio.Event()
        self.lets.set()
        self.error: Failed | None = None

    async def record(self, *records: Record, flush: bool = True) -> Sequence[Entry]:
        await self.lets.wait()
        if self.error is not None:
            raise self.error
        return await super().record(*records, flush=flush)


class Movable(Bench):
    """An app that runs in both colours, green live; `asked` is set when a colour is asked."""

    def __init__(self, store: SlowStore) -> None:
        super().__init__(store)
        self.slow = store
        self.asked = asyncio.Event()

    @property
    def shop(self) -> App:
        return self.daemon.fleet.get("shop")

    def note(self, _: Probe) -> Answer | None:
        self.asked.set()
        return None

    async def switch(self) -> Deployment:
        return (await self.daemon.changes.switch(self.shop, None, force=False, actor="tester"))[0]


@pytest.fixture
async def movable(memory: Path) -> AsyncIterator[Movable]:
    store = SlowStore(memory / "bgd.db")
    await store.open()
    made = Movable(store)
    await made.daemon.start()
    await made.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")
    for _ in range(2):
        begun, _ = await made.daemon.changes.deploy(made.shop, Options(), None, "tester", "")
        await made.daemon.deployer.finished(made.shop, begun.id)
    async with asyncio.timeout(5):
        while made.shop.colors[BLUE].state is not ColorState.WARM:
            await asyncio.sleep(0)
    made.prober.by_probe = made.note
    yield made
    store.lets.set()
    await made.daemon.close()
    await store.close()


async def test_the_target_is_asked_while_the_beginning_is_written_and_moves_after_both(
    movable: Movable,
) -> None:
    movable.slow.lets.clear()
    async with asyncio.timeout(5):
        switching = asyncio.create_task(movable.switch())
        await movable.asked.wait()
        assert movable.traffic.served("shop") is GREEN
        movable.slow.lets.set()
        await switching
    assert movable.traffic.served("shop") is BLUE


async def test_a_move_whose_beginning_cannot_be_written_moves_nothing_and_holds_nobody(
    movable: Movable,
) -> None:
    before = movable.shop.last
    movable.slow.lets.clear()
    movable.slow.error = Failed("the disk is full")
    async with asyncio.timeout(5):
        switching = asyncio.create_task(movable.switch())
        await movable.asked.wait()
        movable.slow.lets.set()
        with pytest.raises(Failed, match="the disk is full"):
            await switching
    assert movable.traffic.served("shop") is GREEN
    assert (movable.shop.busy, movable.shop.deployment, movable.shop.last) == (None, None, before)
    movable.slow.error = None
    await movable.switch()
    assert movable.traffic.served("shop") is BLUE
