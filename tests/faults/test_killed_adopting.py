"""Killed while an app and its port pass from plain Compose to bgd: it is taken over, or as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.adopting import TAKEOVERS, Takeover, takeover
from tests.faults.matrix import AT_RANDOM, Matrix


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Takeover]:
    """One plain app for all deaths."""
    with takeover(tmp_path_factory.mktemp("takeover")) as made:
        yield made


@pytest.mark.parametrize("act", TAKEOVERS)
def test_killed_at_an_effect_it_is_taken_over_or_left_as_it_was(
    stage: Takeover, act: str, matrix: Matrix
) -> None:
    matrix.at_each_effect(stage, act, TAKEOVERS[act])


def test_killed_at_any_time_it_is_taken_over_or_left_as_it_was(stage: Takeover, matrix: Matrix) -> None:
    matrix.at_any_time(stage, TAKEOVERS, AT_RANDOM)
