"""The engine's values as the JSON of `bgd.wire`: what status, history, show and the journal print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container, health_of
from bgd.domain.deployment import Deployment, Failure, Options, Stage
from bgd.domain.duration import ms_between
from bgd.domain.hold import Hold
from bgd.domain.lifecycle import State
from bgd.domain.probe import excerpt, host_of
from bgd.domain.release import Release
from bgd.domain.secret import masked_model
from bgd.domain.settings import Role, Route
from bgd.domain.traffic import Closure
from bgd.engine.app import App
from bgd.engine.fleet import name_of
from bgd.engine.ports import Entry, Traffic
from bgd.engine.receipt_view import receipt_json, watched_json
from bgd.engine.rfc3339 import moment
from bgd.engine.sight import Seen
from bgd.wire import (
    AppJson,
    ColorJson,
    ContainerJson,
    DeploymentJson,
    EventJson,
    FailureJson,
    ProbeJson,
    RemainingJson,
    RouteJson,
    ShiftJson,
    StageJson,
    TrafficJson,
    WaitJson,
)

PATH_OF_DEPLOY = (
    State.PREPARING,
    State.SHARING,
    State.MIGRATING,
    State.STARTING,
    State.CHECKING,
    State.SMOKING,
    State.SWITCHING,
    State.HANDING_OVER,
)
PATH_OF_MOVE = (State.CHECKING, State.SWITCHING, State.HANDING_OVER)
PATH_OF_DEPLOY_ALONE = (*PATH_OF_DEPLOY[:2], State.STOPPING, *PATH_OF_DEPLOY[2:])
PATH_OF_MOVE_ALONE = (State.STOPPING, State.STARTING, *PATH_OF_MOVE)


def event_json(entry: Entry) -> EventJson:
    """One line of the journal."""
    told: dict[str, Any] = {"event": entry.event, "at": moment(entry.at), "app": entry.app, **entry.data}
    if entry.id:
        told["id"] = entry.id
    if entry.deployment is not None:
        told["deployment"] = entry.deployment
    if entry.actor is not None:
        told["actor"] = entry.actor
    return cast(EventJson, told)


def app_json(
    app: App,
    seen: Seen,
    traffic: Traffic,
    figures: Mapping[Color, TrafficJson],
    now: datetime,
) -> AppJson:
    """One app as `status` shows it."""
    own = [c for c in seen.containers if c.app == app.name and not c.one_off]
    route = (app.route_of(app.live) if app.live else None) or app.record.route
    running = app.deployment
    return {
        "app": app.name,
        "live": None if app.live is None else app.live.value,
        "phase": "idle" if running is None else running.state.value,
        "route": _route_json(route),
        "colors": {color.value: _color_json(app, color, own, figures, now) for color in Color},
        "shared": [_container_json(c, None) for c in own if c.color is None],
        "deployment": None
        if running is None
        else {
            **deployment_json(running, app.serving()),
            "waits": hold_json(app.hold),
            "shift": _shift_json(app, running),
        },
        "last_deployment": None if app.last is None else deployment_json(app.last, app.serving()),
        "file": app.record.file,
        "more": list(app.record.more),
        "profiles": list(app.record.profiles),
        "watch": app.record.watch,
        "urls": {
            "public": url_of(route, traffic.public_door),
            "preview": url_of(route, traffic.preview_door),
        },
        "closed": sorted(app.closures),
        "problems": [
            *_closed_doors(app),
            *([] if seen.away else _container_problems(app, own)),
            *app.problems.values(),
        ],
        "stale_s": seen.stale_s,
    }


def url_of(route: Route, door: str) -> str:
    """The URL of a route at a door. With hosts, the port is the door's."""
    if not route.hosts:
        return f"http://{door}{route.path}"
    port = door.rpartition(":")[2]
    return f"http://{host_of(route, door)}{'' if port == '80' else ':' + port}{route.path}"


def _route_json(route: Route) -> RouteJson:
    return {
        "hosts": list(route.hosts),
        "path": route.path,
        "service": route.service,
        "port": route.port,
    }


def _color_json(
    app: App,
    color: Color,
    containers: Sequence[Container],
    figures: Mapping[Color, TrafficJson],
    now: datetime,
) -> ColorJson:
    record = app.colors[color]
    own = [c for c in containers if c.color == color]
    release = app.release_in(color)
    told: ColorJson = {
        "state": record.state.value,
        "release": name_of(record.release),
        "health": health_of([c for c in own if _counts(c, release, color, app.live)]).value,
        "containers": [_container_json(c, release) for c in own],
        "since": moment(record.since) if record.state is not ColorState.EMPTY else None,
        "warm_until": moment(record.warm_until),
        "remaining": _remaining_json(app, color, now),
        "traffic": figures[color],
    }
    return told


def _counts(container: Container, release: Release | None, color: Color, live: Color | None) -> bool:
    """Whether a container's state says something about its colour: live-only ones rest in the idle one."""
    if release is None or container.service not in release.plan.roles:
        return True
    role = release.plan.roles[container.service].role
    finished = container.status == "exited" and container.exit_code == 0
    return not finished and (role is Role.COLORED or (role is Role.LIVE_ONLY and color is live))


def _remaining_json(app: App, color: Color, now: datetime) -> RemainingJson | None:
    if (told := app.remaining.get(color)) is None:
        return None
    left, since = told
    release = app.release_in(color)
    return {
        "connections": left.connections,
        "old_workers": left.old_workers,
        "limit_s": release.plan.settings.drain_s if release else 0.0,
        "elapsed_s": max(0.0, round((now - since).total_seconds(), 1)),
    }


def _container_json(container: Container, release: Release | None) -> ContainerJson:
    image = release.images.get(container.service) if release else None
    role = release.plan.roles.get(container.service) if release else None
    told: ContainerJson = {
        "name": container.name,
        "service": container.service,
        "status": container.status,
        "health": container.health.value,
        "image": image.reference if image else container.image,
        "id": container.id,
        "role": role.role.value if role else Role.SHARED.value,
        "restarts": container.restarts,
        "started": container.started_at,
    }
    if image is not None:
        told["digest"] = image.digest or image.id
    return told


def _closed_doors(app: App) -> list[str]:
    told = {
        Closure.PAUSE: f"requests get 503 for the moment: {app.live} was stopped for this deployment",
        Closure.MAINTENANCE: f"in maintenance, requests get 503: `bgctl maintenance {app.name} off` ends it",
    }
    return [told[why] for why in sorted(app.closures)]


def _container_problems(app: App, containers: Sequence[Container]) -> list[str]:
    if app.live is None or Closure.PAUSE in app.closures:
        return []
    own = [c for c in containers if c.color == app.live]
    release = app.release_in(app.live)
    sick = [c for c in own if _counts(c, release, app.live, app.live) and health_of([c]) == "unhealthy"]
    told = [f"{c.name} is {c.health if c.status == 'running' else c.status}, and live" for c in sick]
    if not own:
        told.append(f"{app.live} is live and has no containers: `bgctl deploy {app.name}` brings it back")
    return told


def deployment_json(deployment: Deployment, serving: str) -> DeploymentJson:
    """A deployment, running or past."""
    finished = deployment.finished
    took = None if finished is None else ms_between(deployment.started, finished)
    return {
        "id": deployment.id,
        "app": deployment.app,
        "kind": deployment.kind.value,
        "release": f"r{deployment.release}",
        "color": deployment.color.value,
        "state": deployment.state.value,
        "outcome": deployment.state.value if deployment.state.is_final else None,
        "started": moment(deployment.started) or "",
        "finished": moment(finished),
        "took_ms": took,
        "actor": deployment.actor,
        "reason": deployment.reason,
        "stages": _stages_json(deployment),
        "failure": failure_json(deployment.failure, serving),
        "watched": None if deployment.watched is None else watched_json(deployment.watched),
        "receipt": None if deployment.receipt is None else receipt_json(deployment.receipt),
    }


def hold_json(hold: Hold | None) -> WaitJson | None:
    """What a deployment waits for."""
    if hold is None:
        return None
    return {
        "approval": hold.needs_approval,
        "until": moment(hold.until),
        "message": f"waits {hold.reason}",
    }


def _shift_json(app: App, deployment: Deployment) -> ShiftJson | None:
    """The share that a deployment's colour has; none before the first one and from the switch on."""
    step, release = deployment.step, app.releases.get(deployment.release)
    wish = None if release is None else release.plan.settings.shift
    if deployment.state is not State.SHIFTING or step is None or wish is None:
        return None
    later = (percent for percent in wish.steps if percent > step.percent)
    return {
        "percent": step.percent,
        "since": moment(step.since),
        "until": moment(step.until),
        "next": next(later, 100),
    }


def _path_of(options: Options) -> Sequence[State]:
    path: tuple[State, ...]
    if options.alone:
        path = PATH_OF_MOVE_ALONE if options.is_move else PATH_OF_DEPLOY_ALONE
    else:
        path = PATH_OF_MOVE if options.is_move else PATH_OF_DEPLOY
    if options.shifts:
        before = path.index(State.SWITCHING)
        path = (*path[:before], State.SHIFTING, *path[before:])
    return (*path, State.BAKING) if options.bakes else path


def _stages_json(deployment: Deployment) -> list[StageJson]:
    """The stages it went through, then those that are still before it; a repeated one as it ran last."""
    ran = {
        stage.state: _stage_json(stage, is_last=stage is deployment.stages[-1]) for stage in deployment.stages
    }
    path = _path_of(deployment.options)
    ended = deployment.state.is_final or deployment.state.is_undoing
    ahead: list[StageJson] = []
    for state in path:
        if state not in ran and deployment.options.no_switch and state in (*PATH_OF_MOVE[1:], State.BAKING):
            continue
        if state not in ran:
            status = "skipped" if ended else "waiting"
            ahead.append(
                {"stage": state.value, "status": status, "took_ms": None, "started": None, "detail": ""}
            )
    undone = [told for state, told in ran.items() if state.is_undoing]
    return [*(told for state, told in ran.items() if not state.is_undoing), *ahead, *undone]


def _stage_json(stage: Stage, is_last: bool) -> StageJson:
    ended = "failed" if stage.failed else "done"
    status = "running" if stage.took_ms is None and is_last else ended
    return {
        "stage": stage.state.value,
        "status": status,
        "took_ms": stage.took_ms,
        "started": moment(stage.started),
        "detail": stage.detail,
    }


def failure_json(failure: Failure | None, serving: str) -> FailureJson | None:
    """Why it failed, for a card on a screen."""
    if failure is None:
        return None
    probe: ProbeJson | None = None
    if failure.probe is not None and failure.answer is not None:
        probe = {
            "url": failure.probe.url,
            "host": failure.probe.host,
            "method": failure.probe.method,
            "status": failure.answer.status,
            "answer": excerpt(failure.answer.body),
            "took_ms": round(failure.answer.took_ms, 1),
            "error": failure.answer.error,
        }
    return {
        "stage": failure.stage.value,
        "message": failure.message,
        "hint": failure.hint,
        "probe": probe,
        "log": list(failure.log),
        "evidence": list(failure.evidence),
        "still_serving": serving,
    }


def release_json(release: Release, deployments: Sequence[Deployment], serving: str) -> dict[str, Any]:
    """One release, its model with every value masked that may be a secret."""
    return {
        "app": release.app,
        "release": release.name,
        "created": moment(release.created),
        "actor": release.actor,
        "reason": release.reason,
        "route": _route_json(release.plan.route) if release.plan.route else None,
        "roles": {name: given.role.value for name, given in release.plan.roles.items()},
        "images": {
            service: {"reference": image.reference, "id": image.id, "digest": image.digest}
            for service, image in release.images.items()
        },
        "model": masked_model(release.model),
        "deployments": [deployment_json(d, serving) for d in deployments if d.release == release.number],
    }
