"""The daemon's engine as a whole: what the API calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bgd.domain.color import Color, ColorState
from bgd.domain.container import Container
from bgd.domain.release import Release
from bgd.engine.adoptions import Adoptions
from bgd.engine.app import App
from bgd.engine.changes import Changes
from bgd.engine.checks import SmokeResult, run_smoke
from bgd.engine.deployer import Deployer
from bgd.engine.detail import with_alone, with_limits, with_usage
from bgd.engine.diff import Diffs
from bgd.engine.fleet import Fleet, number_of
from bgd.engine.intake import REMOVAL, Intake
from bgd.engine.notices import Notices
from bgd.engine.receipt_view import traffic_document, traffic_json
from bgd.engine.recovery import Recovery
from bgd.engine.sight import Sight
from bgd.engine.upkeep import Upkeep
from bgd.engine.view import app_json, deployment_json, release_json
from bgd.engine.watching import Watching
from bgd.engine.world import World
from bgd.errors import BgError, NotFound, Refused
from bgd.wire import AppJson, AppsJson, DeploymentJson, TrafficDocument, TrafficJson

RUNNING = frozenset({ColorState.LIVE, ColorState.READY, ColorState.WARM, ColorState.DRAINING})


class Daemon:
    """Everything between the ports and the API."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fleet = Fleet(world)
        self.deployer = Deployer(self.fleet)
        self.intake = Intake(self.fleet)
        self.changes = Changes(self.fleet, self.deployer)
        self.diffs = Diffs(self.fleet)
        self.watching = Watching(self.fleet, self.changes)
        self.adoptions = Adoptions(self.fleet, self.intake, self.changes, self.refresh)
        self.upkeep = Upkeep(self.fleet)
        self.notices = Notices(self.fleet)
        self.sight = Sight(world)
        self._recovery = Recovery(self.fleet, self.deployer, self.intake, self.adoptions)
        self._is_recovered = False

    async def start(self) -> None:
        """Mend and resume what an earlier daemon left, then watch."""
        self.notices.start()
        await self._recovery.begin(self._look_after)
        self.fleet.figures.start()
        await self.world.journal.note("daemon", None, {"message": "started"})

    def _look_after(self) -> None:
        self._is_recovered = True
        self.refresh()

    def refresh(self) -> None:
        """Look after the apps that there are now, once what an earlier daemon left is mended."""
        if not self._is_recovered:
            return
        self.watching.refresh()
        self.upkeep.refresh()

    async def close(self) -> None:
        """Stop working; whatever is in the middle of something is resumed by the next daemon."""
        await self._recovery.close()
        await self.upkeep.close()
        await self.watching.close()
        await self.adoptions.close()
        await self.deployer.close()
        await self.fleet.drains.close()
        await self.fleet.retention.close()
        await self.fleet.figures.close()
        await self.fleet.receipts.close()
        await self.notices.close()
        await self.world.journal.note("daemon", None, {"message": "stopped"})
        self.world.journal.close()

    async def status(self) -> AppsJson:
        """All apps."""
        apps = [a for a in self.fleet.apps.values() if not a.record.is_leaving]
        seen = await self.sight.of_all([app.name for app in apps])
        now = self.world.journal.clock()
        figures = await self._traffic(apps, seen.containers)
        traffic = self.world.traffic
        told = [app_json(a, seen, traffic, figures[a.name], now) for a in sorted(apps, key=_name)]
        stuck = [a.problems[REMOVAL] for a in self.fleet.apps.values() if REMOVAL in a.problems]
        return {"apps": told, "problems": [*seen.problems, *self.fleet.entrance.problems, *stuck]}

    async def status_of(self, app: App) -> AppJson:
        """One app, its containers in detail."""
        seen = await self.sight.of(app.name)
        figures = (await self._traffic([app], seen.containers))[app.name]
        told = app_json(app, seen, self.world.traffic, figures, self.world.journal.clock())
        told = with_usage(told, await self.world.meter.usage(seen.containers))
        told = with_alone(told, app.release_in(app.live) if app.live else None)
        if app.deployment is not None:
            told = with_limits(told, app.release_in(app.deployment.color))
        return {**told, "problems": [*seen.problems, *self.fleet.entrance.problems, *told["problems"]]}

    async def traffic(self, app: App) -> TrafficDocument:
        """An app's public traffic: the last seconds, and the last minute second by second."""
        (open_,) = await self._connections([app], (await self.sight.of(app.name)).containers)
        return traffic_document(app.name, self.fleet.figures, open_)

    async def _traffic(
        self, apps: Sequence[App], containers: Sequence[Container]
    ) -> Mapping[str, Mapping[Color, TrafficJson]]:
        """By app and colour."""
        every = zip(apps, await self._connections(apps, containers), strict=True)
        latest = self.fleet.figures.latest
        return {
            app.name: {c: traffic_json(latest(app.name, c), open_[c]) for c in Color} for app, open_ in every
        }

    async def _connections(
        self, apps: Sequence[App], containers: Sequence[Container]
    ) -> list[Mapping[Color, int]]:
        """How many connections nginx has to each colour of each app; none where it can't be asked."""
        addresses: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        for one in containers:
            addresses[one.app, one.color] += one.addresses
        try:
            counts = await self.world.traffic.connections(
                [addresses[app.name, color] for app in apps for color in Color]
            )
        except BgError:
            return [dict.fromkeys(Color, 0) for _ in apps]
        return [dict(zip(Color, counts[2 * i : 2 * i + 2], strict=True)) for i in range(len(apps))]

    async def history(self, app: App) -> list[DeploymentJson]:
        """The app's deployments, newest first. Switches are in the journal: they bring no release."""
        past = await self.world.store.deployments(app.name)
        return [deployment_json(d, app.serving()) for d in past if not d.options.is_move]

    async def deployment(self, app: App, number: int) -> DeploymentJson:
        """One deployment, switches included."""
        if app.deployment is not None and app.deployment.id == number:
            return deployment_json(app.deployment, app.serving())
        for past in await self.world.store.deployments(app.name):
            if past.id == number:
                return deployment_json(past, app.serving())
        raise NotFound(f"{app.name} has no deployment {number}", f"`bgctl history {app.name}`")

    async def show(self, app: App, release: str) -> dict[str, object]:
        """One release, values masked."""
        number = number_of(release)
        found = await self.world.store.release(app.name, number)
        if found is None:
            raise NotFound(f"{app.name} has no release r{number}", f"`bgctl history {app.name}` lists them")
        return release_json(found, await self.world.store.deployments(app.name), app.serving())

    async def smoke(self, app: App, color: Color | None, actor: str) -> tuple[Color, list[SmokeResult]]:
        """Run the smoke checks of a colour now: the live one's unless told otherwise."""
        chosen = color or app.live
        if chosen is None:
            raise Refused(f"nothing of {app.name} is live yet", f"`bgctl deploy {app.name}`")
        release = self._running(app, chosen)
        progress = lambda line: self.world.journal.progress(app.name, None, "smoke", line)  # noqa: E731
        results = await run_smoke(
            self.world, release, chosen, app.live, progress, behind_doors=bool(app.closures)
        )
        told = {
            "color": chosen,
            "passed": all(r.verdict.passed for r in results),
            "checks": [
                {"check": r.check, "passed": r.verdict.passed, "reason": r.verdict.reason} for r in results
            ],
        }
        await self.world.journal.note("smoke", app.name, told, actor=actor)
        return chosen, results

    def _running(self, app: App, color: Color) -> Release:
        release = app.release_in(color)
        state = app.colors[color].state
        if release is None or state not in RUNNING:
            raise Refused(
                f"{color} of {app.name} is {state}: nothing runs there", f"`bgctl deploy {app.name}`"
            )
        return release


def _name(app: App) -> str:
    return app.name
