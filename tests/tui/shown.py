"""The UI on a screen in memory, in front of a fake daemon."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.pilot import Pilot

from bgd.client import Client
from tests.fake_daemon import DEADLINE_S, FakeDaemon
from tests.samples import app_json, color_json
from tui.app import BgdApp


@dataclass
class Shown:
    """The app, its keyboard and what stands on its screen."""

    app: BgdApp
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        """Every line of the topmost screen."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    def _has(self, words: str) -> bool:
        return words in self.text

    async def until(self, is_so: Callable[[], Any], what: str) -> None:
        """Go on as soon as it holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} didn't come; the screen:\n{self.text}")
            await self.pilot.pause(0.01)

    async def reads(self, *words: str) -> None:
        """Go on when the screen shows all of these."""
        for one in words:
            await self.until(partial(self._has, one), repr(one))

    def has_size(self, columns: int, rows: int) -> bool:
        """The terminal is so large, and the UI knows."""
        return self.app.size == (columns, rows)

    async def settled(self) -> None:
        """Go on when the screen has stayed the same for a while."""
        same, before = 0, ""
        while same < 5:
            await self.pilot.pause(0.05)
            same, before = (same + 1 if self.text == before else 0), self.text

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def asked(self, key: str, *words: str) -> None:
        """Press the key of an action and see its question."""
        await self.press(key)
        await self.reads("Cancel", *words)


@asynccontextmanager
async def shown(
    daemon: FakeDaemon, size: tuple[int, int] = (120, 40), theme: str | None = "dark", **options: Any
) -> AsyncIterator[Shown]:
    """The UI, as soon as it has shown the apps of `daemon`."""
    app = BgdApp(Client(daemon.socket_path), daemon.socket_path, theme, **options)
    async with app.run_test(size=size) as pilot:
        ui = Shown(app, pilot)
        if daemon.apps:
            await ui.until(lambda: app.state.apps, "the apps")
            await ui.until(lambda: app.focused is not None, "a pane that hears keys")
            await pilot.pause()
        yield ui


def warm_app(name: str = "shop") -> dict[str, Any]:
    """An app that was deployed twice: green is live with r2, blue warm with r1."""
    app = app_json(name, live="green")
    app["colors"]["green"] = color_json(name, "green", "live", "r2")
    app["colors"]["blue"] = color_json(name, "blue", "warm", "r1")
    return app
