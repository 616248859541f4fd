"""`bgctl promote APP`: lets a deployment that waits for approval switch, and follows it to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.follow import follow
from bgd.cli.interruption import asking
from bgd.cli.verdict import tell
from bgd.client import Client
from bgd.client.following import follow_events

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app."""
    parser.takes_app()
    parser.add_argument("--now", action="store_true", help="don't wait for its time or its window either")
    parser.add_argument("--detach", action="store_true", help="don't wait for the end")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Approve it; it is checked once more before it switches."""
    client = Client(values.socket)
    # The journal is opened first: what happens between the approval and its opening would be missed.
    following = follow_events(client, app=values.app)
    with following:
        with asking(out, values.app):
            deployment = client.promote(values.app, now=values.now)
        if not values.detach:
            finished = follow(client, deployment, out, following=following)
    if values.detach:
        if values.json:
            out.document(deployment)
        else:
            out.fact([(values.app, "strong"), f": {deployment['release']} is approved"])
            out.note([("  follow it with ", "faint"), f"bgctl status {values.app} --watch"])
        return 0
    if values.json:
        out.document(client.deployment(values.app, deployment["id"]))
        return 0 if finished.get("outcome") == "succeeded" else 1
    return tell(finished, client, out)
