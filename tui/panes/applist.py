"""The list of apps beside the selected one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.model import App, State
from tui.panes.vim import CHOOSING
from tui.view.line import column, hue, line, name_column
from tui.view.slot import BAD_SHARE
from tui.words import OUTCOME_GLYPHS, color_name, rate

NAME = 11
FLOW = 7


def app_entry(app: App, has_figures: bool = True) -> Content:
    """One line: a mark when something needs an eye, the name, which colour is live, how much it serves."""
    live = app.live_slot
    if app.deployment is not None:
        mark, style = "◉", hue(app.deployment.color)
    elif live is not None and live.health == "unhealthy":
        mark, style = "✗", "$bad"
    elif app.failure is not None:
        mark, style = OUTCOME_GLYPHS.get(app.last.outcome or "", "✗") if app.last else "✗", "$bad"
    elif app.problems:
        mark, style = "▲", "$warn"
    else:
        mark, style = " ", ""
    told = (color_name(app.live), hue(app.live)) if app.live else ("–", "$muted")
    traffic = live.traffic if live is not None else None
    flow = f"{rate(traffic.requests_per_s)}/s" if traffic is not None else ""
    flow_style = "$bad" if traffic is not None and traffic.error_share >= BAD_SHARE else "$muted"
    return line(
        (f"{mark} ", style),
        name_column(app.name, NAME if has_figures else NAME + FLOW),
        column(told[0], 5, told[1]),
        Content.styled(f"{flow:>{FLOW}}" if has_figures else "", flow_style),
    )


class AppList(OptionList):
    """Arrow keys and `j` `k` move; the app under the cursor is shown at once."""

    BINDINGS: ClassVar[list[BindingType]] = CHOOSING

    class Picked(Message):
        """An app was chosen."""

        def __init__(self, app: str) -> None:
            super().__init__()
            self.app = app

    def __init__(self) -> None:
        super().__init__(id="apps")
        self._entries: dict[str, Content] = {}
        self._names: list[str] = []

    def show(self, state: State) -> None:
        """Take the next state; only lines that changed are drawn anew."""
        names = [app.name for app in state.apps]
        has_figures = any(app.live_slot and app.live_slot.traffic for app in state.apps)
        entries = {app.name: app_entry(app, has_figures) for app in state.apps}
        with self.prevent(OptionList.OptionHighlighted):
            if names != self._names:
                self.clear_options()
                self.add_options([Option(entries[name]) for name in names])
            else:
                for position, name in enumerate(names):
                    if not entries[name].is_same(self._entries[name]):
                        self.replace_option_prompt_at_index(position, entries[name])
            self._names, self._entries = names, entries
            if state.selected in names and self.highlighted != names.index(state.selected):
                self.highlighted = names.index(state.selected)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The cursor moved."""
        event.stop()
        if event.option_index < len(self._names):
            self.post_message(self.Picked(self._names[event.option_index]))
