"""A gradual shift of traffic: the new colour gets a greater and greater share of the visitors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bgd.domain.settings import Shift


@dataclass(frozen=True, slots=True)
class Step:
    """The share that the new colour was given last, in percent.

    `since` is when nginx was seen to give it, none before that; `first` when the first share of all was;
    `until` when its pause is over.
    """

    percent: int
    since: datetime | None = None
    first: datetime | None = None
    until: datetime | None = None

    def seen(self, now: datetime, shift: Shift) -> Step:
        """The step as nginx gives it from now on."""
        until = now + timedelta(seconds=shift.pause_s)
        return replace(self, since=now, first=self.first or now, until=until)


def steps_from(shift: Shift, given: Step | None) -> tuple[Step, ...]:
    """The shares below all that are still to be given; the one that was given last is first."""
    if given is None:
        return tuple(Step(percent) for percent in shift.shares)
    later = (percent for percent in shift.shares if percent > given.percent)
    return (given, *(Step(percent, first=given.first) for percent in later))
