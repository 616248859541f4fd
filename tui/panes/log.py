"""The log: a window onto a ring of lines that follows the newest, or stays where it was put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.panes.vim import SCROLLING
from tui.ring import Line, Ring
from tui.sieve import Pattern, Sieve
from tui.view.logline import TIMES, Look, log_strip
from tui.window import Window

MAX_SERVICE = 12
STEP = 8
STYLES = ("base", "blue", "green", "muted", "faint", "error", "match", "found")


class LogView(ScrollView, can_focus=True):
    """Draws only the rows that are seen; everything else is numbers.

    `RichLog` and `Log` would measure, wrap and keep every line that comes, and move a paused reader
    when old lines go.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLLING,
        Binding("h,left", "shift(-1)", show=False),
        Binding("l,right", "shift(1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in STYLES}

    class Moved(Message):
        """It began or ceased to follow, more lines are unseen, or others are shown."""

    def __init__(self) -> None:
        super().__init__(id="log")
        self.ring = Ring()
        self.window = Window(self.ring)
        self.look = Look(80)
        self.is_following = True
        self.dropped = 0
        self.found: int | None = None  # the number of the line that the search stands on
        self._seen = 0  # the number after the last line that was there when it was paused
        self._is_moving = False  # it scrolls by itself, which tells nothing of the reader
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(512)
        self._style = lru_cache(len(STYLES))(self._looked_up)

    @property
    def unseen(self) -> int:
        """Lines that came since it was paused."""
        return 0 if self.is_following else self.window.shown_since(self._seen)

    def extend(self, lines: Sequence[Line], dropped: int = 0) -> None:
        """Add a batch."""
        self.dropped += dropped
        widest = max((cell_len(line.service) for line in lines), default=0)
        service = min(MAX_SERVICE, max(self.look.service, widest))
        if service != self.look.service:
            self._change(replace(self.look, service=service))
        self._place(self.window.extend(lines))
        self.refresh()
        self.post_message(self.Moved())

    def clear(self) -> None:
        """Begin anew, with other lines."""
        self.window.clear()
        self.dropped, self.found = 0, None
        self.is_following = True
        self._change(replace(self.look, service=3, shift=0))

    def sift(self, sieve: Sieve) -> None:
        """Show other lines; whoever reads stays near the line that was at the top."""
        top = self._top()
        self.window.sift(sieve)
        self._again(top)

    def search(self, pattern: Pattern | None) -> None:
        """Mark other words."""
        self.found = None
        self._change(replace(self.look, search=pattern))

    def find(self, step: int) -> tuple[int, int]:
        """Go to the next line that has the words (-1: the one before); which that is, of how many."""
        matches = self.window.matches(self.look.search) if self.look.search else []
        if not matches:
            return 0, 0
        if self.found is None:
            # From the last line on the screen upwards: what is looked for is mostly what came last.
            bottom = min(self.window.end, self.window.first + round(self.scroll_y) + self.size.height) - 1
            line = self.window.at(bottom)[0] if self.window.height else 0
            before = [index for index, number in enumerate(matches) if number <= line]
            index = before[-1] if before else 0
        elif step > 0:
            index = next((index for index, number in enumerate(matches) if number > self.found), 0)
        else:
            index = next((i for i in reversed(range(len(matches))) if matches[i] < self.found), -1)
        self.found = matches[index]
        self._show_line(self.found)
        return matches.index(self.found) + 1, len(matches)

    def cycle_times(self) -> None:
        """Times short, whole, or none."""
        self._change(replace(self.look, times=TIMES[(TIMES.index(self.look.times) + 1) % len(TIMES)]))

    def toggle_fold(self) -> None:
        """Long lines folded, or cut off."""
        self._change(replace(self.look, is_folded=not self.look.is_folded, shift=0))

    def visible_lines(self) -> list[Line]:
        """The lines that stand on the screen."""
        top = self.window.first + round(self.scroll_y)
        rows = range(top, min(self.window.end, top + self.size.height))
        return [self.ring[number] for number in dict.fromkeys(self.window.at(row)[0] for row in rows)]

    def action_shift(self, steps: int) -> None:
        """Show what is further right in long lines, or come back."""
        if not self.look.is_folded:
            self._change(replace(self.look, shift=max(0, self.look.shift + steps * STEP)))

    def _change(self, look: Look) -> None:
        if look == self.look:
            self.refresh()
            self.post_message(self.Moved())
            return
        top, before, self.look = self._top(), self.look, look
        self._strips.clear()
        is_same_height = not look.is_folded and not before.is_folded
        if not is_same_height and (look.room, look.is_folded) != (before.room, before.is_folded):
            self.window.fold(look.height_of)
        self._again(top)

    def _top(self) -> int | None:
        row = self.window.first + round(self.scroll_y)
        return self.window.at(row)[0] if self.window.first <= row < self.window.end else None

    def _again(self, top: int | None) -> None:
        self._strips.clear()
        self._place(0)
        if top is not None and not self.is_following:
            self._move_to(self.window.row_of(top) - self.window.first)
        self.refresh()
        self.post_message(self.Moved())

    def _show_line(self, number: int) -> None:
        row = self.window.row_of(number) - self.window.first
        if not self.scroll_y <= row < self.scroll_y + self.size.height:
            row_at_top = max(0, row - self.size.height // 2)
            self.scroll_to(y=row_at_top, animate=False, immediate=True)
        elif self.is_following:
            self._pause()  # it would scroll away
        self._strips.clear()
        self.refresh()

    def _place(self, gone: int) -> None:
        self._resize_to(Size(self.look.width, self.window.height))
        if self.is_following:
            self._move_to(self.max_scroll_y)
        elif gone:
            self._move_to(self.scroll_y - gone)

    def _resize_to(self, size: Size) -> None:
        """Have so many rows. With the bar beside them already, more rows move nothing else on the screen.

        Textual lays everything out anew when this changes: half of what a flow of lines costs.
        """
        if (
            size.width == self.virtual_size.width
            and min(size.height, self.virtual_size.height) > self.size.height
        ):
            self.set_reactive(LogView.virtual_size, size)
            self._scroll_update(size)
        else:
            self.virtual_size = size

    def _move_to(self, row: float) -> None:
        self._is_moving = True
        try:
            self.scroll_y = self.scroll_target_y = min(max(0, row), self.max_scroll_y)
        finally:
            self._is_moving = False

    def _pause(self) -> None:
        self.is_following, self._seen = False, self.ring.end
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The reader scrolled up: it stays. Down to the end: it follows."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_moving:
            return
        if new_value < self.max_scroll_y:
            if self.is_following:
                self._pause()
        elif new_value > old_value:  # else it only got less to scroll
            self._follow()

    def _follow(self) -> None:
        if not self.is_following:
            self.is_following = True
            self._place(0)
            self.post_message(self.Moved())

    def action_scroll_end(self) -> None:
        """To the last line, and on with what comes."""
        self._follow()

    def action_scroll_down(self) -> None:
        """A line down; below the last one it follows."""
        if self.scroll_y >= self.max_scroll_y:
            self._follow()
        else:
            super().action_scroll_down()

    def on_resize(self) -> None:
        """Keep to the end, or to the line that was at the top, at any size."""
        self._change(replace(self.look, width=self.scrollable_content_region.width))
        self._place(0)

    def notify_style_update(self) -> None:
        """Another theme: every line has other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._style.cache_clear()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has marked, as it stands on the screen."""
        begin = self.window.first if selection.start is None else selection.start.y
        end = self.window.end - 1 if selection.end is None else selection.end.y
        texts = []
        for row in range(max(begin, self.window.first), min(end, self.window.end - 1) + 1):
            left = selection.start.x if selection.start is not None and row == begin else 0
            right = selection.end.x if selection.end is not None and row == end else None
            texts.append(self._row(row).text[left:right].rstrip())
        return "\n".join(texts), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's
        """Draw what is marked."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the window."""
        row = self.window.first + round(self.scroll_y) + y
        if row >= self.window.end:
            return Strip.blank(self.look.width, self.rich_style)
        strip = self._row(row)
        if self.text_selection is not None and (span := self.text_selection.get_span(row)) is not None:
            left, right = span
            right = strip.cell_length if right == -1 else min(right, strip.cell_length)
            marked = strip.crop(left, right).apply_style(
                self.screen.get_component_rich_style("screen--selection")
            )
            strip = Strip.join([strip.crop(0, left), marked, strip.crop(right)])
        return strip.apply_offsets(0, row)

    def _row(self, row: int) -> Strip:
        number, part = self.window.at(row)
        strip = self._strips.get((number, part))
        if strip is None:
            strip = log_strip(self.ring[number], part, self.look, number == self.found, self._style)
            self._strips[number, part] = strip
        return strip

    def _looked_up(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}")
