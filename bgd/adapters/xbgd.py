"""The `x-bgd` block: from the resolved model into `Settings`, or every mistake with its place.

The block is validated as Compose resolved it, so that anchors, `${VARIABLES}` and overrides work in it
as everywhere else; places come from the source. Values are never echoed but where a rule names them:
a header or a body may hold a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bgd.adapters.xbgd_schema import VERBS, HookBlock, SessionsBlock, SmokeBlock, Xbgd, block_of, keys_of
from bgd.adapters.xbgd_values import APP_NAME, APP_NAME_RULE
from bgd.adapters.yaml_source import Loc, Source
from bgd.adapters.yaml_source import keys_of as keys_in
from bgd.domain.hook import HOOK_WITHIN_S, Hook, Hooks, Moment
from bgd.domain.settings import (
    RUN_WITHIN_S,
    SMOKE_WITHIN_S,
    Bake,
    HealthCheck,
    HttpSmoke,
    RouteWish,
    RunSmoke,
    Sessions,
    Settings,
    Shift,
    SmokeCheck,
)
from bgd.domain.spelling import did_you_mean
from bgd.domain.window import Window
from bgd.errors import InvalidInput

KEY = "x-bgd"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong at `loc` below the block; `at_key` where its key is what is wrong."""

    loc: Loc
    message: str
    at_key: bool = False


def read_settings(model: Mapping[str, Any], sources: Sequence[Source]) -> Settings:
    """The settings of a resolved Compose model.

    `sources` are the files that it came from, the main one first: places are those of the first that
    has the block. Raises one `InvalidInput` with all mistakes, in the file's order.
    """
    block = _unescaped(model.get(KEY))
    if block is None:
        return Settings()
    source = next((s for s in sources if s.node([KEY]) is not None), sources[0])
    if not isinstance(block, dict):
        raise InvalidInput(
            f"{KEY}: needs keys and values", f"write it like `{KEY}: {{watch: true}}`", source.place([KEY])
        )
    try:
        checked = Xbgd.model_validate(block)
    except ValidationError as error:
        _refuse(source, [_mistake(detail) for detail in error.errors(include_url=False)])
    services = list(model.get("services") or {})
    if mistakes := list(_unknown_services(checked, services, source)):
        _refuse(source, mistakes)
    return settings_of(checked)


def check_name(name: str, source: Source) -> str:
    """`name` as an app's name, where it isn't from the block: the Compose project's, or the caller's."""
    if not APP_NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} can't name an app: {APP_NAME_RULE}",
            "name it in the file: `x-bgd: {app: …}`",
            source.place(["name"]) if source.node(["name"]) is not None else source.shown,
        )
    return name


def settings_of(block: Xbgd) -> Settings:
    """The block as values of the domain."""
    route, health, bake, hooks, watch = block.route, block.health, block.bake, block.hooks, block.watch
    return Settings(
        app=block.app,
        route=RouteWish(route.service, route.port, tuple(dict.fromkeys(route.hosts)), route.path),
        roles=dict(block.roles),
        health=HealthCheck(health.path, health.interval, health.timeout, health.within, stated=True)
        if health
        else HealthCheck(),
        smoke=tuple(map(_smoke_of, block.smoke)),
        promote=block.promote,
        promote_after_s=block.promote_after,
        windows=tuple(Window(w.days, w.from_, w.to, w.tz) for w in block.windows),
        bake=Bake(bake.for_, bake.max_error_rate, bake.min_requests, bake.max_p99, bake.max_slowdown)
        if bake
        else None,
        shift=Shift(tuple(block.shift.steps), block.shift.pause) if block.shift else None,
        sessions=_sessions_of(block.sessions) if block.sessions else None,
        irreversible=tuple(name for name, task in block.tasks.items() if task.irreversible),
        assets=tuple(dict.fromkeys(block.assets)),
        strict=block.strict,
        drain_s=block.drain,
        keep_s=block.keep,
        watch=watch is not None,
        watch_build=watch is not None and watch.build,
        watch_images_s=watch.images if watch else None,
        overlap=block.overlap,
        hooks=Hooks(**{moment: tuple(map(_hook_of, getattr(hooks, moment))) for moment in Moment}),
        notify=tuple(block.notify),
    )


def _hook_of(entry: HookBlock) -> Hook:
    command = entry.run if entry.run is not None else entry.host or []
    return Hook(tuple(command), entry.service, entry.host is not None, entry.within or HOOK_WITHIN_S)


def _sessions_of(block: SessionsBlock) -> Sessions:
    return Sessions(_request_of(block.login), _request_of(block.check))


def _smoke_of(entry: SmokeBlock) -> SmokeCheck:
    if entry.run is not None:
        return RunSmoke(tuple(entry.run), entry.service, entry.within or RUN_WITHIN_S)
    return _request_of(entry)


def _request_of(entry: SmokeBlock) -> HttpSmoke:
    verb = next(verb for verb in VERBS if getattr(entry, verb) is not None)
    headers, body = dict(entry.headers), entry.body
    if isinstance(body, dict | list):
        body = json.dumps(body)
        if "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = "application/json"
    return HttpSmoke(
        method=verb.upper(),
        path=getattr(entry, verb),
        headers=headers,
        body=None if body is None else str(body),
        status=tuple(entry.status),
        contains=entry.contains,
        matches=entry.matches,
        json=dict(entry.json_),
        within_s=entry.within or SMOKE_WITHIN_S,
    )


def _unknown_services(block: Xbgd, services: Sequence[str], source: Source) -> Iterator[Mistake]:
    named: list[tuple[Loc, str, bool]] = [(("roles", name), name, True) for name in block.roles]
    named += [(("tasks", name), name, True) for name in block.tasks]
    if block.route.service is not None:
        named.append((("route", "service"), block.route.service, False))
    named += [
        (("smoke", index, "service"), entry.service, False)
        for index, entry in enumerate(block.smoke)
        if entry.service is not None
    ]
    named += [
        (("hooks", moment, index, "service"), entry.service, False)
        for moment in Moment
        for index, entry in enumerate(getattr(block.hooks, moment))
        if entry.service is not None
    ]
    written = keys_in(source.node(["services"]))
    for loc, name, at_key in named:
        if name in services:
            continue
        if name in written:
            said = f"the service {name} is in a profile that isn't active: name it with --profile, or in .env"
        else:
            said = f"there is no service {name!r}: {did_you_mean(name, services)}"
        yield Mistake(loc, said, at_key)


def _mistake(detail: ErrorDetails) -> Mistake:
    """A mistake that pydantic found, in words of the file."""
    loc = tuple(part for part in detail["loc"] if part != "[key]")
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind == "extra_forbidden":
        known = keys_of(block_of(loc))
        return Mistake(loc, f"unknown key: {did_you_mean(str(loc[-1]), known)}", at_key=True)
    if kind == "missing":
        return Mistake(loc, "is missing")
    if kind == "value_error":
        return Mistake(loc, str(context.get("error", detail["msg"])), at_key="[key]" in detail["loc"])
    said = {
        "model_type": "needs keys and values",
        "dict_type": "needs keys and values",
        "list_type": "needs a list, like [one, two]",
        "string_type": "needs text",
    }.get(kind)
    return Mistake(loc, said or detail["msg"][:1].lower() + detail["msg"][1:])


def _refuse(source: Source, mistakes: Sequence[Mistake]) -> None:
    """Raise one error for all of them: the first is the error's place, the others follow a line each."""
    written = [(_as_written(source, mistake.loc), mistake) for mistake in mistakes]
    placed = sorted(
        (_sortable(place := source.place((KEY, *loc), mistake.at_key)), place, loc, mistake.message)
        for loc, mistake in written
    )
    lines = [(place, f"{'.'.join([KEY, *map(str, loc)])}: {message}") for _, place, loc, message in placed]
    (place, first), others = lines[0], lines[1:]
    raise InvalidInput("\n".join([first, *(f"{at}: {said}" for at, said in others)]), place=place)


def _sortable(place: str) -> tuple[int, int]:
    _, line, column = place.rsplit(":", 2)
    return int(line), int(column)


def _as_written(source: Source, loc: Loc) -> tuple[str | int, ...]:
    """The way to a value as the file has it.

    One value that stands for a list of one has no index, and a list of steps alone isn't under `steps`.
    """
    way = tuple(loc)
    if way[:2] == ("shift", "steps") and not keys_in(source.node((KEY, "shift"))):
        way = (way[0], *way[2:])
    if way and isinstance(way[-1], int) and source.node((KEY, *way)) is None:
        way = way[:-1]
    return way


def _unescaped(value: Any) -> Any:
    """The block with `$$`, as Compose prints every `$`, turned back into `$`."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    if isinstance(value, dict):
        return {_unescaped(key): _unescaped(item) for key, item in value.items()}
    return value
