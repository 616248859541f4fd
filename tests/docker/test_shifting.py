"""Visitors that move to a new release by and by, on the real engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.docker.crowd import Crowd, crowd
from tests.docker.daemon import RunningDaemon
from tests.docker.tiny import Tiny

APP = "shifty"
VISITORS = 100
SIGMAS = 4
SHIFT = "shift: {steps: [20%, 60%, 100%], pause: 5s}\nsmoke: [{get: /up}]"
LONG = "shift: {steps: [20%, 100%], pause: 10m}\nsmoke: [{get: /up}]"
ALWAYS = "restart: always"


@pytest.fixture
def tiny(shared_bgd: RunningDaemon, tmp_path: Path) -> Iterator[Tiny]:
    """The app with version 1 live, which doesn't shift yet."""
    made = Tiny(tmp_path, APP)
    made.write("1", web=ALWAYS)
    shared_bgd.bgctl("add", str(made.file))
    shared_bgd.bgctl("deploy", APP)
    yield made
    shared_bgd.bgctl("cancel", APP, status=None)
    shared_bgd.bgctl("remove", APP, "--yes", "--volumes")


def told(bgd: RunningDaemon, event: str) -> list[dict[str, Any]]:
    """The journal's events of a kind, since the app was taken in."""
    every = [dict(e) for e in bgd.client.events(app=APP, since=0, follow=False)]
    added = max(place for place, e in enumerate(every) if e["event"] == "added")
    return [e for e in every[added:] if e["event"] == event]


def seconds(at: str) -> float:
    """A time of the journal as seconds of the epoch."""
    return datetime.fromisoformat(at).timestamp()


def until(bgd: RunningDaemon, phase: str, percent: int = 0) -> dict[str, Any]:
    """Wait for a phase, and in a shift for a share that was given; the app then."""
    deadline = time.monotonic() + 90
    while True:
        app: dict[str, Any] = dict(bgd.client.app(APP))
        shift = (app["deployment"] or {}).get("shift") or {}
        if app["phase"] == phase and (not percent or (shift.get("percent") == percent and shift["since"])):
            return app
        assert time.monotonic() < deadline, (app["phase"], shift)
        time.sleep(0.05)


def sent_back(visitors: Crowd, old: str = "1") -> list[str]:
    """Who saw the old version after the new one."""
    back = []
    for name, visits in visitors.visits.items():
        seen = [one.body for one in visits]
        moved = next((place for place, body in enumerate(seen) if body != old), len(seen))
        back += [name] if old in seen[moved:] else []
    return back


def on_new(visitors: Crowd, since: float, till: float) -> set[str]:
    """Who saw the new version in that time, when nobody may have moved."""
    seen = {name: found for name, found in visitors.versions(since, till).items() if found}
    assert len(seen) == VISITORS, "somebody never asked in a step"
    assert not [name for name, found in seen.items() if len(found) > 1], "somebody moved within a step"
    return {name for name, found in seen.items() if found == {"2"}}


def test_visitors_move_step_by_step_and_nobody_goes_back(shared_bgd: RunningDaemon, tiny: Tiny) -> None:
    tiny.write("2", web=ALWAYS, xbgd=SHIFT)
    with crowd(shared_bgd, VISITORS) as visitors:
        shown = shared_bgd.bgctl("deploy", APP).stderr
        visitors.wait_for_all()
    assert not visitors.failed()
    assert not sent_back(visitors)
    shares = {e["percent"]: seconds(e["at"]) for e in told(shared_bgd, "shifted")}
    assert list(shares) == [20, 60]
    effects = [e for e in told(shared_bgd, "effect") if e["phase"] == "intent"]
    (flip,) = [seconds(e["at"]) for e in effects if "blue → green" in e["detail"]]
    (second,) = [seconds(e["at"]) for e in effects if e["detail"] == "60 % to green"]
    early = on_new(visitors, shares[20], second)
    late = on_new(visitors, shares[60], flip)
    for percent, group in ((20, early), (60, late)):
        margin = SIGMAS * sqrt(VISITORS * percent / 100 * (1 - percent / 100))
        assert abs(len(group) - VISITORS * percent / 100) <= margin, (percent, len(group))
    assert early < late
    assert all(visits[-1].body == "2" for visits in visitors.visits.values())
    assert "green gets 20 % of the visitors" in shown
    assert "green gets 60 % of the visitors" in shown
    assert [(w["percent"], w["broke"]) for w in told(shared_bgd, "watched")] == [(20, False), (60, False)]
    assert not list(shared_bgd.state_dir.glob(f"nginx/gate/{APP}/share*"))
    assert min(map(len, visitors.visits.values())) > 5


def test_a_release_that_answers_errors_to_a_share_is_taken_back_and_the_rest_never_saw_it(
    shared_bgd: RunningDaemon, tiny: Tiny
) -> None:
    blue = shared_bgd.ids(APP, "blue")
    tiny.write("2", web=ALWAYS, fault="broke", xbgd=LONG.replace("20%", "5%"))
    with crowd(shared_bgd, VISITORS, "/pay") as visitors:
        shown = shared_bgd.bgctl("deploy", APP, status=1).stderr
        visitors.wait_for_all()
    failed = visitors.failed()
    assert len(failed) >= 10
    assert {one.status for _, one in failed} == {500}
    ends = sorted(one.answered for _, one in failed)
    assert ends[-1] - ends[9] < 2.0, "known a second later at most, and taken back at once"
    hit = {name for name, _ in failed}
    margin = SIGMAS * sqrt(VISITORS * 0.05 * 0.95)
    assert len(hit) <= VISITORS * 0.05 + margin
    rest = {name: found for name, found in visitors.versions().items() if name not in hit}
    assert set().union(*rest.values()) == {"1"}
    assert all(visits[-1].body == "1" for visits in visitors.visits.values())
    status = shared_bgd.json("status", APP)
    assert (status["live"], status["phase"]) == ("blue", "idle")
    assert shared_bgd.ids(APP, "blue") == blue
    assert not shared_bgd.ids(APP, "green")
    assert "r2 was taken back at shift" in shown
    assert "taken back at 5 % of the visitors" in shown
    assert "· green since its first share:" in shown
    (last, *_) = shared_bgd.json("history", APP)["deployments"]
    assert last["outcome"] == "rolled_back"


def test_a_daemon_killed_in_a_step_leaves_it_and_the_next_one_goes_on(
    shared_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("2", web=ALWAYS, xbgd=LONG)
    with crowd(shared_bgd, VISITORS) as visitors:
        shared_bgd.bgctl("deploy", APP, "--detach")
        before = until(shared_bgd, "shifting", 20)["deployment"]["shift"]
        (green,) = shared_bgd.containers(f"bgd.app={APP}", "bgd.color=green")
        assert green.attrs["HostConfig"]["RestartPolicy"]["Name"] == "always", "a reboot brings it back"
        visitors.wait_for_all()
        shared_bgd.end(9)
        visitors.wait_for_all()
        shared_bgd.start()
        after = until(shared_bgd, "shifting", 20)["deployment"]["shift"]
        assert after == before, "its pause goes on"
        visitors.wait_for_all()
        assert "20 % of the visitors" in shared_bgd.bgctl("status", APP).stdout
        assert "20 % of the visitors" in shared_bgd.bgctl("status").stdout
        (given,) = told(shared_bgd, "shifted")
        group = on_new(visitors, seconds(given["at"]), time.time())
        assert group
        shared_bgd.bgctl("promote", APP)
        visitors.wait_for_all()
    assert not visitors.failed()
    assert not sent_back(visitors)
    assert shared_bgd.json("status", APP)["live"] == "green"
    assert all(visits[-1].body == "2" for visits in visitors.visits.values())


def test_a_share_is_put_back_while_it_is_given_and_dropped_when_it_isn_t(
    shared_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("2", web=ALWAYS, xbgd=LONG)
    shared_bgd.bgctl("deploy", APP, "--detach")
    until(shared_bgd, "shifting", 20)
    link = shared_bgd.state_dir / "nginx/gate" / APP / "share"
    target = link.readlink()
    link.unlink()
    deadline = time.monotonic() + 20
    while not link.is_symlink():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert link.readlink() == target
    assert "ends the watch" not in shared_bgd.bgctl("switch", APP, status=4).stderr
    moved = shared_bgd.json("rollback", APP)
    assert (moved["from"], moved["to"], moved["release"]) == ("green", "blue", "r1")
    assert not link.is_symlink()
    until(shared_bgd, "idle")
    assert "nobody a share: put back to green 20 %" in str(told(shared_bgd, "upkeep"))
    shared_bgd.end(9)
    link.symlink_to(target)
    shared_bgd.start()
    assert not link.is_symlink()
    assert "green 20 %, and no deployment did: taken back" in str(told(shared_bgd, "daemon"))


def test_the_visitors_of_an_app_in_maintenance_keep_their_colors(
    shared_bgd: RunningDaemon, tiny: Tiny
) -> None:
    tiny.write("2", web=ALWAYS, xbgd=LONG)
    shared_bgd.bgctl("deploy", APP, "--detach")
    until(shared_bgd, "shifting", 20)
    with crowd(shared_bgd, VISITORS) as visitors:
        began = time.time()
        visitors.wait_for_all()
        before = on_new(visitors, began, time.time())
        shared_bgd.bgctl("maintenance", APP, "on")
        closed = time.time()
        visitors.wait_for_all()
        shared_bgd.bgctl("maintenance", APP, "off")
        opened = time.time()
        visitors.wait_for_all()
        assert on_new(visitors, opened, time.time()) == before
    seen = set().union(*visitors.versions(closed, opened - 0.5).values())
    assert not seen & {"1", "2"}
    assert shared_bgd.json("cancel", APP)["outcome"] == "rolled_back"
