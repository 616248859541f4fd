"""Whether the engine starts a container again by itself, as the Compose file says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The engine's own words: `no`, `always`, `unless-stopped`, `on-failure`; `tries` 0 is without end."""

    name: str = "no"
    tries: int = 0

    @classmethod
    def of(cls, service: Mapping[str, Any]) -> RestartPolicy:
        """A service's policy; `deploy` has the last word, as in Compose."""
        name, _, tries = str(service.get("restart") or "no").partition(":")
        if policy := (service.get("deploy") or {}).get("restart_policy"):
            name, tries = str(policy.get("condition") or "any"), str(policy.get("max_attempts") or "")
        return cls({"any": "always", "none": "no"}.get(name, name), int(tries or 0))


NEVER = RestartPolicy()
"""Of containers that bgd has stopped: `always` would bring them back with the engine."""
