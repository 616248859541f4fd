"""A change's receipt: whose request counts where, and how sharp the move was."""

from __future__ import annotations

import random

import pytest

from bgd.domain.color import Color
from bgd.domain.receipt import Cut, Draft, Move
from bgd.domain.served import Outcome, Served
from bgd.domain.tally import Tally

BLUE, GREEN = Color.BLUE, Color.GREEN
ASKED = 1_764_000_000_000


def served(color: Color, ended: int, took: int = 2, status: int = 200, answer_ms: int | None = 1) -> Served:
    """A request that ended so many milliseconds after the command."""
    return Served(ASKED + ended, Outcome("shop", color, status, status, took, answer_ms))


def draft() -> Draft:
    """A move from blue to green, ordered after 40 ms and seen after 45."""
    made = Draft(ASKED, Tally())
    made.ordered(BLUE, GREEN, ASKED + 40)
    made.seen(ASKED + 45)
    return made


def moved(made: Draft) -> Move:
    """How the move is told."""
    made.ends_ms = made.ends_ms or ASKED + 1000
    move = made.receipt().move
    assert move is not None
    return move


def test_what_ended_before_the_command_or_after_the_end_does_not_count() -> None:
    made = draft()
    made.ends_ms = ASKED + 1000
    for ended in (-1, 0, 1000, 1001):
        made.add(served(BLUE, ended))
    receipt = made.receipt()
    assert (receipt.before.requests, receipt.during.requests) == (0, 2)
    assert receipt.colors[BLUE].requests == 2


def test_the_first_answer_of_the_new_and_the_last_request_of_the_old_are_found_in_any_order() -> None:
    made = draft()
    requests = [
        served(BLUE, 30, 5),
        served(BLUE, 44, 5),  # began at 39, in flight at the flip
        served(GREEN, 43, 2, answer_ms=1),  # answered at 42
        served(GREEN, 60, 2),
    ]
    random.shuffle(requests)
    for one in requests:
        made.add(one)
    move = moved(made)
    assert (move.first_new_ms, move.last_old_ms, move.in_flight, move.strays) == (42, 39, 1, 0)


@pytest.mark.parametrize(("began", "strays"), [(45, 0), (46, 1)])
def test_a_request_that_began_on_the_old_color_after_the_move_was_seen_is_a_stray(
    began: int, strays: int
) -> None:
    made = draft()
    made.add(served(BLUE, began + 3, took=3))
    assert moved(made).strays == strays


def test_nothing_that_came_after_it_was_moved_back_counts_for_the_move() -> None:
    made = draft()
    made.ordered(GREEN, BLUE, ASKED + 200)
    made.seen(ASKED + 205)
    made.add(served(BLUE, 300))
    made.add(served(GREEN, 50))
    move = moved(made)
    assert (move.new, move.seen_ms, move.strays, move.first_new_ms) == (GREEN, 45, 0, 49)


def test_websockets_that_were_cut_are_told_from_those_that_ended() -> None:
    made = draft()
    made.add(served(BLUE, 100, status=101))
    made.cut_at_ms = ASKED + 500
    made.add(served(BLUE, 501, status=101))
    made.add(served(BLUE, 502))
    made.cut = Cut(2, 0, 1)
    assert moved(made).cut == Cut(2, 1, 1)


def test_a_change_that_moved_nothing_has_no_move() -> None:
    made = Draft(ASKED, Tally(), ends_ms=ASKED + 10)
    made.add(served(BLUE, 5, status=503, answer_ms=None))
    receipt = made.receipt()
    assert receipt.move is None
    assert (receipt.during.requests, receipt.during.failed) == (1, 1)
