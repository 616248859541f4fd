"""Following a deployment until it ends, over restarts of the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgd.cli.course import Course
from bgd.cli.course_views import ItemsView, LinesView, LiveView, View
from bgd.cli.out import Out
from bgd.cli.words import stage_word
from bgd.client.following import PATIENCE_S, follow_events
from bgd.errors import Unreachable

if TYPE_CHECKING:
    from bgd.client import Client
    from bgd.client.following import Following
    from bgd.wire import DeploymentJson, EventJson


def follow(
    client: Client,
    deployment: DeploymentJson,
    out: Out,
    *,
    as_items: bool = False,
    following: Following | None = None,
    patience_s: float = PATIENCE_S,
) -> EventJson:
    """Show a deployment's course until it ends; its `finished` event.

    With `as_items` every event goes to stdout as JSON, else progress goes to stderr. `following` is the
    app's journal, where it had to be opened before the deployment went on. Raises `Unreachable` when the
    daemon stays away.
    """
    course = Course(deployment)
    view: View
    if as_items:
        view = ItemsView(out)
    else:
        view = LiveView(course, out) if out.has_live_notes else LinesView(course, out)
    if following is None:
        since = deployment["event"] - 1  # from its `started` on
        following = follow_events(client, app=course.app, since=since, patience_s=patience_s)
    try:
        with following:
            return _until_finished(client, following, course, view)
    except Unreachable as error:
        step = course.current
        at = f" at the stage {stage_word(step.stage)!r}" if step is not None else ""
        raise Unreachable(
            f"{error.message}, for {patience_s:g} s; {course.release} of {course.app} was{at} then",
            "what was serving goes on serving: nginx doesn't need bgd. A daemon that starts again takes the "
            f"deployment up where it was; then `bgctl status {course.app}` tells",
        ) from error
    except KeyboardInterrupt:
        out.note()
        out.note([("no longer following: ", "warn"), f"{course.release} goes on in the daemon"])
        out.note([("  follow it with ", "faint"), f"bgctl status {course.app} --watch"])
        out.note([("  stop it with   ", "faint"), f"bgctl cancel {course.app}"])
        raise


def _until_finished(client: Client, following: Following, course: Course, view: View) -> EventJson:
    interruptions = 0
    with view:
        while course.finished is None:
            event: Any = following.next(view.tick_s)
            if following.interruptions != interruptions and not following.is_lost:
                interruptions = following.interruptions
                # Another daemon, with another state, wouldn't know it: then waiting is in vain.
                _assert_known(client, course)
            view.is_lost = following.is_lost
            if event is not None and course.take(event):
                view.show(event)
            view.tick()
    return course.finished


def _assert_known(client: Client, course: Course) -> None:
    try:
        client.deployment(course.app, course.id)
    except Unreachable:
        return  # gone again: that is followed too
