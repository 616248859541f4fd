"""Fixtures of the tests on the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest
import pytest_asyncio

from tests.docker.apps import busybox
from tests.docker.apps.world import World, world
from tests.docker.daemon import RunningDaemon, running
from tests.docker.tiny import Tiny


@pytest.fixture
def bgd(tmp_path: Path) -> Iterator[RunningDaemon]:
    """A daemon of the test's own."""
    with running(tmp_path / "bgd") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def shared_bgd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDaemon]:
    """One daemon for a module's tests, each with an app of its own."""
    with running(tmp_path_factory.mktemp("bgd")) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def common_bgd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDaemon]:
    """One daemon for all tests whose app leaves it again, and that read no other app's journal."""
    with running(tmp_path_factory.mktemp("common")) as daemon:
        yield daemon


@pytest.fixture
def guest(common_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """A small app on that daemon, and nothing of it afterwards."""
    made = Tiny(tmp_path / "tiny")
    yield made
    common_bgd.bgctl("remove", made.name, "--yes", "--volumes")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A small app."""
    return Tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def busybox_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image that the small apps are made of."""
    client = docker.from_env()
    try:
        return busybox.made(client, tmp_path_factory.mktemp("busybox"))
    finally:
        client.close()


@pytest_asyncio.fixture
async def place(tmp_path: Path, busybox_image: str) -> AsyncIterator[World]:
    """A runner of the test's own, which leaves nothing behind."""
    async with world(tmp_path) as made:
        yield made
