"""What a YAML file must not do, whatever it means: found before anything is built from it.

Keys that are there twice, nesting that crashes parsers, and aliases of aliases that stand for more than
the memory holds. PyYAML does the first silently, dies of the second, and Compose hangs in the third.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from bgd.errors import InvalidInput

MAX_DEPTH = 200
MAX_VALUES = 1_000_000
"""The values that a file may stand for, aliases written out. The largest real one known has 20,000."""


def place_of(shown: str, mark: Any) -> str:
    """`file:line:column` of a mark of PyYAML's, the file alone without one."""
    return f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark is not None else shown


def refuse_depth(shown: str, events: Iterable[yaml.Event]) -> None:
    """Raise for what is nested so deeply that parsers, which call themselves for each level, crash."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                place = place_of(shown, event.start_mark)
                raise InvalidInput(f"is nested more than {MAX_DEPTH} levels deep", place=place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def refuse_duplicates(shown: str, root: yaml.Node) -> None:
    """Raise for the first key that its mapping has already; PyYAML would silently keep the last."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue  # an alias is walked once, so that a file of nested aliases costs nothing
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
            continue
        first: dict[tuple[str, str], yaml.Mark] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            before = first.setdefault((key.tag, key.value), key.start_mark)
            if before is not key.start_mark:
                raise InvalidInput(
                    f"the key {key.value!r} is there twice, first in line {before.line + 1}",
                    "remove one of them: only the last would count",
                    place_of(shown, key.start_mark),
                )
        waiting += [value for _, value in reversed(node.value)]


def refuse_bombs(shown: str, root: yaml.Node) -> None:
    """Raise where aliases of aliases stand for more than any file means: Compose would write them all out."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is None:
            sizes[id(node)] = MAX_VALUES + 1  # of a node that contains itself
            known = sizes[id(node)] = 1 + sum(map(size, _parts(node)))
        return known

    if size(root) > MAX_VALUES:
        raise InvalidInput(
            f"its aliases stand for more than {MAX_VALUES} values",
            "write out what is meant, or use fewer aliases within aliases",
            shown,
        )


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return []
