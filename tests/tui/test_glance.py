"""What is seen at one glance: figures, sparklines, limits; pure, and asked of the daemon."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bgd.errors import Failed
from tests.fake_daemon import FakeDaemon
from tests.samples import app_json, deployment_json, stage_json
from tests.tui.shop import NOW, containers, shop, tell_traffic, traffic_json
from tests.tui.shown import shown
from tui.keymap import DEFAULT
from tui.model import Slot, Traffic
from tui.panes.applist import app_entry
from tui.snapshot import read_app, read_deployment, read_slot
from tui.view.change import change_content
from tui.view.line import name_column
from tui.view.slot import slot_content
from tui.view.spark import spark
from tui.view.stages import stage_rows
from tui.words import megabytes, rate, short_digest, since_of


def slot(**changes: object) -> Slot:
    told = {
        "state": "live",
        "release": "r42",
        "health": "healthy",
        "since": "2025-01-01T09:00:00Z",
        "containers": containers("shop", "blue", "v42", 60),
        "traffic": traffic_json(184, 46, 0.02),
    }
    return read_slot("blue", {**told, **changes})


def test_a_sparkline_has_the_newest_at_its_right_and_keeps_every_peak() -> None:
    assert spark([1, 2, 4, 8], 4) == "▁▂▄█"
    assert spark([0, 0, 8], 5) == "    █"
    assert spark([0, None, 1, 0], 4) == "  █ "
    assert spark([9, 0, 0, 0, 0, 0, 0, 3], 4) == "█  ▃"
    assert spark([5], 3, top=10) == "  ▄"
    assert spark([], 3) == "   "
    assert spark([1], 0) == ""


@pytest.mark.parametrize("is_tall", [True, False])
def test_a_colour_fits_any_width_and_shows_more_where_there_is_more_room(is_tall: bool) -> None:
    one = slot()
    for width in range(8, 160):
        lines = slot_content(one, width, NOW, is_tall).split("\n")
        assert all(line.cell_length <= width for line in lines), width
    narrow, wide = (slot_content(one, width, NOW, is_tall).plain for width in (28, 120))
    assert "23%" in narrow
    assert "143M/512M" in wide
    assert "web:v42 " in wide
    assert "█" in wide
    assert ("p50 15" in wide) is is_tall


def test_trouble_is_seen_at_any_width() -> None:
    one = slot(containers=[{**containers("shop", "blue", "v1", 60)[0], "restarts": 7, "health": "unhealthy"}])
    for width in (26, 40, 120):
        told = slot_content(one, width, NOW).plain
        assert "↻7" in told
        assert "✗ web" in told
        assert "✗ 2.0% err" in told


def test_a_colour_without_traffic_or_without_figures_says_so_or_nothing() -> None:
    idle = replace(slot(), state="warm", traffic=Traffic())
    assert "no traffic" in slot_content(idle, 60, NOW).plain
    assert "req/s" not in slot_content(replace(slot(), traffic=None), 60, NOW).plain
    assert "0 req/s" in slot_content(replace(slot(), traffic=Traffic()), 60, NOW).plain
    coming = replace(slot(), state="preparing", traffic=Traffic())
    assert "traffic" not in slot_content(coming, 60, NOW).plain
    shared = replace(coming, traffic=Traffic(requests_per_s=3.0))
    assert "3.0 req/s" in slot_content(shared, 60, NOW).plain, "a share of the visitors is on it"


def test_a_running_stage_has_its_limit_beside_it() -> None:
    stages = [stage_json("checking", "running", started="2025-01-01T10:29:48Z", limit_s=60.0)]
    deployment = read_deployment(deployment_json("shop", 3, stages=stages, state="checking"))
    assert deployment is not None
    assert "12s/1m00s" in stage_rows(deployment, 120, NOW).plain


def test_the_row_of_stages_is_cut_nowhere_where_there_is_room() -> None:
    deployment = read_deployment(deployment_json("shop", 3))
    assert deployment is not None
    for width in range(20, 160):
        rows = stage_rows(deployment, width, NOW)
        assert all(line.cell_length <= width for line in rows.split("\n"))
        assert "…" not in rows.plain


@pytest.mark.parametrize(("failed", "told"), [(0, "912 requests, 0 failed"), (3, "912 requests, 3 failed")])
def test_the_last_change_says_what_it_did_to_the_traffic(failed: int, told: str) -> None:
    receipt = {"during": {"requests": 912, "failed": failed}}
    last = deployment_json("shop", 3, outcome="succeeded", finished="2025-01-01T10:29:00Z", receipt=receipt)
    app = read_app(app_json("shop", "blue", last_deployment=last))
    assert told in change_content(app, 100, False, False, DEFAULT, NOW).plain


def test_an_app_of_the_list_tells_its_colour_and_its_traffic() -> None:
    app = read_app(app_json("shop-with-a-long-name", "blue"))
    app = replace(app, blue=replace(app.blue, traffic=Traffic(requests_per_s=1234.4, error_share=0.2)))
    entry = app_entry(app)
    assert entry.plain.endswith("shop-…name BLUE 1,234/s")
    assert entry.cell_length == 25


def test_a_name_is_cut_in_its_middle_and_never_touches_what_is_beside_it() -> None:
    for name in ("web", "service-with-a-long-name-07", "日本語のサービス名"):
        for width in range(2, 40):
            told = name_column(name, width)
            assert told.cell_length == width
            assert told.plain.endswith(" ")
    assert name_column("service-with-a-long-name-07", 12).plain == "servi…me-07 "


def test_figures_read_as_people_write_them() -> None:
    assert [rate(one) for one in (0, 0.04, 9.9, 10, 1234.5)] == ["0", "<0.1", "9.9", "10", "1,234"]
    assert [megabytes(mb << 20) for mb in (1, 9, 512, 1536)] == ["1.0M", "9.0M", "512M", "1.5G"]
    assert short_digest("shop/web@sha256:" + "ab" * 32) == "abababababab"
    assert short_digest("") == ""


def test_a_time_to_begin_at_is_read_as_it_is_written() -> None:
    now = datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert since_of("", now) is None
    assert since_of("09:30", now) == "2025-06-01T09:30:00Z"
    told = since_of("10m", now)
    assert told is not None
    assert datetime.fromisoformat(told) < datetime.now(UTC) - timedelta(minutes=9)
    with pytest.raises(ValueError, match="'99:99' is no time"):
        since_of("99:99", now)


async def test_only_the_app_that_is_looked_at_is_asked_for_in_detail(daemon: FakeDaemon) -> None:
    shop(daemon)
    async with shown(daemon, clock=lambda: NOW) as ui:
        await ui.reads("184 req/s", "0% errors", "143M")
        await ui.press("right_square_bracket")
        await ui.until(lambda: any(r.path == "/v1/apps/tickets" for r in daemon.requests), "the other app")
        assert not any(r.path == "/v1/apps/wiki" for r in daemon.requests)
        assert ui.app.state.link.is_up


async def test_a_daemon_without_figures_is_not_away(daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/apps/shop/traffic", Failed("no log can be read"))
    async with shown(daemon) as ui:
        await ui.reads("● GREEN is live", "healthy")
        daemon.wait_for_request("GET", "/v1/apps/shop/traffic")
        tell_traffic(daemon, green=traffic_json(12, 5))
        daemon.tell("color", app="shop", color="blue", state="warm")
        await ui.reads("12 req/s")
        assert ui.app.state.link.is_up
