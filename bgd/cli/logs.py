"""`bgctl logs APP`: the containers' logs, merged by time, marked with colour and service."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from bgd.cli.arguments import whole_number
from bgd.cli.log_line import LogLines
from bgd.cli.moment import since
from bgd.client import Client
from bgd.client.following import Following
from bgd.errors import NotFound

if TYPE_CHECKING:
    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.client.stream import Stream


def arguments(parser: Parser) -> None:
    """Which lines."""
    parser.takes_app()
    parser.takes_color(which="only this colour's")
    parser.add_argument("--service", metavar="S", help="only this service's")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument(
        "--tail", metavar="N", type=whole_number, help="only the last N lines of each container"
    )
    parser.add_argument("--since", metavar="T", type=_since, help="10m, 2h, or an RFC 3339 time")
    parser.takes_json()


def run(values: argparse.Namespace, out: Out) -> int:
    """Print the lines."""
    client = Client(values.socket)
    services = _services(client, values.app)
    if values.service is not None and values.service not in services:
        known = ", ".join(services) or "none"
        raise NotFound(
            f"{values.app} has no containers of a service {values.service!r}", f"there are: {known}"
        )
    lines = LogLines(services)

    def show(told: list[dict[str, Any]]) -> None:
        if values.json:
            out.items(told)
        else:
            out.shown_facts(lines.shown(told, out.shown))

    def open_at(position: str | None) -> Stream:
        return client.logs(
            values.app,
            color=values.color,
            service=values.service,
            follow=values.follow,
            tail=values.tail if position is None else None,
            since=position or values.since,
        )

    if not values.follow:
        with open_at(None) as stream:
            for line in stream:
                show([line, *stream.ready()])
        return 0
    with Following(open_at, lambda line: line["at"]) as following:
        while True:
            line = following.next(0)
            if line is None:  # nothing more for the moment: let the reader have what there is
                out.flush()
                line = following.next()
            told = [line, *following.ready()]
            show([each for each in told if lines.is_new(each, following.interruptions)])


def _services(client: Client, app: str) -> list[str]:
    told = client.app(app)
    every = [one for color in told["colors"].values() for one in color["containers"]] + told["shared"]
    return sorted({one["service"] for one in every})


def _since(text: str) -> str:
    try:
        return since(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: 10m, 2h, 1h30m, or as in 2025-06-01T12:00:00Z"
        ) from None
