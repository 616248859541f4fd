"""Endless answers: events and log lines as `text/event-stream`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse

from bgd.errors import BgError

KEEPALIVE_S = 15.0
BATCH = 256


def event_stream(items: AsyncGenerator[Mapping[str, Any]], ending: asyncio.Event) -> StreamingResponse:
    """Items as server-sent events; an item's `id` becomes the event's, to be resumed from.

    Ends with the items, or when `ending` is set: uvicorn waits for open streams otherwise. A comment every
    `KEEPALIVE_S` finds clients that are gone.
    """
    return StreamingResponse(
        _chunks(items, ending), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _chunks(items: AsyncGenerator[Mapping[str, Any]], ending: asyncio.Event) -> AsyncIterator[bytes]:
    yield b": bgd\n\n"
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(BATCH)
    pump = asyncio.create_task(_pump(items, queue))
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
            while not queue.empty() and len(chunks) < BATCH:
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


async def _pump(items: AsyncGenerator[Mapping[str, Any]], queue: asyncio.Queue[bytes | None]) -> None:
    async with aclosing(items):
        try:
            async for item in items:
                await queue.put(_frame(item))
        except BgError as error:
            # The status line is long gone: the client is told in the stream.
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            await queue.put(_frame({"event": "error", "error": told}))
    await queue.put(None)


def _frame(item: Mapping[str, Any]) -> bytes:
    head = f"id: {item['id']}\n" if item.get("id") else ""
    kind = f"event: {item['event']}\n" if "event" in item else ""
    return f"{head}{kind}data: {json.dumps(item, ensure_ascii=False)}\n\n".encode()
