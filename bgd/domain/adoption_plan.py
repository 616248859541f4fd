"""What an adoption would do, told before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bgd.domain.adoption import KeptVolume, PlainPort, PlainProject
from bgd.domain.plan import Plan
from bgd.domain.release import Model
from bgd.domain.settings import Role

STOPPING_S, STARTING_S = 1.0, 2.0
"""What stopping takes where a program heeds its signal, and what Compose takes to start a project."""
TLS_PORT = 443


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """The plan in lines for people, by topic; `obstacles` are what keeps it from being done at all."""

    project: str
    moves: tuple[tuple[str, str, str], ...]  # service, its plain container, what becomes of it
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    gap_s: float
    at_most_s: float
    warnings: tuple[str, ...]
    obstacles: tuple[str, ...]


_BECOMES = {
    Role.COLORED: "{app}-blue, later {app}-green",
    Role.LIVE_ONLY: "whichever colour is live",
    Role.SHARED: "{app}-shared, on the same volumes",
    Role.TASK: "runs once in each deployment",
    Role.IGNORED: "replaced by bgd's nginx",
}


def plan_adoption(
    project: PlainProject,
    orphans: Sequence[str],
    model: Model,
    plan: Plan,
    kept: Sequence[KeptVolume],
    doors: Sequence[int],
    entrance_is_closed: bool,
) -> AdoptionPlan:
    """The plan for taking `project` over; `orphans` are its services that the file doesn't have.

    `doors` are the proxy's ports, the public one first; `entrance_is_closed` while something has them.
    """
    roles = {name: given.role for name, given in plan.roles.items()}
    moves = tuple(
        (c.service, c.name, _BECOMES[roles[c.service]].format(app=plan.app))
        for c in sorted(project.running, key=lambda c: (list(roles).index(c.service), c.name))
        if c.service in roles
    )
    ports = tuple(_ports(project, plan, roles, doors[0]))
    gap_s, at_most_s = _gap(project, plan, roles)
    return AdoptionPlan(
        project.name,
        moves,
        ports,
        tuple(_volumes(kept)),
        gap_s,
        at_most_s,
        tuple(_warnings(project, orphans, roles, kept, entrance_is_closed)),
        tuple(_obstacles(project, model, doors if entrance_is_closed else ())),
    )


def _ports(project: PlainProject, plan: Plan, roles: Mapping[str, Role], http_port: int) -> Iterator[str]:
    front = plan.route.service if plan.route else None
    told: set[tuple[int, str]] = set()
    for container in project.running:
        for port in container.ports:
            if (port.port, container.service) in told:  # once for IPv4 and IPv6
                continue
            told.add((port.port, container.service))
            yield _port(container.service, port, roles.get(container.service), front, http_port)


def _port(service: str, port: PlainPort, role: Role | None, front: str | None, http_port: int) -> str:
    at = f"{port.address}:{port.port}"
    if role is Role.SHARED:
        return f"{at} stays with {service}"
    if port.port == http_port:
        return f"{at} passes from {service} to bgd's nginx"
    if service == front or role is Role.IGNORED:
        return f"{at} of {service} ends: bgd's nginx answers on port {http_port} (--http sets it)"
    return f"{at} of {service} ends: nothing publishes it any more, two colours can't both"


def _volumes(kept: Sequence[KeptVolume]) -> Iterator[str]:
    for volume in kept:
        if volume.key is not None:
            yield f"{volume.name} is kept, as it is"
        else:
            yield f"{volume.name[:12]}… is kept for {volume.service} at {volume.target}, nameless as it is"


def _gap(project: PlainProject, plan: Plan, roles: Mapping[str, Role]) -> tuple[float, float]:
    """Seconds without service: as it mostly is, and where every program sleeps through its signal."""

    def slowest(role: Role) -> float:
        checks = [c.check_every_s or 1.0 for c in project.running if roles.get(c.service) is role]
        return max(checks, default=0.0) + (STARTING_S if checks else 0.0)

    gap_s = STOPPING_S + slowest(Role.SHARED) + slowest(Role.COLORED)
    deaf_s = max((c.stops_within_s for c in project.running), default=0.0)
    return gap_s, gap_s + deaf_s + plan.settings.health.within_s


def _warnings(
    project: PlainProject,
    orphans: Sequence[str],
    roles: Mapping[str, Role],
    kept: Sequence[KeptVolume],
    entrance_is_closed: bool,
) -> Iterator[str]:
    if orphans:
        yield f"{', '.join(sorted(orphans))}: not in the file, left running"
    for container in project.running:
        for port in container.ports:
            if port.port == TLS_PORT and roles.get(container.service) is not Role.SHARED:
                yield f"{container.service} answers HTTPS on {TLS_PORT}: bgd's nginx speaks HTTP only"
                break
        for mount in container.mounts:
            if mount.is_anonymous and roles.get(container.service) is Role.COLORED:
                yield (
                    f"{container.service} has a volume without a name at {mount.target}: a colour begins with"
                    f" an empty one there; what is in {mount.volume[:12]}… stays, unused"
                )
    for volume in kept:
        if volume.key is None:
            yield (
                f"{volume.service} keeps its data at {volume.target} in a volume without a name:"
                " on the way back plain Compose won't find it by itself"
            )
    if entrance_is_closed:
        yield "bgd's nginx waits for its port until then"


def _obstacles(project: PlainProject, model: Model, taken: Sequence[int]) -> Iterator[str]:
    published = {port.port for container in project.running for port in container.ports}
    if taken and not published.intersection(taken):
        yield "bgd's nginx can't start: what has its port isn't this app; `bgctl status` says more"
    for container in project.containers:
        if container.is_one_off and container.is_up:
            yield f"`docker compose run` of {container.service} isn't over ({container.name}): wait for it"
    used = {key for body in model["services"].values() for key in _networks(body or {})}
    for key, given in (model.get("networks") or {}).items():
        if key in used and _has_fixed_subnet(given or {}):
            yield (
                f"the network {key} has a fixed subnet, which can't exist twice: run `docker compose -p"
                f" {project.name} down` yourself (volumes stay), then `bgctl add` and `bgctl deploy`"
            )


def _networks(body: Mapping[str, Any]) -> Sequence[str]:
    return list(body.get("networks") or {})


def _has_fixed_subnet(given: Mapping[str, Any]) -> bool:
    pools = (given.get("ipam") or {}).get("config") or []
    return not given.get("external") and any(pool.get("subnet") for pool in pools)


def plan_json(plan: AdoptionPlan) -> dict[str, Any]:
    """The plan for scripts and for whoever shows it."""
    return {
        "project": plan.project,
        "moves": [{"service": s, "container": c, "becomes": b} for s, c, b in plan.moves],
        "ports": list(plan.ports),
        "volumes": list(plan.volumes),
        "gap_s": plan.gap_s,
        "at_most_s": plan.at_most_s,
        "warnings": list(plan.warnings),
    }


def plan_text(plan: AdoptionPlan, app: str, file: str) -> str:
    """The plan as lines below an error's message."""
    widths = [max((len(move[i]) for move in plan.moves), default=0) for i in (0, 1)]
    lines = [f"{s:<{widths[0]}}  {c:<{widths[1]}}  → {b}" for s, c, b in plan.moves]
    lines += [f"port      {line}" for line in plan.ports]
    lines += [f"volume    {line}" for line in plan.volumes]
    lines += [f"gap       {gap_text(plan, app)}"]
    lines += [f"warning   {line}" for line in plan.warnings]
    lines += [
        f"way back  `bgctl remove {app} --yes`, then `docker compose -f {file} up -d`: the volumes stay"
    ]
    return "\n".join(lines)


def gap_text(plan: AdoptionPlan, app: str) -> str:
    """How long nothing serves, and what happens where it doesn't end well."""
    return (
        f"about {plan.gap_s:.0f} s, at most {plan.at_most_s:.0f} s, until {app} is healthy in blue;"
        " if that fails, they start again"
    )
