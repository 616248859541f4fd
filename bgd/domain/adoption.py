"""Taking over an app that runs under plain Compose already: what there is, and what of it has to be kept.

An adoption keeps the data and the plain containers: the volumes are used as they are, by their real names,
and the containers are stopped and put aside until the first deployment is live. So going back is starting
them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bgd.domain.plan import Plan
from bgd.domain.release import Model
from bgd.domain.settings import Role

PUT_ASIDE = "before-bgd"
"""What follows the name of a plain container while its own name is needed by a shared service."""

UP = frozenset({"running", "restarting", "paused"})


@dataclass(frozen=True, slots=True)
class PlainMount:
    """A volume in a plain container. `is_anonymous`: the engine made its name up."""

    volume: str
    target: str
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class PlainPort:
    """A port of the host that a plain container has: `address` is the host's, perhaps `0.0.0.0`."""

    address: str
    port: int
    protocol: str
    target: int


@dataclass(frozen=True, slots=True)
class PlainContainer:
    """A container that plain Compose made. `restart` is its policy and how often it may be tried."""

    id: str
    name: str
    service: str
    project: str
    status: str
    is_one_off: bool = False
    restart: tuple[str, int] = ("no", 0)
    check_every_s: float | None = None
    """How often its health is checked; `None` without a check."""
    stops_within_s: float = 10.0
    mounts: tuple[PlainMount, ...] = ()
    ports: tuple[PlainPort, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def is_up(self) -> bool:
        """Whether it runs, or is about to."""
        return self.status in UP


@dataclass(frozen=True, slots=True)
class PlainProject:
    """A Compose project on the engine that isn't bgd's; its volumes by their keys in the file."""

    name: str
    containers: tuple[PlainContainer, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()

    @property
    def running(self) -> tuple[PlainContainer, ...]:
        """The containers that are up, but for one-off ones."""
        return tuple(c for c in self.containers if c.is_up and not c.is_one_off)

    @property
    def is_running(self) -> bool:
        """Whether any of it is up."""
        return bool(self.running)


@dataclass(frozen=True, slots=True)
class KeptVolume:
    """A volume of the plain project that the app uses by its real name.

    `key` is that of the file; an anonymous volume has none, and is kept for one place of one service.
    """

    name: str
    key: str | None = None
    service: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Adoption:
    """An adoption that isn't over: what was there, for putting it back.

    `stopped_at` is set just before the first plain container is stopped: until then nothing was touched.
    `takes_entrance` says that the proxy couldn't have its address before.
    """

    project: PlainProject
    takes_entrance: bool
    renamed: tuple[str, ...] = ()
    stopped_at: datetime | None = None

    @property
    def taken_over(self) -> tuple[PlainContainer, ...]:
        """The containers that the app's own replace."""
        return self.project.containers


def of_file(project: PlainProject, model: Model) -> PlainProject:
    """The project without containers of services that the file doesn't have: they aren't bgd's to touch."""
    services = model.get("services") or {}
    return replace(project, containers=tuple(c for c in project.containers if c.service in services))


def kept_volumes(project: PlainProject, model: Model, plan: Plan) -> tuple[KeptVolume, ...]:
    """The project's volumes that the file's services go on with.

    What the containers have mounted tells best: it is right whatever the project was called. Of anonymous
    volumes only those of shared services: a colour's begin empty, as after any `up` with a new image.
    """
    declared = model.get("volumes") or {}
    found: dict[str, str] = {
        key: name
        for key, name in project.volumes
        if key in declared and not (declared[key] or {}).get("external")
    }
    anonymous: dict[tuple[str, str], str] = {}
    for container in sorted(project.containers, key=lambda c: c.is_up):
        if container.is_one_off:
            continue
        keys = _keys_by_target(model, container.service)
        role = plan.roles[container.service].role if container.service in plan.roles else None
        for mount in container.mounts:
            if (key := keys.get(mount.target)) is not None:
                found[key] = mount.volume
            elif mount.is_anonymous and role is Role.SHARED:
                anonymous[container.service, mount.target] = mount.volume
    kept = [KeptVolume(name, key) for key, name in sorted(found.items())]
    return (*kept, *(KeptVolume(name, None, s, t) for (s, t), name in sorted(anonymous.items())))


def with_kept(model: Model, kept: Sequence[KeptVolume]) -> Model:
    """The model with these volumes as external ones, by their real names. The given one stays as it is."""
    if not kept:
        return model
    volumes: dict[str, Any] = dict(model.get("volumes") or {})
    services: dict[str, Any] = dict(model["services"])
    for volume in kept:
        if volume.key in volumes:
            volumes[volume.key] = {"name": volume.name, "external": True}
        elif volume.key is None and volume.service in services:
            body = services[volume.service]
            others = [
                mount for mount in body.get("volumes") or [] if not _is_nameless_at(mount, volume.target)
            ]
            if all(mount.get("target") != volume.target for mount in others):
                volumes[volume.name] = {"name": volume.name, "external": True}
                mount = {"type": "volume", "source": volume.name, "target": volume.target, "volume": {}}
                services[volume.service] = {**body, "volumes": [*others, mount]}
    return {**model, "volumes": volumes, "services": services}


def names_in_the_way(project: PlainProject, model: Model) -> tuple[str, ...]:
    """The ids of plain containers whose names the app's own containers need: those of `container_name`."""
    wanted = {body.get("container_name") for body in (model.get("services") or {}).values() if body}
    return tuple(c.id for c in project.containers if c.name in wanted)


def name_aside(container: PlainContainer) -> str:
    """What a plain container is called while its name is needed."""
    return f"{container.name}.{PUT_ASIDE}"


def rivals_of(
    users: Iterable[PlainContainer], plan: Plan, own: Iterable[str] = ()
) -> tuple[PlainContainer, ...]:
    """Of the containers that use a shared service's volume, those that do the same work as that service.

    Two databases on one volume destroy it; a backup container of some other project may well read it. `own`
    are ids that don't count.
    """
    shared, known = set(plan.services(Role.SHARED)), set(own)
    return tuple(c for c in users if c.is_up and c.service in shared and c.id not in known)


def _keys_by_target(model: Model, service: str) -> Mapping[str, str]:
    body = (model.get("services") or {}).get(service) or {}
    return {
        str(mount.get("target")): str(mount["source"])
        for mount in body.get("volumes") or []
        if isinstance(mount, dict) and mount.get("type") == "volume" and mount.get("source")
    }


def _is_nameless_at(mount: Mapping[str, Any], target: str) -> bool:
    """Whether the file itself asks for a volume without a name there."""
    return mount.get("type") == "volume" and not mount.get("source") and mount.get("target") == target
