"""The installation that is examined: where its things are, whether or not its daemon answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgd.adapters.docker_engine import DockerEngine

PING_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """`about` is what the daemon says of itself, `None` where it doesn't answer; `silence` says why."""

    socket: Path
    state_dir: Path
    http: str
    preview: str
    proxy_image: str
    instance: str
    engine: DockerEngine
    about: Mapping[str, Any] | None = None
    silence: str = ""

    @property
    def proxy(self) -> str:
        """The proxy's Compose project."""
        return f"{self.instance}-proxy"

    async def reach_engine(self) -> None:
        """Raise `Unreachable` unless the engine answers: asked first, and by a connection that is closed."""
        async with self.engine.socket.request("GET", "/_ping", answer_within_s=PING_WITHIN_S):
            pass
