"""The project of one colour, and the one that builds the images."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bgd.domain.color import Color
from bgd.domain.plan import Plan
from bgd.domain.release import Image, Model
from bgd.domain.render import networks as net
from bgd.domain.render.naming import REFERENCE, RELEASE, Place
from bgd.domain.render.networks import Joint, NetworkSpec
from bgd.domain.render.roster import IN_COLORS, Roster
from bgd.domain.render.service import once, pinned
from bgd.domain.render.volumes import VolumeSpec, volumes_of
from bgd.domain.settings import Role
from bgd.errors import Failed, InvalidInput

VALUE = "x-bgd-value"
"""On a secret or config with `environment: NAME`: what NAME was when the file was read."""


@dataclass(frozen=True, slots=True)
class Project:
    """One Compose project: the file, what must exist before, and what it must be given.

    `joints` has, by service, the networks that bgd connects its containers to between their creation and
    their start. `env` goes to the Compose process: values of secrets that the file names by variable.
    """

    name: str
    document: Model
    networks: tuple[NetworkSpec, ...] = ()
    volumes: tuple[VolumeSpec, ...] = ()
    joints: Mapping[str, tuple[Joint, ...]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def services(self) -> dict[str, Any]:
        """The services of the file, by name."""
        return dict(self.document["services"])


def render_color(
    model: Model,
    plan: Plan,
    images: Mapping[str, Image],
    place: Place,
    color: Color,
    release: str,
    edge: str,
) -> Project:
    """The project of one colour: its coloured, live-only and task services.

    `edge` is the network of the proxy, which the front joins. Raises `InvalidInput` for what can't exist
    once per colour, and `Failed` for a service without an image.
    """
    roster = Roster(model, plan)
    names = roster.names(*IN_COLORS)
    front = _front(roster, plan)
    services: dict[str, Any] = {}
    joints: dict[str, tuple[Joint, ...]] = {}
    for name in names:
        role = roster.role(name)
        labels = {**place.labels(color, str(role)), RELEASE: release, **reference(images, name)}
        service = pinned(roster, name, image_id(images, name), labels)
        if role is Role.TASK:
            service = once(service)
        ends = net.endpoints(roster.service(name))
        if ends:
            aliases = roster.aliases(name)
            service["networks"] = {key: net.own_endpoint(cfg, aliases) for key, cfg in ends.items()}
            joints[name] = _joints(model, roster, place, ends)
        if front is not None and name == roster.network_owner(front):
            alias = place.edge_alias(color, front)
            joints[name] = (*joints.get(name, ()), Joint(edge, (alias,)))
        services[name] = service
    keys = net.keys_of(map(roster.service, names))
    own = [net.own_network(model, key, place, color, roster.count(*IN_COLORS)) for key in keys]
    common = [
        spec
        for key in keys
        if _is_joined(model, roster, key) and (spec := common_spec(model, roster, key, place))
    ]
    section = net.section({key: place.network(color, key) for key in keys})
    return assembled(model, place, place.project(color), services, section, (*own, *common), joints)


def render_build(model: Model, plan: Plan, place: Place, release: str) -> Project:
    """The project that builds: every service with a `build`, its image named.

    Without a name of the file's the image is named after the release (`bgd/shop/web:r7`), so that the next
    build doesn't leave this one without a name.
    """
    roster = Roster(model, plan)
    services = {}
    for name in roster.names(*Role):
        given = roster.service(name)
        if not given.get("build"):
            continue
        service: dict[str, Any] = {"image": given.get("image") or place.image(name, release)}
        if given.get("platform"):
            service["platform"] = given["platform"]
        service["build"] = copy.deepcopy(given["build"])
        services[name] = service
    return assembled(model, place, f"{place.prefix}-build", services, {}, (), {})


def assembled(
    model: Model,
    place: Place,
    name: str,
    services: Mapping[str, Any],
    section: Mapping[str, Any],
    networks: tuple[NetworkSpec, ...],
    joints: Mapping[str, tuple[Joint, ...]],
) -> Project:
    volumes, specs = volumes_of(model, services.values(), place)
    document: Model = {"name": name, "services": dict(services)}
    env: dict[str, str] = {}
    for key, part in (("networks", section), ("volumes", volumes)):
        if part:
            document[key] = dict(part)
    for key in ("secrets", "configs"):
        if part := _given(model, key, services.values(), env):
            document[key] = part
    if models := {key for service in services.values() for key in service.get("models") or []}:
        document["models"] = {k: v for k, v in (model.get("models") or {}).items() if k in models}
    return Project(name, document, networks, specs, joints, env)


def _given(
    model: Model, key: str, services: Iterable[Mapping[str, Any]], env: dict[str, str]
) -> dict[str, Any]:
    """The `secrets:` or `configs:` that these services use; values for `environment: NAME` go to `env`."""
    used = {
        item["source"] if isinstance(item, dict) else item
        for service in services
        for item in [*(service.get(key) or []), *((service.get("build") or {}).get(key) or [])]
    }
    section = {}
    for name, given in (model.get(key) or {}).items():
        if name not in used:
            continue
        section[name] = {k: v for k, v in given.items() if not k.startswith("x-")}
        if given.get("environment") and given.get(VALUE) is not None:
            env[str(given["environment"])] = str(given[VALUE])
    return section


def _front(roster: Roster, plan: Plan) -> str | None:
    """The front service, when it can be reached by name. Raises `InvalidInput` when it can't."""
    if plan.route is None:
        return None
    front = plan.route.service
    mode = roster.service(roster.network_owner(front)).get("network_mode")
    if mode:
        raise InvalidInput(
            f"{front} is the front and has `network_mode: {mode}`: the proxy can't reach it by name",
            f"drop `network_mode` from {roster.network_owner(front)}; its ports needn't be published",
        )
    return front


def _joints(model: Model, roster: Roster, place: Place, ends: Mapping[str, Any]) -> tuple[Joint, ...]:
    return tuple(
        Joint(net.common_name(model, key, place)) for key in sorted(ends) if _is_joined(model, roster, key)
    )


def _is_joined(model: Model, roster: Roster, key: str) -> bool:
    """Whether a colour's services must also be on the network's common copy."""
    if net.is_once(net.definition(model, key)):
        return True
    return key in net.keys_of(map(roster.service, roster.names(Role.SHARED)))


def common_spec(model: Model, roster: Roster, key: str, place: Place) -> NetworkSpec | None:
    hosts = 2 * roster.count(*IN_COLORS) + roster.count(Role.SHARED)
    return net.common_network(model, key, place, hosts)


def reference(images: Mapping[str, Image], name: str) -> dict[str, str]:
    return {REFERENCE: images[name].reference} if name in images else {}


def image_id(images: Mapping[str, Image], name: str) -> str:
    if name not in images:
        raise Failed(
            f"no image of {name} is recorded in this release", "deploy again: it prepares the images"
        )
    return images[name].id
