"""What the engine works with: its ports, together."""

from __future__ import annotations

from dataclasses import dataclass

from bgd.engine.journal import Journal
from bgd.engine.ports import HostCommands, Meter, Notifier, Prober, Runner, Store, Traffic, Watcher


@dataclass(frozen=True, slots=True)
class World:
    """The ports of one daemon, and its journal."""

    runner: Runner
    traffic: Traffic
    prober: Prober
    store: Store
    journal: Journal
    watcher: Watcher
    meter: Meter
    host: HostCommands
    notifier: Notifier
