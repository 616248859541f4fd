"""The disk is full where bgd writes: traffic goes on, the error says so, and room is all that it takes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.tiny import Tiny
from tests.faults.asker import Asker
from tests.faults.mortal_daemon import MortalDaemon

SIZE = "24m"
WELL_WITHIN_S = 60.0
XBGD = "health: {path: /up, interval: 100ms}\ndrain: 1s"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a small disk takes root")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[MortalDaemon]:
    """A daemon with its state on a disk of its own, and blue live."""
    made = MortalDaemon(tmp_path / "bgd")
    made.state_dir.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "bgd", made.state_dir], check=True)
    try:
        made.start()
        made.bgctl("add", str(Tiny(tmp_path / "tiny").write("one", xbgd=XBGD)))
        made.bgctl("deploy", "tiny")
        yield made
    finally:
        made.clear()
        subprocess.run(["umount", "--lazy", made.state_dir], check=True)


def fill(directory: Path) -> Path:
    """Take all the room that there is; the file that has it."""
    path = directory / "ballast"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return path


def test_a_deployment_fails_with_the_reason_and_succeeds_once_there_is_room(
    daemon: MortalDaemon, tmp_path: Path
) -> None:
    tiny = Tiny(tmp_path / "tiny")
    blue = daemon.ids("tiny", "blue")
    ballast = fill(daemon.state_dir)
    tiny.write("two", xbgd=XBGD)
    with Asker(daemon.http_port) as asker:
        told = daemon.json("deploy", "tiny", "--detach", status=1)["error"]
        assert "full" in told["message"] + told["hint"], told
        assert daemon.json("status", "tiny")["live"] == "blue"
        assert daemon.ids("tiny", "blue") == blue
        ballast.unlink()
        assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"
    assert not asker.failures, asker.failures[:3]
    assert daemon.answer() == "two"


def test_a_disk_that_fills_during_a_deployment_costs_nobody_an_answer(
    daemon: MortalDaemon, tmp_path: Path
) -> None:
    tiny = Tiny(tmp_path / "tiny")
    tiny.write("two", fault="deaf", xbgd=f"{XBGD}")
    with Asker(daemon.http_port) as asker:
        daemon.client.deploy("tiny")
        daemon.wait_until(lambda: daemon.client.app("tiny")["phase"] == "checking", "checking", WELL_WITHIN_S)
        ballast = fill(daemon.state_dir)
        daemon.bgctl("cancel", "tiny", status=1)  # it can't be written down
        assert daemon.client.app("tiny")["live"] == "blue"
        ballast.unlink()
        daemon.bgctl("cancel", "tiny", status=None)
        daemon.wait_until(lambda: daemon.client.app("tiny")["phase"] == "idle", "idle", WELL_WITHIN_S)
    assert not asker.failures, asker.failures[:3]
    assert daemon.answer() == "one"


def test_a_switch_on_a_full_disk_moves_all_or_nothing(daemon: MortalDaemon, tmp_path: Path) -> None:
    tiny = Tiny(tmp_path / "tiny")
    tiny.write("two", xbgd=XBGD)
    daemon.bgctl("deploy", "tiny")
    ballast = fill(daemon.state_dir)
    with Asker(daemon.http_port) as asker:
        daemon.bgctl("switch", "tiny", status=1)
        assert daemon.answer() == "two"
        daemon.end(signal.SIGKILL)  # and the daemon dies of something else
        ballast.unlink()
        daemon.start()
        assert daemon.json("status", "tiny")["live"] == "green"
        daemon.bgctl("switch", "tiny")
    assert not asker.failures, asker.failures[:3]
    assert daemon.answer() == "one"
