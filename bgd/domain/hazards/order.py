"""What happens at another time than the file says, or at a bad one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bgd.domain import rules
from bgd.domain.findings import Findings
from bgd.domain.plan import Caution
from bgd.domain.service import Service
from bgd.domain.settings import Role

_STARTS = {Role.SHARED: 0, Role.TASK: 1, Role.COLORED: 2, Role.LIVE_ONLY: 3}


def order(found: Findings) -> Iterator[Caution]:
    """What is waited for must not start later: shared services first, then tasks, colours, live-only."""
    for service in found.of(Role.SHARED, Role.TASK):
        role = found.roles[service.name].role
        for name in service.needs:
            other = found.roles[name].role if name in found.roles else None
            if other in _STARTS and _STARTS[other] > _STARTS[role]:
                yield Caution(
                    "order",
                    service.name,
                    f"it is {role} and waits for {name}, which is {other} and starts later: "
                    "the wait is dropped",
                    _in_order(role, name),
                )


def _in_order(role: Role, name: str) -> str:
    if role is Role.TASK:
        return f"if it needs {name} to run, make it a smoke check: `x-bgd: {{smoke: [{{run: […]}}]}}`"
    return f"drop it from depends_on, or give both one role: `x-bgd: {{roles: {{{name}: {role}}}}}`"


def boot_migration(found: Findings) -> Iterator[Caution]:
    """What changes the database when it starts does so while the old colour still serves.

    A variable that many services have, from one file, is told of once: only one of them migrates.
    """
    told = set()
    for service in found.of(Role.COLORED, Role.LIVE_ONLY):
        command, switch = _migrating(service), _switch(service)
        if not command and (not switch or switch in told):
            continue
        told.add(switch)
        yield Caution(
            "boot-migration",
            service.name,
            f"it migrates the database when it starts ({command or switch}), while the old colour still "
            "works with it"
            + (f", and {service.replicas} replicas do so at once" if service.replicas > 1 else ""),
            "make the migration a service of its own with the role task, and keep it compatible with the "
            "release before",
        )


def _migrating(service: Service) -> str:
    found = (re.search(pattern, service.command) for pattern in rules.TASK_COMMANDS)
    return next((match[0] for match in found if match), "")


def _switch(service: Service) -> str:
    on = ("1", "true", "yes", "on")
    found = (f"{name}={value}" for name, value in service.environment.items() if value.lower() in on)
    return next((pair for pair in found if re.search(rules.MIGRATION_SWITCHES, pair.partition("=")[0])), "")
