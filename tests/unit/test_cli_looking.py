"""bgctl's verbs that look and change nothing: history, releases, smoke checks, logs, the journal."""

from __future__ import annotations

from tests.bgctl import bgctl
from tests.fake_daemon import FakeDaemon
from tests.samples import container_json, deployment_json, failure_json, line_json, smoke_json

SHOP = "/v1/apps/shop"


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
    daemon.tell("shifted", **about, release="r1", color="blue", percent=5, until=None)
    daemon.tell("shifted", **about, release="r1", color="blue", percent=0, until=None)
    daemon.tell("watched", **about, color="blue", percent=5, verdict="kept", broke=False, judged=True)
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
            "blue gets 5 % of the visitors, with r1",
            "blue gets no visitors any more, r1 is taken back",
            "blue at 5 %: kept",
            "thin  (add smoke)",
            "what: new",
            "deploy of r1 ✗ failed in 900ms, nothing is live: smoke check GET /up",
        ),
        strict=True,
    ):
        assert words in line
    assert lines[0].lstrip().startswith("#1 ")
    items = bgctl(daemon, "events", "--since", "10", "--json").items
    assert [item["event"] for item in items] == ["novelty", "finished"]


def test_events_of_an_app_that_nobody_knows_are_a_mistake_and_those_of_one_that_left_are_not(
    daemon: FakeDaemon,
) -> None:
    daemon.tell("removed", app="gone", file="/a")
    assert "removed" in bgctl(daemon, "events", "--app", "gone").out
    typo = bgctl(daemon, "events", "--app", "shpo")
    assert (typo.code, typo.out) == (2, "")
    assert "there is no app shpo" in typo.err


def test_an_event_of_another_version_is_shown_all_the_same(daemon: FakeDaemon) -> None:
    daemon.tell("stage", app="shop", step="smoking")
    assert "step: smoking" in bgctl(daemon, "events").out
