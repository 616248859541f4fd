"""What the command palette offers: actions, with their reason where they are refused, apps and views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.actions import ACTIONS
from tui.intent import Refusal, planned
from tui.keymap import COMMANDS
from tui.model import State

TITLES = {command.name: command.title for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette; `action` is what a key would run."""

    title: str
    told: str
    action: str


def entries(state: State) -> Iterator[Entry]:
    """All of them, for this state."""
    for action in ACTIONS if not state.is_read_only else ():
        would = planned(action, state)
        told = f"{state.keys.shown(action.name)} · {TITLES[action.name]}"
        if isinstance(would, Refusal):
            told = f"not now: {would.reason}"
        yield Entry(action.label, told, f"ask('{action.name}')")
    for position, app in enumerate(state.apps):
        yield Entry(f"go to {app.name}", "show this app", f"go({position})")
    for command in COMMANDS:
        if command.palette:
            yield Entry(
                command.palette, f"{state.keys.shown(command.name)} · {command.title}", command.action
            )
