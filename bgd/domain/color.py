"""The two environments of an app."""

from __future__ import annotations

from enum import StrEnum


class Color(StrEnum):
    """One of an app's two environments."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Color:
        """The opposite colour."""
        return Color.GREEN if self is Color.BLUE else Color.BLUE


class ColorState(StrEnum):
    """What a colour is doing, as `status` shows it."""

    EMPTY = "empty"  # nothing runs, nothing is recorded
    PREPARING = "preparing"  # a deployment works in it
    READY = "ready"  # runs a release that was checked and never had the traffic
    LIVE = "live"  # has the public traffic
    DRAINING = "draining"  # had the traffic until a moment ago; its last requests end
    WARM = "warm"  # had the traffic, runs on for an instant rollback
    STOPPED = "stopped"  # its containers are stopped
    FAILED = "failed"  # the last deployment into it failed; nothing runs
