"""`bgctl ui` in a real terminal, in front of the real daemon and engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx
import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny
from tests.tui.tmux import IS_INSTALLED, in_tmux

DEPLOYED_WITHIN_S = 120.0
MOVED_WITHIN_S = 40.0

pytestmark = pytest.mark.skipif(not IS_INSTALLED, reason="tmux isn't installed")


def version_at(url: str) -> str:
    """What the app answers."""
    return httpx.get(url, timeout=10).text


def test_a_release_is_deployed_switched_and_rolled_back_from_the_screen(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", str(tiny.write("one", xbgd="health: {path: /up}")))
    bgctl = str(Path(sys.executable).with_name("bgctl"))
    with in_tmux([bgctl, "ui"], 120, 36, BGD_SOCKET=str(bgd.socket), PATH=os.environ["PATH"]) as pane:
        pane.reads("tiny", "nothing is live", "no deployment yet")

        pane.press("d")
        pane.reads("Deploy tiny", "first release", "$ bgctl deploy tiny")
        pane.press("y")
        pane.reads("● BLUE is live  r1", "r1 is live on BLUE", within_s=DEPLOYED_WITHIN_S)
        pane.reads("● BLUE live", "✓ healthy", "following")
        assert version_at(bgd.url) == "one"

        tiny.write("two", xbgd="health: {path: /up}")
        pane.press("d")
        pane.reads("Deploy tiny", "$ bgctl deploy tiny")
        pane.press("y")
        pane.reads("● GREEN is live  r2", "r2 is live on GREEN", within_s=DEPLOYED_WITHIN_S)
        assert version_at(bgd.url) == "two"

        # Cancel is the default: Enter alone moves nothing.
        pane.reads("○ BLUE warm", within_s=MOVED_WITHIN_S)
        pane.press("s")
        pane.reads("Switch tiny to BLUE")
        pane.press("Enter")
        assert version_at(bgd.url) == "two"

        pane.press("s")
        pane.reads("Switch tiny to BLUE", "$ bgctl switch tiny --to blue")
        pane.press("y")
        pane.reads("● BLUE is live  r1", within_s=MOVED_WITHIN_S)
        assert version_at(bgd.url) == "one"

        pane.reads("○ GREEN warm", within_s=MOVED_WITHIN_S)
        pane.press("r")
        pane.reads("Roll tiny back", "$ bgctl rollback tiny")
        pane.press("y")
        pane.reads("● GREEN is live  r2", within_s=MOVED_WITHIN_S)
        assert version_at(bgd.url) == "two"

        # What was done is read: each change with its timeline, the newest first.
        pane.press("H")
        pane.reads("rollback of r2 into GREEN", "✓ r1", "Timeline", "green has the traffic, with r2")
        pane.press("Escape")
        pane.reads("following", "req/s")

        # The daemon is upgraded: the screen says so and goes on with the next one.
        bgd.end()
        pane.reads("daemon away for", "the traffic goes on")
        assert version_at(bgd.url) == "two"
        bgd.start()
        pane.reads("● GREEN is live  r2", within_s=MOVED_WITHIN_S)

        pane.press("q")
        pane.reads("ended with 0")
    assert [one["outcome"] for one in bgd.json("history", "tiny")["deployments"]][-2:] == ["succeeded"] * 2
