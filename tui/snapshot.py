"""The wire's JSON as values of `tui.model`: lenient about what is missing, strict about what is shown.

Every string passes `plain`, so that nothing beyond this module can hold an escape sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bgd.wire import AppJson, AppsJson
from tui.model import App, Container, Deployment, Failure, Probe, Remaining, Slot, Stage, Traffic
from tui.plain import plain, plain_lines

Json = Mapping[str, Any]


def read_apps(document: AppsJson) -> tuple[App, ...]:
    """Every app of a snapshot, by name."""
    return tuple(sorted((read_app(app) for app in document["apps"]), key=lambda app: app.name))


def read_app(told: AppJson | Json) -> App:
    """One app."""
    colors: Json = told.get("colors") or {}
    urls: Json = told.get("urls") or {}
    return App(
        name=plain(told["app"]),
        live=told.get("live"),
        phase=plain(told.get("phase") or "idle"),
        blue=read_slot("blue", colors.get("blue") or {}),
        green=read_slot("green", colors.get("green") or {}),
        shared=_containers(told.get("shared") or ()),
        deployment=read_deployment(told.get("deployment")),
        last=read_deployment(told.get("last_deployment")),
        route=_route(told.get("route")),
        public_url=plain(urls.get("public")),
        preview_url=plain(urls.get("preview")),
        file=plain(told.get("file")),
        is_watched=bool(told.get("watch")),
        alone=plain(told.get("alone")),
        in_maintenance="maintenance" in (told.get("closed") or ()),
        problems=tuple(plain(problem) for problem in told.get("problems") or ()),
    )


def read_slot(color: str, told: Json) -> Slot:
    """One colour."""
    return Slot(
        color=color,
        state=plain(told.get("state") or "empty"),
        release=plain(told["release"]) if told.get("release") else None,
        health=plain(told.get("health") or "none"),
        containers=_containers(told.get("containers") or ()),
        since=read_time(told.get("since")),
        warm_until=read_time(told.get("warm_until")),
        remaining=read_remaining(told.get("remaining")),
        traffic=read_traffic(told.get("traffic")),
    )


def read_traffic(told: Json | None) -> Traffic | None:
    """A colour's traffic; the last minute where it is told."""
    if told is None:
        return None
    series: Json = told.get("series") or {}
    return Traffic(
        requests_per_s=float(told.get("requests_per_s") or 0.0),
        error_share=float(told.get("error_share") or 0.0),
        p50_ms=told.get("p50_ms"),
        p95_ms=told.get("p95_ms"),
        connections=int(told.get("connections") or 0),
        requests=tuple(series.get("requests") or ()),
        failed=tuple(series.get("failed") or ()),
        p95s_ms=tuple(series.get("p95_ms") or ()),
    )


def with_series(app: App, told: Json) -> App:
    """The app with the last minute of its traffic."""
    colors: Json = told.get("colors") or {}
    return replace(
        app,
        blue=replace(app.blue, traffic=read_traffic(colors.get("blue")) or app.blue.traffic),
        green=replace(app.green, traffic=read_traffic(colors.get("green")) or app.green.traffic),
    )


def read_remaining(told: Json | None) -> Remaining | None:
    """What a drain still has to do; events tell it without times."""
    if told is None:
        return None
    return Remaining(
        connections=int(told.get("connections") or 0),
        old_workers=int(told.get("old_workers") or 0),
        elapsed_s=float(told.get("elapsed_s") or 0.0),
        limit_s=float(told.get("limit_s") or 0.0),
    )


def read_deployment(told: Json | None) -> Deployment | None:
    """A deployment, running or past."""
    if told is None:
        return None
    during: Json | None = (told.get("receipt") or {}).get("during")
    waits: Json = told.get("waits") or {}
    shift: Json = told.get("shift") or {}
    return Deployment(
        id=int(told.get("id") or 0),
        kind=plain(told.get("kind") or "deploy"),
        release=plain(told.get("release")),
        color=plain(told.get("color")),
        state=plain(told.get("state")),
        started=read_time(told.get("started")),
        finished=read_time(told.get("finished")),
        took_ms=told.get("took_ms"),
        outcome=plain(told["outcome"]) if told.get("outcome") else None,
        actor=plain(told.get("actor")),
        reason=plain(told.get("reason")),
        stages=_stages(told.get("stages") or ()),
        failure=_failure(told.get("failure")),
        requests=None if during is None else int(during.get("requests") or 0),
        waits=plain(waits.get("message")),
        waits_approval=bool(waits.get("approval", True)),
        waits_until=read_time(waits.get("until")),
        share=int(shift.get("percent") or 0),
        share_until=read_time(shift.get("until")),
        failed=0 if during is None else int(during.get("failed") or 0),
    )


def read_time(told: object) -> datetime | None:
    """An RFC 3339 time, or nothing where there is none that can be read."""
    if not isinstance(told, str):
        return None
    try:
        time = datetime.fromisoformat(told)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _stages(told: Iterable[Json]) -> tuple[Stage, ...]:
    # A stage that was entered twice (checked again after an approval) keeps its first place.
    stages: dict[str, Stage] = {}
    for stage in told:
        name = plain(stage.get("stage"))
        stages[name] = Stage(
            name=name,
            status=plain(stage.get("status") or "waiting"),
            took_ms=stage.get("took_ms"),
            started=read_time(stage.get("started")),
            detail=plain(stage.get("detail")),
            limit_s=stage.get("limit_s"),
        )
    return tuple(stages.values())


def _containers(told: Iterable[Json]) -> tuple[Container, ...]:
    containers = (
        Container(
            name=plain(container.get("name")),
            service=plain(container.get("service")),
            status=plain(container.get("status")),
            health=plain(container.get("health") or "none"),
            image=plain(container.get("image")),
            restarts=int(container.get("restarts") or 0),
            started=read_time(container.get("started")),
            role=plain(container.get("role")),
            digest=plain(container.get("digest")),
            cpu_cores=container.get("cpu_cores"),
            memory_bytes=container.get("memory_bytes"),
            memory_limit_bytes=container.get("memory_limit_bytes"),
        )
        for container in told
    )
    return tuple(sorted(containers, key=lambda container: (container.service, container.name)))


def _failure(told: Json | None) -> Failure | None:
    if told is None:
        return None
    probe = told.get("probe")
    return Failure(
        stage=plain(told.get("stage")),
        message=plain_lines(told.get("message")),
        hint=plain_lines(told.get("hint")),
        probe=None if probe is None else _probe(probe),
        log=tuple(plain(line) for line in told.get("log") or ()),
        still_serving=plain(told.get("still_serving")),
    )


def _probe(told: Json) -> Probe:
    return Probe(
        method=plain(told.get("method") or "GET"),
        url=plain(told.get("url")),
        host=plain(told.get("host")),
        status=int(told.get("status") or 0),
        answer=plain(told.get("answer")),
        took_ms=float(told.get("took_ms") or 0.0),
        error=plain(told.get("error")),
    )


def _route(told: Json | None) -> str:
    if not told:
        return ""
    hosts = [plain(host) for host in told.get("hosts") or ()] or ["any host"]
    path = plain(told.get("path") or "/")
    where = ", ".join(hosts) + (path if path != "/" else "")
    return f"{where} → {plain(told.get('service'))}:{told.get('port')}"
