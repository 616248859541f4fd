"""A request that an app was asked, as nginx's access log tells it.

A line is `1764000000.123;shop-blue;200;200;0.004;0.003`: when the request ended, to which app and colour it
went, the status that the client got, the one that the app gave, how long it all took, and after which time
the app began to answer. Times are seconds with three decimals, so all is exact to the millisecond. Nothing in
it is the client's to choose; but a line may be torn, by a disk that was full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from bgd.domain.color import Color

WEBSOCKET = 101
CLIENT_LEFT = 499
_MOST_KINDS = 8192


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a request went and what became of it.

    `app_status` is 0 where the app gave none, and `answer_ms`, the time until it began to answer, `None`: it
    couldn't be reached, broke off, or the client left first. `took_ms` includes the whole answer: of a
    WebSocket its life, of a download the client's line.
    """

    app: str
    color: Color
    status: int
    app_status: int
    took_ms: int
    answer_ms: int | None

    @property
    def has_failed(self) -> bool:
        """The client got an error of the server's."""
        return self.status >= 500

    @property
    def was_unanswered(self) -> bool:
        """The error is nginx's own: the app couldn't be reached, broke off, or was too slow."""
        return self.has_failed and self.answer_ms is None


class Served(NamedTuple):
    """One request: `ended_ms` is nginx's clock, in milliseconds of the epoch."""

    ended_ms: int
    outcome: Outcome

    @property
    def began_ms(self) -> int:
        """When its first byte was read."""
        return self.ended_ms - self.outcome.took_ms

    @property
    def answered_ms(self) -> int | None:
        """When the app began to answer, the time of the request's own arrival left out: at the latest."""
        answer_ms = self.outcome.answer_ms
        return None if answer_ms is None else self.began_ms + answer_ms


class Reading:
    """Reads lines. All but a line's time is soon seen again, so that is read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, Outcome] = {}
        self.torn = 0

    def lines(self, lines: list[bytes]) -> list[Served]:
        """The requests of these lines; what is no line is counted in `torn`."""
        found = []
        known = self._known
        for line in lines:
            time, _, rest = line.partition(b";")
            try:
                # `1764000000.123`: nginx writes three decimals always.
                ended_ms = int(time[:-4]) * 1000 + int(time[-3:])
                outcome = known.get(rest) or self._learn(rest)
            except ValueError:
                self.torn += 1
                continue
            found.append(Served(ended_ms, outcome))
        return found

    def _learn(self, rest: bytes) -> Outcome:
        outcome = _outcome(rest)
        if len(self._known) >= _MOST_KINDS:
            self._known.clear()
        self._known[rest] = outcome
        return outcome


def _outcome(rest: bytes) -> Outcome:
    """Raises `ValueError`."""
    to, status, app_statuses, took, answers = rest.decode("ascii").split(";")
    app, _, color = to.rpartition("-")
    if not app:
        raise ValueError(to)
    answer_ms = _last_ms(answers)
    return Outcome(app, Color(color), int(status), _last(app_statuses, answer_ms), _ms(took), answer_ms)


def _last(told: str, answer_ms: int | None) -> int:
    """The status of the container that was asked last: nginx gives one of its own where it got none."""
    last = told.replace(":", ",").split(",")[-1].strip()
    return 0 if last == "-" or answer_ms is None else int(last)


def _last_ms(told: str) -> int | None:
    last = told.replace(":", ",").split(",")[-1].strip()
    return None if last == "-" else _ms(last)


def _ms(seconds: str) -> int:
    whole, _, decimals = seconds.partition(".")
    return int(whole) * 1000 + int(decimals)
