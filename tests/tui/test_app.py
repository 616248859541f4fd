"""The UI as a person uses it, key by key, in front of a fake daemon."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from bgd.errors import Refused
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.fake_http import Request
from tests.samples import (
    app_json,
    container_json,
    deployment_json,
    failure_json,
    line_json,
    smoke_json,
    stage_json,
)
from tests.tui.shown import shown, warm_app
from tui.feed import INBOX_LINES
from tui.ring import CAPACITY
from tui.screens.confirm import ConfirmScreen

SHOP = "/v1/apps/shop"


def failed(daemon: FakeDaemon, **changes: Any) -> None:
    """The last deployment of shop failed in its smoke check."""
    stages = [stage_json("checking", "done", took_ms=40), stage_json("smoking", "failed", took_ms=1200)]
    failure = failure_json(still_serving="GREEN r2", **changes)
    daemon.apps["shop"]["last_deployment"] = deployment_json(
        "shop",
        3,
        state="failed",
        outcome="failed",
        color="blue",
        took_ms=2000,
        stages=stages,
        failure=failure,
    )


async def test_both_colours_are_shown_with_their_containers_and_which_is_live(daemon: FakeDaemon) -> None:
    daemon.apps["shop"]["colors"]["blue"]["containers"][1] = container_json(
        "shop", "blue", "worker", status="restarting", health="none", restarts=7
    )
    async with shown(daemon) as ui:
        await ui.reads(
            "● GREEN is live", "● GREEN live", "○ BLUE warm", "web", "worker", "↻7", "• redis healthy"
        )
        await ui.until(lambda: ui.app.query_one("#green").has_class("-live"), "the frame of the live colour")
        assert not ui.app.query_one("#blue").has_class("-live")


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


async def test_what_is_meant_to_rest_is_shown_as_resting(daemon: FakeDaemon) -> None:
    colors = daemon.apps["shop"]["colors"]
    for color in ("blue", "green"):
        colors[color]["containers"] = [
            container_json("shop", color, "cron", status="exited", health="none", role="live-only"),
            container_json("shop", color, "migrate", status="exited", health="none", role="task"),
        ]
    async with shown(daemon) as ui:
        await ui.reads("· cron", "rests", "· migrate", "done", "✗ cron", "exited")
        colors["blue"]["state"] = "stopped"
        daemon.tell("color", app="shop", color="blue", state="stopped")
        await ui.reads("■ BLUE stopped", "· cron    stopped")


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


async def test_stages_and_progress_are_shown_as_they_come(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        daemon.wait_for_streams(1)
        one = deployment_json("shop", 3, color="blue")
        daemon.apps["shop"]["deployment"] = one
        daemon.tell("started", app="shop", deployment=3, kind="deploy", release="r3", color="blue")
        await ui.reads("deploy r3 → BLUE", "prepare", "hand over")
        one["stages"][0] |= {"status": "done", "took_ms": 1234}
        one["state"] = "starting"
        daemon.tell("stage", app="shop", deployment=3, stage="preparing", status="done", took_ms=1234)
        await ui.reads("1.2s")
        daemon.tell("stage", app="shop", deployment=3, stage="starting", status="running")
        daemon.tell_progress("shop", 3, "starting", "web: 2 of 3 probes")
        await ui.reads("web: 2 of 3 probes")
        daemon.apps["shop"].update(deployment=None)
        told = {"outcome": "succeeded", "took_ms": 4000, "live": "blue", "release": "r3", "color": "blue"}
        daemon.tell("finished", app="shop", deployment=3, kind="deploy", **told)
        await ui.reads("✓ shop: r3 is live on BLUE after 4.0s")


async def test_the_failure_card_tells_stage_probe_log_and_what_still_serves(daemon: FakeDaemon) -> None:
    failed(daemon)
    async with shown(daemon) as ui:
        await ui.reads("✗ deploy of r3 failed", "smoke after 1.2s", "status 500, wanted 200", "GREEN r2")
        await ui.reads("“no database”", "KeyError: 'DATABASE_URL'", "mend it and deploy again")
        await ui.press("escape")
        await ui.reads("e shows why", "following")
        assert "KeyError" not in ui.text
        await ui.press("e")
        await ui.reads("KeyError: 'DATABASE_URL'")


async def test_the_log_follows_pauses_and_follows_again(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [line_json(f"line {n}", at=f"2025-01-01T10:{n:02}:00Z") for n in range(60)]
    async with shown(daemon) as ui:
        await ui.reads("line 59", "following")
        await ui.press("k", "k", "k")
        await ui.reads("paused")
        daemon.tell_log("shop", line_json("news", at="2025-01-01T11:00:00Z", stream="stderr"))
        await ui.reads("paused · 1 new · G follows")
        assert "news" not in ui.text
        await ui.press("G")
        await ui.reads("┃ news", "following")


async def test_the_keys_move_the_log_however_late_the_first_app_comes(daemon: FakeDaemon) -> None:
    apps, daemon.apps = daemon.apps, {}
    async with shown(daemon) as ui:
        await ui.reads("no app yet")
        ui.app.screen.set_focus(None)
        daemon.apps = apps
        daemon.tell("added", app="shop")
        await ui.reads("● GREEN is live")
        await ui.until(lambda: ui.app.focused is ui.app._main.log_view, "the focus on the log")


async def test_a_flood_of_lines_is_bounded_and_the_screen_answers(daemon: FakeDaemon) -> None:
    sent = 40_000
    async with shown(daemon) as ui:
        await ui.reads("following")
        daemon.on(
            "GET",
            f"{SHOP}/logs",
            lambda _: (line_json(f"flood {n}", at=f"2025-01-01T10:00:00.{n:06}Z") for n in range(sent)),
        )
        ui.app._main.logs._reopen()
        await ui.reads("flood")
        await ui.asked("s")
        await ui.press("escape")
        await ui.reads(f"flood {sent - 1}")
        log = ui.app._main.log_view
        assert len(log.ring) <= CAPACITY
        assert INBOX_LINES <= CAPACITY
        assert log.ring.end + log.dropped >= sent


async def test_the_screen_survives_a_restart_of_the_daemon(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [line_json("before", at="2025-01-01T10:00:00Z")]
    async with shown(daemon) as ui:
        await ui.reads("before")
        daemon.crash()
        await ui.reads("▲ daemon away for", "all this is stale, the traffic goes on", "● GREEN is live")
        assert ui.app.screen.has_class("-stale")
        await ui.press("d")
        await ui.reads("deploy: the daemon is away")
        daemon.apps["shop"] = app_json("shop", live="blue")
        daemon.log["shop"].append(line_json("after", at="2025-01-01T10:00:05Z"))
        daemon.start()
        await ui.reads("● BLUE is live", "after")
        assert not ui.app.screen.has_class("-stale")
        assert "daemon away" not in ui.text
        assert ui.text.count("before") == 1


async def test_the_journal_is_resumed_after_a_restart(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        daemon.wait_for_streams(1)
        daemon.tell("warning", app="shop", message="first")
        await ui.reads("shop: first")
        daemon.stop()
        await ui.reads("daemon away")
        daemon.tell("warning", app="shop", message="told meanwhile")
        daemon.start()
        await ui.reads("shop: told meanwhile")


async def test_a_daemon_that_is_stopped_but_not_gone_counts_as_away(daemon: FakeDaemon) -> None:
    goes_on = threading.Event()

    def answer(_: object) -> dict[str, Any]:
        goes_on.wait(DEADLINE_S)
        return {"apps": list(daemon.apps.values())}

    async with shown(daemon, silent_s=0.1) as ui:
        await ui.reads("● GREEN is live")
        daemon.on("GET", "/v1/apps", answer)
        try:
            await ui.reads("▲ daemon away for", "it doesn't answer")
        finally:
            goes_on.set()
        await ui.until(lambda: "daemon away" not in ui.text, "the end of the banner")


async def test_a_ui_without_a_daemon_says_so_and_comes_to_life_with_it(daemon: FakeDaemon) -> None:
    daemon.stop()
    apps, daemon.apps = daemon.apps, {}
    async with shown(daemon) as ui:
        await ui.reads("no daemon answers", "this screen comes to life as soon as it does")
        daemon.start()
        await ui.reads("no app yet", "bgctl add")
        daemon.apps = apps
        daemon.tell("added", app="shop")
        await ui.reads("● GREEN is live")


async def test_escape_sequences_of_containers_do_not_reach_the_screen(daemon: FakeDaemon) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\x1b[31mred\u202eback\r\x00\x7f"
    daemon.log["shop"] = [line_json(f"log {evil}", service=f"w{evil}")]
    daemon.apps["shop"]["problems"] = [f"problem {evil}"]
    failed(daemon, message=f"why {evil} [bold]not markup[/]", log=[evil])
    async with shown(daemon) as ui:
        await ui.reads("problem", "why", "[bold]not markup[/]")
        await ui.press("escape")
        await ui.reads("log ")
        for text in (ui.text, ui.app.export_screenshot()):
            assert not {"\x1b", "\x07", "\x9b", "\x00", "\x7f", "\r", "\u202e"} & set(text)
        assert "owned" not in ui.app.title


async def test_brackets_in_names_are_shown_and_not_obeyed(daemon: FakeDaemon) -> None:
    daemon.apps = {"[red]x": warm_app("[red]x"), "shop": daemon.apps["shop"]}
    async with shown(daemon) as ui:
        await ui.reads("[red]x")
        await ui.asked("d", "Deploy [red]x")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_everything_that_counts_fits_60_by_20(daemon: FakeDaemon, theme: str) -> None:
    async with shown(daemon, (60, 20), theme) as ui:
        await ui.reads(
            "● GREEN is live", "○ BLUE warm", "● GREEN live", "web", "following", "d deploy", "q quit"
        )
        await ui.asked("D", "Cancel", "Deploy", "enter chooses")
        await ui.press("escape")
        await ui.press("question_mark")
        await ui.reads("Help", "esc closes")


async def test_a_resize_lays_everything_out_anew(daemon: FakeDaemon) -> None:
    daemon.apps["blog"] = app_json("blog", live="blue")
    async with shown(daemon, (200, 60)) as ui:
        await ui.until(lambda: ui.app._main.apps.display, "the list of apps")
        for size in ((60, 20), (20, 5), (60, 20), (100, 30)):
            await ui.pilot.resize_terminal(*size)
            await ui.until(partial(ui.has_size, *size), f"the size {size}")
        await ui.reads("BLUE is live", "q quit")
        await ui.pilot.resize_terminal(60, 20)
        await ui.reads("blog 1/2")


async def test_brackets_and_the_list_go_from_app_to_app(daemon: FakeDaemon) -> None:
    daemon.apps["blog"] = app_json("blog", live="blue")
    async with shown(daemon) as ui:
        await ui.reads("● BLUE is live")
        await ui.press("right_square_bracket")
        await ui.reads("● GREEN is live")
        ui.app._main.apps.focus()
        await ui.press("k")
        await ui.reads("● BLUE is live")


async def test_q_leaves_and_asks_nothing_of_the_daemon(daemon: FakeDaemon) -> None:
    async with shown(daemon) as ui:
        await ui.press("q")
        await ui.until(lambda: not ui.app.is_running, "the end")
    assert {one.method for one in daemon.requests} == {"GET"}
