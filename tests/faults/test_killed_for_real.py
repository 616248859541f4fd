"""Killed at its real effects, on the real engine, under traffic: the next daemon makes it whole.

Each effect of an act is tried once with `BGD_FAULTS=all` (`make faults`), else a few that a seed picks.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.acts import RESTARTS, TOGETHER
from tests.faults.matrix import AT_RANDOM, Matrix
from tests.faults.scene import Scene, scene


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One app under traffic for all deaths: what one of them breaks, the next one finds."""
    with scene(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.parametrize("act", TOGETHER)
def test_killed_at_an_effect_it_is_made_whole(stage: Scene, act: str, matrix: Matrix) -> None:
    matrix.at_each_effect(stage, act, TOGETHER[act])


@pytest.mark.parametrize("act", RESTARTS)
def test_killed_again_while_it_is_made_whole_the_third_daemon_does_it(
    stage: Scene, act: str, matrix: Matrix
) -> None:
    matrix.at_each_effect(stage, act, RESTARTS[act])


def test_killed_at_any_time_it_is_made_whole(stage: Scene, matrix: Matrix) -> None:
    matrix.at_any_time(stage, TOGETHER, AT_RANDOM)
