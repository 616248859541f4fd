"""Whether a release that has the traffic does as well as the one before it did.

A watch ends with the first limit that breaks. A limit is compared with what the old colour did in the minute
before the switch, where enough came then: one that failed as often already is no reason to go back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bgd.domain.color import Color
from bgd.domain.duration import show_duration
from bgd.domain.settings import Bake
from bgd.domain.tally import Summary, Tally, percentiles

ENOUGH_FAILURES = 10
"""So many are judged before `min_requests` came, as if all that are missing went well."""
FEWEST = 2
"""One that fails, or is late, is chance."""
SLOWER_MS = 50
"""Twice as slow isn't slow where both are fast."""
LAST_STATUSES = 10


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen of a release since it got traffic. `before` is the old colour's minute before that.

    `probes` are bgd's own requests, made while few others came; `failing` the last statuses of requests that
    failed; `limit` the limit that broke, in words, and empty where none did. `restarts` are the containers'
    counts when it began.
    """

    old: Color
    before: Summary | None = None  # None: not known yet
    after: Summary = field(default_factory=Summary)
    probes: int = 0
    failed_probes: int = 0
    failing: tuple[int, ...] = ()
    limit: str = ""
    min_requests: int = 0
    restarts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_judged(self) -> bool:
        """Whether enough requests came to say anything."""
        return self.after.requests + self.probes >= self.min_requests

    @property
    def verdict(self) -> str:
        """How it went, in a sentence."""
        if self.limit:
            return self.limit
        asked = f"{self.after.requests:,} requests, {self.after.failed:,} failed"
        if self.after.requests >= self.min_requests:
            return f"kept its limits: {asked}"
        own = f"bgd made {self.probes:,} itself, {self.failed_probes:,} failed"
        if self.is_judged:
            return f"kept its limits, with few real requests: {asked}; {own}"
        return f"too few requests to judge ({self.min_requests:,} are needed): {asked}; {own}"

    def evidence(self, new: Color, since: str = "the switch") -> tuple[str, ...]:
        """The figures, a line each, for a person who wants to know why."""
        lines = [f"{new} since {since}: {_told(self.after)}"]
        if self.failing:
            lines.append(f"its last failing answers: {' '.join(map(str, self.failing))}")
        if self.probes:
            lines.append(f"bgd's own requests to it: {self.probes:,}, {self.failed_probes:,} failed")
        before = "not known" if self.before is None else _told(self.before)
        return (*lines, f"{self.old} in the minute before: {before}")


def _told(summary: Summary) -> str:
    if not summary.requests:
        return "no requests"
    errors = ", ".join(f"{number:,} × {status}" for status, number in summary.errors.items())
    told = f"{summary.requests:,} requests, {summary.failed:,} failed" + (f" ({errors})" if errors else "")
    if summary.p95_ms is None or summary.p99_ms is None:
        return told
    return f"{told}, p95 {summary.p95_ms:,} ms, p99 {summary.p99_ms:,} ms"


def breach(limits: Bake, before: Summary, after: Tally, probes: int, failed_probes: int) -> str:
    """The limit that is broken, in words; empty while none is, or too little came to say so."""
    return _too_many_errors(limits, before, after, probes, failed_probes) or _too_slow(limits, before, after)


def _too_many_errors(limits: Bake, before: Summary, after: Tally, probes: int, failed_probes: int) -> str:
    failed, asked = after.failed + failed_probes, after.requests + probes
    usual = before.failed / before.requests if before.requests >= max(1, limits.min_requests) else 0.0
    limit = usual + limits.max_error_rate
    counted = max(asked, limits.min_requests) if failed >= ENOUGH_FAILURES else asked
    if failed < FEWEST or counted < limits.min_requests or failed <= limit * counted:
        return ""
    allowed = f"max_error_rate is {_percent(limits.max_error_rate)}"
    if usual:
        allowed += f", and {_percent(usual)} failed before"
    return f"{failed:,} of {asked:,} requests failed ({_percent(failed / asked)}; {allowed})"


def _too_slow(limits: Bake, before: Summary, after: Tally) -> str:
    answered = sum(after.steps.values())
    if answered < max(1, limits.min_requests):
        return ""
    if limits.max_p99_s is not None:
        most_ms = limits.max_p99_s * 1000
        late = sum(number for step, number in after.steps.items() if step > most_ms)
        if late >= FEWEST and late > 0.01 * answered:
            return (
                f"{late:,} of {answered:,} requests took longer than {show_duration(limits.max_p99_s)}"
                " (max_p99 allows 1%)"
            )
    usual_ms, (_, now_ms, _) = before.p95_ms, percentiles(after.steps)
    if limits.max_slowdown is not None and usual_ms is not None and now_ms is not None:
        is_known = before.requests >= max(1, limits.min_requests)
        if is_known and now_ms > max(usual_ms * limits.max_slowdown, usual_ms + SLOWER_MS):
            return (
                f"95 % of requests are answered within {now_ms:,} ms, before within {usual_ms:,} ms"
                f" (max_slowdown is {limits.max_slowdown:g})"
            )
    return ""


def _percent(rate: float) -> str:
    return f"{rate * 100:.3g}%"
