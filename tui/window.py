"""The rows of a log: which line stands where, with some lines left out and long ones folded.

A row keeps its number for life, as a line does in the ring, so whoever reads stays in place while old
lines go. Nothing here knows of widgets, and nothing is drawn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from tui.ring import Line, Ring
from tui.sieve import Pattern, Sieve

TRIM_AT = 4_096
"""How many entries may be gone before their room is given back."""


def one_row(_: Line) -> int:
    """The height of a line that isn't folded."""
    return 1


class Window:
    """Rows of the lines that pass the sieve, each as high as `height_of` tells."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.sieve = Sieve()
        self._height_of: Callable[[Line], int] = one_row
        self._numbers: list[int] = []
        self._ends: list[int] = []  # of each, the row after its last
        self._start = 0  # what is before it in both lists is gone
        self.first = 0  # the oldest row that is kept

    @property
    def end(self) -> int:
        """The row that the next line will begin at."""
        return self._ends[-1] if len(self._ends) > self._start else self.first

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.end - self.first

    @property
    def count(self) -> int:
        """How many lines are shown."""
        return len(self._numbers) - self._start

    def extend(self, lines: Sequence[Line]) -> int:
        """Add lines; return how many rows of old ones went for them."""
        number = self.ring.end
        self.ring.extend(lines)
        for line in lines[max(0, self.ring.first - number) :]:
            self._add(max(number, self.ring.first), line)
            number = max(number, self.ring.first) + 1
        return self._trim()

    def clear(self) -> None:
        """Forget every line."""
        self.ring.clear()
        self._lay()

    def sift(self, sieve: Sieve) -> None:
        """Other lines are shown; rows are numbered anew."""
        self.sieve = sieve
        self._lay()

    def fold(self, height_of: Callable[[Line], int]) -> None:
        """Lines have other heights; rows are numbered anew."""
        self._height_of = height_of
        self._lay()

    def at(self, row: int) -> tuple[int, int]:
        """The number of the line at a row, and which of its rows that is."""
        if not self.first <= row < self.end:
            raise IndexError(row)
        index = bisect_right(self._ends, row, lo=self._start)
        return self._numbers[index], row - self._begin(index)

    def row_of(self, number: int) -> int:
        """The first row of a line, or of the next one that is shown."""
        index = bisect_left(self._numbers, number, lo=self._start)
        return self._begin(index) if index < len(self._numbers) else self.end

    def shown_since(self, number: int) -> int:
        """How many of the lines from that number on are shown."""
        return len(self._numbers) - bisect_left(self._numbers, number, lo=self._start)

    def lines(self) -> list[Line]:
        """Every line that is shown."""
        return [self.ring[number] for number in self._numbers[self._start :]]

    def matches(self, pattern: Pattern) -> list[int]:
        """The numbers of the lines that have it."""
        numbers = self._numbers[self._start :]
        return [number for number in numbers if pattern.is_in(self.ring[number].text)]

    def _begin(self, index: int) -> int:
        return self._ends[index - 1] if index > self._start else self.first

    def _add(self, number: int, line: Line) -> None:
        if not self.sieve.lets(line):
            return
        end = self.end + self._height_of(line)
        self._numbers.append(number)
        self._ends.append(end)

    def _trim(self) -> int:
        before = self.first
        gone = bisect_left(self._numbers, self.ring.first, lo=self._start)
        if gone > self._start:
            self.first = self._ends[gone - 1]
            self._start = gone
        if self._start > TRIM_AT:
            del self._numbers[: self._start], self._ends[: self._start]
            self._start = 0
        return self.first - before

    def _lay(self) -> None:
        self.first, self._start = self.end, 0
        self._numbers, self._ends = [], []
        for number in range(self.ring.first, self.ring.end):
            self._add(number, self.ring[number])
