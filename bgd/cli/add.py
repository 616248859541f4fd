"""`bgctl add FILE`: takes the app of a Compose file in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.arguments import absolute
from bgd.cli.interruption import asking
from bgd.cli.text import Line, table
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out


def arguments(parser: Parser) -> None:
    """Files, and a name."""
    parser.takes_files("a Compose file, and files that override it; `bgctl check` says how they would be run")
    parser.add_argument("--name", metavar="APP", help="the app's name (default: what the file says)")
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="take over what plain Compose runs of it, its volumes kept, and bring the first release live",
    )
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Take it in; nothing is started yet, unless it is to be taken over from plain Compose."""
    if values.adopt:
        from bgd.cli.adopting import adopt

        return adopt(values, out)
    file, *more = absolute(values.files)
    with asking(out):
        told = Client(values.socket).add(file, values.name, more=more, profiles=values.profiles or ())
    if values.json:
        out.document(told)
        return 0
    out.facts(plan_lines(told))
    out.fact([("✓ ", "good"), (told["app"], "strong"), " is taken in; nothing of it runs yet"])
    out.fact(f"  its first release: bgctl deploy {told['app']}")
    return 0


def plan_lines(told: dict[str, Any]) -> list[Line]:
    """The `check` document in short, in the words of `bgctl check`: roles, route, changes, warnings."""
    services = [
        [f"  {name}", service["role"], [(service["reason"], "faint")]]
        for name, service in told["services"].items()
    ]
    lines: list[Line] = [*table(services)]
    if route := told.get("route"):
        hosts = ", ".join(route["hosts"]) or "any host"
        under = "" if route["path"] == "/" else f" below {route['path']}"
        lines.append([("  route    ", "faint"), f"{hosts}{under} → {route['service']}:{route['port']}"])
    lines += [[("  changed  ", "faint"), rewrite] for rewrite in told.get("rewrites", [])]
    for warning in told["warnings"]:
        about = f"{warning['service']}: " if warning.get("service") else ""
        lines.append([("  warning  ", "warn"), about + warning["message"]])
        lines.append([("  fix      ", "faint"), warning["fix"]])
    return lines
