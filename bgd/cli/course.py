"""The course of a deployment, as its events tell it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bgd.wire import DeploymentJson, EventJson


class Step:
    """One stage: `status` is waiting, running, done, failed, cancelled or skipped."""

    def __init__(self, stage: str, status: str, took_ms: float | None, detail: str) -> None:
        self.stage = stage
        self.status = status
        self.took_ms = took_ms
        self.detail = detail
        self.began_at: float | None = None

    def elapsed_s(self, now: float) -> float:
        """How long it has been running."""
        return 0.0 if self.began_at is None else now - self.began_at


class Course:
    """What is known of one deployment: fed with events, read by whoever shows it."""

    def __init__(self, deployment: DeploymentJson, clock: Callable[[], float] = monotonic) -> None:
        self.id = deployment["id"]
        self.app = deployment["app"]
        self.release = deployment["release"]
        self.color = deployment["color"]
        self.steps: dict[str, Step] = {}
        self.waits: dict[str, Any] | None = None  # what it waits for, as `WaitJson`
        self.message = ""  # the newest line of progress
        self.finished: EventJson | None = None
        self._clock = clock
        self.began_at = clock()
        for told in deployment["stages"]:
            step = Step(told["stage"], told["status"], told["took_ms"], told["detail"])
            step.began_at = self.began_at if step.status == "running" else None
            self.steps[step.stage] = step

    def take(self, event: EventJson) -> bool:
        """Learn from an event; whether it was about this deployment."""
        if event.get("deployment") != self.id:
            return False
        told: dict[str, Any] = {**event}
        match told["event"]:
            case "stage":
                self._take_stage(told)
            case "waiting":
                self.waits = told
            case "progress":
                self.message = told.get("message", "")
            case "finished":
                self.finished = event
                for step in self.steps.values():
                    step.status = "skipped" if step.status == "waiting" else step.status
        return True

    def _take_stage(self, told: dict[str, Any]) -> None:
        stage, status = told["stage"], told["status"]
        step = self.steps.setdefault(stage, Step(stage, "waiting", None, ""))
        if status == "running":
            self.message = ""
            # A repeated stage (checked again after the approval) moves to where it happens now.
            if step.status != "waiting":
                self.steps[stage] = step = Step(stage, status, None, "")
            self._move_before_waiting(stage)
            step.began_at = self._clock()
        elif step.status == "cancelled" and status == "done":
            status = "cancelled"  # it ended, because somebody asked for that
        elif status not in ("done", "failed", "cancelled", "skipped"):
            return  # approved
        step.status = status
        step.took_ms = told.get("took_ms", step.took_ms)
        step.detail = told.get("detail") or step.detail

    def _move_before_waiting(self, stage: str) -> None:
        step = self.steps.pop(stage)
        before = {name: one for name, one in self.steps.items() if one.status != "waiting"}
        after = {name: one for name, one in self.steps.items() if one.status == "waiting"}
        self.steps = {**before, stage: step, **after}

    @property
    def awaits_approval(self) -> bool:
        """Whether somebody has to promote it."""
        step = self.steps.get("awaiting")
        return step is not None and step.status == "running"

    @property
    def current(self) -> Step | None:
        """The stage that runs."""
        return next((step for step in self.steps.values() if step.status == "running"), None)

    def elapsed_s(self) -> float:
        """How long it has been followed."""
        return self._clock() - self.began_at
