"""In which order tasks run."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from bgd.domain.release import Model
from bgd.errors import InvalidInput


def task_order(model: Model, tasks: Sequence[str]) -> tuple[str, ...]:
    """`tasks`, each after those it depends on, else in the file's order.

    Raises `InvalidInput` where they depend on each other in a circle.
    """
    services = model.get("services", {})
    graph = {
        name: [before for before in services.get(name, {}).get("depends_on") or () if before in tasks]
        for name in tasks
    }
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise InvalidInput(
            f"tasks depend on each other: {circle}", "break the circle in depends_on"
        ) from None
