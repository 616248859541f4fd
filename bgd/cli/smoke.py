"""`bgctl smoke APP`: runs the smoke checks now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.interruption import asking
from bgd.cli.moment import took
from bgd.cli.text import Line, table
from bgd.cli.words import count
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app, and maybe a colour."""
    parser.takes_app()
    parser.takes_color(which="through the preview, or for the live one through the front (default: live)")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print a line for each check; 1 when one failed."""
    with asking(out, values.app):
        told = Client(values.socket).smoke(values.app, values.color)
    if values.json:
        out.document(told)
    else:
        out.facts(lines(told))
    return 0 if told["passed"] else 1


def lines(told: dict[str, Any]) -> list[Line]:
    """The checks with their verdicts and times, and what failed in full."""
    rows: list[list[Line]] = [_row(check) for check in told["checks"]]
    made: list[Line] = []
    for check, line in zip(told["checks"], table(rows), strict=True):
        made.append(line)
        if not check["passed"]:
            made += [[("      ", ""), text] for text in check["answer"].splitlines()[:5]]
    failed = sum(not check["passed"] for check in told["checks"])
    color = told["color"]
    if failed:
        of_all = f"{failed} of {count(len(rows), 'check')} failed on "
        return [*made, [("✗ ", "bad"), of_all, (color, color)]]
    return [*made, [("✓ ", "good"), f"{count(len(rows), 'check')} passed on ", (color, color)]]


def _row(check: dict[str, Any]) -> list[Line]:
    mark: Line = [("✓", "good")] if check["passed"] else [("✗", "bad")]
    why: Line = [] if check["passed"] else [(check["reason"], "bad")]
    status = str(check["status"]) if check["status"] else ""
    return [["  ", *mark, f" {check['check']}"], status, took(check["took_ms"]), why]
