"""The last line: the keys, those that can't be used now greyed."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.style import Style

from tui.actions import ACTIONS
from tui.intent import Refusal, planned
from tui.model import State
from tui.view.line import fit

FOOTER = ("deploy", "switch", "rollback", "promote", "cancel")
RARE = ("promote", "cancel")
"""Actions that are named only where they can be used, as soon as there isn't room for everything."""


@dataclass(frozen=True, slots=True)
class _Room:
    has_refused_rare: bool = False
    has_refused: bool = True
    has_search: bool = False
    has_history: bool = True


ROOMS = (
    _Room(has_refused_rare=True, has_search=True),
    _Room(has_search=True),
    _Room(),
    _Room(has_refused=False),
    _Room(has_refused=False, has_history=False),
)


def keys_content(state: State, width: int) -> Content:
    """Keys and words; at narrow widths what can't be used goes first, then what can be found in the help."""
    for room in ROOMS:
        content = _keys(state, room)
        if content.cell_length <= width:
            return content
    return fit(content, width)


def _keys(state: State, room: _Room) -> Content:
    parts = []
    for action in () if state.is_read_only else ACTIONS:
        is_refused = isinstance(planned(action, state), Refusal)
        if action.name not in FOOTER:
            continue
        if is_refused and not (room.has_refused_rare if action.name in RARE else room.has_refused):
            continue
        parts.append(_key(state, action.name, action.label, f"app.ask('{action.name}')", is_refused))
    if state.is_read_only:
        parts.append(Content.styled("read-only", "bold $warn"))
    if room.has_history:
        parts.append(_key(state, "history", "history", "app.history", not state.apps))
    if room.has_search:
        parts.append(_key(state, "search", "search", "screen.log_ask('search')", not state.apps))
    parts.append(_key(state, "help", "help", "app.help", False))
    parts.append(_key(state, "quit", "quit", "app.quit", False))
    return Content("  ").join(parts)


def _key(state: State, name: str, label: str, action: str, is_refused: bool) -> Content:
    styles = ("$faint", "$faint") if is_refused else ("bold $key", "$foreground")
    told = Content.assemble((state.keys.shown(name), styles[0]), " ", (label, styles[1]))
    return told.stylize(Style.from_meta({"@click": action}))
