"""Whose lines the log shows: everybody's, one colour's, one service's."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.feed import Scope
from tui.model import COLORS, App
from tui.view.line import hue, line


def choices(app: App, scope: Scope) -> list[tuple[Content, Scope]]:
    """What can be chosen, the words beside what it means; the time that was asked for stays."""
    everything = replace(scope, color=None, service=None)
    told = [(line("everything"), everything)]
    held = [color for color in COLORS if app.slot(color).containers]
    told += [(line((f"all of {color}", hue(color))), replace(everything, color=color)) for color in held]
    services = {c.service for color in COLORS for c in app.slot(color).containers}
    services |= {container.service for container in app.shared}
    named = [*sorted(services), "nginx"]
    return told + [(line(service), replace(everything, service=service)) for service in named]


class ScopeScreen(ModalScreen[Scope]):
    """A list; enter takes what is under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "dismiss(None)", show=False),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
    ]

    def __init__(self, app: App, scope: Scope) -> None:
        super().__init__()
        self._choices = choices(app, scope)
        self._scope = scope

    def compose(self) -> ComposeResult:
        """The list."""
        yield OptionList(*(Option(told) for told, _ in self._choices), id="choices", compact=True)

    def on_mount(self) -> None:
        """The cursor stands on what is shown now."""
        chosen = self.query_one(OptionList)
        chosen.border_title = "Lines of"
        scopes = [scope for _, scope in self._choices]
        chosen.highlighted = scopes.index(self._scope) if self._scope in scopes else 0

    def action_move(self, way: str) -> None:
        """A line up or down."""
        chosen = self.query_one(OptionList)
        chosen.action_cursor_down() if way == "down" else chosen.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        event.stop()
        self.dismiss(self._choices[event.option_index][1])
