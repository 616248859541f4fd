"""Endless answers: events and log lines as `text/event-stream`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from starlette.responses import StreamingResponse

from bgd.domain.log import LogLine
from bgd.errors import BgError

log = logging.getLogger("bgd.api")

KEEPALIVE_S = 15.0
QUEUED_FRAMES = 16
"""So many wait for a slow reader; one of log lines may be large."""


def event_stream(frames: AsyncGenerator[bytes], ending: asyncio.Event) -> StreamingResponse:
    """An endless answer of server-sent events: `frames` are one or more of them at a time, whole.

    Ends with the items, or when `ending` is set: uvicorn waits for open streams otherwise. A comment every
    `KEEPALIVE_S` finds clients that are gone.
    """
    return StreamingResponse(
        _chunks(frames, ending), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _chunks(frames: AsyncGenerator[bytes], ending: asyncio.Event) -> AsyncIterator[bytes]:
    yield b": bgd\n\n"
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_FRAMES)
    pump = asyncio.create_task(_pump(frames, queue))
    end = asyncio.create_task(ending.wait())
    taken: asyncio.Task[bytes | None] | None = None
    try:
        while not ending.is_set():
            taken = asyncio.create_task(queue.get())
            done, _ = await asyncio.wait(
                {taken, end}, timeout=KEEPALIVE_S, return_when=asyncio.FIRST_COMPLETED
            )
            if taken not in done:
                taken.cancel()
                if not done:
                    yield b": still here\n\n"
                continue
            chunk = taken.result()
            if chunk is None:
                break
            # Whatever has come meanwhile goes with it: one write a batch, not a line.
            chunks = [chunk]
            while not queue.empty() and len(chunks) < QUEUED_FRAMES:
                more = queue.get_nowait()
                if more is None:
                    yield b"".join(chunks)
                    return
                chunks.append(more)
            yield b"".join(chunks)
    finally:
        tasks = [end, pump] if taken is None else [end, pump, taken]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(frames: AsyncGenerator[bytes], queue: asyncio.Queue[bytes | None]) -> None:
    async with aclosing(frames):
        try:
            async for frame in frames:
                await queue.put(frame)
        except BgError as error:
            # The status line is long gone: the client is told in the stream.
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            await queue.put(event_frame({"event": "error", "error": told}))
        except Exception as error:
            log.exception("a stream broke")
            message = f"bgd itself is at fault ({type(error).__name__})"
            told = {"code": "failed", "message": message, "hint": "its log has the trace; traffic goes on"}
            await queue.put(event_frame({"event": "error", "error": told}))
    await queue.put(None)


def log_frames(lines: Iterable[LogLine]) -> bytes:
    """Log lines, each as an event of its own."""
    frames = []
    for at, color, service, container, stream, text in lines:
        # All but the text are bgd's own words and the engine's. Encoding a whole object takes three times as
        # long, and there may be a hundred thousand of them a second.
        source = _source(color, service, container, stream)
        frames.append(f'data: {{"at": "{at}", {source}, "text": {encode_basestring(text)}}}\n\n')
    return "".join(frames).encode()


@lru_cache
def _source(color: str | None, service: str, container: str, stream: str) -> str:
    told = {"color": color, "service": service, "container": container, "stream": stream}
    return json.dumps(told)[1:-1]


def position_frame(since: int) -> bytes:
    """No event, but the id that a client names when it comes again."""
    return f"id: {since}\n\n".encode()


def event_frame(item: Mapping[str, Any]) -> bytes:
    """One event; an item's `id` becomes the event's, to be resumed from."""
    head = f"id: {item['id']}\n" if item.get("id") else ""
    kind = f"event: {item['event']}\n" if "event" in item else ""
    return f"{head}{kind}data: {json.dumps(item)}\n\n".encode()
