"""The two addresses of the proxy: its own already, or free?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bgd.adapters.doctor.place import Place
from bgd.adapters.nginx.door import Door
from bgd.adapters.nginx.project import Settings
from bgd.adapters.nginx.proxy import Proxy
from bgd.domain.finding import Finding, broken, good

THEME = "ports"


async def look(place: Place) -> Sequence[Finding]:
    """A line for each address."""
    await place.reach_engine()
    found = await Proxy(place.engine, place.proxy).find()
    running = Settings.of(found.labels) if found is not None and found.is_up else None
    own = [door for door, _ in running.doors()] if running is not None else []
    findings = []
    for told, option, purpose in (
        (place.http, "--http", "public traffic"),
        (place.preview, "--preview", "the preview"),
    ):
        door = Door.parse(told)
        if any(map(door.overlaps, own)):
            findings.append(good(THEME, f"{door} is the proxy's, for {purpose}"))
        elif await asyncio.to_thread(door.is_taken):
            fix = f"`ss -ltnp 'sport = :{door.port}'` shows what: stop it, or give bgd another {option}"
            findings.append(broken(THEME, f"{door}, for {purpose}, is taken by something else", fix))
        else:
            findings.append(good(THEME, f"{door} is free, for {purpose}"))
    return findings
