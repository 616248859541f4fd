"""How the state changes, and what is drawn of it: pure functions, no screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bgd.wire import EventJson
from tests.samples import app_json, color_json, deployment_json, failure_json, stage_json
from tests.tui.shown import warm_app
from tui import reduce
from tui.actions import ACTIONS
from tui.intent import Intent, Refusal, planned
from tui.model import Link, State
from tui.plain import plain
from tui.ring import Line, Ring
from tui.snapshot import read_app, read_apps
from tui.theme import theme_for
from tui.view.card import card_content
from tui.view.change import change_content
from tui.view.frame import banner, headline
from tui.view.keys import keys_content
from tui.view.slot import slot_content, slot_title
from tui.view.stages import stage_rows, track
from tui.words import age, lasting, took

NOW = datetime(2025, 1, 1, 10, 1, 0, tzinfo=UTC)


def a_state(*apps: dict[str, Any]) -> State:
    """What a fresh UI knows after its first snapshot."""
    return reduce.with_snapshot(State(), read_apps(cast("Any", {"apps": list(apps)})), NOW)


def event(kind: str, **values: Any) -> EventJson:
    """An event of shop."""
    return cast("EventJson", {"id": 1, "at": "2025-01-01T10:00:00Z", "event": kind, "app": "shop", **values})


def deploying(**changes: Any) -> State:
    """Shop deploys r3 into blue."""
    return a_state(warm_app() | {"deployment": deployment_json("shop", 3, color="blue", **changes)})


def plan(state: State, name: str) -> Intent | Refusal:
    """What the action would do."""
    return planned(next(action for action in ACTIONS if action.name == name), state)


def test_the_first_snapshot_selects_the_first_app_and_ends_the_banner() -> None:
    state = a_state(app_json("shop"), app_json("blog", live="blue"))
    assert [app.name for app in state.apps] == ["blog", "shop"]
    assert (state.selected, state.is_stale) == ("blog", False)


def test_a_selection_outlives_a_snapshot_unless_the_app_is_gone() -> None:
    state = reduce.with_selection(a_state(app_json("blog"), app_json("shop")), "shop")
    both = read_apps(cast("Any", {"apps": [app_json("blog"), app_json("shop")]}))
    assert reduce.with_snapshot(state, both, NOW).selected == "shop"
    assert reduce.with_snapshot(state, both[:1], NOW).selected == "blog"
    assert reduce.with_snapshot(state, (), NOW).selected is None


def test_events_never_move_the_live_colour() -> None:
    state = a_state(warm_app())
    for kind in ("live", "switched", "finished", "stage", "something a newer daemon tells"):
        after = reduce.with_event(state, event(kind, color="blue", live="blue", outcome="succeeded"), NOW)
        assert after.app is not None
        assert after.app.live == "green"


def test_a_replayed_event_does_not_set_a_stage_back() -> None:
    state = deploying(stages=[stage_json("preparing", "done", took_ms=10)], state="starting")
    again = reduce.with_event(state, event("stage", deployment=3, stage="preparing", status="running"), NOW)
    assert again == state


def test_progress_outlives_a_snapshot_of_the_same_stage_only() -> None:
    state = reduce.with_event(deploying(), event("progress", deployment=3, message="step 3"), NOW)

    def progress_after(**changes: Any) -> str:
        after = reduce.with_snapshot(state, deploying(**changes).apps, NOW)
        assert after.app is not None
        assert after.app.deployment is not None
        return after.app.deployment.progress

    assert progress_after() == "step 3"
    assert progress_after(state="starting") == ""


def test_progress_of_another_deployment_is_not_shown() -> None:
    state = deploying()
    assert reduce.with_event(state, event("progress", deployment=2, message="old"), NOW) == state


def test_seconds_away_count_from_the_first_time_it_was_noticed() -> None:
    state = reduce.with_lost_link(a_state(warm_app()), "refused", "", NOW)
    later = reduce.with_lost_link(state, "no answer", "look", NOW + timedelta(seconds=9))
    assert later.link == Link(False, NOW, "no answer", "look")
    assert "away for 9s" in banner(later, 100, NOW + timedelta(seconds=9)).plain


def test_a_lost_daemon_owes_no_answers() -> None:
    state = reduce.with_request(a_state(warm_app()), "shop", "deploy")
    assert reduce.with_lost_link(state, "gone", "", NOW).pending == frozenset()


def test_good_news_goes_by_itself_and_bad_news_stays() -> None:
    late = NOW + timedelta(seconds=reduce.NOTICE_S)
    for level, stays in (("info", False), ("done", False), ("warning", True), ("error", True)):
        state = reduce.with_notice(State(), cast("Any", level), "text", "", NOW)
        assert (reduce.with_time(state, late).notice is not None) is stays


def test_a_closed_card_stays_closed_until_it_is_asked_for_or_another_change_fails() -> None:
    def failed(number: int) -> State:
        last = deployment_json("shop", number, outcome="failed", failure=failure_json())
        return a_state(warm_app() | {"last_deployment": last})

    state = failed(3)
    assert state.card is not None
    closed = reduce.with_card(state, is_open=False)
    assert closed.card is None
    assert reduce.with_snapshot(closed, failed(3).apps, NOW).card is None
    assert reduce.with_snapshot(closed, failed(4).apps, NOW).card is not None
    assert reduce.with_card(closed, is_open=True).card is not None


@pytest.mark.parametrize("name", ["deploy", "stage", "switch", "rollback"])
def test_while_a_deployment_runs_other_changes_are_refused_with_its_stage(name: str) -> None:
    would = plan(deploying(state="smoking"), name)
    assert would == Refusal("busy: deploy of r3 is at smoke")


def test_cancel_is_refused_once_the_traffic_moves() -> None:
    assert isinstance(plan(deploying(state="starting"), "cancel"), Intent)
    assert plan(deploying(state="switching"), "cancel") == Refusal(
        "too late: the traffic moves already; rollback undoes it"
    )


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"health": "unhealthy"}, "switch", "BLUE is unhealthy"),
        ({"state": "stopped"}, "switch", "BLUE is stopped"),
        ({}, "promote", "no deployment waits"),
        ({}, "cancel", "nothing is going on"),
    ],
)
def test_a_refusal_says_why(changes: dict[str, Any], name: str, reason: str) -> None:
    app = warm_app()
    app["colors"]["blue"] |= changes
    would = plan(a_state(app), name)
    assert isinstance(would, Refusal)
    assert would.reason.startswith(reason)


def test_nothing_is_done_without_a_daemon_an_app_or_an_answer() -> None:
    state = a_state(warm_app())
    assert plan(reduce.with_lost_link(state, "gone", "", NOW), "deploy") == Refusal("the daemon is away")
    assert isinstance(plan(a_state(), "deploy"), Refusal)
    asked = reduce.with_request(state, "shop", "switch")
    assert plan(asked, "deploy") == Refusal("waiting for the answer to switch")
    assert isinstance(plan(reduce.with_answer(asked, "shop", "switch"), "deploy"), Intent)


def test_an_intent_says_what_moves_and_what_serves_meanwhile() -> None:
    state = a_state(warm_app())
    switch, deploy = plan(state, "switch"), plan(state, "deploy")
    assert isinstance(switch, Intent)
    assert isinstance(deploy, Intent)
    assert "moves from GREEN r2 to BLUE r1" in switch.effect
    assert "Until then GREEN r2 serves" in deploy.effect
    assert "r1 in BLUE is replaced" in deploy.effect
    assert (switch.to, switch.command) == ("blue", "bgctl switch shop --to blue")


def test_the_stages_to_come_are_known_before_the_daemon_tells_them() -> None:
    state = deploying(stages=[stage_json("preparing", "running")])
    assert state.app is not None
    assert state.app.deployment is not None
    assert [stage.name for stage in track(state.app.deployment)][-2:] == ["switching", "handing_over"]
    move = replace(state.app.deployment, kind="switch", stages=())
    assert [stage.name for stage in track(move)] == ["checking", "switching", "handing_over"]


@pytest.mark.parametrize("width", [8, 20, 36, 56, 80, 200])
def test_nothing_that_is_drawn_is_wider_than_its_place(width: int) -> None:
    app = warm_app("a-name-that-is-longer-than-most-日本語-names")
    app["colors"]["blue"] = color_json("shop", "blue", "draining", "r1", remaining={"connections": 2})
    failure = failure_json()
    told = deployment_json(
        "shop", 3, outcome="failed", failure=failure, stages=[stage_json("smoking", "failed")]
    )
    state = a_state(app | {"last_deployment": told})
    assert state.app is not None
    last = state.app.last
    assert last is not None
    assert last.failure is not None
    drawn = [
        headline(state, width, shows_list=False),
        keys_content(state, width),
        slot_content(state.app.blue, width, NOW),
        slot_content(state.app.green, width, NOW),
        stage_rows(last, width, NOW),
        change_content(state.app, width, True, False, state.keys, NOW),
    ]
    if width >= 36:
        drawn.append(card_content(state.app, last, last.failure, width))
    for content in drawn:
        for one in content.split("\n"):
            assert one.cell_length <= width, one.plain


def test_a_state_is_told_by_glyph_and_word_and_not_by_hue_alone() -> None:
    app = read_app(warm_app())
    assert slot_title(app.green) == "● GREEN live"
    assert slot_title(app.blue) == "○ BLUE warm"


def test_what_is_missing_in_a_snapshot_is_empty_and_no_error() -> None:
    app = read_app({"app": "shop"})
    assert (app.live, app.blue.state, app.deployment, app.route) == (None, "empty", None, "")


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\x9b2J",
        "a\rb",
        "a\nb",
        "\u202eabc",
        "\ud800",
        "\u200b",
        "\u200d\u00ad\u061c",
        "\U000e0041\u3164",
        "\x00\x7f",
    ],
)
def test_plain_text_has_nothing_a_terminal_would_obey(hostile: str) -> None:
    told = plain(hostile)
    assert all(char.isprintable() for char in told), repr(told)
    told.encode()


def test_a_line_keeps_its_number_while_old_ones_go() -> None:
    ring = Ring(capacity=3)
    lines = [Line("", None, "web", False, str(n)) for n in range(5)]
    assert ring.extend(lines[:2]) == 0
    assert ring.extend(lines[2:]) == 2
    assert (ring.first, ring.end, len(ring)) == (2, 5, 3)
    assert ring[2].text == "2"
    with pytest.raises(IndexError):
        ring[1]


def test_durations_read_as_people_write_them() -> None:
    assert [took(ms) for ms in (None, 12, 1234, 185_000)] == ["", "12ms", "1.2s", "3m05s"]
    assert [lasting(s) for s in (0, 59, 185, 8040, 432_000)] == ["0s", "59s", "3m05s", "2h14m", "5d"]
    assert age(NOW - timedelta(hours=3), NOW) == "3h"
    assert age(NOW + timedelta(seconds=5), NOW) == "0s"


def test_the_theme_follows_what_the_terminal_tells() -> None:
    assert [theme_for(told) for told in ("", "15;0", "0;15", "0;default;7")] == [
        "dark",
        "dark",
        "light",
        "light",
    ]
