"""One line of a log as it is drawn: its marks, and the piece of its text that is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.ring import Line
from tui.sieve import Pattern

TIMES: tuple[Times, ...] = ("short", "full", "none")
Times = Literal["short", "full", "none"]
WIDE = 66
"""From this width on colours are words, and lines have their time."""
MIN_TEXT = 8
"""Text is given at least so many cells, however narrow it gets."""
CLOCK = {"short": len("14:03:07 "), "full": len("2025-01-31 14:03:07.123 "), "none": 0}


@dataclass(frozen=True, slots=True)
class Look:
    """How lines are drawn: `service` is the width of that column, `shift` what is cut off at the left."""

    width: int
    service: int = 3
    times: Times = "short"
    is_folded: bool = False
    shift: int = 0
    search: Pattern | None = None

    @property
    def clock(self) -> int:
        """Cells of the time."""
        return 0 if self.times == "short" and self.width < WIDE else CLOCK[self.times]

    @property
    def marks(self) -> int:
        """Cells before the text."""
        return self.clock + (7 if self.width >= WIDE else 2) + self.service + 3

    @property
    def room(self) -> int:
        """Cells for the text."""
        return max(MIN_TEXT, self.width - self.marks)

    def height_of(self, line: Line) -> int:
        """How many rows the line takes."""
        if not self.is_folded or len(line.text) * 2 <= self.room:
            return 1
        if _is_narrow(line.text):
            return max(1, -(-len(line.text) // self.room))
        return max(1, len(chop_cells(line.text, self.room)))


Styles = Callable[[str], Style]
"""Gives the style of a part: base, blue, green, muted, faint, error, match or found."""


def log_strip(line: Line, part: int, look: Look, is_found: bool, style: Styles) -> Strip:
    """One row of a line; `is_found` is the line that the search stands on."""
    start, text = _piece(line.text, part, look)
    body = Strip(list(_marked(line.text, start, text, look.search, is_found, style)))
    if not look.is_folded and body.cell_length > look.room:
        body = Strip([*body.crop(0, look.room - 1), Segment("…", style("faint"))])
    marks = _marks(line, look, style) if part == 0 else _folded_marks(line, look, style)
    return Strip([*marks, *body]).extend_cell_length(look.width, style("base"))


def _piece(text: str, part: int, look: Look) -> tuple[int, str]:
    if not look.is_folded:
        # A cell holds at most one character or so: what lies further right needn't be measured.
        return look.shift, text[look.shift : look.shift + look.room * 2 + 1]
    if _is_narrow(text):
        return part * look.room, text[part * look.room : (part + 1) * look.room]
    pieces = chop_cells(text, look.room)
    return sum(map(len, pieces[:part])), pieces[part] if part < len(pieces) else ""


def _is_narrow(text: str) -> bool:
    """Every character has a cell of its own; measuring each costs forty times as much."""
    return text.isascii() or max(text) < "\u0300"


def _marked(
    whole: str, start: int, text: str, search: Pattern | None, is_found: bool, style: Styles
) -> Iterator[Segment]:
    if search is None:
        yield Segment(text, style("base"))
        return
    at, end = start, start + len(text)
    for begin, stop in search.spans(whole):
        if begin >= end:
            break
        begin, stop = max(begin, at), min(stop, end)
        if stop <= begin:
            continue
        yield Segment(whole[at:begin], style("base"))
        yield Segment(whole[begin:stop], style("found" if is_found else "match"))
        at = stop
    yield Segment(whole[at:end], style("base"))


def _marks(line: Line, look: Look, style: Styles) -> list[Segment]:
    marks = [Segment(f"{_clock(line.at, look.times):<{look.clock}}", style("faint"))] if look.clock else []
    color = line.color or ("nginx" if line.service == "nginx" else "shared")
    name = line.service[: look.service]
    return [
        *marks,
        Segment(
            f"{color:<6} " if look.width >= WIDE else f"{color[0].upper()} ", style(line.color or "muted")
        ),
        Segment(name + " " * (look.service - cell_len(name) + 1), style("muted")),
        Segment("┃ " if line.is_error else "│ ", style("error" if line.is_error else "faint")),
    ]


def _folded_marks(line: Line, look: Look, style: Styles) -> list[Segment]:
    bar = "┃ " if line.is_error else "│ "
    return [
        Segment(" " * (look.marks - 2), style("base")),
        Segment(bar, style("error" if line.is_error else "faint")),
    ]


@lru_cache(1024)
def _clock(at: str, times: Times) -> str:
    try:
        here = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return ""
    return (
        f"{here:%H:%M:%S}" if times == "short" else f"{here:%Y-%m-%d %H:%M:%S}.{here.microsecond // 1000:03}"
    )


def log_text(line: Line) -> str:
    """The line as it is copied and saved, whole and on the clock of whoever reads."""
    mark = "!" if line.is_error else "|"
    return f"{_clock(line.at, 'full')} {line.color or '-':<5} {line.service} {mark} {line.text}"
