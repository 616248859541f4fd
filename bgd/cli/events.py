"""`bgctl events`: the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.arguments import whole_number
from bgd.client import Client
from bgd.client.following import follow_events

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """From where, and whether to go on."""
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what happens from now on")
    parser.add_argument("--since", metavar="ID", type=whole_number, help="only what came after this event")
    parser.add_argument("--app", metavar="APP", help="only this app's")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print the journal; with `-f` without `--since` only what comes."""
    client = Client(values.socket)
    if values.follow:
        with follow_events(client, app=values.app, since=values.since) as following:
            while True:
                event = following.next(0)
                if event is None:  # nothing more for the moment: let the reader have what there is
                    out.flush()
                    event = following.next()
                _print(event, values.json, out)
    is_known = values.app is None
    with client.events(app=values.app, since=values.since or 0, follow=False) as events:
        for event in events:
            is_known = is_known or event.get("app") == values.app
            _print(event, values.json, out)
    if not is_known:
        client.app(values.app)  # raises where there is no such app, nor was one that the journal knows
    return 0


def _print(event: dict[str, Any], as_json: bool, out: Out) -> None:
    if as_json:
        out.item(event)
    else:
        from bgd.cli.event_line import event_line

        out.fact(event_line(event))
