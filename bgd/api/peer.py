"""Who is at the other end of the socket, by the kernel's word."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

_UCRED = struct.Struct("3i")  # pid, uid, gid


class PeerProtocol(H11Protocol):
    """HTTP/1.1 that puts the caller's credentials (`SO_PEERCRED`) into each request's scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the credentials once, for all requests of the connection."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid, uid, gid = _UCRED.unpack(raw)
        self.app = _with_peer(self.app, {"pid": pid, "uid": uid, "gid": gid})


def _with_peer(app: Any, peer: dict[str, int]) -> Any:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("extensions", {})["bgd.peer"] = peer
        await app(scope, receive, send)

    return call


def actor_of(request: Request) -> str:
    """`uid 1000 (pid 4711)`: how the journal names the caller."""
    peer = request.scope.get("extensions", {}).get("bgd.peer")
    return "unknown" if peer is None else f"uid {peer['uid']} (pid {peer['pid']})"
