"""Killed at its real effects, on the real engine, under traffic: the next daemon makes it whole.

Each effect of an act is tried once with `BGD_FAULTS=all` (`make faults`), else a few that a seed picks.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.faults.scene import SEED, Scene, scene

EVERY = os.environ.get("BGD_FAULTS") == "all"
A_FEW = 2
AT_RANDOM = int(os.environ.get("BGD_FAULTS_AT_RANDOM", "200" if EVERY else "3"))
ACTS = ("deploy", "deploy_broken", "deploy_and_cancel", "switch", "rollback")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One app under traffic for all deaths: what one of them breaks, the next one finds."""
    with scene(tmp_path_factory.mktemp("faults")) as made:
        yield made


def ready(stage: Scene, act: str) -> None:
    """See that the act can begin: a move needs a warm colour."""
    if act in ("switch", "rollback") and not stage.can_move():
        stage.deploy()
    stage.daemon.wait_until(stage.is_settled, "settled", 60)


@pytest.mark.parametrize("act", ACTS)
def test_killed_at_an_effect_it_is_made_whole(
    stage: Scene, act: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(stage, act)
    before = stage.before()
    stage.die_in(getattr(stage, act), 0)
    points = stage.daemon.points()
    stage.check(before, f"{act}, undisturbed")
    assert len(points) > 5, points
    # Of connections in a row, which are questions to the engine, the first stands for all.
    numbers = [n for n, at in enumerate(points, 1) if not (at == "connect" == points[n - 2])]
    chosen = numbers if EVERY else sorted(random.Random(f"{SEED}{act}").sample(numbers, A_FEW))
    for at in chosen:
        ready(stage, act)
        before = stage.before()
        died = stage.die_in(getattr(stage, act), at)
        stage.revive()
        with capsys.disabled():
            if EVERY:
                print(f"{act} {at}/{len(points)}: {died.point or 'was over'}")  # noqa: T201 - minutes pass
        stage.check(before, f"{act} killed at effect {at} of {len(points)}: {died.point}")


def test_killed_at_any_time_it_is_made_whole(stage: Scene) -> None:
    chance = random.Random(SEED)
    for run in range(AT_RANDOM):
        act = chance.choice(ACTS)
        ready(stage, act)
        before = stage.before()
        delay_s = chance.uniform(0.0, 0.3 if act in ("switch", "rollback") else 3.0)
        stage.die_after(getattr(stage, act), delay_s)
        stage.revive()
        stage.check(before, f"run {run}: {act} killed after {delay_s:.3f} s")
