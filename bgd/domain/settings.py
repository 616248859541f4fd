"""What the `x-bgd` block of a Compose file says, as values. `bgd.adapters.xbgd` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bgd.domain.hook import Hooks
from bgd.domain.window import Window

SMOKE_WITHIN_S = 10.0
"""The time that the answer to a smoke request may take, where the file states none."""
RUN_WITHIN_S = 60.0
"""The time that a smoke command may take, where the file states none."""


class Role(StrEnum):
    """How a service takes part in blue-green deployments."""

    COLORED = "colored"  # one copy in each colour
    LIVE_ONLY = "live-only"  # runs in the live colour alone: cron, workers that must not run twice
    SHARED = "shared"  # one copy beside the colours: databases, caches, brokers
    TASK = "task"  # run once per deployment, before the new colour starts: migrations
    IGNORED = "ignored"  # the app's own reverse proxy, which bgd's nginx replaces


class Promote(StrEnum):
    """Whether a deployment that is ready switches by itself."""

    AUTO = "auto"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class RouteWish:
    """The route as far as the file states it; `None` is left to inference."""

    service: str | None = None
    port: int | None = None
    hosts: tuple[str, ...] = ()
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests come from and where they go: complete, checked, ready for nginx.

    `hosts` are lower-case host names without port, empty for "any host that no other app has"; a
    name may start with `*.`. `path` starts with `/` and, unless it is `/`, has no slash at its end.
    """

    service: str
    port: int
    hosts: tuple[str, ...] = ()
    path: str = "/"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The HTTP probe that says whether a colour can take traffic. Times in seconds."""

    path: str = "/"
    interval_s: float = 1.0
    timeout_s: float = 5.0
    within_s: float = 60.0
    stated: bool = False  # whether the file has a health block of its own


@dataclass(frozen=True, slots=True)
class HttpSmoke:
    """One request through the preview listener and what its answer must be.

    `json` maps dotted paths (`items.0.name`) to the values expected there. `within_s` bounds the
    time to the whole answer, in seconds.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    status: tuple[int, ...] = ()  # empty: any status below 400
    contains: str | None = None
    matches: str | None = None  # a regular expression, searched for in the body
    json: Mapping[str, object] = field(default_factory=dict)
    within_s: float = SMOKE_WITHIN_S

    @property
    def title(self) -> str:
        """`GET /up`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class RunSmoke:
    """A command in a one-off container of the new release; exit status 0 passes."""

    command: tuple[str, ...]
    service: str | None = None  # whose image and environment; default: the front service
    within_s: float = RUN_WITHIN_S

    @property
    def title(self) -> str:
        """`run: python smoke.py`."""
        return "run: " + " ".join(self.command)


SmokeCheck = HttpSmoke | RunSmoke


@dataclass(frozen=True, slots=True)
class Sessions:
    """How somebody logs in, and the request that only passes for who is logged in."""

    login: HttpSmoke
    check: HttpSmoke


@dataclass(frozen=True, slots=True)
class Bake:
    """How long the new colour's real traffic is watched after the switch. Rates are fractions of 1.

    `max_error_rate` is what may fail more than failed before. `max_p99_s` bounds the time that 99 % of the
    answers may take, `max_slowdown` how many times longer 95 % of them may take than before.
    """

    for_s: float
    max_error_rate: float = 0.01
    min_requests: int = 20
    max_p99_s: float | None = None
    max_slowdown: float | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """How the traffic moves by and by: `steps` are rising whole percents, the last one 100.

    Each share but the last one holds for `pause_s`, and is watched.
    """

    steps: tuple[int, ...]
    pause_s: float = 60.0

    @property
    def shares(self) -> tuple[int, ...]:
        """The steps before the switch itself."""
        return self.steps[:-1]


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole `x-bgd` block. `keep_s` is `None` for always; times in seconds.

    `overlap` says whether both colours may run at once; `None` is left to inference. `watch_build` watches
    build contexts too, `watch_images_s` is how often registries are asked for newer images. The URLs of
    `notify` have secrets in them.
    """

    app: str | None = None
    route: RouteWish = RouteWish()
    roles: Mapping[str, Role] = field(default_factory=dict)
    health: HealthCheck = HealthCheck()
    smoke: tuple[SmokeCheck, ...] = ()
    promote: Promote = Promote.AUTO
    promote_after_s: float | None = None
    windows: tuple[Window, ...] = ()
    bake: Bake | None = None
    shift: Shift | None = None
    sessions: Sessions | None = None
    irreversible: tuple[str, ...] = ()  # tasks after which no earlier release is gone back to unasked
    assets: tuple[str, ...] = ()  # paths whose files the old colour answers too while it is warm
    strict: bool = False  # a difference between the colours that nothing explains ends the deployment
    drain_s: float = 30.0
    keep_s: float | None = None
    watch: bool = False
    watch_build: bool = False
    watch_images_s: float | None = None
    overlap: bool | None = None
    hooks: Hooks = field(default_factory=Hooks)
    notify: tuple[str, ...] = ()
