"""A container as the engine reports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """Docker's health of a container, or what a whole colour's amounts to."""

    NONE = "none"  # no health check, or no container
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Container:
    """One container. `status` is Docker's word: created, running, restarting, exited, dead, paused."""

    id: str
    name: str
    service: str
    app: str
    color: str | None  # None: shared
    release: str | None
    status: str
    health: Health
    image: str
    restarts: int = 0
    exit_code: int | None = None
    oom_killed: bool = False
    has_health_check: bool = False
    addresses: tuple[str, ...] = ()  # IPv4 and IPv6, of all its networks
    started_at: str | None = None  # RFC 3339
    pid: int | None = None  # of its first process, on the engine's machine
    one_off: bool = False  # a task or a smoke run, not part of the colour's service


def health_of(containers: Sequence[Container]) -> Health:
    """The health of a colour: that of its worst container; running without a check counts as healthy."""
    if not containers:
        return Health.NONE
    if any(c.health is Health.UNHEALTHY or c.status in {"restarting", "exited", "dead"} for c in containers):
        return Health.UNHEALTHY
    if any(c.health is Health.STARTING or c.status != "running" for c in containers):
        return Health.STARTING
    return Health.HEALTHY
