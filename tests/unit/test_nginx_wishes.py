"""Many wishes, one reload; and nobody fails for another's table."""

from __future__ import annotations

import asyncio

import pytest

from bgd.adapters.nginx.reload import Rejected
from bgd.adapters.nginx.wishes import Wishes
from bgd.domain.color import Color
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes, Table
from bgd.errors import BgError, Failed, Unreachable


def table(name: str) -> Table:
    return (AppRoutes(name, None, dict.fromkeys(Color, Route("web", 80))),)


class Reloads:
    """Serves tables one at a time, each when it is let."""

    def __init__(self, bad: dict[str, BgError] | None = None) -> None:
        self.served: list[str] = []
        self.begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._bad = bad or {}

    async def __call__(self, table: Table) -> None:
        self.begun.set()
        await self.may_go_on.wait()
        if error := self._bad.get(table[0].app):
            raise error
        self.served.append(table[0].app)


async def granted(wishes: Wishes, reloads: Reloads, *names: str) -> list[BaseException | None]:
    """How each ended, when the first is being served while the others come."""
    first, *others = names
    tasks = [asyncio.create_task(wishes.grant(table(first)))]
    await reloads.begun.wait()
    tasks += [asyncio.create_task(wishes.grant(table(name))) for name in others]
    await asyncio.sleep(0)  # they take their places in the line
    reloads.may_go_on.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_waits_is_served_the_newest_table_in_one_reload() -> None:
    reloads = Reloads()
    assert await granted(Wishes(reloads), reloads, "a", "b", "c", "d") == [None] * 4
    assert reloads.served == ["a", "d"]


async def test_a_table_that_is_refused_fails_only_whoever_asked_for_it() -> None:
    reloads = Reloads({"d": Rejected("nginx refuses d")})
    _, b, c, d = await granted(Wishes(reloads), reloads, "a", "b", "c", "d")
    assert (b, c) == (None, None)
    assert isinstance(d, Rejected)
    assert reloads.served == ["a", "c"]


async def test_an_engine_that_is_away_fails_all_who_wait() -> None:
    reloads = Reloads({"c": Unreachable("no engine")})
    a, b, c = await granted(Wishes(reloads), reloads, "a", "b", "c")
    assert a is None
    assert isinstance(b, Unreachable)
    assert isinstance(c, Unreachable)


async def test_a_failure_is_told_once_and_forgotten() -> None:
    reloads = Reloads({"a": Failed("not seen")})
    reloads.may_go_on.set()
    wishes = Wishes(reloads)
    with pytest.raises(Failed):
        await wishes.grant(table("a"))
    await wishes.grant(table("b"))
    assert reloads.served == ["b"]


async def two(reloads: Reloads) -> tuple[asyncio.Task[None], asyncio.Task[None]]:
    """The wish that is being served, and one that waits behind it."""
    wishes = Wishes(reloads)
    first = asyncio.create_task(wishes.grant(table("a")))
    await reloads.begun.wait()
    second = asyncio.create_task(wishes.grant(table("b")))
    await asyncio.sleep(0)
    return first, second


async def test_who_is_cancelled_while_serving_leaves_it_to_the_next() -> None:
    reloads = Reloads()
    first, second = await two(reloads)
    first.cancel()
    reloads.may_go_on.set()
    await second
    assert reloads.served == ["b"]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_who_is_cancelled_while_waiting_is_not_served() -> None:
    reloads = Reloads()
    first, second = await two(reloads)
    second.cancel()
    reloads.may_go_on.set()
    await first
    with pytest.raises(asyncio.CancelledError):
        await second
    assert reloads.served == ["a"]
