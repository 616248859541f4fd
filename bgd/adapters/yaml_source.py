"""A YAML file as its author wrote it: where each key and value stands, and values as Compose sees them.

PyYAML reads YAML 1.1 (`yes` is true, `012` is 10, `1:30` is 90); Compose doesn't, and what counts is what
Compose means. `load` therefore has resolvers of its own. The node tree of `yaml.compose` gives places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bgd.adapters.yaml_hazards import place_of, refuse_bombs, refuse_depth, refuse_duplicates
from bgd.errors import InvalidInput

Loc = Sequence[str | int]
"""A way into a document: keys and indexes, as pydantic's `loc`."""

MAX_FILE_BYTES = 4 * 2**20
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Safe, in C where there is libyaml, with the scalars of YAML 1.2's core schema and no others."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def _construct_int(loader: Any, node: Any) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
    return sign * int(digits if base == 10 else digits[2:], base)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def load(text: str) -> Any:
    """The value of what Compose printed. Raises `yaml.YAMLError`."""
    return yaml.load(text, _Loader)  # noqa: S506 -- a safe loader's subclass


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML file and its nodes. `shown` is how messages name it: as the caller wrote it."""

    path: Path
    shown: str
    text: str
    root: yaml.Node | None
    documents: int = 1

    @classmethod
    def read(cls, path: Path, shown: str | None = None) -> Source:
        """Read and parse a file. Raises `InvalidInput`: unreadable, no YAML, duplicate keys."""
        shown = shown or str(path)
        text = read_text(path, shown)
        try:
            refuse_depth(shown, yaml.parse(text, _Loader))
            documents = list(yaml.compose_all(text, _Loader))
        except yaml.MarkedYAMLError as error:
            raise _syntax_error(shown, error) from None
        except yaml.YAMLError as error:
            raise InvalidInput(f"isn't YAML: {error}", place=shown) from None
        root = documents[0] if documents else None
        if root is not None:
            refuse_duplicates(shown, root)
            refuse_bombs(shown, root)
        return cls(path, shown, text, root, len(documents))

    def place(self, loc: Loc, of_key: bool = False) -> str:
        """`file:line:column` of the value at `loc` or of its key; else of the nearest key above."""
        key: yaml.Node | None = self.root
        value = self.root
        for part in loc:
            found = _child(value, part)
            if found is None:
                # One value may stand for a list of one: `status: 200` is the item 0 of itself.
                return self._at(value if isinstance(value, yaml.ScalarNode) else key)
            key, value = found
        return self._at(key if of_key else value)

    def node(self, loc: Loc) -> yaml.Node | None:
        """The node at `loc`, through aliases and merge keys."""
        value = self.root
        for part in loc:
            found = _child(value, part)
            if found is None:
                return None
            value = found[1]
        return value

    def _at(self, node: yaml.Node | None) -> str:
        return place_of(self.shown, node.start_mark if node is not None else None)


def read_text(path: Path, shown: str) -> str:
    """The text of a file that a person named. Raises `InvalidInput` that says why it can't be read."""
    try:
        if path.is_dir():
            raise InvalidInput("is a directory", "name the Compose file in it", shown)
        if path.exists() and not path.is_file():
            raise InvalidInput("isn't a regular file: it is read more than once", place=shown)
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InvalidInput("there is no such file", "is the path right?", shown) from None
    except PermissionError:
        raise InvalidInput("may not be read", f"check its permissions: ls -l {shown}", shown) from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"can't be read: {error}", place=shown) from None
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidInput("is larger than 4 MiB: that is no Compose file", place=shown)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise InvalidInput("isn't UTF-8 text", "save it as UTF-8", f"{shown}:{line}:{column}") from None


def keys_of(node: yaml.Node | None) -> tuple[str, ...]:
    """The keys of a mapping in the file's order, merged ones last; none of anything else."""
    if not isinstance(node, yaml.MappingNode):
        return ()
    own = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
    merged = [name for parent in _merged(node) for name in keys_of(parent)]
    return tuple(dict.fromkeys(own + merged))


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value below `node`; an item of a list is its own key."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int) and 0 <= part < len(node.value):
            return node.value[part], node.value[part]
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == str(part):
            return key, value
    return next(filter(None, (_child(parent, part) for parent in _merged(node))), None)


def _merged(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    """What the merge keys of a mapping name."""
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "<<":
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]


def _syntax_error(shown: str, error: yaml.MarkedYAMLError) -> InvalidInput:
    place = place_of(shown, error.problem_mark or error.context_mark)
    said = " ".join(filter(None, (error.problem, error.context))) or "isn't YAML"
    hint = "check the indentation, the quotes and the brackets before this place"
    if "tab" in said or "cannot start any token" in said:
        hint = "YAML is indented by spaces, never by tabs, and `@` or a backtick in front needs quotes"
    return InvalidInput(f"isn't YAML: {said}", hint, place)
