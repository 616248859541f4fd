"""Lines of text as spans: words with a style. What comes from elsewhere is made harmless on the way out.

The styles are put around the words by `inked` alone, which cleans the words first. So no byte of a
container, a file name or a message can ever be an escape sequence, whoever forgot to look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = str | tuple[str, str]
"""Words, or words and the name of their style; an unknown style is none."""

Line = str | Sequence[Span]

STYLES = {
    "blue": "94",
    "green": "32",
    "good": "32",
    "bad": "31",
    "warn": "33",
    "faint": "2",
    "strong": "1",
    "service0": "36",
    "service1": "35",
    "service2": "33",
    "service3": "96",
    "service4": "95",
    "service5": "93",
}

_NARROW = frozenset("●○◇◌◐■·✓✗–—…→↩◉›⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
"""What bgctl itself prints beyond Latin: it needn't be looked up, and looking up needs an import."""


def clean(text: str) -> str:
    """`text` without controls, escapes, invisible characters and what can't be encoded; tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\t" else " " if char == "\n" else "" for char in text
    )


def width(text: str) -> int:
    """How many columns `text` takes on a terminal."""
    if text.isascii() or all(char < "\u0300" or char in _NARROW for char in text):
        return len(text)
    from unicodedata import category, east_asian_width

    # Not `combining`: that is an order among marks, and 0 for many, such as the vowels above Thai letters.
    return sum(
        0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def spans(line: Line) -> list[tuple[str, str]]:
    """A line's words and styles, cleaned, without tabs."""
    if isinstance(line, str):
        line = [line]
    pairs = [(span, "") if isinstance(span, str) else span for span in line]
    return [(clean(words).replace("\t", " "), style) for words, style in pairs]


def line_width(line: Line) -> int:
    """How many columns a line takes."""
    return sum(width(words) for words, _ in spans(line))


def cut(line: Line, columns: int) -> list[Span]:
    """A line of at most so many columns; one that is longer ends in `…`."""
    if line_width(line) <= columns:
        return list(spans(line))
    kept: list[Span] = []
    left = columns - 1
    for words, style in spans(line):
        end = 0
        while end < len(words) and (taken := width(words[end])) <= left:
            left -= taken
            end += 1
        kept.append((words[:end], style))
        if end < len(words):
            break
    return [*kept, "…"] if columns > 0 else []


def inked(line: Line, has_color: bool) -> str:
    """A line as it is written."""
    if isinstance(line, str):
        return clean(line)
    return "".join(_inked_span(span, has_color) for span in line)


def _inked_span(span: Span, has_color: bool) -> str:
    words, style = (span, "") if isinstance(span, str) else span
    words = clean(words)
    names = style.split() if has_color and words else []
    codes = ";".join(STYLES[name] for name in names if name in STYLES)
    return f"\x1b[{codes}m{words}\x1b[0m" if codes else words


def table(rows: Iterable[Sequence[Line]], gap: int = 2) -> list[list[Span]]:
    """Rows of cells as lines with columns; the last cell of a row may be as long as it likes."""
    cells = [[list(spans(cell)) for cell in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for index, cell in enumerate(row[:-1]):
            widths[index] = max(widths.get(index, 0), line_width(cell))
    lines = []
    for row in cells:
        while row and not line_width(row[-1]):
            row.pop()
        line: list[Span] = []
        for index, cell in enumerate(row):
            line += cell
            if index < len(row) - 1:
                line.append(" " * (widths[index] - line_width(cell) + gap))
        lines.append(line)
    return lines


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most so many columns, broken at spaces where there are any."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in clean(paragraph).replace("\t", " ").split(" "):
            if line and width(line) + 1 + width(word) > columns:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines
