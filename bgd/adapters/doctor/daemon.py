"""Does the daemon answer, and is it of this version?"""

from __future__ import annotations

from collections.abc import Sequence

from bgd import __version__
from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken, good, warning

THEME = "daemon"


async def look(place: Place) -> Sequence[Finding]:
    """One line."""
    if place.about is None:
        return [
            broken(THEME, place.silence, "`systemctl start bgd`, or run `bgd`; traffic goes on without it")
        ]
    version, pid = place.about.get("version"), place.about.get("pid")
    told = f"bgd {version} answers on {place.socket}, pid {pid}"
    if version != __version__:
        return [warning(THEME, f"{told}, but bgctl is {__version__}", "restart the daemon: traffic goes on")]
    return [good(THEME, told)]
