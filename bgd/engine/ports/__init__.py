"""The engine's ports: what it needs of the world, and no more.

Two of them carry the future, so they are narrow: `Runner`, what runs a colour (Compose today), and
`Traffic`, what moves the traffic (nginx today). Every method may be called twice with the same arguments
and then finds its work done. All of them raise `BgError` and nothing else.
"""

from bgd.engine.ports.outside import HostCommands, Meter, Notifier, Prober, Watcher
from bgd.engine.ports.runner import (
    BuildContext,
    ImageNews,
    LogQuery,
    Progress,
    Reading,
    Runner,
    RunResult,
    SharedReport,
)
from bgd.engine.ports.store import Entry, Record, Store
from bgd.engine.ports.traffic import Traffic

__all__ = [
    "BuildContext",
    "Entry",
    "HostCommands",
    "ImageNews",
    "LogQuery",
    "Meter",
    "Notifier",
    "Prober",
    "Progress",
    "Reading",
    "Record",
    "RunResult",
    "Runner",
    "SharedReport",
    "Store",
    "Traffic",
    "Watcher",
]
