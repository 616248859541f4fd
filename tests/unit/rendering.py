"""Models in few words, and their projects."""

from __future__ import annotations

from typing import Any

from bgd.domain.color import Color
from bgd.domain.plan import Plan, RoleOf
from bgd.domain.release import Image, Model
from bgd.domain.render import Place, Project, render_color, render_shared
from bgd.domain.settings import Role, Route, Settings

EDGE = "zz-bgd-edge"
SHOP = Place("bgd", "shop")


def model(**services: dict[str, Any]) -> Model:
    """A model of these services, on the default network as Compose prints it."""
    return {
        "name": "shop",
        "services": {
            name: {"image": f"{name}:1", "networks": {"default": None}, **given}
            if "network_mode" not in given
            else {"image": f"{name}:1", **given}
            for name, given in services.items()
        },
        "networks": {"default": {"name": "shop_default"}},
    }


def plan_of(given: Model, front: str = "web", **roles: str) -> Plan:
    """Everything is coloured but for what `roles` says."""
    of = {name: RoleOf(Role(roles.get(name, "colored")), "") for name in given["services"]}
    route = Route(front, 80) if front in of else None
    return Plan("shop", Settings(), of, route, (), (), ())


def images_of(given: Model) -> dict[str, Image]:
    return {name: Image(f"{name}:1", f"sha256:{name}") for name in given["services"]}


def color(
    given: Model, which: Color = Color.BLUE, release: str = "r1", place: Place = SHOP, **roles: Any
) -> Project:
    return render_color(given, plan_of(given, **roles), images_of(given), place, which, release, EDGE)


def shared(given: Model, place: Place = SHOP, **roles: Any) -> Project:
    return render_shared(given, plan_of(given, **roles), images_of(given), place)
