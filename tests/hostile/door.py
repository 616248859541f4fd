"""The daemon's socket, and bytes sent to it as nobody should."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgd.api.context import Context
from bgd.api.service import service
from bgd.server import Server, bound
from tests.unit.fakes import Bench

WITHIN_S = 20.0


@dataclass
class Said:
    """What came back before the connection ended, or before whoever asked had enough."""

    raw: bytes

    @property
    def statuses(self) -> list[int]:
        """The status of each answer."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", self.raw)]

    @property
    def error(self) -> dict[str, str]:
        """The error that the last answer tells."""
        told: dict[str, str] = json.loads(self.raw.rpartition(b"\r\n\r\n")[2])["error"]
        return told


class Door:
    """A served bench."""

    def __init__(self, bench: Bench, path: Path) -> None:
        self.bench = bench
        self.path = path

        async def about() -> dict[str, Any]:
            return {"version": "test"}

        self.context = Context(bench.daemon, about)
        self.app = service(self.context)
        self._listener = bound(path)
        self._server = Server(self.app)

    async def serve(self) -> None:
        """Serve until closed."""
        await self._server.serve(sockets=[self._listener])
        self._listener.close()

    def close(self) -> None:
        """Let `serve` end."""
        self.context.ending.set()
        self._server.should_exit = True

    def wait_for_requests(self, seconds: int) -> None:
        """Let connections from now on be without a request for no longer than that."""
        self._server.config.timeout_keep_alive = seconds

    @property
    def connections(self) -> int:
        """How many the server has."""
        return len(self._server.server_state.connections)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection."""
        async with asyncio.timeout(WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(str(self.path))
            try:
                yield reader, writer
            finally:
                writer.close()

    async def say(self, data: bytes, *, is_over: bool = True) -> Said:
        """Send these bytes, and no more where that `is_over`; all that comes until the other end closes."""
        async with self.connected() as (reader, writer):
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                await writer.drain()
                if is_over:
                    writer.write_eof()
            raw = b""
            with contextlib.suppress(ConnectionError):
                while more := await reader.read(65_536):
                    raw += more
            return Said(raw)

    async def ask(self, method: str, path: str, body: bytes = b"") -> Said:
        """A whole request, on a connection of its own."""
        head = f"{method} {path} HTTP/1.1\r\nHost: bgd\r\nConnection: close\r\nContent-Length: {len(body)}"
        return await self.say(f"{head}\r\n\r\n".encode() + body, is_over=False)

    async def is_well(self) -> bool:
        """Whether it still answers."""
        return (await self.ask("GET", "/v1/apps")).statuses == [200]
