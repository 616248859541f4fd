"""What stands between a broken release and the traffic."""

from __future__ import annotations

from collections.abc import Iterator

from bgd.domain.findings import Findings, listed
from bgd.domain.listening import checked_path
from bgd.domain.plan import Caution


def no_health(found: Findings) -> Iterator[Caution]:
    """Neither the file nor the image says when the front works."""
    front, settings = found.front, found.settings
    if front is None or settings.health.stated or settings.smoke or front.health_command:
        return
    image = found.host.images.get(front.name)
    if image is None or not image.is_checked:
        yield Caution(
            "no-health",
            front.name,
            "nothing says when it works: any answer of GET / below 500 counts as healthy, a login page too",
            "name what is only answered well when the app works: `x-bgd: {health: {path: /up}}`",
        )


def thin_smoke(found: Findings) -> Iterator[Caution]:
    """The contract has `check` say so."""
    if found.settings.smoke:
        return
    own = checked_path(found.front) if found.front and not found.settings.health.stated else None
    path = own or (found.settings.health.path if found.settings.health.stated else "/up")
    yield Caution(
        "thin-smoke",
        None,
        "there is no smoke block: the health check alone stands before the switch, and it is thin",
        f"say what must work: `x-bgd: {{smoke: [{{get: {path}, contains: ok}}]}}`",
    )


def host_hook(found: Findings) -> Iterator[Caution]:
    """Whether the daemon that will deploy it runs commands on its host isn't known here."""
    if moments := found.settings.hooks.on_host:
        yield Caution(
            "host-hook",
            None,
            f"hooks.{listed(list(moments))} run on the host, as the daemon's user: only a daemon with "
            "`host_hooks = true` in its bgd.toml takes the app in",
            "allow it there, or use `run:`, in a container",
        )
