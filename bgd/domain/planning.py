"""The plan for a Compose model: roles, the route, what is rewritten, warned of and asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bgd.domain.cautions import cautions_of
from bgd.domain.front import find_front
from bgd.domain.host import UNKNOWN, Host, LocalImage
from bgd.domain.listening import find_port
from bgd.domain.overlap import overlap_of
from bgd.domain.plan import Plan, Question, RoleOf
from bgd.domain.release import Model
from bgd.domain.roles import infer_roles
from bgd.domain.service import Service, services_of
from bgd.domain.settings import Role, Route, Settings


def plan(
    model: Model,
    settings: Settings,
    name: str,
    host: Host = UNKNOWN,
    built_from: Mapping[str, str] | None = None,
) -> Plan:
    """Plan a resolved model for the app `name`. What can't be told is asked, never guessed.

    `built_from` has the images that Dockerfiles start from, by service, where they could be read; `host` is
    the machine, as far as it is known.
    """
    services = services_of(model, built_from)
    roles = infer_roles(services, settings)
    route, questions = _route(name, services, roles, settings, host)
    return Plan(
        app=name,
        settings=settings,
        roles=roles,
        route=route,
        rewrites=tuple(_rewrites(services, roles, route)),
        warnings=tuple(cautions_of(services, roles, route, settings, host, model.get("networks") or {})),
        questions=tuple(questions),
        overlap=overlap_of(
            settings.overlap,
            services.get(route.service) if route else None,
            [services[name] for name, given in roles.items() if given.role is Role.SHARED],
        ),
    )


def _route(
    app: str,
    services: Mapping[str, Service],
    roles: dict[str, RoleOf],
    settings: Settings,
    host: Host,
) -> tuple[Route | None, list[Question]]:
    wish = settings.route
    front = wish.service
    if front is None:
        found = find_front(app, services, roles)
        if found.service is None:
            return None, [
                Question("route.service", f"which service takes the requests? {found.reason}", found.choices)
            ]
        front = found.service
        roles[front] = RoleOf(Role.COLORED, f"it takes the requests: {found.reason}")
    port = wish.port
    if port is None:
        image = host.images.get(front, LocalImage())
        listening = find_port(services[front], services, image.ports)
        if listening.port is None:
            return None, [_port_question(services[front], listening.choices)]
        port = listening.port
    return Route(front, port, wish.hosts, wish.path), []


def _port_question(service: Service, choices: Sequence[int]) -> Question:
    if choices:
        said = "it has several"
    elif service.published:
        said = "none that it publishes looks like plain HTTP"
    else:
        said = "the file names none"
    asked = f"on which port does {service.name} answer HTTP? {said}"
    return Question("route.port", asked, tuple(map(str, choices)))


def _rewrites(
    services: Mapping[str, Service], roles: Mapping[str, RoleOf], route: Route | None
) -> Iterator[str]:
    """What the colours don't get, as both would: the host's ports and names of containers."""
    doubled = [services[n] for n, given in roles.items() if given.role not in (Role.SHARED, Role.IGNORED)]
    closed, names = [], []
    for service in doubled:
        for port in service.published:
            if route and service.name == route.service and port.container == route.port:
                yield f"{service.name}: port {port} isn't published: requests come through nginx"
            else:
                closed.append(f"{service.name} {port}")
        if given_name := service.body.get("container_name"):
            names.append(str(given_name))
    if closed:
        yield f"not published, as both colours would want the port: {', '.join(closed)}"
    if names:
        yield f"not named so, as both colours would be: {', '.join(names)}"
