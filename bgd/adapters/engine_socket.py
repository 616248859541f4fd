"""The engine's HTTP interface, spoken by asyncio: for answers that stream or take long.

The `docker` SDK blocks a thread for as long as such an answer lasts, and only closing its socket frees it
again; here cancelling the task is enough. For logs it also costs the least (2.5 s of CPU for a million
lines, the SDK 6).
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from bgd.adapters.engine_address import EngineAddress, away, slow
from bgd.domain.chunked import Chunked
from bgd.errors import BgError, Failed, NotFound

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0
CHUNK_BYTES = 65_536
_LIMIT_BYTES = 65_536
_KEEP_ALIVE = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
"""Seconds of silence before the first question and between two, and how many of them stay unanswered."""
_MAX_ERROR_BYTES = 65_536


class Answer:
    """The answer to one request; its body is read as it comes, and no faster."""

    def __init__(
        self, status: int, headers: Mapping[str, str], reader: asyncio.StreamReader, address: EngineAddress
    ) -> None:
        self.status = status
        self.headers = headers
        self._reader = reader
        self._address = address
        is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self._chunked = Chunked() if is_chunked else None
        length = headers.get("content-length")
        self._left = int(length) if length is not None else None
        self._buffer = bytearray()

    async def read(self) -> bytes:
        """The next bytes of the body, as many as are there; `b""` at its end.

        Raises `Unreachable` when the connection breaks before.
        """
        if self._buffer:
            taken = bytes(self._buffer)
            self._buffer.clear()
            return taken
        return await self._receive()

    async def read_exactly(self, count: int) -> bytes:
        """The next `count` bytes; fewer only at the end."""
        while len(self._buffer) < count:
            more = await self._receive()
            if not more:
                break
            self._buffer += more
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def read_all(self) -> bytes:
        """The rest of the body, whole."""
        parts = []
        while data := await self.read():
            parts.append(data)
        return b"".join(parts)

    async def _receive(self) -> bytes:
        try:
            if self._chunked is not None:
                return await self._receive_chunks(self._chunked)
            if self._left == 0:
                return b""
            data = await self._reader.read(
                CHUNK_BYTES if self._left is None else min(self._left, CHUNK_BYTES)
            )
        except (OSError, ValueError) as error:
            raise away(self._address, error) from error
        if self._left is not None:
            if not data:
                raise away(self._address, EOFError())
            self._left -= len(data)
        return data

    async def _receive_chunks(self, chunked: Chunked) -> bytes:
        body = b""
        while not body and not chunked.is_over:
            data = await self._reader.read(CHUNK_BYTES)
            if not data:
                raise away(self._address, EOFError())
            body = chunked.feed(data)
        return body


class EngineSocket:
    """Requests to the engine, each over a connection of its own."""

    def __init__(self, address: EngineAddress) -> None:
        self.address = address

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        answer_within_s: float = ANSWER_TIMEOUT_S,
    ) -> AsyncIterator[Answer]:
        """Send a request and yield its answer; the connection is closed afterwards.

        `answer_within_s` bounds the time to the head of the answer, not its body. Raises `Unreachable` when
        the engine is away, or silent for so long, `NotFound` and `Failed` for what it says.
        """
        writer: asyncio.StreamWriter | None = None
        try:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    reader, writer = await self._connect()
                target = f"{path}?{urlencode(query)}" if query else path
                head = {**(headers or {}), "Host": "docker", "Connection": "close", "Content-Length": "0"}
                lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items()), "", ""]
                writer.write("\r\n".join(lines).encode())
                try:
                    async with asyncio.timeout(answer_within_s):
                        await writer.drain()
                        answer = await _head(reader, self.address)
                except TimeoutError:
                    raise slow(self.address, answer_within_s) from None
            except (OSError, ValueError, IndexError) as error:  # `TimeoutError` is an `OSError`
                raise away(self.address, error) from error
            if answer.status >= 400:
                raise await _refusal(answer)
            yield answer
        finally:
            if writer is not None:
                writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.socket is not None:
            return await asyncio.open_unix_connection(self.address.socket, limit=_LIMIT_BYTES)
        host, port = self.address.host_and_port
        context = self.address.ssl_context()
        reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=_LIMIT_BYTES)
        _keep_alive(writer)
        return reader, writer


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Have the kernel ask a silent engine whether it is there: a machine that is cut off says no goodbye."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


async def _head(reader: asyncio.StreamReader, address: EngineAddress) -> Answer:
    status = int((await reader.readline()).split()[1])
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Answer(status, headers, reader, address)


async def _refusal(answer: Answer) -> BgError:
    body = await answer.read_exactly(_MAX_ERROR_BYTES)
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        message = body.decode(errors="replace").strip() or f"status {answer.status}"
    if answer.status == 404:
        return NotFound(f"the engine: {message}")
    return Failed(f"the engine refused: {message}")
