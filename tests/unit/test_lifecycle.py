"""The lifecycle table: what it promises, read off the table itself."""

from __future__ import annotations

import pytest

from bgd.domain.lifecycle import DEPLOY, FINAL, MOVE, UNDOING, Event, IllegalEvent, State, Transitions, step

TABLES = [DEPLOY, MOVE]


def reachable(table: Transitions, start: State) -> set[State]:
    """Every state that can come after `start`."""
    seen = {start}
    todo = [start]
    while todo:
        for after in table.get(todo.pop(), {}).values():
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


@pytest.mark.parametrize("table", TABLES)
def test_every_state_that_can_be_reached_is_final_or_goes_on(table: Transitions) -> None:
    start = next(iter(table))
    for state in reachable(table, start):
        assert state in FINAL or table.get(state), state


@pytest.mark.parametrize("table", TABLES)
def test_every_state_can_reach_an_end(table: Transitions) -> None:
    for state in table:
        assert reachable(table, state) & FINAL, state


def test_an_undoing_state_knows_no_failure_and_no_cancellation() -> None:
    for table in TABLES:
        for state in UNDOING & table.keys():
            assert set(table[state]) == {Event.DONE}


def test_nothing_is_cancelled_once_the_traffic_moves() -> None:
    for state in (State.SWITCHING, State.HANDING_OVER):
        assert Event.CANCELLED not in DEPLOY[state]


def test_only_switching_leads_to_what_needs_moved_traffic() -> None:
    for table in TABLES:
        before = {state for state, events in table.items() if State.HANDING_OVER in events.values()}
        assert before == {State.SWITCHING}


def test_traffic_moves_only_right_after_a_check() -> None:
    assert {s for s, events in DEPLOY.items() if State.SWITCHING in events.values()} == {State.SMOKING}
    assert {s for s, events in MOVE.items() if State.SWITCHING in events.values()} == {State.CHECKING}
    assert DEPLOY[State.AWAITING][Event.PROMOTED] is State.CHECKING


def test_an_event_that_a_state_does_not_know_raises() -> None:
    with pytest.raises(IllegalEvent, match="promoted in state preparing"):
        step(DEPLOY, State.PREPARING, Event.PROMOTED)
