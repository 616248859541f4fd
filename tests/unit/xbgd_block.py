"""An `x-bgd` block in a file of its own: what is read of it, and what is said against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgd.adapters.xbgd import read_settings
from bgd.adapters.yaml_source import Source, load
from bgd.domain.settings import (
    Settings,
)
from bgd.errors import InvalidInput

SERVICES = "services:\n  web: {image: shop}\n  worker: {image: shop}\n  db: {image: postgres}\n"


def settings(file: Path, block: str) -> Settings:
    """The settings of a file with this block, as if Compose had changed nothing in it."""
    text = SERVICES + "x-bgd:\n" + "".join(f"  {line}\n" for line in block.splitlines())
    file.write_text(text)
    return read_settings(load(text), [Source.read(file)])


def refusal(file: Path, block: str) -> list[str]:
    """The lines of the error for this block, places without the file's name. The block begins in line 6."""
    with pytest.raises(InvalidInput) as caught:
        settings(file, block)
    return [line.removeprefix(f"{file}:") for line in caught.value.message.splitlines()]
