"""The gates: for each app an empty file whose name says which colour is live, and one that says that any is.

nginx looks for `green.on` with each request, so a rename moves the traffic at once; and since a rename
takes no space and leaves no state in between, it works on a full disk and survives a crash at any moment.
`live.on` is made after it and removed before it: see `bgd.domain.nginx_config` for why that is as sharp.
Without it, files that say why the doors are closed tell that there is a live colour behind them.

These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from bgd.domain.color import Color
from bgd.domain.nginx_layout import CLOSED, GATES, GREEN_OFF, GREEN_ON, LIVE
from bgd.domain.nginx_words import check_app
from bgd.domain.traffic import Closure

_FILE_OF = {Color.GREEN: GREEN_ON, Color.BLUE: GREEN_OFF}


def sync(directory: Path) -> None:
    """Make renames and new files in `directory` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Gates:
    """All apps' gates, below the directory that nginx has mounted."""

    def __init__(self, directory: Path) -> None:
        self._root = directory / GATES

    def live(self, app: str) -> Color | None:
        """The colour that nginx takes for live, behind closed doors perhaps; `None` where nothing is.

        Should both colours' files be there, or none, which only somebody else can have done, then nginx
        sees green, or blue.
        """
        gate = self._of(app)
        if not (gate / LIVE).exists() and not self._reasons(gate):
            return None
        return Color.GREEN if (gate / GREEN_ON).exists() else Color.BLUE

    def turn(self, app: str, to: Color) -> None:
        """Make `to` live, from one moment to the next; a gate that isn't there is made. Doors stay closed."""
        gate = self._of(app)
        try:
            (gate / _FILE_OF[to.other]).rename(gate / _FILE_OF[to])
        except FileNotFoundError:
            self._make(gate, _FILE_OF[to])
        # The colour is on the disk before `live.on` is: after a power cut too nobody finds only the latter.
        sync(gate)
        if not self._reasons(gate):
            self._open(gate)

    def closures(self, app: str) -> frozenset[Closure]:
        """Why the app's doors are closed; nothing where they are open."""
        gate = self._of(app)
        return frozenset() if (gate / LIVE).exists() else self._reasons(gate)

    def shut(self, app: str, why: Closure) -> None:
        """Close the doors of an app that has a live colour; one without has none to close."""
        gate = self._of(app)
        if self.live(app) is None:
            return
        self.tidy((app,))
        # Why, before that: between the two a daemon that dies leaves the doors open, and no gate lost.
        self._make(gate, CLOSED[why])
        sync(gate)
        (gate / LIVE).unlink(missing_ok=True)
        sync(gate)

    def tidy(self, apps: Iterable[str]) -> None:
        """Take away what a daemon left that died between two files: reasons beside open doors."""
        for gate in map(self._of, apps):
            if (gate / LIVE).exists():
                for stale in self._reasons(gate):
                    (gate / CLOSED[stale]).unlink()

    def reopen(self, app: str, why: Closure) -> None:
        """Take one reason away; with the last one the doors open."""
        gate = self._of(app)
        reasons = self._reasons(gate)
        if reasons == {why}:
            self._open(gate)  # first: a gate without any file of these would be one with nothing live
        if why in reasons:
            (gate / CLOSED[why]).unlink(missing_ok=True)
            sync(gate)

    def _open(self, gate: Path) -> None:
        if not (gate / LIVE).exists():
            self._make(gate, LIVE)
            sync(gate)

    def _reasons(self, gate: Path) -> frozenset[Closure]:
        return frozenset(why for why, name in CLOSED.items() if (gate / name).exists())

    def drop(self, app: str) -> None:
        """Remove the app's gate: nothing is live."""
        gate = self._of(app)
        if gate.exists():
            (gate / LIVE).unlink(missing_ok=True)
            # The milliseconds of the disk also part the two: no request finds the one and misses the other.
            sync(gate)
            shutil.rmtree(gate)
            sync(self._root)

    def _of(self, app: str) -> Path:
        check_app(app)
        return self._root / app

    def _make(self, gate: Path, name: str) -> None:
        if (gate / name).exists():
            return
        for directory in (self._root, gate):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)  # nginx is another user, and the daemon's umask is 077
        os.close(os.open(gate / name, os.O_WRONLY | os.O_CREAT, 0o644))
        (gate / name).chmod(0o644)
        sync(self._root)
