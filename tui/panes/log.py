"""The log: a window onto a ring of lines that follows the newest, or stays where it was put."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.panes.vim import SCROLLING
from tui.ring import Line, Ring

TIME_FROM = 72
"""From this width on lines have their time."""
MAX_SERVICE = 12
STEP = 8
STYLES = ("blue", "green", "muted", "faint", "error")


class LogView(ScrollView, can_focus=True):
    """Draws only the lines that are seen; everything else is numbers.

    `RichLog` and `Log` would measure, wrap and keep every line that comes, and move a paused reader
    when old lines go.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLLING,
        Binding("h,left", "shift(-1)", show=False),
        Binding("l,right", "shift(1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in STYLES}
    ALLOW_SELECT = False

    class Moved(Message):
        """It began or ceased to follow, or more lines are unseen."""

    def __init__(self) -> None:
        super().__init__(id="log")
        self.ring = Ring()
        self.is_following = True
        self.dropped = 0
        self._seen = 0  # the number after the last line that was there when it was paused
        self._shift = 0
        self._service = 3  # width of the column
        self._is_moving = False  # it scrolls by itself, which tells nothing of the reader
        self._strips: LRUCache[tuple[int, int, int, int], Strip] = LRUCache(512)

    @property
    def unseen(self) -> int:
        """Lines that came since it was paused."""
        return 0 if self.is_following else self.ring.end - max(self._seen, self.ring.first)

    def extend(self, lines: Sequence[Line], dropped: int = 0) -> None:
        """Add a batch."""
        gone = self.ring.extend(lines)
        self.dropped += dropped
        widest = max((len(line.service) for line in lines), default=0)
        self._service = min(MAX_SERVICE, max(self._service, widest))
        self._place(gone)
        self.refresh()
        self.post_message(self.Moved())

    def clear(self) -> None:
        """Begin anew, with another app."""
        self.ring.clear()
        self.dropped, self._shift, self._service = 0, 0, 3
        self.is_following = True
        self._place(0)
        self.refresh()
        self.post_message(self.Moved())

    def _place(self, gone: int) -> None:
        self._is_moving = True
        try:
            self.virtual_size = Size(self.size.width, len(self.ring))
            if self.is_following:
                self.scroll_y = self.max_scroll_y
            elif gone:
                self.scroll_y = max(0, self.scroll_y - gone)
            self.scroll_target_y = self.scroll_y
        finally:
            self._is_moving = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The reader scrolled up: it stays. At the end again: it follows."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_moving:
            return
        is_following = new_value >= self.max_scroll_y
        if is_following != self.is_following:
            self.is_following = is_following
            self._seen = self.ring.end
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Keep to the end at any size."""
        self._place(0)

    def action_shift(self, steps: int) -> None:
        """Show what is further right in long lines, or come back."""
        self._shift = max(0, self._shift + steps * STEP)
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme: every line has other colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.size.width
        number = self.ring.first + round(self.scroll_y) + y
        if number >= self.ring.end:
            return Strip.blank(width, self.rich_style)
        key = (number, width, self._shift, self._service)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._strip(self.ring[number], width)
        return strip

    def _strip(self, line: Line, width: int) -> Strip:
        base = self.rich_style
        marks = self._marks(line, width)
        room = max(0, width - sum(segment.cell_length for segment in marks))
        # A cell holds at most one character or so: what lies further right needn't be measured.
        text = line.text[self._shift : self._shift + room * 2 + 1]
        body = Strip([Segment(text, base)])
        if body.cell_length > room:
            body = Strip([*body.crop(0, room - 1), Segment("…", self._style("faint"))])
        return Strip([*marks, *body]).extend_cell_length(width, base)

    def _marks(self, line: Line, width: int) -> list[Segment]:
        hue = self._style(line.color or "muted")
        service = line.service[:MAX_SERVICE].ljust(self._service)
        color = line.color or "shared"
        bar = "┃ " if line.is_error else "│ "
        marks = [
            Segment(f"{color:<6} " if width >= TIME_FROM else f"{color[0].upper()} ", hue),
            Segment(f"{service} ", self._style("muted")),
            Segment(bar, self._style("error" if line.is_error else "faint")),
        ]
        if width >= TIME_FROM:
            marks.insert(0, Segment(f"{line.at[11:19]:<8} ", self._style("faint")))
        return marks

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}")
