"""The shape of the `x-bgd` block, in pydantic: which keys there are, and of what kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from bgd.adapters import xbgd_values as values
from bgd.domain.duration import parse_rate
from bgd.domain.settings import Promote, Role

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")

Duration = Annotated[float, BeforeValidator(values.duration)]
Positive = Annotated[float, BeforeValidator(values.positive)]
Name = Annotated[str, BeforeValidator(values.name)]
Port = Annotated[int, BeforeValidator(values.port)]
Command = Annotated[list[str], BeforeValidator(values.command)]
ProbePath = Annotated[str, BeforeValidator(values.probe_path)]
Text = Annotated[str, BeforeValidator(values.plain_text)]


class Block(BaseModel):
    """A mapping of the block: no keys but those stated, no conversions but those stated."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, populate_by_name=False)


class RouteBlock(Block):
    """`route`."""

    service: Name | None = None
    port: Port | None = None
    hosts: list[Annotated[str, BeforeValidator(values.host)]] = Field(default_factory=list)
    path: Annotated[str, BeforeValidator(values.route_path)] = "/"


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
    status: Annotated[
        list[Annotated[int, BeforeValidator(values.status)]], BeforeValidator(values.listed)
    ] = Field(default_factory=list)
    contains: Text | None = None
    matches: Annotated[str, BeforeValidator(values.regex)] | None = None
    json_: Annotated[dict[str, JsonValue], BeforeValidator(values.json_object)] = Field(
        default_factory=dict, alias="json"
    )
    headers: dict[
        Annotated[str, BeforeValidator(values.header_name)],
        Annotated[str, BeforeValidator(values.header_text)],
    ] = Field(default_factory=dict)
    body: Annotated[JsonValue, BeforeValidator(values.body)] = None
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
    min_requests: Annotated[int, BeforeValidator(values.count)] = 20


class HooksBlock(Block):
    """`hooks`."""

    before_start: list[Command] = Field(default_factory=list)
    before_switch: list[Command] = Field(default_factory=list)
    after_switch: list[Command] = Field(default_factory=list)
    on_failure: list[Command] = Field(default_factory=list)


class Xbgd(Block):
    """The whole block."""

    app: Annotated[str, BeforeValidator(values.app)] | None = None
    route: RouteBlock = RouteBlock()
    roles: dict[str, Annotated[Role, BeforeValidator(values.role)]] = Field(default_factory=dict)
    health: HealthBlock | None = None
    smoke: list[SmokeBlock] = Field(default_factory=list)
    promote: Annotated[Promote, BeforeValidator(values.promote)] = Promote.AUTO
    bake: BakeBlock | None = None
    drain: Annotated[float, BeforeValidator(values.drain)] = 30.0
    keep: Annotated[float | None, BeforeValidator(values.keep)] = None
    watch: Annotated[bool, BeforeValidator(values.boolean)] = False
    overlap: Annotated[bool | None, BeforeValidator(values.boolean)] = None
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
