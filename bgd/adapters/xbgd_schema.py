"""The shape of the `x-bgd` block, in pydantic: which keys there are, and of what kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bgd.adapters import xbgd_values as values
from bgd.domain.duration import parse_rate
from bgd.domain.settings import Promote, Role
from bgd.domain.window import WHOLE_DAY_MIN

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


def _request(entry: SmokeBlock) -> SmokeBlock:
    if entry.run is not None:
        raise ValueError("needs a request, like `post: /login`: cookies are what is carried on")
    return entry


class SessionsBlock(Block):
    """`sessions`."""

    login: Annotated[SmokeBlock, AfterValidator(_request)]
    check: Annotated[SmokeBlock, AfterValidator(_request)]


class TaskBlock(Block):
    """One of `tasks`."""

    irreversible: Annotated[bool, BeforeValidator(values.boolean)] = False


class BakeBlock(Block):
    """`bake`."""

    for_: Positive = Field(alias="for")
    max_error_rate: Annotated[float, BeforeValidator(parse_rate)] = 0.01
    min_requests: Annotated[int, BeforeValidator(values.count)] = 20
    max_p99: Positive | None = None
    max_slowdown: Annotated[float, BeforeValidator(values.factor)] | None = None


class ShiftBlock(Block):
    """`shift`."""

    steps: Annotated[list[Annotated[int, BeforeValidator(values.percent)]], AfterValidator(values.rising)]
    pause: Positive = 60.0


class HookBlock(Block):
    """One hook: a command, and where it is run."""

    run: Command | None = None
    host: Command | None = None
    service: Name | None = None
    within: Positive | None = None

    @model_validator(mode="after")
    def _is_one_command(self) -> HookBlock:
        stated = self.model_fields_set & {"run", "host"}
        if len(stated) != 1 or getattr(self, next(iter(stated))) is None:
            raise ValueError("needs either `run:`, in a container, or `host:`, on the machine itself")
        if "host" in stated and self.service is not None:
            raise ValueError("`service` means nothing beside `host`: remove it")
        return self


HookList = list[Annotated[HookBlock, BeforeValidator(values.hook)]]


class HooksBlock(Block):
    """`hooks`."""

    before_start: HookList = Field(default_factory=list)
    before_switch: HookList = Field(default_factory=list)
    after_switch: HookList = Field(default_factory=list)
    on_failure: HookList = Field(default_factory=list)
    on_rollback: HookList = Field(default_factory=list)


class WatchBlock(Block):
    """`watch`, where it is more than true or false."""

    build: Annotated[bool, BeforeValidator(values.boolean)] = False
    images: Annotated[float | None, BeforeValidator(values.interval)] = None


class WindowBlock(Block):
    """One of `windows`."""

    days: Annotated[tuple[int, ...], BeforeValidator(values.days)] = tuple(range(7))
    from_: Annotated[int, BeforeValidator(values.clock_time)] = Field(default=0, alias="from")
    to: Annotated[int, BeforeValidator(values.clock_time)] = WHOLE_DAY_MIN
    tz: Annotated[str, BeforeValidator(values.zone)] = "UTC"


class Xbgd(Block):
    """The whole block."""

    app: Annotated[str, BeforeValidator(values.app)] | None = None
    route: RouteBlock = RouteBlock()
    roles: dict[str, Annotated[Role, BeforeValidator(values.role)]] = Field(default_factory=dict)
    health: HealthBlock | None = None
    smoke: list[SmokeBlock] = Field(default_factory=list)
    promote: Annotated[Promote, BeforeValidator(values.promote)] = Promote.AUTO
    promote_after: Positive | None = None
    windows: list[WindowBlock] = Field(default_factory=list)
    bake: BakeBlock | None = None
    shift: Annotated[ShiftBlock | None, BeforeValidator(values.shift)] = None
    sessions: SessionsBlock | None = None
    tasks: dict[str, TaskBlock] = Field(default_factory=dict)
    assets: Annotated[
        list[Annotated[str, BeforeValidator(values.asset_path)]], BeforeValidator(values.listed)
    ] = Field(default_factory=list)
    strict: Annotated[bool, BeforeValidator(values.boolean)] = False
    drain: Annotated[float, BeforeValidator(values.drain)] = 30.0
    keep: Annotated[float | None, BeforeValidator(values.keep)] = None
    watch: Annotated[WatchBlock | None, BeforeValidator(values.watch)] = None
    notify: Annotated[
        list[Annotated[str, BeforeValidator(values.notice_url)]], BeforeValidator(values.listed)
    ] = Field(default_factory=list)
    overlap: Annotated[bool | None, BeforeValidator(values.boolean)] = None
    hooks: HooksBlock = HooksBlock()

    @field_validator("promote_after")
    @classmethod
    def _is_asked_for(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("promote") is not Promote.MANUAL:
            raise ValueError("only means something with `promote: manual`: add that")
        return value


_BLOCKS: dict[str, type[Block]] = {
    "": Xbgd,
    "route": RouteBlock,
    "health": HealthBlock,
    "smoke": SmokeBlock,
    "bake": BakeBlock,
    "shift": ShiftBlock,
    "sessions": SessionsBlock,
    "tasks": TaskBlock,
    "hooks": HooksBlock,
    "watch": WatchBlock,
    "windows": WindowBlock,
}


def block_of(loc: Sequence[str | int]) -> type[Block]:
    """The mapping of the block that the key at the end of `loc` stands in."""
    if len(loc) > 2 and loc[0] == "hooks":
        return HookBlock
    if len(loc) > 2 and loc[0] == "sessions":
        return SmokeBlock
    return _BLOCKS[str(loc[0]) if len(loc) > 1 else ""]


def keys_of(block: type[Block]) -> list[str]:
    """The keys that a mapping may have, as the file spells them."""
    return [field.alias or name for name, field in block.model_fields.items()]
