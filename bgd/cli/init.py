"""`bgctl init FILE`: writes the `x-bgd` block that `check` inferred into the file. Needs no daemon."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bgd.cli.text import Line
from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from bgd.adapters.compose_cli import ComposeCli
    from bgd.adapters.yaml_source import Source
    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.domain.plan import Plan, Question
    from bgd.domain.release import Model
    from bgd.domain.settings import Settings
    from bgd.domain.statement import Statement

MAX_TRIES = 3


def arguments(parser: Parser) -> None:
    """Files."""
    parser.takes_files("the Compose file to write into, and files that override it, which are only read")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Plan the file, ask what only its author can say, and write what the block lacks."""
    import asyncio
    from pathlib import Path

    from bgd.adapters.xbgd_text import with_statement
    from bgd.adapters.yaml_source import Source
    from bgd.domain.statement import statement_of

    asking = Asking([Path(file) for file in values.files], values.profiles or ())
    model, inferred, cli = asyncio.run(asking.read())
    plan = _answered(model, inferred, out, values.files[0])
    statement = statement_of(plan)
    source = Source.read(Path(values.files[0]))
    if statement.is_empty:
        return _tell(values, out, plan, "")
    text, added = with_statement(source, statement)
    asyncio.run(asking.write(cli, source, text, model, plan, statement))
    return _tell(values, out, plan, added)


class Asking:
    """The files of an app and what Compose says of them, before and after."""

    def __init__(self, files: Sequence[Path], profiles: Sequence[str]) -> None:
        self._file, *self._more = files
        self._profiles = profiles

    async def read(self) -> tuple[Model, Plan, ComposeCli]:
        """As `check` reads them."""
        from bgd.adapters.compose_cli import ComposeCli

        cli = await ComposeCli.find()
        return (*await self._read(cli, self._file), cli)

    async def _read(self, cli: ComposeCli, file: Path) -> tuple[Model, Plan]:
        from bgd.adapters import compose_file

        reading = await compose_file.read(cli, file, more=self._more, profiles=self._profiles)
        return reading.model, reading.plan

    async def write(
        self, cli: ComposeCli, source: Source, text: str, model: Model, plan: Plan, statement: Statement
    ) -> None:
        """Put the text in the file's place, once Compose has read it and means the same by it.

        Raises `InvalidInput` with a block to paste where it doesn't, and `Failed` where it can't be written.
        """
        from bgd.adapters.file_replacement import replacement
        from bgd.adapters.xbgd import KEY
        from bgd.adapters.xbgd_text import unwritable
        from bgd.domain.statement import is_same

        old = source.path.read_bytes()
        mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
        with replacement(source.path, old, mark + text.encode()) as new:
            try:
                read, planned = await self._read(cli, new.beside)
            except InvalidInput as error:
                raise unwritable(source, statement, "is laid out as no line could be added to it") from error
            if {**read, KEY: None} != {**model, KEY: None} or not is_same(plan, planned):
                raise unwritable(source, statement, "would mean something else with lines added to it")
            new.commit()


def _answered(model: Model, inferred: Plan, out: Out, file: str) -> Plan:
    """The plan with its questions answered by whoever sits at the terminal."""
    import asyncio

    from bgd.adapters.compose_file import planned_with

    plan = inferred
    while plan.questions:
        question = plan.questions[0]
        if question.key == "route.service" and not question.choices:  # nothing looks like it: any may be
            question = replace(question, choices=tuple(plan.roles))
        settings = _settled(plan.settings, question, _answer(question, out, file))
        plan = asyncio.run(planned_with(model, settings, plan.app))
    # What was answered is to be written like what was inferred.
    return replace(plan, settings=inferred.settings)


def _settled(settings: Settings, question: Question, answer: str) -> Settings:
    route = settings.route
    if question.key == "route.port":
        return replace(settings, route=replace(route, port=int(answer)))
    return replace(settings, route=replace(route, service=answer))


def _answer(question: Question, out: Out, file: str) -> str:
    """One of the choices, or a port. Raises `InvalidInput` where nobody can be asked, or nothing fits."""
    choices = question.choices
    if not (sys.stdin.isatty() and out.has_live_notes):
        wanted = f"choices: {', '.join(choices)}; " if choices else ""
        raise InvalidInput(
            f"{question.key}: {question.message}",
            f"{wanted}run it in a terminal to be asked, or write x-bgd.{question.key} into the file",
            file,
        )
    out.note([("? ", "warn"), question.message])
    for number, choice in enumerate(choices, 1):
        out.note([(f"  {number}  ", "faint"), choice])
    for _ in range(MAX_TRIES):
        out.paint(f"  {'number or name' if choices else 'port'}: ")
        line = sys.stdin.readline()
        if not line:
            break
        if (answer := _understood(line.strip(), question)) is not None:
            return answer
        out.note([("  ", ""), (_expected(choices), "warn")])
    raise InvalidInput(f"{question.key} wasn't answered: nothing was written", place=file)


def _understood(line: str, question: Question) -> str | None:
    choices = question.choices
    if line in choices:
        return line
    is_number = line.isascii() and line.isdigit() and len(line) < 6
    if is_number and 1 <= int(line) <= len(choices):
        return choices[int(line) - 1]
    if question.key == "route.port" and is_number and 1 <= int(line) <= 65535:
        return line
    return None


def _expected(choices: Sequence[str]) -> str:
    return f"a number from 1 to {len(choices)}, or a name of the list" if choices else "a port, like 8000"


def _tell(values: Namespace, out: Out, plan: Plan, added: str) -> int:
    file = values.files[0]
    if values.json:
        from bgd.domain.plan import plan_json

        document: dict[str, Any] = {"file": file, "changed": bool(added), "written": added}
        out.document({**document, "check": plan_json(plan)})
        return 0
    if not added:
        out.fact([("✓ ", "good"), (file, "strong"), " says it all already: nothing was written"])
        return 0
    out.facts(_written(file, added))
    return 0


def _written(file: str, added: str) -> list[Line]:
    lines: list[Line] = [[("✓ ", "good"), "written into ", (file, "strong"), ":"], ""]
    for line in added.splitlines():
        before, mark, after = line.partition("#")
        lines.append(["    ", before, (mark + after, "faint")])
    return [*lines, "", [("  next  ", "faint"), f"bgctl check {file}, then bgctl add {file}"]]
