"""What containers and proxies outside the app would see of two colours."""

from __future__ import annotations

from collections.abc import Iterator

from bgd.domain.findings import Findings, listed
from bgd.domain.plan import Caution
from bgd.domain.roles import is_routed
from bgd.domain.settings import Role


def outside_proxy(found: Findings) -> Iterator[Caution]:
    """A proxy that reads labels finds both colours, unless it is the app's own, which isn't started."""
    if any(found.of(Role.IGNORED)):
        return
    routed = [s.name for s in found.of(Role.COLORED, Role.LIVE_ONLY) if is_routed(s)]
    if routed:
        yield Caution(
            "outside-proxy",
            routed[0] if len(routed) == 1 else None,
            f"{listed(routed)}: a proxy outside that reads labels or VIRTUAL_HOST from Docker would send "
            "requests to both colours, checked or not, past the switch",
            "remove them here, state the names in `x-bgd.route.hosts`, and let that proxy send them to bgd's "
            "nginx",
        )


def outside_name(found: Findings) -> Iterator[Caution]:
    """On networks that the file doesn't make, a colour's containers have no name of the file."""
    external = {key for key, given in found.networks.items() if (given or {}).get("external")}
    for key in sorted(external):
        met = [s.name for s in found.of(Role.COLORED, Role.LIVE_ONLY) if key in s.network_keys]
        if met:
            name = str((found.networks[key] or {}).get("name") or key)
            yield Caution(
                "outside-name",
                met[0] if len(met) == 1 else None,
                f"on the external network {name}, others don't reach {listed(met)} by that name: each "
                "colour's copy has a name of its own there",
                "let them ask bgd's nginx, or make shared what others outside the app need: then it keeps "
                "its name",
            )
