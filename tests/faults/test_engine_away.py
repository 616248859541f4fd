"""The engine is restarted, away, or comes back after the host's boot: an engine of the tests' own is."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bgd.errors import BgError
from tests.docker.tiny import Tiny
from tests.faults.mortal_daemon import MortalDaemon
from tests.faults.own_engine import OwnEngine

BACK_WITHIN_S = 60.0
XBGD = "health: {path: /up, interval: 100ms}\ndrain: 1s"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an engine of one's own takes root")


@pytest.fixture(scope="module", params=["plain", "live-restore"])
def engine(request: pytest.FixtureRequest) -> Iterator[OwnEngine]:
    """An engine, with the images that the tests need."""
    options = ["--live-restore"] if request.param == "live-restore" else []
    with tempfile.TemporaryDirectory(prefix="bgd-engine-") as short:
        made = OwnEngine(Path(short) / "e", *options)
        try:
            made.start()
            made.load()
            yield made
        finally:
            made.clear()


@pytest.fixture
def daemon(engine: OwnEngine, tmp_path: Path) -> Iterator[MortalDaemon]:
    """A daemon on that engine."""
    made = MortalDaemon(tmp_path / "bgd", own=engine)
    try:
        made.start()
        yield made
    finally:
        if not engine.is_up:
            engine.start()
        made.clear()


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """Two releases of an app: both colours are in use once it is deployed."""
    return Tiny(tmp_path / "tiny")


def deployed(daemon: MortalDaemon, tiny: Tiny, web: str = "") -> None:
    """The app with green live and blue warm."""
    daemon.bgctl("add", str(tiny.write("one", xbgd=XBGD, web=web)))
    daemon.bgctl("deploy", "tiny")
    tiny.write("two", xbgd=XBGD, web=web)
    daemon.bgctl("deploy", "tiny")
    assert daemon.answer() == "two"


def ids(daemon: MortalDaemon) -> dict[str, str]:
    """The containers of the instance and whether they run."""
    return {str(c.id): str(c.status) for c in daemon.containers()}


def test_a_restarted_engine_has_all_that_was_live_again(daemon: MortalDaemon, tiny: Tiny) -> None:
    deployed(daemon, tiny)
    before = ids(daemon)
    assert daemon.own is not None
    daemon.own.stop()
    daemon.own.start()
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: status(daemon)["live"] == "green", "told", BACK_WITHIN_S)
    assert set(ids(daemon)) == set(before)
    assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"


def succeeds(daemon: MortalDaemon, verb: str) -> bool:
    """Whether a verb does its work now."""
    return daemon.bgctl(verb, "tiny", status=None).returncode == 0


def status(daemon: MortalDaemon) -> dict[str, object]:
    """The app as the daemon tells it; nothing while it doesn't."""
    try:
        return dict(daemon.client.app("tiny"))
    except BgError:
        return {"live": None, "stale_s": None}


def test_while_the_engine_is_away_reads_go_on_and_changes_are_refused(
    daemon: MortalDaemon, tiny: Tiny
) -> None:
    deployed(daemon, tiny)
    daemon.json("status", "tiny")
    assert daemon.own is not None
    daemon.own.stop()
    told = daemon.json("status", "tiny")
    assert told["live"] == "green"
    assert told["stale_s"] is not None
    assert [c["service"] for c in told["colors"]["green"]["containers"]] == ["web"]
    assert "s old" in told["problems"][0]
    for verb in ("deploy tiny", "switch tiny", "rollback tiny", "stop tiny --color blue"):
        error = daemon.json(*verb.split(), status=4)["error"]
        assert "nothing was changed" in error["message"], verb
    daemon.own.start()
    daemon.wait_until(lambda: status(daemon)["stale_s"] is None, "fresh again", BACK_WITHIN_S)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: succeeds(daemon, "switch"), "well", BACK_WITHIN_S)
    assert daemon.answer() == "one"


def test_after_a_boot_traffic_comes_back_without_bgd_and_what_was_stopped_stays_so(
    daemon: MortalDaemon, tiny: Tiny
) -> None:
    deployed(daemon, tiny, web="restart: always")
    daemon.bgctl("stop", "tiny", "--color", "blue")
    assert daemon.own is not None
    daemon.end(signal.SIGKILL)
    daemon.own.crash()
    daemon.own.start()
    daemon.wait_until(lambda: daemon.answer() == "two", "served without bgd", BACK_WITHIN_S)
    blue = daemon.containers("bgd.color=blue")
    assert [c.status for c in blue] == ["exited"]
    daemon.start()
    told = daemon.json("status", "tiny")
    assert told["live"] == "green"
    assert told["colors"]["blue"]["state"] == "stopped"
    assert daemon.answer() == "two"


def test_after_a_boot_bgd_brings_back_what_has_no_restart_policy(daemon: MortalDaemon, tiny: Tiny) -> None:
    deployed(daemon, tiny)
    assert daemon.own is not None
    daemon.end(signal.SIGKILL)
    daemon.own.crash()
    daemon.own.start()
    daemon.start()
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)


def test_a_daemon_that_starts_before_the_engine_waits_for_it(daemon: MortalDaemon, tiny: Tiny) -> None:
    deployed(daemon, tiny)
    assert daemon.own is not None
    daemon.end(signal.SIGTERM)
    daemon.own.stop()
    daemon.start()
    told = daemon.json("status", "tiny")
    assert told["live"] == "green"
    assert "isn't known" in told["problems"][0]
    assert daemon.bgctl("deploy", "tiny", status=4).returncode == 4
    daemon.own.start()
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: succeeds(daemon, "deploy"), "well", BACK_WITHIN_S)
