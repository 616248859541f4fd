"""Plans of an app, as they come out of its Compose file."""

from __future__ import annotations

from bgd.domain.plan import Overlap, Plan, RoleOf
from bgd.domain.settings import Role, Route, Settings

ALONE = Overlap(False, "web keeps data in /data, and there is no database")


def plan(
    settings: Settings | None = None,
    worker: bool = False,
    task: bool = False,
    host: str = "",
    overlap: Overlap | None = None,
) -> Plan:
    """A plan with a front, and perhaps a worker and a migration."""
    roles = {"web": RoleOf(Role.COLORED, "front"), "db": RoleOf(Role.SHARED, "database")}
    if worker:
        roles["worker"] = RoleOf(Role.LIVE_ONLY, "worker")
    if task:
        roles["migrate"] = RoleOf(Role.TASK, "migration")
    route = Route("web", 8000, (host,) if host else ())
    return Plan("shop", settings or Settings(), roles, route, (), (), (), overlap or Overlap())
