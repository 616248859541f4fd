"""What cautions are drawn from: the services with their roles, the settings, the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bgd.domain.host import UNKNOWN, Host
from bgd.domain.plan import RoleOf
from bgd.domain.service import Service
from bgd.domain.settings import Role, Settings


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about an app before it runs. `front` is `None` while it is asked for."""

    services: Mapping[str, Service]
    roles: Mapping[str, RoleOf]
    settings: Settings
    front: Service | None
    port: int | None
    host: Host = UNKNOWN
    networks: Mapping[str, Any] = field(default_factory=dict)  # as the model has them

    def of(self, *roles: Role) -> Iterator[Service]:
        """The services that have one of these roles."""
        return (self.services[name] for name, given in self.roles.items() if given.role in roles)


def listed(names: list[str], most: int = 4) -> str:
    """`a, b, c`, or `a, b, c, d and 3 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
