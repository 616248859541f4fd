"""Lines of styled text that fit a width, measured in cells.

Styles are names of theme variables (`$muted`), resolved when drawn, so a change of theme needs no new text.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

Part = str | Content | tuple[str, str]
EMPTY = Content("")


def line(*parts: Part | None) -> Content:
    """One line of parts; those that are missing are left out."""
    return Content.assemble(*(part for part in parts if part))


def fit(content: Content, width: int) -> Content:
    """The line cut to `width` cells, with an ellipsis where something is missing."""
    return content if content.cell_length <= width else content.truncate(max(0, width), ellipsis=True)


def column(text: str, width: int, style: str = "") -> Content:
    """`text` in exactly `width` cells, cut where it is longer."""
    cell = fit(Content.styled(text, style), width)
    return cell.pad_right(width - cell.cell_length)


def spread(left: Content, right: Content, width: int) -> Content:
    """Both on one line, at its ends; the right one goes first when it gets narrow."""
    room = width - left.cell_length - right.cell_length
    if not right or room < 2:
        return fit(left, width)
    return Content.assemble(left, " " * room, right)


def joined(parts: list[Content], separator: str = " · ") -> Content:
    """Parts with a faint mark between them."""
    told = [part for part in parts if part]
    out: list[Part] = []
    for position, part in enumerate(told):
        out.extend([(separator, "$faint")] if position else [])
        out.append(part)
    return Content.assemble(*out)


def name_column(name: str, width: int, style: str = "") -> Content:
    """A name in `width` cells, the last of them blank; cut in its middle: names differ at their ends."""
    room = max(0, width - 1)
    if cell_len(name) > room:
        tail = (room - 1) // 2
        name = f"{_start(name, room - 1 - tail)}…{_start(name[::-1], tail)[::-1]}" if room else ""
    return column(name, width, style)


def _start(text: str, width: int) -> str:
    """As much of the text as fits."""
    end = 0
    while end < len(text) and (width := width - cell_len(text[end])) >= 0:
        end += 1
    return text[:end]


def as_many(parts: list[Content], width: int, separator: str = " · ") -> Content:
    """As many of the parts as fit, the first ones first; what is half a word tells nothing."""
    told = [part for part in parts if part]
    for end in range(len(told), 1, -1):
        content = joined(told[:end], separator)
        if content.cell_length <= width:
            return content
    return fit(joined(told[:1]), width)


def stacked(lines: list[Content]) -> Content:
    """Lines below each other."""
    return Content("\n").join(lines)


def labelled(label: Content, told: Content, indent: int, width: int) -> Content:
    """A label and what it stands for; lines that follow are indented, so that labels stand alone."""
    lines = told.wrap(max(1, width - indent))
    first = Content.assemble(label, " " * max(1, indent - label.cell_length), *lines[:1])
    return stacked([first, *(Content.assemble(" " * indent, rest) for rest in lines[1:])])


def hue(color: str | None) -> str:
    """The style of a colour of the app."""
    return {"blue": "$hue-blue", "green": "$hue-green"}.get(color or "", "$muted")
