"""bgd as its users have it: the daemon, bgctl, and apps in containers."""

from __future__ import annotations

import signal

import httpx

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny


def version_at(url: str, path: str = "/", host: str | None = None) -> str:
    """What the app answers."""
    answer = httpx.get(url + path, headers={"Host": host} if host else {}, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_from_the_first_deployment_to_a_rollback(bgd: RunningDaemon, tiny: Tiny) -> None:
    bgd.bgctl("add", str(tiny.write("one", xbgd="health: {path: /up}")))
    assert httpx.get(bgd.url).status_code == 503
    first = bgd.finished("deploy", "tiny")
    assert (first["outcome"], first["release"], first["live"]) == ("succeeded", "r1", "blue")
    assert version_at(bgd.url) == "one"
    blue = bgd.ids("tiny", "blue")

    tiny.write("two", xbgd="health: {path: /up}")
    assert bgd.finished("deploy", "tiny")["live"] == "green"
    assert version_at(bgd.url) == "two"
    assert bgd.ids("tiny", "blue") == blue
    assert version_at(bgd.preview) == "one"

    moved = bgd.json("switch", "tiny")
    assert (moved["from"], moved["to"], moved["release"]) == ("green", "blue", "r1")
    assert version_at(bgd.url) == "one"
    back = bgd.json("rollback", "tiny")
    assert (back["from"], back["to"], back["release"]) == ("blue", "green", "r2")
    assert version_at(bgd.url) == "two"
    assert bgd.ids("tiny", "blue") == blue

    status = bgd.json("status", "tiny")
    assert (status["live"], status["phase"]) == ("green", "idle")
    assert status["colors"]["green"]["containers"][0]["service"] == "web"
    past = bgd.json("history", "tiny")["deployments"]
    assert [(d["release"], d["outcome"]) for d in past] == [("r2", "succeeded"), ("r1", "succeeded")]


def test_a_failed_smoke_check_never_goes_live(bgd: RunningDaemon, tiny: Tiny) -> None:
    smoke = "smoke:\n  - get: /pay\n    status: 200"
    bgd.bgctl("add", str(tiny.write("one", xbgd=smoke)))
    bgd.bgctl("deploy", "tiny")
    blue = bgd.ids("tiny", "blue")
    tiny.write("two", fault="broke", xbgd=smoke)
    done = bgd.bgctl("deploy", "tiny", status=1)
    told = done.stdout + done.stderr
    assert "GET /pay" in told
    assert "500" in told
    assert "no money in two" in told
    assert "blue still serves r1" in told
    assert version_at(bgd.url) == "one"
    assert bgd.ids("tiny", "blue") == blue
    assert bgd.ids("tiny", "green") == set()


def test_traffic_goes_on_without_the_daemon_and_the_next_one_finds_everything(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    before = bgd.json("status", "tiny")
    bgd.end(signal.SIGKILL)
    assert version_at(bgd.url) == "one"
    bgd.bgctl("status", status=3)
    bgd.start()
    after = bgd.json("status", "tiny")
    assert (after["live"], after["colors"]["blue"]["release"]) == ("blue", "r1")
    assert [(c["id"], c["started"]) for c in after["colors"]["blue"]["containers"]] == [
        (c["id"], c["started"]) for c in before["colors"]["blue"]["containers"]
    ]
    assert bgd.end(signal.SIGTERM) == 0
    assert version_at(bgd.url) == "one"
