"""Work in the background: one task a key, and none left at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from bgd.engine.background import Background


class Errands:
    """Work that goes on until it is let, and tells how it went."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.may_end = asyncio.Event()

    async def work(self, name: str) -> None:
        self.begun.append(name)
        try:
            await self.may_end.wait()
        finally:
            self.ended.append(name)


@pytest.fixture
async def tasks() -> AsyncIterator[Background[str]]:
    made = Background[str]("errand")
    yield made
    await made.close()


async def settled() -> None:
    """Whatever can be done by now is done."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_wanted_is_begun_once_and_what_is_not_any_more_is_ended(tasks: Background[str]) -> None:
    errands = Errands()
    for wanted in ("ab", "bc", "bc"):
        tasks.keep({name: partial(errands.work, name) for name in wanted})
        await settled()
    assert (errands.begun, errands.ended) == (["a", "b", "c"], ["a"])
    assert [name in tasks for name in "abc"] == [False, True, True]


async def test_what_ended_by_itself_is_begun_anew_when_it_is_wanted_still(tasks: Background[str]) -> None:
    errands = Errands()
    errands.may_end.set()
    for _ in range(2):
        tasks.keep({"a": partial(errands.work, "a")})
        await settled()
        assert "a" not in tasks
    assert errands.begun == ["a", "a"]


async def test_a_new_task_takes_the_place_of_the_key_s_old_one(tasks: Background[str]) -> None:
    old, new = Errands(), Errands()
    tasks.begin("a", old.work("a"))
    await settled()
    tasks.begin("a", new.work("a"))
    await settled()
    assert (old.ended, new.ended) == (["a"], [])
    assert "a" in tasks, "the end of the old one didn't forget the new one"


async def test_closing_waits_until_all_have_ended() -> None:
    errands, tasks = Errands(), Background[int]("errand")
    for key in range(3):
        tasks.begin(key, errands.work(str(key)))
    await settled()
    await tasks.close()
    assert sorted(errands.ended) == ["0", "1", "2"]


async def test_ending_what_is_not_there_is_done(tasks: Background[str]) -> None:
    tasks.end("a")
    assert "a" not in tasks
