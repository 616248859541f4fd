"""The long runs of `make soak`: nothing grows, whatever comes and goes."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from bgd.domain.color import Color
from bgd.domain.retention import NEWEST, ONCE_LIVE
from tests.faults.acts import TOGETHER
from tests.faults.mortal_daemon import MortalDaemon
from tests.faults.scene import Scene, scene
from tests.faults.stage import SEED
from tests.soak.gauge import Gauge, disk_figures, engine_figures, process_figures

SOAK_S = float(os.environ.get("BGD_SOAK_S", "0"))
FLAT = 1.15
"""Growth from the second to the last quarter that counts as noise."""
KEPT_RELEASES = NEWEST + ONCE_LIVE + 1 + len(Color)
"""What the policy keeps at most: all of these are others where the newest ones failed."""
IMAGES_OF_A_RELEASE = 4
BOUNDED = {
    "containers": 8,
    "networks": 5,
    "volumes": 1,
    "images": (KEPT_RELEASES + 1) * IMAGES_OF_A_RELEASE,  # and one that isn't tidied up yet
}
ACTS = ("deploy", "deploy_broken", "deploy_and_cancel", "switch", "rollback")

pytestmark = pytest.mark.skipif(not SOAK_S, reason="long: `make soak` runs it")


def come_and_go(daemon: MortalDaemon) -> None:
    """Clients of every kind that look, follow and leave without a word."""
    with daemon.client.events() as stream:
        daemon.client.apps()
        stream.next(0.01)
    with daemon.client.logs("tiny", follow=True, tail=5) as lines:
        lines.next(0.05)
    for _ in range(10):
        daemon.client.app("tiny")


def sample(stage: Scene, gauge: Gauge) -> None:
    assert stage.daemon.pid is not None
    gauge.note(
        **process_figures(stage.daemon.pid),
        **engine_figures(stage.daemon),
        **disk_figures(stage.daemon.state_dir),
    )


def test_nothing_grows_over_deployments_moves_and_clients(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, gauge = random.Random(SEED), Gauge()
    with scene(tmp_path) as stage:
        ends_at = time.monotonic() + SOAK_S
        while time.monotonic() < ends_at:
            act = TOGETHER[chance.choice(ACTS)]
            act.ready(stage)
            act.do(stage)
            stage.daemon.wait_until(stage.is_settled, "settled", 120)
            come_and_go(stage.daemon)
            sample(stage, gauge)
        acts, asked = len(gauge.series["files"]), stage.asker.asked
        with capsys.disabled():
            print(f"\n{acts} acts under {asked} requests, seed {SEED}\n{gauge.table()}")  # noqa: T201
        assert not stage.asker.failures, stage.asker.failures[:5]
    for name in ("memory_mb", "files", "threads"):
        assert gauge.growth(name) <= FLAT, gauge.table()
    for name, most in BOUNDED.items():
        assert max(gauge.series[name]) <= most, gauge.table()
