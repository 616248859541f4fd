"""`bgctl cancel APP`: stops a deployment in progress and cleans up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.interruption import asking
from bgd.cli.verdict import serving
from bgd.cli.words import outcome_span
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app."""
    parser.takes_app()
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Cancel it; the answer comes when it is cleaned up."""
    client = Client(values.socket)
    with asking(out, values.app):
        deployment = client.cancel(values.app)
    if values.json:
        out.document(deployment)
    else:
        out.fact([(values.app, "strong"), f": {deployment['release']} ", outcome_span(deployment["outcome"])])
        out.fact(f"  {serving(client.app(values.app))}")
    # It may have ended otherwise in the moment before the request came.
    return 0 if deployment["outcome"] in ("cancelled", "rolled_back") else 1
