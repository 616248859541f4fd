"""What pictures and snapshots show: a fake daemon in the middle of something, and a clock that stands.

with running_daemon() as daemon:
    scene = SCENES["deploying"](daemon)
    async with shown(daemon, size, clock=lambda: NOW) as ui:
        await scene(ui)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from tests.fake_daemon import FakeDaemon
from tests.samples import STAGES, color_json, deployment_json, failure_json, stage_json
from tests.tui.shop import NOW, ago, containers, shop, tell_traffic, traffic_json
from tests.tui.shown import Shown
from tui import reduce

Play = Callable[[Shown], Awaitable[None]]


def glance(daemon: FakeDaemon) -> Play:
    """An ordinary day."""
    shop(daemon)

    async def play(ui: Shown) -> None:
        await ui.reads("following")

    return play


def deploying(daemon: FakeDaemon) -> Play:
    """A release is being smoke-tested in blue."""
    app = shop(daemon)
    running = deployment_json(
        "shop", 43, color="blue", state="smoking", started=ago(21), actor="ada", reason="new search"
    )
    took = (4200, 310, 2100, 6400, 1800)
    for stage, ms in zip(running["stages"], took, strict=False):
        stage.update(status="done", took_ms=ms)
    running["stages"][5].update(status="running", started=ago(3), limit_s=15.0)
    app.update(deployment=running, phase="smoking")
    blue = color_json("shop", "blue", "preparing", "r43", since=ago(21))
    blue["containers"] = containers("shop", "blue", "v43", 9)
    blue["containers"][2]["health"] = "starting"
    blue["health"] = "starting"
    app["colors"]["blue"] = blue

    async def play(ui: Shown) -> None:
        await ui.reads("deploy r43 → BLUE")
        daemon.tell_progress("shop", 43, "smoking", "GET /checkout: 2 of 3 checks passed")
        await ui.reads("2 of 3 checks")

    return play


def draining(daemon: FakeDaemon) -> Play:
    """The traffic has moved to blue a moment ago; green ends its last requests."""
    app = shop(daemon)
    app["live"] = "blue"
    app["colors"]["blue"].update(state="live", release="r43", since=ago(9))
    app["colors"]["green"].update(
        state="draining",
        since=ago(9),
        remaining={"connections": 7, "old_workers": 2, "elapsed_s": 9.2, "limit_s": 30.0},
    )
    tell_traffic(daemon, blue=traffic_json(171, 51, 0.004), green=traffic_json(3, 420))

    async def play(ui: Shown) -> None:
        await ui.reads("7 connections")

    return play


def failed(daemon: FakeDaemon) -> Play:
    """A release didn't pass its smoke check."""
    app = shop(daemon)
    stages = [stage_json(one, "done", took_ms=900) for one in STAGES[:5]]
    stages += [stage_json("smoking", "failed", took_ms=1240)]
    stages += [stage_json(one, "skipped") for one in STAGES[6:]]
    app["last_deployment"] = deployment_json(
        "shop",
        43,
        color="blue",
        state="failed",
        outcome="failed",
        started=ago(52),
        finished=ago(40),
        took_ms=12_300,
        actor="ada",
        stages=[*stages, stage_json("failing", "done", took_ms=800)],
        failure=failure_json(
            message="smoke check GET /checkout: status 500, wanted 200",
            hint="mend it and deploy again; nothing waits to be cleaned up",
            still_serving="green serves r42 as before",
            log=[
                "web | Traceback (most recent call last):",
                'web |   File "/app/shop/checkout.py", line 41, in total',
                "web | KeyError: 'DATABASE_URL'",
            ],
        ),
    )
    app["colors"]["blue"] = color_json("shop", "blue", "failed", since=ago(40))

    async def play(ui: Shown) -> None:
        await ui.reads("✗ deploy of r43 failed")

    return play


def past(daemon: FakeDaemon) -> Play:
    """The history of `shop`, with a release that failed, and one that was taken back and forth."""
    app = shop(daemon)
    newest = app["last_deployment"]
    old = []
    kinds = (
        ("succeeded", "smaller images", 93_000),
        ("failed", "new search", 94_100),
        ("succeeded", "", 180_000),
    )
    for position, (outcome, reason, age_s) in enumerate(kinds):
        number = 40 - position
        color = "blue" if position % 2 == 0 else "green"
        told: dict[str, Any] = {
            "color": color,
            "outcome": outcome,
            "state": outcome,
            "reason": reason,
            "actor": "ada",
        }
        stages = [stage_json(stage, "done", took_ms=700) for stage in STAGES]
        if outcome == "failed":
            told["failure"] = failure_json(still_serving="")
            stages = [
                *stages[:5],
                stage_json("smoking", "failed", took_ms=1200),
                stage_json("failing", "done"),
            ]
        times = {"started": ago(age_s + 30), "finished": ago(age_s), "took_ms": 30_000, "stages": stages}
        old.append(deployment_json("shop", number, **told, **times))
    daemon.deployments["shop"] = [newest, *old]

    def tell(deployment: int, offset_s: float, event: str, **values: Any) -> None:
        values["at"] = ago(8060 - offset_s)
        daemon.tell(event, app="shop", deployment=deployment, **values)

    tell(42, 0, "started", kind="deploy", release="r42", color="green", actor="ada", reason="faster checkout")
    at = 0.0
    for stage, ms in zip(STAGES, (4200, 310, 2100, 6400, 1800, 940, 130, 260), strict=True):
        at += ms / 1000
        tell(42, at, "stage", stage=stage, status="done", took_ms=ms, detail="")
        if stage == "smoking":
            checks = [{"check": "GET /up", "passed": True}, {"check": "GET /checkout", "passed": True}]
            tell(42, at, "smoke", color="green", passed=True, checks=checks)
        if stage == "switching":
            tell(42, at, "live", release="r42", color="green", **{"from": "blue"})
    tell(
        42,
        at,
        "finished",
        kind="deploy",
        release="r42",
        color="green",
        outcome="succeeded",
        live="green",
        took_ms=29_400,
    )
    about = {"kind": "switch", "release": "r40", "color": "blue"}
    tell(41, -600, "started", **about, actor="kim", reason="")
    tell(41, -599.9, "finished", **about, outcome="succeeded", live="blue", took_ms=88)

    async def play(ui: Shown) -> None:
        await ui.press("H")
        await ui.reads("deploy of r42 into")

    return play


def compared(daemon: FakeDaemon) -> Play:
    """What r42 has otherwise than the release before."""
    play_history = past(daemon)
    changes = [
        {"service": "web", "place": "services.web.image", "before": "shop/web:v41", "after": "shop/web:v42"},
        {
            "service": "web",
            "place": "services.web.environment.CACHE",
            "before": None,
            "after": "redis://redis",
        },
        {"service": "worker", "place": "services.worker.deploy.replicas", "before": "1", "after": "2"},
        {"service": "web", "place": "services.web.environment.API_KEY", "before": "•••", "after": "•••"},
    ]
    about = {"app": "shop", "from": "r40", "to": "r42", "changes": changes}
    daemon.on("GET", "/v1/apps/shop/releases/r40/diff/r42", about)

    async def play(ui: Shown) -> None:
        await play_history(ui)
        await ui.press("j", "equals_sign")
        await ui.reads("4 changes")

    return play


def asked(daemon: FakeDaemon) -> Play:
    """Whether to move the traffic."""
    shop(daemon)

    async def play(ui: Shown) -> None:
        await ui.asked("s", "Switch shop to BLUE")

    return play


def helped(daemon: FakeDaemon) -> Play:
    """The keys."""
    shop(daemon)

    async def play(ui: Shown) -> None:
        await ui.press("question_mark")
        await ui.reads("The log has the keys")

    return play


def searched(daemon: FakeDaemon) -> Play:
    """The log on the whole screen, with a filter and a search."""
    shop(daemon)

    async def play(ui: Shown) -> None:
        await ui.reads("following")
        await ui.press("z", "F")
        await ui.until(lambda: ui.app.focused is not None and ui.app.focused.id == "written", "a prompt")
        await ui.press(*"job", "enter")
        await ui.until(lambda: ui.app.focused is ui.app._main.log_view, "the log")
        await ui.press("slash")
        await ui.until(lambda: ui.app.focused is not None and ui.app.focused.id == "written", "a prompt")
        await ui.press(*"checkout", "enter")
        await ui.until(lambda: ui.app.focused is ui.app._main.log_view, "the log")
        await ui.press("N")
        await ui.reads("paused")

    return play


def away(daemon: FakeDaemon) -> Play:
    """The daemon was stopped."""
    shop(daemon)

    async def play(ui: Shown) -> None:
        await ui.reads("following")
        ui.app._link.close()  # the path of a test's socket isn't for pictures
        why = "no daemon listens on /run/bgd/bgd.sock"
        ui.app.become(reduce.with_lost_link(ui.app.state, why, "", NOW - timedelta(seconds=12)))
        await ui.reads("daemon away for 12s")

    return play


SCENES: dict[str, Callable[[FakeDaemon], Play]] = {
    "glance": glance,
    "deploying": deploying,
    "draining": draining,
    "failed": failed,
    "history": past,
    "compared": compared,
    "asked": asked,
    "helped": helped,
    "searched": searched,
    "away": away,
}
