"""The shape of the `x-bgd` block, in pydantic: keys, types, and what values are possible.

Messages are clauses that follow the key's name: `x-bgd.route.port: 70000 is no port`.
A number that came through a `${VARIABLE}` arrives as text (`"3000"`), as everywhere in Compose, so
text of digits is taken for a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from bgd.domain.duration import parse_duration, parse_rate
from bgd.domain.settings import Promote, Role
from bgd.domain.spelling import did_you_mean

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
APP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
APP_NAME_RULE = "at most 40 of a-z, 0-9, - and _, beginning with a letter or a digit"
MAX_DRAIN_S = 3600.0
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_ROUTE_PATH = re.compile(r"(?:/[A-Za-z0-9._~@+-]+)*/?")
_PROBE_PATH = re.compile(r"/[!-\"$-~]*")  # no space, no control, no fragment
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("needs text" + (f": write {_quoted(value)}" if _is_plain(value) else ""))
    if "\0" in value:
        raise ValueError("contains a NUL byte")
    return value


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _quoted(value: object) -> str:
    return json.dumps(str(value).lower() if isinstance(value, bool) else str(value))


def _name(value: object) -> str:
    text = _text(value)
    if not text:
        raise ValueError("is empty: name a service")
    return text


def _app(value: object) -> str:
    text = _text(value)
    if not APP_NAME.fullmatch(text):
        raise ValueError(f"{text!r} can't name an app: {APP_NAME_RULE}")
    return text


def _whole(value: object, what: str, low: int, high: int) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"needs {what}: a whole number from {low} to {high}")
    if not low <= value <= high:
        raise ValueError(f"{value} is not {what}: it goes from {low} to {high}")
    return value


def _port(value: object) -> int:
    return _whole(value, "a port", 1, 65535)


def _status(value: object) -> int:
    return _whole(value, "an HTTP status", 100, 599)


def _count(value: object) -> int:
    return _whole(value, "a number of requests", 0, 1_000_000)


def _boolean(value: object) -> bool:
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError("needs true or false")
    return value


def _host(value: object) -> str:
    text = _text(value).lower().rstrip(".")
    if "://" in text:
        raise ValueError(f"{value!r} is a URL: write the host name alone")
    if re.fullmatch(r"[^:]+:\d+", text):
        raise ValueError(f"{value!r} has a port: write the host name alone")
    if not text.isascii():
        raise ValueError(f"{value!r} isn't ASCII: write it in its xn-- form")
    if not _HOST.fullmatch(text) or len(text) > 253:
        raise ValueError(f"{value!r} is no host name: write it like shop.example.com or *.example.com")
    return text


def _route_path(value: object) -> str:
    text = _text(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} doesn't begin with /")
    if not _ROUTE_PATH.fullmatch(text) or "/../" in text + "/" or "/./" in text + "/":
        raise ValueError(f"{text!r} can't be routed by: write a plain path like /shop")
    return text.rstrip("/") or "/"


def _probe_path(value: object) -> str:
    text = _text(value)
    if not text.startswith("/"):
        raise ValueError(f"{text!r} doesn't begin with /: write the path alone, without host")
    if not _PROBE_PATH.fullmatch(text):
        raise ValueError(f"{text!r} has a space, a # or a character that isn't ASCII: percent-encode it")
    return text


def _duration(value: object) -> float:
    return parse_duration(value)


def _positive(value: object) -> float:
    seconds = parse_duration(value)
    if not seconds:
        raise ValueError("is 0: it must be longer")
    return seconds


def _drain(value: object) -> float:
    seconds = parse_duration(value)
    if seconds > MAX_DRAIN_S:
        raise ValueError(f"{value!r} is longer than 1h, the most a drain may take")
    return seconds


def _keep(value: object) -> float | None:
    if value == "always":
        return None
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or `always`") from None


def _regex(value: object) -> str:
    text = _text(value)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


def _body(value: object) -> object:
    """Text as it stands; a mapping or a list is sent as JSON."""
    return value if isinstance(value, dict | list) else _text(value)


def _header_text(value: object) -> str:
    text = str(value) if _is_plain(value) and not isinstance(value, bool) else _text(value)
    if not text.isprintable() or not text.isascii():
        raise ValueError("a header's value is printable ASCII, on one line")
    return text


def _header_name(value: object) -> str:
    text = _text(value)
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r} can't name a header")
    return text


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _command(value: object) -> list[str]:
    """An argument list; text is a line for the shell, as in a Compose file's health check."""
    if isinstance(value, str) and value.strip():
        return ["/bin/sh", "-c", value]
    if not isinstance(value, list) or not value:
        raise ValueError("needs a command: a list like [python, smoke.py], or a line for the shell")
    words = []
    for word in value:
        if isinstance(word, bool) or not isinstance(word, str | int | float) or "\0" in str(word):
            raise ValueError("needs a command of plain words: quote what YAML takes for something else")
        words.append(str(word))
    if not words[0]:
        raise ValueError("needs a command: its first word is empty")
    return words


def _role(value: object) -> Role:
    known = [role.value for role in Role]
    if value not in known:
        raise ValueError(f"{value!r} is no role: {did_you_mean(str(value), known)}")
    return Role(str(value))


def _promote(value: object) -> Promote:
    if value not in ("auto", "manual"):
        raise ValueError(f"{value!r} is neither auto nor manual")
    return Promote(str(value))


def _json_object(value: object) -> object:
    if isinstance(value, Mapping) and not value:
        raise ValueError("expects nothing: write a path and its value, like {status: ok}")
    return value


Duration = Annotated[float, BeforeValidator(_duration)]
Positive = Annotated[float, BeforeValidator(_positive)]
Name = Annotated[str, BeforeValidator(_name)]
Port = Annotated[int, BeforeValidator(_port)]
Command = Annotated[list[str], BeforeValidator(_command)]
ProbePath = Annotated[str, BeforeValidator(_probe_path)]
Text = Annotated[str, BeforeValidator(_text)]


class Block(BaseModel):
    """A mapping of the block: no keys but those stated, no conversions but those stated."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, populate_by_name=False)


class RouteBlock(Block):
    """`route`."""

    service: Name | None = None
    port: Port | None = None
    hosts: list[Annotated[str, BeforeValidator(_host)]] = Field(default_factory=list)
    path: Annotated[str, BeforeValidator(_route_path)] = "/"


class HealthBlock(Block):
    """`health`."""

    path: ProbePath = "/"
    interval: Positive = 1.0
    timeout: Positive = 5.0
    within: Positive = 60.0


class SmokeBlock(Block):
    """One item of `smoke`: a request or a command."""

    get: ProbePath | None = None
    post: ProbePath | None = None
    put: ProbePath | None = None
    patch: ProbePath | None = None
    delete: ProbePath | None = None
    head: ProbePath | None = None
    options: ProbePath | None = None
    run: Command | None = None
    status: Annotated[list[Annotated[int, BeforeValidator(_status)]], BeforeValidator(_listed)] = Field(
        default_factory=list
    )
    contains: Text | None = None
    matches: Annotated[str, BeforeValidator(_regex)] | None = None
    json_: Annotated[dict[str, JsonValue], BeforeValidator(_json_object)] = Field(
        default_factory=dict, alias="json"
    )
    headers: dict[
        Annotated[str, BeforeValidator(_header_name)], Annotated[str, BeforeValidator(_header_text)]
    ] = Field(default_factory=dict)
    body: Annotated[JsonValue, BeforeValidator(_body)] = None
    within: Positive | None = None
    service: Name | None = None

    @model_validator(mode="after")
    def _is_one_check(self) -> SmokeBlock:
        stated = self.model_fields_set
        verbs = [verb for verb in (*VERBS, "run") if verb in stated]
        if not verbs:
            raise ValueError(
                "says neither what to request nor what to run: begin it with `get: /path` or `run:`"
            )
        if len(verbs) > 1:
            raise ValueError(f"has both `{verbs[0]}` and `{verbs[1]}`: make two checks of it")
        asks = "run" not in stated
        useless = stated & ({"service"} if asks else _OF_REQUESTS)
        if useless:
            key = "json" if (first := min(useless)) == "json_" else first
            raise ValueError(f"`{key}` means nothing beside `{verbs[0]}`: remove it")
        if asks and getattr(self, verbs[0]) is None:
            raise ValueError(f"`{verbs[0]}` needs a path")
        return self


_OF_REQUESTS = {"status", "contains", "matches", "json_", "headers", "body"}


class BakeBlock(Block):
    """`bake`."""

    for_: Positive = Field(alias="for")
    max_error_rate: Annotated[float, BeforeValidator(parse_rate)] = 0.01
    min_requests: Annotated[int, BeforeValidator(_count)] = 20


class HooksBlock(Block):
    """`hooks`."""

    before_start: list[Command] = Field(default_factory=list)
    before_switch: list[Command] = Field(default_factory=list)
    after_switch: list[Command] = Field(default_factory=list)
    on_failure: list[Command] = Field(default_factory=list)


class Xbgd(Block):
    """The whole block."""

    app: Annotated[str, BeforeValidator(_app)] | None = None
    route: RouteBlock = RouteBlock()
    roles: dict[str, Annotated[Role, BeforeValidator(_role)]] = Field(default_factory=dict)
    health: HealthBlock | None = None
    smoke: list[SmokeBlock] = Field(default_factory=list)
    promote: Annotated[Promote, BeforeValidator(_promote)] = Promote.AUTO
    bake: BakeBlock | None = None
    drain: Annotated[float, BeforeValidator(_drain)] = 30.0
    keep: Annotated[float | None, BeforeValidator(_keep)] = None
    watch: Annotated[bool, BeforeValidator(_boolean)] = False
    hooks: HooksBlock = HooksBlock()


BLOCKS: dict[str, type[Block]] = {
    "": Xbgd,
    "route": RouteBlock,
    "health": HealthBlock,
    "smoke": SmokeBlock,
    "bake": BakeBlock,
    "hooks": HooksBlock,
}
"""Each mapping of the block by the key that it stands under, for the keys that it may have."""


def keys_of(block: type[Block]) -> list[str]:
    """The keys that a mapping may have, as the file spells them."""
    return [field.alias or name for name, field in block.model_fields.items()]
