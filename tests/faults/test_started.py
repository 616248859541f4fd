"""A daemon that is started on a state directory which is in use, or which an older bgd left."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.daemon import free_port
from tests.docker.tiny import Tiny
from tests.faults.asker import Asker
from tests.faults.mortal_daemon import MortalDaemon

XBGD = "health: {path: /up, interval: 100ms}\ndrain: 1s"
REFUSED_WITHIN_S = 20.0
TO_SCHEMA_1 = """
ALTER TABLE lives RENAME TO lives_by_id;
CREATE TABLE lives (app TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (app, at)) STRICT;
INSERT INTO lives SELECT app, at, body FROM lives_by_id ORDER BY id;
DROP TABLE lives_by_id;
PRAGMA user_version = 1;
"""
"""What the journal's first schema had otherwise."""


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """The app."""
    return Tiny(tmp_path / "tiny")


@pytest.fixture
def daemon(tmp_path: Path, tiny: Tiny) -> Iterator[MortalDaemon]:
    """A daemon with two releases of an app, the second live."""
    made = MortalDaemon(tmp_path / "bgd")
    try:
        made.start()
        made.bgctl("add", str(tiny.write("one", xbgd=XBGD)))
        made.bgctl("deploy", "tiny")
        tiny.write("two", xbgd=XBGD)
        made.bgctl("deploy", "tiny")
        yield made
    finally:
        made.clear()


def test_a_second_daemon_on_a_state_directory_is_told_who_holds_it_and_changes_nothing(
    daemon: MortalDaemon, tmp_path: Path
) -> None:
    before = {c.id: c.attrs["State"]["StartedAt"] for c in daemon.containers()}
    options = {
        "--socket": tmp_path / "second.sock",
        "--state-dir": daemon.state_dir,
        "--http": f"127.0.0.1:{free_port()}",
        "--preview": f"127.0.0.1:{free_port()}",
        "--instance": daemon.instance,
    }
    words = [str(word) for pair in options.items() for word in pair]
    with Asker(daemon.http_port) as asker:
        second = subprocess.run(
            [sys.executable, "-m", "bgd.main", *words],
            capture_output=True,
            text=True,
            timeout=REFUSED_WITHIN_S,
            check=False,
        )
    assert second.returncode == 1, second.stderr
    assert str(daemon.state_dir) in second.stderr
    assert f"pid {daemon.pid}" in second.stderr
    assert not asker.failures, asker.failures[:3]
    assert {c.id: c.attrs["State"]["StartedAt"] for c in daemon.containers()} == before
    assert daemon.json("status", "tiny")["live"] == "green"
    assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"


def test_the_state_of_an_older_bgd_is_taken_over_with_a_copy_and_nobody_notices(
    daemon: MortalDaemon, tiny: Tiny
) -> None:
    journal = daemon.state_dir / "bgd.db"
    before = daemon.ids("tiny", "green")
    with Asker(daemon.http_port) as asker:
        daemon.end()
        with contextlib.closing(sqlite3.connect(journal)) as db:
            db.executescript(TO_SCHEMA_1)
        daemon.start()
        status = daemon.json("status", "tiny")
        assert (status["live"], status["colors"]["green"]["release"]) == ("green", "r2")
        assert daemon.ids("tiny", "green") == before
        assert [d["release"] for d in daemon.json("history", "tiny")["deployments"]] == ["r2", "r1"]
        assert daemon.json("rollback", "tiny")["release"] == "r1"
        tiny.write("three", xbgd=XBGD)
        assert daemon.finished("deploy", "tiny")["release"] == "r3"
        asker.wait_for("three")
    assert not asker.failures, asker.failures[:3]
    assert asker.versions == ["two", "one", "three"]
    copy = journal.with_name("bgd.db.schema1")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM releases").fetchone() == (2,)
