"""Where the checkout is, and where what `make` leaves behind belongs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout's top folder."""

STATE = ROOT / ".bgd"
"""Logs, pid files, caches: everything that may be deleted. Git ignores it."""


def from_here(path: Path) -> str:
    """A path as a person in the checkout would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
