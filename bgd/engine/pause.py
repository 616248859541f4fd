"""The time in which nobody serves: for apps whose colours must not run at once.

The live colour stops before the other one starts, so here, and only here, a deployment touches what is live.
What holds instead:

- never two writers: the old colour is down before a task or the new one starts, and the new one is down
  before the old one starts again;
- requests get a 503 page that says when to come back, never an error: nginx closes the doors first, what is
  under way ends, only then the colour stops, and the doors open when somebody was seen to answer;
- the old containers are kept, and start again as they were when anything goes wrong.
"""

from __future__ import annotations

from dataclasses import replace

from bgd.domain.color import Color, ColorState
from bgd.domain.lifecycle import Event
from bgd.domain.release import Release
from bgd.domain.traffic import Closure
from bgd.engine.checks import CheckFailed, await_healthy
from bgd.engine.work import Work
from bgd.errors import BgError, Failed

RUNNING = frozenset({ColorState.READY, ColorState.WARM, ColorState.DRAINING})


async def announce(work: Work, reason: str) -> None:
    """Say before anything happens that the live colour will stop, and why."""
    await work.warn(
        f"{work.deployment.previous} stops before {work.color} starts: {reason}",
        "requests get a 503 page until it is up and checked; if it fails, "
        f"{work.deployment.previous} starts again",
    )


async def make_way(work: Work) -> Event:
    """Close the doors, let what is under way end, and stop every colour of the app."""
    old, _ = _old(work)
    await work.app.repaired()
    await work.fleet.entrance.serve()  # a proxy that isn't there can't be told, and shouldn't cost a stop
    await work.fleet.drains.finished(work.app, work.color, work.progress)
    await work.world.traffic.settled(work.progress)  # while somebody serves: later that would be waited for
    await work.fleet.shut(work.app, Closure.PAUSE, work.deployment.id)
    await work.fleet.drains.run_dry(work.app, old, work.progress)
    work.progress(f"{old} stops")
    await keep_stopped(work)
    target = work.app.colors[work.color]
    if target.state in RUNNING:
        async with work.effect("stop_color", work.color):
            await work.world.runner.stop(work.app.name, work.color)
        # As its own deployment left it: what is in there isn't this one's to clean away.
        at = work.world.journal.clock()
        stopped = replace(target, state=ColorState.STOPPED, since=at, warm_until=None)
        await work.fleet.set_color(work.app, stopped)
    return Event.DONE


async def keep_stopped(work: Work) -> None:
    """See that the old colour is down, now too: an engine that restarts starts what it was told to."""
    old, _ = _old(work)
    async with work.effect("stop_color", old):
        await work.world.runner.stop(work.app.name, old)


async def open_doors(work: Work) -> None:
    """Let requests in again, and have the proxy's table say so; that it can't be told is no harm."""
    await work.fleet.reopen(work.app, Closure.PAUSE, work.deployment.id)
    try:
        async with work.effect("apply_routes", f"live is {work.app.live}"):
            await work.fleet.entrance.serve()
    except BgError as error:
        await work.warn(error.message, error.hint)


async def bring_back(work: Work) -> None:
    """Start the old colour's containers again, which are kept as they were, and wait until they are well.

    One that doesn't get well takes the requests all the same: there is nothing better, and whoever mends it
    needs the app to be free.
    """
    old, release = _old(work)
    work.progress(f"{old} starts again")
    async with work.effect("start_again", old):
        await work.world.runner.restart(work.app.name, old)
    within_s = release.plan.settings.health.within_s
    try:
        await await_healthy(
            work.world, release, old, work.app.live, within_s, work.progress, behind_doors=True
        )
    except CheckFailed as error:
        await work.warn(
            f"{old} was started again and isn't well: {error.message}", "mend what it needs, or deploy"
        )
    await work.world.traffic.settled(work.progress)
    async with work.effect("start_live_only", old):
        await work.world.runner.start_live_only(release, old)


async def give_back(work: Work) -> None:
    """After a deployment that ended badly: the old colour serves again. The new one is down by now.

    Closed doors tell whether there is anything to give back: they are closed first and opened last.
    """
    if Closure.PAUSE in work.app.closures:
        await bring_back(work)
        await open_doors(work)


async def put_down(work: Work) -> None:
    """Close the doors on a new colour that has the traffic already, and stop it."""
    await work.fleet.shut(work.app, Closure.PAUSE, work.deployment.id)
    if work.deployment.options.bakes:
        await work.fleet.drains.run_dry(work.app, work.color, work.progress)
    async with work.effect("stop_color", work.color):
        await work.world.runner.stop(work.app.name, work.color)


def _old(work: Work) -> tuple[Color, Release]:
    old = work.deployment.previous
    release = work.app.release_in(old) if old is not None else None
    if old is None or release is None:
        raise Failed(f"what was live of {work.app.name} isn't recorded", "`bgctl status` shows what runs")
    return old, release
