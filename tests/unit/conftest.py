"""A daemon on fakes for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.origin import Origin
from tests.unit.fakes import Bench


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    opened = SqliteStore(tmp_path / "bgd.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def bench(store: SqliteStore) -> AsyncIterator[Bench]:
    """The fakes and a daemon on them, started, with the app `shop` taken in."""
    made = Bench(store)
    await made.daemon.start()
    await made.daemon.intake.add(Origin("/srv/shop/compose.yaml"), None, "tester")
    yield made
    await made.daemon.close()
