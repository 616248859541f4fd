"""Every key, those of the pane in focus first, and of each action whether it can be done now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from tui.actions import ACTIONS
from tui.intent import Refusal, planned
from tui.keymap import MOVES, commands
from tui.model import State
from tui.palette import TITLES
from tui.panes.pane import Pane
from tui.view.line import EMPTY, labelled, stacked

KEY = 16
LEGEND = (
    ("● live", "has the public traffic"),
    ("○ warm", "had it; runs on for an instant rollback"),
    ("◐ draining", "had it a moment ago; its last requests end"),
    ("◇ ready", "checked, and never had it"),
    ("◌ preparing", "a deployment works in it"),
    ("■ stopped", "its containers are kept, but don't run"),
    ("✗ failed", "the last deployment into it failed"),
    ("· empty", "nothing runs, nothing is recorded"),
)
PANES = {
    "log": "The log has the keys",
    "apps": "The list of apps has the keys: j k ↓ ↑ show another app at once",
    "card": "The failure card has the keys: j k ↓ ↑ scroll, esc closes it",
    "color": "A colour has the keys: j k ↓ ↑ scroll where there are more containers than lines",
}


def help_content(state: State, width: int, pane: str = "log") -> Content:
    """The whole text; refused actions greyed, with the reason."""
    keys = state.keys

    def row(shown: str, told: str, style: str = "", key_style: str = "bold $key") -> Content:
        return labelled(Content.styled(f"  {shown}", key_style), Content.styled(told, style), KEY, width)

    log = [row(keys.shown(c.name), c.title) for c in commands("log")]
    log = [Content.styled("Log", "bold"), *log, EMPTY]
    lines = [Content.styled(PANES[pane], "$muted"), EMPTY]
    lines += log if pane == "log" else []
    if not state.is_read_only:
        lines.append(Content.styled("Actions", "bold"))
    for action in () if state.is_read_only else ACTIONS:
        would, key = planned(action, state), keys.shown(action.name)
        if isinstance(would, Refusal):
            lines.append(row(key, f"{action.label}: not now, {would.reason}", "$muted", "$muted"))
        else:
            lines.append(row(key, f"{action.label}: {TITLES[action.name]}"))
    lines += [EMPTY, Content.styled("Screen", "bold")]
    lines += [row(keys.shown(command.name), command.title) for command in commands("screen")]
    lines += [EMPTY, Content.styled("Moving", "bold")]
    lines += [row(shown, told) for shown, told in MOVES]
    lines += [EMPTY, *(log if pane != "log" else [])]
    lines.append(Content.styled("States of a colour", "bold"))
    lines += [row(sign, told, "$muted", "") for sign, told in LEGEND]
    return stacked(lines)


class HelpBody(Pane):
    """The text."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self._pane = pane

    def draw(self, width: int) -> Content:
        """As many lines as it takes."""
        return help_content(self.state, width, self._pane)


class HelpScreen(ModalScreen[None]):
    """Any of the usual keys leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss(None)", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("g", "move(-1000)", show=False),
        Binding("G", "move(1000)", show=False),
    ]

    def __init__(self, state: State, pane: str = "log") -> None:
        super().__init__()
        self._body = HelpBody(pane)
        self._body.state = state

    def compose(self) -> ComposeResult:
        """One scroll of text."""
        with VerticalScroll(id="help"):
            yield self._body

    def on_mount(self) -> None:
        """Title and the way out go into the frame."""
        pane = self.query_one("#help")
        pane.border_title = "Help"
        pane.border_subtitle = "esc closes"

    def action_move(self, lines: int) -> None:
        """Scroll by a line."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)
