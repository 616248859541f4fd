"""Times and durations as people read and write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bgd.cli.moment import age, lasting, local, since, took


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
