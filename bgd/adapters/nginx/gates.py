"""The gates: for each app an empty file whose name says which colour is live, and one that says that any is.

nginx looks for `green.on` with each request, so a rename moves the traffic at once; and since a rename
takes no space and leaves no state in between, it works on a full disk and survives a crash at any moment.
`live.on` is made after it and removed before it: see `bgd.domain.nginx_config` for why that is as sharp.

These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bgd.domain.color import Color
from bgd.domain.nginx_layout import GATES, GREEN_OFF, GREEN_ON, LIVE
from bgd.domain.nginx_words import check_app

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
        """The colour that nginx takes for live; `None` where nothing is.

        Should both colours' files be there, or none, which only somebody else can have done, then nginx
        sees green, or blue.
        """
        gate = self._of(app)
        if not (gate / LIVE).exists():
            return None
        return Color.GREEN if (gate / GREEN_ON).exists() else Color.BLUE

    def turn(self, app: str, to: Color) -> None:
        """Make `to` live, from one moment to the next; a gate that isn't there is made."""
        gate = self._of(app)
        try:
            (gate / _FILE_OF[to.other]).rename(gate / _FILE_OF[to])
        except FileNotFoundError:
            self._make(gate, _FILE_OF[to])
        # The colour is on the disk before `live.on` is: after a power cut too nobody finds only the latter.
        sync(gate)
        if not (gate / LIVE).exists():
            self._make(gate, LIVE)
            sync(gate)

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
