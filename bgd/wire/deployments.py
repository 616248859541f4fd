"""What a deployment does and did: its stages, what it waits for, why it failed."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from bgd.wire.traffic import ReceiptJson, WatchedJson


class StageJson(TypedDict):
    """One stage of a deployment: `status` is waiting, running, done, failed or skipped."""

    stage: str
    status: str
    took_ms: int | None
    started: str | None
    detail: str
    limit_s: NotRequired[float]  # how long it may last, where one app is asked for and there is a limit


class ProbeJson(TypedDict):
    """The last request that decided."""

    url: str
    host: str
    method: str
    status: int
    answer: str
    took_ms: float
    error: str


class FailureJson(TypedDict):
    """Why a deployment failed, whole: enough for a card on a screen."""

    stage: str
    message: str
    hint: str
    probe: ProbeJson | None
    log: list[str]
    evidence: list[str]  # the figures that decided, a line each
    still_serving: str


class WaitJson(TypedDict):
    """What a deployment waits for: `approval` of somebody, or just for `until`; null until is for ever."""

    approval: bool
    until: str | None
    message: str


class ShiftJson(TypedDict):
    """The share of the visitors that the new colour has: since when, until when, and the one after it.

    `since` and `until` are null for the moment in which nginx hasn't been seen to give it yet.
    """

    percent: int
    since: str | None
    until: str | None
    next: int


class DeploymentJson(TypedDict):
    """A deployment. `kind` is deploy, switch or rollback; `outcome` is null while it runs."""

    id: int
    app: str
    kind: str
    release: str
    color: str
    state: str
    outcome: str | None
    started: str
    finished: str | None
    took_ms: int | None
    actor: str
    reason: str
    stages: list[StageJson]
    failure: FailureJson | None
    waits: NotRequired[WaitJson | None]  # of one that runs now
    shift: NotRequired[ShiftJson | None]  # of one that runs now, while its visitors move by and by
    watched: NotRequired[WatchedJson | None]  # where its traffic is or was watched: a share, or all of it
    receipt: NotRequired[ReceiptJson | None]  # null until its old colour has drained
    event: NotRequired[int]  # in the answer to a request that began it: follow the journal from here


SwitchJson = TypedDict(
    "SwitchJson",
    {"app": str, "from": str | None, "to": str, "release": str, "took_ms": float},
)
"""What `switch` and `rollback` did; `from` and `to` are colours, `took_ms` the time until it was seen."""


class SmokeJson(TypedDict):
    """The result of one smoke check."""

    check: str
    passed: bool
    reason: str
    took_ms: float
    status: int
    answer: str
