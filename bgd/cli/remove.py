"""`bgctl remove APP --yes`: takes an app out, with what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bgd.cli.interruption import asking
from bgd.cli.words import count
from bgd.client import Client
from bgd.errors import Refused

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import AppJson


def arguments(parser: Parser) -> None:
    """An app, and that it is meant."""
    parser.takes_app()
    parser.add_argument("--volumes", action="store_true", help="its volumes too, with the data in them")
    parser.add_argument("--yes", action="store_true", help="yes, remove it")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Remove it, if that is meant. Raises `Refused` with what would be removed, if it isn't."""
    client = Client(values.socket)
    if not values.yes:
        volumes = " --volumes" if values.volumes else ""
        raise Refused(
            doomed(client.app(values.app), volumes=values.volumes),
            f"if that is meant: bgctl remove {values.app}{volumes} --yes",
        )
    with asking(out):
        told = client.remove(values.app, values.volumes)
    if values.json:
        out.document(told)
        return 0
    kept = "its volumes too" if values.volumes else "its volumes are kept"
    out.fact([("✓ ", "good"), (values.app, "strong"), f" is removed, {kept}"])
    return 0


def doomed(app: AppJson, *, volumes: bool) -> str:
    """What removing the app would remove."""
    lines = [f"this would remove {app['app']}:"]
    for name, color in app["colors"].items():
        if color["release"] is not None or color["containers"]:
            live = ", which is live: its visitors get a 404 then" if name == app["live"] else ""
            release = f" with {color['release']}" if color["release"] else ""
            lines.append(f"{name}{release}, {count(len(color['containers']), 'container')}{live}")
    if app["shared"]:
        services = ", ".join(one["service"] for one in app["shared"])
        lines.append(f"what is shared: {services}")
    lines.append("its releases and its history")
    lines.append("its volumes, with the data in them" if volumes else "its volumes would be kept")
    return "\n".join(lines)
