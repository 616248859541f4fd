"""What pictures and snapshots show: a fake daemon in the middle of something, and a clock that stands.

with running_daemon() as daemon:
    scene = SCENES["deploying"](daemon)
    async with shown(daemon, size, clock=lambda: NOW) as ui:
        await scene(ui)
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fake_daemon import FakeDaemon
from tests.samples import (
    STAGES,
    app_json,
    color_json,
    container_json,
    deployment_json,
    failure_json,
    line_json,
    stage_json,
)
from tests.tui.shown import Shown
from tui import reduce

NOW = datetime(2025, 1, 1, 10, 30, tzinfo=UTC)
MB = 1 << 20
Play = Callable[[Shown], Awaitable[None]]


def ago(seconds: float) -> str:
    """RFC 3339 of some seconds before the clock's time."""
    return (NOW - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def series(dice: random.Random, level: float, p95: int, failing: float = 0.0) -> dict[str, Any]:
    """A minute of traffic that swings a little."""
    requests = [
        max(0, round(level * (1 + 0.35 * math.sin(n / 7)) + dice.gauss(0, level / 9))) for n in range(60)
    ]
    return {
        "requests": requests,
        "failed": [sum(dice.random() < failing for _ in range(one)) for one in requests],
        "p50_ms": [p95 // 3] * 60,
        "p95_ms": [round(p95 * (1 + 0.2 * math.sin(n / 5)) + dice.gauss(0, p95 / 12)) for n in range(60)],
    }


def traffic_json(level: float = 0, p95: int = 0, failing: float = 0.0) -> dict[str, Any]:
    """A colour's traffic."""
    minute = series(random.Random(3), level, p95, failing) if level else {}
    return {
        "requests_per_s": level,
        "error_share": failing,
        "p50_ms": p95 // 3 if level else None,
        "p95_ms": p95 if level else None,
        "p99_ms": p95 * 2 if level else None,
        "connections": round(level / 4),
        "series": minute,
    }


def containers(app: str, color: str, tag: str, age_s: float) -> list[dict[str, Any]]:
    """Web, worker and mailer as they run."""
    told = (("web", 0.231, 143, 512), ("worker", 0.048, 96, 256), ("mailer", 0.002, 31, None))
    return [
        container_json(
            app,
            color,
            service,
            image=f"registry.example.com/{app}/{service}:{tag}",
            digest=f"sha256:{random.Random(service + tag).randbytes(32).hex()}",
            started=ago(age_s),
            cpu_cores=cores,
            memory_bytes=memory * MB,
            memory_limit_bytes=limit * MB if limit else None,
        )
        for service, cores, memory, limit in told
    ]


def shop(daemon: FakeDaemon, **changes: Any) -> dict[str, Any]:
    """`shop`: green is live with r42, blue is warm with r41; two quieter apps beside it."""
    app = app_json("shop", live="green")
    app["route"]["hosts"] = ["shop.example.com"]
    app["route"]["port"] = 3000
    app["urls"] = {"public": "http://shop.example.com/", "preview": "http://shop.example.com:8081/"}
    green = color_json("shop", "green", "live", "r42", since=ago(8040))
    green["containers"] = containers("shop", "green", "v42", 8050)
    blue = color_json("shop", "blue", "warm", "r41", since=ago(8040), warm_until=ago(-1800))
    blue["containers"] = containers("shop", "blue", "v41", 93_000)
    app["colors"] = {"blue": blue, "green": green}
    app["shared"] = [container_json("shop", "shared", one) for one in ("postgres", "redis")]
    app["last_deployment"] = deployment_json(
        "shop",
        42,
        outcome="succeeded",
        state="succeeded",
        started=ago(8060),
        finished=ago(8030),
        took_ms=29_400,
        actor="ada",
        reason="faster checkout",
        stages=[
            stage_json(stage, "done", took_ms=ms)
            for stage, ms in zip(STAGES, (4200, 310, 2100, 6400, 1800, 940, 130, 260), strict=True)
        ],
        receipt=receipt(),
    )
    app.update(changes)
    daemon.apps["shop"] = app
    tell_traffic(daemon, blue=traffic_json(), green=traffic_json(184, 46, 0.0))
    for name, live in (("tickets", "blue"), ("wiki", "green")):
        daemon.apps[name] = app_json(name, live=live)
    daemon.log["shop"] = chatter()
    return app


def tell_traffic(daemon: FakeDaemon, **colors: dict[str, Any]) -> None:
    """The traffic of `shop` by colour, in its status and on its own."""
    for color, told in colors.items():
        short = {key: value for key, value in told.items() if key != "series"}
        daemon.apps["shop"]["colors"][color]["traffic"] = short
    daemon.on("GET", "/v1/apps/shop/traffic", {"app": "shop", "until": 0, "colors": colors})


def chatter() -> list[dict[str, Any]]:
    """Lines as an app writes them."""
    dice = random.Random(42)
    lines = []
    for n in range(90):
        service = dice.choice(("web", "web", "web", "worker", "mailer"))
        color = "green" if dice.random() < 0.8 else "blue"
        stream = "stdout"
        path = dice.choice(("/", "/cart", "/products/17", "/products/204", "/checkout", "/login"))
        text = f"GET {path} 200 {dice.randint(2, 80)}ms"
        if service == "worker":
            job = dice.choice(("resize", "index", "export"))
            text = f"job {job} #{4000 + n} done in {dice.randint(40, 900)}ms"
        if service == "mailer":
            text = "sent receipt to a customer" if n % 3 else "queue is empty"
        if n in (60, 83):
            text, stream, service = (
                "WARN slow query: 1.8s SELECT … FROM orders WHERE state = 'open'",
                "stderr",
                "web",
            )
        about = {"at": ago((90 - n) * 0.7), "color": color, "stream": stream, "service": service}
        lines.append(line_json(text, **about))
    return lines


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


def receipt() -> dict[str, Any]:
    """What happened to the traffic while r42 went live."""

    def told(requests: int, p50: int, p95: int) -> dict[str, Any]:
        errors: dict[str, Any] = {"failed": 0, "unanswered": 0, "left": 0, "websockets": 0, "errors": {}}
        about = {"requests": requests, "statuses": {"2xx": requests}, "p50_ms": p50, "p95_ms": p95}
        return {**errors, **about, "p99_ms": p95 * 2}

    return {
        "began": ago(8031),
        "ended": ago(8019),
        "before": told(10_840, 15, 44),
        "during": told(2193, 16, 47),
        "colors": {"blue": told(1431, 15, 45), "green": told(762, 16, 48)},
        "move": {
            "from": "blue",
            "to": "green",
            "ordered_ms": 4,
            "first_new_ms": 5,
            "seen_ms": 9,
            "last_old_ms": 3,
            "strays": 0,
            "drained_ms": 6204,
            "in_flight": 11,
            "cut": {"connections": 0, "websockets": 0, "left": 0},
        },
        "whole": True,
    }


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
