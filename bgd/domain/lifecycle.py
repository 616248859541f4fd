"""The lifecycle of a deployment, as a table.

A deployment is always in exactly one state, and each state that isn't final has exactly one command.
The engine carries the command out and reports how it ended as an event; the table says which state
comes next. The state is recorded before its command begins, so a daemon that was killed finds the
state, and carries its command out again: every command may be run twice.

    preparing ─► sharing ─► migrating ─► starting ─► checking ─► smoking ─► (awaiting) ─► switching
        │           │           │           │           │           │           │            │
        ├───────────┴───────────┴───────────┴───────────┴───────────┴───────────┤            ▼
        ▼ failed                                                  cancelled     ▼       handing_over
     failing ─► failed                                  cancelled ◄─ cancelling              │
                                                                                             ▼
                                                       rolled_back ◄─ reverting ◄── failed / succeeded
                                                                          ▲             │      ▲
                                                                          └──────── (baking) ──┘

From `smoking` a deployment that wants no switch succeeds at once. In `baking` the new colour's real traffic
is watched; a cancellation there gives the traffic back, as a limit that breaks does.

Where the traffic moves by and by, `shifting` stands between `smoking` and `switching`: the new colour has a
share of the visitors then and is watched likewise, so whoever undoes that takes the share back and lets what
is under way end, by `reverting`.

A *move* (`switch`, and `rollback` to a colour that is warm) enters at `checking` with a colour that
runs already; when it ends badly nothing is cleaned away.

Where both colours must not run at once (`bgd.domain.overlap`), the live one stops as late as possible and
before anything of the new release runs: `stopping` stands between `sharing` and `migrating`, and approval is
waited for before it. A move of such an app begins with it, and starts its target. Whoever undoes that cleans
the new colour first and then starts the old one again.

An event that the table doesn't have for a state is a defect of the engine: it raises, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a deployment is."""

    PREPARING = "preparing"  # images are built or pulled
    SHARING = "sharing"  # shared services that are new are created, all are waited for
    STOPPING = "stopping"  # the live colour stops, where both must not run at once
    MIGRATING = "migrating"  # `task` services run, once
    STARTING = "starting"  # the idle colour gets the release's containers
    CHECKING = "checking"  # Docker's health, restarts, and a probe through the preview
    SMOKING = "smoking"  # the smoke checks, through the preview
    AWAITING = "awaiting"  # somebody's approval
    SHIFTING = "shifting"  # a share of the visitors is on the new colour, which is watched
    SWITCHING = "switching"  # the traffic moves, and is seen to have moved
    HANDING_OVER = "handing_over"  # live-only services stop in the old colour, then start in the new
    BAKING = "baking"  # the new colour's real traffic is watched
    FAILING = "failing"  # the idle colour is cleaned after a failure
    CANCELLING = "cancelling"  # the idle colour is cleaned after a cancellation
    REVERTING = "reverting"  # the traffic goes back, then the new colour is cleaned
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"

    @property
    def is_final(self) -> bool:
        """Nothing comes after it."""
        return self in FINAL

    @property
    def is_undoing(self) -> bool:
        """It cleans up; it can be neither cancelled nor failed, only repeated."""
        return self in UNDOING


class Event(StrEnum):
    """How a state's command ended, or what somebody asked for meanwhile."""

    DONE = "done"
    HELD = "held"  # smoke checks passed, and the caller wants no switch
    WAITS = "waits"  # smoke checks passed, and somebody must approve
    PROMOTED = "promoted"
    WATCHED = "watched"  # the traffic has moved, and is to be watched for a while
    CANCELLED = "cancelled"
    FAILED = "failed"


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.ROLLED_BACK})
UNDOING = frozenset({State.FAILING, State.CANCELLING, State.REVERTING})

Transitions = Mapping[State, Mapping[Event, State]]

_CAN_END = {Event.FAILED: State.FAILING, Event.CANCELLED: State.CANCELLING}

DEPLOY: Transitions = {
    State.PREPARING: {Event.DONE: State.SHARING, **_CAN_END},
    State.SHARING: {Event.DONE: State.MIGRATING, **_CAN_END},
    State.MIGRATING: {Event.DONE: State.STARTING, **_CAN_END},
    State.STARTING: {Event.DONE: State.CHECKING, **_CAN_END},
    State.CHECKING: {Event.DONE: State.SMOKING, **_CAN_END},
    State.SMOKING: {
        Event.DONE: State.SWITCHING,
        Event.HELD: State.SUCCEEDED,
        Event.WAITS: State.AWAITING,
        **_CAN_END,
    },
    # Approval may come hours later: what was checked then is checked again.
    State.AWAITING: {Event.PROMOTED: State.CHECKING, **_CAN_END},
    # From here a cancellation comes too late: `rollback` undoes it.
    State.SWITCHING: {Event.DONE: State.HANDING_OVER, Event.FAILED: State.FAILING},
    State.HANDING_OVER: {
        Event.DONE: State.SUCCEEDED,
        Event.WATCHED: State.BAKING,
        Event.FAILED: State.REVERTING,
    },
    State.BAKING: {
        Event.DONE: State.SUCCEEDED,
        Event.FAILED: State.REVERTING,
        Event.CANCELLED: State.REVERTING,
    },
    State.FAILING: {Event.DONE: State.FAILED},
    State.CANCELLING: {Event.DONE: State.CANCELLED},
    State.REVERTING: {Event.DONE: State.ROLLED_BACK},
}

DEPLOY_SHIFTING: Transitions = {
    **DEPLOY,
    State.SMOKING: {**DEPLOY[State.SMOKING], Event.DONE: State.SHIFTING},
    State.SHIFTING: {
        Event.DONE: State.SWITCHING,
        Event.FAILED: State.REVERTING,
        Event.CANCELLED: State.REVERTING,
    },
    State.SWITCHING: {Event.DONE: State.HANDING_OVER, Event.FAILED: State.REVERTING},
}

MOVE: Transitions = {
    State.CHECKING: {
        Event.DONE: State.SWITCHING,
        Event.FAILED: State.FAILED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.SWITCHING: {Event.DONE: State.HANDING_OVER, Event.FAILED: State.FAILED},
    State.HANDING_OVER: {Event.DONE: State.SUCCEEDED, Event.FAILED: State.REVERTING},
    State.REVERTING: {Event.DONE: State.ROLLED_BACK},
}

DEPLOY_ALONE: Transitions = {
    **DEPLOY,
    State.SHARING: {Event.DONE: State.STOPPING, Event.WAITS: State.AWAITING, **_CAN_END},
    # There is nothing to look at before the live colour stops, and no going back to before it without cost.
    State.AWAITING: {Event.PROMOTED: State.STOPPING, **_CAN_END},
    State.STOPPING: {Event.DONE: State.MIGRATING, **_CAN_END},
    State.SMOKING: {Event.DONE: State.SWITCHING, **_CAN_END},
}

MOVE_ALONE: Transitions = {
    State.STOPPING: {Event.DONE: State.STARTING, **_CAN_END},
    State.STARTING: {Event.DONE: State.CHECKING, **_CAN_END},
    State.CHECKING: {Event.DONE: State.SWITCHING, **_CAN_END},
    State.SWITCHING: {Event.DONE: State.HANDING_OVER, Event.FAILED: State.FAILING},
    State.HANDING_OVER: {Event.DONE: State.SUCCEEDED, Event.FAILED: State.REVERTING},
    State.FAILING: {Event.DONE: State.FAILED},
    State.CANCELLING: {Event.DONE: State.CANCELLED},
    State.REVERTING: {Event.DONE: State.ROLLED_BACK},
}


class IllegalEvent(RuntimeError):
    """An event came that its state doesn't know: a defect in the engine."""


def step(table: Transitions, state: State, event: Event) -> State:
    """The state after `event` in `state`. Raises `IllegalEvent` where the table has none."""
    try:
        return table[state][event]
    except KeyError:
        raise IllegalEvent(f"{event} in state {state}") from None
