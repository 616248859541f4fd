"""A daemon on fakes behind a real socket, for whoever wants to do it harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hostile.door import Door
from tests.unit.conftest import bench, memory, store
from tests.unit.fakes import Bench

__all__ = ["bench", "door", "memory", "store"]


@pytest.fixture
async def door(bench: Bench, tmp_path: Path) -> AsyncIterator[Door]:
    """The bench, served."""
    made = Door(bench, tmp_path / "run" / "bgd.sock")
    serving = asyncio.create_task(made.serve())
    try:
        yield made
    finally:
        made.close()
        await serving
