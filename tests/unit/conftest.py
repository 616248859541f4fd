"""What tests ask for: a daemon on fakes, a fake daemon for clients, a directory with a Compose file."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.sqlite_store import SqliteStore
from bgd.domain.origin import Origin
from tests.fake_daemon import FakeDaemon, running_daemon
from tests.samples import app_json
from tests.unit.compose_folder import Folder
from tests.unit.fakes import Bench

MEMORY = Path("/dev/shm")


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in memory, where the machine has one: what a store flushes there waits for no disk."""
    with tempfile.TemporaryDirectory(
        prefix="bgd-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None
    ) as path:
        yield Path(path)


@pytest.fixture
async def store(memory: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    opened = SqliteStore(memory / "bgd.db")
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


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    """A fake daemon in front of clients; it has the app `shop`, of which blue is live."""
    with running_daemon() as started:
        started.apps["shop"] = app_json("shop", "blue")
        yield started


@pytest.fixture(scope="session")
def compose_command() -> ComposeCli:
    """The Compose of this environment."""
    return asyncio.run(ComposeCli.find())


@pytest.fixture
def folder(tmp_path: Path, compose_command: ComposeCli) -> Folder:
    """An empty directory called `shop`."""
    path = tmp_path / "shop"
    path.mkdir()
    return Folder(path, compose_command)
