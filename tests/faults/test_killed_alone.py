"""Killed at its real effects with an app that must not run twice: never two, and pages in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.acts import ALONE
from tests.faults.matrix import AT_RANDOM, Matrix
from tests.faults.scene import Scene, scene


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One such app under traffic for all deaths."""
    with scene(tmp_path_factory.mktemp("alone"), alone=True) as made:
        yield made


@pytest.mark.parametrize("act", ALONE)
def test_killed_at_an_effect_it_never_runs_twice(stage: Scene, act: str, matrix: Matrix) -> None:
    matrix.at_each_effect(stage, f"{act}, alone", ALONE[act])


def test_killed_at_any_time_it_never_runs_twice(stage: Scene, matrix: Matrix) -> None:
    matrix.at_any_time(stage, ALONE, AT_RANDOM)
