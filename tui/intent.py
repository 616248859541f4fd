"""What an operator can ask for, made concrete: an `Intent`, or a `Refusal` with the reason.

`planned` turns an action of `tui.actions` and the state into one of them. An intent says in words what will
happen and is sent exactly as confirmed. The daemon has the last word: it refuses too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.model import App, State


@dataclass(frozen=True, slots=True)
class Intent:
    """An action made concrete, as it is confirmed and sent."""

    verb: str
    app: str
    title: str
    effect: str  # in words, for a person
    command: str  # the equal line of bgctl
    label: str  # of the button that confirms
    to: str | None = None  # a colour, or the release of a rollback
    no_switch: bool = False
    is_on: bool = False  # maintenance
    is_now: bool = False  # a promotion that doesn't wait for its time


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action can't be done now, and what would help."""

    reason: str


Planned = Intent | Refusal


@dataclass(frozen=True, slots=True)
class Action:
    """An action as footer, help and palette know it."""

    name: str  # as in the key map
    label: str
    plan: Callable[[App], Planned]


def planned(action: Action, state: State) -> Planned:
    """What the action would do to the selected app now, or why not."""
    if state.is_read_only:
        return Refusal("this screen was started with --read-only")
    if not state.link.is_up:
        return Refusal("the daemon is away")
    app = state.app
    if app is None:
        return Refusal("no app is selected" if state.apps else "there is no app yet: `bgctl add FILE`")
    asked = next((verb for name, verb in sorted(state.pending) if name == app.name), None)
    if asked is not None:
        return Refusal(f"waiting for the answer to {asked}")
    return action.plan(app)
