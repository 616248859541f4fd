"""The machine's clock is set back an hour while the daemon works: nothing waits for that hour.

Only the daemon's clock, by a library of Debian's that stands before the C library's: this machine's own is
everybody's. What measures time that passes isn't touched, as when a clock is set.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose import debian
from compose.images import packages
from tests.docker.tiny import Tiny
from tests.faults.asker import Asker
from tests.faults.mortal_daemon import MortalDaemon

XBGD = """\
health: {path: /up, interval: 100ms}
drain: 1s
keep: 2s
smoke: [{get: /up}]
bake: {for: 2s, min_requests: 1}"""
WITHIN_S = 90.0
LIBRARY = "libfaketime"
NOW, AN_HOUR_AGO = "+0", "-1h"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that tells another time."""
    home = tmp_path_factory.mktemp("clock")
    try:
        package = packages.read_archive([LIBRARY]).packages[LIBRARY]
        (archive,) = packages.fetch([package], home)
    except debian.DebianError as error:
        pytest.skip(f"{LIBRARY} is one of Debian's packages: {error}")
    subprocess.run(["dpkg-deb", "-x", archive, home], check=True, timeout=60)
    return next(home.rglob("libfaketimeMT.so.1"))


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """What the daemon's clock is off by."""
    path = tmp_path / "clock"
    path.write_text(NOW)
    return path


@pytest.fixture
def daemon(tmp_path: Path, library: Path, clock: Path) -> Iterator[MortalDaemon]:
    """A daemon whose clock can be set."""
    made = MortalDaemon(tmp_path / "bgd")
    made.environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    try:
        made.start()
        yield made
    finally:
        made.clear()


def state_of(daemon: MortalDaemon, color: str) -> str:
    """What `status` says of it."""
    return str(daemon.client.app("tiny")["colors"][color]["state"])


def test_a_deployment_a_drain_and_a_rollback_go_on_though_the_clock_is_set_back(
    daemon: MortalDaemon, clock: Path, tmp_path: Path
) -> None:
    tiny = Tiny(tmp_path / "tiny")
    daemon.client.add(str(tiny.write("one", xbgd=XBGD)))
    assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"
    with Asker(daemon.http_port) as asker:
        tiny.write("two", xbgd=XBGD)
        number = daemon.client.deploy("tiny")["id"]
        is_watched = lambda: daemon.client.app("tiny")["phase"] == "baking"  # noqa: E731
        daemon.wait_until(is_watched, "watched", WITHIN_S)
        clock.write_text(AN_HOUR_AGO)
        has_ended = lambda: daemon.client.deployment("tiny", number)["outcome"] == "succeeded"  # noqa: E731
        daemon.wait_until(has_ended, "live", WITHIN_S)
        daemon.wait_until(lambda: state_of(daemon, "blue") == "stopped", "drained, kept", WITHIN_S)

        assert daemon.json("rollback", "tiny")["release"] == "r1"
        asker.wait_for("one")
        daemon.kill()
        clock.write_text(NOW)
        daemon.start()
        daemon.wait_until(lambda: state_of(daemon, "green") == "stopped", "drained, kept", WITHIN_S)
        tiny.write("three", xbgd=XBGD)
        assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"
        asker.wait_for("three")
    assert not asker.failures, asker.failures[:3]
    history = daemon.json("history", "tiny")["deployments"]
    assert [past["release"] for past in history] == ["r3", "r1", "r2", "r1"]
    begun = [past["started"] for past in reversed(history)]
    assert begun != sorted(begun), "the clock did go back"
    assert all(past["took_ms"] >= 0 for past in history)
