"""Real Compose files: each becomes three projects that Compose itself accepts, or is refused with a reason.

What is written is given to `docker compose config`, as a deployment gives it to `up`. A file that leaves
something open is answered as its author would. `pytest -s -k refused` prints what is refused, and why.
Takes about 12 seconds on two cores.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bgd.adapters import compose_file
from bgd.adapters.compose_cli import CONFIG_TIMEOUT_S, ComposeCli, Finished
from bgd.adapters.rendered_file import dumped
from bgd.adapters.yaml_source import load
from bgd.domain.color import Color
from bgd.domain.plan import Plan
from bgd.domain.planning import plan
from bgd.domain.release import Image, Model
from bgd.domain.render import Place, Project, render_color, render_shared
from bgd.domain.settings import Role, RouteWish
from bgd.errors import InvalidInput

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
AT_ONCE = 3
ID = "sha256:" + "0" * 64

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus isn't beside the checkout")


@dataclass(frozen=True)
class Outcome:
    """What became of one app's files: a plan and its projects, as Compose printed them, or a refusal."""

    plan: Plan | None = None
    printed: tuple[tuple[Project, Finished], ...] = ()
    refusal: InvalidInput | None = None


class Renderer:
    """Renders apps of the corpus into a directory."""

    def __init__(self, cli: ComposeCli, directory: Path) -> None:
        self._cli = cli
        self._directory = directory
        self._numbers = count()

    async def outcome(self, app: Path) -> Outcome:
        meta = json.loads((app / "META.json").read_text())
        first, *more = [app / name for name in meta["files"]]
        try:
            reading = await compose_file.read(self._cli, first, more=more, profiles=meta["profiles"])
            planned = _answered(reading.model, reading.plan, meta)
            projects = list(_rendered(reading.model, planned))
        except InvalidInput as error:
            return Outcome(refusal=error)
        return Outcome(planned, tuple([(project, await self._config(project)) for project in projects]))

    async def _config(self, project: Project) -> Finished:
        file = self._directory / f"{next(self._numbers)}.yaml"
        file.write_text(dumped(project.document))
        return await self._cli.run(["-f", str(file), "config"], timeout_s=CONFIG_TIMEOUT_S, env=project.env)


def _answered(model: Model, planned: Plan, meta: dict[str, Any]) -> Plan:
    """The plan with its questions answered: by the labels, or, where no service is a front, by its first."""
    if not planned.questions:
        return planned
    wish = planned.settings.route
    fronts = meta["front"] or [{"service": wish.service or next(iter(planned.roles)), "port": 80}]
    front = RouteWish(fronts[0]["service"], fronts[0]["port"], wish.hosts, wish.path)
    roles = {**planned.settings.roles, fronts[0]["service"]: Role.COLORED}
    return plan(model, replace(planned.settings, route=front, roles=roles), planned.app)


def _rendered(model: Model, planned: Plan) -> Iterator[Project]:
    images = {name: Image(f"{name}:1", ID) for name in model["services"]}
    place = Place("bgd", planned.app)
    for color in Color:
        yield render_color(model, planned, images, place, color, "r1", "zz-bgd-edge")
    shared = render_shared(model, planned, images, place)
    if shared.services:  # nothing is written for an app without
        yield shared


async def _all(directory: Path) -> dict[str, Outcome]:
    renderer, gate = Renderer(await ComposeCli.find(), directory), asyncio.Semaphore(AT_ONCE)
    outcomes: dict[str, Outcome] = {}

    async def one(app: Path) -> None:
        async with gate:
            outcomes[app.name] = await renderer.outcome(app)

    async with asyncio.TaskGroup() as tasks:
        for meta in sorted(CORPUS.glob("*/META.json")):
            tasks.create_task(one(meta.parent))
    return outcomes


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Every app of the corpus, rendered once."""
    return asyncio.run(_all(tmp_path_factory.mktemp("rendered")))


def test_compose_accepts_every_project_and_has_nothing_to_say(outcomes: dict[str, Outcome]) -> None:
    printed = [(app, each) for app, outcome in outcomes.items() for each in outcome.printed]
    for app, (project, done) in printed:
        assert (done.status, done.stderr) == (0, ""), f"{app}: {project.name}"
    assert len(outcomes) >= 100
    assert len(printed) >= 2 * (len(outcomes) - 5)


def test_compose_understands_what_was_written_as_it_was_meant(outcomes: dict[str, Outcome]) -> None:
    for app, outcome in outcomes.items():
        for project, done in outcome.printed:
            read = load(done.stdout)
            for section in ("services", "networks", "volumes", "secrets", "configs"):
                assert set(read.get(section) or {}) == set(project.document.get(section) or {}), app
            for name, service in read["services"].items():
                assert "ports" not in service or project.name.endswith("-shared"), f"{app}: {name}"


def test_every_service_is_in_the_projects_that_its_role_says(outcomes: dict[str, Outcome]) -> None:
    for app, outcome in outcomes.items():
        if outcome.plan is None:
            continue
        blue, green, *rest = (set(project.services) for project, _ in outcome.printed)
        shared = set().union(*rest)
        assert blue == green == set(outcome.plan.services(Role.COLORED, Role.LIVE_ONLY, Role.TASK)), app
        assert shared == set(outcome.plan.services(Role.SHARED)), app


def test_hardly_any_is_refused_and_each_with_place_cause_and_remedy(outcomes: dict[str, Outcome]) -> None:
    refused = {app: outcome.refusal for app, outcome in outcomes.items() if outcome.refusal is not None}
    for app, refusal in refused.items():
        print(f"{app}: {refusal.message}\n  fix: {refusal.hint}")  # noqa: T201 - asked for with -s
        assert refusal.place.startswith(str(CORPUS / app)), app
        assert refusal.message, app
        assert refusal.hint, app
    assert set(refused) <= {"ac-plex"}  # two colours on the host's network would want the same ports
