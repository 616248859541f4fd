"""The shares: for each app at most one link, to a directory that has a file for each place in the share.

See `bgd.domain.nginx_shares` for what nginx makes of it. The link is exchanged by one rename and taken away
by one removal, which works on a full disk too. A share's directory is made before any link leads there, is
the same for all apps, and stays.

These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from bgd.adapters.nginx.gates import sync
from bgd.domain.color import Color
from bgd.domain.nginx_layout import GATES, SHARE, SHARES, share_files, share_name
from bgd.domain.nginx_words import check_app
from bgd.domain.traffic import Share

_NEXT = f"{SHARE}.next"
_UP = Path("../..")
"""From an app's gate to the directory that nginx has mounted: a link is read on both sides of the mount."""
_NAME = re.compile(rf"{_UP}/{SHARES}/({'|'.join(Color)})-([1-9][0-9]?)")
FOREIGN = Share(Color.BLUE, 0)


class Shares:
    """All apps' shares, below the directory that nginx has mounted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def of(self, app: str) -> Share | None:
        """The app's share; `FOREIGN` where something else is there, or its directory isn't whole."""
        try:
            target = str((self._gate(app) / SHARE).readlink())
        except FileNotFoundError:
            return None
        except OSError:  # no link at all
            return FOREIGN
        if (found := _NAME.fullmatch(target)) is None:
            return FOREIGN
        share = Share(Color(found[1]), int(found[2]))
        return share if self._is_whole(share) else FOREIGN

    def give(self, app: str, share: Share) -> None:
        """Put this share in place of the one there is, from one moment to the next.

        Raises `FileNotFoundError` for an app without a gate.
        """
        gate = self._gate(app)
        self._make(share)
        (gate / _NEXT).unlink(missing_ok=True)
        (gate / _NEXT).symlink_to(_UP / SHARES / share_name(share))
        self._clear_foreign(gate)
        (gate / _NEXT).rename(gate / SHARE)
        sync(gate)

    def drop(self, app: str) -> None:
        """Have none, from one moment to the next."""
        gate = self._gate(app)
        if not gate.exists():
            return
        self._clear_foreign(gate)
        (gate / SHARE).unlink(missing_ok=True)
        (gate / _NEXT).unlink(missing_ok=True)
        sync(gate)

    def drop_other(self, app: str, color: Color) -> bool:
        """Drop a share that isn't this colour's; whether there was one."""
        share = self.of(app)
        if share is None or (share != FOREIGN and share.color is color):
            return False
        self.drop(app)
        return True

    def _gate(self, app: str) -> Path:
        check_app(app)
        return self._directory / GATES / app

    def _clear_foreign(self, gate: Path) -> None:
        """A directory that somebody made there can be neither replaced nor removed as a link is."""
        if (gate / SHARE).is_dir() and not (gate / SHARE).is_symlink():
            shutil.rmtree(gate / SHARE)

    def _is_whole(self, share: Share) -> bool:
        try:
            return _names(self._place(share)) == share_files(share)
        except OSError:
            return False

    def _make(self, share: Share) -> None:
        """Make the share's directory whole: what lacks is added, what is foreign removed."""
        if self._is_whole(share):
            return
        place, wanted = self._place(share), share_files(share)
        for directory in (place.parent, place):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)  # nginx is another user, and the daemon's umask is 077
        there = _names(place)
        for name in sorted(wanted - there):
            os.close(os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o644))
            (place / name).chmod(0o644)
        for name in there - wanted:
            foreign = place / name
            shutil.rmtree(foreign) if foreign.is_dir() and not foreign.is_symlink() else foreign.unlink()
        for directory in (place, place.parent, self._directory):
            sync(directory)

    def _place(self, share: Share) -> Path:
        return self._directory / SHARES / share_name(share)


def _names(directory: Path) -> frozenset[str]:
    return frozenset(path.name for path in directory.iterdir())
