"""The lifecycle table: what it promises, read off the table itself."""

from __future__ import annotations

import pytest

from bgd.domain.lifecycle import (
    DEPLOY,
    DEPLOY_ALONE,
    DEPLOY_SHIFTING,
    FINAL,
    MOVE,
    MOVE_ALONE,
    UNDOING,
    Event,
    IllegalEvent,
    State,
    Transitions,
    step,
)

TABLES = [DEPLOY, DEPLOY_SHIFTING, MOVE, DEPLOY_ALONE, MOVE_ALONE]
ALONE = [DEPLOY_ALONE, MOVE_ALONE]
OF_THE_NEW = {State.MIGRATING, State.STARTING, State.CHECKING, State.SMOKING, State.SWITCHING}


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
    for table in TABLES:
        for state in (State.SWITCHING, State.HANDING_OVER):
            assert Event.CANCELLED not in table[state]


def test_only_switching_leads_to_what_needs_moved_traffic() -> None:
    for table in TABLES:
        before = {state for state, events in table.items() if State.HANDING_OVER in events.values()}
        assert before == {State.SWITCHING}


def test_traffic_moves_only_right_after_a_check() -> None:
    assert {s for s, events in DEPLOY.items() if State.SWITCHING in events.values()} == {State.SMOKING}
    assert {s for s, events in DEPLOY_ALONE.items() if State.SWITCHING in events.values()} == {State.SMOKING}
    for table in (MOVE, MOVE_ALONE):
        assert {s for s, events in table.items() if State.SWITCHING in events.values()} == {State.CHECKING}
    assert DEPLOY[State.AWAITING][Event.PROMOTED] is State.CHECKING


def test_where_traffic_shifts_it_is_asked_for_approval_first_and_checked_right_before() -> None:
    table = DEPLOY_SHIFTING
    assert {s for s, events in table.items() if State.SHIFTING in events.values()} == {State.SMOKING}
    assert {s for s, events in table.items() if State.SWITCHING in events.values()} == {State.SHIFTING}
    for way in paths(table, State.SHIFTING):
        assert way[-1] is State.SUCCEEDED or way[-2] is State.REVERTING, "a share is always taken back"


def paths(table: Transitions, state: State) -> list[list[State]]:
    """Every way from `state` to an end that passes no state twice."""
    ways, found = [[state]], []
    while ways:
        way = ways.pop()
        if way[-1] in FINAL:
            found.append(way)
        ways += [[*way, after] for after in set(table.get(way[-1], {}).values()) if after not in way]
    return found


@pytest.mark.parametrize("table", ALONE)
def test_nothing_of_the_new_release_runs_before_the_live_color_stops(table: Transitions) -> None:
    for way in paths(table, next(iter(table))):
        begun = [way.index(state) for state in OF_THE_NEW & set(way)]
        assert not begun or way.index(State.STOPPING) < min(begun), way


@pytest.mark.parametrize("table", ALONE)
def test_once_the_live_color_stops_every_end_but_success_is_reached_by_undoing(table: Transitions) -> None:
    for way in paths(table, State.STOPPING):
        assert way[-1] is State.SUCCEEDED or way[-2] in UNDOING, way


def test_approval_is_asked_for_while_the_live_color_still_serves() -> None:
    assert {s for s, events in DEPLOY_ALONE.items() if State.AWAITING in events.values()} == {State.SHARING}
    assert DEPLOY_ALONE[State.AWAITING][Event.PROMOTED] is State.STOPPING


def test_colors_that_may_overlap_never_stop_the_live_one() -> None:
    assert State.STOPPING not in {*DEPLOY, *DEPLOY_SHIFTING, *MOVE}


def test_an_event_that_a_state_does_not_know_raises() -> None:
    with pytest.raises(IllegalEvent, match="promoted in state preparing"):
        step(DEPLOY, State.PREPARING, Event.PROMOTED)
