"""As much of a terminal as bgctl paints on: text, line ends, cursor up, erasing, and styles that are ignored.

Anything else raises: it would be an escape sequence that nobody meant to send.
"""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"\x1b\[(?P<args>[?0-9;]*)(?P<kind>[A-Za-z])|(?P<text>[^\x00-\x1f\x7f]+)|(?P<control>.)", re.S
)


class Screen:
    """Rows of text; what scrolls off the top is kept in `scrolled`."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.lines: list[str] = [""] * rows
        self.scrolled: list[str] = []
        self.row = self.column = 0
        self.has_cursor = True
        self.styles: set[str] = set()

    @property
    def text(self) -> str:
        """All that was and is on the screen, without the empty rest."""
        return "\n".join([*self.scrolled, *self.lines]).rstrip("\n")

    def write(self, data: str) -> None:
        """Take what a program writes."""
        for token in _TOKENS.finditer(data):
            if token["text"] is not None:
                for char in token["text"]:
                    self._put(char)
            elif token["kind"] is not None:
                self._escape(token["kind"], token["args"])
            elif token["control"] == "\r":
                self.column = 0
            elif token["control"] == "\n":
                self._down()
            else:
                raise AssertionError(f"{token['control']!r} reached the terminal")

    def _put(self, char: str) -> None:
        if self.column >= self.columns:
            self.column = 0
            self._down()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = (line[: self.column] + char + line[self.column + 1 :]).rstrip(" ") or ""
        self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == self.rows:
            self.scrolled.append(self.lines.pop(0))
            self.lines.append("")
            self.row -= 1

    def _escape(self, kind: str, args: str) -> None:
        match kind, args:
            case "m", _:
                self.styles.add(args)
            case "A", _:
                self.row = max(0, self.row - int(args or 1))
            case "K", "":
                self.lines[self.row] = self.lines[self.row][: self.column]
            case "J", "":
                self.lines[self.row] = self.lines[self.row][: self.column]
                self.lines[self.row + 1 :] = [""] * (self.rows - self.row - 1)
            case (("h" | "l"), "?25"):
                self.has_cursor = kind == "h"
            case _:
                raise AssertionError(f"the sequence {args}{kind} reached the terminal")
