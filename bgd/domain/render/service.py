"""One service of the model, as it goes into a project."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bgd.domain.render.roster import Roster
from bgd.domain.settings import Role
from bgd.errors import InvalidInput

_DROPPED = frozenset(
    {
        "build",  # built before, and told apart by its id
        "depends_on",  # rewritten: the rest is for bgd to wait for
        "develop",
        "links",  # become aliases
        "networks",  # rewritten
        "profiles",  # what is in the model is wanted
        "pull_policy",  # everything is there by then
    }
)
_DROPPED_IN_COLORS = frozenset(
    {
        "container_name",  # can't exist twice; its name stays an alias
        "mac_address",
        "ports",  # the proxy has the public ones
    }
)
_NAMESPACES = ("network_mode", "pid", "ipc", "uts", "cgroup")


def pinned(roster: Roster, name: str, image_id: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The service without what bgd does itself, with its image by id and its labels.

    Raises `InvalidInput` where the service is tied to one that isn't beside it.
    """
    given = roster.service(name)
    _check(roster, name, given)
    dropped = _DROPPED | (frozenset() if roster.role(name) is Role.SHARED else _DROPPED_IN_COLORS)
    kept = {k: copy.deepcopy(v) for k, v in given.items() if k not in dropped and not k.startswith("x-")}
    if isinstance(kept.get("deploy"), dict):
        for key in ("placement", "mode"):  # Swarm's: Compose warns of them at every start
            kept["deploy"].pop(key, None)
        if not kept["deploy"]:
            del kept["deploy"]
    kept["image"] = image_id
    kept["pull_policy"] = "never"
    kept["labels"] = {**mapping(given.get("labels")), **labels}
    if needed := roster.waits_for(name):
        kept["depends_on"] = needed
    return kept


def once(service: dict[str, Any]) -> dict[str, Any]:
    """`service` as a container that runs to its end: one, never restarted, its health nobody's business."""
    for key in ("scale", "healthcheck", "post_start", "depends_on"):
        service.pop(key, None)
    if isinstance(service.get("deploy"), dict):
        service["deploy"].pop("restart_policy", None)
        service["deploy"].pop("replicas", None)
        service["deploy"].pop("mode", None)
        if not service["deploy"]:
            del service["deploy"]
    # An image may have a health check of its own, which would hold up whoever waits for it.
    service["healthcheck"] = {"disable": True}
    service["restart"] = "no"
    return service


def mapping(given: Any) -> dict[str, Any]:
    """Labels or environment as a mapping; Compose allows a list of `name=value` too."""
    if isinstance(given, Mapping):
        return dict(given)
    return {k: (v if eq else None) for k, eq, v in (str(item).partition("=") for item in given or [])}


def _check(roster: Roster, name: str, given: Mapping[str, Any]) -> None:
    if given.get("provider"):
        raise InvalidInput(
            f"{name} is run by a provider, not as a container: bgd can't give it a copy in each colour",
            f"run {name} outside and leave it out: `x-bgd: {{roles: {{{name}: ignored}}}}`",
        )
    if roster.role(name) is Role.COLORED and given.get("network_mode") == "host":
        raise InvalidInput(
            f"{name} uses the host's network: both colours would want the same ports of the host",
            "drop `network_mode: host`: nginx reaches the front over a network of its own. Or, if it takes "
            f"no requests, say that it exists once: `x-bgd: {{roles: {{{name}: shared}}}}` or `live-only`",
        )
    for key in _NAMESPACES:
        kind, _, other = str(given.get(key) or "").partition(":")
        if kind == "service" and not roster.runs_beside(name, other):
            _refuse_tie(roster, name, f"{key}: service:{other}", other)
    for item in given.get("volumes_from") or []:
        other = str(item).split(":", 1)[0]
        if other != "container" and not roster.runs_beside(name, other):
            _refuse_tie(roster, name, f"volumes_from: {other}", other)


def _refuse_tie(roster: Roster, name: str, tie: str, other: str) -> None:
    raise InvalidInput(
        f"{name} ({roster.role(name)}) has `{tie}`, but {other} ({roster.role(other)}) isn't there "
        "whenever it runs",
        f"give both one role in `x-bgd.roles`, or drop `{tie}`",
    )
