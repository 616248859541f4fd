"""Live-only services on the real engine: jobs that are due while a release comes, and while it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

APP = "clockwork"
SCHEDULER = '''\
"""A job is due each half second; each takes most of that, and what was missed is caught up with."""
import signal, sys, time
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
done = open("/data/done", "a+")
while not stopping:
    done.seek(0)
    slots = [int(line.split()[0]) for line in done]
    slot = slots[-1] + 1 if slots else int(time.time() * 2)
    if slot > time.time() * 2:
        time.sleep(0.02)
        continue
    time.sleep(0.3)
    done.write(f"{slot} {sys.argv[1]}\\n")
    done.flush()
'''


@pytest.fixture
def tiny(common_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """The app, and nothing of it afterwards."""
    made = Tiny(tmp_path, APP)
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    (tmp_path / "scheduler.py").write_text(SCHEDULER)
    yield made
    common_bgd.bgctl("remove", APP, "--yes", "--volumes")


def release(tiny: Tiny, version: str) -> None:
    """A version of the app and its scheduler."""
    cron = f"""\
cron:
  image: {IMAGE}
  command: [python3, /scheduler.py, "{version}"]
  volumes: ["./scheduler.py:/scheduler.py:ro", "./data:/data"]
"""
    tiny.write(version, services=cron, xbgd="roles: {cron: live-only}\noverlap: true")


def jobs(tiny: Tiny) -> list[tuple[int, str]]:
    """What was done, and by whom."""
    lines = (tiny.directory / "data" / "done").read_text().splitlines()
    return [(int(slot), who) for slot, who in (line.split() for line in lines)]


def done_by(tiny: Tiny, version: str, since: int) -> None:
    """Wait until a version's scheduler has done another job."""
    deadline = time.monotonic() + 30
    while version not in {who for _, who in jobs(tiny)[since:]}:
        assert time.monotonic() < deadline, jobs(tiny)
        time.sleep(0.05)


def test_a_job_that_is_due_during_a_deployment_or_a_rollback_runs_once(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    release(tiny, "1")
    common_bgd.bgctl("add", str(tiny.file))
    common_bgd.bgctl("deploy", APP)
    done_by(tiny, "1", 0)
    release(tiny, "2")
    common_bgd.bgctl("deploy", APP)
    done_by(tiny, "2", 0)
    before = len(jobs(tiny))
    common_bgd.bgctl("rollback", APP)
    done_by(tiny, "1", before)
    slots = [slot for slot, _ in jobs(tiny)]
    assert slots == list(range(slots[0], slots[0] + len(slots))), "one ran twice, or was lost"
    turns = [who for index, (_, who) in enumerate(jobs(tiny)) if not index or jobs(tiny)[index - 1][1] != who]
    assert turns == ["1", "2", "1"], "the new one begins after the old one's last job"
