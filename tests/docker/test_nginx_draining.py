"""What a colour that lost the traffic still has to do, seen from nginx's connections."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from bgd.adapters.nginx.proxy import Proxy
from bgd.domain.color import Color
from bgd.domain.tcp_table import connections_to
from tests.docker.load.connection import Connection
from tests.docker.nginx_client import until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN
WITHIN_S = 60.0


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy without fronts."""
    async with opened(tmp_path) as made:
        await made.traffic.start((routes("shop", None),))
        yield made


async def drained_to(lab: Lab, address: str, connections: int) -> None:
    """Return when nginx has so many connections to that address."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        left = await lab.traffic.remaining("shop", BLUE, [address])
        if left.connections == connections:
            assert left.is_drained == (connections == 0)
            return
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.02)


async def test_a_color_is_drained_when_its_uploads_and_websockets_have_ended(lab: Lab) -> None:
    address = lab.front("shop", BLUE)
    lab.front("shop", GREEN)
    await lab.go_live(BLUE)
    await until(lab.http, "shop", "/version", version="blue")
    await until(lab.preview, "shop", "/version", version="green")
    host, port = lab.http.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    async with connect("ws://shop/ws", host=host, port=int(port), proxy=None) as socket:
        await socket.send("before")
        assert '"blue"' in str(await socket.recv())
        # The head alone: a request whose body nginx kept to itself would not be seen here.
        writer.write(b"POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
        await drained_to(lab, address, 2)

        await lab.go_live(GREEN)
        await drained_to(lab, address, 2)
        inside = await Proxy(lab.engine, f"{lab.instance}-proxy").tcp_tables(lab.inspect()["Id"])
        assert connections_to(inside, [address]) == 2

        writer.write(b"data")
        assert b'"version": "blue"' in await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        await drained_to(lab, address, 1)
        await socket.send("after")
        assert '"blue"' in str(await socket.recv())
    await drained_to(lab, address, 0)


async def test_a_copy_that_refuses_connections_costs_nobody_an_answer(lab: Lab) -> None:
    lab.front("shop", BLUE, mirror=True)
    deaf = lab.front("shop", BLUE, is_deaf=True, copy=2)
    await lab.go_live(BLUE)
    await until(lab.http, "shop")
    deadline = time.monotonic() + WITHIN_S
    tried = [re.compile(rf'"{method} /tried .*//{deaf}:8000/tried"') for method in ("GET", "POST")]
    while not all(pattern.search(lab.client.logs(lab.proxy).decode()) for pattern in tried):
        assert time.monotonic() < deadline
        method = random.choice(("GET", "POST"))  # in turns, one of them would always meet the same copy
        connection = await Connection.open(lab.http)
        answer = await connection.ask(method, "/tried", "shop", [b"once"] if method == "POST" else [])
        await connection.close()
        assert answer.status == 200
