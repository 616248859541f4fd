"""`bgctl switch APP`: moves the public traffic to the other colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.interruption import asking
from bgd.cli.verdict import move_line
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app, and where to."""
    parser.takes_app()
    parser.add_argument("--to", choices=("blue", "green"), help="the colour (default: the other one)")
    parser.add_argument("--force", action="store_true", help="even if the target isn't healthy")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Switch; the answer comes when the traffic was seen on the other side."""
    with asking(out, values.app):
        moved = Client(values.socket).switch(values.app, values.to, values.force)
    if values.json:
        out.document(moved)
    else:
        out.fact(move_line(moved))
    return 0
