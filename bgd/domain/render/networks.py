"""Networks: a colour's own, the shared ones, and where a colour's containers join those of others.

Compose gives every container its service's name as an alias on every network that it puts it on. On a network
that both colours are on, blue's `backend` would then answer to green's containers too: always where that
network's name sorts first, and otherwise whenever green's own copy isn't up yet. So in the projects a
colour's services are on networks of the colour alone, where every name of the file is an alias, and bgd
itself connects the containers, between their creation and their start, to what they have in common with
others: the *joints*, with no alias but one that is unique on the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bgd.domain.color import Color
from bgd.domain.release import Model
from bgd.domain.render.naming import Place

_ENDPOINT_KEPT = ("priority", "gw_priority", "driver_opts", "interface_name")
_ADDRESSES = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")
_BRIDGE_NAME = "com.docker.network.bridge.name"


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network that must exist. Without `ipam` it gets a small free subnet for `hosts` containers."""

    name: str
    labels: Mapping[str, str]
    hosts: int
    driver: str = "bridge"
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    enable_ipv6: bool = False
    ipam: Mapping[str, Any] | None = None  # as the Compose file has it


@dataclass(frozen=True, slots=True)
class Joint:
    """A network that a container is connected to before it starts, and its aliases there."""

    network: str
    aliases: tuple[str, ...] = ()


def endpoints(service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The service's networks by key; none where it has a `network_mode`."""
    if service.get("network_mode"):
        return {}
    given = service.get("networks")
    if given is None:
        return {"default": {}}
    if isinstance(given, list):
        return {key: {} for key in given}
    return {key: dict(cfg or {}) for key, cfg in given.items()}


def keys_of(services: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of all networks that these services are on, sorted."""
    return sorted({key for service in services for key in endpoints(service)})


def is_once(given: Mapping[str, Any]) -> bool:
    """Whether the network can't have a copy in each colour.

    One that the file doesn't make exists once anyway; macvlan, ipvlan and the like hand out addresses of a
    network outside.
    """
    return bool(given.get("external")) or given.get("driver") not in (None, "", "bridge", "default")


def common_name(model: Model, key: str, place: Place) -> str:
    """The name of the one copy of a network that is beside the colours."""
    given = definition(model, key)
    if given.get("external"):
        return str(given.get("name") or key)
    return place.network(None, key)


def definition(model: Model, key: str) -> dict[str, Any]:
    """What the file says about a network; `default` needn't be said."""
    return dict((model.get("networks") or {}).get(key) or {})


def own_endpoint(cfg: Mapping[str, Any], aliases: Iterable[str]) -> dict[str, Any]:
    """A service's place on a network of its colour: the file's aliases, and no fixed addresses."""
    kept: dict[str, Any] = {k: cfg[k] for k in _ENDPOINT_KEPT if k in cfg}
    names = list(dict.fromkeys([*(cfg.get("aliases") or []), *aliases]))
    return {**kept, "aliases": names} if names else kept


def shared_endpoint(cfg: Mapping[str, Any], aliases: Iterable[str], fixed: bool) -> dict[str, Any]:
    """A shared service's place on a network: its addresses too, where the network has the file's subnet."""
    kept = {k: cfg[k] for k in _ADDRESSES if k in cfg} if fixed else {}
    return {**own_endpoint(cfg, aliases), **kept}


def own_network(model: Model, key: str, place: Place, color: Color, hosts: int) -> NetworkSpec:
    """The copy of a network that one colour has to itself.

    A fixed subnet can't exist twice, nor can the name of a bridge: both are dropped. So is IPv6, which
    engines before 27 give only with a fixed subnet.
    """
    given = definition(model, key)
    plain = not is_once(given)
    options = given.get("driver_opts") if plain else None
    return NetworkSpec(
        name=place.network(color, key),
        labels={**(given.get("labels") or {}), **place.labels(color)},
        hosts=hosts,
        driver_opts={k: str(v) for k, v in (options or {}).items() if k != _BRIDGE_NAME},
        internal=plain and bool(given.get("internal")),
        attachable=bool(given.get("attachable")),
    )


def common_network(model: Model, key: str, place: Place, hosts: int) -> NetworkSpec | None:
    """The copy of a network beside the colours, as the file describes it; `None` for one from outside."""
    given = definition(model, key)
    if given.get("external"):
        return None
    return NetworkSpec(
        name=place.network(None, key),
        labels={**(given.get("labels") or {}), **place.labels(role="shared")},
        hosts=hosts,
        driver=str(given.get("driver") or "bridge"),
        driver_opts={k: str(v) for k, v in (given.get("driver_opts") or {}).items()},
        internal=bool(given.get("internal")),
        attachable=bool(given.get("attachable")),
        enable_ipv6=bool(given.get("enable_ipv6")),
        ipam=given.get("ipam") if has_subnet(given) else None,
    )


def has_subnet(given: Mapping[str, Any]) -> bool:
    """Whether the file says which addresses the network has."""
    ipam = given.get("ipam") or {}
    return bool(ipam.get("config")) or ipam.get("driver") not in (None, "default")


def section(names: Mapping[str, str]) -> dict[str, Any]:
    """The project's `networks:` section: `{key: name}` of networks that exist by then."""
    return {key: {"name": name, "external": True} for key, name in names.items()}
