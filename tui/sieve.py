"""Which lines of a log are shown, and where in a line the words stand that are looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from tui.patience import TooLong, limited
from tui.ring import Line


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words, or a regular expression; case counts as soon as there is a capital in it."""

    text: str
    is_regex: bool = False

    @property
    def problem(self) -> str:
        """Why it can't be used; empty where it can."""
        try:
            _compiled(self)
        except re.error as error:
            return f"no regular expression: {error}"
        return "takes too long: no line has it" if self in _given_up else ""

    def is_in(self, text: str) -> bool:
        """Whether the text has it somewhere."""
        return any(self._found(text, at_most=1))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands; never empty, and never one in another."""
        return (found.span() for found in self._found(text) if found.end() > found.start())

    def _found(self, text: str, at_most: int | None = None) -> list[re.Match[str]]:
        """Where it is; nowhere once it has taken too long, whatever the line."""
        found = islice(_compiled(self).finditer(text), at_most)
        if not self.is_regex:
            return list(found)
        if self in _given_up:
            return []
        try:
            with limited(LIMIT_S):
                return list(found)
        except TooLong:
            _given_up.add(self)
            return []


LIMIT_S = 0.25
"""For one expression over one line."""
_given_up: set[Pattern] = set()


@lru_cache(32)
def _compiled(pattern: Pattern) -> re.Pattern[str]:
    flags = re.IGNORECASE if pattern.text == pattern.text.lower() else re.NOFLAG
    return re.compile(pattern.text if pattern.is_regex else re.escape(pattern.text), flags)


@dataclass(frozen=True, slots=True)
class Sieve:
    """Keeps lines that have one pattern and haven't the other; each may be missing."""

    keep: Pattern | None = None
    drop: Pattern | None = None

    def lets(self, line: Line) -> bool:
        """Whether the line is to be shown."""
        if self.keep is not None and not self.keep.is_in(line.text):
            return False
        return self.drop is None or not self.drop.is_in(line.text)

    def __bool__(self) -> bool:
        return self.keep is not None or self.drop is not None
