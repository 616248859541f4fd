"""Deploys an app when its Compose file, or a file it refers to, changed.

What counts is the resolved model: a comment, another order or a mere touch deploys nothing and says so.
A change during a deployment waits for its end, and only the newest counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bgd.domain.adoption import with_kept
from bgd.domain.deployment import Options
from bgd.engine.app import App
from bgd.engine.changes import Changes
from bgd.engine.fleet import Fleet
from bgd.engine.ports import Reading
from bgd.errors import BgError

ACTOR = "watch"


class Watching:
    """One task for each app that wants to be watched."""

    def __init__(self, fleet: Fleet, changes: Changes) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._changes = changes
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def refresh(self) -> None:
        """Begin with apps that are watched now, end with those that aren't any more."""
        wanted = {
            app.name for app in self._fleet.apps.values() if app.record.watch and not app.record.is_leaving
        }
        for name in self._tasks.keys() - wanted:
            self._tasks.pop(name).cancel()
        for name in wanted:
            task = self._tasks.get(name)
            if task is None or task.done():
                app = self._fleet.apps[name]
                self._tasks[name] = asyncio.create_task(self._watch(app), name=f"watch {name}")

    async def close(self) -> None:
        """End all of them."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, app: App) -> None:
        sources: Sequence[Path] = tuple(map(Path, app.record.origin.files))
        reading = await self._read(app)
        if reading is not None:
            sources = reading.sources
            if await self._differs(app, reading):  # changed while no daemon looked
                await self._deploy(app, reading)
        while True:
            changes = self._world.watcher.changes(sources)
            try:
                async for _ in changes:
                    break
            finally:
                await changes.aclose()
            await app.idle.wait()
            reading = await self._read(app)
            if reading is None:
                continue
            sources = reading.sources
            if not await self._differs(app, reading):
                await self._say(app, "a watched file changed, the app as resolved didn't: nothing to deploy")
                continue
            await self._deploy(app, reading)

    async def _read(self, app: App) -> Reading | None:
        try:
            reading = await self._world.runner.read(app.record.origin, app.name)
        except BgError as error:
            await self._say(app, f"not deployed: {error.message}; {app.serving()}", error.hint)
            app.problems["watch"] = f"watched file: {error.message}"
            return None
        app.problems.pop("watch", None)
        return replace(reading, model=with_kept(reading.model, app.record.kept))

    async def _differs(self, app: App, reading: Reading) -> bool:
        latest = await self._world.store.latest_release(app.name)
        return (
            latest is None or latest.model != reading.model or latest.plan.settings != reading.plan.settings
        )

    async def _deploy(self, app: App, reading: Reading) -> None:
        if not reading.plan.settings.watch:
            await self._say(app, "the file says `watch: false` now: it isn't watched any more")
            await self._fleet.set_record(app, replace(app.record, watch=False))
            self.refresh()
            return
        try:
            await self._changes.deploy(app, Options(), None, ACTOR, "its file changed", reading)
        except BgError as error:
            await self._say(app, f"not deployed: {error.message}; {app.serving()}", error.hint)

    async def _say(self, app: App, message: str, fix: str = "") -> None:
        await self._world.journal.note("watch", app.name, {"message": message, "fix": fix}, actor=ACTOR)
