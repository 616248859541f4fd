"""The only place that writes: facts to stdout, progress and diagnostics to stderr.

Colour only on a terminal, and not where `NO_COLOR` is set or the terminal is dumb. A reader that went
away (`bgctl logs shop | head`) raises `ReaderGone`; a diagnostic that can't be written is dropped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from bgd.cli.text import Line, clean, inked
from bgd.errors import BgError, Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

FALLBACK_COLUMNS = 80
FALLBACK_ROWS = 24


class ReaderGone(Exception):
    """Nobody reads stdout any more: end, quietly."""


class Out:
    """Standard output and standard error of one `bgctl`."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._facts = _stream(sys.stdout)
        self._notes = _stream(sys.stderr)
        self._environ = environ
        can_move = environ.get("TERM") != "dumb"
        wants_color = can_move and not environ.get("NO_COLOR")
        self._facts_in_color = wants_color and _is_terminal(self._facts)
        self._notes_in_color = wants_color and _is_terminal(self._notes)
        self.has_terminal = can_move and _is_terminal(self._facts)
        """Whether facts go to a terminal that can be painted on."""
        self.has_live_notes = can_move and _is_terminal(self._notes)
        """Whether progress goes to a terminal that can be painted on."""

    def fact(self, line: Line = "") -> None:
        """One line of what was asked for."""
        self._write_fact(inked(line, self._facts_in_color) + "\n")

    def facts(self, lines: Iterable[Line]) -> None:
        """Several lines of it."""
        for line in lines:
            self.fact(line)

    def shown_facts(self, text: str) -> None:
        """Many lines at once, of which `shown` made whatever isn't clean text."""
        self._write_fact(text)

    def document(self, value: Any) -> None:
        """The one JSON document of `--json`."""
        self._write_fact(json.dumps(value, indent=2) + "\n")
        self.flush()

    def item(self, value: Any) -> None:
        """One object of a stream, on a line of its own."""
        self._write_fact(json.dumps(value) + "\n")

    def items(self, values: Iterable[Any]) -> None:
        """Many of them, in one write."""
        self._write_fact("".join(f"{json.dumps(value)}\n" for value in values))

    def flush(self) -> None:
        """Let the reader have what was written until now."""
        self._write_fact("", is_end=True)

    def note(self, line: Line = "") -> None:
        """One line of progress or diagnosis."""
        self.paint(inked(line, self._notes_in_color) + "\n")

    def noted(self, line: Line) -> str:
        """A line as it would be written to stderr, for who paints there."""
        return inked(line, self._notes_in_color)

    def shown(self, line: Line) -> str:
        """A line as it would be written to stdout, for who paints there."""
        return inked(line, self._facts_in_color)

    def paint(self, text: str, *, on_facts: bool = False) -> None:
        """Write bytes for a terminal as they are."""
        if on_facts:
            self._write_fact(text, is_end=True)
            return
        try:
            self._notes.write(text)
            self._notes.flush()
        except (OSError, ValueError):
            return  # whoever closed it doesn't want to know

    def error(self, error: BgError, *, as_json: bool) -> None:
        """What went wrong and what to do next."""
        if as_json:
            told = {
                "code": error.code,
                "message": clean_lines(error.message),
                "hint": clean_lines(error.hint),
            }
            self.item({"error": told})  # on one line: it may be the end of a stream
            self.flush()
            return
        first, *more = clean_lines(error.message).split("\n")
        self.note([("error", "bad strong"), f": {first}"])
        for line in more:
            self.note(f"  {line}")
        for line in error.hint.splitlines():
            self.note([(f"  {line}", "faint")])

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal, of whichever stream is one."""
        for stream in (self._notes, self._facts):
            try:
                size = os.get_terminal_size(stream.fileno())
            except (OSError, ValueError):
                continue
            if size.columns > 0:
                return size.columns, size.lines or FALLBACK_ROWS
        return FALLBACK_COLUMNS, FALLBACK_ROWS

    def _write_fact(self, text: str, *, is_end: bool = False) -> None:
        try:
            self._facts.write(text)
            if is_end:
                self._facts.flush()
        except BrokenPipeError:
            raise ReaderGone from None
        except (OSError, ValueError) as error:
            raise Failed(f"can't write to standard output: {getattr(error, 'strerror', error)}") from None


def clean_lines(text: str) -> str:
    """`text` made harmless, its line breaks kept."""
    return "\n".join(clean(line) for line in text.splitlines())


def _stream(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed by whoever started the process
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - for the whole process
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # glyphs in a locale that has none
    return stream


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
