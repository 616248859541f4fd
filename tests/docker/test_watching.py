"""A changed file deploys by itself: once per save, and only when the app as resolved changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bgd.client import Client
from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny

WATCHED = "watch: true\nhealth: {path: /up}"


@pytest.fixture
def watched(bgd: RunningDaemon, tiny: Tiny) -> Tiny:
    """An app that is watched, with version `one` live."""
    bgd.bgctl("add", str(tiny.write("one", xbgd=WATCHED)))
    until(bgd, "tiny", "finished")
    return tiny


def events(daemon: RunningDaemon, app: str, since: int = 0) -> Iterator[dict[str, Any]]:
    """The app's events from the journal, and as they come."""
    with Client(str(daemon.socket)).events(app=app, since=since) as stream:
        yield from stream


def until(daemon: RunningDaemon, app: str, kind: str, since: int = 0) -> dict[str, Any]:
    """The next event of a kind."""
    return next(event for event in events(daemon, app, since) if event["event"] == kind)


def newest(daemon: RunningDaemon) -> int:
    """The id of the newest event."""
    with daemon.client.events(since=0, follow=False) as stream:
        return max(int(event["id"]) for event in stream)


def save_atomically(file: Path, text: str) -> None:
    """Write beside and rename, as editors do."""
    beside = file.with_name(".compose.yaml.swp")
    beside.write_text(text)
    beside.rename(file)


def test_a_watched_app_is_deployed_once_per_save(bgd: RunningDaemon, watched: Tiny) -> None:
    mark = newest(bgd)
    save_atomically(watched.file, watched.file.read_text().replace('"one"', '"two"'))
    done = until(bgd, "tiny", "finished", mark)
    assert (done["outcome"], done["release"]) == ("succeeded", "r2")
    assert httpx.get(bgd.url).text == "two"

    mark = newest(bgd)
    with watched.file.open("a") as file:
        file.write("# a remark\n")
        os.fsync(file.fileno())
    assert "nothing to deploy" in until(bgd, "tiny", "watch", mark)["message"]

    mark = newest(bgd)
    good = watched.file.read_text()
    save_atomically(watched.file, good + "  drain: [\n")
    told = until(bgd, "tiny", "watch", mark)["message"]
    assert f"{watched.file}:" in told
    assert "green still serves r2" in told

    mark = newest(bgd)
    for version in range(50):
        save_atomically(watched.file, good.replace('"two"', f'"v{version}"'))
    done = until(bgd, "tiny", "finished", mark)
    assert (done["outcome"], done["release"]) == ("succeeded", "r3")
    assert httpx.get(bgd.url).text == "v49"
    assert len(bgd.json("history", "tiny")["deployments"]) == 3


def test_a_change_while_no_daemon_looked_is_deployed_by_the_next(bgd: RunningDaemon, watched: Tiny) -> None:
    bgd.end()
    watched.file.write_text(watched.file.read_text().replace('"one"', '"two"'))
    bgd.start()
    done = next(e for e in events(bgd, "tiny") if e["event"] == "finished" and e["release"] == "r2")
    assert done["outcome"] == "succeeded"
    assert httpx.get(bgd.url).text == "two"
