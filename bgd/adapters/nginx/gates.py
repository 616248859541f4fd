"""The gates: for each app one empty file whose name says which colour is live.

nginx looks for `green.on` with each request, so a rename moves the traffic at once; and since a rename
takes no space and leaves no state in between, it works on a full disk and survives a crash at any moment.

These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bgd.domain.color import Color
from bgd.domain.nginx_layout import GATES, GREEN_OFF, GREEN_ON
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
        """The colour that nginx takes for live; `None` where the app has no gate.

        Should both files be there, which only somebody else can have done, then nginx sees green.
        """
        gate = self._of(app)
        if (gate / GREEN_ON).exists():
            return Color.GREEN
        return Color.BLUE if (gate / GREEN_OFF).exists() else None

    def turn(self, app: str, to: Color) -> None:
        """Make `to` live, from one moment to the next; a gate that isn't there is made."""
        gate = self._of(app)
        try:
            (gate / _FILE_OF[to.other]).rename(gate / _FILE_OF[to])
        except FileNotFoundError:
            if self.live(app) is not to:
                self._make(gate, _FILE_OF[to])
        sync(gate)

    def drop(self, app: str) -> None:
        """Remove the app's gate: nothing is live."""
        gate = self._of(app)
        if gate.exists():
            shutil.rmtree(gate)
            sync(self._root)

    def _of(self, app: str) -> Path:
        check_app(app)
        return self._root / app

    def _make(self, gate: Path, name: str) -> None:
        for directory in (self._root, gate):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)  # nginx is another user, and the daemon's umask is 077
        os.close(os.open(gate / name, os.O_WRONLY | os.O_CREAT, 0o644))
        (gate / name).chmod(0o644)
        sync(self._root)
