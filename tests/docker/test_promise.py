"""The promise: not one failed request, over deployments and switches, for clients of every kind."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.docker.daemon import RunningDaemon
from tests.docker.load import Load

DEMO = Path(__file__).parents[2] / "compose" / "demo"
SWITCHES = int(os.environ.get("BGD_SWITCHES", "40"))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The demo's shop in a directory of its own; its `.env` makes the version."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shutil.copy(DEMO / "compose.yaml", directory)
    release(directory, "1")
    return directory


def release(shop: Path, version: str) -> None:
    """Make the next release of the shop."""
    (shop / ".env").write_text(f"VERSION={version}\n")


async def test_nobody_fails_over_deployments_and_switches(bgd: RunningDaemon, shop: Path) -> None:
    await asyncio.to_thread(bgd.bgctl, "add", str(shop / "compose.yaml"))
    await asyncio.to_thread(bgd.bgctl, "deploy", "shop")
    (redis,) = bgd.containers("bgd.role=shared")
    async with Load(f"127.0.0.1:{bgd.http_port}", start="1") as load:
        await load.every_kind()
        release(shop, "2")
        async with load.moves.to("2"):
            await asyncio.to_thread(bgd.bgctl, "deploy", "shop")
        await load.every_kind()
        for number in range(SWITCHES):
            async with load.moves.to("12"[number % 2]):
                await asyncio.to_thread(bgd.client.switch, "shop")
            await load.more_answers(40)
        release(shop, "3")
        async with load.moves.to("3"):
            await asyncio.to_thread(bgd.bgctl, "deploy", "shop")
        await load.every_kind()
        async with load.moves.to("12"[(SWITCHES - 1) % 2]):
            await asyncio.to_thread(bgd.bgctl, "rollback", "shop")
        await load.every_kind()
    report = load.report
    print(f"\n{SWITCHES} switches, 2 deployments, 1 rollback: {report}")  # noqa: T201 - the figure is the point
    assert not report.failures, report
    assert not report.stale(load.moves), report
    for kind in ("keepalive", "fresh", "post", "upload", "slow", "stream", "websocket"):
        assert report.count(kind) > 0, kind
    assert [c.id for c in bgd.containers("bgd.role=shared")] == [redis.id]
