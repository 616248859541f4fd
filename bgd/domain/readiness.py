"""Whether a service that others wait for is ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from bgd.domain.container import Container, Health

SETTLED_S = 1.0
"""How long a container without a health check must run to count: one that fails at once is dead by then."""

CRASHES = 3
"""So many restarts are a crash loop, not a start that needed a second try."""


class Readiness(StrEnum):
    """What to do about it."""

    READY = "ready"
    WAITING = "waiting"
    HOPELESS = "hopeless"


_BY_HEALTH = {
    Health.NONE: (Readiness.WAITING, "waits for its health check"),
    Health.STARTING: (Readiness.WAITING, "waits for its health check"),
    Health.HEALTHY: (Readiness.READY, "is healthy"),
    # Docker says so only after as many failures as the file allows; Compose gives up there too.
    Health.UNHEALTHY: (Readiness.HOPELESS, "is unhealthy: its own health check fails"),
}


def readiness(containers: Sequence[Container], ends: bool, now: datetime) -> tuple[Readiness, str]:
    """The state of a service by its inspected containers, and in words why.

    `ends` says that the service does its work and exits; one that runs on is ready when it is healthy or,
    without a health check, when it has run for `SETTLED_S`.
    """
    if not containers:
        return Readiness.WAITING, "has no container yet"
    for container in containers:
        state = _state_of(container, ends, now)
        if state[0] is not Readiness.READY:
            return state
    return Readiness.READY, "is ready"


def _state_of(container: Container, ends: bool, now: datetime) -> tuple[Readiness, str]:
    if container.status == "exited":
        if container.exit_code == 0:  # and nothing restarts it: it had something to do once
            return Readiness.READY, "has done its work"
        words = f"exited with status {container.exit_code}"
        return Readiness.HOPELESS, words + (": out of memory" if container.oom_killed else "")
    if container.status == "restarting" and container.restarts >= CRASHES:
        return Readiness.HOPELESS, f"crashes again and again ({container.restarts} restarts)"
    if container.status != "running":
        return Readiness.WAITING, f"is {container.status}"
    if ends:
        return Readiness.WAITING, "is at its work"
    if container.has_health_check:
        return _BY_HEALTH[container.health]
    if _age_s(container, now) < SETTLED_S:
        return Readiness.WAITING, "has just started"
    return Readiness.READY, "runs"


def _age_s(container: Container, now: datetime) -> float:
    if container.started_at is None:
        return 0.0
    age = (now - datetime.fromisoformat(container.started_at)).total_seconds()
    return age if age >= 0 else SETTLED_S  # the engine's clock is ahead of ours: that tells nothing
