"""The service: routes, errors and the OpenAPI document, from one table."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bgd import __version__
from bgd.api import bodies, routes
from bgd.api.answer import JSONResponse
from bgd.api.context import Context, TooLarge, context_of
from bgd.errors import BgError, Failed, InvalidInput, NotFound, Refused, Unreachable
from bgd.wire import (
    AppJson,
    AppsJson,
    DeploymentJson,
    DiffJson,
    ErrorJson,
    EventJson,
    LogLineJson,
    ReleaseDiffJson,
    SwitchJson,
    TrafficDocument,
)

log = logging.getLogger("bgd.api")

STATUS: dict[type[BgError], int] = {
    TooLarge: 413,
    InvalidInput: 422,
    NotFound: 404,
    Refused: 409,
    Unreachable: 503,
    Failed: 500,
}


@dataclass(frozen=True, slots=True)
class Verb:
    """One method of one path: what it runs, takes and answers."""

    method: str
    path: str
    run: Callable[[Request], Awaitable[Response]]
    answer: Any
    body: type[bodies.Body] | None = None
    query: tuple[str, ...] = ()
    status: int = 200
    streams: bool = False


VERBS = (
    Verb("GET", "/v1/daemon", routes.daemon, dict[str, Any]),
    Verb("GET", "/v1/apps", routes.list_apps, AppsJson),
    Verb("POST", "/v1/apps", routes.add_app, dict[str, Any], bodies.AddBody, status=201),
    Verb("GET", "/v1/apps/{app}", routes.show_app, AppJson),
    Verb("DELETE", "/v1/apps/{app}", routes.remove_app, dict[str, Any], query=("volumes",)),
    Verb("GET", "/v1/apps/{app}/deployments", routes.list_deployments, dict[str, list[DeploymentJson]]),
    Verb("POST", "/v1/apps/{app}/deployments", routes.deploy, DeploymentJson, bodies.DeployBody, status=202),
    Verb("GET", "/v1/apps/{app}/deployments/{number}", routes.show_deployment, DeploymentJson),
    Verb("GET", "/v1/apps/{app}/traffic", routes.traffic, TrafficDocument),
    Verb("POST", "/v1/apps/{app}/promote", routes.promote, DeploymentJson, bodies.PromoteBody),
    Verb("POST", "/v1/apps/{app}/cancel", routes.cancel, DeploymentJson),
    Verb("POST", "/v1/apps/{app}/switch", routes.switch, SwitchJson, bodies.SwitchBody),
    Verb(
        "POST", "/v1/apps/{app}/rollback", routes.rollback, SwitchJson | DeploymentJson, bodies.RollbackBody
    ),
    Verb("POST", "/v1/apps/{app}/smoke", routes.smoke, dict[str, Any], bodies.SmokeBody),
    Verb("POST", "/v1/apps/{app}/stop", routes.stop, AppJson, bodies.StopBody),
    Verb("POST", "/v1/apps/{app}/maintenance", routes.maintenance, AppJson, bodies.MaintenanceBody),
    Verb("GET", "/v1/apps/{app}/releases/{release}", routes.show_release, dict[str, Any]),
    Verb("GET", "/v1/apps/{app}/releases/{release}/diff/{other}", routes.diff_releases, ReleaseDiffJson),
    Verb("GET", "/v1/apps/{app}/diff", routes.diff, DiffJson),
    Verb(
        "GET",
        "/v1/apps/{app}/logs",
        routes.logs,
        LogLineJson,
        query=("color", "service", "follow", "tail", "since"),
        streams=True,
    ),
    Verb("GET", "/v1/events", routes.events, EventJson, query=("app", "since", "follow"), streams=True),
)


def service(context: Context) -> Starlette:
    """The ASGI application of one daemon."""
    document = openapi()

    async def describe(_: Request) -> Response:
        return JSONResponse(document)

    made = [Route(verb.path, _carried_out(verb), methods=[verb.method]) for verb in VERBS]
    app = Starlette(
        routes=[*made, Route("/openapi.json", describe)],
        exception_handlers={BgError: _told, HTTPException: _unknown, Exception: _broken},
    )
    app.state.context = context
    return app


def _carried_out(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """What the verb runs; one that changes something is refused while the engine is away."""
    if verb.method == "GET":
        return verb.run

    async def run(request: Request) -> Response:
        await context_of(request).daemon.sight.refuse_if_away()
        return await verb.run(request)

    return run


def _answer(status: int, code: str, message: str, hint: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "hint": hint}}, status)


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, BgError)
    if isinstance(error, Unreachable):
        # The engine, not the daemon: who reads this has reached the daemon.
        return _answer(STATUS[Unreachable], Refused.code, error.message, error.hint)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return _answer(status, error.code, error.message, error.hint)


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return _answer(
            405, "invalid", f"{request.method} isn't known for {request.url.path}", "see /openapi.json"
        )
    return _answer(error.status_code, "not_found", f"there is no {request.url.path}", "see /openapi.json")


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %r broke", request.method, request.url.path, exc_info=error)
    message = f"bgd itself is at fault ({type(error).__name__})"
    return _answer(500, "failed", message, "its log has the trace; traffic goes on")


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of `VERBS`."""
    adapters = {verb: TypeAdapter(verb.answer) for verb in VERBS}
    inputs = [(verb, "serialization", adapter) for verb, adapter in adapters.items()]
    error = TypeAdapter(ErrorJson)
    taken = {b: TypeAdapter(b) for b in {v.body for v in VERBS if v.body is not None}}
    schemas, document = TypeAdapter.json_schemas(
        [
            *inputs,  # type: ignore[list-item]
            ("error", "serialization", error),
            *((b.__name__, "validation", a) for b, a in taken.items()),
        ],
        ref_template="#/components/schemas/{model}",
    )
    refused = {
        "description": "refused, not found, invalid or failed: the body says which",
        "content": {"application/json": {"schema": schemas["error", "serialization"]}},
    }
    paths: dict[str, Any] = {}
    for verb in VERBS:
        kind = "text/event-stream" if verb.streams else "application/json"
        operation: dict[str, Any] = {
            "operationId": verb.run.__name__,
            "summary": (verb.run.__doc__ or "").strip(),
            "parameters": [_parameter(name, "path") for name in _names(verb.path)]
            + [_parameter(name, "query") for name in verb.query],
            "responses": {
                str(verb.status): {
                    "description": "done",
                    "content": {kind: {"schema": schemas[verb, "serialization"]}},
                },
                "default": refused,
            },
        }
        if verb.body is not None:
            operation["requestBody"] = {
                "content": {"application/json": {"schema": schemas[verb.body.__name__, "validation"]}}
            }
        paths.setdefault(verb.path, {})[verb.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "bgd", "version": __version__},
        "paths": paths,
        "components": {"schemas": document.get("$defs", {})},
    }


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _parameter(name: str, place: str) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "number": {"type": "integer", "minimum": 0},
        "tail": {"type": "integer", "minimum": 0},
        "volumes": {"type": "boolean"},
        "follow": {"type": "boolean"},
        "color": {"enum": ["blue", "green"]},
    }
    schema = kinds.get(name, {"type": "string"})
    return {"name": name, "in": place, "required": place == "path", "schema": schema}
