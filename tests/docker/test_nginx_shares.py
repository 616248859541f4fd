"""Shares of the visitors on a real nginx: who is in one, and that nobody goes back and forth."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from math import sqrt
from pathlib import Path

import httpx
import pytest

from bgd.domain.color import Color
from bgd.domain.nginx_shares import PLACES, place_cookie
from bgd.domain.traffic import Closure, Share
from bgd.errors import Failed
from tests.docker.nginx_client import Reply, get, until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN
COOKIE = place_cookie("my-shop")
VISITORS = 400
SIGMAS = 5
AT_ONCE = 20
ONE_CONNECTION = httpx.Limits(max_connections=1)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy with both colours of an app that shifts, of which blue is live."""
    async with opened(tmp_path) as made:
        await made.traffic.start((routes("my-shop", None, shifts=True),))
        for color in Color:
            made.front("my-shop", color)
        await until(made.preview, "shop", "/version", version="blue")
        await made.traffic.switch("my-shop", BLUE)
        await made.traffic.apply((routes("my-shop", BLUE, shifts=True),))
        await until(made.http, "shop", "/version", version="blue")
        await until(made.preview, "shop", "/version", version="green")
        yield made


async def ask(lab: Lab, *headers: str) -> Reply:
    """Ask for the version; it must be there."""
    reply = await get(lab.http, "shop", "/version", *headers)
    assert reply.status == 200
    return reply


async def colors(lab: Lab, visitors: Iterator[str]) -> dict[str, str]:
    """The colour that each of these visitors, told apart by a header, gets."""
    found: dict[str, str] = {}
    while group := tuple(itertools.islice(visitors, AT_ONCE)):
        replies = await asyncio.gather(*(ask(lab, header) for header in group))
        found |= {header: reply.json["version"] for header, reply in zip(group, replies, strict=True)}
    return found


def browsers() -> Iterator[str]:
    """Visitors without a cookie."""
    return (f"User-Agent: browser {number}" for number in range(VISITORS))


def places() -> Iterator[str]:
    """A visitor at each place."""
    return (f"Cookie: a=b; {COOKIE}={place}; c=d" for place in range(PLACES))


def green_of(found: dict[str, str]) -> set[str]:
    """Who gets green."""
    return {visitor for visitor, color in found.items() if color == "green"}


async def test_a_share_is_of_that_size_and_a_greater_one_has_all_of_a_smaller(lab: Lab) -> None:
    before: set[str] = set()
    for percent in (5, 25, 60, 99):
        await lab.traffic.share("my-shop", Share(GREEN, percent))
        exactly = green_of(await colors(lab, places()))
        assert exactly == {f"Cookie: a=b; {COOKIE}={place}; c=d" for place in range(percent)}
        now = green_of(await colors(lab, browsers()))
        margin = SIGMAS * sqrt(VISITORS * percent / 100 * (1 - percent / 100))
        assert abs(len(now) - VISITORS * percent / 100) <= margin
        assert before <= now, "somebody went back"
        assert now == green_of(await colors(lab, browsers())), "somebody moved within a step"
        before = now
    await lab.traffic.share("my-shop", None)
    assert not green_of(await colors(lab, places()))
    assert not green_of(await colors(lab, browsers()))


async def test_a_cookie_keeps_a_place_and_comes_only_during_a_shift(lab: Lab) -> None:
    assert "set-cookie" not in (await ask(lab)).headers
    await lab.traffic.share("my-shop", Share(GREEN, 50))
    first = await ask(lab, "User-Agent: somebody")
    given = first.headers["set-cookie"]
    place = int(given.removeprefix(f"{COOKIE}=").partition(";")[0])
    assert given == f"{COOKIE}={place}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"
    assert (place < 50) is (first.json["version"] == "green")
    for place in (7, 70):
        again = await ask(lab, f"Cookie: {COOKIE}={place}", "User-Agent: another")
        assert again.json["version"] == ("green" if place < 50 else "blue")
        assert "set-cookie" not in again.headers
    for nonsense in ("100", "-1", "07", "7x", "", "on", "../on", "%2e", "7;7"):
        asked = f"Cookie: {COOKIE}={nonsense}", "User-Agent: somebody"
        drawn = await ask(lab, *asked)
        if nonsense != "7;7":
            assert drawn.json["version"] == first.json["version"], nonsense
            assert drawn.headers["set-cookie"] == given
    missing = await get(lab.http, "shop", "/no-such-page", "User-Agent: somebody")
    assert missing.headers["set-cookie"] == given, "an error keeps the place too"
    preview = await get(lab.preview, "shop", "/version", "User-Agent: somebody")
    assert "set-cookie" not in preview.headers
    assert preview.json["version"] == "green"
    await lab.traffic.share("my-shop", None)
    assert "set-cookie" not in (await ask(lab)).headers


async def asked_at(connection: httpx.AsyncClient, place: int) -> str:
    """The colour that a visitor at that place gets over this connection."""
    reply = await connection.get("/version", headers={"Host": "shop", "Cookie": f"{COOKIE}={place}"})
    assert reply.status_code == 200
    return str(reply.json()["version"])


async def test_connections_that_were_open_before_obey_at_once(lab: Lab) -> None:
    async with httpx.AsyncClient(base_url=f"http://{lab.http}", limits=ONE_CONNECTION) as connection:
        assert await asked_at(connection, 20) == "blue"
        for share, wanted in ((Share(GREEN, 21), "green"), (Share(GREEN, 20), "blue"), (None, "blue")):
            await lab.traffic.share("my-shop", share)
            assert await asked_at(connection, 20) == wanted


@pytest.mark.parametrize("target", list(Color))
async def test_who_is_on_the_new_color_stays_there_over_the_switch(lab: Lab, target: Color) -> None:
    await lab.traffic.switch("my-shop", target.other)
    await lab.traffic.apply((routes("my-shop", target.other, shifts=True),))
    await lab.traffic.share("my-shop", Share(target, 30))
    over, asked = asyncio.Event(), asyncio.Event()
    seen: dict[int, list[str]] = {place: [] for place in (0, 10, 29, 30, 60, 99)}

    async def visit(place: int) -> None:
        async with httpx.AsyncClient(base_url=f"http://{lab.http}", limits=ONE_CONNECTION) as connection:
            while not over.is_set():
                seen[place].append(await asked_at(connection, place))
                if all(seen.values()):
                    asked.set()

    async with asyncio.TaskGroup() as visitors:
        for place in seen:
            visitors.create_task(visit(place))
        await asked.wait()
        await lab.traffic.switch("my-shop", target)
        await lab.traffic.share("my-shop", None)
        await lab.traffic.apply((routes("my-shop", target, shifts=True),))
        over.set()
    for place, mine in seen.items():
        first = mine.index(target) if target in mine else len(mine)
        assert set(mine[first:]) <= {str(target)}, f"the visitor at {place} went back"
        assert (first == 0) is (place < 30), place


async def test_closed_doors_stay_closed_for_a_share(lab: Lab) -> None:
    await lab.traffic.share("my-shop", Share(GREEN, 50))
    await lab.traffic.shut("my-shop", Closure.MAINTENANCE)
    for place in (0, 99):
        assert (await get(lab.http, "shop", "/version", f"Cookie: {COOKIE}={place}")).status == 503
    await lab.traffic.share("my-shop", Share(GREEN, 60))
    await lab.traffic.reopen("my-shop", Closure.MAINTENANCE)
    assert (await ask(lab, f"Cookie: {COOKIE}=59")).json["version"] == "green"


async def test_an_app_that_doesn_t_shift_has_no_share(lab: Lab) -> None:
    await lab.traffic.apply((routes("my-shop", BLUE),))
    with pytest.raises(Failed, match="knows of no shares of my-shop"):
        await lab.traffic.share("my-shop", Share(GREEN, 50))
    assert await lab.traffic.shared("my-shop") is None
    await lab.traffic.share("my-shop", None)
