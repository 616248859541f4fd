"""What an `x-bgd` block should say so that the plan for a file doesn't depend on inference any more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bgd.domain.plan import Plan, RoleOf
from bgd.domain.settings import Role, Settings

FRONT_REASON = "it takes the requests: "


@dataclass(frozen=True, slots=True)
class Statement:
    """The keys that the block lacks. Reasons are clauses, as in the plan."""

    service: str | None = None
    service_reason: str = ""
    port: int | None = None
    roles: Mapping[str, RoleOf] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the block says everything already."""
        return self.service is None and self.port is None and not self.roles


def statement_of(plan: Plan) -> Statement:
    """What to add to the block for a plan without open questions.

    The route, and every role but `colored`, which is what a service is that nothing is known of. The author
    reads the reasons once, agrees or corrects, and a later version's rules change nothing.
    """
    wish, route = plan.settings.route, plan.route
    assert route is not None
    reason = plan.roles[route.service].reason.removeprefix(FRONT_REASON)
    return Statement(
        service=route.service if wish.service is None else None,
        service_reason=reason,
        port=route.port if wish.port is None else None,
        roles={
            name: given
            for name, given in plan.roles.items()
            if given.role is not Role.COLORED and name not in plan.settings.roles
        },
    )


def stated(settings: Settings, statement: Statement) -> Settings:
    """The settings of a block with what was added to it."""
    route = settings.route
    return replace(
        settings,
        route=replace(
            route,
            service=route.service or statement.service,
            port=route.port or statement.port,
        ),
        roles={**settings.roles, **{name: given.role for name, given in statement.roles.items()}},
    )


def is_same(one: Plan, other: Plan) -> bool:
    """Whether two plans run an app alike, whatever the reasons."""
    roles = [{name: given.role for name, given in plan.roles.items()} for plan in (one, other)]
    return (one.app, one.route) == (other.app, other.route) and roles[0] == roles[1] and not other.questions
