"""The course of a deployment, fed with events."""

from __future__ import annotations

from typing import Any

from bgd.cli.course import Course
from bgd.cli.course_lines import live_lines
from bgd.cli.course_views import remark_lines
from bgd.cli.text import inked
from tests.samples import deployment_json, stage_json


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def course_of(*stages: str, clock: Clock | None = None) -> Course:
    told: Any = deployment_json("shop", 7, stages=[stage_json(stage) for stage in stages])
    return Course(told, clock or Clock())


def take(course: Course, event: str, **values: Any) -> bool:
    told: Any = {"event": event, "deployment": 7, **values}
    return course.take(told)


def statuses(course: Course) -> list[tuple[str, str]]:
    return [(step.stage, step.status) for step in course.steps.values()]


def test_events_of_other_deployments_are_left_out() -> None:
    course = course_of("preparing")
    assert not take(course, "stage", deployment=8, stage="preparing", status="running")
    assert not course.take({"event": "daemon"})
    assert statuses(course) == [("preparing", "waiting")]


def test_a_stage_runs_and_is_done() -> None:
    course = course_of("preparing", "smoking")
    take(course, "stage", stage="preparing", status="running")
    take(course, "progress", stage="preparing", message="step 3 of 9")
    assert course.current is not None
    assert (course.current.stage, course.message) == ("preparing", "step 3 of 9")
    take(course, "stage", stage="preparing", status="done", took_ms=1200)
    assert statuses(course) == [("preparing", "done"), ("smoking", "waiting")]
    take(course, "stage", stage="smoking", status="running")
    assert course.message == ""


def test_a_stage_that_repeats_moves_to_where_it_happens_now() -> None:
    course = course_of("checking", "smoking", "switching")
    for stage in ("checking", "smoking"):
        take(course, "stage", stage=stage, status="running")
        take(course, "stage", stage=stage, status="done", took_ms=1)
    take(course, "stage", stage="awaiting", status="running")
    assert course.awaits_approval
    take(course, "stage", stage="awaiting", status="approved")
    take(course, "stage", stage="awaiting", status="done", took_ms=9)
    assert not course.awaits_approval
    take(course, "stage", stage="checking", status="running")
    assert statuses(course) == [
        ("smoking", "done"),
        ("awaiting", "done"),
        ("checking", "running"),
        ("switching", "waiting"),
    ]


def test_a_stage_that_was_cancelled_stays_so() -> None:
    course = course_of("preparing", "starting")
    take(course, "stage", stage="preparing", status="running")
    take(course, "stage", stage="preparing", status="cancelled")
    take(course, "stage", stage="preparing", status="done", took_ms=5)
    assert statuses(course)[0] == ("preparing", "cancelled")


def test_what_a_finished_deployment_never_reached_was_skipped() -> None:
    course = course_of("preparing", "starting")
    take(course, "finished", outcome="failed")
    assert statuses(course) == [("preparing", "skipped"), ("starting", "skipped")]
    assert course.finished is not None


def test_the_list_shows_what_runs_how_long_and_what_it_does() -> None:
    clock = Clock()
    course = course_of("preparing", "starting", clock=clock)
    take(course, "stage", stage="preparing", status="running")
    take(course, "progress", stage="preparing", message="pulling \x1b[31mredis")
    clock.now += 65
    assert [inked(line, False) for line in live_lines(course, 0, False)] == [
        "shop r7 → green  1m05s",
        "  ⠋ prepare     1m05s  pulling [31mredis",
        "  · start",
    ]
    assert "daemon is away" in inked(live_lines(course, 1, True)[-1], False)


def test_a_time_without_answers_is_told_beside_the_stages() -> None:
    def told(**data: Any) -> str:
        event: Any = {"event": "doors", "app": "shop", **data}
        return "".join(
            part if isinstance(part, str) else part[0] for line in remark_lines(event) for part in line
        )

    assert told(closed=["pause"]) == "! nobody serves: requests get a 503 page from here on"
    assert told(closed=[], took_ms=2400) == "✓ requests are let in again, after 2.4s"
    assert told(closed=["maintenance"]) == ""
