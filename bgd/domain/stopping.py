"""The order in which containers stop."""

from __future__ import annotations

from collections.abc import Mapping


def stopping_order(containers: Mapping[str, tuple[str, frozenset[str]]]) -> list[list[str]]:
    """Containers in groups that stop one after the other: who depends on others goes before them.

    `containers` maps an id to its service and the services that it depends on. What depends on each other
    in a circle stops together.
    """
    left = dict(containers)
    groups = []
    while left:
        needed = {service for _, needs in left.values() for service in needs}
        group = [id_ for id_, (service, _) in left.items() if service not in needed] or list(left)
        groups.append(group)
        for id_ in group:
            del left[id_]
    return groups
