"""The verbs of the socket: one function each, thin over `bgd.engine.daemon`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bgd.api.answer import JSONResponse
from bgd.api.bodies import (
    AddBody,
    DeployBody,
    MaintenanceBody,
    PromoteBody,
    RollbackBody,
    SmokeBody,
    StopBody,
    SwitchBody,
)
from bgd.api.context import Context, body_of, context_of, flag, moment, whole_number
from bgd.api.peer import actor_of
from bgd.api.streams import event_frame, event_stream, log_frames, position_frame
from bgd.domain.adoption_plan import plan_json as adoption_json
from bgd.domain.color import Color
from bgd.domain.deployment import Deployment, Options
from bgd.domain.origin import Origin
from bgd.domain.plan import plan_json
from bgd.domain.probe import excerpt
from bgd.engine.app import App
from bgd.engine.checks import SmokeResult
from bgd.engine.fleet import name_of
from bgd.engine.ports import LogQuery
from bgd.engine.view import deployment_json, event_json
from bgd.errors import InvalidInput, Refused, Unreachable
from bgd.wire import SwitchJson


def _app(request: Request) -> tuple[Context, App]:
    context = context_of(request)
    return context, context.daemon.fleet.get(request.path_params["app"])


def _color(value: str | None) -> Color | None:
    if value is None:
        return None
    try:
        return Color(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is no colour", "blue or green") from None


async def daemon(request: Request) -> Response:
    """The daemon itself."""
    return JSONResponse(await context_of(request).about())


async def list_apps(request: Request) -> Response:
    """All apps."""
    return JSONResponse(await context_of(request).daemon.status())


async def add_app(request: Request) -> Response:
    """Take an app in; with `adopt` also over from plain Compose, by a deployment to follow."""
    context, body = context_of(request), await body_of(request, AddBody)
    origin = Origin(body.file, tuple(body.more), tuple(body.profiles))
    told: dict[str, Any] = {}
    if body.adopt:
        adopted = await context.daemon.adoptions.begin(origin, body.name, actor_of(request))
        app, reading = adopted.app, adopted.reading
        deployment = deployment_json(adopted.deployment, app.serving())
        told["deployment"] = {**deployment, "event": adopted.entry.id}
        told["adoption"] = None if adopted.found is None else adoption_json(adopted.found.plan)
    else:
        app, reading, _ = await context.daemon.intake.add(origin, body.name, actor_of(request))
    context.daemon.refresh()
    status = await context.daemon.status_of(app)
    return JSONResponse({**plan_json(reading.plan), "status": status, **told}, 201)


async def show_app(request: Request) -> Response:
    """One app."""
    context, app = _app(request)
    return JSONResponse(await context.daemon.status_of(app))


async def traffic(request: Request) -> Response:
    """An app's public traffic, live."""
    context, app = _app(request)
    return JSONResponse(await context.daemon.traffic(app))


async def remove_app(request: Request) -> Response:
    """Take an app out, or go on with that where it failed."""
    context = context_of(request)
    app = context.daemon.fleet.get(request.path_params["app"], or_leaving=True)
    volumes = flag(request, "volumes", default=False)
    await context.daemon.intake.remove(app, volumes, actor_of(request))
    context.daemon.refresh()
    return JSONResponse({"app": app.name, "removed": True, "volumes": volumes})


async def deploy(request: Request) -> Response:
    """Begin a deployment."""
    (context, app), body = _app(request), await body_of(request, DeployBody)
    options = Options(no_switch=body.no_switch, with_shared=body.with_shared, at=body.at)
    deployment, entry = await context.daemon.changes.deploy(
        app, options, _origin(app, body), actor_of(request), body.reason
    )
    context.daemon.refresh()
    return JSONResponse({**deployment_json(deployment, app.serving()), "event": entry.id}, 202)


def _origin(app: App, body: DeployBody) -> Origin | None:
    """Other files or profiles than the app's own, for this once; `None` without."""
    if body.file is None and body.profiles is None:
        return None
    own = app.record.origin
    profiles = own.profiles if body.profiles is None else tuple(body.profiles)
    if body.file is None:
        return replace(own, profiles=profiles)
    return Origin(body.file, tuple(body.more), profiles)


async def list_deployments(request: Request) -> Response:
    """The app's deployments, newest first."""
    context, app = _app(request)
    return JSONResponse({"deployments": await context.daemon.history(app)})


async def show_deployment(request: Request) -> Response:
    """One deployment."""
    context, app = _app(request)
    number = whole_number(request.path_params["number"], "deployment")
    return JSONResponse(await context.daemon.deployment(app, number))


async def promote(request: Request) -> Response:
    """Let a deployment that waits for approval go on."""
    (context, app), body = _app(request), await body_of(request, PromoteBody)
    deployment = await context.daemon.deployer.promote(app, actor_of(request), body.now)
    return JSONResponse(deployment_json(deployment, app.serving()))


async def cancel(request: Request) -> Response:
    """Stop a deployment and wait until it is cleaned up."""
    context, app = _app(request)
    deployment = await context.daemon.deployer.cancel(app, actor_of(request))
    return JSONResponse(deployment_json(deployment, app.serving()))


async def switch(request: Request) -> Response:
    """Move the traffic to the other colour."""
    (context, app), body = _app(request), await body_of(request, SwitchBody)
    moved, old = await context.daemon.changes.switch(app, _color(body.to), body.force, actor_of(request))
    return JSONResponse(_moved(moved, old))


async def rollback(request: Request) -> Response:
    """Back to a release: at once, or by a deployment to follow."""
    (context, app), body = _app(request), await body_of(request, RollbackBody)
    moved, old, entry = await context.daemon.changes.rollback(app, body.to, actor_of(request), body.force)
    if entry is None:
        return JSONResponse(_taken_back(app, moved) if moved.color is old else _moved(moved, old))
    return JSONResponse({**deployment_json(moved, app.serving()), "event": entry.id}, 202)


def _taken_back(app: App, deployment: Deployment) -> SwitchJson:
    """A release that was taken back while it was watched."""
    assert deployment.previous is not None
    back = [stage for stage in deployment.stages if stage.state == "reverting"]
    return {
        "app": deployment.app,
        "from": deployment.color,
        "to": deployment.previous,
        "release": name_of(app.colors[deployment.previous].release) or "",
        "took_ms": float(back[-1].took_ms or 0) if back else 0.0,
    }


def _moved(deployment: Deployment, old: Color | None) -> SwitchJson:
    seen = [stage for stage in deployment.stages if stage.state == "switching"]
    until = (seen[-1].started - deployment.started).total_seconds() * 1000 + (seen[-1].took_ms or 0)
    return {
        "app": deployment.app,
        "from": old,
        "to": deployment.color,
        "release": name_of(deployment.release) or "",
        "took_ms": max(0.0, round(until, 1)),
    }


async def show_release(request: Request) -> Response:
    """One release, values masked."""
    context, app = _app(request)
    return JSONResponse(await context.daemon.show(app, request.path_params["release"]))


async def diff(request: Request) -> Response:
    """Blue against green as they run, against their releases, and the file against the newest one."""
    context, app = _app(request)
    return JSONResponse(await context.daemon.diffs.of_colors(app))


async def diff_releases(request: Request) -> Response:
    """What one release's model and images have otherwise than another's."""
    context, app = _app(request)
    names = request.path_params
    return JSONResponse(await context.daemon.diffs.of_releases(app, names["release"], names["other"]))


async def smoke(request: Request) -> Response:
    """Run the smoke checks now."""
    (context, app), body = _app(request), await body_of(request, SmokeBody)
    color, results = await context.daemon.smoke(app, _color(body.color), actor_of(request))
    passed = all(r.verdict.passed for r in results)
    told = {"app": app.name, "color": color, "passed": passed, "checks": [_smoke_json(r) for r in results]}
    return JSONResponse(told)


def _smoke_json(result: SmokeResult) -> dict[str, Any]:
    answer = result.answer
    return {
        "check": result.check,
        "passed": result.verdict.passed,
        "reason": result.verdict.reason,
        "took_ms": round(result.took_ms, 1),
        "status": answer.status if answer else 0,
        "answer": excerpt(answer.body) if answer else "\n".join(result.log),
    }


async def stop(request: Request) -> Response:
    """Stop the idle colour."""
    (context, app), body = _app(request), await body_of(request, StopBody)
    await context.daemon.changes.stop(app, Color(body.color), actor_of(request))
    return JSONResponse(await context.daemon.status_of(app))


async def maintenance(request: Request) -> Response:
    """Answer 503 with a page instead of the app, or end that."""
    (context, app), body = _app(request), await body_of(request, MaintenanceBody)
    await context.daemon.changes.maintain(app, body.on, actor_of(request))
    return JSONResponse(await context.daemon.status_of(app))


async def events(request: Request) -> Response:
    """The journal: from an entry on, or from now on."""
    context = context_of(request)
    name = request.query_params.get("app")
    told = request.headers.get("last-event-id") or request.query_params.get("since")
    journal = context.daemon.world.journal
    is_followed = flag(request, "follow", default=True)
    if told is not None:
        since = whole_number(told, "event")
    else:
        since = await journal.store.last_id() if is_followed else 0
    entries = journal.follow(since, name) if is_followed else journal.past(since, name)

    async def frames() -> AsyncGenerator[bytes]:
        if told is None and is_followed:
            # Who hears nothing until the daemon is started anew can go on from here then.
            yield position_frame(since)
        async with aclosing(entries):
            async for entry in entries:
                yield event_frame(event_json(entry))

    return event_stream(frames(), context.ending)


async def logs(request: Request) -> Response:
    """Lines of the app's containers."""
    context, app = _app(request)
    asked = request.query_params
    query = LogQuery(
        app.name,
        _color(asked.get("color")),
        asked.get("service"),
        follow=flag(request, "follow", default=False),
        tail=whole_number(asked["tail"], "tail") if "tail" in asked else None,
        since=moment(asked["since"], "since") if "since" in asked else None,
    )
    lines = context.daemon.world.runner.logs(query)

    async def frames() -> AsyncGenerator[bytes]:
        try:
            async with aclosing(lines):
                async for batch in lines:
                    yield log_frames(batch)
        except Unreachable as error:
            if query.follow:
                raise  # who follows asks again, until the engine is back
            raise Refused(error.message, error.hint) from error  # the engine is away, not the daemon

    return event_stream(frames(), context.ending)
