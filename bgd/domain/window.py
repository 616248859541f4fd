"""Windows: the days and hours in which traffic may move by itself.

A window is written in the wall clock of a zone, so it follows summer time. Where the clock is put forward
over an edge of it, the edge is as much later; where an hour comes twice, the first one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_min` to `to_min`, minutes since midnight, on `days` (0 is Monday) of the zone `tz`.

    One that ends before it begins, or as it begins, lasts into the next day, which needn't be one of `days`.
    """

    days: tuple[int, ...]
    from_min: int = 0
    to_min: int = WHOLE_DAY_MIN
    tz: str = "UTC"

    def spans(self, around: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Its beginnings and ends in UTC, from the day before `around` until a week after it."""
        zone = ZoneInfo(self.tz)
        today = around.astimezone(zone).date()
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if day.weekday() not in self.days:
                continue
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock's, until `zone`
            over = WHOLE_DAY_MIN if self.to_min <= self.from_min else 0
            begin, end = (
                (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)
                for minutes in (self.from_min, self.to_min + over)
            )
            if begin < end:
                yield begin, end


def opening(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When the next window opens; `None` while one is open, or where there are none."""
    spans = [span for window in windows for span in window.spans(now)]
    if not windows or any(begin <= now < end for begin, end in spans):
        return None
    return min(begin for begin, _ in spans if begin > now)
