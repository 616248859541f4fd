"""Where a deployment's course is shown: painted on a terminal, as lines of a log, or as JSON."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bgd.cli.course import Course
from bgd.cli.course_lines import approval_lines, end_line, live_lines, title
from bgd.cli.event_line import told as event_told
from bgd.cli.live import Live
from bgd.cli.moment import took
from bgd.cli.out import Out
from bgd.cli.text import Line

if TYPE_CHECKING:
    from bgd.wire import EventJson


class View:
    """One way to show it. `tick_s` is how often `tick` wants to be called; None: after each event."""

    tick_s: float | None = None

    def __init__(self) -> None:
        self.is_lost = False
        """Whether the daemon is away."""

    def show(self, event: EventJson) -> None:
        """An event of the deployment came; its course knows it already."""

    def tick(self) -> None:
        """Time has passed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The end of it."""


class ItemsView(View):
    """Every event as a JSON object on a line."""

    def __init__(self, out: Out) -> None:
        super().__init__()
        self._out = out

    def show(self, event: EventJson) -> None:
        """Print it at once."""
        self._out.item(event)
        self._out.flush()


class LinesView(View):
    """A line for each stage that ended: for logs, and for terminals that can't be painted on."""

    tick_s = 1.0

    def __init__(self, course: Course, out: Out) -> None:
        super().__init__()
        self._course = course
        self._out = out
        self._said_lost = False

    def __enter__(self) -> Self:
        self._out.note(title(self._course))
        return self

    def show(self, event: EventJson) -> None:
        """Tell the end of a stage, a warning, a time without answers, and that somebody is waited for."""
        for line in remark_lines(event):
            self._out.note(line)
        if event["event"] == "waiting":
            for line in approval_lines(self._course):
                self._out.note(line)
        if event["event"] != "stage":
            return
        step = self._course.steps.get(str(event.get("stage")))
        if step is not None and event.get("status") in ("done", "failed"):
            self._out.note(end_line(step))

    def tick(self) -> None:
        """Tell once that the daemon went away, and once that it is back."""
        if self.is_lost != self._said_lost:
            self._said_lost = self.is_lost
            away = "  the daemon is away; what serves goes on serving. Waiting for it …"
            self._out.note([(away if self.is_lost else "  the daemon is back", "warn")])


class LiveView(View):
    """The list of stages, painted over."""

    tick_s = 0.1

    def __init__(self, course: Course, out: Out) -> None:
        super().__init__()
        self._course = course
        self._live = Live(out)
        self._frame = 0

    def __enter__(self) -> Self:
        self._live.__enter__()
        self.tick()
        return self

    def show(self, event: EventJson) -> None:
        """Warnings and a time without answers stay on the screen; all else is in the list."""
        for line in remark_lines(event):
            self._live.print_above(line)

    def tick(self) -> None:
        """Paint the list as it is now."""
        self._live.paint(live_lines(self._course, self._frame, self.is_lost))
        self._frame += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)


def remark_lines(event: EventJson) -> list[Line]:
    """What is told beside the stages: warnings, and when requests aren't let in."""
    told: dict[str, Any] = {**event}
    if told["event"] == "warning":
        return warning_lines(event)
    if told["event"] == "shifted":
        return [["  ", *event_told(told)]]
    if told["event"] != "doors":
        return []
    if told["closed"] and "pause" not in told["closed"]:
        return []  # maintenance goes on as before
    if told["closed"]:
        return [[("! ", "warn"), "nobody serves: requests get a 503 page from here on"]]
    after = f", after {took(told['took_ms'])}" if "took_ms" in told else ""
    return [[("✓ ", "good"), f"requests are let in again{after}"]]


def warning_lines(event: EventJson) -> list[Line]:
    """Something that isn't as it should be, and the remedy."""
    lines: list[Line] = [[("! ", "warn"), str(event.get("message", ""))]]
    if fix := event.get("fix"):
        lines.append([(f"  {fix}", "faint")])
    return lines
