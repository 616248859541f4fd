"""`bgctl add FILE --adopt`: the plan, the first deployment, and how long nothing served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.add import plan_lines
from bgd.cli.arguments import absolute
from bgd.cli.follow import follow
from bgd.cli.interruption import asking
from bgd.cli.moment import took
from bgd.cli.text import Line, table
from bgd.cli.verdict import tell
from bgd.client import Client

if TYPE_CHECKING:
    from argparse import Namespace

    from bgd.cli.out import Out
    from bgd.wire import EventJson


def adopt(values: Namespace, out: Out) -> int:
    """Begin it, and follow it until it ends. The plan goes to stderr: it is told, not asked for."""
    client = Client(values.socket)
    file, *more = absolute(values.files)
    with asking(out):
        told = client.add(file, values.name, more=more, profiles=values.profiles or (), adopt=True)
    if not values.json:
        for line in [*plan_lines(told), *adoption_lines(told["adoption"])]:
            out.note(line)
    finished = follow(client, told["deployment"], out, as_items=values.json)
    if values.json:
        return 0 if finished.get("outcome") == "succeeded" else 1
    code = tell(finished, client, out)
    if code == 0:
        out.facts(_gap_lines(client, told["app"], told["deployment"]["event"]))
    return code


def adoption_lines(plan: dict[str, Any] | None) -> list[Line]:
    """What is taken over."""
    if plan is None:
        return [[("  adopted  ", "faint"), "nothing: plain Compose has nothing of it"]]
    rows: list[list[Line]] = [
        [f"  {move['service']}", [(move["container"], "faint")], f"→ {move['becomes']}"]
        for move in plan["moves"]
    ]
    lines: list[Line] = [*table(rows)]
    lines += [[("  port     ", "faint"), port] for port in plan["ports"]]
    lines += [[("  volume   ", "faint"), volume] for volume in plan["volumes"]]
    lines += [[("  warning  ", "warn"), warning] for warning in plan["warnings"]]
    return [
        *lines,
        [("  gap      ", "faint"), f"about {plan['gap_s']:.0f} s, from the stop until it is live"],
    ]


def _gap_lines(client: Client, app: str, since: int) -> list[Line]:
    with client.events(app=app, since=since, follow=False) as stream:
        events: list[EventJson] = list(stream)
    for event in events:
        told: dict[str, Any] = {**event}
        if told["event"] == "adopted":
            return [
                f"  adopted from plain Compose: nothing served for {took(told['gap_ms'])}, volumes kept",
                [(f"  the way back: bgctl remove {app} --yes, then docker compose up -d", "faint")],
            ]
    return []
