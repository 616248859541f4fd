"""Requests to the proxy as the tests write them, down to the byte."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.docker.load.connection import Connection

TIMEOUT_S = 20.0
BETWEEN_TRIES_S = 0.05
KEPT_CONNECTIONS = 16


@dataclass(frozen=True)
class Reply:
    """What came back until the server closed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def sent(self, name: str) -> list[str]:
        """The values of a header that a mirror received."""
        return [value for key, value in self.json["headers"] if key.lower() == name.lower()]


async def say(door: str, request: bytes) -> Reply:
    """Send these bytes over a connection of their own; the answer."""
    host, _, port = door.rpartition(":")
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(request)
            await writer.drain()
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    return Reply(int(line.split()[1]) if line else 0, headers, body)


async def get(door: str, host: str, path: str = "/", *headers: str) -> Reply:
    """A plain GET."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return await say(door, "\r\n".join([*lines, "", ""]).encode())


async def until(door: str, host: str, path: str = "/", *, status: int = 200, version: str = "") -> Reply:
    """GET until that is the answer."""
    deadline, last = time.monotonic() + TIMEOUT_S, "nothing"
    while time.monotonic() < deadline:
        try:
            reply = await get(door, host, path)
            if reply.status == status and (not version or reply.json["version"] == version):
                return reply
            last = f"{reply.status} {reply.body[:80]!r}"
        except OSError as error:
            last = str(error)
        await asyncio.sleep(BETWEEN_TRIES_S)
    raise AssertionError(f"{host}{path}: no {status} {version} within {TIMEOUT_S:g} s, but {last}")


@asynccontextmanager
async def kept_connections(door: str) -> AsyncIterator[list[Connection]]:
    """Connections that stay open."""
    connections = [await Connection.open(door) for _ in range(KEPT_CONNECTIONS)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()


async def statuses(connections: list[Connection]) -> set[int]:
    """What each of them gets for a request."""
    answers = await asyncio.gather(*(each.ask("GET", "/version", "shop") for each in connections))
    return {answer.status for answer in answers}
