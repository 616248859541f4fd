"""The frame of one colour."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from tui.model import COLORS, State
from tui.panes.pane import Pane
from tui.panes.vim import SCROLLING
from tui.view.slot import slot_content, slot_title

TALL = 34
"""From this height on each figure of the traffic has a line of its own."""


class SlotBody(Pane):
    """What the frame holds."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self._color = color

    def draw(self, width: int) -> Content:
        """Summary and containers, as many lines as the other colour, so that the frames end together."""
        app = self.state.app
        if app is None:
            return Content("")
        is_tall = self.app.size.height >= TALL
        contents = [slot_content(app.slot(color), width, self.now, is_tall) for color in COLORS]
        height = max(content.plain.count("\n") for content in contents)
        mine = contents[COLORS.index(self._color)]
        return Content.assemble(mine, "\n" * (height - mine.plain.count("\n")))


class SlotFrame(VerticalScroll):
    """Title, border and scrolling; heavy and in its hue when live."""

    BINDINGS: ClassVar[list[BindingType]] = SCROLLING

    def __init__(self, color: str) -> None:
        super().__init__(id=color, classes="slot")
        self._color = color
        self._body = SlotBody(color)

    def compose(self) -> ComposeResult:
        """The body."""
        yield self._body

    def show(self, state: State, now: datetime) -> None:
        """Take the next state."""
        if state.app is not None:
            slot = state.app.slot(self._color)
            title = slot_title(slot)
            if self.border_title != Content(title).markup:
                self.border_title = Content(title)
            self.set_class(slot.is_live, "-live")
        self._body.show(state, now)
