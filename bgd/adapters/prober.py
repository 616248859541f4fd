"""Requests that bgd makes itself: each over a connection of its own, as a new client would."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import closing
from typing import NoReturn
from urllib.parse import quote, urlsplit

import h11

from bgd.domain.duration import show_duration
from bgd.domain.log import MAX_LINE_CHARS, sanitized
from bgd.domain.probe import Answer, Probe

MAX_BODY_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
CONNECT_TIMEOUT_S = 3.0
"""The door is on this machine: one that doesn't accept within this time accepts nobody."""


class NoConnection(Exception):
    """Nobody could be asked; the text says why."""


class HttpProber:
    """The `Prober`, over h11. Follows no redirects, asks no proxy, keeps no connection.

    It asks nginx's listeners, which speak plain HTTP. httpx does all this too, but takes 2 ms longer, and
    a switch of the traffic waits for it.
    """

    async def ask(self, probe: Probe) -> Answer:
        """Send one request; `probe.timeout_s` bounds the whole of it, body included.

        Never raises for what the other side does: no answer has status 0, an answer that broke off has
        its status and an error. The body is read up to `MAX_BODY_BYTES` and sanitised.
        """
        came = _Came()
        started = time.perf_counter()
        error = ""
        try:
            async with asyncio.timeout(probe.timeout_s):
                await _exchange(probe, came)
        except TimeoutError:
            error = came.timed_out(probe.timeout_s)
        except NoConnection as failure:
            error = str(failure)
        except (h11.ProtocolError, OSError, ValueError) as failure:
            error = came.failed(failure)
        took_ms = (time.perf_counter() - started) * 1000
        cookies = came.cookies if probe.keeps_cookies else {}
        return Answer(came.status, came.text(), took_ms, error, came.is_cut, cookies)


class _Came:
    """What has come so far, so that it isn't lost when the rest doesn't."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_cut = False
        self.cookies: dict[str, str] = {}

    def keep_cookies(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """What the answer sets: names and values, whatever else it says of them."""
        for name, value in headers:
            if name == b"set-cookie":
                key, _, rest = value.decode("latin-1").partition(";")[0].partition("=")
                self.cookies[key.strip()] = rest.strip()

    def text(self) -> str:
        """The body as harmless text, its lines kept."""
        return "\n".join(map(_harmless, self.body.decode(errors="replace").split("\n")))

    def timed_out(self, timeout_s: float) -> str:
        """What wasn't there in time."""
        limit = show_duration(timeout_s)
        if not self.status:
            return f"nothing came within {limit}"
        return f"the answer wasn't whole within {limit}, {len(self.body)} bytes had come"

    def failed(self, failure: Exception) -> str:
        """What went wrong, in words."""
        said = _said(failure)
        return f"the answer broke off after {len(self.body)} bytes: {said}" if self.status else said


async def _exchange(probe: Probe, came: _Came) -> None:
    url = urlsplit(probe.url)
    if url.scheme != "http":
        raise NoConnection(f"{sanitized(url.scheme)}: only http is asked")
    reader, writer = await _connected(url.hostname or "", url.port or 80)
    with closing(writer):
        connection = h11.Connection(h11.CLIENT)
        writer.write(_request(connection, probe, f"{url.path or '/'}{url.query and '?'}{url.query}"))
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(CHUNK_BYTES))
            elif isinstance(event, h11.Response):
                came.status = event.status_code
                came.keep_cookies(event.headers)
            elif isinstance(event, h11.Data):
                came.body += event.data[: MAX_BODY_BYTES - len(came.body)]
                if len(came.body) >= MAX_BODY_BYTES:
                    came.is_cut = True
                    return
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return


async def _connected(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await asyncio.open_connection(host, port)
    except OSError as failure:
        _tell(failure)


def _tell(failure: OSError) -> NoReturn:
    if isinstance(failure, TimeoutError) and failure.errno is None:
        raise NoConnection(f"no connection within {show_duration(CONNECT_TIMEOUT_S)}") from None
    raise NoConnection(_said(failure) or "no connection") from None


def _request(connection: h11.Connection, probe: Probe, target: str) -> bytes:
    """The whole request's bytes."""
    body = probe.body.encode() if probe.body is not None else None
    # Compressed answers would have to be unpacked, and a small one can unpack to gigabytes.
    headers = {"host": probe.host, "user-agent": "bgd", "accept-encoding": "identity", "connection": "close"}
    headers |= {name.lower(): value for name, value in probe.headers.items()}
    if body is not None:
        headers["content-length"] = str(len(body))
    head = h11.Request(
        method=probe.method,
        target=quote(target, safe="/%?&=+:;,@!$'()*~[]|"),
        headers=[(name.encode(), value.encode()) for name, value in headers.items()],
    )
    sent = connection.send(head) or b""
    if body:
        sent += connection.send(h11.Data(data=body)) or b""
    return sent + (connection.send(h11.EndOfMessage()) or b"")


def _harmless(line: str) -> str:
    """A line without escape sequences, in pieces: JSON may stand on one line longer than a log's may be."""
    pieces = range(0, max(len(line), 1), MAX_LINE_CHARS)
    return "".join(sanitized(line[start : start + MAX_LINE_CHARS]) for start in pieces)


def _said(failure: BaseException) -> str:
    """The system's word for it, else the library's."""
    if isinstance(failure, OSError) and failure.errno is not None:
        return os.strerror(failure.errno).lower() if failure.errno > 0 else str(failure.strerror)
    return sanitized(str(failure)) or type(failure).__name__
