"""What became of each request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.docker.load.moves import Moves


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: times are of `time.monotonic()`, in seconds.

    `sent` is the moment before its first byte was written (of a WebSocket: its handshake's), `received`
    when its answer was whole, or when it failed. `label` is who answered.
    """

    kind: str
    sent: float
    received: float
    label: str = ""
    failure: str = ""


@dataclass(slots=True)
class Report:
    """All attempts so far."""

    attempts: list[Attempt] = field(default_factory=list)

    @property
    def failures(self) -> Sequence[Attempt]:
        """Those that a client would call an error."""
        return [attempt for attempt in self.attempts if attempt.failure]

    def stale(self, moves: Moves) -> Sequence[Attempt]:
        """Answers from where the traffic had left before they were asked for."""
        return [
            attempt
            for attempt in self.attempts
            if attempt.label and not moves.allow(attempt.label, attempt.sent, attempt.received)
        ]

    def count(self, kind: str = "") -> int:
        """How many ended well, of one kind or all."""
        return sum(not each.failure and kind in ("", each.kind) for each in self.attempts)

    def __str__(self) -> str:
        done = Counter(each.kind for each in self.attempts)
        failed = Counter((each.kind, each.failure) for each in self.failures)
        lines = [f"{kind}: {number} requests" for kind, number in sorted(done.items())]
        lines += [f"{kind} failed {number} times: {why}" for (kind, why), number in failed.most_common()]
        return "\n".join([f"{len(self.attempts)} requests, {len(self.failures)} failed", *lines])
