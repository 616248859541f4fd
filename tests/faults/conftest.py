"""Fixtures of the fault matrix, and its figures at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.matrix import AT_RANDOM, IS_ASKED_FOR, SHARE, Matrix
from tests.faults.stage import SEED

COUNTS = "faults"


def pytest_report_header() -> str:
    """What it takes to do the same again."""
    return f"faults: BGD_SEED={SEED} BGD_FAULTS={SHARE} BGD_FAULTS_AT_RANDOM={AT_RANDOM}"


@pytest.fixture
def matrix(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> Matrix:
    """The deaths of a test; their counts go into its report."""

    def say(line: str) -> None:
        if IS_ASKED_FOR:
            with capsys.disabled():
                print(line, flush=True)  # noqa: T201 - minutes pass

    return Matrix(say, lambda count: record_property(COUNTS, count))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Points, deaths and failures of each act."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [dict(value) for report in reports for name, value in report.user_properties if name == COUNTS]
    if not told:
        return
    terminalreporter.section(f"deaths, BGD_SEED={SEED}")
    line = "{:<42}{:>8}{:>8}{:>10}".format
    terminalreporter.write_line(line("act", "effects", "kills", "failures"))
    for one in told:
        terminalreporter.write_line(line(one["act"], one["points"], one["kills"], len(one["failures"])))
    sums = [sum(one[key] for one in told) for key in ("points", "kills")]
    terminalreporter.write_line(line("all", *sums, sum(len(one["failures"]) for one in told)))
