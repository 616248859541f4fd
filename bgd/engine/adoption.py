"""Taking over an app that runs under plain Compose: planned first, then done around its first deployment.

The plain containers are stopped only when all images are there, and removed only when the first release is
live. Whatever goes wrong between, the app's own containers go and the plain ones are started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bgd.domain.adoption import (
    Adoption,
    KeptVolume,
    PlainProject,
    kept_volumes,
    names_in_the_way,
    of_file,
    rivals_of,
    with_kept,
)
from bgd.domain.adoption_plan import AdoptionPlan, plan_adoption, plan_text
from bgd.domain.duration import ms_between
from bgd.domain.origin import Origin
from bgd.engine.app import App
from bgd.engine.fleet import Fleet
from bgd.engine.ports import Progress, Reading
from bgd.engine.work import Work
from bgd.engine.world import World
from bgd.errors import BgError, Refused


@dataclass(frozen=True, slots=True)
class Survey:
    """What plain Compose has of a file, and what taking it over would mean."""

    project: PlainProject
    kept: tuple[KeptVolume, ...]
    plan: AdoptionPlan
    is_file_s_own: bool  # it has the file's own name, not one given with `-p`

    def refuse(self, app: str, origin: Origin, adopts: bool) -> None:
        """Raise `Refused` with the plan while it runs and nobody said that it may be taken over."""
        if self.project.is_running and not adopts and self.is_file_s_own:
            raise Refused(
                f"{app} runs already under plain Compose, and nothing was changed. To take it over"
                f" means:\n{plan_text(self.plan, app, str(origin))}",
                f"`bgctl add {origin} --adopt` does that; `docker compose -p {self.project.name} stop` lets"
                " you add it without",
            )
        if adopts and self.plan.obstacles:
            raise Refused(
                f"{app} can't be taken over from plain Compose as it is:\n" + "\n".join(self.plan.obstacles),
                f"nothing was changed; {self.project.name} runs on",
            )

    def begun(self, reading: Reading, takes_entrance: bool) -> Adoption | None:
        """What has to be remembered of it; nothing where no container is left."""
        if not self.project.containers:
            return None
        return Adoption(self.project, takes_entrance, names_in_the_way(self.project, reading.model))


async def survey(fleet: Fleet, origin: Origin, reading: Reading, name: str | None) -> Survey | None:
    """Look for the plain project of an app that is about to be added; `name` was given by the caller."""
    world = fleet.world
    own = reading if name is None else await world.runner.read(origin)
    own_name = str(own.model.get("name") or own.plan.app)
    found = await world.runner.plain_project(Path(origin.file), own_name)
    if found is None:
        return None
    project = of_file(found, reading.model)
    orphans = {c.service for c in found.running} - {c.service for c in project.running}
    kept = kept_volumes(project, reading.model, reading.plan)
    planned = plan_adoption(
        project,
        sorted(orphans),
        reading.model,
        reading.plan,
        kept,
        fleet.entrance.ports,
        fleet.entrance.is_closed,
    )
    return Survey(project, kept, planned, project.name == own_name)


async def as_kept(world: World, app: App, reading: Reading) -> Reading:
    """The reading with the volumes that the app took over. Raises `Refused` where another has them in use.

    Two databases on one volume destroy it; so this is asked before every deployment.
    """
    kept = replace(reading, model=with_kept(reading.model, app.record.kept))
    users = await world.runner.users_of_shared(app.name, kept.model, kept.plan)
    adopted = app.record.adoption.project.containers if app.record.adoption else ()
    if rivals := rivals_of(users, kept.plan, (c.id for c in adopted)):
        names = ", ".join(c.name for c in rivals)
        projects = " ".join(sorted({c.project for c in rivals}))
        raise Refused(
            f"{names} of the Compose project {projects} uses a volume of {app.name}'s shared services:"
            " two on one volume would destroy it",
            f"stop it first: `docker compose -p {projects} stop`",
        )
    return kept


async def take_over(work: Work) -> None:
    """Stop the plain containers, whose names and ports are free then. The gap begins."""
    adoption = work.app.record.adoption
    if adoption is None:
        return
    if adoption.stopped_at is None:
        adoption = replace(adoption, stopped_at=work.world.journal.clock())
        await work.fleet.set_record(work.app, replace(work.app.record, adoption=adoption))
    async with work.effect("stop_plain", ", ".join(c.name for c in adoption.project.running)):
        stopping = work.world.runner.stop_plain(adoption.project, adoption.renamed, work.progress)
        await _whole(asyncio.ensure_future(stopping))


@asynccontextmanager
async def entering(work: Work) -> AsyncGenerator[None]:
    """Bring the proxy up where the plain containers had its address, beside what is done meanwhile.

    Beside, as each takes a second or more and nothing serves until both are done.
    """

    async def enter() -> None:
        async with work.effect("open_entrance"):
            await work.fleet.entrance.serve()

    adoption = work.app.record.adoption
    task = asyncio.create_task(enter()) if adoption is not None and adoption.takes_entrance else None
    try:
        yield
    finally:
        if task is not None:
            await _whole(task)


async def _whole(task: asyncio.Future[None]) -> None:
    """Wait for its end even when cancelled: what is half done in the engine can't be undone yet."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def conclude(work: Work) -> None:
    """The app is live: remove what it replaced, and tell how long nothing served."""
    app, adoption = work.app, work.app.record.adoption
    if adoption is None or app.live is None:
        return
    try:
        async with work.effect("remove_plain", adoption.project.name):
            await work.world.runner.remove_plain(adoption.project)
    except BgError as error:
        await work.warn(
            f"the plain containers are stopped and couldn't be removed: {error.message}",
            f"`docker compose -p {adoption.project.name} down` removes them; volumes stay",
        )
    done = replace(app.record, adoption=None, took_entrance=adoption.takes_entrance)
    await work.fleet.set_record(app, done)
    stopped_at = adoption.stopped_at or app.colors[app.live].since
    told = {
        "project": adoption.project.name,
        "replaced": [c.name for c in adoption.project.containers],
        "volumes": [volume.name for volume in app.record.kept],
        "gap_ms": ms_between(stopped_at, app.colors[app.live].since),
    }
    await work.world.journal.note("adopted", app.name, told, deployment=work.deployment.id)


async def give_back(fleet: Fleet, app: App, deployment: int | None, progress: Progress) -> None:
    """The first release didn't get live: the app's own containers go, the plain ones run as before."""
    adoption, journal = app.record.adoption, fleet.world.journal
    if adoption is None or adoption.stopped_at is None:
        return
    # First, so that never two use a volume; with the app's proxy, which may have the plain one's port.
    async with journal.effect("remove_app", app.name, deployment, "what the adoption began"):
        await fleet.world.runner.remove_app(app.name, volumes=False)
    if adoption.takes_entrance:
        async with journal.effect("close_entrance", app.name, deployment):
            await fleet.entrance.close()
    async with journal.effect("start_plain", app.name, deployment, adoption.project.name):
        await fleet.world.runner.start_plain(adoption.project, progress)
