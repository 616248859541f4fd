"""What is going on, or what the last change did."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.keymap import Keys
from tui.model import App, Deployment
from tui.view.line import EMPTY, as_many, fit, hue, line, spread, stacked
from tui.view.stages import stage_rows
from tui.words import OUTCOME_GLYPHS, age, color_name, count, lasting, seconds_since, stage_word, took


def change_content(app: App, width: int, is_tall: bool, is_told: bool, keys: Keys, now: datetime) -> Content:
    """The running deployment with its stages and progress, or the last one; `is_told`: its card is open."""
    if app.deployment is not None:
        return _running(app.deployment, width, keys, now)
    if app.last is None:
        return fit(Content.styled("no deployment yet", "$muted"), width)
    summary = _outcome(app.last, app.failure is not None and not is_told, keys, width, now)
    if not is_tall or not app.last.stages:
        return summary
    return stacked([summary, stage_rows(app.last, width, now)])


def _running(deployment: Deployment, width: int, keys: Keys, now: datetime) -> Content:
    heading = spread(
        line(
            (f"{deployment.kind} ", "bold"),
            (deployment.release, "bold"),
            (" → ", "$muted"),
            (color_name(deployment.color), f"bold {hue(deployment.color)}"),
            (f"  {lasting(seconds_since(deployment.started, now))}", "bold"),
        ),
        Content.styled(_by(deployment), "$muted"),
        width,
    )
    progress = deployment.progress or _detail(deployment)
    style = "$muted"
    if deployment.state == "awaiting" and not deployment.progress:
        progress, style = _waiting(deployment, keys), "$warn"
    elif deployment.share:
        progress, style = _shifting(deployment, keys), ""
    return stacked([heading, stage_rows(deployment, width, now), fit(Content.styled(progress, style), width)])


def _waiting(deployment: Deployment, keys: Keys) -> str:
    until = f" until {deployment.waits_until.astimezone():%H:%M:%S}" if deployment.waits_until else ""
    told = deployment.waits or "waits for approval"
    return f"{told}{until}: {keys.shown('promote')} promotes it, {keys.shown('cancel')} cancels it"


def _shifting(deployment: Deployment, keys: Keys) -> str:
    until = f" until {deployment.share_until.astimezone():%H:%M:%S}" if deployment.share_until else ""
    told = f"{color_name(deployment.color)} gets {deployment.share} % of the visitors{until}"
    done = f"; {deployment.progress}" if deployment.progress else ""
    return f"{told}: {keys.shown('promote')} goes on, {keys.shown('cancel')} takes it back{done}"


def _outcome(last: Deployment, has_card: bool, keys: Keys, width: int, now: datetime) -> Content:
    glyph = OUTCOME_GLYPHS.get(last.outcome or "", "·")
    style = {"failed": "bold $bad", "rolled_back": "bold $bad", "cancelled": "$warn"}.get(
        last.outcome or "", hue(last.color)
    )
    told = line(
        (f"{glyph} ", style),
        f"{last.kind} ",
        (last.release, "bold"),
        (" → ", "$muted"),
        (color_name(last.color), hue(last.color)),
        " ",
        (_ended(last), style if last.outcome in ("failed", "rolled_back") else ""),
    )
    when = age(last.finished, now)
    parts = [
        told,
        Content.styled(f"{keys.shown('why')} shows why", "$warn") if has_card else EMPTY,
        Content.styled(f"{when} ago" if when else "", "$muted"),
        _served(last),
        Content.styled(f"took {took(last.took_ms)}" if last.took_ms is not None else "", "$muted"),
        Content.styled(_by(last), "$muted"),
    ]
    return as_many(parts, width)


def _served(last: Deployment) -> Content:
    """What became of the requests that came meanwhile."""
    if not last.requests:
        return EMPTY
    failed = (f"{last.failed:,} failed", "bold $bad") if last.failed else ("0 failed", "$muted")
    return line((f"{count(last.requests, 'request')}, ", "$muted"), failed)


def _ended(last: Deployment) -> str:
    match last.outcome:
        case "succeeded":
            return "went live" if last.moved_traffic else "succeeded"
        case "failed":
            where = f" at {stage_word(last.failure.stage)}" if last.failure and last.failure.stage else ""
            return f"failed{where}"
        case "rolled_back":
            return "was rolled back"
    return last.outcome or "ended"


def _detail(deployment: Deployment) -> str:
    running = next((stage for stage in deployment.stages if stage.status == "running"), None)
    return running.detail if running else ""


def _by(deployment: Deployment) -> str:
    by = f"by {deployment.actor}" if deployment.actor else ""
    return f"{by}: {deployment.reason}" if deployment.reason and by else by or deployment.reason
