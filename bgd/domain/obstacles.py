"""What makes a blue-green deployment of a file impossible, as opposed to unwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgd.domain.plan import Plan
from bgd.domain.render.roster import Roster
from bgd.domain.render.service import pinned
from bgd.domain.service import services_of
from bgd.domain.settings import Role
from bgd.domain.tasks import task_order
from bgd.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the way: where in the file, what, and how it could go."""

    loc: tuple[str | int, ...]
    message: str
    hint: str


def obstacles_of(model: Mapping[str, Any], plan: Plan) -> Iterator[Obstacle]:
    """All of them, those of the front first: rendering would stop at the others, only later."""
    yield from _of_front(model, plan)
    try:
        task_order(dict(model), plan.services(Role.TASK))
        roster = Roster(dict(model), plan)
    except InvalidInput as error:
        yield Obstacle(("services",), error.message, error.hint)
        return
    for name, given in plan.roles.items():
        if given.role is Role.IGNORED:
            continue
        try:
            pinned(roster, name, "", {})
        except InvalidInput as error:
            yield Obstacle(_loc(model, name), error.message, error.hint)


def _of_front(model: Mapping[str, Any], plan: Plan) -> Iterator[Obstacle]:
    front = plan.route.service if plan.route else plan.settings.route.service
    if front is None or front not in plan.roles:
        return
    service = services_of(model)[front]
    role = plan.roles[front].role
    if role is not Role.COLORED:
        yield Obstacle(
            ("x-bgd", "roles", front) if front in plan.settings.roles else ("services", front),
            f"{front} takes the requests and is {role}: only a colored service can be switched",
            f"set x-bgd.roles.{front} to colored, or x-bgd.route.service to another service",
        )
    if service.body.get("network_mode") == "none":
        yield Obstacle(
            ("services", front, "network_mode"),
            f"{front} takes the requests and has no network",
            "remove network_mode: nginx reaches it over a network of its own",
        )
    if service.body.get("network_mode") == "host":
        yield Obstacle(
            ("services", front, "network_mode"),
            f"{front} takes the requests and uses the host's network: both colours would want the same ports",
            "remove network_mode: nginx reaches it over a network of its own, and its ports needn't be "
            "published",
        )
    if service.replicas == 0:
        yield Obstacle(
            ("services", front),
            f"{front} takes the requests and has no replicas",
            "set its replicas to 1 or more",
        )


def _loc(model: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Where the tie that can't hold is stated, as near as that can be told."""
    body = (model.get("services") or {}).get(name) or {}
    for key in ("network_mode", "pid", "ipc", "uts", "cgroup", "volumes_from", "provider"):
        if body.get(key):
            return ("services", name, key)
    return ("services", name)
