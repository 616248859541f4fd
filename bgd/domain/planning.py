"""The plan for a Compose model: roles, the route, what is rewritten, warned of and asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bgd.domain.plan import Caution, Plan, Question, RoleOf
from bgd.domain.release import Model
from bgd.domain.settings import Role, Route, Settings

_STATEFUL = {
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongo",
    "redis",
    "valkey",
    "memcached",
    "rabbitmq",
    "elasticsearch",
    "minio",
}


def plan(
    model: Model, settings: Settings, name: str, exposed: Mapping[str, Sequence[int]] | None = None
) -> Plan:
    """Plan a resolved model. `exposed` has the ports that a service's image declares, where known."""
    services: Mapping[str, dict[str, Any]] = model["services"]
    roles: dict[str, RoleOf] = {}
    for service, body in services.items():
        base = str(body.get("image", "")).rsplit("/", 1)[-1].split(":")[0].split("@")[0]
        if service in settings.roles:
            roles[service] = RoleOf(settings.roles[service], "x-bgd says so")
        elif base in _STATEFUL or set(base.split("-")) & _STATEFUL:
            roles[service] = RoleOf(Role.SHARED, f"its image is {base}, which keeps data")
        else:
            roles[service] = RoleOf(Role.COLORED, "nothing says that it must be alone")
    wish = settings.route
    colored = [s for s, r in roles.items() if r.role is Role.COLORED]
    published = [s for s in colored if services[s].get("ports")]
    front = wish.service or (
        published[0] if len(published) == 1 else colored[0] if len(colored) == 1 else None
    )
    port = wish.port
    if front and not port:
        ports = (
            {int(p["target"]) for p in services[front].get("ports") or []}
            or {int(p) for p in services[front].get("expose") or [] if str(p).isdigit()}
            or set((exposed or {}).get(front, ()))
        )
        port = ports.pop() if len(ports) == 1 else None
    questions = []
    if not front:
        questions.append(
            Question("route.service", "which service takes the requests?", tuple(published or colored))
        )
    elif not port:
        questions.append(Question("route.port", f"on which port does {front} listen?", ()))
    route = Route(front, port, wish.hosts, wish.path) if front and port else None
    rewrites = tuple(f"{s}: published ports" for s in colored if services[s].get("ports"))
    cautions = (
        [] if settings.smoke else [Caution("thin-smoke", None, "there is no smoke check", "add x-bgd.smoke")]
    )
    return Plan(name, settings, roles, route, rewrites, tuple(cautions), tuple(questions))
