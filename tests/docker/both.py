"""Whether both colours of an app ever ran at once, by the engine's events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.docker.daemon import RunningDaemon


@dataclass
class Watched:
    """The colours that ran at once, by the engine's events."""

    running: set[tuple[str, str]] = field(default_factory=set)  # colour, id
    both: list[set[str]] = field(default_factory=list)


@contextmanager
def watching(bgd: RunningDaemon) -> Iterator[Watched]:
    """See every start and end of the app's containers."""
    watched, colored = Watched(), ("bgd.app=tiny", "bgd.color")
    for container in bgd.containers(*colored):
        if container.status == "running":
            watched.running.add((container.labels["bgd.color"], container.id))
    events = bgd.engine.events(
        decode=True, filters={"label": [f"bgd.instance={bgd.instance}", *colored], "type": "container"}
    )

    def look() -> None:
        for event in events:
            key = (event["Actor"]["Attributes"].get("bgd.color", ""), event["Actor"]["ID"])
            if event["Action"] == "start":
                watched.running.add(key)
            elif event["Action"] == "die":
                watched.running.discard(key)
            colors = {color for color, _ in watched.running}
            if len(colors) > 1:
                watched.both.append(colors)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        with suppress(OSError):
            events.close()
        thread.join(5)
