"""One deployment at work: what its stages have in their hands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container
from bgd.domain.deployment import ColorRecord, Deployment
from bgd.domain.hold import Hold, hold_of
from bgd.domain.overlap import overlap_between
from bgd.domain.plan import Overlap
from bgd.domain.release import Release
from bgd.engine.app import App
from bgd.engine.fleet import Fleet
from bgd.engine.ports import Progress, Record


class Work:
    """One deployment at work: the app, the release, and shorthands to journal what is done."""

    def __init__(self, fleet: Fleet, app: App, deployment: Deployment, release: Release) -> None:
        self.fleet = fleet
        self.world = fleet.world
        self.app = app
        self.deployment = deployment
        self.release = release
        self.color = deployment.color
        self.watched_containers: Mapping[str, Container] = {}  # as the first watch found them, by name

    @property
    def progress(self) -> Progress:
        """Tells a line about the stage that runs."""
        stage = self.deployment.state
        return lambda line: self.world.journal.progress(self.app.name, self.deployment.id, stage, line)

    async def warn(self, message: str, fix: str) -> None:
        """Journal something that isn't as it should be but doesn't stop the deployment."""
        data = {"message": message, "fix": fix}
        await self.world.journal.note("warning", self.app.name, data, deployment=self.deployment.id)

    def effect(self, effect: str, detail: str = "") -> AbstractAsyncContextManager[list[Record]]:
        """Frame an effect in the journal."""
        return self.world.journal.effect(effect, self.app.name, self.deployment.id, detail)

    async def set_color(self, color: Color, state: ColorState, release: int | None) -> None:
        """Record and tell what a colour holds now."""
        await self.fleet.set_color(
            self.app,
            ColorRecord(self.app.name, color, state, self.world.journal.clock(), release, self.deployment.id),
        )

    @property
    def owns_color(self) -> bool:
        """Whether this deployment took its colour over, so that what is in there is its own."""
        record = self.app.colors[self.color]
        return record.deployment == self.deployment.id and not self.deployment.options.is_move

    @property
    def alone(self) -> bool:
        """Whether the live colour stops for it."""
        return self.deployment.options.alone

    @property
    def hold(self) -> Hold | None:
        """What it waits for before it may switch, by now."""
        return hold_of(self.deployment, self.release.plan.settings, self.world.journal.clock())

    @property
    def overlap(self) -> Overlap:
        """Whether its release and what is live may run at once."""
        live = self.app.release_in(self.deployment.previous) if self.deployment.previous else None
        return self.release.plan.overlap if live is None else overlap_between(live, self.release)
