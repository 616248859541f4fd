"""Fixtures of the tests on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A small app."""
    return Tiny(tmp_path / "tiny")
