"""`bgctl doctor`: what keeps bgd from working on this host, or soon will."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.text import Line, Span, wrapped
from bgd.cli.words import count

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.domain.finding import Finding

BROKEN = 1
_SPANS: dict[str, Span] = {"good": ("✓", "good"), "warning": ("!", "warn"), "broken": ("✗", "bad")}
MAX_COLUMNS = 110
LABEL_COLUMNS = 16


def arguments(parser: Parser) -> None:
    """Nothing but how it is printed."""
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Examine, and print a line for each finding; 1 where something is broken."""
    # Imported here: no other verb needs to look at the host itself.
    import asyncio

    findings = asyncio.run(_examined(values.socket))
    if values.json:
        out.document(document(findings))
    else:
        out.facts(lines(findings, min(MAX_COLUMNS, out.size()[0])))
    return BROKEN if any(each.level == "broken" for each in findings) else 0


async def _examined(socket: str | None) -> Sequence[Finding]:
    from bgd.adapters.docker_engine import DockerEngine
    from bgd.adapters.doctor import examine

    engine = DockerEngine()
    try:
        return await examine(_place(socket, engine))
    finally:
        await engine.close()


def _place(socket: str | None, engine: Any) -> Any:
    """The installation: as its daemon says, else as a daemon would be configured here."""
    import os
    from pathlib import Path

    from bgd.adapters.doctor import Place
    from bgd.client import Client
    from bgd.config import load
    from bgd.errors import BgError

    client = Client(socket)
    config = load({"socket": socket}, os.environ, is_root=os.geteuid() == 0)
    try:
        about, silence = client.daemon(), ""
    except BgError as error:
        about, silence = None, error.message
    told = about or {}
    return Place(
        Path(told.get("socket", client.socket_path)),
        Path(told.get("state_dir", config.state_dir)),
        told.get("http", config.http),
        told.get("preview", config.preview),
        told.get("proxy_image", config.proxy_image),
        told.get("instance", config.instance),
        engine,
        about,
        silence,
    )


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as JSON: `ok` unless something is broken."""
    return {
        "ok": all(each.level != "broken" for each in findings),
        "findings": [
            {
                "theme": each.theme,
                "level": each.level.value,
                "message": each.message,
                "fix": each.fix,
            }
            for each in findings
        ],
    }


def lines(findings: Sequence[Finding], columns: int) -> list[Line]:
    """The findings for people: each theme named once, the fix below what is wrong."""
    made: list[Line] = []
    theme = ""
    for each in findings:
        label = each.theme if each.theme != theme else ""
        theme = each.theme
        first, *more = wrapped(each.message, columns - LABEL_COLUMNS)
        made.append([(f"{label:<{LABEL_COLUMNS - 2}}", "strong"), _SPANS[each.level], " ", first])
        made += [[" " * LABEL_COLUMNS, text] for text in more]
        fix = wrapped(each.fix, columns - LABEL_COLUMNS) if each.fix else []
        made += [[" " * LABEL_COLUMNS, (text, "faint")] for text in fix]
    return [*made, "", [_verdict(findings)]]


def _verdict(findings: Sequence[Finding]) -> Span:
    broken = sum(each.level == "broken" for each in findings)
    warnings = sum(each.level == "warning" for each in findings)
    also = f", {count(warnings, 'warning')}" if warnings else ""
    if broken:
        return (f"{count(broken, 'thing')} broken{also}", "bad")
    return (f"all works{also}", "good")
