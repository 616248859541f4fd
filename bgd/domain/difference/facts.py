"""Facts about one service: what is compared, and what of it may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bgd.domain.secret import MASK

FAMILIES = (
    "image", "replicas", "release", "state", "entrypoint", "command", "working dir", "user", "groups",
    "environment", "mounts", "networks", "network mode", "ports", "hostname", "extra hosts", "dns",
    "memory", "memory reserved", "memory with swap", "cpus", "cpu shares", "cpu quota", "cpuset", "pids",
    "ulimits", "shared memory", "oom score", "capabilities added", "capabilities dropped", "privileged",
    "read-only", "security", "devices", "sysctls", "pid namespace", "ipc namespace", "init", "terminal",
    "stdin", "restart", "stop signal", "stop within", "healthcheck", "logging", "labels",
)  # fmt: skip
"""What there is to be said about a service, in the order in which it is told.

An aspect is one of these, or one and a name: `memory`, `environment.VERSION`, `mounts./data`.
"""

OPEN = frozenset(
    {
        "memory with swap", "ulimits", "shared memory", "security", "pid namespace", "ipc namespace", "init",
        "hostname", "logging", "labels",
    }
)  # fmt: skip
"""Where the engine has defaults of its own that bgd doesn't know: what the file leaves open isn't judged."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. Facts are equal when their values are; `shown` is for people, `•••` where it is a secret."""

    value: object = field(repr=False)
    shown: str = field(default=MASK, compare=False)

    @property
    def is_secret(self) -> bool:
        """Whether it may only be said that it is equal or not."""
        return self.shown == MASK


Facts = Mapping[str, Fact]
"""By aspect. What is an engine's plain default (no limit, not privileged) is left out."""


def family_of(aspect: str) -> str:
    """`environment` of `environment.VERSION`."""
    return aspect.partition(".")[0]


def order_of(aspect: str) -> tuple[int, str]:
    """What sorts aspects as they are told."""
    return FAMILIES.index(family_of(aspect)), aspect
