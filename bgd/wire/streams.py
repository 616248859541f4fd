"""What comes without an end: the journal and the logs."""

from __future__ import annotations

from typing import Required

from typing_extensions import TypedDict


class EventJson(TypedDict, total=False):
    """One line of the journal, flat. Progress lines aren't journalled: they have no `id`.

    Besides the keys below, an event has those of its kind:

    added, removed   file
    started          kind, release, color, reason
    stage            stage, status (running, done, failed), took_ms, detail
    effect           effect, phase (intent, done, failed), detail: each thing that changes the world
    progress         stage, message
    warning          message, fix
    live             release, color, from: the traffic moved
    color            color, state, release
    doors            closed: why requests get 503 now (pause, maintenance), took_ms: for how long they did
    shifted          color, release, percent: its share of the visitors from now on, until
    drain            color, connections, old_workers; when its time was up also cut and left
    receipt          what happened to real traffic, a moment after a change is over: see `ReceiptJson`
    smoke            color, passed, checks
    watch            message
    waiting          approval, until, message: see `WaitJson`
    hook             hook, command, passed, reason, took_ms, log: what it printed last
    finished         kind, outcome, release, color, live, took_ms, failure
    daemon           message: it started, stopped, mended something
    resync           this subscriber was too slow: read the state anew
    """

    id: int
    at: str
    event: Required[str]
    app: str | None
    deployment: int | None
    actor: str | None


class LogLineJson(TypedDict):
    """One line of a container's log, sanitised. `stream` is stdout or stderr."""

    at: str
    color: str | None
    service: str
    container: str
    stream: str
    text: str
