"""What a container takes of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu_cores` is over the time since the last look, `None` at the first one.

    Memory is what can't be dropped; its limit is `None` where the container may take all there is.
    """

    memory_bytes: int
    memory_limit_bytes: int | None = None
    cpu_cores: float | None = None
