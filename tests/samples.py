"""Plausible values of the socket's JSON, for tests of clients. What matters to a test, it names itself."""

from __future__ import annotations

from typing import Any

STAGES = ("preparing", "sharing", "migrating", "starting", "checking", "smoking", "switching", "handing_over")


def container_json(app: str, color: str, service: str, **changes: Any) -> dict[str, Any]:
    """A container that runs and is healthy."""
    return {
        "name": f"{app}-{color}-{service}-1",
        "service": service,
        "status": "running",
        "health": "healthy",
        "image": f"{app}/{service}:1",
        "id": "0123456789ab",
        "role": "shared" if color == "shared" else "colored",
        "restarts": 0,
        "started": "2025-01-01T09:00:00Z",
        **changes,
    }


def color_json(app: str, color: str, state: str = "empty", release: str | None = None, **changes: Any) -> Any:
    """A colour; with a release it runs `web` and `worker`."""
    running = [] if release is None else [container_json(app, color, one) for one in ("web", "worker")]
    return {
        "state": state,
        "release": release,
        "health": "none" if release is None else "healthy",
        "containers": running,
        "since": None if release is None else "2025-01-01T09:00:00Z",
        "warm_until": None,
        "remaining": None,
        **changes,
    }


def app_json(app: str, live: str | None = None, **changes: Any) -> dict[str, Any]:
    """An app: empty, or with `r1` in the colour `live`."""
    colors = {
        color: color_json(app, color, "live", "r1") if color == live else color_json(app, color)
        for color in ("blue", "green")
    }
    return {
        "app": app,
        "live": live,
        "phase": "idle",
        "route": {"hosts": [], "path": "/", "service": "web", "port": 8080},
        "colors": colors,
        "shared": [container_json(app, "shared", "redis")],
        "deployment": None,
        "last_deployment": None,
        "file": f"/srv/{app}/compose.yaml",
        "more": [],
        "profiles": [],
        "watch": False,
        "urls": {"public": "http://127.0.0.1:8080/", "preview": "http://127.0.0.1:8081/"},
        "problems": [],
        **changes,
    }


def stage_json(stage: str, status: str = "waiting", **changes: Any) -> dict[str, Any]:
    """One stage of a deployment."""
    return {"stage": stage, "status": status, "took_ms": None, "started": None, "detail": "", **changes}


def deployment_json(app: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A deployment that has just begun."""
    return {
        "id": number,
        "app": app,
        "kind": "deploy",
        "release": f"r{number}",
        "color": "green",
        "state": "preparing",
        "outcome": None,
        "started": "2025-01-01T10:00:00Z",
        "finished": None,
        "took_ms": None,
        "actor": "uid 0",
        "reason": "",
        "stages": [stage_json(stage) for stage in STAGES],
        "failure": None,
        **changes,
    }


def failure_json(**changes: Any) -> dict[str, Any]:
    """A smoke check that got a 500."""
    return {
        "stage": "smoking",
        "message": "smoke check GET /up: status 500, wanted 200",
        "hint": "mend it and deploy again",
        "probe": {
            "url": "http://127.0.0.1:8081/up",
            "host": "shop.example.com",
            "method": "GET",
            "status": 500,
            "answer": "no database",
            "took_ms": 12.5,
            "error": "",
        },
        "log": ["starting", "KeyError: 'DATABASE_URL'"],
        "still_serving": "blue still serves r1, untouched",
        **changes,
    }


def line_json(text: str, **changes: Any) -> dict[str, Any]:
    """A line of a container's log."""
    return {
        "at": "2025-01-01T10:00:00.000000000Z",
        "color": "blue",
        "service": "web",
        "container": "shop-blue-web-1",
        "stream": "stdout",
        "text": text,
        **changes,
    }


def smoke_json(check: str, passed: bool = True, **changes: Any) -> dict[str, Any]:
    """The result of one smoke check."""
    return {
        "check": check,
        "passed": passed,
        "reason": "" if passed else "status 500, wanted 200",
        "took_ms": 12.0,
        "status": 200 if passed else 500,
        "answer": "ok" if passed else "broken",
        **changes,
    }
