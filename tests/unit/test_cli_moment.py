"""Times and durations as people read and write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bgd.cli.moment import age, lasting, local, since, to_come, took


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, ""),
        (0, "0ms"),
        (4.2, "4.2ms"),
        (12.34, "12ms"),
        (1234, "1.2s"),
        (59_900, "59.9s"),
        (185_000, "3m05s"),
    ],
)
def test_durations_are_short(ms: float | None, text: str) -> None:
    assert took(ms) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0s"), (59.9, "59s"), (61, "1m01s"), (8040, "2h14m"), (90_000, "1d")]
)
def test_what_lasts_is_counted_to_the_second(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(
    ("ago", "text"), [(5, "5s"), (125, "2m"), (7300, "2h"), (200_000, "2d"), (-60, "0s")]
)
def test_ages_are_rough(ago: float, text: str) -> None:
    at = datetime.now(UTC) - timedelta(seconds=ago)
    assert age(at.isoformat().replace("+00:00", "Z")) == text


def test_no_time_has_no_age() -> None:
    assert age(None) == ""
    assert age("soon") == ""
    assert local(None) == "–"


@pytest.mark.parametrize(
    ("text", "ago_s"), [("10m", 600), ("2h", 7200), ("1h30m", 5400), ("45s", 45), ("2d", 172_800)]
)
def test_since_takes_durations(text: str, ago_s: float) -> None:
    then = datetime.fromisoformat(since(text))
    assert abs((datetime.now(UTC) - then).total_seconds() - ago_s) < 5
    assert since(text).endswith("Z")


def test_since_takes_times_with_a_zone() -> None:
    assert since("2025-06-01T12:00:00+02:00") == "2025-06-01T10:00:00Z"
    assert since("2025-06-01T12:00:00Z") == "2025-06-01T12:00:00Z"


@pytest.mark.parametrize("text", ["", "yesterday", "10", "m10", "10m!", "99999999999999d"])
def test_since_takes_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        since(text)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("03:00", "2026-11-23T12:00", "2026-11-24T02:00:00Z"),
        ("13:30", "2026-11-23T12:00", "2026-11-23T12:30:00Z"),
        ("3:00", "2026-11-23T02:00", "2026-11-24T02:00:00Z"),  # it is 03:00 there right now
        ("03:00", "2026-10-24T12:00", "2026-10-25T02:00:00Z"),  # the clock was put back meanwhile
        ("02:30", "2026-10-24T12:00", "2026-10-25T00:30:00Z"),  # comes twice: the first
        ("02:30", "2026-03-28T12:00", "2026-03-29T01:30:00Z"),  # never comes: an hour later
        ("2026-11-24T03:00Z", "2026-11-23T12:00", "2026-11-24T03:00:00Z"),
        ("2026-11-24T03:00", "2026-11-23T12:00", "2026-11-24T02:00:00Z"),
        ("2026-11-24 03:00+05:00", "2026-11-23T12:00", "2026-11-23T22:00:00Z"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_a_time_to_come_is_by_this_machine_s_clock(text: str, now: str, then: str) -> None:
    assert to_come(text, datetime.fromisoformat(now).replace(tzinfo=UTC)) == then


@pytest.mark.parametrize(
    ("text", "told"), [("25:00", "is no time"), ("soon", "is no time"), ("2020-01-01T00:00Z", "is over")]
)
def test_what_is_no_time_to_come_is_said(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        to_come(text)
