"""Rendered projects on disk: whole or not at all, and for nobody else to read, for they hold secrets."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from bgd.domain.release import Model
from bgd.errors import Failed


class _Quoted(yaml.SafeDumper):
    """Quotes every string.

    PyYAML leaves a string plain when YAML 1.1 as it knows it reads it back as a string, and Compose reads
    with go-yaml, whose rules differ: `1e3` and `0o14` would arrive there as numbers, `=` fails in PyYAML.
    """

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))


def dumped(document: Model) -> str:
    """`document` as YAML for Compose. `$` stays as it is: Compose printed it escaped, and will read it so."""
    return yaml.dump(document, Dumper=_Quoted, sort_keys=False, allow_unicode=True, width=2**20)


class AppFiles:
    """The directory of one app: `<state>/apps/<app>/{blue,green,shared}.yaml`."""

    def __init__(self, state: Path, app: str) -> None:
        self.directory = state / "apps" / app

    def path(self, name: str) -> Path:
        """Where the project `name` (`blue`, `green`, `shared`, …) is."""
        return self.directory / f"{name}.yaml"

    async def write(self, name: str, document: Model) -> Path:
        """Write a project, atomically; its path. Raises `Failed` where it can't be written."""
        path = self.path(name)
        try:
            await asyncio.to_thread(_write, path, dumped(document))
        except OSError as error:
            raise Failed(
                f"{path} can't be written: {error.strerror}", "see `df` and the directory's permissions"
            ) from error
        return path

    async def read(self, name: str) -> Model | None:
        """The project as it was last written; `None` when it never was, or isn't readable any more."""
        try:
            text = await asyncio.to_thread(self.path(name).read_text, encoding="utf-8")
            document = yaml.safe_load(text)
        except (OSError, yaml.YAMLError, UnicodeDecodeError):
            return None
        return document if isinstance(document, dict) else None

    async def remove(self, name: str) -> None:
        """Remove one project's file. Raises `Failed` where it can't be removed."""
        path = self.path(name)
        try:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        except OSError as error:
            raise _not_removed(path, error) from error

    async def names(self, prefix: str) -> list[str]:
        """The projects that are there whose names begin with `prefix`."""
        found = await asyncio.to_thread(lambda: list(self.directory.glob("*.yaml")))
        return sorted(path.stem for path in found if path.stem.startswith(prefix))

    async def remove_all(self) -> None:
        """Remove the app's directory. Raises `Failed` where some of it, with secrets, is left."""
        try:
            await asyncio.to_thread(shutil.rmtree, self.directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _not_removed(self.directory, error) from error


def _not_removed(path: Path, error: OSError) -> Failed:
    return Failed(
        f"{path} can't be removed: {error.strerror}", "see the directory's permissions and its mount"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
