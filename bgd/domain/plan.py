"""What bgd would do with a Compose file: the answer of `bgctl check`, and the base of every release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bgd.domain.settings import Role, Route, Settings


@dataclass(frozen=True, slots=True)
class RoleOf:
    """The role of one service and why it has it, as a clause (`image is postgres, a database`)."""

    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that works and will hurt: a stable code, what, and how to mend it."""

    code: str
    service: str | None
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the file's author can say: the `x-bgd` key, and what it may be."""

    key: str  # e.g. `route.service`
    message: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Whether both colours may run at once, and why, as a clause; `is_stated` where the file says it."""

    is_allowed: bool = True
    reason: str = "nothing says that two copies at once do harm"
    is_stated: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a resolved Compose model is run. `route` is `None` exactly while `questions` has one about it."""

    app: str
    settings: Settings
    roles: Mapping[str, RoleOf]
    route: Route | None
    rewrites: tuple[str, ...]  # one line each: ports and names that the colours don't get
    warnings: tuple[Caution, ...]
    questions: tuple[Question, ...]
    overlap: Overlap = Overlap()

    def services(self, *roles: Role) -> tuple[str, ...]:
        """The services that have one of these roles, in the file's order."""
        return tuple(name for name, given in self.roles.items() if given.role in roles)


def plan_json(plan: Plan) -> dict[str, Any]:
    """The `check` document: what `bgctl check --json` prints and adding an app answers."""
    route = plan.route
    return {
        "app": plan.app,
        "route": None
        if route is None
        else {
            "service": route.service,
            "port": route.port,
            "hosts": list(route.hosts),
            "path": route.path,
        },
        "services": {
            name: {"role": str(given.role), "reason": given.reason} for name, given in plan.roles.items()
        },
        "overlap": {"allowed": plan.overlap.is_allowed, "reason": plan.overlap.reason},
        "shift": None
        if (shift := plan.settings.shift) is None
        else {"steps": list(shift.steps), "pause_s": shift.pause_s},
        "rewrites": list(plan.rewrites),
        "warnings": [
            {"code": c.code, "service": c.service, "message": c.message, "fix": c.fix} for c in plan.warnings
        ],
        "questions": [
            {"key": q.key, "message": q.message, "choices": list(q.choices)} for q in plan.questions
        ],
    }
