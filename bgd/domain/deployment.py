"""A deployment as recorded: what is being done, how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bgd.domain.adoption import Adoption, KeptVolume
from bgd.domain.bake import Watched
from bgd.domain.color import Color, ColorState
from bgd.domain.duration import ms_between
from bgd.domain.lifecycle import (
    DEPLOY,
    DEPLOY_ALONE,
    DEPLOY_SHIFTING,
    MOVE,
    MOVE_ALONE,
    State,
    Transitions,
)
from bgd.domain.origin import Origin
from bgd.domain.probe import Answer, Probe
from bgd.domain.receipt import Receipt
from bgd.domain.settings import Route
from bgd.domain.shift import Step


class Kind(StrEnum):
    """Why traffic moves."""

    DEPLOY = "deploy"  # a new release into the idle colour
    SWITCH = "switch"  # to the other colour as it runs
    ROLLBACK = "rollback"  # to an earlier release: as it runs, or brought up again as recorded


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for, and what was granted since."""

    no_switch: bool = False
    with_shared: bool = False
    force: bool = False
    promoted: bool = False
    at: datetime | None = None  # not before this may it switch
    now: bool = False  # promoted in spite of `at` and of the windows
    is_move: bool = False  # the target is there already: nothing is built or cleaned away
    alone: bool = False  # both colours must not run at once: the live one stops first
    bakes: bool = False  # its real traffic is watched after the switch
    shifts: bool = False  # it gets a share of the visitors before the switch


@dataclass(frozen=True, slots=True)
class Stage:
    """One state that a deployment went through. `took_ms` is `None` while it lasts."""

    state: State
    started: datetime
    took_ms: int | None = None
    failed: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a deployment ended badly: enough for a person to go on from."""

    stage: State
    message: str
    hint: str = ""
    probe: Probe | None = None
    answer: Answer | None = None
    log: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()  # the figures that decided, a line each


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of one app. `id` counts over all apps; `release` is the release's number."""

    id: int
    app: str
    kind: Kind
    release: int
    color: Color
    state: State
    options: Options
    actor: str
    reason: str
    started: datetime
    finished: datetime | None = None
    stages: tuple[Stage, ...] = ()
    failure: Failure | None = None
    previous: Color | None = None  # the colour that was live when it began
    live_worked: bool | None = None  # whether the live colour passed its checks before the tasks ran
    watched: Watched | None = None  # what its real traffic did, where it is or was watched
    step: Step | None = None  # the share of the visitors that it was given last
    receipt: Receipt | None = None  # a moment after it ended and its old colour has drained

    @property
    def table(self) -> Transitions:
        """The lifecycle that it follows."""
        if self.options.alone:
            return MOVE_ALONE if self.options.is_move else DEPLOY_ALONE
        if self.options.shifts:
            return DEPLOY_SHIFTING
        return MOVE if self.options.is_move else DEPLOY

    @property
    def has_moved(self) -> bool:
        """Whether its switch was seen: whoever undoes it has to move the traffic back."""
        return any(stage.state is State.HANDING_OVER for stage in self.stages)

    @property
    def has_stopped_live(self) -> bool:
        """Whether the colour that was live when it began was stopped for it, or was about to be."""
        return any(stage.state is State.STOPPING for stage in self.stages)

    def entered(self, state: State, now: datetime, detail: str = "") -> Deployment:
        """The deployment in its next state, with the stage that ends closed."""
        closed = self.closed(now, detail)
        if state.is_final:
            return replace(closed, state=state, finished=now)
        return replace(closed, state=state, stages=(*closed.stages, Stage(state, now)))

    def closed(self, now: datetime, detail: str = "") -> Deployment:
        """The deployment with its last stage ended now."""
        if not self.stages or self.stages[-1].took_ms is not None:
            return self
        last = self.stages[-1]
        ended = replace(
            last,
            took_ms=ms_between(last.started, now),
            failed=self.failure is not None and self.failure.stage is last.state,
            detail=detail,
        )
        return replace(self, stages=(*self.stages[:-1], ended))


@dataclass(frozen=True, slots=True)
class ColorRecord:
    """What a colour holds. `deployment` is the id of the one that last took it over."""

    app: str
    color: Color
    state: ColorState
    since: datetime
    release: int | None = None
    deployment: int | None = None
    warm_until: datetime | None = None
    resting: tuple[str, ...] = ()  # services of a live colour that ended well by themselves


@dataclass(frozen=True, slots=True)
class OneWay:
    """A task that can't be undone: releases before `release` may not work with what it left."""

    release: int
    task: str


@dataclass(frozen=True, slots=True)
class AppRecord:
    """An app that bgd looks after: `route` as it was added, `is_leaving` once its removal began.

    `kept` are volumes that it took over from plain Compose; `adoption` is there until that is over.
    """

    name: str
    file: str
    added: datetime
    route: Route
    watch: bool = False
    live: Color | None = None
    is_leaving: bool = False
    removes_volumes: bool = False
    more: tuple[str, ...] = ()  # files that override `file`
    profiles: tuple[str, ...] = ()
    kept: tuple[KeptVolume, ...] = ()
    adoption: Adoption | None = None
    one_way: OneWay | None = None  # the newest that ran
    took_entrance: bool = False  # the proxy's address was the app's own before

    @property
    def origin(self) -> Origin:
        """What the app is made from."""
        return Origin(self.file, self.more, self.profiles)


@dataclass(frozen=True, slots=True)
class Live:
    """A moment in which a release got the traffic."""

    app: str
    release: int
    color: Color
    at: datetime
