"""How long a drill stays on the other colour: until it is seen to serve real requests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from bgd.cli import drill
from bgd.errors import Failed
from tests.bgctl import bgctl, on_terminal, process
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.fake_http import Request
from tests.samples import color_json

SHOP = "/v1/apps/shop"
BEGAN = 1000


@pytest.fixture
def daemon(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> FakeDaemon:
    """Blue is live and green warm; traffic moves, and each move has its receipt at once."""
    monkeypatch.setattr(drill, "LOOK_EVERY_S", 0.001)
    daemon.apps["shop"]["colors"]["green"] = color_json("shop", "green", "warm", "r0")
    moves: list[Any] = []

    def switch(request: Request) -> dict[str, Any]:
        to = (request.body or {}).get("to") or "green"
        moves.append({"app": "shop", "from": "green" if to == "blue" else "blue", "to": to})
        daemon.tell("receipt", app="shop", deployment=10 + len(moves), move=None)
        return {**moves[-1], "release": "r1", "took_ms": 3.0}

    daemon.on("POST", f"{SHOP}/switch", switch)
    return daemon


def known(until: int, green: Sequence[int]) -> dict[str, Any]:
    """The traffic up to a second; the last ones of green."""
    requests = [0] * (60 - len(green)) + list(green)
    colors = {color: {"series": {"requests": [5] * 60}} for color in ("blue", "green")}
    colors["green"]["series"]["requests"] = requests
    return {"app": "shop", "until": until, "late_s": 2, "colors": colors}


def looks(daemon: FakeDaemon, *documents: Any) -> None:
    """What each look at the traffic tells; the last one from then on."""
    left = list(documents)
    daemon.on("GET", f"{SHOP}/traffic", lambda _: left.pop(0) if len(left) > 1 else left[0])


def asked(daemon: FakeDaemon) -> list[str]:
    """The moves and the looks at the traffic, in their order."""
    last = (one.path.rpartition("/")[2] for one in daemon.requests)
    return [word for word in last if word in ("switch", "traffic")]


def test_it_comes_back_when_a_request_of_after_the_move_is_known_on_the_other_colour(
    daemon: FakeDaemon,
) -> None:
    before_the_move = [7, 7]
    looks(
        daemon,
        known(BEGAN, before_the_move),
        known(BEGAN + 2, [*before_the_move, 7, 7]),  # of the seconds before the move: a colour that drained
        known(BEGAN + 3, [7, 7, 7, 0]),
        known(BEGAN + 4, [7, 7, 0, 1]),
    )
    told = bgctl(daemon, "drill", "shop", "--json")
    assert asked(daemon) == ["traffic", "switch", "traffic", "traffic", "traffic", "switch"]
    assert [move["to"] for move in told.document["moves"]] == ["green", "blue"]
    assert "no request reached" not in told.err


def test_it_comes_back_in_time_without_a_request_and_says_so(
    daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "STAY_AT_MOST_S", 0.05)
    looks(daemon, known(BEGAN, []), known(BEGAN + 30, []))
    told = bgctl(daemon, "drill", "shop", "--json")
    assert (told.code, asked(daemon)[-1]) == (0, "switch")
    assert "no request reached green within 0.05 s" in told.err


def test_it_comes_back_when_the_traffic_can_t_be_looked_at(daemon: FakeDaemon) -> None:
    looks(daemon, known(BEGAN, []), Failed("no figures"))
    told = bgctl(daemon, "drill", "shop", "--json")
    assert asked(daemon) == ["traffic", "switch", "traffic", "switch"]
    assert [move["to"] for move in told.document["moves"]] == ["green", "blue"]


def test_a_drill_that_is_interrupted_brings_the_traffic_back(daemon: FakeDaemon) -> None:
    looks(daemon, known(BEGAN, []))
    with on_terminal(daemon, "drill", "shop") as terminal:
        terminal.read_until("● green serves")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.read_to_end() == 130
        assert "given up: the traffic goes back now" in terminal.screen.text
        assert "● blue serves" in terminal.screen.text
    assert [each.body["to"] for each in daemon.requests if each.method == "POST"] == [None, "blue"]


def test_a_drill_that_is_interrupted_in_its_switch_says_the_way_back(daemon: FakeDaemon) -> None:
    looks(daemon, known(BEGAN, []))
    is_over = threading.Event()
    daemon.on("POST", "/v1/apps/shop/switch", lambda _: is_over.wait(DEADLINE_S))
    with process(daemon, "drill", "shop") as bgctl_process:
        daemon.wait_for_request("POST", "/v1/apps/shop/switch")
        bgctl_process.send_signal(signal.SIGINT)
        _, told = bgctl_process.communicate(timeout=DEADLINE_S)
        is_over.set()
        assert bgctl_process.returncode == 130
    assert "nobody orders the way back" in told
    assert "`bgctl switch shop --to blue` goes back" in told
