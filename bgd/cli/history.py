"""`bgctl history APP`: past deployments, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.moment import local, took
from bgd.cli.text import Line, table
from bgd.cli.words import outcome_span
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import DeploymentJson

HEAD = ("RELEASE", "COLOR", "KIND", "OUTCOME", "STARTED", "TOOK", "BY", "REASON")


def arguments(parser: Parser) -> None:
    """An app."""
    parser.takes_app()
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print the table."""
    told = Client(values.socket).history(values.app)
    if values.json:
        out.document(told)
    elif told["deployments"]:
        out.facts(lines(told["deployments"]))
    else:
        out.fact(f"{values.app} was never deployed")
        out.note([(f"  `bgctl deploy {values.app}` is the first time", "faint")])
    return 0


def lines(deployments: list[DeploymentJson]) -> list[Line]:
    """Deployments as a table."""
    head: list[Line] = [[(title, "faint")] for title in HEAD]
    return [*table([head, *(_row(one) for one in deployments)])]


def _row(one: DeploymentJson) -> list[Line]:
    return [
        one["release"],
        [(one["color"], one["color"])],
        one["kind"],
        [outcome_span(one["outcome"])],
        local(one["started"]),
        took(one["took_ms"]) or "–",
        one["actor"],
        one["reason"],
    ]
