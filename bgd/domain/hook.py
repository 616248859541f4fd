"""Commands of the app's own around a deployment, and what they are told.

A `before_…` hook that fails ends the deployment; the others come when it is over, and their failure is a
warning. Where a daemon is killed while one runs, the next one runs it again: at least once, not just once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

HOOK_WITHIN_S = 300.0
"""The time that a hook may take, where the file states none."""


class Moment(StrEnum):
    """When a hook is run."""

    BEFORE_START = "before_start"  # before the release's tasks and containers
    BEFORE_SWITCH = "before_switch"  # checked and approved: right before the traffic moves
    AFTER_SWITCH = "after_switch"  # the traffic was seen to have moved
    ON_FAILURE = "on_failure"  # the deployment failed, and was cleaned away
    ON_ROLLBACK = "on_rollback"  # the traffic is back at an older release

    @property
    def can_end_it(self) -> bool:
        """Whether its failure ends the deployment."""
        return self in {Moment.BEFORE_START, Moment.BEFORE_SWITCH}


@dataclass(frozen=True, slots=True)
class Hook:
    """One command: in a one-off container like `service` (default: the front), or on the host."""

    command: tuple[str, ...]
    service: str | None = None
    on_host: bool = False
    within_s: float = HOOK_WITHIN_S

    @property
    def title(self) -> str:
        """`run: ./backup now`, `host: systemctl reload haproxy`."""
        words = self.command[2:] if self.command[:2] == ("/bin/sh", "-c") else self.command
        return f"{'host' if self.on_host else 'run'}: {' '.join(words)}"


@dataclass(frozen=True, slots=True)
class Hooks:
    """The `hooks` of a file, in the order in which they are run."""

    before_start: tuple[Hook, ...] = ()
    before_switch: tuple[Hook, ...] = ()
    after_switch: tuple[Hook, ...] = ()
    on_failure: tuple[Hook, ...] = ()
    on_rollback: tuple[Hook, ...] = ()

    def of(self, moment: Moment) -> tuple[Hook, ...]:
        """Those of one moment."""
        by_moment: Mapping[Moment, tuple[Hook, ...]] = {
            Moment.BEFORE_START: self.before_start,
            Moment.BEFORE_SWITCH: self.before_switch,
            Moment.AFTER_SWITCH: self.after_switch,
            Moment.ON_FAILURE: self.on_failure,
            Moment.ON_ROLLBACK: self.on_rollback,
        }
        return by_moment[moment]

    @property
    def on_host(self) -> tuple[Moment, ...]:
        """The moments at which something is run on the host."""
        return tuple(moment for moment in Moment if any(hook.on_host for hook in self.of(moment)))
