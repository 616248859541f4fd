"""What is past: pure, and on the screen."""

from __future__ import annotations

import pytest

from tests.fake_daemon import FakeDaemon
from tests.samples import deployment_json
from tests.tui.scenes import past
from tests.tui.shop import NOW
from tests.tui.shown import shown
from tui.archive import pasts_of
from tui.screens.history import PastList
from tui.view.history import past_row, timeline_content

MOVE = {"app": "shop", "deployment": 7, "kind": "switch", "release": "r1", "color": "blue"}


def test_switches_come_from_the_journal_and_stand_among_the_deployments() -> None:
    events = [
        {"id": 1, "event": "started", "at": "2025-01-01T10:00:00Z", **MOVE},
        {
            "id": 2,
            "event": "finished",
            "at": "2025-01-01T10:00:01Z",
            **MOVE,
            "outcome": "succeeded",
            "live": "blue",
        },
        {
            "id": 3,
            "event": "started",
            "at": "2025-01-01T11:00:00Z",
            **MOVE,
            "deployment": 9,
            "kind": "deploy",
        },
    ]
    found = pasts_of([deployment_json("shop", 8), deployment_json("shop", 6)], events)
    assert [(one.deployment.id, one.deployment.kind) for one in found] == [
        (8, "deploy"),
        (7, "switch"),
        (6, "deploy"),
    ]
    assert [event["event"] for event in found[1].events] == ["started", "finished"]
    assert found[1].deployment.outcome == "succeeded"


@pytest.mark.parametrize("width", [30, 58, 120])
def test_a_past_fits_any_width_and_holds_no_escape(width: int) -> None:
    evil = "\x1b]0;owned\x07[red]"
    told = deployment_json("shop", 7, outcome="failed", reason=evil, actor=evil)
    events = [
        {"id": 1, "event": "warning", "deployment": 7, "message": evil * 9, "at": "2025-01-01T10:00:05Z"}
    ]
    (one,) = pasts_of([told], events)
    row, timeline = past_row(one, width, True, NOW), timeline_content(one, width, NOW)
    assert row.cell_length <= width
    assert all(line.cell_length <= width for line in timeline.split("\n"))
    assert "\x1b" not in row.plain + timeline.plain
    assert "[red]" in timeline.plain
    assert "+5.0s" in timeline.plain


async def test_the_timeline_and_the_receipt_of_any_deployment_are_read(daemon: FakeDaemon) -> None:
    play = past(daemon)
    async with shown(daemon, (120, 40), clock=lambda: NOW) as ui:
        await play(ui)
        await ui.reads("+15.9s green has the traffic", "10,840", "nothing cut")
        await ui.press("j")
        await ui.reads("switch of r40 into BLUE", "by kim")
        await ui.press("j", "j")
        await ui.reads("deploy of r39", "smoke check GET /up: status 500")
        await ui.press("escape")
        await ui.reads("following")


async def test_two_releases_are_compared_the_marked_one_or_the_live_one(daemon: FakeDaemon) -> None:
    play = past(daemon)
    changes = [{"service": "web", "place": "services.web.image", "before": "a", "after": "b"}]
    for pair in (("r39", "r42"), ("r38", "r39")):
        about = {"app": "shop", "from": pair[0], "to": pair[1], "changes": changes}
        daemon.on("GET", f"/v1/apps/shop/releases/{pair[0]}/diff/{pair[1]}", about)
    async with shown(daemon, clock=lambda: NOW) as ui:
        await play(ui)
        await ui.press("j", "j", "j", "equals_sign")
        await ui.reads("r39 → r42", "services.web.image")
        await ui.press("escape", "j", "space", "k", "equals_sign")
        await ui.reads("◆", "r38 → r39")


async def test_a_release_is_brought_back_from_its_place_in_the_history(daemon: FakeDaemon) -> None:
    play = past(daemon)
    daemon.on("POST", "/v1/apps/shop/rollback", deployment_json("shop", 43, kind="rollback"))
    async with shown(daemon, clock=lambda: NOW) as ui:
        await play(ui)
        await ui.press("r")
        await ui.reads("r42 is live already")
        await ui.press("j", "j", "j", "j")
        await ui.asked("r", "Roll shop back to r38", "bgctl rollback shop --to r38", "exactly as recorded")
        await ui.press("y")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")
        assert daemon.wait_for_request("POST", "/v1/apps/shop/rollback").body == {"to": "r38"}
        await ui.reads("following")


async def test_what_happens_while_it_is_open_is_shown_and_the_cursor_stays(daemon: FakeDaemon) -> None:
    play = past(daemon)
    async with shown(daemon, (120, 40), clock=lambda: NOW) as ui:
        await play(ui)
        await ui.press("j")
        await ui.reads("switch of r40 into BLUE")
        daemon.tell(
            "started", app="shop", deployment=50, kind="switch", release="r42", color="green", actor="eve"
        )
        daemon.tell("finished", app="shop", deployment=50, outcome="succeeded", live="green")
        daemon.tell("receipt", app="blog", deployment=51)
        rows = ui.app.screen.query_one(PastList)
        await ui.until(lambda: rows.option_count == 6, "the new one")
        await ui.reads("switch of r40 into BLUE")
        await ui.press("g")
        await ui.reads("switch of r42 into GREEN", "by eve")
        await ui.press("escape")
        await ui.reads("following")
        daemon.tell("receipt", app="shop", deployment=50)


async def test_a_history_that_cannot_be_read_says_why(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        daemon.stop()
        await ui.press("H")
        await ui.reads("✗ no daemon listens on")
        await ui.press("escape")
        await ui.reads("daemon away")
