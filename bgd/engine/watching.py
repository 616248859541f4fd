"""Deploys an app when its Compose file changed, or something that it refers to, or an image behind a tag.

What counts is the app as resolved, with the content of what it names: a comment, another order or a touch
deploys nothing and says so. A change during a deployment waits for its end, and only the newest counts. A
deployment that was begun here and waits for its switch makes room for the next: nobody wants it any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

from bgd.domain.adoption import with_kept
from bgd.domain.deployment import Options
from bgd.domain.release import Release
from bgd.engine.app import App
from bgd.engine.background import Background
from bgd.engine.changes import Changes
from bgd.engine.fleet import Fleet
from bgd.engine.ports import BuildContext, ImageNews, Reading
from bgd.errors import BgError, Refused

log = logging.getLogger("bgd.watching")

BROKEN_AGAIN_S = 15.0
"""How long a file that can't be read is left alone: what mends it may be a file that isn't known yet."""
AFTER_A_DEFECT_S = 30.0
LOOK_FOR_SETTINGS_S = 15.0
PROBLEM, IMAGES = "watch", "watched images"

MadeOf = tuple[Sequence[Path], Sequence[BuildContext]]

ACTOR = "watch"


class Watching:
    """One task for each app that wants to be watched."""

    def __init__(self, fleet: Fleet, changes: Changes) -> None:
        self._fleet = fleet
        self._world = fleet.world
        self._changes = changes
        self._tasks = Background[str]("watch")

    def refresh(self) -> None:
        """Begin with apps that are watched now, end with those that aren't any more."""
        watched = [app for app in self._fleet.apps.values() if app.record.watch and not app.record.is_leaving]
        self._tasks.keep({app.name: partial(self._watch, app) for app in watched})

    async def close(self) -> None:
        """End all of them."""
        await self._tasks.close()

    async def _watch(self, app: App) -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._watch_files(app))
                    both.create_task(self._watch_images(app))
            except* Exception:
                log.exception("watching %s broke", app.name)
                await asyncio.sleep(AFTER_A_DEFECT_S)

    async def _watch_files(self, app: App) -> None:
        main = tuple(map(Path, app.record.origin.files))
        made_of: MadeOf = main, ()
        while True:
            async with aclosing(await self._world.watcher.changes(*made_of)) as changes:
                # Read when somebody listens already: what changes from here on is told.
                made_of = await self._follow(app, changes, made_of)

    async def _follow(self, app: App, changes: AsyncGenerator[None], made_of: MadeOf) -> MadeOf:
        """Deploy what changes until the app is made of something else; what that is."""
        is_first = True
        told = asyncio.ensure_future(anext(changes))
        try:
            while True:
                reading = await self._settle(app, is_quiet=is_first)
                if reading is not None and made_of != (reading.sources, reading.contexts):
                    return reading.sources, reading.contexts
                is_first = False
                await asyncio.wait({told}, timeout=None if reading is not None else BROKEN_AGAIN_S)
                if told.done():
                    told.result()
                    told = asyncio.ensure_future(anext(changes))
        finally:
            told.cancel()
            await asyncio.gather(told, return_exceptions=True)

    async def _settle(self, app: App, is_quiet: bool) -> Reading | None:
        """Deploy what the files say by now, unless that is there already; what was read, `None` if broken."""
        while True:
            if not is_quiet and app.hold is not None and app.busy is not None and app.busy.actor != ACTOR:
                await self._say(
                    app, f"a watched file changed: it waits for {app.busy.what} by {app.busy.actor}"
                )
            await _room(app)
            reading = await self._read(app)
            if reading is None:
                return None
            if not await self._differs(app, reading):
                if not is_quiet:
                    told = "a watched file changed, the app as resolved didn't: nothing to deploy"
                    await self._say(app, told)
                return reading
            if await self._changes.withdraw(app, ACTOR):
                await self._say(app, "the deployment that waited is given up: its file changed again")
            if app.busy is None and await self._deploy(app, reading):
                return reading

    async def _read(self, app: App) -> Reading | None:
        try:
            reading = await self._world.runner.read(app.record.origin, app.name)
        except BgError as error:
            problem = f"watched file: {error.message}"
            if app.problems.get(PROBLEM) != problem:
                await self._say(app, f"not deployed: {error.message}; {app.serving()}", error.hint)
            app.problems[PROBLEM] = problem
            return None
        app.problems.pop(PROBLEM, None)
        return replace(reading, model=with_kept(reading.model, app.record.kept))

    async def _differs(self, app: App, reading: Reading) -> bool:
        latest = await self._world.store.latest_release(app.name)
        return (
            latest is None
            or latest.model != reading.model
            or latest.plan.settings != reading.plan.settings
            or latest.contents != reading.contents
        )

    async def _deploy(self, app: App, reading: Reading) -> bool:
        """Deploy; whether that is settled, be it refused. Not where somebody else was quicker."""
        if not reading.plan.settings.watch:
            await self._say(app, "the file says `watch: false` now: it isn't watched any more")
            await self._fleet.set_record(app, replace(app.record, watch=False))
            self.refresh()
            return True
        try:
            await self._changes.deploy(app, Options(), None, ACTOR, "its file changed", reading)
        except BgError as error:
            if isinstance(error, Refused) and app.busy is not None:
                return False
            await self._say(app, f"not deployed: {error.message}; {app.serving()}", error.hint)
        return True

    async def _watch_images(self, app: App) -> None:
        """Look for newer images behind the tags, as often as the newest release says; each is tried once."""
        tried: Mapping[str, str] = {}
        while True:
            every_s = _every_s(app)
            await asyncio.sleep(every_s or LOOK_FOR_SETTINGS_S)
            await app.idle.wait()
            release = _newest(app)
            if every_s is None or release is None or _every_s(app) is None:
                continue
            try:
                news = await self._world.runner.image_news(release)
            except BgError:  # the engine is away, which is told elsewhere
                continue
            self._complain(app, news)
            if not news.moved or news.moved == tried or app.busy is not None:
                continue
            tried = news.moved
            why = f"newer images: {', '.join(news.moved)}"
            try:
                await self._changes.deploy(app, Options(), None, ACTOR, why)
            except BgError as error:
                await self._say(app, f"not deployed: {error.message}; {app.serving()}", error.hint)

    def _complain(self, app: App, news: ImageNews) -> None:
        told = "; ".join(f"{name}: {why}" for name, why in news.unknown.items())
        if told:
            app.problems[IMAGES] = f"newer images can't be looked for: {told}"
        else:
            app.problems.pop(IMAGES, None)

    async def _say(self, app: App, message: str, fix: str = "") -> None:
        await self._world.journal.note("watch", app.name, {"message": message, "fix": fix}, actor=ACTOR)


async def _room(app: App) -> None:
    """Wait until nobody changes the app, or a deployment that was begun here waits for its switch."""
    while app.busy is not None:
        waits = [asyncio.create_task(app.idle.wait())]
        if app.deployment is not None and app.deployment.actor == ACTOR:
            waits.append(asyncio.create_task(app.held.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if app.held.is_set() and len(waits) > 1:
            return


def _newest(app: App) -> Release | None:
    """The newest release that is, or was, in a colour."""
    return app.releases.get(max(app.releases, default=0))


def _every_s(app: App) -> float | None:
    release = _newest(app)
    return None if release is None else release.plan.settings.watch_images_s
