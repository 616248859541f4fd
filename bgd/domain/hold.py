"""What a deployment that is ready still waits for before it may switch: somebody's approval, or a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bgd.domain.deployment import Deployment
from bgd.domain.lifecycle import State
from bgd.domain.settings import Promote, Settings
from bgd.domain.window import opening


@dataclass(frozen=True, slots=True)
class Hold:
    """Why it waits. `until` is when it may go on by itself at the earliest; `None` is never."""

    needs_approval: bool
    until: datetime | None
    reason: str


def hold_of(deployment: Deployment, settings: Settings, now: datetime) -> Hold | None:
    """What keeps the deployment from its switch now; `None` is nothing.

    Approval comes first: from a person, or by itself `promote_after` since the wait began. Then the time that
    it was ordered for, then the windows; `promote --now` passes over both.
    """
    options = deployment.options
    if not options.promoted and settings.promote is Promote.MANUAL:
        by_itself = None
        if settings.promote_after_s is not None:
            begun = next((s.started for s in deployment.stages if s.state is State.AWAITING), now)
            by_itself = begun + timedelta(seconds=settings.promote_after_s)
        if by_itself is None:
            return Hold(needs_approval=True, until=None, reason="for approval")
        if by_itself > now:
            return Hold(needs_approval=True, until=by_itself, reason="for approval")
    if options.now:
        return None
    if options.at is not None and options.at > now:
        return Hold(needs_approval=False, until=options.at, reason="for its time")
    windows = (
        settings.windows if deployment.previous is not None else ()
    )  # nothing is live: nobody is disturbed
    if (opens := opening(windows, now)) is not None:
        return Hold(needs_approval=False, until=opens, reason="for the next window")
    return None
