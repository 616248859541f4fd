"""Compose's warnings about a file, as cautions."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bgd.adapters.source_tree import SourceTree, settings_of
from bgd.adapters.yaml_search import variable_places
from bgd.domain.plan import Caution

_WARNING = re.compile(r'level=warning msg="((?:[^"\\]|\\.)*)"')
HOOK_VARIABLES = "BGD_"
"""How the names begin that bgd gives to hooks and to smoke commands."""
_UNSET = re.compile(r'The "([^"]+)" variable is not set')
_HARMLESS = re.compile(r"attribute `version` is obsolete")
OVERRIDES = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def warnings_of(stderr: str, tree: SourceTree) -> Iterator[Caution]:
    """What Compose warned of, each thing once; variables that aren't set by name and line."""
    for message in dict.fromkeys(_WARNING.findall(stderr)):
        said = message.replace('\\"', '"').replace("\\\\", "\\")
        if unset := _UNSET.search(said):
            yield _unset(unset[1], tree)
        elif not _HARMLESS.search(said):
            yield Caution("compose", None, f"Compose warns: {said}", "change the file as Compose says")


def unread_files(tree: SourceTree) -> Iterator[Caution]:
    """The files beside a Compose file that `docker compose up` alone would have read with it, or for it."""
    main = tree.main.path
    read = {source.path for source in tree.sources}
    settings = settings_of(tree.dotenv)
    if stated := settings.get("COMPOSE_FILE"):
        names = stated.split(settings.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
        if any(Path(os.path.normpath(main.parent / name)) not in read for name in names):
            yield _unread(tree, f"{tree.dotenv} sets COMPOSE_FILE={stated}, which isn't followed", names)
    elif main.name in DEFAULT_NAMES:
        for name in OVERRIDES:
            if (main.parent / name).is_file() and main.parent / name not in read:
                yield _unread(
                    tree,
                    f"{name} isn't read: an override commonly holds what only development needs",
                    [main.name, name],
                )


def _unread(tree: SourceTree, what: str, names: Sequence[str]) -> Caution:
    shown = Path(tree.main.shown).parent
    wanted = " ".join(str(shown / name) for name in names)
    return Caution(
        "override",
        None,
        f"{what}; bgd reads the files that are named, as `docker compose -f` does",
        f"to run with it, name all of them: {wanted}",
    )


def _unset(name: str, tree: SourceTree) -> Caution:
    first, *others = places_of_variable(tree, name) or [("", 0, 0)]
    where = "{}:{}:{}: ".format(*first) if first[0] else ""
    more = ", ".join(dict.fromkeys(_again(place, first[0]) for place in others))
    return Caution(
        "unset-variable",
        None,
        f"{where}the variable {name} isn't set and counts as empty" + (f", also in {more}" if more else ""),
        f"write $${name}: a hook or a container has its value, this file hasn't"
        if name.startswith(HOOK_VARIABLES)
        else f"set {name} in {tree.dotenv}, or write a default: ${{{name}:-…}}",
    )


def places_of_variable(tree: SourceTree, name: str) -> list[tuple[str, int, int]]:
    """File, line and column of each use without a default: in YAML files first, then in env files."""
    texts = {source.path: (source.shown, source.text) for source in tree.sources}
    for path in tree.env_files():
        with contextlib.suppress(OSError):  # Compose read it a moment ago, and its errors are told as errors
            texts.setdefault(path, (str(path), path.read_text(errors="replace")))
    return [(shown, *at) for shown, text in texts.values() for at in variable_places(text, name)]


def _again(place: tuple[str, int, int], first_file: str) -> str:
    file, line, _ = place
    return f"line {line}" if file == first_file else f"{file}:{line}"
