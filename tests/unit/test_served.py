"""nginx's log lines as requests, and requests as counts."""

from __future__ import annotations

import random

import pytest

from bgd.domain.color import Color
from bgd.domain.served import Outcome, Reading, Served
from bgd.domain.tally import Tally, percentiles, step_of

BLUE = Color.BLUE


def read(line: bytes) -> Served:
    (served,) = Reading().lines([line])
    return served


def test_a_line_tells_when_where_what_and_how_long() -> None:
    served = read(b"1764000000.123;my-shop-blue;200;200;0.045;0.003")
    assert served == Served(1764000000123, Outcome("my-shop", BLUE, 200, 200, 45, 3))
    assert (served.began_ms, served.answered_ms) == (1764000000078, 1764000000081)


def test_an_error_of_the_app_is_told_from_one_of_nginx() -> None:
    own = read(b"1764000000.123;shop-blue;502;502;0.001;-").outcome
    apps = read(b"1764000000.123;shop-blue;502;502;0.001;0.001").outcome
    assert (own.has_failed, own.was_unanswered, own.app_status) == (True, True, 0)
    assert (apps.has_failed, apps.was_unanswered, apps.app_status) == (True, False, 502)


def test_of_several_containers_the_last_one_that_was_tried_counts() -> None:
    outcome = read(b"1764000000.123;shop-green;200;502, 200;0.009;-, 0.004").outcome
    assert (outcome.app_status, outcome.answer_ms) == (200, 4)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x1b[2J",
        b"1764000000.123;shop-bl",
        b"1764000000.123;shop-red;200;200;0.001;0.001",
        b"1764000000.123;blue;200;200;0.001;0.001",
        b"1764000000.1231764000000.123;shop-blue;200;200;0.001;0.001;",
        b"x;shop-blue;200;200;0.001;0.001",
        b"\xff\xfe;\xff-blue;200;200;0.001;0.001",
        b"1764000000.123;\xff-blue;200;200;0.001;0.001",
    ],
)
def test_what_is_no_line_is_dropped_and_counted(line: bytes) -> None:
    reading = Reading()
    assert reading.lines([line]) == []
    assert reading.torn == 1


def test_lines_of_one_kind_are_one_outcome_and_many_kinds_are_forgotten() -> None:
    reading = Reading()
    kinds = [b"1764000000.123;shop-blue;200;200;%d.001;0.001" % number for number in range(20_000)]
    assert len(reading.lines(kinds)) == 20_000
    first, second = reading.lines([kinds[-1]] * 2)
    assert first.outcome is second.outcome


def test_percentiles_are_those_of_the_sorted_times_to_three_percent() -> None:
    chance = random.Random(7)
    times = [round(chance.lognormvariate(3, 1.5)) for _ in range(5000)]
    tally = Tally()
    for ms in times:
        tally.add(Outcome("shop", BLUE, 200, 200, ms, ms))
    times.sort()
    for told, share in zip(percentiles(tally.steps), (0.5, 0.95, 0.99), strict=True):
        exact = times[round(share * len(times)) - 1]
        assert told is not None
        assert exact * 0.96 - 1 <= told <= exact


def test_steps_are_exact_where_it_matters_and_never_above_the_time() -> None:
    assert [step_of(ms) for ms in range(65)] == list(range(65))
    for ms in (65, 1000, 60_000, 10**9):
        assert ms * 31 / 32 <= step_of(ms) <= ms


def test_no_requests_have_no_percentiles() -> None:
    assert percentiles({}) == (None, None, None)


def test_a_summary_counts_by_class_and_errors_by_status() -> None:
    tally, more = Tally(), Tally()
    for status, answer_ms in ((200, 1), (204, 1), (101, 1), (499, None), (500, 2)):
        tally.add(Outcome("shop", BLUE, status, status, 1, answer_ms))
    more.add(Outcome("shop", BLUE, 502, 0, 1, None))
    tally.merge(more)
    told = tally.summary()
    assert (told.requests, told.failed, told.unanswered, told.left, told.websockets) == (6, 2, 1, 1, 1)
    assert told.statuses == {"1xx": 1, "2xx": 2, "4xx": 1, "5xx": 2}
    assert told.errors == {"500": 1, "502": 1}
