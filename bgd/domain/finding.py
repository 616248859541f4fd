"""What an examination of the host found: one line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only `BROKEN` means that something doesn't work."""

    GOOD = "good"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """`theme` is what was looked at; `fix` says what to do, and is empty where all is well."""

    theme: str
    level: Level
    message: str
    fix: str = ""


def good(theme: str, message: str) -> Finding:
    """All is well."""
    return Finding(theme, Level.GOOD, message)


def warning(theme: str, message: str, fix: str) -> Finding:
    """It works, and could be better or may not last."""
    return Finding(theme, Level.WARNING, message, fix)


def broken(theme: str, message: str, fix: str) -> Finding:
    """Something doesn't work."""
    return Finding(theme, Level.BROKEN, message, fix)
