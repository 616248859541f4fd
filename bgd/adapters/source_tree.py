"""The files that a Compose file is made of: those it includes, extends and reads variables from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bgd.adapters.compose_cli import environment
from bgd.adapters.yaml_source import Loc, Source
from bgd.errors import InvalidInput

MAX_FILES = 200
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|git@|[^/]+\.git\b)")
_SETTING = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that another names: where, as what (`include`, `extends`, `env_file`, …), and the file."""

    source: Source
    loc: Loc
    kind: str
    path: Path


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A Compose file and the files it refers to. `sources` are the YAML ones, the main file first."""

    sources: tuple[Source, ...]
    references: tuple[Reference, ...]
    dotenv: Path

    @classmethod
    def read(cls, file: Path, more: Sequence[Path] = ()) -> SourceTree:
        """Read the file, those that override it, and what they include and extend, as far as they are there.

        Raises `InvalidInput` for the first that isn't well-formed YAML or has a key twice. What is missing
        is Compose's to complain of: not everything that is named is needed.
        """
        dotenv = file.absolute().parent / ".env"
        variables = {**settings_of(dotenv), **environment()}
        sources: list[Source] = []
        references: list[Reference] = []
        waiting = [(file, file), *((path, path) for path in more)]
        seen: set[Path] = set()
        while waiting and len(sources) < MAX_FILES:
            path, shown = waiting.pop(0)
            real = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow symbolic links
            if real in seen:
                continue
            seen.add(real)
            source = Source.read(real, str(shown))
            _check_top(source)
            sources.append(source)
            for reference in _references(source, variables):
                references.append(reference)
                if reference.kind in ("include", "extends") and reference.path.is_file():
                    waiting.append((reference.path, reference.path))
        return cls(tuple(sources), tuple(references), dotenv)

    @property
    def main(self) -> Source:
        """The file that was named."""
        return self.sources[0]

    def files(self) -> tuple[Path, ...]:
        """Every file that takes part or would, were it there; `.env` included, each once."""
        named = [source.path for source in self.sources]
        named += [reference.path for reference in self.references]
        return tuple(dict.fromkeys((*named, self.dotenv)))

    def env_files(self) -> tuple[Path, ...]:
        """The files that variables are read from, whether they are there or not."""
        named = [reference.path for reference in self.references if reference.kind == "env_file"]
        return (self.dotenv, *dict.fromkeys(named))

    def source_of(self, shown: str) -> Source:
        """The source with this path, else the main one."""
        return next((source for source in self.sources if str(source.path) == shown), self.main)


def _check_top(source: Source) -> None:
    if source.root is None:
        raise InvalidInput("is empty", "a Compose file begins with `services:`", f"{source.shown}:1:1")
    if not isinstance(source.root, yaml.MappingNode):
        raise InvalidInput(
            "isn't a Compose file: it has no keys at the top", "begin it with `services:`", source.place(())
        )


def _references(source: Source, variables: Mapping[str, str]) -> Iterator[Reference]:
    """The files that one file names; a variable that isn't set is empty, as it is to Compose."""
    for kind, loc, text in _named(source):
        path = _expanded(text, variables)
        if path and not _REMOTE.match(path):
            full = os.path.normpath(source.path.parent / Path(path).expanduser())
            yield Reference(source, loc, kind, Path(full))


def _named(source: Source) -> Iterator[tuple[str, Loc, str]]:
    for loc, text in _paths(source, ("include",), ("path", "env_file")):
        yield ("env_file" if "env_file" in loc else "include"), loc, text
    for name in _names(source, ("services",)):
        service = ("services", name)
        for loc, text in _paths(source, (*service, "extends"), ("file",), texts=False):
            yield "extends", loc, text
        for key in ("env_file", "label_file"):
            for loc, text in _paths(source, (*service, key), ("path",)):
                yield key, loc, text
    for section in ("configs", "secrets"):
        for name in _names(source, (section,)):
            for loc, text in _paths(source, (section, name), ("file",), texts=False):
                yield section, loc, text


def _names(source: Source, loc: Loc) -> list[str]:
    node = source.node(loc)
    if not isinstance(node, yaml.MappingNode):
        return []
    return [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]


def _paths(
    source: Source, loc: tuple[str | int, ...], keys: Sequence[str], texts: bool = True
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts at `loc`: itself, the items of a list, and what stands under one of `keys`."""
    node = source.node(loc)
    if isinstance(node, yaml.ScalarNode):
        if texts:
            yield loc, node.value
    elif isinstance(node, yaml.SequenceNode):
        for index in range(len(node.value)):
            yield from _paths(source, (*loc, index), keys, texts)
    elif isinstance(node, yaml.MappingNode):
        for key in keys:
            yield from _paths(source, (*loc, key), (), texts=True)


def settings_of(dotenv: Path) -> dict[str, str]:
    """What a `.env` file sets, roughly: for paths and names, not for values that a container gets."""
    try:
        text = dotenv.read_text(errors="replace")
    except OSError:
        return {}
    return {name: value.strip("'\"") for name, value in _SETTING.findall(text)}


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """`text` with its variables filled in."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[3]) or match[2] or "", text)
