"""A directory with a Compose file to read, by the real Compose."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters import compose_file
from bgd.adapters.compose_cli import ComposeCli
from bgd.engine.ports import Reading
from bgd.errors import InvalidInput

WEB = "services:\n  web:\n    image: shop:1\n    ports: ['8080:80']\n"


class Folder:
    """A directory of files, one of which is read."""

    def __init__(self, path: Path, cli: ComposeCli) -> None:
        self.path = path
        self.cli = cli

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    async def read(self, text: str | None = None, name: str | None = None, *more: Path) -> Reading:
        """Read `compose.yaml`, written anew if there is a text."""
        file = self.path / "compose.yaml"
        if text is not None:
            file.write_text(text)
        return await compose_file.read(self.cli, file, name, more=more)

    async def refused(self, text: str | None = None) -> str:
        """The error of reading `compose.yaml`, its path without the directory."""
        with pytest.raises(InvalidInput) as caught:
            await self.read(text)
        told = caught.value.message
        return told.replace(f"{self.path}/", "")
