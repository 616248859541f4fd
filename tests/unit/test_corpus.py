"""Real Compose files: each is planned, or refused with a reason; and the inference keeps what it reached.

The files are read where they are, beside the checkout. Takes about 5 seconds on two cores.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bgd.adapters import compose_file
from bgd.adapters.compose_cli import ComposeCli
from bgd.domain.plan import Plan, plan_json
from bgd.domain.settings import Role
from bgd.errors import InvalidInput

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
AT_ONCE = 4

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus isn't beside the checkout")

Outcome = Plan | InvalidInput


async def _read_all() -> dict[str, Outcome]:
    cli = await ComposeCli.find()
    gate = asyncio.Semaphore(AT_ONCE)
    outcomes: dict[str, Outcome] = {}

    async def one(directory: Path) -> None:
        meta = json.loads((directory / "META.json").read_text())
        first, *more = [directory / name for name in meta["files"]]
        async with gate:
            try:
                reading = await compose_file.read(cli, first, more=more, profiles=meta["profiles"])
            except InvalidInput as error:
                outcomes[directory.name] = error
            else:
                outcomes[directory.name] = reading.plan

    async with asyncio.TaskGroup() as tasks:
        for meta in sorted(CORPUS.glob("*/META.json")):
            tasks.create_task(one(meta.parent))
    return outcomes


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """Every app of the corpus, read once."""
    return asyncio.run(_read_all())


@pytest.fixture(scope="module")
def plans(outcomes: dict[str, Outcome]) -> dict[str, Plan]:
    """Those that were planned."""
    return {app: outcome for app, outcome in outcomes.items() if isinstance(outcome, Plan)}


def labels(app: str) -> dict[str, Any]:
    """What people said about an app's services."""
    meta: dict[str, Any] = json.loads((CORPUS / app / "META.json").read_text())
    return meta


def test_every_file_is_planned_or_refused_with_a_place_and_a_remedy(outcomes: dict[str, Outcome]) -> None:
    for app, outcome in outcomes.items():
        if isinstance(outcome, InvalidInput):
            assert outcome.place.startswith(str(CORPUS / app)), app
            assert outcome.hint, app
        else:
            assert json.dumps(plan_json(outcome)), app
            assert (outcome.route is None) == bool(outcome.questions), app
    assert len(outcomes) >= 100


def test_hardly_any_real_file_is_refused(outcomes: dict[str, Outcome], plans: dict[str, Plan]) -> None:
    assert set(outcomes) - set(plans) <= {"ac-plex"}  # it uses the host's network


def test_databases_are_found_and_little_else_is_taken_for_one(plans: dict[str, Plan]) -> None:
    pairs = [
        (name in labels(app)["stateful"], given.role is Role.SHARED)
        for app, made in plans.items()
        for name, given in made.roles.items()
    ]
    right = pairs.count((True, True))
    assert right / (right + pairs.count((False, True))) >= 0.97
    assert right / (right + pairs.count((True, False))) >= 0.97


def test_the_front_is_right_or_asked_and_hardly_ever_wrong(plans: dict[str, Plan]) -> None:
    right = asked = wrong = 0
    for app, made in plans.items():
        wanted = {front["service"] for front in labels(app)["front"]}
        if any(question.key == "route.service" for question in made.questions):
            asked += bool(wanted)
        elif made.route is None or made.route.service in wanted:
            right += bool(wanted)
        else:
            wrong += 1
    assert right / (right + asked + wrong) >= 0.95
    assert wrong / len(plans) <= 0.03


def test_the_port_is_right_or_asked_and_hardly_ever_wrong(plans: dict[str, Plan]) -> None:
    right = asked = wrong = 0
    for app, made in plans.items():
        wanted = {(front["service"], front["port"]) for front in labels(app)["front"]}
        if made.route is None:
            asked += bool(wanted) and any(question.key == "route.port" for question in made.questions)
        elif (made.route.service, made.route.port) in wanted:
            right += 1
        else:
            wrong += 1
    assert wrong / len(plans) <= 0.03
    # Most of those that are asked are in the image's EXPOSE, and no image is at hand here.
    assert right / (right + asked + wrong) >= 0.92


@pytest.mark.parametrize(
    ("label", "role", "recall"),
    [
        ("workers", Role.LIVE_ONLY, 0.95),
        ("cron_singletons", Role.LIVE_ONLY, 0.95),
        ("oneshot", Role.TASK, 0.9),
    ],
)
def test_workers_clocks_and_tasks_are_found(
    plans: dict[str, Plan], label: str, role: Role, recall: float
) -> None:
    found = [
        given.role is role
        for app, made in plans.items()
        for name, given in made.roles.items()
        if name in labels(app)[label]
    ]
    assert found.count(True) / len(found) >= recall


def test_a_file_is_warned_of_in_few_words(plans: dict[str, Plan]) -> None:
    counts = sorted(len({caution.code for caution in made.warnings}) for made in plans.values())
    assert counts[len(counts) // 2] <= 3
    assert counts[-1] <= 8


def test_own_proxies_are_ignored(plans: dict[str, Plan]) -> None:
    for app, made in plans.items():
        for name in labels(app)["own_proxy"]:
            assert made.roles[name].role is Role.IGNORED, f"{app}: {name}"
