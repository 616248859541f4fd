"""The shop of pictures and snapshots: an app on an ordinary day, by a clock that stands."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fake_daemon import FakeDaemon
from tests.samples import STAGES, app_json, color_json, container_json, deployment_json, line_json, stage_json

NOW = datetime(2025, 1, 1, 10, 30, tzinfo=UTC)
MB = 1 << 20


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
