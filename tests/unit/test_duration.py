"""Durations and rates as Compose files write them."""

from __future__ import annotations

import pytest

from bgd.domain.duration import parse_duration, parse_rate, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1m30s", 90.0),
        ("500ms", 0.5),
        ("1h", 3600.0),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("2d", 172800.0),
        ("1w", 604800.0),
        ("20us", 2e-5),
        ("0", 0.0),
        (0, 0.0),
        ("0s", 0.0),
        ("1h0m0s", 3600.0),
    ],
)
def test_durations_are_read_as_compose_reads_them(text: object, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30", "has no unit: write 30s"),
        (30, "has no unit: write 30s"),
        ("-5s", "negative"),
        ("soon", "no duration"),
        ("1:30", "no duration"),
        ("", "no duration"),
        ("5 s", "no duration"),
        ("1m30", "no duration"),
        (True, "no duration"),
        (None, "no duration"),
        ([], "no duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_way_to_write_one(text: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1m30s", "500ms", "1h", "30s", "0s", "1h1m1s", "250ms", "1.5s"])
def test_a_duration_is_shown_as_it_was_written(text: str) -> None:
    assert show_duration(parse_duration(text)) == text


@pytest.mark.parametrize(
    ("text", "rate"), [("1%", 0.01), ("0.5 %", 0.005), (0.01, 0.01), ("0.01", 0.01), (0, 0), ("100%", 1)]
)
def test_rates_are_fractions_or_percent(text: object, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["2", "101%", "-1%", "few", None, True])
def test_what_is_no_rate_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"rate|more than all"):
        parse_rate(text)
