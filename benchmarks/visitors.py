"""Visitors at a steady rate over connections that they keep, in a process of their own.

    python -m benchmarks.visitors DOOR HOST CONNECTIONS RATE

Works until its stdin ends, then prints what became of every request as JSON. The protocol is spoken by hand:
a client library would need more of the machine than the proxy that is measured.
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.docker.load.attempt import Attempt, Report

LAST_ANSWERS_WITHIN_S = 0.5
LOOK_EVERY_S = 0.01


class Visitor(asyncio.Protocol):
    """One client: a request at each of its times; a new connection where the server closed the old one."""

    def __init__(self, crowd: Crowd, due: float) -> None:
        """`due`: when it asks first, on the loop's clock, in seconds."""
        self.due = due
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._sent = 0.0
        self.is_asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once: whoever connects wants something."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, b""
        self.ask()

    def ask(self) -> None:
        """Send a request, over a new connection where there is none."""
        if self._crowd.is_over:
            return
        if self._transport is None or self._transport.is_closing():
            self._crowd.connect(self)
            return
        self._sent, self.is_asking = time.monotonic(), True
        self._transport.write(self._crowd.request)

    def data_received(self, data: bytes) -> None:
        """Take the answer; its body is who gave it."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(body) < length:
            return
        status = head[9:12].decode()
        self._note("" if status == "200" else f"status {status}", body.decode(errors="replace").strip())
        self._buffer = b""
        if b"connection: close" in lines and self._transport is not None:
            self._transport.close()
        self._crowd.later(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Between two requests that is the server's right; within one the request failed."""
        self._transport = None
        if self.is_asking:
            self._note("closed without an answer" if error is None else type(error).__name__, "")
            self._crowd.later(self)

    def refused(self) -> None:
        """No connection."""
        self._sent = time.monotonic()
        self._note("no connection", "")
        self._crowd.later(self)

    def _note(self, failure: str, label: str) -> None:
        self.is_asking = False
        self._crowd.noted.append((self._sent, time.monotonic(), "" if failure else label, failure))


@dataclass
class Crowd:
    """All visitors of one door."""

    door: str
    host: str
    rate: float
    noted: list[tuple[float, float, str, str]] = field(default_factory=list)
    is_over: bool = False
    connections: int = 32
    _connecting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def request(self) -> bytes:
        """The one request that everybody sends."""
        return f"GET / HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()

    def connect(self, visitor: Visitor) -> None:
        """Give a visitor a new connection."""
        task = asyncio.ensure_future(self._connect(visitor))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, visitor: Visitor) -> None:
        host, _, port = self.door.rpartition(":")
        try:
            await asyncio.get_running_loop().create_connection(lambda: visitor, host, int(port))
        except OSError:
            visitor.refused()

    def later(self, visitor: Visitor) -> None:
        """Let the visitor ask again when it is its turn."""
        loop = asyncio.get_running_loop()
        visitor.due = next_turn(visitor.due, loop.time(), self.connections / self.rate)
        loop.call_at(visitor.due, visitor.ask)

    async def visit(self) -> None:
        """Until stdin ends."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        visitors = [Visitor(self, begun + number / self.rate) for number in range(self.connections)]
        for visitor in visitors:
            loop.call_at(visitor.due, self.connect, visitor)
        await loop.run_in_executor(None, sys.stdin.read)
        self.is_over = True
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ANSWERS_WITHIN_S):
                while any(visitor.is_asking for visitor in visitors):
                    await asyncio.sleep(LOOK_EVERY_S)


def next_turn(due: float, now: float, period_s: float) -> float:
    """When a visitor asks again: by its own timetable, and a turn that was missed is left out.

    A pause after each answer would gather the visitors instead: after one hiccup all of them ask together,
    and then nobody for a whole period, which would be most of what a first answer seems to take.
    """
    return due + period_s * max(1, math.ceil((now - due) / period_s))


class Watched:
    """Visitors from outside: `report` has what became of them, once the block around them has ended."""

    def __init__(self) -> None:
        self.report = Report()

    def first(self, label: str, since: float) -> float:
        """Milliseconds from `since` to the first answer of `label`."""
        came = [a.received for a in self.report.attempts if a.label == label and a.received >= since]
        return (min(came) - since) * 1000

    def stale(self, label: str, sent_after: float, until: float) -> int:
        """How many requests were sent and answered within that time, by `label`."""
        attempts = self.report.attempts
        return sum(a.label == label and sent_after <= a.sent and a.received < until for a in attempts)


@contextmanager
def visitors(door: str, host: str, rate: float, connections: int = 32) -> Iterator[Watched]:
    """Visitors for the length of a block; raises `RuntimeError` when they broke."""
    watched = Watched()
    command = [sys.executable, "-m", "benchmarks.visitors", door, host, str(connections), str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield watched
        finally:
            told, _ = process.communicate(timeout=60)
        if process.returncode:
            raise RuntimeError(f"the visitors ended with {process.returncode}")
    for sent, received, label, failure in json.loads(told):
        watched.report.attempts.append(Attempt("keepalive", sent, received, label, failure))


def main(arguments: Sequence[str]) -> None:
    """Visit, then tell."""
    door, host, connections, rate = arguments
    crowd = Crowd(door, host, float(rate), connections=int(connections))
    asyncio.run(crowd.visit())
    json.dump(crowd.noted, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
