"""Where the checkout is, and where what `make` leaves behind belongs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout's top folder."""

STATE = ROOT / ".bgd"
"""Logs, pid files, caches: everything that may be deleted. Git ignores it."""
