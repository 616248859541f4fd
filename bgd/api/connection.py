"""One connection to the socket: who is at its other end, and how much of the daemon it may take.

Whoever may connect may also do harm without meaning it: a script that forgets to close, a scanner, a pipe
that nobody reads. So a connection without a request ends after a while, whatever trickles in; and where there
are too many, the one that was idle longest makes room.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 512
"""So many are served at once; each takes 100 kB at most, and log streams a connection to the engine."""

_UCRED = struct.Struct("3i")  # pid, uid, gid


class Connection(H11Protocol):
    """HTTP/1.1 that puts the caller's credentials (`SO_PEERCRED`) into each request's scope."""

    idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the credentials once, for all requests of the connection, and see that there is room."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid, uid, gid = _UCRED.unpack(raw)
        self.app = _with_peer(self.app, {"pid": pid, "uid": uid, "gid": gid})
        self._await_request()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """As uvicorn does it, but only a whole request stops the clock that `_await_request` has started."""
        self.conn.receive_data(data)
        self.handle_events()

    def on_response_complete(self) -> None:
        """From now on the connection is idle; uvicorn starts the clock."""
        self.idle_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What isn't HTTP is answered in the form of all errors, and the connection ends."""
        self._refuse(400, "invalid", f"that isn't HTTP/1.1: {msg.lower()}", "see /openapi.json")

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked of it at this moment."""
        return self.cycle is None or self.cycle.response_complete

    def _await_request(self) -> None:
        self.idle_since = self.loop.time()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _make_room(self) -> None:
        others = [c for c in self.connections if isinstance(c, Connection) and c is not self and c.is_idle]
        if others:
            min(others, key=lambda one: one.idle_since).timeout_keep_alive_handler()
            return
        message = f"{MAX_CONNECTIONS} connections are open already, all of them in use"
        self._refuse(503, "refused", message, "`ss -xp` shows whose they are; try again when some have ended")

    def _refuse(self, status: int, code: str, message: str, hint: str) -> None:
        body = json.dumps({"error": {"code": code, "message": message, "hint": hint}}).encode()
        head = (
            f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(head.encode() + body)
        self.transport.close()


def _with_peer(app: Any, peer: dict[str, int]) -> Any:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("extensions", {})["bgd.peer"] = peer
        await app(scope, receive, send)

    return call
