"""Which requests belong to which app."""

from __future__ import annotations

from bgd.domain.settings import Route


def conflict_of(one: Route, two: Route) -> str | None:
    """The host and path that two routes both claim, as words; `None` where they can live side by side.

    A route without hosts takes what nobody else has, so it clashes only with another one without.
    """
    if one.path != two.path:
        return None
    if not one.hosts and not two.hosts:
        return f"every host nobody else has, on {one.path}"
    common = sorted(set(one.hosts) & set(two.hosts))
    return f"{common[0]}{one.path}" if common else None
