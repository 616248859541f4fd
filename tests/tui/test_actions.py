"""Actions as a person asks for them, key by key: the question, what is sent, what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from bgd.errors import Refused
from tests.fake_daemon import FakeDaemon
from tests.fake_http import Request
from tests.samples import app_json, deployment_json, smoke_json
from tests.tui.shown import shown
from tui.screens.confirm import ConfirmScreen

SHOP = "/v1/apps/shop"


@pytest.mark.parametrize(
    ("key", "path", "body", "words"),
    [
        ("d", f"{SHOP}/deployments", {"no_switch": False}, "bgctl deploy shop"),
        ("D", f"{SHOP}/deployments", {"no_switch": True}, "bgctl deploy shop --no-switch"),
        ("s", f"{SHOP}/switch", {"to": "blue"}, "bgctl switch shop --to blue"),
        ("r", f"{SHOP}/rollback", {}, "bgctl rollback shop"),
        ("x", f"{SHOP}/stop", {"color": "blue"}, "bgctl stop shop --color blue"),
        ("m", f"{SHOP}/maintenance", {"on": True}, "bgctl maintenance shop on"),
    ],
)
async def test_an_action_is_done_as_it_was_confirmed(
    daemon: FakeDaemon, key: str, path: str, body: dict[str, Any], words: str
) -> None:
    daemon.on("POST", path, deployment_json("shop", 3))
    async with shown(daemon) as ui:
        await ui.asked(key, words)
        assert daemon.requests == [one for one in daemon.requests if one.method == "GET"]
        await ui.press("y")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")
        asked = daemon.wait_for_request("POST", path)
        assert body.items() <= (asked.body or {}).items()
        await ui.until(lambda: not ui.app.state.pending, "the answer")
        assert ui.app.state.notice is None


@pytest.mark.parametrize("passed", [True, False])
async def test_smoke_checks_are_run_and_told_one_by_one(daemon: FakeDaemon, passed: bool) -> None:
    checks = [smoke_json("GET /up"), smoke_json("GET /checkout", passed)]
    told = {"app": "shop", "color": "green", "passed": passed, "checks": checks}
    daemon.on("POST", f"{SHOP}/smoke", told)
    async with shown(daemon) as ui:
        await ui.asked("v", "bgctl smoke shop --color green")
        await ui.press("y")
        words = (
            ("2 checks passed on GREEN",)
            if passed
            else ("1 check of 2 failed", "✗ GET /checkout", "│ broken")
        )
        await ui.reads("Smoke checks of shop", "✓ GET /up", *words)
        await ui.press("escape")
        await ui.reads("following")


async def test_maintenance_is_ended_with_the_same_key(daemon: FakeDaemon) -> None:
    daemon.apps["shop"]["closed"] = ["maintenance"]
    daemon.on("POST", f"{SHOP}/maintenance", {})
    async with shown(daemon) as ui:
        await ui.reads("in maintenance")
        await ui.asked("m", "bgctl maintenance shop off", "End maintenance")
        await ui.press("y")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")
        assert daemon.wait_for_request("POST", f"{SHOP}/maintenance").body == {"on": False}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("search the log", "ctrl+r"),
        ("history", "= compare"),
        ("smoke", "bgctl smoke shop"),
        ("go to blog", "● BLUE is live"),
        ("full log", "● GREEN is live"),
    ],
)
async def test_what_the_palette_offers_is_done(daemon: FakeDaemon, words: str, told: str) -> None:
    daemon.apps["blog"] = app_json("blog", live="blue")
    async with shown(daemon) as ui:
        await ui.press("right_square_bracket")
        await ui.reads("● GREEN is live")
        await ui.press("colon", *words)
        await ui.reads(words)
        await ui.press("down", "enter")
        await ui.reads(told)


async def test_a_screen_that_is_read_only_has_no_action_anywhere(daemon: FakeDaemon) -> None:
    async with shown(daemon, read_only=True) as ui:
        await ui.reads("read-only", "/ search", "● GREEN is live")
        await ui.press(*"dDsrpcvxm")
        await ui.pilot.pause()
        assert "d deploy" not in ui.text
        assert type(ui.app.screen).__name__ == "MainScreen"
        await ui.press("question_mark")
        await ui.reads("Log")
        assert "roll" not in ui.text
        await ui.press("escape", "colon")
        await ui.reads("full log")
        await ui.press(*"deploy")
        await ui.reads("No matches")
        assert {one.method for one in daemon.requests} == {"GET"}


@pytest.mark.parametrize(("key", "verb"), [("p", "promote"), ("c", "cancel")])
async def test_a_deployment_that_waits_is_promoted_or_cancelled(
    daemon: FakeDaemon, key: str, verb: str
) -> None:
    waiting = deployment_json("shop", 3, state="awaiting", color="blue")
    daemon.apps["shop"]["deployment"] = waiting
    daemon.on("POST", f"{SHOP}/{verb}", waiting)
    async with shown(daemon) as ui:
        await ui.reads("waits for approval: p promotes it, c cancels it")
        await ui.asked(key, f"bgctl {verb} shop")
        await ui.press("y")
        await ui.until(lambda: any(one.path == f"{SHOP}/{verb}" for one in daemon.requests), verb)


async def test_a_deployment_that_shifts_tells_its_share_and_takes_the_next_step(daemon: FakeDaemon) -> None:
    shift = {"percent": 25, "since": "2025-01-01T12:00:00Z", "until": "2025-01-01T12:02:00Z", "next": 100}
    shifting = deployment_json("shop", 3, state="shifting", color="green", shift=shift)
    daemon.apps["shop"]["deployment"] = shifting
    daemon.on("POST", f"{SHOP}/promote", shifting)
    async with shown(daemon) as ui:
        await ui.reads("GREEN gets 25 % of the visitors until 12:02:00: p goes on, c takes it back")
        await ui.asked("p", "bgctl promote shop", "gets its next share now")
        await ui.press("y")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")


async def test_a_deployment_that_waits_for_its_time_goes_on_before_it(daemon: FakeDaemon) -> None:
    waits = {"approval": False, "until": "2025-01-01T22:00:00Z", "message": "waits for its window"}
    waiting = deployment_json("shop", 3, state="awaiting", color="blue", waits=waits)
    daemon.apps["shop"]["deployment"] = waiting
    daemon.on("POST", f"{SHOP}/promote", waiting)
    async with shown(daemon) as ui:
        await ui.reads("waits for its window until 22:00:00: p promotes it")
        await ui.asked("p", "bgctl promote shop --now", "doesn't wait for its time")
        await ui.press("y")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")
        assert daemon.wait_for_request("POST", f"{SHOP}/promote").body == {"now": True}


async def test_a_question_says_that_requests_will_fail_where_both_must_not_run(daemon: FakeDaemon) -> None:
    daemon.apps["shop"]["alone"] = "data is written to a volume"
    async with shown(daemon) as ui:
        await ui.asked("d", "Both must not run at once", "GREEN r2 is stopped", "503")


async def test_enter_and_escape_on_a_question_change_nothing(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        for answer in ("enter", "escape", "n", "q"):
            await ui.asked("s", "Switch shop to BLUE")
            assert ui.app.focused is not None
            assert ui.app.focused.id == "keep"
            await ui.press(answer)
            await ui.until(lambda: not isinstance(ui.app.screen, ConfirmScreen), "the end of the question")
        assert {one.method for one in daemon.requests} == {"GET"}


async def test_a_question_can_be_granted_with_arrow_and_enter(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/switch", {"app": "shop", "from": "green", "to": "blue", "release": "r1"})
    async with shown(daemon) as ui:
        await ui.asked("s")
        await ui.press("right", "enter")
        await ui.until(lambda: any(one.method == "POST" for one in daemon.requests), "the request")


async def test_a_question_that_is_no_longer_true_cannot_be_granted(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.asked("s")
        daemon.apps["shop"]["colors"]["blue"]["health"] = "unhealthy"
        daemon.tell("warning", app="shop", message="web is unhealthy")
        await ui.reads("✗ BLUE is unhealthy")
        await ui.press("y")
        await ui.press("enter")
        await ui.until(lambda: not isinstance(ui.app.screen, ConfirmScreen), "Cancel")
        assert {one.method for one in daemon.requests} == {"GET"}


async def test_a_refused_action_is_grey_and_its_key_says_why(daemon: FakeDaemon) -> None:
    daemon.apps["shop"] = app_json("shop", live="blue")
    async with shown(daemon) as ui:
        await ui.press("s")
        await ui.reads("▲ switch: GREEN is empty: nothing runs there to switch to; deploy first")
        await ui.press("question_mark")
        await ui.reads("switch: not now, GREEN is empty", "promote: not now, no deployment waits for")
        await ui.press("escape", "escape")
        await ui.until(lambda: ui.app.state.notice is None, "a dismissed message")


async def test_what_the_daemon_refuses_is_told_with_its_hint(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/deployments", Refused("shop is busy: someone else deploys", "wait for it"))
    async with shown(daemon) as ui:
        await ui.asked("d")
        await ui.press("y")
        await ui.reads("✗ deploy shop: shop is busy: someone else deploys", "wait for it")


async def test_a_second_action_waits_for_the_answer_to_the_first(daemon: FakeDaemon) -> None:
    is_open = False

    def slowly(_: Request) -> Any:
        daemon.wait_until(lambda: is_open, "the end of the first")
        return deployment_json("shop", 3)

    daemon.on("POST", f"{SHOP}/deployments", slowly)
    async with shown(daemon) as ui:
        await ui.asked("d")
        await ui.press("y")
        await ui.until(lambda: ui.app.state.pending, "a pending request")
        await ui.press("r")
        await ui.reads("waiting for the answer to deploy")
        is_open = True
        daemon.tell("daemon", message="go on")
        await ui.until(lambda: not ui.app.state.pending, "the answer")
