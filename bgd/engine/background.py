"""Work in the background: a task for each thing that is looked after, begun and ended in one way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Work = Coroutine[Any, Any, None]


class Background(Generic[Key]):
    """At most one task for each key. One that has ended, well or by an error, is no longer there."""

    def __init__(self, what: str) -> None:
        """`what` is done, as the names of the tasks say."""
        self._what = what
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    def __contains__(self, key: Key) -> bool:
        """Whether its task goes on."""
        task = self._tasks.get(key)
        return task is not None and not task.done()

    def begin(self, key: Key, work: Work) -> None:
        """Begin a task for the key, in the place of its old one."""
        self.end(key)
        task = self._tasks[key] = asyncio.create_task(work, name=f"{self._what} {key}")
        task.add_done_callback(partial(self._forget, key))

    def end(self, key: Key) -> None:
        """End the key's task, if there is one, without waiting for it."""
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def keep(self, wanted: Mapping[Key, Callable[[], Work]]) -> None:
        """Begin what is wanted and isn't there, end what isn't wanted any more."""
        for key in self._tasks.keys() - wanted:
            self.end(key)
        for key, work in wanted.items():
            if key not in self:
                self.begin(key, work())

    async def close(self) -> None:
        """End all of them, and wait until they have ended."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, key: Key, ended: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is ended:
            del self._tasks[key]
