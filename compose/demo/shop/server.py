"""HTTP/1.1 on a port: many connections, and an end that cuts none of their requests off."""

import asyncio

from shop.connection import Connection
from shop.exchange import Handler
from shop.websocket import Echo

DRAIN_TIMEOUT_S = 25.0
"""How long requests in flight get after SIGTERM: less than Compose's `stop_grace_period` of 30 s."""
BACKLOG = 1024


async def serve(port: int, handler: Handler, echo: Echo, stopping: asyncio.Event) -> bool:
    """Serve until `stopping` is set, then finish what is in flight.

    Returns whether all of it ended within `DRAIN_TIMEOUT_S`. Raises `OSError` where the port is taken.
    """
    connections: dict[asyncio.Task[None], Connection] = {}

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections[task] = Connection(reader, writer, handler, echo, stopping)
        try:
            await connections[task].run()
        finally:
            del connections[task]

    server = await asyncio.start_server(accept, host=None, port=port, backlog=BACKLOG)
    await stopping.wait()
    server.close()
    if not connections:
        return True
    for connection in connections.values():
        connection.close_if_idle()
    _, unfinished = await asyncio.wait(list(connections), timeout=DRAIN_TIMEOUT_S)
    return not unfinished
