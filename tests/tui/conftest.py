"""Fixtures of the UI's tests."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.fake_daemon import FakeDaemon, running_daemon
from tests.tui.shown import warm_app


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times on the screen are those of UTC, wherever the tests run."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    """A daemon with one app, `shop`: green is live, blue is warm."""
    with running_daemon() as started:
        started.apps["shop"] = warm_app()
        yield started
