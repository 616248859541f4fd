"""The UI as a person uses it, key by key, in front of a fake daemon."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.samples import app_json, container_json, deployment_json, failure_json, line_json, stage_json
from tests.tui.shown import shown, warm_app
from tui.feed import INBOX_LINES
from tui.ring import CAPACITY

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
