"""Writes the receipt of every change: from its command until its old colour has drained.

A daemon that is killed takes what it counted with it. The next one knows from the records when the change
began, when the traffic moved and when that was over: it writes the receipt with these times, counts what it
still sees itself, and says that this isn't all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bgd.domain.color import Color, ColorState
from bgd.domain.deployment import Deployment
from bgd.domain.lifecycle import State
from bgd.domain.receipt import BEFORE_S, Cut, Draft
from bgd.domain.served import Served
from bgd.domain.tally import Tally
from bgd.engine.app import App
from bgd.engine.figures import LATE_S, Figures
from bgd.engine.journal import Journal
from bgd.engine.ports import Entry
from bgd.engine.receipt_view import receipt_json
from bgd.errors import BgError

AFTERWARDS_MS = 200
"""What is cut at the end of a change is logged a moment later."""
CLOCK_SET_BACK_MS = 30_000
"""A change whose end is so far ahead won't be waited for: the clock was set back meanwhile."""


@dataclass(slots=True)
class Open:
    """A change that isn't over: `deployment` as it ended, once it has."""

    app: App
    id: int
    draft: Draft
    color: Color
    deployment: Deployment | None = None


class Receipts:
    """The changes that are under way, and those whose last lines haven't come yet."""

    def __init__(self, figures: Figures, journal: Journal) -> None:
        self._figures = figures
        self._journal = journal
        self._open: dict[int, Open] = {}
        self._sealing: set[asyncio.Task[None]] = set()
        figures.listen(self._heard)

    def begin(self, app: App, deployment: Deployment) -> None:
        """A change begins."""
        self._begin(app, deployment, is_whole=True)

    def _begin(self, app: App, deployment: Deployment, *, is_whole: bool) -> Draft:
        draft = Draft(_ms(deployment.started), coming=deployment.color, is_whole=is_whole)
        self._open[deployment.id] = Open(app, deployment.id, draft, deployment.color)
        return draft

    def resume(self, app: App, deployment: Deployment) -> None:
        """Go on with a change that an earlier daemon began, and perhaps ended but for its receipt."""
        draft = self._begin(app, deployment, is_whole=False)
        switching = [stage for stage in deployment.stages if stage.state is State.SWITCHING]
        if switching and switching[-1].took_ms is not None and app.live is deployment.color:
            ordered, seen = switching[-1].started, app.colors[deployment.color].since
            draft.moved(deployment.previous, deployment.color, _ms(ordered), _ms(seen))
        if deployment.finished is None:
            return
        old = None if draft.old is None else app.colors[draft.old]
        if old is None or old.state is not ColorState.DRAINING:
            draft.drained_ms = None if old is None else _ms(old.since)
            draft.ends_ms = max(_ms(deployment.finished), draft.drained_ms or 0) + AFTERWARDS_MS
        self._open[deployment.id].deployment = deployment

    def left_open(self, app: App, past: Sequence[Deployment]) -> Sequence[Deployment]:
        """Of an app's changes, newest first, those that ended and whose receipts a killed daemon owes."""
        ended = [change for change in past if change.state.is_final]
        owed = ended[:1]
        for change in ended[1:]:
            old = change.previous
            if change.state is State.SUCCEEDED and old is not None and app.live is change.color:
                owed += [change] if app.colors[old].state is ColorState.DRAINING else []
                break
        return [change for change in owed if change.receipt is None]

    def forget(self, deployment: Deployment) -> None:
        """It didn't begin after all."""
        self._open.pop(deployment.id, None)

    def ordered(self, app: App, deployment: Deployment, to: Color) -> None:
        """The traffic is about to move: what moved before is over."""
        now_ms = self._now_ms()
        for other in self._of(app):
            if other.id == deployment.id:
                other.draft.ordered(app.live, to, now_ms)
            elif other.draft.ends_ms is None:
                other.draft.ends_ms = now_ms

    def seen(self, deployment: Deployment) -> None:
        """nginx was seen to serve the new colour."""
        if (one := self._open.get(deployment.id)) is not None:
            one.draft.seen(self._now_ms())

    def finished(self, app: App, deployment: Deployment) -> None:
        """The deployment has ended; its old colour may still drain."""
        if (one := self._open.get(deployment.id)) is not None:
            one.deployment = deployment
            self._end_if_over(app)

    def drained(self, app: App, color: Color, cut: Cut) -> None:
        """A colour has drained, or was cut."""
        now_ms = self._now_ms()
        for one in self._of(app):
            if one.draft.old is color and one.draft.drained_ms is None and one.draft.ends_ms is None:
                one.draft.drained_ms, one.draft.cut = now_ms, cut
        self._end_if_over(app)

    def cutting(self, app: App, color: Color) -> None:
        """What is left on a colour is about to be cut: what ends from now on, ended by that."""
        for one in self._of(app):
            if one.draft.old is color and one.draft.ends_ms is None:
                one.draft.cut_at_ms = self._now_ms()

    async def close(self) -> None:
        """Write what there is: a next daemon doesn't know what this one saw."""
        for one in list(self._open.values()):
            if one.deployment is not None:
                if one.draft.ends_ms is None:
                    one.draft.ends_ms, one.draft.is_whole = self._now_ms(), False
                self._seal(one)
        await asyncio.gather(*self._sealing, return_exceptions=True)

    def _end_if_over(self, app: App) -> None:
        for one in self._of(app):
            drains = one.draft.old is not None and app.colors[one.draft.old].state is ColorState.DRAINING
            is_drained = one.draft.drained_ms is not None or not drains
            if one.deployment is not None and is_drained and one.draft.ends_ms is None:
                one.draft.ends_ms = self._now_ms() + AFTERWARDS_MS

    def _heard(self, served: Sequence[Served]) -> None:
        if not self._open:
            return
        for change in self._open.values():
            name, draft = change.app.name, change.draft
            for one in served:
                if one.outcome.app == name:
                    draft.add(one)
        known_ms = self._now_ms() - LATE_S * 1000
        for change in list(self._open.values()):
            if change.draft.before is None and known_ms > change.draft.asked_ms:
                change.draft.before = self._before(change)
            if change.deployment is None or change.draft.ends_ms is None:
                continue
            if change.draft.ends_ms > known_ms + CLOCK_SET_BACK_MS:
                change.draft.is_whole = False  # the log's times and ours don't fit any more
                self._seal(change)
            elif known_ms > change.draft.ends_ms:
                self._seal(change)

    def _before(self, change: Open) -> Tally:
        """The traffic of the minute before the command. Not added up when that comes: the flip is waiting."""
        before, until = Tally(), change.draft.asked_ms // 1000
        for color in Color:
            before.merge(self._figures.over(change.app.name, color, until - BEFORE_S, until))
        return before

    def _seal(self, change: Open) -> None:
        self._open.pop(change.id, None)
        task = asyncio.create_task(self._write(change), name=f"receipt {change.id}")
        self._sealing.add(task)
        task.add_done_callback(self._sealing.discard)

    async def _write(self, change: Open) -> None:
        assert change.deployment is not None
        app = change.app
        if app.record.is_leaving:
            return
        if change.draft.before is None:
            change.draft.before = self._before(change)
        done = replace(change.deployment, receipt=change.draft.receipt())
        assert done.receipt is not None
        told = Entry(self._journal.clock(), "receipt", app.name, dict(receipt_json(done.receipt)), done.id)
        try:
            await self._journal.record(done, told)
        except BgError as error:
            app.problems["receipt"] = f"the receipt of {done.kind} {done.id} isn't written: {error.message}"
            return
        app.problems.pop("receipt", None)
        if app.last is not None and app.last.id == done.id:
            app.last = done

    def _of(self, app: App) -> list[Open]:
        return [one for one in self._open.values() if one.app is app]

    def _now_ms(self) -> int:
        return _ms(self._journal.clock())


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
