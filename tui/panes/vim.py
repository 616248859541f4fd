"""The keys of vi for whatever scrolls, and for lists, beside Textual's arrows, pages, home and end."""

from __future__ import annotations

from textual.binding import Binding, BindingType

SCROLLING: list[BindingType] = [
    Binding("j", "scroll_down", show=False),
    Binding("k", "scroll_up", show=False),
    Binding("g", "scroll_home", show=False),
    Binding("G", "scroll_end", show=False),
    Binding("ctrl+d", "page_down", show=False),
    Binding("ctrl+u", "page_up", show=False),
]
CHOOSING: list[BindingType] = [
    Binding("j", "cursor_down", show=False),
    Binding("k", "cursor_up", show=False),
    Binding("g", "first", show=False),
    Binding("G", "last", show=False),
]
