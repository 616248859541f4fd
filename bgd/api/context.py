"""What every request needs: the engine, the daemon's end, and its own values, checked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

from bgd.api.bodies import Body
from bgd.engine.daemon import Daemon
from bgd.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024
BODY_WITHIN_S = 30.0

B = TypeVar("B", bound=Body)


class TooLarge(InvalidInput):
    """The body is larger than any request needs; HTTP has a status of its own for that."""


@dataclass(slots=True)
class Context:
    """Shared by all requests of one daemon. `ending` is set when it stops; `about` tells of itself."""

    daemon: Daemon
    about: Callable[[], Awaitable[dict[str, Any]]]
    ending: asyncio.Event = field(default_factory=asyncio.Event)


def context_of(request: Request) -> Context:
    """The context that the service was made with."""
    return cast(Context, request.app.state.context)


async def body_of(request: Request, model: type[B]) -> B:
    """The request's JSON as `model`; an empty body stands for `{}`. Raises `InvalidInput`."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            raw = await _raw_body(request)
    except TimeoutError:
        raise InvalidInput(
            f"the body didn't come within {BODY_WITHIN_S:g} s", "send as much as Content-Length says"
        ) from None
    except ClientDisconnect:
        raise InvalidInput("the connection ended before the body did") from None
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in told)
        raise InvalidInput(places, "the shapes are in /openapi.json") from None


async def _raw_body(request: Request) -> bytes:
    too_large = TooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes", "no request needs that much")
    announced = request.headers.get("content-length", "0")
    if len(announced) > 15 or int(announced) > MAX_BODY_BYTES:
        raise too_large
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise too_large
    return bytes(raw)


def flag(request: Request, name: str, *, default: bool) -> bool:
    """A query parameter that is `true` or `false`."""
    told = request.query_params.get(name)
    if told is None:
        return default
    if told not in {"true", "false"}:
        raise InvalidInput(f"{name}: {told!r} is neither true nor false", "leave it out for the default")
    return told == "true"


def whole_number(told: str, name: str) -> int:
    """A whole number from 0 to 2⁵³."""
    if not told.isascii() or not told.isdigit() or len(told) > 15:
        raise InvalidInput(f"{name}: {told!r} is no whole number", "digits only")
    return int(told)


def moment(told: str, name: str) -> str:
    """An RFC 3339 time, as it is."""
    try:
        datetime.fromisoformat(told).timestamp()
    except (ValueError, OverflowError):
        raise InvalidInput(f"{name}: {told!r} is no time", "write it like 2030-01-31T12:00:00Z") from None
    return told
