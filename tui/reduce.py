"""How the state changes: pure functions from a state and something that happened to the next state.

Snapshots are the truth. Events only bring forward what a person wants to see at once (a stage, a line
of progress, a draining count, how it ended) and ask for a snapshot; they never move the live colour,
because events that are replayed after an interruption are older than the snapshot beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bgd.wire import EventJson
from tui.model import App, Deployment, Level, Link, Notice, Slot, Stage, State
from tui.news import Answered, Happened, Lost, News, Snapshot
from tui.plain import plain
from tui.snapshot import read_remaining
from tui.words import color_name, stage_word, took

NO_SNAPSHOT = frozenset({"progress", "drain", "effect", "smoke"})
"""Kinds of events that say all there is to say; every other one asks for a snapshot."""

NOTICE_S = 15.0
_RANK = {"waiting": 0, "running": 1, "done": 2, "failed": 2, "skipped": 2}


def needs_snapshot(event: EventJson) -> bool:
    """Whether the state must be read anew after this event."""
    return event["event"] not in NO_SNAPSHOT


def with_news(state: State, news: News, now: datetime) -> State:
    """Something was learned of the daemon."""
    match news:
        case Snapshot(apps):
            return with_snapshot(state, apps, now)
        case Happened(event):
            return with_event(state, event, now)
        case Lost(reason, hint):
            return with_lost_link(state, reason, hint, now)
        case Answered(intent, error, _):
            state = with_answer(state, intent.app, intent.verb)
            if error is None:
                return state
            return with_notice(
                state, "error", f"{intent.verb} {intent.app}: {error.message}", error.hint, now
            )


def with_snapshot(state: State, apps: tuple[App, ...], now: datetime) -> State:
    """The daemon answered: what it says replaces what was shown."""
    names = [app.name for app in apps]
    selected = state.selected if state.selected in names else next(iter(names), None)
    known = {app.name: app for app in state.apps}
    link = state.link if state.link.is_up else Link(is_up=True, since=now)
    return replace(
        state,
        apps=tuple(_with_progress_of(known.get(app.name), app) for app in apps),
        selected=selected,
        link=link,
        read_at=now,
    )


def _with_progress_of(before: App | None, app: App) -> App:
    # Progress lines aren't journalled, so a snapshot doesn't have them.
    if before is None or before.deployment is None or app.deployment is None:
        return app
    if before.deployment.id != app.deployment.id or before.deployment.state != app.deployment.state:
        return app
    return replace(app, deployment=replace(app.deployment, progress=before.deployment.progress))


def with_lost_link(state: State, reason: str, hint: str, now: datetime) -> State:
    """The daemon went away; the seconds count from the first time it was noticed."""
    if state.link.since is not None and not state.link.is_up:
        return replace(state, link=replace(state.link, reason=plain(reason), hint=plain(hint)))
    return replace(state, link=Link(False, now, plain(reason), plain(hint)), pending=frozenset())


def with_selection(state: State, app: str) -> State:
    """Another app is shown."""
    return replace(state, selected=app) if any(a.name == app for a in state.apps) else state


def with_notice(state: State, level: Level, text: str, hint: str, now: datetime) -> State:
    """A message takes the place of the one before."""
    return replace(state, notice=Notice(level, plain(text), plain(hint), now))


def with_time(state: State, now: datetime) -> State:
    """Good news needn't stay; what went wrong does until it is dismissed."""
    notice = state.notice
    if notice is None or notice.at is None or notice.level not in ("info", "done"):
        return state
    return without_notice(state) if (now - notice.at).total_seconds() >= NOTICE_S else state


def without_notice(state: State) -> State:
    """The message was read."""
    return replace(state, notice=None)


def with_request(state: State, app: str, verb: str) -> State:
    """Something was asked of the daemon; a message about something earlier goes."""
    return replace(state, pending=state.pending | {(app, verb)}, notice=None)


def with_answer(state: State, app: str, verb: str) -> State:
    """The daemon answered it."""
    return replace(state, pending=state.pending - {(app, verb)})


def with_card(state: State, is_open: bool) -> State:
    """The failure card of the selected app was closed, or asked for again."""
    app = state.app
    if app is None or app.failure is None or app.last is None:
        return state
    closed = state.closed_cards - {app.last.id} if is_open else state.closed_cards | {app.last.id}
    return replace(state, closed_cards=closed)


def with_event(state: State, event: EventJson, now: datetime) -> State:
    """Something happened in the daemon. Unknown kinds change nothing: a newer daemon may have more."""
    reducer = _BY_KIND.get(event["event"])
    return state if reducer is None else reducer(state, dict(event), now)


def _stage(state: State, event: dict[str, Any], _: datetime) -> State:
    name, status = plain(event.get("stage")), plain(event.get("status"))

    def advance(deployment: Deployment) -> Deployment:
        before = deployment.stage(name)
        if before is not None and _RANK.get(before.status, 0) >= _RANK.get(status, 0):
            return deployment
        after = replace(before or Stage(name), status=status, detail=plain(event.get("detail")))
        if event.get("took_ms") is not None:
            after = replace(after, took_ms=int(event["took_ms"]))
        others = deployment.stages if before else (*deployment.stages, after)
        stages = tuple(after if stage.name == name else stage for stage in others)
        running = name if status == "running" else deployment.state
        return replace(deployment, stages=stages, state=running, progress="")

    return _change_deployment(state, event, advance)


def _progress(state: State, event: dict[str, Any], _: datetime) -> State:
    message = plain(event.get("message"))
    return _change_deployment(state, event, lambda deployment: replace(deployment, progress=message))


def _drain(state: State, event: dict[str, Any], _: datetime) -> State:
    def drained(slot: Slot) -> Slot:
        told = read_remaining(event)
        if told is None or slot.remaining is None:
            return replace(slot, remaining=told)
        # Events count; how long it lasts and may last is known from the snapshot.
        kept = replace(slot.remaining, connections=told.connections, old_workers=told.old_workers)
        return replace(slot, remaining=kept)

    def change(app: App) -> App:
        color = event.get("color")
        if color == "blue":
            return replace(app, blue=drained(app.blue))
        return replace(app, green=drained(app.green)) if color == "green" else app

    return _change_app(state, event, change)


def _finished(state: State, event: dict[str, Any], now: datetime) -> State:
    app, release = plain(event.get("app")), plain(event.get("release"))
    kind, outcome = plain(event.get("kind") or "deploy"), plain(event.get("outcome"))
    after = f" after {took(event['took_ms'])}" if event.get("took_ms") is not None else ""
    live = event.get("live")
    serving = f"{color_name(plain(live))} serves" if live else "nothing serves"
    if outcome == "succeeded":
        if live and live == event.get("color"):
            text = f"{app}: {release} is live on {color_name(plain(live))}{after}"
        else:
            text = f"{app}: {release} is ready in {color_name(plain(event.get('color')))}{after}; {serving}"
        return with_notice(state, "done", text, "", now)
    if outcome == "cancelled":
        return with_notice(state, "warning", f"{app}: {kind} of {release} was cancelled; {serving}", "", now)
    failure = event.get("failure") or {}
    where = f" at {stage_word(plain(failure['stage']))}" if failure.get("stage") else ""
    ended = "was rolled back" if outcome == "rolled_back" else "failed"
    return with_notice(state, "error", f"{app}: {kind} of {release} {ended}{where}; {serving}", "", now)


def _warning(state: State, event: dict[str, Any], now: datetime) -> State:
    app = f"{plain(event['app'])}: " if event.get("app") else ""
    return with_notice(state, "warning", app + plain(event.get("message")), plain(event.get("fix")), now)


def _told(state: State, event: dict[str, Any], now: datetime) -> State:
    app = f"{plain(event['app'])}: " if event.get("app") else ""
    return with_notice(state, "info", app + plain(event.get("message")), "", now)


def _change_app(state: State, event: dict[str, Any], change: Callable[[App], App]) -> State:
    name = event.get("app")
    return replace(state, apps=tuple(change(app) if app.name == name else app for app in state.apps))


def _change_deployment(
    state: State, event: dict[str, Any], change: Callable[[Deployment], Deployment]
) -> State:
    def changed(app: App) -> App:
        deployment = app.deployment
        if deployment is None or deployment.id != event.get("deployment"):
            return app
        return replace(app, deployment=change(deployment))

    return _change_app(state, event, changed)


_BY_KIND: dict[str, Callable[[State, dict[str, Any], datetime], State]] = {
    "stage": _stage,
    "progress": _progress,
    "drain": _drain,
    "finished": _finished,
    "warning": _warning,
    "watch": _told,
    "daemon": _told,
}
