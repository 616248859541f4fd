"""Durations and rates as Compose files write them."""

from __future__ import annotations

import re
from datetime import datetime

_UNIT_S = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(%?)")


def parse_duration(value: object) -> float:
    """Seconds of `1m30s`, `500ms`, `1.5h`, or of a bare 0.

    Units are Compose's: ns, us, ms, s, m, h, d, w, each number with one. Raises `ValueError` with a
    message for people: a bare `30` could be meant as anything, so it is refused, not guessed.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is no duration: write it like 30s, 500ms or 1m30s")
    text = str(value).strip()
    if not text.strip("+-.0") and "0" in text:
        return 0.0
    if text.startswith("-"):
        raise ValueError(f"{text!r} is negative: a duration is 0 or more")
    if re.fullmatch(r"\+?(\d+\.?\d*|\.\d+)", text):
        raise ValueError(f"{text!r} has no unit: write {text}s, {text}m or {text}h")
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no duration: write it like 30s, 500ms or 1m30s")
    return sum(float(number) * _UNIT_S[unit] for number, unit in _PART.findall(text))


def show_duration(seconds: float) -> str:
    """`seconds` as a Compose file would write them: `1m30s`, `500ms`, `0s`."""
    if seconds <= 0:
        return "0s"
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    rest, parts = seconds, []
    for unit in ("h", "m"):
        count, rest = divmod(rest, _UNIT_S[unit])
        if count:
            parts.append(f"{count:.0f}{unit}")
    if rest or not parts:
        parts.append(f"{round(rest, 3):g}s")
    return "".join(parts)


def parse_rate(value: object) -> float:
    """A fraction of 1, from `1%`, `0.5 %` or `0.01`. Raises `ValueError` outside 0 to 1."""
    match = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        match = _RATE.fullmatch(str(value).strip())
    if not match:
        raise ValueError("is no rate: write it like 1% or 0.01")
    rate = float(match[1]) / (100 if match[2] else 1)
    if rate > 1:
        raise ValueError(f"{str(value)!r} is more than all: write it like 1% or 0.01")
    return rate


def ms_between(then: datetime, now: datetime) -> int:
    """Milliseconds from one moment to another; none where the clock was set back in between."""
    return max(0, round((now - then).total_seconds() * 1000))
