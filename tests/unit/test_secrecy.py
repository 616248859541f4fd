"""What is masked of a release, and what is never waited for."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bgd.adapters.secrecy import cleaner


async def test_a_pipe_in_a_secrets_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("hunter2-hunter2\n")
    secrets = {name: {"file": str(tmp_path / name)} for name in ("pipe", "file")}
    async with asyncio.timeout(5):
        clean = await cleaner({"services": {}, "secrets": secrets})
    assert "hunter2" not in clean("it is hunter2-hunter2")
