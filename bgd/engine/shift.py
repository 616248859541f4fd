"""The traffic moves by and by: a share of the visitors, a pause under watch, a greater share.

Until the switch the old colour is the live one in every respect, and taking a share back is all it needs to
have all visitors again. The step is recorded before nginx is told of it: a next daemon gives the same share.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bgd.domain.color import ColorState
from bgd.domain.lifecycle import Event
from bgd.domain.settings import Bake, Shift
from bgd.domain.shift import Step, steps_from
from bgd.domain.traffic import Share
from bgd.engine.app import App
from bgd.engine.bake import Watch, taken_back, watching
from bgd.engine.checks import MOVE_WITHIN_S, await_healthy
from bgd.engine.ports import Entry
from bgd.engine.rfc3339 import moment
from bgd.engine.work import Work
from bgd.engine.world import World
from bgd.errors import BgError, Failed

LOOK_EVERY_S = 1.0
"""How often a share that somebody removed by hand is noticed."""


async def shift(work: Work) -> Event:
    """Give the shares one after the other, each watched for a while; `CheckFailed` where a limit breaks."""
    wish, old = work.release.plan.settings.shift, work.deployment.previous
    steps = () if wish is None else steps_from(wish, work.deployment.step)
    if wish is None or old is None or not steps:
        return Event.DONE
    first, *later = steps
    began = await _give(work, wish, first)
    limits = work.release.plan.settings.bake or Bake(wish.pause_s)
    async with watching(work, limits, old, began) as watch:
        await _hold(work, watch)
        for step in later:
            await _give(work, wish, replace(step, first=began))
            await _hold(work, watch)
    work.app.promoted.clear()
    # What was seen of it may be an hour old where few came: the switch is for what is well now.
    await await_healthy(
        work.world,
        work.release,
        work.color,
        work.app.live,
        MOVE_WITHIN_S,
        work.progress,
        ran_before=True,
    )
    return Event.DONE


async def _give(work: Work, wish: Shift, step: Step) -> datetime:
    """Give the new colour a share, seen; when the first one was. One that was given before is told once."""
    app, journal = work.app, work.world.journal
    work.deployment = app.deployment = replace(work.deployment, step=step)
    app.promoted.clear()  # whoever said that saw the step before, which is over
    told = f"{step.percent} % to {work.color}"
    await journal.record(work.deployment, journal.intent("share", app.name, work.deployment.id, told))
    async with journal.effect("share", app.name, work.deployment.id, told, is_announced=True) as outcome:
        await work.world.traffic.share(app.name, Share(work.color, step.percent))
        if step.since is None:
            step = step.seen(journal.clock(), wish)
            work.deployment = app.deployment = replace(work.deployment, step=step)
            outcome += [work.deployment, _shifted(work, step, journal.clock())]
    assert step.first is not None
    return step.first


async def _hold(work: Work, watch: Watch) -> None:
    """Watch the release for the step's pause, and keep its share as it is meanwhile."""
    step = work.deployment.step
    assert step is not None
    assert step.since is not None
    assert step.until is not None
    keeping = asyncio.create_task(_keep(work, step), name=f"share of {work.app.name}")
    try:
        with work.app.at_rest():
            limit = await watch.until_over(step.since, step.until)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    watched = await watch.over(limit, percent=step.percent)
    if limit:
        raise taken_back(
            f"taken back at {step.percent} % of the visitors: {limit}",
            watched.evidence(work.color, "its first share"),
        )


async def _keep(work: Work, step: Step) -> None:
    """Put a share back that somebody changed; while that can't be done, go on trying."""
    app, traffic = work.app, work.world.traffic
    wanted = Share(work.color, step.percent)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            seen = await traffic.shared(app.name)
            if seen == wanted:
                continue
            async with work.effect("share", f"{step.percent} % to {work.color}"):
                await traffic.share(app.name, wanted)
            told = {"message": f"nginx's files gave {told_of(seen)}: put back to {told_of(wanted)}"}
            await work.world.journal.note(
                "upkeep", app.name, told, deployment=work.deployment.id, actor="bgd"
            )
        except BgError as error:
            work.progress(f"its share can't be put back: {error.message}")


async def conclude(work: Work) -> None:
    """All visitors are on the new colour by the gate: the share has nothing to say any more.

    Not before the switch was seen: nobody who is on the new colour may see the old one again. That it can't
    be dropped now does no harm, and upkeep drops it later.
    """
    if work.deployment.step is None:
        return
    try:
        async with work.effect("share", "none"):
            await work.world.traffic.share(work.app.name, None)
    except BgError as error:
        await work.warn(error.message, error.hint or "it means nothing now, and is dropped later")


async def take_back(work: Work) -> None:
    """Give all visitors back to the old colour, at once and seen; what is under way may end."""
    app, journal, traffic = work.app, work.world.journal, work.world.traffic
    old = work.deployment.previous
    if old is None:
        raise Failed(f"what was live of {app.name} isn't recorded", "`bgctl status` shows what runs")
    has_share = await traffic.shared(app.name) is not None
    async with work.effect("share", "none") as outcome:
        await traffic.share(app.name, None)
        if has_share:
            outcome.append(_shifted(work, Step(0), journal.clock()))
    if await traffic.live(app.name) is not old:
        await work.fleet.move_traffic(app, old, work.deployment)  # its switch was neither seen nor undone
    state = app.colors[work.color].state
    if work.deployment.step is not None and state not in {ColorState.EMPTY, ColorState.FAILED}:
        await work.set_color(work.color, ColorState.DRAINING, work.release.number)
        work.fleet.drains.begin(app, work.color)


async def drop_stray(world: World, app: App, event: str) -> None:
    """Drop a share that no deployment gave, if there is one, and tell it as an event of that kind."""
    seen = await world.traffic.shared(app.name)
    if seen is None:
        return
    async with world.journal.effect("share", app.name, detail="none"):
        await world.traffic.share(app.name, None)
    told = {"message": f"nginx's files gave {told_of(seen)}, and no deployment did: taken back"}
    await world.journal.note(event, app.name, told, actor="bgd")


def _shifted(work: Work, step: Step, at: datetime) -> Entry:
    data = {
        "color": work.color,
        "release": work.release.name,
        "percent": step.percent,
        "until": moment(step.until),
    }
    return Entry(at, "shifted", work.app.name, data, work.deployment.id)


def told_of(share: Share | None) -> str:
    """A share in words."""
    if share is None:
        return "nobody a share"
    return f"{share.color} {share.percent} %" if share.percent else "something that isn't bgd's"
