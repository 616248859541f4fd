"""The last line: the keys, those that can't be used now greyed."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from tui.intent import ACTIONS, Refusal, planned
from tui.model import State
from tui.view.line import fit

FOOTER = ("deploy", "switch", "rollback", "promote", "cancel")


def keys_content(state: State, width: int) -> Content:
    """Keys and words; at narrow widths the words of refused actions go first."""
    for is_brief in (False, True):
        content = _keys(state, is_brief)
        if content.cell_length <= width:
            return content
    return fit(content, width)


def _keys(state: State, is_brief: bool) -> Content:
    parts = []
    for action in ACTIONS:
        if action.name not in FOOTER:
            continue
        is_refused = isinstance(planned(action, state), Refusal)
        if is_refused and is_brief and action.name in ("promote", "cancel"):
            continue
        parts.append(_key(action.key, action.label, f"app.ask('{action.name}')", is_refused))
    parts.append(_key("?", "help", "app.help", False))
    parts.append(_key("q", "quit", "app.quit", False))
    return Content("  ").join(parts)


def _key(key: str, label: str, action: str, is_refused: bool) -> Content:
    styles = ("$faint", "$faint") if is_refused else ("bold $key", "$foreground")
    told = Content.assemble((key, styles[0]), " ", (label, styles[1]))
    return told.stylize(Style.from_meta({"@click": action}))
