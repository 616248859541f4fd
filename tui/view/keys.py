"""The last line: the keys, those that can't be used now greyed."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from tui.intent import ACTIONS, Refusal, planned
from tui.model import State
from tui.view.line import fit

FOOTER = ("deploy", "switch", "rollback", "promote", "cancel")
SEEN_WHEN_POSSIBLE = ("promote", "cancel")
FEWER = 3


def keys_content(state: State, width: int) -> Content:
    """Keys and words; at narrow widths what can't be used goes first, then what can be found in the help."""
    for brevity in range(FEWER + 1):
        content = _keys(state, brevity)
        if content.cell_length <= width:
            return content
    return fit(content, width)


def _keys(state: State, brevity: int) -> Content:
    parts = []
    for action in () if state.is_read_only else ACTIONS:
        is_refused = isinstance(planned(action, state), Refusal)
        if action.name not in FOOTER or (
            is_refused and brevity and (action.name in SEEN_WHEN_POSSIBLE or brevity == FEWER)
        ):
            continue
        parts.append(_key(state, action.name, action.label, f"app.ask('{action.name}')", is_refused))
    if state.is_read_only:
        parts.append(Content.styled("read-only", "bold $warn"))
    if brevity < FEWER:
        parts.append(_key(state, "history", "history", "app.history", not state.apps))
    if brevity < FEWER - 1:
        parts.append(_key(state, "search", "search", "screen.log_ask('search')", not state.apps))
    parts.append(_key(state, "help", "help", "app.help", False))
    parts.append(_key(state, "quit", "quit", "app.quit", False))
    return Content("  ").join(parts)


def _key(state: State, name: str, label: str, action: str, is_refused: bool) -> Content:
    styles = ("$faint", "$faint") if is_refused else ("bold $key", "$foreground")
    told = Content.assemble((state.keys.shown(name), styles[0]), " ", (label, styles[1]))
    return told.stylize(Style.from_meta({"@click": action}))
