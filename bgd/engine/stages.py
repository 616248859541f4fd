"""The command of each state: what a deployment does there, and the event that it ends with.

Every command may be carried out again from its beginning: a daemon that was killed in the middle of
one does just that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from bgd.domain.color import ColorState
from bgd.domain.deployment import Kind, OneWay
from bgd.domain.hold import Hold
from bgd.domain.hook import Moment
from bgd.domain.lifecycle import Event, State
from bgd.domain.settings import Role
from bgd.domain.tasks import task_order
from bgd.engine import adoption, bargain, pause, shift
from bgd.engine.bake import bake, meanwhile_watched
from bgd.engine.checks import (
    MOVE_WITHIN_S,
    CheckFailed,
    await_healthy,
    failure_of,
    last_words,
    route_of,
    run_smoke,
)
from bgd.engine.fleet import flip_of
from bgd.engine.hooks import run_hooks
from bgd.engine.view import hold_json
from bgd.engine.work import Work
from bgd.errors import Failed

LOOK_EVERY_S = 30.0
"""How long a deployment that waits for a time waits at most before it looks at the clock again."""


async def prepare(work: Work) -> Event:
    """Build or pull the images, and record what each name stood for."""
    if work.alone:
        await pause.announce(work, work.overlap.reason)
    async with work.effect("prepare_images", work.release.name):
        images = await work.world.runner.prepare(work.release, work.color, work.progress)
    work.release = replace(work.release, images=images)
    await work.world.journal.record(work.release)
    return Event.DONE


async def share(work: Work) -> Event:
    """Make sure that the shared services run. What ran under plain Compose before is stopped first."""
    await adoption.take_over(work)
    async with (
        adoption.entering(work),
        work.effect("start_shared", ", ".join(work.release.plan.services(Role.SHARED))),
    ):
        report = await work.world.runner.start_shared(
            work.release, work.deployment.options.with_shared, work.progress
        )
    for service in report.changed:
        await work.warn(
            f"the shared service {service} is defined anew in the file and was left as it runs",
            f"`bgctl deploy {work.app.name} --with-shared` updates it (and interrupts it)",
        )
    if work.alone and work.hold is not None:
        return Event.WAITS
    return Event.DONE


async def migrate(work: Work) -> Event:
    """Run the tasks. A rollback runs none: the schema is newer than its release already."""
    await run_hooks(work, Moment.BEFORE_START)
    if work.deployment.kind is Kind.ROLLBACK:
        return Event.DONE
    if work.alone:
        await pause.keep_stopped(work)
    await bargain.note_that_live_works(work)
    for service in task_order(work.release.model, work.release.plan.services(Role.TASK)):
        work.progress(f"task {service} runs")
        if service in work.release.plan.settings.irreversible:
            one_way = OneWay(work.release.number, service)
            await work.fleet.set_record(work.app, replace(work.app.record, one_way=one_way))
        async with work.effect("run_task", service):
            result = await work.world.runner.run_task(work.release, work.color, service, work.progress)
        if result.exit_code != 0:
            raise CheckFailed(
                f"the task {service} failed with exit status {result.exit_code}",
                "the new colour wasn't started; what the task changed stays changed",
                log=result.log,
            )
    await bargain.see_that_live_still_works(work)
    return Event.DONE


async def start(work: Work) -> Event:
    """Take the idle colour over and start the release there."""
    await work.fleet.drains.finished(work.app, work.color, work.progress)
    if work.alone:
        await pause.keep_stopped(work)
    async with work.fleet.drains.unasked(work.app, work.color, work.progress):
        await work.set_color(work.color, ColorState.PREPARING, work.release.number)
        work.app.releases[work.release.number] = work.release
        async with work.effect("start_color", f"{work.color} {work.release.name}"):
            await work.world.runner.start(work.release, work.color, work.progress)
    async with work.effect("apply_routes", f"preview of {work.release.name}"):
        await work.fleet.entrance.serve()
    return Event.DONE


async def check(work: Work) -> Event:
    """Wait until the colour is healthy; a move's target must be so already."""
    options = work.deployment.options
    if options.force:
        await work.warn(f"{work.color} wasn't checked: the switch was forced", "look at `bgctl status`")
        return Event.DONE
    ran_before = options.is_move and not options.alone
    within_s = MOVE_WITHIN_S if ran_before else work.release.plan.settings.health.within_s
    await await_healthy(
        work.world,
        work.release,
        work.color,
        work.app.live,
        within_s,
        work.progress,
        ran_before=ran_before,
    )
    if not ran_before:
        await work.world.traffic.settled(work.progress)
    if options.is_move and work.deployment.kind is not Kind.ROLLBACK:
        await run_hooks(work, Moment.BEFORE_SWITCH)
    return Event.DONE


async def smoke(work: Work) -> Event:
    """Run the smoke checks, then say how it goes on."""
    results = await run_smoke(work.world, work.release, work.color, work.app.live, work.progress)
    told = {
        "color": work.color,
        "passed": all(r.verdict.passed for r in results),
        "checks": [
            {
                "check": r.check,
                "passed": r.verdict.passed,
                "reason": r.verdict.reason,
                "took_ms": round(r.took_ms, 1),
            }
            for r in results
        ],
    }
    await work.world.journal.note("smoke", work.app.name, told, deployment=work.deployment.id)
    if (failure := failure_of(results)) is not None:
        front = route_of(work.release).service
        failure.log = failure.log or tuple(await last_words(work.world, work.app.name, work.color, front))
        raise failure
    await bargain.see_sessions(work)
    await bargain.see_equality(work)
    options = work.deployment.options
    if options.no_switch:
        await work.set_color(work.color, ColorState.READY, work.release.number)
        return Event.HELD
    if work.hold is not None and not work.alone:
        await work.set_color(work.color, ColorState.READY, work.release.number)
        return Event.WAITS
    await run_hooks(work, Moment.BEFORE_SWITCH)
    return Event.DONE


async def wait_for_leave(work: Work) -> Event:
    """Wait for what holds it: somebody's approval, a time, a window. Minutes or days."""
    try:
        with work.app.at_rest():
            while (hold := work.hold) is not None:
                await _wait(work, hold)
    finally:
        work.app.hold = None
        work.app.held.clear()
        work.app.promoted.clear()
    options = work.deployment.options
    if not options.promoted:  # it went on by itself; checked again, it must not ask again
        work.deployment = replace(work.deployment, options=replace(options, promoted=True))
    return Event.PROMOTED


async def _wait(work: Work, hold: Hold) -> None:
    """Wait a while for what holds it; told once."""
    app, journal = work.app, work.world.journal
    app.promoted.clear()
    if hold != app.hold:
        app.hold = hold
        told = {**(hold_json(hold) or {})}
        await journal.note("waiting", app.name, told, deployment=work.deployment.id)
    app.held.set()
    left_s = LOOK_EVERY_S
    if hold.until is not None:
        left_s = (hold.until - journal.clock()).total_seconds()
    # Not slept through: this machine's clock may be put right, and it may be asleep itself.
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, min(left_s, LOOK_EVERY_S))):
            await app.promoted.wait()


async def switch(work: Work) -> Event:
    """Move the traffic, and see that it moved; if it isn't seen, it is put back."""
    await work.fleet.move_traffic(work.app, work.color, work.deployment, is_announced=True)
    await shift.conclude(work)
    return Event.DONE


async def hand_over(work: Work) -> Event:
    """Stop the live-only services in the old colour, then start them in the new: never both at once."""
    if work.alone:
        await pause.open_doors(work)
    if work.deployment.options.bakes:
        await meanwhile_watched(work, _hand_over(work))
        return Event.WATCHED
    await _hand_over(work)
    return Event.DONE


async def _hand_over(work: Work) -> None:
    await work.app.repaired()
    old = work.deployment.previous
    old_release = work.app.release_in(old) if old is not None else None
    if old is not None and old_release is not None and old_release.plan.services(Role.LIVE_ONLY):
        async with work.effect("stop_live_only", old):
            await work.world.runner.stop_live_only(old_release, old)
    services = work.release.plan.services(Role.LIVE_ONLY)
    if services:
        async with work.effect("start_live_only", work.color):
            await work.world.runner.start_live_only(work.release, work.color)
        await _see_live_only(work, services)
    await adoption.conclude(work)
    is_back = work.deployment.kind is Kind.ROLLBACK
    await run_hooks(work, Moment.ON_ROLLBACK if is_back else Moment.AFTER_SWITCH)


async def _see_live_only(work: Work, services: tuple[str, ...]) -> None:
    every = await work.world.runner.containers(work.app.name, details=True)
    for container in every:
        if container.color != work.color or container.service not in services or container.one_off:
            continue
        if container.status in {"exited", "dead", "restarting"} and container.exit_code != 0:
            raise CheckFailed(
                f"{container.name} exited with status {container.exit_code} as soon as it started",
                "the traffic goes back to the old colour",
                log=await last_words(work.world, work.app.name, work.color, container.service),
            )


async def clean(work: Work) -> Event:
    """Leave nothing half made behind in the idle colour; then what was stopped for it serves again."""
    await _clean_color(work)
    await adoption.give_back(work.fleet, work.app, work.deployment.id, work.progress)
    await pause.give_back(work)
    if work.deployment.state is State.FAILING:
        await _run_last_hooks(work, Moment.ON_FAILURE)
    return Event.DONE


async def _run_last_hooks(work: Work, moment: Moment) -> None:
    """Run hooks when the colour has been cleaned away, and what their containers needed with them."""
    if not work.release.plan.settings.hooks.of(moment):
        return
    await run_hooks(work, moment)
    if work.app.colors[work.color].state in {ColorState.EMPTY, ColorState.FAILED}:
        await work.world.runner.remove(work.app.name, work.color)


async def _clean_color(work: Work) -> None:
    if work.deployment.options.is_move:
        if work.deployment.has_stopped_live:
            async with work.effect("stop_color", work.color):
                await work.world.runner.stop(work.app.name, work.color)
            await work.set_color(work.color, ColorState.STOPPED, work.release.number)
        return
    if not work.owns_color:
        async with work.effect("remove_tasks", work.color):
            await work.world.runner.remove_tasks(work.app.name, work.color)
        return
    if work.app.live is work.color:
        raise Failed(f"{work.color} of {work.app.name} is live: it isn't cleaned away")
    async with (
        work.fleet.drains.unasked(work.app, work.color, work.progress),
        work.effect("remove_color", work.color),
    ):
        await work.world.runner.remove(work.app.name, work.color)
    failed = work.deployment.state is not State.CANCELLING
    await work.set_color(
        work.color,
        ColorState.FAILED if failed else ColorState.EMPTY,
        work.release.number if failed else None,
    )


async def revert(work: Work) -> Event:
    """Give the traffic and the live-only services back to the old colour."""
    if work.alone:
        await _add_last_words(work)
        async with work.effect("stop_live_only", work.color):
            await work.world.runner.stop_live_only(work.release, work.color)
        await pause.put_down(work)
        await pause.bring_back(work)
        await work.fleet.move_traffic(work.app, work.deployment.previous, work.deployment)
        await pause.open_doors(work)
        await _clean_color(work)
        await _run_last_hooks(work, Moment.ON_ROLLBACK)
        return Event.DONE
    # The traffic first: a worker may take its whole grace to stop, and requests fail meanwhile.
    if work.deployment.options.shifts and not work.deployment.has_moved:
        await shift.take_back(work)
        await _add_last_words(work)
    else:
        await work.fleet.move_traffic(work.app, work.deployment.previous, work.deployment)
        await _add_last_words(work)
        await _hand_back(work)
    if work.owns_color:
        # It had real traffic: what is under way there ends before it goes.
        await work.fleet.drains.finished(work.app, work.color, work.progress)
        await _clean_color(work)
    await _run_last_hooks(work, Moment.ON_ROLLBACK)
    return Event.DONE


async def _hand_back(work: Work) -> None:
    """Stop the live-only services in the new colour, then start them in the old one again."""
    async with work.effect("stop_live_only", work.color):
        await work.world.runner.stop_live_only(work.release, work.color)
    old = work.deployment.previous
    old_release = work.app.release_in(old) if old is not None else None
    if old is not None and old_release is not None:
        async with work.effect("start_live_only", old):
            await work.world.runner.start_live_only(old_release, old)


async def _add_last_words(work: Work) -> None:
    """What its containers said last, while they are there: it isn't read before the traffic is back."""
    failure = work.deployment.failure
    if (
        failure is not None
        and failure.stage in (State.SHIFTING, State.HANDING_OVER, State.BAKING)
        and not failure.log
    ):
        log = tuple(await last_words(work.world, work.app.name, work.color, None))
        work.deployment = replace(work.deployment, failure=replace(failure, log=log))


def first_effect(state: State, work: Work) -> tuple[str, str] | None:
    """The effect that a state's command begins with, where its intent is written together with the state.

    The switch is what people wait for: this spares it a flush of the disk.
    """
    return flip_of(work.app.live, work.color) if state is State.SWITCHING else None


def only_looks(work: Work) -> bool:
    """Whether the command of the deployment's state changes nothing, so that it needn't wait for its record.

    A move begins with its check: both go on at once, and the flip comes that much sooner.
    """
    return (
        work.deployment.state is State.CHECKING
        and work.deployment.options.is_move
        and not work.release.plan.settings.hooks.of(Moment.BEFORE_SWITCH)
    )


Command = Callable[[Work], Awaitable[Event]]

COMMANDS: Mapping[State, Command] = {
    State.PREPARING: prepare,
    State.SHARING: share,
    State.STOPPING: pause.make_way,
    State.MIGRATING: migrate,
    State.STARTING: start,
    State.CHECKING: check,
    State.SMOKING: smoke,
    State.AWAITING: wait_for_leave,
    State.SHIFTING: shift.shift,
    State.SWITCHING: switch,
    State.HANDING_OVER: hand_over,
    State.BAKING: bake,
    State.FAILING: clean,
    State.CANCELLING: clean,
    State.REVERTING: revert,
}
