"""One app in detail: both colours with their containers, what is shared, what happens and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bgd.cli.course_lines import shift_line, waiting_line
from bgd.cli.moment import age, local, took
from bgd.cli.overview import ENDED, color_note, rests, running_span
from bgd.cli.text import Line, Span, table
from bgd.cli.traffic import traffic_line
from bgd.cli.words import color_span, health_span, outcome_span, stage_word

if TYPE_CHECKING:
    from bgd.wire import AppJson, ColorJson, ContainerJson, DeploymentJson


def card(app: AppJson) -> list[Line]:
    """The whole card."""
    blank: Line = ""
    lines: list[Line] = [[(app["app"], "strong"), "  ", *_address(app)], blank]
    # The live colour first: it is what one looks for.
    order = sorted(app["colors"], key=lambda name: (name != app["live"], name))
    for name in order:
        lines += _color_lines(name, app["colors"][name], app)
    if app["shared"]:
        lines += [[("◆ shared", "strong")], *_containers(app["shared"], is_live=True)]
    lines.append(blank)
    if app["deployment"] is not None:
        lines += _running_lines(app["deployment"])
    if app["last_deployment"] is not None:
        lines += _last_lines(app["last_deployment"])
    watched = ", watched: a change deploys" if app["watch"] else ""
    lines.append([("file  ", "faint"), " ".join(_origin(app)), (watched, "faint")])
    lines += [[("! ", "warn"), problem] for problem in app["problems"]]
    return lines


def _origin(app: AppJson) -> list[str]:
    """The files, those in the first one's directory by their names, and the profiles."""
    base = app["file"].rpartition("/")[0] + "/"
    # A daemon of an earlier version tells of one file and no profiles.
    return [
        app["file"],
        *(file.removeprefix(base) for file in app.get("more", [])),
        *(f"--profile {name}" for name in app.get("profiles", [])),
    ]


def _address(app: AppJson) -> list[Span]:
    route = app["route"]
    to: list[Span] = [] if route is None else [(f"  → {route['service']}:{route['port']}", "faint")]
    return [app["urls"].get("public", ""), *to]


def _color_lines(name: str, color: ColorJson, app: AppJson) -> list[Line]:
    is_live, is_stopped = name == app["live"], color["state"] == "stopped"
    head: list[Span] = [color_span(name, color["state"]), f"  {color['state']}"]
    if color["release"] is not None:
        head.append(f"  {color['release']}")
    if color["containers"] and not is_stopped:
        head += ["  ", health_span(color["health"]), "  ", running_span(color["containers"], is_live=is_live)]
    if note := color_note(color):
        head.append((f"  {note}", "faint"))
    if until := color.get("warm_until"):
        head.append((f", warm until {local(until)}", "faint"))
    if not is_live and any(one["status"] == "running" for one in color["containers"]):
        head.append((f"  preview {app['urls'].get('preview', '–')}", "faint"))
    lines = [head, *_containers(color["containers"], is_live=is_live, is_stopped=is_stopped)]
    if not is_stopped and (traffic := traffic_line(color, is_live=is_live)):
        lines.append(traffic)
    return lines


def _containers(
    containers: Sequence[ContainerJson], *, is_live: bool, is_stopped: bool = False
) -> list[Line]:
    return [*table([_container_row(one, is_live, is_stopped) for one in containers])]


def _container_row(one: ContainerJson, is_live: bool, is_stopped: bool) -> list[Line]:
    is_up = one["status"] == "running"
    if is_stopped and one["status"] in ENDED:
        return [f"    {one['service']}", [(one["name"], "faint")], [("stopped", "faint")]]
    status: Span = (one["status"], "" if is_up else "bad")
    if rests(one, is_live=is_live):
        status = ("done" if one.get("role") == "task" else "rests", "faint")
    restarts = one.get("restarts", 0)
    often: list[Span] = [(f"restarted {restarts}×", "warn")] if restarts else []
    return [
        f"    {one['service']}",
        [(one["name"], "faint")],
        [status],
        [health_span(one["health"])] if one["health"] != "none" else "",
        age(one.get("started")) if is_up else "",
        often,
    ]


def _running_lines(deployment: DeploymentJson) -> list[Line]:
    color = deployment["color"]
    done = [
        f"{stage_word(stage['stage'])} {took(stage['took_ms'])}"
        for stage in deployment["stages"]
        if stage["status"] == "done"
    ]
    lines: list[Line] = [
        [
            (f"{deployment['kind']}  ", "faint"),
            (f"◌ {stage_word(deployment['state'])}", "warn"),
            f"  {deployment['release']} into ",
            (color, color),
            (f"  since {age(deployment['started'])}, by {deployment['actor']}", "faint"),
        ]
    ]
    if done:
        lines.append([("  " + ", ".join(done), "faint")])
    if deployment["state"] == "awaiting":
        lines.append(waiting_line(deployment["app"], deployment.get("waits")))
    if (shift := deployment.get("shift")) is not None:
        lines.append(shift_line(deployment["app"], color, shift))
    return lines


def _last_lines(deployment: DeploymentJson) -> list[Line]:
    ended = age(deployment["finished"])
    lines: list[Line] = [
        [
            ("last  ", "faint"),
            f"{deployment['kind']} of {deployment['release']} ",
            outcome_span(deployment["outcome"]),
            (f" in {took(deployment['took_ms'])}, {ended} ago, by {deployment['actor']}", "faint"),
        ]
    ]
    if (failure := deployment["failure"]) is not None:
        lines += [[("  ", ""), line] for line in failure["message"].splitlines()]
    return lines
