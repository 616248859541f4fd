"""How a deployment ended: what serves now, what went wrong, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.moment import took
from bgd.cli.text import Line
from bgd.cli.words import color_span, stage_word
from bgd.errors import BgError

if TYPE_CHECKING:
    from bgd.cli.out import Out
    from bgd.client import Client
    from bgd.wire import AppJson, EventJson, FailureJson, SwitchJson

LOG_LINES = 20


def tell(event: EventJson, client: Client, out: Out) -> int:
    """Print the end of a deployment for people: success to stdout, failure to stderr; the exit code."""
    finished: dict[str, Any] = {**event}
    try:
        app = client.app(finished["app"])
    except BgError:
        app = None  # it ended all the same, and the event tells enough
    if finished["outcome"] == "succeeded":
        out.facts(success_lines(finished, app))
        return 0
    for line in failure_lines(finished, app):
        out.note(line)
    return 1


def success_lines(finished: dict[str, Any], app: AppJson | None) -> list[Line]:
    """What serves now, and how to go back; or how to switch to what is ready."""
    name, release, color = finished["app"], finished["release"], finished["color"]
    time = f"  in {took(finished.get('took_ms'))}"
    if finished.get("live") == color:
        lines: list[Line] = [
            [("✓ ", "good"), (name, "strong"), f" serves {release} from ", color_span(color), time]
        ]
        if app is not None:
            lines += [f"  {app['urls'].get('public', '')}", *_way_back(app, color)]
        return lines
    lines = [[("✓ ", "good"), f"{release} is ready in ", color_span(color, "ready"), ", not switched", time]]
    if app is not None:
        lines += [f"  {serving(app)}", f"  look at it: {app['urls'].get('preview', '')}"]
    return [*lines, f"  switch to it: bgctl switch {name}"]


def _way_back(app: AppJson, color: str) -> list[Line]:
    other = "green" if color == "blue" else "blue"
    old = app["colors"].get(other)
    if old is not None and old["state"] == "stopped":
        back = f"bgctl rollback {app['app']} starts it again in its place"
        return [[(f"  {other} keeps {old['release']}, stopped: {back}", "faint")]]
    if old is None or old["state"] not in ("warm", "draining"):
        return []
    return [
        [(f"  {other} keeps {old['release']} warm: bgctl rollback {app['app']} goes back at once", "faint")]
    ]


def failure_lines(finished: dict[str, Any], app: AppJson | None) -> list[Line]:
    """The step that failed, what it saw, what still serves, what to do next."""
    name, release, outcome = finished["app"], finished["release"], finished["outcome"]
    failure: FailureJson | None = finished.get("failure")
    time = f" after {took(finished.get('took_ms'))}"
    ended = {
        "cancelled": "was cancelled",
        "rolled_back": "was taken back" if _had_a_share(app, release) else "went live and was rolled back",
    }.get(outcome, "failed")
    at = f" at {stage_word(failure['stage'])}" if failure else ""
    hue = "warn" if outcome == "cancelled" else "bad"
    glyph = {"cancelled": "–", "rolled_back": "↩"}.get(outcome, "✗")
    lines: list[Line] = [[(f"{glyph} ", hue), (name, "strong"), f": {release} {ended}{at}{time}"]]
    if failure is not None:
        lines += [f"  {line}" for line in failure["message"].splitlines()]
        lines += _evidence_lines(failure) + _probe_lines(failure) + _log_lines(failure)
    serves = failure["still_serving"] if failure else serving(app) if app else ""
    if serves:
        lines.append([("  still serving  ", "faint"), serves])
    if failure is not None and failure["hint"]:
        lines.append([("  next           ", "faint"), failure["hint"]])
    return lines


def _had_a_share(app: AppJson | None, release: str) -> bool:
    """Whether it ended while its visitors moved by and by, before the switch."""
    last = None if app is None else app["last_deployment"]
    if last is None or last["release"] != release:
        return False
    done = {stage["stage"] for stage in last["stages"] if stage["status"] in ("done", "failed")}
    return "shifting" in done and "handing_over" not in done


def _probe_lines(failure: FailureJson) -> list[Line]:
    if (probe := failure["probe"]) is None:
        return []
    host = f" (Host: {probe['host']})" if probe["host"] else ""
    got = probe["error"] or f"status {probe['status']}"
    asked = f"{probe['method']} {probe['url']}{host} → {got}, {took(probe['took_ms'])}"
    lines: list[Line] = [[("  last probe     ", "faint"), asked]]
    answer = probe["answer"].splitlines()
    return lines + [["                 ", line] for line in answer[:5]]


def _evidence_lines(failure: FailureJson) -> list[Line]:
    return [[("  · ", "faint"), line] for line in failure.get("evidence", [])]


def _log_lines(failure: FailureJson) -> list[Line]:
    log = failure["log"][-LOG_LINES:]
    if not log:
        return []
    lines: list[Line] = [[("  last lines of its log", "faint")]]
    lines += [[("  │ ", "faint"), line] for line in log]
    return lines


def serving(app: AppJson) -> str:
    """What serves, as a sentence."""
    live = app["live"]
    if live is None:
        return f"nothing is live yet: {app['app']} answers 503"
    if app.get("closed"):
        return (
            f"requests get 503 ({' and '.join(app['closed'])}); {live} has {app['colors'][live]['release']}"
        )
    return f"{live} still serves {app['colors'][live]['release']}"


def move_line(moved: SwitchJson) -> Line:
    """`shop: blue → green, r7, in 4ms`."""
    old: Line = [(moved["from"], moved["from"])] if moved["from"] else ["nothing"]
    return [
        ("✓ ", "good"),
        (moved["app"], "strong"),
        ": ",
        *old,
        " → ",
        color_span(moved["to"]),
        f" serves {moved['release']}, seen after {took(moved['took_ms'])}",
    ]


def failure_text(finished: EventJson) -> tuple[str, str]:
    """How a deployment failed, as the message and the hint of an error."""
    told: dict[str, Any] = {**finished}
    failure: FailureJson | None = told.get("failure")
    if failure is None:
        return f"{told['release']} of {told['app']}: {told['outcome']}", ""
    return f"{failure['message']}; {failure['still_serving']}", failure["hint"]
