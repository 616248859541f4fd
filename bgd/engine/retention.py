"""Lets go of what nobody will go back to: old releases with their images, and old pages of the journal."""

from __future__ import annotations

import logging

from bgd.domain.retention import DEPLOYMENTS, ENTRIES, kept_releases
from bgd.engine.app import App
from bgd.engine.background import Background
from bgd.engine.world import World
from bgd.errors import BgError

log = logging.getLogger("bgd.retention")


class Retention:
    """Tidies an app up after each of its deployments, in the background: nothing waits for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks = Background[str]("tidy")

    def tidy_later(self, app: App) -> None:
        """Tidy up soon; what fails is tried again after the next deployment."""
        if app.name not in self._tasks:
            self._tasks.begin(app.name, self._tidy(app))

    async def close(self) -> None:
        """Stop tidying."""
        await self._tasks.close()

    async def _tidy(self, app: App) -> None:
        store = self._world.store
        try:
            in_colors = {c.release for c in app.colors.values() if c.release is not None}
            once_live = [live.release for live in await store.lives(app.name)]
            kept = kept_releases(await store.releases(app.name), in_colors, once_live)
            await store.prune(app.name, kept, DEPLOYMENTS, ENTRIES)
            await self._world.runner.keep_images(app.name, kept)
        except BgError as error:
            log.warning("%s can't be tidied up: %s", app.name, error.message)
