"""A rehearsal of switch and rollback on the real engine."""

from __future__ import annotations

import json
import re

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.test_baking import visiting
from tests.docker.tiny import Tiny


@pytest.fixture
def bgd(common_bgd: RunningDaemon) -> RunningDaemon:
    """The daemon that others use too."""
    return common_bgd


@pytest.fixture
def tiny(guest: Tiny) -> Tiny:
    """The app, which leaves again."""
    return guest


def test_a_drill_switches_and_comes_back_and_shows_what_that_did(bgd: RunningDaemon, tiny: Tiny) -> None:
    tiny.write("1", xbgd="drain: 3s")
    bgd.bgctl("add", str(tiny.file))
    bgd.bgctl("deploy", "tiny")
    assert "a drill needs both" in bgd.bgctl("drill", "tiny", status=4).stderr
    tiny.write("2", xbgd="drain: 3s")
    bgd.bgctl("deploy", "tiny")
    with visiting(bgd, "/") as visitors:
        shown = bgd.bgctl("drill", "tiny").stdout
        again = bgd.bgctl("drill", "tiny", "--json")
    assert bgd.json("status", "tiny")["live"] == "green"
    assert "green → blue" in shown
    assert "blue → green" in shown
    # Where no request was for the old colour since the command, there is none to tell of.
    assert not re.search(r"\d requests? after it was seen", shown)
    assert {status for _, status, _ in visitors.seen} == {200}
    assert {body for _, _, body in visitors.seen} == {"1", "2"}
    assert "no request reached" not in again.stderr
    told = json.loads(again.stdout)
    assert [move["to"] for move in told["moves"]] == ["blue", "green"]
    assert [receipt["move"]["to"] for receipt in told["receipts"]] == ["blue", "green"]
    assert [receipt["move"]["strays"] for receipt in told["receipts"]] == [0, 0]
