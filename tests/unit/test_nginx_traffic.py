"""The switch, against an nginx that isn't there: a marker that reads the gates, or doesn't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from docker import APIClient

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.nginx import NginxTraffic
from bgd.adapters.nginx.gates import Gates
from bgd.domain.color import Color
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes
from bgd.errors import Failed, InvalidInput, NotFound

BLUE, GREEN = Color.BLUE, Color.GREEN
Result = TypeVar("Result")


class SilentEngine:
    """An engine that never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def call(self, function: Callable[[APIClient], Result]) -> Result:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


@asynccontextmanager
async def marker(says: Callable[[str], str]) -> AsyncIterator[str]:
    """Something that answers as the marker does; where it listens."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        app = head.split()[1].decode().removeprefix("/")
        writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{says(app)}\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield "{}:{}".format(*server.sockets[0].getsockname())


@asynccontextmanager
async def traffic(state_dir: Path, preview: str) -> AsyncIterator[NginxTraffic]:
    """The adapter before that marker."""
    made = NginxTraffic(
        state_dir=state_dir,
        instance="test",
        http="0.0.0.0:80",
        preview=preview,
        image="nginx",
        compose=ComposeCli(["docker", "compose"], (2, 24)),
        engine=SilentEngine(),
        switch_timeout_s=0.2,
    )
    (state_dir / "nginx").mkdir()
    try:
        yield made
    finally:
        made.close()


async def test_a_switch_returns_when_nginx_is_seen_to_serve_the_new_color(tmp_path: Path) -> None:
    gates = Gates(tmp_path / "nginx")
    async with marker(lambda app: f"{gates.live(app)} 1 7") as door, traffic(tmp_path, door) as subject:
        for color in (BLUE, GREEN, GREEN, BLUE):
            await subject.switch("shop", color)
            assert await subject.live("shop") is color


@pytest.mark.parametrize("says", ["blue 1 7", "- 1 7", "", "<html>"])
async def test_a_switch_that_isn_t_seen_turns_back_and_says_what_serves(tmp_path: Path, says: str) -> None:
    gates = Gates(tmp_path / "nginx")
    async with marker(lambda _: says) as door, traffic(tmp_path, door) as subject:
        gates.turn("shop", BLUE)
        with pytest.raises(Failed, match="nginx wasn't seen to serve shop from green") as caught:
            await subject.switch("shop", GREEN)
        assert gates.live("shop") is BLUE
        told = "blue still serves" if says.startswith("blue") else "the gate was put back to blue"
        assert told in caught.value.message


async def test_a_first_switch_that_isn_t_seen_leaves_no_gate(tmp_path: Path) -> None:
    async with marker(lambda _: "blue 1 7") as door, traffic(tmp_path, door) as subject:
        with pytest.raises(Failed, match="nothing is live, as before"):
            await subject.switch("shop", GREEN)
        assert await subject.live("shop") is None


async def test_without_nginx_a_switch_fails_and_moves_nothing(tmp_path: Path) -> None:
    async with marker(lambda _: "") as door:
        pass  # from now on nobody listens there
    async with traffic(tmp_path, door) as subject:
        Gates(tmp_path / "nginx").turn("shop", GREEN)
        with pytest.raises(Failed, match=r"no answer from 127\.0\.0\.1"):
            await subject.switch("shop", BLUE)
        assert await subject.live("shop") is GREEN


async def test_a_switch_that_is_cancelled_turns_back(tmp_path: Path) -> None:
    asked = asyncio.Event()

    def says(_: str) -> str:
        asked.set()
        return "blue 1 7"

    async with marker(says) as door, traffic(tmp_path, door) as subject:
        Gates(tmp_path / "nginx").turn("shop", BLUE)
        task = asyncio.create_task(subject.switch("shop", GREEN))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await subject.live("shop") is BLUE


async def test_a_switch_doesn_t_wait_for_a_reload_that_hangs(tmp_path: Path) -> None:
    gates = Gates(tmp_path / "nginx")
    async with marker(lambda app: f"{gates.live(app)} 1 7") as door, traffic(tmp_path, door) as subject:
        reload = asyncio.create_task(subject.apply(()))
        await asyncio.sleep(0)
        await subject.switch("shop", GREEN)
        assert not reload.done()
        reload.cancel()


async def test_what_isn_t_in_the_table_has_no_preview_inside(tmp_path: Path) -> None:
    async with traffic(tmp_path, "127.0.0.1:1") as subject:
        with pytest.raises(NotFound, match="shop"):
            subject.preview_url_inside("shop")


async def test_the_doors_are_where_this_machine_reaches_them(tmp_path: Path) -> None:
    async with traffic(tmp_path, "[::]:8081") as subject:
        assert subject.public_door == "127.0.0.1:80"
        assert subject.preview_door == "[::1]:8081"


async def test_two_apps_on_one_place_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    one, two = (AppRoutes(name, None, dict.fromkeys(Color, Route("web", 80))) for name in ("one", "two"))
    async with traffic(tmp_path, "127.0.0.1:1") as subject:
        with pytest.raises(InvalidInput, match="both one and two"):
            await subject.apply((one, two))
        assert not list((tmp_path / "nginx").iterdir())
