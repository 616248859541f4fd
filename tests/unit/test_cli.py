"""bgctl's verbs against a fake daemon, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bgd.errors import Failed, InvalidInput, NotFound, Refused, Unreachable
from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon, running_daemon
from tests.samples import (
    app_json,
    color_json,
    container_json,
    deployment_json,
    failure_json,
    line_json,
    smoke_json,
    stage_json,
)

SHOP = "/v1/apps/shop"


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    with running_daemon() as daemon:
        daemon.apps["shop"] = app_json("shop", "blue")
        yield daemon


# The command line


def test_help_lists_every_verb_on_stdout() -> None:
    told = bgctl(None, "--help")
    assert told.code == 0
    assert told.err == ""
    for verb in ("check", "add", "remove", "deploy", "promote", "cancel", "switch", "rollback", "status"):
        assert f"\n  {verb} " in told.out


def test_without_a_verb_the_help_is_bad_usage() -> None:
    told = bgctl(None)
    assert (told.code, told.out) == (2, "")
    assert "usage: bgctl" in told.err


def test_a_mistyped_verb_is_guessed() -> None:
    told = bgctl(None, "deploi", "shop")
    assert told.code == 2
    assert "did you mean `bgctl deploy`?" in told.err


@pytest.mark.parametrize("words", [("help", "deploy"), ("deploy", "--help"), ("--help", "deploy")])
def test_every_way_to_ask_for_a_verbs_help_works(words: tuple[str, ...], capsys: Any) -> None:
    told = bgctl(None, *words)
    assert told.code == 0
    assert "--no-switch" in told.out


@pytest.mark.parametrize(
    "words",
    [
        ("deploy",),
        ("deploy", "shop", "--nope"),
        ("deploy", "shop", "--no"),
        ("switch", "shop", "--to", "red"),
        ("logs", "shop", "--tail", "-3"),
        ("logs", "shop", "--since", "yesterday"),
        ("events", "--since", "x"),
        ("stop", "shop"),
        ("status", ""),
        ("status", "a/b"),
        ("--nope",),
        ("completion", "tcsh"),
    ],
)
def test_bad_usage_is_2_and_says_what_is_wrong(words: tuple[str, ...]) -> None:
    told = bgctl(None, *words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: ")
    as_json = bgctl(None, *words, "--json")
    assert as_json.code == 2
    assert as_json.document["error"]["code"] == "invalid"


def test_the_socket_may_be_named_before_and_after_the_verb(daemon: FakeDaemon) -> None:
    assert bgctl(None, "--socket", daemon.socket_path, "status", "--json").code == 0
    assert bgctl(None, "status", "--json", f"--socket={daemon.socket_path}").code == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Failed("broken"), 1),
        (InvalidInput("wrong"), 2),
        (NotFound("none"), 2),
        (Unreachable("gone"), 3),
        (Refused("busy"), 4),
    ],
)
def test_each_kind_of_error_has_its_exit_code(daemon: FakeDaemon, error: Any, code: int) -> None:
    daemon.on("POST", f"{SHOP}/switch", error)
    told = bgctl(daemon, "switch", "shop")
    assert (told.code, told.out) == (code, "")
    assert error.message in told.err
    assert bgctl(daemon, "switch", "shop", "--json").document == {
        "error": {"code": error.code, "message": error.message, "hint": ""}
    }


def test_no_daemon_is_3_and_says_that_traffic_goes_on(tmp_path: Path) -> None:
    told = bgctl(None, "--socket", str(tmp_path / "none"), "status")
    assert told.code == 3
    assert "traffic goes on" in told.err


def test_an_error_can_not_paint_the_terminal(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/switch", Failed("line one\x1b[2J\nline two\x07", "hint\x9b1m"))
    told = bgctl(daemon, "switch", "shop")
    assert told.err == "error: line one[2J\n  line two\n  hint1m\n"


# status


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


# Moving traffic


def test_switch_says_from_where_to_where_and_how_fast(daemon: FakeDaemon) -> None:
    moved = {"app": "shop", "from": "blue", "to": "green", "release": "r2", "took_ms": 4.2}
    daemon.on("POST", f"{SHOP}/switch", moved)
    told = bgctl(daemon, "switch", "shop", "--to", "green", "--force")
    assert told.out == "✓ shop: blue → ● green serves r2, seen after 4.2ms\n"
    assert daemon.requests[-1].body == {"to": "green", "force": True}
    assert bgctl(daemon, "switch", "shop", "--json").document == moved


def test_a_warm_rollback_is_done_at_once(daemon: FakeDaemon) -> None:
    moved = {"app": "shop", "from": "green", "to": "blue", "release": "r1", "took_ms": 3.0}
    daemon.on("POST", f"{SHOP}/rollback", moved)
    told = bgctl(daemon, "rollback", "shop", "--to", "r1")
    assert "green → ● blue serves r1" in told.out
    assert daemon.requests[-1].body == {"to": "r1"}
    assert bgctl(daemon, "rollback", "shop", "--json").document == moved


def test_stop_says_what_still_serves(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/stop", daemon.apps["shop"])
    told = bgctl(daemon, "stop", "shop", "--color", "green")
    assert told.out == "shop: ■ green is stopped\n  blue still serves r1\n"
    assert daemon.requests[-1].body == {"color": "green"}


def test_cancel_says_what_still_serves(daemon: FakeDaemon) -> None:
    daemon.on("POST", f"{SHOP}/cancel", deployment_json("shop", 2, outcome="cancelled"))
    told = bgctl(daemon, "cancel", "shop")
    assert told.code == 0
    assert told.out == "shop: r2 – cancelled\n  blue still serves r1\n"


# Taking in and out


def checked(**changes: Any) -> dict[str, Any]:
    return {
        "app": "shop",
        "route": {"service": "web", "port": 8080, "hosts": [], "path": "/"},
        "services": {"web": {"role": "colored", "reason": "has a build"}},
        "rewrites": ["web: the published port 8080 is bgd's now"],
        "warnings": [{"code": "thin", "service": "web", "message": "no smoke checks", "fix": "add `smoke`"}],
        "questions": [],
        **changes,
    }


def test_add_sends_an_absolute_path_and_says_the_next_step(
    daemon: FakeDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    daemon.on("POST", "/v1/apps", checked())
    told = bgctl(daemon, "add", "compose.yaml", "--name", "shop")
    assert daemon.requests[-1].body == {"file": str(tmp_path / "compose.yaml"), "name": "shop"}
    assert told.code == 0
    for words in (
        "web  colored  has a build",
        "web:8080",
        "warning  web: no smoke checks",
        "bgctl deploy shop",
    ):
        assert words in told.out
    assert bgctl(daemon, "add", "compose.yaml", "--json").document == checked()


def test_remove_without_yes_says_what_would_go_and_changes_nothing(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "remove", "shop")
    assert told.code == 4
    for words in ("blue with r1, 2 containers, which is live", "redis", "volumes would be kept", "--yes"):
        assert words in told.err
    assert "its volumes, with the data" in bgctl(daemon, "remove", "shop", "--volumes").err
    assert {request.method for request in daemon.requests} == {"GET"}


def test_remove_with_yes_removes(daemon: FakeDaemon) -> None:
    daemon.on("DELETE", SHOP, {"app": "shop", "removed": True})
    told = bgctl(daemon, "remove", "shop", "--yes", "--volumes")
    assert (told.code, told.out) == (0, "✓ shop is removed, its volumes too\n")
    assert daemon.requests[-1].query == {"volumes": "true"}


# Looking


def test_history_is_a_table(daemon: FakeDaemon) -> None:
    daemon.deployments["shop"] = [
        deployment_json("shop", 2, outcome="failed", took_ms=6400, reason="a hotfix"),
        deployment_json("shop", 1, outcome="succeeded", took_ms=14_200),
    ]
    head, second, first = bgctl(daemon, "history", "shop").out.splitlines()
    assert head.split()[0] == "RELEASE"
    assert "r2" in second
    assert "✗ failed" in second
    assert second.endswith("a hotfix")
    assert "14.2s" in first
    told = bgctl(daemon, "history", "shop", "--json").document
    assert [one["release"] for one in told["deployments"]] == ["r2", "r1"]


def test_show_prints_a_release_with_its_model(daemon: FakeDaemon) -> None:
    release = {
        "app": "shop",
        "release": "r1",
        "created": "2025-01-01T10:00:00Z",
        "actor": "uid 0",
        "reason": "first",
        "route": {"service": "web", "port": 8080, "hosts": ["shop.example.com"], "path": "/"},
        "roles": {"web": "colored", "db": "shared"},
        "images": {"web": {"reference": "shop/web:1", "id": "sha256:12", "digest": None}},
        "model": {"services": {"web": {"environment": {"PASSWORD": "••••"}}}},
        "deployments": [deployment_json("shop", 1, outcome="succeeded")],
    }
    daemon.on("GET", f"{SHOP}/releases/r1", release)
    told = bgctl(daemon, "show", "shop", "r1")
    for words in ("shop r1", "by uid 0, first", "shop/web:1", "✓ succeeded", "      PASSWORD: ••••"):
        assert words in told.out
    assert bgctl(daemon, "show", "shop", "r1", "--json").document == release


def test_smoke_shows_every_check_and_is_1_when_one_fails(daemon: FakeDaemon) -> None:
    checks = [smoke_json("GET /up", reason="answered 200"), smoke_json("GET /cart", passed=False)]
    told = {"app": "shop", "color": "green", "passed": False, "checks": checks}
    daemon.on("POST", f"{SHOP}/smoke", told)
    result = bgctl(daemon, "smoke", "shop", "--color", "green")
    assert result.code == 1
    up, cart, answer, sum_up = result.out.splitlines()
    assert up.split() == ["✓", "GET", "/up", "200", "12ms"]
    assert cart.split()[:5] == ["✗", "GET", "/cart", "500", "12ms"]
    assert cart.endswith("status 500, wanted 200")
    assert answer.strip() == "broken"
    assert sum_up == "✗ 1 of 2 checks failed on green"
    as_json = bgctl(daemon, "smoke", "shop", "--json")
    assert (as_json.code, as_json.document) == (1, told)


def test_smoke_is_0_when_all_pass(daemon: FakeDaemon) -> None:
    told = {"app": "shop", "color": "blue", "passed": True, "checks": [smoke_json("GET /up")]}
    daemon.on("POST", f"{SHOP}/smoke", told)
    result = bgctl(daemon, "smoke", "shop")
    assert (result.code, result.out.splitlines()[-1]) == (0, "✓ 1 check passed on blue")


def test_logs_are_marked_with_color_service_and_stream(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [
        line_json("hello"),
        line_json("oh no", stream="stderr", color="green", service="worker"),
        line_json("saved", color=None, service="redis"),
    ]
    assert bgctl(daemon, "logs", "shop").out.splitlines() == [
        "blue   web    │ hello",
        "green  worker ! oh no",
        "shared redis  │ saved",
    ]
    told = bgctl(daemon, "logs", "shop", "--json")
    assert [line["text"] for line in told.items] == ["hello", "oh no", "saved"]


def test_logs_send_what_was_asked_for(daemon: FakeDaemon) -> None:
    bgctl(daemon, "logs", "shop", "--color", "blue", "--service", "web", "--tail", "5", "--since", "10m")
    asked = daemon.requests[-1].query
    assert asked.pop("since").endswith("Z")
    assert asked == {"color": "blue", "service": "web", "tail": "5"}


def test_logs_of_an_unknown_service_name_the_known(daemon: FakeDaemon) -> None:
    told = bgctl(daemon, "logs", "shop", "--service", "wbe")
    assert told.code == 2
    assert "there are: redis, web, worker" in told.err


def test_a_container_that_logs_escape_sequences_can_not_paint(daemon: FakeDaemon) -> None:
    daemon.log["shop"] = [line_json("\x1b]0;mine\x07\x1b[2Jtext\tafter a tab")]
    daemon.apps["shop"]["shared"].append(container_json("shop", "shared", "\x1b[1mdb"))
    assert bgctl(daemon, "logs", "shop").out.endswith(" │ ]0;mine[2Jtext\tafter a tab\n")
    assert "\x1b" not in bgctl(daemon, "status", "shop").out


def test_events_print_the_journal_and_end(daemon: FakeDaemon) -> None:
    about = {"app": "shop", "deployment": 1}
    daemon.tell("daemon", app=None, message="started")
    daemon.tell("started", **about, kind="deploy", release="r1", color="blue", reason="", actor="uid 0")
    daemon.tell("stage", **about, stage="smoking", status="failed", took_ms=12, detail="status 500")
    daemon.tell("effect", **about, effect="start_color", phase="intent", detail="blue r1")
    daemon.tell("live", **about, release="r1", color="blue", **{"from": None})
    daemon.tell("drain", app="shop", color="green", connections=1, old_workers=2)
    daemon.tell("warning", app="shop", message="thin", fix="add smoke")
    daemon.tell("novelty", app="shop", what="new")
    finished = {"kind": "deploy", "release": "r1", "outcome": "failed", "live": None, "took_ms": 900}
    daemon.tell("finished", **about, **finished, failure=failure_json())
    lines = bgctl(daemon, "events").out.splitlines()
    for line, words in zip(
        lines,
        (
            "started",
            "deploy of r1 into blue  by uid 0",
            "smoke failed 12ms  status 500",
            "start color: intent  blue r1",
            "blue has the traffic, with r1",
            "green drains: 1 connection, 2 old workers",
            "thin  (add smoke)",
            "what: new",
            "deploy of r1 ✗ failed in 900ms, nothing is live: smoke check GET /up",
        ),
        strict=True,
    ):
        assert words in line
    assert lines[0].lstrip().startswith("#1 ")
    items = bgctl(daemon, "events", "--since", "7", "--json").items
    assert [item["event"] for item in items] == ["novelty", "finished"]


def test_an_event_of_another_version_is_shown_all_the_same(daemon: FakeDaemon) -> None:
    daemon.tell("stage", app="shop", step="smoking")
    assert "step: smoking" in bgctl(daemon, "events").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_every_verb(shell: str) -> None:
    told = bgctl(None, "completion", shell)
    assert told.code == 0
    assert all(word in told.out for word in ("rollback", "no-switch", "bgctl completion apps"))


def test_the_shells_ask_for_the_apps(daemon: FakeDaemon) -> None:
    assert bgctl(daemon, "completion", "apps").out == "shop\n"


def test_the_terminal_ui_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    told = bgctl(None, "ui")
    assert told.code == 2
    assert "status --watch" in told.err


def test_maintenance_says_how_to_look_behind_the_page_and_how_to_end_it(daemon: FakeDaemon) -> None:
    closed = {**daemon.apps["shop"], "closed": ["maintenance"]}
    daemon.on("POST", f"{SHOP}/maintenance", closed)
    told = bgctl(daemon, "maintenance", "shop", "on")
    assert "shop: maintenance, requests get a 503 page from now on" in told.out
    assert "curl -H 'Bgd-Color: blue' " in told.out
    assert "bgctl maintenance shop off ends it" in told.out
    assert daemon.requests[-1].body == {"on": True}
    daemon.on("POST", f"{SHOP}/maintenance", {**closed, "closed": []})
    assert bgctl(daemon, "maintenance", "shop", "off").out == "shop: open, blue still serves r1\n"
    assert daemon.requests[-1].body == {"on": False}
    assert bgctl(None, "maintenance", "shop", "maybe").code == 2
