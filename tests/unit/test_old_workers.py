"""When traffic may go to what has just started: once no worker of before a reload begins a request."""

from __future__ import annotations

import asyncio

import pytest

from bgd.adapters.nginx import old_workers
from bgd.adapters.nginx.old_workers import OldWorkers


async def test_it_waits_until_they_are_gone_and_says_so_once() -> None:
    there = [True, True, False]
    told: list[str] = []

    async def are_there() -> bool:
        return there.pop(0)

    await OldWorkers(are_there).begin_no_more(told.append)
    assert not there
    assert told == ["nginx's workers of before its last reload may still take requests"]


async def test_what_streams_on_in_them_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def are_there() -> bool:
        return True

    monkeypatch.setattr(old_workers, "OLD_REQUESTS_S", 0.01)
    workers = OldWorkers(are_there)
    async with asyncio.timeout(5):
        await workers.begin_no_more(told.append)
        await workers.begin_no_more(told.append)
    assert len(told) == 1, "the second time it was over before"


async def test_a_reload_that_comes_meanwhile_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_workers, "OLD_REQUESTS_S", 0.2)
    looks = 0

    async def are_there() -> bool:
        nonlocal looks
        looks += 1
        workers.note()
        return True

    workers = OldWorkers(are_there)
    async with asyncio.timeout(5):
        await workers.begin_no_more(lambda _: None)
    assert looks
