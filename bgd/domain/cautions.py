"""What works and will hurt: each with a stable code and its fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bgd.domain.plan import Caution, RoleOf
from bgd.domain.service import Service
from bgd.domain.settings import Route, Settings


def cautions_of(
    services: Mapping[str, Service], roles: Mapping[str, RoleOf], route: Route | None, settings: Settings
) -> Iterator[Caution]:
    """All of them."""
    if not settings.smoke:
        yield Caution("thin-smoke", None, "there is no smoke check", "add x-bgd.smoke")
