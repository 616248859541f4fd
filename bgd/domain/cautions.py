"""What works and will hurt: each with a stable code and its fix.

thin-smoke      no smoke block: only the health check stands before the switch
default-health  no health block: any answer of `GET /` below 500 is healthy
not-yet         a key that this version reads and doesn't carry out
local-data      both colours would write one set of files: a deployment stops the old one first
boot-migration  the database is migrated while the old colour still works with it
closed-port     a published port of a service that isn't the front goes away
second-front    the same, for a port that looks like HTTP: bgd routes one service of an app
tls-port        the front speaks TLS itself, which isn't used
own-proxy       the app's own proxy isn't started, nor what it added
short-grace     a container may be killed sooner than its requests may end
moving-tag      what an image's name stands for changes without the file changing
order           a service waits for one that starts later; the wait is dropped
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bgd.domain import rules
from bgd.domain.duration import parse_duration, show_duration
from bgd.domain.overlap import MOST_PLACES, data_places
from bgd.domain.plan import Caution, RoleOf
from bgd.domain.roles import is_routed
from bgd.domain.service import Service
from bgd.domain.settings import Role, Route, Settings

_STARTS = {Role.SHARED: 0, Role.TASK: 1, Role.COLORED: 2, Role.LIVE_ONLY: 3, Role.IGNORED: 9}


@dataclass(frozen=True, slots=True)
class Findings:
    """What the cautions are drawn from. `front` is `None` while it is asked for."""

    services: Mapping[str, Service]
    roles: Mapping[str, RoleOf]
    settings: Settings
    front: Service | None
    port: int | None

    def of(self, *roles: Role) -> Iterator[Service]:
        """The services that have one of these roles."""
        return (self.services[name] for name, given in self.roles.items() if given.role in roles)


def cautions_of(
    services: Mapping[str, Service], roles: Mapping[str, RoleOf], route: Route | None, settings: Settings
) -> Iterator[Caution]:
    """All that there is to say about a plan, what costs most first."""
    front = services.get(route.service) if route else None
    found = Findings(services, roles, settings, front, route.port if route else None)
    for warn in _CAUTIONS:
        yield from warn(found)


def _local_data(found: Findings) -> Iterator[Caution]:
    """Said while the file leaves it open; who states `overlap` knows."""
    if found.front is None or found.settings.overlap is not None:
        return
    if places := data_places(found.front, found.of(Role.SHARED)):
        yield Caution(
            "local-data",
            found.front.name,
            f"it keeps data in {', '.join(places[:MOST_PLACES])} and there is no database: two copies at "
            "once would break SQLite and the like, so each deployment stops the old colour before it starts "
            "the new one. Requests get a 503 page meanwhile, for as long as the new one takes to start and "
            "be checked",
            "nothing, where that is short enough; else keep the data in a database service, mount what is "
            f"only read as read-only ({places[0]}:ro), or say `x-bgd.overlap: true`, if both may write there",
        )


def _boot_migration(found: Findings) -> Iterator[Caution]:
    for service in found.of(Role.COLORED, Role.LIVE_ONLY):
        if any(re.search(pattern, service.command) for pattern in rules.TASK_COMMANDS):
            yield Caution(
                "boot-migration",
                service.name,
                "it migrates the database when it starts, while the old colour still works with it"
                + (f", and {service.replicas} replicas do so at once" if service.replicas > 1 else ""),
                "make the migration a service of its own with the role task, and keep it compatible with the "
                "release before",
            )


def _closed_ports(found: Findings) -> Iterator[Caution]:
    if found.front is None:
        return
    for service in found.of(Role.COLORED, Role.LIVE_ONLY, Role.TASK):
        if service is found.front:
            continue
        ports = ", ".join(str(port.host or port.container) for port in service.published)
        if is_routed(service) or any(port.container in rules.HTTP_PORTS for port in service.published_http):
            at = f" on port {ports}" if ports else ""
            yield Caution(
                "second-front",
                service.name,
                f"it takes requests from outside too{at}: bgd routes one service of an app, "
                f"{found.front.name}",
                f"reach it through {found.front.name}, give it a Compose file of its own, or make it shared: "
                "then it keeps its port, and one copy serves both colours",
            )
        elif ports:
            yield Caution(
                "closed-port",
                service.name,
                f"port {ports} isn't reachable from outside any more: both colours would want it",
                "make it shared, if its port is needed outside: then it keeps it",
            )


def _tls_port(found: Findings) -> Iterator[Caution]:
    front = found.front
    if front is None:
        return
    ports = [port.container for port in front.published if port.container in rules.TLS_PORTS]
    if ports and found.port not in ports:
        yield Caution(
            "tls-port",
            front.name,
            f"its HTTPS port {ports[0]} isn't used: nginx asks it in plain HTTP on port {found.port}, and a "
            "redirect to HTTPS there would go round in circles",
            "let it answer plain HTTP without redirecting, and end HTTPS before bgd",
        )


def _own_proxy(found: Findings) -> Iterator[Caution]:
    for service in found.of(Role.IGNORED):
        yield Caution(
            "own-proxy",
            service.name,
            "it isn't started, as bgd's nginx takes its place: certificates, redirects, passwords and paths "
            "that it added are gone",
            f"state hosts and path in x-bgd.route and end HTTPS before bgd; or keep it: "
            f"`x-bgd.roles: {{{service.name}: colored}}`",
        )


def _short_grace(found: Findings) -> Iterator[Caution]:
    front = found.front
    stated = front.body.get("stop_grace_period") if front else None
    if front is None or stated is None:
        return
    grace, drain = show_duration(parse_duration(stated)), show_duration(found.settings.drain_s)
    if parse_duration(stated) < found.settings.drain_s:
        yield Caution(
            "short-grace",
            front.name,
            f"its stop_grace_period of {grace} is shorter than the drain of {drain}: a request that takes "
            "longer may be cut off when the container stops",
            f"set stop_grace_period to {drain}, or x-bgd.drain to {grace}",
        )


def _moving_tags(found: Findings) -> Iterator[Caution]:
    wanted = found.of(Role.COLORED, Role.LIVE_ONLY, Role.SHARED, Role.TASK)
    moving = [s for s in wanted if s.image and not s.is_built and _is_moving(s)]
    if moving:
        names = ", ".join(f"{s.name} ({s.image_tag or 'no tag'})" for s in moving[:4])
        more = f" and {len(moving) - 4} more" if len(moving) > 4 else ""
        yield Caution(
            "moving-tag",
            moving[0].name if len(moving) == 1 else None,
            f"images by a tag that moves: {names}{more}; two releases of one file may differ",
            "name a version, or a digest",
        )


def _is_moving(service: Service) -> bool:
    if "@sha256:" in service.image or service.image.startswith("sha256:"):
        return False
    return not service.image_tag or bool(
        rules.MOVING_TAGS & set(re.split(r"[^a-z]+", service.image_tag.lower()))
    )


def _order(found: Findings) -> Iterator[Caution]:
    """What is waited for must not start later: shared services first, then tasks, colours, live-only."""
    for service in found.of(Role.SHARED, Role.TASK):
        role = found.roles[service.name].role
        for name in service.needs:
            other = found.roles[name].role if name in found.roles else None
            if other in _STARTS and other is not Role.IGNORED and _STARTS[other] > _STARTS[role]:
                yield Caution(
                    "order",
                    service.name,
                    f"it is {role} and waits for {name}, which is {other} and starts later: "
                    "the wait is dropped",
                    f"drop it from depends_on, or give both one role: `x-bgd.roles: {{{name}: {role}}}`",
                )


def _default_health(found: Findings) -> Iterator[Caution]:
    if not found.settings.health.stated:
        yield Caution(
            "default-health",
            None,
            "there is no health block: any answer of GET / below 500 counts as healthy, a login page too",
            "name what is only answered well when the app works: `x-bgd.health: {path: /up}`",
        )


def _thin_smoke(found: Findings) -> Iterator[Caution]:
    if not found.settings.smoke:
        yield Caution(
            "thin-smoke",
            None,
            "there is no smoke block: the health check is all that stands before the switch",
            "say what must work: `x-bgd.smoke: [{get: /up, contains: ok}]`",
        )


def _not_yet(found: Findings) -> Iterator[Caution]:
    stated = [("bake", found.settings.bake is not None), ("hooks", found.settings.hooks.are_stated)]
    for key, is_stated in stated:
        if is_stated:
            yield Caution(
                "not-yet",
                None,
                f"x-bgd.{key} is read, and this version doesn't carry it out",
                "do it outside for now",
            )


_CAUTIONS: tuple[Callable[[Findings], Iterator[Caution]], ...] = (
    _local_data,
    _boot_migration,
    _closed_ports,
    _tls_port,
    _own_proxy,
    _order,
    _short_grace,
    _not_yet,
    _moving_tags,
    _default_health,
    _thin_smoke,
)
