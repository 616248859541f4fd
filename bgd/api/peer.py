"""Who asks, by the kernel's word."""

from __future__ import annotations

from starlette.requests import Request


def actor_of(request: Request) -> str:
    """`uid 1000 (pid 4711)`: how the journal names the caller."""
    peer = request.scope.get("extensions", {}).get("bgd.peer")
    return "unknown" if peer is None else f"uid {peer['uid']} (pid {peer['pid']})"
