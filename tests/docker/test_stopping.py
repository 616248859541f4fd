"""SIGTERM in the middle of anything: the daemon ends within ten seconds, and the next one goes on."""

from __future__ import annotations

import os
import random
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.docker.daemon import RunningDaemon, running
from tests.docker.tiny import Tiny

WITHIN_S = 10.0
TURNS = 12 if os.environ.get("BGD_FAULTS") == "all" else 2
SEED = int(os.environ.get("BGD_SEED", random.SystemRandom().randrange(10**6)))
HUNG = """\
#!/bin/sh
# Compose as it is, but its `up` hangs while a file is there, and doesn't mind being asked to end.
case " $* " in
*" up "*) if [ -e @HANGS@ ]; then trap '' TERM INT HUP; touch @HANGS@.now; while :; do sleep 1; done; fi ;;
esac
exec @REAL@ "$@"
"""


def stopped(bgd: RunningDaemon) -> float:
    """Stop it; how long that took, in seconds."""
    began = time.monotonic()
    assert bgd.end() == 0, bgd.words()
    return time.monotonic() - began


def settled(bgd: RunningDaemon, app: str) -> dict[str, object]:
    """The app's status once nothing is under way any more, with what is live answering."""
    deadline = time.monotonic() + 60
    while (status := bgd.json("status", app))["phase"] != "idle":
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
    return status


def version(bgd: RunningDaemon) -> str:
    """What the public door says."""
    return httpx.get(f"{bgd.url}/", timeout=5).text


@pytest.fixture
def live(bgd: RunningDaemon, tiny: Tiny) -> RunningDaemon:
    """A daemon with an app whose version 1 is live."""
    tiny.write("1", xbgd="health: {path: /up, interval: 100ms}\ndrain: 1s")
    bgd.bgctl("add", str(tiny.file))
    bgd.bgctl("deploy", "tiny")
    tiny.write("2", xbgd="health: {path: /up, interval: 100ms}\ndrain: 1s")
    return bgd


def test_at_random_moments_of_a_deployment_it_ends_in_time_and_the_next_one_finishes_or_undoes_it(
    live: RunningDaemon,
) -> None:
    dice = random.Random(SEED)
    for turn in range(TURNS):
        before = version(live)
        live.bgctl("deploy", "tiny", "--detach")
        time.sleep(dice.uniform(0.0, 3.0))
        took_s = stopped(live)
        assert took_s < WITHIN_S, f"seed {SEED}, turn {turn}"
        assert version(live) in {before, "2"}, f"seed {SEED}, turn {turn}: traffic goes on"
        live.start()
        status = settled(live, "tiny")
        assert status["live"] in {"blue", "green"}
        assert version(live) in {before, "2"}
        history = live.json("history", "tiny")["deployments"]
        assert history[0]["outcome"] in {"succeeded", "failed", "cancelled"}, f"seed {SEED}, turn {turn}"


def test_open_streams_dont_keep_it(live: RunningDaemon) -> None:
    streams = []
    for number in range(50):
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(str(live.socket))
        path = "/v1/events" if number % 2 else "/v1/apps/tiny/logs?follow=true"
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: bgd\r\n\r\n".encode())
        if number < 40:  # the others never read
            assert stream.recv(64).startswith(b"HTTP/1.1 200")
        streams.append(stream)
    assert stopped(live) < WITHIN_S
    assert not live.socket.exists()
    for stream in streams:
        stream.close()
    assert version(live) == "1"


def test_a_compose_that_hangs_and_doesnt_listen_is_ended_with_it(
    tmp_path: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim, hangs = tmp_path / "bin", tmp_path / "hangs"
    shim.mkdir()
    compose = Path(sys.executable).with_name("docker-compose")
    for name in ("docker-compose", "docker"):
        (shim / name).write_text(HUNG.replace("@HANGS@", str(hangs)).replace("@REAL@", str(compose)))
        (shim / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim}:{os.environ['PATH']}")
    with running(tmp_path / "bgd") as bgd:
        tiny.write("1", xbgd="health: {path: /up, interval: 100ms}")
        bgd.bgctl("add", str(tiny.file))
        bgd.bgctl("deploy", "tiny")
        # A service that waits for another is what Compose itself starts, and not the engine.
        needs = "depends_on: {side: {condition: service_started}}"
        side = "side:\n  image: bgd/demo-redis:local"
        tiny.write("2", web=needs, services=side, xbgd="health: {path: /up, interval: 100ms}")
        hangs.touch()
        bgd.bgctl("deploy", "tiny", "--detach")
        deadline = time.monotonic() + 60
        while not (tmp_path / "hangs.now").exists():
            assert time.monotonic() < deadline, bgd.words()
            time.sleep(0.05)
        assert stopped(bgd) < WITHIN_S
        assert version(bgd) == "1"
        hangs.unlink()
        assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(shim).encode() in _bytes(p)]
        bgd.start()
        settled(bgd, "tiny")
        assert version(bgd) in {"1", "2"}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
