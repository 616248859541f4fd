"""A build context: the files that a build sees of a directory, and what they hold.

`.dockerignore` is the Docker SDK's to understand: it has the engine's own rules, exceptions included.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from docker.utils.build import exclude_paths

from bgd.engine.ports import BuildContext
from bgd.errors import InvalidInput

Stamp = tuple[int, int, int, int, int] | None
_REMEMBERED_FILES = 50_000
WALKS = 10
"""So many are begun where something vanishes in each."""


def stamp_of(file: Path) -> Stamp:
    """What changes when a file does, through symbolic links; `None` while there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_mode


def contexts_of(model: Mapping[str, Any]) -> tuple[BuildContext, ...]:
    """The directories on this machine that a model's services are built from, each once."""
    found: dict[BuildContext, None] = {}
    for service in (model.get("services") or {}).values():
        build = service.get("build") if isinstance(service, dict) else None
        if not isinstance(build, dict):
            continue
        others = (build.get("additional_contexts") or {}).values()
        for place in map(str, (build.get("context") or "", *others)):
            root = Path(place.replace("$$", "$"))
            if root.is_absolute() and root.is_dir():
                found[BuildContext(root, root / str(build.get("dockerfile") or "Dockerfile"))] = None
    return tuple(found)


def files_of(context: BuildContext) -> tuple[list[Path], list[Path]]:
    """The files of a context as `.dockerignore` leaves it, sorted, and the directories that hold them.

    The Dockerfile and the `.dockerignore` itself are among the files: both change what is built.
    """
    own = context.dockerfile.with_name(context.dockerfile.name + ".dockerignore")
    ignore = own if own.is_file() else context.root / ".dockerignore"
    files, directories = {context.dockerfile, ignore}, {context.root}
    for name in _names_below(context.root, _patterns(ignore)):
        path = context.root / name
        (directories if path.is_dir() and not path.is_symlink() else files).add(path)
    directories.update(file.parent for file in (context.dockerfile, ignore) if file.parent.is_dir())
    return sorted(files), sorted(directories)


def _names_below(root: Path, patterns: list[str]) -> set[str]:
    """What a walk finds; it is begun anew where a directory vanished under it, as in a checkout.

    Raises `InvalidInput` for a directory that this process may not read.
    """
    for tries_left in reversed(range(WALKS)):
        try:
            return exclude_paths(str(root), list(patterns))
        except (FileNotFoundError, NotADirectoryError):
            if not root.is_dir():
                return set()
            if not tries_left:
                raise
        except PermissionError as error:
            raise InvalidInput(
                f"{error.filename} can't be read, and is part of what an image is built from",
                "let bgd's user read it, or name it in .dockerignore",
            ) from error
    return set()


def _patterns(ignore: Path) -> list[str]:
    try:
        lines = ignore.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def contents_of(model: Mapping[str, Any], with_builds: bool) -> dict[str, str]:
    """What the files that a model names hold, as a hash for each: those of configs and secrets, and builds.

    A change in one of them changes the app and not the model.
    """
    found: dict[str, str] = {}
    for kind in ("configs", "secrets"):
        for given in (model.get(kind) or {}).values():
            if isinstance(given, dict) and given.get("file"):
                path = Path(str(given["file"]).replace("$$", "$"))
                found[str(path)] = _content(path)
    for context in contexts_of(model) if with_builds else ():
        every = hashlib.sha256()
        for file in files_of(context)[0]:
            every.update(
                f"{os.path.relpath(file, context.root)}\0{_content(file)}\0".encode(errors="replace")
            )
        found[f"{context.root} {context.dockerfile}"] = every.hexdigest()
    return found


def _content(file: Path) -> str:
    if file.is_symlink() and not file.exists():
        return f"link to {os.readlink(file)}"  # noqa: PTH115 - as it stands, not as it would resolve
    stamp = stamp_of(file)
    return ("x" if stamp and stamp[-1] & 0o111 else "-") + _hash(file, stamp)


@lru_cache(_REMEMBERED_FILES)
def _hash(file: Path, stamp: Stamp) -> str:
    """The hash of a file's content, remembered while its stamp is the same; empty where there is none."""
    if stamp is None or not file.is_file():
        return ""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return "unreadable"
