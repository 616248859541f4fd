"""The IPv4 networks that a new one must not overlap: the engine's, and those that the host has routes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

ROUTES = Path("/proc/net/route")


def subnets_of(networks: Iterable[Mapping[str, Any]]) -> list[IPv4Network]:
    """The subnets of networks as the engine lists them."""
    return [
        IPv4Network(pool["Subnet"], strict=False)
        for network in networks
        for pool in (network.get("IPAM") or {}).get("Config") or []
        if pool.get("Subnet") and ":" not in pool["Subnet"]
    ]


def routed(routes: Path = ROUTES) -> list[IPv4Network]:
    """What the host has routes to, say a VPN's: the engine takes no notice of these. Blocks for a moment.

    None where they can't be read.
    """
    try:
        lines = routes.read_text().splitlines()[1:]
    except OSError:
        return []
    found = []
    for fields in map(str.split, lines):
        address, mask = (int.from_bytes(bytes.fromhex(fields[i]), "little") for i in (1, 7))
        found.append(IPv4Network((address, mask.bit_count()), strict=False))
    return found
