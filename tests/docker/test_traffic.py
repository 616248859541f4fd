"""A change and the real traffic: what is promised to who is under way, and what is told of it afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.docker.apps.shop import Shop
from tests.docker.daemon import RunningDaemon
from tests.docker.load import Load
from tests.docker.load.connection import Connection
from tests.docker.load.kinds import FRESH, KEEPALIVE, POST, UPLOAD

WITHIN_S = 60.0
MIX = {KEEPALIVE: 6, FRESH: 2, POST: 2, UPLOAD: 2}


@pytest.fixture(scope="module")
def shop(shared_bgd: RunningDaemon, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The demo's shop with version 1 in one colour, and 2 in the other and live."""
    made = Shop(tmp_path_factory.mktemp("shop"), "shop", drain="20s")
    made.release("1")
    shared_bgd.bgctl("add", str(made.file))
    for version in ("1", "2"):
        made.release(version)
        shared_bgd.bgctl("deploy", "shop")
    assert colors(shared_bgd) == {"1": "blue", "2": "green"}
    return made


def colors(bgd: RunningDaemon) -> dict[str, str]:
    """Which version is in which colour, by what the containers run."""
    found = {}
    for container in bgd.containers("bgd.app=shop"):
        variables = dict(word.split("=", 1) for word in container.attrs["Config"]["Env"])
        if color := container.labels.get("bgd.color"):
            found[variables["VERSION"]] = color
    return found


async def switched(bgd: RunningDaemon) -> dict[str, Any]:
    """Move the traffic to the other colour."""
    return dict(await asyncio.to_thread(bgd.client.switch, "shop"))


async def receipt_of_last(bgd: RunningDaemon) -> dict[str, Any]:
    """The receipt of the last change, once it is written."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        status = await asyncio.to_thread(bgd.client.app, "shop")
        last: Any = status["last_deployment"]
        if last["receipt"] is not None:
            return dict(last["receipt"])
        assert time.monotonic() < deadline, last
        await asyncio.sleep(0.1)


async def drained(bgd: RunningDaemon) -> list[int]:
    """Wait until no colour drains; the connections that were told on the way."""
    await receipt_of_last(bgd)
    stream = await asyncio.to_thread(lambda: list(bgd.client.events(app="shop", since=0, follow=False)))
    begun = max(index for index, each in enumerate(stream) if each["event"] == "live")
    return [each["connections"] for each in stream[begun:] if each["event"] == "drain"]


def talking(bgd: RunningDaemon) -> connect:
    """A WebSocket to whoever is live."""
    return connect(f"ws://127.0.0.1:{bgd.http_port}/ws", proxy=None, compression=None)


async def heard(socket: ClientConnection, word: str) -> str:
    """Say something; the version that echoes it."""
    await socket.send(word)
    told = json.loads(await socket.recv())
    assert told["echo"] == word
    return str(told["version"])


async def connected(bgd: RunningDaemon, color: str) -> None:
    """Wait until nginx has a connection to the colour."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        document = await asyncio.to_thread(bgd.client.traffic, "shop")
        if document["colors"][color]["connections"]:
            return
        assert time.monotonic() < deadline, document
        await asyncio.sleep(0.05)


async def live_version(bgd: RunningDaemon) -> str:
    """Who answers now."""
    connection = await Connection.open(f"127.0.0.1:{bgd.http_port}")
    try:
        answer = await connection.ask("GET", "/version", "shop")
        return str(json.loads(answer.body)["version"])
    finally:
        await connection.close()


async def test_the_receipt_counts_what_the_clients_counted(shared_bgd: RunningDaemon, shop: Shop) -> None:
    bgd = shared_bgd
    before = await live_version(bgd)
    after = "12".replace(before, "")
    async with talking(bgd) as held:  # the change isn't over before this is
        assert await heard(held, "hello") == before
        known = colors(bgd)
        told = await switched(bgd)
        async with Load(f"127.0.0.1:{bgd.http_port}", start=after, mix=MIX) as load:
            await load.every_kind()
        assert await heard(held, "still") == before
    assert not load.report.failures, load.report
    receipt = await receipt_of_last(bgd)
    assert receipt["colors"][known[after]]["requests"] == len(load.report.attempts)
    assert receipt["colors"][known[before]]["websockets"] == 1
    assert receipt["during"]["failed"] == 0
    move = receipt["move"]
    assert (move["from"], move["to"]) == (told["from"], told["to"]) == (known[before], known[after])
    assert (move["strays"], move["cut"]) == (0, {"connections": 0, "websockets": 0, "left": 0})
    assert move["in_flight"] == 1
    assert move["last_old_ms"] <= move["seen_ms"] <= move["first_new_ms"]
    text = (await asyncio.to_thread(bgd.bgctl, "show", "shop", told["release"])).stdout
    assert f"{receipt['during']['requests']:,}" in text
    assert "nothing cut" in text


async def test_connections_that_were_open_before_reach_the_new_color_alone(
    shared_bgd: RunningDaemon, shop: Shop
) -> None:
    door = f"127.0.0.1:{shared_bgd.http_port}"
    before = await live_version(shared_bgd)
    kept = [await Connection.open(door) for _ in range(20)]
    for connection in kept:
        answer = await connection.ask("GET", "/version", "shop")
        assert json.loads(answer.body)["version"] == before
    await switched(shared_bgd)
    for connection in kept:
        answer = await connection.ask("GET", "/version", "shop")
        assert (answer.status, json.loads(answer.body)["version"]) == (200, "12".replace(before, ""))
        await connection.close()
    assert (await receipt_of_last(shared_bgd))["move"]["strays"] == 0


BODIES = {
    b"Content-Length: 8": (b"half", b"more"),
    b"Transfer-Encoding: chunked": (b"4\r\nhalf\r\n", b"4\r\nmore\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("framing", BODIES, ids=["length", "chunked"])
async def test_a_post_under_way_stays_where_it_began_and_is_asked_once(
    shared_bgd: RunningDaemon, shop: Shop, framing: bytes
) -> None:
    bgd = shared_bgd
    before, known = await live_version(bgd), colors(bgd)
    await receipt_of_last(bgd)
    first, second = BODIES[framing]
    reader, writer = await asyncio.open_connection("127.0.0.1", bgd.http_port)
    writer.write(
        b"POST /echo HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n" + framing + b"\r\n\r\n" + first
    )
    await writer.drain()
    await connected(bgd, known[before])
    await switched(bgd)
    writer.write(second)
    answer = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["version"] == before
    receipt = await receipt_of_last(bgd)
    assert (receipt["during"]["requests"], receipt["during"]["failed"]) == (1, 0)
    assert (receipt["colors"][known[before]]["requests"], receipt["move"]["in_flight"]) == (1, 1)


async def test_a_websocket_stays_until_it_ends_and_the_number_falls_to_zero(
    shared_bgd: RunningDaemon, shop: Shop
) -> None:
    before = await live_version(shared_bgd)
    async with talking(shared_bgd) as one, talking(shared_bgd) as two:
        assert await heard(one, "a") == await heard(two, "b") == before
        await switched(shared_bgd)
        assert await heard(one, "c") == await heard(two, "d") == before
        await one.close()
        assert await heard(two, "e") == before
    told = await drained(shared_bgd)
    assert told == sorted(told, reverse=True)
    assert told[-1] == 0
    receipt = await receipt_of_last(shared_bgd)
    assert receipt["move"]["cut"]["connections"] == 0
    assert receipt["move"]["drained_ms"] > receipt["move"]["ordered_ms"]


async def test_at_the_limit_what_is_left_is_cut_and_told_and_nothing_else(
    shared_bgd: RunningDaemon, shop: Shop
) -> None:
    bgd = shared_bgd
    other = Shop(shop.directory.parent / "other", "other", host="other.example")
    other.release("9")
    await asyncio.to_thread(bgd.bgctl, "add", str(other.file))
    await asyncio.to_thread(bgd.bgctl, "deploy", "other")
    before = await live_version(bgd)
    neighbour = connect(
        "ws://other.example/ws", host="127.0.0.1", port=bgd.http_port, proxy=None, compression=None
    )
    async with talking(bgd) as one, talking(bgd) as two, neighbour as theirs:
        assert await heard(one, "a") == await heard(two, "b") == before
        assert await heard(theirs, "a") == "9"
        told = await switched(bgd)
        for socket in (one, two):
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(WITHIN_S):
                    await socket.recv()
        # In the same old workers, of another app.
        assert await heard(theirs, "b") == "9"
        receipt = await receipt_of_last(bgd)
    assert receipt["move"]["cut"] == {"connections": 2, "websockets": 2, "left": 0}
    status = await asyncio.to_thread(bgd.client.app, "shop")
    idle = colors(bgd)[before]
    assert status["colors"][idle]["state"] == "warm"
    assert [c["status"] for c in status["colors"][idle]["containers"] if c["service"] == "web"] == ["running"]
    text = (await asyncio.to_thread(bgd.bgctl, "show", "shop", told["release"])).stdout
    assert "2 connections cut (2 WebSockets)" in text
    await asyncio.to_thread(bgd.bgctl, "remove", "other", "--volumes", "--yes")


async def test_status_shows_what_is_served_now(shared_bgd: RunningDaemon, shop: Shop) -> None:
    bgd = shared_bgd
    live = colors(bgd)[await live_version(bgd)]
    async with Load(f"127.0.0.1:{bgd.http_port}", start="", mix={KEEPALIVE: 4}) as load:
        deadline = time.monotonic() + WITHIN_S
        while True:
            await load.more_answers(20)
            status = await asyncio.to_thread(bgd.client.app, "shop")
            told: Any = status["colors"][live]["traffic"]
            if told["requests_per_s"] > 1 and told["connections"]:
                break
            assert time.monotonic() < deadline, told
        document = await asyncio.to_thread(bgd.client.traffic, "shop")
        text = (await asyncio.to_thread(bgd.bgctl, "status", "shop")).stdout
    assert told["error_share"] == 0
    assert told["p50_ms"] <= told["p95_ms"] <= told["p99_ms"]
    assert "/s  0 % errors" in text
    series: Any = document["colors"][live]["series"]
    assert {len(values) for values in series.values()} == {60}
    assert sum(series["requests"]) > 0
