"""`bgctl deploy APP`: a new release into the idle colour, then the switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.arguments import absolute, file_name, moment_to_come, plain
from bgd.cli.follow import follow
from bgd.cli.interruption import asking
from bgd.cli.verdict import tell
from bgd.client import Client
from bgd.errors import InvalidInput

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """An app, and how far to go."""
    parser.takes_app()
    parser.add_argument("--no-switch", action="store_true", help="leave the traffic where it is")
    parser.add_argument("--detach", action="store_true", help="don't wait for the end")
    parser.add_argument(
        "--with-shared", action="store_true", help="also update shared services, which interrupts them"
    )
    parser.add_argument(
        "--file",
        metavar="FILE",
        dest="files",
        type=file_name,
        action="append",
        help="deploy this file instead of what was added; repeated, each overrides those before",
    )
    parser.takes_profiles("activate this profile instead of those that were added; may be repeated")
    parser.add_argument(
        "--at",
        metavar="TIME",
        type=moment_to_come,
        help="prepare and check now, switch then: 03:00, or 2026-11-24T03:00Z",
    )
    parser.add_argument("--reason", metavar="TEXT", type=plain, default="", help="why, for the history")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Begin the deployment, and follow it until it ends."""
    if values.at and values.no_switch:
        raise InvalidInput("--at says when to switch, and --no-switch says not to", "leave one of them out")
    client = Client(values.socket)
    files = absolute(values.files or [])
    with asking(out, values.app):
        deployment = client.deploy(
            values.app,
            no_switch=values.no_switch,
            with_shared=values.with_shared,
            file=files[0] if files else None,
            more=files[1:],
            profiles=values.profiles,
            reason=values.reason,
            at=values.at,
        )
    if values.detach:
        if values.json:
            out.document(deployment)
            return 0
        release, color = deployment["release"], deployment["color"]
        out.fact([(values.app, "strong"), f": {release} is on its way into ", (color, color)])
        out.note([("  follow it with ", "faint"), f"bgctl status {values.app} --watch"])
        return 0
    finished = follow(client, deployment, out, as_items=values.json)
    if values.json:
        return 0 if finished.get("outcome") == "succeeded" else 1
    return tell(finished, client, out)
