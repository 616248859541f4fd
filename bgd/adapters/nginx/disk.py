"""Work that waits for the disk, on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Disk:
    """One thread: what is handed over first is done first, also when its caller was cancelled meanwhile.

    Not the loop's default threads, and not the engine's: no flip waits for an engine that hangs.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do `work` there. Raises what it raises, mostly `OSError`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """End the thread, when it has done what it has."""
        self._thread.shutdown(wait=True)
