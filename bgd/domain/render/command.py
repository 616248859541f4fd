"""A one-off container that runs a command as if it were one of the colour's."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bgd.domain.render.naming import COMMAND, ROLE, SERVICE
from bgd.domain.render.networks import Joint
from bgd.domain.render.project import Project
from bgd.domain.render.service import mapping, once
from bgd.errors import InvalidInput

_DROPPED = ("attach", "container_name", "expose", "pre_stop")


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: `words` take the place of the service's command, its entrypoint stays."""

    service: str
    words: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def render_command(project: Project, command: Command, key: str, edge: str) -> Project:
    """The colour's project with one service in it, `key`: a copy of the command's service.

    It is on the service's networks but answers to none of its names, and on the proxy's, where it reaches the
    preview. As with `docker compose run`, the words replace the command and keep the entrypoint. Raises
    `InvalidInput` for a service that isn't in the colour.
    """
    given = project.services.get(command.service)
    if given is None:
        raise InvalidInput(
            f"{command.service} isn't a service of the colours, so there is no container like it",
            f"choose one of: {', '.join(project.services)}",
        )
    service = once(copy.deepcopy(given))
    for name in _DROPPED:
        service.pop(name, None)
    service["command"] = [_escaped(word) for word in command.words]
    added = {name: _escaped(value) for name, value in command.env.items()}
    service["environment"] = {**mapping(service.get("environment")), **added}
    service["labels"] = {**service["labels"], ROLE: COMMAND, SERVICE: command.service}
    service["stop_grace_period"] = "1s"
    joints: tuple[Joint, ...] = ()
    if "networks" in service:
        service["networks"] = {
            name: {k: v for k, v in cfg.items() if k != "aliases"}
            for name, cfg in service["networks"].items()
        }
        others = tuple(j for j in project.joints.get(command.service, ()) if j.network != edge)
        joints = (*others, Joint(edge))
    document = {**project.document, "services": {key: service}}
    return replace(project, document=document, joints={key: joints})


def _escaped(text: str) -> str:
    """`text` with every `$` doubled: Compose would take it for a variable."""
    return text.replace("$", "$$")
