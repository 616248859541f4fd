"""Requests that bgd makes itself: each over a connection of its own, as a new client would."""

from __future__ import annotations

import asyncio
import os
import ssl
import time

import httpx

from bgd.domain.duration import show_duration
from bgd.domain.log import MAX_LINE_CHARS, sanitized
from bgd.domain.probe import Answer, Probe

MAX_BODY_BYTES = 64 * 1024
CONNECT_TIMEOUT_S = 3.0
"""The door is on this machine: one that doesn't accept within this time accepts nobody."""


class HttpProber:
    """The `Prober` over httpx. Follows no redirects, asks no proxy, keeps no connection.

    It asks nginx's listeners, which speak plain HTTP. The TLS context that httpx insists on is made once,
    trusts nobody, and so costs nothing: loading the authorities takes 25 ms.
    """

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def ask(self, probe: Probe) -> Answer:
        """Send one request; `probe.timeout_s` bounds the whole of it, body included.

        Never raises for what the other side does: no answer has status 0, an answer that broke off has
        its status and an error. The body is read up to `MAX_BODY_BYTES`, decoded and sanitised.
        """
        came = _Came()
        started = time.perf_counter()
        error = ""
        try:
            async with asyncio.timeout(probe.timeout_s):
                await self._exchange(probe, came)
        except TimeoutError:
            error = came.timed_out(probe.timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as failure:
            error = came.failed(failure)
        took_ms = (time.perf_counter() - started) * 1000
        return Answer(came.status, came.text(), took_ms, error, came.is_cut)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _exchange(self, probe: Probe, came: _Came) -> None:
        # Compressed answers would have to be unpacked, and a small one can unpack to gigabytes.
        headers = httpx.Headers({"Host": probe.host, "User-Agent": "bgd", "Accept-Encoding": "identity"})
        headers.update({"Connection": "close", **probe.headers})
        content = probe.body.encode() if probe.body is not None else None
        async with self._client.stream(probe.method, probe.url, headers=headers, content=content) as answer:
            came.status = answer.status_code
            async for chunk in answer.aiter_raw():
                came.body += chunk[: MAX_BODY_BYTES - len(came.body)]
                if len(came.body) >= MAX_BODY_BYTES:
                    came.is_cut = True
                    return


class _Came:
    """What has come so far, so that it isn't lost when the rest doesn't."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_cut = False

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
        if isinstance(failure, httpx.ConnectTimeout):
            return f"no connection within {show_duration(CONNECT_TIMEOUT_S)}"
        said = _cause(failure)
        if isinstance(failure, httpx.ConnectError):
            return said or "no connection"
        if self.status:
            return f"the answer broke off after {len(self.body)} bytes: {said}"
        return said


def _harmless(line: str) -> str:
    """A line without escape sequences, in pieces: JSON may stand on one line longer than a log's may be."""
    pieces = range(0, max(len(line), 1), MAX_LINE_CHARS)
    return "".join(sanitized(line[start : start + MAX_LINE_CHARS]) for start in pieces)


def _cause(failure: BaseException) -> str:
    """The system's word for it, from below the layers that only say that something failed."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
            continue
        if isinstance(seen, OSError) and seen.errno is not None:
            return os.strerror(seen.errno).lower() if seen.errno > 0 else str(seen.strerror)
        seen = seen.__cause__ or seen.__context__
    return sanitized(str(failure)) or type(failure).__name__
