"""Who may do what with the state, the socket and the engine."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from bgd.adapters.doctor.disk import existing
from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken, good, warning

THEME = "permissions"


async def look(place: Place) -> Sequence[Finding]:
    """A line for each."""
    findings = [_state(place.state_dir)]
    if place.about is not None or place.socket.exists():
        findings.append(_socket(place.socket))
    if place.engine.address.socket is not None:
        findings.append(_engine(Path(place.engine.address.socket)))
    return findings


def _state(path: Path) -> Finding:
    if not path.exists():
        above = existing(path)
        if os.access(above, os.W_OK):
            return good(THEME, f"{path} isn't there yet, and can be made")
        return broken(
            THEME, f"{path} can't be made by this user", "run bgd as root, or name another --state-dir"
        )
    about = path.stat()
    if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        return broken(
            THEME, f"{path} is open to others (mode {mode}): it holds secrets", f"`chmod 0700 {path}`"
        )
    return good(THEME, f"{path} is its owner's alone")


def _socket(path: Path) -> Finding:
    if not path.exists():
        return broken(THEME, f"{path} isn't there", "restart the daemon")
    about = path.stat()
    mode = f"{stat.S_IMODE(about.st_mode):04o}"
    if about.st_mode & stat.S_IRWXO:
        return broken(
            THEME, f"{path} is everybody's (mode {mode}): who connects is root", f"`chmod 0660 {path}`"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        return broken(THEME, f"{path} isn't this user's (mode {mode})", "be in its group, or use sudo")
    return good(THEME, f"{path} is for its owner and group (mode {mode})")


def _engine(path: Path) -> Finding:
    if not path.exists():
        return broken(THEME, f"{path} isn't there", "is Docker running? `systemctl start docker`")
    if not os.access(path, os.R_OK | os.W_OK):
        return broken(
            THEME, f"{path} isn't this user's", "be in the group docker, which amounts to root, or use sudo"
        )
    if path.stat().st_mode & stat.S_IRWXO:
        return warning(THEME, f"{path} is everybody's: every user is root", f"`chmod 0660 {path}`")
    return good(THEME, f"{path} may be used")
