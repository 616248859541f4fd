"""Requests counted: how many, what became of them, and how soon they were answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bgd.domain.served import CLIENT_LEFT, WEBSOCKET, Outcome

_EXACT_BITS = 6


def step_of(ms: int) -> int:
    """The step of the latency scale that a time falls into, by its lower end.

    Steps are 1 ms up to 64 ms, and then 1/32 of the time: coarse enough to add up, fine enough to compare.
    """
    shift = max(0, ms.bit_length() - _EXACT_BITS)
    return ms >> shift << shift


@dataclass(slots=True)
class Tally:
    """A count that goes on. `steps` counts answers by the step of their time; see `step_of`.

    Times are until the app began to answer, so downloads and WebSockets tell of the app and not of their
    length. What was never answered has none.
    """

    requests: int = 0
    failed: int = 0  # 5xx
    unanswered: int = 0  # of these, nginx's own
    left: int = 0  # the client went away first
    websockets: int = 0  # that have ended
    statuses: Counter[int] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """One more request."""
        self.requests += 1
        self.statuses[outcome.status] += 1
        if outcome.answer_ms is not None:
            self.steps[step_of(outcome.answer_ms)] += 1
        if outcome.status >= 500:
            self.failed += 1
            self.unanswered += outcome.was_unanswered
        elif outcome.status == CLIENT_LEFT:
            self.left += 1
        elif outcome.status == WEBSOCKET:
            self.websockets += 1

    def merge(self, other: Tally) -> None:
        """All of another one."""
        self.requests += other.requests
        self.failed += other.failed
        self.unanswered += other.unanswered
        self.left += other.left
        self.websockets += other.websockets
        self.statuses.update(other.statuses)
        self.steps.update(other.steps)

    def summary(self) -> Summary:
        """The count as it is now."""
        p50, p95, p99 = percentiles(self.steps)
        classes = Counter[str]()
        for status, number in self.statuses.items():
            classes[f"{status // 100}xx"] += number
        errors = {str(status): number for status, number in sorted(self.statuses.items()) if status >= 500}
        return Summary(
            self.requests,
            self.failed,
            self.unanswered,
            self.left,
            self.websockets,
            dict(sorted(classes.items())),
            errors,
            p50,
            p95,
            p99,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """A count that is over. `statuses` counts by class (`2xx`), `errors` by status; times in milliseconds."""

    requests: int = 0
    failed: int = 0
    unanswered: int = 0
    left: int = 0
    websockets: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    p50_ms: int | None = None
    p95_ms: int | None = None
    p99_ms: int | None = None


def percentiles(steps: Mapping[int, int]) -> tuple[int | None, int | None, int | None]:
    """The times, in milliseconds, that half, 95 % and 99 % of the answers didn't exceed; none of nothing."""
    total = sum(steps.values())
    if not total:
        return None, None, None
    found = []
    ordered = iter(sorted(steps.items()))
    step, seen = next(ordered)
    seen_to = seen
    for share in (0.5, 0.95, 0.99):
        while seen_to < share * total:
            step, seen = next(ordered)
            seen_to += seen
        found.append(step)
    return found[0], found[1], found[2]
