"""Every key, and of each action whether it can be done now and why not."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from tui.intent import ACTIONS, Refusal, planned
from tui.keymap import COMMANDS, MOVES
from tui.model import State
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


def help_content(state: State, width: int) -> Content:
    """The whole text; refused actions greyed, with the reason."""

    def row(keys: str, told: str, style: str = "", key_style: str = "bold $key") -> Content:
        return labelled(Content.styled(f"  {keys}", key_style), Content.styled(told, style), KEY, width)

    lines = [Content.styled("Actions", "bold")]
    for action in ACTIONS:
        would = planned(action, state)
        if isinstance(would, Refusal):
            lines.append(row(action.key, f"{action.label}: not now, {would.reason}", "$muted", "$muted"))
        else:
            lines.append(row(action.key, f"{action.label}: {action.summary}"))
    lines += [EMPTY, Content.styled("Screen", "bold")]
    lines += [row(command.shown, command.title) for command in COMMANDS]
    lines += [EMPTY, Content.styled("Moving", "bold")]
    lines += [row(keys, told) for keys, told in MOVES]
    lines += [EMPTY, Content.styled("States of a colour", "bold")]
    lines += [row(sign, told, "$muted", "") for sign, told in LEGEND]
    return stacked(lines)


class HelpBody(Pane):
    """The text."""

    def draw(self, width: int) -> Content:
        """As many lines as it takes."""
        return help_content(self.state, width)


class HelpScreen(ModalScreen[None]):
    """Any of the usual keys leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss(None)", show=False),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._body = HelpBody()
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
