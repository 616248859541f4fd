"""`bgctl check FILE`: how bgd would run a Compose file. Needs no daemon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from bgd.cli.answer import answer_lines
from bgd.cli.out import Out
from bgd.cli.text import Line, Span, width, wrapped
from bgd.domain.duration import show_duration

if TYPE_CHECKING:
    from bgd.domain.plan import Caution, Plan, Question

EXIT_OPEN = 2
"""The file leaves something open that only its author can say."""
MAX_COLUMNS = 100
MIN_COLUMNS = 56
LABEL_COLUMNS = 12
_QUOTED = re.compile(r"`[^`]{1,60}`")
_UNBROKEN = "␣"
"""Stands for a space while lines are broken; a no-break space would be taken for an invisible character."""
MOST_SINGLY = 2
"""More warnings of a kind than this are told as a list."""
MOST_LISTED = 6

_ROLE_STYLES = {
    "colored": "service0",
    "live-only": "service1",
    "shared": "service2",
    "task": "blue",
    "ignored": "faint",
}


def run(files: Sequence[str], profiles: Sequence[str], as_json: bool, out: Out | None = None) -> int:
    """Read and plan an app's files, print the report or the `check` document, and return the exit code.

    Raises `BgError`: `InvalidInput` with `file:line:column` for what is wrong with the file.
    """
    # Imported here, like all that reads files: `bgctl --help` needs none of it.
    import asyncio

    out = out or Out()
    plan = asyncio.run(_plan(files, profiles))
    if as_json:
        from bgd.domain.plan import plan_json

        out.document(plan_json(plan))
    else:
        columns = max(MIN_COLUMNS, min(MAX_COLUMNS, out.size()[0]))
        out.facts(report(plan, " ".join(files), columns))
    return EXIT_OPEN if plan.questions else 0


async def _plan(files: Sequence[str], profiles: Sequence[str]) -> Plan:
    from pathlib import Path

    from bgd.adapters import compose_file
    from bgd.adapters.compose_cli import ComposeCli
    from bgd.adapters.host_survey import usual_survey

    file, *more = map(Path, files)
    cli = await ComposeCli.find()
    survey = usual_survey()
    ask = survey.ask if survey else None
    return (await compose_file.read(cli, file, more=more, profiles=profiles, ask_host=ask)).plan


def report(plan: Plan, file: str, columns: int) -> Iterator[Line]:
    """The lines of the report for people, none longer than `columns` where words allow it."""
    yield [(plan.app, "strong"), (f"  {file}", "faint")]
    yield ""
    yield from _roles(plan, columns)
    yield ""
    yield from _paragraph(("route", "faint"), [_route(plan)], columns)
    yield from _paragraph(("overlap", "faint"), _overlap(plan), columns)
    yield from _paragraph(("shift", "faint"), _shift(plan), columns)
    yield from _paragraph(("changed", "faint"), plan.rewrites, columns)
    for _, alike in groupby(plan.warnings, key=lambda caution: caution.code):
        yield from _warnings(list(alike), columns)
    for question in plan.questions:
        yield ""
        yield from _paragraph(("question", "bad strong"), [question.message], columns)
        yield from _answer(question, plan, columns)
    yield ""
    yield [_verdict(plan, file)]


def _roles(plan: Plan, columns: int) -> Iterator[Line]:
    """The services, each with its role and the reason, in columns that line up."""
    names = max(map(width, [*plan.roles, "service"]))
    roles = max(len(given.role) for given in plan.roles.values())
    left = names + roles + 6
    yield [(f"  {'service':<{names}}  {'role':<{roles}}  because", "faint")]
    for name, given in plan.roles.items():
        first, *more = wrapped(given.reason, max(24, columns - left))
        role = (f"{given.role:<{roles}}", _ROLE_STYLES[given.role])
        yield ["  ", name + " " * (names - width(name)), "  ", role, "  ", first]
        yield from (" " * left + line for line in more)


def _route(plan: Plan) -> str:
    route = plan.route
    if route is None:
        return "open: see the question below"
    hosts = ", ".join(route.hosts) or "any host"
    under = "" if route.path == "/" else f" below {route.path}"
    return f"{hosts}{under} → {route.service}:{route.port}"


def _overlap(plan: Plan) -> Sequence[str]:
    """That both colours run at once goes without saying, unless the file says it."""
    overlap = plan.overlap
    if not overlap.is_allowed:
        return [f"no: {overlap.reason}; a deployment stops the old colour before it starts the new one"]
    return ["yes: x-bgd.overlap says so"] if overlap.is_stated else []


def _shift(plan: Plan) -> Sequence[str]:
    """How the visitors move, where not all at once."""
    shift = plan.settings.shift
    if shift is None or not shift.shares:
        return []
    if not plan.overlap.is_allowed:
        return ["none: it takes both colours at once, so the traffic moves whole"]
    shares = ", ".join(f"{percent} %" for percent in shift.shares)
    return [f"{shares} of the visitors, {show_duration(shift.pause_s)} each and watched, then all of them"]


def _paragraph(label: Span, texts: Sequence[str], columns: int) -> Iterator[Line]:
    """Texts in a column of their own beside a label."""
    words, style = (label, "") if isinstance(label, str) else label
    beside: Span = (f"  {words:<{LABEL_COLUMNS - 2}}", style)
    for text in texts:
        # What is quoted is there to be copied: it isn't broken where it has spaces.
        whole = _QUOTED.sub(lambda match: match[0].replace(" ", _UNBROKEN), text)
        for line in wrapped(whole, columns - LABEL_COLUMNS):
            yield [beside, line.replace(_UNBROKEN, " ")]
            beside = " " * LABEL_COLUMNS


def _warnings(alike: Sequence[Caution], columns: int) -> Iterator[Line]:
    """Warnings of one code; many of a kind as a list with the fix of the first, that the rest be read too."""
    told = [f"{c.service}: {c.message}" if c.service else c.message for c in alike]
    if len(alike) <= MOST_SINGLY:
        for caution, text in zip(alike, told, strict=True):
            yield ""
            yield from _paragraph(("warning", "warn"), [text], columns)
            yield from _paragraph(("fix", "faint"), [caution.fix], columns)
        return
    more = (
        [f"and {len(told) - MOST_LISTED} more like these: --json has all"] if len(told) > MOST_LISTED else []
    )
    yield ""
    yield from _paragraph(("warnings", "warn"), [*told[:MOST_LISTED], *more], columns)
    yield from _paragraph(("fix", "faint"), [f"{alike[0].fix}; the others likewise"], columns)


def _answer(question: Question, plan: Plan, columns: int) -> Iterator[Line]:
    """The choices, and the lines of the file that answer the question."""
    if question.choices:
        yield from _paragraph(("choices", "faint"), [", ".join(question.choices)], columns)
    is_there, lines = answer_lines(question, plan.settings)
    beside: Span = (f"  {'answer':<{LABEL_COLUMNS - 2}}", "faint")
    if is_there:
        yield [beside, ("in the file's x-bgd block:", "faint")]
        beside = " " * LABEL_COLUMNS
    for line in lines:
        yield [beside, line]
        beside = " " * LABEL_COLUMNS


def _verdict(plan: Plan, file: str) -> Span:
    if plan.questions:
        count = len(plan.questions)
        return (
            f"{count} question{'s' if count > 1 else ''} open: answer in the file, then check again",
            "bad",
        )
    count = len(plan.warnings)
    told = f", with {count} warning{'s' if count > 1 else ''}" if count else ""
    return (f"ready{told}: bgctl add {file}", "good")
