"""The fakes, and a daemon on them."""

from __future__ import annotations

import asyncio
import copy

from bgd.engine.daemon import Daemon
from bgd.engine.journal import Journal, now
from bgd.engine.ports import Store
from bgd.engine.world import World
from tests.unit.fakes.fuse import Fuse
from tests.unit.fakes.outside import FakeHost, FakeMeter, FakeNotifier, FakeProber, FakeWatcher
from tests.unit.fakes.runner import FakeRunner
from tests.unit.fakes.traffic import FakeTraffic


class Bench:
    """The fakes and a daemon on them; `reborn` is a new daemon on the same store and the same outside."""

    def __init__(self, store: Store) -> None:
        self.fuse = Fuse()
        self.runner = FakeRunner(self.fuse)
        self.traffic = FakeTraffic(self.fuse)
        self.prober = FakeProber()
        self.watcher = FakeWatcher()
        self.host = FakeHost(self.runner)
        self.notifier = FakeNotifier()
        self.store = store
        self.clock = now
        self.daemon = self.reborn()

    def twin(self, store: Store) -> Bench:
        """The same outside once more, with another store: what is done to one isn't seen by the other."""
        made = Bench(store)
        for mine, its in ((self.runner, made.runner), (self.traffic, made.traffic)):
            for name, value in vars(mine).items():
                if not isinstance(value, Fuse | asyncio.Event):
                    setattr(its, name, copy.copy(value))
        return made

    def reborn(self) -> Daemon:
        """A daemon that knows nothing but what is stored."""
        journal = Journal(self.store, lambda: self.clock())
        world = World(
            self.runner,
            self.traffic,
            self.prober,
            self.store,
            journal,
            self.watcher,
            FakeMeter(),
            self.host,
            self.notifier,
        )
        self.daemon = Daemon(world)
        return self.daemon
