"""Fixtures of the UI's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_daemon import FakeDaemon, running_daemon
from tests.tui.shown import warm_app


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    """A daemon with one app, `shop`: green is live, blue is warm."""
    with running_daemon() as started:
        started.apps["shop"] = warm_app()
        yield started
