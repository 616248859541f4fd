"""When the traffic moved, and whose answers were possible at which time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Move:
    """From `begun` to `ended` both sides may answer; from then on only `label`, if it succeeded."""

    label: str
    begun: float
    ended: float = float("inf")
    succeeded: bool = False


@dataclass(slots=True)
class Moves:
    """The moves in their order. `start` is who answered before the first one."""

    start: str
    made: list[Move] = field(default_factory=list)

    @asynccontextmanager
    async def to(self, label: str) -> AsyncIterator[None]:
        """Around whatever moves the traffic to `label`; a move that raises didn't happen."""
        move = Move(label, time.monotonic())
        self.made.append(move)
        try:
            yield
            move.succeeded = True
        finally:
            move.ended = time.monotonic()

    def allow(self, label: str, sent: float, received: float) -> bool:
        """Whether `label` may answer a request that was sent and received at these times."""
        over = [move.label for move in self.made if move.succeeded and move.ended <= sent]
        possible = {over[-1] if over else self.start}
        possible |= {move.label for move in self.made if move.begun <= received and move.ended > sent}
        return label in possible
