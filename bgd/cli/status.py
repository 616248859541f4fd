"""`bgctl status [APP] [--watch]`: what is live and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.cli.text import Line


def arguments(parser: Parser) -> None:
    """An app, or all of them."""
    from bgd.cli.arguments import app_name

    parser.add_argument("app", metavar="APP", nargs="?", type=app_name, help="one app, in detail")
    parser.add_argument("--watch", action="store_true", help="show it again whenever something changes")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print it once, or again with every change."""
    client = Client(values.socket)
    if values.watch:
        from bgd.cli.watch import watch

        watch(client, values.app, out, as_json=values.json)
        return 0
    told = read(client, values.app)
    if values.json:
        out.document(told)
    else:
        out.facts(lines_of(told, values.app))
    return 0


def read(client: Client, app: str | None) -> Any:
    """The status of one app, or of all: `AppJson` or `AppsJson`."""
    return client.apps() if app is None else client.app(app)


def lines_of(told: Any, app: str | None) -> list[Line]:
    """The status for people."""
    if app is None:
        from bgd.cli.overview import overview

        problems: list[Line] = [[("! ", "warn"), problem] for problem in told.get("problems", [])]
        return [*overview(told["apps"]), *problems]
    from bgd.cli.app_card import card

    return card(told)
