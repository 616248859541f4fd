"""The question whether two environments are the same: asked of what runs, of the releases and of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bgd.domain.color import Color, ColorState
from bgd.domain.difference import Change, Compared, Fact, Side, changes, compared
from bgd.domain.release import Release
from bgd.domain.settings import Role
from bgd.engine.app import App
from bgd.engine.fleet import Fleet, name_of, number_of
from bgd.errors import BgError, NotFound, Refused
from bgd.wire import ChangeJson, DiffJson, DriftJson, ReleaseDiffJson

_THERE = frozenset(
    {ColorState.LIVE, ColorState.READY, ColorState.WARM, ColorState.DRAINING, ColorState.STOPPED}
)


class Diffs:
    """Compares; changes nothing, so it needs no turn and may be asked while somebody else is busy."""

    def __init__(self, fleet: Fleet) -> None:
        self._world = fleet.world

    async def sides(self, app: App, releases: Mapping[Color, Release]) -> dict[Color | None, Side]:
        """These colours, with these releases in them, as they run; and under none what is shared."""
        surveys = await self._world.runner.survey(app.name, releases)
        sides: dict[Color | None, Side] = {
            color: Side(color, release.name, surveys[color], _resting(app, color, release))
            for color, release in releases.items()
        }
        if None in surveys:
            sides[None] = Side(None, "", surveys[None])
        return sides

    async def of_colors(self, app: App) -> DiffJson:
        """Blue against green, each against its release, and the file against the newest release.

        Raises `Refused` where neither colour holds anything; where one does, that one is compared.
        """
        releases = {
            color: release
            for color in Color
            if app.colors[color].state in _THERE and (release := app.release_in(color)) is not None
        }
        if not releases:
            raise Refused(
                f"nothing of {app.name} runs: there is nothing to compare",
                f"`bgctl deploy {app.name}`, or compare two releases: `bgctl diff {app.name} r1 r2`",
            )
        sides = await self.sides(app, releases)
        notes = [_absence(app, color) for color in Color if color not in sides]
        found = compared(sides.get(Color.BLUE), sides.get(Color.GREEN), sides.get(None))
        newest, changed, trouble = await self._file_changes(app)
        return {
            "app": app.name,
            "identical": found.identical,
            "live": None if app.live is None else app.live.value,
            "blue": _release_name(sides, Color.BLUE),
            "green": _release_name(sides, Color.GREEN),
            "differences": [
                {
                    "service": one.service,
                    "aspect": one.aspect,
                    "blue": _shown(one.blue),
                    "green": _shown(one.green),
                    "explained_by": one.explained_by,
                }
                for one in found.differences
            ],
            "drift": _drift_json(found, sides),
            "file": _changes_json(changed),
            "file_since": newest,
            "notes": [*notes, *trouble],
        }

    async def _file_changes(self, app: App) -> tuple[str | None, Sequence[Change], list[str]]:
        """The newest release and how the file differs from it now; or why that can't be said."""
        newest = await self._world.store.latest_release(app.name)
        if newest is None:
            return None, (), []
        try:
            reading = await self._world.runner.read(app.record.origin, app.name)
        except BgError as error:
            return newest.name, (), [f"the file can't be compared with {newest.name}: {error.message}"]
        return newest.name, changes(newest.model, reading.model), []

    async def of_releases(self, app: App, old: str, new: str) -> ReleaseDiffJson:
        """One recorded release against another. Raises `NotFound`."""
        before, after = await self._recorded(app, old), await self._recorded(app, new)
        found = changes(before.model, after.model, (before.images, after.images))
        return {"app": app.name, "from": before.name, "to": after.name, "changes": _changes_json(found)}

    async def _recorded(self, app: App, name: str) -> Release:
        number = number_of(name)
        release = await self._world.store.release(app.name, number)
        if release is None:
            raise NotFound(f"{app.name} has no release r{number}", f"`bgctl history {app.name}` lists them")
        return release


def _resting(app: App, color: Color, release: Release) -> frozenset[str]:
    """The services that needn't run in the colour as it is."""
    if app.colors[color].state is ColorState.STOPPED:
        return frozenset(release.plan.roles)
    return frozenset() if color is app.live else frozenset(release.plan.services(Role.LIVE_ONLY))


def _absence(app: App, color: Color) -> str:
    record = app.colors[color]
    if record.state is ColorState.PREPARING:
        return f"{color} is being prepared: {name_of(record.release) or 'a release'} comes into it"
    return f"{color} is {record.state}: there is only {color.other} to look at"


def _release_name(sides: Mapping[Color | None, Side], color: Color) -> str | None:
    return sides[color].release if color in sides else None


def _shown(fact: Fact | None) -> str | None:
    return None if fact is None else fact.shown


def _drift_json(found: Compared, sides: Mapping[Color | None, Side]) -> list[DriftJson]:
    return [
        {
            "color": None if one.color is None else one.color.value,
            "release": sides[one.color].release or None,
            "service": one.service,
            "container": one.container,
            "aspect": one.aspect,
            "meant": _shown(one.meant),
            "runs": _shown(one.runs),
        }
        for one in found.drift
    ]


def _changes_json(found: Sequence[Change]) -> list[ChangeJson]:
    return [
        {"service": one.service, "place": one.place, "before": one.before, "after": one.after}
        for one in found
    ]
