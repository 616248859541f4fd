"""Small private subnets for the networks that bgd makes.

Docker's default address pools end after about thirty networks, and two colours of a dozen apps have
more than that; so every network of bgd's gets a small subnet of its own that is told explicitly.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from bgd.errors import Failed

POOLS = tuple(
    map(
        IPv4Network,
        (
            # A corner of 10/8 that swarm (from 10.0 up), k3s (10.42), Kubernetes (10.96, 10.244) and
            # most sites leave alone, then the rest of it.
            "10.200.0.0/13",
            "10.0.0.0/8",
            # Last, because Docker cuts its own pools from them: one small subnet here costs the engine
            # a whole /20 or /16 that `docker network create` would have handed out.
            "192.168.0.0/16",
            "172.16.0.0/12",
        ),
    )
)
"""RFC 1918, in the order in which they are tried."""

WIDEST_TAKEN = 8
"""Prefix length in bits. What is wider than any pool is a default route (also VPNs' 0/1 and 128/1)."""


def free_subnet(taken: Iterable[IPv4Network], prefix: int) -> IPv4Network:
    """The first private network of `prefix` bits (9 to 30) that overlaps none of `taken`.

    `taken` are the subnets of the engine's networks and the host's routes; default routes in it take
    nothing. The answer depends on the arguments alone, so whoever asks twice without creating gets the
    same one twice, and a network that somebody else made meanwhile is for the engine to refuse.

    Raises `Failed` when nothing of that size is left.
    """
    if not 9 <= prefix <= 30:
        raise ValueError(f"a subnet of /{prefix}: 9 to 30 bits are possible")
    in_the_way = [network for network in taken if network.prefixlen >= WIDEST_TAKEN]
    for pool in POOLS:
        if found := _first_free(pool, in_the_way, prefix):
            return found
    raise Failed(
        f"no private IPv4 network of /{prefix} is free on this host",
        "`docker network ls` shows them all: remove those that nothing needs",
    )


def _first_free(pool: IPv4Network, taken: list[IPv4Network], prefix: int) -> IPv4Network | None:
    if prefix < pool.prefixlen:
        return None
    size = 1 << (32 - prefix)
    start, end = int(pool.network_address), int(pool.broadcast_address)
    while start + size - 1 <= end:
        candidate = IPv4Network((start, prefix))
        blocking = next((network for network in taken if network.overlaps(candidate)), None)
        if blocking is None:
            return candidate
        # Past the whole obstacle at once: a /9 route would otherwise be walked in 32,768 steps of /24.
        start = max(start + size, -(-(int(blocking.broadcast_address) + 1) // size) * size)
    return None
