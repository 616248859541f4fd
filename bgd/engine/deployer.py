"""Carries a deployment from state to state.

The loop is small on purpose: record the state, carry its command out, look the next state up. All
that a crash can do is to end it between two of these, and `resume` begins there again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import chain, count, repeat
from typing import Any

from bgd.domain.deployment import Deployment, Failure
from bgd.domain.duration import ms_between
from bgd.domain.lifecycle import Event, State, step
from bgd.domain.release import Release
from bgd.engine.app import App
from bgd.engine.checks import CheckFailed
from bgd.engine.fleet import Fleet, name_of
from bgd.engine.ports import Entry, Record
from bgd.engine.stages import COMMANDS, first_effect, only_looks
from bgd.engine.view import failure_json
from bgd.engine.work import Work
from bgd.errors import BgError, Failed, Refused

log = logging.getLogger("bgd.deployer")

UNDO_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)


class Deployer:
    """Runs deployments, one task each."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._journal = fleet.world.journal
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._works: dict[str, Work] = {}
        self._commands: dict[str, asyncio.Task[Event]] = {}
        self._cancelled: set[int] = set()

    async def begin(self, app: App, deployment: Deployment, release: Release, *records: Record) -> Entry:
        """Record a new deployment and set it going; the caller has marked the app as busy."""
        data = {
            "kind": deployment.kind,
            "release": release.name,
            "color": deployment.color,
            "reason": deployment.reason,
        }
        started = Entry(deployment.started, "started", app.name, data, deployment.id, deployment.actor)
        entered = replace(deployment, stages=(), state=deployment.state).entered(
            deployment.state, deployment.started
        )
        work = Work(self._fleet, app, entered, release)
        beginning = self._beginning(work, entered)
        # Not flushed: it has done nothing yet, and its first effect's intent takes this along.
        writing = asyncio.ensure_future(
            self._journal.record(*records, entered, started, *beginning, flush=False)
        )
        self._fleet.receipts.begin(app, deployment)
        task = self._run(work, writing)
        try:
            written = await asyncio.shield(writing)
        except BaseException:
            self._fleet.receipts.forget(deployment)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        return next(entry for entry in written if entry.event == started.event)

    def resume(self, app: App, deployment: Deployment, release: Release) -> None:
        """Go on with a deployment that an earlier daemon left."""
        app.begin(f"{deployment.kind} of {release.name}", deployment.actor, deployment.started)
        self._fleet.receipts.resume(app, deployment)
        work = Work(self._fleet, app, deployment, release)
        self._run(work, asyncio.ensure_future(self._insist(*self._beginning(work, deployment))))

    def _run(self, work: Work, writing: asyncio.Future[Any]) -> asyncio.Task[None]:
        work.app.deployment = work.deployment
        work.app.promoted.clear()
        self._works[work.app.name] = work
        task = asyncio.create_task(self._carry(work, writing), name=f"deployment {work.deployment.id}")
        self._tasks[work.app.name] = task
        return task

    async def finished(self, app: App, deployment: int) -> Deployment:
        """Wait for a deployment's end."""
        task = self._tasks.get(app.name)
        if task is not None and app.deployment is not None and app.deployment.id == deployment:
            await asyncio.shield(task)
        assert app.last is not None
        return app.last

    async def cancel(self, app: App, actor: str) -> Deployment:
        """Stop a deployment and wait until it is cleaned up. Raises `Refused` where it is too late."""
        deployment = app.deployment
        if deployment is None:
            raise Refused(f"no deployment of {app.name} is in progress", f"`bgctl status {app.name}`")
        if Event.CANCELLED not in deployment.table.get(deployment.state, {}):
            raise Refused(
                f"the deployment of {name_of(deployment.release)} is {deployment.state}: too late to cancel",
                f"`bgctl rollback {app.name}` undoes it once it has ended",
            )
        self._cancelled.add(deployment.id)
        await self._journal.note(
            "stage",
            app.name,
            {"stage": deployment.state, "status": "cancelled", "detail": "asked for"},
            deployment=deployment.id,
            actor=actor,
        )
        if (command := self._commands.get(app.name)) is not None:
            command.cancel()
        return await self.finished(app, deployment.id)

    async def promote(self, app: App, actor: str, now: bool = False) -> Deployment:
        """Approve a deployment that waits; it goes on once its time has come, or `now`.

        The watch over one that has the traffic ends; one that shifts takes its next step. Raises
        `Refused` where none waits, and where one waits for nothing but its time.
        """
        work = self._works.get(app.name)
        if work is not None and work.deployment.state in (State.SHIFTING, State.BAKING):
            told = {"stage": work.deployment.state, "status": "ended early"}
            await self._journal.note("stage", app.name, told, deployment=work.deployment.id, actor=actor)
            app.promoted.set()
            return work.deployment
        if work is None or work.deployment.state is not State.AWAITING:
            raise Refused(
                f"no deployment of {app.name} waits for approval",
                f"`bgctl switch {app.name}` moves the traffic to a colour that is ready",
            )
        hold = work.hold
        if hold is not None and not hold.needs_approval and hold.until is not None and not now:
            raise Refused(
                f"{work.release.name} of {app.name} needs no approval: it waits {hold.reason}, "
                f"until {hold.until:%Y-%m-%d %H:%M:%S} UTC",
                f"`bgctl promote {app.name} --now` doesn't wait for that",
            )
        options = replace(work.deployment.options, promoted=True, now=now or work.deployment.options.now)
        work.deployment = app.deployment = replace(work.deployment, options=options)
        told = {"stage": State.AWAITING, "status": "approved"}
        entry = Entry(self._journal.clock(), "stage", app.name, told, work.deployment.id, actor)
        await self._journal.record(work.deployment, entry)
        app.promoted.set()
        return work.deployment

    async def close(self) -> None:
        """Leave everything as it is: the next daemon resumes it."""
        tasks = [*self._commands.values(), *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _beginning(self, work: Work, deployment: Deployment) -> list[Entry]:
        """What is told when the command of a deployment's state begins."""
        told = {"stage": deployment.state, "status": "running"}
        entries = [Entry(self._journal.clock(), "stage", deployment.app, told, deployment.id)]
        if (first := first_effect(deployment.state, work)) is not None:
            effect, detail = first
            entries.append(self._journal.intent(effect, deployment.app, deployment.id, detail))
        return entries

    async def _carry(self, work: Work, writing: asyncio.Future[Any]) -> None:
        """From state to state; `writing` is the record of the first one, and nothing changes before it."""
        app = work.app
        try:
            if not only_looks(work):
                await asyncio.shield(writing)
            while not work.deployment.state.is_final:
                event = await self._command(work)
                await asyncio.shield(writing)
                await self._enter(work, event)
        finally:
            self._tasks.pop(app.name, None)
            self._works.pop(app.name, None)
            app.deployment = None
            app.end()
            if work.deployment.state.is_final:
                app.last = work.deployment
                self._fleet.receipts.finished(app, work.deployment)
                self._fleet.retention.tidy_later(app)

    async def _command(self, work: Work) -> Event:
        """Carry the state's command out; how it ended."""
        state = work.deployment.state
        for attempt in count():
            command = asyncio.ensure_future(COMMANDS[state](work))
            self._commands[work.app.name] = command
            if work.deployment.id in self._cancelled and not state.is_undoing:
                command.cancel()
            try:
                return await command
            except asyncio.CancelledError:
                if work.deployment.id in self._cancelled and not state.is_undoing:
                    return Event.CANCELLED
                raise
            except BgError as error:
                if not state.is_undoing:
                    work.deployment = replace(work.deployment, failure=_failure(state, error))
                    return Event.FAILED
                await self._undo_later(work, error, attempt)
            except Exception as error:
                log.exception("deployment %s: %s broke", work.deployment.id, state)
                broken = BgError(f"bgd itself is at fault ({type(error).__name__})", "its log has the trace")
                if not state.is_undoing:
                    work.deployment = replace(work.deployment, failure=_failure(state, broken))
                    return Event.FAILED
                await self._undo_later(work, broken, attempt)
            finally:
                self._commands.pop(work.app.name, None)
        raise AssertionError("unreachable")

    async def _undo_later(self, work: Work, error: BgError, attempt: int) -> None:
        """Cleaning up has to succeed in the end: say what keeps it from that, and try again."""
        pause_s = UNDO_RETRY_S[min(attempt, len(UNDO_RETRY_S) - 1)]
        message = f"{work.deployment.state}: {error.message}; trying again in {pause_s:g} s"
        await work.warn(message, error.hint)
        await asyncio.sleep(pause_s)

    async def _enter(self, work: Work, event: Event) -> None:
        """Record how the state ended and which comes next, in one transaction."""
        now = self._journal.clock()
        before = work.deployment
        state = step(before.table, before.state, event)
        after = before.entered(state, now)
        ended = next((s for s in reversed(after.stages) if s.state is before.state), None)
        entries = [
            Entry(
                now,
                "stage",
                work.app.name,
                {
                    "stage": before.state,
                    "status": "failed" if event is Event.FAILED else "done",
                    "took_ms": ended.took_ms if ended else None,
                    "detail": after.failure.message if event is Event.FAILED and after.failure else "",
                },
                before.id,
            )
        ]
        entries += [self._finish_entry(work, after)] if state.is_final else self._beginning(work, after)
        # A state that was forgotten in a power cut is reached again from the one before: every command may be
        # carried out twice. Whatever the command does to the world is flushed before, and takes this along.
        flush = state.is_final or first_effect(state, work) is not None
        await self._insist(after, *entries, flush=flush)
        work.deployment = after
        work.app.deployment = after

    async def _insist(self, *records: Record, flush: bool = True) -> None:
        """Record; where the disk is full, wait for room: a step that isn't written down isn't taken."""
        for pause_s in chain(UNDO_RETRY_S, repeat(UNDO_RETRY_S[-1])):
            try:
                await self._journal.record(*records, flush=flush)
                return
            except Failed as error:
                log.error("%s; trying again in %g s", error.message, pause_s)
                await asyncio.sleep(pause_s)

    def _finish_entry(self, work: Work, deployment: Deployment) -> Entry:
        assert deployment.finished is not None
        live = work.app.live
        return Entry(
            deployment.finished,
            "finished",
            work.app.name,
            {
                "kind": deployment.kind,
                "outcome": deployment.state,
                "release": work.release.name,
                "color": deployment.color,
                "live": live,
                "took_ms": ms_between(deployment.started, deployment.finished),
                "failure": failure_json(deployment.failure, work.app.serving()),
            },
            deployment.id,
            deployment.actor,
        )


def _failure(state: State, error: BgError) -> Failure:
    if isinstance(error, CheckFailed):
        return Failure(state, error.message, error.hint, error.probe, error.answer, error.log, error.evidence)
    return Failure(state, error.message, error.hint)
