"""What makes a blue-green deployment of a file impossible, as opposed to unwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bgd.domain.plan import Plan
from bgd.domain.service import services_of
from bgd.domain.settings import Role


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the way: where in the file, what, and how it could go."""

    loc: tuple[str | int, ...]
    message: str
    hint: str


def obstacles_of(model: Mapping[str, Any], plan: Plan) -> Iterator[Obstacle]:
    """All of them; none without a front, which is asked for first."""
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
    mode = str(service.body.get("network_mode") or "")
    if mode in ("host", "none"):
        yield Obstacle(
            ("services", front, "network_mode"),
            f"{front} takes the requests and uses network_mode {mode}: two colours can't listen on one port"
            if mode == "host"
            else f"{front} takes the requests and has no network",
            "remove network_mode: nginx reaches it over a network of its own",
        )
    if service.replicas == 0:
        yield Obstacle(
            ("services", front),
            f"{front} takes the requests and has no replicas",
            "set its replicas to 1 or more",
        )
