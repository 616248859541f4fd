"""The kinds of clients. Each serves one request after the other until it is cancelled."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import h11
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.docker.load.attempt import Attempt
from tests.docker.load.connection import Answer, Connection, Mishap

SLOW_S = 0.6
STREAM_EVENTS = 3
WEBSOCKET_MESSAGES = 20
WEBSOCKET_TIMEOUT_S = 10.0
BODY_BYTES = (1_000, 200_000)

Note = Callable[[Attempt], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: `HOST:PORT`, the Host header, and the path that comes before all others."""

    door: str
    host: str
    prefix: str = ""
    pause_s: float = 0.01  # between two requests of one client


class Sending:
    """One request that is under way; the block around it says how it ended."""

    def __init__(self) -> None:
        self.sent = time.monotonic()
        self.label = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of client by its name; `serve` runs one."""

    name: str
    serve: Callable[[str, Target, Note], AsyncGenerator[None, None]]


@asynccontextmanager
async def attempt(kind: str, note: Note) -> AsyncIterator[Sending]:
    """Around one request: notes it, and what it failed of. A cancelled one is no failure."""
    sending = Sending()
    failure = ""
    try:
        yield sending
    except Mishap as error:
        failure = str(error)
    except (WebSocketException, TimeoutError, OSError) as error:
        failure = f"{type(error).__name__}: {error}"
    note(Attempt(kind, sending.sent, time.monotonic(), sending.label, failure))


def label_of(body: bytes) -> str:
    """Who answered. Raises `Mishap` for an answer that doesn't say it."""
    try:
        return str(json.loads(body)["version"])
    except (ValueError, KeyError, TypeError):
        raise Mishap(f"an answer without a version: {body[:60]!r}") from None


def checked(answer: Answer) -> Answer:
    """The answer, when it is a 200. Raises `Mishap`."""
    if answer.status != 200:
        raise Mishap(f"status {answer.status}")
    return answer


class Kept:
    """A connection that is kept from one request to the next, while the server lets it."""

    def __init__(self, to: Target) -> None:
        self._to = to
        self._connection: Connection | None = None

    @asynccontextmanager
    async def lent(self, sending: Sending) -> AsyncIterator[Connection]:
        """The connection for one request; a new one only when the server said `Connection: close`.

        It is used again only if the block ended well: the answer was whole then.
        """
        if self._connection is None or not self._connection.is_reusable:
            await self.close()
            self._connection = await Connection.open(self._to.door)
            sending.sent = time.monotonic()
        try:
            yield self._connection
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close what is kept."""
        kept, self._connection = self._connection, None
        if kept is not None:
            await kept.close()


@asynccontextmanager
async def keeping(to: Target) -> AsyncIterator[Kept]:
    """Keep a connection for the length of a block."""
    kept = Kept(to)
    try:
        yield kept
    finally:
        await kept.close()


async def keepalive(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """GET after GET on one connection, and another one only when the server said `Connection: close`."""
    async with keeping(to) as kept:
        while True:
            async with attempt(kind, note) as sending, kept.lent(sending) as connection:
                answer = await connection.ask("GET", f"{to.prefix}/version", to.host)
                sending.label = label_of(checked(answer).body)
            yield


async def fresh(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """Each GET on a connection of its own."""
    while True:
        async with attempt(kind, note) as sending, connected(to) as connection:
            answer = await connection.ask("GET", f"{to.prefix}/version", to.host)
            sending.label = label_of(checked(answer).body)
        yield


async def post(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """POSTs on one connection, whose bodies must have arrived whole."""
    async with aclosing(_uploads(kind, to, note, pause_s=0)) as uploads:
        async for _ in uploads:
            yield


async def upload(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """POSTs that take a while, in pieces."""
    async with aclosing(_uploads(kind, to, note, pause_s=SLOW_S / 4)) as uploads:
        async for _ in uploads:
            yield


async def _uploads(kind: str, to: Target, note: Note, pause_s: float) -> AsyncGenerator[None, None]:
    async with keeping(to) as kept:
        while True:
            body = random.randbytes(random.randint(*BODY_BYTES))
            quarter = len(body) // 4 + 1
            pieces = [body[start : start + quarter] for start in range(0, len(body), quarter)]
            async with attempt(kind, note) as sending, kept.lent(sending) as connection:
                answer = await connection.ask("POST", f"{to.prefix}/echo", to.host, pieces, pause_s)
                sending.label = label_of(checked(answer).body)
                if json.loads(answer.body)["sha256"] != hashlib.sha256(body).hexdigest():
                    raise Mishap("the body didn't arrive as it was sent")
            yield


async def slow(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """GETs that the server takes its time for."""
    while True:
        async with attempt(kind, note) as sending, connected(to) as connection:
            answer = await connection.ask("GET", f"{to.prefix}/slow?seconds={SLOW_S}", to.host)
            sending.label = label_of(checked(answer).body)
        yield


async def stream(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """Server-sent events: a few of each stream, which must not end before."""
    while True:
        async with attempt(kind, note) as sending, connected(to) as connection:
            seen = 0
            async with aclosing(connection.exchange("GET", f"{to.prefix}/stream", to.host)) as answer:
                async for piece in answer:
                    if isinstance(piece, h11.Response):
                        if piece.status_code != 200:
                            raise Mishap(f"status {piece.status_code}")
                        continue
                    data = piece.partition(b"data: ")[2].partition(b"\n")[0]
                    sending.label = label_of(data)
                    seen += 1
                    if seen == STREAM_EVENTS:
                        break
            if seen < STREAM_EVENTS:
                raise Mishap(f"the stream ended after {seen} events")
        yield


async def websocket(kind: str, to: Target, note: Note) -> AsyncGenerator[None, None]:
    """A conversation over a WebSocket; each of its messages must come back."""
    host, _, port = to.door.rpartition(":")
    while True:
        async with attempt(kind, note) as sending:
            uri = f"ws://{to.host}{to.prefix}/ws"
            async with connect(
                uri, host=host, port=int(port), open_timeout=WEBSOCKET_TIMEOUT_S, compression=None, proxy=None
            ) as socket:
                sending.label = await converse(socket, to.pause_s * 5)
        yield


async def converse(socket: ClientConnection, pause_s: float) -> str:
    """Say something and hear it again, a number of times; who echoed. Raises `Mishap`."""
    label = ""
    for number in range(WEBSOCKET_MESSAGES):
        await socket.send(f"message {number}")
        async with asyncio.timeout(WEBSOCKET_TIMEOUT_S):
            heard = json.loads(await socket.recv())
        if heard["echo"] != f"message {number}":
            raise Mishap("a message didn't come back")
        if label not in ("", heard["version"]):
            raise Mishap("one WebSocket was answered by two")
        label = heard["version"]
        await asyncio.sleep(pause_s)
    return label


@asynccontextmanager
async def connected(to: Target) -> AsyncIterator[Connection]:
    """A connection for the length of a block."""
    connection = await Connection.open(to.door)
    try:
        yield connection
    finally:
        await connection.close()


KEEPALIVE = Kind("keepalive", keepalive)
FRESH = Kind("fresh", fresh)
POST = Kind("post", post)
UPLOAD = Kind("upload", upload)
SLOW = Kind("slow", slow)
STREAM = Kind("stream", stream)
WEBSOCKET = Kind("websocket", websocket)

ALL = (KEEPALIVE, FRESH, POST, UPLOAD, SLOW, STREAM, WEBSOCKET)
