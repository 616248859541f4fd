"""nginx: does it run and serve what it is meant to, and which promises hold with it?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bgd.adapters.doctor.place import Place
from bgd.adapters.nginx.directory import Directory
from bgd.adapters.nginx.door import Door
from bgd.adapters.nginx.marker import Marker, NotSeen
from bgd.adapters.nginx.proxy import Found, Proxy
from bgd.domain.finding import Finding, broken, good, warning
from bgd.domain.nginx_version import OLDEST, missing, told
from bgd.errors import NotFound

THEME = "proxy"


async def look(place: Place) -> Sequence[Finding]:
    """The container, the configuration it serves, and nginx's version."""
    await place.reach_engine()
    found = await Proxy(place.engine, place.proxy).find()
    if found is None:
        return [await _image(place)]
    if not found.is_running:
        return [
            broken(
                THEME,
                f"the container of {place.proxy} is {found.status}: there is no traffic",
                f"`docker logs {found.id[:12]}` tells why; a start of bgd brings it up again",
            )
        ]
    findings = [await _serving(place, found)]
    findings += await _promises(place, found.id)
    if found.restarts:
        message = f"nginx was restarted {found.restarts} times: it crashed"
        findings.append(warning(THEME, message, f"`docker logs {found.id[:12]}` tells why"))
    return findings


async def _image(place: Place) -> Finding:
    try:
        await place.engine.call(lambda client: client.inspect_image(place.proxy_image))  # type: ignore[no-untyped-call]
    except NotFound:
        message = f"nothing runs yet, and {place.proxy_image} isn't on this host"
        return warning(
            THEME, message, f"bgd pulls it when it starts: `docker pull {place.proxy_image}` tries that"
        )
    return good(THEME, f"nothing runs yet; {place.proxy_image} is on this host")


async def _serving(place: Place, found: Found) -> Finding:
    wanted = await asyncio.to_thread(Directory(Path(found.directory)).current)
    try:
        seen = await Marker(Door.parse(place.preview).reachable).ask()
    except NotSeen as error:
        fix = f"`docker logs {found.id[:12]}`; is a firewall between? A start of bgd brings it up again"
        return broken(THEME, f"nginx runs, but {error}", fix)
    if wanted is not None and seen.generation != wanted.generation:
        fix = f"`docker kill -s HUP {found.id[:12]}` has it read that; `docker logs` tells why it didn't"
        return warning(THEME, f"nginx doesn't serve the configuration in {found.directory}", fix)
    return good(THEME, f"nginx serves on {place.http}, by the configuration in {found.directory}")


async def _promises(place: Place, container: str) -> list[Finding]:
    version = await Proxy(place.engine, place.proxy).version(container)
    if version is None:
        return [warning(THEME, "nginx doesn't say its version", "is it another server in nginx's place?")]
    fix = "an image of nginx 1.28 or newer: --proxy-image"
    if version < OLDEST:
        return [broken(THEME, f"nginx {told(version)} is too old", fix)]
    lost = missing(version)
    if not lost:
        return [good(THEME, f"nginx {told(version)}: every promise holds")]
    return [warning(THEME, f"nginx {told(version)}: {each.without}", fix) for each in lost]
