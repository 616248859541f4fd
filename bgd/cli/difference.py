"""A comparison for people: what differs by service, what drifted by container, and a verdict."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bgd.cli.text import Line, Span, cut, line_width, wrapped
from bgd.cli.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bgd.wire import ChangeJson, DifferenceJson, DiffJson, DriftJson, ReleaseDiffJson

_SECRET = "•••"  # noqa: S105 - what stands for one
_NAME_COLUMNS = 22
_WORD_COLUMNS = 7
_MAX_VALUE_LINES = 4
_BLANK = " " * (_NAME_COLUMNS + 4)


def lines(told: DiffJson, columns: int) -> Iterator[Line]:
    """The report: differences by service, drift by container, changes of the file, and the verdict."""
    yield _head(told)
    if any(one["explained_by"] for one in told["differences"]):
        yield [("✓", "good"), (f" explained by {_pair(told)}", "faint")]
    for service, group in groupby(told["differences"], lambda one: one["service"]):
        yield ""
        yield [(service, "strong")]
        yield from _differences(list(group), columns)
    if told["drift"]:
        yield ""
        yield [("drift", "warn strong"), ("  what runs isn't what its release says", "faint")]
        for owner, drifts in groupby(told["drift"], _owner):
            yield ["  ", owner]
            yield from _drifts(list(drifts), columns)
    if told["file"]:
        yield ""
        yield [("file", "strong"), (f"  changed since {told['file_since']}, not deployed", "faint")]
        yield from _changes(told["file"], columns)
    if told["notes"]:
        yield ""
        for note in told["notes"]:
            first, *more = wrapped(note, columns - 2)
            yield [("· ", "faint"), first]
            yield from ([f"  {line}"] for line in more)
    yield ""
    yield _verdict(told)


def release_lines(told: ReleaseDiffJson, columns: int) -> Iterator[Line]:
    """The report about two releases."""
    yield [(told["app"], "strong"), f"  {told['from']} → {told['to']}", ("  as recorded", "faint")]
    if told["changes"]:
        yield ""
        yield from _changes(told["changes"], columns)
    yield ""
    if told["changes"]:
        yield f"{count(len(told['changes']), 'change')} from {told['from']} to {told['to']}"
    else:
        yield [(f"{told['from']} and {told['to']} are the same: files and images", "good")]


def _head(told: DiffJson) -> Line:
    def side(color: str, release: str | None) -> list[Span]:
        live = " live" if told["live"] == color else ""
        return [(color, color), f" {release}{live}" if release else " –"]

    return [
        (told["app"], "strong"),
        "  ",
        *side("blue", told["blue"]),
        ("  against  ", "faint"),
        *side("green", told["green"]),
        ("  as they run", "faint"),
    ]


def _differences(found: Sequence[DifferenceJson], columns: int) -> Iterator[Line]:
    for family, group in groupby(found, lambda one: (_family(one["aspect"]), one["explained_by"])):
        name, why = family
        mark: Span = ("✓ ", "good") if why else ("! ", "warn")
        told = list(group)
        short = [one for one in told if _is_short(one["blue"], one["green"])]
        if short:
            words = [_short(one, "blue", "green") for one in short]
            yield from _paragraph(mark, name, _listed(words), columns)
        for one in told:
            if not _is_short(one["blue"], one["green"]):
                pair = (("blue", "blue"), one["blue"]), (("green", "green"), one["green"])
                yield from _values(mark, _title(one["aspect"]), pair, columns)
        if why is None:
            yield _beside(("no release explains it", "warn"))
        elif why.startswith("live-only") or "image" in why:
            yield _beside((why, "faint"))


def _drifts(found: Sequence[DriftJson], columns: int) -> Iterator[Line]:
    for name, group in groupby(found, lambda one: _family(one["aspect"])):
        told = list(group)
        words = [_short_drift(one) for one in told if _is_short(one["meant"], one["runs"])]
        if words:
            yield from _paragraph(("! ", "warn"), name, _listed(words), columns)
        for one in told:
            if not _is_short(one["meant"], one["runs"]):
                pair = ((one["release"] or "made", "faint"), one["meant"]), (("runs", "faint"), one["runs"])
                yield from _values(("! ", "warn"), _title(one["aspect"]), pair, columns)


def _changes(found: Iterable[ChangeJson], columns: int) -> Iterator[Line]:
    for one in found:
        before, after = one["before"], one["after"]
        place: Span = f"  {one['place']}"
        if before is None:
            how: list[Span] = [
                ("added", "good"),
                f"  {after}" if after not in (None, _SECRET, "null") else "",
            ]
        elif after is None:
            how = [("removed", "bad"), f"  {before}" if before not in (_SECRET, "null") else ""]
        elif before == after:  # a secret, or a text with one in it
            how = [("changed", "warn")]
        else:
            how = [before, (" → ", "faint"), after]
        line: list[Span] = [place, "  ", *how]
        if line_width(line) <= columns:
            yield line
        else:
            yield cut([place], columns)
            if before is not None and after is not None and before != after:
                yield cut([("    - ", "bad"), before], columns)
                yield cut([("    + ", "good"), after], columns)
            else:
                yield cut(["    ", *how], columns)


def _verdict(told: DiffJson) -> Line:
    differences, drift = told["differences"], told["drift"]
    unexplained = [one for one in differences if one["explained_by"] is None]
    drifts = count(len(drift), "drift")
    if told["identical"] is None:
        color, release = ("blue", told["blue"]) if told["blue"] else ("green", told["green"])
        if drift:
            return [(f"{color} isn't as {release} says: {drifts}", "warn")]
        return [(f"{color} runs as {release} says", "good")]
    also = f", and {drifts}" if drift else ""
    if unexplained:
        return [(f"{count(len(unexplained), 'difference')} that no release explains{also}", "bad")]
    apart = f" apart from the release ({_pair(told)})" if told["blue"] != told["green"] else ""
    return [(f"identical{apart}{also}", "warn" if drift else "good")]


def _pair(told: DiffJson) -> str:
    names = sorted((told["blue"] or "", told["green"] or ""), key=lambda name: int(name[1:] or 0))
    return " → ".join(names)


def _owner(one: DriftJson) -> str:
    return one["container"] or f"{one['color'] or 'shared'} {one['service']}"


def _family(aspect: str) -> str:
    return aspect.partition(".")[0]


def _title(aspect: str) -> str:
    family, _, name = aspect.partition(".")
    return f"{_SINGULAR.get(family, family)} {name}" if name else family


_SINGULAR = {"mounts": "mount", "networks": "network", "ports": "port", "ulimits": "ulimit"}


def _is_short(one: str | None, two: str | None) -> bool:
    """Whether no value is to be shown: a secret, or something that is there or isn't."""
    return _SECRET in (one, two) or one == two


def _short(one: DifferenceJson, first: str, second: str) -> str:
    name = one["aspect"].partition(".")[2] or one["aspect"]
    if one["blue"] is None or one["green"] is None:
        return f"{name} only in {second if one['blue'] is None else first}"
    return f"{name} differs"


def _short_drift(one: DriftJson) -> str:
    name = one["aspect"].partition(".")[2] or one["aspect"]
    if one["meant"] is None:
        return f"{name} isn't in {one['release'] or 'its definition'}"
    return f"{name} is missing" if one["runs"] is None else f"{name} differs"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _paragraph(mark: Span, name: str, text: str, columns: int) -> Iterator[Line]:
    """A text in a column of its own, beside a mark and a name."""
    head: list[Span] = ["  ", mark, f"{name:<{_NAME_COLUMNS}}"]
    for line in wrapped(text, columns - _NAME_COLUMNS - 4):
        yield [*head, line]
        head = [_BLANK]


Valued = tuple[tuple[str, str], str | None]
"""Whose value, by word and hue, and the value."""


def _values(mark: Span, name: str, pair: tuple[Valued, Valued], columns: int) -> Iterator[Line]:
    """Two values below one another, beside the name of what they are of; a long name has its own line."""
    head: list[Span] = ["  ", mark, f"{name:<{_NAME_COLUMNS}}"]
    if len(name) >= _NAME_COLUMNS:
        yield cut(head, columns)
        head = [_BLANK]
    room = columns - len(_BLANK) - _WORD_COLUMNS
    for (word, style), value in pair:
        head.append((f"{word:<{_WORD_COLUMNS}}", style))
        text, look = ("none", "faint") if value is None else (value, "")
        for line in _in_few_lines(text, room):
            yield cut([*head, (line, look)], columns)
            head = [_BLANK + " " * _WORD_COLUMNS]
        head = [_BLANK]


def _in_few_lines(text: str, room: int) -> list[str]:
    lines = wrapped(text, room)
    if len(lines) <= _MAX_VALUE_LINES:
        return lines
    return [*lines[: _MAX_VALUE_LINES - 1], " ".join(lines[_MAX_VALUE_LINES - 1 :])]


def _beside(words: Span) -> Line:
    return [_BLANK, words]
