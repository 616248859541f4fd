"""The main screens as they stand at three sizes, with a clock that stands too.

After a change that is meant, and then look at the diff:
BGD_SNAPSHOTS=write python -m pytest tests/tui/test_snapshots.py
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tests.fake_daemon import FakeDaemon
from tests.tui.scenes import SCENES
from tests.tui.shop import NOW
from tests.tui.shown import shown

FOLDER = Path(__file__).with_name("snapshots")
SIZES = ((60, 20), (100, 30), (160, 45))


@pytest.mark.parametrize("scene", ["glance", "deploying", "failed", "history"])
async def test_the_screen_stands_as_it_was_looked_at(daemon: FakeDaemon, scene: str) -> None:
    play = SCENES[scene](daemon)
    async with shown(daemon, SIZES[0], clock=lambda: NOW) as ui:
        await play(ui)
        for size in SIZES:
            await ui.pilot.resize_terminal(*size)
            await ui.until(partial(ui.has_size, *size), f"the size {size}")
            await ui.settled()
            text = "\n".join(line.rstrip() for line in ui.text.splitlines()) + "\n"
            file = FOLDER / f"{scene}-{size[0]}x{size[1]}.txt"
            if os.environ.get("BGD_SNAPSHOTS") == "write":
                FOLDER.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
            assert text == file.read_text(encoding="utf-8"), f"{file.name} stands otherwise"
