"""Adoptions from their beginning to their end, over restarts of the daemon."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bgd.domain.deployment import Deployment, Options
from bgd.domain.origin import Origin
from bgd.engine.adoption import Survey, give_back
from bgd.engine.app import App
from bgd.engine.background import Background
from bgd.engine.changes import Changes
from bgd.engine.fleet import Fleet
from bgd.engine.intake import Intake
from bgd.engine.ports import Entry, Reading
from bgd.errors import BgError

log = logging.getLogger("bgd.adoption")

LEAVE_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Adopted:
    """An app whose adoption began; `found` is `None` where plain Compose has nothing of it."""

    app: App
    reading: Reading
    found: Survey | None
    deployment: Deployment
    entry: Entry


class Adoptions:
    """Begins adoptions. An app whose adoption failed leaves again, as if it had never been added."""

    def __init__(self, fleet: Fleet, intake: Intake, changes: Changes, left: Callable[[], None]) -> None:
        """`left` is told when an app is gone."""
        self._fleet = fleet
        self._intake = intake
        self._changes = changes
        self._left = left
        self._tasks = Background[str]("adoption of")

    async def begin(self, origin: Origin, name: str | None, actor: str) -> Adopted:
        """Take an app in and bring its first release live, in the place of what plain Compose runs of it."""
        app, reading, found = await self._intake.add(origin, name, actor, adopts=True)
        options = Options(promoted=True)  # nothing serves until it is live: that isn't a time to wait
        try:
            deployment, entry = await self._changes.deploy(app, options, None, actor, "adoption", reading)
        except BgError:
            if app.record.adoption is not None:
                await self._leave(app)
            raise
        self.watch(app)
        return Adopted(app, reading, found, deployment, entry)

    def watch(self, app: App) -> None:
        """Wait for the end of the app's adoption, in the background."""
        if app.record.adoption is not None:
            self._tasks.begin(app.name, self._watch(app))

    async def close(self) -> None:
        """Leave everything as it is: the next daemon goes on."""
        await self._tasks.close()

    async def _watch(self, app: App) -> None:
        while True:
            await app.idle.wait()
            if app.record.adoption is None or app.record.is_leaving:
                return
            try:
                await self._leave(app)
            except BgError as error:
                log.error("the adoption of %s can't be undone: %s", app.name, error.message)
                app.problems["adoption"] = f"the adoption can't be undone: {error.message}"
                await asyncio.sleep(LEAVE_RETRY_S)
            else:
                return

    async def _leave(self, app: App) -> None:
        """Undo what is left of the adoption, and take the app out. Harmless where it is done."""
        journal = self._fleet.world.journal
        with app.changing("undoing its adoption", "bgd", journal.clock()):
            tell = lambda line: journal.progress(app.name, None, "adoption", line)  # noqa: E731
            await give_back(self._fleet, app, None, tell)
            await self._fleet.set_record(app, replace(app.record, is_leaving=True))
            await self._intake.finish_removal(app, "bgd")
        self._left()
