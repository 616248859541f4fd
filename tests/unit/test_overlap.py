"""Whether both colours may run at once: what a plan says, and what two releases say together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bgd.domain.overlap import overlap_between
from bgd.domain.plan import Overlap, Plan, plan_json
from bgd.domain.release import Release
from bgd.domain.settings import Settings
from tests.unit.fakes import plan
from tests.unit.test_planning import CAREFUL, PORT_80, cautions, planned

DATA = "volumes: [{type: volume, source: data, target: /data}]"
WEB = f"web: {{image: 'a:1', {PORT_80}, {DATA}}}"
MAY, MUST_NOT = Overlap(), Overlap(False, "web keeps data in /data, and there is no database")
STATED, REFUSED = Overlap(True, "stated", is_stated=True), Overlap(False, "stated", is_stated=True)


def release(number: int, overlap: Overlap) -> Release:
    made: Plan = plan(overlap=overlap)
    return Release("shop", number, {}, made, {}, datetime(2026, 1, 1, tzinfo=UTC), "tester", "")


def test_an_app_with_a_database_or_without_files_may_run_twice() -> None:
    assert planned(f"web: {{image: 'a:1', {PORT_80}}}").overlap.is_allowed
    assert planned(f"{WEB}\ndb: {{image: 'postgres:16'}}").overlap.is_allowed
    assert planned(f"web: {{image: 'a:1', {PORT_80}, {DATA[:-2]}, read_only: true}}]}}").overlap.is_allowed


def test_a_front_that_keeps_data_in_files_of_its_own_must_not_run_twice_and_it_is_said() -> None:
    found = planned(WEB)
    assert not found.overlap.is_allowed
    assert "/data" in found.overlap.reason
    assert plan_json(found)["overlap"] == {"allowed": False, "reason": found.overlap.reason}
    (caution,) = [c for c in found.warnings if c.code == "local-data"]
    assert "stops the old colour before it starts the new" in caution.message
    assert "503" in caution.message
    for way_out in ("x-bgd: {overlap: true}", "database service", "/data:ro"):
        assert way_out in caution.fix


@pytest.mark.parametrize("stated", [True, False])
def test_what_the_file_states_counts_and_needs_no_caution(stated: bool) -> None:
    settings: Settings = replace(CAREFUL, overlap=stated)
    found = planned(WEB, settings)
    assert (found.overlap.is_allowed, found.overlap.is_stated) == (stated, True)
    assert "local-data" not in cautions(WEB, settings)
    assert planned(f"web: {{image: 'a:1', {PORT_80}}}", settings).overlap.is_allowed is stated


@pytest.mark.parametrize(
    ("older", "newer", "is_allowed"),
    [
        (MAY, MAY, True),
        (MUST_NOT, MAY, False),  # the old one still writes its files while the new one reads them
        (MAY, MUST_NOT, False),
        (MUST_NOT, STATED, True),
        (STATED, MUST_NOT, False),
        (MAY, REFUSED, False),
        (REFUSED, STATED, True),
    ],
)
def test_two_releases_may_run_at_once_if_both_may_or_the_newer_file_states_it(
    older: Overlap, newer: Overlap, is_allowed: bool
) -> None:
    one, two = release(1, older), release(2, newer)
    assert overlap_between(one, two).is_allowed is is_allowed
    assert overlap_between(two, one).is_allowed is is_allowed, "also on the way back"
