"""One HTTP/1.1 connection whose every mishap has a name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import h11

CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0
CHUNK = 65536


class Mishap(Exception):
    """A request failed; the text is its cause, the same for the same cause."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name.lower()), "")


class Connection:
    """A connection to `HOST:PORT`; `open` makes one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._state = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, door: str) -> Connection:
        """Raises `Mishap`."""
        host, _, port = door.rpartition(":")
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return cls(*await asyncio.open_connection(host, int(port)))
        except TimeoutError:
            raise Mishap(f"no connection within {CONNECT_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise Mishap(f"no connection: {error.strerror or error}") from None

    async def close(self) -> None:
        """Close it, whatever is under way, and return when it is closed."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent: neither side said or did otherwise."""
        states = self._state.our_state, self._state.their_state
        return states == (h11.IDLE, h11.IDLE) and not self._reader.at_eof()

    async def ask(
        self, method: str, target: str, host: str, body: Sequence[bytes] = (), pause_s: float = 0
    ) -> Answer:
        """Send a request, the body's parts with a pause after each, and take the whole answer."""
        head: h11.Response | None = None
        parts: list[bytes] = []
        async for event in self.exchange(method, target, host, body, pause_s):
            if isinstance(event, h11.Response):
                head = event
            else:
                parts.append(event)
        assert head is not None
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
        headers = tuple((key.decode(), value.decode("latin-1")) for key, value in head.headers)
        return Answer(head.status_code, headers, b"".join(parts))

    async def exchange(
        self, method: str, target: str, host: str, body: Sequence[bytes] = (), pause_s: float = 0
    ) -> AsyncGenerator[h11.Response | bytes, None]:
        """The answer as it comes: its head, then pieces of its body. Raises `Mishap`."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._send(method, target, host, body, pause_s)
                has_head = False
                while True:
                    event = await self._next(has_head)
                    if isinstance(event, h11.Response):
                        has_head = True
                        yield event
                    elif isinstance(event, h11.Data):
                        yield bytes(event.data)
                    elif isinstance(event, h11.EndOfMessage):
                        return
        except TimeoutError:
            raise Mishap(f"no whole answer within {ANSWER_TIMEOUT_S:g} s") from None
        except h11.RemoteProtocolError as error:
            raise Mishap(f"broken answer: {error}") from None
        except OSError as error:
            raise Mishap(f"connection broke: {error.strerror or error}") from None

    async def _send(self, method: str, target: str, host: str, body: Sequence[bytes], pause_s: float) -> None:
        headers = [("Host", host)]
        if body:
            headers.append(("Content-Length", str(sum(map(len, body)))))
        self._write(h11.Request(method=method, target=target, headers=headers))
        for part in body:
            self._write(h11.Data(data=part))
            await self._writer.drain()
            await asyncio.sleep(pause_s)
        self._write(h11.EndOfMessage())
        await self._writer.drain()

    def _write(self, event: h11.Event) -> None:
        data = self._state.send(event)
        if data:
            self._writer.write(data)

    async def _next(self, has_head: bool) -> h11.Event:
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(CHUNK)
                if not data:
                    raise Mishap("closed in the middle of an answer" if has_head else "closed without answer")
                self._state.receive_data(data)
            elif isinstance(event, h11.Event) and not isinstance(event, h11.InformationalResponse):
                return event
