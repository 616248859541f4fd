"""`bgctl maintenance APP on|off`: answers 503 with a page instead of the app, or lets requests in again."""

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
    """An app, and whether."""
    parser.takes_app()
    parser.add_argument("state", choices=("on", "off"), help="whether requests get the page")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Close or open the app's doors; the answer comes when nginx was seen to do so."""
    with asking(out, values.app):
        app = Client(values.socket).maintain(values.app, on=values.state == "on")
    if values.json:
        out.document(app)
        return 0
    name = (values.app, "strong")
    if values.state == "on":
        out.fact([name, ": ", ("maintenance", "warn"), ", requests get a 503 page from now on"])
        seen = (
            f"  look at it all the same: curl -H 'Bgd-Color: {app['live']}' {app['urls'].get('preview', '')}"
        )
        out.fact([(seen, "faint")])
        out.fact([(f"  bgctl maintenance {values.app} off ends it", "faint")])
    elif app.get("closed"):
        out.fact([name, ": no maintenance any more; a deployment still holds requests back for a moment"])
    else:
        out.fact([name, ": open, ", serving(app)])
    return 0
