"""What the UI knows: immutable values, free of widgets and of the wire.

    State ── apps: App ── blue, green: Slot ── containers: Container
      │            ├───── deployment, last: Deployment ── stages: Stage; failure: Failure ── probe: Probe
      │            └───── shared: Container
      ├── link: Link        whether the daemon answers, and since when not
      ├── notice: Notice    the one message that is shown above the keys
      └── pending           what was asked of the daemon and isn't answered yet

`tui.snapshot` makes them of the wire's JSON, `tui.reduce` carries them from one state to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tui.keymap import DEFAULT, Keys

Level = Literal["info", "done", "warning", "error"]
COLORS = ("blue", "green")
EPOCH = datetime.fromtimestamp(0, UTC)


def other(color: str) -> str:
    """The opposite colour."""
    return "green" if color == "blue" else "blue"


@dataclass(frozen=True, slots=True)
class Container:
    """One container. `status` is Docker's word; `health` is none, starting, healthy or unhealthy."""

    name: str
    service: str
    status: str = ""
    health: str = "none"
    image: str = ""
    restarts: int = 0
    started: datetime | None = None
    role: str = ""
    digest: str = ""
    cpu_cores: float | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None

    def rests_in(self, state: str) -> bool:
        """It is meant not to run in a colour of that state: a task that is done, a worker of the live one."""
        if self.status not in {"created", "exited"}:
            return False
        is_of_live = self.role == "live-only" and state != "live"
        return state == "stopped" or self.role == "task" or is_of_live

    @property
    def is_in_trouble(self) -> bool:
        """It needs a person's eye."""
        return self.health == "unhealthy" or self.status in {"restarting", "exited", "dead", "paused"}


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a draining colour still has to do."""

    connections: int
    old_workers: int
    elapsed_s: float = 0.0
    limit_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """A colour's public traffic: the last seconds, and the last minute second by second, oldest first.

    `error_share` is from 0 to 1; times are `None` without requests.
    """

    requests_per_s: float = 0.0
    error_share: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    connections: int = 0
    requests: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    p95s_ms: tuple[float | None, ...] = ()

    @property
    def is_none(self) -> bool:
        """No request in all that time."""
        return not self.requests_per_s and not any(self.requests)


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the two colours, and what runs in it."""

    color: str
    state: str = "empty"
    release: str | None = None
    health: str = "none"
    containers: tuple[Container, ...] = ()
    since: datetime | None = None
    warm_until: datetime | None = None
    remaining: Remaining | None = None
    traffic: Traffic | None = None  # `None` where the daemon doesn't tell

    @property
    def is_live(self) -> bool:
        """It has the public traffic."""
        return self.state == "live"

    @property
    def is_running(self) -> bool:
        """Its containers run, so traffic could go there."""
        return self.state in {"live", "ready", "warm", "draining"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a deployment: `status` is waiting, running, done, failed or skipped."""

    name: str
    status: str = "waiting"
    took_ms: int | None = None
    started: datetime | None = None
    detail: str = ""
    limit_s: float | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """The last request that decided. `status` is 0 when nothing answered; `error` then says why."""

    method: str
    url: str
    host: str = ""
    status: int = 0
    answer: str = ""
    took_ms: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a deployment failed, whole."""

    stage: str
    message: str
    hint: str = ""
    probe: Probe | None = None
    log: tuple[str, ...] = ()
    still_serving: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A change of an app. `kind` is deploy, switch or rollback; `outcome` is `None` while it runs."""

    id: int
    kind: str
    release: str
    color: str
    state: str
    started: datetime | None = None
    finished: datetime | None = None
    took_ms: int | None = None
    outcome: str | None = None
    actor: str = ""
    reason: str = ""
    stages: tuple[Stage, ...] = ()
    failure: Failure | None = None
    progress: str = ""  # the last line about what is being done
    requests: int | None = None  # that ended while it moved the traffic; `None` until the receipt is there
    failed: int = 0  # of these
    waits: str = ""  # for what, while it does
    waits_until: datetime | None = None
    waits_approval: bool = True
    share: int = 0  # of a hundred visitors, while they move by and by
    share_until: datetime | None = None

    def stage(self, name: str) -> Stage | None:
        """The stage of that name."""
        return next((stage for stage in self.stages if stage.name == name), None)

    @property
    def moved_traffic(self) -> bool:
        """The public traffic was moved, as opposed to a release that was only made ready."""
        switching = self.stage("switching")
        return switching is not None and switching.status == "done"


@dataclass(frozen=True, slots=True)
class App:
    """One app with its two colours."""

    name: str
    live: str | None = None
    phase: str = "idle"
    blue: Slot = Slot("blue")
    green: Slot = Slot("green")
    shared: tuple[Container, ...] = ()
    deployment: Deployment | None = None
    last: Deployment | None = None
    route: str = ""  # `shop.example.com/ → web:3000`
    public_url: str = ""
    preview_url: str = ""
    file: str = ""
    is_watched: bool = False
    in_maintenance: bool = False
    alone: str = ""  # why the colours mustn't run at once; empty: they may
    problems: tuple[str, ...] = ()

    def slot(self, color: str) -> Slot:
        """One colour."""
        return self.green if color == "green" else self.blue

    @property
    def live_slot(self) -> Slot | None:
        """The colour that has the traffic, if any."""
        return self.slot(self.live) if self.live else None

    @property
    def idle_slot(self) -> Slot:
        """The colour that doesn't: where the next release goes."""
        return self.slot(other(self.live)) if self.live else self.blue

    @property
    def failure(self) -> Failure | None:
        """Why the last change went wrong, unless another one runs by now."""
        return self.last.failure if self.last and not self.deployment else None


@dataclass(frozen=True, slots=True)
class Link:
    """Whether the daemon answers. `since` is when that began; `reason` and `hint` are for the banner."""

    is_up: bool = False
    since: datetime | None = None
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person, shown until another comes or it is dismissed."""

    level: Level
    text: str
    hint: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Everything on the screen but the log."""

    apps: tuple[App, ...] = ()
    selected: str | None = None
    link: Link = Link()
    notice: Notice | None = None
    pending: frozenset[tuple[str, str]] = frozenset()  # app and verb
    read_at: datetime | None = None  # when the snapshot was taken; `None` before the first
    closed_cards: frozenset[int] = frozenset()  # ids of deployments whose failure was read and closed
    keys: Keys = DEFAULT
    is_read_only: bool = False

    @property
    def app(self) -> App | None:
        """The app that is shown."""
        return next((app for app in self.apps if app.name == self.selected), None)

    @property
    def is_stale(self) -> bool:
        """What is shown may be out of date: the daemon is away."""
        return not self.link.is_up

    @property
    def card(self) -> Deployment | None:
        """The failed deployment whose card is open."""
        app = self.app
        if app is None or app.failure is None or app.last is None or app.last.id in self.closed_cards:
            return None
        return app.last
