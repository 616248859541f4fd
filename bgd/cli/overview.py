"""All apps as a table: one line each, and one more for what is going on or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bgd.cli.moment import age
from bgd.cli.text import Line, Span, table
from bgd.cli.words import color_span, count, health_span, stage_word

if TYPE_CHECKING:
    from bgd.wire import AppJson, ColorJson, ContainerJson, DeploymentJson

_HEAD: list[Line] = [
    [(title, "faint")] for title in ("APP", "LIVE", "RELEASE", "HEALTH", "CONTAINERS", "AGE", "URL")
]


def overview(apps: Sequence[AppJson]) -> list[Line]:
    """The table, or what to do while there is nothing to show."""
    if not apps:
        return ["no apps yet", [("  `bgctl add FILE` takes one in", "faint")]]
    heads: list[Line] = [*table([_HEAD, *(_row(app) for app in apps)])]
    lines = heads[:1]
    for app, row in zip(apps, heads[1:], strict=True):
        lines += [row, *_remarks(app)]
    return lines


def _row(app: AppJson) -> list[Line]:
    live = app["live"]
    name: Line = [(app["app"], "strong")]
    url: Line = app["urls"].get("public", "")
    if live is None:
        return [name, [color_span(None)], "–", [("–", "faint")], "–", "–", url]
    color = app["colors"][live]
    return [
        name,
        [color_span(live)],
        color["release"] or "–",
        [health_span(color["health"])],
        [running_span(color["containers"], is_live=True)],
        age(color.get("since")) or "–",
        url,
    ]


ENDED = frozenset({"created", "exited"})
"""What a container is that doesn't run, and that nobody waits for."""


def rests(container: ContainerJson, *, is_live: bool) -> bool:
    """Whether a container is meant not to run: a task that is done, or what runs in the live colour alone."""
    if container["status"] not in ENDED:
        return False
    role = container.get("role")
    return role == "task" or (role == "live-only" and not is_live)


def running_span(containers: Sequence[ContainerJson], *, is_live: bool) -> Span:
    """How many containers run, of how many are meant to."""
    meant = [one for one in containers if not rests(one, is_live=is_live)]
    running = sum(one["status"] == "running" for one in meant)
    return (f"{running}/{len(meant)}", "" if running == len(meant) and running else "bad")


def _remarks(app: AppJson) -> list[Line]:
    lines: list[Line] = []
    if (deployment := app["deployment"]) is not None:
        color = deployment["color"]
        lines.append(
            [
                ("  ◌ ", "warn"),
                f"{deployment['kind']} of {deployment['release']} into ",
                (color, color),
                f": {stage_word(app['phase'])}{_share(deployment)}",
                (f"  {age(deployment['started'])}", "faint"),
            ]
        )
    lines += [[("  ! ", "warn"), problem] for problem in app["problems"]]
    return lines


def _share(deployment: DeploymentJson) -> str:
    shift = deployment.get("shift")
    return "" if shift is None else f", {shift['percent']} % of the visitors"


def color_note(color: ColorJson) -> str:
    """What there is to say of a colour beside its state: since when, how long it stays, what drains."""
    if (left := color.get("remaining")) is not None:
        workers = f", {count(left['old_workers'], 'old worker')}" if left["old_workers"] else ""
        time = f"{left['elapsed_s']:.0f} of {left['limit_s']:.0f} s"
        return f"{count(left['connections'], 'connection')}{workers}, {time}"
    since = age(color.get("since"))
    return f"for {since}" if since else ""
