"""What `status` says: apps, their colours and their containers."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from bgd.wire.deployments import DeploymentJson
from bgd.wire.traffic import TrafficJson

ColorName = Literal["blue", "green"]


class ContainerJson(TypedDict):
    """One container of a colour, or a shared one."""

    name: str
    service: str
    status: str
    health: str
    image: str
    id: str
    role: NotRequired[str]
    restarts: NotRequired[int]
    started: NotRequired[str | None]
    digest: NotRequired[str]  # of the image, as its registry names it; else the image's id
    # Told where one app is asked for and its containers run on this machine. `cpu_cores` is null at first:
    # it takes two looks, a second apart; a limit of null is none.
    cpu_cores: NotRequired[float | None]
    memory_bytes: NotRequired[int]
    memory_limit_bytes: NotRequired[int | None]


class RemainingJson(TypedDict):
    """What a draining colour still has to do."""

    connections: int
    old_workers: int
    limit_s: float
    elapsed_s: float


class ColorJson(TypedDict):
    """One colour: `state` and `health` are words of the contract."""

    state: str
    release: str | None
    health: str
    containers: list[ContainerJson]
    since: NotRequired[str | None]
    warm_until: NotRequired[str | None]
    remaining: NotRequired[RemainingJson | None]  # while draining
    traffic: NotRequired[TrafficJson]


class RouteJson(TypedDict):
    """Where requests come from and go to."""

    hosts: list[str]
    path: str
    service: str
    port: int


class AppJson(TypedDict):
    """One app as `status` shows it."""

    app: str
    live: ColorName | None
    phase: str
    route: RouteJson | None
    colors: dict[str, ColorJson]
    shared: list[ContainerJson]
    deployment: DeploymentJson | None
    last_deployment: DeploymentJson | None
    file: str
    more: list[str]  # files that override `file`
    profiles: list[str]
    watch: bool
    urls: dict[str, str]  # `public` and `preview`
    alone: NotRequired[
        str
    ]  # why the colours mustn't run at once, where one app is asked for; empty: they may
    closed: NotRequired[list[str]]  # why requests get 503 though a colour is live: pause, maintenance
    problems: list[str]
    stale_s: NotRequired[int | None]  # how old what is said of containers is, while the engine is away


class AppsJson(TypedDict):
    """`status` of everything. `problems` are the daemon's own, such as a proxy that couldn't start."""

    apps: list[AppJson]
    problems: NotRequired[list[str]]
