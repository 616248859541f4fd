"""The Docker engine: is it there, new enough, and on this host?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken, good, warning

THEME = "engine"
OLDEST = (20, 10)


async def look(place: Place) -> Sequence[Finding]:
    """Its version, and what it does to the traffic when it is restarted. Raises `Unreachable`."""
    await place.reach_engine()
    version = str((await place.engine.version()).get("Version", ""))
    info = await place.engine.call(lambda client: client.info())
    found = re.match(r"(\d+)\.(\d+)", version)
    told = f"Docker {version} at {place.engine.address.url}"
    if not place.engine.address.is_local:
        return [
            broken(THEME, f"{told} is another host's", "bgd mounts directories of its own host: DOCKER_HOST")
        ]
    if found and (int(found[1]), int(found[2])) < OLDEST:
        return [broken(THEME, f"{told} is too old", "20.10 or newer")]
    if info.get("OSType") not in (None, "linux"):
        return [broken(THEME, f"{told} runs {info['OSType']} containers", "bgd needs Linux containers")]
    findings = [good(THEME, told)]
    if not info.get("LiveRestoreEnabled"):
        findings.append(
            warning(
                THEME,
                "a restart of the engine stops every container, and with them the traffic for some seconds",
                '`{"live-restore": true}` in /etc/docker/daemon.json, then `systemctl reload docker`',
            )
        )
    return findings
