"""Hashed files of the old colour, on the real engine."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.test_baking import visiting
from tests.docker.tiny import Tiny

XBGD = "assets: /static\ndrain: 3s"


@pytest.fixture
def bgd(common_bgd: RunningDaemon) -> RunningDaemon:
    """The daemon that others use too."""
    return common_bgd


@pytest.fixture
def tiny(guest: Tiny) -> Tiny:
    """The app, which leaves again."""
    return guest


def got(bgd: RunningDaemon, path: str) -> tuple[int, str]:
    """The status and the body of a public answer."""
    try:
        with urllib.request.urlopen(f"{bgd.url}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_old_files_answer_over_a_switch_and_while_their_color_is_warm(bgd: RunningDaemon, tiny: Tiny) -> None:
    tiny.write("1", xbgd=XBGD)
    bgd.bgctl("add", str(tiny.file))
    bgd.bgctl("deploy", "tiny")
    assert got(bgd, "/static/app.1.js") == (200, "1")
    assert got(bgd, "/static/app.2.js") == (404, "1 has no /static/app.2.js")
    tiny.write("2", xbgd=XBGD)
    with visiting(bgd, "/static/app.1.js") as visitors:
        bgd.bgctl("deploy", "tiny")
    assert {status for _, status, _ in visitors.seen} == {200}, "not one is missed at the switch"
    assert got(bgd, "/static/app.1.js") == (200, "1")
    assert got(bgd, "/static/app.2.js") == (200, "2")
    assert got(bgd, "/static/app.3.js") == (404, "1 has no /static/app.3.js")
    assert got(bgd, "/")[1] == "2"
    bgd.bgctl("stop", "tiny", "--color", "blue")
    assert got(bgd, "/static/app.1.js")[0] == 404
    assert got(bgd, "/static/app.2.js") == (200, "2")


@pytest.mark.parametrize("end", [("deploy", "tiny"), ("stop", "tiny", "--color", "blue")])
def test_a_file_of_a_color_that_is_replaced_or_stopped_comes_whole_or_is_gone(
    bgd: RunningDaemon, tiny: Tiny, end: tuple[str, ...]
) -> None:
    tiny.write("1", xbgd=XBGD)
    bgd.bgctl("add", str(tiny.file))
    for version in ("1", "2"):
        tiny.write(version, xbgd=XBGD)
        bgd.bgctl("deploy", "tiny")
    tiny.write("3", xbgd=XBGD)
    with contextlib.ExitStack() as asking:
        crowd = [asking.enter_context(visiting(bgd, "/static/app.1.js?slowly")) for _ in range(6)]
        bgd.bgctl(*end)
    assert {status for visitors in crowd for _, status, _ in visitors.seen} == {200, 404}
