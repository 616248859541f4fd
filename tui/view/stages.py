"""A deployment as a row of stages: what is done, what runs and for how long, what is still to come."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tui.model import Deployment, Stage
from tui.view.line import Part, column, fit, hue, line, stacked
from tui.words import STAGE_GLYPHS, lasting, seconds_since, stage_word, took

DEPLOY = ("preparing", "sharing", "migrating", "starting", "checking", "smoking", "switching", "handing_over")
MOVE = ("checking", "switching", "handing_over")
MAX_CELL = 16


def track(deployment: Deployment) -> tuple[Stage, ...]:
    """The stages with those to come.

    A daemon tells the stages that were entered; those that aren't yet are known from the lifecycle.
    """
    told = deployment.stages
    if deployment.outcome is not None or any(stage.status == "waiting" for stage in told):
        return told
    entered = {stage.name for stage in told}
    if entered & {"failing", "cancelling", "reverting"}:
        return told
    is_move = deployment.kind == "switch" or (bool(told) and told[0].name == "checking")
    path = MOVE if is_move else DEPLOY
    reached = max((path.index(name) for name in entered if name in path), default=-1)
    return told + tuple(Stage(name) for name in path[reached + 1 :])


def stage_rows(deployment: Deployment, width: int, now: datetime) -> Content:
    """Three lines (track, names, times) where there is room, else one."""
    stages = track(deployment)
    if not stages:
        return Content("")
    words = [stage_word(stage.name) for stage in stages]
    cell = min(MAX_CELL, (width - len(words[-1])) // max(1, len(stages) - 1))
    if any(len(word) >= cell for word in words[:-1]):
        return _compact(deployment, stages, width, now)
    rail: list[Part] = []
    names: list[Part] = []
    times: list[Part] = []
    for position, stage in enumerate(stages):
        style = _style(stage, deployment.color)
        is_last = position == len(stages) - 1
        rail.append((_glyph(stage), style))
        if not is_last:
            rail.append(_rail(stage, stages[position + 1], cell - 1, deployment.color))
        room = max(min(cell, width - cell * position), len(words[-1])) if is_last else cell
        names.append(column(words[position], room, style if stage.status != "done" else ""))
        times.append(column(_time(stage, now), room, "$muted"))
    return stacked([fit(line(*row), width) for row in (rail, names, times)])


def _compact(deployment: Deployment, stages: tuple[Stage, ...], width: int, now: datetime) -> Content:
    rail: list[Part] = []
    for position, stage in enumerate(stages):
        if position:
            rail.append(_rail(stages[position - 1], stage, 1, deployment.color))
        rail.append((_glyph(stage), _style(stage, deployment.color)))
    notable = next((stage for stage in stages if stage.status in ("running", "failed")), None)
    if notable is None:
        return fit(line(*rail), width)
    told = f"  {stage_word(notable.name)} {_time(notable, now)}".rstrip()
    position = stages.index(notable) + 1
    return fit(
        line(*rail, (told, _style(notable, deployment.color)), (f"  {position}/{len(stages)}", "$muted")),
        width,
    )


def _glyph(stage: Stage) -> str:
    return STAGE_GLYPHS.get(stage.status, "?")


def _rail(before: Stage, after: Stage, width: int, color: str) -> tuple[str, str]:
    is_walked = before.status == "done" and after.status != "waiting"
    return ("━" * width, hue(color)) if is_walked else ("╌" * width, "$faint")


def _style(stage: Stage, color: str) -> str:
    match stage.status:
        case "failed":
            return "bold $bad"
        case "running":
            return f"bold {hue(color)}"
        case "done":
            return hue(color)
    return "$muted"


def _time(stage: Stage, now: datetime) -> str:
    if stage.status == "running" and stage.started is not None:
        limit = f"/{lasting(stage.limit_s)}" if stage.limit_s else ""
        return lasting(seconds_since(stage.started, now)) + limit
    return took(stage.took_ms) if stage.status != "skipped" else "skipped"
