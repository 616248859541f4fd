"""`bgctl show APP RELEASE`: one release, as it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli import history
from bgd.cli.moment import local
from bgd.cli.text import Line, Span, table
from bgd.cli.traffic import receipt_lines
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.arguments import Parser
    from bgd.cli.out import Out
    from bgd.wire import DeploymentJson

MOST_RECEIPTS = 5


def arguments(parser: Parser) -> None:
    """An app and one of its releases."""
    parser.takes_app()
    parser.add_argument("release", metavar="RELEASE", help="as `bgctl history` calls it: r1, r2, …")
    parser.takes_json()


def run(values: Namespace, out: Out) -> int:
    """Print the release; values that may be secrets are masked by the daemon."""
    told = Client(values.socket).release(values.app, values.release)
    if values.json:
        out.document(told)
    else:
        out.facts(lines(told))
    return 0


def lines(told: dict[str, Any]) -> list[Line]:
    """A release for people: who and why, its images, its deployments, its Compose model."""
    why = f", {told['reason']}" if told.get("reason") else ""
    made: list[Line] = [
        [
            (f"{told.get('app', '')} {told.get('release', '')}", "strong"),
            (f"  {local(told.get('created'))}, by {told.get('actor', '')}{why}", "faint"),
        ],
        "",
    ]
    if route := told.get("route"):
        hosts = ", ".join(route["hosts"]) or "any host"
        under = "" if route["path"] == "/" else f" below {route['path']}"
        made += [f"{hosts}{under} → {route['service']}:{route['port']}", ""]
    if roles := told.get("roles"):
        images = told.get("images") or {}
        made += [*table([_service(name, role, images.get(name)) for name, role in roles.items()]), ""]
    if deployments := told.get("deployments"):
        made += [*history.lines(deployments), *_receipts(deployments), ""]
    if model := told.get("model"):
        made += _yaml(model)
    return made


def _service(name: str, role: str, image: dict[str, Any] | None) -> list[Line]:
    if image is None:
        return [f"  {name}", role, [("not built or pulled", "faint")]]
    return [f"  {name}", role, image.get("reference") or "", [(image.get("id") or "", "faint")]]


def _receipts(deployments: list[DeploymentJson]) -> list[Line]:
    """What each change did to real traffic; of many changes the newest."""
    lines: list[Line] = []
    for one in deployments[:MOST_RECEIPTS]:
        if receipt := one.get("receipt"):
            head: list[Span] = [(f"{one['kind']}", "strong"), " to ", (one["color"], one["color"])]
            lines += ["", [*head, (f"  {local(one['started'])}", "faint")], *receipt_lines(receipt)]
    return lines


def _yaml(model: dict[str, Any]) -> list[str]:
    import yaml

    return yaml.safe_dump(model, sort_keys=False, allow_unicode=True, width=110).splitlines()
