"""A machine that is too small for two colours at once."""

from __future__ import annotations

from collections.abc import Iterator

from bgd.domain.findings import Findings, listed
from bgd.domain.host import show_bytes
from bgd.domain.overlap import overlap_of
from bgd.domain.plan import Caution
from bgd.domain.service import Service
from bgd.domain.settings import Role


def memory(found: Findings) -> Iterator[Caution]:
    """Said only where one copy fits and two don't: limits that one copy exceeds are the author's intent."""
    machine = found.host.memory_bytes
    shared = found.of(Role.SHARED)
    if machine is None or not overlap_of(found.settings.overlap, found.front, shared).is_allowed:
        return
    doubled = [s for s in found.of(Role.COLORED) if s.memory_bytes]
    twice = sum(map(_all_replicas, doubled))
    once = sum(map(_all_replicas, found.of(Role.SHARED, Role.LIVE_ONLY)))
    if doubled and once + twice <= machine < once + 2 * twice:
        largest = sorted(doubled, key=lambda s: -_all_replicas(s))
        names = listed([f"{s.name} ({show_bytes(_all_replicas(s))})" for s in largest], 3)
        yield Caution(
            "memory",
            None,
            f"during a deployment both colours may use {show_bytes(once + 2 * twice)} by their limits, and "
            f"the machine has {show_bytes(machine)}: {names} run twice",
            "lower the limits or the replicas, or add memory; `x-bgd: {keep: 0s}` at least stops the old "
            "colour right after the switch",
        )


def disk(found: Findings) -> Iterator[Caution]:
    """The next release's images may be as large as this one's, and both are kept for a rollback."""
    free = found.host.free_disk_bytes
    if free is None:
        return
    made = found.of(Role.COLORED, Role.LIVE_ONLY, Role.TASK)
    images = {
        s.image or s.name: found.host.images[s.name].size_bytes for s in made if s.name in found.host.images
    }
    needed = sum(images.values())
    if needed > free:
        yield Caution(
            "disk",
            None,
            f"the images of one release take up to {show_bytes(needed)}, and {show_bytes(free)} are free "
            "where the engine keeps them: the next release's may not fit beside them",
            "make room: `docker system df` shows what takes it, and `docker image prune` removes what "
            "nothing uses",
        )


def _all_replicas(service: Service) -> int:
    return (service.memory_bytes or 0) * service.replicas
