"""WebSockets on a connection that began as HTTP: an echo that says its version.

`websockets` knows the protocol (its part without I/O); this moves its bytes.
"""

import asyncio
import json
from collections.abc import Iterable

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from shop.exchange import Request

WRITE_TIMEOUT_S = 60.0
CLOSE_TIMEOUT_S = 5.0
MESSAGE_LIMIT = 1 << 20
CHUNK = 65536


class Echo:
    """Answers each text `T` with `{"version": "1", "echo": T}`, until either side closes."""

    def __init__(self, path: str, version: str, stopping: asyncio.Event) -> None:
        self._path, self._version, self._stopping = path, version, stopping

    def wants(self, request: Request) -> bool:
        return request.path == self._path and "websocket" in request.header("upgrade").lower()

    async def converse(
        self, request: Request, rest: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take the connection over from HTTP; `rest` is what came after the request."""
        protocol = ServerProtocol(max_size=MESSAGE_LIMIT)
        protocol.receive_data(_as_bytes(request) + rest)
        handshake, *events = protocol.events_received()
        assert isinstance(handshake, Handshake)
        protocol.send_response(protocol.accept(handshake))
        goodbye = asyncio.create_task(self._say_goodbye(protocol, writer))
        try:
            message: list[Frame] = []
            while True:
                self._answer(protocol, events, message)
                await _flush(protocol, writer)
                if protocol.close_expected():
                    return
                if data := await reader.read(CHUNK):
                    protocol.receive_data(data)
                else:
                    protocol.receive_eof()
                events = protocol.events_received()
        finally:
            goodbye.cancel()

    def _answer(self, protocol: ServerProtocol, events: Iterable[object], message: list[Frame]) -> None:
        """Answer each whole message; `message` holds the frames of one that isn't whole yet."""
        for frame in events:
            if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                message.append(frame)
                if frame.fin:
                    text = b"".join(part.data for part in message).decode(errors="replace")
                    message.clear()
                    protocol.send_text(json.dumps({"version": self._version, "echo": text}).encode())

    async def _say_goodbye(self, protocol: ServerProtocol, writer: asyncio.StreamWriter) -> None:
        await self._stopping.wait()
        protocol.send_close(CloseCode.GOING_AWAY, "the server stops")
        await _flush(protocol, writer)
        await asyncio.sleep(CLOSE_TIMEOUT_S)
        writer.close()


async def _flush(protocol: ServerProtocol, writer: asyncio.StreamWriter) -> None:
    for data in protocol.data_to_send():
        if data:
            writer.write(data)
        elif writer.can_write_eof():  # how the protocol says that its side is done
            writer.write_eof()
    async with asyncio.timeout(WRITE_TIMEOUT_S):
        await writer.drain()


def _as_bytes(request: Request) -> bytes:
    lines = [
        f"{request.method} {request.target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in request.headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
