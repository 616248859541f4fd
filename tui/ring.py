"""The lines of a log that are kept: bounded, numbered, free of I/O and of widgets."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

CAPACITY = 10_000


class Line(NamedTuple):
    """One line, fit for a terminal. `at` is RFC 3339; a tuple because ten thousand may come a second."""

    at: str
    color: str | None
    service: str
    is_error: bool
    text: str


class Ring:
    """The newest lines. A line keeps its number for life, so a reader stays in place while old ones go."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.first = 0  # the number of the oldest line that is kept
        self._lines: deque[Line] = deque(maxlen=capacity)

    @property
    def end(self) -> int:
        """The number that the next line will have."""
        return self.first + len(self._lines)

    def extend(self, lines: Sequence[Line]) -> int:
        """Add lines; return how many old ones went for them."""
        end = self.end + len(lines)
        self._lines.extend(lines)
        gone = end - len(self._lines) - self.first
        self.first += gone
        return gone

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        self.first = self.end
        self._lines.clear()

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> Line:
        """The line of that number. Raises `IndexError` for one that is gone or hasn't come."""
        if not self.first <= number < self.end:
            raise IndexError(number)
        return self._lines[number - self.first]
