"""Every request is known; and whatever happens to the log, no request notices."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bgd.adapters.nginx import NginxTraffic
from bgd.domain.color import Color
from bgd.domain.served import Served
from tests.docker.load import Load
from tests.docker.load.kinds import KEEPALIVE, POST, WEBSOCKET
from tests.docker.nginx_client import get, until
from tests.docker.nginx_lab import Lab, opened, routes

BLUE, GREEN = Color.BLUE, Color.GREEN
WITHIN_S = 30.0
SMALL_LOG = 4096
TIMES_REPLACED = 3
REPLACED_WITHIN_S = 120.0
MIX = {KEEPALIVE: 8, POST: 2, WEBSOCKET: 1}


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A proxy that isn't there yet."""
    async with opened(tmp_path) as made:
        yield made


class Ledger:
    """The requests that were told so far, by colour."""

    def __init__(self, traffic: NginxTraffic) -> None:
        self._traffic = traffic
        self.told: Counter[Color] = Counter()

    async def look(self) -> int:
        """How many there are by now."""
        for served in await self._traffic.requests():
            self.told[served.outcome.color] += 1
        return self.told.total()

    async def reach(self, number: int) -> None:
        """Return when so many were told; fails where more were."""
        deadline = time.monotonic() + WITHIN_S
        while (known := await self.look()) < number:
            assert time.monotonic() < deadline, (known, number)
            await asyncio.sleep(0.05)
        assert known == number


async def serving(lab: Lab, traffic: NginxTraffic) -> Ledger:
    """Blue live, green beside it, and nothing asked yet."""
    await lab.begin(traffic)
    # All that asks before is the preview, which isn't counted.
    await traffic.switch("shop", BLUE)
    await traffic.apply((routes("shop", BLUE),))
    await until(lab.preview, "shop", "/version", version="green")
    ledger = Ledger(traffic)
    assert await ledger.look() == 0
    return ledger


async def test_every_request_is_told_while_the_log_is_replaced_again_and_again(lab: Lab) -> None:
    traffic = lab.daemon(log_bytes=SMALL_LOG)
    ledger = await serving(lab, traffic)
    log, replaced = lab.state_dir / "traffic" / "access.log", 0
    async with Load(lab.http, host="shop", mix=MIX) as load, asyncio.timeout(REPLACED_WITHIN_S):
        # Changes are counted: a file system gives a number that is free again to the next file but one.
        inode = log.stat().st_ino
        while replaced < TIMES_REPLACED:
            await load.more_answers(50)
            await ledger.look()
            before, inode = inode, log.stat().st_ino
            replaced += inode != before
        async with load.moves.to("green"):
            await traffic.switch("shop", GREEN)
        await traffic.apply((routes("shop", GREEN),))
        await load.every_kind()
    report = load.report
    assert not report.failures, report
    await ledger.reach(len(report.attempts))
    assert set(ledger.told) == {BLUE, GREEN}
    assert sum(each.label == "green" for each in report.attempts) == ledger.told[GREEN]


async def test_the_preview_is_not_traffic(lab: Lab) -> None:
    ledger = await serving(lab, lab.traffic)
    for _ in range(3):
        assert (await get(lab.preview, "shop", "/version")).status == 200
        assert (await get(lab.http, "shop", "/version")).status == 200
    await ledger.reach(3)


async def test_an_app_that_cannot_be_reached_is_told_as_such(lab: Lab) -> None:
    ledger = await serving(lab, lab.traffic)
    lab.client.remove_container(f"{lab.instance}-shop-blue-web-1", force=True)
    assert (await get(lab.http, "shop", "/version")).status in (502, 504)
    found: list[Served] = []
    deadline = time.monotonic() + WITHIN_S
    while not found:
        assert time.monotonic() < deadline
        found = list(await lab.traffic.requests())
        await asyncio.sleep(0.05)
    assert ledger.told.total() == 0
    assert found[0].outcome.was_unanswered


async def test_a_log_of_the_greatest_size_ends_figures_and_no_request(lab: Lab) -> None:
    await serving(lab, lab.traffic)
    log = lab.state_dir / "traffic" / "access.log"
    os.truncate(log, 64 << 20)  # as if nobody had read it for days
    async with Load(lab.http, host="shop", mix=MIX) as load:
        await load.every_kind()
        deadline = time.monotonic() + WITHIN_S
        while b"write() to" not in lab.client.logs(lab.proxy):
            assert time.monotonic() < deadline
            await load.more_answers(20)
    assert not load.report.failures, load.report
    assert log.stat().st_size == 64 << 20
    assert lab.inspect()["RestartCount"] == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a small disk")
async def test_a_full_disk_ends_figures_and_no_request_and_they_come_back(lab: Lab) -> None:
    logs = lab.state_dir / "traffic"
    logs.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", logs], check=True)
    try:
        ledger = await serving(lab, lab.traffic)
        filler = logs / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(1 << 20))
        async with Load(lab.http, host="shop", mix=MIX) as load:
            deadline = time.monotonic() + WITHIN_S
            while b"No space left" not in lab.client.logs(lab.proxy):
                assert time.monotonic() < deadline
                await load.more_answers(50)
            await lab.traffic.apply(
                (routes("shop", BLUE, path="/"), routes("blog", None, hosts=("b.example",)))
            )
            await load.every_kind()
            filler.unlink()
            known = await ledger.look()
            while await ledger.look() == known:
                assert time.monotonic() < deadline
                await load.more_answers(50)
        assert not load.report.failures, load.report
    finally:
        lab.client.remove_container(lab.proxy, force=True)
        lab.traffic.close()
        subprocess.run(["umount", "-l", logs], check=True)
