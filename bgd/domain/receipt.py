"""The receipt of a change: what happened to real traffic while it was made.

Everything here is told by nginx, for each request when it ended, to the millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bgd.domain.color import Color
from bgd.domain.served import Served
from bgd.domain.tally import Summary, Tally

BEFORE_S = 60
"""What `before` means: the minute before the command."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What was still open on a colour when its time to drain was up.

    `connections` were cut, `websockets` of them WebSockets; `left` couldn't be, or came in by the preview.
    """

    connections: int = 0
    websockets: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """How sharp the move was. Milliseconds since the command.

    `ordered_ms`: the gate was about to be flipped; `seen_ms`: nginx was seen to serve the new colour, and
    from then on no request may begin on the old one. `first_new_ms`: the new colour began its first answer;
    `last_old_ms`: the last request of the old one began. `in_flight` requests ended on the old colour after
    the flip; `strays` began there after it was seen: the promise is that there are none.
    """

    old: Color | None
    new: Color
    ordered_ms: int
    seen_ms: int | None = None
    first_new_ms: int | None = None
    last_old_ms: int | None = None
    in_flight: int = 0
    strays: int = 0
    drained_ms: int | None = None
    cut: Cut = Cut()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A change's traffic, from the command to the end of draining; counted are requests that ended then.

    `before` is the traffic of the minute before. Not `is_whole` where the daemon didn't see all of it.
    """

    began: datetime
    ended: datetime
    before: Summary
    during: Summary
    colors: Mapping[Color, Summary]
    move: Move | None
    is_whole: bool = True


@dataclass(slots=True)
class Draft:
    """A receipt that is being written. Times are milliseconds of the epoch.

    `coming` is the colour that is to get the traffic: it may have a share before the move is ordered.
    """

    asked_ms: int
    before: Tally | None = None  # known a moment after the command
    coming: Color | None = None
    colors: dict[Color, Tally] = field(default_factory=lambda: {color: Tally() for color in Color})
    old: Color | None = None
    new: Color | None = None
    ordered_ms: int = 0
    seen_ms: int | None = None
    back_ms: int | None = None  # when it was moved back
    first_new_ms: int | None = None
    last_old_ms: int | None = None
    in_flight: int = 0
    old_began_ms: list[int] = field(default_factory=list)  # after the order: few, or a defect
    drained_ms: int | None = None
    cut: Cut = Cut()
    cut_at_ms: int | None = None
    cut_websockets: int = 0
    ends_ms: int | None = None
    is_whole: bool = True
    was_moved: bool = False  # by a daemon that is no more: how sharply isn't known

    def ordered(self, old: Color | None, new: Color, at_ms: int) -> None:
        """The traffic is about to move; a second time, back."""
        if self.new is None:
            self.old, self.new, self.ordered_ms = old, new, at_ms
        else:
            self.back_ms = at_ms

    def moved(self, old: Color | None, new: Color, ordered_ms: int, seen_ms: int) -> None:
        """An earlier daemon moved the traffic then. Who was first and who last, it alone knew."""
        self.old, self.new, self.ordered_ms, self.seen_ms = old, new, ordered_ms, seen_ms
        self.was_moved = True

    def seen(self, at_ms: int) -> None:
        """The move was seen."""
        if self.back_ms is None:
            self.seen_ms = at_ms

    def add(self, served: Served) -> None:
        """One request, in whatever order they come."""
        outcome = served.outcome
        if served.ended_ms < self.asked_ms or (self.ends_ms is not None and served.ended_ms > self.ends_ms):
            return
        self.colors[outcome.color].add(outcome)
        if self.new is None or served.ended_ms < self.ordered_ms - 1:
            # Before the order: only the old colour's last one matters, and it may turn out to be that.
            self._old_ended(served)
            return
        if self.back_ms is not None and served.ended_ms >= self.back_ms:
            return
        if outcome.color is self.new:
            at_ms = served.answered_ms
            if at_ms is not None and (self.first_new_ms is None or at_ms < self.first_new_ms):
                self.first_new_ms = at_ms
        else:
            self.in_flight += served.ended_ms > self.ordered_ms
            self._old_ended(served)
            if served.began_ms > self.ordered_ms and len(self.old_began_ms) < 100_000:
                self.old_began_ms.append(served.began_ms)
            if self.cut_at_ms is not None and served.ended_ms >= self.cut_at_ms - 1 and outcome.status == 101:
                self.cut_websockets += 1

    def _old_ended(self, served: Served) -> None:
        if served.outcome.color is not (self.new or self.coming):
            began_ms = served.began_ms
            if self.last_old_ms is None or began_ms > self.last_old_ms:
                self.last_old_ms = began_ms

    def receipt(self) -> Receipt:
        """The receipt, once `ends_ms` is set and all that ended before has come."""
        assert self.ends_ms is not None
        during = Tally()
        for tally in self.colors.values():
            during.merge(tally)
        return Receipt(
            _time(self.asked_ms),
            _time(self.ends_ms),
            (self.before or Tally()).summary(),
            during.summary(),
            {color: tally.summary() for color, tally in self.colors.items()},
            self._move(),
            self.is_whole,
        )

    def _move(self) -> Move | None:
        if self.new is None:
            return None
        after = None if self.seen_ms is None else self.seen_ms - self.asked_ms
        websockets = min(self.cut.connections, self.cut_websockets)
        return Move(
            self.old,
            self.new,
            self.ordered_ms - self.asked_ms,
            after,
            None if self.first_new_ms is None or self.was_moved else self.first_new_ms - self.asked_ms,
            None if self.last_old_ms is None or self.was_moved else self.last_old_ms - self.asked_ms,
            self.in_flight,
            0 if self.seen_ms is None else sum(began > self.seen_ms for began in self.old_began_ms),
            None if self.drained_ms is None else self.drained_ms - self.asked_ms,
            Cut(self.cut.connections, websockets, self.cut.left),
        )


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
