"""Finding a place in a YAML file by what a message says about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from bgd.adapters.yaml_source import Loc, Source, keys_of


def loc_of_dotted(source: Source, dotted: str) -> Loc:
    """The way along a dotted path, as far as the file goes along with it. Keys may have dots themselves."""
    loc: list[str | int] = []
    parts = dotted.split(".")
    while parts:
        node = source.node(loc)
        if isinstance(node, yaml.SequenceNode) and parts[0].isdigit():
            loc.append(int(parts.pop(0)))
            continue
        keys = set(keys_of(node))
        length = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in keys), 0)
        if not length:
            break
        loc.append(".".join(parts[:length]))
        parts = parts[length:]
    return loc


def loc_of_item(source: Source, loc: Loc, name: str) -> Loc:
    """The way to the key or list item called `name` below `loc`, else `loc` itself.

    An item may be text (`name`, `name:/path`) or a mapping that has the name as `source` or `path`.
    """
    node = source.node(loc)
    if name in keys_of(node):
        return (*loc, name)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            texts = [item.value] if isinstance(item, yaml.ScalarNode) else _named(item)
            if any(text == name or text.startswith(f"{name}:") for text in texts):
                return (*loc, index)
    return loc


def locs_of_scalars(source: Source, pattern: re.Pattern[str], below: str) -> Iterator[Loc]:
    """The ways to the scalars that `pattern` finds something in, below each key called `below`."""
    for loc, node in scalars(source.root):
        if below in loc and pattern.search(node.value):
            yield loc


def scalars(node: yaml.Node | None, loc: tuple[str | int, ...] = ()) -> Iterator[tuple[Loc, yaml.ScalarNode]]:
    """Every scalar that is a value, with the way to it, in the file's order; aliases but once."""
    seen: set[int] = set()
    waiting: list[tuple[tuple[str | int, ...], yaml.Node | None]] = [(loc, node)]
    while waiting:
        here, found = waiting.pop()
        if isinstance(found, yaml.ScalarNode):
            yield here, found
        elif id(found) not in seen:
            seen.add(id(found))
            waiting += reversed([((*here, part), child) for part, child in _children(found)])


def variable_places(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Line and column wherever `$NAME` or `${NAME}` stands without a default, outside of comments."""
    word = re.escape(name)
    pattern = re.compile(rf"(?<!\$)(?:\$\$)*(\$(?:\{{{word}(?:\}}|:?\?)|{word}\b))")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#"):
            yield from ((number, match.start(1) + 1) for match in pattern.finditer(line))


def _children(node: yaml.Node | None) -> Iterator[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value


def _named(node: yaml.Node) -> list[str]:
    return [
        value.value
        for part, value in _children(node)
        if part in ("source", "path", "file") and isinstance(value, yaml.ScalarNode)
    ]
