"""Writing into a Compose file as its author would: lines are added, and nothing else changes by a byte.

YAML libraries that write keep comments at best, and not the layout. So the node tree only tells where to put
lines, and what is put there is small: keys that the `x-bgd` block lacks, in its own style and indentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

import yaml

from bgd.adapters.xbgd import KEY
from bgd.adapters.yaml_source import MAX_FILE_BYTES, Source
from bgd.domain.statement import Statement
from bgd.errors import InvalidInput

_LINE = re.compile("[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|[^\n\r\x85\u2028\u2029]+$")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NO_NAMES = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_SUGGESTIONS = (
    "# What tells a good release from a bad one. Without, any answer of GET / below 500 does:",
    "# health: {path: /up}",
    "# smoke:",
    "#   - get: /",
    "#     contains: Welcome",
)


def block_lines(statement: Statement) -> list[str]:
    """A whole block, to be put at the end of a file or to be pasted by hand."""
    return [
        "# How bgd runs this app: blue and green, side by side. What has no role here has a copy in each.",
        f"{KEY}:",
        *_indented(_sections(statement), "  "),
        *_indented(_SUGGESTIONS, "  "),
    ]


def with_statement(source: Source, statement: Statement) -> tuple[str, str]:
    """The file's text with what it lacks, and what was added, as lines.

    Raises `InvalidInput` with a block to paste where a place for it can't be told.
    """
    root = source.root
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise unwritable(source, statement, "is written with braces, as JSON is")
    if source.documents > 1 or re.search(r"^\.\.\.(?:\s|\Z)", source.text, re.MULTILINE):
        raise unwritable(source, statement, "has several YAML documents")
    node = source.node([KEY])
    if node is None:
        return _appended(source, statement, " " * root.value[0][0].start_mark.column)
    key = next((key for key, _ in root.value if key.value == KEY), None)
    if key is None or node.start_mark.line < key.start_mark.line:
        raise unwritable(source, statement, f"has its {KEY} by an alias")
    return _Extension(source, statement).made(key, node)


def unwritable(source: Source, statement: Statement, why: str) -> InvalidInput:
    """The error for a file that a person has to edit."""
    lines = "\n".join(block_lines(statement))
    return InvalidInput(f"{why}: nothing was written", f"put this into it yourself:\n{lines}", source.shown)


def _appended(source: Source, statement: Statement, indent: str) -> tuple[str, str]:
    lines = _indented(block_lines(statement), indent)
    text, end = source.text, _line_end(source.text)
    before = "" if text.endswith(("\n", "\r")) else end
    gap = "" if re.search(r"(\r\n|\n|\r)[ \t]*\1\Z", text) else end
    return text + before + gap + "".join(line + end for line in lines), "\n".join(lines)


class _Extension:
    """Keys put into a block that is there."""

    def __init__(self, source: Source, statement: Statement) -> None:
        self._source = source
        self._statement = statement
        self._insertions: list[tuple[int, int, str]] = []  # line, column, text: in the order of the file
        self._end = _line_end(source.text)
        self._lines: list[str] = _LINE.findall(source.text)

    def made(self, key: yaml.Node, block: yaml.Node) -> tuple[str, str]:
        wanted = self._statement
        if not isinstance(block, yaml.MappingNode):  # `x-bgd:` and nothing
            self._below(key, key.start_mark.column + 2, _sections(wanted))
            return self._whole()
        route, roles = (_value(block, name) for name in ("route", "roles"))
        lacking = Statement(
            wanted.service if route is None else None,
            wanted.service_reason,
            wanted.port if route is None else None,
            wanted.roles if roles is None else {},
        )
        self._into(block, _sections(lacking), _flow_sections(lacking))
        if route is not None:
            lines = _route_lines(wanted)
            self._into(route[1], lines, _flow_route(wanted), route[0])
        if roles is not None:
            self._into(roles[1], _role_lines(wanted), _flow_roles(wanted), roles[0])
        return self._whole()

    def _into(
        self, node: yaml.Node, lines: Sequence[str], flow: Sequence[str], key: yaml.Node | None = None
    ) -> None:
        """Add pairs to a mapping: lines below its last one, or items after its opening brace."""
        if not lines:
            return
        if isinstance(node, yaml.MappingNode) and node.flow_style:
            text = ", ".join(flow) + (", " if node.value else "")
            self._insertions.append((node.start_mark.line, node.start_mark.column + 1, text))
        elif isinstance(node, yaml.MappingNode) and _begins_below(node, key):
            self._below(node, node.start_mark.column, lines)
        else:  # an alias, or an anchor on the key's line
            raise unwritable(self._source, self._statement, f"has a part of its {KEY} by an alias")

    def _below(self, node: yaml.Node, column: int, lines: Iterable[str]) -> None:
        text = "".join(line + self._end for line in _indented(lines, " " * column))
        if text:
            self._insertions.append((_last_line(node, self._lines) + 1, 0, text))

    def _whole(self) -> tuple[str, str]:
        lines = self._lines
        for line, column, text in sorted(self._insertions, reverse=True):
            if line >= len(lines):
                if lines and not lines[-1].endswith(("\n", "\r")):
                    lines[-1] += self._end
                lines.append(text)
            else:
                lines[line] = lines[line][:column] + text + lines[line][column:]
        added = [text.rstrip("\r\n").replace("\r\n", "\n") for _, _, text in sorted(self._insertions)]
        return "".join(lines), "\n".join(added)


def _sections(wanted: Statement) -> list[str]:
    lines = []
    if route := _route_lines(wanted):
        lines += ["route:", *_indented(route, "  ")]
    if roles := _role_lines(wanted):
        lines += ["roles:", *_indented(roles, "  ")]
    return lines


def _route_lines(wanted: Statement) -> list[str]:
    lines = []
    if wanted.service is not None:
        lines.append((f"service: {_scalar(wanted.service)}", wanted.service_reason))
    if wanted.port is not None:
        lines.append((f"port: {wanted.port}", "on which it answers HTTP inside its container"))
    return _beside(lines)


def _role_lines(wanted: Statement) -> list[str]:
    return _beside([(f"{_scalar(name)}: {of.role}", of.reason) for name, of in wanted.roles.items()])


def _flow_sections(wanted: Statement) -> list[str]:
    sections = {"route": _flow_route(wanted), "roles": _flow_roles(wanted)}
    return [f"{name}: {{{', '.join(items)}}}" for name, items in sections.items() if items]


def _flow_route(wanted: Statement) -> list[str]:
    service = [] if wanted.service is None else [f"service: {_scalar(wanted.service)}"]
    return service + ([] if wanted.port is None else [f"port: {wanted.port}"])


def _flow_roles(wanted: Statement) -> list[str]:
    return [f"{_scalar(name)}: {given.role}" for name, given in wanted.roles.items()]


def _beside(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Lines with a comment each, in a column."""
    widest = max((len(text) for text, _ in pairs), default=0)
    return [f"{text:<{widest}}  # {_one_line(reason)}" if reason else text for text, reason in pairs]


def _one_line(reason: str) -> str:
    return "".join(c if c.isprintable() else " " for c in " ".join(reason.split()))


def _scalar(name: str) -> str:
    is_plain = _PLAIN.fullmatch(name) and name.lower() not in _NO_NAMES
    return name if is_plain else json.dumps(name, ensure_ascii=False)


def _indented(lines: Iterable[str], indent: str) -> list[str]:
    return [indent + line for line in lines]


def _line_end(text: str) -> str:
    first = _LINE.match(text)
    return "\r\n" if first is not None and first[0].endswith("\r\n") else "\n"


def _begins_below(node: yaml.Node, key: yaml.Node | None) -> bool:
    return key is None or bool(node.start_mark.line > key.start_mark.line)


def _value(mapping: yaml.MappingNode, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next(((key, value) for key, value in mapping.value if key.value == name), None)


def _last_line(node: yaml.Node, lines: Sequence[str]) -> int:
    """The line on which the last thing of a node ends: the mark of a block is where the next one begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if not isinstance(last, tuple):
            node = last
            continue
        key, value = last
        # A value before its key is an alias', and an empty one has no place of its own.
        is_here = value.start_mark.line >= key.start_mark.line and (
            not isinstance(value, yaml.ScalarNode) or value.value or value.style
        )
        node = value if is_here else key
    line, column = int(node.end_mark.line), int(node.end_mark.column)
    # A text of several lines ends where the next thing begins, below lines that may be empty.
    while line > node.start_mark.line and (line >= len(lines) or not lines[line][:column].strip()):
        line, column = line - 1, MAX_FILE_BYTES
    return line
