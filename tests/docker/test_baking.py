"""A release that is watched after its switch, on the real engine: its requests, its containers, its end."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import IMAGE, Tiny

BAKE = "bake: {for: 60s}\nsmoke: [{get: /up}]"


@dataclass
class Visitors:
    """What requests for a page got: when each ended, its status, its body; 0 where it wasn't whole."""

    seen: list[tuple[float, int, str]] = field(default_factory=list)

    def failed(self) -> list[float]:
        """When errors came."""
        return [at for at, status, _ in self.seen if status >= 500]


@contextmanager
def visiting(bgd: RunningDaemon, path: str) -> Iterator[Visitors]:
    """Requests over one connection, one after the other, as long as the block lasts."""
    visitors, over = Visitors(), threading.Event()

    def visit() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", bgd.http_port, timeout=10)
        while not over.wait(0.02):
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                status, body = answer.status, answer.read().decode()
            except (http.client.HTTPException, OSError) as error:
                status, body = 0, repr(error)
                connection.close()
            visitors.seen.append((time.monotonic(), status, body))
        connection.close()

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield visitors
    finally:
        over.set()
        thread.join()


@pytest.fixture
def tiny(common_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """The app with version 1 live."""
    made = Tiny(tmp_path, "baked")
    made.write("1", xbgd=BAKE)
    common_bgd.bgctl("add", str(made.file))
    common_bgd.bgctl("deploy", "baked")
    yield made
    common_bgd.bgctl("remove", "baked", "--yes", "--volumes")


def watched(bgd: RunningDaemon) -> dict[str, Any]:
    """The last word on a watch in the journal."""
    told = list(bgd.client.events(app="baked", since=0, follow=False))
    return dict([each for each in told if each["event"] == "watched"][-1])


def test_a_release_that_answers_errors_is_taken_back_within_two_seconds_of_its_tenth(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    blue = common_bgd.ids("baked", "blue")
    tiny.write("2", fault="broke", xbgd=BAKE)
    with visiting(common_bgd, "/pay") as visitors:
        shown = common_bgd.bgctl("deploy", "baked", status=1).stderr
    errors = visitors.failed()
    assert len(errors) >= 10
    assert errors[-1] - errors[9] < 2.0
    assert {status for _, status, _ in visitors.seen} == {200, 500}
    assert visitors.seen[-1][1:] == (200, "1")
    status = common_bgd.json("status", "baked")
    assert (status["live"], status["phase"]) == ("blue", "idle")
    assert common_bgd.ids("baked", "blue") == blue
    assert not common_bgd.ids("baked", "green")
    assert "went live and was rolled back at watch" in shown
    assert "· green since the switch:" in shown
    assert "no money" not in shown
    (last, *_) = common_bgd.json("history", "baked")["deployments"]
    assert last["outcome"] == "rolled_back"
    assert watched(common_bgd)["broke"]
    assert watched(common_bgd)["after"]["failed"] >= 10


def test_a_release_that_answers_errors_is_taken_back_while_a_worker_takes_its_time_to_stop(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    stubborn = f"""\
worker:
  image: {IMAGE}
  init: true
  command: [python3, -c, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]
  stop_grace_period: 20s
"""
    xbgd = f"{BAKE}\nroles: {{worker: live-only}}"
    tiny.write("1", services=stubborn, xbgd=xbgd)
    common_bgd.bgctl("deploy", "baked")
    live = common_bgd.client.app("baked")["live"]
    tiny.write("2", fault="broke", services=stubborn, xbgd=xbgd)
    with visiting(common_bgd, "/pay") as visitors:
        common_bgd.bgctl("deploy", "baked", status=1)
    assert visitors.seen[-1][1:] == (200, "1")
    (last, *_) = common_bgd.json("history", "baked")["deployments"]
    assert last["outcome"] == "rolled_back"
    assert last["failure"]["stage"] == "handing_over"
    app = common_bgd.client.app("baked")
    running = {c["service"] for c in app["colors"][str(live)]["containers"] if c["status"] == "running"}
    assert (app["live"], running) == (live, {"web", "worker"})


def test_a_release_whose_container_dies_under_watch_is_taken_back(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("2", xbgd=BAKE)
    common_bgd.bgctl("deploy", "baked", "--detach")
    phase(common_bgd, "baking")
    (container,) = common_bgd.containers("bgd.app=baked", "bgd.color=green")
    container.kill("SIGKILL")
    phase(common_bgd, "idle")
    status = common_bgd.json("status", "baked")
    assert status["live"] == "blue"
    failure = status["last_deployment"]["failure"]
    assert "green" in failure["message"]
    assert ("exited with status 137" in failure["message"]) or ("died" in failure["message"])


def test_a_killed_daemon_goes_on_watching(common_bgd: RunningDaemon, tiny: Tiny) -> None:
    tiny.write("2", fault="broke", xbgd=BAKE)
    common_bgd.bgctl("deploy", "baked", "--detach")
    phase(common_bgd, "baking")
    common_bgd.end(9)
    common_bgd.start()
    phase(common_bgd, "baking")
    with visiting(common_bgd, "/pay"):
        phase(common_bgd, "idle")
    assert common_bgd.json("status", "baked")["live"] == "blue"


def test_a_rollback_takes_a_watched_release_back_and_promote_keeps_it(
    common_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("2", xbgd=BAKE)
    common_bgd.bgctl("deploy", "baked", "--detach")
    phase(common_bgd, "baking")
    assert "ends the watch" in common_bgd.bgctl("switch", "baked", status=4).stderr
    moved = common_bgd.json("rollback", "baked")
    assert (moved["from"], moved["to"], moved["release"]) == ("green", "blue", "r1")
    common_bgd.bgctl("deploy", "baked", "--detach")
    phase(common_bgd, "baking")
    common_bgd.bgctl("promote", "baked")
    assert common_bgd.json("status", "baked")["live"] == "green"
    assert "too few requests to judge" in watched(common_bgd)["verdict"]


def phase(bgd: RunningDaemon, wanted: str) -> None:
    """Wait until the app is in this phase."""
    deadline = time.monotonic() + 60
    while (seen := bgd.client.app("baked")["phase"]) != wanted:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
