"""All themes looked at, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bgd.adapters.doctor import compose, daemon, disk, engine, host, memory, permissions, ports, proxy
from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken
from bgd.errors import BgError

THEME_TIMEOUT_S = 8.0

Look = Callable[[Place], Awaitable[Sequence[Finding]]]

THEMES: Mapping[str, Look] = {
    "daemon": daemon.look,
    "host": host.look,
    "engine": engine.look,
    "compose": compose.look,
    "proxy": proxy.look,
    "ports": ports.look,
    "disk": disk.look,
    "memory": memory.look,
    "permissions": permissions.look,
}


async def examine(place: Place, themes: Mapping[str, Look] = THEMES) -> list[Finding]:
    """What was found, theme by theme; what went wrong on the way is a finding too."""
    looks = [_bounded(theme, look, place) for theme, look in themes.items()]
    return [finding for found in await asyncio.gather(*looks) for finding in found]


async def _bounded(theme: str, look: Look, place: Place) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(THEME_TIMEOUT_S):
            return await look(place)
    except TimeoutError:
        return [broken(theme, f"no answer within {THEME_TIMEOUT_S:g} s", "is the host overloaded?")]
    except BgError as error:
        return [broken(theme, error.message, error.hint)]
    except OSError as error:
        return [broken(theme, f"can't be looked at: {error}", "run it as the user that bgd runs as")]
