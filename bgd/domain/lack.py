"""What of an app should run and does not: removed, stopped, or not brought back by its engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.release import Release
from bgd.domain.service import Service, services_of
from bgd.domain.settings import Role

LIVE = (Role.COLORED, Role.LIVE_ONLY, Role.SHARED)
"""What runs for a live colour."""
WARM = (Role.COLORED,)
"""What runs in a colour that waits for a switch or a rollback."""
UP = frozenset({"running", "restarting", "paused"})


def lacking(
    release: Release,
    color: Color,
    containers: Sequence[Container],
    resting: Collection[str] = (),
    roles: Sequence[Role] = LIVE,
) -> tuple[str, ...]:
    """The services with these roles that have fewer containers up than the file says.

    A service that rests has ended well and is left alone; so is one whose file says `restart: "no"`, but for
    the front: without it the app is down.
    """
    services = services_of(release.model)
    front = release.plan.route.service if release.plan.route else None
    wanted = (name for name in release.plan.services(*roles) if name in services)
    return tuple(
        name
        for name in wanted
        if _up(name, release, color, containers) < services[name].replicas
        and (name == front or not (name in resting or never_restarts(services[name])))
    )


def ended_well(
    release: Release, live: Color, containers: Sequence[Container], lacked: Collection[str]
) -> frozenset[str]:
    """Those of the lacking services whose containers are all there, and exited with status 0."""
    own: dict[str, list[Container]] = {name: [] for name in lacked}
    for container in containers:
        if container.service in own and _is_of(container, release, live):
            own[container.service].append(container)
    return frozenset(
        name
        for name, found in own.items()
        if found and all(c.status in UP or (c.status == "exited" and c.exit_code == 0) for c in found)
    )


def never_restarts(service: Service) -> bool:
    """Whether the file says expressly that it isn't to be started again."""
    policy: Mapping[str, object] = (service.body.get("deploy") or {}).get("restart_policy") or {}
    return service.body.get("restart") == "no" or policy.get("condition") == "none"


def _up(name: str, release: Release, live: Color, containers: Sequence[Container]) -> int:
    return sum(c.service == name and c.status in UP and _is_of(c, release, live) for c in containers)


def _is_of(container: Container, release: Release, live: Color) -> bool:
    if container.one_off:
        return False
    return container.color is None or (container.color == live and container.release == release.name)
