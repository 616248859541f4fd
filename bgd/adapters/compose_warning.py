"""Compose's warnings about a file, as cautions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bgd.adapters.source_tree import SourceTree
from bgd.adapters.yaml_search import variable_place
from bgd.domain.plan import Caution

_WARNING = re.compile(r'level=warning msg="((?:[^"\\]|\\.)*)"')
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


def unread_override(tree: SourceTree) -> Iterator[Caution]:
    """The file beside a Compose file that `docker compose up` alone would have merged into it."""
    main = tree.main.path
    if main.name not in DEFAULT_NAMES:
        return
    read = {source.path for source in tree.sources}
    for name in OVERRIDES:
        beside = main.parent / name
        if beside.is_file() and beside not in read:
            yield Caution(
                "override",
                None,
                f"{name} isn't read: bgd reads the file that is named, as `docker compose -f` does",
                f"move into {main.name} what of it belongs to production",
            )


def _unset(name: str, tree: SourceTree) -> Caution:
    places = [place for source in tree.sources if (place := variable_place(source, name))]
    where = f"{places[0]}: " if places else ""
    return Caution(
        "unset-variable",
        None,
        f"{where}the variable {name} isn't set and counts as empty",
        f"set {name} in {tree.dotenv}, or write a default: ${{{name}:-…}}",
    )
