"""How a deployment's course looks: a list that is painted over, or a line for each stage that ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bgd.cli.course import Course, Step
from bgd.cli.moment import lasting, local, took
from bgd.cli.text import Line, Span
from bgd.cli.words import stage_word

if TYPE_CHECKING:
    from bgd.wire import ShiftJson

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARKS: dict[str, Span] = {
    "done": ("✓", "good"),
    "failed": ("✗", "bad"),
    "cancelled": ("–", "warn"),
    "skipped": ("·", "faint"),
    "waiting": ("·", "faint"),
}
_WORD_COLUMNS = 10
_TIME_COLUMNS = 6


def title(course: Course) -> Line:
    """`shop r8 → green`."""
    return [(course.app, "strong"), f" {course.release} → ", (course.color, course.color)]


def live_lines(course: Course, frame: int, is_lost: bool) -> list[Line]:
    """The whole list, now. `frame` counts up and turns the spinner."""
    spinner = SPINNER[frame % len(SPINNER)]
    lines: list[Line] = [[*title(course), ("  " + lasting(course.elapsed_s()), "faint")]]
    lines += [_live_line(course, step, spinner) for step in course.steps.values()]
    if is_lost:
        lines.append([("  the daemon is away; what serves goes on serving. Waiting for it …", "warn")])
    elif course.awaits_approval:
        lines += approval_lines(course)
    return lines


def approval_lines(course: Course) -> list[Line]:
    """What to do about a deployment that waits for approval."""
    return [
        waiting_line(course.app, course.waits),
        [(f"  (bgctl cancel {course.app} gives it up; what serves goes on serving)", "faint")],
    ]


def waiting_line(app: str, waits: Mapping[str, Any] | None) -> Line:
    """What a deployment waits for, until when, and the verb that ends the wait."""
    waits = waits or {"approval": True, "until": None, "message": "waits for approval"}
    told, verb = waits["message"], f"bgctl promote {app}"
    if waits["until"] is not None:
        told += f" until {local(waits['until'])}"
        told += ", then goes on by itself" if waits["approval"] else ""
    if not waits["approval"]:
        verb += " --now"
    return [(f"  {told}: ", "warn"), (verb, "strong")]


def shift_line(app: str, color: str, shift: ShiftJson) -> Line:
    """Who gets which share, since when and until when, and the verb that ends the pause."""
    since = f" since {local(shift['since'])}" if shift["since"] else ""
    until = f" until {local(shift['until'])}" if shift["until"] else ""
    then = "all of them" if shift["next"] == 100 else f"{shift['next']} %"
    gets = f" gets {shift['percent']} % of the visitors{since}{until}, then {then}: "
    return ["  ", (color, color), gets, (f"bgctl promote {app}", "strong"), (" doesn't wait", "faint")]


def _live_line(course: Course, step: Step, spinner: str) -> Line:
    word = f"{stage_word(step.stage):<{_WORD_COLUMNS}}"
    if step.status == "running":
        elapsed = f"{lasting(step.elapsed_s(course.began_at + course.elapsed_s())):>{_TIME_COLUMNS}}"
        return [("  " + spinner, "warn"), f" {word} {elapsed}  ", (course.message, "faint")]
    mark = _MARKS.get(step.status, " ")
    if step.status in ("waiting", "skipped"):
        return ["  ", mark, (f" {word.rstrip()}", "faint")]
    return ["  ", mark, f" {word} ", (f"{took(step.took_ms):>{_TIME_COLUMNS}}", "faint")]


def end_line(step: Step) -> Line:
    """A stage that ended, for a log. Why one failed is told at the end, with everything else."""
    mark = _MARKS.get(step.status, " ")
    detail: list[Span] = [("  " + step.detail, "faint")] if step.status == "done" and step.detail else []
    word = f"{stage_word(step.stage):<{_WORD_COLUMNS}}"
    return ["  ", mark, f" {word} ", (f"{took(step.took_ms):>{_TIME_COLUMNS}}", "faint"), *detail]
