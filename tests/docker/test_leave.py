"""Approval and time on the real engine: the wait outlives the daemon, and what was asked for ends it."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import httpx

from bgd.domain.window import DAYS
from tests.docker.daemon import RunningDaemon
from tests.docker.test_watching import until
from tests.docker.tiny import Tiny


def test_outside_its_windows_a_release_is_ready_and_waits_also_over_a_killed_daemon(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("deploy", "tiny")
    day = DAYS[(datetime.now(UTC) + timedelta(days=3)).weekday()]
    tiny.write("two", xbgd=f'windows: [{{days: {day}, from: "02:00", to: "05:00"}}]')
    bgd.bgctl("deploy", "tiny", "--detach")
    waits = until(bgd, "tiny", "waiting")
    assert (waits["approval"], waits["message"]) == (False, "waits for the next window")
    assert httpx.get(bgd.url).text == "one"
    assert httpx.get(bgd.preview).text == "two"
    bgd.end(signal.SIGKILL)
    bgd.start()
    refused = bgd.bgctl("promote", "tiny", status=4).stderr
    assert "needs no approval: it waits for the next window" in refused
    assert "--now" in refused
    assert "--now" in bgd.bgctl("status", "tiny").stdout
    bgd.bgctl("promote", "tiny", "--now")
    assert httpx.get(bgd.url).text == "two"


def test_a_release_for_a_time_to_come_switches_then_and_one_for_approval_after_its_time(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", str(tiny.write("one", xbgd="promote: manual\npromote_after: 1s")))
    first = bgd.finished("deploy", "tiny")
    assert first["outcome"] == "succeeded"
    tiny.write("two")
    at = datetime.now(UTC) + timedelta(seconds=20)
    done = bgd.finished("deploy", "tiny", "--at", at.isoformat())
    assert done["outcome"] == "succeeded"
    with bgd.client.events(since=0, follow=False) as stream:
        (moved,) = [e for e in stream if e["event"] == "live" and dict(e)["release"] == "r2"]
    assert datetime.fromisoformat(moved["at"]) >= at
    assert httpx.get(bgd.url).text == "two"
