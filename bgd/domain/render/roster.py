"""Who is in which project, when, and by which names they know each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bgd.domain.plan import Plan
from bgd.domain.release import Model
from bgd.domain.settings import Role
from bgd.errors import InvalidInput

IN_COLORS = (Role.COLORED, Role.LIVE_ONLY, Role.TASK)


class Roster:
    """The services of a model with their roles."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._services: Mapping[str, dict[str, Any]] = {
            name: dict(given or {}) for name, given in (model.get("services") or {}).items()
        }
        self._roles = {name: of.role for name, of in plan.roles.items() if name in self._services}
        self._link_aliases = self._read_links()

    def service(self, name: str) -> dict[str, Any]:
        """What the model says about a service."""
        return self._services[name]

    def role(self, name: str) -> Role:
        """The service's role; whatever the plan doesn't know is left out."""
        return self._roles.get(name, Role.IGNORED)

    def names(self, *roles: Role) -> list[str]:
        """The services that have one of these roles, in the file's order."""
        return [name for name in self._services if self.role(name) in roles]

    def runs_beside(self, name: str, other: str) -> bool:
        """Whether `other` runs in the same project whenever `name` does."""
        role, others = self.role(name), self.role(other)
        if role is Role.LIVE_ONLY:
            return others in (Role.LIVE_ONLY, Role.COLORED)
        return role is others and role in (Role.COLORED, Role.SHARED)

    def waits_for(self, name: str) -> dict[str, Any]:
        """`depends_on`, in its long form, of what starts together with the service.

        For everything else it is bgd that waits: shared services are healthy and tasks are done before a
        colour starts, and live-only services start when the coloured ones serve.
        """
        role = self.role(name)
        return {
            other: dict(how)
            for other, how in dependencies(self.service(name)).items()
            if self.role(other) is role and role is not Role.TASK
        }

    def aliases(self, name: str) -> list[str]:
        """The names besides its own by which others of the app know the service."""
        given = self.service(name).get("container_name")
        return [*([str(given)] if given else []), *self._link_aliases.get(name, [])]

    def network_owner(self, name: str) -> str:
        """The service whose network stack this one has: itself, or along `network_mode: service:…`."""
        seen = {name}
        while (mode := str(self.service(name).get("network_mode") or "")).startswith("service:"):
            name = mode.removeprefix("service:")
            if name in seen or name not in self._services:
                break
            seen.add(name)
        return name

    def count(self, *roles: Role) -> int:
        """How many containers the services of these roles have."""
        return sum(replicas(self.service(name)) for name in self.names(*roles))

    def _read_links(self) -> dict[str, list[str]]:
        """Links, by what they point at. A link's name is only known to one service, an alias to the network.

        Raises `InvalidInput` where one name would stand for two services.
        """
        meant: dict[str, str] = {}
        for name, given in self._services.items():
            for item in given.get("links") or []:
                target, _, alias = str(item).partition(":")
                if not alias or alias == target or self.role(name) is Role.IGNORED:
                    continue
                if meant.setdefault(alias, target) != target or alias in self._services:
                    raise InvalidInput(
                        f"{name} links {target} as {alias}, which is the name of something else in this file",
                        f"rename the link and let {name} use the new name",
                    )
        aliases: dict[str, list[str]] = {}
        for alias, target in meant.items():
            aliases.setdefault(target, []).append(alias)
        return aliases


def dependencies(service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`depends_on` in its long form."""
    given = service.get("depends_on") or {}
    if isinstance(given, Mapping):
        return {other: dict(how or {"condition": "service_started"}) for other, how in given.items()}
    return {other: {"condition": "service_started"} for other in given}


def replicas(service: Mapping[str, Any]) -> int:
    """How many containers the service has."""
    for count in (service.get("scale"), (service.get("deploy") or {}).get("replicas")):
        if count is not None:
            return int(count)
    return 1
