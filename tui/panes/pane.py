"""A widget that draws one part of the state."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.model import EPOCH, State


class Pane(Widget):
    """Shows what `draw` makes of the state, and repaints only when that changed.

    A clock ticks every second and most ticks change nothing: comparing a few lines of text is cheaper
    than laying out and painting them, and spares a slow terminal the bytes.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.state = State()
        self.now = EPOCH
        self._drawn = (0, Content(""))  # for which width

    @abstractmethod
    def draw(self, width: int) -> Content:
        """The content for this width."""

    def show(self, state: State, now: datetime) -> None:
        """Take the next state."""
        self.state, self.now = state, now
        width, before = self._drawn
        if not width:
            return
        after = self.draw(width)
        if after.is_same(before):
            return
        self._drawn = (width, after)
        self.refresh(layout=after.plain.count("\n") != before.plain.count("\n"))

    def render(self) -> Content:
        """What Textual paints."""
        return self._content(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """As many lines as are drawn. Never cached: what is drawn changes without a change of width."""
        return self._content(width).plain.count("\n") + 1 if width else 0

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        """As wide as it may be."""
        return container.width

    def _content(self, width: int) -> Content:
        if self._drawn[0] != width and width:
            self._drawn = (width, self.draw(width))
        return self._drawn[1]
