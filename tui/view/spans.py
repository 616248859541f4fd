"""Lines as bgctl prints them, on a screen: the same words, in the theme's hues.

What is good has no hue here: green is a colour of the app.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from bgd.cli.text import Line, spans
from tui.plain import plain
from tui.view.line import stacked

STYLES = {
    "blue": "$hue-blue",
    "green": "$hue-green",
    "bad": "$bad",
    "warn": "$warn",
    "faint": "$muted",
    "strong": "bold",
}


def content_of(line: Line) -> Content:
    """One line."""
    return Content.assemble(*((plain(words), _style(style)) for words, style in spans(line)))


def contents_of(lines: Iterable[Line]) -> Content:
    """Lines below each other."""
    return stacked([content_of(line) for line in lines])


def _style(names: str) -> str:
    return " ".join(STYLES.get(name, "") for name in names.split()).strip()
