"""`bgctl rollback APP`: back to an earlier release, at once where it is warm, else by redeploying it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from bgd.cli.follow import follow
from bgd.cli.interruption import asking
from bgd.cli.verdict import failure_text, move_line, tell
from bgd.client import Client
from bgd.errors import Failed, Irreversible

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import DeploymentJson, SwitchJson


def arguments(parser: Parser) -> None:
    """An app, and where to."""
    parser.takes_app()
    parser.add_argument("--to", metavar="RELEASE", help="the release (default: the one that was live before)")
    parser.add_argument("--force", action="store_true", help="also across a task that can't be undone")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Roll back, and follow it where it takes a deployment."""
    client = Client(values.socket)
    try:
        answer = _ordered(values, client, out, force=values.force)
    except Irreversible as error:
        if values.json or not _is_meant(error, out):
            raise
        answer = _ordered(values, client, out, force=True)
    if "stages" in answer:
        return _redeploy(values, client, cast("DeploymentJson", answer), out)
    if values.json:
        out.document(answer)
    else:
        out.fact(move_line(answer))
    return 0


def _ordered(values: Namespace, client: Client, out: Out, *, force: bool) -> SwitchJson | DeploymentJson:
    with asking(out, values.app):
        return client.rollback(values.app, values.to, force)


def _is_meant(error: Irreversible, out: Out) -> bool:
    """Ask, where somebody is there to answer."""
    if not (sys.stdin.isatty() and out.has_live_notes):
        return False
    out.note(error.message)
    out.paint("roll back all the same? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _redeploy(values: Namespace, client: Client, deployment: DeploymentJson, out: Out) -> int:
    color = deployment["color"]
    out.note(
        [("  it isn't warm any more: ", "faint"), f"{deployment['release']} is deployed again, into {color}"]
    )
    finished = follow(client, deployment, out)
    if not values.json:
        return tell(finished, client, out)
    if finished.get("outcome") != "succeeded":
        raise Failed(*failure_text(finished))
    moved: SwitchJson = {
        "app": values.app,
        "from": "green" if color == "blue" else "blue",  # nothing is rolled back that has never been live
        "to": color,
        "release": deployment["release"],
        "took_ms": float(cast("dict[str, float]", finished).get("took_ms", 0)),
    }
    out.document(moved)
    return 0
