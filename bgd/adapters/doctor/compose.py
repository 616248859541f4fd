"""Docker Compose: is it there, and new enough?"""

from __future__ import annotations

from collections.abc import Sequence

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, good

THEME = "compose"


async def look(_: Place) -> Sequence[Finding]:
    """Its version. Raises `Unreachable` where there is none that will do."""
    cli = await ComposeCli.find()
    return [good(THEME, f"Docker Compose {'.'.join(map(str, cli.version))}")]
