"""Commands on the machine itself, as processes."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from bgd.adapters.host_commands import LocalCommands
from bgd.adapters.one_offs import TIMED_OUT
from bgd.domain.release import Release
from tests.unit.fakes import plan

STUBBORN = "sh -c 'trap \"\" TERM; echo $$ > pid; sleep 60 & wait' & wait"
"""Ends when it is asked to, and leaves a child that doesn't."""


def runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def test_what_ignores_the_end_of_its_time_ends_all_the_same(tmp_path: Path) -> None:
    release = Release("shop", 1, {"services": {}}, plan(), {}, datetime(2030, 1, 1, tzinfo=UTC), "uid 0", "")
    commands = LocalCommands(is_allowed=True)
    done = await commands.run(
        release, tmp_path, ["sh", "-c", STUBBORN], dict(os.environ), 1.0, lambda _: None
    )
    assert done.exit_code == TIMED_OUT
    pid = int((tmp_path / "pid").read_text())
    async with asyncio.timeout(10):
        while runs(pid):
            await asyncio.sleep(0.01)
