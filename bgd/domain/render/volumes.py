"""Volumes: one copy for the whole app, created before any project uses it, removed by none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bgd.domain.release import Model
from bgd.domain.render.naming import Place


@dataclass(frozen=True, slots=True)
class VolumeSpec:
    """A volume that must exist. One that exists is taken as it is, whoever made it."""

    name: str
    driver: str | None = None
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def volumes_of(
    model: Model, services: Iterable[Mapping[str, Any]], place: Place
) -> tuple[dict[str, Any], tuple[VolumeSpec, ...]]:
    """The project's `volumes:` section for these services, and the volumes to create before.

    A volume named or made outside by the file keeps that name; any other one gets the name that plain
    Compose gives it, so that an app that ran under plain Compose keeps its data.
    """
    declared = model.get("volumes") or {}
    section: dict[str, Any] = {}
    specs = []
    for key in sorted(_used(services)):
        given = declared.get(key) or {}
        name = _name(model, key, given, place)
        section[key] = {"name": name, "external": True}
        if not given.get("external"):
            labels = {**(given.get("labels") or {}), **place.labels(role="shared")}
            options = {k: str(v) for k, v in (given.get("driver_opts") or {}).items()}
            specs.append(VolumeSpec(name, given.get("driver"), options, labels))
    return section, tuple(specs)


def _used(services: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        mount["source"]
        for service in services
        for mount in service.get("volumes") or []
        if isinstance(mount, dict) and mount.get("type") == "volume" and mount.get("source")
    }


def _name(model: Model, key: str, given: Mapping[str, Any], place: Place) -> str:
    implicit = f"{model.get('name') or place.app}_{key}"
    name = str(given.get("name") or implicit)
    return name if given.get("external") or name != implicit else place.volume(name)
