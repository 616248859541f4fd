"""`bgctl status` against a fake daemon: the table of apps, and one app closely."""

from __future__ import annotations

from bgd.cli.moment import local
from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon
from tests.samples import app_json, color_json, container_json, deployment_json, failure_json, stage_json


def test_status_is_one_line_for_each_app(daemon: FakeDaemon) -> None:
    daemon.apps["blog"] = app_json("blog", "green", problems=["blog-green-web-1 is unhealthy, and live"])
    daemon.apps["new"] = app_json("new")
    told = bgctl(daemon, "status")
    assert told.code == 0
    head, shop, blog, problem, new = told.out.splitlines()
    assert head.split() == ["APP", "LIVE", "RELEASE", "HEALTH", "CONTAINERS", "AGE", "URL"]
    assert shop.split()[:6] == ["shop", "●", "blue", "r1", "✓", "healthy"]
    assert "2/2" in shop
    assert blog.split()[2] == "green"
    assert problem == "  ! blog-green-web-1 is unhealthy, and live"
    assert new.split()[:3] == ["new", "–", "none"]


def test_status_tells_what_goes_on_now(daemon: FakeDaemon) -> None:
    running = deployment_json("shop", 2, state="smoking")
    daemon.apps["shop"].update(deployment=running, phase="smoking")
    assert "◌ deploy of r2 into green: smoke" in bgctl(daemon, "status").out


def test_status_tells_who_gets_which_share(daemon: FakeDaemon) -> None:
    running = deployment_json("shop", 2, state="shifting")
    since, until = "2025-01-01T12:00:00Z", "2025-01-01T12:02:00Z"
    running["shift"] = {"percent": 25, "since": since, "until": until, "next": 100}
    daemon.apps["shop"].update(deployment=running, phase="shifting")
    assert "◌ deploy of r2 into green: shift, 25 % of the visitors" in bgctl(daemon, "status").out
    told = f"green gets 25 % of the visitors since {local(since)} until {local(until)}, then all of them: "
    assert f"{told}bgctl promote shop doesn't wait" in bgctl(daemon, "status", "shop").out


def test_status_of_nothing_says_how_to_begin(daemon: FakeDaemon) -> None:
    daemon.apps.clear()
    assert "bgctl add FILE" in bgctl(daemon, "status").out


def test_status_of_one_app_shows_both_colors_and_the_shared(daemon: FakeDaemon) -> None:
    app = daemon.apps["shop"]
    app["colors"]["green"] = color_json("shop", "green", "warm", "r0", warm_until="2025-01-01T12:00:00Z")
    app["colors"]["green"]["containers"][0].update(status="exited", restarts=3, health="none")
    app["last_deployment"] = deployment_json(
        "shop", 1, outcome="failed", finished="2025-01-01T10:00:00Z", took_ms=6400, failure=failure_json()
    )
    out = bgctl(daemon, "status", "shop").out
    for words in (
        "● blue  live  r1  ✓ healthy  2/2",
        "○ green  warm  r0",
        "1/2",
        "exited",
        "restarted 3×",
        "preview http://127.0.0.1:8081/",
        "shop-shared-redis-1",
        "last  deploy of r1 ✗ failed in 6.4s",
        "smoke check GET /up: status 500, wanted 200",
    ):
        assert words in out
    assert out.index("● blue") < out.index("○ green")


def test_what_is_meant_to_rest_is_neither_counted_nor_ill(daemon: FakeDaemon) -> None:
    app = daemon.apps["shop"]
    app["colors"]["green"] = color_json("shop", "green", "warm", "r0")
    for color in ("blue", "green"):
        ended = {"status": "exited", "health": "none"}
        app["colors"][color]["containers"] += [
            container_json("shop", color, "cron", role="live-only", **ended),
            container_json("shop", color, "migrate", role="task", **ended),
        ]
    out = bgctl(daemon, "status", "shop").out
    rows = {line.split()[1]: line for line in out.splitlines() if line.startswith("    ")}
    assert rows["shop-green-cron-1"].endswith("rests")
    assert rows["shop-green-migrate-1"].endswith("done")
    assert rows["shop-blue-cron-1"].endswith("exited")
    assert "○ green  warm  r0  ✓ healthy  2/2" in out
    assert "● blue  live  r1  ✓ healthy  2/3" in out
    assert "2/3" in bgctl(daemon, "status").out


def test_a_stopped_color_is_neither_ill_nor_to_be_looked_at(daemon: FakeDaemon) -> None:
    green = color_json("shop", "green", "stopped", "r0", health="unhealthy")
    for container in green["containers"]:
        container.update(status="exited", health="unhealthy")
    daemon.apps["shop"]["colors"]["green"] = green
    out = bgctl(daemon, "status", "shop").out
    assert "■ green  stopped  r0  for" in out
    assert "shop-green-web-1     stopped\n" in out
    assert "unhealthy" not in out
    assert "preview" not in out


def test_a_resting_container_that_runs_or_restarts_is_shown_as_it_is(daemon: FakeDaemon) -> None:
    green = color_json("shop", "green", "warm", "r0")
    green["containers"].append(
        container_json("shop", "green", "cron", role="live-only", status="restarting", health="none")
    )
    daemon.apps["shop"]["colors"]["green"] = green
    out = bgctl(daemon, "status", "shop").out
    assert "restarting" in out
    assert "2/3" in out


def test_no_line_of_the_status_ends_in_blanks(daemon: FakeDaemon) -> None:
    assert [line for line in bgctl(daemon, "status", "shop").out.splitlines() if line != line.rstrip()] == []


def test_status_of_an_app_that_waits_names_the_verb(daemon: FakeDaemon) -> None:
    stages = [stage_json("preparing", "done", took_ms=1200), stage_json("awaiting", "running")]
    waiting = deployment_json("shop", 2, state="awaiting", stages=stages)
    daemon.apps["shop"].update(deployment=waiting, phase="awaiting")
    out = bgctl(daemon, "status", "shop").out
    assert "bgctl promote shop" in out
    assert "prepare 1.2s" in out


def test_status_as_json_is_what_the_daemon_said(daemon: FakeDaemon) -> None:
    assert bgctl(daemon, "status", "--json").document == {"apps": [daemon.apps["shop"]]}
    assert bgctl(daemon, "status", "shop", "--json").document == daemon.apps["shop"]


def test_an_unknown_app_is_2_and_the_known_are_told(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "status", "shpo")
    assert told.code == 2
    assert "the apps are: shop" in told.err
