"""`bgctl check FILE`: how bgd would run a Compose file. Needs no daemon."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bgd.errors import BgError

if TYPE_CHECKING:
    from bgd.domain.plan import Plan, Question

EXIT_OPEN = 2
"""The file is wrong, or leaves something open that only its author can say."""
MAX_WIDTH = 110
MIN_WIDTH = 60

_STYLES = {
    "title": "1",
    "faint": "2",
    "good": "32",
    "warning": "33",
    "error": "31",
    "colored": "36",
    "live-only": "35",
    "shared": "33",
    "task": "34",
    "ignored": "2",
}


def run(file: str, as_json: bool) -> int:
    """Read and plan `file`, print the report, and return the exit code. Never raises `BgError`."""
    # Imported here, like all that reads files: `bgctl --help` needs none of it.
    import asyncio

    try:
        plan = asyncio.run(_plan(file))
    except BgError as error:
        _tell_error(error, as_json)
        return error.exit_code
    if as_json:
        _tell_json(plan)
    else:
        ink = Ink(_wants_color(sys.stdout.isatty()))
        width = max(MIN_WIDTH, min(MAX_WIDTH, shutil.get_terminal_size((MAX_WIDTH, 24)).columns))
        sys.stdout.write("\n".join(report(plan, file, ink, width)) + "\n")
    return EXIT_OPEN if plan.questions else 0


async def _plan(file: str) -> Plan:
    from pathlib import Path

    from bgd.adapters import compose_file
    from bgd.adapters.compose_cli import ComposeCli

    return (await compose_file.read(await ComposeCli.find(), Path(file))).plan


def _tell_json(plan: Plan) -> None:
    import json

    from bgd.domain.plan import plan_json

    sys.stdout.write(json.dumps(plan_json(plan), indent=2, ensure_ascii=False) + "\n")


def _tell_error(error: BgError, as_json: bool) -> None:
    if as_json:
        import json

        body = {"error": {"code": error.code, "message": str(error), "hint": error.hint}}
        sys.stdout.write(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
        return
    ink = Ink(_wants_color(sys.stderr.isatty()))
    sys.stderr.write(ink("error", str(error)) + "\n")
    if error.hint:
        sys.stderr.write(ink("faint", f"  {error.hint}") + "\n")


def _wants_color(is_terminal: bool) -> bool:
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Ink:
    """Puts colour around words, or leaves them as they are."""

    is_on: bool

    def __call__(self, style: str, text: str) -> str:
        """`text` in the style of that name."""
        code = _STYLES.get(style) if self.is_on else None
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


def report(plan: Plan, file: str, ink: Ink, width: int) -> Iterator[str]:
    """The lines of the report for people, none longer than `width` where words allow it."""
    yield f"{ink('title', plan.app)}  {ink('faint', file)}"
    yield ""
    yield from _roles(plan, ink, width)
    yield ""
    yield from _block("route", [_route(plan)], ink, width)
    yield from _block("rewritten", plan.rewrites, ink, width)
    if plan.warnings:
        yield ""
    for caution in plan.warnings:
        about = f"{caution.service}: " if caution.service else ""
        yield from _block("warning", [about + caution.message], ink, width, style="warning")
        yield from _block("", [f"fix: {caution.fix}"], ink, width)
    for question in plan.questions:
        yield ""
        yield from _block("question", [question.message], ink, width, style="error")
        yield from _block("", _answers(question), ink, width)
    yield ""
    yield _verdict(plan, ink)


_MARGIN = 12


def _roles(plan: Plan, ink: Ink, width: int) -> Iterator[str]:
    names = max([len(name) for name in plan.roles] + [len("service")])
    roles = max([len(given.role) for given in plan.roles.values()] + [len("role")])
    yield ink("faint", f"  {'service':<{names}}  {'role':<{roles}}  because")
    indent = " " * (names + roles + 6)
    for name, given in plan.roles.items():
        lines = textwrap.wrap(given.reason, max(20, width - len(indent))) or [""]
        role = ink(str(given.role), f"{given.role:<{roles}}")
        yield f"  {name:<{names}}  {role}  {lines[0]}"
        yield from (indent + line for line in lines[1:])


def _route(plan: Plan) -> str:
    route = plan.route
    if route is None:
        return "open, see the question below"
    hosts = ", ".join(route.hosts) or "any host"
    return f"{hosts}, path {route.path}  →  {route.service}:{route.port}"


def _block(label: str, texts: Sequence[str], ink: Ink, width: int, style: str = "faint") -> Iterator[str]:
    """Paragraphs beside a label, wrapped in their own column."""
    first = ink(style, f"  {label:<{_MARGIN - 2}}")
    for text in texts:
        lines = [text] if text.startswith(" ") else textwrap.wrap(text, width - _MARGIN)
        for line in lines:
            yield first + line
            first = " " * _MARGIN


def _answers(question: Question) -> list[str]:
    """The choices, and the lines that answer the question."""
    *parents, key = question.key.split(".")
    value = question.choices[0] if question.choices else "…"
    nested = [f"{'  ' * depth}{part}:" for depth, part in enumerate(["x-bgd", *parents])]
    nested.append(f"{'  ' * len(nested)}{key}: {value}")
    choices = [f"choices: {', '.join(question.choices)}"] if question.choices else []
    return [*choices, "answer it in the file:", *(f"  {line}" for line in nested)]


def _verdict(plan: Plan, ink: Ink) -> str:
    if plan.questions:
        count = len(plan.questions)
        return ink("error", f"{count} question{'s' if count > 1 else ''} open: bgd asks rather than guesses")
    count = len(plan.warnings)
    told = f", {count} warning{'s' if count > 1 else ''}" if count else ""
    return ink("good", f"ready to add{told}")
