"""`bgctl diff APP`: blue against green as they run; `bgctl diff APP r3 r5`: one release against another."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bgd.cli.text import Line, Span, cut, line_width, wrapped
from bgd.cli.words import count
from bgd.client import Client
from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import ChangeJson, DifferenceJson, DiffJson, DriftJson, ReleaseDiffJson

DIFFERS = 1
"""The exit code of `--exit-code`, as `diff` and `git diff` have it."""
MIN_COLUMNS, MAX_COLUMNS = 48, 120

_SECRET = "•••"  # noqa: S105 - what stands for one
_NAME_COLUMNS = 20
_WORD_COLUMNS = 7
_BLANK = " " * (_NAME_COLUMNS + 4)


def arguments(parser: Parser) -> None:
    """An app, and perhaps two of its releases."""
    parser.takes_app()
    parser.add_argument(
        "releases",
        metavar="RELEASE",
        nargs="*",
        help="two releases to compare as recorded, instead of the colors as they run",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit 1 unless both colors are identical apart from the release and as their releases say",
    )
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print the comparison. The exit code is 0 whatever came out, unless `--exit-code` asks for it."""
    client = Client(values.socket)
    if values.releases:
        return _run_releases(client, values, out)
    told = client.diff(values.app)
    if values.json:
        out.document(told)
    else:
        out.facts(lines(told, _columns(out)))
    return DIFFERS if values.exit_code and not (told["identical"] and not told["drift"]) else 0


def _run_releases(client: Client, values: Namespace, out: Out) -> int:
    if len(values.releases) != 2:
        raise InvalidInput(
            f"bgctl diff: one release, {values.releases[0]}, can't be compared with nothing"
            if len(values.releases) == 1
            else f"bgctl diff: {len(values.releases)} releases are more than two",
            f"two releases: `bgctl diff {values.app} r1 r2`; none compares the colors as they run",
        )
    told = client.diff_releases(values.app, *values.releases)
    if values.json:
        out.document(told)
    else:
        out.facts(release_lines(told, _columns(out)))
    return DIFFERS if values.exit_code and told["changes"] else 0


def _columns(out: Out) -> int:
    return max(MIN_COLUMNS, min(MAX_COLUMNS, out.size()[0]))


def lines(told: DiffJson, columns: int) -> Iterator[Line]:
    """The report: differences by service, drift by container, changes of the file, and the verdict."""
    yield _head(told)
    if any(one["explained_by"] for one in told["differences"]):
        yield [
            ("✓", "good"),
            (f" {_pair(told)} says so   ", "faint"),
            ("!", "warn"),
            (" nothing does", "faint"),
        ]
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
                pair = ((one["release"], "faint"), one["meant"]), (("runs", "faint"), one["runs"])
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
    return one["container"] or f"{one['color']} {one['service']}"


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
        return f"{name} isn't in {one['release']}"
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
        yield head
        head = [_BLANK]
    for (word, style), value in pair:
        shown: Span = ("none", "faint") if value is None else value
        yield cut([*head, (f"{word:<{_WORD_COLUMNS}}", style), shown], columns)
        head = [_BLANK]


def _beside(words: Span) -> Line:
    return [_BLANK, words]
