"""Times and durations as people read and write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `datetime` costs 3 ms, and half of the verbs know no time
    from datetime import datetime

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d+[smhdw])+")


def took(ms: float | None) -> str:
    """A duration that is over: `12ms`, `1.2s`, `3m05s`; empty for none."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms:.0f}ms" if ms >= 10 or ms == int(ms) else f"{ms:.1f}ms"
    return f"{ms / 1000:.1f}s" if ms < 60_000 else lasting(ms / 1000)


def lasting(seconds: float) -> str:
    """A duration that goes on, to the second: `0s`, `59s`, `3m05s`, `2h14m`, `5d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d"


def age(at: str | None) -> str:
    """How long ago, roughly: `4s`, `12m`, `3h`, `5d`; empty for never. `at` is RFC 3339."""
    seconds = seconds_since(at)
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def seconds_since(at: str | None) -> float | None:
    """Seconds from then to now, negative for what is to come; `None` for what is no time."""
    from datetime import UTC, datetime

    then = _parsed(at)
    return None if then is None else (datetime.now(UTC) - then).total_seconds()


def local(at: str | None) -> str:
    """A time on the clock of whoever reads: `14:03:07` of today, else with the date. `–` for none."""
    from datetime import UTC, datetime

    then = _parsed(at)
    if then is None:
        return "–"
    here = then.astimezone()
    is_today = here.date() == datetime.now(UTC).astimezone().date()
    return f"{here:%H:%M:%S}" if is_today else f"{here:%Y-%m-%d %H:%M:%S}"


def _parsed(at: str | None) -> datetime | None:
    from datetime import UTC, datetime

    try:
        then = datetime.fromisoformat(at or "")
    except ValueError:
        return None
    return then if then.tzinfo is not None else then.replace(tzinfo=UTC)


def since(text: str) -> str:
    """RFC 3339 in UTC of `10m`, `1h30m` or `2d` ago, or of a time. Raises `ValueError` for anything else.

    A time without a zone is one of this machine's clock.
    """
    from datetime import UTC, datetime, timedelta

    try:
        if _DURATION.fullmatch(text):
            parts = re.findall(r"(\d+)([smhdw])", text)
            ago = timedelta(seconds=sum(int(number) * _UNITS_S[unit] for number, unit in parts))
            then = datetime.now(UTC) - ago
        else:
            then = datetime.fromisoformat(text)
        return then.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time") from None


def to_come(text: str, now: datetime | None = None) -> str:
    """RFC 3339 in UTC of a time to come: `03:00`, the next one by this machine's clock, or a whole time.

    A time without a zone is one of this machine's clock. Raises `ValueError` for what is none, or is over.
    """
    from datetime import UTC, datetime, time, timedelta

    here = (now or datetime.now(UTC)).astimezone()
    try:
        if re.fullmatch(r"\d{1,2}:\d\d", text):
            wall = time.fromisoformat(text.zfill(5))
            days = (here.replace(tzinfo=None).date() + timedelta(days=ahead) for ahead in range(3))
            # By `timestamp`: `astimezone` takes a time that the clock skips for an hour before it.
            moments = (datetime.fromtimestamp(datetime.combine(day, wall).timestamp(), UTC) for day in days)
            then = next(moment for moment in moments if moment > here)
        else:
            then = datetime.fromtimestamp(datetime.fromisoformat(text).timestamp(), UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: write it like 03:00 or 2026-11-24T03:00Z") from None
    if then <= here:
        raise ValueError(f"{text!r} is over: name a time to come")
    return then.isoformat().replace("+00:00", "Z")
