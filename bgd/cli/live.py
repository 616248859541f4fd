"""Lines on a terminal that are painted over, in place."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from bgd.cli.out import Out
from bgd.cli.text import Line, cut, line_width

_HIDE_CURSOR = "\x1b[?25l"
_SHOW_CURSOR = "\x1b[?25h"
_ERASE_REST = "\x1b[J"
_ERASE_LINE_END = "\x1b[K"


class Live:
    """A block of lines; `paint` replaces it, the last one stays. Ends with the cursor below and visible."""

    def __init__(self, out: Out, *, on_facts: bool = False) -> None:
        self._out = out
        self._on_facts = on_facts
        self._widths: list[int] = []  # of the lines that are on the screen

    def __enter__(self) -> Self:
        self._write(_HIDE_CURSOR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(_SHOW_CURSOR)

    def paint(self, lines: Sequence[Line]) -> None:
        """Put these lines in the place of the last ones. What doesn't fit the screen is left out."""
        columns, rows = self._out.size()
        if len(lines) >= rows:
            hidden = len(lines) - rows + 2
            lines = [*lines[: max(0, rows - 2)], [(f"… {hidden} more lines", "faint")]]
        # One column stays free: a terminal waits with the wrap of a full line, and each in its own way.
        fitting = [cut(line, columns - 1) for line in lines]
        render = self._out.shown if self._on_facts else self._out.noted
        painted = "".join(f"{render(line)}{_ERASE_LINE_END}\n" for line in fitting)
        self._write(f"{self._back(columns)}{painted}{_ERASE_REST}")
        self._widths = [line_width(line) for line in fitting]

    def print_above(self, line: Line) -> None:
        """A line that stays, above the block; the block has to be painted again."""
        columns, _ = self._out.size()
        self._write(f"{self._back(columns)}{_ERASE_REST}{self._out.noted(line)}\n")
        self._widths = []

    def _back(self, columns: int) -> str:
        # On a terminal that became narrower, what was one line may be two by now.
        rows = sum(max(1, -(-width // columns)) for width in self._widths)
        return f"\r\x1b[{rows}A" if rows else ""

    def _write(self, text: str) -> None:
        self._out.paint(text, on_facts=self._on_facts)
