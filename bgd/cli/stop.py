"""`bgctl stop APP --color C`: stops the idle colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.interruption import asking
from bgd.cli.verdict import serving
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app and its idle colour."""
    parser.takes_app()
    parser.takes_color(required=True, which="the idle colour")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Stop its containers; they stay, and so does the release."""
    with asking(out, values.app):
        app = Client(values.socket).stop(values.app, values.color)
    if values.json:
        out.document(app)
        return 0
    out.fact([(values.app, "strong"), ": ", (f"■ {values.color}", values.color), " is stopped"])
    out.fact(f"  {serving(app)}")
    return 0
