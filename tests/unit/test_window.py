"""Windows by the wall clock, also where it is changed; and what a deployment waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Kind, Options, Stage
from bgd.domain.hold import hold_of
from bgd.domain.lifecycle import State
from bgd.domain.settings import Promote, Settings
from bgd.domain.window import Window, opening

WEEKDAYS = (0, 1, 2, 3, 4)
OFFICE = Window(WEEKDAYS, 9 * 60, 17 * 60, "Europe/Berlin")


def at(text: str) -> datetime:
    """A moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T08:00", None),  # Monday, 09:00 in Berlin
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T15:59", None),
        ("2026-11-23T16:00", "2026-11-24T08:00"),
        ("2026-11-27T16:00", "2026-11-30T08:00"),  # over the weekend
        ("2026-07-06T07:00", None),  # in summer an hour earlier by UTC
        ("2026-07-06T06:59", "2026-07-06T07:00"),
    ],
)
def test_a_window_is_open_by_the_wall_clock_of_its_zone(now: str, opens: str | None) -> None:
    assert opening([OFFICE], at(now)) == (None if opens is None else at(opens))


def test_without_windows_it_is_always_open() -> None:
    assert opening([], at("2026-11-23T03:00")) is None


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = Window((4,), 22 * 60, 4 * 60)
    assert opening([night], at("2026-11-28T03:59")) is None  # Saturday
    assert opening([night], at("2026-11-27T03:00")) == at("2026-11-27T22:00")  # Friday
    assert opening([night], at("2026-11-28T04:00")) == at("2026-12-04T22:00")


def test_the_next_of_several_windows_counts() -> None:
    sunday = Window((6,), 60, 120)
    assert opening([OFFICE, sunday], at("2026-11-27T20:00")) == at("2026-11-29T01:00")


def test_where_the_clock_is_put_forward_an_edge_in_the_gap_is_an_hour_later() -> None:
    # On 2026-03-29, 02:00 became 03:00 in Berlin, at 01:00 UTC.
    night = Window((6,), 2 * 60 + 30, 5 * 60, "Europe/Berlin")
    assert opening([night], at("2026-03-29T01:29")) == at("2026-03-29T01:30")  # which is 03:30 there
    assert opening([night], at("2026-03-29T01:30")) is None
    assert opening([night], at("2026-03-29T03:00")) == at("2026-04-05T00:30")


def test_a_window_within_the_gap_is_skipped_no_deployment_is_lost() -> None:
    tiny = Window((6,), 2 * 60, 3 * 60, "Europe/Berlin")  # both edges are 03:00 on that day
    assert opening([tiny], at("2026-03-28T12:00")) == at("2026-04-05T00:00")


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    # On 2026-10-25, 03:00 became 02:00 in Berlin, at 01:00 UTC: 02:30 was at 00:30 and at 01:30 UTC.
    night = Window((6,), 2 * 60, 2 * 60 + 30, "Europe/Berlin")
    assert opening([night], at("2026-10-25T00:00")) is None
    assert opening([night], at("2026-10-25T00:29")) is None
    assert opening([night], at("2026-10-25T00:30")) == at("2026-11-01T01:00")


NOW = at("2026-11-23T12:00")
READY = Deployment(
    1, "shop", Kind.DEPLOY, 2, Color.GREEN, State.SMOKING, Options(), "me", "", NOW, previous=Color.BLUE
)


def test_approval_by_itself_counts_from_the_beginning_of_the_wait() -> None:
    asks = Settings(promote=Promote.MANUAL, promote_after_s=600.0)
    waiting = replace(READY, stages=(Stage(State.AWAITING, NOW), Stage(State.CHECKING, NOW)))
    hold = hold_of(waiting, asks, NOW + timedelta(minutes=9))
    assert hold is not None
    assert (hold.needs_approval, hold.until) == (True, NOW + timedelta(minutes=10))
    assert hold_of(waiting, asks, NOW + timedelta(minutes=10)) is None
    never = hold_of(waiting, Settings(promote=Promote.MANUAL), NOW + timedelta(days=9))
    assert never is not None
    assert never.until is None


def test_after_the_approval_it_waits_for_the_time_it_was_ordered_for_and_then_for_a_window() -> None:
    settings = Settings(promote=Promote.MANUAL, windows=(OFFICE,))
    approved = replace(READY, options=Options(promoted=True, at=at("2026-11-23T20:00")))
    first = hold_of(approved, settings, NOW)
    assert first is not None
    assert (first.needs_approval, first.until) == (False, at("2026-11-23T20:00"))
    then = hold_of(approved, settings, at("2026-11-23T20:00"))
    assert then is not None
    assert then.until == at("2026-11-24T08:00")
    assert hold_of(approved, settings, at("2026-11-24T08:00")) is None


def test_now_passes_over_times_and_not_over_approval() -> None:
    settings = Settings(promote=Promote.MANUAL, windows=(OFFICE,))
    night = at("2026-11-23T22:00")
    assert hold_of(replace(READY, options=Options(promoted=True, now=True)), settings, night) is None
    hold = hold_of(replace(READY, options=Options(now=True)), settings, night)
    assert hold is not None
    assert hold.needs_approval
