"""The project of the shared services, in which nothing changes from one release to the next by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bgd.domain.plan import Plan
from bgd.domain.release import Image, Model
from bgd.domain.render import networks as net
from bgd.domain.render.naming import DEFINITION, Place
from bgd.domain.render.project import Project, assembled, common_spec, image_id, reference
from bgd.domain.render.roster import Roster, dependencies
from bgd.domain.render.service import pinned
from bgd.domain.settings import Role

_SECTIONS = ("networks", "volumes", "secrets", "configs", "models")


def render_shared(model: Model, plan: Plan, images: Mapping[str, Image], place: Place) -> Project:
    """The project of the shared services.

    Each bears the hash of its own definition as a label, so that a later release sees whether what runs is
    what it would make.
    """
    roster = Roster(model, plan)
    names = roster.names(Role.SHARED)
    keeps_names = _keeps_container_names(model, plan, place)
    services: dict[str, Any] = {}
    for name in names:
        labels = {**place.labels(role="shared"), **reference(images, name)}
        service = pinned(roster, name, image_id(images, name), labels)
        if not keeps_names:
            service.pop("container_name", None)
        ends = net.endpoints(roster.service(name))
        if ends:
            aliases = roster.aliases(name)
            service["networks"] = {
                key: net.shared_endpoint(cfg, aliases, fixed=net.has_subnet(net.definition(model, key)))
                for key, cfg in ends.items()
            }
        services[name] = service
    keys = net.keys_of(map(roster.service, names))
    specs = [spec for key in keys if (spec := common_spec(model, roster, key, place))]
    section = net.section({key: net.common_name(model, key, place) for key in keys})
    project = assembled(model, place, place.project(None), services, section, tuple(specs), {})
    for service in services.values():
        service["labels"][DEFINITION] = _definition(service, project.document)
    return project


def merged_shared(project: Project, applied: Model | None, kept: Iterable[str]) -> Project:
    """`project` with the services `kept` as they were applied before, also those it doesn't have any more."""
    before = applied or {}
    services = {name: before["services"][name] for name in kept if name in (before.get("services") or {})}
    document = {**project.document, "services": {**project.document["services"], **services}}
    for key in _SECTIONS:
        if part := {**(before.get(key) or {}), **(project.document.get(key) or {})}:
            document[key] = part
    return replace(project, document=document)


def finishing(model: Model) -> frozenset[str]:
    """The services that do their work and exit, as those say which wait for just that."""
    return frozenset(
        needed
        for service in (model.get("services") or {}).values()
        for needed, how in dependencies(service or {}).items()
        if how.get("condition") == "service_completed_successfully"
    )


def _definition(service: Mapping[str, Any], document: Model) -> str:
    """The hash of what a service is made from, the definitions of its secrets and configs included."""
    given = {
        kind: {
            key: (document.get(kind) or {}).get(key)
            for key in sorted(str(i["source"] if isinstance(i, dict) else i) for i in service.get(kind) or [])
        }
        for kind in ("secrets", "configs")
    }
    text = json.dumps([service, given], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _keeps_container_names(model: Model, plan: Plan, place: Place) -> bool:
    """Whether shared services keep their `container_name`, which backup scripts go by.

    They exist once, so they may; but only as long as nothing else can have been made of the same file: not
    under a second instance, nor under a second name.
    """
    return place.prefix == place.app and model.get("name") in (None, plan.app)
